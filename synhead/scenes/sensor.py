"""The camera of a sequence as hardware: how it exposes, tints, blurs and rustles. Decided here, applied later.

Ranges and their sources: docs/design/0006-sensor-and-backgrounds.md.
"""

from dataclasses import dataclass

import numpy as np

from synhead.core.scene import SensorSpec

STRONG_SHARE = 0.2
"""Share of the sequences that a poor camera or a dark room makes; the others are mild."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SensorEffects:
    """Which imperfections there are."""

    exposure: bool = True
    white_balance: bool = True
    vignetting: bool = True
    defocus: bool = True
    noise: bool = True
    motion_blur: bool = True
    camera_jpeg: bool = True

    @staticmethod
    def none() -> "SensorEffects":
        """An ideal camera."""
        return SensorEffects(**dict.fromkeys(SensorEffects.__slots__, False))

    @property
    def any(self) -> bool:
        """False: an ideal camera."""
        return any(getattr(self, name) for name in self.__slots__)


def choose_sensor(rng: np.random.Generator, effects: SensorEffects, *, fps: float, height_px: int) -> SensorSpec | None:
    """A webcam or phone, mild in four of five cases; None where every effect is switched off.

    Args:
        rng: every effect draws its numbers whether it is on or not: switching one off leaves the others as they were.
        fps: no exposure lasts longer than a frame.
        height_px: optics blur by a share of the picture's height; noise and compression belong to the pixel.
    """
    strong = rng.uniform() < STRONG_SHARE
    gain = float(2.0 ** np.clip(rng.normal(0.0, 0.35 if strong else 0.15), -0.8, 0.45))
    warm = float(np.clip(rng.normal(0.0, 0.08 if strong else 0.03), -0.16, 0.16))
    green = float(np.clip(rng.normal(0.0, 0.02 if strong else 0.01), -0.04, 0.04))
    vignetting = float(rng.uniform(0.12, 0.35) if strong else rng.uniform(0.0, 0.15))
    # Pixels of a picture 400 high; a smaller picture is a smaller copy of the same blur.
    defocus = float(rng.uniform(0.6, 1.1) if strong else rng.uniform(0.2, 0.6)) * height_px / 400
    shot = _log_uniform(rng, *((2.5e-4, 6e-4) if strong else (2e-5, 2.5e-4)))
    read = _log_uniform(rng, *((5e-4, 1e-3) if strong else (1.5e-4, 5e-4)))
    shutter = _log_uniform(rng, *((1 / 80, 1 / 30) if strong else (1 / 250, 1 / 80)))
    has_jpeg, quality = rng.uniform() < 0.5, int(rng.integers(50, 80) if strong else rng.integers(78, 96))
    if not effects.any:
        return None
    return SensorSpec(
        exposure_gain=gain if effects.exposure else 1.0,
        white_balance_rgb=(1.0 + warm - green, 1.0, 1.0 - warm - green) if effects.white_balance else (1.0, 1.0, 1.0),
        vignetting=vignetting if effects.vignetting else 0.0,
        defocus_sigma_px=defocus if effects.defocus else 0.0,
        shot_noise=shot if effects.noise else 0.0,
        read_noise=read if effects.noise else 0.0,
        shutter_s=min(shutter, 1.0 / fps) if effects.motion_blur else 0.0,
        jpeg_quality=quality if effects.camera_jpeg and has_jpeg else None,
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
