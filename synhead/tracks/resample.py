"""Motion tracks at a regular rate, one per segment: what a renderer needs."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from synhead.errors import ConfigError
from synhead.tracks.track import MotionTrack


def resample_track(track: MotionTrack, fps: float, *, min_duration_s: float = 0.0) -> list[MotionTrack]:
    """One track per segment, with samples at exactly t0 + k / fps, where t0 is the segment's first time.

    Rotations are slerped between the two neighbours, positions interpolated linearly; nothing is extrapolated, and
    nothing bridges a gap. Segments that give fewer than two samples, or last less than `min_duration_s`, are left out.
    With one segment left the track_id is kept, else "-01", "-02", ... is appended.

    Raises:
        ConfigError: fps is not positive.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise ConfigError(f"fps is {fps}; it must be positive")
    parts = []
    for part in track.segments():
        time_s = track.time_s[part]
        duration = float(time_s[-1] - time_s[0])
        # The tolerance keeps the last sample of a track that already has this rate.
        num = int(np.floor(duration * fps + 1e-6)) + 1
        if num >= 2 and duration >= min_duration_s - 1e-9:
            parts.append((part, time_s[0] + np.arange(num) / fps))
    names = [track.track_id] if len(parts) == 1 else [f"{track.track_id}-{k + 1:02d}" for k in range(len(parts))]
    return [_resampled(track, part, time_s, name, fps) for (part, time_s), name in zip(parts, names, strict=True)]


def _resampled(track: MotionTrack, part: slice, time_s: np.ndarray, name: str, fps: float) -> MotionTrack:
    rotations, positions = interpolate_poses(
        track.time_s[part],
        track.R_ref_head[part],
        None if track.t_ref_head_m is None else track.t_ref_head_m[part],
        time_s,
    )
    return replace(
        track,
        track_id=name,
        time_s=time_s,
        R_ref_head=rotations,
        t_ref_head_m=positions,
        valid=np.ones(len(time_s), dtype=bool),
        max_gap_s=1.5 / fps,
    )


def interpolate_poses(
    time_s: Float[np.ndarray, " num_samples"],
    rotations: Float[np.ndarray, "num_samples 3 3"],
    positions_m: Float[np.ndarray, "num_samples 3"] | None,
    wanted_s: Float[np.ndarray, " num_wanted"],
) -> tuple[Float[np.ndarray, "num_wanted 3 3"], Float[np.ndarray, "num_wanted 3"] | None]:
    """Poses at `wanted_s`, by slerp and linear interpolation; times outside take the nearest end."""
    left = np.clip(np.searchsorted(time_s, wanted_s, side="right") - 1, 0, len(time_s) - 2)
    share = np.clip((wanted_s - time_s[left]) / (time_s[left + 1] - time_s[left]), 0.0, 1.0)
    start = Rotation.from_matrix(rotations[left])
    turn = (start.inv() * Rotation.from_matrix(rotations[left + 1])).as_rotvec()
    between = (start * Rotation.from_rotvec(share[:, None] * turn)).as_matrix()
    if positions_m is None:
        return between, None
    return between, positions_m[left] + share[:, None] * (positions_m[left + 1] - positions_m[left])
