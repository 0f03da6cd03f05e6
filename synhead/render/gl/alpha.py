"""Which triangles of a see-through part are really see-through.

Hair cards are mostly solid: their solid triangles need neither sorting nor blending, empty ones need not be drawn at
all, and many of the rest are wholly above or wholly below half opacity, so that one of the two blended passes can
leave them out.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from synhead.heads.model import HeadPart

SOLID_ALPHA = 250 / 255
"""Opacity from here on counts as solid."""
EMPTY_ALPHA = 1 / 255
"""Opacity up to here counts as empty."""
DENSE_ALPHA = 0.5
"""Where the two blended passes divide; blend.frag uses the same figure."""
MARGIN_SHARE = 1 / 128
"""Filtering reads beyond a triangle's own texels, further in small mip levels: they must be of the same kind."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TriangleKinds:
    """Each [num_triangles]. A triangle that is neither solid nor empty is dense, soft or both.

    Attributes:
        solid: opaque everywhere.
        dense: somewhere of opacity >= 0.5, and not solid.
        soft: somewhere of opacity < 0.5, and not empty.
    """

    solid: Bool[np.ndarray, " num_triangles"]
    dense: Bool[np.ndarray, " num_triangles"]
    soft: Bool[np.ndarray, " num_triangles"]


def classify_triangles(part: HeadPart) -> TriangleKinds:
    """The kinds of a part's triangles.

    The texels of a triangle are those of its box in the texture, widened by MARGIN_SHARE of the texture (2 texels at
    least). A triangle whose coordinates leave the texture (it repeats there) counts as dense and soft.
    """
    count = len(part.triangles)
    factor = part.material.base_color_rgba[3]
    if not part.material.has_alpha:
        low, high = np.ones(count), np.ones(count)
    elif part.material.texture is None:
        low, high = np.full(count, factor), np.full(count, factor)
    else:
        low, high = _opacity_bounds(part, part.material.texture[..., 3] * (factor / 255))
    solid, empty = low >= SOLID_ALPHA, high <= EMPTY_ALPHA
    return TriangleKinds(solid=solid, dense=~solid & (high >= DENSE_ALPHA), soft=~empty & (low < DENSE_ALPHA))


def _opacity_bounds(
    part: HeadPart, alpha: Float[np.ndarray, "height width"]
) -> tuple[Float[np.ndarray, " num_triangles"], Float[np.ndarray, " num_triangles"]]:
    """Thresholds that the opacity of each triangle is surely above and surely below."""
    rows, columns, inside = _texel_boxes(part, alpha.shape)
    area = (rows[:, 1] - rows[:, 0]) * (columns[:, 1] - columns[:, 0])
    low, high = np.zeros(len(area)), np.ones(len(area))
    for threshold in (DENSE_ALPHA, SOLID_ALPHA):
        above = _count_in_boxes(alpha >= threshold, rows, columns) == area
        low = np.where(above & inside, threshold, low)
    for threshold in (np.nextafter(DENSE_ALPHA, 0), EMPTY_ALPHA):
        below = _count_in_boxes(alpha <= threshold, rows, columns) == area
        high = np.where(below & inside, threshold, high)
    return low, high


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
    margin = max(2, round(size * MARGIN_SHARE))
    first = np.clip(np.floor(low * size).astype(int) - margin, 0, size - 1)
    last = np.clip(np.ceil(high * size).astype(int) + margin, 1, size)
    return np.stack([first, last], axis=1)


def _count_in_boxes(
    mask: Bool[np.ndarray, "height width"], rows: Int[np.ndarray, "n 2"], columns: Int[np.ndarray, "n 2"]
) -> Int[np.ndarray, " n"]:
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    (r0, r1), (c0, c1) = rows.T, columns.T
    return sums[r1, c1] - sums[r0, c1] - sums[r1, c0] + sums[r0, c0]
