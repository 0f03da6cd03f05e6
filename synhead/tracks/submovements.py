"""Head motion as a sum of submovements: the model behind every synthesised style.

Each angle is a sum of minimum-jerk steps (Flash and Hogan 1985), which may overlap, as fast voluntary movements are
made of (Krebs et al. 1999 for arms). Steps start at log-normal intervals. A step is either a move to a fresh target
or a small correction; its duration grows with the root of its size. Slow sway and faster tremor are added, pitch leans
into roll, and a monotone map bends each angle to the distribution that is wanted.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

Angles = Float[np.ndarray, "num_samples 3"]
_LEAD_IN_S = 6.0
"""Simulated before the first sample and dropped: a track begins in the middle of things."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisMotion:
    """The steps of one angle.

    Attributes:
        interval_s: median time between the starts of two steps; interval_spread: standard deviation of its log.
        target_deg: spread of fresh targets; target_tail: how much heavier than a normal distribution its tails are.
        move_share: probability that a step is a move to a fresh target; persistence: share of the old angle in it.
        correction_deg: spread of the small steps.
        duration_s, duration_per_root_deg_s: a step of size a deg takes duration_s + duration_per_root_deg_s sqrt(a).
        sway_deg: standard deviation of the slow sway; tremor_deg: of the fast one.
    """

    interval_s: float
    interval_spread: float
    target_deg: float
    target_tail: float
    move_share: float
    persistence: float
    correction_deg: float
    duration_s: float
    duration_per_root_deg_s: float
    sway_deg: float
    tremor_deg: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionModel:
    """A style of motion: (pitch, yaw, roll) by steps, with what they have in common.

    Attributes:
        duration_spread: standard deviation of the log of a step's duration.
        sway_s, tremor_s: widths of the Gaussian filters that make sway and tremor of white noise.
        roll_per_pitch, roll_per_yaw: leaning of the head into a turn.
        angle_map_deg: for each angle pairs (from, to) of a monotone map, identity where empty; beyond its ends the
            map goes on with slope 1.
    """

    axes: tuple[AxisMotion, AxisMotion, AxisMotion]
    duration_spread: float
    sway_s: float
    tremor_s: float
    roll_per_pitch: float
    roll_per_yaw: float
    angle_map_deg: tuple[tuple[tuple[float, float], ...], ...] = field(default=((), (), ()))


def simulate(model: MotionModel, time_s: Float[np.ndarray, " num_samples"], rng: np.random.Generator) -> Angles:
    """(pitch, yaw, roll) in degrees at regular times; a pure function of the model, the times and the generator."""
    pyr = np.stack([_steps(axis, model.duration_spread, time_s, rng) for axis in model.axes], axis=1)
    for scale_s, spread in (
        (model.sway_s, [axis.sway_deg for axis in model.axes]),
        (model.tremor_s, [axis.tremor_deg for axis in model.axes]),
    ):
        pyr += filtered_noise(time_s, rng, scale_s=scale_s) * np.array(spread)
    pyr[:, 2] += model.roll_per_pitch * pyr[:, 0] + model.roll_per_yaw * pyr[:, 1]
    return mapped(pyr, model.angle_map_deg)


def mapped(pyr: Angles, angle_map_deg: tuple[tuple[tuple[float, float], ...], ...]) -> Angles:
    """Each angle by its monotone map."""
    out = pyr.copy()
    for k, pairs in enumerate(angle_map_deg):
        if not pairs:
            continue
        x, y = np.array(pairs).T
        inside = np.clip(pyr[:, k], x[0], x[-1])
        out[:, k] = PchipInterpolator(x, y)(inside) + (pyr[:, k] - inside)
    return out


def filtered_noise(
    time_s: Float[np.ndarray, " num_samples"], rng: np.random.Generator, *, scale_s: float
) -> Float[np.ndarray, "num_samples 3"]:
    """Three series of white noise under a Gaussian filter of width `scale_s`, each with standard deviation 1."""
    sigma = scale_s * (len(time_s) - 1) / (time_s[-1] - time_s[0])
    pad = int(np.ceil(4 * sigma))
    white = rng.standard_normal((len(time_s) + 2 * pad, 3))
    smooth = gaussian_filter1d(white, sigma, axis=0, mode="constant")[pad : pad + len(time_s)]
    # A filter of w samples leaves sum(w^2) of white noise's variance.
    impulse = np.zeros(8 * pad + 1)
    impulse[4 * pad] = 1.0
    return smooth / np.sqrt((gaussian_filter1d(impulse, sigma, mode="constant") ** 2).sum())


def _steps(axis: AxisMotion, duration_spread: float, time_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    starts_s = _starts(axis, float(time_s[0]) - _LEAD_IN_S, float(time_s[-1]), rng)
    num = len(starts_s)
    is_move = rng.uniform(size=num) < axis.move_share
    z, small = rng.standard_normal((2, num))
    targets = axis.target_deg * z * (1 + axis.target_tail * z * z)
    lengths = np.exp(duration_spread * rng.standard_normal(num))
    here = float(axis.target_deg * rng.standard_normal())
    # The angle that a step is aimed from is where the steps before it will end.
    sizes = np.empty(num)
    first = here
    for k in range(num):
        to = (
            axis.persistence * here + np.sqrt(1 - axis.persistence**2) * targets[k]
            if is_move[k]
            else here + axis.correction_deg * small[k]
        )
        sizes[k], here = to - here, to
    durations_s = (axis.duration_s + axis.duration_per_root_deg_s * np.sqrt(np.abs(sizes))) * lengths
    angle = np.full(len(time_s), first)
    for start_s, duration_s, size in zip(starts_s, durations_s, sizes, strict=True):
        begin, end = np.searchsorted(time_s, (start_s, start_s + duration_s))
        phase = (time_s[begin:end] - start_s) / duration_s
        angle[begin:end] += size * phase**3 * (10 - 15 * phase + 6 * phase**2)
        angle[end:] += size
    return angle


def _starts(axis: AxisMotion, begin_s: float, end_s: float, rng: np.random.Generator) -> np.ndarray:
    """Times of step starts from begin_s to end_s."""
    starts: list[np.ndarray] = []
    now = begin_s
    while now < end_s:
        chunk = now + np.cumsum(axis.interval_s * np.exp(axis.interval_spread * rng.standard_normal(32)))
        starts.append(chunk)
        now = float(chunk[-1])
    every = np.concatenate(starts)
    return every[every < end_s]
