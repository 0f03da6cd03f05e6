"""Labels of rendered frames: from geometry and depth, never from colours."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from synhead.core.camera import project_points
from synhead.core.gaze import direction_from_gaze_pyr
from synhead.core.labels import OCCLUDED, OUTSIDE, VISIBLE, FrameLabels
from synhead.core.scene import SequenceSpec
from synhead.heads.attach import ON_EYEBALL
from synhead.heads.deform import FacePoints, rig_of
from synhead.heads.model import HeadModel
from synhead.render.renderer import RenderedFrames

VISIBILITY_MARGIN_M = 0.005
"""A landmark up to this far behind the nearest surface still counts as seen: landmarks lie on the skin to a millimetre
or two, brows float over it, and lashes over the lids; what hides a landmark (nose, hair, cheek) is further away."""
EYEBALL_MARGIN_M = 0.0004
"""The same for points on the eyeball: they lie on what is drawn, and a closed lid is hardly a millimetre in front."""
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
    rows = np.arange(frames.start, frames.stop, frames.step)
    points = rig_of(head).points(spec.face, rows)
    face = _face_labels(spec, rows, head, points, rendered)
    if points.landmarks_68_m is None:
        count = len(frames)
        return FrameLabels(
            landmarks_68_px=np.full((count, NUM_LANDMARKS, 2), np.nan),
            landmarks_68_cam_m=np.full((count, NUM_LANDMARKS, 3), np.nan),
            landmarks_68_visibility=np.full((count, NUM_LANDMARKS), OUTSIDE, dtype=np.uint8),
            bbox_face_xyxy_px=np.full((count, 4), np.nan),
            bbox_head_xyxy_px=bbox_head,
            **face,
        )
    points_cam = _in_camera(spec, rows, points.landmarks_68_m)
    points_px = project_points(spec.camera.K, points_cam)
    return FrameLabels(
        landmarks_68_px=points_px,
        landmarks_68_cam_m=points_cam,
        landmarks_68_visibility=visibility(points_px, points_cam[..., 2], rendered.depth_m),
        bbox_face_xyxy_px=np.concatenate([points_px.min(axis=1), points_px.max(axis=1)], axis=-1),
        bbox_head_xyxy_px=bbox_head,
        **face,
    )


def _face_labels(
    spec: SequenceSpec, rows: np.ndarray, head: HeadModel, points: FacePoints, rendered: RenderedFrames
) -> dict[str, Any]:
    """What is known of expression, gaze, pupils and the 104 points; nothing of what the head has not."""
    labels: dict[str, Any] = {}
    face = spec.face
    columns = [] if face is None else rig_of(head).active_shapes(face)
    if face is not None and columns:
        labels["expression_names"] = tuple(face.shape_names[column] for column in columns)
        labels["expression_coefficients"] = face.coefficients[rows][:, columns]
    if head.eye_centers_m is not None:
        gaze = np.zeros((len(rows), 2)) if face is None else face.gaze_pyr_deg[rows]
        direction = np.einsum("tij,tj->ti", spec.R_cam_head[rows], direction_from_gaze_pyr(gaze))
        labels["gaze_pyr_deg"] = gaze
        labels["gaze_direction_cam"] = np.repeat(direction[:, None], 2, axis=1)
    if points.pupils_m is not None:
        labels["pupils_cam_m"] = _in_camera(spec, rows, points.pupils_m)
        labels["pupils_px"] = project_points(spec.camera.K, labels["pupils_cam_m"])
    if points.landmarks_104_m is not None:
        points_cam = _in_camera(spec, rows, points.landmarks_104_m)
        points_px = project_points(spec.camera.K, points_cam)
        seen = visibility(points_px, points_cam[..., 2], rendered.depth_m)
        on_eyes = list(ON_EYEBALL)
        seen[:, on_eyes] = visibility(
            points_px[:, on_eyes], points_cam[:, on_eyes, 2], rendered.depth_m, margin_m=EYEBALL_MARGIN_M
        )
        labels["landmarks_104_cam_m"], labels["landmarks_104_px"] = points_cam, points_px
        labels["landmarks_104_visibility"] = seen
    return labels


def _in_camera(
    spec: SequenceSpec, rows: np.ndarray, points_m: Float[np.ndarray, "num_frames num_points 3"]
) -> Float[np.ndarray, "num_frames num_points 3"]:
    return points_m @ np.swapaxes(spec.R_cam_head[rows], -1, -2) + spec.t_cam_head_m[rows][:, None]


def visibility(
    points_px: Float[np.ndarray, "num_frames num_points 2"],
    z_m: Float[np.ndarray, "num_frames num_points"],
    depth_m: Float[np.ndarray, "num_frames height width"],
    *,
    margin_m: float = VISIBILITY_MARGIN_M,
) -> UInt8[np.ndarray, "num_frames num_points"]:
    """VISIBLE, OCCLUDED or OUTSIDE of each point, by the depth buffer.

    A point in [0, width) x [0, height) is VISIBLE where its z is at most `margin_m` behind the farthest depth
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
    seen = inside & (z_m <= farthest + margin_m)
    return np.where(inside, np.where(seen, VISIBLE, OCCLUDED), OUTSIDE).astype(np.uint8)


def boxes_of_masks(mask: Bool[np.ndarray, "num_frames height width"]) -> Float[np.ndarray, "num_frames 4"]:
    """Tight box (x0, y0, x1, y1) of the set pixels of each frame as pixel edges; NaN where none is set."""
    columns, rows = np.logical_or.reduce(mask, axis=1), np.logical_or.reduce(mask, axis=2)
    boxes = np.stack([columns.argmax(1), rows.argmax(1), _last(columns), _last(rows)], axis=1).astype(np.float64)
    boxes[~columns.any(axis=1)] = np.nan
    return boxes


def _last(flags: Bool[np.ndarray, "num_frames size"]) -> np.ndarray:
    return flags.shape[1] - flags[:, ::-1].argmax(axis=1)
