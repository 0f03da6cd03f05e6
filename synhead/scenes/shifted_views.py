"""Views into a picture that sway by fractions of a pixel: what is behind the head of a hand-held camera."""

import numpy as np
from jaxtyping import Float, UInt8

from synhead.compiled import compiled


def shifted_views(
    picture: UInt8[np.ndarray, "rows columns 3"], shift_px: Float[np.ndarray, "num_frames 2"], *, margin_px: int
) -> UInt8[np.ndarray, "num_frames height width 3"]:
    """Views into a picture that is `margin_px` larger on every side, each moved by (x, y), to fractions of a pixel.

    Raises:
        ValueError: a shift reaches beyond the margin.
    """
    height, width = picture.shape[0] - 2 * margin_px, picture.shape[1] - 2 * margin_px
    if (np.abs(shift_px) > margin_px).any():
        raise ValueError(f"a shift of {np.abs(shift_px).max():.3g} px reaches beyond the margin of {margin_px} px")
    corners = margin_px - np.asarray(shift_px, np.float64)
    whole = np.floor(corners).astype(np.int64)
    out = np.empty((len(shift_px), height, 3 * width), np.uint8)
    flat = np.ascontiguousarray(picture).reshape(len(picture), -1)
    _mix_neighbours(out, flat, whole, (corners - whole).astype(np.float32))
    return out.reshape(len(shift_px), height, width, 3)


@compiled
def _mix_neighbours(out, picture, whole, share):
    """Bilinear; a pixel is three values of a row."""
    num_frames, height, width = out.shape
    rows, columns = picture.shape
    mixed = np.empty(width + 3, np.float32)
    for frame in range(num_frames):
        left, top = 3 * whole[frame, 0], whole[frame, 1]
        fx, fy = share[frame]
        # At a whole shift to the end of the margin there is no next row or column, and none is needed.
        count = min(width + 3, columns - left)
        mixed[count:] = np.float32(0)
        for y in range(height):
            _mix(mixed[:count], picture[top + y, left:], picture[min(top + y + 1, rows - 1), left:], fy)
            _round_mixed(out[frame, y], mixed, fx)


@compiled
def _mix(out, one, other, share):
    rest = np.float32(1) - share
    for i in range(out.size):
        out[i] = np.float32(one[i]) * rest + np.float32(other[i]) * share


@compiled
def _round_mixed(out, mixed, share):
    rest = np.float32(1) - share
    for i in range(out.size):
        out[i] = np.uint8(np.rint(mixed[i] * rest + mixed[i + 3] * share))
