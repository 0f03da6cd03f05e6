"""Moving faces in pyrender, whose primitives are uploaded once: the moved ones are uploaded anew for every frame."""

from typing import Any

import numpy as np
from jaxtyping import Float

from synhead.heads.deform import MovingFace


class PosedMesh:
    """The primitives of one head and what they show now.

    Args:
        primitives: one for each part of the head, in order.
        outline_m: hull of the head at rest, head frame.
    """

    def __init__(self, primitives: list[Any], outline_m: Float[np.ndarray, "num_points 3"]) -> None:
        self._primitives = primitives
        self._rest = [(p.positions.copy(), p.normals.copy()) for p in primitives]
        self._first = np.cumsum([0, *(len(p.positions) for p in primitives)])
        self._outline_m = outline_m
        self._moving: MovingFace | None = None
        self._away: set[int] = set()

    def start(self, engine: Any, moving: MovingFace | None) -> None:
        """Begin a sequence; None: at rest. What the last one moved goes back."""
        for part in sorted(self._away):
            self._upload(engine, part, *self._rest[part])
        self._away.clear()
        self._moving = moving if moving is not None and len(moving.index) else None

    def pose(self, engine: Any, frame: int) -> Float[np.ndarray, "num_points 3"]:
        """Show a frame; returns points that bound the head, head frame."""
        if self._moving is None:
            return self._outline_m
        index, surface = self._moving.index, self._moving.surface(frame)
        owner = np.searchsorted(self._first, index, side="right") - 1
        for part in np.unique(owner).tolist():
            rows = owner == part
            positions, normals = (values.copy() for values in self._rest[part])
            local = index[rows] - self._first[part]
            positions[local], normals[local] = surface[rows, :3], surface[rows, 3:]
            self._upload(engine, part, positions, normals)
            self._away.add(part)
        low, high = surface[:, :3].min(axis=0), surface[:, :3].max(axis=0)
        corners = np.stack(np.meshgrid(*np.stack([low, high], axis=1)), axis=-1).reshape(-1, 3)
        return np.concatenate([self._outline_m, corners.astype(np.float64)])

    def _upload(self, engine: Any, part: int, positions: np.ndarray, normals: np.ndarray) -> None:
        primitive = self._primitives[part]
        primitive.positions, primitive.normals = positions, normals
        if primitive._in_context():
            engine._platform.make_current()
            primitive._remove_from_context()
            primitive._add_to_context()
            engine._platform.make_uncurrent()
