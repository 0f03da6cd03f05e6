"""Second shading stage: trilinear texture look-ups, and what texels mean.

As OpenGL's GL_LINEAR_MIPMAP_LINEAR with GL_REPEAT: the level is log2 of the longer of the two steps that a pixel makes
in the texture, in texels. A look-up is done in two loops: places and weights of four pairs of texels, then
the reading.
"""

import math

import numpy as np

from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.kernel_memory import float_bits, float_from_bits, keep_apart, load, prefetch, read, write
from synhead.render.software.mipmaps import MAX_LEVELS
from synhead.render.software.row_kernels import mix_finer_texels, mix_texels
from synhead.render.software.work_columns import (
    BENT_X,
    BENT_Y,
    BENT_Z,
    BLUE,
    COLUMN,
    GREEN,
    RED,
    U_PLACE,
    V_PLACE,
    WEIGHT,
)

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
TINY = np.float32(1e-30)
FARTHEST = np.float32(1e9)
_PER_BYTE = np.float32(1 / 255)
_LEAST_ALPHA = np.float32(0.001)
# The sRGB curve of gl/shaders/mesh.frag.
_SRGB_1, _SRGB_2, _SRGB_3, _SRGB_4 = (np.float32(c) for c in (0.09482896, -0.24630569, 0.69507946, 0.45459175))
# log2 of [1, 2) within 1.3e-4, exact at both ends: least squares.
_LOG_1, _LOG_2, _LOG_3, _LOG_4 = (np.float32(c) for c in (1.43837933, -0.67588065, 0.31815448, -0.08065316))
_AHEAD = 16
"""Items by which texels are asked for before they are used."""
# Bytes of a normal map: 128 is 0, 1 is -1 and 255 is 1.
_BENT_SCALE, _BENT_ZERO = np.float32(1 / 127), np.float32(128 / 127)


@inlined
def half_log2(value):
    """log2(value) / 2 for value > 0, from the exponent's bits and a polynomial of the mantissa."""
    bits = float_bits(value)
    exponent = np.float32(np.int32((bits >> 23) - 127))
    m = float_from_bits(np.int32((bits & 0x7FFFFF) | 0x3F800000)) - _ONE
    return _HALF * (exponent + m * (_LOG_1 + m * (_LOG_2 + m * (_LOG_3 + m * _LOG_4))))


@inlined
def first_texel(u, size):
    """The texel left of a coordinate in [0, 1], repeating, and the share of its right neighbour."""
    place = u * np.float32(size) - _HALF
    low = np.floor(place)
    first = np.int32(low)
    share = place - low
    first = np.int32(first + size) if first < 0 else first
    return first, share


@inlined
def _put_level(columns, places, j, level, start, width, height, u, v, share):
    x, fx = first_texel(u, width)
    y, fy = first_texel(v, height)
    below = np.int32(0) if y + 1 >= height else np.int32(y + 1)
    stride = np.int32(width + 1)
    write(places, COLUMN * (2 * level) + j, np.int32(start + y * stride + x))
    write(places, COLUMN * (2 * level + 1) + j, np.int32(start + below * stride + x))
    write(columns, WEIGHT + COLUMN * (3 * level) + j, fx)
    write(columns, WEIGHT + COLUMN * (3 * level + 1) + j, share * (_ONE - fy))
    write(columns, WEIGHT + COLUMN * (3 * level + 2) + j, share * fy)


@kernel
def _find_texels(surface, texture, sharper, start, stop, work):
    """Places and weights of the texels (four pairs) of items `start` to `stop` of the chunk."""
    keep_apart()
    columns, slopes, places, level_start = work.columns, work.slopes, work.places, surface.level_start
    width, height = surface.size_px[texture, 0], surface.size_px[texture, 1]
    last = np.int32(surface.size_px[texture, 2] - 1)
    w, h = np.float32(width) * sharper, np.float32(height) * sharper
    starts = np.int32(texture * MAX_LEVELS)
    for j in range(start, stop):
        du_dx, du_dy = load(slopes, 4 * j) * w, load(slopes, 4 * j + 1) * w
        dv_dx, dv_dy = load(slopes, 4 * j + 2) * h, load(slopes, 4 * j + 3) * h
        longest = max(max(du_dx * du_dx + dv_dx * dv_dx, du_dy * du_dy + dv_dy * dv_dy), TINY)
        level = min(max(half_log2(longest), _ZERO), np.float32(last))
        first = np.int32(level)
        second = min(np.int32(first + 1), last)
        share = level - np.float32(first)
        # The bound only keeps points far outside of a triangle that is seen edge-on within the whole numbers.
        u = min(max(load(columns, U_PLACE + j), -FARTHEST), FARTHEST)
        v = min(max(load(columns, V_PLACE + j), -FARTHEST), FARTHEST)
        u, v = u - np.floor(u), v - np.floor(v)
        _put_level(
            columns,
            places,
            j,
            0,
            read(level_start, np.int32(starts + first)),
            max(np.int32(width >> first), np.int32(1)),
            max(np.int32(height >> first), np.int32(1)),
            u,
            v,
            _ONE - share,
        )
        _put_level(
            columns,
            places,
            j,
            1,
            read(level_start, np.int32(starts + second)),
            max(np.int32(width >> second), np.int32(1)),
            max(np.int32(height >> second), np.int32(1)),
            u,
            v,
            share,
        )


