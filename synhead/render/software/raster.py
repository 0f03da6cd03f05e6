"""Which triangle each sample shows: triangle after triangle, block after block of sixteen samples.

Samples have one int32 key: depth in the high bits, the triangle's row in the low ones. The nearest is the smallest, so
that the depth test is a minimum and the order of triangles does not matter. Edges follow the top-left rule.
"""

import math

import numpy as np

from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.geometry_kernels import SUBPIXEL_BITS, SUBPIXELS
from synhead.render.software.lanes import (
    LANES,
    keep_nearest_1,
    keep_nearest_4,
    visible_wide,
)

NARROW = 96 * SUBPIXELS
"""Triangles up to this wide and high have edge functions that fit an int32: (96 + 4) * 96 * 2^16 * 2 < 2^31."""
SPAN_BLOCKS = 3
"""From this many blocks across it pays to find where each row of blocks begins and ends."""

_I = np.int32


@inlined
def edge(dx, dy, x, y, at_x, at_y):
    """Edge function at a point: negative outside. An edge that is neither top nor left is outside itself."""
    value = dx * (at_y - y) - dy * (at_x - x)
    return value if dy < 0 or (dy == 0 and dx > 0) else value - 1


@inlined
def first_block(value, slope):
    """Lowest block in which an edge function that starts at `value` and changes by `slope` a block can reach 0."""
    return np.int64(math.ceil(-value / slope - 1.000001)) if slope > 0 else np.int64(0)


@inlined
def last_block(value, slope, most):
    """Highest such block, at most `most`."""
    if slope < 0:
        return min(most, np.int64(math.floor(-value / slope + 0.000001)))
    return most if slope > 0 or value >= 0 else np.int64(-1)


@inlined
def block_span(e0, e1, e2, dx0, dy0, dx1, dy1, dx2, dy2, size, most):
    """First and last block of a row of blocks that can hold samples inside, from edge functions at its corner."""
    v0, v1, v2 = e0 + max(dx0, 0) * size, e1 + max(dx1, 0) * size, e2 + max(dx2, 0) * size
    s0, s1, s2 = -dy0 * size, -dy1 * size, -dy2 * size
    first = max(first_block(v0, s0), first_block(v1, s1), first_block(v2, s2), 0)
    last = min(last_block(v0, s0, most), last_block(v1, s1, most), last_block(v2, s2, most))
    return first, last


@inlined
def depth_slopes(dz1, dz2, dx0, dy0, dx2, dy2):
    """Change of depth for each 1/256 pixel in x and y, from that to the second and third corner."""
    per_area = 1.0 / np.float64(dx2 * dy0 - dx0 * dy2)
    za = -(np.float64(dz1) * dy2 + np.float64(dz2) * dy0) * per_area
    zb = (np.float64(dz2) * dx0 + np.float64(dz1) * dx2) * per_area
    return np.int64(math.floor(za + 0.5)), np.int64(math.floor(zb + 0.5))


@inlined
def set_up(corners, row, places, grid):
    """Blocks that a triangle may touch, edge functions and depth at the first one's corner, and how they change.

    Returns:
        First block column and how many more there are; first and last row of blocks; three edge functions and the
        depth; the three edges (dx, dy); the two slopes of the depth; whether int32 is enough.
    """
    a, b, c = corners[row, 0], corners[row, 1], corners[row, 2]
    x0, y0, z0 = np.int64(places[a, 0]), np.int64(places[a, 1]), np.int64(places[a, 2])
    x1, y1, z1 = np.int64(places[b, 0]), np.int64(places[b, 1]), np.int64(places[b, 2])
    x2, y2, z2 = np.int64(places[c, 0]), np.int64(places[c, 1]), np.int64(places[c, 2])
    width, height, low, high = grid[0], grid[1], grid[2], grid[3]
    shift = np.int64(1) if grid[4] == 4 else np.int64(2)
    left, right, top, bottom = min(x0, x1, x2), max(x0, x1, x2), min(y0, y1, y2), max(y0, y1, y2)
    bx0 = max((left - high + SUBPIXELS - 1) >> SUBPIXEL_BITS, 0) >> shift
    bx1 = min((right - low) >> SUBPIXEL_BITS, width - 1) >> shift
    by0 = max((top - high + SUBPIXELS - 1) >> SUBPIXEL_BITS, 0) >> shift
    by1 = min((bottom - low) >> SUBPIXEL_BITS, height - 1) >> shift
    dx0, dy0, dx1, dy1, dx2, dy2 = x1 - x0, y1 - y0, x2 - x1, y2 - y1, x0 - x2, y0 - y2
    za, zb = depth_slopes(z1 - z0, z2 - z0, dx0, dy0, dx2, dy2)
    ox, oy = (bx0 << shift) * SUBPIXELS, (by0 << shift) * SUBPIXELS
    e0, e1, e2 = edge(dx0, dy0, x0, y0, ox, oy), edge(dx1, dy1, x1, y1, ox, oy), edge(dx2, dy2, x2, y2, ox, oy)
    z = z0 + za * (ox - x0) + zb * (oy - y0)
    narrow = right - left <= NARROW and bottom - top <= NARROW
    return bx0, bx1 - bx0, by0, by1, e0, e1, e2, z, dx0, dy0, dx1, dy1, dx2, dy2, za, zb, narrow


@kernel
def draw_triangles(listed, first, stop, projected, window, keys):
    """Give each sample the key of the nearest triangle among rows `first` to `stop` and what is there.

    Args:
        listed, projected, window: as `frame_buffers` has them.
        keys: int32, sixteen for each block; changed.
    """
    grid, keep = window.grid, window.keep
    corners, places = listed.corners, projected.places
    samples, stride = grid[4], grid[5]
    size = np.int64(SUBPIXELS * 2 if samples == 4 else SUBPIXELS * 4)
    for r in range(first, stop):
        bx0, most, by0, by1, c0, c1, c2, cz, dx0, dy0, dx1, dy1, dx2, dy2, za, zb, narrow = set_up(
            corners, r, places, grid
        )
        row, u, v = _I(r), _I(za), _I(zb)
        a0, b0, a1, b1, a2, b2 = _I(-dy0), _I(dx0), _I(-dy1), _I(dx1), _I(-dy2), _I(dx2)
        s0, s1, s2, sz = -dy0 * size, -dy1 * size, -dy2 * size, za * size
        for by in range(by0, by1 + 1):
            begin, end = np.int64(0), most
            if most >= SPAN_BLOCKS:
                begin, end = block_span(c0, c1, c2, dx0, dy0, dx1, dy1, dx2, dy2, size, most)
            e0, e1, e2, z = c0 + s0 * begin, c1 + s1 * begin, c2 + s2 * begin, cz + sz * begin
            base = (by * stride + bx0 + begin) * LANES
            for _ in range(begin, end + 1):
                if not narrow:
                    visible_wide(
                        keys, base, e0, e1, e2, z, -dy0, dx0, -dy1, dx1, -dy2, dx2, za, zb, keep, row, samples, True
                    )
                elif samples == 4:
                    keep_nearest_4(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                else:
                    keep_nearest_1(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                e0, e1, e2, z, base = e0 + s0, e1 + s1, e2 + s2, z + sz, base + LANES
            c0, c1, c2, cz = c0 + dx0 * size, c1 + dx1 * size, c2 + dx2 * size, cz + zb * size
