"""Lids: the opening is cut with other curves and the lids slide over the sculpt of the shut eye to their new edge."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.eyes import cornea_z
from synhead.heads.generate.sculpt import EYEBALL_Z
from synhead.heads.generate.shapes_face import EYE_EDGE, Deltas, Face
from synhead.heads.generate.skin_mesh import EYE_RINGS

_CLEARANCE = 0.40
"""Between lid and eyeball, mm, at every stage of a blink."""
_STAGES = (0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0)


def _arch(t: np.ndarray) -> np.ndarray:
    return np.maximum(1 - t * t, 0.0)


def _closed_y(face: Face, t: np.ndarray) -> np.ndarray:
    """Where the lids meet: the upper one comes down, the lower one rises a little."""
    upper, lower = curves.upper_lid_y(face.shape, t), curves.lower_lid_y(face.shape, t)
    return lower + 0.13 * (upper - lower)


def _lid_moves(face: Face, t: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """dy in mm of the upper and the lower edge at lid parameter t, for each movement of one eye."""
    upper, lower = curves.upper_lid_y(face.shape, t), curves.lower_lid_y(face.shape, t)
    closed, round_ = _closed_y(face, t), _arch(t) ** 0.75
    return {
        # The upper edge laps 0.25 mm over the lower one, except at the corners.
        "eyeBlink": (closed - 0.25 * round_ - upper, closed - lower),
        "eyeWide": (2.1 * round_, -0.7 * round_),
        "eyeSquint": (-1.3 * round_, 2.3 * round_),
        "eyeLookUp": (1.5 * round_, 0.5 * round_),
        "eyeLookDown": (0.42 * (closed - upper), -0.9 * round_),
    }


def ball_z(face: Face, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """z of the eyeball's front at the points' (x, y), the eye looking straight ahead; deep behind beside the ball."""
    away = np.hypot(np.abs(points[:, 0]) - face.shape.eye_x, points[:, 1])
    return EYEBALL_Z + np.where(away < 12.5, cornea_z(np.minimum(away, 12.5)), -10.0)


def eye_shapes(face: Face) -> dict[str, Deltas]:
    """Deltas in mm of eyeBlink, eyeWide, eyeSquint, eyeLookUp and eyeLookDown, Left and Right each."""
    rings = face.mesh.eye_rings[1]
    num = rings.shape[1]
    # Round the right eye the ring starts at the outer corner, round the left one at the inner.
    mirror = face.mesh.eye_rings[0][:, (num // 2 - np.arange(num)) % num]
    t = np.clip(curves.lid_t(face.shape, face.points[rings[EYE_EDGE], 0]), -1.0, 1.0)
    upper = np.arange(num) <= num // 2
    cuts = _lid_moves(face, t)
    opened = []
    for dy_upper, dy_lower in cuts.values():
        move = np.zeros_like(face.points)
        for weight, ring in zip(EYE_RINGS[1:], rings[1 : EYE_EDGE + 1], strict=True):
            move[ring, 1] = np.where(upper, dy_upper, dy_lower) * _follow(weight, upper)
        opened.append(move)
    out = {}
    for movement, left in zip(cuts, face.slide(opened), strict=True):
        _unfold(face, rings, left)
        _keep_clear(face, rings, left)
        left = face.followed(left)
        right = np.zeros_like(left)
        right[mirror] = left[rings] * [-1.0, 1.0, 1.0]
        out[movement + "Left"], out[movement + "Right"] = left, right
    return out


def _follow(weight: float, upper: np.ndarray) -> np.ndarray:
    """How far a ring follows the edge: the upper lid unrolls from its crease, the lower one moves less."""
    return np.where(upper, weight**1.5, weight**1.3)


def _unfold(face: Face, rings: np.ndarray, deltas: Deltas) -> None:
    """Smooth the goal of a lid that comes down across its rings: what was a fold when it was open is drawn flat."""
    lids = rings[: EYE_EDGE + 1]
    down = smooth_step(0.5, 4.0, -deltas[rings[EYE_EDGE], 1])
    goal = (face.points[lids] + deltas[lids])[..., 2]
    smooth = goal.copy()
    for _ in range(8):
        smooth[1:-1] = np.maximum(smooth[1:-1], (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4)
    for _ in range(4):
        smooth[1:-1] = (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4
        around = (np.roll(smooth, 1, axis=1) + 2 * smooth + np.roll(smooth, -1, axis=1)) / 4
        smooth[1:-1] = around[1:-1]
    deltas[lids, 2] += (smooth - goal) * down


def _keep_clear(face: Face, rings: np.ndarray, deltas: Deltas) -> None:
    """Push the lids' goals forward until no stage of the straight way there cuts into the eyeball."""
    lids = rings[2 : EYE_EDGE + 1]
    start, move = face.points[lids], deltas[lids]
    push = np.zeros(lids.shape)
    for stage in _STAGES:
        at = start + stage * move
        need = ball_z(face, at.reshape(-1, 3)).reshape(lids.shape) + _CLEARANCE - at[..., 2]
        push = np.maximum(push, need / stage)
    push = np.maximum.reduce([np.roll(push, shift, axis=1) for shift in (-1, 0, 1)])
    for _ in range(6):
        push = np.maximum(push, (np.roll(push, 1, axis=1) + 2 * push + np.roll(push, -1, axis=1)) / 4)
    # Neighbouring rings bulge along, so that no step shows.
    for ring in range(len(lids) - 2, -1, -1):
        push[ring] = np.maximum(push[ring], 0.72 * push[ring + 1])
    moving = np.abs(move[..., 1]).max(axis=0) > 0
    deltas[lids, 2] += push * moving
