"""From wanted lengths to a shape: the surface is measured by rays and its parameters corrected until it has them."""

from dataclasses import replace

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.face_shape import EAR_Y, EAR_Z, TRAGUS_Y, TRAGUS_Z, FaceShape
from synhead.heads.generate.measure import (
    BREADTH_LEVELS,
    FRONTAL_DEPTH,
    FRONTAL_LEVEL,
    GONIAL_DEPTHS,
    GONIAL_SHARE,
    ZYGOMATIC_DEPTHS,
    ZYGOMATIC_LEVELS,
)
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import first_hit

SELLION_Y = 3.0
"""Height of the saddle of the nose over the eyes, and of the landmark there."""
_ROUNDS = 4

# length: (parameter, change of the parameter per mm of the length, limits of the parameter)
_STEERING: dict[str, tuple[str, float, tuple[float, float]]] = {
    "head_length": ("cranium_radius_z", 0.5, (78.0, 116.0)),
    "head_breadth": ("cranium_radius_x", 0.5, (62.0, 90.0)),
    "bizygomatic_breadth": ("cheek_scale", 1 / 142, (0.80, 1.24)),
    "bigonial_breadth": ("jaw_scale", 1 / 112, (0.74, 1.34)),
    "minimum_frontal_breadth": ("forehead_scale", 1 / 106, (0.84, 1.18)),
    "face_length": ("chin_y", -1.0, (-118.0, -76.0)),
    "nose_protrusion": ("nose_tip_z", 1.0, (12.0, 32.0)),
    "nose_breadth": ("nose_half_width", 0.5, (11.5, 24.0)),
}


def fit_shape(shape: FaceShape, lengths: dict[str, float]) -> FaceShape:
    """Change the parameters of _STEERING until the surface has the lengths, and lay mouth and ears on the surface.

    Where a parameter meets its limit the length stays off. Results are rounded to 0.001, so that the last bits of a
    machine's arithmetic do not show.
    """
    for _ in range(_ROUNDS):
        found = measure_field(SkinField(shape))
        changes = {}
        for name, (parameter, gain, (low, high)) in _STEERING.items():
            wish = getattr(shape, parameter) + gain * (lengths[name] - found[name])
            changes[parameter] = round(float(np.clip(wish, low, high)), 3)
        changes["chin_scale"] = round(0.45 * changes["jaw_scale"] + 0.55 * shape.chin_scale, 3)
        shape = replace(shape, **changes)
    return _laid_on_surface(shape)


def _laid_on_surface(shape: FaceShape) -> FaceShape:
    """What must lie on the skin and is given by numbers: the mouth's line, ears and tragi."""
    field = SkinField(shape)
    x = np.linspace(0.0, 0.85, 8) * shape.mouth_half_width
    z = field.surface_z(np.stack([x, curves.mouth_line_y(shape, x)], axis=1))[:, 2]
    bend, middle = np.polyfit((x / 24.0) ** 2, z, 1)
    side = np.array([[150.0, EAR_Y, EAR_Z], [150.0, TRAGUS_Y, TRAGUS_Z]])
    ear, tragus = first_hit(field, side, np.tile([-1.0, 0.0, 0.0], (2, 1)))[:, 0]
    return replace(
        shape,
        mouth_z=round(float(middle) + 0.4, 3),
        mouth_bend=round(float(-bend), 3),
        ear_x=round(float(ear), 3),
        tragus_x=round(float(tragus), 3),
    )


def measure_field(field: SkinField) -> dict[str, float]:
    """The lengths of _STEERING by rays against the field; `measure.measure_head` finds them on a mesh."""
    s = field.shape
    front = np.array([[0.0, y, 90.0] for y in (10.0, 14, 18, 22, 26)])
    back = np.array([[0.0, y, -330.0] for y in (-10.0, 10, 25, 40, 55, 70)])
    crown = np.array([[150.0, y, z] for y in BREADTH_LEVELS for z in (-130.0, -112, -95, -80)])
    low, high = ZYGOMATIC_DEPTHS
    zygoma = np.array([[150.0, y, z] for y in ZYGOMATIC_LEVELS for z in np.linspace(low, high, 5)])
    gonion = np.array([[150.0, GONIAL_SHARE * s.menton_y, z] for z in np.linspace(*GONIAL_DEPTHS, 7)])
    temple = np.array([[150.0, FRONTAL_LEVEL, FRONTAL_DEPTH]])
    chin = np.array([[0.0, s.menton_y - 40, z] for z in (-3.0, 1, 4, 7)])
    below = s.nose_tip_y
    wing = np.array([[60.0, below + y, s.nose_tip_z + z] for y in (-7.0, -5, -3) for z in (-11.0, -9)])
    groups = {
        "front": (front, (0, 0, -1)),
        "back": (back, (0, 0, 1)),
        "crown": (crown, (-1, 0, 0)),
        "zygoma": (zygoma, (-1, 0, 0)),
        "gonion": (gonion, (-1, 0, 0)),
        "temple": (temple, (-1, 0, 0)),
        "chin": (chin, (0, 1, 0)),
        "wing": (wing, (-1, 0, 0)),
        "tip": (np.array([[0.0, s.nose_front_y + y, 90.0] for y in (-3.0, -1, 1, 3)]), (0, 0, -1)),
        "base": (np.array([[0.0, s.subnasale_y, 90.0]]), (0, 0, -1)),
    }
    start = np.concatenate([points for points, _ in groups.values()])
    ways = [np.tile(np.array(way, dtype=float), (len(points), 1)) for points, way in groups.values()]
    hits = np.split(
        first_hit(field, start, np.concatenate(ways)), np.cumsum([len(points) for points, _ in groups.values()])[:-1]
    )
    hit = dict(zip(groups, hits, strict=True))
    return {
        "head_length": float(hit["front"][:, 2].max() - hit["back"][:, 2].min()),
        "head_breadth": 2 * float(hit["crown"][:, 0].max()),
        "bizygomatic_breadth": 2 * float(hit["zygoma"][:, 0].max()),
        "bigonial_breadth": 2 * float(hit["gonion"][:, 0].max()),
        "minimum_frontal_breadth": 2 * float(hit["temple"][0, 0]),
        "face_length": SELLION_Y - float(hit["chin"][:, 1].min()),
        "nose_protrusion": float(hit["tip"][:, 2].max() - hit["base"][0, 2]),
        "nose_breadth": 2 * float(hit["wing"][:, 0].max()),
    }
