"""From samples to points to shade: one item for each surface in a pixel, with its share of the pixel.

Samples of a pixel are merged where they show one surface: the same part from the same side, at nearly the same depth.
Shading is evaluated once for all of them, which is what makes four samples cost little more than one.
"""

import numpy as np

from synhead.render.software.compiled import kernel
from synhead.render.software.fragments import CENTROIDS_4, column_of, row_of
from synhead.render.software.frame_buffers import BITS, DEPTH, NEXT, ROW
from synhead.render.software.geometry_kernels import SUBPIXELS, depth_metres, write_plane
from synhead.render.software.lanes import EMPTY, LANES

DENSE = 0.5
"""Opacity from which a surface counts in the depth map."""
LEAST_WEIGHT = 1.0 / 1024.0
"""Shares of a pixel below this are not shaded: a quarter of the last of 255 steps."""
MOST_LAYERS = 64
"""See-through layers of a pixel, the nearest ones; what lies behind them is not seen."""
SCRATCH = MOST_LAYERS + 16


@kernel
def resolve_samples(listed, projected, window, planes, frame, keys, head, fragments, alpha, merge_depth, items, pixels,
                    depth_m):  # fmt: skip
    """List the items of a frame, and write its depth map.

    Args:
        listed, projected, window, planes: as `frame_buffers` has them.
        frame: number of the frame.
        keys, head, fragments: as `place_fragments` left them; alpha: float32 by fragment.
        merge_depth: depth units by which samples of one surface may differ.
        items: written; room for four items a pixel and one a fragment.
        pixels: int32 [., 2], picture index (row * width + column) and first item of each pixel that has items, in
            the order of the items; written, with one more row at the end.
        depth_m: float32 [height, width] of the whole picture, inside the window written.

    Returns:
        How many items and how many pixels there are.
    """
    grid, lens = window.grid, window.lens
    width, height, samples, stride = grid[0], grid[1], grid[4], grid[5]
    picture_width = depth_m.shape[1]
    left, top = np.int64(lens[3]), np.int64(lens[4])
    per_block = LANES // samples
    num_blocks = stride * ((height + (1 if samples == 4 else 3)) >> (1 if samples == 4 else 2))
    layers, through = np.empty(MOST_LAYERS, np.int32), np.empty(4, np.float32)
    num_items = num_pixels = 0
    for block in range(num_blocks):
        for inner in range(per_block):
            pixel = block * per_block + inner
            base = pixel * samples
            nearest = keys[base]
            for s in range(1, samples):
                nearest = min(nearest, keys[base + s])
            if nearest == EMPTY and head[pixel] < 0:
                continue
            x, y = column_of(pixel, samples, stride), row_of(pixel, samples, stride)
            if x >= width or y >= height:
                continue
            before = num_items
            px, py = np.float32(left + x), np.float32(top + y)
            for s in range(4):
                through[s] = 1.0
            if head[pixel] >= 0:
                num_items, dense = _add_layers(
                    listed, projected, window, planes, frame, keys, base, head[pixel], fragments, alpha, layers,
                    through, px, py, num_items, items,
                )  # fmt: skip
                nearest = min(nearest, dense)
            if samples == 4:
                num_items = _add_surfaces(
                    listed, projected, window, planes, frame, keys, base, merge_depth, through, px, py, num_items, items
                )
            elif keys[base] != EMPTY and through[0] > LEAST_WEIGHT:
                _add(listed, projected, window, planes, frame, keys[base] & ~window.keep, np.float32(0.5),
                     np.float32(0.5), px, py, through[0], num_items, items)  # fmt: skip
                num_items += 1
            if num_items > before:
                pixels[num_pixels, 0] = (top + y) * picture_width + left + x
                pixels[num_pixels, 1] = before
                num_pixels += 1
            if nearest != EMPTY:
                middle = np.int64(nearest & window.keep) + ((~window.keep + 1) >> 1)
                depth_m[top + y, left + x] = depth_metres(middle, window.depth[0], window.depth[1])
    pixels[num_pixels, 1] = num_items
    return num_items, num_pixels


@kernel
def _add(listed, projected, window, planes, frame, row, x, y, px, py, weight, at, items):
    triangle = listed.triangle[row]
    write_plane(planes, triangle, frame, projected, window)
    items.triangle[at] = triangle
    items.front[at] = listed.front[row]
    items.x[at] = px + x
    items.y[at] = py + y
    items.weight[at] = weight


