"""See-through surfaces: where they would be seen, and which of those places turn out solid.

A fragment is a see-through triangle in one pixel: bits of the samples it covers, depth and opacity. What is nearly
solid goes to the keys like any opaque surface; the rest is chained in lists, one for each pixel.
"""

import numpy as np

from synhead.render.software.compiled import kernel
from synhead.render.software.frame_buffers import BITS, DEPTH, NEXT, PIXEL, ROW
from synhead.render.software.geometry_kernels import SUBPIXELS, write_plane
from synhead.render.software.lanes import LANES, sample_x, sample_y, visible_1, visible_4, visible_wide
from synhead.render.software.raster import SPAN_BLOCKS, block_span, set_up

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
def column_of(pixel, samples, stride):
    """Column inside the window of a pixel, given by its place in the order of the blocks."""
    if samples == 4:
        return ((pixel >> 2) % stride) * 2 + (pixel & 1)
    return ((pixel >> 4) % stride) * 4 + (pixel & 3)


@kernel
def row_of(pixel, samples, stride):
    """As `column_of`, its row."""
    if samples == 4:
        return ((pixel >> 2) // stride) * 2 + ((pixel >> 1) & 1)
    return ((pixel >> 4) // stride) * 4 + ((pixel >> 2) & 3)


@kernel
def list_fragments(listed, first, stop, projected, window, planes, frame, keys, fragments, items):
    """List where rows `first` to `stop` are nearer than the keys say, pixel by pixel.

    Args:
        listed, projected, window: as `frame_buffers` has them; keys: as `draw_triangles` left them.
        planes: those of the triangles that have fragments are written, for the frame of number `frame`.
        fragments: int32 [capacity, FRAGMENT_COLUMNS], written.
        items: as many, written.

    Returns:
        How many fragments there are, also where there is no room for them.
    """
    grid, keep = window.grid, window.keep
    samples, stride = grid[4], grid[5]
    size = np.int64(SUBPIXELS * 2 if samples == 4 else SUBPIXELS * 4)
    count = 0
    for r in range(first, stop):
        before = count
        bx0, most, by0, by1, c0, c1, c2, cz, dx0, dy0, dx1, dy1, dx2, dy2, za, zb, narrow = set_up(
            listed, r, projected, grid
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
                    bits = visible_wide(
                        keys, base, e0, e1, e2, z, -dy0, dx0, -dy1, dx1, -dy2, dx2, za, zb, keep, row, samples, False
                    )
                elif samples == 4:
                    bits = visible_4(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                else:
                    bits = visible_1(keys, base, _I(e0), _I(e1), _I(e2), _I(z), a0, b0, a1, b1, a2, b2, u, v, keep, row)
                if bits != 0:
                    count = _list_pixels(bits, base, z, u, v, row, listed, window, count, fragments, items)
                e0, e1, e2, z, base = e0 + s0, e1 + s1, e2 + s2, z + sz, base + LANES
            c0, c1, c2, cz = c0 + dx0 * size, c1 + dx1 * size, c2 + dx2 * size, cz + zb * size
        if count > before:
            write_plane(planes, listed.triangle[r], frame, projected, window)
    return count


@kernel
def _list_pixels(bits, base, z, u, v, row, listed, window, count, fragments, items):
    """One fragment for each pixel of a block with a visible sample; returns the new count."""
    samples, stride = window.grid[4], window.grid[5]
    for inner in range(LANES // samples):
        mine = (np.int64(bits) >> (inner * samples)) & ((1 << samples) - 1)
        if mine == 0:
            continue
        if count < fragments.shape[0]:
            pixel = base // samples + inner
            if samples == 4:
                x, y = CENTROIDS_4[mine, 0], CENTROIDS_4[mine, 1]
                in_block_x, in_block_y = (inner & 1) * SUBPIXELS + x, (inner >> 1) * SUBPIXELS + y
            else:
                x, y = np.int64(SUBPIXELS // 2), np.int64(SUBPIXELS // 2)
                in_block_x, in_block_y = (inner & 3) * SUBPIXELS + x, (inner >> 2) * SUBPIXELS + y
            fragments[count, PIXEL], fragments[count, ROW], fragments[count, BITS] = pixel, row, mine
            fragments[count, DEPTH] = _I(z + u * in_block_x + v * in_block_y)
            items.triangle[count], items.front[count] = listed.triangle[row], listed.front[row]
            items.x[count] = column_of(pixel, samples, stride) + window.lens[3] + x / SUBPIXELS
            items.y[count] = row_of(pixel, samples, stride) + window.lens[4] + y / SUBPIXELS
        count += 1
    return count


@kernel
def place_fragments(fragments, count, alpha, least, solid, window, keys, head):
    """Write solid fragments to the keys and chain the others; what is emptier than `least` is dropped.

    Args:
        alpha: float32, opacity of each fragment.
        head: int32 by pixel in the order of the blocks, first fragment of its list or -1; changed.
    """
    samples = window.grid[4]
    for i in range(count):
        if alpha[i] <= least:
            continue
        pixel = fragments[i, PIXEL]
        if alpha[i] < solid:
            fragments[i, NEXT] = head[pixel]
            head[pixel] = i
            continue
        key = _I(_I(fragments[i, DEPTH] & window.keep) | fragments[i, ROW])
        for s in range(samples):
            sample = np.int64(pixel) * samples + s
            if fragments[i, BITS] >> s & 1 and key < keys[sample]:
                keys[sample] = key
