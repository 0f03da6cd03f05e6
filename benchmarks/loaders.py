"""torch loaders over the forms of benchmarks/loader_forms.py: ours, rivals in their natural way, and bare decoding.

Each yields batches of B windows of T frames: "image" uint8 [B, T, H, W, 3] and the labels [B, T, ...]; single frames
have T = 1. All decode with simplejpeg (PNG files: with Pillow), straight into the memory of their sample.
Suffixes: B windows, T frames, H x W pixels, C channels.
"""

import io
import math
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, RandomSampler, get_worker_info

from benchmarks.loader_forms import Forms
from synhead.shards.reader import open_dataset
from synhead.shards.windows import WINDOW_FIELDS, WindowIndex, read_windows

Batch = dict[str, Any]
PREFETCH = 2
"""Batches that a worker may be ahead: torch's own default."""

SHUFFLE_BUFFER = 64
"""Windows in WebDataset's shuffle buffer."""


def decode_packed(data: Any, bounds: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """[T, H, W, 3] of the JPEGs packed in `data`."""
    view = memoryview(data)
    image = np.empty((len(bounds) - 1, *size_px, 3), np.uint8)
    for k, frame in enumerate(image):
        simplejpeg.decode_jpeg(view[bounds[k] : bounds[k + 1]], buffer=frame)
    return image


class ShardWindows(Dataset):
    """Ours: a whole batch in one call, decoded into the memory that travels to the trainer.

    A worker takes turns among few pieces of shared memory instead of asking for new pages for each batch, which would
    cost it as much as a third of the decoding. So a batch holds until the next but one is taken; a trainer has copied
    it to its device by then.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._dataset = open_dataset(path)
        self._index = WindowIndex(self._dataset, length=length)
        self._size_px = self._dataset.sequence(self._index.sequence_ids[0]).size_px
        self._dataset.close()
        self._ring: deque[torch.Tensor] = deque()

    def __len__(self) -> int:
        return len(self._index)

    def __getitems__(self, picked: Sequence[int]) -> Batch:
        shape = (len(picked), self._index.length, *self._size_px, 3)
        image_BTHWC = torch.from_numpy(np.empty(shape, np.uint8)) if get_worker_info() is None else self._shared(shape)
        windows = [self._index[k] for k in picked]
        read = read_windows(self._dataset, windows, self._index.length, out=image_BTHWC.numpy())
        return {"image": image_BTHWC, **{name: torch.from_numpy(value) for name, value in read.labels.items()}}

    def _shared(self, shape: tuple[int, ...]) -> torch.Tensor:
        """The least recently used of the worker's batches: PREFETCH are on their way, two are the trainer's."""
        if len(self._ring) < PREFETCH + 2:
            storage = torch.UntypedStorage._new_shared(math.prod(shape))
            self._ring.append(torch.empty(0, dtype=torch.uint8).set_(storage))
        else:
            self._ring.rotate(-1)
        return self._ring[-1].view(shape)


class FileWindows(Dataset):
    """One file a frame, labels in memory-mapped arrays; random windows."""

    def __init__(self, forms: Forms, suffix: str) -> None:
        self._forms, self._suffix = forms, suffix
        self._counts = [max(0, frames - forms.length + 1) for _, frames in forms.sequences]
        self._ends = np.cumsum(self._counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, window: int) -> Batch:
        k = int(np.searchsorted(self._ends, window, side="right"))
        start = window - int(self._ends[k] - self._counts[k])
        folder = self._forms.root / "files" / self._forms.sequences[k][0]
        frames = slice(start, start + self._forms.length)
        image = np.empty((self._forms.length, *self._forms.size_px, 3), np.uint8)
        for i in range(self._forms.length):
            data = (folder / f"{start + i:06d}.{self._suffix}").read_bytes()
            if self._suffix == "jpg":
                simplejpeg.decode_jpeg(data, buffer=image[i])
            else:
                image[i] = np.asarray(Image.open(io.BytesIO(data)))
        labels = {n: np.array(np.load(folder / f"{n}.npy", mmap_mode="r")[frames]) for n in WINDOW_FIELDS}
        return {"image": image, **labels}


class BareDecode(Dataset):
    """The bound: JPEGs that lie in memory, decoded and dropped; nothing is read, batched or sent."""

    def __init__(self, path: Path, length: int, num_windows: int = 32) -> None:
        with open_dataset(path) as dataset:
            index = WindowIndex(dataset, length=length)
            picked = [index[k] for k in np.random.default_rng(0).integers(0, len(index), num_windows)]
            self._windows = [dataset.sequence(name).encoded("image", slice(s, s + length)) for name, s in picked]

    def __len__(self) -> int:
        return 10**6

    def __getitem__(self, k: int) -> Batch:
        for data in self._windows[k % len(self._windows)]:
            simplejpeg.decode_jpeg(data)
        return {"num_frames": len(self._windows[0])}


def _unpacked(sample: dict[str, Any], size_px: tuple[int, int]) -> Batch:
    labels = pickle.loads(sample["pickle"])
    bounds = labels.pop("bounds")
    return {"image": decode_packed(sample["bytes"], bounds, size_px), **labels}


def _identity(batch: Batch) -> Batch:
    return batch


def map_loader(dataset: Any, batch: int, workers: int, **options: Any) -> DataLoader:
    """Random windows without end."""
    sampler = RandomSampler(dataset, replacement=True, num_samples=10**7)
    return DataLoader(dataset, batch, sampler=sampler, num_workers=workers, **options)


def shards_loader(forms: Forms, batch: int, workers: int) -> DataLoader:
    """Our shards."""
    options = {"prefetch_factor": PREFETCH} if workers else {}
    return map_loader(
        ShardWindows(forms.root / "shards", forms.length), batch, workers, collate_fn=_identity, **options
    )


def bare_loader(forms: Forms, batch: int, workers: int) -> DataLoader:
    """The bound."""
    return map_loader(BareDecode(forms.root / "shards", forms.length), batch, workers)


def jpeg_loader(forms: Forms, batch: int, workers: int) -> DataLoader:
    """JPEG files."""
    return map_loader(FileWindows(forms, "jpg"), batch, workers)


def png_loader(forms: Forms, batch: int, workers: int) -> DataLoader:
    """PNG files."""
    return map_loader(FileWindows(forms, "png"), batch, workers)


def webdataset_loader(forms: Forms, batch: int, workers: int, *, frames: bool = False) -> Any:
    """Tar files in shuffled order, then a shuffle buffer: windows at fixed places, never at random ones."""
    import functools

    import webdataset

    length = 1 if frames else forms.length
    urls = sorted(str(p) for p in (forms.root / ("tar-frames" if frames else "tar")).glob("*.tar"))
    dataset = (
        webdataset.WebDataset([f"file:{u}" for u in urls], shardshuffle=len(urls), seed=0, empty_check=False)
        .shuffle(SHUFFLE_BUFFER * forms.length // length)
        .map(functools.partial(_unpacked, size_px=forms.size_px))
        .repeat()
    )
    return DataLoader(dataset, batch * forms.length // length, num_workers=workers)


def litdata_loader(forms: Forms, batch: int, workers: int, *, frames: bool = False) -> Any:
    """LitData's own loader, shuffled: windows at fixed places, chunk by chunk."""
    import litdata

    class Decoded(litdata.StreamingDataset):
        def __getitem__(self, index: Any) -> Batch:
            sample = super().__getitem__(index)
            image = decode_packed(sample.pop("bytes"), sample.pop("bounds"), forms.size_px)
            return {"image": image, **sample}

    length = 1 if frames else forms.length
    dataset = Decoded(str(forms.root / ("litdata-frames" if frames else "litdata")), shuffle=True)
    return litdata.StreamingDataLoader(
        dataset, batch_size=batch * forms.length // length, num_workers=workers, persistent_workers=workers > 0
    )


class LitdataWindows(Dataset):
    """Random windows from LitData: frames one by one, by their place among all frames."""

    def __init__(self, forms: Forms) -> None:
        import litdata

        self._forms = forms
        self._dataset = litdata.StreamingDataset(str(forms.root / "litdata-frames"))
        starts = np.cumsum([0, *(frames for _, frames in forms.sequences)])
        self._first = np.concatenate(
            [starts[k] + np.arange(max(0, n - forms.length + 1)) for k, (_, n) in enumerate(forms.sequences)]
        )

    def __len__(self) -> int:
        return len(self._first)

    def __getitem__(self, window: int) -> Batch:
        first = int(self._first[window])
        parts = [self._dataset[first + k] for k in range(self._forms.length)]
        image = np.empty((len(parts), *self._forms.size_px, 3), np.uint8)
        for frame, part in zip(image, parts, strict=True):
            simplejpeg.decode_jpeg(part["bytes"], buffer=frame)
        return {"image": image, **{name: np.concatenate([p[name] for p in parts]) for name in WINDOW_FIELDS}}


def litdata_random_loader(forms: Forms, batch: int, workers: int) -> DataLoader:
    """LitData by index."""
    return map_loader(LitdataWindows(forms), batch, workers)


def endless(loader: Any) -> Iterator[Batch]:
    """Epoch after epoch."""
    while True:
        yield from loader


LOADERS: dict[str, tuple[str, str | None, Callable[[Forms, int, int], Any]]] = {
    "bare decode": ("from memory", None, bare_loader),
    "synhead shards": ("random windows", None, shards_loader),
    "WebDataset, windows": ("fixed windows, shuffle buffer", "webdataset", webdataset_loader),
    "WebDataset, frames": (
        "single frames, shuffle buffer",
        "webdataset",
        lambda *a: webdataset_loader(*a, frames=True),
    ),
    "LitData, windows": ("fixed windows, shuffled", "litdata", litdata_loader),
    "LitData, frames": ("frames, shuffled", "litdata", lambda *a: litdata_loader(*a, frames=True)),
    "LitData, by index": ("random windows", "litdata", litdata_random_loader),
    "JPEG files": ("random windows", None, jpeg_loader),
    "PNG files": ("random windows", None, png_loader),
}
"""Name: (access, package it needs, maker of the loader)."""
