"""The bare head: cranium, jaw and neck as solids, and a relief of named swellings and hollows on top of them.

All of it is the average head ("canonical" millimetres, origin midway between the eye centres); `sculpt.SkinField` bends
space so that a person's own widths and levels meet it. The solids and the heights of the relief were set by hand and
then adjusted until the sections of this head agreed with those of ten heads composed from the MakeHuman base mesh
(CC0 1.0) to 2 mm in the median; no surface of theirs is kept.
"""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.compiled import compiled, dense
from synhead.heads.generate.sdf import cone, ellipsoid, soft_difference, soft_union

Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]

# name: (x, y, z, radius, height in mm); x counts on both sides.
RELIEF: dict[str, tuple[float | int, float | int, float | int, float | int, float]] = {
    "vertex": (0, 112, -90, 34, 1.1),
    "bregma": (0, 95, -35, 30, -0.3),
    "vault_side": (45, 95, -90, 30, 1.6),
    "parietal": (70, 55, -110, 30, 2.5),
    "occiput": (0, 30, -182, 34, -0.8),
    "occiput_side": (45, 25, -165, 32, 2.5),
    "nape": (0, -35, -150, 32, 0.3),
    "nape_side": (40, -30, -130, 30, 2.0),
    "hairline": (0, 72, -4, 22, -0.3),
    "hairline_side": (38, 70, -20, 22, 0.9),
    "forehead": (0, 46, 10, 18, -0.9),
    "frontal_eminence": (24, 48, 6, 17, 1.9),
    "forehead_side": (46, 42, -14, 17, 0.9),
    "glabella": (0, 20, 15, 11, 0.0),
    "brow_inner": (14, 18, 13, 9, -0.8),
    "brow_middle": (30, 20, 9, 10, 0.4),
    "brow_outer": (47, 16, -4, 10, -0.3),
    "temple": (62, 20, -34, 18, -6.1),
    "temple_low": (64, 0, -42, 14, -2.1),
    "temple_high": (64, 50, -45, 20, -1.8),
    "orbit_rim_outer": (52, 0, -12, 9, -3.2),
    "orbit_low": (32, -17, 3, 9, -2.4),
    "orbit_low_outer": (47, -15, -5, 10, -2.2),
    "orbit_low_inner": (17, -13, 6, 8, -1.0),
    "cheekbone": (45, -27, -3, 12, -1.2),
    "cheekbone_side": (57, -23, -18, 13, -4.6),
    "arch": (66, -18, -42, 14, -0.4),
    "arch_back": (69, -15, -62, 14, -1.0),
    "cheek_front": (32, -33, 5, 12, -1.2),
    "cheek_middle": (42, -45, -4, 13, 1.7),
    "cheek_hollow": (54, -52, -22, 14, -1.2),
    "cheek_low": (48, -68, -16, 14, 3.3),
    "cheek_back": (63, -45, -48, 16, -2.4),
    "maxilla": (22, -40, 8, 9, 0.3),
    "canine": (24, -54, 9, 10, 1.4),
    "mouth_side": (33, -68, 3, 11, 4.6),
    "muzzle": (0, -60, 15, 13, 0.0),
    "mentolabial": (0, -84, 8, 9, 0.3),
    "chin_side_up": (20, -86, 4, 10, 1.7),
    "chin": (0, -98, 11, 10, 1.0),
    "chin_side": (16, -101, 5, 10, 1.8),
    "chin_low": (0, -110, 4, 9, 1.7),
    "jowl": (33, -90, -12, 13, 4.4),
    "jaw_front": (30, -104, -10, 11, 3.3),
    "jaw_middle": (44, -92, -30, 13, 2.3),
    "gonion": (57, -82, -58, 17, 0.2),
    "jaw_back": (60, -62, -66, 16, 0.0),
    "submental": (0, -116, -22, 17, 0.0),
    "submental_side": (26, -110, -35, 17, 1.0),
}
RELIEF_NAMES = tuple(RELIEF)
_CENTRES = np.array([entry[:3] for entry in RELIEF.values()], dtype=float)
_RADII = np.array([entry[3] for entry in RELIEF.values()], dtype=float)
MEAN_RELIEF = np.array([entry[4] for entry in RELIEF.values()])
# Swellings near the middle overlap their mirror images: both are summed, or a crease runs down the face.
_MIRRORED = (_CENTRES[:, 0] > 0) & (_CENTRES[:, 0] < 2.2 * _RADII)
_FARTHEST = 37.0


