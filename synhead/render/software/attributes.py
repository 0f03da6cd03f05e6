"""First shading stages: what a triangle's corners say of each item (a surface point seen by a pixel); its normal."""

import math

import numpy as np

from synhead.render.software import frame_light
from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.items import PLANE_COLUMNS
from synhead.render.software.kernel_memory import ROW, keep_apart, load, prefetch, read, write
from synhead.render.software.row_kernels import (
    HALF_ROW,
    columns_of_half_rows,
    columns_of_rows,
    copy_four,
    mix_half_item,
    mix_item,
)
from synhead.render.software.work_columns import (
    BENT_X,
    BENT_Y,
    BENT_Z,
    COLUMN,
    MIXED,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    PIXEL_X,
    PIXEL_Y,
    SIDE,
    TANGENT_SIGN,
    TANGENT_X,
    TANGENT_Y,
    TANGENT_Z,
    VIEW_COSINE,
    VIEW_X,
    VIEW_Y,
    VIEW_Z,
)

_TURN, _EYE = frame_light.TURN, frame_light.EYE
_ONE = np.float32(1.0)
_TINY = np.float32(1e-30)
_LEAST_COSINE = np.float32(0.001)
_AHEAD = 12
"""Items by which memory is asked for before it is used."""


@kernel
def gather_items(surface, triangle, x, y, first, count, work):
    """`work.order`, `ends` and `corners`, PIXEL_X and PIXEL_Y: the items part by part, so that loops have one material.

    Neighbours are mostly of one part: the counts are kept in a register while they are.
    """
    keep_apart()
    part_of, corners, order, ends = surface.part_of, surface.corners, work.order, work.ends
    items, columns = work.corners, work.columns
    ends[:] = 0
    part, run = np.int64(part_of[triangle[first]]), 0
    for j in range(count):
        other = np.int64(read(part_of, read(triangle, first + j)))
        if other != part:
            ends[part + 1] += j - run
            part, run = other, j
    ends[part + 1] += count - run
    for number in range(1, ends.size):
        ends[number] += ends[number - 1]
    # ends[p] is where part p begins, and becomes where it ends.
    part = np.int64(part_of[triangle[first]])
    place = ends[part]
    for j in range(count):
        t = np.int64(read(triangle, first + j))
        other = np.int64(read(part_of, t))
        if other != part:
            ends[part] = place
            part, place = other, ends[other]
        write(order, place, np.int32(j))
        copy_four(corners, t, items, place)
        write(columns, PIXEL_X + place, read(x, first + j))
        write(columns, PIXEL_Y + place, read(y, first + j))
        place += 1
    ends[part] = place
    for number in range(ends.size - 1, 0, -1):
        ends[number] = ends[number - 1]
    ends[0] = 0


@kernel
def gather_sides(front, first, count, work):
    """SIDE, in the order of parts."""
    keep_apart()
    order, columns = work.order, work.columns
    for j in range(count):
        write(columns, SIDE + j, _ONE if read(front, first + load(order, j)) != 0 else -_ONE)


@inlined
def _ask(vertex_rows, planes, items, ahead):
    for k in range(3):
        prefetch(vertex_rows, np.int64(load(items, ahead + k)) * ROW)
    prefetch(planes, np.int64(load(items, ahead + 3)) * PLANE_COLUMNS)


@kernel
def interpolate(surface, planes, count, work):
    """Perspective-correct vertex rows, as columns, and the change of the texture coordinates."""
    keep_apart()
    vertex_rows, items, columns, rows, slopes = surface.rows, work.corners, work.columns, work.rows, work.slopes
    for j in range(count):
        _ask(vertex_rows, planes, items, 4 * min(j + _AHEAD, count - 1))
        i0, i1, i2 = np.int64(load(items, 4 * j)), np.int64(load(items, 4 * j + 1)), np.int64(load(items, 4 * j + 2))
        px, py = load(columns, PIXEL_X + j), load(columns, PIXEL_Y + j)
        mix_item(vertex_rows, i0, i1, i2, planes, np.int64(load(items, 4 * j + 3)), px, py, rows, slopes, np.int64(j))
    for j in range(0, count, ROW):
        columns_of_rows(rows, np.int64(j), columns, np.int64(MIXED), np.int64(COLUMN))


