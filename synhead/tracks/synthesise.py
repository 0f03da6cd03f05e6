"""Made-up motion tracks: simple, plausible head motion, so that the project runs without anybody's recordings.

A style adds up a few kinds of motion, each smooth by itself, in pitch, yaw, roll (docs/conventions.md):
  gaze shifts   minimum-jerk moves (Flash and Hogan 1985) between random targets, longer for larger turns
  sweeps        slow sines over the range, as BIWI's subjects were asked to do
  bursts        nods, shakes and tilts: a few cycles under a Gaussian envelope
  sway          low-passed white noise, always there: nobody sits quite still
Ranges and speeds are near the statistics of BIWI's labels after a 5 Hz low-pass (median angular speed 34 deg/s, 95th
percentile 117, 99th 185; standard deviation of yaw 30, pitch 26, roll 13 deg). The head turns about a point in the
neck 0.9 m before the camera, so that turning also moves it.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from synhead.core.rotation import A_HEAD_TO_FRONTAL, rotation_from_euler_pyr
from synhead.core.seeding import generator
from synhead.errors import ConfigError
from synhead.tracks.track import MotionTrack

Angles = Float[np.ndarray, "num_samples 3"]
Times = Float[np.ndarray, " num_samples"]

LIMITS_PYR_DEG = np.array([44.0, 74.0, 34.0])
"""No synthesised track goes beyond; motion is compressed softly before it gets there."""

_NECK_HEAD_M = np.array([0.0, -0.12, -0.03])
_DISTANCE_M = 0.9
_COUPLING_ROLL_YAW = 0.06


def synthesise_track(
    *, track_id: str, style: str, seed: int, duration_s: float = 10.0, fps: float = 30.0
) -> MotionTrack:
    """A regular track of one style in a camera's frame, a pure function of its arguments.

    Raises:
        ConfigError: unknown style, or a duration or rate that gives fewer than two samples.
    """
    if style not in STYLES:
        raise ConfigError(f'no motion style "{style}"; there are {", ".join(STYLES)}')
    if not (fps > 0 and duration_s * fps >= 2):
        raise ConfigError(f"{duration_s} s at {fps} fps are fewer than two samples")
    num = round(duration_s * fps)
    time_s = np.arange(num) / fps
    rng = generator(seed, track_id, "motion")
    pyr = STYLES[style](time_s, rng) + _sway(time_s, rng, sigma_deg=0.6, scale_s=0.5)
    # People lean their head into a turn a little.
    pyr[:, 2] += _COUPLING_ROLL_YAW * pyr[:, 1]
    rotations = rotation_from_euler_pyr(_softly_limited(pyr))
    return MotionTrack(
        track_id=track_id,
        time_s=time_s,
        R_ref_head=rotations,
        t_ref_head_m=_positions(time_s, rotations, rng),
        frame="camera",
        valid=np.ones(num, dtype=bool),
        max_gap_s=1.5 / fps,
        source=f"synthesised by synhead, style {style}, seed {seed}; Apache-2.0",
    )


def synthesise_tracks(count: int, *, seed: int, duration_s: float = 10.0, fps: float = 30.0) -> list[MotionTrack]:
    """`count` tracks, the styles in turn; a track depends on its own name and the seed, not on `count`.

    Raises:
        ConfigError: count is below 1; see `synthesise_track`.
    """
    if count < 1:
        raise ConfigError(f"count is {count}; it must be at least 1")
    names = list(STYLES)
    return [
        synthesise_track(
            track_id=f"{k:02d}_{names[k % len(names)]}",
            style=names[k % len(names)],
            seed=seed,
            duration_s=duration_s,
            fps=fps,
        )
        for k in range(count)
    ]


def _softly_limited(pyr: Angles) -> Angles:
    """Angles up to 70 % of the limits as they are, larger ones bent towards the limit without a kink."""
    size, knee = np.abs(pyr), 0.7 * LIMITS_PYR_DEG
    room = LIMITS_PYR_DEG - knee
    return np.sign(pyr) * np.where(size > knee, knee + room * np.tanh(np.maximum(size - knee, 0.0) / room), size)


def _positions(time_s: Times, rotations: np.ndarray, rng: np.random.Generator) -> Float[np.ndarray, "num_samples 3"]:
    """Head origin in the camera's frame: a neck that sways, and the head turning about it."""
    home = np.array([0.0, 0.0, _DISTANCE_M]) + A_HEAD_TO_FRONTAL @ _NECK_HEAD_M
    sway = _sway(time_s, rng, sigma_deg=1.0, scale_s=0.8) * np.array([0.012, 0.005, 0.015])
    return home + sway - rotations @ _NECK_HEAD_M


def _sway(time_s: Times, rng: np.random.Generator, *, sigma_deg: float, scale_s: float) -> Angles:
    """Noise with the given standard deviation whose spectrum falls off as a Gaussian of width 1 / (2 pi scale_s)."""
    step_s = time_s[1] - time_s[0]
    pad = int(np.ceil(4 * scale_s / step_s))
    white = rng.standard_normal((len(time_s) + 2 * pad, 3))
    smooth = gaussian_filter1d(white, scale_s / step_s, axis=0, mode="constant")[pad : pad + len(time_s)]
    # A Gaussian filter leaves 1 / (2 sqrt(pi) scale) of white noise's variance.
    return smooth * sigma_deg * np.sqrt(2 * np.sqrt(np.pi) * scale_s / step_s)


