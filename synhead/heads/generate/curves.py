"""The curves of a face in the frontal plane: lids, lips, brows. They cut the mesh, colour it and give the labels.

All functions take |x| in mm or a parameter along the curve and return mm. One formula has three uses: labels are exact.
"""

import numpy as np
from jaxtyping import Float

from synhead.compiled import also_compiled
from synhead.heads.generate.face_shape import FaceShape

INNER_CORNER_Y = -1.9
BROW_START, BROW_LENGTH = -21.5, 46.0
Curve = Float[np.ndarray, "*n"]


def lid_x(shape: FaceShape, t: Curve) -> Curve:
    """x along the left eye's opening; t = -1 the inner corner, 1 the outer one."""
    return shape.eye_x + shape.eye_half_width * t


@also_compiled
def lid_t(shape: FaceShape, x: Curve) -> Curve:
    """The inverse of lid_x; outside [-1, 1] beside the eye."""
    return (x - shape.eye_x) / shape.eye_half_width


@also_compiled
def _lid_base(shape: FaceShape, t: Curve) -> Curve:
    return INNER_CORNER_Y + (shape.outer_corner_y - INNER_CORNER_Y) * (t + 1) / 2


@also_compiled
def upper_lid_y(shape: FaceShape, t: Curve) -> Curve:
    """Upper edge of the eye opening."""
    arch = np.maximum(1 - t * t, 0.0)
    return _lid_base(shape, t) + shape.upper_lid * arch ** (0.64 + 0.16 * (t <= 0))


@also_compiled
def lower_lid_y(shape: FaceShape, t: Curve) -> Curve:
    """Lower edge of the eye opening; deepest towards the temple."""
    arch = np.maximum(1 - t * t, 0.0)
    return _lid_base(shape, t) - shape.lower_lid * arch ** (0.66 + 0.29 * (t <= 0))


@also_compiled
def crease_height(shape: FaceShape, t: Curve) -> Curve:
    """How far above the upper lid's edge its crease runs."""
    return shape.lid_crease * (0.45 + 0.55 * np.maximum(1 - t * t, 0.0) ** 0.5)


@also_compiled
def mouth_arch(shape: FaceShape, x: Curve) -> Curve:
    """1 in the middle of the mouth, 0 at its corners and beyond."""
    return np.maximum(1 - (x / shape.mouth_half_width) ** 2, 0.0)


@also_compiled
def mouth_line_y(shape: FaceShape, x: Curve) -> Curve:
    """Where the lips meet: a tubercle in the middle of the upper lip, a wave, corners up or down."""
    arch = mouth_arch(shape, x)
    away = np.abs(x) * 24.5 / shape.mouth_half_width
    return (
        shape.mouth_y
        - 0.8 * shape.cupid_bow * np.exp(-((away / 4.6) ** 2))
        + 0.9 * np.exp(-np.minimum(((away - 10.5) / 6.5) ** 2, 40.0))
        + shape.mouth_curl * (1 - arch)
    )


def mouth_line_z(shape: FaceShape, x: Curve) -> Curve:
    """How far forward the line between the lips lies."""
    return shape.mouth_z - shape.mouth_bend * (x / 24.0) ** 2


@also_compiled
def upper_lip_height(shape: FaceShape, x: Curve) -> Curve:
    """Height of the vermilion border above the mouth line, with the bow of Cupid."""
    away = np.abs(x) * 24.5 / shape.mouth_half_width
    dip = 1.5 * np.exp(-np.minimum((away / 3.0) ** 2, 40.0))
    peak = 0.9 * np.exp(-np.minimum(((away - 5.6) / 3.6) ** 2, 40.0))
    height = shape.upper_lip - shape.cupid_bow * (dip - peak)
    return np.maximum(height, 0.0) * mouth_arch(shape, x) ** 0.92


@also_compiled
def lower_lip_height(shape: FaceShape, x: Curve) -> Curve:
    """Depth of the lower vermilion border below the mouth line."""
    return shape.lower_lip * mouth_arch(shape, x) ** 0.74


def brow_x(shape: FaceShape, t: Curve) -> Curve:
    """x along the left brow; t = 0 beside the nose, 1 at the temple."""
    return shape.eye_x + BROW_START + BROW_LENGTH * t


def brow_t(shape: FaceShape, x: Curve) -> Curve:
    """The inverse of brow_x; outside [0, 1] beside the brow."""
    return (x - shape.eye_x - BROW_START) / BROW_LENGTH


def brow_y(shape: FaceShape, t: Curve) -> Curve:
    """Middle line of the brow: rises to two thirds, falls to the temple."""
    rise = np.sin(np.pi * np.clip(t, 0, 1) ** 1.25 * 0.93)
    return shape.brow_y + shape.brow_arch * rise + (shape.brow_tilt + 0.4 * shape.outer_corner_y) * t


def brow_half_width(t: Curve) -> Curve:
    """Half the height of the brow, before the person's thickness."""
    return 3.9 * np.minimum(1.0, (np.clip(t, 0, 1) + 0.12) / 0.3) ** 0.5 * (1 - 0.72 * np.clip(t, 0, 1) ** 2.2)
