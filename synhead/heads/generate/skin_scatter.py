"""Small things strewn over a surface: pores, freckles, moles, hair roots, painted into maps at their size in mm.

Points are drawn evenly by area, times a density; each is a round or long spot on the surface, however the texture is
stretched there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from synhead.compiled import compiled
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
    right, down = frame.right_mm[spots.triangle], frame.down_mm[spots.triangle]
    # A bell narrower than a texel would vanish between texel centres: widen it, keep its sum.
    wide = np.maximum(radius_mm, 0.62 * frame.texel_mm[spots.triangle])
    strength = strength * (radius_mm / wide) ** (2 if stretch == 1.0 else 1)
    smallest = np.minimum(np.linalg.norm(right, axis=1), np.linalg.norm(down, axis=1))
    reach = np.clip(np.ceil(1.7 * wide * stretch / np.maximum(smallest, 1e-6)), 1, _MAX_REACH_PX).astype(int)
    # The first fundamental form: squares and product of the two ways, and the same along the stretch.
    form = np.stack([(right * right).sum(1), (right * down).sum(1), (down * down).sum(1)], axis=1)
    lean = np.zeros((len(spots), 2))
    if along is not None:
        lean = np.stack([(right * along).sum(1), (down * along).sum(1)], axis=1)
    order = np.argsort(reach, kind="stable")
    total = np.zeros((frame.size_px, frame.size_px))
    _add_bells(total, order, spots.pixel, reach, wide, strength, form, lean, 1 - 1 / stretch**2)
    return total.ravel().astype(np.float32)


@compiled
def _add_bells(total, order, pixel, reach, wide, strength, form, lean, shortened):
    size = len(total)
    for k in order:
        column, row = int(np.rint(pixel[k, 0])), int(np.rint(pixel[k, 1]))
        left, right = max(column - reach[k], 0), min(column + reach[k], size - 1)
        for r in range(max(row - reach[k], 0), min(row + reach[k], size - 1) + 1):
            dy = r - pixel[k, 1]
            for c in range(left, right + 1):
                dx = c - pixel[k, 0]
                square = form[k, 0] * dx * dx + 2 * form[k, 1] * dx * dy + form[k, 2] * dy * dy
                forward = lean[k, 0] * dx + lean[k, 1] * dy
                square -= shortened * (forward * forward)
                total[r, c] += strength[k] * np.exp(-min(square / (wide[k] * wide[k]), 30.0))


def relief_normals(
    height_mm: Float32[np.ndarray, " num_texels"], frame: SurfaceFrame, texels: TexelMap
) -> Float32[np.ndarray, "height width 3"]:
    """Unit normals in the tangent frame (+x along u, +y along v) of a height over the surface."""
    size = frame.size_px
    right = np.linalg.norm(frame.right_mm, axis=1)
    skew = (frame.right_mm * frame.down_mm).sum(axis=1) / np.maximum(right, 1e-6)
    down = np.sqrt(np.maximum((frame.down_mm**2).sum(axis=1) - skew**2, 1e-9))
    measures = np.stack([right, down, skew], axis=1).astype(np.float32)
    return _normals(height_mm.reshape(size, size), texels.covered, texels.triangle, measures)


@compiled
def _normals(height, covered, triangle, measures):
    """Central differences of the height over how far a texel goes: measures are (right, down, skew) of a triangle."""
    size = len(height)
    out = np.empty((size, size, 3), dtype=np.float32)
    half, least, most = np.float32(0.5), np.float32(0.02), np.float32(1.5)
    for r in range(size):
        for c in range(size):
            along_x = along_y = np.float32(0)
            whole = covered[r, c]
            if 0 < c < size - 1:
                along_x = half * (height[r, c + 1] - height[r, c - 1])
            if 0 < r < size - 1:
                along_y = half * (height[r + 1, c] - height[r - 1, c])
            # No step where the texture jumps from one piece to another.
            whole = whole and covered[r, max(c - 1, 0)] and covered[r, min(c + 1, size - 1)]
            whole = whole and covered[max(r - 1, 0), c] and covered[min(r + 1, size - 1), c]
            x = y = np.float32(0)
            if whole:
                right, down, skew = measures[triangle[r, c]]
                x = along_x / max(right, least)
                y = min(max((along_y - skew * x) / max(down, least), -most), most)
                x = min(max(x, -most), most)
            # Rows run down, v runs up.
            length = np.sqrt(x * x + y * y + np.float32(1))
            out[r, c, 0], out[r, c, 1], out[r, c, 2] = -x / length, y / length, np.float32(1) / length
    return out
