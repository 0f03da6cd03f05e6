"""Numbers about a data set: poses, speeds, visibility, sizes, brightness. The pictures of them are in plots.py."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.core.labels import VISIBLE
from synhead.core.rotation import geodesic_deg
from synhead.shards.reader import Dataset, StoredSequence

YAW_BIN_DEG = 10.0
_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SequenceStats:
    """One sequence, for the table.

    Attributes:
        pitch_deg, yaw_deg, roll_deg: (smallest, largest).
        top_speed_deg_s: largest angular speed between neighbouring frames; 0 for a single frame.
        face_height_px: median height of the face box; NaN without landmarks.
        visible_share: share of the 68 points that are visible, over all frames; NaN without landmarks.
    """

    sequence_id: str
    head_id: str
    track_id: str
    background_id: str
    num_frames: int
    fps: float
    pitch_deg: tuple[float, float]
    yaw_deg: tuple[float, float]
    roll_deg: tuple[float, float]
    top_speed_deg_s: float
    face_height_px: float
    visible_share: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DatasetStats:
    """All sequences of a data set.

    Attributes:
        euler_pyr_deg: every frame.
        speed_deg_s: angular speed of every pair of neighbouring frames of one sequence.
        distance_m: z of the head's origin, every frame.
        face_height_px: height of the face box, every frame that has landmarks.
        visibility_yaw_edges_deg: edges of the yaw bins of the two next fields.
        visible_count: frames of each yaw bin in which each point is visible.
        landmark_frame_count: frames with landmarks of each yaw bin.
        image_brightness, head_brightness: mean luma, 0 to 255, of sampled frames and of the head in them; the head's
            is NaN where none is in the image.
    """

    sequences: tuple[SequenceStats, ...]
    euler_pyr_deg: Float[np.ndarray, "num_frames 3"]
    speed_deg_s: Float[np.ndarray, " num_pairs"]
    distance_m: Float[np.ndarray, " num_frames"]
    face_height_px: Float[np.ndarray, " num_faces"]
    visibility_yaw_edges_deg: Float[np.ndarray, " num_edges"]
    visible_count: Int[np.ndarray, "num_bins 68"]
    landmark_frame_count: Int[np.ndarray, " num_bins"]
    image_brightness: Float[np.ndarray, " num_samples"]
    head_brightness: Float[np.ndarray, " num_samples"]

    @property
    def num_frames(self) -> int:
        """Frames of all sequences."""
        return len(self.euler_pyr_deg)

    @property
    def frames_of_head(self) -> dict[str, int]:
        """Head id -> number of frames."""
        return self._frames_by("head_id")

    @property
    def frames_of_track(self) -> dict[str, int]:
        """Track id -> number of frames."""
        return self._frames_by("track_id")

    def _frames_by(self, name: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for sequence in self.sequences:
            key = getattr(sequence, name)
            counts[key] = counts.get(key, 0) + sequence.num_frames
        return dict(sorted(counts.items()))


def angular_speed_deg_s(
    R_cam_head: Float[np.ndarray, "num_frames 3 3"], time_s: Float[np.ndarray, " num_frames"]
) -> Float[np.ndarray, " num_pairs"]:
    """Angle between neighbouring frames over the time between them."""
    return geodesic_deg(R_cam_head[:-1], R_cam_head[1:]) / np.diff(time_s)


def axis_edges_deg(
    values: Float[np.ndarray, " count"], *, bin_deg: float | int, least_deg: float | int = 0
) -> Float[np.ndarray, " num_edges"]:
    """Edges at multiples of `bin_deg` around every value: symmetric about 0, to `least_deg` at the least."""
    reach = max(float(np.abs(values).max(initial=0.0)), least_deg, bin_deg)
    # The next multiple strictly beyond the largest value, or numpy's half-open bins would treat one end otherwise.
    count = int(np.floor(reach / bin_deg)) + 1
    return np.arange(-count, count + 1) * float(bin_deg)


def collect_stats(dataset: Dataset, *, max_brightness_frames: int = 400) -> DatasetStats:
    """Read all labels and an even sample of the pixels.

    Raises:
        DatasetError: a shard is damaged.
    """
    sequences, euler, speed, distance, face = [], [], [], [], []
    yaw_with_landmarks, visible = [], []
    for sequence, entry in zip(dataset.sequences(), dataset.manifest.sequences, strict=True):
        one = _read_one(sequence)
        euler.append(one.euler)
        speed.append(one.speed)
        distance.append(one.distance)
        face.append(one.face_height)
        if one.visible is not None:
            yaw_with_landmarks.append(one.euler[:, 1])
            visible.append(one.visible)
        sequences.append(_sequence_stats(sequence, entry.background_id, one))
    poses = np.concatenate(euler) if euler else np.empty((0, 3))
    yaw = np.concatenate(yaw_with_landmarks) if yaw_with_landmarks else np.empty(0)
    seen = np.concatenate(visible) if visible else np.empty((0, 68), dtype=bool)
    edges = axis_edges_deg(poses[:, 1], bin_deg=YAW_BIN_DEG)
    bins = np.digitize(yaw, edges) - 1
    visible_count = np.zeros((len(edges) - 1, 68), dtype=np.int64)
    np.add.at(visible_count, bins, seen)
    image_brightness, head_brightness = _brightness(dataset, max_brightness_frames)
    return DatasetStats(
        sequences=tuple(sequences),
        euler_pyr_deg=poses,
        speed_deg_s=np.concatenate(speed) if speed else np.empty(0),
        distance_m=np.concatenate(distance) if distance else np.empty(0),
        face_height_px=np.concatenate(face) if face else np.empty(0),
        visibility_yaw_edges_deg=edges,
        visible_count=visible_count,
        landmark_frame_count=np.bincount(bins, minlength=len(edges) - 1).astype(np.int64),
        image_brightness=image_brightness,
        head_brightness=head_brightness,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _One:
    euler: np.ndarray
    speed: np.ndarray
    distance: np.ndarray
    face_height: np.ndarray
    visible: np.ndarray | None


def _read_one(sequence: StoredSequence) -> _One:
    has_landmarks = sequence.has_landmarks
    face = sequence.read("bbox_face_xyxy_px").astype(np.float64) if has_landmarks else np.empty((0, 4))
    return _One(
        euler=sequence.read("euler_pyr_deg").astype(np.float64),
        speed=angular_speed_deg_s(sequence.R_cam_head, sequence.time_s),
        distance=sequence.t_cam_head_m[:, 2].astype(np.float64),
        face_height=face[:, 3] - face[:, 1],
        visible=sequence.read("landmarks_68_visibility") == VISIBLE if has_landmarks else None,
    )


def _sequence_stats(sequence: StoredSequence, background_id: str, one: _One) -> SequenceStats:
    low, high = one.euler.min(axis=0), one.euler.max(axis=0)
    spans = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return SequenceStats(
        sequence_id=sequence.sequence_id,
        head_id=sequence.head_id,
        track_id=sequence.track_id,
        background_id=background_id,
        num_frames=len(one.euler),
        fps=sequence.fps,
        pitch_deg=spans[0],
        yaw_deg=spans[1],
        roll_deg=spans[2],
        top_speed_deg_s=float(one.speed.max(initial=0.0)),
        face_height_px=float(np.median(one.face_height)) if one.face_height.size else float("nan"),
        visible_share=float(one.visible.mean()) if one.visible is not None else float("nan"),
    )


def _brightness(
    dataset: Dataset, max_frames: int
) -> tuple[Float[np.ndarray, " num_samples"], Float[np.ndarray, " num_samples"]]:
    total = dataset.num_frames
    wanted = np.unique(np.linspace(0, total - 1, min(max_frames, total)).round().astype(int)) if total else []
    image_values, head_values, start, position = [], [], 0, 0
    for sequence, entry in zip(dataset.sequences(), dataset.manifest.sequences, strict=True):
        while position < len(wanted) and wanted[position] < start + entry.num_frames:
            frame = int(wanted[position]) - start
            luma = sequence.image(frame) @ _LUMA
            inside = sequence.mask(frame) >= 128
            image_values.append(float(luma.mean()))
            head_values.append(float(luma[inside].mean()) if inside.any() else float("nan"))
            position += 1
        start += entry.num_frames
    return np.array(image_values, dtype=np.float64), np.array(head_values, dtype=np.float64)
