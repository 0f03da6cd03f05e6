"""Where the camera stands and how far it zooms: the head fills a stated share of the picture and stays inside."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from synhead.core.camera import Camera
from synhead.errors import InputError

HEAD_HEIGHT_M = 0.235
"""Chin to crown with a little hair: what `head_share` measures. Adults have 0.21 to 0.25 m."""

VISUAL_CENTER_M = np.array([0.0, 0.012, 0.02])
"""Middle of the head's outline seen from the front, head frame; the origin, between the tragi, is below and behind."""

NECK_PIVOT_M = np.array([0.0, -0.085, -0.015])
"""A rotation-only track turns the head about this point, head frame: between the atlas and the middle of the neck,
so that a nod moves the face forward and down as necks do."""

DOLLY_SIGMA_S = 1.0
"""A camera follows a walker: slower motion than this is taken out of world-frame translations."""

MIN_DISTANCE_M, MAX_DISTANCE_M = 0.25, 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """The camera of a sequence and the head's translation in its frame."""

    camera: Camera
    t_cam_head_m: Float[np.ndarray, "num_frames 3"]


def place_camera(
    rng: np.random.Generator,
    R_cam_head: Float[np.ndarray, "num_frames 3 3"],
    t_track_m: Float[np.ndarray, "num_frames 3"] | None,
    *,
    track_id: str,
    is_world: bool,
    fps: float,
    width_px: int,
    height_px: int,
    head_share: float,
) -> Placement:
    """A camera in front of the track.

    A camera-frame track with a translation keeps its distance; the camera is shifted sideways, its orientation kept,
    until the head's mean position is near the middle of the picture: the relative motion stays the track's. Any other
    track gets a distance of 0.75 to 1.1 m and turns about its neck; the translation of a world-frame track is kept
    after its slow part is taken out, as if the camera moved along (DOLLY_SIGMA_S).

    The focal length makes the head `head_share` of the picture's height at its median distance; less where the track
    moves so far that the head would leave the picture in more than 1 of 50 frames.

    Raises:
        InputError: the track's distance from the camera is not plausible (0.25 to 5 m).
    """
    if t_track_m is None or is_world:
        distance = float(rng.uniform(0.75, 1.1))
        pivot = np.array([0.0, 0.0, distance])
        sway = 0.0 if t_track_m is None else _without_slow_motion(t_track_m, DOLLY_SIGMA_S * fps)
        t = pivot + sway - R_cam_head @ NECK_PIVOT_M
    else:
        t = t_track_m.copy()
        distance = float(np.median(t[:, 2]))
        if not MIN_DISTANCE_M <= distance <= MAX_DISTANCE_M or t[:, 2].min() < MIN_DISTANCE_M / 2:
            raise InputError(
                track_id,
                f"has its head {distance:.3g} m before the camera (nearest {t[:, 2].min():.3g} m); "
                f"{MIN_DISTANCE_M} to {MAX_DISTANCE_M} m is plausible: are its translations in metres?",
            )
    center = R_cam_head @ VISUAL_CENTER_M + t
    # A picture's width of 1 at the head's distance, in metres, if the head fills its share.
    frame_height = HEAD_HEIGHT_M / head_share * distance / float(np.median(center[:, 2]))
    jitter = rng.normal(0.0, 0.015, 2) * frame_height
    t[:, :2] += np.clip(jitter, -0.04 * frame_height, 0.04 * frame_height) - center[:, :2].mean(axis=0)
    center = R_cam_head @ VISUAL_CENTER_M + t
    focal = head_share * height_px * float(np.median(center[:, 2])) / HEAD_HEIGHT_M
    reach = (np.abs(center[:, :2]) + np.array([0.09, HEAD_HEIGHT_M / 2])) / center[:, 2:]
    farthest = np.percentile(reach, 98, axis=0)
    focal = min(focal, width_px / 2 / float(farthest[0]), height_px / 2 / float(farthest[1]))
    camera = Camera(
        width_px=width_px, height_px=height_px, focal_px=float(focal), center_px=(width_px / 2, height_px / 2)
    )
    return Placement(camera=camera, t_cam_head_m=t)


def _without_slow_motion(
    t_m: Float[np.ndarray, "num_frames 3"], sigma_frames: float
) -> Float[np.ndarray, "num_frames 3"]:
    # Odd reflection continues a walk beyond the ends, so that a steady walk is taken out there too.
    num_pad = min(len(t_m) - 1, int(np.ceil(4 * sigma_frames)))
    if num_pad < 1:
        return np.zeros_like(t_m)
    padded = np.pad(t_m, ((num_pad, num_pad), (0, 0)), mode="reflect", reflect_type="odd")
    slow = gaussian_filter1d(padded, sigma_frames, axis=0, mode="nearest")
    return t_m - slow[num_pad : num_pad + len(t_m)]
