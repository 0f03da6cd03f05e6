"""From a mesh with texture coordinates to maps: what lies at each texel (position and any other vertex value)."""

import numpy as np
from jaxtyping import Bool, Float, Int


def bake_values(
    uv: Float[np.ndarray, "n 2"],
    triangles: Int[np.ndarray, "m 3"],
    values: Float[np.ndarray, "n c"],
    height: int,
    width: int,
) -> tuple[Float[np.ndarray, "height width c"], Bool[np.ndarray, "height width"]]:
    """Interpolate vertex values over the triangles in texture space; row 0 is v = 1.

    Returns:
        the map, and where a triangle covers the texel's centre. Uncovered texels near a covered one take its value, so
        that filtering does not bleed in a foreign colour.
    """
    out = np.zeros((height, width, values.shape[1]))
    covered = np.zeros((height, width), dtype=bool)
    pixel = np.stack([uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5], axis=1)[triangles]
    low = np.maximum(np.ceil(pixel.min(axis=1) - 0.01), 0).astype(int)
    high = np.minimum(np.floor(pixel.max(axis=1) + 0.01), [width - 1, height - 1]).astype(int)
    extent = np.maximum(high - low + 1, 0)
    area = _cross(pixel[:, 1] - pixel[:, 0], pixel[:, 2] - pixel[:, 0])
    useful = (np.abs(area) > 1e-9) & (extent.min(axis=1) > 0)
    # Triangles with equal boxes are done together: no Python loop over triangles.
    for size in np.unique(extent[useful], axis=0):
        group = np.flatnonzero(useful & (extent == size).all(axis=1))
        _fill(group, size, low, pixel, area, values[triangles], out, covered)
    _spread(out, covered.copy(), 6)
    return out, covered


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _fill(
    group: np.ndarray,
    size: np.ndarray,
    low: np.ndarray,
    pixel: np.ndarray,
    area: np.ndarray,
    corner_values: np.ndarray,
    out: np.ndarray,
    covered: np.ndarray,
) -> None:
    offset = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=-1).reshape(-1, 2)
    at = low[group][:, None, :] + offset
    p0, p1, p2 = (pixel[group, k][:, None, :] for k in range(3))
    w1 = _cross(at - p0, p2 - p0) / area[group][:, None]
    w2 = _cross(p1 - p0, at - p0) / area[group][:, None]
    w0 = 1 - w1 - w2
    inside = (w0 >= -1e-6) & (w1 >= -1e-6) & (w2 >= -1e-6)
    triangle, texel = np.nonzero(inside)
    weights = np.stack([w0, w1, w2], axis=-1)[triangle, texel]
    columns, rows = at[triangle, texel].T
    out[rows, columns] = (weights[:, :, None] * corner_values[group[triangle]]).sum(axis=1)
    covered[rows, columns] = True


def _spread(out: np.ndarray, filled: np.ndarray, rounds: int) -> None:
    """Copy each covered texel into its uncovered neighbours, `rounds` texels far."""
    for _ in range(rounds):
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            source, neighbour = np.roll(filled, step, axis), np.roll(out, step, axis)
            edge = np.take(source, [0 if step == 1 else -1], axis=axis)
            take = source & ~filled
            index: list = [slice(None), slice(None)]
            index[axis] = 0 if step == 1 else -1
            if edge.any():
                take[tuple(index)] = False
            out[take] = neighbour[take]
            filled |= take


def smooth_step(low: float | int, high: float | int, x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """0 below `low`, 1 above `high`, smooth between; low > high turns it round."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def to_bytes(colour: Float[np.ndarray, "*shape"]) -> np.ndarray:
    """[0, 1] to 8 bits, rounded to nearest."""
    return (np.clip(colour, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
