"""The mean of several drawn poses in linear light, where a head is; everywhere else they are the same background."""

import numpy as np

from synhead.compiled import compiled

_BLOCK = 32


@compiled
def average_poses(out, drawn, coverage, counts, decode, encode):
    """Motion blur, exact in whole linear codes: (sum + count // 2) // count.

    Args:
        out: uint8 [T, H, 3 W], holds the middle pose of each frame.
        drawn, coverage: uint8 [P, H, 3 W] and [P, H, W]: the poses of the first frame, then those of the second, ...
        counts: int64 [T], odd.
        decode: float32 [256], whole linear codes of 8-bit values; encode: uint8 [65536].
    """
    num_frames, height, width = out.shape
    total = np.empty(width, np.float32)
    codes = np.empty(width, np.uint16)
    last = 0
    for frame in range(num_frames):
        first, last = last, last + counts[frame]
        if last - first == 1:
            continue
        half, number = np.float32((last - first) // 2), np.float32(last - first)
        for y in range(height):
            left, right = width // 3, 0
            for pose in range(first, last):
                left = _first_covered(coverage[pose, y], left)
                right = _last_covered(coverage[pose, y], right)
            if left >= right:
                continue
            here = slice(3 * left, 3 * right)
            # Several poses at once: a table look-up costs less than to add it to memory.
            _sum_3(total[here], drawn[first, y, here], drawn[first + 1, y, here], drawn[first + 2, y, here], decode)
            for pose in range(first + 3, last, 2):
                _add_2(total[here], drawn[pose, y, here], drawn[pose + 1, y, here], decode)
            _divide(codes[here], total[here], half, number)
            _encode(out[frame, y, here], codes[here], encode)


@compiled
def _first_covered(row, stop):
    """Index of the first value that is not 0, at most `stop`."""
    x = 0
    while x + _BLOCK <= stop:
        found = np.uint8(0)
        for i in range(_BLOCK):
            found |= row[x + i]
        if found:
            break
        x += _BLOCK
    while x < stop and row[x] == 0:
        x += 1
    return x


@compiled
def _last_covered(row, start):
    """Index after the last value that is not 0, at least `start`."""
    x = row.size
    while x - _BLOCK >= start:
        found = np.uint8(0)
        for i in range(_BLOCK):
            found |= row[x - _BLOCK + i]
        if found:
            break
        x -= _BLOCK
    while x > start and row[x - 1] == 0:
        x -= 1
    return x


@compiled
def _sum_3(total, a, b, c, decode):
    for i in range(total.size):
        total[i] = decode[a[i]] + decode[b[i]] + decode[c[i]]


@compiled
def _add_2(total, a, b, decode):
    for i in range(total.size):
        total[i] += decode[a[i]] + decode[b[i]]


@compiled
def _divide(codes, total, half, number):
    # Sums are below 2^20, so that no quotient is rounded up to the next whole number.
    for i in range(codes.size):
        codes[i] = np.uint16((total[i] + half) / number)


@compiled
def _encode(out, codes, encode):
    for i in range(out.size):
        out[i] = encode[codes[i]]
