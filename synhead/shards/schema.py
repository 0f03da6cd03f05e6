"""The one table of the file format, from which writer, reader, verify and docs/format.md are made."""

from dataclasses import dataclass
from typing import Literal

FORMAT_VERSION = 1
"""Raised when a reader of the old format could misread the new one."""

CONVENTION = (
    "camera OpenCV (+x right, +y down, +z forward), metres; head +x subject's left, +y up, +z out of the face; "
    "x_cam = R_cam_head x_head + t_cam_head_m; R_cam_head diag(1,-1,-1) = Rx(-pitch) Ry(yaw) Rz(roll); "
    "pixel centres at +0.5"
)
"""Value of the attribute `convention`; docs/conventions.md says the same at length."""

BLOB_CHUNK_BYTES = 256 * 1024
LABEL_CHUNK_FRAMES = 256
DEPTH_UNIT_M = 1e-4

IMAGE_FORMATS = ("jpeg", "png")

Dimension = int | Literal["T", "T+1", "N", "H", "W", "S"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One attribute or dataset of a shard.

    Attributes:
        name: path inside its group.
        kind: "attribute" or "dataset".
        shape: T frames, H x W image size, N bytes, S blend shapes; () is a scalar.
        dtype: numpy's name, little-endian, or "str" (UTF-8).
        unit: of the stored values; "" where there is none.
        meaning: one sentence for docs/format.md.
        nan: when a value may be NaN; "" is never.
        optional: may be absent.
    """

    name: str
    kind: Literal["attribute", "dataset"]
    shape: tuple[Dimension, ...]
    dtype: str
    unit: str = ""
    meaning: str
    nan: Literal["", "no landmarks", "no head pixel"] = ""
    optional: bool = False

    def expected_shape(self, *, num_frames: int, height_px: int, width_px: int) -> tuple[int | None, ...]:
        """The shape for a sequence of this size; None where any length is right."""
        sizes = {"T": num_frames, "T+1": num_frames + 1, "H": height_px, "W": width_px, "N": None, "S": None}
        return tuple(sizes[d] if isinstance(d, str) else d for d in self.shape)


def _attribute(
    name: str, shape: tuple[Dimension, ...], dtype: str, meaning: str, unit: str = "", optional: bool = False
) -> Field:
    return Field(name=name, kind="attribute", shape=shape, dtype=dtype, unit=unit, meaning=meaning, optional=optional)


FILE_ATTRIBUTES = (
    _attribute("format_version", (), "int64", "version of this format; a reader refuses others"),
    _attribute("synhead_version", (), "str", "the software that wrote the file"),
    _attribute("config_sha256", (), "str", "SHA-256 of the resolved configuration (manifest.json has it in full)"),
    _attribute("renderer", (), "str", "engine, device and version that drew the frames"),
)

SEQUENCE_ATTRIBUTES = (
    _attribute("head_id", (), "str", "the head model; manifest.json has its source, licence and SHA-256"),
    _attribute("track_id", (), "str", "the motion track; likewise"),
    _attribute("seed", (), "int64", "seed of every random choice of this sequence"),
    _attribute("fps", (), "float64", "frames per second", "Hz"),
    _attribute("size_px", (2,), "int64", "(height, width) of the image", "px"),
    _attribute(
        "K", (3, 3), "float64", "intrinsic matrix: px = (K x_cam / z)[:2]; first pixel's centre (0.5, 0.5)", "px"
    ),
    _attribute("background", (), "str", "JSON: kind, background_id, parameters"),
    _attribute(
        "lights",
        (),
        "str",
        "JSON: the Lighting of core/scene.py: ambient, nine harmonics (or none), directional lights; linear RGB, "
        "camera frame",
    ),
    _attribute(
        "sensor",
        (),
        "str",
        "JSON: the camera's imperfections (SensorSpec in synhead/core/scene.py); absent: an ideal camera",
        optional=True,
    ),
    _attribute(
        "expression_names",
        (),
        "str",
        "JSON: names of the S columns of expression/coefficients (ARKit's where they mean the same); absent: at rest",
        optional=True,
    ),
    _attribute(
        "eye_centers_m",
        (2, 3),
        "float64",
        "where the eyeballs turn, subject's right and left, head frame; absent: the eyes look straight ahead",
        "m",
        optional=True,
    ),
    _attribute("convention", (), "str", "frames and angles in one sentence; the same in every file of this version"),
    _attribute("image_format", (), "str", "encoding of image/bytes: jpeg or png"),
    _attribute(
        "num_landmarks", (), "int64", "68, or 0 for a head without landmarks (then those fields hold NaN and 0)"
    ),
)


def _dataset(
    name: str,
    shape: tuple[Dimension, ...],
    dtype: str,
    meaning: str,
    unit: str = "",
    nan: Literal["", "no landmarks", "no head pixel"] = "",
    optional: bool = False,
) -> Field:
    return Field(
        name=name, kind="dataset", shape=shape, dtype=dtype, unit=unit, meaning=meaning, nan=nan, optional=optional
    )


DATASETS = (
    _dataset("image/bytes", ("N",), "uint8", "all frames, each a whole JPEG or PNG file (sRGB), one after another"),
    _dataset("image/offsets", ("T+1",), "int64", "frame i is image/bytes[offsets[i]:offsets[i + 1]]", "byte"),
    _dataset("mask/bytes", ("N",), "uint8", "head coverage of every pixel: 8-bit grey PNG files, 255 = all head"),
    _dataset("mask/offsets", ("T+1",), "int64", "frame i is mask/bytes[offsets[i]:offsets[i + 1]]", "byte"),
    _dataset("R_cam_head", ("T", 3, 3), "float64", "rotation head to camera: the pose, and the truth for all angles"),
    _dataset("t_cam_head_m", ("T", 3), "float64", "origin of the head in the camera frame", "m"),
    _dataset("euler_pyr_deg", ("T", 3), "float32", "(pitch, yaw, roll) of R_cam_head, signs of 300W-LP", "degree"),
    _dataset("time_s", ("T",), "float64", "time on the track's clock, regular at fps", "s"),
    _dataset(
        "landmarks_68_px",
        ("T", 68, 2),
        "float32",
        "iBUG-68 points (x, y), occluded and outside ones included",
        "px",
        "no landmarks",
    ),
    _dataset("landmarks_68_cam_m", ("T", 68, 3), "float32", "the same points in the camera frame", "m", "no landmarks"),
    _dataset(
        "landmarks_68_visibility",
        ("T", 68),
        "uint8",
        "2 visible, 1 in the image but occluded, 0 outside [0, W) x [0, H)",
    ),
    _dataset("bbox_face_xyxy_px", ("T", 4), "float32", "tight box of the 68 points, not clipped", "px", "no landmarks"),
    _dataset(
        "bbox_head_xyxy_px",
        ("T", 4),
        "float32",
        "tight box of mask >= 128 as pixel edges (x1 = last column + 1): head, hair, neck and any clothes",
        "px",
        "no head pixel",
    ),
    _dataset(
        "expression/coefficients",
        ("T", "S"),
        "float32",
        "blend shapes, 0 at rest to 1 in full; absent: at rest",
        optional=True,
    ),
    _dataset(
        "gaze/pyr_deg",
        ("T", 2),
        "float32",
        "(pitch, yaw) of the line of sight in the head frame: +pitch up, +yaw to the subject's right, 0 straight ahead",
        "degree",
        optional=True,
    ),
    _dataset(
        "gaze/direction_cam",
        ("T", 2, 3),
        "float32",
        "unit vectors of the line of sight, subject's right and left eye, camera frame",
        optional=True,
    ),
    _dataset(
        "pupils_px", ("T", 2, 2), "float32", "(x, y), subject's right, left; behind lids too", "px", optional=True
    ),
    _dataset("pupils_cam_m", ("T", 2, 3), "float32", "the same points in the camera frame", "m", optional=True),
    _dataset(
        "landmarks_104_px",
        ("T", 104, 2),
        "float32",
        "the 68 points, 8 of the irises, 4 of the ears, 24 round the lids (conventions.md)",
        "px",
        optional=True,
    ),
    _dataset(
        "landmarks_104_cam_m", ("T", 104, 3), "float32", "the same points in the camera frame", "m", optional=True
    ),
    _dataset("landmarks_104_visibility", ("T", 104), "uint8", "as landmarks_68_visibility", optional=True),
    _dataset("raw/R_cam_head", ("T", 3, 3), "float64", "the pose before the track was smoothed"),
    _dataset(
        "background_shift_px",
        ("T", 2),
        "float32",
        "(x, y) by which the background moved against its place (a hand-held camera); absent: it stands still",
        "px",
        optional=True,
    ),
    _dataset(
        "depth",
        ("T", "H", "W"),
        "uint16",
        "camera-frame z of the head's nearest surface; 0: none; 65535: 6.5535 m or more",
        "0.1 mm",
        optional=True,
    ),
)

FACE_DATASETS = {
    "expression_coefficients": "expression/coefficients",
    "gaze_pyr_deg": "gaze/pyr_deg",
    "gaze_direction_cam": "gaze/direction_cam",
    **{
        name: name
        for name in (
            *("pupils_px", "pupils_cam_m"),
            *("landmarks_104_px", "landmarks_104_cam_m", "landmarks_104_visibility"),
        )
    },
}
"""Field of FrameLabels: dataset. All optional."""

DATASET_BY_NAME = {f.name: f for f in DATASETS}
BLOBS = ("image", "mask")
