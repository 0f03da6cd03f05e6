"""Sheets of hair: guide hairs side by side from root to tip, joined to a surface whose texture runs along them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.head_map import CENTRE, HeadMap
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import Surface, grid_triangles
from synhead.heads.generate.scalp import (
    direction,
    hairline_height,
    knot_direction,
    parting_x,
    settle,
    unit,
)
from synhead.heads.generate.sculpt import TrunkField
from synhead.heads.generate.sdf import Field, Length, cone, ellipsoid, gradient, soft_union

_DOWN = np.array([0.0, -1.0, 0.0])
_FALL_AXIS_Z = -98.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A rectangle of the texture; `top` is where roots are."""

    left: Length
    right: Length
    bottom: Length
    top: Length


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sheet:
    """Guides [columns, rows, 3] in mm from root (row 0) to tip, outward normals, and which columns carry hair."""

    points: Float[np.ndarray, "columns rows 3"]
    normals: Float[np.ndarray, "columns rows 3"]
    grown: Bool[np.ndarray, " columns"]


def obstacle(parameters: HeadParameters, head: HeadMap) -> Field:
    """What falling hair slides over: head, ears, shoulders, and a guard that keeps it off the face."""
    s = parameters.shape
    trunk = TrunkField(s)
    ear = (s.cranium_radius_x + 2.0, -8.0, -94.0)
    width = head.half_width(-60.0, 10.0)

    def distance(points: np.ndarray) -> np.ndarray:
        mirrored = np.concatenate([np.abs(points[:, :1]), points[:, 1:]], axis=1)
        d = np.minimum(head(points), trunk(points) - 4.0)
        d = soft_union(d, ellipsoid(mirrored, ear, (11.0, 32.0, 18.0)), 26)
        guard = cone(mirrored, (0, 10, 12), (0, -130, 0), width - 1.0, width - 4.0)
        return soft_union(d, guard, 10)

    return distance


@dataclass(frozen=True, kw_only=True, slots=True)
class Fall:
    """How a falling sheet hangs; lengths in mm.

    Attributes:
        volume: how far it stands off the head.
        cut_y: height of its ends.
        front_deg: azimuth at which the hair beside the face comes down.
        wave: amplitude of waves.
        turn_in: how far the ends turn towards the neck.
        shrink: share of the root line that is used, from the back: inner layers begin behind outer ones.
    """

    volume: Length
    cut_y: Length
    front_deg: Length = 80.0
    wave: Length = 0.0
    turn_in: Length = 0.0
    shrink: Length = 1.0


def falling_sheet(
    parameters: HeadParameters, head: HeadMap, fall: Fall, columns: int, rows: tuple[int, int], seed: int
) -> Sheet:
    """From the parting (front hairline to crown) over both sides and the back, then down.

    Columns run from the subject's right front round the back to the left front. `rows`: on the head, and hanging.
    """
    s = np.linspace(-1.0, 1.0, columns)
    away, side = np.abs(s) * fall.shrink, np.sign(s)
    # Over the middle third the roots stay at the crown and hair fans out to the back.
    along = np.clip((away - 0.33) / 0.67, 0.0, 1.0)
    front = np.degrees(np.arctan2(parameters.shape.hairline_y - CENTRE[1], 82.0)) + 1.0
    elevation = 132.0 + (front - 132.0) * along
    root = direction(np.zeros(columns), elevation)
    root[:, 0] += parting_x(parameters) / 95.0 * along**0.7 + 0.012 * side
    root = unit(root)
    azimuth = np.where(s < 0, -1.0, 1.0) * (180.0 - (180.0 - fall.front_deg) * away)
    target = direction(azimuth, np.full(columns, -3.0))
    up = np.array([0.0, 1.0, 0.0])
    control = unit(root + target + 0.22 * up * along[:, None])
    t = np.linspace(0.0, 1.0, rows[0] + 1)[None, :, None] ** 1.15
    path = unit((1 - t) ** 2 * root[:, None] + 2 * t * (1 - t) * control[:, None] + t**2 * target[:, None])
    base = head.surface(path.reshape(-1, 3))
    share = np.broadcast_to(t[..., 0], path.shape[:2]).ravel()
    lumps = value_noise(np.stack([np.repeat(s, rows[0] + 1) * 34, share * 1.5], axis=1), seed)
    # Beside the face hair lies close, or the ears show between the two.
    close = np.repeat(0.30 + 0.70 * smooth_step(1.0, 0.72, np.abs(s)), rows[0] + 1)
    gap = 1.0 + fall.volume * close * smooth_step(-0.06, 0.34, share) * (1 + 0.16 * lumps)
    points = base + gradient(head, base, 3.0) * gap[:, None]
    field = obstacle(parameters, head)
    points = settle(field, points, gap * (0.35 + 0.65 * share**2), press=False, rounds=1)
    points = points.reshape(columns, rows[0] + 1, 3)
    points = _smoothed(field, np.concatenate([points, _hang(field, points, fall, rows[1], seed)], axis=1))
    if fall.wave:
        points = _waved(points, fall.wave, s, seed)
    return Sheet(points=points, normals=_outward(points, field), grown=np.ones(columns, dtype=bool))


