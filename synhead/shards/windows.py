"""Random windows of frames for training: a few short reads, and JPEGs decoded straight into the batch.

No torch here: `Windows` holds numpy arrays, and `out` may be the memory of a torch tensor (`tensor.numpy()`), also of
one in shared memory. A window costs one read of its encoded frames, which lie in one piece, and one of each label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from synhead.errors import DatasetError
from synhead.shards.codec import decode_rgb_into
from synhead.shards.reader import Dataset, StoredSequence
from synhead.shards.schema import DATASET_BY_NAME

WINDOW_FIELDS = (
    *("R_cam_head", "t_cam_head_m", "euler_pyr_deg", "time_s"),
    *("landmarks_68_px", "landmarks_68_visibility", "bbox_face_xyxy_px"),
)
"""Labels of a window unless others are asked for: every shard has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """B windows of T frames.

    Attributes:
        sequence_ids: B ids.
        starts: first frame of each window.
        image: sRGB.
        labels: field of docs/format.md: array [B, T, ...], in the stored type.
    """

    sequence_ids: tuple[str, ...]
    starts: Int64[np.ndarray, " num_windows"]
    image: UInt8[np.ndarray, "num_windows num_frames height width 3"]
    labels: dict[str, np.ndarray]


class WindowIndex:
    """Every window of `length` frames of a data set, without a look into the shards; picklable.

    Windows of a sequence start at frames 0, stride, 2 stride, ... Sequences shorter than `length` have none.
    """

    def __init__(
        self, dataset: Dataset, *, length: int, stride: int = 1, sequence_ids: Sequence[str] | None = None
    ) -> None:
        """Count the windows.

        Args:
            sequence_ids: such as a split of the manifest; None for all.

        Raises:
            ValueError: `length` or `stride` is less than 1.
            DatasetError: an id is not in the data set, or no sequence is long enough.
        """
        if length < 1 or stride < 1:
            raise ValueError(f"length {length} and stride {stride} must both be 1 or more")
        frames = {entry.sequence_id: entry.num_frames for entry in dataset.manifest.sequences}
        chosen = tuple(frames if sequence_ids is None else sequence_ids)
        unknown = [name for name in chosen if name not in frames]
        if unknown:
            raise DatasetError(f"{dataset.path}: has no sequence {unknown[0]!r} ({len(unknown)} unknown ids).")
        counts = np.array([max(0, (frames[name] - length) // stride + 1) for name in chosen], np.int64)
        if not counts.sum():
            longest = max((frames[name] for name in chosen), default=0)
            raise DatasetError(f"{dataset.path}: no window of {length} frames: the longest sequence has {longest}.")
        self.length = length
        self.stride = stride
        self.sequence_ids = chosen
        self._ends = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, window: int) -> tuple[str, int]:
        """(sequence id, first frame) of a window."""
        if not -len(self) <= window < len(self):
            raise IndexError(f"window {window} of {len(self)}")
        window %= len(self)
        k = int(np.searchsorted(self._ends, window, side="right"))
        before = int(self._ends[k - 1]) if k else 0
        return self.sequence_ids[k], (window - before) * self.stride


def read_window(
    sequence: StoredSequence,
    start: int,
    length: int,
    *,
    fields: Sequence[str] = WINDOW_FIELDS,
    out: UInt8[np.ndarray, "num_frames height width 3"] | None = None,
) -> Windows:
    """One window (B = 1) of a sequence.

    Args:
        out: C-contiguous; filled, and part of the result. None for a new array.

    Raises:
        IndexError: the sequence does not have these frames.
        ValueError: `out` has another size, or a field is not in the format.
        DatasetError: the shard is damaged, or has no such field.
    """
    if out is None:
        height, width = sequence.size_px
        out = np.empty((length, height, width, 3), np.uint8)
    labels = _read_into(sequence, start, length, out, fields)
    return Windows(
        sequence_ids=(sequence.sequence_id,),
        starts=np.array([start], np.int64),
        image=out[None],
        labels={name: value[None] for name, value in labels.items()},
    )


def read_windows(
    dataset: Dataset,
    windows: Sequence[tuple[str, int]],
    length: int,
    *,
    fields: Sequence[str] = WINDOW_FIELDS,
    out: UInt8[np.ndarray, "num_windows num_frames height width 3"] | None = None,
) -> Windows:
    """A batch of windows, all of one size in pixels.

    Args:
        windows: (sequence id, first frame) of each, as WindowIndex gives them; one or more.
        out: C-contiguous; filled, and part of the result. None for a new array.

    Raises:
        As read_window does.
    """
    if not windows:
        raise ValueError("windows is empty; a batch has one or more")
    sequences = [dataset.sequence(sequence_id) for sequence_id, _ in windows]
    starts = [start for _, start in windows]
    if out is None:
        height, width = sequences[0].size_px
        out = np.empty((len(windows), length, height, width, 3), np.uint8)
    elif len(out) != len(windows):
        raise ValueError(f"out has room for {len(out)} windows, {len(windows)} are asked for")
    parts = [
        _read_into(sequence, start, length, image, fields)
        for sequence, start, image in zip(sequences, starts, out, strict=True)
    ]
    return Windows(
        sequence_ids=tuple(sequence.sequence_id for sequence in sequences),
        starts=np.array(starts, np.int64),
        image=out,
        labels={name: np.stack([part[name] for part in parts]) for name in fields},
    )


def _read_into(
    sequence: StoredSequence, start: int, length: int, image: np.ndarray, fields: Sequence[str]
) -> dict[str, np.ndarray]:
    """Fill `image` [T, H, W, 3]; returns the labels of these frames."""
    unknown = [name for name in fields if name not in DATASET_BY_NAME or DATASET_BY_NAME[name].shape[0] != "T"]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a field with a value for each frame; docs/format.md lists them")
    offsets = sequence.offsets("image")
    num_frames = len(offsets) - 1
    if start < 0 or length < 1 or start + length > num_frames:
        raise IndexError(f"{sequence.sequence_id}: frames {start} to {start + length - 1} of {num_frames}")
    if len(image) != length or not image.flags.c_contiguous:
        raise ValueError(f"out must be C-contiguous with {length} frames a window, not {image.shape}")
    bounds = (offsets[start : start + length + 1] - offsets[start]).tolist()
    data = sequence.rows("image/bytes", int(offsets[start]), int(offsets[start + length]))
    for i, frame in enumerate(image):
        try:
            decode_rgb_into(data[bounds[i] : bounds[i + 1]], frame)
        except DatasetError as error:
            raise DatasetError(f"{sequence.shard_path}, {sequence.sequence_id}, frame {start + i}: {error}") from error
    return {name: sequence.rows(name, start, start + length) for name in fields}
