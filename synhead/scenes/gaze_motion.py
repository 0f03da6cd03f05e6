"""Where the eyes look while the head moves: fixations on points of the world, and saccades between them.

A fixation holds a direction of the world still while the head turns (the vestibulo-ocular reflex), so the eyes turn
against the head. A saccade goes to where the head is about to look, or back to the camera: the eyes arrive first, the
head follows (Freedman 2008; Bizzi et al. 1971). Saccades last 21 ms + 2.2 ms for each degree (Carpenter 1988, after
Bahill et al. 1975); a gaze that is drawn too far aside by the head's turn jumps at once.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from synhead.core.gaze import direction_from_gaze_pyr, gaze_pyr_from_direction

YAW_LIMIT_DEG, PITCH_LIMIT_DEG = 30.0, 20.0
"""Of the eye in the head: few gaze shifts leave the eyes further aside (Stahl 1999)."""
_COMFORTABLE_DEG = 18.0
_REACH_DEG = np.array([16.0, 24.0])
_LEAD_S = (0.10, 0.25)
"""How long before the head the eyes set out."""
_LEFT_BEHIND_DEG = (9.0, 20.0)
"""A fixation ends before the head has turned away from it by more."""
_HEAD_FOLLOWS_S = (0.4, 0.9)
"""How far ahead of the head's motion the eyes look."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GazeHabits:
    """How somebody looks about.

    Attributes:
        camera_share: of the fixations that rest on the camera where the head allows it.
        scatter_deg: standard deviation (yaw) of the others about the direction of the head; pitch has 0.6 of it.
        fixation_s: median length of a fixation.
    """

    camera_share: float
    scatter_deg: float
    fixation_s: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GazePath:
    """Gaze of one sequence.

    Attributes:
        gaze_pyr_deg: eye in head (core/gaze.py).
        saccade_s, saccade_deg: start and size in the world of each saccade, for the blinks that go with large ones.
        is_saccade: frames during which a saccade runs.
    """

    gaze_pyr_deg: Float[np.ndarray, "num_frames 2"]
    saccade_s: Float[np.ndarray, " num_saccades"]
    saccade_deg: Float[np.ndarray, " num_saccades"]
    is_saccade: Bool[np.ndarray, " num_frames"]


def decide_gaze(
    rng: np.random.Generator,
    R_cam_head: Float[np.ndarray, "num_frames 3 3"],
    t_cam_head_m: Float[np.ndarray, "num_frames 3"],
    fps: float,
    habits: GazeHabits,
) -> GazePath:
    """Gaze along one head motion: a pure function of the generator's state and the motion."""
    head = _Head(R_cam_head, t_cam_head_m, fps)
    start, target = 0.0, _next_target(rng, head, 0.0, habits)
    starts, targets = [-1.0, start], [target, target]
    while start < head.end_s:
        start = _leaves_at(rng, head, start, target, habits)
        target = _next_target(rng, head, start, habits)
        starts.append(start)
        targets.append(target)
    return _path(head, np.array(starts), np.array(targets))


class _Head:
    """The head's motion at any time."""

    def __init__(self, R: np.ndarray, t: np.ndarray, fps: float) -> None:
        self.R, self.fps = R, fps
        self.forward = R[..., 2]
        distance = np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-6)
        self.to_camera = -t / distance
        self.end_s = (len(R) - 1) / fps

    def row(self, time_s: float) -> int:
        return int(np.clip(round(time_s * self.fps), 0, len(self.R) - 1))

    def eye_deg(self, direction: np.ndarray, rows: slice | int) -> np.ndarray:
        """(pitch, yaw) of the eye that looks along a world direction."""
        return gaze_pyr_from_direction(np.swapaxes(self.R[rows], -1, -2) @ direction)


