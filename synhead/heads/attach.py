"""Landmarks on a skin that moves: each is tied to a triangle, on the right side of lids and lips that lie close."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from synhead.core.landmarks import LEFT_EYE_RING, LEFT_PUPIL, RIGHT_EYE_RING, RIGHT_PUPIL
from synhead.errors import InputError
from synhead.heads.geometry import nearest_on_surface
from synhead.heads.model import HeadModel, HeadPart

ON_EYEBALL = (*RIGHT_PUPIL, *LEFT_PUPIL)
"""Of the 104 points: these turn with the eyes, all others ride on the skin."""
_FARTHEST_M = 0.010
_LIP_SLACK_M, _LID_SLACK_M = 0.002, 0.0005
_SEPARATE_M = 0.001
"""Triangles near a landmark that move apart by more than this lie on two sides of a gap."""


def attach_104(
    path: Path,
    points_m: Float[np.ndarray, "104 3"],
    landmarks_68_m: Float[np.ndarray, "68 3"],
    parts: list[HeadPart],
) -> Float64[np.ndarray, "104 3"]:
    """The 104 points on the surface: the first 68 as they are, iris points on the eyeballs, the others on the skin.

    Args:
        path: of the head.json, for messages.

    Raises:
        InputError: a point is more than 1 cm off.
    """
    out = np.array(points_m, dtype=np.float64)
    out[:68] = landmarks_68_m
    on_skin = [i for i in range(68, len(out)) if i not in ON_EYEBALL]
    for kind, rows in (("skin", on_skin), ("eyes", list(ON_EYEBALL))):
        surface = _surface([part for part in parts if part.kind == kind])
        if surface is None:
            continue
        out[rows], distance, _ = nearest_on_surface(out[rows], *surface)
        if distance.max() > _FARTHEST_M:
            raise InputError(
                path,
                f"is {distance.max() * 1000:.0f} mm away from the {kind}; it must lie on it. Correct the point, or "
                "remove landmarks_104.",
                field=f"landmarks_104[{rows[int(distance.argmax())]}]",
            )
    return out


def landmark_deltas(head: HeadModel) -> Float64[np.ndarray, "num_shapes num_points 3"]:
    """What each shape adds to the landmarks (104 where the head has them, else 68), head frame, metres.

    A landmark keeps its place against the triangle that was nearest at rest. At closed lips the nearest triangle may
    be the other lip's: among the triangles close by, points of the upper lip take one that stays when the jaw opens,
    points of the lower lip one that goes; likewise lids and the blink.
    """
    points = head.landmarks_104_m if head.landmarks_104_m is not None else head.landmarks_68_m
    if points is None:
        return np.zeros((len(head.shape_names), 0, 3))
    out = np.zeros((len(head.shape_names), len(points), 3))
    skins = [part for part in head.parts if part.kind == "skin"] or list(head.parts)
    surface = _surface(skins)
    if surface is None or not head.shape_names:
        return out
    vertices, triangles = surface
    deltas = np.concatenate([_deltas_of(part, len(head.shape_names)) for part in skins], axis=1)
    riding = [i for i in range(len(points)) if i not in ON_EYEBALL]
    nearest, _, chosen = nearest_on_surface(points[riding], vertices, triangles)
    centres = vertices[triangles].mean(axis=1)
    for row, landmark in enumerate(riding):
        side = SIDES.get(landmark)
        if side is not None and side[0] in head.shape_names:
            name, goes, slack = side
            moves_down = -deltas[head.shape_names.index(name), :, 1]
            own = _own_side(points[landmark], vertices, triangles, centres, moves_down, goes=goes, slack_m=slack)
            if own is not None:
                nearest[row : row + 1], _, local = nearest_on_surface(points[[landmark]], vertices, triangles[own])
                chosen[row] = own[local[0]]
    weights = _barycentric(nearest, vertices[triangles[chosen]])
    out[:, riding] = np.einsum("nk,snkc->snc", weights, deltas[:, triangles[chosen]].astype(np.float64))
    return out


def _sides() -> dict[int, tuple[str, bool, float]]:
    """Landmark: (shape, whether it goes along, how near the other side may be)."""
    sides: dict[int, tuple[str, bool, float]] = {}
    sides |= {i: ("jawOpen", False, _LIP_SLACK_M) for i in (61, 62, 63)}
    sides |= {i: ("jawOpen", True, _LIP_SLACK_M) for i in (65, 66, 67)}
    for name, upper, lower, ring in (
        ("eyeBlinkRight", (37, 38), (40, 41), RIGHT_EYE_RING),
        ("eyeBlinkLeft", (43, 44), (46, 47), LEFT_EYE_RING),
    ):
        sides |= {i: (name, True, _LID_SLACK_M) for i in (*upper, *ring[1:6])}
        sides |= {i: (name, False, _LID_SLACK_M) for i in (*lower, *ring[7:12])}
    return sides


SIDES = _sides()


def _own_side(
    point: np.ndarray,
    vertices: np.ndarray,
    triangles: np.ndarray,
    centres: np.ndarray,
    moves_down_m: np.ndarray,
    *,
    goes: bool,
    slack_m: float,
) -> np.ndarray | None:
    """Triangles close to `point` on its side of a gap; None where there is no gap nearby."""
    around = np.flatnonzero(np.linalg.norm(centres - point, axis=1) < 0.02)
    if len(around) == 0:
        return None
    distance = np.linalg.norm(vertices[triangles[around]] - point, axis=-1).min(axis=1)
    near = around[distance <= distance.min() + slack_m]
    movement = moves_down_m[triangles[near]].mean(axis=1)
    low, high = float(movement.min()), float(movement.max())
    if high - low < _SEPARATE_M:
        return None
    border = high - 0.35 * (high - low) if goes else low + 0.35 * (high - low)
    return near[movement >= border] if goes else near[movement <= border]


def _surface(parts: list[HeadPart]) -> tuple[np.ndarray, np.ndarray] | None:
    if not parts:
        return None
    offsets = np.cumsum([0, *(len(part.vertices_m) for part in parts)])
    triangles = [part.triangles + offset for part, offset in zip(parts, offsets, strict=False)]
    return np.concatenate([part.vertices_m for part in parts]), np.concatenate(triangles)


def _deltas_of(part: HeadPart, num_shapes: int) -> np.ndarray:
    if part.shape_deltas_m is not None:
        return part.shape_deltas_m
    return np.zeros((num_shapes, len(part.vertices_m), 3), dtype=np.float32)


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Weights [N, 3] of the corners of a triangle each, for points that lie on it."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    area = np.maximum((normal**2).sum(axis=1), 1e-30)
    of_b = (np.cross(points - a, c - a) * normal).sum(axis=1) / area
    of_c = (np.cross(b - a, points - a) * normal).sum(axis=1) / area
    weights = np.clip(np.stack([1 - of_b - of_c, of_b, of_c], axis=1), 0, 1)
    return weights / weights.sum(axis=1, keepdims=True)