@kernel
def interpolate_half(surface, planes, count, work):
    """As `interpolate`, for the first half of the rows: all that plain light on plain normals needs."""
    keep_apart()
    vertex_rows, items, columns, rows, slopes = surface.rows, work.corners, work.columns, work.rows, work.slopes
    for j in range(count):
        _ask(vertex_rows, planes, items, 4 * min(j + _AHEAD, count - 1))
        i0, i1, i2 = np.int64(load(items, 4 * j)), np.int64(load(items, 4 * j + 1)), np.int64(load(items, 4 * j + 2))
        px, py = load(columns, PIXEL_X + j), load(columns, PIXEL_Y + j)
        mix_half_item(
            vertex_rows, i0, i1, i2, planes, np.int64(load(items, 4 * j + 3)), px, py, rows, slopes, np.int64(j)
        )
    for j in range(0, count, HALF_ROW):
        columns_of_half_rows(rows, np.int64(j), columns, np.int64(MIXED), np.int64(COLUMN))


@kernel
def bend_normals(start, stop, work):
    """Turn the interpolated normals as the normal map says."""
    keep_apart()
    columns = work.columns
    for j in range(start, stop):
        nx, ny, nz = load(columns, NORMAL_X + j), load(columns, NORMAL_Y + j), load(columns, NORMAL_Z + j)
        tx, ty, tz = load(columns, TANGENT_X + j), load(columns, TANGENT_Y + j), load(columns, TANGENT_Z + j)
        scale = _ONE / math.sqrt(max(nx * nx + ny * ny + nz * nz, _TINY))
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        along = nx * tx + ny * ty + nz * tz
        tx, ty, tz = tx - nx * along, ty - ny * along, tz - nz * along
        scale = _ONE / math.sqrt(max(tx * tx + ty * ty + tz * tz, _TINY))
        across = load(columns, BENT_X + j) * scale
        up = load(columns, BENT_Y + j) * scale * load(columns, TANGENT_SIGN + j)
        out = load(columns, BENT_Z + j)
        write(columns, NORMAL_X + j, tx * across + (ny * tz - nz * ty) * up + nx * out)
        write(columns, NORMAL_Y + j, ty * across + (nz * tx - nx * tz) * up + ny * out)
        write(columns, NORMAL_Z + j, tz * across + (nx * ty - ny * tx) * up + nz * out)


@kernel
def face_viewer(light, count, work):
    """VIEW_X to VIEW_Z; NORMAL_X to NORMAL_Z: unit length, the camera frame, the side that is seen; VIEW_COSINE."""
    keep_apart()
    columns, values = work.columns, light.values
    r00, r01, r02 = values[_TURN], values[_TURN + 1], values[_TURN + 2]
    r10, r11, r12 = values[_TURN + 3], values[_TURN + 4], values[_TURN + 5]
    r20, r21, r22 = values[_TURN + 6], values[_TURN + 7], values[_TURN + 8]
    per_px, center_x, center_y = values[_EYE], values[_EYE + 1], values[_EYE + 2]
    for j in range(count):
        nx, ny, nz = load(columns, NORMAL_X + j), load(columns, NORMAL_Y + j), load(columns, NORMAL_Z + j)
        scale = load(columns, SIDE + j) / math.sqrt(max(nx * nx + ny * ny + nz * nz, _TINY))
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        x = r00 * nx + r01 * ny + r02 * nz
        y = r10 * nx + r11 * ny + r12 * nz
        z = r20 * nx + r21 * ny + r22 * nz
        vx, vy = (center_x - load(columns, PIXEL_X + j)) * per_px, (center_y - load(columns, PIXEL_Y + j)) * per_px
        scale = _ONE / math.sqrt(vx * vx + vy * vy + _ONE)
        vx, vy = vx * scale, vy * scale
        write(columns, NORMAL_X + j, x)
        write(columns, NORMAL_Y + j, y)
        write(columns, NORMAL_Z + j, z)
        write(columns, VIEW_X + j, vx)
        write(columns, VIEW_Y + j, vy)
        write(columns, VIEW_Z + j, -scale)
        write(columns, VIEW_COSINE + j, min(max(abs(x * vx + y * vy - z * scale), _LEAST_COSINE), _ONE))
