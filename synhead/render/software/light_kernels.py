"""Last shading stages: light. The formulas are those of docs/design/0003-shading.md and of the gl engine's shaders.

One pass over a chunk for each light: a loop over items with nothing but arithmetic, which compilers turn into vectors.
Vectors are in the camera frame.
"""

import math

import numpy as np

from synhead.render.software import frame_light, surface_tables
from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.kernel_memory import ROW, keep_apart, load, write
from synhead.render.software.row_kernels import dot_rows
from synhead.render.software.work_columns import (
    BLUE,
    COLUMN,
    GREEN,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    OUT_BLUE,
    OUT_GREEN,
    OUT_RED,
    RED,
    SEEN,
    VIEW_COSINE,
    VIEW_X,
    VIEW_Y,
    VIEW_Z,
)

_AMBIENT, _SKY = frame_light.AMBIENT, frame_light.SKY
_LIGHT, _LIGHT_VALUES = frame_light.LIGHT, frame_light.LIGHT_VALUES
_SEEN = surface_tables.SEEN
_ROUGHNESS, _SCATTER = surface_tables.ROUGHNESS, surface_tables.SCATTER
_SECOND_ROUGHNESS, _SECOND_SHARE = surface_tables.SECOND_ROUGHNESS, surface_tables.SECOND_SHARE
_REFLECTION = surface_tables.REFLECTION
_ZERO, _ONE, _TWO, _THREE, _FOUR = (np.float32(value) for value in (0, 1, 2, 3, 4))
_EIGHTH = np.float32(0.125)
_HALF = np.float32(0.5)
_LEAST_SQUARE = np.float32(1e-10)
"""Of the halfway vector: its fourth power times that of the smallest roughness is a normal float32."""
_THOUSANDTH = np.float32(0.001)
_F0, _NOT_F0 = np.float32(0.04), np.float32(0.96)
_SCATTER_RED, _SCATTER_GREEN, _SCATTER_BLUE = (np.float32(value) for value in (0.16, 0.08, 0.05))
_MIRROR_1, _MIRROR_1_SLOPE, _MIRROR_2, _MIRROR_2_SLOPE = (np.float32(value) for value in (1.4, 0.4, 2.2, 1.4))
_FILM_A, _FILM_B, _FILM_C, _FILM_D = (np.float32(value) for value in (2.0545, 0.8, 2.0930, 0.5667))


@inlined
def _fifth_power(x):
    square = x * x
    return square * square * x


@inlined
def _angles(nx, ny, nz, vx, vy, vz, lx, ly, lz):
    """n.l; with h = l + v, not of unit length: the square of the clamped n.h, |h|^2; and 1 - v.h / |h|.

    v and l are of unit length, so that v.h is |h|^2 / 2.
    """
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    hh = max(hx * hx + hy * hy + hz * hz, _LEAST_SQUARE)
    facing = nx * lx + ny * ly + nz * lz
    nh = max(nx * hx + ny * hy + nz * hz, _ZERO)
    return facing, min(nh * nh, hh), hh, _ONE - min(_HALF * math.sqrt(hh), _ONE)


@inlined
def _fourth_power(x):
    square = x * x
    return square * square


@inlined
def _shading_divisor(nl, nv, k):
    """What the two terms of geometry and the whole are divided by: one division serves all."""
    rest = _ONE - k
    return (nv * rest + k) * (nl * rest + k) * (_FOUR * nl * nv + _THOUSANDTH)


@kernel
def add_ambient(light, start, stop, work):
    """OUT = albedo * ambient."""
    keep_apart()
    columns, values = work.columns, light.values
    red, green, blue = values[_AMBIENT], values[_AMBIENT + 1], values[_AMBIENT + 2]
    for j in range(start, stop):
        write(columns, OUT_RED + j, load(columns, RED + j) * red)
        write(columns, OUT_GREEN + j, load(columns, GREEN + j) * green)
        write(columns, OUT_BLUE + j, load(columns, BLUE + j) * blue)


