"""First shading stages: what a triangle's corners say of each item (a surface point seen by a pixel); its normal."""

import math

import numpy as np

from synhead.render.software import frame_light
from synhead.render.software.compiled import kernel
from synhead.render.software.kernel_memory import keep_apart, load, read, write
from synhead.render.software.row_kernels import BLOCK, columns_of_rows, mix_item
from synhead.render.software.work_columns import (
    BENT_X,
    BENT_Y,
    BENT_Z,
    COLUMN,
    MIXED,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
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


@kernel
def sort_by_part(surface, triangle, first, count, work):
    """`work.order` and `work.ends`: the items from `first`, part by part, so that loops have one material each."""
    keep_apart()
    corners, order, ends = surface.corners, work.order, work.ends
    ends[:] = 0
    for j in range(count):
        ends[corners[triangle[first + j], 3] + 1] += 1
    for part in range(1, ends.size):
        ends[part] += ends[part - 1]
    # ends[p] is where part p begins, and becomes where it ends.
    for j in range(count):
        part = corners[triangle[first + j], 3]
        order[ends[part]] = j
        ends[part] += 1
    for part in range(ends.size - 1, 0, -1):
        ends[part] = ends[part - 1]
    ends[0] = 0


@kernel
def interpolate(surface, planes, triangle, x, y, first, count, work):
    """Perspective-correct vertex rows, as columns, and the change of the texture coordinates, in the order of parts."""
    keep_apart()
    corners, vertex_rows = surface.corners, surface.rows
    order, rows, slopes = work.order, work.rows, work.slopes
    for j in range(count):
        item = first + order[j]
        t = np.int64(triangle[item])
        i0, i1, i2 = np.int64(corners[t, 0]), np.int64(corners[t, 1]), np.int64(corners[t, 2])
        mix_item(vertex_rows, i0, i1, i2, planes, t, x[item], y[item], rows, slopes, np.int64(j))
    for j in range(0, count, BLOCK):
        columns_of_rows(rows, np.int64(j), work.columns, np.int64(MIXED), np.int64(COLUMN))


@kernel
def find_views(light, x, y, first, count, work):
    """VIEW_X to VIEW_Z: towards the viewer."""
    keep_apart()
    columns, order = work.columns, work.order
    per_px, center_x, center_y = light.values[_EYE], light.values[_EYE + 1], light.values[_EYE + 2]
    for j in range(count):
        item = first + load(order, j)
        vx, vy = (center_x - read(x, item)) * per_px, (center_y - read(y, item)) * per_px
        scale = _ONE / math.sqrt(vx * vx + vy * vy + _ONE)
        write(columns, VIEW_X + j, vx * scale)
        write(columns, VIEW_Y + j, vy * scale)
        write(columns, VIEW_Z + j, -scale)


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
def face_viewer(light, front, first, count, work):
    """NORMAL_X to NORMAL_Z: unit length, the camera frame, the side that is seen; VIEW_COSINE."""
    keep_apart()
    columns, order, values = work.columns, work.order, light.values
    r00, r01, r02 = values[_TURN], values[_TURN + 1], values[_TURN + 2]
    r10, r11, r12 = values[_TURN + 3], values[_TURN + 4], values[_TURN + 5]
    r20, r21, r22 = values[_TURN + 6], values[_TURN + 7], values[_TURN + 8]
    for j in range(count):
        nx, ny, nz = load(columns, NORMAL_X + j), load(columns, NORMAL_Y + j), load(columns, NORMAL_Z + j)
        scale = _ONE / math.sqrt(max(nx * nx + ny * ny + nz * nz, _TINY))
        scale = scale if read(front, first + load(order, j)) != 0 else -scale
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        x = r00 * nx + r01 * ny + r02 * nz
        y = r10 * nx + r11 * ny + r12 * nz
        z = r20 * nx + r21 * ny + r22 * nz
        write(columns, NORMAL_X + j, x)
        write(columns, NORMAL_Y + j, y)
        write(columns, NORMAL_Z + j, z)
        cosine = abs(x * load(columns, VIEW_X + j) + y * load(columns, VIEW_Y + j) + z * load(columns, VIEW_Z + j))
        write(columns, VIEW_COSINE + j, min(max(cosine, _LEAST_COSINE), _ONE))
