"""What is in a track: figures for a table, and poses turned so that angles mean something."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import A_HEAD_TO_FRONTAL, euler_pyr_from_rotation, rotation_about_camera_vertical
from synhead.tracks.quaternion import angular_velocities_deg_s
from synhead.tracks.track import MotionTrack


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackSummary:
    """Figures of one track; angles and speeds are of valid samples.

    Attributes:
        rate_hz: 1 / median step.
        num_segments: pieces without a gap.
        angle_range_pyr_deg: (smallest, largest) of pitch, yaw, roll as `display_angles_deg` gives them.
        speed_deg_s: median, 95th percentile and largest angular speed between neighbours inside segments.
    """

    track_id: str
    frame: str
    num_samples: int
    num_invalid: int
    num_segments: int
    duration_s: float
    rate_hz: float
    angle_range_pyr_deg: tuple[tuple[float, float], ...]
    speed_deg_s: tuple[float, float, float]


def summarise(track: MotionTrack) -> TrackSummary:
    """The figures of a track; NaN where no sample is valid."""
    parts = track.segments()
    speeds = [
        np.linalg.norm(angular_velocities_deg_s(track.time_s[part], track.R_ref_head[part]), axis=1)
        for part in parts
        if part.stop - part.start > 1
    ]
    speed = np.concatenate(speeds) if speeds else np.array([np.nan])
    ranges = ((float("nan"), float("nan")),) * 3
    if parts:
        pyr = display_angles_deg(track)[track.valid]
        ranges = tuple((float(low), float(high)) for low, high in zip(pyr.min(axis=0), pyr.max(axis=0), strict=True))
    return TrackSummary(
        track_id=track.track_id,
        frame=track.frame,
        num_samples=track.num_samples,
        num_invalid=int((~track.valid).sum()),
        num_segments=len(parts),
        duration_s=track.duration_s,
        rate_hz=float(1 / np.median(np.diff(track.time_s))) if track.num_samples > 1 else float("nan"),
        angle_range_pyr_deg=ranges,
        speed_deg_s=(float(np.median(speed)), float(np.percentile(speed, 95)), float(speed.max())),
    )


def display_angles_deg(track: MotionTrack) -> Float[np.ndarray, "num_samples 3"]:
    """(pitch, yaw, roll) for people to look at; labels are never made from these where frame is "world".

    A "camera" track gives euler_pyr_deg. A "world" track may turn right round, where euler_pyr_deg flips: it gives
    elevation, heading in (-180, 180] about the mean heading, and roll, of R_cv = Ry(heading) Rx(-elevation) Rz(roll).
    """
    if track.frame == "camera":
        return euler_pyr_from_rotation(track.R_ref_head)
    r = centred_on_heading(track).R_ref_head @ A_HEAD_TO_FRONTAL
    elevation = np.arcsin(np.clip(r[:, 1, 2], -1.0, 1.0))
    heading = np.arctan2(r[:, 0, 2], r[:, 2, 2])
    roll = np.arctan2(r[:, 1, 0], r[:, 1, 1])
    return np.degrees(np.stack([elevation, heading, roll], axis=-1))


def mean_heading_deg(track: MotionTrack) -> float:
    """Direction of the mean of the face directions in the horizontal plane, as a yaw; 0 where they cancel."""
    forward = track.R_ref_head[track.valid][:, :, 2]
    x, z = forward[:, 0].sum(), forward[:, 2].sum()
    return float(np.degrees(np.arctan2(-x, -z))) if np.hypot(x, z) > 1e-9 else 0.0


def centred_on_heading(track: MotionTrack) -> MotionTrack:
    """A "world" track turned about the vertical so that its mean heading is 0; a "camera" track as it is."""
    if track.frame == "camera":
        return track
    turn = rotation_about_camera_vertical(-mean_heading_deg(track))
    positions = None if track.t_ref_head_m is None else track.t_ref_head_m @ turn.T
    return replace(track, R_ref_head=turn @ track.R_ref_head, t_ref_head_m=positions)
