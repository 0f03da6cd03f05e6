"""Items to pixels: the mean in linear light over the background, the sRGB curve by table."""

import numpy as np

from synhead.render.software.compiled import inlined, kernel
from synhead.render.software.kernel_memory import load, read, write

LINEAR_WHITE = 65535
"""Last entry of the encoding table."""
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_WHITE, _BYTE = np.float32(LINEAR_WHITE), np.float32(255.0)


@kernel
def lay_over(items, pixels, num_pixels, decode, encode, rgb, coverage):
    """Blend the items of each pixel over the background that `rgb` holds.

    Args:
        items: with their colours; pixels: as `resolve_samples` has written them.
        decode: float32 [256], linear light of 8-bit values; encode: uint8 [LINEAR_WHITE + 1].
        rgb: uint8 [height * width, 3], changed; coverage: uint8 [height * width], written where pixels have items.
    """
    color, weights = items.rgb, items.weight
    first = np.int64(pixels[0, 1])
    for n in range(num_pixels):
        at, stop = np.int64(read(pixels, 2 * n)), np.int64(read(pixels, 2 * n + 3))
        covered = read(weights, first)
        red, green = covered * read(color, 3 * first), covered * read(color, 3 * first + 1)
        blue = covered * read(color, 3 * first + 2)
        for i in range(first + 1, stop):
            weight = read(weights, i)
            red += weight * read(color, 3 * i)
            green += weight * read(color, 3 * i + 1)
            blue += weight * read(color, 3 * i + 2)
            covered += weight
        first = stop
        rest = _ONE - covered
        if rest > 0:
            red += rest * read(decode, np.int64(load(rgb, 3 * at)))
            green += rest * read(decode, np.int64(load(rgb, 3 * at + 1)))
            blue += rest * read(decode, np.int64(load(rgb, 3 * at + 2)))
        write(rgb, 3 * at, read(encode, _code(red)))
        write(rgb, 3 * at + 1, read(encode, _code(green)))
        write(rgb, 3 * at + 2, read(encode, _code(blue)))
        write(coverage, at, np.uint8(np.int32(min(covered, _ONE) * _BYTE + _HALF)))


@inlined
def _code(linear):
    """Place in the encoding table."""
    return np.int64(np.int32(min(max(linear, _ZERO), _ONE) * _WHITE + _HALF))