@kernel
def _add_surfaces(listed, projected, window, planes, frame, keys, base, merge_depth, through, px, py, count, items):
    """Items of the opaque surfaces in a pixel of four samples; returns the new count."""
    keep = window.keep
    first = keys[base]
    row = first & ~keep
    rest = (through[0] + through[1] + through[2] + through[3]) * np.float32(0.25)
    if ((first ^ keys[base + 1]) | (first ^ keys[base + 2]) | (first ^ keys[base + 3])) & ~keep == 0:
        if first != EMPTY and rest > LEAST_WEIGHT:
            _add(listed, projected, window, planes, frame, row, np.float32(0.5), np.float32(0.5), px, py, rest, count,
                 items)  # fmt: skip
            count += 1
        return count
    done = 0
    for s in range(4):
        key = keys[base + s]
        if done >> s & 1 or key == EMPTY:
            continue
        row = key & ~keep
        surface, front = planes.surface[listed.triangle[row]], listed.front[row]
        depth = np.int64(key & keep)
        most, chosen, share = 0, row, np.float32(0.0)
        mine = 0
        for other in range(s, 4):
            k = keys[base + other]
            if done >> other & 1 or k == EMPTY or abs(np.int64(k & keep) - depth) > merge_depth:
                continue
            r = k & ~keep
            if r != row and (planes.surface[listed.triangle[r]] != surface or listed.front[r] != front):
                continue
            share += through[other]
            done |= 1 << other
            same = 0
            for again in range(s, 4):
                if keys[base + again] & ~keep == r:
                    same |= 1 << again
            size = (same & 1) + (same >> 1 & 1) + (same >> 2 & 1) + (same >> 3 & 1)
            if size > most:
                most, chosen, mine = size, r, same
        share *= np.float32(0.25)
        if share > LEAST_WEIGHT:
            x, y = CENTROIDS_4[mine, 0] / np.float32(SUBPIXELS), CENTROIDS_4[mine, 1] / np.float32(SUBPIXELS)
            _add(listed, projected, window, planes, frame, chosen, np.float32(x), np.float32(y), px, py, share, count,
                 items)  # fmt: skip
            count += 1
    return count


@kernel
def _add_layers(
    listed, projected, window, planes, frame, keys, base, first, fragments, alpha, layers, through, px, py, count, items
):
    """Items of the see-through layers of a pixel, near to far; `through` becomes what each sample lets through.

    Returns:
        The new count, and the depth of the nearest dense layer (EMPTY: none).
    """
    samples, keep = window.grid[4], window.keep
    num_layers = 0
    i = first
    while i >= 0:
        # Insertion into a short list: depth, and where that is equal the number of the triangle, decide.
        at = num_layers
        while at > 0 and _lies_before(fragments, i, layers[at - 1]):
            if at < MOST_LAYERS:
                layers[at] = layers[at - 1]
            at -= 1
        if at < MOST_LAYERS:
            layers[at] = i
            num_layers = min(num_layers + 1, MOST_LAYERS)
        i = fragments[i, NEXT]
    dense = np.int32(EMPTY)
    for n in range(num_layers):
        i = layers[n]
        key = np.int32(np.int32(fragments[i, DEPTH] & keep) | fragments[i, ROW])
        weight = np.float32(0.0)
        bits = 0
        for s in range(samples):
            if fragments[i, BITS] >> s & 1 and key < keys[base + s]:
                bits |= 1 << s
                weight += through[s] * alpha[i]
        weight /= np.float32(samples)
        if bits != 0 and alpha[i] >= DENSE:
            dense = min(dense, key)
        if weight <= LEAST_WEIGHT:
            continue
        for s in range(samples):
            if bits >> s & 1:
                through[s] *= np.float32(1.0) - alpha[i]
        if samples == 4:
            x, y = CENTROIDS_4[fragments[i, BITS], 0], CENTROIDS_4[fragments[i, BITS], 1]
        else:
            x, y = np.int64(SUBPIXELS // 2), np.int64(SUBPIXELS // 2)
        _add(listed, projected, window, planes, frame, fragments[i, ROW], np.float32(x / SUBPIXELS),
             np.float32(y / SUBPIXELS), px, py, weight, count, items)  # fmt: skip
        count += 1
    return count, dense


@kernel
def _lies_before(fragments, i, j):
    if fragments[i, DEPTH] != fragments[j, DEPTH]:
        return fragments[i, DEPTH] < fragments[j, DEPTH]
    return fragments[i, ROW] < fragments[j, ROW]
