"""See-through surfaces: where they would be seen, and which of those places turn out solid.

A fragment is a see-through triangle in one pixel: bits of the samples it covers, depth and opacity. What is nearly
solid goes to the keys like any opaque surface; the rest is chained in lists, one for each pixel.
"""

import numpy as np

from synhead.render.software.compiled import kernel
from synhead.render.software.frame_buffers import ALPHA, BITS, DEPTH, NEXT, PIXEL, ROW
from synhead.render.software.geometry_kernels import SUBPIXELS
from synhead.render.software.kernel_memory import float_bits, float_from_bits
from synhead.render.software.lanes import LANES, sample_x, sample_y, visible_1, visible_4, visible_wide
from synhead.render.software.raster import SPAN_BLOCKS, block_span, set_up

DENSE = np.float32(0.5)
"""Opacity from which a surface counts in the depth map."""
UNSEEN = np.float32(1.0 / 512.0)
"""Light that gets through less than this is none: half of the last of 255 steps."""

_I = np.int32


def _centroids(samples: int) -> np.ndarray:
    """Mean place of each set of samples of a pixel, in 1/256 pixel."""
    table = np.full((1 << samples, 2), SUBPIXELS // 2, np.int64)
    for bits in range(1, 1 << samples):
        chosen = [lane for lane in range(samples) if bits >> lane & 1]
        for axis, place in enumerate((sample_x.py_func, sample_y.py_func)):
            table[bits, axis] = round(np.mean([place(lane, samples) for lane in chosen]))
    return table


CENTROIDS_4 = _centroids(4)
"""[16, 2] by the bits of the samples."""


@kernel
def list_fragments(listed, first, stop, projected, window, keys, fragments, items):
    """List where rows `first` to `stop` are nearer than the keys say, pixel by pixel.

    Args:
        listed, projected, window: as `frame_buffers` has them; keys: as `draw_triangles` left them.
        fragments: int32 [capacity, FRAGMENT_COLUMNS], written.
        items: as many, written.

    Returns:
        How many fragments there are, also where there is no room for them.
    """
    grid, keep = window.grid, window.keep
    corners, places = listed.corners, projected.places
    triangle, front, out_triangle, out_front = listed.triangle, listed.front, items.triangle, items.front
    out_x, out_y, capacity = items.x, items.y, fragments.shape[0]
    samples, stride = grid[4], grid[5]
    shift = np.int64(1) if samples == 4 else np.int64(2)
    size, per_block = np.int64(SUBPIXELS) << shift, LANES // samples
    count = 0
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
            for bx in range(bx0 + begin, bx0 + end + 1):
                if not narrow:
                    bits = visible_wide(
                        keys, base, e0, e1, e2, z, -dy0, dx0, -dy1, dx1, -dy2, dx2, za, zb, keep, row, samples, False
                    )
                elif samples == 4:
                    bits = visible_4(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                else:
                    bits = visible_1(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                inner = 0
                while bits != 0:
                    mine = bits & ((1 << samples) - 1)
                    if mine != 0:
                        if count < capacity:
                            x, y = (inner & ((1 << shift) - 1)) * SUBPIXELS, (inner >> shift) * SUBPIXELS
                            if samples == 4:
                                x, y = x + CENTROIDS_4[mine, 0], y + CENTROIDS_4[mine, 1]
                            else:
                                x, y = x + SUBPIXELS // 2, y + SUBPIXELS // 2
                            fragments[count, PIXEL] = base // LANES * per_block + inner
                            fragments[count, ROW], fragments[count, BITS] = row, mine
                            fragments[count, DEPTH] = _I(z + u * x + v * y)
                            out_triangle[count], out_front[count] = triangle[r], front[r]
                            out_x[count] = window.lens[3] + (bx << shift) + x / SUBPIXELS
                            out_y[count] = window.lens[4] + (by << shift) + y / SUBPIXELS
                        count += 1
                    bits = (bits & 0xFFFF) >> samples
                    inner += 1
                e0, e1, e2, z, base = e0 + s0, e1 + s1, e2 + s2, z + sz, base + LANES
            c0, c1, c2, cz = c0 + dx0 * size, c1 + dx1 * size, c2 + dx2 * size, cz + zb * size
    return count


@kernel
def place_fragments(fragments, count, alpha, least, solid, window, keys, head):
    """Write solid fragments to the keys and chain the others, near to far; drop what cannot be seen.

    A fragment that is hidden by what lies before it in the chain is dropped, and one that lets nothing through together
    with that becomes solid: hair is twenty cards deep, and three of them are all that is seen.

    Args:
        alpha: float32, opacity of each fragment; what is at most `least` is empty, what is at least `solid` is solid.
        head: int32 by pixel in the order of the blocks, first fragment of its chain or -1; changed.
    """
    samples = window.grid[4]
    for i in range(count):
        opacity = alpha[i]
        if opacity <= least:
            continue
        pixel, bits, depth, row = fragments[i, PIXEL], fragments[i, BITS], fragments[i, DEPTH], fragments[i, ROW]
        through, before, after = np.float32(1.0), np.int32(-1), head[pixel]
        while after >= 0:
            d = fragments[after, DEPTH]
            if d > depth or (d == depth and fragments[after, ROW] > row):
                break
            if fragments[after, BITS] & bits == bits:
                through *= np.float32(1.0) - float_from_bits(fragments[after, ALPHA])
            before, after = after, fragments[after, NEXT]
        if through < UNSEEN:
            continue
        if opacity < solid and (opacity < DENSE or through * (np.float32(1.0) - opacity) >= UNSEEN):
            fragments[i, NEXT], fragments[i, ALPHA] = after, float_bits(opacity)
            if before < 0:
                head[pixel] = i
            else:
                fragments[before, NEXT] = i
            continue
        key = _I(_I(depth & window.keep) | row)
        for s in range(samples):
            sample = np.int64(pixel) * samples + s
            if bits >> s & 1 and key < keys[sample]:
                keys[sample] = key
