"""Who a generated head is: lengths in mm, colours, style; drawn once from (seed, head id), then everything follows.

Millimetres, origin midway between the two eye centres, +x the subject's left, +y up, +z out of the face. Means
are those of a sculpt that fits the 2003 NIOSH survey of head sizes (Zhuang and Bradtmiller 2005); spreads are
smaller than the survey's, because the lengths are drawn independently of one another.
"""

from dataclasses import dataclass

import numpy as np

from synhead.core.seeding import generator
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.hair_styles import HAIR_COLOURS, HAIR_STYLES, draw_beard, draw_grey, draw_hair_colour
from synhead.heads.generate.sculpt_base import RELIEF_NAMES
from synhead.heads.generate.skin_pigment import skin_srgb

SEXES = ("female", "male")
IRIS_COLOURS = {
    "brown": (0.27, 0.15, 0.075),
    "hazel": (0.38, 0.28, 0.14),
    "green": (0.33, 0.41, 0.28),
    "blue": (0.35, 0.44, 0.51),
}
_LIGHTEST_MELANIN, _DARKEST_MELANIN = 0.011, 0.33
_CLOTHES = ((0.20, 0.24, 0.31), (0.43, 0.15, 0.16), (0.80, 0.79, 0.76), (0.23, 0.33, 0.27), (0.36, 0.36, 0.38))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadParameters:
    """Everything that makes one generated head; colours are sRGB in [0, 1].

    Attributes:
        skin_rgb: of the cheek, from the two shares that follow (skin_pigment.py).
        melanin: share of melanosomes in the epidermis.
        haemoglobin: share of blood in the dermis.
        age_years: of the skin: wrinkles, pores, spots.
        skin_darkness: 0 the lightest tone, 1 the darkest.
        grey: share of the hairs without pigment.
        beard: one of hair_styles.BEARDS.
        stubble: 0 none, 1 the shade of a beard of two days.
        noise_seed: of skin, hair and asymmetry.
    """

    head_id: str
    sex: str
    age_group: str
    shape: FaceShape
    age_years: float
    skin_rgb: tuple[float, float, float]
    melanin: float
    haemoglobin: float
    skin_darkness: float
    hair_colour: str
    hair_style: str
    grey: float
    beard: str
    iris_colour: str
    clothes_rgb: tuple[float, float, float]
    stubble: float
    brow_thickness: float
    freckles: float
    noise_seed: int

    @property
    def hair_rgb(self) -> tuple[float, float, float]:
        """Colour of hair and brows."""
        return HAIR_COLOURS[self.hair_colour]

    @property
    def iris_rgb(self) -> tuple[float, float, float]:
        """Middle colour of the iris."""
        return IRIS_COLOURS[self.iris_colour]


# name: (mean of women, mean of men, standard deviation)
_SHAPE_TABLE = {
    "cranium_radius_x": (73.0, 76.0, 2.0),
    "cranium_radius_y": (86.0, 88.0, 2.5),
    "cranium_radius_z": (92.5, 96.5, 3.0),
    "forehead_scale": (0.97, 1.0, 0.03),
    "cheek_scale": (0.96, 1.01, 0.03),
    "jaw_scale": (0.94, 1.03, 0.04),
    "chin_scale": (0.90, 1.04, 0.05),
    "chin_y": (-91.0, -99.0, 2.2),
    "chin_z": (-8.0, -7.0, 2.0),
    "eye_x": (30.9, 32.0, 1.2),
    "eye_half_width": (14.9, 15.1, 0.6),
    "upper_lid": (5.9, 5.3, 0.5),
    "lower_lid": (4.6, 4.4, 0.4),
    "outer_corner_y": (0.6, 0.0, 0.8),
    "lid_crease": (4.2, 3.6, 0.6),
    "crease_depth": (1.2, 1.1, 0.2),
    "hood": (0.6, 1.0, 0.4),
    "epicanthus": (0.0, 0.0, 0.0),
    "eye_bag": (0.2, 0.3, 0.15),
    "brow_y": (16.0, 13.8, 1.2),
    "brow_arch": (5.2, 3.6, 0.8),
    "brow_tilt": (0.4, 0.0, 0.8),
    "nose_root_z": (9.0, 10.5, 1.2),
    "nose_hump": (0.0, 0.7, 0.7),
    "nose_bridge_radius": (5.2, 5.9, 0.4),
    "nose_tip_y": (-33.5, -36.5, 1.6),
    "nose_tip_z": (21.0, 23.0, 1.6),
    "nose_tip_radius": (8.8, 9.8, 0.7),
    "nose_tip_lift": (1.0, 0.0, 1.0),
    "nose_half_width": (15.6, 17.6, 1.4),
    "philtrum": (1.0, 1.0, 0.25),
    "mouth_y": (-65.5, -70.5, 1.6),
    "mouth_z": (16.5, 16.5, 0.0),
    "mouth_bend": (12.0, 12.0, 0.0),
    "mouth_half_width": (24.0, 25.6, 1.6),
    "mouth_curl": (0.2, -0.3, 0.7),
    "upper_lip": (7.4, 6.4, 0.9),
    "lower_lip": (9.2, 8.4, 0.9),
    "lip_fullness": (1.0, 0.85, 0.15),
    "cupid_bow": (1.0, 0.8, 0.25),
    "nasolabial": (0.5, 0.7, 0.2),
    "marionette": (0.1, 0.2, 0.1),
    "neck_radius": (44.0, 52.0, 2.0),
    "neck_hollow": (0.6, 1.0, 0.4),
    "larynx": (0.4, 3.6, 0.4),
    "hairline_y": (66.0, 68.0, 4.0),
    "ear_length": (59.0, 63.0, 3.0),
}


