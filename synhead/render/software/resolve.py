"""From samples to points to shade: one item for each surface in a pixel, with its share of the pixel.

Samples of a pixel are merged where they show one surface: the same part from the same side, at nearly the same depth.
Shading is evaluated once for all of them, which is what makes four samples cost little more than one.
"""

import numpy as np

from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.fragments import CENTROIDS_4, DENSE
from synhead.render.software.frame_buffers import ALPHA, BITS, DEPTH, NEXT, ROW
from synhead.render.software.geometry_kernels import SUBPIXELS, depth_metres
from synhead.render.software.kernel_memory import float_from_bits
from synhead.render.software.lanes import EMPTY, LANES, load

LEAST_WEIGHT = np.float32(1.0 / 128.0)
"""Shares of a pixel below this are not shaded: a quarter of the last of 255 steps."""
FAINT = np.float32(1.0 / 6.0)
"""A layer of hair with less than this share of the pixel takes the colour of the layer of the same hair next to it."""
_HALF = np.float32(0.5)
_QUARTER = np.float32(0.25)
_PER_SUBPIXEL = np.float32(1 / SUBPIXELS)


@kernel
def resolve_samples(listed, window, keys, head, fragments, merge_depth, is_hair, items, pixels, depth_m):
    """List the items of a frame, and write its depth map.

    Args:
        listed, window: as `frame_buffers` has them.
        keys, head, fragments: as `place_fragments` left them.
        merge_depth: depth units by which samples of one surface may differ.
        is_hair: uint8 by part.
        items: written; room for all samples and all fragments.
        pixels: int32 [., 2], picture index (row * width + column) and first item of each pixel that has items, in
            the order of the items; written, with one more row at the end.
        depth_m: float32 [height, width] of the whole picture, inside the window written.

    Returns:
        How many items and how many pixels there are.
    """
    grid, lens, keep, depth = window.grid, window.lens, window.keep, window.depth
    triangle, front, surface_of = listed.triangle, listed.front, listed.surface
    out_triangle, out_front, out_x, out_y, out_weight = items.triangle, items.front, items.x, items.y, items.weight
    width, height, samples, stride = grid[0], grid[1], grid[4], grid[5]
    left, top, picture_width = np.int64(lens[3]), np.int64(lens[4]), depth_m.shape[1]
    shift = 1 if samples == 4 else 2
    per_block, half_bin = LANES // samples, np.int64((~keep + 1) >> 1)
    count = num_pixels = 0
    for by in range((height + (1 << shift) - 1) >> shift):
        for bx in range(stride):
            block = by * stride + bx
            some = EMPTY
            for lane in range(LANES):
                some = min(some, load(keys, block * LANES + lane))
            listed_here = np.int32(-1)
            for inner in range(per_block):
                listed_here = max(listed_here, load(head, block * per_block + inner))
            if some == EMPTY and listed_here < 0:
                continue
            for inner in range(per_block):
                x, y = (bx << shift) + (inner & ((1 << shift) - 1)), (by << shift) + (inner >> shift)
                if x >= width or y >= height:
                    continue
                pixel, before = block * per_block + inner, count
                base = pixel * samples
                nearest = keys[base]
                for s in range(1, samples):
                    nearest = min(nearest, keys[base + s])
                t0 = t1 = t2 = t3 = whole = np.float32(1.0)
                last_surface, last_depth = np.int32(-1), np.int64(0)
                if head[pixel] >= 0:
                    dense = EMPTY
                    following = head[pixel]
                    while following >= 0:
                        i = following
                        following = fragments[i, NEXT]
                        weight, dense, t0, t1, t2, t3 = _lay(
                            fragments, i, keys, base, samples, keep, dense, t0, t1, t2, t3
                        )
                        if weight <= LEAST_WEIGHT:
                            continue
                        row, place = fragments[i, ROW], count
                        if surface_of[row] >> 1 == last_surface >> 1:
                            near = surface_of[row] == last_surface and fragments[i, DEPTH] - last_depth <= merge_depth
                            share = out_weight[count - 1]
                            if near or (min(weight, share) < FAINT and is_hair[last_surface >> 1] != 0):
                                out_weight[count - 1] += weight
                                if near or weight <= share:
                                    continue
                                place, weight = count - 1, weight + share
                        last_surface, last_depth = surface_of[row], np.int64(fragments[i, DEPTH])
                        cx, cy = _centre(fragments[i, BITS], samples)
                        out_triangle[place], out_front[place], out_weight[place] = triangle[row], front[row], weight
                        out_x[place], out_y[place] = left + x + cx, top + y + cy
                        count = place + 1
                    nearest = min(nearest, dense)
                    whole = t0 if samples == 1 else (t0 + t1 + t2 + t3) * _QUARTER
                if samples == 1 or _is_one_surface(keys, base, keep, surface_of, merge_depth):
                    if keys[base] != EMPTY and whole > LEAST_WEIGHT:
                        row, bits = keys[base] & ~keep, 1
                        if samples == 4:
                            row, bits = _largest_row(keys, base, keep)
                        same = surface_of[row] >> 1 == last_surface >> 1 and is_hair[surface_of[row] >> 1] != 0
                        if same and whole < FAINT:
                            out_weight[count - 1] += whole
                        else:
                            cx, cy = _centre(bits, samples)
                            out_triangle[count], out_front[count], out_weight[count] = triangle[row], front[row], whole
                            out_x[count], out_y[count] = left + x + cx, top + y + cy
                            count += 1
                else:
                    done = 0
                    for s in range(4):
                        if keys[base + s] == EMPTY or done >> s & 1:
                            continue
                        mine, row, bits = _surface_at(keys, base, s, done, keep, surface_of, merge_depth)
                        done |= mine
                        share = _sum_of(mine, t0, t1, t2, t3) * _QUARTER
                        if share > LEAST_WEIGHT:
                            cx, cy = _centre(bits, samples)
                            out_triangle[count], out_front[count], out_weight[count] = triangle[row], front[row], share
                            out_x[count], out_y[count] = left + x + cx, top + y + cy
                            count += 1
                if count > before:
                    pixels[num_pixels, 0] = (top + y) * picture_width + left + x
                    pixels[num_pixels, 1] = before
                    num_pixels += 1
                if nearest != EMPTY:
                    units = np.int64(nearest & keep) + half_bin
                    depth_m[top + y, left + x] = depth_metres(units, depth[0], depth[1])
    pixels[num_pixels, 1] = count
    return count, num_pixels


