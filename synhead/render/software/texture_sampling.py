"""Second shading stage: trilinear texture look-ups, and what texels mean."""

import math

import numpy as np
from numba import njit

from synhead.render.software import surface_tables
from synhead.render.software.kernel_memory import ROW, float_bits, float_from_bits, load, read, write
from synhead.render.software.mipmaps import MAX_LEVELS
from synhead.render.software.surface_tables import MATERIAL
from synhead.render.software.work_columns import (
    ALPHA,
    BENT_X,
    BENT_Y,
    BENT_Z,
    BLUE,
    DU_DX,
    DU_DY,
    DV_DX,
    DV_DY,
    GREEN,
    RED,
)

_U, _V = surface_tables.U, surface_tables.V
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_TINY = np.float32(1e-30)
_PER_BYTE = np.float32(1 / 255)
_LEAST_ALPHA = np.float32(0.001)
# The sRGB curve of gl/shaders/mesh.frag.
_SRGB_1, _SRGB_2, _SRGB_3, _SRGB_4 = (np.float32(c) for c in (0.09482896, -0.24630569, 0.69507946, 0.45459175))
# log2 of [1, 2) within 1.3e-4, exact at both ends: least squares.
_LOG_1, _LOG_2, _LOG_3, _LOG_4 = (np.float32(c) for c in (1.43837933, -0.67588065, 0.31815448, -0.08065316))
# Bytes of a normal map: 128 is 0, 1 is -1 and 255 is 1.
_BENT_SCALE, _BENT_ZERO = np.float32(1 / 127), np.float32(128 / 127)
"""Per byte."""


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _half_log2(value):
    """log2(value) / 2 for value > 0, from the exponent's bits and a polynomial of the mantissa."""
    bits = float_bits(value)
    exponent = np.float32(np.int32((bits >> 23) - 127))
    m = float_from_bits(np.int32((bits & 0x7FFFFF) | 0x3F800000)) - _ONE
    return _HALF * (exponent + m * (_LOG_1 + m * (_LOG_2 + m * (_LOG_3 + m * _LOG_4))))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _neighbours(u, size):
    """The two texels beside a coordinate in [0, 1], repeating, and the share of the second."""
    place = u * np.float32(size) - _HALF
    low = np.floor(place)
    first = np.int32(low)
    second = np.int32(first + 1)
    share = place - low
    first = np.int32(first + size) if first < 0 else first
    second = np.int32(0) if second >= size else second
    return first, second, share


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _channel(texel, shift):
    return np.float32(np.int32((texel >> shift) & 255))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _four_channels(texel, weight, r, g, b, a):
    return (
        r + weight * _channel(texel, 0),
        g + weight * _channel(texel, 8),
        b + weight * _channel(texel, 16),
        a + weight * _channel(texel, 24),
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _add_level(texels, start, width, height, u, v, share, r, g, b, a):
    """Add one mip level's bilinear value times `share`, in bytes."""
    x0, x1, fx = _neighbours(u, width)
    y0, y1, fy = _neighbours(v, height)
    top, low = np.int32(start + y0 * width), np.int32(start + y1 * width)
    t00, t10 = read(texels, np.int32(top + x0)), read(texels, np.int32(top + x1))
    t01, t11 = read(texels, np.int32(low + x0)), read(texels, np.int32(low + x1))
    upper, lower = share * (_ONE - fy), share * fy
    r, g, b, a = _four_channels(t00, upper * (_ONE - fx), r, g, b, a)
    r, g, b, a = _four_channels(t10, upper * fx, r, g, b, a)
    r, g, b, a = _four_channels(t01, lower * (_ONE - fx), r, g, b, a)
    return _four_channels(t11, lower * fx, r, g, b, a)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _look_up(texels, level_start, size_px, texture, u, v, du_dx, dv_dx, du_dy, dv_dy):
    """Red, green, blue and opacity in bytes, as OpenGL's GL_LINEAR_MIPMAP_LINEAR with GL_REPEAT."""
    width, height = read(size_px, np.int32(texture * 4)), read(size_px, np.int32(texture * 4 + 1))
    last = np.int32(read(size_px, np.int32(texture * 4 + 2)) - 1)
    w, h = np.float32(width), np.float32(height)
    du_dx, dv_dx, du_dy, dv_dy = du_dx * w, dv_dx * h, du_dy * w, dv_dy * h
    longest = max(max(du_dx * du_dx + dv_dx * dv_dx, du_dy * du_dy + dv_dy * dv_dy), _TINY)
    level = min(max(_half_log2(longest), _ZERO), np.float32(last))
    first = np.int32(level)
    second = min(np.int32(first + 1), last)
    share = level - np.float32(first)
    u, v = u - np.floor(u), v - np.floor(v)
    start = np.int32(texture * MAX_LEVELS)
    r, g, b, a = _add_level(
        texels,
        read(level_start, np.int32(start + first)),
        max(np.int32(width >> first), np.int32(1)),
        max(np.int32(height >> first), np.int32(1)),
        u,
        v,
        _ONE - share,
        _ZERO,
        _ZERO,
        _ZERO,
        _ZERO,
    )
    return _add_level(
        texels,
        read(level_start, np.int32(start + second)),
        max(np.int32(width >> second), np.int32(1)),
        max(np.int32(height >> second), np.int32(1)),
        u,
        v,
        share,
        r,
        g,
        b,
        a,
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _linear_from_srgb(c):
    s = math.sqrt(c)
    return c * (_SRGB_1 + s * (_SRGB_2 + s * (_SRGB_3 + s * _SRGB_4)))


@njit(cache=True, nogil=True, error_model="numpy")
def sample_colors(surface, material_set, count, mixed, part, work):
    """RED to ALPHA: linear albedo and opacity, base colour included."""
    texels, level_start, size_px = surface.texels, surface.level_start, surface.size_px
    texture, materials = surface.texture, surface.materials
    first_material = np.int32(material_set * surface.has_alpha.size)
    for j in range(count):
        row = read(part, j)
        at = j * ROW
        r, g, b, a = _look_up(
            texels,
            level_start,
            size_px,
            read(texture, np.int32(row * 2)),
            read(mixed, at + _U),
            read(mixed, at + _V),
            load(work, DU_DX + j),
            load(work, DV_DX + j),
            load(work, DU_DY + j),
            load(work, DV_DY + j),
        )
        material = np.int32((first_material + row) * MATERIAL)
        # Texels are premultiplied, so that filtering draws no colour from see-through neighbours.
        a = a * _PER_BYTE
        scale = _PER_BYTE / max(a, _LEAST_ALPHA)
        red, green, blue = min(r * scale, _ONE), min(g * scale, _ONE), min(b * scale, _ONE)
        write(work, RED + j, _linear_from_srgb(red) * read(materials, material))
        write(work, GREEN + j, _linear_from_srgb(green) * read(materials, np.int32(material + 1)))
        write(work, BLUE + j, _linear_from_srgb(blue) * read(materials, np.int32(material + 2)))
        write(work, ALPHA + j, a * read(materials, np.int32(material + 3)))


@njit(cache=True, nogil=True, error_model="numpy")
def sample_normals(surface, count, mixed, part, work):
    """BENT_X to BENT_Z: the normal maps' vectors, not of unit length."""
    texels, level_start, size_px, texture = surface.texels, surface.level_start, surface.size_px, surface.texture
    for j in range(count):
        at = j * ROW
        x, y, z, _ = _look_up(
            texels,
            level_start,
            size_px,
            read(texture, np.int32(read(part, j) * 2 + 1)),
            read(mixed, at + _U),
            read(mixed, at + _V),
            load(work, DU_DX + j),
            load(work, DV_DX + j),
            load(work, DU_DY + j),
            load(work, DV_DY + j),
        )
        write(work, BENT_X + j, x * _BENT_SCALE - _BENT_ZERO)
        write(work, BENT_Y + j, y * _BENT_SCALE - _BENT_ZERO)
        write(work, BENT_Z + j, z * _BENT_SCALE - _BENT_ZERO)


@njit(cache=True, nogil=True, error_model="numpy")
def sample_alpha(surface, first, count, mixed, part, work, out_alpha):
    """Opacity alone, the factor of the material included."""
    texels, level_start, size_px = surface.texels, surface.level_start, surface.size_px
    texture, materials = surface.texture, surface.materials
    for j in range(count):
        row = read(part, j)
        at = j * ROW
        _, _, _, a = _look_up(
            texels,
            level_start,
            size_px,
            read(texture, np.int32(row * 2)),
            read(mixed, at + _U),
            read(mixed, at + _V),
            load(work, DU_DX + j),
            load(work, DV_DX + j),
            load(work, DU_DY + j),
            load(work, DV_DY + j),
        )
        write(out_alpha, first + j, a * _PER_BYTE * read(materials, np.int32(row * MATERIAL + 3)))