def sample_parameters(
    seed: int, head_id: str, sex: str, variety: float, hair_style: str | None = None
) -> HeadParameters:
    """Draw one person; a pure function of its arguments.

    Args:
        seed: of the set of heads.
        head_id: folder name; other ids give other people.
        sex: one of SEXES.
        variety: in [0, 1), places the skin tone; evenly spread values keep a small set plainly different.
        hair_style: one of HAIR_STYLES[sex]; None draws one.

    Raises:
        ValueError: unknown sex or hair style.
    """
    if sex not in SEXES:
        raise ValueError(f"sex is {sex!r}; one of {', '.join(SEXES)} is expected")
    if hair_style is not None and hair_style not in HAIR_STYLES[sex]:
        raise ValueError(f"hair_style is {hair_style!r}; for {sex} one of {', '.join(HAIR_STYLES[sex])} is expected")
    rng = generator(seed, head_id, "shape")
    man = sex == "male"
    values = {}
    for name, (woman_mean, man_mean, deviation) in _SHAPE_TABLE.items():
        values[name] = (man_mean if man else woman_mean) + deviation * float(np.clip(rng.standard_normal(), -2.0, 2.0))
    colour = generator(seed, head_id, "colour")
    darkness = float(np.clip(variety + colour.uniform(-0.06, 0.06), 0.0, 1.0))
    surface = generator(seed, head_id, "surface")
    age_years = float(18 + 57 * surface.uniform() ** 1.4)
    melanin = float(_LIGHTEST_MELANIN ** (1 - darkness) * _DARKEST_MELANIN**darkness)
    haemoglobin = float(0.012 * 1.8 ** surface.uniform(-1, 1))
    skin = skin_srgb(np.log([melanin]), np.log([haemoglobin]))[0]
    iris_weights = np.array([0.3, 0.2, 0.2, 0.3]) if darkness < 0.4 else np.array([0.9, 0.1, 0, 0])
    styles = HAIR_STYLES[sex]
    drawn_style = styles[int(colour.integers(len(styles)))]
    hair = generator(seed, head_id, "hair")
    hair_colour = draw_hair_colour(hair, darkness)
    beard = draw_beard(hair, sex)
    return HeadParameters(
        head_id=head_id,
        sex=sex,
        age_group="young" if age_years < 40 else "middle" if age_years < 60 else "old",
        shape=FaceShape(**values, relief=(0.0,) * len(RELIEF_NAMES)),
        age_years=age_years,
        skin_rgb=(float(skin[0]), float(skin[1]), float(skin[2])),
        melanin=melanin,
        haemoglobin=haemoglobin,
        skin_darkness=darkness,
        hair_colour=hair_colour,
        hair_style=hair_style or drawn_style,
        grey=draw_grey(hair, hair_colour),
        beard=beard,
        iris_colour=list(IRIS_COLOURS)[int(colour.choice(4, p=iris_weights))],
        clothes_rgb=_CLOTHES[int(colour.integers(len(_CLOTHES)))],
        stubble=float(colour.uniform(0.15, 0.9)) if man else 0.0,
        brow_thickness=float(colour.uniform(0.9, 1.2) if man else colour.uniform(0.65, 0.9)),
        freckles=float(colour.uniform(0, 0.6)) if darkness < 0.3 else 0.0,
        noise_seed=int(colour.integers(2**31)),
    )
