"""The sculpt: a signed distance field of the skin (eyes shut by a smooth lid), and one of the trunk below the neck."""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator

from synhead.compiled import compiled, dense
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt_base import MEAN_RELIEF, neck_at, relief_at, skull_at
from synhead.heads.generate.sculpt_face import EYEBALL_RADIUS as EYEBALL_RADIUS
from synhead.heads.generate.sculpt_face import EYEBALL_Z as EYEBALL_Z
from synhead.heads.generate.sculpt_face import folds, lids, lips, nose
from synhead.heads.generate.sdf import cone_at, ellipsoid_at, first_hit, soft_union

MENTON_Y, MOUTH_Y, SUBNASALE_Y = -113.0, -69.5, -49.5
"""Levels of the average head that a person's own are moved to."""
_RADII = (75.0, 88.0, 97.0)
_RELIEF_MM, _NOSE_MM = 26.0, 60.0
"""Farther from the solids than these, relief and face are left out: no swelling, no nose reaches so high."""


class Bend:
    """From a person's coordinates to those of the average head: levels, widths by level, length of the skull."""

    def __init__(self, shape: FaceShape) -> None:
        own = np.array([-400 + shape.menton_y - MENTON_Y, shape.menton_y, shape.mouth_y, shape.subnasale_y, 0, 40])
        average = np.array([-400, MENTON_Y, MOUTH_Y, SUBNASALE_Y, 0, 40])
        top = 40 + 300 * (shape.cranium_radius_y - 13) / (_RADII[1] - 13)
        level = PchipInterpolator(np.append(own, top), np.append(average, 340))
        crown = shape.cranium_radius_x / _RADII[0]
        scales = [shape.chin_scale, shape.chin_scale, shape.jaw_scale, shape.cheek_scale, shape.forehead_scale]
        width = PchipInterpolator([-400, -108, -80, -22, 24, 70, 340], [*scales, crown, crown])
        self.numbers = (level.x, level.c, width.x, width.c, crown, (shape.cranium_radius_z + 45) / (_RADII[2] + 45))


@compiled
def _spline(at, knots, coefficients):
    """A piecewise cubic; the first and the last piece go on beyond the knots."""
    piece = 0
    while piece < len(knots) - 2 and at >= knots[piece + 1]:
        piece += 1
    s = at - knots[piece]
    total, power = 0.0, 1.0
    for k in range(3, -1, -1):
        total += coefficients[k, piece] * power
        power *= s
    return total


@compiled
def _bent(p, bend):
    """A point with x >= 0 in the average head's coordinates."""
    level_knots, levels, width_knots, widths, crown, length = bend
    y = _spline(min(max(p[1], -395.0), 335.0), level_knots, levels)
    back = min(p[2] + 40, 0.0)
    # Face and jaw have widths of their own, the back of the head has that of the crown.
    behind = min(max((-58 - p[2]) / 46, 0.0), 1.0)
    width = _spline(y, width_knots, widths)
    width = width + (crown - width) * behind * behind * (3 - 2 * behind)
    return p[0] / width, y, p[2] - back + back / length


@compiled
def _skin_distances(points, shape, bend, heights):
    s = shape[0]
    out = np.empty(len(points))
    for k in range(len(points)):
        p = (abs(points[k, 0]), points[k, 1], points[k, 2])
        bent = _bent(p, bend)
        d = skull_at(bent, _RADII)
        if d < _RELIEF_MM:
            d -= relief_at(bent, heights) * min(max((_RELIEF_MM - d) / 12.0, 0.0), 1.0)
        # A crisp jaw line in front, a flowing nape behind.
        width = 12 + 28 * min(max((-78 - p[2]) / 50, 0.0), 1.0)
        d = soft_union(d, neck_at(p, s.neck_radius, s.larynx, s.neck_hollow), width)
        if p[2] > -45 and p[0] < 80 and abs(p[1] + 35) < 110 and d < _NOSE_MM:
            d = lids(nose(lips(folds(d, p, s), p, s), p, s), p, s)
        out[k] = d
    return out


class SkinField:
    """Distance in mm to the skin of one person: face, closed lids, cranium, neck; ears and eyeballs apart."""

    def __init__(self, shape: FaceShape) -> None:
        self.shape = shape
        self._numbers = (shape.record(), Bend(shape).numbers, MEAN_RELIEF + np.array(shape.relief))

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Signed distance, negative inside; left and right are mirror images."""
        return _skin_distances(dense(points), *self._numbers)

    def surface_z(self, xy: Float[np.ndarray, "n 2"], start_z: float = 60.0) -> Float[np.ndarray, "n 3"]:
        """The foremost skin at each (x, y), looking along -z from start_z."""
        start = np.concatenate([xy, np.full((len(xy), 1), start_z)], axis=1)
        return first_hit(self, start, np.broadcast_to([0.0, 0.0, -1.0], start.shape))


@compiled
def _trunk_distances(points, neck_radius):
    out = np.empty(len(points))
    wide = neck_radius / 53.0
    for k in range(len(points)):
        p = (abs(points[k, 0]), points[k, 1], points[k, 2])
        shoulder = cone_at(p, (20.0, -222.0, -108.0), (150 * wide, -262.0, -112.0), 42.0, 45.0)
        chest = ellipsoid_at(p, (0.0, -330.0, -78.0), (150 * wide, 135.0, 84.0))
        out[k] = soft_union(soft_union(shoulder, chest, 45.0), neck_at(p, neck_radius, 0.0, 0.0), 22.0)
    return out


class TrunkField:
    """Distance in mm to neck and shoulders, what a shirt lies on and what long hair falls over."""

    def __init__(self, shape: FaceShape) -> None:
        self.shape = shape

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Signed distance, negative inside."""
        return _trunk_distances(dense(points), float(self.shape.neck_radius))
