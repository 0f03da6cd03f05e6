"""Curls that stick out of a cap: small cards that break the outline of curly hair."""

import numpy as np

from synhead.heads.generate.hair_guides import Region, facing
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import Surface
from synhead.heads.generate.scalp import hairline_distance, unit


def tufts(
    parameters: HeadParameters, cap: Surface, region: Region, size_and_spacing_mm: tuple[float, float], num_kinds: int
) -> Surface:
    """Cards on a cap, turned at random, that stand up a little; the region holds `num_kinds` tufts, roots on top."""
    size, spacing = size_and_spacing_mm
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 49))
    assert cap.normals is not None
    corners = cap.vertices[cap.triangles]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    count = int(area.sum() / spacing**2)
    # Evenly along the cumulated area: fewer clumps than independent draws.
    at = np.searchsorted(np.cumsum(area), (np.arange(count) + rng.uniform(0, 1, count)) / count * area.sum())
    chosen = np.minimum(at, len(area) - 1)
    weights = rng.dirichlet(np.ones(3), count)
    foot = (corners[chosen] * weights[..., None]).sum(axis=1)
    normal = unit((cap.normals[cap.triangles[chosen]] * weights[..., None]).sum(axis=1))
    inside = hairline_distance(parameters, foot) > 5.0
    foot, normal = foot[inside], normal[inside]
    count = len(foot)
    # Upright cards would show their backs, which are lit as such; half raised ones still break the outline.
    side = unit(np.cross(normal, rng.normal(size=normal.shape)))
    lean = unit(np.cross(normal, side) + normal * rng.uniform(0.35, 0.9, (count, 1)))
    length = size * rng.uniform(0.6, 1.15, count)[:, None]
    root = foot - normal * 0.35 * length
    half = 0.5 * length
    points = np.stack([root - side * half, root + side * half, root + side * half + lean * length,
                       root - side * half + lean * length], axis=1)  # fmt: skip
    strip = (region.right - region.left) / num_kinds
    low = region.left + strip * (rng.integers(0, num_kinds, count) + 0.04)
    high = low + 0.92 * strip
    u = np.stack([low, high, high, low], axis=1)
    v = np.broadcast_to([region.top, region.top, region.bottom, region.bottom], u.shape)
    first = 4 * np.arange(count)[:, None]
    triangles = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
    return facing(
        Surface(
            vertices=points.reshape(-1, 3),
            uv=np.stack([u.ravel(), v.ravel()], axis=1),
            triangles=triangles,
            normals=np.repeat(normal, 4, axis=0),
        )
    )
