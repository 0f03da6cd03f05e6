"""How long each stage of the software engine's shading takes, for the items of a frame.

The loop of `shade_items` is run up to each stage in turn, and the differences are given: single stages are too short to
be timed from Python one by one.
"""

import time
from typing import Any

import numpy as np
from numba import njit

from synhead.render.software.attributes import bend_normals, face_viewer, gather_items, gather_sides, interpolate
from synhead.render.software.light_kernels import put_out
from synhead.render.software.shade import _add_all_light
from synhead.render.software.texture_sampling import sample_colors, sample_normals
from synhead.render.software.work_columns import CHUNK, new_work

STAGES = ("gather", "interpolate", "colour textures", "normal maps", "normals and views", "light", "tone and output")


@njit(nogil=True, error_model="numpy")
def _shade_until(last, surface, light, planes, triangle, x, y, front, num_items, out_rgb):
    num_parts = surface.has_alpha.size
    work = new_work(num_parts)
    for first in range(0, num_items, CHUNK):
        count = min(CHUNK, num_items - first)
        gather_items(surface, triangle, x, y, first, count, work)
        gather_sides(front, first, count, work)
        if last >= 1:
            interpolate(surface, planes, count, work)
        for part in range(num_parts):
            start, stop = work.ends[part], work.ends[part + 1]
            if start < stop and last >= 2:
                sample_colors(surface, part, light.sharper, start, stop, work)
                if surface.texture[part, 1] != 0 and last >= 3:
                    sample_normals(surface, part, light.sharper, start, stop, work)
                    bend_normals(start, stop, work)
        if last >= 4:
            face_viewer(light, count, work)
        for part in range(num_parts):
            start, stop = work.ends[part], work.ends[part + 1]
            if start < stop and last >= 5:
                _add_all_light(surface, light, part, start, stop, work)
        if last >= 6:
            put_out(light.filmic, first, count, work, out_rgb)


def stage_ms(
    surface: Any,
    light: Any,
    planes: np.ndarray,
    triangle: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    front: np.ndarray,
    num_items: int,
    *,
    repeats: int = 40,
) -> dict[str, float]:
    """CPU milliseconds of each of STAGES: differences of the least of `repeats` runs."""
    out = np.empty((num_items, 3), np.float32)
    least = np.full(len(STAGES), np.inf)
    for turn in range(repeats + 1):
        for last in range(len(STAGES)):
            begin = time.thread_time()
            _shade_until(last, surface, light, planes, triangle, x, y, front, num_items, out)
            # The first turn compiles.
            if turn:
                least[last] = min(least[last], time.thread_time() - begin)
    steps = np.diff(least, prepend=0.0) * 1e3
    return {name: round(float(step), 3) for name, step in zip(STAGES, steps, strict=True)}
