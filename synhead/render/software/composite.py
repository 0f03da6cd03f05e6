"""Items to pixels: the mean in linear light over the background, the sRGB curve by table."""

import numpy as np

from synhead.render.software.compiled import kernel

LINEAR_WHITE = 65535
"""Last entry of the encoding table."""


@kernel
def lay_over(items, pixels, num_pixels, decode, encode, rgb, coverage):
    """Blend the items of each pixel over the background that `rgb` holds.

    Args:
        items: with their colours; pixels: as `resolve_samples` has written them.
        decode: float32 [256], linear light of 8-bit values; encode: uint8 [LINEAR_WHITE + 1].
        rgb: uint8 [height * width, 3], changed; coverage: uint8 [height * width], written where pixels have items.
    """
    white = np.float32(LINEAR_WHITE)
    half = np.float32(0.5)
    color, weights = items.rgb, items.weight
    for n in range(num_pixels):
        at, first, stop = pixels[n, 0], pixels[n, 1], pixels[n + 1, 1]
        red = green = blue = covered = np.float32(0.0)
        for i in range(first, stop):
            weight = weights[i]
            red += weight * color[i, 0]
            green += weight * color[i, 1]
            blue += weight * color[i, 2]
            covered += weight
        rest = np.float32(1.0) - covered
        if rest > 0:
            red += rest * decode[rgb[at, 0]]
            green += rest * decode[rgb[at, 1]]
            blue += rest * decode[rgb[at, 2]]
        rgb[at, 0] = encode[np.int32(min(max(red, np.float32(0.0)), np.float32(1.0)) * white + half)]
        rgb[at, 1] = encode[np.int32(min(max(green, np.float32(0.0)), np.float32(1.0)) * white + half)]
        rgb[at, 2] = encode[np.int32(min(max(blue, np.float32(0.0)), np.float32(1.0)) * white + half)]
        coverage[at] = np.uint8(min(covered, np.float32(1.0)) * np.float32(255.0) + half)
