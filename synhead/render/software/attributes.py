"""First shading stages: what a triangle's corners say of each item (a surface point seen by a pixel); its normal."""

import math

import numpy as np
from numba import njit

from synhead.render.software import frame_light, surface_tables
from synhead.render.software.items import ORIGIN_X, ORIGIN_Y
from synhead.render.software.kernel_memory import ROW, load, read, write, write_mixed_row
from synhead.render.software.work_columns import (
    BENT_X,
    BENT_Y,
    BENT_Z,
    DU_DX,
    DU_DY,
    DV_DX,
    DV_DY,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    VIEW_COSINE,
    VIEW_X,
    VIEW_Y,
    VIEW_Z,
)

_U, _V, _TANGENT, _SIGN = surface_tables.U, surface_tables.V, surface_tables.TANGENT, surface_tables.SIGN
_TURN, _EYE = frame_light.TURN, frame_light.EYE
_ONE = np.float32(1.0)
_NEAREST = np.float32(1e-6)
"""1/w never falls below this: a pixel's centre may lie beside the triangle that covers its corner."""
_TINY = np.float32(1e-30)
_LEAST_COSINE = np.float32(0.001)


@njit(cache=True, nogil=True, error_model="numpy")
def interpolate(surface, plane, triangle, x, y, first, count, mixed, work, part):
    """Perspective-correct rows of `count` items from `first`, derivatives of the texture coordinates, and the part.

    Args:
        plane: float32 [num_triangles, PLANE_COLUMNS], as `items` has it; triangle, x, y alike.
        mixed: float32 [CHUNK, ROW], written.
        work: float32 columns, DU_DX to DV_DY written.
        part: int32 [CHUNK], written.
    """
    corners, rows = surface.corners, surface.rows
    for j in range(count):
        item = first + j
        t = np.int64(triangle[item])
        px, py = x[item] - plane[t, ORIGIN_X], y[item] - plane[t, ORIGIN_Y]
        i0, i1, i2 = np.int64(corners[t, 0]), np.int64(corners[t, 1]), np.int64(corners[t, 2])
        a0, a1, a2 = plane[t, 0], plane[t, 3], plane[t, 6]
        b0, b1, b2 = plane[t, 1], plane[t, 4], plane[t, 7]
        w0 = a0 * px + b0 * py + plane[t, 2]
        w1 = a1 * px + b1 * py + plane[t, 5]
        w2 = a2 * px + b2 * py + plane[t, 8]
        scale = _ONE / max(w0 + w1 + w2, _NEAREST)
        w0, w1, w2 = w0 * scale, w1 * scale, w2 * scale
        write_mixed_row(rows, i0, i1, i2, w0, w1, w2, mixed, np.int64(j))
        # With respect to the item's own coordinates, so that the change of 1/w drops out.
        u0, u1, u2 = rows[i0, _U], rows[i1, _U], rows[i2, _U]
        v0, v1, v2 = rows[i0, _V], rows[i1, _V], rows[i2, _V]
        u = w0 * u0 + w1 * u1 + w2 * u2
        v = w0 * v0 + w1 * v1 + w2 * v2
        u0, u1, u2 = u0 - u, u1 - u, u2 - u
        v0, v1, v2 = v0 - v, v1 - v, v2 - v
        write(work, DU_DX + j, scale * (a0 * u0 + a1 * u1 + a2 * u2))
        write(work, DV_DX + j, scale * (a0 * v0 + a1 * v1 + a2 * v2))
        write(work, DU_DY + j, scale * (b0 * u0 + b1 * u1 + b2 * u2))
        write(work, DV_DY + j, scale * (b0 * v0 + b1 * v1 + b2 * v2))
        write(part, j, corners[t, 3])


@njit(cache=True, nogil=True, error_model="numpy")
def find_normals(light, bent, front, x, y, first, count, mixed, work):
    """Normals in the camera frame on the viewer's side, directions to the viewer and their cosine.

    Args:
        bent: whether BENT_X to BENT_Z hold what a normal map says.
    """
    values = light.values
    r00, r01, r02 = values[_TURN], values[_TURN + 1], values[_TURN + 2]
    r10, r11, r12 = values[_TURN + 3], values[_TURN + 4], values[_TURN + 5]
    r20, r21, r22 = values[_TURN + 6], values[_TURN + 7], values[_TURN + 8]
    per_px, center_x, center_y = values[_EYE], values[_EYE + 1], values[_EYE + 2]
    for j in range(count):
        at = j * ROW
        nx, ny, nz = read(mixed, at), read(mixed, at + 1), read(mixed, at + 2)
        scale = _ONE / math.sqrt(max(nx * nx + ny * ny + nz * nz, _TINY))
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        if bent:
            tx, ty, tz = read(mixed, at + _TANGENT), read(mixed, at + _TANGENT + 1), read(mixed, at + _TANGENT + 2)
            along = nx * tx + ny * ty + nz * tz
            tx, ty, tz = tx - nx * along, ty - ny * along, tz - nz * along
            scale = _ONE / math.sqrt(max(tx * tx + ty * ty + tz * tz, _TINY))
            across, up, out = load(work, BENT_X + j) * scale, load(work, BENT_Y + j), load(work, BENT_Z + j)
            up = up * read(mixed, at + _SIGN) * scale
            bx, by, bz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
            nx, ny, nz = (
                tx * across + bx * up + nx * out,
                ty * across + by * up + ny * out,
                tz * across + bz * up + nz * out,
            )
            scale = _ONE / math.sqrt(max(nx * nx + ny * ny + nz * nz, _TINY))
            nx, ny, nz = nx * scale, ny * scale, nz * scale
        side = _ONE if read(front, first + j) != 0 else -_ONE
        nx, ny, nz = nx * side, ny * side, nz * side
        nx, ny, nz = (
            r00 * nx + r01 * ny + r02 * nz,
            r10 * nx + r11 * ny + r12 * nz,
            r20 * nx + r21 * ny + r22 * nz,
        )
        vx, vy = (center_x - read(x, first + j)) * per_px, (center_y - read(y, first + j)) * per_px
        scale = _ONE / math.sqrt(vx * vx + vy * vy + _ONE)
        vx, vy, vz = vx * scale, vy * scale, -scale
        write(work, NORMAL_X + j, nx)
        write(work, NORMAL_Y + j, ny)
        write(work, NORMAL_Z + j, nz)
        write(work, VIEW_X + j, vx)
        write(work, VIEW_Y + j, vy)
        write(work, VIEW_Z + j, vz)
        write(work, VIEW_COSINE + j, min(max(abs(nx * vx + ny * vy + nz * vz), _LEAST_COSINE), _ONE))
