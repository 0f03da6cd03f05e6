"""Tracker failures: found, marked as not valid, and listed for a person to read. Nothing is repaired or filled in.

Four kinds are looked for inside each segment:
  jump      between two neighbours the head turns or moves further than a head can. A jump cuts the segment. What lies
            between two cuts is rejected when it is short, or when it is an excursion: the second jump undoes the
            first. At a jump to a new level that stays, one sample is rejected, so that nothing interpolates across.
  frozen    the very same pose for long, from a tracker that jitters otherwise (it repeats its last answer).
  depth     behind the camera, on it, or out of its range; for tracks in a camera's frame only.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from synhead.core.rotation import geodesic_deg
from synhead.errors import ConfigError
from synhead.tracks.quaternion import angular_velocities_deg_s
from synhead.tracks.track import MotionTrack

_NEIGHBOURS = 3
_RETURN_SHARE = 0.5
_SHARE_OF_REPEATS = 0.1
_MOVES_PER_FROZEN_RUN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class CleaningConfig:
    """What a head cannot do.

    Attributes:
        max_angular_speed_deg_s: 60 clean headset traces reach 499, with a 99.9th percentile of 281; BIWI's raw labels
            have a 99th percentile of 223.
        max_angular_acceleration_deg_s2: change of angular velocity against the median of the three neighbours on
            either side. The same traces reach 13,700, BIWI's raw labels have a 99th percentile of 6,500.
        min_jump_deg: smaller departures from the neighbours' motion are noise, whatever their acceleration; optical
            motion capture at 120 Hz has spikes of 2 to 4 degrees that smoothing takes care of.
        max_jump_m: departure of one step from the neighbours' steps; 0.05 m at 30 Hz is 45 m/s^2.
        max_speed_m_s: faster than a sprint to leave room; jumps are found by max_jump_m.
        min_run_s: a piece between two jumps that lasts less than this is rejected.
        max_excursion_s: a piece that a second jump undoes is rejected up to this length.
        frozen_s: the same pose for longer than this is a failure.
        depth_range_m: nearest and farthest distance along the optical axis in a camera's frame.
    """

    max_angular_speed_deg_s: float = 700.0
    max_angular_acceleration_deg_s2: float = 15_000.0
    min_jump_deg: float = 5.0
    max_jump_m: float = 0.05
    max_speed_m_s: float = 10.0
    min_run_s: float = 0.2
    max_excursion_s: float = 3.0
    frozen_s: float = 0.25
    depth_range_m: tuple[float, float] = (0.1, 10.0)

    def __post_init__(self) -> None:
        for name in self.__slots__:
            values = np.atleast_1d(getattr(self, name))
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise ConfigError(f"cleaning {name} is {getattr(self, name)}; it must be finite and not negative")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A stretch of samples that was marked as not valid.

    Attributes:
        start_s, end_s: times of its first and last sample.
        reason: one sentence with the figures that gave it away.
    """

    start_s: float
    end_s: float
    num_samples: int
    reason: str

    def __str__(self) -> str:
        return f"{self.start_s:.3f} to {self.end_s:.3f} s, {self.num_samples} samples: {self.reason}"


def reject_failures(track: MotionTrack, config: CleaningConfig) -> tuple[MotionTrack, list[Rejection]]:
    """The track with failures marked as not valid, and the list of them in order of time."""
    valid = track.valid.copy()
    rejections = []
    for part in track.segments():
        for found, describe in (
            (_out_of_depth(track, part, config), _describe_depth),
            (_frozen(track, part, config), _describe_frozen),
            (_jumps(track, part, config), _describe_jump),
        ):
            found &= valid[part]
            for run in _runs(found):
                samples = np.arange(part.start, part.stop)[run]
                rejections.append(_rejection(track, samples, describe(track, part, samples, config)))
            valid[part] &= ~found
    rejections.sort(key=lambda rejection: rejection.start_s)
    return replace(track, valid=valid), rejections


