"""The 68 iBUG points and 36 more of eyes and ears, from the same curves that cut and colour the face."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.ears import build_ear
from synhead.heads.generate.eyes import IRIS_RADIUS, cornea_z
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import first_hit

_LID_T = (0.36, -0.34)
"""Outer and inner lid points, as a parameter of the lid curve."""
_LASH_LINE_MM = 0.5
"""Those four points lie where the lashes grow, which is what annotators see as the lid's edge, not on its wet rim."""


def _jaw(field: SkinField) -> np.ndarray:
    """Nine points of the left side from the chin (0) to beside the eye (8), met from outside towards an inner axis."""
    s = field.shape
    low, chin, jaw, cheek = s.menton_y, s.chin_scale, s.jaw_scale, s.cheek_scale
    # Heights as shares of the way from the chin's lower edge up to the eyes; directions, not places: met from outside.
    target = np.array(
        [
            [0.0, low + 1.5, s.chin_z + 12],
            [15.0 * chin, low + 2.0, s.chin_z + 8],
            [32.0 * chin, 0.93 * low, -10],
            [46.0 * jaw, 0.82 * low, -28],
            [54.0 * jaw, 0.67 * low, -44],
            [60.0 * jaw, 0.51 * low, -50],
            [63.0 * cheek, 0.33 * low, -50],
            [65.0 * cheek, 0.145 * low, -50],
            [66.0 * cheek, 3.0, -50],
        ]
    )
    inner = np.array([[0.0, -55.0, -45.0]] * 4 + [[0.0, y, -50.0] for y in target[4:, 1]])
    direction = target - inner
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return first_hit(field, inner + 200.0 * direction, -direction, num_steps=90)


def _xy_of_left(shape: FaceShape) -> dict[int, tuple[float, float]]:
    """(x, y) of the points on the left side and the middle, by index."""

    def at(curve, value: float) -> float:
        return float(curve(shape, np.array([value]))[0])

    points: dict[int, tuple[float, float]] = {}
    for index, t in zip(range(22, 27), (0.05, 0.28, 0.52, 0.76, 0.98), strict=True):
        points[index] = (at(curves.brow_x, t), at(curves.brow_y, t))
    top, tip = 3.0, shape.nose_front_y
    for index, share in zip(range(27, 31), (0.0, 0.34, 0.67, 1.0), strict=True):
        points[index] = (0.0, top + (tip - top) * share)
    base = shape.subnasale_y
    points |= {
        33: (0.0, base),
        34: (shape.nose_half_width * 0.42, base + 0.9),
        35: (shape.nose_half_width * 0.84, base + 2.9),
    }
    for index, t in ((42, -1.0), (43, _LID_T[1]), (44, _LID_T[0]), (45, 1.0)):
        points[index] = (at(curves.lid_x, t), at(curves.upper_lid_y, t) + (0.0 if abs(t) == 1 else _LASH_LINE_MM))
    for index, t in ((46, _LID_T[0]), (47, _LID_T[1])):
        points[index] = (at(curves.lid_x, t), at(curves.lower_lid_y, t) - _LASH_LINE_MM)
    half = shape.mouth_half_width
    for index, x, upper in (
        (51, 0.0, 1),
        (52, 6.2, 1),
        (53, 0.60 * half, 1),
        (55, 0.62 * half, -1),
        (56, 0.32 * half, -1),
        (57, 0.0, -1),
    ):
        height = at(curves.upper_lip_height, x) if upper > 0 else -at(curves.lower_lip_height, x)
        points[index] = (x, at(curves.mouth_line_y, x) + height)
    points[54] = (half, at(curves.mouth_line_y, half))
    for index, x, side in (
        (62, 0.0, 1),
        (63, 0.38 * half, 1),
        (64, 0.88 * half, 0),
        (65, 0.38 * half, -1),
        (66, 0.0, -1),
    ):
        points[index] = (x, at(curves.mouth_line_y, x) + 0.1 * side)
    return points


_MIRROR = {22: 21, 23: 20, 24: 19, 25: 18, 26: 17, 34: 32, 35: 31, 42: 39, 43: 38, 44: 37, 45: 36, 46: 41, 47: 40}
_MIRROR |= {52: 50, 53: 49, 54: 48, 55: 59, 56: 58, 63: 61, 64: 60, 65: 67}


def landmarks_68(field: SkinField) -> Float[np.ndarray, "68 3"]:
    """All points on the skin, mm; index order of Multi-PIE (0 the subject's right jaw corner)."""
    out = np.full((68, 3), np.nan)
    jaw = _jaw(field)
    out[8:17] = jaw
    out[0:8] = jaw[:0:-1] * [-1, 1, 1]
    given = _xy_of_left(field.shape)
    index = np.array(list(given))
    out[index] = field.surface_z(np.array([given[i] for i in index]))
    for left, right in _MIRROR.items():
        out[right] = out[left] * [-1, 1, 1]
    return out


def lid_landmarks(field: SkinField) -> Float[np.ndarray, "24 3"]:
    """Points 80 to 103 of the 104: twelve round each eye, even in x, from its outer corner over the upper lid, mm."""
    shape = field.shape
    t = np.linspace(1.0, -1.0, 7)
    upper = np.stack([curves.lid_x(shape, t), curves.upper_lid_y(shape, t)], axis=1)
    back = t[5:0:-1]
    lower = np.stack([curves.lid_x(shape, back), curves.lower_lid_y(shape, back)], axis=1)
    left = field.surface_z(np.concatenate([upper, lower]))
    return np.concatenate([left * [-1.0, 1.0, 1.0], left])


def ear_landmarks(shape: FaceShape) -> Float[np.ndarray, "4 3"]:
    """Points 76 to 79 of the 104: highest and lowest point of the right and of the left ear, mm."""
    vertices = build_ear(shape).vertices
    left = vertices[[vertices[:, 1].argmax(), vertices[:, 1].argmin()]]
    return np.concatenate([left * [-1.0, 1.0, 1.0], left])


def iris_offsets() -> Float[np.ndarray, "4 3"]:
    """Points of an iris's edge from the eye's centre, looking ahead: towards the subject's right, top, left, bottom."""
    r, z = IRIS_RADIUS, float(cornea_z(np.array([IRIS_RADIUS]))[0])
    return np.array([[-r, 0.0, z], [0.0, r, z], [r, 0.0, z], [0.0, -r, z]])
