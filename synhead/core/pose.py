"""Named encodings of a head's rotation: `encode(name, R_cam_head)` and `decode(name, values)`.

The truth is R_cam_head (head -> camera, OpenCV camera frame, head frame of docs/conventions.md). The data sets write
R_cv = R_cam_head @ A with A = diag(1, -1, -1), which is the identity for a face that looks straight into the camera.
Angles are degrees. The order of the values is part of each encoding; `ENCODINGS[name].values` spells it out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from synhead.core.rotation import A_HEAD_TO_FRONTAL, euler_pyr_from_rotation, rotation_from_euler_pyr

Matrices = Float[np.ndarray, "*batch 3 3"]
Values = Float[np.ndarray, "*batch num_values"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PoseEncoding:
    """One way to write a rotation down.

    Attributes:
        name: key in `ENCODINGS`.
        values: names of the numbers, in order; `_deg` where they are angles.
        meaning: formula, sign rules, who uses it and what is not known about it.
        encode, decode: between R_cam_head [*batch, 3, 3] and values [*batch, num_values].
    """

    name: str
    values: tuple[str, ...]
    meaning: str
    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]


def encode(name: str, R_cam_head: Matrices) -> Values:
    """Values of the encoding `name` for rotations head -> camera.

    Raises:
        ValueError: no encoding has this name; the message lists those there are.
    """
    return _encoding(name).encode(np.asarray(R_cam_head, dtype=np.float64))


def decode(name: str, values: Values) -> Matrices:
    """R_cam_head of values in the encoding `name`.

    Raises:
        ValueError: unknown name, wrong number of values, a value that is not finite, or a quaternion or 6D pair that
            describes no rotation.
    """
    encoding = _encoding(name)
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape[-1] != len(encoding.values):
        raise ValueError(f"{name} has {len(encoding.values)} values {encoding.values}, got {numbers.shape[-1]}")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: a value is not finite")
    return encoding.decode(numbers)


def _encoding(name: str) -> PoseEncoding:
    if name not in ENCODINGS:
        raise ValueError(f'no pose encoding "{name}"; there are {", ".join(sorted(ENCODINGS))}')
    return ENCODINGS[name]


def _scaled_euler(order: tuple[int, int, int], signs: tuple[float, float, float]) -> tuple[Callable, Callable]:
    """Converters for a permutation and sign change of (pitch, yaw, roll); `signs` belong to the permuted values."""
    places, factors = np.array(order), np.array(signs)

    def to_values(R_cam_head: np.ndarray) -> np.ndarray:
        return euler_pyr_from_rotation(R_cam_head)[..., places] * factors

    def from_values(values: np.ndarray) -> np.ndarray:
        return rotation_from_euler_pyr((values * factors)[..., np.argsort(places)])

    return to_values, from_values


def _encode_biwi_pyr(R_cam_head: np.ndarray) -> np.ndarray:
    r = R_cam_head @ A_HEAD_TO_FRONTAL
    cos_y = np.hypot(r[..., 0, 0], r[..., 1, 0])
    locked = cos_y < 1e-9
    x = np.where(locked, np.arctan2(-r[..., 1, 2], r[..., 1, 1]), np.arctan2(r[..., 2, 1], r[..., 2, 2]))
    y = np.arctan2(-r[..., 2, 0], cos_y)
    z = np.where(locked, 0.0, np.arctan2(r[..., 1, 0], r[..., 0, 0]))
    return np.degrees(np.stack([x, y, z], axis=-1))


def _decode_biwi_pyr(values: np.ndarray) -> np.ndarray:
    flat = Rotation.from_euler("xyz", values.reshape(-1, 3), degrees=True).as_matrix()
    return flat.reshape(*values.shape[:-1], 3, 3) @ A_HEAD_TO_FRONTAL


def _encode_quaternion(R_cam_head: np.ndarray) -> np.ndarray:
    quaternion = Rotation.from_matrix(R_cam_head.reshape(-1, 3, 3)).as_quat(canonical=True)
    return quaternion.reshape(*R_cam_head.shape[:-2], 4)


def _decode_quaternion(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=-1)
    if (np.abs(length - 1) > 0.01).any():
        raise ValueError("a quaternion's length is outside 0.99 to 1.01")
    return Rotation.from_quat(values.reshape(-1, 4)).as_matrix().reshape(*values.shape[:-1], 3, 3)


def _encode_6d(R_cam_head: np.ndarray) -> np.ndarray:
    return np.concatenate([R_cam_head[..., :, 0], R_cam_head[..., :, 1]], axis=-1)


def _decode_6d(values: np.ndarray) -> np.ndarray:
    a, b = values[..., :3], values[..., 3:]
    length = np.linalg.norm(a, axis=-1, keepdims=True)
    if (length < 1e-8).any():
        raise ValueError("the first vector of a 6D rotation has length 0")
    x = a / length
    rest = b - (x * b).sum(axis=-1, keepdims=True) * x
    rest_length = np.linalg.norm(rest, axis=-1, keepdims=True)
    if (rest_length < 1e-8).any():
        raise ValueError("the two vectors of a 6D rotation are parallel")
    y = rest / rest_length
    return np.stack([x, y, np.cross(x, y)], axis=-1)


_PYR, _YPR = (0, 1, 2), (1, 0, 2)


def _euler_encoding(name: str, order: tuple, signs: tuple, meaning: str) -> PoseEncoding:
    to_values, from_values = _scaled_euler(order, signs)
    names = tuple(("pitch_deg", "yaw_deg", "roll_deg")[place] for place in order)
    return PoseEncoding(name=name, values=names, meaning=meaning, encode=to_values, decode=from_values)


ENCODINGS: dict[str, PoseEncoding] = {
    encoding.name: encoding
    for encoding in (
        _euler_encoding(
            "300wlp",
            _PYR,
            (1.0, 1.0, 1.0),
            "R_cv = Rx(-pitch) Ry(yaw) Rz(roll): the project's euler_pyr_deg. 300W-LP and AFLW2000 (their Pose_Para "
            "is in radians), Hopenet, FSA-Net, 6DRepNet's labels.",
        ),
        _euler_encoding(
            "biwi_ypr",
            _YPR,
            (1.0, 1.0, 1.0),
            "The same angles in the order yaw, pitch, roll: what Hopenet and FSA-Net derive from BIWI's pose.txt "
            "and HeadPose+ calls ypr (x-y'-z'').",
        ),
        _euler_encoding(
            "opal",
            _YPR,
            (-1.0, 1.0, 1.0),
            "yaw, pitch, roll of OPAL's annotation files: the yaw is the negative of 300W-LP's.",
        ),
        _euler_encoding(
            "synhead_release",
            _PYR,
            (1.0, -1.0, 1.0),
            "pitch, yaw, roll of the original SynHead's csv files. Known: the column order, and that Hopenet's loader "
            "negates the yaw to reach 300W-LP's sign. Not documented anywhere public: the Euler order (taken as "
            "300W-LP's; BIWI's .bin files, its main source, use z-y'-x'') and the signs of pitch and roll.",
        ),
        PoseEncoding(
            name="biwi_pyr",
            values=("pitch_deg", "yaw_deg", "roll_deg"),
            meaning="R_cv = Rz(roll) Ry(yaw) Rx(pitch), right-handed: BIWI's own frame_XXXXX_pose.bin, which HeadPose+ "
            "calls pyr (z-y'-x''). Not the 300W-LP angles: they differ by up to 62 degrees, and the sign of pitch is "
            "opposite.",
            encode=_encode_biwi_pyr,
            decode=_decode_biwi_pyr,
        ),
        PoseEncoding(
            name="quaternion_xyzw",
            values=("qx", "qy", "qz", "qw"),
            meaning="Unit quaternion of R_cam_head, scalar last, qw >= 0.",
            encode=_encode_quaternion,
            decode=_decode_quaternion,
        ),
        PoseEncoding(
            name="rotation_6d",
            values=("r00", "r10", "r20", "r01", "r11", "r21"),
            meaning="First two columns of R_cam_head (Zhou et al. 2019); decoding orthogonalises them. 6DRepNet's "
            "network instead predicts S R_cv^T S with S = diag(-1, 1, 1).",
            encode=_encode_6d,
            decode=_decode_6d,
        ),
    )
}
"""Every named encoding, by name. Source of the rules: docs/conventions.md and docs/protocols.md."""
