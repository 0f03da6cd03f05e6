"""The head's surface as one table of radii: hair asks for it thousands of times, and the sculpt answers slowly."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.sdf import Field, first_hit

CENTRE = np.array([0.0, 15.0, -85.0])
"""Middle of the head, from which directions are counted, mm."""
_STEP_DEG, _LOWEST_DEG = 2.5, -65.0
_REACH = 240.0


class HeadMap:
    """Distance in mm from the outermost skin seen from CENTRE, by a table every 2.5 degrees down to the nape and chin.

    It may be asked like the field it was made of: signed distances along the ray, times the share of the slope. Left
    and right are mirror images, as they are in the sculpt.
    """

    def __init__(self, skin: Field) -> None:
        azimuth = np.arange(0.0, 180.0 + _STEP_DEG / 2, _STEP_DEG)
        elevation = np.arange(_LOWEST_DEG, 90.0 + _STEP_DEG / 2, _STEP_DEG)
        e, a = (grid.ravel() for grid in np.meshgrid(np.radians(elevation), np.radians(azimuth), indexing="ij"))
        rays = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=1)
        hit = first_hit(skin, CENTRE + _REACH * rays, -rays, num_steps=90)
        self._radius = np.linalg.norm(hit - CENTRE, axis=1).reshape(len(elevation), len(azimuth))
        # Off the ray's foot the true distance is shorter: by the cosine between ray and normal.
        r = self._radius
        slope_e = np.gradient(r, np.radians(_STEP_DEG), axis=0) / r
        narrow = np.maximum(np.cos(np.radians(elevation)), 0.05)[:, None]
        slope_a = np.gradient(r, np.radians(_STEP_DEG), axis=1) / r / narrow
        self._cosine = 1 / np.sqrt(1 + slope_e**2 + slope_a**2)

    def _look_up(self, table: np.ndarray, offset: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        flat = np.hypot(offset[:, 0], offset[:, 2])
        row = (np.degrees(np.arctan2(offset[:, 1], flat)) - _LOWEST_DEG) / _STEP_DEG
        column = np.degrees(np.arctan2(np.abs(offset[:, 0]), offset[:, 2])) / _STEP_DEG
        row = np.clip(row, 0.0, table.shape[0] - 1.0)
        r0 = np.minimum(row.astype(int), table.shape[0] - 2)
        c0 = np.minimum(column.astype(int), table.shape[1] - 2)
        s, t = row - r0, column - c0
        low = table[r0, c0] * (1 - t) + table[r0, c0 + 1] * t
        high = table[r0 + 1, c0] * (1 - t) + table[r0 + 1, c0 + 1] * t
        return low * (1 - s) + high * s

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Distance to the skin, negative inside."""
        offset = points - CENTRE
        away = np.linalg.norm(offset, axis=1) - self._look_up(self._radius, offset)
        return away * self._look_up(self._cosine, offset)

    def surface(self, directions: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """The skin along unit directions from CENTRE."""
        return CENTRE + directions * self._look_up(self._radius, directions)[:, None]

    def half_width(self, low_y: float, high_y: float) -> float:
        """Largest |x| of the skin in front of the ears between two heights: where the face is widest, mm."""
        elevation = np.radians(_LOWEST_DEG + _STEP_DEG * np.arange(self._radius.shape[0]))[:, None]
        azimuth = np.radians(_STEP_DEG * np.arange(self._radius.shape[1]))[None, :]
        x = self._radius * np.cos(elevation) * np.sin(azimuth)
        y = CENTRE[1] + self._radius * np.sin(elevation)
        return float(x[(y >= low_y) & (y <= high_y) & (azimuth < np.radians(80))].max())
