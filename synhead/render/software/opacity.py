"""Opacity of see-through surfaces, for far more points than are shaded: texture coordinates and one look-up, no more.

Level of detail and filtering are those of `texture_sampling`. A word of the table holds four neighbouring opacities, so
that a level takes one read, and points of one triangle share what its corners say.
"""

import numpy as np

from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.items import ORIGIN_X, ORIGIN_Y, PLANE_COLUMNS
from synhead.render.software.kernel_memory import ROW, keep_apart, load, read, write
from synhead.render.software.mipmaps import MAX_LEVELS
from synhead.render.software.surface_tables import BASE, U, V
from synhead.render.software.texture_sampling import FARTHEST, TINY, first_texel, half_log2
from synhead.render.software.work_columns import CHUNK, COLUMN

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_PER_BYTE = np.float32(1 / 255)
_NEAREST = np.float32(1e-6)
"""As `row_kernels.NEAREST`."""
_V_PLACE, _LONGEST, _NUM_COLUMNS = COLUMN, 2 * COLUMN, 3


@kernel
def alpha_of_items(surface, planes, triangle, x, y, num_items, out_alpha):
    """Opacity of the first `num_items` items in [0, 1]: that of the texture times that of the material.

    Fastest where items of one part, and of one triangle, follow each other.

    Args:
        surface: `surface_tables.SurfaceTables`.
        planes, triangle, x, y: as `items` has them.
        out_alpha: float32 [>= num_items], written.
    """
    part_of = surface.part_of
    places = np.empty(_NUM_COLUMNS * COLUMN, np.float32)
    first = 0
    while first < num_items:
        part, stop = part_of[triangle[first]], first + 1
        limit = min(first + CHUNK, num_items)
        while stop < limit and part_of[triangle[stop]] == part:
            stop += 1
        factor = surface.materials[0, part, BASE + 3]
        if surface.has_alpha[part] != 0:
            texture = surface.texture[part, 0]
            _find_places(surface, texture, planes, triangle, x, y, first, stop - first, places)
            _read_opacity(surface, texture, factor * _PER_BYTE, places, first, stop - first, out_alpha)
        else:
            out_alpha[first:stop] = factor
        first = stop


@kernel
def _find_places(surface, texture, planes, triangle, x, y, first, count, places):
    """Texture coordinates of some items, and the square of the longer step that a pixel makes there, in texels."""
    keep_apart()
    rows, corners = surface.rows, surface.corners
    width, height = np.float32(surface.size_px[texture, 0]), np.float32(surface.size_px[texture, 1])
    u0 = v0 = ox = oy = wa = wb = wc = ua = ub = uc = va = vb = vc = _ZERO
    last = np.int64(-1)
    for j in range(count):
        t = np.int64(read(triangle, first + j))
        if t != last:
            last = t
            i0, i1, i2 = (
                ROW * np.int64(read(corners, 4 * t)), ROW * np.int64(read(corners, 4 * t + 1)),
                ROW * np.int64(read(corners, 4 * t + 2)),
            )  # fmt: skip
            u0, v0 = read(rows, i0 + U), read(rows, i0 + V)
            u1, u2 = read(rows, i1 + U) - u0, read(rows, i2 + U) - u0
            v1, v2 = read(rows, i1 + V) - v0, read(rows, i2 + V) - v0
            p = PLANE_COLUMNS * t
            a1, b1, c1 = read(planes, p + 3), read(planes, p + 4), read(planes, p + 5)
            a2, b2, c2 = read(planes, p + 6), read(planes, p + 7), read(planes, p + 8)
            wa, wb, wc = read(planes, p) + a1 + a2, read(planes, p + 1) + b1 + b2, read(planes, p + 2) + c1 + c2
            # From the first corner's own coordinates: small numbers keep more digits.
            ua, ub, uc = u1 * a1 + u2 * a2, u1 * b1 + u2 * b2, u1 * c1 + u2 * c2
            va, vb, vc = v1 * a1 + v2 * a2, v1 * b1 + v2 * b2, v1 * c1 + v2 * c2
            ox, oy = read(planes, p + ORIGIN_X), read(planes, p + ORIGIN_Y)
        dx, dy = read(x, first + j) - ox, read(y, first + j) - oy
        scale = _ONE / max(wa * dx + wb * dy + wc, _NEAREST)
        u, v = (ua * dx + ub * dy + uc) * scale, (va * dx + vb * dy + vc) * scale
        along, across = scale * width, scale * height
        du_dx, du_dy = (ua - u * wa) * along, (ub - u * wb) * along
        dv_dx, dv_dy = (va - v * wa) * across, (vb - v * wb) * across
        write(places, j, u0 + u)
        write(places, _V_PLACE + j, v0 + v)
        write(places, _LONGEST + j, max(du_dx * du_dx + dv_dx * dv_dx, du_dy * du_dy + dv_dy * dv_dy))


@inlined
def _level_opacity(quads, start, width, height, u, v):
    """Linear between four texels, in bytes."""
    x, right = first_texel(u, width)
    y, low = first_texel(v, height)
    quad = read(quads, np.int32(start + y * width + x))
    a, b = np.float32(quad & 255), np.float32((quad >> 8) & 255)
    c, d = np.float32((quad >> 16) & 255), np.float32((quad >> 24) & 255)
    upper, lower = a + (b - a) * right, c + (d - c) * right
    return upper + (lower - upper) * low


@kernel
def _read_opacity(surface, texture, factor, places, first, count, out_alpha):
    keep_apart()
    quads, level_start = surface.opacity, surface.opacity_start
    width, height = surface.size_px[texture, 0], surface.size_px[texture, 1]
    last = np.int32(surface.size_px[texture, 2] - 1)
    starts = np.int32(texture * MAX_LEVELS)
    for j in range(count):
        level = min(max(half_log2(max(load(places, _LONGEST + j), TINY)), _ZERO), np.float32(last))
        sharp = np.int32(level)
        coarse = min(np.int32(sharp + 1), last)
        u = min(max(load(places, j), -FARTHEST), FARTHEST)
        v = min(max(load(places, _V_PLACE + j), -FARTHEST), FARTHEST)
        u, v = u - np.floor(u), v - np.floor(v)
        fine = _level_opacity(
            quads,
            read(level_start, np.int32(starts + sharp)),
            max(np.int32(width >> sharp), np.int32(1)),
            max(np.int32(height >> sharp), np.int32(1)),
            u,
            v,
        )
        blurred = _level_opacity(
            quads,
            read(level_start, np.int32(starts + coarse)),
            max(np.int32(width >> coarse), np.int32(1)),
            max(np.int32(height >> coarse), np.int32(1)),
            u,
            v,
        )
        write(out_alpha, first + j, (fine + (blurred - fine) * (level - np.float32(sharp))) * factor)
