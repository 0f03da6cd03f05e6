"""Which triangles of a see-through part are really see-through.

Hair cards are mostly solid: their solid triangles need neither sorting nor blending, and those whose texels are all
empty need not be drawn at all.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from synhead.heads.model import HeadPart

SOLID_ALPHA = 250
"""Texels from here on (of 255) count as solid."""
EMPTY_ALPHA = 1
"""Texels up to here count as empty."""
MARGIN_TEXELS = 2
"""Filtering reads beyond a triangle's own texels; they must be of the same kind."""


def classify_triangles(
    part: HeadPart,
) -> tuple[Bool[np.ndarray, " num_triangles"], Bool[np.ndarray, " num_triangles"]]:
    """(solid, empty) of every triangle; one that is neither has to be blended.

    The texels of a triangle are those of its box in the texture, widened by MARGIN_TEXELS. A triangle whose
    coordinates leave the texture (it repeats there) is never solid nor empty.
    """
    count = len(part.triangles)
    if not part.material.has_alpha:
        return np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    factor = part.material.base_color_rgba[3]
    if part.material.texture is None:
        solid, empty = factor * 255 >= SOLID_ALPHA, factor * 255 <= EMPTY_ALPHA
        return np.full(count, solid), np.full(count, empty)
    alpha = part.material.texture[..., 3] * factor
    rows, columns, inside = _texel_boxes(part, alpha.shape)
    num_solid = _count_in_boxes(alpha >= SOLID_ALPHA, rows, columns)
    num_empty = _count_in_boxes(alpha <= EMPTY_ALPHA, rows, columns)
    area = (rows[:, 1] - rows[:, 0]) * (columns[:, 1] - columns[:, 0])
    return inside & (num_solid == area), inside & (num_empty == area)


def _texel_boxes(
    part: HeadPart, shape: tuple[int, ...]
) -> tuple[Int[np.ndarray, "num_triangles 2"], Int[np.ndarray, "num_triangles 2"], Bool[np.ndarray, " num_triangles"]]:
    height, width = shape
    corners = part.uv[part.triangles]
    low, high = corners.min(axis=1), corners.max(axis=1)
    inside = ((low >= 0) & (high <= 1)).all(axis=1)
    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    rows = _span(1 - high[:, 1], 1 - low[:, 1], height)
    columns = _span(low[:, 0], high[:, 0], width)
    return rows, columns, inside


def _span(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"], size: int) -> Int[np.ndarray, "n 2"]:
    first = np.clip(np.floor(low * size).astype(int) - MARGIN_TEXELS, 0, size - 1)
    last = np.clip(np.ceil(high * size).astype(int) + MARGIN_TEXELS, 1, size)
    return np.stack([first, last], axis=1)


def _count_in_boxes(
    mask: Bool[np.ndarray, "height width"], rows: Int[np.ndarray, "n 2"], columns: Int[np.ndarray, "n 2"]
) -> Int[np.ndarray, " n"]:
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    (r0, r1), (c0, c1) = rows.T, columns.T
    return sums[r1, c1] - sums[r0, c1] - sums[r1, c0] + sums[r0, c0]
