"""The sculpt: a signed distance field of the skin (eyes shut by a smooth lid), and one of the trunk below the neck."""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator

from synhead.heads.generate import sculpt_face
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt_base import MEAN_RELIEF, neck, relief, skull
from synhead.heads.generate.sculpt_face import EYEBALL_RADIUS as EYEBALL_RADIUS
from synhead.heads.generate.sculpt_face import EYEBALL_Z as EYEBALL_Z
from synhead.heads.generate.sdf import cone, ellipsoid, first_hit, soft_union

Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]
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
        self._level = PchipInterpolator(np.append(own, top), np.append(average, 340))
        crown = shape.cranium_radius_x / _RADII[0]
        scales = [shape.chin_scale, shape.chin_scale, shape.jaw_scale, shape.cheek_scale, shape.forehead_scale]
        self._width = PchipInterpolator([-400, -108, -80, -22, 24, 70, 340], [*scales, crown, crown])
        self._crown = crown
        self._length = (shape.cranium_radius_z + 45) / (_RADII[2] + 45)

    def __call__(self, p: Points) -> Points:
        """Points with x >= 0, bent."""
        y = self._level(np.clip(p[:, 1], -395.0, 335.0))
        back = np.minimum(p[:, 2] + 40, 0.0)
        z = p[:, 2] - back + back / self._length
        # Face and jaw have widths of their own, the back of the head has that of the crown.
        behind = np.clip((-58 - p[:, 2]) / 46, 0.0, 1.0)
        width = self._width(y)
        width = width + (self._crown - width) * behind * behind * (3 - 2 * behind)
        return np.stack([p[:, 0] / width, y, z], axis=1)


class SkinField:
    """Distance in mm to the skin of one person: face, closed lids, cranium, neck; ears and eyeballs apart."""

    def __init__(self, shape: FaceShape) -> None:
        self.shape = shape
        self._bend = Bend(shape)
        self._relief = MEAN_RELIEF + np.array(shape.relief)

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Signed distance, negative inside; left and right are mirror images."""
        s = self.shape
        p = np.concatenate([np.abs(points[:, :1]), points[:, 1:]], axis=1)
        bent = self._bend(p)
        d = skull(bent, _RADII)
        near = np.flatnonzero(d < _RELIEF_MM)
        d[near] -= relief(bent[near], self._relief) * np.clip((_RELIEF_MM - d[near]) / 12.0, 0.0, 1.0)
        # A crisp jaw line in front, a flowing nape behind.
        width = 12 + 28 * np.clip((-78 - p[:, 2]) / 50, 0.0, 1.0)
        throat = neck(p, s.neck_radius, s.larynx, s.neck_hollow)
        d = soft_union(d, throat, width)
        face = np.flatnonzero((p[:, 2] > -45) & (p[:, 0] < 80) & (np.abs(p[:, 1] + 35) < 110) & (d < _NOSE_MM))
        if len(face) == 0:
            return d
        q, f = p[face], d[face]
        f = sculpt_face.folds(f, q, s)
        f = sculpt_face.lips(f, q, s)
        f = sculpt_face.nose(f, q, s)
        d[face] = sculpt_face.lids(f, q, s)
        return d

    def surface_z(self, xy: Float[np.ndarray, "n 2"], start_z: float = 60.0) -> Float[np.ndarray, "n 3"]:
        """The foremost skin at each (x, y), looking along -z from start_z."""
        start = np.concatenate([xy, np.full((len(xy), 1), start_z)], axis=1)
        return first_hit(self, start, np.broadcast_to([0.0, 0.0, -1.0], start.shape))


class TrunkField:
    """Distance in mm to neck and shoulders, what a shirt lies on and what long hair falls over."""

    def __init__(self, shape: FaceShape) -> None:
        self.shape = shape

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Signed distance, negative inside."""
        p = np.concatenate([np.abs(points[:, :1]), points[:, 1:]], axis=1)
        wide = self.shape.neck_radius / 53.0
        shoulder = cone(p, (20, -222, -108), (150 * wide, -262, -112), 42, 45)
        chest = ellipsoid(p, (0, -330, -78), (150 * wide, 135, 84))
        return soft_union(soft_union(shoulder, chest, 45), neck(p, self.shape.neck_radius), 22)
