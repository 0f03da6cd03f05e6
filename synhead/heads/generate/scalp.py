"""Where hair grows and which way it lies: a signed distance to the hairline, the flow, and a flat chart of the scalp.

The chart is azimuthal: a point's distance from the chart's middle is its angle from a pole at the back of the crown,
seen from the middle of the head. It has neither seam nor pole where hair is seen.
"""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.head_map import CENTRE
from synhead.heads.generate.noise import fractal_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.sdf import Field, gradient

Points = Float[np.ndarray, "n 3"]
CHART_RADIUS_DEG = 113.0
_POLE_ELEVATION_DEG = 50.0
_AXIS_Z = -75.0
# Azimuth from the face (degrees) and height of the hairline there (mm); the first entry is the person's own.
_AZIMUTH = np.array([0, 14, 28, 38, 46, 54, 62, 70, 77, 83, 90, 97, 104, 112, 122, 135, 150, 180], dtype=float)
_HEIGHT = np.array([66, 65, 61, 57, 52, 44, 33, 18, -7, -9, 18, 28, 18, -14, -44, -62, -72, -74], dtype=float)
_RECEDED = np.array([6, 18, 30, 34, 30, 26, 20, 12, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0], dtype=float)
_RIM = np.array([90, 90, 90, 90, 90, 80, 62, 34, 4, -2, 0, 0, 0, 0, 0, 0, 0, 0], dtype=float)
_SCALP_MM_PER_DEG = 1.45


def unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Vectors of length 1; a zero vector stays."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def direction(
    azimuth_deg: Float[np.ndarray, "*n"], elevation_deg: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n 3"]:
    """Unit vectors; azimuth 0 is ahead, 90 the subject's left; an elevation beyond 90 leans over backwards."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)


def hairline_height(parameters: HeadParameters, azimuth_deg: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Height of the hairline in mm at azimuths (0 to 180, seen from an axis through the head)."""
    return np.interp(azimuth_deg, _AZIMUTH, _heights(parameters))


def _heights(parameters: HeadParameters) -> np.ndarray:
    share = np.clip(1 - _AZIMUTH / 60, 0, 1)
    height = _HEIGHT + (parameters.shape.hairline_y - 66) * share
    if parameters.hair_style == "receding":
        height = height + _RECEDED
    if parameters.hair_style == "rim":
        height = height + _RIM
    if parameters.sex == "female":
        height[8:10] += [14, 12]
    return height


def hairline_distance(parameters: HeadParameters, points: Points) -> Float[np.ndarray, " n"]:
    """How far inside the hair a point of the scalp lies, mm (rough); negative on bare skin."""
    azimuth = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2] - _AXIS_Z))
    height = _heights(parameters)
    line = np.interp(azimuth, _AZIMUTH, height)
    slope = np.gradient(height, _AZIMUTH) / _SCALP_MM_PER_DEG
    steep = np.sqrt(1 + np.interp(azimuth, _AZIMUTH, slope) ** 2)
    ragged = fractal_noise(points / 9.0, parameters.noise_seed + 31, 3) * 2.6
    inside = (points[:, 1] - line) / steep
    if parameters.hair_style == "rim":
        # Hair thins out towards the bald top over a wide band.
        top = 50.0 + 10.0 * np.clip((azimuth - 110) / 70, 0, 1) - 12.0 * np.clip((95 - azimuth) / 25, 0, 1)
        inside = np.minimum(inside, 0.5 * (top - points[:, 1]))
    return inside + ragged


def chart_direction(a: Float[np.ndarray, "*n"], b: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
    """Unit direction from CENTRE of a chart point; a and b in [-1, 1], a to the subject's left, b to the front."""
    angle = np.radians(CHART_RADIUS_DEG) * np.hypot(a, b)
    turn = np.arctan2(a, b)
    pole = direction(np.array(0.0), np.array(180.0 - _POLE_ELEVATION_DEG))
    left = np.array([1.0, 0.0, 0.0])
    ahead = np.cross(left, pole)
    around = np.cos(turn)[..., None] * ahead + np.sin(turn)[..., None] * left
    return np.cos(angle)[..., None] * pole + np.sin(angle)[..., None] * around


def settle(field: Field, points: Points, gap: Float[np.ndarray, " n"], *, press: bool, rounds: int = 2) -> Points:
    """Points moved along the field's normals to the distance `gap`; without `press` only those that are nearer."""
    for _ in range(rounds):
        away = gap - field(points)
        if not press:
            away = np.maximum(away, 0.0)
        points = points + gradient(field, points, 2.0) * away[:, None]
    return points


def whorl(parameters: HeadParameters) -> np.ndarray:
    """The point that short hair runs away from, mm."""
    s = parameters.shape
    side = 1.0 if parameters.noise_seed % 2 else -1.0
    return np.array([7.0 * side, 27.0 + s.cranium_radius_y * 0.86, -85.0 - s.cranium_radius_z * 0.52])


def knot_direction(parameters: HeadParameters) -> np.ndarray:
    """From CENTRE to where hair is tied."""
    elevation = {"ponytail": 26.0, "cornrows": -18.0}.get(parameters.hair_style, 14.0)
    return direction(np.array(180.0), np.array(elevation))


def parting_x(parameters: HeadParameters) -> float:
    """Where the parting meets the front hairline, mm; 0: in the middle."""
    side = 1.0 if parameters.noise_seed // 2 % 2 else -1.0
    if parameters.hair_style == "side part":
        return 34.0 * side
    return (0.0, 16.0, 26.0)[parameters.noise_seed // 4 % 3] * side


def flow_direction(parameters: HeadParameters, points: Points, normals: Points) -> Points:
    """Unit direction in which hair lies on the scalp, from root to tip."""
    style = parameters.hair_style
    top = np.clip((points[:, 1] - 40) / 50, 0.0, 1.0)[:, None]
    front = np.clip((points[:, 2] + 95) / 90, 0.0, 1.0)[:, None]
    down = np.array([0.0, -1.0, 0.0])
    if style in ("long", "wavy", "bob", "fringe", "medium"):
        part = parting_x(parameters) * np.clip((points[:, 2] + 130) / 110, 0.0, 1.0)
        side = np.where(points[:, 0] >= part, 1.0, -1.0)
        wish = np.stack([side, np.full(len(points), -0.45), np.full(len(points), -0.35)], axis=1) + 0.6 * unit(
            points - whorl(parameters)
        ) * (1 - front)
    elif style in ("bun", "ponytail", "cornrows"):
        wish = CENTRE + 105.0 * knot_direction(parameters) - points
    elif style == "side part":
        part = parting_x(parameters)
        to = -np.sign(part)
        over = np.clip((points[:, 0] - part * 0.95) * to / 6.0, -1.0, 1.0)[:, None]
        sweep = np.array([1.0 * to, 0.0, -0.35]) * (over > 0) + np.array([-0.8 * to, -0.4, -0.5]) * (over <= 0)
        before = front * np.clip((points[:, 1] - 25) / 25, 0.0, 1.0)[:, None]
        wish = unit(points - whorl(parameters)) * (1.1 - 1.1 * before) + 1.3 * sweep * before + 0.3 * down
    else:
        away = unit(points - whorl(parameters))
        sweep = np.array([0.5 * np.sign(whorl(parameters)[0]), 0.05, 0.25])
        wish = away + top * front * sweep + 0.3 * down
    wish = wish - (wish * normals).sum(axis=1, keepdims=True) * normals
    return unit(wish)
