"""Lashes: curved see-through strips along the lid edges."""

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join
from synhead.heads.generate.sculpt import SkinField


def _lash_strip(field: SkinField, upper: bool, side: int) -> Surface:
    """A curved strip from the lid's edge outwards; v = 0.02 at its root, u along the eye."""
    shape = field.shape
    t = np.linspace(-0.86, 0.985, 22) if upper else np.linspace(-0.6, 0.96, 18)
    y = curves.upper_lid_y(shape, t) if upper else curves.lower_lid_y(shape, t)
    root = field.surface_z(np.stack([curves.lid_x(shape, t), y], axis=1))
    grow = (6.3 if upper else 3.4) * (0.62 + 0.38 * np.clip((t + 0.9) / 1.3, 0, 1))
    spread = 0.42 * t
    rows = []
    for share in (0.0, 0.35, 0.7, 1.0):
        rise = (0.02 * share + 0.62 * share**2.0) if upper else -(0.35 * share + 0.20 * share**2)
        ahead = 0.88 * share - 0.25 * share**2 if upper else 0.62 * share - 0.22 * share**2
        offset = np.stack([spread * share, rise * np.ones_like(t), ahead * np.ones_like(t)], axis=1) * grow[:, None]
        sunk = np.array([0.0, 0.0, -0.35])
        rows.append((root + sunk + offset) * [side, 1.0, 1.0])
    u = np.broadcast_to(0.02 + 0.96 * (t + 1) / 2, (4, len(t)))
    low = 0.51 if upper else 0.01
    v = np.broadcast_to(low + 0.48 * np.linspace(0, 1, 4)[:, None], u.shape)
    triangles = grid_triangles(4, len(t))
    if (side > 0) != upper:
        triangles = triangles[:, ::-1].copy()
    return Surface(vertices=np.concatenate(rows), uv=np.stack([u.ravel(), v.ravel()], axis=1), triangles=triangles)


def _lash_texture(parameters: HeadParameters) -> np.ndarray:
    """Upper lashes in the upper half, sparser lower ones below; each a tapering, leaning stroke in bundles."""
    height, width = 128, 512
    woman = parameters.sex == "female"
    alpha = np.zeros((height, width))
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 9))
    column = np.arange(width)[None, :]
    for top, half, count, strength in ((0, 64, 62 if woman else 52, 1.0), (64, 64, 34, 0.55)):
        row = (np.arange(half)[:, None] + 0.5) / half
        grown = 1 - row
        for k in range(count):
            base = (k + rng.uniform(0.1, 0.9)) / count * width
            length, lean = rng.uniform(0.6, 1.0), (base / width - 0.4) * 14 + rng.uniform(-9, 9)
            along = np.clip(grown / length, 0, 1)
            thick = (2.8 if woman else 2.2) * (1 - along) ** 0.8 + 0.3
            stroke = np.clip(thick + 0.5 - np.abs(column - base - lean * along**1.5), 0, 1) * (grown <= length)
            alpha[top : top + half] = np.maximum(alpha[top : top + half], stroke * strength)
        line = smooth_step(0.13, 0.03, grown) * (0.95 if woman else 0.8) * strength
        alpha[top : top + half] = np.maximum(alpha[top : top + half], line)
    colour = np.broadcast_to(np.array(parameters.hair_rgb) * 0.25 + 0.02, (height, width, 3))
    return to_bytes(np.concatenate([colour, alpha[..., None]], axis=2))


def build_lashes(parameters: HeadParameters, field: SkinField) -> GeneratedPart:
    """Four strips with see-through texture."""
    strips = join([_lash_strip(field, upper, side) for side in (-1, 1) for upper in (True, False)])
    return GeneratedPart(
        kind="eyelashes",
        vertices=strips.vertices,
        uv=strips.uv,
        triangles=strips.triangles,
        texture=_lash_texture(parameters),
    )
