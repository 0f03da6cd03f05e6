"""Blend shapes of MakeHuman heads: the expression units of the targets under the ARKit names that mean the same.

A unit exists once for each descent; a mixed person gets the mixture. Units of the whole mouth are cut into halves by a
smooth weight in x. What has no counterpart is left out, and head.json lists what there is.
"""

import numpy as np
from jaxtyping import Float

from synhead.core.expressions import ARKIT_52
from synhead.heads.importers.makehuman_library import ETHNICITIES, MakeHumanLibrary

_HALF_WIDTH_DM = 0.12

# Name of the shape: units (or targets, with a "/") and their weights.
_WHOLE: dict[str, dict[str, float]] = {
    "jawOpen": {"mouth-open": 0.75},
    "jawForward": {"chin/chin-prognathism-incr": 0.7},
    "mouthPucker": {"mouth-pursing": 0.8},
    "mouthFunnel": {"mouth-protusion": 0.5, "mouth-eversion": 0.4},
    "browInnerUp": {"eyebrows-left-inner-up": 1.0, "eyebrows-right-inner-up": 1.0},
    "cheekPuff": {"cheek/l-cheek-volume-incr": 0.9, "cheek/r-cheek-volume-incr": 0.9},
}
_SIDED: dict[str, dict[str, float]] = {
    "eyeBlink": {"eye-{side}-closure": 1.0},
    "eyeSquint": {"eye-{side}-slit": 0.4},
    "eyeWide": {"eye-{side}-opened-up": 0.8},
    "eyeLookDown": {"eye-{side}-closure": 0.25},
    "eyeLookUp": {"eye-{side}-opened-up": 0.5},
    "browDown": {"eyebrows-{side}-down": 1.0},
    "browOuterUp": {"eyebrows-{side}-extern-up": 0.8},
    "cheekSquint": {"cheek/{s}-cheek-trans-up": 0.5, "eye-{side}-slit": 0.2},
    "noseSneer": {"nose-{side}-elevation": 1.0},
}
_HALVED: dict[str, dict[str, float]] = {
    "mouthSmile": {"mouth-corner-puller": 0.8},
    "mouthFrown": {"mouth-depression": 0.9},
    "mouthStretch": {"mouth-retraction": 0.8},
    "mouthDimple": {"mouth-retraction": 0.4},
    "mouthPress": {"mouth-compression": 0.7},
    "mouthUpperUp": {"mouth-elevation": 0.7},
    "mouthLowerDown": {"mouth-depression-retraction": 0.7},
}


def expression_deltas(library: MakeHumanLibrary, descent: dict[str, float]) -> dict[str, Float[np.ndarray, "n 3"]]:
    """For each shape what it adds to the base mesh at coefficient 1, decimetres, in the order of ARKIT_52.

    A shape whose targets are not in the data is left out.
    """
    x = library.body.mesh.vertices[:, 0]
    ramp = np.clip((x + _HALF_WIDTH_DM) / (2 * _HALF_WIDTH_DM), 0.0, 1.0)
    left = (ramp * ramp * (3 - 2 * ramp))[:, None]
    found: dict[str, np.ndarray] = {}
    for name, recipe in _WHOLE.items():
        found[name] = _mix(library, recipe, descent)
    for name, recipe in _SIDED.items():
        for side in ("left", "right"):
            own = {key.format(side=side, s=side[0]): weight for key, weight in recipe.items()}
            found[name + side.capitalize()] = _mix(library, own, descent)
    for name, recipe in _HALVED.items():
        both = _mix(library, recipe, descent)
        found[f"{name}Left"], found[f"{name}Right"] = both * left, both * (1 - left)
    return {name: found[name] for name in ARKIT_52 if name in found and np.abs(found[name]).max() > 0}


def _mix(library: MakeHumanLibrary, recipe: dict[str, float], descent: dict[str, float]) -> np.ndarray:
    """Weighted sum of units and targets; zero where one of them is missing."""
    weights: dict[str, float] = {}
    for key, weight in recipe.items():
        if "/" in key:
            weights[key] = weight
            continue
        for name in ETHNICITIES:
            if descent.get(name, 0.0) > 0:
                weights[f"expression/units/{name}/{key}"] = weight * descent[name]
    if not all(library.has_target(name) for name in weights):
        return np.zeros_like(library.body.mesh.vertices)
    return library.delta(weights)
