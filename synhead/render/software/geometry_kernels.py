"""Vertices of a frame in camera and picture, the choice of triangles to draw, and their planes for shading.

Pictures have fixed-point coordinates of 1/256 pixel from the corner of the head's window. Depth is 1/z, scaled so that
the window's depth range fills an int32 with some room on both sides: nearer is smaller.
"""

import numpy as np

from synhead.render.software.compiled import inlined, kernel
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
    lens, cam, places = window.lens, projected.cam, projected.places
    focal, center_x, center_y = lens[0], lens[1] - lens[3], lens[2] - lens[4]
    inverse_near, scale = window.depth[0], window.depth[1]
    for i in range(vertices.shape[0]):
        a, b, c = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        x = r0 * a + r1 * b + r2 * c + t0
        y = r3 * a + r4 * b + r5 * c + t1
        z = r6 * a + r7 * b + r8 * c + t2
        cam[i, 0], cam[i, 1], cam[i, 2] = x, y, z
        inverse = 1.0 / max(z, near_limit)
        places[i, 0] = fixed_point(focal * x * inverse + center_x)
        places[i, 1] = fixed_point(focal * y * inverse + center_y)
        places[i, 2] = depth_units(inverse, inverse_near, scale)


@inlined
def fixed_point(pixels):
    """Nearest fixed-point coordinate."""
    return np.int32(np.floor(min(max(pixels, -_FARTHEST_PX), _FARTHEST_PX) * SUBPIXELS + 0.5))


@inlined
def depth_units(inverse_z, inverse_near, scale):
    """int32 depth of a 1/z."""
    return np.int32(min(max((inverse_near - inverse_z) * scale, 0.0), DEPTH_SPAN) + _LOWEST)


@inlined
def depth_metres(units, inverse_near, scale):
    """z in metres of a depth."""
    return 1.0 / (inverse_near - (units - _LOWEST) / scale)


@kernel
def select_triangles(triangles, source, candidates, one_sided, part_of, window, projected, first, listed):
    """List the triangles that can show.

    Args:
        triangles: int32 [m, 3] corners as rows of `projected`.
        source: int32 [m] the head's triangle that each is (a piece of).
        candidates: int32 rows of `triangles` to choose from.
        one_sided: uint8 by the head's triangles; 1: not drawn from behind.
        part_of: int32 by the head's triangles.
        window, projected: `frame_buffers.Window` and `Projected`.
        first: how many are listed already.
        listed: `frame_buffers.Listed`, written.

    Returns:
        How many are listed now.
    """
    places, grid = projected.places, window.grid
    out_triangle, out_front, out_corners = listed.triangle, listed.front, listed.corners
    out_surface = listed.surface
    width, height, low, high = grid[0], grid[1], grid[2], grid[3]
    count = first
    for j in range(candidates.shape[0]):
        k = candidates[j]
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay, bx, by = places[a, 0], places[a, 1], places[b, 0], places[b, 1]
        cx, cy = places[c, 0], places[c, 1]
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
        out_triangle[count] = source[k]
        out_front[count] = seen_from_front
        out_surface[count] = 2 * part_of[source[k]] + (1 if seen_from_front else 0)
        out_corners[count, 0] = a
        out_corners[count, 1] = c if seen_from_front else b
        out_corners[count, 2] = b if seen_from_front else c
        count += 1
    return count


@kernel
def write_near_planes(triangle, count, number, planes, projected, window):
    """Fill the rows of `planes` of the first `count` triangles, but for those that this frame has filled; see `items`.

    b_i / w is 1 / w at corner i and 0 at the other two, and linear between.

    Args:
        triangle: int32, of the head; repetitions cost little.
        number: of the frame.
    """
    frame, triangles, out, places = planes.frame, planes.triangles, planes.values, projected.places
    left, top, inverse_near, per_unit = window.lens[3], window.lens[4], window.depth[0], 1.0 / window.depth[1]
    for item in range(count):
        t = triangle[item]
        if frame[t] == number:
            continue
        frame[t] = number
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = places[a, 0], places[a, 1]
        bx, by = np.float64(places[b, 0] - ax), np.float64(places[b, 1] - ay)
        cx, cy = np.float64(places[c, 0] - ax), np.float64(places[c, 1] - ay)
        w0 = inverse_near - (places[a, 2] - _LOWEST) * per_unit
        w1 = inverse_near - (places[b, 2] - _LOWEST) * per_unit
        w2 = inverse_near - (places[c, 2] - _LOWEST) * per_unit
        scale = SUBPIXELS / (bx * cy - cx * by)
        out[t, 0], out[t, 1], out[t, 2] = (by - cy) * scale * w0, (cx - bx) * scale * w0, w0
        out[t, 3], out[t, 4], out[t, 5] = cy * scale * w1, -cx * scale * w1, 0.0
        out[t, 6], out[t, 7], out[t, 8] = -by * scale * w2, bx * scale * w2, 0.0
        out[t, ORIGIN_X], out[t, ORIGIN_Y] = left + ax / SUBPIXELS, top + ay / SUBPIXELS


@kernel
def write_cut_planes(triangle, count, number, planes, projected, window):
    """`write_near_planes` for a head of which a part lies behind the near limit.

    With the corners p_i in the camera frame as columns of M, a point w (u, v, 1) has b_i / w = (M^-1 (u, v, 1))_i.
    """
    frame, triangles, out, cam, lens = planes.frame, planes.triangles, planes.values, projected.cam, window.lens
    # The window's middle: float32 is enough around it, and corners may lie anywhere.
    origin_x, origin_y = lens[3] + window.grid[0] * 0.5, lens[4] + window.grid[1] * 0.5
    u, v = (origin_x - lens[1]) / lens[0], (origin_y - lens[2]) / lens[0]
    for item in range(count):
        t = triangle[item]
        if frame[t] == number:
            continue
        frame[t] = number
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, z0 = cam[a, 0], cam[a, 1], cam[a, 2]
        x1, y1, z1 = cam[b, 0], cam[b, 1], cam[b, 2]
        x2, y2, z2 = cam[c, 0], cam[c, 1], cam[c, 2]
        n0x, n0y, n0z = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
        n1x, n1y, n1z = y2 * z0 - z2 * y0, z2 * x0 - x2 * z0, x2 * y0 - y2 * x0
        n2x, n2y, n2z = y0 * z1 - z0 * y1, z0 * x1 - x0 * z1, x0 * y1 - y0 * x1
        scale = 1.0 / (x0 * n0x + y0 * n0y + z0 * n0z)
        slope = scale / lens[0]
        out[t, 0], out[t, 1], out[t, 2] = n0x * slope, n0y * slope, (n0x * u + n0y * v + n0z) * scale
        out[t, 3], out[t, 4], out[t, 5] = n1x * slope, n1y * slope, (n1x * u + n1y * v + n1z) * scale
        out[t, 6], out[t, 7], out[t, 8] = n2x * slope, n2y * slope, (n2x * u + n2y * v + n2z) * scale
        out[t, ORIGIN_X], out[t, ORIGIN_Y] = origin_x, origin_y
