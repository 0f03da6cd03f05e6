"""Who a person is in body: population, age, weight, and from them and chance the shape of the face."""

from dataclasses import dataclass

import numpy as np

from synhead.heads.generate.anthropometry import sample_lengths
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.fit_shape import SELLION_Y, fit_shape
from synhead.heads.generate.sculpt_base import RELIEF, RELIEF_NAMES

AGE_GROUPS = {"young": (20.0, 35.0), "middle": (36.0, 55.0), "old": (56.0, 75.0)}

# How far each way of being different moves the relief, mm.
_MALE = {
    "glabella": 1.4, "brow_inner": 1.8, "brow_middle": 1.3, "brow_outer": 1.5, "forehead": -1.2,
    "frontal_eminence": -1.2, "chin": 0.8, "chin_side": 1.4, "chin_low": 0.6, "gonion": 1.2, "cheek_hollow": -0.6,
    "cheekbone_side": 0.6, "temple": -0.5, "jaw_front": 0.4,
}  # fmt: skip
_FEMALE = {
    "brow_inner": -1.3, "brow_middle": -1.2, "brow_outer": -0.8, "glabella": -1.0, "forehead": 1.0,
    "frontal_eminence": 0.8, "cheek_front": 0.9, "cheekbone": 0.6, "cheek_middle": 0.6, "chin_side": -2.3,
    "chin_side_up": -0.8, "jowl": -3.6, "jaw_front": -3.0, "jaw_middle": -3.2, "gonion": -2.0, "jaw_back": -0.8,
    "temple": 0.9,
    "mouth_side": -1.2, "cheek_low": -1.6, "cheek_hollow": 1.5, "orbit_rim_outer": 0.6,
}  # fmt: skip
_WEIGHT = {
    "cheek_low": 2.3, "cheek_middle": 1.3, "cheek_hollow": 2.4, "cheek_front": 0.5, "cheek_back": 1.2, "jowl": 1.5,
    "mouth_side": 0.6, "jaw_front": 1.3, "jaw_middle": 1.6, "submental": 4.5, "submental_side": 3.6, "temple": 1.0,
    "nape": 2.0, "orbit_low": 0.3, "cheekbone_side": 0.8, "chin_low": 0.5, "gonion": 0.8, "jaw_back": 0.8,
}  # fmt: skip
_AGE = {
    "temple": -1.8, "temple_low": -0.6, "cheek_front": -1.1, "cheek_hollow": -1.2, "cheek_middle": -0.6, "jowl": 2.4,
    "cheek_low": 0.8, "jaw_front": -1.4, "jaw_middle": 1.0, "submental": 3.0, "submental_side": 1.5, "canine": -0.8,
    "muzzle": -0.8, "orbit_low": -1.2, "orbit_low_inner": -0.6, "cheekbone": 0.3, "brow_outer": -0.4,
    "orbit_rim_outer": -0.5, "chin": 0.5,
}  # fmt: skip
_POPULATION = {
    "european": {"brow_middle": 0.4, "glabella": 0.3, "cheekbone": -0.4},
    "african": {
        "muzzle": 2.6, "canine": 1.8, "mentolabial": 0.8, "forehead": 1.0, "glabella": -0.4, "chin": -0.8,
        "mouth_side": 0.6, "maxilla": 1.0,
    },
    "east asian": {
        "cheekbone": 1.3, "cheekbone_side": 2.2, "orbit_low": 0.9, "glabella": -1.2, "brow_inner": -1.4,
        "brow_middle": -1.2, "brow_outer": -0.6, "orbit_rim_outer": 1.4, "maxilla": 0.9, "muzzle": 0.8,
        "cheek_front": 0.8, "temple": 0.8,
    },
    "south asian": {"orbit_low": -0.5, "brow_inner": 0.3, "muzzle": 0.5},
    "latin american": {"cheekbone": 0.7, "cheekbone_side": 0.8, "muzzle": 0.5, "brow_inner": -0.2},
    "middle eastern": {"brow_inner": 0.6, "glabella": 0.5, "cheekbone": 0.2},
}  # fmt: skip
_RELIEF_SPREAD = 0.05
"""Standard deviation of each swelling, as a share of its radius: 0.6 mm for one of 12 mm."""

