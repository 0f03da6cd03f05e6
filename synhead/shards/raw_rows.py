"""Rows of a dataset by their place in the file: what makes random windows as fast as their decoding.

HDF5 opens a dataset, reads whole chunks and checks them anew for every few rows: a tenth of the time in which the
frames of a window are decoded. All datasets of a window are stored plainly (one filter: Fletcher-32), so here a chunk's
address is asked of HDF5 once, its checksum is verified by HDF5 when a process first touches it, and from then on its
rows are read from the file itself.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

_MAX_OPEN_FILES = 128
_MAX_PLACES = 65536
"""Datasets whose place is known: about 0.5 kB each."""


class _Place:
    """Where the chunks of one dataset lie, and which of them were verified."""

    __slots__ = ("addresses", "chunk_rows", "dtype", "num_rows", "row_bytes", "row_shape", "verified")

    def __init__(self, dataset: h5py.h5d.DatasetID) -> None:
        self.num_rows, *rest = dataset.shape
        self.dtype = dataset.dtype
        self.row_shape = tuple(rest)
        self.row_bytes = int(np.prod(rest, dtype=np.int64)) * self.dtype.itemsize
        properties = dataset.get_create_plist()
        self.chunk_rows = 0
        self.addresses: list[int] = []
        if not _is_plain(properties):
            return
        rows, *columns = properties.get_chunk()
        chunks: dict[int, int] = {}

        def note(info: h5py.h5d.StoreInfo) -> None:
            if info.filter_mask == 0:
                chunks[info.chunk_offset[0] // rows] = info.byte_offset

        if tuple(columns) == self.row_shape:
            dataset.chunk_iter(note)
        # A missing chunk, or one without its checksum, is left to HDF5.
        if sorted(chunks) == list(range(-(-self.num_rows // rows))):
            self.chunk_rows = rows
            self.addresses = [chunks[k] for k in range(len(chunks))]
            self.verified = bytearray(len(chunks))


OpenDataset = Callable[[], h5py.h5d.DatasetID]


class RawRows:
    """Reads rows of the datasets of many shards. A forked copy goes on; do not pickle it."""

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[Path, str], _Place] = OrderedDict()
        self._files: OrderedDict[Path, int] = OrderedDict()

    def read(self, path: Path, name: str, first: int, last: int, dataset: OpenDataset) -> np.ndarray:
        """Rows [first, last) of the dataset `name` of a shard, in the stored type.

        Args:
            dataset: opens the dataset; called when it is met for the first time, and for each chunk to verify.

        Raises:
            IndexError: it does not have these rows.
            OSError: the file ends before them, or a checksum is wrong.
            Whatever `dataset` raises.
        """
        place = self._places.get((path, name))
        if place is None:
            place = self._places[path, name] = _Place(dataset())
            while len(self._places) > _MAX_PLACES:
                self._places.popitem(last=False)
        if not 0 <= first <= last <= place.num_rows:
            raise IndexError(f"rows {first} to {last} of {place.num_rows}")
        if not place.chunk_rows:
            return _rows_by_hdf5(dataset(), first, last)
        out = np.empty((last - first, *place.row_shape), place.dtype)
        if out.size:
            self._fill(out.reshape(-1).view(np.uint8).data, path, place, first, last, dataset)
        return out

    def _fill(self, out: memoryview, path: Path, place: _Place, first: int, last: int, dataset: OpenDataset) -> None:
        file, size = self._file(path), place.row_bytes
        for chunk in range(first // place.chunk_rows, -(-last // place.chunk_rows)):
            begin = chunk * place.chunk_rows
            end = min(begin + place.chunk_rows, place.num_rows)
            if not place.verified[chunk]:
                _rows_by_hdf5(dataset(), begin, end)
                place.verified[chunk] = 1
            a, b = max(first, begin), min(last, end)
            piece = out[(a - first) * size : (b - first) * size]
            if os.preadv(file, [piece], place.addresses[chunk] + (a - begin) * size) != len(piece):
                raise OSError(f"the file ends within chunk {chunk}")

    def _file(self, path: Path) -> int:
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            while len(self._files) > _MAX_OPEN_FILES:
                os.close(self._files.popitem(last=False)[1])
        else:
            self._files.move_to_end(path)
        return file

    def close(self) -> None:
        """Close the files; the next `read` opens anew."""
        while self._files:
            os.close(self._files.popitem()[1])

    def __del__(self) -> None:
        self.close()


def _is_plain(properties: h5py.h5p.PropDCID) -> bool:
    """Chunked, with no other filter than Fletcher-32: the bytes on disk are the values."""
    if properties.get_layout() != h5py.h5d.CHUNKED:
        return False
    return [properties.get_filter(k)[0] for k in range(properties.get_nfilters())] == [h5py.h5z.FILTER_FLETCHER32]


def _rows_by_hdf5(dataset: h5py.h5d.DatasetID, first: int, last: int) -> np.ndarray:
    """Rows [first, last) with all filters undone and all checksums of their chunks verified."""
    _, *rest = dataset.shape
    out = np.empty((last - first, *rest), dataset.dtype)
    if out.size:
        space = dataset.get_space()
        space.select_hyperslab((first, *(0 for _ in rest)), out.shape)
        dataset.read(h5py.h5s.create_simple(out.shape), space, out)
    return out