def _next_target(rng: np.random.Generator, head: _Head, time_s: float, habits: GazeHabits) -> np.ndarray:
    """Direction of the next fixation, camera frame: the camera, or about where the head is going."""
    wants_camera, ahead_s = rng.random() < habits.camera_share, rng.uniform(*_HEAD_FOLLOWS_S)
    scatter = np.clip(rng.normal(0.0, 1.0, 2), -2.5, 2.5) * habits.scatter_deg * np.array([0.6, 1.0])
    row, later = head.row(time_s), head.row(time_s + ahead_s)
    if wants_camera:
        # Nobody stares into the lens alone: the eyes wander over what lies about it.
        camera = _turned(head.to_camera[row], 0.15 * scatter)
        if np.abs(head.eye_deg(camera, row)).max() < _COMFORTABLE_DEG:
            return camera
    where = head.R[later] @ direction_from_gaze_pyr(0.6 * scatter)
    aside = head.eye_deg(where, row)
    # A turn too large for one look ahead is followed in steps.
    reach = min(1.0, *(_REACH_DEG / np.maximum(np.abs(aside), 1e-3)))
    return head.R[row] @ direction_from_gaze_pyr(reach * aside)


def _turned(direction: np.ndarray, scatter_deg: np.ndarray) -> np.ndarray:
    moved = direction + np.radians(np.array([scatter_deg[1], scatter_deg[0], 0.0]))
    return moved / np.linalg.norm(moved)


def _leaves_at(rng: np.random.Generator, head: _Head, start_s: float, target: np.ndarray, habits: GazeHabits) -> float:
    """When the fixation ends: after its time, or when the head draws it aside or is about to."""
    stays_s = float(np.clip(habits.fixation_s * np.exp(rng.normal(0.0, 0.6)), 0.15, 4.0))
    lead_s = rng.uniform(*_LEAD_S)
    first, last = head.row(start_s) + 1, head.row(start_s + stays_s)
    rows = slice(first, last + 1)
    if last < first:
        return start_s + stays_s
    aside = np.abs(head.eye_deg(target, rows))
    coming = np.minimum(np.arange(first, last + 1) + round(lead_s * head.fps), len(head.R) - 1)
    will_be_aside = np.abs(gaze_pyr_from_direction(np.swapaxes(head.R[coming], -1, -2) @ target))
    limit = np.array([PITCH_LIMIT_DEG, YAW_LIMIT_DEG]) - 4.0
    # Only while the head moves away: a target that it turns towards stays in view.
    left_behind = (will_be_aside > rng.uniform(*_LEFT_BEHIND_DEG) * np.array([0.7, 1.0])) & (
        will_be_aside > aside + 2.0
    )
    too_far = (aside > limit).any(axis=1) | left_behind.any(axis=1)
    too_far &= np.arange(first, last + 1) >= (start_s + 0.12) * head.fps
    if too_far.any():
        return (first + int(too_far.argmax())) / head.fps
    return start_s + stays_s


def _path(head: _Head, starts: np.ndarray, targets: np.ndarray) -> GazePath:
    time = np.arange(len(head.R)) / head.fps
    cosine = np.clip((targets[1:] * targets[:-1]).sum(axis=1), -1.0, 1.0)
    size_deg = np.degrees(np.arccos(cosine))
    lasts_s = 0.021 + 0.0022 * size_deg
    number = np.clip(np.searchsorted(starts[1:], time, side="right") - 1, 0, None)
    share = np.clip((time - starts[1:][number]) / lasts_s[number], 0.0, 1.0)
    done = share**3 * (10 - 15 * share + 6 * share**2)
    sight = targets[number] + done[:, None] * (targets[number + 1] - targets[number])
    gaze = gaze_pyr_from_direction((np.swapaxes(head.R, -1, -2) @ sight[..., None])[..., 0])
    limit = np.array([PITCH_LIMIT_DEG, YAW_LIMIT_DEG])
    happened = (starts[2:] < head.end_s) & (size_deg[1:] > 0.5)
    return GazePath(
        gaze_pyr_deg=np.clip(gaze, -limit, limit),
        saccade_s=starts[2:][happened],
        saccade_deg=size_deg[1:][happened],
        is_saccade=(share < 1) & (size_deg[number] > 0.5),
    )
