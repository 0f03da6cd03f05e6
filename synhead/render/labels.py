"""Labels of rendered frames: from geometry and depth, never from colours."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from synhead.core.camera import project_points, transform_points
from synhead.core.labels import OCCLUDED, OUTSIDE, VISIBLE, FrameLabels
from synhead.core.scene import SequenceSpec
from synhead.heads.model import HeadModel
from synhead.render.renderer import RenderedFrames

VISIBILITY_MARGIN_M = 0.005
"""A landmark up to this far behind the nearest surface still counts as seen: landmarks lie on the skin to a millimetre
or two, brows float over it, and lashes over the lids; what hides a landmark (nose, hair, cheek) is further away."""
COVERED = 128
"""Coverage from which a pixel belongs to the head."""
NUM_LANDMARKS = 68


def label_frames(spec: SequenceSpec, frames: range, head: HeadModel, rendered: RenderedFrames) -> FrameLabels:
    """Labels of the frames of `spec` whose indices are in `frames`.

    Args:
        rendered: the pictures of exactly these frames, by any engine.

    Raises:
        ValueError: `rendered` holds another number of frames, or another size, than asked for.
    """
    expected = (len(frames), spec.camera.height_px, spec.camera.width_px)
    if rendered.coverage.shape != expected:
        raise ValueError(f"rendered frames have shape {rendered.coverage.shape}; the spec asks for {expected}")
    bbox_head = boxes_of_masks(rendered.coverage >= COVERED)
    if head.landmarks_68_m is None:
        count = len(frames)
        return FrameLabels(
            landmarks_68_px=np.full((count, NUM_LANDMARKS, 2), np.nan),
            landmarks_68_cam_m=np.full((count, NUM_LANDMARKS, 3), np.nan),
            landmarks_68_visibility=np.full((count, NUM_LANDMARKS), OUTSIDE, dtype=np.uint8),
            bbox_face_xyxy_px=np.full((count, 4), np.nan),
            bbox_head_xyxy_px=bbox_head,
        )
    rows = np.arange(frames.start, frames.stop, frames.step)
    points_cam = transform_points(spec.R_cam_head[rows], spec.t_cam_head_m[rows], head.landmarks_68_m)
    points_px = project_points(spec.camera.K, points_cam)
    return FrameLabels(
        landmarks_68_px=points_px,
        landmarks_68_cam_m=points_cam,
        landmarks_68_visibility=visibility(points_px, points_cam[..., 2], rendered.depth_m),
        bbox_face_xyxy_px=np.concatenate([points_px.min(axis=1), points_px.max(axis=1)], axis=-1),
        bbox_head_xyxy_px=bbox_head,
    )


def visibility(
    points_px: Float[np.ndarray, "num_frames num_points 2"],
    z_m: Float[np.ndarray, "num_frames num_points"],
    depth_m: Float[np.ndarray, "num_frames height width"],
) -> UInt8[np.ndarray, "num_frames num_points"]:
    """VISIBLE, OCCLUDED or OUTSIDE of each point, by the depth buffer.

    A point in [0, width) x [0, height) is VISIBLE where its z is at most VISIBILITY_MARGIN_M behind the farthest depth
    of the four pixels whose centres surround it, +inf (nothing drawn) included.

    The farthest of four, because a depth buffer holds the nearest surface of a pixel: where the skin is seen at a
    grazing angle it recedes by more than the margin within one pixel, but a point of it lies between its neighbours;
    and beside a silhouette one of them shows what is behind. An occluder fills all four. The price: a point hidden
    behind the very rim of an occluder, within a pixel of it, may count as seen.

    A point behind the camera has NaN coordinates and is OUTSIDE.
    """
    height, width = depth_m.shape[-2:]
    known: np.ndarray = np.logical_and.reduce(np.isfinite(points_px), axis=-1)
    x, y = np.where(known[..., None], points_px, -1.0).transpose(2, 0, 1)
    inside: np.ndarray = known & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    left, top = (np.floor(np.clip(v, -1, size) - 0.5).astype(np.intp) for v, size in ((x, width), (y, height)))
    frame = np.arange(len(depth_m))[:, None]
    surrounding = [
        depth_m[frame, np.clip(top + down, 0, height - 1), np.clip(left + right, 0, width - 1)]
        for down in (0, 1)
        for right in (0, 1)
    ]
    farthest = np.max(surrounding, axis=0).astype(np.float64)
    seen = inside & (z_m <= farthest + VISIBILITY_MARGIN_M)
    return np.where(inside, np.where(seen, VISIBLE, OCCLUDED), OUTSIDE).astype(np.uint8)


def boxes_of_masks(mask: Bool[np.ndarray, "num_frames height width"]) -> Float[np.ndarray, "num_frames 4"]:
    """Tight box (x0, y0, x1, y1) of the set pixels of each frame as pixel edges; NaN where none is set."""
    columns, rows = np.logical_or.reduce(mask, axis=1), np.logical_or.reduce(mask, axis=2)
    boxes = np.stack([columns.argmax(1), rows.argmax(1), _last(columns), _last(rows)], axis=1).astype(np.float64)
    boxes[~columns.any(axis=1)] = np.nan
    return boxes


def _last(flags: Bool[np.ndarray, "num_frames size"]) -> np.ndarray:
    return flags.shape[1] - flags[:, ::-1].argmax(axis=1)
