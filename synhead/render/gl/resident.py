"""Heads on the device: vertices, triangles and textures, uploaded once and kept while the budget allows."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int32

from synhead.heads.model import HeadModel
from synhead.heads.occlusion import bake_occlusion
from synhead.render.gl.posing import Posing
from synhead.render.gl.tables import Tables, row_texture

VERTEX_LAYOUT = ("3f 3f 2f", "in_position", "in_normal", "in_uv")
MATERIAL_LAYOUT = ("1i", "in_material")
OCCLUSION_BYTES = 80
"""Of the baked visibility of a vertex."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpaqueRange:
    """Opaque triangles of one part.

    Attributes:
        first, count: of the triangle table.
        is_closed: back faces are hidden by front faces and need not be drawn.
    """

    first: int
    count: int
    is_closed: bool

    @property
    def first_id(self) -> int:
        """What ids.frag writes for the first triangle; 0 is no triangle."""
        return self.first + 1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SortedGroup:
    """See-through triangles, drawn far to near: the index buffer holds the order of the current frame.

    Attributes:
        triangles, centres_m: corners, and centres at rest, head frame.
    """

    indices: Any
    triangles: Int32[np.ndarray, "num_triangles 3"]
    centres_m: Float[np.ndarray, "num_triangles 3"]

    def sort(self, R_cam_head: Float[np.ndarray, "3 3"], posing: Posing) -> int:
        """Order the triangles for one pose; returns how many indices there are. Ties keep the order of the file."""
        centres_m = posing.centres_m(self.triangles, self.centres_m)
        order = np.argsort(-(centres_m @ R_cam_head[2]), kind="stable")
        self.indices.write(self.triangles[order].tobytes())
        return self.triangles.size


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ResidentHead:
    """One uploaded head.

    Attributes:
        outline_m: convex hull corners, head frame.
        vertices, materials, indices: buffers: rows of VERTEX_LAYOUT, the part of each vertex, all opaque triangles.
        vertex_texels, triangle_texels: the vertices once more, and (corners, part) of the opaque triangles, to look up.
        opaque: ranges of `indices`.
        dense, soft: the see-through triangles with opacity >= 0.5 and < 0.5 somewhere; None without any.
        lit_vertices: light on see-through triangles may be found at their vertices.
        colors, normal_maps, tangents: textures; the last two None without normal maps.
        posing: moves the vertices.
        baked: "occlusion" and "seen", from the first light with shadows on.
        num_bytes: device memory, about.
    """

    outline_m: Float[np.ndarray, "num_points 3"]
    num_vertices: int
    vertices: Any
    materials: Any
    indices: Any
    vertex_texels: Any
    triangle_texels: Any
    opaque: tuple[OpaqueRange, ...]
    dense: SortedGroup | None
    soft: SortedGroup | None
    lit_vertices: bool
    colors: Any
    normal_maps: Any
    tangents: Any
    tables: Tables
    posing: Posing
    num_bytes: int
    vertex_arrays: dict[Any, Any]
    baked: dict[str, Any]

    def bake(self, ctx: Any, head: HeadModel) -> None:
        """Find and upload the visibility of all vertices, once."""
        if "occlusion" in self.baked:
            return
        occlusion = bake_occlusion(head)
        rows = np.zeros((self.num_vertices, 20), dtype=np.float32)
        rows[:, :16], rows[:, 16] = occlusion.hidden_sh, occlusion.ambient
        self.baked["occlusion"] = row_texture(ctx, rows.reshape(-1, 4))
        self.baked["seen"] = row_texture(ctx, np.zeros((self.num_vertices, 4), dtype=np.float32))
        self.baked["seen_target"] = ctx.framebuffer([self.baked["seen"]])

    def release(self) -> None:
        """Free the device memory."""
        for array in self.vertex_arrays.values():
            array.release()
        self.vertex_arrays.clear()
        # The target goes before the texture that it draws into.
        for item in reversed(self.baked.values()):
            item.release()
        self.baked.clear()
        groups = [group.indices for group in (self.dense, self.soft) if group is not None]
        items = [self.vertices, self.materials, self.indices, self.vertex_texels, self.triangle_texels, *groups]
        for item in (*items, self.colors, self.normal_maps, self.tangents):
            if item is not None:
                item.release()


class ResidentHeads:
    """The uploaded heads, least recently used first out when the budget is exceeded."""

    def __init__(self, upload: Callable[[HeadModel], ResidentHead], *, budget_bytes: int) -> None:
        self._upload = upload
        self._budget_bytes = budget_bytes
        self._heads: OrderedDict[str, ResidentHead] = OrderedDict()

    def get(self, head: HeadModel) -> ResidentHead:
        """The uploaded form of a head; uploads it where it is not there yet."""
        resident = self._heads.get(head.sha256)
        if resident is None:
            resident = self._upload(head)
            self._heads[head.sha256] = resident
            while len(self._heads) > 1 and sum(r.num_bytes for r in self._heads.values()) > self._budget_bytes:
                self._heads.popitem(last=False)[1].release()
        self._heads.move_to_end(head.sha256)
        return resident

    def __len__(self) -> int:
        return len(self._heads)

    def release(self) -> None:
        """Free all heads."""
        while self._heads:
            self._heads.popitem()[1].release()
