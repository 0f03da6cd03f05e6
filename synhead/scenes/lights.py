"""Lights of a sequence: an ambient level, a key light, and often a fill and a rim light, each with its own colour."""

import numpy as np
from jaxtyping import Float

from synhead.core.scene import DirectionalLight, Lighting


def rgb_from_temperature(kelvin: float) -> Float[np.ndarray, "3"]:
    """Linear RGB of a black body relative to 6500 K, with luminance 1.

    Planck's law at 612, 549 and 465 nm, the dominant wavelengths of the sRGB primaries; 6500 K is white by
    construction. Good enough to tint a lamp (the warm and cool sides are right), not a colorimetric conversion.
    """
    wavelength_m = np.array([612e-9, 549e-9, 465e-9])

    def planck(temperature: float) -> np.ndarray:
        return 1.0 / np.expm1(0.0143877688 / (wavelength_m * temperature))

    ratio = planck(kelvin) / planck(6500.0)
    return ratio / float(ratio @ np.array([0.2126, 0.7152, 0.0722]))


def direction_towards(azimuth_deg: float, elevation_deg: float) -> tuple[float, float, float]:
    """Unit vector towards a light, camera frame; azimuth 0 is the camera, + image right; elevation + is up."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return (float(np.sin(a) * np.cos(e)), float(-np.sin(e)), float(-np.cos(a) * np.cos(e)))


def choose_lighting(rng: np.random.Generator) -> Lighting:
    """Portrait light: a key from one side and above, a weaker fill from the other, a rim light in half of the cases.

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
    return Lighting(ambient_rgb=_triple(ambient), directional=tuple(lights))


def _light(azimuth_deg: float, elevation_deg: float, intensity: np.ndarray) -> DirectionalLight:
    return DirectionalLight(
        direction_cam=direction_towards(azimuth_deg, elevation_deg), intensity_rgb=_triple(intensity)
    )


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))
