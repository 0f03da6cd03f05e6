"""The layer of hair next to the scalp: a chart of it, painted with strands along the flow, soft at the hairline."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.hair_guides import Region, facing
from synhead.heads.generate.hair_paint import Paint, smear, spread_evenly
from synhead.heads.generate.head_map import HeadMap
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import Surface, grid_triangles
from synhead.heads.generate.scalp import (
    chart_direction,
    flow_direction,
    hairline_distance,
    parting_x,
)
from synhead.heads.generate.sdf import Length, gradient


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """Lengths in mm.

    Attributes:
        thickness: on top, reached `rise` inside the hairline; `side` at the height of the ears and below.
        lumps: how uneven, as a share of the thickness; `lump_size` how wide.
        texture: "strands" along the flow, "curls", or "stubble".
        fade: over how many mm opacity rises at the hairline.
        side_alpha: opacity at the sides (clipped short), 1 on top.
        edge: how far inside the hairline the cap reaches, but along a parting; None: everywhere. Below sheets that
            cover it the rest would be shaded for nothing.
        cells: of the grid, each way.
    """

    thickness: Length
    side: Length
    rise: Length = 24.0
    lumps: Length = 0.12
    lump_size: Length = 16.0
    texture: str = "strands"
    fade: Length = 9.0
    side_alpha: Length = 1.0
    parted: bool = False
    edge: Length | None = None
    cells: int = 48


def _thickness(cap: Cap, points: np.ndarray, distance: np.ndarray, num: int) -> np.ndarray:
    """Height over the skin, mm; next to nothing at the hairline, or the cap ends in a rim."""
    top = smooth_step(0.0, 60.0, points[:, 1])
    full = cap.side + (cap.thickness - cap.side) * top
    if cap.thickness > 10:
        # The corners of the hairline must not show as creases in thick hair.
        grid = np.clip(distance, -20, 80).reshape(num, num)
        for _ in range(14):
            wide = np.pad(grid, 1, mode="edge")
            grid = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] + wide[1:-1, 1:-1]) / 5
        distance = np.minimum(grid.ravel(), 1.6 * distance + 2.0)
    return 0.35 + full * smooth_step(-1.0, cap.rise, distance)


def build_cap(
    parameters: HeadParameters, head: HeadMap, cap: Cap, region: Region, texels: int
) -> tuple[Surface, Paint]:
    """The cap as triangles, and its square of `texels` by `texels`."""
    num = cap.cells + 1
    axis = np.linspace(-1.0, 1.0, num)
    b, a = (grid.ravel() for grid in np.meshgrid(axis[::-1], axis, indexing="ij"))
    # Corners of the square lie beyond the chart's edge; they are never drawn.
    radius = np.hypot(a, b)
    inside = np.minimum(1.0, 1.12 / np.maximum(radius, 1e-6))
    base = head.surface(chart_direction(a * inside, b * inside))
    normal = gradient(head, base, 3.0)
    distance = hairline_distance(parameters, base)
    thick = _thickness(cap, base, distance, num)
    lumps = fractal_noise(base / cap.lump_size, parameters.noise_seed + 41, 2)
    points = base + normal * (thick * (1 + cap.lumps * lumps))[:, None]
    triangles = grid_triangles(num, num)
    shown = (distance[triangles] > -7.0).any(axis=1) & (radius[triangles] < 1.1).all(axis=1)
    if cap.edge is not None:
        near = distance < cap.edge
        if cap.parted:
            near |= (np.abs(base[:, 0] - _part_x(parameters, base)) < 9.0) & (base[:, 2] > -165) & (base[:, 1] > 40)
        shown &= near[triangles].any(axis=1)
    u = region.left + (region.right - region.left) * (0.004 + 0.992 * (a + 1) / 2)
    v = region.bottom + (region.top - region.bottom) * (0.004 + 0.992 * (b + 1) / 2)
    grid = points.reshape(num, num, 3)
    own = np.cross(np.gradient(grid, axis=0), np.gradient(grid, axis=1)).reshape(-1, 3)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    own *= np.where((own * normal).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    bent = own + 0.7 * normal
    bent /= np.linalg.norm(bent, axis=1, keepdims=True)
    surface = facing(Surface(vertices=points, uv=np.stack([u, v], axis=1), triangles=triangles[shown], normals=bent))
    return surface, _paint(parameters, cap, base, normal, distance, texels)


def _upsample(grid: Float[np.ndarray, "rows columns c"], texels: int) -> Float[np.ndarray, "texels texels c"]:
    """Linear interpolation of a vertex grid at texel centres."""
    num = grid.shape[0]
    at = ((np.arange(texels) + 0.5) / texels - 0.004) / 0.992 * (num - 1)
    low = np.clip(np.floor(at).astype(int), 0, num - 2)
    share = np.clip(at - low, 0, 1)
    rows = grid[low] + (grid[low + 1] - grid[low]) * share[:, None, None]
    return rows[:, low] + (rows[:, low + 1] - rows[:, low]) * share[None, :, None]


def _velocity(parameters: HeadParameters, base: np.ndarray, normal: np.ndarray, num: int) -> np.ndarray:
    """Flow in grid steps (columns, rows) at each vertex, unit length."""
    flow = flow_direction(parameters, base, normal).reshape(num, num, 3)
    grid = base.reshape(num, num, 3)
    down, right = np.asarray(np.gradient(grid, axis=0)), np.asarray(np.gradient(grid, axis=1))
    rr, dd, rd = ((x * y).sum(axis=2) for x, y in ((right, right), (down, down), (right, down)))
    fr, fd = (flow * right).sum(axis=2), (flow * down).sum(axis=2)
    determinant = np.maximum(rr * dd - rd * rd, 1e-9)
    velocity = np.stack([(fr * dd - fd * rd) / determinant, (fd * rr - fr * rd) / determinant], axis=2)
    return velocity / np.maximum(np.linalg.norm(velocity, axis=2, keepdims=True), 1e-9)


def _blotches(rng: np.random.Generator, texels: int, size: float) -> np.ndarray:
    """Noise in [-1, 1] that changes over `size` texels."""
    num = max(2, round(texels / size)) + 1
    return _upsample(rng.uniform(-1, 1, (num, num, 1)), texels)[..., 0]


def _paint(
    parameters: HeadParameters, cap: Cap, base: np.ndarray, normal: np.ndarray, distance: np.ndarray, texels: int
) -> Paint:
    num = cap.cells + 1
    chart = np.concatenate([base, distance[:, None]], axis=1).reshape(num, num, 4)
    texel = _upsample(chart, texels)
    points, inside = texel[..., :3].reshape(-1, 3), texel[..., 3]
    shape = (texels, texels)
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 44))
    scale = texels / 512
    fine = rng.normal(size=shape).astype(np.float32)
    lock, wide = _blotches(rng, texels, 6.5 * scale).astype(np.float32), _blotches(rng, texels, 23 * scale)
    velocity = _upsample(_velocity(parameters, base, normal, num), texels).astype(np.float32)
    doublings = 4 if scale > 0.6 else 3
    white = rng.uniform(size=shape)
    if cap.texture == "strands":
        strand = spread_evenly(smear(fine, 1.1 * velocity, doublings))
        locks = spread_evenly(smear(lock, 2.2 * velocity, doublings))
        tone = 0.45 + 0.42 * (strand - 0.5) + 0.30 * (locks - 0.5) + 0.08 * wide
        reach = 7.0 * (strand - 0.5) + 3.0 * (locks - 0.5)
        if 0 < parameters.grey < 1:
            white = spread_evenly(smear(rng.normal(size=shape).astype(np.float32), velocity, doublings))
    elif cap.texture == "curls":
        tone, reach = _curls(points, parameters.noise_seed, shape)
    else:
        tone = 0.42 + 0.09 * fine.astype(float) + 0.06 * lock + 0.06 * wide
        reach = 2.2 * fine.astype(float) + 2.0 * lock
    alpha = smooth_step(-3.0, cap.fade, inside + reach)
    if cap.side_alpha < 1:
        high = smooth_step(-12.0, 46.0, points[:, 1] - 10 * smooth_step(-60, -110, points[:, 2])).reshape(shape)
        speck = 0.22 * np.clip(fine.astype(float), -2, 2)
        alpha = alpha * np.clip(cap.side_alpha + (1 - cap.side_alpha) * high + speck * (1 - high), 0, 1)
    bare = np.zeros(shape)
    if cap.parted:
        bare = _parting(parameters, points, inside.ravel()).reshape(shape) * (alpha > 0.6)
    rim = np.hypot(*np.meshgrid(np.linspace(-1, 1, texels), np.linspace(-1, 1, texels)))
    alpha = np.where(rim < 1.08, np.maximum(alpha, bare), 0.0)
    return Paint(tone=tone, grey=(white < parameters.grey).astype(float), bare=bare, alpha=alpha)


def _part_x(parameters: HeadParameters, points: np.ndarray) -> np.ndarray:
    return parting_x(parameters) * np.clip((points[:, 2] + 130) / 130, 0.0, 1.0) ** 0.7


def _parting(parameters: HeadParameters, points: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """1 on a line of bare scalp from the front hairline to the crown."""
    part = _part_x(parameters, points)
    wobble = 0.8 * np.sin(points[:, 2] / 5.0) * np.sin(points[:, 2] / 11.0 + parameters.noise_seed % 7)
    line = np.abs(points[:, 0] - part + wobble) < 0.9
    reach = (points[:, 2] > -108) & (points[:, 1] > 40) & (distance > 1.0)
    return (line & reach).astype(float)


def _curls(points: np.ndarray, seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Ridges that wind at random: small curls with dark between them."""
    bend = np.stack([value_noise(points / 6.0, seed + 90 + k) for k in range(3)], axis=1)
    at = points + 2.2 * bend
    ridge = 1 - np.abs(value_noise(at / 3.4, seed + 55)) * 1.9
    small = 1 - np.abs(value_noise(at / 1.7, seed + 56)) * 1.9
    dark = value_noise(points / 6.5, seed + 57)
    tone = 0.24 + 0.34 * ridge + 0.20 * small + 0.24 * dark
    return tone.reshape(shape), (3.0 * ridge + 2.5 * dark).reshape(shape)
