"""Tied hair: how high pulled hair lies, the knot, and what hangs from it."""

import numpy as np

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.hair_guides import Region, Sheet, facing, loft, obstacle, ribbons
from synhead.heads.generate.head_map import CENTRE, HeadMap
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import Surface, grid_triangles
from synhead.heads.generate.scalp import knot_direction, settle, unit

NUM_BRAIDS, COLUMNS_PER_BRAID = 18, 6
_LEFT = np.array([1.0, 0.0, 0.0])


def tied_gap(parameters: HeadParameters, kind: str) -> tuple[np.ndarray, int, float]:
    """Height of pulled hair over the skin in mm [columns, rows], the number of columns, and where it ends (degrees)."""
    if kind == "cornrows":
        columns, rows = NUM_BRAIDS * COLUMNS_PER_BRAID + 1, 24
        t = np.linspace(0, 1, rows)[None, :]
        ridge = np.abs(np.sin(np.pi * np.arange(columns) / COLUMNS_PER_BRAID))[:, None] ** 0.7
        return 0.25 + (0.25 + 3.4 * ridge) * smooth_step(-0.02, 0.06, t) * (1 - 0.3 * t), columns, 9.0
    columns, rows = 89, 15
    t = np.linspace(0, 1, rows)[None, :]
    around = np.linspace(0, 2 * np.pi, columns)
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    lock = value_noise(circle * 9 + 20, parameters.noise_seed + 63)[:, None]
    fine = value_noise(circle * 22 + 40, parameters.noise_seed + 64)[:, None]
    rise = smooth_step(0.0, 0.30, t)
    return 0.4 + rise * (3.6 + 1.5 * lock + 0.7 * fine) + 3.0 * t, columns, 7.0


def bun(parameters: HeadParameters, region: Region) -> Surface:
    """A wound knot behind the head."""
    axis = knot_direction(parameters)
    up = np.cross(axis, _LEFT)
    around, ring = np.linspace(-np.pi, np.pi, 49), np.linspace(-np.pi, np.pi, 25)
    p, t = (grid.ravel() for grid in np.meshgrid(ring, around, indexing="ij"))
    # A torus with a nearly closed hole, its strands wound slantwise.
    swirl = 1 + 0.10 * np.sin(3 * t + 2 * p) + 0.04 * np.sin(7 * t - p)
    tube, major = 13.5 * swirl, 14.5
    flat = np.cos(t)[:, None] * _LEFT + np.sin(t)[:, None] * up
    offset = flat * (major + tube * np.cos(p))[:, None] + axis * (0.95 * tube * np.sin(p))[:, None]
    normal = unit(flat * np.cos(p)[:, None] + axis * np.sin(p)[:, None])
    distance = parameters.shape.cranium_radius_z + 11.0
    centre = CENTRE + axis * distance
    turn = np.abs((p / np.pi * 1.5 + t / np.pi * 1.0 + 3) % 2 - 1)
    u = region.left + (region.right - region.left) * (0.1 + 0.8 * turn)
    v = region.bottom + (region.top - region.bottom) * (0.18 + 0.55 * np.abs(t / np.pi))
    return facing(
        Surface(
            vertices=centre + offset,
            uv=np.stack([u, v], axis=1),
            triangles=grid_triangles(len(ring), len(around)),
            normals=normal,
        )
    )


def _tube(centres: np.ndarray, radii: np.ndarray, columns: int, wide: float = 1.0) -> Sheet:
    """A round strand along centres [rows, 3]."""
    along = unit(np.gradient(centres, axis=0))
    side = unit(_LEFT - (along @ _LEFT)[:, None] * along)
    back = np.cross(side, along)
    turn = np.linspace(0, 2 * np.pi, columns)
    out = wide * np.cos(turn)[:, None, None] * side + np.sin(turn)[:, None, None] * back
    points = centres + out * radii[None, :, None]
    points[-1] = points[0]
    normals = unit(out)
    normals[-1] = normals[0]
    return Sheet(points=points, normals=normals, grown=np.ones(columns, dtype=bool))


