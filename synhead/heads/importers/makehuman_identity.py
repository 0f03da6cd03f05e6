"""Who a composed MakeHuman head is: sex, age, descent, shape details within plausible limits, skin, hair and eyes.

All is drawn from (seed, number of the head); a longer set begins with the heads of a shorter one.
"""

from dataclasses import dataclass

import numpy as np

from synhead.core.seeding import generator
from synhead.heads.importers.makehuman_library import ETHNICITIES, MakeHumanLibrary
from synhead.heads.importers.makehuman_sliders import sample_details

_GOLDEN = 0.6180339887498949
_AGE_GROUPS = ((35.0, "young"), (58.0, "middleage"), (200.0, "old"))
_YOUNG_YEARS, _OLD_YEARS, _MAX_OLD = 25.0, 90.0, 0.72
"""The targets are of 25 and about 90 years; beyond 0.72 of the old one cheeks sink until the mouth's inside shows."""

HAIR_COLOURS = {
    "black": (0.075, 0.065, 0.062),
    "dark brown": (0.15, 0.105, 0.08),
    "brown": (0.27, 0.18, 0.12),
    "auburn": (0.33, 0.155, 0.085),
    "blond": (0.62, 0.48, 0.30),
    "grey": (0.47, 0.46, 0.45),
    "white": (0.74, 0.73, 0.70),
}
_HAIR_CHANCE = {
    "african": (0.75, 0.22, 0.03, 0.0, 0.0),
    "asian": (0.70, 0.27, 0.03, 0.0, 0.0),
    "caucasian": (0.12, 0.27, 0.30, 0.10, 0.21),
}
_EYE_CHANCE = {
    "african": {"brown": 0.92, "brownlight": 0.08},
    "asian": {"brown": 0.88, "brownlight": 0.12},
    "caucasian": {
        **{"brown": 0.22, "brownlight": 0.16, "blue": 0.16, "deepblue": 0.06, "lightblue": 0.10},
        **{"green": 0.08, "bluegreen": 0.06, "grey": 0.12, "ice": 0.04},
    },
}
_STYLES = {
    "female": {"long01": 0.4, "ponytail01": 0.35, "short01": 0.05, "short02": 0.05, "afro01": 0.08, "short04": 0.07},
    "male": {"short01": 0.2, "short02": 0.24, "short04": 0.26, "afro01": 0.08, "": 0.14},
}
_CLOTHES = ("0.72 0.72 0.70", "0.16 0.17 0.20", "0.24 0.32 0.45", "0.45 0.22 0.22", "0.30 0.38 0.30", "0.55 0.50 0.42")


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """One person.

    Attributes:
        sex: "female" or "male", the larger share; `female_share` may lie between.
        years: apparent age; `old_share` is the weight of the old targets.
        descent: shares of the names of ETHNICITIES, sum 1. They are names of shape targets and describe no one.
        details: weights of the local targets.
        hair: style, "" for the stubble that is painted on the skin.
        skin_gain: factor on the three colours of the skin.
    """

    head_id: str
    sex: str
    female_share: float
    years: float
    old_share: float
    descent: dict[str, float]
    details: dict[str, float]
    hair: str
    hair_colour: str
    eyebrows: str
    eyelashes: str
    eye_colour: str
    skin_gain: tuple[float, float, float]
    clothes_rgb: tuple[float, float, float]

    @property
    def age_group(self) -> str:
        """ "young", "middleage" or "old"."""
        return next(name for limit, name in _AGE_GROUPS if self.years < limit)

    def macro(self) -> dict[str, float]:
        """Weights of the macro targets, which give sex, age and descent."""
        weights: dict[str, float] = {}
        for sex, sex_share in (("female", self.female_share), ("male", 1 - self.female_share)):
            for age, age_share in (("young", 1 - self.old_share), ("old", self.old_share)):
                share = sex_share * age_share
                if share == 0:
                    continue
                weights[f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight"] = share
                for name, of_descent in self.descent.items():
                    weights[f"macrodetails/{name}-{sex}-{age}"] = share * of_descent
        return weights


def sample_identity(library: MakeHumanLibrary, seed: int, index: int) -> Identity:
    """The person with this number (from 0): women and men in turn, ages and descents spread evenly."""
    rng = generator(seed, "makehuman", str(index))
    start = generator(seed, "makehuman", "variety").uniform(size=2)
    sex = ("female", "male")[index % 2]
    blur = float(rng.choice([0.0, 0.0, rng.uniform(0.0, 0.15)]))
    years = 18 + 60 * float((start[0] + index * _GOLDEN) % 1.0) ** 1.15
    old_share = float(np.clip((years - _YOUNG_YEARS) / (_OLD_YEARS - _YOUNG_YEARS), 0, _MAX_OLD))
    descent = _descent(rng, int(start[1] * 3) + index // 2)
    main = str(rng.choice(list(descent), p=list(descent.values())))
    layout = library.layout
    hair = _hair(rng, sex, old_share, main, layout.hair)
    brows = [proxy.name for proxy in layout.eyebrows if sex == "female" or proxy.name not in _THIN_BROWS]
    eyes = {name: chance for name, chance in _EYE_CHANCE[main].items() if name in layout.eye_textures}
    tone = rng.normal(0.0, 0.05)
    return Identity(
        head_id=f"mh{index + 1:04d}",
        sex=sex,
        female_share=1 - blur if sex == "female" else blur,
        years=round(years, 1),
        old_share=old_share,
        descent=descent,
        details=sample_details(library, rng, old_share=old_share, descent=descent),
        hair=hair,
        hair_colour=_hair_colour(rng, main, years),
        eyebrows=str(rng.choice(brows)),
        eyelashes=str(rng.choice([proxy.name for proxy in layout.eyelashes][: 1 if sex == "male" else 3])),
        eye_colour=str(rng.choice(list(eyes), p=np.array(list(eyes.values())) / sum(eyes.values()))),
        skin_gain=_three(np.exp(tone + rng.normal(0.0, 0.015, size=3))),
        clothes_rgb=_three(np.array([float(x) for x in str(rng.choice(_CLOTHES)).split()]) * rng.uniform(0.85, 1.1)),
    )


_THIN_BROWS = ("eyebrow006", "eyebrow007")


def _three(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _descent(rng: np.random.Generator, turn: int) -> dict[str, float]:
    """Shares: a little over half of one kind, the rest between two, seldom three."""
    order = [ETHNICITIES[turn % 3], *rng.permutation([name for name in ETHNICITIES if name != ETHNICITIES[turn % 3]])]
    kind = rng.uniform()
    if kind < 0.55:
        first = rng.uniform(0.85, 1.0)
        shares = [first, 1 - first, 0.0]
    elif kind < 0.92:
        first = rng.uniform(0.5, 0.8)
        shares = [first, 1 - first, 0.0]
    else:
        shares = sorted(rng.dirichlet([3.0, 3.0, 3.0]), reverse=True)
    return {str(name): float(share) for name, share in zip(order, shares, strict=True) if share > 0}


def _hair(rng: np.random.Generator, sex: str, old_share: float, main: str, known: dict) -> str:
    chances = {name: chance for name, chance in _STYLES[sex].items() if name in known or not name}
    if main == "african":
        chances["afro01"] = chances.get("afro01", 0.0) * 4 if "afro01" in known else 0.0
    else:
        chances["afro01"] = 0.0
    if "" in chances:
        chances[""] += 0.5 * old_share
    total = sum(chances.values())
    # Only foreign assets lead here without any style: the painted stubble is always there.
    return str(rng.choice(list(chances), p=np.array(list(chances.values())) / total)) if total > 0 else ""


def _hair_colour(rng: np.random.Generator, main: str, years: float) -> str:
    grey = float(np.clip((years - 42) / 45, 0, 0.8))
    if rng.uniform() < grey:
        return "white" if rng.uniform() < grey - 0.2 else "grey"
    names = list(HAIR_COLOURS)[:5]
    return str(rng.choice(names, p=_HAIR_CHANCE[main]))
