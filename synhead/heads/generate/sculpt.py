"""The sculpt: a signed distance field of the skin (eyes shut by a smooth lid), and one of the trunk below the neck."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.parameters import FaceShape
from synhead.heads.generate.sdf import cone, ellipsoid, first_hit, soft_difference, soft_union

EYEBALL_RADIUS, EYEBALL_Z = 12.6, -8.3
LID_THICKNESS = 1.3
Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]


def _skull(p: Points, s: FaceShape) -> Distances:
    d = ellipsoid(p, (0, 27, -85), (s.cranium_radius_x, s.cranium_radius_y, s.cranium_radius_z))
    d = soft_union(d, ellipsoid(p, (0, -30, -50), (s.gonion_x + 18.5, 73, 60)), 22)
    d = soft_union(d, ellipsoid(p, (s.cranium_radius_x - 26, 12, -40), (15, 28, 26)), 26)
    gonion = (s.gonion_x, s.gonion_y, -58.0)
    jaw = cone(p, gonion, (s.chin_x, s.chin_y, s.chin_z), s.gonion_radius, s.gonion_radius - 2.5)
    ramus = cone(p, gonion, (s.gonion_x + 13.5, -15, -68), s.gonion_radius, 11)
    chin = ellipsoid(p, (0, s.chin_y - 1, s.chin_z + 0.5), (s.chin_x + 8, 15, 17.5))
    jaw = soft_union(soft_union(jaw, ramus, 20), chin, 10)
    d = soft_union(d, jaw, 30)
    d = soft_union(d, ellipsoid(p, (0, s.mouth_y + 4, -26), (33, 28, 42)), 16)
    d = soft_union(d, ellipsoid(p, (s.cheekbone_x, -27, -22), (18, 12, 15)), 34)
    return soft_union(d, ellipsoid(p, (s.gonion_x - 10, -57, -25), (18, 22, 19)), 26)


def _neck(p: Points, s: FaceShape) -> Distances:
    d = cone(p, (0, -80, -84), (0, -230, -108), s.neck_radius, s.neck_radius + 4)
    tendon = cone(p, (s.neck_radius * 0.98, -62, -92), (14, -205, -66), 9, 9)
    d = soft_union(d, tendon, 16)
    trapezius = cone(p, (18, -98, -122), (80, -240, -112), 20, 25)
    return soft_union(d, trapezius, 26)


def _brow_and_socket(d: Distances, p: Points, s: FaceShape) -> Distances:
    z, r = s.brow_ridge_z, s.brow_ridge_radius
    ridge = cone(p, (2, 14, z + 6.0), (29, 18.5, z + 1.8), r, r)
    ridge = soft_union(ridge, cone(p, (29, 18.5, z + 1.8), (51, 12, z - 15.5), r, r - 1), 6)
    d = soft_union(d, ridge, 20)
    return soft_difference(d, ellipsoid(p, (s.eye_x - 0.5, 0, 12), (19, 11, 14)), 9)


def _nose(d: Distances, p: Points, s: FaceShape) -> Distances:
    w, tip_y, tip_z = s.nose_half_width, s.nose_tip_y, s.nose_tip_z
    nose = cone(p, (0, 9, s.nose_bridge_z - 1.0), (0, tip_y, tip_z), s.nose_bridge_radius, s.nose_tip_radius)
    nose = soft_union(nose, ellipsoid(p, (0, tip_y + 1, tip_z - 14.5), (w - 4, 17, 12.5)), 9)
    d = soft_union(d, nose, 9)
    ala = ellipsoid(p, (w - 5.4, tip_y - 6, tip_z - 10.5), (6.2, 6.8, 9.2))
    d = soft_union(d, ala, 5.5)
    columella = cone(p, (0, tip_y - 11.5, tip_z - 7.5), (0, tip_y - 9.5, tip_z + 2.5), 3.2, 4.0)
    d = soft_union(d, columella, 4)
    return soft_difference(d, ellipsoid(p, (w - 10.8, tip_y - 14.6, tip_z - 6.0), (3.2, 2.8, 5.0)), 2.5)


def _lips(d: Distances, p: Points, s: FaceShape) -> Distances:
    x = np.minimum(p[:, 0], s.mouth_half_width)
    beyond = p[:, 0] - x
    root = np.sqrt(curves.mouth_arch(s, x))
    line_y, line_z = curves.mouth_line_y(s, x), curves.mouth_line_z(s, np.minimum(p[:, 0], s.mouth_half_width + 8))
    for height, radius, back in (
        (0.55 * curves.upper_lip_height(s, x), 0.8 + 0.44 * s.upper_lip * root, 1.4),
        (-0.52 * curves.lower_lip_height(s, x), 0.6 + 0.44 * s.lower_lip * root, 2.0),
    ):
        away = (p[:, 1] - line_y - height) ** 2 + (p[:, 2] - line_z + back) ** 2 + beyond**2
        d = soft_union(d, np.sqrt(away) - radius, 5)
    groove = np.sqrt((p[:, 1] - line_y) ** 2 + (p[:, 2] - line_z - 3.2) ** 2 + beyond**2) - (1.9 * root - 0.6)
    d = soft_difference(d, groove, 2.6)
    below = s.mouth_y - s.lower_lip - 8.5
    d = soft_difference(d, ellipsoid(p, (0, below, 22), (17, 4, 5)), 9)
    top, base = s.mouth_y + s.upper_lip + 2.5, s.nose_tip_y - 17
    return soft_difference(d, cone(p, (0, base, 24.0), (0, top, 25.6), 1.5, 2.1), 4)


def _lids(d: Distances, p: Points, s: FaceShape) -> Distances:
    r = EYEBALL_RADIUS + LID_THICKNESS
    d = soft_union(d, ellipsoid(p, (s.eye_x, 0, EYEBALL_Z), (r + 0.5, r, r)), 5)
    d = soft_union(d, ellipsoid(p, (s.eye_x - 13.0, -1, -2.5), (6, 5, 4.5)), 5)
    d = soft_union(d, ellipsoid(p, (s.eye_x + 12.5, 1, -9), (5.5, 6, 5.5)), 6)
    t = np.clip(curves.lid_t(s, p[:, 0]), -1.15, 1.15)
    crease_y = curves.upper_lid_y(s, t) + 3.6
    crease_r = 1.0 * np.maximum(1 - (t / 1.05) ** 2, 0.0) - 0.5
    sphere_z = EYEBALL_Z + np.sqrt(np.maximum(r * r - (p[:, 0] - s.eye_x) ** 2 - crease_y**2, 9.0))
    crease = np.sqrt((p[:, 1] - crease_y) ** 2 + (p[:, 2] - sphere_z - 0.6) ** 2) - crease_r
    return soft_difference(d, crease, 2.4)


class SkinField:
    """Distance in mm to the skin of one person: face, closed lids, cranium, neck; ears and eyeballs apart."""

    def __init__(self, shape: FaceShape) -> None:
        self.shape = shape

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Signed distance, negative inside; left and right are mirror images."""
        s = self.shape
        p = np.concatenate([np.abs(points[:, :1]), points[:, 1:]], axis=1)
        # A crisp jaw line in front, a flowing nape behind.
        width = 14 + 26 * np.clip((-80 - p[:, 2]) / 50, 0.0, 1.0)
        d = soft_union(_skull(p, s), _neck(p, s), width)
        face = np.flatnonzero((p[:, 2] > -45) & (p[:, 0] < 80) & (np.abs(p[:, 1] + 35) < 110))
        if len(face) == 0:
            return d
        q, f = p[face], d[face]
        f = _brow_and_socket(f, q, s)
        f = _nose(f, q, s)
        f = _lips(f, q, s)
        d[face] = _lids(f, q, s)
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
        return soft_union(soft_union(shoulder, chest, 45), _neck(p, self.shape), 22)
