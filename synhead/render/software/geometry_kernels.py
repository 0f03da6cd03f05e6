"""Vertices of a frame in camera and picture, the choice of triangles to draw, and their planes for shading.

Pictures have fixed-point coordinates of 1/256 pixel from the corner of the head's window. Depth is 1/z, scaled so that
the window's depth range fills an int32 with some room on both sides: nearer is smaller.
"""

import numpy as np

from synhead.render.software.compiled import kernel
from synhead.render.software.items import ORIGIN_X, ORIGIN_Y

SUBPIXEL_BITS = 8
SUBPIXELS = 1 << SUBPIXEL_BITS
DEPTH_MARGIN = float(1 << 22)
DEPTH_SPAN = 2.0**32 - 2 * DEPTH_MARGIN
"""int32 depth of z: DEPTH_MARGIN - 2^31 at the nearest z of the window, DEPTH_SPAN more at the farthest."""
_LOWEST = DEPTH_MARGIN - 2.0**31
_FARTHEST_PX = 1 << 21
"""Fixed-point coordinates are clamped here, far outside any picture, so that they fit an int32."""


@kernel
def project_vertices(vertices, pose, window, near_limit, projected):
    """Camera coordinates, fixed-point picture coordinates and depth of all vertices.

    Args:
        vertices: float64 [n, 3], head frame.
        pose: float64 [12], R_cam_head row by row, then t_cam_head_m.
        window: `frame_buffers.Window`.
        near_limit: vertices nearer than this get no true picture coordinates; `clipping` deals with their triangles.
        projected: `frame_buffers.Projected`, written.
    """
    r0, r1, r2, r3, r4, r5, r6, r7, r8 = (
        pose[0], pose[1], pose[2], pose[3], pose[4], pose[5], pose[6], pose[7], pose[8],
    )  # fmt: skip
    t0, t1, t2 = pose[9], pose[10], pose[11]
    lens, cam, px, py, pz = window.lens, projected.cam, projected.px, projected.py, projected.pz
    focal, center_x, center_y = lens[0], lens[1] - lens[3], lens[2] - lens[4]
    inverse_near, scale = window.depth[0], window.depth[1]
    for i in range(vertices.shape[0]):
        a, b, c = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        x = r0 * a + r1 * b + r2 * c + t0
        y = r3 * a + r4 * b + r5 * c + t1
        z = r6 * a + r7 * b + r8 * c + t2
        cam[i, 0], cam[i, 1], cam[i, 2] = x, y, z
        inverse = 1.0 / max(z, near_limit)
        px[i] = fixed_point(focal * x * inverse + center_x)
        py[i] = fixed_point(focal * y * inverse + center_y)
        pz[i] = depth_units(inverse, inverse_near, scale)


@kernel
def fixed_point(pixels):
    """Nearest fixed-point coordinate."""
    return np.int32(np.floor(min(max(pixels, -_FARTHEST_PX), _FARTHEST_PX) * SUBPIXELS + 0.5))


@kernel
def depth_units(inverse_z, inverse_near, scale):
    """int32 depth of a 1/z."""
    return np.int32(min(max((inverse_near - inverse_z) * scale, 0.0), DEPTH_SPAN) + _LOWEST)


@kernel
def depth_metres(units, inverse_near, scale):
    """z in metres of a depth."""
    return 1.0 / (inverse_near - (units - _LOWEST) / scale)


