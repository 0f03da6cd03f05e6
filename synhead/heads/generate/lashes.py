"""Lashes: curved see-through strips along the lid edges, one row above and a sparser one below."""

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.hair_strokes import curved, draw_strokes
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join
from synhead.heads.generate.sculpt import SkinField

_UPPER_T, _LOWER_T = (-0.80, 0.955), (-0.55, 0.93)
_SHARES = (0.0, 0.3, 0.6, 1.0)


def _strip(field: SkinField, upper: bool, side: int, length_mm: float) -> Surface:
    """A strip from the lid's edge outwards; u along the eye, v from the root (low) to the tips."""
    shape = field.shape
    t = np.linspace(*_UPPER_T, 24) if upper else np.linspace(*_LOWER_T, 18)
    y = curves.upper_lid_y(shape, t) if upper else curves.lower_lid_y(shape, t)
    root = field.surface_z(np.stack([curves.lid_x(shape, t), y], axis=1))
    # Longest over the outer third, shorter towards the nose.
    grow = length_mm * (0.55 + 0.45 * smooth_step(-0.9, 0.45, t))
    spread = 0.10 + 0.40 * t
    rows = []
    for share in _SHARES:
        rise = (-0.06 * share + 0.66 * share**2.0) if upper else -(0.38 * share + 0.14 * share**2)
        ahead = 0.90 * share - 0.26 * share**2 if upper else 0.60 * share - 0.20 * share**2
        offset = np.stack([spread * share, np.full_like(t, rise), np.full_like(t, ahead)], axis=1) * grow[:, None]
        rows.append((root + np.array([0.0, 0.0, -0.35]) + offset) * [side, 1.0, 1.0])
    u = np.broadcast_to(0.01 + 0.98 * np.linspace(0, 1, len(t)), (len(_SHARES), len(t)))
    low = 0.51 if upper else 0.01
    v = np.broadcast_to(low + 0.48 * np.array(_SHARES)[:, None], u.shape)
    triangles = grid_triangles(len(_SHARES), len(t))
    if (side > 0) != upper:
        triangles = triangles[:, ::-1].copy()
    return Surface(vertices=np.concatenate(rows), uv=np.stack([u.ravel(), v.ravel()], axis=1), triangles=triangles)


def _row(
    rng: np.random.Generator, width: int, height: int, count: int, texels: float, strength: float, line: float
) -> np.ndarray:
    """Opacity of one row: hairs lean outwards, some meet at their tips; short and faint at both ends."""
    along = (np.arange(count) + rng.uniform(0.15, 0.85, count)) / count
    ends = smooth_step(0.0, 0.12, along) * smooth_step(1.0, 0.93, along)
    length = height * rng.uniform(0.62, 0.97, count) * (0.45 + 0.55 * ends)
    cluster = np.round(along * count / 2.7) / (count / 2.7)
    lean = (along - 0.35) * 0.40 * height + rng.normal(0, 0.08 * height, count)
    gather = (cluster - along) * width * 0.75
    root = np.stack([along * width, np.full(count, height - 0.5)], axis=1)
    start = np.stack([0.2 * lean, -length], axis=1)
    end = np.stack([1.8 * lean + 2 * gather, -length], axis=1)
    radius = texels * rng.uniform(0.75, 1.2, count) * (0.6 + 0.4 * ends)
    level = np.zeros(count)
    alpha = draw_strokes(height, width, curved(root, start, end), radius, level, level).alpha * strength
    grown = 1 - (np.arange(height)[:, None] + 0.5) / height
    across = (np.arange(width)[None, :] + 0.5) / width
    alpha = alpha * smooth_step(0.0, 0.03, across) * smooth_step(1.0, 0.97, across)
    edge = smooth_step(0.0, 0.10, across) * smooth_step(1.0, 0.92, across)
    return np.maximum(alpha, line * smooth_step(0.14, 0.02, grown) * edge)


def build_lashes(parameters: HeadParameters, field: SkinField) -> GeneratedPart:
    """Four strips with see-through texture: upper lashes in its upper half."""
    woman = parameters.sex == "female"
    upper_mm, lower_mm = (6.8, 3.6) if woman else (5.6, 2.8)
    strips = [
        _strip(field, upper, side, upper_mm if upper else lower_mm) for side in (-1, 1) for upper in (True, False)
    ]
    whole = join(strips)
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 9))
    upper = _row(rng, 512, 64, 84 if woman else 70, 1.7 if woman else 1.35, 1.0, 0.85 if woman else 0.6)
    lower = _row(rng, 512, 64, 46, 1.1, 0.6, 0.12)
    alpha = np.rint(np.concatenate([upper, lower]) * 31) / 31
    colour = np.broadcast_to(np.array(parameters.hair_rgb) * 0.22 + 0.02, (*alpha.shape, 3))
    return GeneratedPart(
        kind="eyelashes",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=to_bytes(np.concatenate([colour, alpha[..., None]], axis=2)),
    )
