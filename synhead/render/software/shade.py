"""Colour and opacity of items: all shading stages over chunks of `CHUNK` items. Callable from compiled code as well.

The result is a pure function of the inputs, the same bits on every processor: no fast-math, no sum is reordered, and
nothing but the four operations and the square root, which IEEE 754 rounds exactly.
"""

import numpy as np
from numba import njit

from synhead.render.software.attributes import find_normals, interpolate
from synhead.render.software.kernel_memory import ROW
from synhead.render.software.light_kernels import (
    add_ambient,
    add_light,
    add_natural_light,
    add_sky,
    put_out,
)
from synhead.render.software.texture_sampling import sample_alpha, sample_colors, sample_normals
from synhead.render.software.work_columns import CHUNK, NUM_COLUMNS


@njit(cache=True, nogil=True, error_model="numpy")
def shade_items(surface, light, planes, triangle, x, y, front, num_items, out_rgb):
    """Colour of the first `num_items` items: linear light, tone-mapped, at most 1, not multiplied by opacity.

    Args:
        surface: `surface_tables.SurfaceTables`.
        light: `frame_light.FrameLight`; with shadows, `light_kernels.shade_vertices` has run for this frame.
        planes, triangle, x, y, front: as `items` has them.
        out_rgb: float32 [>= num_items, 3], C-ordered, written.
    """
    work = np.empty(NUM_COLUMNS * CHUNK, dtype=np.float32)
    mixed = np.empty(ROW * CHUNK, dtype=np.float32)
    part = np.empty(CHUNK, dtype=np.int32)
    for first in range(0, num_items, CHUNK):
        count = min(CHUNK, num_items - first)
        interpolate(surface, planes, triangle, x, y, first, count, mixed, work, part)
        sample_colors(surface, light.material_set, count, mixed, part, work)
        if surface.has_normal_maps:
            sample_normals(surface, count, mixed, part, work)
        find_normals(light, surface.has_normal_maps, front, x, y, first, count, mixed, work)
        if light.natural:
            for channel in range(3):
                add_sky(surface, light, channel, count, mixed, part, work)
            for number in range(light.num_lights):
                add_natural_light(surface, light, number, count, mixed, part, work)
        else:
            add_ambient(light, count, work)
            for number in range(light.num_lights):
                add_light(surface, light, number, count, part, work)
        put_out(light.filmic, first, count, work, out_rgb)


@njit(cache=True, nogil=True, error_model="numpy")
def alpha_of_items(surface, planes, triangle, x, y, num_items, out_alpha):
    """Opacity of the first `num_items` items in [0, 1]: that of the texture times that of the material.

    Args:
        out_alpha: float32 [>= num_items], written.
    """
    work = np.empty(NUM_COLUMNS * CHUNK, dtype=np.float32)
    mixed = np.empty(ROW * CHUNK, dtype=np.float32)
    part = np.empty(CHUNK, dtype=np.int32)
    for first in range(0, num_items, CHUNK):
        count = min(CHUNK, num_items - first)
        interpolate(surface, planes, triangle, x, y, first, count, mixed, work, part)
        sample_alpha(surface, first, count, mixed, part, work, out_alpha)
