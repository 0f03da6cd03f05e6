"""Tracks made for tests."""

import numpy as np
from scipy.spatial.transform import Rotation

from synhead.core.rotation import A_HEAD_TO_FRONTAL, rotation_from_euler_pyr
from synhead.tracks.track import MotionTrack


def make_track(time_s, R, *, t=None, frame="camera", valid=None, max_gap_s=1.0, track_id="made") -> MotionTrack:
    """A MotionTrack of given poses."""
    time_s = np.asarray(time_s, dtype=float)
    return MotionTrack(
        track_id=track_id,
        time_s=time_s,
        R_ref_head=np.asarray(R, dtype=float),
        t_ref_head_m=t,
        frame=frame,
        valid=np.ones(len(time_s), dtype=bool) if valid is None else valid,
        max_gap_s=max_gap_s,
    )


def turning_track(time_s, rate_deg_s=(10.0, -20.0, 5.0), **options) -> MotionTrack:
    """Constant angular velocity in the head's own axes, constant velocity of the position."""
    time_s = np.asarray(time_s, dtype=float)
    turn = Rotation.from_rotvec(np.radians(rate_deg_s) * time_s[:, None]).as_matrix()
    t = np.array([0.1, -0.2, 0.9]) + time_s[:, None] * np.array([0.01, 0.02, -0.03])
    return make_track(time_s, A_HEAD_TO_FRONTAL @ turn, t=t, **options)


def wandering_track(num=300, fps=30.0, *, seed=0, noise_deg=0.0, **options) -> MotionTrack:
    """Slow sines in all angles, with white noise on top."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(num) / fps
    pyr = np.stack([15 * np.sin(1.1 * time_s), 40 * np.sin(0.7 * time_s + 1), 8 * np.sin(0.9 * time_s + 2)], axis=1)
    noise = Rotation.from_rotvec(np.radians(noise_deg) * rng.standard_normal((num, 3))).as_matrix()
    t = np.array([0, 0, 0.9]) + 0.02 * np.sin(time_s[:, None] * np.array([0.5, 0.8, 0.6]))
    return make_track(time_s, rotation_from_euler_pyr(pyr) @ noise, t=t, **options)


def irregular_times(num=200, fps=58.0, *, seed=0) -> np.ndarray:
    """Times with steps of 0.5 to 1.5 periods."""
    return np.concatenate([[0.0], np.cumsum(np.random.default_rng(seed).uniform(0.5, 1.5, num - 1))]) / fps
