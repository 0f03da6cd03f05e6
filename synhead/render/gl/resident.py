"""Heads on the device: vertices, triangles and textures, uploaded once and kept while the budget allows."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int32

from synhead.errors import RendererError
from synhead.heads.model import HeadModel
from synhead.heads.occlusion import bake_occlusion
from synhead.heads.tangents import vertex_tangents
from synhead.render.gl.alpha import classify_triangles
from synhead.render.gl.closed import is_closed
from synhead.render.gl.posing import Posing
from synhead.render.gl.textures import normal_texture, texels, texture_array, texture_bytes
from synhead.render.projection import outline_points
from synhead.render.surfaces import plain_row, surface_row

MAX_PARTS = 64
OCCLUSION_BYTES = 68
"""Of the baked visibility of a vertex."""
_NO_TRIANGLES = np.zeros((0, 3), dtype=np.int32)
VERTEX_LAYOUT = ("3f 3f 2f 1i", "in_position", "in_normal", "in_uv", "in_material")
OCCLUSION_LAYOUT = ("4f 4f 4f 4f 1f", "in_hidden_0", "in_hidden_1", "in_hidden_2", "in_hidden_3", "in_open")
TANGENT_LAYOUT = ("4f", "in_tangent")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DrawGroup:
    """Triangles that are drawn by one call: one index buffer, one texture array.

    Attributes:
        is_closed: back faces are hidden by front faces and need not be drawn.
        normal_texture: None: the normals of the vertices alone.
    """

    indices: Any
    num_indices: int
    texture: Any
    is_closed: bool = False
    normal_texture: Any = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SortedGroup:
    """See-through triangles, drawn far to near: the index buffer holds the order of the current frame.

    Attributes:
        triangles, centres_m: corners, and centres at rest, head frame.
    """

    group: DrawGroup
    triangles: Int32[np.ndarray, "num_triangles 3"]
    centres_m: Float[np.ndarray, "num_triangles 3"]

    def sort(self, R_cam_head: Float[np.ndarray, "3 3"], posing: Posing) -> None:
        """Order the triangles for one pose. Ties keep the order of the file: equal inputs give equal pictures."""
        centres_m = posing.centres_m(self.triangles, self.centres_m)
        order = np.argsort(-(centres_m @ R_cam_head[2]), kind="stable")
        self.group.indices.write(self.triangles[order].tobytes())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ResidentHead:
    """One uploaded head.

    Attributes:
        outline_m: convex hull corners, head frame.
        opaque: groups drawn first, in any order.
        dense, soft: the see-through triangles with opacity >= 0.5 and < 0.5 somewhere; None without any.
        base_color_rgba, roughness_layer: material tables of MAX_PARTS rows, as the shader reads them.
        natural_surface, plain_surface: the roughness table and u_surface of natural.glsl, with and without
            `Lighting.natural_surfaces`.
        posing: moves the vertices.
        extra_vertices: baked visibility ("occlusion", from the first light with shadows on) and "tangents".
        num_bytes: device memory, about.
    """

    outline_m: Float[np.ndarray, "num_points 3"]
    vertices: Any
    posing: Posing
    opaque: tuple[DrawGroup, ...]
    dense: "SortedGroup | None"
    soft: "SortedGroup | None"
    textures: tuple[Any, ...]
    base_color_rgba: bytes
    roughness_layer: bytes
    natural_surface: tuple[bytes, bytes]
    plain_surface: tuple[bytes, bytes]
    num_bytes: int
    vertex_arrays: dict[Any, Any]
    extra_vertices: dict[str, Any]

    def bake(self, ctx: Any, head: HeadModel) -> None:
        """Find and upload the visibility of all vertices, once."""
        if "occlusion" not in self.extra_vertices:
            occlusion = bake_occlusion(head)
            rows = np.column_stack([occlusion.hidden_sh, occlusion.ambient]).astype(np.float32)
            self.extra_vertices["occlusion"] = ctx.buffer(rows.tobytes())

    def vertex_content(self, *, shadows: bool, normal_map: bool) -> list[tuple[Any, ...]]:
        """Buffers and layouts of a vertex array."""
        content: list[tuple[Any, ...]] = [(self.vertices, *VERTEX_LAYOUT)]
        if shadows:
            content.append((self.extra_vertices["occlusion"], *OCCLUSION_LAYOUT))
        if normal_map:
            content.append((self.extra_vertices["tangents"], *TANGENT_LAYOUT))
        return content

    def release(self) -> None:
        """Free the device memory."""
        for array in self.vertex_arrays.values():
            array.release()
        self.vertex_arrays.clear()
        groups = [*self.opaque, *(blended.group for blended in (self.dense, self.soft) if blended is not None)]
        for texture in self.textures:
            texture.release()
        for group in groups:
            group.indices.release()
        for buffer in self.extra_vertices.values():
            buffer.release()
        self.vertices.release()


class ResidentHeads:
    """The uploaded heads, least recently used first out when the budget is exceeded."""

    def __init__(self, ctx: Any, *, budget_bytes: int, max_texture_px: int) -> None:
        self._ctx = ctx
        self._budget_bytes = budget_bytes
        self._max_texture_px = max_texture_px
        self._heads: OrderedDict[str, ResidentHead] = OrderedDict()

    def get(self, head: HeadModel) -> ResidentHead:
        """The uploaded form of a head; uploads it where it is not there yet."""
        resident = self._heads.get(head.sha256)
        if resident is None:
            resident = upload(self._ctx, head, self._max_texture_px)
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


def upload(ctx: Any, head: HeadModel, max_texture_px: int) -> ResidentHead:
    """Put a head on the device.

    All see-through parts share one texture array, so that their triangles can be sorted together across parts.

    Raises:
        RendererError: more parts than the shader's material table has rows.
    """
    if len(head.parts) > MAX_PARTS:
        raise RendererError(
            f"head {head.head_id}: {len(head.parts)} parts; renderer gl draws at most {MAX_PARTS}. "
            "Merge parts that share a material."
        )
    vertex_bytes = _vertex_bytes(head)
    positions = np.concatenate([part.vertices_m for part in head.parts])
    opaque, solid, dense, soft = [], [_NO_TRIANGLES], [_NO_TRIANGLES], [_NO_TRIANGLES]
    textures = []
    first = 0
    for part in head.parts:
        triangles = np.asarray(part.triangles, dtype=np.int32) + np.int32(first)
        first += len(part.vertices_m)
        if part.material.has_alpha:
            kinds = classify_triangles(part)
            for kind, found in ((kinds.solid, solid), (kinds.dense, dense), (kinds.soft, soft)):
                found.append(triangles[kind])
        else:
            textures.append(texture_array(ctx, [texels(part, max_texture_px)]))
            group = _group(ctx, triangles, textures[-1], is_closed=is_closed(part))
            if part.material.normal_texture is not None:
                textures.append(normal_texture(ctx, part.material.normal_texture, max_texture_px))
                group = replace(group, normal_texture=textures[-1])
            opaque.append(group)
    see_through = [texels(part, max_texture_px) for part in head.parts if part.material.has_alpha]
    groups: list[SortedGroup | None] = [None, None]
    if see_through:
        textures.append(texture_array(ctx, see_through))
        opaque.append(_group(ctx, np.concatenate(solid), textures[-1]))
        groups = [_sorted_group(ctx, np.concatenate(kind), positions, textures[-1]) for kind in (dense, soft)]
    vertices, outline = ctx.buffer(vertex_bytes), outline_points(positions)
    return ResidentHead(
        outline_m=outline,
        vertices=vertices,
        posing=Posing(vertices, vertex_bytes, len(vertex_bytes) // len(positions), outline),
        opaque=tuple(group for group in opaque if group.num_indices),
        dense=groups[0],
        soft=groups[1],
        textures=tuple(textures),
        base_color_rgba=_table([part.material.base_color_rgba for part in head.parts]),
        roughness_layer=_table(_roughness_and_layer(head)),
        natural_surface=_surface_tables(head, [surface_row(part) for part in head.parts]),
        plain_surface=_surface_tables(head, [plain_row(part) for part in head.parts]),
        num_bytes=len(vertex_bytes)
        + OCCLUSION_BYTES * len(positions)
        + 12 * head.num_triangles
        + sum(texture_bytes(texture) for texture in textures),
        vertex_arrays={},
        extra_vertices=_tangents(ctx, head),
    )


def _surface_tables(head: HeadModel, rows: list[np.ndarray]) -> tuple[bytes, bytes]:
    layers = [layer for _, layer in _roughness_and_layer(head)]
    roughness = [(float(row[0]), layer) for row, layer in zip(rows, layers, strict=True)]
    return _table(roughness), _table([tuple(map(float, row[1:])) for row in rows])


def _tangents(ctx: Any, head: HeadModel) -> dict[str, Any]:
    if not any(part.material.normal_texture is not None for part in head.parts):
        return {}
    return {"tangents": ctx.buffer(np.concatenate([vertex_tangents(part) for part in head.parts]).tobytes())}


def _roughness_and_layer(head: HeadModel) -> list[tuple[float, ...]]:
    rows, next_layer = [], 0
    for part in head.parts:
        layer = next_layer if part.material.has_alpha else 0
        rows.append((float(np.clip(part.material.roughness, 0.04, 1.0)), float(layer)))
        next_layer += part.material.has_alpha
    return rows


def _vertex_bytes(head: HeadModel) -> bytes:
    dtype = np.dtype([("position", "f4", 3), ("normal", "f4", 3), ("uv", "f4", 2), ("material", "i4")])
    pieces = []
    for index, part in enumerate(head.parts):
        rows = np.zeros(len(part.vertices_m), dtype=dtype)
        rows["position"], rows["normal"], rows["material"] = part.vertices_m, part.normals, index
        # Textures go up with their top row first, which GL calls the bottom.
        rows["uv"] = np.stack([part.uv[:, 0], 1 - part.uv[:, 1]], axis=1)
        pieces.append(rows)
    return np.concatenate(pieces).tobytes()


def _group(ctx: Any, triangles: Int32[np.ndarray, "_n 3"], texture: Any, *, is_closed: bool = False) -> DrawGroup:
    data = np.ascontiguousarray(triangles).tobytes()
    # OpenGL knows no empty buffer.
    buffer = ctx.buffer(data) if data else ctx.buffer(reserve=4)
    return DrawGroup(indices=buffer, num_indices=triangles.size, texture=texture, is_closed=is_closed)


def _sorted_group(
    ctx: Any, triangles: Int32[np.ndarray, "_n 3"], positions: Float[np.ndarray, "_v 3"], texture: Any
) -> SortedGroup | None:
    if not len(triangles):
        return None
    return SortedGroup(
        group=_group(ctx, triangles, texture), triangles=triangles, centres_m=positions[triangles].mean(axis=1)
    )


def _table(rows: list[tuple[float, ...]]) -> bytes:
    table = np.zeros((MAX_PARTS, len(rows[0])), dtype=np.float32)
    table[: len(rows)] = rows
    return table.tobytes()
