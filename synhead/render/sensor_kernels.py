"""The sensor's arithmetic, row by row: a row is decoded, blurred, lit, disturbed and encoded while it is in the cache.

Rows hold the three channels as they lie in the picture (red, green, blue, red, ...), so that one loop serves all.
"""

import numpy as np

from synhead.compiled import compiled

NOISE_STEPS = 24
"""Steps of the stored noise for one standard deviation: -127 to 127 reach 5.3 of them, and rounding adds 0.014 % to
the variance."""


@compiled
def _decode_row(row, source, decode):
    for i in range(row.size):
        row[i] = decode[source[i]]


@compiled
def _blur_row(out, above, here, below, work, side, step):
    """(side, 1 - 2 side, side) along both axes; `step` values further is the neighbour in the row. Borders repeat."""
    count = out.size
    middle = np.float32(1) - np.float32(2) * side
    for i in range(count):
        work[i + step] = (here[i] * middle + above[i] * side) + below[i] * side
    for i in range(step):
        work[i] = work[i + step]
        work[count + step + i] = work[count + i]
    for i in range(count):
        out[i] = (work[i + step] * middle + work[i] * side) + work[i + 2 * step] * side


@compiled
def _disturb_row(codes, light, lit, falloff, noise, shot, read, balance):
    top = np.float32(65535)
    for i in range(codes.size):
        value = light[i] * (lit - falloff[i])
        value += np.sqrt(value * shot + read) * np.float32(noise[i])
        value = value * balance[i]
        codes[i] = np.uint16(min(max(value, np.float32(0)), top))


@compiled
def _encode_row(out, codes, encode):
    for i in range(out.size):
        out[i] = encode[codes[i]]


@compiled
def expose(rgb, out, decode, encode, side, num_passes, row_light, falloff, tiles, places, shot, read, balance):
    """What a sensor makes of pictures.

    Args:
        rgb, out: uint8 [T, H, 3 W].
        decode: float32 [256], light of each value in linear codes, exposure included.
        encode: uint8 [65536].
        side, num_passes: blur by so many passes of (side, 1 - 2 side, side).
        row_light: float32 [H]; a pixel gets the light of its row less `falloff` [3 W] of its column.
        tiles: int8 [2, S, 3 S], noise in NOISE_STEPS and the same mirrored.
        places: int64 [T, 4]: tile, first row, first column, and whether rows run upwards.
        shot, read: the square of the noise's amplitude is shot x light + read, in codes for each noise step.
        balance: float32 [3 W].
    """
    num_frames, height, width = rgb.shape
    # The last three rows of each stage of the blur; row y of stage k is at [k, y % 3].
    rows = np.empty((num_passes + 1, 3, width), np.float32)
    work = np.empty(width + 6, np.float32)
    codes = np.empty(width, np.uint16)
    for frame in range(num_frames):
        tile, top, left, upwards = places[frame]
        for step in range(height + num_passes):
            if step < height:
                _decode_row(rows[0, step % 3], rgb[frame, step], decode)
            for k in range(1, num_passes + 1):
                y = step - k
                if 0 <= y < height:
                    above, below = max(y - 1, 0) % 3, min(y + 1, height - 1) % 3
                    stage = rows[k - 1]
                    _blur_row(rows[k, y % 3], stage[above], stage[y % 3], stage[below], work, side, 3)
            y = step - num_passes
            if y < 0:
                continue
            noise_row = top + height - 1 - y if upwards else top + y
            noise = tiles[tile, noise_row, 3 * left : 3 * left + width]
            _disturb_row(codes, rows[num_passes, y % 3], row_light[y], falloff, noise, shot, read, balance)
            _encode_row(out[frame, y], codes, encode)


@compiled
def blur_plane(light, work, side, num_passes):
    """The blur of `expose` on one float32 plane, in place. `work` holds three rows and two values."""
    height, width = light.shape
    above, here, row = work[:width], work[width : 2 * width], work[2 * width :]
    for _ in range(num_passes):
        above[:] = light[0]
        for y in range(height):
            here[:] = light[y]
            below = light[y + 1] if y + 1 < height else here
            _blur_row(light[y], above, here, below, row, side, 1)
            above[:] = here
