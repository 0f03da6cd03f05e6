"""Colour of items: all shading stages over chunks of `CHUNK` items. Callable from compiled code as well.

The result is a pure function of the inputs, the same bits on every processor: no fast-math, no sum is reordered, and
nothing but the four operations and the square root, which IEEE 754 rounds exactly.
"""

import numpy as np

from synhead.render.software.attributes import (
    bend_normals,
    face_viewer,
    gather_items,
    gather_sides,
    interpolate,
    interpolate_half,
)
from synhead.render.software.compiled import kernel
from synhead.render.software.light_kernels import add_ambient, add_light, add_natural_light, add_sky, put_out
from synhead.render.software.surface_tables import SOLID
from synhead.render.software.texture_sampling import sample_colors, sample_normals
from synhead.render.software.work_columns import CHUNK, new_work


@kernel
def shade_items(surface, light, planes, triangle, x, y, front, num_items, out_rgb):
    """Colour of the first `num_items` items: linear light, tone-mapped, at most 1, not multiplied by opacity.

    Args:
        surface: `surface_tables.SurfaceTables`.
        light: `frame_light.FrameLight`; with shadows, `light_kernels.shade_vertices` has run for this frame.
        planes, triangle, x, y, front: as `items` has them.
        out_rgb: float32 [>= num_items, 3], C-ordered, written.
    """
    num_parts = surface.has_alpha.size
    work = new_work(num_parts)
    for first in range(0, num_items, CHUNK):
        count = min(CHUNK, num_items - first)
        gather_items(surface, triangle, x, y, first, count, work)
        gather_sides(front, first, count, work)
        if light.shadows != 0 or surface.has_normal_maps != 0:
            interpolate(surface, planes, count, work)
        else:
            interpolate_half(surface, planes, count, work)
        for part in range(num_parts):
            start, stop = work.ends[part], work.ends[part + 1]
            if start < stop:
                sharper = light.sharper if surface.materials[0, part, SOLID] != 0 else np.float32(1.0)
                sample_colors(surface, part, sharper, start, stop, work)
                if surface.texture[part, 1] != 0:
                    sample_normals(surface, part, sharper, start, stop, work)
                    bend_normals(start, stop, work)
        face_viewer(light, count, work)
        for part in range(num_parts):
            start, stop = work.ends[part], work.ends[part + 1]
            if start < stop:
                _add_all_light(surface, light, part, start, stop, work)
        put_out(light.filmic, first, count, work, out_rgb)


@kernel
def _add_all_light(surface, light, part, start, stop, work):
    if light.natural:
        for channel in range(3):
            add_sky(surface, light, channel, part, start, stop, work)
        for number in range(light.num_lights):
            add_natural_light(surface, light, number, part, start, stop, work)
    else:
        add_ambient(light, start, stop, work)
        for number in range(light.num_lights):
            add_light(surface, light, number, part, start, stop, work)