# name: (mean of women, of men, standard deviation, change per year over 35, per unit of weight)
_SHAPE = {
    "cranium_radius_y": (86.5, 88.5, 3.0, 0.0, 0.0),
    "forehead_scale": (0.96, 0.98, 0.0, 0.0, 0.0),
    "chin_scale": (0.87, 1.04, 0.05, 0.0, 0.01),
    "chin_z": (-7.5, -6.5, 0.0, 0.0, 0.0),
    "upper_lid": (5.4, 4.8, 0.5, -0.016, -0.05),
    "lower_lid": (4.6, 4.4, 0.45, 0.004, -0.05),
    "outer_corner_y": (0.9, 0.3, 0.9, -0.025, 0.0),
    "lid_crease": (4.0, 3.4, 0.7, -0.012, -0.1),
    "crease_depth": (1.15, 1.0, 0.2, 0.0, 0.0),
    "hood": (0.5, 0.9, 0.35, 0.022, 0.1),
    "eye_bag": (0.1, 0.15, 0.12, 0.022, 0.05),
    "brow_y": (15.4, 13.2, 1.3, -0.03, 0.0),
    "brow_arch": (5.0, 3.5, 0.9, 0.0, 0.0),
    "brow_tilt": (0.3, 0.0, 0.9, -0.01, 0.0),
    "nose_root_z": (8.8, 10.6, 1.3, 0.0, 0.0),
    "nose_hump": (-0.2, 0.6, 0.8, 0.005, 0.0),
    "nose_bridge_radius": (5.0, 5.8, 0.5, 0.0, 0.1),
    "nose_tip_radius": (8.0, 9.0, 0.7, 0.01, 0.15),
    "nose_tip_lift": (3.0, 1.2, 1.5, -0.04, 0.0),
    "philtrum": (1.0, 1.0, 0.3, -0.01, 0.0),
    "mouth_curl": (0.2, -0.2, 0.8, -0.02, 0.1),
    "lip_fullness": (1.0, 0.9, 0.13, -0.006, 0.02),
    "cupid_bow": (1.0, 0.8, 0.3, -0.01, 0.0),
    "nasolabial": (0.35, 0.45, 0.2, 0.026, 0.06),
    "marionette": (0.05, 0.1, 0.1, 0.02, 0.05),
    "neck_radius": (44.5, 52.0, 1.6, 0.0, 2.6),
    "neck_hollow": (0.8, 1.2, 0.4, 0.02, -0.5),
    "larynx": (0.3, 3.4, 0.4, 0.0, -0.5),
    "hairline_y": (66.0, 67.0, 4.0, 0.03, 0.0),
}  # fmt: skip
_NOT_NEGATIVE = ("hood", "eye_bag", "philtrum", "cupid_bow", "nasolabial", "marionette", "neck_hollow", "larynx")


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """Attributes: `weight` in standard deviations, lean below 0; `size` alike."""

    sex: str
    population: str
    age_years: float
    weight: float
    size: float


def sample_body(rng: np.random.Generator, sex: str, population: str, age_years: float) -> Body:
    """Draw size and weight of one person; the middle-aged are heavier."""
    heavier = 0.35 * np.clip((age_years - 25) / 25, 0, 1) - 0.2
    weight = float(np.clip(rng.standard_normal() + heavier, -1.7, 2.3))
    return Body(
        sex=sex,
        population=population,
        age_years=age_years,
        weight=weight,
        size=float(np.clip(rng.standard_normal(), -2.0, 2.0)),
    )