def _gaze_shifts(
    time_s: Times, rng: np.random.Generator, *, spread_pyr_deg: tuple[float, float, float], hold_s: tuple[float, float]
) -> Angles:
    """Minimum-jerk moves between random targets, with rests in between."""
    spread = np.array(spread_pyr_deg)
    angles = np.empty((len(time_s), 3))
    here = rng.uniform(-0.3, 0.3, 3) * spread
    start_s = -rng.uniform(0.0, hold_s[1])
    while start_s < time_s[-1]:
        target = rng.uniform(-1.0, 1.0, 3) * spread
        move_s = (0.45 + np.linalg.norm(target - here) / 110.0) * rng.uniform(0.9, 1.4)
        end_s = start_s + move_s + rng.uniform(*hold_s)
        phase = np.clip((time_s - start_s) / move_s, 0.0, 1.0)
        course = phase**3 * (10 - 15 * phase + 6 * phase**2)
        inside = (time_s >= start_s) & (time_s < end_s)
        angles[inside] = here + course[inside, None] * (target - here)
        here, start_s = target, end_s
    angles[time_s >= start_s] = here
    return angles


def _sweep(
    time_s: Times,
    rng: np.random.Generator,
    *,
    spread_pyr_deg: tuple[float, float, float],
    period_s: tuple[float, float],
) -> Angles:
    """A sine in each angle with its own period and phase."""
    periods = rng.uniform(*period_s, 3) * np.array([1.3, 1.0, 1.6])
    phases = rng.uniform(0.0, 2 * np.pi, 3)
    return np.array(spread_pyr_deg) * np.sin(2 * np.pi * time_s[:, None] / periods + phases)


def _bursts(
    time_s: Times,
    rng: np.random.Generator,
    *,
    spread_pyr_deg: tuple[float, float, float],
    rate_hz: tuple[float, float],
    every_s: float,
) -> Angles:
    """Short oscillations under a Gaussian envelope, about one per `every_s`."""
    angles = np.zeros((len(time_s), 3))
    middle_s = rng.uniform(0.3, 1.0) * every_s / 2
    while middle_s < time_s[-1] + 1.0:
        frequency_hz = rng.uniform(*rate_hz)
        envelope = np.exp(-0.5 * ((time_s - middle_s) / rng.uniform(0.5, 0.8)) ** 2)
        wave = np.sin(2 * np.pi * frequency_hz * (time_s - middle_s))
        angles += rng.uniform(0.6, 1.0) * np.array(spread_pyr_deg) * (envelope * wave)[:, None]
        middle_s += every_s * rng.uniform(0.7, 1.3)
    return angles


def _slow_sweep(time_s: Times, rng: np.random.Generator) -> Angles:
    return _sweep(time_s, rng, spread_pyr_deg=(24.0, 66.0, 8.0), period_s=(5.0, 7.0))


def _nods(time_s: Times, rng: np.random.Generator) -> Angles:
    bursts = _bursts(time_s, rng, spread_pyr_deg=(16.0, 1.5, 1.5), rate_hz=(1.0, 1.8), every_s=2.6)
    return bursts + _gaze_shifts(time_s, rng, spread_pyr_deg=(20.0, 22.0, 6.0), hold_s=(0.6, 1.6))


def _shakes(time_s: Times, rng: np.random.Generator) -> Angles:
    bursts = _bursts(time_s, rng, spread_pyr_deg=(2.0, 22.0, 3.0), rate_hz=(0.9, 1.5), every_s=2.6)
    return bursts + _gaze_shifts(time_s, rng, spread_pyr_deg=(18.0, 16.0, 6.0), hold_s=(0.6, 1.6))


def _looks_around(time_s: Times, rng: np.random.Generator) -> Angles:
    return _gaze_shifts(time_s, rng, spread_pyr_deg=(42.0, 72.0, 14.0), hold_s=(0.1, 0.5))


def _near_still(time_s: Times, rng: np.random.Generator) -> Angles:
    rest = rng.uniform(-1.0, 1.0, 3) * np.array([6.0, 8.0, 3.0])
    return rest + _sway(time_s, rng, sigma_deg=1.2, scale_s=0.7)


def _full_range(time_s: Times, rng: np.random.Generator) -> Angles:
    return _sweep(time_s, rng, spread_pyr_deg=(46.0, 74.0, 22.0), period_s=(4.0, 6.0))


def _tilts(time_s: Times, rng: np.random.Generator) -> Angles:
    bursts = _bursts(time_s, rng, spread_pyr_deg=(4.0, 4.0, 16.0), rate_hz=(0.4, 0.8), every_s=3.0)
    return bursts + _gaze_shifts(time_s, rng, spread_pyr_deg=(26.0, 24.0, 30.0), hold_s=(0.2, 0.8))


def _conversation(time_s: Times, rng: np.random.Generator) -> Angles:
    gaze = _gaze_shifts(time_s, rng, spread_pyr_deg=(24.0, 44.0, 12.0), hold_s=(0.3, 1.1))
    nods = _bursts(time_s, rng, spread_pyr_deg=(9.0, 1.0, 1.0), rate_hz=(1.2, 2.0), every_s=3.5)
    return gaze + nods + _sway(time_s, rng, sigma_deg=1.5, scale_s=0.35)


STYLES: dict[str, Callable[[Times, np.random.Generator], Angles]] = {
    "slow_sweep": _slow_sweep,
    "nods": _nods,
    "looks_around": _looks_around,
    "shakes": _shakes,
    "full_range": _full_range,
    "near_still": _near_still,
    "tilts": _tilts,
    "conversation": _conversation,
}
"""Kinds of motion by name, in the order in which `synthesise_tracks` uses them."""
