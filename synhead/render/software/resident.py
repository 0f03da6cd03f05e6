"""Heads as the kernels read them, prepared once and kept while the budget allows."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from synhead.heads.deform import MovingFace
from synhead.heads.model import HeadModel
from synhead.heads.occlusion import bake_occlusion
from synhead.render.gl.alpha import classify_triangles
from synhead.render.gl.closed import is_closed
from synhead.render.projection import outline_points
from synhead.render.software.frame_buffers import Planes, make_planes
from synhead.render.software.surface_tables import NORMAL, SurfaceTables, set_normals, set_occlusion, surface_tables


@dataclass(kw_only=True, slots=True, eq=False)
class ResidentHead:
    """One head.

    Attributes:
        outline_m: convex hull corners at rest, head frame.
        vertices_m: of all parts, as posed last.
        triangles: corners, of all parts.
        opaque, see_through: triangles of either kind; what is neither is empty everywhere.
        one_sided: 1 where the back need not be drawn.
        part_of: number of the triangle's part.
        is_hair: 1 for parts of hair.
        planes, surface: what the kernels fill and read.
        hidden_sh: baked visibility of the vertices, from the first light with shadows on.
        num_bytes: memory, about.
    """

    outline_m: Float[np.ndarray, "num_points 3"]
    vertices_m: Float[np.ndarray, "num_vertices 3"]
    triangles: Int32[np.ndarray, "num_triangles 3"]
    opaque: Int32[np.ndarray, " num_opaque"]
    see_through: Int32[np.ndarray, " num_see_through"]
    one_sided: UInt8[np.ndarray, " num_triangles"]
    part_of: Int32[np.ndarray, " num_triangles"]
    is_hair: UInt8[np.ndarray, " num_parts"]
    planes: Planes
    surface: SurfaceTables
    num_bytes: int
    hidden_sh: Float32[np.ndarray, "num_vertices 16"] | None = None
    _rest: tuple[np.ndarray, np.ndarray] | None = None
    _moving: MovingFace | None = None

    def bake(self, head: HeadModel) -> None:
        """Find the visibility of all vertices, once."""
        if self.hidden_sh is None:
            occlusion = bake_occlusion(head)
            self.hidden_sh = np.ascontiguousarray(occlusion.hidden_sh, np.float32)
            set_occlusion(self.surface, occlusion)

    def start(self, moving: MovingFace | None) -> None:
        """Begin a sequence; None: at rest. What the last one moved goes back."""
        if self._moving is not None and self._rest is not None:
            self.vertices_m[self._moving.index] = self._rest[0]
            set_normals(self.surface, self._moving.index, self._rest[1])
        self._moving = moving if moving is not None and len(moving.index) else None
        if self._moving is not None:
            index = self._moving.index
            self._rest = self.vertices_m[index].copy(), self.surface.rows[index, NORMAL : NORMAL + 3].copy()

    def pose(self, frame: int) -> Float[np.ndarray, "num_points 3"]:
        """Move the vertices of a frame; returns points that bound the head, head frame."""
        if self._moving is None:
            return self.outline_m
        surface = self._moving.surface(frame)
        self.vertices_m[self._moving.index] = surface[:, :3]
        set_normals(self.surface, self._moving.index, surface[:, 3:])
        low, high = surface[:, :3].min(axis=0), surface[:, :3].max(axis=0)
        corners = np.stack(np.meshgrid(*np.stack([low, high], axis=1)), axis=-1).reshape(-1, 3)
        return np.concatenate([self.outline_m, corners.astype(np.float64)])


class ResidentHeads:
    """Prepared heads, least recently used first out when the budget is exceeded."""

    def __init__(self, *, budget_bytes: int, max_texture_px: int) -> None:
        self._budget_bytes = budget_bytes
        self._max_texture_px = max_texture_px
        self._heads: OrderedDict[str, ResidentHead] = OrderedDict()

    def get(self, head: HeadModel) -> ResidentHead:
        """The prepared form of a head."""
        resident = self._heads.get(head.sha256)
        if resident is None:
            resident = prepare(head, self._max_texture_px)
            self._heads[head.sha256] = resident
            while len(self._heads) > 1 and sum(r.num_bytes for r in self._heads.values()) > self._budget_bytes:
                self._heads.popitem(last=False)
        self._heads.move_to_end(head.sha256)
        return resident

    def __len__(self) -> int:
        return len(self._heads)

    def release(self) -> None:
        """Let all heads go."""
        self._heads.clear()


def prepare(head: HeadModel, max_texture_px: int) -> ResidentHead:
    """A head at rest, ready to draw."""
    triangles, opaque, see_through, one_sided, part_of = [], [], [], [], []
    first = first_triangle = 0
    for number, part in enumerate(head.parts):
        count = len(part.triangles)
        rows = np.arange(first_triangle, first_triangle + count, dtype=np.int32)
        triangles.append(part.triangles + first)
        part_of.append(np.full(count, number))
        closed = False
        if part.material.has_alpha:
            kinds = classify_triangles(part)
            opaque.append(rows[kinds.solid])
            see_through.append(rows[kinds.dense | kinds.soft])
        else:
            opaque.append(rows)
            closed = is_closed(part)
        one_sided.append(np.full(count, closed, np.uint8))
        first, first_triangle = first + len(part.vertices_m), first_triangle + count
    positions = np.concatenate([part.vertices_m for part in head.parts]).astype(np.float64)
    corners = np.ascontiguousarray(np.concatenate(triangles), np.int32)
    surface = surface_tables(head, max_texture_px=max_texture_px)
    arrays = [item for item in surface if isinstance(item, np.ndarray)]
    return ResidentHead(
        outline_m=outline_points(positions),
        vertices_m=positions,
        triangles=corners,
        opaque=np.concatenate([*opaque, np.zeros(0, np.int32)]),
        see_through=np.concatenate([*see_through, np.zeros(0, np.int32)]),
        one_sided=np.concatenate(one_sided),
        part_of=np.concatenate(part_of).astype(np.int32),
        is_hair=np.array([part.kind == "hair" for part in head.parts], dtype=np.uint8),
        planes=make_planes(corners),
        surface=surface,
        num_bytes=sum(array.nbytes for array in arrays) + len(positions) * 120 + len(corners) * 100,
    )