@kernel
def add_light(surface, light, number, part, start, stop, work):
    """OUT += one light on plain glTF surfaces."""
    keep_apart()
    columns, values, at = work.columns, light.values, _LIGHT + _LIGHT_VALUES * number
    lx, ly, lz = values[at], values[at + 1], values[at + 2]
    red, green, blue = values[at + 3], values[at + 4], values[at + 5]
    roughness = surface.materials[light.material_set, part, _ROUGHNESS]
    a2, k = _fourth_power(roughness), (roughness + _ONE) * (roughness + _ONE) * _EIGHTH
    for j in range(start, stop):
        nv = load(columns, VIEW_COSINE + j)
        facing, nh2, hh, m = _angles(
            load(columns, NORMAL_X + j),
            load(columns, NORMAL_Y + j),
            load(columns, NORMAL_Z + j),
            load(columns, VIEW_X + j),
            load(columns, VIEW_Y + j),
            load(columns, VIEW_Z + j),
            lx,
            ly,
            lz,
        )
        nl = min(max(facing, _THOUSANDTH), _ONE)
        fresnel = _F0 + _NOT_F0 * _fifth_power(m)
        d = nh2 * (a2 - _ONE) + hh
        specular = fresnel * nv * nl * nl * a2 * (hh * hh) / (d * d * _shading_divisor(nl, nv, k))
        diffuse = (_ONE - fresnel) * _NOT_F0 * nl
        r, g, b = (
            diffuse * load(columns, RED + j),
            diffuse * load(columns, GREEN + j),
            diffuse * load(columns, BLUE + j),
        )
        write(columns, OUT_RED + j, load(columns, OUT_RED + j) + red * (r + specular))
        write(columns, OUT_GREEN + j, load(columns, OUT_GREEN + j) + green * (g + specular))
        write(columns, OUT_BLUE + j, load(columns, OUT_BLUE + j) + blue * (b + specular))


@inlined
def _sky(x, y, z, band_1, band_2, c0, c1, c2, c3, c4, c5, c6, c7, c8):
    first = y * c1 + z * c2 + x * c3
    second = x * y * c4 + y * z * c5 + (_THREE * z * z - _ONE) * c6 + x * z * c7 + (x * x - y * y) * c8
    return max(c0 + band_1 * first + band_2 * second, _ZERO)


@kernel
def add_sky(surface, light, channel, part, start, stop, work):
    """OUT of one channel = light from everywhere, natural."""
    keep_apart()
    columns, values, material = work.columns, light.values, surface.materials[light.material_set, part]
    roughness, reflection, shadows = material[_ROUGHNESS], material[_REFLECTION], light.shadows != 0
    c0, c1, c2 = values[_SKY + channel], values[_SKY + 3 + channel], values[_SKY + 6 + channel]
    c3, c4, c5 = values[_SKY + 9 + channel], values[_SKY + 12 + channel], values[_SKY + 15 + channel]
    c6, c7, c8 = values[_SKY + 18 + channel], values[_SKY + 21 + channel], values[_SKY + 24 + channel]
    step = GREEN - RED
    for j in range(start, stop):
        albedo = load(columns, RED + step * channel + j)
        open_share = load(columns, OPEN + j) if shadows else _ONE
        nx, ny, nz = load(columns, NORMAL_X + j), load(columns, NORMAL_Y + j), load(columns, NORMAL_Z + j)
        vx, vy, vz = load(columns, VIEW_X + j), load(columns, VIEW_Y + j), load(columns, VIEW_Z + j)
        nv = load(columns, VIEW_COSINE + j)
        arriving = _sky(nx, ny, nz, _ONE, _ONE, c0, c1, c2, c3, c4, c5, c6, c7, c8)
        arriving = arriving * (open_share / max(_ONE - albedo * (_ONE - open_share), _THOUSANDTH))
        smooth = _ONE - roughness
        fresnel = reflection * (_F0 + _NOT_F0 * smooth * smooth * _fifth_power(_ONE - nv))
        twice = _TWO * (nx * vx + ny * vy + nz * vz)
        mirrored = _sky(
            twice * nx - vx,
            twice * ny - vy,
            twice * nz - vz,
            _MIRROR_1 - _MIRROR_1_SLOPE * roughness,
            _MIRROR_2 - _MIRROR_2_SLOPE * roughness,
            c0,
            c1,
            c2,
            c3,
            c4,
            c5,
            c6,
            c7,
            c8,
        )
        radiance = (_ONE - fresnel) * albedo * arriving + fresnel * open_share * mirrored
        write(columns, OUT_RED + step * channel + j, radiance)


