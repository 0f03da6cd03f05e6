"""Where hair grows and which way it lies: one signed distance to the hairline, one flow, by style."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.noise import fractal_noise
from synhead.heads.generate.parameters import HeadParameters

Points = Float[np.ndarray, "n 3"]
_AXIS_Z = -75.0
# Azimuth from the face (degrees) and height of the hairline there (mm); the first entry is the person's own.
_AZIMUTH = np.array([0, 14, 28, 38, 46, 54, 62, 70, 77, 83, 90, 97, 104, 112, 122, 135, 150, 180], dtype=float)
_HEIGHT = np.array([66, 65, 61, 57, 52, 44, 34, 20, -6, -8, 20, 28, 18, -14, -44, -62, -72, -74], dtype=float)
_RECEDED = np.array([4, 14, 26, 30, 28, 24, 20, 12, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0], dtype=float)
_SCALP_MM_PER_DEG = 1.45


def hairline_distance(parameters: HeadParameters, points: Points) -> Float[np.ndarray, " n"]:
    """How far inside the hair a point of the scalp lies, mm (rough); negative on bare skin."""
    azimuth = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2] - _AXIS_Z))
    height = _HEIGHT.copy()
    share = np.clip(1 - _AZIMUTH / 60, 0, 1)
    height = height + (parameters.shape.hairline_y - 66) * share
    if parameters.hair_style == "receding":
        height = height + _RECEDED
    if parameters.sex == "female":
        height[8:10] += [16, 14]
    line = np.interp(azimuth, _AZIMUTH, height)
    slope = np.gradient(height, _AZIMUTH) / _SCALP_MM_PER_DEG
    steep = np.sqrt(1 + np.interp(azimuth, _AZIMUTH, slope) ** 2)
    ragged = fractal_noise(points / 9.0, parameters.noise_seed + 31, 3) * 2.6
    return (points[:, 1] - line) / steep + ragged


def flow_pole(parameters: HeadParameters) -> np.ndarray:
    """The point that hair runs away from (crop: the whorl) or towards (bun: the knot), mm."""
    s = parameters.shape
    if parameters.hair_style == "bun":
        return np.array([0.0, 40.0, -85.0 - s.cranium_radius_z - 14.0])
    return np.array([6.0, 27.0 + s.cranium_radius_y * 0.86, -85.0 - s.cranium_radius_z * 0.52])


def flow_direction(parameters: HeadParameters, points: Points, normals: Points) -> Points:
    """Unit direction in which hair lies on the scalp, from root to tip."""
    style = parameters.hair_style
    if style in ("long", "bob"):
        # From a parting: outwards over the top, then down and back.
        side = np.where(points[:, 0] >= 0, 1.0, -1.0)
        front = np.clip((points[:, 2] + 125) / 110, 0.0, 1.0)
        wish = np.stack([side * (0.1 + 0.8 * front), np.full(len(points), -0.6), 0.1 - 0.75 * front], axis=1)
    elif style == "bun":
        wish = flow_pole(parameters) - points
    else:
        away = points - flow_pole(parameters)
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        sweep = np.array([0.55, 0.1, 0.25])
        front = np.clip((points[:, 1] - 40) / 60, 0.0, 1.0)[:, None]
        wish = away + front * sweep + np.array([0.0, -0.25, 0.0])
    wish = wish - (wish * normals).sum(axis=1, keepdims=True) * normals
    return wish / np.maximum(np.linalg.norm(wish, axis=1, keepdims=True), 1e-6)


def across_flow(parameters: HeadParameters, points: Points) -> Float[np.ndarray, " n"]:
    """A coordinate in mm that is constant along each hair: noise of it makes strands."""
    if parameters.hair_style in ("long", "bob"):
        return points[:, 2] * 0.9 + 0.35 * np.abs(points[:, 0]) + 300.0 * (points[:, 0] < 0)
    offset = points - flow_pole(parameters)
    if parameters.hair_style == "bun":
        return np.degrees(np.arctan2(offset[:, 0], offset[:, 1])) * 2.2
    return np.degrees(np.arctan2(offset[:, 0], offset[:, 2])) * 2.4
