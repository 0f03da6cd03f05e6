"""Open shards, one set a process."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from synhead.errors import DatasetError
from synhead.shards.raw_rows import RawRows

HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError)
"""What h5py raises on a damaged file, depending on which byte is damaged; UnicodeDecodeError is a ValueError."""

_MAX_OPEN_SHARDS = 64
"""Each holds about half a megabyte (HDF5 2.0, measured), and a file descriptor."""

_MAX_KNOWN_OFFSETS = 4096
"""Sequences whose frame offsets are kept: 8 bytes a frame."""


class ShardHandles:
    """Open shards of this process, the least recently used closed first.

    A pickled or forked copy starts empty: an HDF5 handle must not travel between processes.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._files: OrderedDict[Path, h5py.File] = OrderedDict()
        self._offsets: OrderedDict[tuple[Path, str], np.ndarray] = OrderedDict()
        self._raw = RawRows()

    def open(self, path: Path) -> h5py.File:
        """The open file of `path`.

        Raises:
            DatasetError: it is missing or is not HDF5.
        """
        if self._pid != os.getpid():
            self._pid, self._files = os.getpid(), OrderedDict()
        if path in self._files:
            self._files.move_to_end(path)
            return self._files[path]
        try:
            # Network mounts often refuse locks; and HDF5 refuses to open one file twice with different lock settings,
            # so the user's own h5py.File(path) beside ours must find h5py's default here.
            # No chunk cache: a window is read once, and a megabyte for each dataset would be kept in vain.
            file = h5py.File(path, "r", locking="best-effort", rdcc_nbytes=0)
        except FileNotFoundError as error:
            raise DatasetError(f"{path}: the shard is missing. 'synhead verify' lists what else is.") from error
        except OSError as error:
            raise DatasetError(f"{path}: is damaged or not HDF5 ({error}).") from error
        self._files[path] = file
        while len(self._files) > _MAX_OPEN_SHARDS:
            self._files.popitem(last=False)[1].close()
        return file

    def rows(self, path: Path, name: str, first: int, last: int) -> np.ndarray:
        """Rows [first, last) of a dataset, in the stored type.

        Raises:
            DatasetError: the shard is missing or is not HDF5.
            One of HDF5_ERRORS: the dataset is missing or damaged.
            IndexError: it does not have these rows.
        """
        return self._raw.read(path, name, first, last, lambda: self._dataset(path, name))

    def _dataset(self, path: Path, name: str) -> h5py.h5d.DatasetID:
        # HDF5's plain interface: through h5py's objects this takes six times as long.
        return h5py.h5d.open(self.open(path).id, name.encode())

    def offsets(self, path: Path, name: str) -> np.ndarray:
        """The whole dataset `name`, read once and then remembered (for `*/offsets`); do not write into it.

        Raises:
            As `rows` does.
        """
        known = self._offsets.get((path, name))
        if known is None:
            known = self._offsets[path, name] = self.rows(path, name, 0, self._dataset(path, name).shape[0])
            known.flags.writeable = False
            while len(self._offsets) > _MAX_KNOWN_OFFSETS:
                self._offsets.popitem(last=False)
        return known

    def close(self) -> None:
        """Close all; the next `open` opens anew."""
        self._raw.close()
        while self._files and self._pid == os.getpid():
            self._files.popitem()[1].close()

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()
