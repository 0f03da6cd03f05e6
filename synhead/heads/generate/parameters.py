"""Who a generated head is: lengths in mm, colours, style; drawn once from (seed, head id), then everything follows.

Shape and size come from people.py and anthropometry.py; colours and style from here.
"""

from dataclasses import dataclass

import numpy as np

from synhead.core.seeding import generator
from synhead.heads.generate.anthropometry import POPULATIONS
from synhead.heads.generate.face_shape import FaceShape as FaceShape
from synhead.heads.generate.hair_styles import HAIR_COLOURS, HAIR_STYLES, draw_beard, draw_grey, draw_hair_colour
from synhead.heads.generate.people import AGE_GROUPS, sample_body, sample_shape
from synhead.heads.generate.skin_pigment import skin_srgb

SEXES = ("female", "male")
IRIS_COLOURS = {
    "brown": (0.25, 0.145, 0.08),
    "hazel": (0.36, 0.27, 0.155),
    "green": (0.36, 0.39, 0.29),
    "blue": (0.38, 0.445, 0.50),
}
_LIGHTEST_MELANIN, _DARKEST_MELANIN = 0.009, 0.33
_CLOTHES = (
    *((0.20, 0.24, 0.31), (0.43, 0.15, 0.16), (0.80, 0.79, 0.76), (0.23, 0.33, 0.27), (0.36, 0.36, 0.38)),
    *((0.13, 0.13, 0.14), (0.55, 0.62, 0.72), (0.68, 0.60, 0.47), (0.30, 0.20, 0.30), (0.62, 0.40, 0.24)),
    *((0.15, 0.33, 0.40), (0.72, 0.55, 0.56)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadParameters:
    """Everything that makes one generated head; colours are sRGB in [0, 1].

    Attributes:
        skin_rgb: of the cheek, from the two shares that follow (skin_pigment.py).
        melanin: share of melanosomes in the epidermis.
        haemoglobin: share of blood in the dermis.
        population: one of anthropometry.POPULATIONS, a broad direction of shape and tone.
        weight: in standard deviations, lean below 0.
        age_years: of face and skin: wrinkles, pores, spots.
        skin_darkness: 0 the lightest tone, 1 the darkest.
        grey: share of the hairs without pigment.
        beard: one of hair_styles.BEARDS.
        stubble: 0 none, 1 the shade of a beard of two days.
        noise_seed: of skin, hair and asymmetry.
    """

    head_id: str
    sex: str
    age_group: str
    population: str
    weight: float
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


# Shares of the range of skin tones in which most people of a population lie.
_TONES = {
    "european": (0.0, 0.34),
    "east asian": (0.10, 0.42),
    "middle eastern": (0.18, 0.52),
    "latin american": (0.22, 0.62),
    "south asian": (0.38, 0.80),
    "african": (0.64, 1.0),
}


def sample_parameters(
    seed: int,
    head_id: str,
    sex: str,
    variety: float,
    hair_style: str | None = None,
    population: str | None = None,
    age_group: str | None = None,
    attempt: int = 0,
) -> HeadParameters:
    """Draw one person; a pure function of its arguments.

    Args:
        seed: of the set of heads.
        head_id: folder name; other ids give other people.
        sex: one of SEXES.
        variety: in [0, 1), places the skin tone within its population's range; evenly spread values keep a small set
            plainly different.
        hair_style: one of HAIR_STYLES[sex]; None draws one.
        population: one of anthropometry.POPULATIONS; None draws one.
        age_group: one of people.AGE_GROUPS; None draws one.
        attempt: other numbers give other faces.

    Raises:
        ValueError: unknown sex, hair style, population or age group.
    """
    if sex not in SEXES:
        raise ValueError(f"sex is {sex!r}; one of {', '.join(SEXES)} is expected")
    if hair_style is not None and hair_style not in HAIR_STYLES[sex]:
        raise ValueError(f"hair_style is {hair_style!r}; for {sex} one of {', '.join(HAIR_STYLES[sex])} is expected")
    rng = generator(seed, head_id, "shape" if attempt == 0 else f"shape {attempt}")
    drawn = POPULATIONS[int(rng.integers(len(POPULATIONS)))]
    drawn_age = list(AGE_GROUPS)[int(rng.integers(len(AGE_GROUPS)))]
    population, age_group = population or drawn, age_group or drawn_age
    if population not in POPULATIONS:
        raise ValueError(f"population is {population!r}; one of {', '.join(POPULATIONS)} is expected")
    if age_group not in AGE_GROUPS:
        raise ValueError(f"age_group is {age_group!r}; one of {', '.join(AGE_GROUPS)} is expected")
    age_years = float(rng.uniform(*AGE_GROUPS[age_group]))
    body = sample_body(rng, sex, population, age_years)
    shape = sample_shape(rng, body)
    man = sex == "male"
    colour = generator(seed, head_id, "colour")
    low, high = _TONES[population]
    darkness = float(np.clip(low + (high - low) * variety + colour.uniform(-0.04, 0.04), 0.0, 1.0))
    surface = generator(seed, head_id, "surface")
    melanin = float(_LIGHTEST_MELANIN ** (1 - darkness) * _DARKEST_MELANIN**darkness)
    haemoglobin = float(0.018 * 1.6 ** surface.uniform(-1, 1))
    skin = skin_srgb(np.log([melanin]), np.log([haemoglobin]))[0]
    light_eyes, some_light = np.array([0.3, 0.2, 0.2, 0.3]), np.array([0.82, 0.12, 0.04, 0.02])
    iris_weights = (
        light_eyes if population == "european" else some_light if darkness < 0.5 else np.array([1.0, 0, 0, 0])
    )
    styles = HAIR_STYLES[sex]
    drawn_style = styles[int(colour.integers(len(styles)))]
    hair = generator(seed, head_id, "hair")
    hair_colour = draw_hair_colour(hair, darkness if population == "european" else 1.0)
    if hair_colour == "grey" and age_years < 50:
        hair_colour = "dark brown"
    beard = draw_beard(hair, sex)
    return HeadParameters(
        head_id=head_id,
        sex=sex,
        age_group=age_group,
        population=population,
        weight=body.weight,
        shape=shape,
        age_years=age_years,
        skin_rgb=(float(skin[0]), float(skin[1]), float(skin[2])),
        melanin=melanin,
        haemoglobin=haemoglobin,
        skin_darkness=darkness,
        hair_colour=hair_colour,
        hair_style=hair_style or drawn_style,
        grey=draw_grey(hair, hair_colour, age_years),
        beard=beard,
        iris_colour=list(IRIS_COLOURS)[int(colour.choice(4, p=iris_weights))],
        clothes_rgb=_CLOTHES[int(colour.integers(len(_CLOTHES)))],
        stubble=float(colour.uniform(0.15, 0.9)) if man else 0.0,
        brow_thickness=float(colour.uniform(0.9, 1.2) if man else colour.uniform(0.65, 0.9)),
        freckles=float(colour.uniform(0, 0.6)) if darkness < 0.3 else 0.0,
        noise_seed=int(colour.integers(2**31)),
    )
