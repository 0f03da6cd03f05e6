"""What the shading kernels read of a head: textures, materials, and a row of sixteen values for each vertex."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int, Int32

from synhead.heads.model import HeadModel, HeadPart
from synhead.heads.occlusion import Occlusion
from synhead.heads.tangents import vertex_tangents
from synhead.render.gl.alpha import classify_triangles
from synhead.render.gl.textures import reduced_texels, texels
from synhead.render.software.kernel_memory import ROW
from synhead.render.software.mipmaps import opacity_quads, pack_textures
from synhead.render.surfaces import plain_row, surface_row

NORMAL, SIGN, U, V, TANGENT, OPEN, SEEN = 0, 3, 4, 6, 8, 11, 12
"""Columns of a vertex row: normal (3), sign of the bitangent, texture coordinates with v = 0 at the TOP row, each twice
(for both axes of the picture), tangent (3), share of an even sky that arrives, share of each of three lights that
arrives, nothing. Head frame. The first half is enough without shadows and normal maps."""

BASE, ROUGHNESS, SCATTER, SECOND_ROUGHNESS, SECOND_SHARE, REFLECTION, SOLID = 0, 4, 5, 6, 7, 8, 9
"""Columns of a material row: base colour and opacity (4), the row of `surfaces.surface_row`, 1 where nothing of it is
see-through."""
MATERIAL = 16
"""Values of a material row."""
_CACHE_LINE_BYTES = 64


class SurfaceTables(NamedTuple):
    """A head as the kernels read it; C-ordered arrays.

    Its groups of triangles are its parts and, after them, the solid triangles of each see-through part.

    Attributes:
        corners: int32 [num_triangles, 4] indices of vertices over all parts, and the triangle's own.
        part_of: uint8 [num_triangles] index of the group.
        rows: float32 [num_vertices, ROW]; columns as named above.
        materials: float32 [2, num_groups, MATERIAL], without and with `Lighting.natural_surfaces`.
        texture: int32 [num_groups, 2] index of the texture and of the normal map (0: none).
        texels, level_start, size_px: as `mipmaps.PackedTextures` has them; texture 0 is a flat normal map.
        opacity, opacity_start: those of `mipmaps.opacity_quads`, for see-through parts.
        has_alpha: uint8 [num_groups].
        has_normal_maps: 1 where a part has one.
    """

    corners: np.ndarray
    part_of: np.ndarray
    rows: np.ndarray
    materials: np.ndarray
    texture: np.ndarray
    texels: np.ndarray
    level_start: np.ndarray
    size_px: np.ndarray
    opacity: np.ndarray
    opacity_start: np.ndarray
    has_alpha: np.ndarray
    has_normal_maps: int


def surface_tables(head: HeadModel, *, max_texture_px: int = 4096) -> SurfaceTables:
    """The tables of a head at rest, unshaded by itself (`set_occlusion` adds that).

    Args:
        max_texture_px: larger textures are reduced, as the `gl` engine does.
    """
    corners, groups, layered, first = [], [], [], 0
    textures = [np.array([[[128, 128, 255, 255]]], dtype=np.uint8)]
    texture = np.zeros((len(head.parts), 2), dtype=np.int32)
    for index, part in enumerate(head.parts):
        corners.append(part.triangles + first)
        groups.append(np.full(len(part.triangles), index))
        if part.material.has_alpha:
            groups[-1][classify_triangles(part).solid] = len(head.parts) + len(layered)
            layered.append(index)
        first += len(part.vertices_m)
        texture[index, 0] = len(textures)
        textures.append(texels(part, max_texture_px))
        if _has_normal_map(part):
            texture[index, 1] = len(textures)
            textures.append(_normal_texels(part, max_texture_px))
    packed = pack_textures(textures)
    opacity, opacity_start = opacity_quads(packed, [int(texture[index, 0]) for index in layered])
    return SurfaceTables(
        corners=_numbered(np.concatenate(corners)),
        part_of=np.concatenate(groups).astype(np.uint8),
        rows=_vertex_rows(head),
        materials=np.stack([_materials(head, layered, natural) for natural in (False, True)]),
        texture=np.concatenate([texture, texture[layered]]),
        texels=packed.texels,
        level_start=packed.level_start,
        size_px=packed.size_px,
        opacity=opacity,
        opacity_start=opacity_start,
        has_alpha=np.array([part.material.has_alpha for part in head.parts] + [False] * len(layered), dtype=np.uint8),
        has_normal_maps=int(any(_has_normal_map(part) for part in head.parts)),
    )


def set_occlusion(surface: SurfaceTables, occlusion: Occlusion) -> None:
    """Let the sky reach the vertices as the baked visibility says."""
    surface.rows[:, OPEN] = occlusion.ambient


def set_normals(
    surface: SurfaceTables, vertex_index: Int[np.ndarray, " num_moved"], normals: Float[np.ndarray, "num_moved 3"]
) -> None:
    """Turn the normals of some vertices (a moving face), head frame."""
    surface.rows[vertex_index, NORMAL : NORMAL + 3] = normals


def _numbered(corners: Int[np.ndarray, "num_triangles 3"]) -> Int32[np.ndarray, "num_triangles 4"]:
    return np.column_stack([corners, np.arange(len(corners))]).astype(np.int32)


def _has_normal_map(part: HeadPart) -> bool:
    return part.material.normal_texture is not None and not part.material.has_alpha


def _normal_texels(part: HeadPart, max_texture_px: int) -> np.ndarray:
    normal = part.material.normal_texture
    assert normal is not None
    opaque = np.full((*normal.shape[:2], 1), 255, dtype=np.uint8)
    return reduced_texels(np.concatenate([normal, opaque], axis=2), max_texture_px)


def _materials(head: HeadModel, layered: list[int], natural: bool) -> Float32[np.ndarray, "num_groups 16"]:
    table = np.zeros((len(head.parts), MATERIAL), dtype=np.float32)
    for row, part in zip(table, head.parts, strict=True):
        row[BASE : BASE + 4] = part.material.base_color_rgba
        row[ROUGHNESS : REFLECTION + 1] = surface_row(part) if natural else plain_row(part)
        row[SOLID] = not part.material.has_alpha
    solid = table[layered]
    solid[:, SOLID] = 1.0
    return np.concatenate([table, solid])


def _vertex_rows(head: HeadModel) -> Float32[np.ndarray, "num_vertices 16"]:
    count = sum(len(part.vertices_m) for part in head.parts)
    # Rows that straddle two cache lines cost two reads.
    memory = np.zeros(count * ROW + _CACHE_LINE_BYTES // 4, dtype=np.float32)
    shift = -memory.ctypes.data % _CACHE_LINE_BYTES // 4
    table = memory[shift : shift + count * ROW].reshape(count, ROW)
    first = 0
    for part in head.parts:
        rows = table[first : first + len(part.vertices_m)]
        first += len(part.vertices_m)
        rows[:, NORMAL : NORMAL + 3] = part.normals
        rows[:, U : U + 2], rows[:, V : V + 2] = part.uv[:, :1], 1 - part.uv[:, 1:]
        rows[:, OPEN : SEEN + 3] = 1.0
        if _has_normal_map(part):
            tangents = vertex_tangents(part)
            rows[:, TANGENT : TANGENT + 3], rows[:, SIGN] = tangents[:, :3], tangents[:, 3]
    return table
