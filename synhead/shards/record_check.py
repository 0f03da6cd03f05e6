"""What the writer demands of a sequence before the first byte of it is written."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt16

from synhead.core.labels import FrameLabels
from synhead.core.rotation import euler_pyr_from_rotation, orthonormality_error
from synhead.core.scene import SequenceSpec
from synhead.errors import DatasetError
from synhead.shards.schema import CONVENTION, DATASETS, FACE_DATASETS, IMAGE_FORMATS, Field

_ROTATION_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceRecord:
    """One rendered and labelled sequence, ready to be stored.

    Attributes:
        images: T encoded frames, each a whole JPEG or PNG file (`codec.encode_rgb`).
        masks: T encoded coverages (`codec.encode_mask`).
        image_format: "jpeg" or "png".
        depth: in steps of 0.1 mm (`codec.quantise_depth`), or None where it is not kept.
        eye_centers_m: of the head (HeadModel.eye_centers_m), where its labels have a gaze.
    """

    spec: SequenceSpec
    labels: FrameLabels
    images: list[bytes]
    masks: list[bytes]
    image_format: str
    depth: UInt16[np.ndarray, "num_frames height width"] | None = None
    eye_centers_m: Float[np.ndarray, "2 3"] | None = None


def attribute_values(record: SequenceRecord) -> dict[str, Any]:
    """Values of all SEQUENCE_ATTRIBUTES."""
    spec = record.spec
    scene = spec.scene_attributes()
    # A path says nothing on another machine, and the same data set made in two folders must have the same bytes.
    scene["background"].pop("path")
    names = record.labels.expression_names
    face: dict[str, Any] = {} if names is None else {"expression_names": json.dumps(names)}
    if record.eye_centers_m is not None:
        face["eye_centers_m"] = np.asarray(record.eye_centers_m, np.float64)
    sensor = {} if spec.sensor is None else {"sensor": json.dumps(asdict(spec.sensor), sort_keys=True)}
    return {
        **sensor,
        **face,
        "head_id": spec.head_id,
        "track_id": spec.track_id,
        "seed": np.int64(spec.seed),
        "fps": np.float64(spec.fps),
        "size_px": np.array([spec.camera.height_px, spec.camera.width_px], np.int64),
        "K": np.asarray(spec.camera.K, np.float64),
        "background": json.dumps(scene["background"], sort_keys=True),
        "lights": json.dumps(scene["lights"], sort_keys=True),
        "convention": CONVENTION,
        "image_format": record.image_format,
        "num_landmarks": np.int64(68 if has_landmarks(record.labels) else 0),
    }


def dataset_values(record: SequenceRecord) -> dict[str, np.ndarray]:
    """Values of all DATASETS of this record, in the types of the table."""
    spec, labels = record.spec, record.labels
    values = {
        "R_cam_head": spec.R_cam_head,
        "t_cam_head_m": spec.t_cam_head_m,
        "euler_pyr_deg": euler_pyr_from_rotation(spec.R_cam_head),
        "time_s": spec.time_s,
        "landmarks_68_px": labels.landmarks_68_px,
        "landmarks_68_cam_m": labels.landmarks_68_cam_m,
        "landmarks_68_visibility": labels.landmarks_68_visibility,
        "bbox_face_xyxy_px": labels.bbox_face_xyxy_px,
        "bbox_head_xyxy_px": labels.bbox_head_xyxy_px,
        "raw/R_cam_head": spec.raw_R_cam_head,
    }
    for blob, frames in (("image", record.images), ("mask", record.masks)):
        values[f"{blob}/bytes"] = np.frombuffer(b"".join(frames), np.uint8)
        values[f"{blob}/offsets"] = np.cumsum([0, *map(len, frames)])
    if spec.background_shift_px is not None:
        values["background_shift_px"] = spec.background_shift_px
    values |= {name: value for name, value in _face_values(labels).items() if value is not None}
    if record.depth is not None:
        values["depth"] = record.depth
    dtypes = {f.name: f.dtype for f in DATASETS}
    return {name: np.ascontiguousarray(value, dtype=dtypes[name]) for name, value in values.items()}


def _face_values(labels: FrameLabels) -> dict[str, np.ndarray | None]:
    return {FACE_DATASETS[name]: getattr(labels, name) for name in FACE_DATASETS}


def has_landmarks(labels: FrameLabels) -> bool:
    """False for a head without landmarks: all of its points are NaN."""
    return not bool(np.isnan(labels.landmarks_68_px).all())


def check_values(record: SequenceRecord, attributes: dict[str, Any], values: dict[str, np.ndarray]) -> None:
    """Refuse values that do not fit the table.

    Raises:
        DatasetError: names the sequence, the field, what it holds and what it should hold.
    """
    spec = record.spec
    size = {"num_frames": spec.num_frames, "height_px": spec.camera.height_px, "width_px": spec.camera.width_px}
    for field in DATASETS:
        if field.name in values:
            _check_shape(spec, field, values[field.name], field.expected_shape(**size))
            _check_finite(spec, field, values[field.name], landmarks=bool(attributes["num_landmarks"]))
        elif not field.optional:
            raise _problem(spec, field.name, "is missing")
    for name in ("R_cam_head", "raw/R_cam_head"):
        worst = float(orthonormality_error(values[name]).max())
        if worst > _ROTATION_TOLERANCE or float(np.linalg.det(values[name]).min()) < 0:
            raise _problem(spec, name, f"is not a rotation in every frame (R^T R differs from I by up to {worst:.2g})")


def check_frames(record: SequenceRecord) -> None:
    """Refuse a record that cannot be turned into values at all; errors as `check_values`."""
    spec = record.spec
    if not spec.sequence_id or "/" in spec.sequence_id or spec.sequence_id in (".", ".."):
        raise _problem(spec, "sequence_id", f"{spec.sequence_id!r} cannot name an HDF5 group; leave out slashes")
    if spec.num_frames == 0:
        raise _problem(spec, "time_s", "has no frames; a sequence needs at least one")
    if record.image_format not in IMAGE_FORMATS:
        raise _problem(spec, "image_format", f"is {record.image_format!r}; use one of {', '.join(IMAGE_FORMATS)}")
    if not -(2**63) <= spec.seed < 2**63:
        raise _problem(spec, "seed", f"{spec.seed} does not fit a signed 64-bit integer")
    for blob, frames in (("images", record.images), ("masks", record.masks)):
        if len(frames) != spec.num_frames:
            raise _problem(spec, blob, f"{len(frames)} frames for {spec.num_frames} poses")
        if not all(frames):
            raise _problem(spec, blob, f"frame {[not f for f in frames].index(True)} is empty (0 bytes)")


def _check_shape(spec: SequenceSpec, field: Field, value: np.ndarray, expected: tuple[int | None, ...]) -> None:
    if value.ndim != len(expected) or any(e not in (None, n) for e, n in zip(expected, value.shape, strict=True)):
        wanted = tuple("any" if n is None else n for n in expected)
        raise _problem(spec, field.name, f"has shape {value.shape}; {wanted} is right")


def _check_finite(spec: SequenceSpec, field: Field, value: np.ndarray, *, landmarks: bool) -> None:
    if value.dtype.kind != "f":
        return
    if field.nan == "no landmarks" and not landmarks:
        if not np.isnan(value).all():
            raise _problem(spec, field.name, "has numbers, but landmarks_68_px is NaN throughout (no landmarks)")
        return
    bad = ~np.isfinite(value).reshape(len(value), -1)
    if field.nan == "no head pixel":
        bad = bad & ~np.isnan(value).reshape(len(value), -1).all(axis=1, keepdims=True)
    if bad.any():
        frame = int(bad.any(axis=1).argmax())
        raise _problem(spec, field.name, f"has values that are not finite, first in frame {frame}")


def _problem(spec: SequenceSpec, field: str, problem: str) -> DatasetError:
    return DatasetError(f"sequence {spec.sequence_id}, {field}: {problem}.")