def sample_shape(rng: np.random.Generator, body: Body) -> FaceShape:
    """Draw the lengths of a person and everything else of the face, and fit the sculpt to the lengths."""
    lengths = sample_lengths(rng, body.sex, body.population, body.size, body.weight)
    older = body.age_years - 35.0
    man = body.sex == "male"
    if not man:
        # A jaw about as wide as the cheekbones is rarer among women than two free draws would make it.
        lengths["bigonial_breadth"] -= 0.5 * max(lengths["bigonial_breadth"] - 0.83 * lengths["bizygomatic_breadth"], 0)
    values = {}
    for name, (women, men, deviation, per_year, per_weight) in _SHAPE.items():
        chance = deviation * float(np.clip(rng.standard_normal(), -2.2, 2.2))
        value = (men if man else women) + chance + per_year * older + per_weight * body.weight
        values[name] = max(value, 0.0) if name in _NOT_NEGATIVE else value
    _eyes_of_population(rng, body, values)
    values["nose_root_z"] += 0.35 * (lengths["nose_protrusion"] - 20.5)
    grown = 0.2 * (body.age_years - 42.0)
    subnasale = SELLION_Y - lengths["nose_height"]
    # Lips share what is left between nose and chin as they do on average.
    lower_face = lengths["face_length"] - lengths["nose_height"]
    mouth = subnasale - 0.298 * lower_face + 0.8 * float(rng.standard_normal())
    upper = lengths["upper_lip_height"] - 0.030 * older
    lower = lengths["lower_lip_height"] - 0.022 * older
    # An upper lip higher than the lower one is rare.
    over = max(upper - 0.95 * lower, 0.0)
    upper, lower = upper - 0.65 * over, lower + 0.35 * over
    values |= {
        "cranium_radius_x": lengths["head_breadth"] / 2,
        "cranium_radius_z": lengths["head_length"] / 2 - 2.0,
        "cheek_scale": lengths["bizygomatic_breadth"] / 142,
        "jaw_scale": lengths["bigonial_breadth"] / 116,
        "eye_x": lengths["interpupillary_distance"] / 2,
        "eye_half_width": lengths["eye_width"] / 2,
        "nose_tip_y": subnasale + 14.5,
        "nose_tip_z": lengths["nose_protrusion"] + 2.0,
        "nose_half_width": lengths["nose_breadth"] / 2,
        "mouth_half_width": lengths["lip_length"] / 2,
        "mouth_y": mouth,
        "chin_y": SELLION_Y - lengths["face_length"] + 16.5,
        "upper_lip": float(np.clip(upper, 3.0, 12.5)),
        "lower_lip": float(np.clip(lower, 4.5, 14.0)),
        "ear_length": float(np.clip(lengths["ear_length"] + grown, 48.0, 78.0)),
        "mouth_z": 16.5,
        "mouth_bend": 12.0,
        "ear_x": 74.0,
        "tragus_x": 68.0,
    }
    values = {name: round(float(value), 3) for name, value in values.items()}
    return fit_shape(FaceShape(**values, relief=_relief(rng, body)), lengths)


def _eyes_of_population(rng: np.random.Generator, body: Body, values: dict[str, float]) -> None:
    """Lid folds as they are common, each with its variants."""
    draw = float(rng.uniform())
    values["epicanthus"] = 0.0
    if body.population == "east asian":
        values["epicanthus"] = 0.25 + 0.75 * draw
        values["outer_corner_y"] += 1.3
        values["nose_root_z"] -= 1.6
        values["brow_y"] += 0.9
        single = rng.uniform() < 0.45
        values["lid_crease"] = 0.9 if single else 2.4
        values["crease_depth"] *= 0.35 if single else 0.8
        values["hood"] += 0.9
        values["upper_lid"] -= 0.5
    elif body.population == "african":
        values["nose_root_z"] -= 1.0
        values["nose_tip_lift"] += 0.6
        values["lip_fullness"] += 0.22
        values["nose_tip_radius"] += 0.7
    elif body.population == "latin american":
        values["epicanthus"] = max(0.0, 0.7 * draw - 0.35)
    elif body.population in ("south asian", "middle eastern"):
        values["nose_hump"] += 0.5
        values["nose_tip_lift"] -= 0.6


def _relief(rng: np.random.Generator, body: Body) -> tuple[float, ...]:
    age = np.clip((body.age_years - 25.0) / 45.0, 0.0, 1.1)
    heights = []
    for name in RELIEF_NAMES:
        value = (_MALE if body.sex == "male" else _FEMALE).get(name, 0.0)
        value += _WEIGHT.get(name, 0.0) * body.weight * (1.0 if body.weight > 0 else 0.4)
        value += _AGE.get(name, 0.0) * age + _POPULATION[body.population].get(name, 0.0)
        value += _RELIEF_SPREAD * RELIEF[name][3] * float(np.clip(rng.standard_normal(), -2.2, 2.2))
        heights.append(round(float(value), 3))
    return tuple(heights)