@kernel
def select_triangles(triangles, source, candidates, one_sided, window, projected, first, listed):
    """List the triangles that can show.

    Args:
        triangles: int32 [m, 3] corners as rows of `projected`.
        source: int32 [m] the head's triangle that each is (a piece of).
        candidates: int32 rows of `triangles` to choose from.
        one_sided: uint8 by the head's triangles; 1: not drawn from behind.
        window, projected: `frame_buffers.Window` and `Projected`.
        first: how many are listed already.
        listed: `frame_buffers.Listed`, written.

    Returns:
        How many are listed now.
    """
    px, py, grid = projected.px, projected.py, window.grid
    width, height, low, high = grid[0], grid[1], grid[2], grid[3]
    count = first
    for j in range(candidates.shape[0]):
        k = candidates[j]
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay, bx, by, cx, cy = px[a], py[a], px[b], py[b], px[c], py[c]
        area = np.int64(bx - ax) * np.int64(cy - ay) - np.int64(cx - ax) * np.int64(by - ay)
        seen_from_front = area < 0
        if area == 0 or (not seen_from_front and one_sided[source[k]] != 0):
            continue
        # Pixels whose samples can lie inside: none where the triangle slips between samples.
        x0 = (min(ax, bx, cx) - high + SUBPIXELS - 1) >> SUBPIXEL_BITS
        x1 = (max(ax, bx, cx) - low) >> SUBPIXEL_BITS
        y0 = (min(ay, by, cy) - high + SUBPIXELS - 1) >> SUBPIXEL_BITS
        y1 = (max(ay, by, cy) - low) >> SUBPIXEL_BITS
        if x0 > x1 or y0 > y1 or x1 < 0 or y1 < 0 or x0 >= width or y0 >= height:
            continue
        listed.triangle[count] = source[k]
        listed.front[count] = seen_from_front
        listed.corners[count, 0] = a
        listed.corners[count, 1] = c if seen_from_front else b
        listed.corners[count, 2] = b if seen_from_front else c
        count += 1
    return count


@kernel
def write_plane(planes, triangle, frame, projected, window):
    """Fill the row of a triangle of the head, unless this frame has done so; see `items`.

    With the corners p_i in the camera frame as columns of M, a point w (u, v, 1) has b_i / w = (M^-1 (u, v, 1))_i.
    """
    if planes.frame[triangle] == frame:
        return
    planes.frame[triangle] = frame
    a, b, c = planes.triangles[triangle, 0], planes.triangles[triangle, 1], planes.triangles[triangle, 2]
    lens, grid, cam, out = window.lens, window.grid, projected.cam, planes.values
    focal = lens[0]
    origin_x = min(max(projected.px[a] >> SUBPIXEL_BITS, 0), grid[0]) + lens[3]
    origin_y = min(max(projected.py[a] >> SUBPIXEL_BITS, 0), grid[1]) + lens[4]
    u, v = (origin_x - lens[1]) / focal, (origin_y - lens[2]) / focal
    x0, y0, z0 = cam[a, 0], cam[a, 1], cam[a, 2]
    x1, y1, z1 = cam[b, 0], cam[b, 1], cam[b, 2]
    x2, y2, z2 = cam[c, 0], cam[c, 1], cam[c, 2]
    n0x, n0y, n0z = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
    n1x, n1y, n1z = y2 * z0 - z2 * y0, z2 * x0 - x2 * z0, x2 * y0 - y2 * x0
    n2x, n2y, n2z = y0 * z1 - z0 * y1, z0 * x1 - x0 * z1, x0 * y1 - y0 * x1
    volume = x0 * n0x + y0 * n0y + z0 * n0z
    if volume == 0.0:
        for column in range(9):
            out[triangle, column] = 0.0
        out[triangle, 2] = out[triangle, 5] = out[triangle, 8] = 1.0 / (z0 + z1 + z2)
    else:
        scale = 1.0 / volume
        slope = scale / focal
        out[triangle, 0], out[triangle, 1] = n0x * slope, n0y * slope
        out[triangle, 2] = (n0x * u + n0y * v + n0z) * scale
        out[triangle, 3], out[triangle, 4] = n1x * slope, n1y * slope
        out[triangle, 5] = (n1x * u + n1y * v + n1z) * scale
        out[triangle, 6], out[triangle, 7] = n2x * slope, n2y * slope
        out[triangle, 8] = (n2x * u + n2y * v + n2z) * scale
    out[triangle, ORIGIN_X] = origin_x
    out[triangle, ORIGIN_Y] = origin_y