def _hang(field: Field, points: np.ndarray, fall: Fall, rows: int, seed: int) -> np.ndarray:
    """Further points below the last row, led down by weight and kept outside of everything."""
    columns = len(points)
    at = points[:, -1]
    heading = unit(points[:, -1] - points[:, -2])
    ragged = value_noise(np.linspace(0, 22, columns)[:, None], seed + 3)
    close = 0.30 + 0.70 * smooth_step(1.0, 0.72, np.abs(np.linspace(-1, 1, columns)))
    step = np.maximum(at[:, 1] - fall.cut_y + 7.0 * ragged, 20.0) / rows * 1.02
    out = []
    for row in range(rows):
        share = (row + 1) / rows
        inward = np.array([0.0, 0.0, _FALL_AXIS_Z]) - at
        inward[:, 1] = 0.0
        wish = 0.40 * heading + 0.75 * _DOWN + (0.10 + fall.turn_in * share**2) * unit(inward)
        heading = unit(wish)
        at = at + heading * step[:, None]
        at = settle(field, at, 2.0 + close * fall.volume * (0.75 - 0.35 * share), press=False, rounds=2)
        out.append(at)
    return np.stack(out, axis=1)


def _smoothed(field: Field, points: np.ndarray) -> np.ndarray:
    """Hair bridges hollows: each guide is evened out along itself, roots and tips stay."""
    for _ in range(4):
        middle = 0.25 * points[:, :-2] + 0.5 * points[:, 1:-1] + 0.25 * points[:, 2:]
        points = np.concatenate([points[:, :1], middle, points[:, -1:]], axis=1)
    inner = settle(field, points[:, 1:].reshape(-1, 3), np.full(points[:, 1:].size // 3, 1.2), press=False, rounds=1)
    return np.concatenate([points[:, :1], inner.reshape(points[:, 1:].shape)], axis=1)


def _waved(points: np.ndarray, amplitude: float, s: np.ndarray, seed: int) -> np.ndarray:
    """Locks swing to the side and outwards; neighbours nearly together."""
    along = np.gradient(points, axis=1)
    length = np.cumsum(np.linalg.norm(np.diff(points, axis=1, prepend=points[:, :1]), axis=2), axis=1)
    across = unit(np.cross(unit(along), unit(points - np.array([0.0, 0.0, _FALL_AXIS_Z]) * [1, 0, 1])))
    outward = unit(np.cross(across, along))
    phase = 3.0 * value_noise((s * 7.0)[:, None], seed + 4)[:, None]
    grow = amplitude * smooth_step(25.0, 130.0, length)
    swing = np.sin(length / 11.5 + phase)
    bulge = 0.5 + 0.5 * np.cos(length / 11.5 + phase * 1.3 + 0.7)
    outward *= np.sign((outward * (points - np.array([0.0, -60.0, _FALL_AXIS_Z]))).sum(axis=2, keepdims=True))
    return points + across * (grow * swing)[..., None] + outward * (0.8 * grow * bulge)[..., None]


def fringe_sheet(parameters: HeadParameters, head: HeadMap, end_y: float, columns: int, seed: int) -> Sheet:
    """Hair from the top of the head over the forehead, its ends above the brows."""
    s = np.linspace(-1.0, 1.0, columns)
    root = direction(s * 62.0, 66.0 - 10.0 * s**2)
    ragged = value_noise((s * 11)[:, None], seed)
    height = end_y + 2.5 * ragged - 7.0 * s**4
    azimuth = s * 58.0
    target = direction(azimuth, np.degrees(np.arctan2(height - CENTRE[1], 88.0 - 4.0 * np.abs(s))))
    t = np.linspace(0.0, 1.0, 9)[None, :, None]
    control = unit(root + target + np.array([0.0, 0.10, 0.10]))
    path = unit((1 - t) ** 2 * root[:, None] + 2 * t * (1 - t) * control[:, None] + t**2 * target[:, None])
    base = head.surface(path.reshape(-1, 3))
    share = np.broadcast_to(t[..., 0], path.shape[:2]).ravel()
    lumps = value_noise(np.stack([np.repeat(s, 9) * 13, share], axis=1), seed + 1)
    gap = 0.8 + 9.5 * smooth_step(-0.05, 0.55, share) - 3.0 * share**3 + 1.2 * lumps * share
    points = base + gradient(head, base, 3.0) * gap[:, None]
    # Ends hang: they never drop below their height, whatever the forehead's slope adds.
    points[:, 1] = np.maximum(points[:, 1], np.repeat(height, 9))
    points = points.reshape(columns, 9, 3)
    return Sheet(points=points, normals=_outward(points, head), grown=np.ones(columns, dtype=bool))


def pulled_sheet(parameters: HeadParameters, head: HeadMap, gap: np.ndarray, columns: int, knot_deg: float) -> Sheet:
    """From the whole hairline towards the knot; `gap` [columns, rows] is the height over the skin.

    Columns run once round the head, the first and the last at the same place; they end `knot_deg` from the knot.
    """
    rows = gap.shape[1]
    # Denser in front, where the hairline is seen.
    u = np.linspace(-1.0, 1.0, columns)
    azimuth = 180.0 * (0.75 * u + 0.25 * u**3)
    height = hairline_height(parameters, np.abs(azimuth)) + 1.0
    root, knot = unit(_at_height(head, azimuth, height) - CENTRE), knot_direction(parameters)
    beside = unit(root - (root @ knot)[:, None] * knot)
    angle = np.arccos(np.clip(root @ knot, -1, 1))
    t = np.linspace(0.0, 1.0, rows)[None, :]
    turned = angle[:, None] * (1 - t) + np.radians(knot_deg) * t
    path = np.cos(turned)[..., None] * knot + np.sin(turned)[..., None] * beside[:, None]
    base = head.surface(path.reshape(-1, 3))
    points = base + gradient(head, base, 3.0) * gap.ravel()[:, None]
    points = points.reshape(columns, rows, 3)
    points[-1] = points[0]
    normals = _outward(points, head)
    normals[0] = normals[-1] = unit(normals[0] + normals[-1])
    return Sheet(points=points, normals=normals, grown=np.ones(columns, dtype=bool))


def _at_height(head: HeadMap, azimuth_deg: np.ndarray, height: np.ndarray) -> np.ndarray:
    """The skin at azimuths seen from the hairline's axis, and heights, mm."""
    away = direction(azimuth_deg, np.zeros(len(height))) * 85.0
    for _ in range(6):
        points = np.stack([away[:, 0], height, away[:, 2] - 75.0], axis=1)
        away = away * (1 - head(points) / np.linalg.norm(away, axis=1))[:, None]
    return np.stack([away[:, 0], height, away[:, 2] - 75.0], axis=1)


def _outward(points: np.ndarray, field: Field) -> np.ndarray:
    """Normals of the sheet, turned outward and softened by those of what lies beneath."""
    flat = points.reshape(-1, 3)
    return bent(points, gradient(field, flat, 4.0).reshape(points.shape))


def bent(points: np.ndarray, beneath: np.ndarray) -> np.ndarray:
    """Normals of a grid of guides, softened by those of what lies beneath it, which also say where outward is."""
    own = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    own = unit(own) * np.where((own * beneath).sum(axis=2, keepdims=True) < 0, -1.0, 1.0)
    return unit(0.6 * own + 0.6 * beneath)


def loft(sheet: Sheet, region: Region, *, spans: int = 1, start: float = 0.0) -> Surface:
    """A sheet as triangles; its columns run `spans` times to and fro over the region.

    Args:
        start: where in the region the first column begins, in [0, 1].
    """
    columns, rows = sheet.points.shape[:2]
    sway = np.abs((start + spans * np.linspace(0, 1, columns) + 1) % 2 - 1)
    u = region.left + (region.right - region.left) * sway
    steps = np.linalg.norm(np.diff(sheet.points, axis=1), axis=2).mean(axis=0)
    row_v = np.concatenate([[0.0], np.cumsum(steps) / max(float(steps.sum()), 1e-6)])
    v = region.top + (region.bottom - region.top) * row_v
    uv = np.stack(np.broadcast_arrays(u[:, None], v[None, :]), axis=-1).reshape(-1, 2)
    points, normals = sheet.points.reshape(-1, 3), sheet.normals.reshape(-1, 3)
    triangles = grid_triangles(columns, rows)
    column = triangles // rows
    triangles = triangles[sheet.grown[column].all(axis=1)]
    return facing(Surface(vertices=points, uv=uv, triangles=triangles, normals=normals))


def ribbons(sheet: Sheet, region: Region, width: float, num_kinds: int, rng: np.random.Generator) -> Surface:
    """Each guide as a card of its own; the region holds `num_kinds` strips side by side."""
    points, normals = sheet.points[sheet.grown], sheet.normals[sheet.grown]
    num, rows = points.shape[:2]
    side = unit(np.cross(unit(np.gradient(points, axis=1)), normals))
    half = 0.5 * width * rng.uniform(0.7, 1.2, (num, 1, 1))
    pair = np.stack([points - side * half, points + side * half], axis=2)
    kind, flip = rng.integers(0, num_kinds, num), rng.integers(0, 2, num)
    strip = (region.right - region.left) / num_kinds
    low = region.left + strip * (kind + 0.04)
    high = low + 0.92 * strip
    u = np.stack([np.where(flip == 0, low, high), np.where(flip == 0, high, low)], axis=1)
    v = np.linspace(region.top, region.bottom, rows)
    uv = np.stack(np.broadcast_arrays(u[:, None, :], v[None, :, None]), axis=-1).reshape(-1, 2)
    triangles = (grid_triangles(rows, 2) + rows * 2 * np.arange(num)[:, None, None]).reshape(-1, 3)
    both = np.repeat(normals[:, :, None], 2, axis=2).reshape(-1, 3)
    return facing(Surface(vertices=pair.reshape(-1, 3), uv=uv, triangles=triangles, normals=both))


def facing(surface: Surface) -> Surface:
    """The surface with every triangle wound so that it faces the way its normals point; unused vertices are dropped."""
    assert surface.normals is not None
    corners = surface.vertices[surface.triangles]
    faced = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    keep = np.linalg.norm(faced, axis=1) > 1e-3
    triangles, faced = surface.triangles[keep].copy(), faced[keep]
    inward = (faced * surface.normals[triangles].sum(axis=1)).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    used, index = np.unique(triangles, return_inverse=True)
    return Surface(
        vertices=surface.vertices[used],
        uv=surface.uv[used],
        triangles=index.reshape(-1, 3),
        normals=surface.normals[used],
    )
