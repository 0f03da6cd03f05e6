"""The curves of a face in the frontal plane: lids, lips, brows. They cut the mesh, colour it and give the labels.

All functions take |x| in mm or a parameter along the curve and return mm. One formula has three uses: labels are exact.
"""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.parameters import FaceShape

EYE_HALF_WIDTH_INNER, EYE_HALF_WIDTH_OUTER = 14.4, 14.0
INNER_CORNER_Y = -1.3
BROW_START, BROW_LENGTH = -21.0, 46.0
Curve = Float[np.ndarray, "*n"]


def lid_x(shape: FaceShape, t: Curve) -> Curve:
    """x along the left eye's opening; t = -1 the inner corner, 1 the outer one."""
    return shape.eye_x + np.where(t < 0, EYE_HALF_WIDTH_INNER, EYE_HALF_WIDTH_OUTER) * t


def lid_t(shape: FaceShape, x: Curve) -> Curve:
    """The inverse of lid_x; outside [-1, 1] beside the eye."""
    offset = x - shape.eye_x
    return np.where(offset < 0, offset / EYE_HALF_WIDTH_INNER, offset / EYE_HALF_WIDTH_OUTER)


def _lid_base(shape: FaceShape, t: Curve) -> Curve:
    return INNER_CORNER_Y + (shape.outer_corner_y - INNER_CORNER_Y) * (t + 1) / 2


def upper_lid_y(shape: FaceShape, t: Curve) -> Curve:
    """Upper edge of the eye opening."""
    arch = np.maximum(1 - t * t, 0.0)
    return _lid_base(shape, t) + shape.upper_lid * np.where(t > 0, arch**0.66, arch**0.78)


def lower_lid_y(shape: FaceShape, t: Curve) -> Curve:
    """Lower edge of the eye opening."""
    return _lid_base(shape, t) - shape.lower_lid * np.maximum(1 - t * t, 0.0) ** 0.8


def mouth_arch(shape: FaceShape, x: Curve) -> Curve:
    """1 in the middle of the mouth, 0 at its corners and beyond."""
    return np.maximum(1 - (x / shape.mouth_half_width) ** 2, 0.0)


def mouth_line_y(shape: FaceShape, x: Curve) -> Curve:
    """Where the lips meet: nearly straight, a little lower in the middle of the upper lip, corners slightly down."""
    arch = mouth_arch(shape, x)
    return (
        shape.mouth_y
        - 0.6 * np.exp(-((x / 5.0) ** 2))
        + 0.9 * np.exp(-(((np.abs(x) - 11) / 7.0) ** 2))
        - 0.5 * (1 - arch)
    )


def mouth_line_z(shape: FaceShape, x: Curve) -> Curve:
    """How far forward the line between the lips lies."""
    return 18.2 - 12.0 * (x / 24.0) ** 2 + (shape.nose_tip_z - 24.0) * 0.2


def upper_lip_height(shape: FaceShape, x: Curve) -> Curve:
    """Height of the vermilion border above the mouth line, with the bow of Cupid."""
    bow = 1.5 * np.exp(-((x / 3.6) ** 2)) - 0.7 * np.exp(-(((np.abs(x) - 6.5) / 4.0) ** 2))
    return np.maximum(shape.upper_lip - bow, 0.0) * mouth_arch(shape, x) ** 0.8


def lower_lip_height(shape: FaceShape, x: Curve) -> Curve:
    """Depth of the lower vermilion border below the mouth line."""
    return shape.lower_lip * mouth_arch(shape, x) ** 0.72


def brow_x(shape: FaceShape, t: Curve) -> Curve:
    """x along the left brow; t = 0 beside the nose, 1 at the temple."""
    return shape.eye_x + BROW_START + BROW_LENGTH * t


def brow_t(shape: FaceShape, x: Curve) -> Curve:
    """The inverse of brow_x; outside [0, 1] beside the brow."""
    return (x - shape.eye_x - BROW_START) / BROW_LENGTH


def brow_y(shape: FaceShape, t: Curve) -> Curve:
    """Middle line of the brow: rises to two thirds, falls to the temple."""
    return 15.5 + 4.8 * np.sin(np.pi * np.clip(t, 0, 1) ** 1.15 * 0.92) + 0.5 * shape.outer_corner_y * t


def brow_half_width(t: Curve) -> Curve:
    """Half the height of the brow, before the person's thickness."""
    return 3.9 * np.minimum(1.0, (np.clip(t, 0, 1) + 0.12) / 0.3) ** 0.5 * (1 - 0.72 * np.clip(t, 0, 1) ** 2.2)
