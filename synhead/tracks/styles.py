"""Named styles of head motion: what people do in front of cameras.

`free_turning` and `conversation` are submovement models fitted to aggregate figures of recorded motion by
benchmarks/fit_motion_models.py (`fitted_models.py`); docs/motion.md has the distances. The other three have no
published figures to be held against: a seated person's small motion plus what the name says, with the stated values.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from synhead.tracks.fitted_models import CONVERSATION, FREE_TURNING
from synhead.tracks.submovements import AxisMotion, MotionModel, simulate

Angles = Float[np.ndarray, "num_samples 3"]
Times = Float[np.ndarray, " num_samples"]

LIMITS_PYR_DEG = np.array([75.0, 82.0, 60.0])
"""No synthesised track goes beyond; motion is compressed softly before it gets there."""

SEATED = MotionModel(
    axes=tuple(
        AxisMotion(
            interval_s=interval,
            interval_spread=0.8,
            target_deg=spread,
            target_tail=0.05,
            move_share=0.5,
            persistence=0.5,
            correction_deg=0.4 * spread,
            duration_s=0.5,
            duration_per_root_deg_s=0.08,
            sway_deg=sway,
            tremor_deg=0.03,
        )
        for interval, spread, sway in ((2.5, 2.0, 0.5), (2.0, 3.0, 0.6), (3.5, 1.2, 0.4))
    ),  # pyright: ignore[reportArgumentType]
    duration_spread=0.3,
    sway_s=0.7,
    tremor_s=0.08,
    roll_per_pitch=0.1,
    roll_per_yaw=0.05,
)
"""A seated person who attends to one thing in front: the ground of the styles below."""


def _free_turning(time_s: Times, rng: np.random.Generator) -> Angles:
    return simulate(FREE_TURNING, time_s, rng)


def _conversation(time_s: Times, rng: np.random.Generator) -> Angles:
    return simulate(CONVERSATION, time_s, rng)


def _driving_glances(time_s: Times, rng: np.random.Generator) -> Angles:
    """Eyes on the road; every few seconds a glance to a mirror, the console or over the shoulder, of 0.4 to 1.6 s."""
    places_py_deg = np.array([(2.0, -22.0), (4.0, 14.0), (-1.0, 42.0), (-24.0, -14.0), (0.0, 62.0), (0.0, -58.0)])
    shares = np.array([0.26, 0.34, 0.18, 0.12, 0.06, 0.04])
    angles = simulate(SEATED, time_s, rng)
    now = float(time_s[0]) + rng.exponential(3.0)
    while now < time_s[-1]:
        place = places_py_deg[rng.choice(len(shares), p=shares)] * rng.uniform(0.75, 1.2)
        move_s = 0.25 + 0.075 * np.sqrt(np.abs(place).max()) * rng.uniform(0.9, 1.3)
        hold_s = rng.uniform(0.15, 1.2)
        angles[:, :2] += place * _there_and_back(time_s, now, move_s, hold_s)[:, None]
        now += 2 * move_s + hold_s + 0.8 + rng.exponential(3.5)
    # The road shakes the head a little, faster than muscles do.
    shake = 0.12 * rng.standard_normal((len(time_s), 3))
    return angles + (shake + np.roll(shake, 1, axis=0)) / 2


def _nods_and_shakes(time_s: Times, rng: np.random.Generator) -> Angles:
    """Bursts of one to five nods (pitch) or shakes (yaw), with gaze moves between."""
    angles = simulate(replace(SEATED, axes=_scaled(SEATED.axes, 2.2)), time_s, rng)
    now = float(time_s[0]) + rng.uniform(0.0, 2.0)
    while now < time_s[-1]:
        is_nod = rng.uniform() < 0.62
        rate_hz = rng.uniform(1.0, 2.4) if is_nod else rng.uniform(0.9, 2.0)
        cycles = int(rng.integers(1, 6))
        size_deg = rng.lognormal(np.log(7.0 if is_nod else 12.0), 0.45)
        length_s = cycles / rate_hz
        phase = (time_s - now) * rate_hz
        inside = (phase > 0) & (phase < cycles)
        # A nod begins downwards and dies away.
        fade = np.sin(np.pi * np.clip(phase / cycles, 0, 1)) ** 0.7 * np.exp(-0.25 * np.clip(phase, 0, cycles))
        side = -1.0 if is_nod or rng.uniform() < 0.5 else 1.0
        wave = np.where(inside, side * size_deg * fade * np.sin(2 * np.pi * phase), 0.0)
        angles[:, 0 if is_nod else 1] += wave
        angles[:, 2] += rng.normal(0, 0.12) * wave
        now += length_s + rng.gamma(2.0, 1.0)
    return angles


def _reading(time_s: Times, rng: np.random.Generator) -> Angles:
    """Head bowed over a page: slow travel along each line, a quick return, a step down, now and then a look up."""
    down_deg, half_line_deg = rng.uniform(8.0, 30.0), rng.uniform(1.5, 6.0)
    angles = simulate(SEATED, time_s, rng) * 0.7
    angles[:, 0] -= down_deg
    now, lines, line = float(time_s[0]) - rng.uniform(0, 3.0), int(rng.integers(10, 26)), 0
    while now < time_s[-1]:
        line_s, return_s = rng.uniform(2.0, 4.2), rng.uniform(0.25, 0.45)
        # Reading runs from the reader's left to the right: yaw grows to the subject's right.
        along = np.clip((time_s - now) / line_s, 0, 1) - _eased((time_s - now - line_s) / return_s)
        angles[:, 1] += half_line_deg * 2 * along
        angles[:, 0] -= (0.25 * half_line_deg / 2) * _eased((time_s - now - line_s) / return_s)
        now += line_s + return_s
        line += 1
        if line >= lines:
            line = 0
            angles[:, 0] += lines * (0.25 * half_line_deg / 2) * _eased((time_s - now) / 0.8)
        if rng.uniform() < 0.06:
            move_s, hold_s = rng.uniform(0.5, 0.8), rng.uniform(0.6, 2.5)
            up = _there_and_back(time_s, now, move_s, hold_s)
            angles += up[:, None] * np.array(
                [rng.uniform(0.6, 1.0) * down_deg, rng.normal(0, 12.0), rng.normal(0, 2.0)]
            )
            now += 2 * move_s + hold_s
    angles[:, 1] -= half_line_deg
    return angles


def _scaled(axes: tuple[AxisMotion, AxisMotion, AxisMotion], factor: float):
    return tuple(
        replace(axis, target_deg=factor * axis.target_deg, correction_deg=factor * axis.correction_deg) for axis in axes
    )


def _eased(phase: np.ndarray) -> np.ndarray:
    """The minimum-jerk course from 0 to 1."""
    p = np.clip(phase, 0.0, 1.0)
    return p**3 * (10 - 15 * p + 6 * p**2)


def _there_and_back(time_s: Times, start_s: float, move_s: float, hold_s: float) -> np.ndarray:
    back = start_s + move_s + hold_s
    return _eased((time_s - start_s) / move_s) - _eased((time_s - back) / move_s)


STYLES: dict[str, Callable[[Times, np.random.Generator], Angles]] = {
    "free_turning": _free_turning,
    "conversation": _conversation,
    "driving_glances": _driving_glances,
    "nods_and_shakes": _nods_and_shakes,
    "reading": _reading,
}
"""Kinds of motion by name."""


def softly_limited(pyr: Angles) -> Angles:
    """Angles up to 85 % of the limits as they are, larger ones bent towards the limit without a kink."""
    size, knee = np.abs(pyr), 0.85 * LIMITS_PYR_DEG
    room = LIMITS_PYR_DEG - knee
    return np.sign(pyr) * np.where(size > knee, knee + room * np.tanh(np.maximum(size - knee, 0.0) / room), size)