def _rejection(track: MotionTrack, samples: np.ndarray, reason: str) -> Rejection:
    start_s, end_s = (float(track.time_s[i]) for i in (samples[0], samples[-1]))
    return Rejection(start_s=start_s, end_s=end_s, num_samples=len(samples), reason=reason)


def _runs(flags: np.ndarray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _jumps(track: MotionTrack, part: slice, config: CleaningConfig) -> Bool[np.ndarray, " num_samples"]:
    num = part.stop - part.start
    rejected = np.zeros(num, dtype=bool)
    if num < 3:
        return rejected
    cuts = np.flatnonzero(_impossible_steps(track, part, config)) + 1
    bounds = [0, *cuts.tolist(), num]
    runs = [slice(a, b) for a, b in itertools.pairwise(bounds)]
    time_s = track.time_s[part]
    length_s = [float(time_s[run.stop - 1] - time_s[run.start]) for run in runs]
    for k, run in enumerate(runs):
        if len(runs) > 1 and (length_s[k] < config.min_run_s or _is_excursion(track, part, runs, length_s, k, config)):
            rejected[run] = True
    for cut in cuts:
        if not rejected[cut - 1] and not rejected[cut]:
            rejected[cut] = True
    return rejected


def _impossible_steps(track: MotionTrack, part: slice, config: CleaningConfig) -> Bool[np.ndarray, " num_steps"]:
    step_s = np.diff(track.time_s[part])
    velocity = angular_velocities_deg_s(track.time_s[part], track.R_ref_head[part])
    allowed_deg = np.maximum(config.min_jump_deg, config.max_angular_acceleration_deg_s2 * step_s**2)
    impossible = _too_fast_or_too_sudden(velocity, step_s, config.max_angular_speed_deg_s, allowed_deg)
    if track.t_ref_head_m is not None:
        velocity_m_s = np.diff(track.t_ref_head_m[part], axis=0) / step_s[:, None]
        allowed_m = np.full(len(step_s), config.max_jump_m)
        impossible |= _too_fast_or_too_sudden(velocity_m_s, step_s, config.max_speed_m_s, allowed_m)
    return impossible


def _too_fast_or_too_sudden(
    velocity: Float[np.ndarray, "num_steps 3"],
    step_s: Float[np.ndarray, " num_steps"],
    limit: float,
    allowed_step: Float[np.ndarray, " num_steps"],
) -> Bool[np.ndarray, " num_steps"]:
    """Steps above the speed limit, or that differ from what their neighbours make likely by more than is allowed."""
    too_fast = np.linalg.norm(velocity, axis=1) > limit
    if too_fast.all():
        return too_fast
    excess = np.linalg.norm(velocity - _median_of_neighbours(_without(velocity, too_fast)), axis=1) * step_s
    return too_fast | (excess > allowed_step)


def _without(velocity: Float[np.ndarray, "num_steps 3"], bad: Bool[np.ndarray, " num_steps"]) -> np.ndarray:
    """Velocities with the bad ones replaced by the nearest good one, so that garbage judges no neighbour."""
    good = np.flatnonzero(~bad)
    index = np.arange(len(velocity))
    after = np.minimum(np.searchsorted(good, index), len(good) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(np.abs(good[before] - index) <= np.abs(good[after] - index), good[before], good[after])
    return velocity[nearer]


def _median_of_neighbours(velocity: Float[np.ndarray, "num_steps 3"]) -> Float[np.ndarray, "num_steps 3"]:
    """Median by component of the steps on either side, the step itself left out; mirrored at the ends."""
    reach = min(_NEIGHBOURS, len(velocity) - 1)
    padded = np.pad(velocity, ((reach, reach), (0, 0)), mode="reflect")
    shifts = [padded[reach + k : reach + k + len(velocity)] for k in range(-reach, reach + 1) if k != 0]
    return np.median(np.stack(shifts), axis=0)


def _is_excursion(
    track: MotionTrack, part: slice, runs: list[slice], length_s: list[float], k: int, config: CleaningConfig
) -> bool:
    """Whether run k leaves its neighbours' motion and the jump after it leads back; the longer pieces are the truth."""
    if k in (0, len(runs) - 1) or length_s[k] > config.max_excursion_s:
        return False
    if length_s[k] >= min(length_s[k - 1], length_s[k + 1]):
        return False
    before, first, last, after = (
        part.start + i for i in (runs[k].start - 1, runs[k].start, runs[k].stop - 1, runs[k].stop)
    )

    def apart(poses: np.ndarray, distance: object) -> tuple[float, float]:
        gaps = [distance(poses[a], poses[b]) for a, b in ((before, first), (last, after), (before, after))]  # type: ignore[operator]
        return min(gaps[0], gaps[1]), gaps[2]

    jump, remaining = apart(track.R_ref_head, lambda a, b: float(geodesic_deg(a, b)))
    if jump > config.min_jump_deg and remaining < _RETURN_SHARE * jump:
        return True
    if track.t_ref_head_m is None:
        return False
    jump, remaining = apart(track.t_ref_head_m, lambda a, b: float(np.linalg.norm(b - a)))
    return jump > config.max_jump_m and remaining < _RETURN_SHARE * jump


def _frozen(track: MotionTrack, part: slice, config: CleaningConfig) -> Bool[np.ndarray, " num_samples"]:
    rotations = track.R_ref_head[part]
    same = (rotations[1:] == rotations[:-1]).all(axis=(1, 2))
    if track.t_ref_head_m is not None:
        same &= (np.diff(track.t_ref_head_m[part], axis=0) == 0).all(axis=1)
    time_s = track.time_s[part]
    frozen = np.zeros(len(time_s), dtype=bool)
    outside = np.ones(len(same), dtype=bool)
    num_runs = 0
    for run in _runs(same):
        if time_s[run.stop] - time_s[run.start] > config.frozen_s:
            # The first sample of the run was measured; its repetitions were not.
            frozen[run.start + 1 : run.stop + 1] = True
            outside[run] = False
            num_runs += 1
    # A track that was sampled and held, or that never moves, repeats itself by nature.
    moves = int((~same).sum())
    jitters = moves >= _MOVES_PER_FROZEN_RUN * num_runs and moves >= (1 - _SHARE_OF_REPEATS) * outside.sum()
    return frozen & bool(jitters and moves)


def _out_of_depth(track: MotionTrack, part: slice, config: CleaningConfig) -> Bool[np.ndarray, " num_samples"]:
    if track.frame != "camera" or track.t_ref_head_m is None:
        return np.zeros(part.stop - part.start, dtype=bool)
    depth_m = track.t_ref_head_m[part, 2]
    return (depth_m < config.depth_range_m[0]) | (depth_m > config.depth_range_m[1])


def _describe_depth(track: MotionTrack, part: slice, samples: np.ndarray, config: CleaningConfig) -> str:
    depth_m = track.t_ref_head_m[samples, 2]  # type: ignore[index]
    near, far = config.depth_range_m
    return f"depth {depth_m.min():.2f} to {depth_m.max():.2f} m is outside {near:g} to {far:g} m."


def _describe_frozen(track: MotionTrack, part: slice, samples: np.ndarray, config: CleaningConfig) -> str:
    return "frozen: exactly the pose of the sample before, from a tracker that jitters otherwise."


def _describe_jump(track: MotionTrack, part: slice, samples: np.ndarray, config: CleaningConfig) -> str:
    around = slice(max(samples[0] - 1, part.start), min(samples[-1] + 2, part.stop))
    rotations, step_s = track.R_ref_head[around], np.diff(track.time_s[around])
    turn = geodesic_deg(rotations[:-1], rotations[1:])
    k = int(np.argmax(turn))
    text = f"jump: turns by {turn[k]:.1f} deg in {step_s[k]:.3f} s ({turn[k] / step_s[k]:.0f} deg/s)"
    if track.t_ref_head_m is not None:
        text += f", moves by up to {np.linalg.norm(np.diff(track.t_ref_head_m[around], axis=0), axis=1).max():.3f} m"
    return text + " between neighbours."
