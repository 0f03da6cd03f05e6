"""The same frames and labels on disk in every form that the loader benchmark reads.

Every form holds the same JPEG bytes (PNG files: the decoded pixels) and the labels WINDOW_FIELDS. Where a rival's user
could choose, the faster way was taken: the frames of a window are packed into one member, as in our shards.
"""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from synhead.shards.manifest import write_manifest
from synhead.shards.reader import StoredSequence, open_dataset
from synhead.shards.windows import WINDOW_FIELDS

CHUNK_BYTES = 32 * 2**20
"""Size of a tar file and of a LitData chunk: about that of a shard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forms:
    """Where each form lies; `sequences` are names and numbers of frames, the same in all."""

    root: Path
    length: int
    size_px: tuple[int, int]
    sequences: tuple[tuple[str, int], ...]

    @property
    def num_frames(self) -> int:
        """Frames of a form."""
        return sum(frames for _, frames in self.sequences)


def multiply_dataset(source: Path, out: Path, copies: int) -> None:
    """`copies` times the shards of a data set, each copy with sequence ids of its own: enough for a steady state."""
    manifest = open_dataset(source).manifest
    (out / "shards").mkdir(parents=True)
    shards = []
    for copy in range(copies):
        for shard in manifest.shards:
            name = f"{len(shards):05d}.h5"
            (out / "shards" / name).write_bytes((source / "shards" / shard.name).read_bytes())
            entries = tuple(replace(e, sequence_id=f"{e.sequence_id}__{copy}") for e in shard.sequences)
            with h5py.File(out / "shards" / name, "r+") as file:
                for before, after in zip(shard.sequences, entries, strict=True):
                    file["sequences"].move(before.sequence_id, after.sequence_id)
            shards.append(replace(shard, name=name, sequences=entries))
    write_manifest(out, replace(manifest, shards=tuple(shards), splits={}))


def write_files(source: Path, out: Path, copies: int) -> None:
    """A folder for each sequence: 000000.jpg, 000000.png, ... and FIELD.npy; copies are links to the first."""
    with open_dataset(source) as dataset:
        for sequence in dataset.sequences():
            first = out / f"{sequence.sequence_id}__0"
            first.mkdir(parents=True)
            for k, (data, pixels) in enumerate(zip(sequence.encoded("image"), sequence.images(), strict=True)):
                (first / f"{k:06d}.jpg").write_bytes(data)
                Image.fromarray(pixels).save(first / f"{k:06d}.png", compress_level=1)
            for name in WINDOW_FIELDS:
                np.save(first / f"{name}.npy", sequence.read(name))
            for copy in range(1, copies):
                folder = out / f"{sequence.sequence_id}__{copy}"
                folder.mkdir()
                for path in first.iterdir():
                    (folder / path.name).hardlink_to(path)


def samples(sequence: StoredSequence, length: int) -> Iterator[dict[str, Any]]:
    """Windows one after another, each with its frames packed in one piece of bytes."""
    frames = sequence.encoded("image")
    labels = {name: sequence.read(name) for name in WINDOW_FIELDS}
    for start in range(0, len(frames) - length + 1, length):
        picked = frames[start : start + length]
        yield {
            "key": f"{sequence.sequence_id}-{start:06d}",
            "bytes": b"".join(picked),
            "bounds": np.cumsum([0, *(len(data) for data in picked)]),
            **{name: np.ascontiguousarray(value[start : start + length]) for name, value in labels.items()},
        }


def write_tars(dataset: Path, out: Path, length: int) -> None:
    """WebDataset: a sample has the members `bytes` and `pickle` (bounds and labels)."""
    import webdataset

    out.mkdir(parents=True)
    with (
        open_dataset(dataset) as opened,
        webdataset.ShardWriter(f"file:{out}/%05d.tar", maxsize=CHUNK_BYTES, maxcount=10**9, verbose=0) as writer,
    ):
        for sequence in opened.sequences():
            for sample in samples(sequence, length):
                labels = {name: value for name, value in sample.items() if name not in ("key", "bytes")}
                writer.write({"__key__": sample["key"], "bytes": sample["bytes"], "pickle": pickle.dumps(labels)})


def write_litdata(dataset: Path, out: Path, length: int) -> None:
    """LitData: a sample is a dictionary of bytes and arrays."""
    import functools

    import litdata

    litdata.optimize(
        fn=functools.partial(_litdata_samples, dataset=dataset, length=length),
        inputs=[name for name in open_dataset(dataset).sequence_ids],
        output_dir=str(out),
        chunk_bytes=CHUNK_BYTES,
        num_workers=1,
        reorder_files=False,
        verbose=False,
        start_method="fork",
    )


def _litdata_samples(sequence_id: str, dataset: Path, length: int) -> Iterator[dict[str, Any]]:
    with open_dataset(dataset) as opened:
        for sample in samples(opened.sequence(sequence_id), length):
            yield {name: value for name, value in sample.items() if name != "key"}
