"""What a writer reports of a finished shard; the manifest lists these."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceEntry:
    """One sequence as the manifest lists it."""

    sequence_id: str
    head_id: str
    track_id: str
    background_id: str
    seed: int
    num_frames: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardRecord:
    """One shard as the manifest lists it.

    Attributes:
        name: file name inside DATASET/shards, such as "00000.h5".
        sha256: of the whole file.
        sequences: in the order in which they were written.
    """

    name: str
    sha256: str
    num_bytes: int
    num_frames: int
    sequences: tuple[SequenceEntry, ...]
