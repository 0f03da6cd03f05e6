"""Putting a head on the device."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int32

from synhead.errors import RendererError
from synhead.heads.model import HeadModel
from synhead.heads.tangents import vertex_tangents
from synhead.render.gl.alpha import classify_triangles
from synhead.render.gl.closed import is_closed
from synhead.render.gl.posing import Posing
from synhead.render.gl.resident import OCCLUSION_BYTES, OpaqueRange, ResidentHead, SortedGroup
from synhead.render.gl.tables import MAX_PARTS, has_soft_light, material_tables, padded, row_texture, vertex_rows
from synhead.render.gl.textures import normal_texels, texels, texture_array, texture_bytes
from synhead.render.projection import outline_points

_NO_TRIANGLES = np.zeros((0, 3), dtype=np.int32)


def upload(ctx: Any, head: HeadModel, max_texture_px: int) -> ResidentHead:
    """Put a head on the device. All its parts share one texture array, so that any pixel can look up any part.

    Raises:
        RendererError: more parts than the shader's material table has rows.
    """
    if len(head.parts) > MAX_PARTS:
        raise RendererError(
            f"head {head.head_id}: {len(head.parts)} parts; renderer gl draws at most {MAX_PARTS}. "
            "Merge parts that share a material."
        )
    rows = vertex_rows(head)
    positions = np.concatenate([part.vertices_m for part in head.parts])
    opaque, table, dense, soft = _sorted_out(head)
    colors, color_layers = _colors(ctx, head, max_texture_px)
    normal_maps, normal_layers = _normal_maps(ctx, head, max_texture_px)
    vertices, vertex_texels = ctx.buffer(padded(rows.reshape(-1, 4)).tobytes()), row_texture(ctx, rows.reshape(-1, 4))
    outline = outline_points(positions)
    see_through = [part for part in head.parts if part.material.has_alpha]
    return ResidentHead(
        outline_m=outline,
        num_vertices=len(positions),
        vertices=vertices,
        materials=ctx.buffer(_part_of_vertex(head).tobytes()),
        indices=_buffer(ctx, table[:, :3]),
        vertex_texels=vertex_texels,
        triangle_texels=row_texture(ctx, table.astype(np.uint32)),
        opaque=opaque,
        dense=_sorted_group(ctx, dense, positions),
        soft=_sorted_group(ctx, soft, positions),
        lit_vertices=all(has_soft_light(part) for part in see_through),
        colors=colors,
        normal_maps=normal_maps,
        tangents=None if normal_maps is None else row_texture(ctx, _tangents(head)),
        tables=material_tables(head, color_layers, normal_layers),
        posing=Posing(vertices, vertex_texels, rows, outline),
        num_bytes=(68 + OCCLUSION_BYTES + 16) * len(positions)
        + 40 * head.num_triangles
        + sum(texture_bytes(texture) for texture in (colors, normal_maps) if texture is not None),
        vertex_arrays={},
        baked={},
    )


def _sorted_out(
    head: HeadModel,
) -> tuple[tuple[OpaqueRange, ...], Int32[np.ndarray, "_o 4"], Int32[np.ndarray, "_d 3"], Int32[np.ndarray, "_s 3"]]:
    """Ranges and table (corners, part) of the opaque triangles; the dense and the soft ones."""
    ranges, table, dense, soft = [], [np.zeros((0, 4), np.int32)], [_NO_TRIANGLES], [_NO_TRIANGLES]
    first_vertex = first = 0
    for index, part in enumerate(head.parts):
        triangles = np.asarray(part.triangles, dtype=np.int32) + np.int32(first_vertex)
        first_vertex += len(part.vertices_m)
        closed = False
        if part.material.has_alpha:
            kinds = classify_triangles(part)
            dense.append(triangles[kinds.dense])
            soft.append(triangles[kinds.soft])
            triangles = triangles[kinds.solid]
        else:
            closed = is_closed(part)
        if len(triangles):
            ranges.append(OpaqueRange(first=first, count=len(triangles), is_closed=closed))
            table.append(np.column_stack([triangles, np.full(len(triangles), index, np.int32)]))
            first += len(triangles)
    return tuple(ranges), np.concatenate(table), np.concatenate(dense), np.concatenate(soft)


def _colors(ctx: Any, head: HeadModel, max_texture_px: int) -> tuple[Any, list[int]]:
    layers, places, white = [], [], None
    for part in head.parts:
        if part.material.texture is None:
            if white is None:
                white = len(layers)
                layers.append(texels(part, max_texture_px))
            places.append(white)
        else:
            places.append(len(layers))
            layers.append(texels(part, max_texture_px))
    return texture_array(ctx, layers), places


def _normal_maps(ctx: Any, head: HeadModel, max_texture_px: int) -> tuple[Any, list[int]]:
    layers, places = [], []
    for part in head.parts:
        # See-through parts have none: their formula takes the vertex normals.
        if part.material.normal_texture is None or part.material.has_alpha:
            places.append(-1)
        else:
            places.append(len(layers))
            layers.append(normal_texels(part.material.normal_texture, max_texture_px))
    return (texture_array(ctx, layers) if layers else None), places


def _tangents(head: HeadModel) -> np.ndarray:
    return np.concatenate([vertex_tangents(part) for part in head.parts]).astype(np.float32)


def _part_of_vertex(head: HeadModel) -> Int32[np.ndarray, " _v"]:
    counts = [len(part.vertices_m) for part in head.parts]
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def _buffer(ctx: Any, triangles: Int32[np.ndarray, "_n 3"]) -> Any:
    data = np.ascontiguousarray(triangles).tobytes()
    # OpenGL knows no empty buffer.
    return ctx.buffer(data) if data else ctx.buffer(reserve=4)


def _sorted_group(
    ctx: Any, triangles: Int32[np.ndarray, "_n 3"], positions: Float[np.ndarray, "_v 3"]
) -> SortedGroup | None:
    if not len(triangles):
        return None
    return SortedGroup(
        indices=_buffer(ctx, triangles), triangles=triangles, centres_m=positions[triangles].mean(axis=1)
    )
