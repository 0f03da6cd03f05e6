"""Which part of a track becomes a sequence, and from which side the camera sees it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import rotation_about_camera_vertical

MAX_HEADING_DEG = 75.0
"""Windows of world-frame tracks in which the face turns further from the camera are avoided where others exist."""

_CANDIDATES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Frames [start, stop) of one regular segment.

    Attributes:
        segment_index: into the list of segments of the track.
        heading_offset_deg: what the camera was turned by about the vertical; 0 for camera-frame tracks.
    """

    segment_index: int
    start: int
    stop: int
    heading_offset_deg: float


def heading_deg(R_ref_head: Float[np.ndarray, "num_frames 3 3"]) -> Float[np.ndarray, " num_frames"]:
    """Where the face points about the camera's vertical: 0 at the camera, + to image left (as yaw), in (-180, 180].

    The face direction is the head's +z. Its horizontal part alone counts, so a nod does not change the heading.
    """
    facing = R_ref_head[:, :, 2]
    return np.degrees(np.arctan2(-facing[:, 0], -facing[:, 2]))


def circular_median_deg(angles_deg: Float[np.ndarray, " num_frames"]) -> float:
    """The median angle, measured from the circular mean, so that tracks across +-180 degrees have one too."""
    radians = np.radians(angles_deg)
    mean = np.degrees(np.arctan2(np.sin(radians).mean(), np.cos(radians).mean()))
    away = (angles_deg - mean + 180.0) % 360.0 - 180.0
    return float(mean + np.median(away))


def turn_to_camera(
    R_ref_head: Float[np.ndarray, "num_frames 3 3"], heading_offset_deg: float
) -> Float[np.ndarray, "num_frames 3 3"]:
    """The same motion seen by a camera that stands in front of `heading_offset_deg`."""
    # Heading + is towards -x, which is a turn by + about +y (down): undo it.
    return rotation_about_camera_vertical(-heading_offset_deg) @ R_ref_head


def choose_window(
    rng: np.random.Generator,
    segments: list[Float[np.ndarray, "_ 3 3"]],
    *,
    num_frames: int,
    is_world: bool,
) -> Window:
    """A window of `num_frames` from one segment, drawn at random among those in which the face is seen.

    A segment shorter than `num_frames` is used only when all are: then the longest is taken whole. Among windows of
    world-frame tracks, those that stay within MAX_HEADING_DEG of their own median heading are preferred; when none
    does, the one that turns least is taken.
    """
    lengths = np.array([len(s) for s in segments])
    if lengths.max() <= num_frames:
        longest = int(lengths.argmax())
        return whole_segment(segments, longest, is_world=is_world)
    room = np.maximum(lengths - num_frames + 1, 0)
    # Drawn without replacement from all start positions of all segments, each equally likely.
    starts = rng.permutation(int(room.sum()))[:_CANDIDATES]
    first_of_segment = np.concatenate([[0], np.cumsum(room)])
    best: tuple[float, Window] | None = None
    for position in starts:
        index = int(np.searchsorted(first_of_segment, position, side="right")) - 1
        start = int(position - first_of_segment[index])
        offset, farthest = _offset_and_reach(segments[index][start : start + num_frames], is_world=is_world)
        window = Window(segment_index=index, start=start, stop=start + num_frames, heading_offset_deg=offset)
        if farthest <= MAX_HEADING_DEG or not is_world:
            return window
        if best is None or farthest < best[0]:
            best = (farthest, window)
    assert best is not None  # room.sum() > 0, because the longest segment is longer than num_frames
    return best[1]


def whole_segment(segments: list[Float[np.ndarray, "_ 3 3"]], index: int, *, is_world: bool) -> Window:
    """All of one segment."""
    offset, _ = _offset_and_reach(segments[index], is_world=is_world)
    return Window(segment_index=index, start=0, stop=len(segments[index]), heading_offset_deg=offset)


def _offset_and_reach(R: Float[np.ndarray, "num_frames 3 3"], *, is_world: bool) -> tuple[float, float]:
    headings = heading_deg(R)
    offset = circular_median_deg(headings) if is_world else 0.0
    away = np.abs((headings - offset + 180.0) % 360.0 - 180.0)
    return offset, float(away.max())
