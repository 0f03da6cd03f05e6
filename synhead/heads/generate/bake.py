"""From a mesh with texture coordinates to maps: what lies at each texel (position and any other vertex value)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32
from scipy import ndimage, sparse

_CHUNK = 2_000_000
"""Texel and triangle pairs that are looked at together: bounds the memory."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TexelMap:
    """How a texture's texels lie on a mesh; row 0 is v = 1. The same for all heads of one topology.

    Attributes:
        weights: sparse [height * width, num_vertices]: each texel as a mean of three vertices. A texel beside the
            mesh is like the nearest one on it, so that filtering bleeds in no foreign colour.
        covered: a triangle covers the texel's centre.
        triangle: which one; beside the mesh, that of the nearest covered texel.
    """

    weights: sparse.csr_matrix
    covered: Bool[np.ndarray, "height width"]
    triangle: Int32[np.ndarray, "height width"]

    def bake(self, values: Float[np.ndarray, "n c"]) -> Float32[np.ndarray, "num_texels c"]:
        """Interpolate vertex values, row by row."""
        return self.weights @ np.ascontiguousarray(values, dtype=np.float32)


def texel_map(uv: Float[np.ndarray, "n 2"], triangles: Int[np.ndarray, "m 3"], height: int, width: int) -> TexelMap:
    """Find the triangle and the weights of every texel; kept for the next head with the same layout."""
    layout = np.ascontiguousarray(uv, dtype=np.float64).tobytes()
    return _texel_map(layout, np.ascontiguousarray(triangles, dtype=np.int64).tobytes(), height, width)


@lru_cache(maxsize=4)
def _texel_map(uv_bytes: bytes, triangle_bytes: bytes, height: int, width: int) -> TexelMap:
    uv = np.frombuffer(uv_bytes).reshape(-1, 2)
    triangles = np.frombuffer(triangle_bytes, dtype=np.int64).reshape(-1, 3)
    pixel = np.stack([uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5], axis=1)[triangles]
    low = np.maximum(np.ceil(pixel.min(axis=1) - 0.01), 0).astype(np.int64)
    high = np.minimum(np.floor(pixel.max(axis=1) + 0.01), [width - 1, height - 1]).astype(np.int64)
    extent = np.maximum(high - low + 1, 0)
    area = _cross(pixel[:, 1] - pixel[:, 0], pixel[:, 2] - pixel[:, 0])
    flat = np.abs(area) <= 1e-9
    useful = np.flatnonzero(~flat & (extent.min(axis=1) > 0))
    area[flat] = 1.0
    found = np.full(height * width, -1, dtype=np.int32)
    shares = np.zeros((height * width, 2), dtype=np.float32)
    count = np.cumsum(extent[useful].prod(axis=1))
    for part in np.split(useful, np.flatnonzero(np.diff(count // _CHUNK)) + 1):
        _fill(part, extent, low, pixel, area, width, found, shares)
    covered = (found >= 0).reshape(height, width)
    if covered.any() and not covered.all():
        nearest = np.zeros((2, height, width), dtype=np.int32)
        ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True, indices=nearest)
        source = (nearest[0] * width + nearest[1]).ravel()
        found, shares = found[source], shares[source]
    corners = triangles[found].astype(np.int32)
    data = np.stack([1 - shares.sum(axis=1), shares[:, 0], shares[:, 1]], axis=1)
    data[found < 0] = 0
    rows = np.arange(0, 3 * len(found) + 1, 3, dtype=np.int32)
    weights = sparse.csr_matrix((data.ravel(), corners.ravel(), rows), shape=(len(found), len(uv)))
    return TexelMap(weights=weights, covered=covered, triangle=found.reshape(height, width))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _fill(
    index: np.ndarray,
    extent: np.ndarray,
    low: np.ndarray,
    pixel: np.ndarray,
    area: np.ndarray,
    width: int,
    found: np.ndarray,
    shares: np.ndarray,
) -> None:
    """Test every texel in the boxes of the triangles `index`."""
    count = extent[index].prod(axis=1)
    which = np.repeat(index, count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    across = extent[which, 0]
    column, row = low[which, 0] + step % across, low[which, 1] + step // across
    origin = pixel[:, 0]
    edge1, edge2 = (pixel[:, 1] - origin) / area[:, None], (pixel[:, 2] - origin) / area[:, None]
    dx, dy = column - origin[which, 0], row - origin[which, 1]
    w1 = dx * edge2[which, 1] - dy * edge2[which, 0]
    w2 = dy * edge1[which, 0] - dx * edge1[which, 1]
    inside = (w1 >= -1e-6) & (w2 >= -1e-6) & (w1 + w2 <= 1 + 1e-6)
    texel = (row * width + column)[inside]
    found[texel] = which[inside]
    shares[texel] = np.stack([w1[inside], w2[inside]], axis=1)


def bake_values(
    uv: Float[np.ndarray, "n 2"],
    triangles: Int[np.ndarray, "m 3"],
    values: Float[np.ndarray, "n c"],
    height: int,
    width: int,
) -> tuple[Float[np.ndarray, "height width c"], Bool[np.ndarray, "height width"]]:
    """Interpolate vertex values over the triangles in texture space; row 0 is v = 1.

    Returns:
        the map, and where a triangle covers the texel's centre. Other texels take the value of the nearest such one.
    """
    texels = texel_map(uv, triangles, height, width)
    return texels.bake(values).astype(np.float64).reshape(height, width, values.shape[1]), texels.covered


def smooth_step(low: float | int, high: float | int, x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """0 below `low`, 1 above `high`, smooth between; low > high turns it round."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def to_bytes(colour: Float[np.ndarray, "*shape"]) -> np.ndarray:
    """[0, 1] to 8 bits, rounded to nearest."""
    return (np.clip(colour, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
