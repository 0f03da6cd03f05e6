"""Motion blur: the picture is the mean over the exposure, taken in linear light at several poses between the frames.

Labels, coverage and depth stay those of the exposure's middle, which is the frame's own time.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.spatial.transform import Rotation

from synhead.core.scene import FaceMotion, SequenceSpec
from synhead.heads.model import HeadModel
from synhead.render.averaging import average_poses
from synhead.render.color_tables import decode_table, encode_table
from synhead.render.renderer import RenderedFrames, Renderer

STEP_PX = 2.0
"""The fastest point of the face moves at most so far from one drawn pose to the next. Edges are 1 px soft by
themselves, and most points are slower."""

NO_BLUR_PX = 1.5
"""Less motion than this within the exposure is lost in the pixels: the frame is drawn once."""

MAX_POSES = 15
_POSES_AT_ONCE = 48
_FACE_TRAVEL_M = 0.015
"""How far skin moves as a blend shape goes from 0 to 1: lids 1 cm, the jaw up to 3."""


def render_exposure(
    renderer: Renderer,
    head: HeadModel,
    background: UInt8[np.ndarray, "height width 3"] | UInt8[np.ndarray, "num_frames height width 3"],
    spec: SequenceSpec,
    frames: range,
) -> RenderedFrames:
    """As `Renderer.render`, with the blur of `spec.sensor.shutter_s`. A frame that hardly moves costs one drawing.

    Raises:
        RendererError: the engine broke.
    """
    shutter_s = spec.sensor.shutter_s if spec.sensor is not None else 0.0
    counts = num_poses(head, spec, frames, shutter_s) if shutter_s > 0 else np.ones(len(frames), np.int64)
    if (counts == 1).all():
        return renderer.render(head, background, spec, frames)
    height, width = spec.camera.height_px, spec.camera.width_px
    rgb = np.empty((len(frames), height, width, 3), np.uint8)
    coverage = np.empty((len(frames), height, width), np.uint8)
    depth_m: np.ndarray | None = None
    for rows in _portions(counts):
        chosen = counts[rows]
        index = np.repeat(np.arange(frames.start, frames.stop)[rows], chosen)
        offset_s = np.concatenate([pose_offsets_s(int(n), shutter_s) for n in chosen])
        back = background if background.ndim == 3 else np.repeat(background[rows], chosen, axis=0)
        drawn = renderer.render(head, back, between_frames(spec, index, offset_s), range(len(index)))
        middle = np.cumsum(chosen) - chosen + chosen // 2
        # Mode "clip" writes straight to the output.
        np.take(drawn.rgb, middle, axis=0, out=rgb[rows], mode="clip")
        average_frames(rgb[rows], drawn, chosen)
        np.take(drawn.coverage, middle, axis=0, out=coverage[rows], mode="clip")
        if depth_m is None:
            depth_m = np.empty(coverage.shape, drawn.depth_m.dtype)
        np.take(drawn.depth_m, middle, axis=0, out=depth_m[rows], mode="clip")
    assert depth_m is not None
    return RenderedFrames(rgb=rgb, coverage=coverage, depth_m=depth_m)


def num_poses(head: HeadModel, spec: SequenceSpec, frames: range, shutter_s: float) -> Int[np.ndarray, " num_frames"]:
    """How many poses make up each frame: odd, so that one of them is the frame's own."""
    index = np.arange(frames.start, frames.stop)
    points = head.landmarks_68_m if head.landmarks_68_m is not None else _corners(head.bounds_m)
    ends = []
    for side in (-0.5, 0.5):
        pose = between_frames(spec, index, np.full(len(index), side * shutter_s))
        cam = np.einsum("tij,nj->tni", pose.R_cam_head, points) + pose.t_cam_head_m[:, None]
        depth = np.maximum(cam[..., 2], 0.05)
        ends.append((spec.camera.focal_px * cam[..., :2] / depth[..., None], depth.min(axis=1), pose.face))
    travel_px = np.linalg.norm(ends[1][0] - ends[0][0], axis=-1).max(axis=1)
    if ends[0][2] is not None and len(ends[0][2].shape_names):
        change = np.abs(ends[1][2].coefficients - ends[0][2].coefficients).max(axis=1)
        travel_px = travel_px + change * _FACE_TRAVEL_M * spec.camera.focal_px / ends[0][1]
    wanted = np.where(travel_px <= NO_BLUR_PX, 1, np.maximum(np.ceil(travel_px / STEP_PX), 3)).astype(np.int64)
    return np.minimum(wanted + (wanted + 1) % 2, MAX_POSES)


def pose_offsets_s(count: int, shutter_s: float) -> Float[np.ndarray, " count"]:
    """Middles of `count` equal parts of the exposure, from its middle."""
    return (np.arange(count) - (count - 1) / 2) / count * shutter_s


def between_frames(
    spec: SequenceSpec, index: Int[np.ndarray, " num_poses"], offset_s: Float[np.ndarray, " num_poses"]
) -> SequenceSpec:
    """The sequence at other times: `offset_s` away from the frames `index`.

    Rotations turn evenly about one axis between two frames (slerp), everything else moves evenly; beyond the first
    and the last frame the nearest motion goes on. An offset of 0 gives the frame itself, to the bit.
    """
    time = index + offset_s * spec.fps
    first = np.clip(np.floor(time).astype(np.int64), 0, max(spec.num_frames - 2, 0))
    second = np.minimum(first + 1, spec.num_frames - 1)
    share = np.where(first == second, 0.0, time - first)
    exact = offset_s == 0

    def moved(values: np.ndarray) -> np.ndarray:
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        out = values[first] + weight * (values[second] - values[first])
        out[exact] = values[index[exact]]
        return out

    R = spec.R_cam_head
    turn = Rotation.from_matrix(np.swapaxes(R[first], -1, -2) @ R[second]).as_rotvec()
    turned = R[first] @ Rotation.from_rotvec(turn * share[:, None]).as_matrix()
    turned[exact] = R[index[exact]]
    face = spec.face
    if face is not None:
        face = FaceMotion(
            shape_names=face.shape_names,
            coefficients=np.clip(moved(face.coefficients), 0.0, 1.0),
            gaze_pyr_deg=moved(face.gaze_pyr_deg),
        )
    shift = spec.background_shift_px
    return replace(
        spec,
        time_s=moved(spec.time_s),
        R_cam_head=turned,
        t_cam_head_m=moved(spec.t_cam_head_m),
        raw_R_cam_head=turned,
        face=face,
        background_shift_px=None if shift is None else moved(shift),
    )


def _portions(counts: Int[np.ndarray, " num_frames"]) -> Iterator[slice]:
    """Runs of frames whose poses fit into memory together."""
    start = 0
    while start < len(counts):
        stop = start + max(int(np.searchsorted(np.cumsum(counts[start:]), _POSES_AT_ONCE, side="right")), 1)
        yield slice(start, stop)
        start = stop


def average_frames(out: np.ndarray, drawn: RenderedFrames, counts: Int[np.ndarray, " num_frames"]) -> None:
    """Write the mean of each frame's poses to `out`, which holds the middle ones."""
    rows, height, width = out.shape[:3]
    average_poses(
        out.reshape(rows, height, 3 * width),
        np.ascontiguousarray(drawn.rgb).reshape(-1, height, 3 * width),
        np.ascontiguousarray(drawn.coverage),
        counts,
        decode_table().astype(np.float32),
        encode_table(),
    )


def _corners(bounds_m: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "8 3"]:
    return np.array([[bounds_m[i, 0], bounds_m[j, 1], bounds_m[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
