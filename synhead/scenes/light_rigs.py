"""Surroundings without a panorama: a room with a window, an overcast sky, the sun, a lamp in the evening.

Each rig is an analytic surrounding in camera axes, drawn from a generator: even light, gradients and soft sources that
become harmonics, and zero to two key lights that cast shadows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.harmonics import sphere_directions
from synhead.scenes.environment_light import EnvironmentLight, project_environment

_DIRECTIONS = sphere_directions(1200)
_SOLID_ANGLE = np.full(len(_DIRECTIONS), 4 * np.pi / len(_DIRECTIONS))


@dataclass(frozen=True, kw_only=True, slots=True)
class RigCues:
    """What the picture behind the head says about the light.

    Attributes:
        side: +1: light comes from the right of the picture; -1: from the left.
        tint_rgb: colour of the surroundings, luminance 1.
    """

    side: float
    tint_rgb: tuple[float, float, float]


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


class _Surrounding:
    """Collects what a rig is made of."""

    def __init__(self, cues: RigCues) -> None:
        self._tint = np.array(cues.tint_rgb)
        self._radiance = np.zeros((len(_DIRECTIONS), 3))
        self._keys: list[tuple[tuple[float, float, float], np.ndarray]] = []

    def even(self, level: float, rgb: Float[np.ndarray, "3"]) -> None:
        """The same from everywhere, in the colour of the surroundings."""
        self._radiance += level * rgb * self._tint

    def gradient(self, top: np.ndarray, bottom: np.ndarray) -> None:
        """From straight below to straight above."""
        up = (1 - _DIRECTIONS[:, 1:2]) / 2
        self._radiance += top * up + bottom * (1 - up)

    def hemisphere(self, sky: np.ndarray, ground: np.ndarray, zenith_gain: float) -> None:
        """A sky, `zenith_gain` times as bright above as at the horizon, and the ground."""
        up = -_DIRECTIONS[:, 1:2]
        level = np.where(up > 0, 1 + (zenith_gain - 1) * np.maximum(up, 0), 0)
        self._radiance += level * sky + (up <= 0) * ground

    def soft(self, direction: tuple[float, float, float], width_deg: float, rgb: np.ndarray) -> None:
        """A large source; a white surface that faces it returns about `rgb` of it."""
        sharpness = 1.0 / (1 - np.cos(np.radians(width_deg)))
        shape = np.exp(sharpness * (_DIRECTIONS @ np.array(direction) - 1))
        facing = (shape * np.maximum(_DIRECTIONS @ np.array(direction), 0) * _SOLID_ANGLE).sum() / np.pi
        self._radiance += shape[:, None] * rgb / facing

    def key(self, direction: tuple[float, float, float], rgb: np.ndarray) -> None:
        """A small source that casts a shadow."""
        self._keys.append((direction, rgb))

    def light(self) -> EnvironmentLight:
        """All of it."""
        return EnvironmentLight(
            irradiance_sh=project_environment(_DIRECTIONS, self._radiance, _SOLID_ANGLE),
            key_directions=np.array([d for d, _ in self._keys]).reshape(-1, 3),
            key_rgb=np.array([rgb for _, rgb in self._keys]).reshape(-1, 3),
        )


def _window(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    room = _Surrounding(cues)
    daylight, lamp = rgb_from_temperature(rng.uniform(5600, 7500)), rgb_from_temperature(rng.uniform(4300, 5800))
    room.even(rng.uniform(0.16, 0.32), lamp)
    room.gradient(0.10 * lamp, 0.04 * lamp)
    towards = direction_towards(cues.side * rng.uniform(25, 85), rng.uniform(5, 35))
    strength = rng.uniform(0.7, 1.1)
    room.soft(towards, rng.uniform(22, 38), 0.55 * strength * daylight)
    room.key(towards, 0.45 * strength * daylight)
    return room.light()


def _overcast(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    outdoors = _Surrounding(cues)
    sky = rgb_from_temperature(rng.uniform(6000, 7600))
    # CIE overcast sky: three times as bright above as at the horizon.
    outdoors.hemisphere(0.5 * sky, rng.uniform(0.2, 0.35) * np.array([1.03, 1.0, 0.94]) * cues.tint_rgb, 3.0)
    outdoors.soft(direction_towards(cues.side * rng.uniform(10, 70), rng.uniform(35, 60)), 40.0, 0.25 * sky)
    outdoors.key(direction_towards(cues.side * rng.uniform(0, 50), rng.uniform(45, 70)), 0.12 * sky)
    return outdoors.light()


def _sun(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    outdoors = _Surrounding(cues)
    sky, sun = rgb_from_temperature(rng.uniform(7500, 10500)), rgb_from_temperature(rng.uniform(4900, 5900))
    strength = rng.uniform(0.8, 1.5)
    ground = rng.uniform(0.25, 0.45) * np.array([1.06, 1.0, 0.88]) * cues.tint_rgb
    outdoors.hemisphere(rng.uniform(0.28, 0.42) * sky, ground, 0.8)
    azimuth = cues.side * (rng.uniform(15, 75) if rng.uniform() < 0.8 else rng.uniform(110, 150))
    towards = direction_towards(azimuth, rng.uniform(20, 55))
    outdoors.soft(towards, 20.0, 0.12 * strength * sun)
    outdoors.key(towards, strength * sun)
    return outdoors.light()


def _shade(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    outdoors = _Surrounding(cues)
    sky = rgb_from_temperature(rng.uniform(6800, 8500))
    outdoors.even(rng.uniform(0.15, 0.25), np.ones(3))
    outdoors.gradient(0.35 * sky, 0.2 * np.array([1.05, 1.0, 0.9]))
    towards = direction_towards(cues.side * rng.uniform(20, 80), rng.uniform(25, 50))
    outdoors.soft(towards, rng.uniform(30, 45), rng.uniform(0.5, 0.8) * sky)
    outdoors.key(towards, 0.2 * sky)
    return outdoors.light()


def _evening(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    room = _Surrounding(cues)
    lamp, other = rgb_from_temperature(rng.uniform(3700, 4700)), rgb_from_temperature(rng.uniform(5200, 8000))
    room.even(rng.uniform(0.12, 0.22), lamp)
    towards = direction_towards(cues.side * rng.uniform(20, 70), rng.uniform(5, 35))
    strength = rng.uniform(0.7, 1.0)
    room.soft(towards, 20.0, 0.35 * strength * lamp)
    room.key(towards, 0.65 * strength * lamp)
    room.soft(direction_towards(-cues.side * rng.uniform(40, 100), rng.uniform(-10, 25)), 28.0, 0.22 * other)
    return room.light()


def _office(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    room = _Surrounding(cues)
    panel = rgb_from_temperature(rng.uniform(4800, 6300)) * np.array([0.99, 1.01, 0.99])
    room.even(rng.uniform(0.22, 0.34), panel)
    room.gradient(0.25 * panel, rng.uniform(0.1, 0.22) * panel)
    for azimuth in (cues.side * rng.uniform(10, 50), -cues.side * rng.uniform(40, 130)):
        room.soft(direction_towards(azimuth, rng.uniform(50, 72)), 24.0, rng.uniform(0.25, 0.4) * panel)
    towards = direction_towards(cues.side * rng.uniform(5, 50), rng.uniform(45, 65))
    room.key(towards, rng.uniform(0.35, 0.55) * panel)
    return room.light()


def _studio(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    room = _Surrounding(cues)
    flash = rgb_from_temperature(rng.uniform(5600, 6800))
    room.even(rng.uniform(0.10, 0.22), flash)
    towards = direction_towards(cues.side * rng.uniform(22, 55), rng.uniform(20, 45))
    room.soft(towards, 24.0, 0.4 * flash)
    room.key(towards, rng.uniform(0.45, 0.65) * flash)
    room.soft(
        direction_towards(-cues.side * rng.uniform(30, 70), rng.uniform(0, 20)), 30.0, rng.uniform(0.15, 0.4) * flash
    )
    if rng.uniform() < 0.6:
        behind = direction_towards(-cues.side * rng.uniform(125, 155), rng.uniform(20, 45))
        room.key(behind, rng.uniform(0.3, 0.7) * flash)
    return room.light()


def _night(rng: np.random.Generator, cues: RigCues) -> EnvironmentLight:
    street = _Surrounding(cues)
    lamp, sign = rgb_from_temperature(rng.uniform(3900, 5200)), rgb_from_temperature(rng.uniform(4500, 9000))
    street.even(rng.uniform(0.10, 0.18), np.array([0.92, 0.98, 1.12]))
    towards = direction_towards(cues.side * rng.uniform(15, 70), rng.uniform(25, 55))
    street.soft(towards, 20.0, 0.25 * lamp)
    street.key(towards, rng.uniform(0.5, 0.8) * lamp)
    street.soft(direction_towards(-cues.side * rng.uniform(60, 120), rng.uniform(0, 20)), 25.0, 0.3 * sign)
    return street.light()


RIGS: dict[str, Callable[[np.random.Generator, RigCues], EnvironmentLight]] = {
    "window": _window,
    "overcast": _overcast,
    "sun": _sun,
    "shade": _shade,
    "evening": _evening,
    "office": _office,
    "studio": _studio,
    "night": _night,
}
"""Rigs by name; each is a pure function of the generator and what the picture says."""

RIG_LEVELS: dict[str, float] = {"evening": 0.85, "night": 0.75, "sun": 1.1}
"""How much brighter than the others a camera leaves a face."""
