"""Single short hairs as tapering strokes: brows, lashes, the hem of a beard."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.hair_paint import Paint

_SAMPLES = 22


def curved(
    root: Float[np.ndarray, "n 2"], start: Float[np.ndarray, "n 2"], end: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, "n s 2"]:
    """Paths that leave `root` along the vector `start` and arrive along `end`; each as long as the two's mean."""
    t = np.linspace(0.0, 1.0, _SAMPLES)[None, :, None]
    return root[:, None] + start[:, None] * (t - 0.5 * t**2) + end[:, None] * (0.5 * t**2)


def draw_strokes(
    height: int,
    width: int,
    paths: Float[np.ndarray, "n s 2"],
    radius: Float[np.ndarray, " n"],
    tone: Float[np.ndarray, " n"],
    grey: Float[np.ndarray, " n"],
) -> Paint:
    """Strokes of `radius` texels at their roots, pointed at their tips, along paths of (column, row) texels.

    Where strokes cross, the later one is on top.
    """
    paint = Paint.blank(height, width)
    steps = 3
    fine = paths[:, :-1, None] + (paths[:, 1:, None] - paths[:, :-1, None]) * (np.arange(steps) / steps)[:, None]
    at = fine.reshape(len(paths), -1, 2)
    share = np.linspace(0, 1, at.shape[1])
    thick = radius[:, None] * np.minimum(1.0, 1.9 * (1 - share)) ** 0.7
    order = np.arange(len(paths))
    owner = np.full((height, width), -1)
    reach = int(np.ceil(radius.max() + 0.5))
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            column, row = np.floor(at[..., 0]).astype(int) + dx, np.floor(at[..., 1]).astype(int) + dy
            away = np.hypot(column + 0.5 - at[..., 0], row + 0.5 - at[..., 1])
            cover = np.clip(thick + 0.5 - away, 0, 1)
            inside = (cover > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
            np.maximum.at(paint.alpha, (row[inside], column[inside]), cover[inside])
            solid = inside & (cover > 0.3)
            np.maximum.at(owner, (row[solid], column[solid]), np.broadcast_to(order[:, None], row.shape)[solid])
    drawn = owner >= 0
    paint.tone[drawn] = tone[owner[drawn]]
    paint.grey[drawn] = grey[owner[drawn]]
    return paint
