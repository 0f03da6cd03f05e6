"""Small things strewn over a surface: pores, freckles, moles, hair roots, painted into maps at their size in mm.

Points are drawn evenly by area, times a density; each is a round or long spot on the surface, however the texture is
stretched there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from synhead.heads.generate.bake import TexelMap

_MAX_REACH_PX = 14


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SurfaceFrame:
    """The surface as the texture sees it, for each triangle: how far one texel to the right and one down goes, mm."""

    right_mm: Float[np.ndarray, "m 3"]
    down_mm: Float[np.ndarray, "m 3"]
    pixel: Float[np.ndarray, "m 3 2"]
    corners_mm: Float[np.ndarray, "m 3 3"]
    area_mm2: Float[np.ndarray, " m"]
    triangles: Int[np.ndarray, "m 3"]
    size_px: int

    @property
    def texel_mm(self) -> Float[np.ndarray, " m"]:
        """Side of a square as large as a texel."""
        return np.sqrt(np.maximum(np.linalg.norm(np.cross(self.right_mm, self.down_mm), axis=1), 1e-4))

    @property
    def evenness(self) -> Float32[np.ndarray, " m"]:
        """1 where texels are at most twice as long as wide, less where longer."""
        right, down = (np.maximum(np.linalg.norm(a, axis=1), 1e-6) for a in (self.right_mm, self.down_mm))
        return np.minimum(2.0 * np.minimum(right / down, down / right), 1.0).astype(np.float32)


def surface_frame(
    vertices: Float[np.ndarray, "n 3"], uv: Float[np.ndarray, "n 2"], triangles: Int[np.ndarray, "m 3"], size_px: int
) -> SurfaceFrame:
    """Measure every triangle; those without area in the texture get none on the surface either."""
    pixel = np.stack([uv[:, 0] * size_px - 0.5, (1 - uv[:, 1]) * size_px - 0.5], axis=1)[triangles]
    corners = vertices[triangles]
    a, b = pixel[:, 1] - pixel[:, 0], pixel[:, 2] - pixel[:, 0]
    det = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    flat = np.abs(det) < 1e-6
    det = np.where(flat, 1.0, det)[:, None]
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    right = (b[:, 1:2] * e1 - a[:, 1:2] * e2) / det
    down = (a[:, 0:1] * e2 - b[:, 0:1] * e1) / det
    area = np.where(flat, 0.0, 0.5 * np.linalg.norm(np.cross(e1, e2), axis=1))
    return SurfaceFrame(
        right_mm=right,
        down_mm=down,
        pixel=pixel,
        corners_mm=corners,
        area_mm2=area,
        triangles=triangles,
        size_px=size_px,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scatter:
    """Points on a surface: where in the texture (pixels), where in mm, on which triangle."""

    pixel: Float[np.ndarray, "k 2"]
    points_mm: Float[np.ndarray, "k 3"]
    triangle: Int[np.ndarray, " k"]

    def __len__(self) -> int:
        return len(self.triangle)


def scatter(
    frame: SurfaceFrame, per_mm2: Float[np.ndarray, " m"], rng: np.random.Generator, limit: int = 60_000
) -> Scatter:
    """Draw points; `per_mm2` is the density on each triangle. At most `limit`."""
    expected = np.cumsum(frame.area_mm2 * per_mm2)
    num = min(int(expected[-1] + 0.5), limit)
    # One point in each of equal shares of the whole: evener than chance alone, as pores are.
    at = (np.arange(num) + rng.uniform(size=num)) / max(num, 1) * expected[-1]
    triangle = np.minimum(np.searchsorted(expected, at), len(expected) - 1)
    r, s = np.sqrt(rng.uniform(size=num)), rng.uniform(size=num)
    weights = np.stack([1 - r, r * (1 - s), r * s], axis=1)
    return Scatter(
        pixel=np.einsum("kc,kcd->kd", weights, frame.pixel[triangle]),
        points_mm=np.einsum("kc,kcd->kd", weights, frame.corners_mm[triangle]),
        triangle=triangle,
    )


def splat(
    frame: SurfaceFrame,
    spots: Scatter,
    radius_mm: Float[np.ndarray, " k"],
    strength: Float[np.ndarray, " k"],
    along: Float[np.ndarray, "k 3"] | None = None,
    stretch: float = 1.0,
) -> Float32[np.ndarray, " num_texels"]:
    """Sum of the spots: strength times a bell that has fallen to 1/e at the radius.

    Args:
        along: unit directions; the spots are `stretch` times as long that way.
    """
    size = frame.size_px
    places, values = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    right, down = frame.right_mm[spots.triangle], frame.down_mm[spots.triangle]
    # A bell narrower than a texel would vanish between texel centres: widen it, keep its sum.
    wide = np.maximum(radius_mm, 0.62 * frame.texel_mm[spots.triangle])
    strength = strength * (radius_mm / wide) ** (2 if stretch == 1.0 else 1)
    smallest = np.minimum(np.linalg.norm(right, axis=1), np.linalg.norm(down, axis=1))
    reach = np.clip(np.ceil(1.7 * wide * stretch / np.maximum(smallest, 1e-6)), 1, _MAX_REACH_PX).astype(int)
    for half in np.unique(reach):
        chosen = np.flatnonzero(reach == half)
        offset = np.arange(-half, half + 1)
        centre = np.rint(spots.pixel[chosen]).astype(int)
        column = centre[:, 0, None, None] + offset[None, None, :]
        row = centre[:, 1, None, None] + offset[None, :, None]
        dx, dy = column - spots.pixel[chosen, 0, None, None], row - spots.pixel[chosen, 1, None, None]
        r, d = right[chosen], down[chosen]
        square = _quadratic((r * r).sum(1), (r * d).sum(1), (d * d).sum(1), dx, dy)
        if along is not None:
            t = along[chosen]
            forward = (r * t).sum(1)[:, None, None] * dx + (d * t).sum(1)[:, None, None] * dy
            square = square - (1 - 1 / stretch**2) * forward**2
        bell = strength[chosen, None, None] * np.exp(-np.minimum(square / wide[chosen, None, None] ** 2, 30.0))
        row = np.broadcast_to(row, bell.shape)
        column = np.broadcast_to(column, bell.shape)
        inside = (row >= 0) & (row < size) & (column >= 0) & (column < size)
        places.append((row * size + column)[inside])
        values.append(bell[inside])
    total = np.bincount(np.concatenate(places), weights=np.concatenate(values), minlength=size * size)
    return total.astype(np.float32)


def _quadratic(e: np.ndarray, f: np.ndarray, g: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return e[:, None, None] * dx * dx + 2 * f[:, None, None] * dx * dy + g[:, None, None] * dy * dy


def relief_normals(
    height_mm: Float32[np.ndarray, " num_texels"], frame: SurfaceFrame, texels: TexelMap
) -> Float32[np.ndarray, "height width 3"]:
    """Unit normals in the tangent frame (+x along u, +y along v) of a height over the surface."""
    size = frame.size_px
    right = np.linalg.norm(frame.right_mm, axis=1)
    skew = (frame.right_mm * frame.down_mm).sum(axis=1) / np.maximum(right, 1e-6)
    down = np.sqrt(np.maximum((frame.down_mm**2).sum(axis=1) - skew**2, 1e-9))
    measures = np.stack([right, down, skew], axis=1).astype(np.float32)[texels.triangle.ravel()]
    right, down, skew = (measures[:, k].reshape(size, size) for k in range(3))
    height = height_mm.reshape(size, size)
    along_x, along_y = np.zeros_like(height), np.zeros_like(height)
    along_x[:, 1:-1] = 0.5 * (height[:, 2:] - height[:, :-2])
    along_y[1:-1] = 0.5 * (height[2:] - height[:-2])
    # No step where the texture jumps from one piece to another.
    edge = ~texels.covered
    edge[:, 1:] |= ~texels.covered[:, :-1]
    edge[:, :-1] |= ~texels.covered[:, 1:]
    edge[1:] |= ~texels.covered[:-1]
    edge[:-1] |= ~texels.covered[1:]
    slope_x = along_x / np.maximum(right, 0.02)
    slope_y = (along_y - skew * slope_x) / np.maximum(down, 0.02)
    slope_x, slope_y = (np.clip(np.where(edge, 0, slope), -1.5, 1.5) for slope in (slope_x, slope_y))
    # Rows run down, v runs up.
    normals = np.stack([-slope_x, slope_y, np.ones_like(slope_x)], axis=2)
    return normals / np.sqrt((normals**2).sum(axis=2, keepdims=True))