def _hanging_line(
    parameters: HeadParameters, head: HeadMap, start: np.ndarray, out: np.ndarray, length: float, gap: float
) -> np.ndarray:
    """Points of a strand that leaves along `out` and falls; [15, 3]."""
    field = obstacle(parameters, head)
    at, heading, points = start, out, [start]
    for _ in range(14):
        heading = unit(0.60 * heading + np.array([0.0, -0.42, 0.0]))
        at = settle(field, (at + heading * length / 14)[None], np.full(1, gap), press=False)[0]
        points.append(at)
    return np.stack(points)


def tail(
    parameters: HeadParameters,
    head: HeadMap,
    pulled: Sheet,
    kind: str,
    strands: Region,
    locks: Region,
    num_locks: int,
) -> list[Surface]:
    """A pony tail with its band, or the ends of the braids."""
    axis = knot_direction(parameters)
    foot = head.surface(axis[None])[0]
    if kind == "cornrows":
        surfaces = []
        for k in range(9):
            aside = (k - 4) / 4
            start = foot + _LEFT * 9.0 * aside + axis * 1.5
            line = _hanging_line(parameters, head, start, unit(axis + _LEFT * 0.35 * aside), 120.0 - 14 * aside**2, 5.5)
            radii = 3.9 * np.ones(15)
            radii[-1] = 1.0
            surfaces.append(loft(_tube(line, radii, 9), strands, spans=2))
        return surfaces
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 65))
    line = _hanging_line(parameters, head, foot + axis * 3.0, axis, 215.0, 20.0)
    share = np.linspace(0, 1, 15)
    radii = 10.5 + 11.0 * np.sin(np.pi * np.clip(share * 1.1, 0, 1)) ** 0.8 - 3.0 * share
    sheet = _tube(line, radii, 33, wide=1.15)
    turn = np.linspace(0, 2 * np.pi, 33)
    bumps = value_noise(np.stack([np.cos(turn), np.sin(turn)], axis=1) * 5 + 9, parameters.noise_seed + 66)
    bumps[-1] = bumps[0]
    sheet.points[:] += sheet.normals * (bumps[:, None] * 2.0 * share[None, :])[..., None]
    grow = share[None, :, None]
    chosen = np.sort(rng.choice(32, 12, replace=False))
    loose = Sheet(
        points=sheet.points[chosen] + sheet.normals[chosen] * 2.5 * grow + np.array([0, -12.0, 0]) * grow**3,
        normals=sheet.normals[chosen],
        grown=np.ones(12, dtype=bool),
    )
    cards = ribbons(loose, locks, 12.0, num_locks, rng)
    return [loft(sheet, strands, spans=2), cards, _band(foot + axis * 9.0, axis, strands)]


def _band(centre: np.ndarray, axis: np.ndarray, region: Region) -> Surface:
    """A ring of hair wound round the tail."""
    up = np.cross(axis, _LEFT)
    around, ring = np.linspace(0, 2 * np.pi, 25), np.linspace(0, 2 * np.pi, 9)
    p, t = (grid.ravel() for grid in np.meshgrid(ring, around, indexing="ij"))
    flat = np.cos(t)[:, None] * _LEFT + np.sin(t)[:, None] * up
    normal = flat * np.cos(p)[:, None] + axis * np.sin(p)[:, None]
    points = centre + flat * 11.5 + normal * np.array([3.4])
    u = region.left + (region.right - region.left) * (0.3 + 0.1 * np.abs(p / np.pi - 1))
    v = region.bottom + (region.top - region.bottom) * (0.35 + 0.3 * np.abs(t / np.pi - 1))
    return facing(
        Surface(vertices=points, uv=np.stack([u, v], axis=1), triangles=grid_triangles(9, 25), normals=unit(normal))
    )
