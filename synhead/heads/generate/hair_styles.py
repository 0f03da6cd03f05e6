"""Which hair and beards there are, in which colours, and how often: tables, and the draws from them."""

import numpy as np

HAIR_STYLES = {
    "female": ("long", "wavy", "bob", "bun", "ponytail", "fringe", "pixie", "afro", "cornrows"),
    "male": ("crop", "fade", "side part", "curly", "receding", "buzz", "rim", "medium"),
}

BEARDS = ("none", "stubble", "boxed", "full", "moustache", "goatee")
"""Stubble is painted on the skin; the others are geometry."""
_BEARD_WEIGHTS = (0.40, 0.16, 0.16, 0.10, 0.08, 0.10)

HAIR_COLOURS = {
    "black": (0.085, 0.070, 0.065),
    "dark brown": (0.17, 0.115, 0.085),
    "brown": (0.29, 0.19, 0.125),
    "blond": (0.56, 0.45, 0.31),
    "red": (0.40, 0.185, 0.085),
    "grey": (0.40, 0.39, 0.375),
}
GREY_RGB = (0.60, 0.59, 0.575)
"""What hair without pigment looks like beside the colours above."""


def draw_hair_colour(rng: np.random.Generator, skin_darkness: float) -> str:
    """Fair and red hair go with light skin, or the pair looks made up."""
    light = (0.12, 0.30, 0.28, 0.15, 0.06, 0.09)
    dark = (0.75, 0.20, 0.0, 0.0, 0.0, 0.05)
    return list(HAIR_COLOURS)[int(rng.choice(len(HAIR_COLOURS), p=light if skin_darkness < 0.4 else dark))]


def draw_beard(rng: np.random.Generator, sex: str) -> str:
    """One of BEARDS; "none" for women."""
    return BEARDS[int(rng.choice(len(BEARDS), p=_BEARD_WEIGHTS))] if sex == "male" else "none"


def draw_grey(rng: np.random.Generator, hair_colour: str, age_years: float | None = None) -> float:
    """Share of hairs without pigment, 0 to 1.

    Rises evenly from the age of 37 with a wide spread between people, so that three quarters of those from 45 to 65
    have some grey, a quarter of their hairs on average (Panhard, Lozano and Loussouarn 2012); hardly anybody below 35.
    """
    if hair_colour == "grey":
        return float(rng.uniform(0.75, 1.0))
    if age_years is None:
        return 0.0
    share = np.clip((age_years - 37.0 + rng.normal(0.0, 16.0)) / 64.0, 0.0, 1.0)
    return float(share * np.clip((age_years - 30.0) / 14.0, 0.0, 1.0))