@kernel
def _read_texels(surface, shift, start, stop, work):
    """Read what `_find_texels` found, `shift` texels on."""
    keep_apart()
    texels, places, weights, out = surface.texels, work.places, work.columns[WEIGHT:], work.texels
    for j in range(start, stop):
        ahead = min(j + _AHEAD, stop - 1)
        prefetch(texels, load(places, ahead) + shift)
        prefetch(texels, load(places, COLUMN + ahead) + shift)
        # Enlarged textures have one level; neighbours are mostly alike in this.
        if load(weights, COLUMN * 4 + j) + load(weights, COLUMN * 5 + j) > _ZERO:
            prefetch(texels, load(places, COLUMN * 2 + ahead) + shift)
            prefetch(texels, load(places, COLUMN * 3 + ahead) + shift)
            mix_texels(texels, shift, places, weights, np.int64(j), np.int64(COLUMN), out)
        else:
            mix_finer_texels(texels, shift, places, weights, np.int64(j), np.int64(COLUMN), out)


@inlined
def _linear_from_srgb(c):
    s = math.sqrt(c)
    return c * (_SRGB_1 + s * (_SRGB_2 + s * (_SRGB_3 + s * _SRGB_4)))


@kernel
def _decode_colors(tint_red, tint_green, tint_blue, start, stop, work):
    keep_apart()
    columns, texels = work.columns, work.texels
    for j in range(start, stop):
        # Texels are premultiplied, so that filtering draws no colour from see-through neighbours.
        scale = _PER_BYTE / max(load(texels, 4 * j + 3) * _PER_BYTE, _LEAST_ALPHA)
        red, green = min(load(texels, 4 * j) * scale, _ONE), min(load(texels, 4 * j + 1) * scale, _ONE)
        blue = min(load(texels, 4 * j + 2) * scale, _ONE)
        write(columns, RED + j, _linear_from_srgb(red) * tint_red)
        write(columns, GREEN + j, _linear_from_srgb(green) * tint_green)
        write(columns, BLUE + j, _linear_from_srgb(blue) * tint_blue)


@kernel
def _decode_normals(start, stop, work):
    keep_apart()
    columns, texels = work.columns, work.texels
    for j in range(start, stop):
        write(columns, BENT_X + j, load(texels, 4 * j) * _BENT_SCALE - _BENT_ZERO)
        write(columns, BENT_Y + j, load(texels, 4 * j + 1) * _BENT_SCALE - _BENT_ZERO)
        write(columns, BENT_Z + j, load(texels, 4 * j + 2) * _BENT_SCALE - _BENT_ZERO)


@kernel
def sample_colors(surface, part, sharper, start, stop, work):
    """RED to BLUE: linear albedo, base colour included."""
    _find_texels(surface, surface.texture[part, 0], sharper, start, stop, work)
    _read_texels(surface, np.int32(0), start, stop, work)
    tint = surface.materials[0, part]
    _decode_colors(tint[0], tint[1], tint[2], start, stop, work)


@inlined
def _same_size(size_px, a, b):
    return size_px[a, 0] == size_px[b, 0] and size_px[a, 1] == size_px[b, 1]


@kernel
def sample_normals(surface, part, sharper, start, stop, work):
    """BENT_X to BENT_Z: the normal map's vectors, not of unit length. Follows `sample_colors` for the same items."""
    color, normal = surface.texture[part, 0], surface.texture[part, 1]
    shift = np.int32(0)
    if _same_size(surface.size_px, color, normal):
        shift = np.int32(surface.level_start[normal, 0] - surface.level_start[color, 0])
    else:
        _find_texels(surface, normal, sharper, start, stop, work)
    _read_texels(surface, shift, start, stop, work)
    _decode_normals(start, stop, work)
