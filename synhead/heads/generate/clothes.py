"""A plain shirt over neck and shoulders: it hides where the neck is cut and makes the picture whole."""

import numpy as np

from synhead.heads.generate.bake import bake_values, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, grid_triangles
from synhead.heads.generate.sculpt import TrunkField
from synhead.heads.generate.sdf import first_hit

_ORIGIN = np.array([0.0, -330.0, -98.0])
_HEM_Y = -285.0
_COLLAR_Y = -166.0
_NUM_AROUND = 56
_CLOTH_MM = 3.0


def _level_ring(trunk: TrunkField, azimuth: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Points of the cloth at given heights, one an azimuth."""
    direction = np.stack([np.sin(azimuth), np.zeros(len(azimuth)), np.cos(azimuth)], axis=1)
    start = np.array([0.0, 0.0, _ORIGIN[2]]) + 300.0 * direction
    start[:, 1] = level
    return first_hit(lambda p: trunk(p) - _CLOTH_MM, start, -direction, num_steps=120)


def _collar(trunk: TrunkField, azimuth: np.ndarray, lower: float) -> np.ndarray:
    """Points round the neck, deeper in front than behind; `lower` mm below the edge of the collar."""
    return _level_ring(trunk, azimuth, _COLLAR_Y - 13.0 * np.cos(azimuth) - lower)


def build_clothes(parameters: HeadParameters, size: int) -> GeneratedPart:
    """The shirt: rows from inside the collar over its rolled edge and the shoulders to a level hem.

    Its texture has `size` by `size` texels.
    """
    trunk = TrunkField(parameters.shape)
    azimuth = np.radians(np.linspace(-180, 180, _NUM_AROUND + 1))
    edge = _collar(trunk, azimuth, 0.0)
    axis = np.array([0.0, 0.0, _ORIGIN[2]])
    toward = (edge - axis) * [1, 0, 1]
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    rows = [
        edge - 5.0 * toward + [0, -9.0, 0],
        edge - 2.2 * toward + [0, 1.2, 0],
        edge + [0, 2.6, 0],
        edge + 2.6 * toward + [0, 1.4, 0],
    ]
    outer = _collar(trunk, azimuth, 12.0)
    rows.append(outer + [0, 1.0, 0] - 1.5 * toward)
    rows.append(outer)
    start_level = outer - _ORIGIN
    reach = np.hypot(start_level[:, 0], start_level[:, 2])
    first = np.arctan2(start_level[:, 1], reach)
    spin = np.arctan2(start_level[:, 0], start_level[:, 2])
    hem = _level_ring(trunk, spin, np.full(len(spin), _HEM_Y))
    last = np.arctan2(_HEM_Y - _ORIGIN[1], np.hypot(hem[:, 0], hem[:, 2] - _ORIGIN[2]))
    for share in np.linspace(0, 1, 11)[1:]:
        elevation = first + (last - first) * share**0.9
        direction = np.stack(
            [np.cos(elevation) * np.sin(spin), np.sin(elevation), np.cos(elevation) * np.cos(spin)], axis=1
        )
        rows.append(first_hit(lambda p: trunk(p) - _CLOTH_MM, _ORIGIN + 420.0 * direction, -direction, num_steps=120))
    points = np.stack(rows)
    points[:, -1] = points[:, 0]
    num_rows = len(points)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1))])
    u = np.broadcast_to(np.linspace(0, 1, _NUM_AROUND + 1), points.shape[:2])
    v = np.broadcast_to((0.99 - 0.98 * along / along[-1])[:, None], points.shape[:2])
    # Rows run downwards, columns to the subject's left: turn the winding.
    triangles = grid_triangles(num_rows, _NUM_AROUND + 1)[:, ::-1].copy()
    vertices, uv = points.reshape(-1, 3), np.stack([u.ravel(), v.ravel()], axis=1)
    rib = np.repeat(np.array([0.25, 0.6, 1.0, 0.95, 0.72] + [1.0] * (num_rows - 5)), _NUM_AROUND + 1)
    return GeneratedPart(
        kind="clothes",
        vertices=vertices,
        uv=uv,
        triangles=triangles,
        texture=_texture(parameters, vertices, uv, triangles, rib, size),
    )


def _texture(
    parameters: HeadParameters,
    vertices: np.ndarray,
    uv: np.ndarray,
    triangles: np.ndarray,
    shade: np.ndarray,
    size: int,
) -> np.ndarray:
    baked, _ = bake_values(uv, triangles, np.column_stack([vertices, shade]), size, size)
    flat = baked.reshape(-1, 4)
    seed = parameters.noise_seed + 61
    weave = 0.04 * value_noise(flat[:, :3] / 1.5, seed) + 0.05 * fractal_noise(flat[:, :3] / 35.0, seed + 1, 2)
    colour = np.array(parameters.clothes_rgb) * ((1 + weave) * (0.45 + 0.55 * flat[:, 3]))[:, None]
    return to_bytes(colour.reshape(size, size, 3))
