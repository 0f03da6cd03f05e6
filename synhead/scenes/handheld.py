"""A camera in someone's hand: the background sways a few pixels, slowly, as if the picture followed the head."""

import numpy as np
from jaxtyping import Float

LOWEST_HZ, HIGHEST_HZ = 0.08, 2.0
"""Hands drift and tremble below about 2 Hz; the physiological tremor at 8 to 12 Hz is taken out by the stabilisers of
phones."""

_NUM_WAVES = 16


def handheld_shift(
    rng: np.random.Generator, time_s: Float[np.ndarray, " num_frames"], *, height_px: int
) -> Float[np.ndarray, "num_frames 2"]:
    """(x, y) in pixels by which the background moves: waves of 0.08 to 2 Hz whose amplitude falls as 1 / frequency.

    It never exceeds `max_shift_px`, because the amplitudes add up to at most that.
    """
    frequency = np.exp(rng.uniform(np.log(LOWEST_HZ), np.log(HIGHEST_HZ), (2, _NUM_WAVES)))
    phase = rng.uniform(0, 2 * np.pi, (2, _NUM_WAVES))
    # Evenly spread in log frequency, amplitude 1 / f^0.5 each: together an amplitude spectrum of 1 / f.
    amplitude = frequency**-0.5
    reach = rng.uniform(0.5, 1.0) * max_shift_px(height_px)
    amplitude *= reach / amplitude.sum(axis=1, keepdims=True)
    angle = 2 * np.pi * frequency[..., None] * (time_s - time_s[0]) + phase[..., None]
    return (amplitude[..., None] * np.sin(angle)).sum(axis=1).T


def max_shift_px(height_px: int) -> float:
    """The farthest a background ever moves along one axis: 4 % of the picture's height."""
    return 0.04 * height_px