@inlined
def _scattered(facing, wrap, seen):
    """Diffuse light that wraps round the terminator; shadows' edges are red for the same reason."""
    whole = _ONE + wrap
    return max((facing + wrap) / (whole * whole), _ZERO) * (seen + wrap * seen * (_ONE - seen))


@kernel
def add_natural_light(surface, light, number, part, start, stop, work):
    """OUT += one light on natural surfaces, with shadows."""
    keep_apart()
    columns, values, at = work.columns, light.values, _LIGHT + _LIGHT_VALUES * number
    lx, ly, lz = values[at], values[at + 1], values[at + 2]
    red, green, blue = values[at + 3], values[at + 4], values[at + 5]
    material = surface.materials[light.material_set, part]
    roughness, scatter = material[_ROUGHNESS], material[_SCATTER]
    second_roughness, second_share, shadows = material[_SECOND_ROUGHNESS], material[_SECOND_SHARE], light.shadows != 0
    a2, b2 = _fourth_power(roughness), _fourth_power(second_roughness)
    k = (roughness + _ONE) * (roughness + _ONE) * _EIGHTH
    for j in range(start, stop):
        seen = load(columns, SEEN + COLUMN * number + j) if shadows else _ONE
        nv = load(columns, VIEW_COSINE + j)
        facing, nh2, hh, m = _angles(
            load(columns, NORMAL_X + j),
            load(columns, NORMAL_Y + j),
            load(columns, NORMAL_Z + j),
            load(columns, VIEW_X + j),
            load(columns, VIEW_Y + j),
            load(columns, VIEW_Z + j),
            lx,
            ly,
            lz,
        )
        nl = min(max(facing, _THOUSANDTH), _ONE)
        fresnel = _F0 + _NOT_F0 * _fifth_power(m)
        nh2 = nh2 / hh
        d, e = nh2 * (a2 - _ONE) + _ONE, nh2 * (b2 - _ONE) + _ONE
        d, e = d * d, e * e
        lobes = a2 * (_ONE - second_share) * e + b2 * second_share * d
        specular = nl * nl * nv * seen * fresnel * lobes / (d * e * _shading_divisor(nl, nv, k))
        diffuse = (_ONE - fresnel) * _NOT_F0
        r = diffuse * load(columns, RED + j) * _scattered(facing, scatter * _SCATTER_RED, seen)
        g = diffuse * load(columns, GREEN + j) * _scattered(facing, scatter * _SCATTER_GREEN, seen)
        b = diffuse * load(columns, BLUE + j) * _scattered(facing, scatter * _SCATTER_BLUE, seen)
        write(columns, OUT_RED + j, load(columns, OUT_RED + j) + red * (r + specular))
        write(columns, OUT_GREEN + j, load(columns, OUT_GREEN + j) + green * (g + specular))
        write(columns, OUT_BLUE + j, load(columns, OUT_BLUE + j) + blue * (b + specular))


@inlined
def _film(x):
    return x * (_FILM_A * x + _FILM_B) / (x * (_FILM_C * x + _FILM_D) + _ONE)


@kernel
def put_out(filmic, first, count, work, out_rgb):
    """The tone curve, and the clamp to 1: a highlight brighter than white must not swallow the edge beside it."""
    keep_apart()
    columns, order = work.columns, work.order
    for j in range(count):
        r, g, b = load(columns, OUT_RED + j), load(columns, OUT_GREEN + j), load(columns, OUT_BLUE + j)
        if filmic:
            r, g, b = _film(r), _film(g), _film(b)
        at = 3 * (first + load(order, j))
        write(out_rgb, at, min(r, _ONE))
        write(out_rgb, at + 1, min(g, _ONE))
        write(out_rgb, at + 2, min(b, _ONE))


@kernel
def shade_vertices(hidden_sh, harmonics, rows):
    """How much of each light arrives at the vertices: 1 minus the baked harmonics at the light, clamped.

    Args:
        hidden_sh: float32 [num_vertices, 16].
        harmonics: float32 [num_lights, 16].
        rows: float32 [num_vertices, ROW], of which the columns of lights are written.
    """
    keep_apart()
    for vertex in range(hidden_sh.shape[0]):
        for number in range(harmonics.shape[0]):
            seen = _ONE - dot_rows(hidden_sh, np.int64(vertex), harmonics, np.int64(number))
            write(rows, vertex * ROW + _SEEN + number, min(max(seen, _ZERO), _ONE))
