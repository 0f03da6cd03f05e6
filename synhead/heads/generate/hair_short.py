"""Short hair: rings of guides round the whorl that lie over each other like shingles, and single locks."""

from dataclasses import dataclass

import numpy as np

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.hair_guides import Sheet, bent
from synhead.heads.generate.head_map import CENTRE, HeadMap
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.scalp import flow_direction, hairline_distance, settle, unit, whorl
from synhead.heads.generate.sdf import Length, gradient

_DOWN = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Crop:
    """How short hair lies; lengths in mm.

    Attributes:
        length, side_length: of the hairs on top, and at sides and nape.
        volume: how far the roots' layer stands off on top; a third of it at the sides.
        lift: how far the tips stand off further.
        inside: roots begin this far inside the hairline.
        rise: hair is full this far inside the hairline.
        weight: how soon it turns downwards.
        edge: length at the hairline, as a share.
    """

    length: Length
    side_length: Length
    volume: Length
    lift: Length
    inside: Length = 3.0
    rise: Length = 26.0
    weight: Length = 0.1
    edge: Length = 0.3


def crop_thickness(parameters: HeadParameters, crop: Crop, points: np.ndarray) -> np.ndarray:
    """Height of the roots' layer over the skin at points of the scalp, mm."""
    distance = hairline_distance(parameters, points)
    top = smooth_step(5.0, 62.0, points[:, 1])
    return crop.volume * (0.35 + 0.65 * top) * smooth_step(-2.0, crop.rise, distance)


def ring_sheets(
    parameters: HeadParameters, head: HeadMap, crop: Crop, angles_deg: np.ndarray, columns: int, segments: int
) -> list[Sheet]:
    """Rings of short hair round the whorl, each lying over the next like shingles, the outermost first."""
    seed = parameters.noise_seed
    pole = unit(whorl(parameters) - CENTRE)
    left = unit(np.cross(pole, np.array([0.0, 0.0, 1.0])))
    ahead = np.cross(left, pole)
    turn = np.linspace(0, 2 * np.pi, columns)
    turn[-1] = 0.0
    sheets = []
    for index, angle in enumerate(angles_deg[::-1]):
        wobble = value_noise(np.stack([np.cos(turn) * 3 + 9, np.sin(turn) * 3 + 9], axis=1), seed + 61 + index)
        spread = np.radians(angle + 4.0 * wobble)
        around = np.cos(turn + 0.5 * index)[:, None] * ahead + np.sin(turn + 0.5 * index)[:, None] * left
        roots = head.surface(np.cos(spread)[:, None] * pole + np.sin(spread)[:, None] * around)
        sheets.append(_lie(parameters, head, crop, roots, segments, seed + 81 + index, closed=True))
    return sheets


def _lie(
    parameters: HeadParameters,
    head: HeadMap,
    crop: Crop,
    roots: np.ndarray,
    segments: int,
    seed: int,
    *,
    closed: bool,
) -> Sheet:
    """Hairs from roots along the flow, close to the skin, tips lifted."""
    rng = np.random.Generator(np.random.PCG64(seed))
    num = len(roots)
    distance = hairline_distance(parameters, roots)
    grown = distance > crop.inside
    top = smooth_step(15.0, 62.0, roots[:, 1])
    length = (crop.side_length + (crop.length - crop.side_length) * top) * (
        crop.edge + (1 - crop.edge) * smooth_step(0, crop.rise, distance)
    )
    length = length * rng.uniform(0.65, 1.2, num)
    lift = crop.lift * rng.uniform(0.5, 1.3, num) * (0.35 + 0.65 * top)
    normal = gradient(head, roots, 2.0)
    at = roots
    heading = flow_direction(parameters, roots, normal) + rng.normal(0, 0.16, roots.shape)
    points, normals = [], []
    for row in range(segments + 1):
        share = row / segments
        if row:
            flow = flow_direction(parameters, at, normal)
            heading = unit(0.6 * unit(heading) + 0.4 * flow + crop.weight * share * _DOWN)
            at = at + heading * (length / segments)[:, None]
        thick = crop_thickness(parameters, crop, at) * (0.45 + 0.55 * min(1.0, 2.5 * share))
        gap = 0.4 + thick + lift * share**1.6
        at = settle(head, at, gap, press=row > 0, rounds=1) if row else at + normal * (0.3 + 0.6 * thick)[:, None]
        normal = gradient(head, at, 3.0)
        points.append(at)
        normals.append(normal)
    grid, upright = np.stack(points, axis=1), np.stack(normals, axis=1)
    if closed:
        grid[-1], upright[-1], grown[-1] = grid[0], upright[0], grown[0]
    return Sheet(points=grid, normals=bent(grid, upright), grown=grown)


def lying_locks(
    parameters: HeadParameters, head: HeadMap, crop: Crop, spacing: float, segments: int, seed: int
) -> Sheet:
    """Single hairs from roots scattered evenly over the scalp, for cards."""
    rng = np.random.Generator(np.random.PCG64(seed))
    count = int(4 * np.pi * 95.0**2 / spacing**2)
    k = np.arange(count) + 0.5
    height = 1 - 2 * k / count
    ring, golden = np.sqrt(1 - height**2), np.pi * (3 - np.sqrt(5))
    away = np.stack([ring * np.sin(golden * k), height, ring * np.cos(golden * k)], axis=1)
    away = unit(away + rng.normal(0, 0.25 * spacing / 95.0, away.shape))
    roots = head.surface(away[away[:, 1] > -0.75])
    roots = roots[hairline_distance(parameters, roots) > crop.inside]
    return _lie(parameters, head, crop, roots, segments, seed + 1, closed=False)