def relief(p: Points, heights: Float[np.ndarray, " r"]) -> Distances:
    """Sum of the swellings, mm outwards, at points with x >= 0."""
    return _relief(dense(p), _CENTRES, _RADII, _MIRRORED, heights)


@compiled
def _relief(points, centres, radii, mirrored, heights):
    out = np.zeros(len(points))
    for k in range(len(points)):
        total = 0.0
        for r in range(len(radii)):
            squared = radii[r] * radii[r]
            across, up = points[k, 1] - centres[r, 1], points[k, 2] - centres[r, 2]
            away = across * across + up * up
            x = points[k, 0] - centres[r, 0]
            # Beyond 6 radii a bell adds less than the last bit.
            if away + x * x < _FARTHEST * squared:
                total += heights[r] * np.exp(-(away + x * x) / squared)
            if mirrored[r]:
                x = points[k, 0] + centres[r, 0]
                if away + x * x < _FARTHEST * squared:
                    total += heights[r] * np.exp(-(away + x * x) / squared)
        out[k] = total
    return out


def skull(p: Points, cranium_radii: tuple[float, float, float]) -> Distances:
    """Cranium and face without nose, lips, lids and relief; x >= 0."""
    d = ellipsoid(p, (0, 27, -85), cranium_radii)
    d = soft_union(d, ellipsoid(p, (0, -30, -50), (60, 73, 60)), 22)
    d = soft_union(d, ellipsoid(p, (49, 14, -42), (15, 28, 26)), 26)
    gonion = (42, -68, -58)
    jaw = cone(p, gonion, (9.5, -94, -8), 14, 11.5)
    ramus = cone(p, gonion, (55.5, -15, -68), 14, 11)
    chin = ellipsoid(p, (0, -96, -7), (18, 15, 17.5))
    d = soft_union(d, soft_union(soft_union(jaw, ramus, 20), chin, 10), 30)
    d = soft_union(d, ellipsoid(p, (0, -64, -24), (30, 28, 38)), 18)
    d = soft_union(d, ellipsoid(p, (42, -26, -22), (18, 12, 15)), 34)
    front = np.flatnonzero(p[:, 2] > -50)
    q = p[front]
    ridge = cone(q, (2, 14, 4), (29, 18.5, 0.5), 6, 6)
    ridge = soft_union(ridge, cone(q, (29, 18.5, 0.5), (51, 12, -17), 6, 5), 6)
    face = soft_union(d[front], ridge, 20)
    d[front] = soft_difference(face, ellipsoid(q, (31, 0, 10), (19, 11, 14)), 9)
    return d


def neck(p: Points, radius: float, larynx: float = 0.0, hollow: float = 0.0) -> Distances:
    """Neck with the two sternomastoids, trapezius and larynx; x >= 0. `hollow` mm deep between them at the throat."""
    d = cone(p, (0, -80, -86), (0, -230, -108), radius - 1.5, radius + 4)
    tendon = cone(p, (radius * 0.96, -58, -96), (13, -212, -66), 9.5, 7.5)
    d = soft_union(d, tendon, 13)
    trapezius = cone(p, (18, -98, -122), (80, -240, -112), 20, 25)
    d = soft_union(d, trapezius, 26)
    near = np.flatnonzero((p[:, 0] < 40) & (p[:, 2] > -95) & (p[:, 1] < -110))
    q = p[near]
    pit = np.exp(-np.minimum((q[:, 0] / 9) ** 2 + ((q[:, 1] + 222) / 14) ** 2, 40.0))
    apple = np.exp(-np.minimum((q[:, 0] / 8.5) ** 2 + ((q[:, 1] + 152) / 11) ** 2, 40.0))
    side = np.exp(-np.minimum(((q[:, 0] - 21) / 8) ** 2 + ((q[:, 1] + 160) / 32) ** 2, 40.0))
    d[near] -= larynx * apple - (3.0 + hollow) * pit - hollow * side
    return d
