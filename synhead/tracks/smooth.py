"""Gaussian smoothing of motion tracks, on rotations and in real time; gaps stay gaps.

method "so3": around each sample a straight motion (constant angular velocity) is fitted to its neighbours with Gaussian
weights in their true times, and the fit's value at the sample is taken. In the middle of a regular track this is the
plain Gaussian mean, because the weights are symmetric. At the edges, and for uneven steps, the plain mean lags behind
or runs ahead; the straight fit does not: a head that turns at constant speed is reproduced exactly, up to the first
and last sample (local linear regression, Fan 1993; the mean on SO(3) is Karcher's). The price is more noise in the
last sigma before an edge. The head must turn less than 180 degrees within `truncate_sigmas` times sigma.

method "euler": pitch, yaw, roll smoothed one by one, by sample number, with the edge value repeated. The CVPR 2017
paper says no more than "a Gaussian filter"; this is its plainest reading, kept for comparison. It bends the path near
yaw +-90 and takes uneven samples for even ones.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d

from synhead.core.rotation import euler_pyr_from_rotation, rotation_from_euler_pyr
from synhead.errors import ConfigError
from synhead.tracks import quaternion
from synhead.tracks.track import MotionTrack

# Each step is some hundred times smaller than the one before: what is left after the last is below 1e-9.
_CONVERGED_RAD = 1e-7
_MAX_ITERATIONS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothingConfig:
    """How much to smooth, and how.

    Attributes:
        sigma_s: standard deviation of the Gaussian in seconds; 0 changes nothing. The default halves the power at
            2.65 Hz (0.1325 / sigma): real head motion has 92 to 96 % of its angular-velocity power below 2 Hz, while
            the white noise of a tracker at 30 Hz falls to 0.43 of its size.
        method: "so3" or "euler"; see the module.
        truncate_sigmas: neighbours further away than this many sigmas have no weight.
    """

    sigma_s: float = 0.05
    method: Literal["so3", "euler"] = "so3"
    truncate_sigmas: float = 4.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sigma_s) and self.sigma_s >= 0):
            raise ConfigError(f"smoothing sigma_s is {self.sigma_s}; it must be 0 (none) or positive seconds")
        if self.method not in ("so3", "euler"):
            raise ConfigError(f'smoothing method is "{self.method}"; there are so3 and euler')
        if not self.truncate_sigmas >= 1:
            raise ConfigError(f"smoothing truncate_sigmas is {self.truncate_sigmas}; it must be at least 1")


def smooth_track(track: MotionTrack, config: SmoothingConfig) -> MotionTrack:
    """The track with smoothed poses; times, validity and invalid samples are unchanged.

    Works inside one segment at a time: nothing before a gap changes anything after it.
    """
    rotations = track.R_ref_head.copy()
    positions = None if track.t_ref_head_m is None else track.t_ref_head_m.copy()
    if config.sigma_s > 0:
        smooth = _smooth_so3 if config.method == "so3" else _smooth_euler
        for part in track.segments():
            position = None if positions is None else positions[part]
            rotations[part], smoothed = smooth(track.time_s[part], rotations[part], position, config)
            if positions is not None and smoothed is not None:
                positions[part] = smoothed
    return track.with_poses(rotations, positions)


def local_linear_weights(
    time_s: Float[np.ndarray, " num_samples"], sigma_s: float, truncate_sigmas: float
) -> tuple[Int[np.ndarray, " num_pairs"], Int[np.ndarray, " num_pairs"], Float[np.ndarray, " num_pairs"]]:
    """(sample, neighbour, weight) for every pair within reach, sorted by sample.

    For each sample the weights sum to 1 and their mean time offset is 0, so that a constant and a straight line pass
    unchanged.
    """
    # A neighbour at exactly the reach counts, whatever the last digit of its time.
    reach = sigma_s * truncate_sigmas * (1 + 1e-9)
    first = np.searchsorted(time_s, time_s - reach, side="left")
    counts = np.searchsorted(time_s, time_s + reach, side="right") - first
    sample = np.repeat(np.arange(len(time_s)), counts)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    neighbour = np.arange(counts.sum()) - np.repeat(starts - first, counts)
    offset = (time_s[neighbour] - time_s[sample]) / sigma_s
    weight = np.exp(-0.5 * offset**2)
    s0, s1, s2 = (np.add.reduceat(weight * offset**power, starts) for power in (0, 1, 2))
    spread = s0 * s2 - s1**2
    # Alone in its window, or all but alone: no line can be fitted, the mean is left.
    fits_line = spread > 1e-6 * s0**2
    intercept = np.where(fits_line, s2, 1.0) / np.where(fits_line, spread, s0)
    slope = np.where(fits_line, s1 / np.where(fits_line, spread, 1.0), 0.0)
    return sample, neighbour, weight * (intercept[sample] - slope[sample] * offset)


def _smooth_so3(
    time_s: np.ndarray, rotations: np.ndarray, positions: np.ndarray | None, config: SmoothingConfig
) -> tuple[np.ndarray, np.ndarray | None]:
    sample, neighbour, weight = local_linear_weights(time_s, config.sigma_s, config.truncate_sigmas)
    starts = np.searchsorted(sample, np.arange(len(time_s)))
    estimate = quaternion.from_matrices(rotations)
    around = estimate[:, neighbour]
    for _ in range(_MAX_ITERATIONS):
        tangent = quaternion.rotation_vectors(quaternion.inverse_times(estimate[:, sample], around))
        step = np.add.reduceat(weight * tangent, starts, axis=1)
        estimate = quaternion.times(estimate, quaternion.from_rotation_vectors(step))
        if np.abs(step).max() < _CONVERGED_RAD:
            break
    smoothed = quaternion.to_matrices(estimate)
    if positions is None:
        return smoothed, None
    # Offsets from the sample itself: the sum then loses no digits far from the origin.
    moved = np.add.reduceat(weight[:, None] * (positions[neighbour] - positions[sample]), starts, axis=0)
    return smoothed, positions + moved


def _smooth_euler(
    time_s: np.ndarray, rotations: np.ndarray, positions: np.ndarray | None, config: SmoothingConfig
) -> tuple[np.ndarray, np.ndarray | None]:
    if len(time_s) < 2:
        return rotations, positions
    sigma = config.sigma_s / float(np.median(np.diff(time_s)))
    angles = np.unwrap(euler_pyr_from_rotation(rotations), period=360.0, axis=0)

    def smoothed(values: np.ndarray) -> np.ndarray:
        return gaussian_filter1d(values, sigma, axis=0, mode="nearest", truncate=config.truncate_sigmas)

    return rotation_from_euler_pyr(smoothed(angles)), None if positions is None else smoothed(positions)