@inlined
def _centre(bits, samples):
    """Mean place of some samples of a pixel."""
    if samples == 1:
        return _HALF, _HALF
    return np.float32(CENTROIDS_4[bits, 0]) * _PER_SUBPIXEL, np.float32(CENTROIDS_4[bits, 1]) * _PER_SUBPIXEL


@inlined
def _is_one_surface(keys, base, keep, surface_of, merge_depth):
    """Whether all four samples of a pixel show one surface."""
    k0, k1, k2, k3 = keys[base], keys[base + 1], keys[base + 2], keys[base + 3]
    farthest = max(max(k0, k1), max(k2, k3))
    if farthest == EMPTY or np.int64(farthest) - np.int64(min(min(k0, k1), min(k2, k3))) > merge_depth:
        return False
    s0, s1, s2, s3 = surface_of[k0 & ~keep], surface_of[k1 & ~keep], surface_of[k2 & ~keep], surface_of[k3 & ~keep]
    return ((s0 ^ s1) | (s0 ^ s2) | (s0 ^ s3)) == 0


@inlined
def _largest_row(keys, base, keep):
    """The row with the most samples of a pixel, and their bits; the first one where several are alike."""
    r0, r1, r2, r3 = keys[base] & ~keep, keys[base + 1] & ~keep, keys[base + 2] & ~keep, keys[base + 3] & ~keep
    a, b, c = 1 if r0 == r1 else 0, 1 if r0 == r2 else 0, 1 if r0 == r3 else 0
    d, e, f = 1 if r1 == r2 else 0, 1 if r1 == r3 else 0, 1 if r2 == r3 else 0
    row, bits, size = r0, 1 | a << 1 | b << 2 | c << 3, a + b + c
    larger = d + e > size
    row, bits, size = (r1 if larger else row), (a | 2 | d << 2 | e << 3 if larger else bits), max(size, d + e)
    larger = f > size
    return (r2 if larger else row), (b | d << 1 | 12 if larger else bits)


@inlined
def _surface_at(keys, base, s, done, keep, surface_of, merge_depth):
    """What sample `s` of a pixel shows.

    Returns:
        Bits of the samples that show the same surface; the row among them with the most samples; their bits.
    """
    key = keys[base + s]
    row = key & ~keep
    surface = surface_of[row]
    mine = most = bits = 0
    chosen = row
    for other in range(s, 4):
        k = keys[base + other]
        r = k & ~keep
        if done >> other & 1 or k == EMPTY or abs(np.int64(k & keep) - np.int64(key & keep)) > merge_depth:
            continue
        if surface_of[r] != surface:
            continue
        mine |= 1 << other
        same = 0
        for again in range(s, 4):
            same |= (1 << again) if keys[base + again] & ~keep == r else 0
        size = (same & 1) + (same >> 1 & 1) + (same >> 2 & 1) + (same >> 3 & 1)
        if size > most:
            most, chosen, bits = size, r, same
    return mine, chosen, bits


@inlined
def _sum_of(bits, t0, t1, t2, t3):
    """The sum of those whose bit is set."""
    none = np.float32(0.0)
    return (
        (t0 if bits & 1 else none)
        + (t1 if bits & 2 else none)
        + (t2 if bits & 4 else none)
        + (t3 if bits & 8 else none)
    )


@inlined
def _lay(fragments, i, keys, base, samples, keep, dense, t0, t1, t2, t3):
    """Share of the pixel that a layer has, the nearest dense depth so far, and what light gets through to each sample.

    Branches would be taken at random: there are none but for layers too faint to matter.
    """
    key = np.int32(np.int32(fragments[i, DEPTH] & keep) | fragments[i, ROW])
    bits, opacity, most = fragments[i, BITS], float_from_bits(fragments[i, ALPHA]), samples - 1
    seen = bits & (
        (1 if key < keys[base] else 0)
        | (2 if key < keys[base + min(1, most)] else 0)
        | (4 if key < keys[base + min(2, most)] else 0)
        | (8 if key < keys[base + most] else 0)
    )
    weight = _sum_of(seen, t0, t1, t2, t3) * opacity * (_QUARTER if samples == 4 else np.float32(1.0))
    dense = min(dense, key) if (seen != 0) & (opacity >= DENSE) else dense
    if weight > LEAST_WEIGHT:
        rest = np.float32(1.0) - opacity
        t0 = t0 * rest if seen & 1 else t0
        t1 = t1 * rest if seen & 2 else t1
        t2 = t2 * rest if seen & 4 else t2
        t3 = t3 * rest if seen & 8 else t3
    return weight, dense, t0, t1, t2, t3
