"""Shape details of a person: the local targets as pairs of opposites, drawn together and kept within bounds."""

import re
from functools import cache

import numpy as np

from synhead.heads.importers.makehuman_library import MakeHumanLibrary

_GROUPS = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "cheek", "chin", "ears", "neck")
_OPPOSITES = {
    **{"incr": "decr", "up": "down", "out": "in", "forward": "backward", "concave": "convex"},
    "uncompress": "compress",
}
_FORMS = re.compile(r"head/head-(oval|round|square|rectangular|triangular|invertedtriangular|diamond)")
_LEFT_OUT = re.compile(r"head/head-trans|neck/neck-(trans|scale-vert)|-eye-trans-(up|down)|head/head-age|ear-shape")
_TYPICAL_MM, _LARGEST_WEIGHT, _LIMIT_SIGMA = 1.5, 0.28, 2.0
_MOST_MM = 8.0
"""What all local targets together may move a point of the face, as a sum of lengths."""

# Targets that change the whole head are long paths without being odd: they may reach further.
_WIDE = ((re.compile(r"head/head-(scale|back)|neck/"), 3.0), (re.compile(r"ears/|head/head-fat"), 1.8))
# What tends to come together: the pattern, the common cause, the share of the variance, the sign.
_TOGETHER = (
    (
        re.compile(r"head/head-fat|cheek/.-cheek-volume|neck/neck-double|neck/neck-scale-(horiz|depth)"),
        "weight",
        0.6,
        1,
    ),
    (re.compile(r"chin/chin-(width|bones)|head/head-scale-horiz"), "breadth", 0.4, 1),
    (re.compile(r"nose/nose-(scale-|volume|width|nostrils-width|point-width)"), "nose", 0.4, 1),
    (re.compile(r"mouth/mouth-(upperlip|lowerlip)-(height|volume)"), "lips", 0.6, 1),
    (re.compile(r"ears/.-ear-(scale|lobe)"), "ears", 0.5, 1),
)


def sample_details(
    library: MakeHumanLibrary, rng: np.random.Generator, *, old_share: float, descent: dict[str, float]
) -> dict[str, float]:
    """Weights of the local targets: normal, correlated by common causes, both sides nearly alike, clamped.

    A slider's spread is such that its point of largest change moves by 1.5 mm in the mean, and never by a weight over
    0.56; the sum of all changes is scaled down where it would move a point of the face by more than 8 mm.
    """
    causes = {name: rng.normal() for name in ("weight", "breadth", "nose", "lips", "ears")}
    weights: dict[str, float] = {}
    for slider, (plus, minus) in _sliders(library.layout.targets).items():
        own = rng.normal()
        aside = rng.normal(size=2) * 0.12
        for pattern, cause, share, sign in _TOGETHER:
            if pattern.match(slider):
                own = np.sqrt(share) * sign * causes[cause] + np.sqrt(1 - share) * own
        value = float(np.clip(own, -_LIMIT_SIGMA, _LIMIT_SIGMA))
        for side, (more, less) in enumerate(zip(plus, minus, strict=True)):
            name = more if value > 0 else less
            if name:
                sigma = _sigma(library, name)
                weight = abs(value) * sigma * (1 + (aside[side] if len(plus) > 1 else 0.0))
                weights[name] = min(weight, _LIMIT_SIGMA * _LARGEST_WEIGHT)
    forms = [name for name in _names(library.layout.targets) if _FORMS.match(name)]
    for name in rng.choice(forms, size=2, replace=False):
        weights[str(name)] = float(rng.uniform(0.0, 0.3))
    weights = {name: weight for name, weight in weights.items() if abs(weight) > 0.004}
    scale = min(1.0, _MOST_MM / _reach_mm(library, weights))
    weights = {name: round(float(weight * scale), 4) for name, weight in weights.items()}
    if old_share > 0:
        weights["head/head-age-incr"] = round(0.35 * old_share, 4)
    return weights


@cache
def _names(targets) -> tuple[str, ...]:
    found = [f"{group}/{path.stem}" for group in _GROUPS for path in sorted((targets / group).glob("*.target"))]
    return tuple(found)


@cache
def _sliders(targets) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each slider the targets of its two directions, one a side; "" where a direction has no target."""
    names = set(_names(targets))
    sliders: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for name in sorted(names):
        stem, _, direction = name.rpartition("-")
        opposite = _OPPOSITES.get(direction)
        group, _, local = stem.partition("/")
        if opposite is None or _LEFT_OUT.search(name) or local.startswith("r-"):
            continue
        stems = [stem]
        if local.startswith("l-"):
            stems.append(f"{group}/r-{local[2:]}")
        plus = tuple(f"{s}-{direction}" for s in stems if f"{s}-{direction}" in names)
        minus = tuple(f"{s}-{opposite}" for s in stems if f"{s}-{opposite}" in names)
        if len(plus) == len(minus) == len(stems):
            sliders[stem] = plus, minus
    return sliders


def _sigma(library: MakeHumanLibrary, name: str) -> float:
    target = library.target(name)
    longest_mm = float(np.linalg.norm(target.delta, axis=1).max(initial=1e-6)) * 100
    wide = max([factor for pattern, factor in _WIDE if pattern.match(name)], default=1.0)
    return min(_LARGEST_WEIGHT, wide * _TYPICAL_MM / longest_mm)


def _reach_mm(library: MakeHumanLibrary, weights: dict[str, float]) -> float:
    """The longest way of a point of the face if all local changes pulled the same way."""
    total = np.zeros(len(library.body.mesh.vertices))
    for name, weight in weights.items():
        if any(factor > 2 and pattern.match(name) for pattern, factor in _WIDE) or name.startswith("ears/"):
            continue
        target = library.target(name)
        np.add.at(total, target.vertex_index, abs(weight) * np.linalg.norm(target.delta, axis=1) * 100)
    return float(max(total[library.body.face].max(), 1e-6))
