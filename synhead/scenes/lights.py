"""Lights of a sequence: those of its background's place, or the plain ones of the paper look."""

import numpy as np
from jaxtyping import Float

from synhead.core.scene import DirectionalLight, Lighting
from synhead.scenes.environment_light import EnvironmentLight, expose, triple
from synhead.scenes.light_rigs import RIG_LEVELS, RIGS, RigCues, direction_towards, rgb_from_temperature
from synhead.scenes.surroundings import Surroundings

FACE_LEVEL = 0.8
"""What a white face would return in the middle of the draw: a light skin (luminance 0.4) then is a mid-tone."""
_LEVEL_SPREAD = 0.16
_LEVEL_RANGE = (0.5, 1.25)


def choose_lighting(
    rng: np.random.Generator,
    *,
    surroundings: Surroundings | None = None,
    panorama_light: EnvironmentLight | None = None,
) -> Lighting:
    """Natural light: the panorama's own where the background is one, else a rig that fits the background.

    Args:
        surroundings: what the background shows; None: any rig.
        panorama_light: in camera axes, turned as the background is.
    """
    level = FACE_LEVEL * float(np.exp(rng.normal(0.0, _LEVEL_SPREAD)))
    if panorama_light is not None:
        return expose(panorama_light, float(np.clip(level, *_LEVEL_RANGE)))
    fitting = surroundings.rigs if surroundings else tuple(RIGS)
    name = fitting[int(rng.integers(len(fitting)))]
    light = RIGS[name](rng, _cues(rng, surroundings))
    level *= RIG_LEVELS.get(name, 1.0)
    if surroundings:
        # A camera that meters the whole picture leaves a face darker in a dark place.
        level *= float(np.clip((surroundings.luminance / 0.18) ** 0.15, 0.75, 1.1))
    return expose(light, float(np.clip(level, *_LEVEL_RANGE)))


def _cues(rng: np.random.Generator, surroundings: Surroundings | None) -> RigCues:
    draw = rng.uniform()
    if surroundings is None:
        return RigCues(side=1.0 if draw < 0.5 else -1.0, tint_rgb=(1.0, 1.0, 1.0))
    from_right = 0.5 + float(np.clip(1.5 * surroundings.side_contrast, -0.48, 0.48))
    # Walls colour the light that they return, less than they are coloured themselves.
    tint = np.clip(np.array(surroundings.tint_rgb), 0.4, 2.0) ** 0.4
    return RigCues(side=1.0 if draw < from_right else -1.0, tint_rgb=triple(tint))


def choose_plain_lighting(rng: np.random.Generator) -> Lighting:
    """The paper look: a key from one side and above, a weaker fill from the other, a rim light in half of the cases.

    The sums keep a mid-tone face between about 0.5 and 1.1 of its albedo, so that no face is lost in the dark.
    """
    # Cameras balance white to the scene, so only part of a lamp's colour is left in the picture.
    warmth = rng.uniform(4300.0, 8200.0)
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    key_strength = rng.uniform(0.48, 0.85)
    lights = [
        _light(side * rng.uniform(12, 62), rng.uniform(12, 52), key_strength * rgb_from_temperature(warmth)),
        _light(
            -side * rng.uniform(25, 80),
            rng.uniform(-8, 30),
            rng.uniform(0.12, 0.30) * rgb_from_temperature(rng.uniform(4800.0, 8800.0)),
        ),
    ]
    if rng.uniform() < 0.5:
        # Weak, because nothing casts a shadow: a strong one would shine through the lips.
        lights.append(
            _light(
                -side * rng.uniform(110, 160),
                rng.uniform(15, 50),
                rng.uniform(0.08, 0.25) * rgb_from_temperature(rng.uniform(4300.0, 9000.0)),
            )
        )
    ambient = rng.uniform(0.24, 0.40) * rgb_from_temperature(rng.uniform(5400.0, 7800.0))
    return Lighting(ambient_rgb=triple(ambient), directional=tuple(lights))


def _light(azimuth_deg: float, elevation_deg: float, intensity: Float[np.ndarray, "3"]) -> DirectionalLight:
    return DirectionalLight(
        direction_cam=direction_towards(azimuth_deg, elevation_deg), intensity_rgb=triple(intensity)
    )
