"""What the shaders look up: materials by part, vertices and triangles by number."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synhead.heads.model import HeadModel, HeadPart
from synhead.render.surfaces import plain_row, surface_row

MAX_PARTS = 64
ROW_TEXELS = 1024
"""Length of a row of the textures that hold vertices and triangles; even, so that no vertex lies in two rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """Uniforms of MAX_PARTS rows.

    Attributes:
        base_color_rgba: u_base_color.
        roughness_layers, natural_roughness: u_roughness_layers of light.glsl, without and with
            `Lighting.natural_surfaces`.
        plain_surface, natural_surface: u_surface, likewise.
    """

    base_color_rgba: bytes
    roughness_layers: bytes
    natural_roughness: bytes
    plain_surface: bytes
    natural_surface: bytes


def material_tables(head: HeadModel, color_layers: list[int], normal_layers: list[int]) -> Tables:
    """The tables of a head whose parts have these layers of the two texture arrays; normal layer -1: none."""
    layers = [(float(c), float(n)) for c, n in zip(color_layers, normal_layers, strict=True)]
    natural, plain = ([row(part) for part in head.parts] for row in (surface_row, plain_row))
    return Tables(
        base_color_rgba=_table([part.material.base_color_rgba for part in head.parts]),
        roughness_layers=_table([(float(r[0]), *both) for r, both in zip(plain, layers, strict=True)]),
        natural_roughness=_table([(float(r[0]), *both) for r, both in zip(natural, layers, strict=True)]),
        plain_surface=_table([tuple(map(float, row[1:])) for row in plain]),
        natural_surface=_table([tuple(map(float, row[1:])) for row in natural]),
    )


def _table(rows: list[tuple[float, ...]]) -> bytes:
    table = np.zeros((MAX_PARTS, len(rows[0])), dtype=np.float32)
    table[: len(rows)] = rows
    return table.tobytes()


def row_texture(ctx: Any, values: np.ndarray) -> Any:
    """A texture that holds [n, 4] numbers of 32 bits, one texel each, in rows of ROW_TEXELS."""
    texture = ctx.texture(
        (ROW_TEXELS, num_rows(len(values))),
        4,
        padded(values).tobytes(),
        dtype="u4" if values.dtype.kind == "u" else "f4",
    )
    texture.filter = ctx.NEAREST, ctx.NEAREST
    return texture


def num_rows(num_texels: int) -> int:
    """Rows that so many texels fill."""
    return max(1, -(-num_texels // ROW_TEXELS))


def padded(values: np.ndarray) -> np.ndarray:
    """The texels with zeros after them, so that they fill whole rows."""
    rows = np.zeros((num_rows(len(values)) * ROW_TEXELS, 4), dtype=values.dtype)
    rows[: len(values)] = values
    return rows


def vertex_rows(head: HeadModel) -> np.ndarray:
    """[num_vertices, 8] float32: position, normal, texture coordinates with v downwards."""
    pieces = [
        # Textures go up with their top row first, which GL calls the bottom.
        np.column_stack([part.vertices_m, part.normals, part.uv[:, 0], 1 - part.uv[:, 1]])
        for part in head.parts
    ]
    return np.concatenate(pieces).astype(np.float32)


def has_soft_light(part: HeadPart) -> bool:
    """True for fine, rough, see-through parts: light found at their vertices is as good as light at their pixels."""
    return part.kind in ("hair", "eyebrows", "eyelashes") and part.material.roughness >= 0.5
