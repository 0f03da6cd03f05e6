"""Reading: a data set, its sequences, its frames. Lazy, picklable, safe in forked and spawned workers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8

from synhead.core.camera import Camera
from synhead.core.labels import FrameLabels
from synhead.errors import DatasetError
from synhead.shards.codec import decode_mask, decode_rgb, depth_in_metres
from synhead.shards.handles import HDF5_ERRORS, ShardHandles
from synhead.shards.manifest import Manifest, read_manifest
from synhead.shards.schema import DATASET_BY_NAME, FACE_DATASETS


class StoredSequence:
    """One sequence of a shard. Every property reads the file; keep what is used twice. Picklable.

    Every member raises DatasetError, with file and sequence, where the shard is damaged (checksums, decoding).
    """

    def __init__(self, shard_path: Path, sequence_id: str, handles: ShardHandles | None = None) -> None:
        self.shard_path = shard_path
        self.sequence_id = sequence_id
        self._handles = handles or ShardHandles()

    @property
    def group(self) -> h5py.Group:
        """The HDF5 group itself, for whoever needs more than this class gives."""
        file: Any = self._handles.open(self.shard_path)
        try:
            return file["sequences"][self.sequence_id]
        except HDF5_ERRORS as error:
            raise self._error("", f"is not in the shard ({error})") from error

    def attribute(self, name: str) -> Any:
        """One attribute as stored (schema.SEQUENCE_ATTRIBUTES)."""
        try:
            return self.group.attrs[name]
        except HDF5_ERRORS as error:
            raise self._error(name, f"cannot be read ({error})") from error

    def read(self, name: str, frames: slice | int = slice(None)) -> np.ndarray:
        """One dataset (schema.DATASETS), or some of its frames, in the stored type."""
        if name not in DATASET_BY_NAME:
            raise ValueError(f"{name!r} is not a field of the format; docs/format.md lists them")
        group: Any = self.group
        try:
            return group[name][frames]
        except HDF5_ERRORS as error:
            raise self._error(name, f"cannot be read ({error})") from error

    def rows(self, name: str, first: int, last: int) -> np.ndarray:
        """Rows [first, last) of one dataset (schema.DATASETS), in the stored type: `read`, but several times faster."""
        try:
            return self._handles.rows(self.shard_path, f"sequences/{self.sequence_id}/{name}", first, last)
        except (*HDF5_ERRORS, IndexError) as error:
            raise self._error(name, f"cannot be read ({error})") from error

    def offsets(self, blob: str) -> Int64[np.ndarray, " num_frames_plus_1"]:
        """Where each frame of "image" or "mask" begins in its bytes; read once a process, not to be written into."""
        name = f"{blob}/offsets"
        try:
            return self._handles.offsets(self.shard_path, f"sequences/{self.sequence_id}/{name}")
        except HDF5_ERRORS as error:
            raise self._error(name, f"cannot be read ({error})") from error

    @property
    def num_frames(self) -> int:
        """Number of frames T."""
        return len(self.offsets("image")) - 1

    @property
    def head_id(self) -> str:
        """The head."""
        return self.attribute("head_id")

    @property
    def track_id(self) -> str:
        """The track."""
        return self.attribute("track_id")

    @property
    def seed(self) -> int:
        """Seed of the sequence's random choices."""
        return int(self.attribute("seed"))

    @property
    def fps(self) -> float:
        """Frames per second."""
        return float(self.attribute("fps"))

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.attribute("size_px")
        return int(height), int(width)

    @property
    def K(self) -> Float[np.ndarray, "3 3"]:
        """Intrinsic matrix."""
        return np.asarray(self.attribute("K"), np.float64).reshape(3, 3)

    @property
    def camera(self) -> Camera:
        """The camera that K and size_px describe."""
        (height, width), K = self.size_px, self.K
        return Camera(
            width_px=width, height_px=height, focal_px=float(K[0, 0]), center_px=(float(K[0, 2]), float(K[1, 2]))
        )

    @property
    def background(self) -> dict[str, Any]:
        """kind, background_id, parameters."""
        return json.loads(self.attribute("background"))

    @property
    def lights(self) -> dict[str, Any]:
        """ambient_rgb and directional lights."""
        return json.loads(self.attribute("lights"))

    @property
    def sensor(self) -> dict[str, Any] | None:
        """The camera's imperfections; None for an ideal camera."""
        return json.loads(self.attribute("sensor")) if "sensor" in self.group.attrs else None

    @property
    def expression_names(self) -> tuple[str, ...] | None:
        """Blend shapes of expression/coefficients; None where the face rests."""
        return tuple(json.loads(self.attribute("expression_names"))) if "expression_names" in self.group.attrs else None

    @property
    def has_landmarks(self) -> bool:
        """False for a head without the 68 points; those fields then hold NaN and 0."""
        return int(self.attribute("num_landmarks")) > 0

    @property
    def has_depth(self) -> bool:
        """Whether the depth pass was kept."""
        return "depth" in self.group

    @property
    def time_s(self) -> Float[np.ndarray, " num_frames"]:
        """Seconds on the track's clock."""
        return self.read("time_s")

    @property
    def R_cam_head(self) -> Float[np.ndarray, "num_frames 3 3"]:
        """Pose: head to camera."""
        return self.read("R_cam_head")

    @property
    def raw_R_cam_head(self) -> Float[np.ndarray, "num_frames 3 3"]:
        """Pose before smoothing."""
        return self.read("raw/R_cam_head")

    @property
    def t_cam_head_m(self) -> Float[np.ndarray, "num_frames 3"]:
        """Head origin, camera frame."""
        return self.read("t_cam_head_m")

    @property
    def euler_pyr_deg(self) -> Float[np.ndarray, "num_frames 3"]:
        """(pitch, yaw, roll) in degrees."""
        return self.read("euler_pyr_deg")

    @property
    def labels(self) -> FrameLabels:
        """Landmarks, visibility and boxes of all frames."""
        return self.labels_of(slice(None))

    def labels_of(self, frames: slice) -> FrameLabels:
        """Landmarks, visibility and boxes of some frames."""
        return FrameLabels(
            landmarks_68_px=self.read("landmarks_68_px", frames),
            landmarks_68_cam_m=self.read("landmarks_68_cam_m", frames),
            landmarks_68_visibility=self.read("landmarks_68_visibility", frames),
            bbox_face_xyxy_px=self.read("bbox_face_xyxy_px", frames),
            bbox_head_xyxy_px=self.read("bbox_head_xyxy_px", frames),
            expression_names=self.expression_names,
            **{field: self.read(name, frames) for field, name in FACE_DATASETS.items() if name in self.group},
        )

    def image(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """sRGB pixels of one frame; negative indices count from the end."""
        return self.images(_one(frame, self.num_frames))[0]

    def images(self, frames: slice = slice(None)) -> UInt8[np.ndarray, "num_selected height width 3"]:
        """sRGB pixels of several frames, read from disk in one piece."""
        decoded = [self._decode("image", data) for data in self.encoded("image", frames)]
        return np.stack(decoded) if decoded else np.empty((0, *self.size_px, 3), np.uint8)

    def mask(self, frame: int) -> UInt8[np.ndarray, "height width"]:
        """Head coverage of one frame, 255 = all head."""
        return self.masks(_one(frame, self.num_frames))[0]

    def masks(self, frames: slice = slice(None)) -> UInt8[np.ndarray, "num_selected height width"]:
        """Head coverage of several frames."""
        decoded = [self._decode("mask", data) for data in self.encoded("mask", frames)]
        return np.stack(decoded) if decoded else np.empty((0, *self.size_px), np.uint8)

    def depth_m(self, frame: int) -> Float32[np.ndarray, "height width"]:
        """Camera-frame z in metres, +inf where there is no head; only where `has_depth`."""
        return depth_in_metres(self.read("depth", range(self.num_frames)[frame]))

    def encoded(self, blob: str, frames: slice = slice(None)) -> list[bytes]:
        """The files, still encoded, of several frames of "image" or "mask"."""
        offsets = self.offsets(blob)
        index = range(len(offsets) - 1)[frames]
        if len(index) == 0:
            return []
        first, last = offsets[min(index)], offsets[max(index) + 1]
        data = self.rows(f"{blob}/bytes", int(first), int(last))
        return [data[offsets[i] - first : offsets[i + 1] - first].tobytes() for i in index]

    def _decode(self, blob: str, data: bytes) -> np.ndarray:
        try:
            return decode_rgb(data) if blob == "image" else decode_mask(data)
        except DatasetError as error:
            raise self._error(blob, str(error)) from error

    def _error(self, field: str, problem: str) -> DatasetError:
        return DatasetError(f"{self.shard_path}, {self.sequence_id}{', ' if field else ''}{field}: {problem}")


class Dataset:
    """A finished data set; made by `open_dataset`. A context manager; picklable."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._handles = ShardHandles()

    @property
    def sequence_ids(self) -> tuple[str, ...]:
        """All ids, in the order of the shards."""
        return tuple(entry.sequence_id for entry in self.manifest.sequences)

    @property
    def num_frames(self) -> int:
        """Frames of all sequences."""
        return self.manifest.num_frames

    def sequence(self, sequence_id: str) -> StoredSequence:
        """One sequence; nothing is read yet.

        Raises:
            DatasetError: the data set has no such sequence.
        """
        shard = self.manifest.shard_of.get(sequence_id)
        if shard is None:
            raise DatasetError(f"{self.path}: has no sequence {sequence_id!r}; it has {len(self.sequence_ids)} others.")
        return StoredSequence(shard_path(self.path, shard.name), sequence_id, self._handles)

    def sequences(self) -> Iterator[StoredSequence]:
        """All sequences, in the order of the shards."""
        return (self.sequence(sequence_id) for sequence_id in self.sequence_ids)

    def close(self) -> None:
        """Close the shards; a later read opens them again."""
        self._handles.close()

    def __enter__(self) -> "Dataset":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_dataset(path: str | Path) -> Dataset:
    """Open a finished data set for reading.

    Raises:
        DatasetError: `path` is not a data set, or its run is not finished.
    """
    return Dataset(Path(path), read_manifest(Path(path)))


def shard_path(dataset: Path, name: str) -> Path:
    """Where the shard `name` of a data set lies."""
    return dataset / "shards" / name


def shard_sequences(path: Path) -> list[StoredSequence]:
    """The sequences that a shard itself names, without any manifest.

    Raises:
        DatasetError: it is missing, damaged, or not ours.
    """
    handles = ShardHandles()
    file: Any = handles.open(path)
    try:
        return [StoredSequence(path, name, handles) for name in file["sequences"]]
    except HDF5_ERRORS as error:
        raise DatasetError(f"{path}: is not a shard of synhead: it has no group 'sequences' ({error}).") from error


def _one(frame: int, num_frames: int) -> slice:
    if not -num_frames <= frame < num_frames:
        raise IndexError(f"frame {frame} of {num_frames}")
    start = frame % num_frames
    return slice(start, start + 1)
