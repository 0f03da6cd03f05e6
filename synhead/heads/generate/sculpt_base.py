"""The bare head: cranium, jaw and neck as solids, and a relief of named swellings and hollows on top of them.

All of it is the average head ("canonical" millimetres, origin midway between the eye centres); `sculpt.SkinField` bends
space so that a person's own widths and levels meet it. The solids and the heights of the relief were set by hand and
then adjusted until the sections of this head agreed with those of ten heads composed from the MakeHuman base mesh
(CC0 1.0) to 2 mm in the median; no surface of theirs is kept.
"""

import numpy as np

from synhead.compiled import compiled
from synhead.heads.generate.sdf import cone_at, ellipsoid_at, soft_difference, soft_union

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
# In squared radii; beyond, a bell adds less than the last bit.
_FARTHEST = 37.0


@compiled
def relief_at(p, heights):
    """Sum of the swellings, mm outwards, at a point with x >= 0."""
    total = 0.0
    for k in range(len(_RADII)):
        squared = _RADII[k] * _RADII[k]
        up, ahead = p[1] - _CENTRES[k, 1], p[2] - _CENTRES[k, 2]
        beside = up * up + ahead * ahead
        away = beside + (p[0] - _CENTRES[k, 0]) ** 2
        if away < _FARTHEST * squared:
            total += heights[k] * np.exp(-away / squared)
        if _MIRRORED[k]:
            away = beside + (p[0] + _CENTRES[k, 0]) ** 2
            if away < _FARTHEST * squared:
                total += heights[k] * np.exp(-away / squared)
    return total


@compiled
def skull_at(p, cranium_radii):
    """Cranium and face without nose, lips, lids and relief; x >= 0."""
    d = ellipsoid_at(p, (0.0, 27.0, -85.0), cranium_radii)
    d = soft_union(d, ellipsoid_at(p, (0.0, -30.0, -50.0), (60.0, 73.0, 60.0)), 22.0)
    d = soft_union(d, ellipsoid_at(p, (49.0, 14.0, -42.0), (15.0, 28.0, 26.0)), 26.0)
    gonion = (42.0, -68.0, -58.0)
    jaw = cone_at(p, gonion, (9.5, -94.0, -8.0), 14.0, 11.5)
    ramus = cone_at(p, gonion, (55.5, -15.0, -68.0), 14.0, 11.0)
    chin = ellipsoid_at(p, (0.0, -96.0, -7.0), (18.0, 15.0, 17.5))
    d = soft_union(d, soft_union(soft_union(jaw, ramus, 20.0), chin, 10.0), 30.0)
    d = soft_union(d, ellipsoid_at(p, (0.0, -64.0, -24.0), (30.0, 28.0, 38.0)), 18.0)
    d = soft_union(d, ellipsoid_at(p, (42.0, -26.0, -22.0), (18.0, 12.0, 15.0)), 34.0)
    if p[2] <= -50:
        return d
    ridge = cone_at(p, (2.0, 14.0, 4.0), (29.0, 18.5, 0.5), 6.0, 6.0)
    ridge = soft_union(ridge, cone_at(p, (29.0, 18.5, 0.5), (51.0, 12.0, -17.0), 6.0, 5.0), 6.0)
    face = soft_union(d, ridge, 20.0)
    return soft_difference(face, ellipsoid_at(p, (31.0, 0.0, 10.0), (19.0, 11.0, 14.0)), 9.0)


@compiled
def neck_at(p, radius, larynx, hollow):
    """Neck with the two sternomastoids, trapezius and larynx; x >= 0. `hollow` mm deep between them at the throat."""
    d = cone_at(p, (0.0, -80.0, -86.0), (0.0, -230.0, -108.0), radius - 1.5, radius + 4.0)
    d = soft_union(d, cone_at(p, (radius * 0.96, -58.0, -96.0), (13.0, -212.0, -66.0), 9.5, 7.5), 13.0)
    d = soft_union(d, cone_at(p, (18.0, -98.0, -122.0), (80.0, -240.0, -112.0), 20.0, 25.0), 26.0)
    if p[0] >= 40 or p[2] <= -95 or p[1] >= -110:
        return d
    pit = np.exp(-min((p[0] / 9) ** 2 + ((p[1] + 222) / 14) ** 2, 40.0))
    apple = np.exp(-min((p[0] / 8.5) ** 2 + ((p[1] + 152) / 11) ** 2, 40.0))
    side = np.exp(-min(((p[0] - 21) / 8) ** 2 + ((p[1] + 160) / 32) ** 2, 40.0))
    return d - (larynx * apple - (3.0 + hollow) * pit - hollow * side)
