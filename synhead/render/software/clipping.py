"""Heads that reach behind the near limit: their triangles are cut there. Rare, and therefore plain numpy."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int32

from synhead.render.projection import NEAR_LIMIT_M
from synhead.render.software.frame_buffers import Projected, Window
from synhead.render.software.geometry_kernels import project_vertices

_NO_TURN = np.array([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], np.float64)


class CutTriangles(NamedTuple):
    """What is left of a head's triangles.

    Attributes:
        projected: the head's vertices, and after them those on the near limit.
        triangles: int32 [m, 3], rows of `projected`.
        source: int32 [m], triangle of the head that each is a piece of.
    """

    projected: Projected
    triangles: Int32[np.ndarray, "num_pieces 3"]
    source: Int32[np.ndarray, " num_pieces"]


def cut_at_near_limit(
    projected: Projected, num_vertices: int, triangles: Int32[np.ndarray, "num_triangles 3"], window: Window
) -> CutTriangles:
    """The pieces of all triangles that lie before the near limit.

    A point on an edge is computed from its end of the lower number, so that the triangles on both sides of the edge
    get the same one and no gap opens.

    Args:
        projected: of the head; its first `num_vertices` rows are valid.
    """
    cam = projected.cam[:num_vertices]
    behind = cam[triangles, 2] < NEAR_LIMIT_M
    count = behind.sum(axis=1)
    pieces, sources = [triangles[count == 0]], [np.flatnonzero(count == 0)]
    points: list[np.ndarray] = []
    first_new = num_vertices
    for num_behind in (1, 2):
        index = np.flatnonzero(count == num_behind)
        # The odd one out comes first; the order of corners stays.
        odd = (behind[index] if num_behind == 1 else ~behind[index]).argmax(axis=1)
        a, b, c = (triangles[index, (odd + k) % 3] for k in range(3))
        on_ab, on_ac = (first_new + np.arange(len(index)) + k * len(index) for k in range(2))
        points += [_on_near_limit(cam, a, b), _on_near_limit(cam, a, c)]
        first_new += 2 * len(index)
        corners = [(on_ab, b, c), (on_ab, c, on_ac)] if num_behind == 1 else [(a, on_ab, on_ac)]
        for piece in corners:
            pieces.append(np.stack(piece, axis=1))
            sources.append(index)
    new = np.concatenate(points)
    found = Projected(np.zeros((len(new), 3)), np.zeros((len(new), 4), np.int32))
    project_vertices(new, _NO_TURN, window, NEAR_LIMIT_M, found)
    return CutTriangles(
        Projected(np.concatenate([cam, found.cam]), np.concatenate([projected.places[:num_vertices], found.places])),
        np.ascontiguousarray(np.concatenate(pieces), np.int32),
        np.concatenate(sources).astype(np.int32),
    )


def _on_near_limit(
    cam: Float[np.ndarray, "_v 3"], one: Int32[np.ndarray, " n"], other: Int32[np.ndarray, " n"]
) -> Float[np.ndarray, "n 3"]:
    start, end = cam[np.minimum(one, other)], cam[np.maximum(one, other)]
    share = (NEAR_LIMIT_M - start[:, 2]) / (end[:, 2] - start[:, 2])
    points = start + share[:, None] * (end - start)
    points[:, 2] = NEAR_LIMIT_M
    return points
