"""What of a track becomes video: regular segments, cut to the frames that are wanted and turned to the camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import rotation_about_camera_vertical
from synhead.scenes.windows import Window, choose_window, turn_to_camera, whole_segment


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrackClip:
    """One contiguous piece of a track at the data set's frame rate, smoothed and raw side by side.

    Attributes:
        variant: "" for the only clip of a track, else "s00", "s01", ...: part of the sequence id.
        R_ref_head: [T, 3, 3] smoothed, camera axes.
        raw_R_ref_head: [T, 3, 3] at the same times, not smoothed.
        t_ref_head_m: [T, 3] smoothed, None for rotation-only tracks.
        is_world: only the vertical of the track's own frame was meaningful, so the camera was placed by us.
        heading_offset_deg: what a world-frame track was turned by about the vertical.
    """

    track_id: str
    variant: str
    time_s: Float[np.ndarray, " num_frames"]
    R_ref_head: Float[np.ndarray, "num_frames 3 3"]
    raw_R_ref_head: Float[np.ndarray, "num_frames 3 3"]
    t_ref_head_m: Float[np.ndarray, "num_frames 3"] | None
    is_world: bool
    heading_offset_deg: float = 0.0

    @property
    def num_frames(self) -> int:
        """Number of frames T."""
        return len(self.time_s)


def cut_clips(rng: np.random.Generator, segments: list[TrackClip], *, num_frames: int | None) -> list[TrackClip]:
    """The clips of one track.

    Args:
        rng: decides which window is taken.
        segments: all regular segments of the track, not empty.
        num_frames: one window of so many frames (or the longest segment, when all are shorter); None: every segment.
    """
    rotations = [segment.R_ref_head for segment in segments]
    is_world = segments[0].is_world
    if num_frames is not None:
        windows = [choose_window(rng, rotations, num_frames=num_frames, is_world=is_world)]
    else:
        windows = [whole_segment(rotations, index, is_world=is_world) for index in range(len(segments))]
    variants = [""] if len(windows) == 1 else [f"s{index:02d}" for index in range(len(windows))]
    return [_cut(segments[w.segment_index], w, variant) for w, variant in zip(windows, variants, strict=True)]


def _cut(segment: TrackClip, window: Window, variant: str) -> TrackClip:
    part = slice(window.start, window.stop)
    offset = window.heading_offset_deg
    t = segment.t_ref_head_m
    return TrackClip(
        track_id=segment.track_id,
        variant=variant,
        time_s=segment.time_s[part],
        R_ref_head=turn_to_camera(segment.R_ref_head[part], offset),
        raw_R_ref_head=turn_to_camera(segment.raw_R_ref_head[part], offset),
        t_ref_head_m=None if t is None else t[part] @ rotation_about_camera_vertical(-offset).T,
        is_world=segment.is_world,
        heading_offset_deg=offset,
    )
