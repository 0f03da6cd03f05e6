"""Vertices of a resident head that move: written before each frame, put back when the next sequence rests."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int32

from synhead.heads.deform import MovingFace
from synhead.render.gl.tables import ROW_TEXELS, padded


class Posing:
    """The vertex buffer of one head and what it holds now.

    Args:
        buffer, texels: the two places where the vertices are, as `tables.vertex_rows` has them: two texels a vertex.
        rows: what they hold at rest.
        outline_m: hull of the head at rest, head frame.
    """

    def __init__(
        self,
        buffer: Any,
        texels: Any,
        rows: Float32[np.ndarray, "num_vertices 8"],
        outline_m: Float[np.ndarray, "num_points 3"],
    ) -> None:
        self._buffer, self._texels = buffer, texels
        # Filled up to whole rows of the texture.
        self._rest = padded(rows.reshape(-1, 4)).reshape(-1, 8)
        self._rows: np.ndarray | None = None
        self._outline_m = outline_m
        self._moving: MovingFace | None = None
        self._away = np.zeros(0, np.int64)
        self._affected: dict[int, np.ndarray] = {}

    def start(self, moving: MovingFace | None) -> None:
        """Begin a sequence; None: at rest. What the last one moved goes back."""
        if len(self._away) and self._rows is not None:
            self._rows[self._away] = self._rest[self._away]
            self._write(self._away)
            self._away = self._away[:0]
        self._moving = moving if moving is not None and len(moving.index) else None
        self._affected.clear()
        if self._moving is not None and self._rows is None:
            self._rows = self._rest.copy()

    def pose(self, frame: int) -> Float[np.ndarray, "num_points 3"]:
        """Write the vertices of a frame; returns points that bound the head, head frame."""
        if self._moving is None or self._rows is None:
            return self._outline_m
        index = self._moving.index
        surface = self._moving.surface(frame)
        self._rows[index, :6] = surface
        self._write(index)
        self._away = index
        low, high = surface[:, :3].min(axis=0), surface[:, :3].max(axis=0)
        corners = np.stack(np.meshgrid(*np.stack([low, high], axis=1)), axis=-1).reshape(-1, 3)
        return np.concatenate([self._outline_m, corners.astype(np.float64)])

    def centres_m(
        self, triangles: Int32[np.ndarray, "num_triangles 3"], rest_m: Float[np.ndarray, "num_triangles 3"]
    ) -> Float[np.ndarray, "num_triangles 3"]:
        """Centres of see-through triangles in the frame posed last; `rest_m` are those at rest."""
        if self._moving is None or self._rows is None:
            return rest_m
        if id(triangles) not in self._affected:
            moved = np.zeros(len(self._rest), dtype=bool)
            moved[self._moving.index] = True
            self._affected[id(triangles)] = np.flatnonzero(moved[triangles].any(axis=1))
        affected = self._affected[id(triangles)]
        if not len(affected):
            return rest_m
        centres = rest_m.copy()
        centres[affected] = self._rows[triangles[affected], :3].mean(axis=1)
        return centres

    def _write(self, index: np.ndarray) -> None:
        assert self._rows is not None
        each = ROW_TEXELS // 2
        first, stop = int(index[0]) // each, int(index[-1]) // each + 1
        data = self._rows[first * each : stop * each].tobytes()
        self._buffer.write(data, offset=first * each * 32)
        self._texels.write(data, viewport=(0, first, ROW_TEXELS, stop - first))
