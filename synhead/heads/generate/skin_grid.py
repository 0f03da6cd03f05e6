"""The grid of rays from inside the head that most of the skin's vertices lie on.

Columns run round the head from the back (u = 0, azimuth -180 degrees) over the subject's right, the face (u = 0.5) and
the left to the back again (u = 1); rows run from the cut of the neck (v smallest) to the crown. The grid is denser in
the face.
"""

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import first_hit

NUM_COLUMNS, NUM_ROWS, NUM_NECK_ROWS = 109, 98, 14
V_BOTTOM = 0.115
CENTRE = np.array([0.0, -10.0, -75.0])
NECK_CUT_Y = -205.0
_REACH = 70.0
# Where the features of the average face meet the grid: (height, distance from the axis) in mm of menton, mouth,
# subnasale and eyes, and the azimuth of the eyes in degrees. A person's own features are moved to the same rows.
_LEVELS = ((-114.0, 72.0), (-68.0, 90.0), (-49.0, 88.0), (0.0, 80.0))
_EYE_AZIMUTH_DEG, _EYE_X = 22.0, 31.4
# (share of the rows above the neck, tangent of elevation): chin, then the face evenly and densely, then the cranium.
_FACE_ROWS = ((0.0, -1.5), (0.145, -0.85), (0.735, 0.35))

# (share of the grid, share of the texture), from the middle of the face outwards and from the neck up.
_TEXTURE_U = (
    *((0.0, 0.0), (0.1111, 0.0656), (0.2222, 0.1384), (0.3333, 0.223), (0.4444, 0.3321), (0.5556, 0.4711)),
    *((0.6296, 0.5788), (0.7037, 0.6775), (0.7778, 0.7567), (0.8889, 0.8693), (1.0, 1.0)),
)
_TEXTURE_V = (
    *((0.0, 0.0), (0.0619, 0.0658), (0.1134, 0.1408), (0.1443, 0.2017), (0.2062, 0.2804), (0.268, 0.3401)),
    *((0.4124, 0.4328), (0.7629, 0.7028), (0.8041, 0.7511), (0.866, 0.845), (0.9278, 0.9253), (1.0, 1.0)),
)


def column_azimuth_deg(u: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Azimuth of a column, u in [-1, 1]; eight times denser at the front than at the back."""
    return 180.0 * (0.30 * u + 0.70 * u**3)


def texture_coordinates(u: Float[np.ndarray, " n"], v: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Where a grid point lies in the texture, so that the face has even texels and more of them than neck and scalp.

    The knots are lengths of the average head's rows and columns added up, those of neck and scalp at 0.35 to 0.45.
    """
    across = np.sign(u) * np.interp(np.abs(u), *np.array(_TEXTURE_U).T)
    up = np.interp(v, *np.array(_TEXTURE_V).T)
    return np.column_stack([(across + 1) / 2, V_BOTTOM + (0.998 - V_BOTTOM) * up])


def row_rays(v: Float[np.ndarray, "*n"]) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """(height of the origin in mm, tangent of the elevation) of rows of rays; v is 0 at the neck's cut, 1 at the crown.

    Above the chin all rays start at CENTRE; below it the origin sinks and the rays level out, so that the mesh ends in
    a plane. The level at _REACH from the axis falls evenly, which keeps the rows from crossing.
    """
    split = NUM_NECK_ROWS / (NUM_ROWS - 1)
    (_, tangent_at_chin), (_, _), (face_top, tangent_at_top) = _FACE_ROWS
    neck = np.clip(v / split, 0.0, 1.0)
    level = NECK_CUT_Y + (CENTRE[1] + tangent_at_chin * _REACH - NECK_CUT_Y) * neck
    tangent_neck = tangent_at_chin * neck**1.5
    rise = np.clip((v - split) / (1 - split), 0.0, 1.0)
    tangent = np.interp(rise, *np.array(_FACE_ROWS).T)
    low, high = np.degrees(np.arctan(tangent_at_top)), 89.0
    over = np.clip((rise - face_top) / (1 - face_top), 0.0, 1.0)
    # Even in height over the face, then sparser and sparser over the crown.
    elevation = low + (high - low) * (0.72 * over + 0.28 * over**2)
    tangent = np.where(rise > face_top, np.tan(np.radians(elevation)), tangent)
    tangent = np.where(v < split, tangent_neck, tangent)
    origin_y = np.where(v < split, level - tangent * _REACH, CENTRE[1])
    return origin_y, tangent


def _own_directions(shape: FaceShape, azimuth_deg: np.ndarray, tangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move rows and columns so that a person's eyes, nose and mouth lie where the average person's lie on the grid."""
    average = np.array([(y - CENTRE[1]) / far for y, far in _LEVELS])
    heights = np.array([shape.menton_y, shape.mouth_y, shape.subnasale_y, 0.0])
    own = (heights - CENTRE[1]) / np.array([far for _, far in _LEVELS])
    lowest = _FACE_ROWS[0][1]
    knots = np.concatenate([[lowest], average, [0.4, 60.0]])
    moved = np.concatenate([[lowest * own[0] / average[0]], own, [0.4, 60.0]])
    grown = _EYE_AZIMUTH_DEG * shape.eye_x / _EYE_X
    away = np.interp(np.abs(azimuth_deg), [0, 3, 12, _EYE_AZIMUTH_DEG, 75, 180], [0, 4, 11, grown, 75, 180])
    return np.sign(azimuth_deg) * away, np.interp(tangent, knots, moved)


def grid_points(
    field: SkinField, u: Float[np.ndarray, " n"], v: Float[np.ndarray, " n"], far: float = 330.0
) -> np.ndarray:
    """Outermost surface of `field` at grid coordinates u in [-1, 1], v in [0, 1]; shape [n, 3]."""
    origin_y, tangent = row_rays(v)
    azimuth_deg, own_tangent = _own_directions(field.shape, column_azimuth_deg(u), tangent)
    azimuth = np.radians(azimuth_deg)
    # Under the chin the rows keep their shares of what is left of the neck.
    chin = _FACE_ROWS[0][1]
    own_chin = float(_own_directions(field.shape, np.zeros(1), np.full(1, chin))[1][0])
    share = (CENTRE[1] + own_chin * _REACH - NECK_CUT_Y) / (CENTRE[1] + chin * _REACH - NECK_CUT_Y)
    level = NECK_CUT_Y + (origin_y + tangent * _REACH - NECK_CUT_Y) * share
    under = v < NUM_NECK_ROWS / (NUM_ROWS - 1)
    tangent = np.where(under, tangent * own_chin / chin, own_tangent)
    origin_y = np.where(under, level - tangent * _REACH, CENTRE[1])
    direction = np.stack([np.sin(azimuth), tangent, np.cos(azimuth)], axis=1)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    sunk = np.clip((CENTRE[1] - origin_y) / (CENTRE[1] - NECK_CUT_Y), 0.0, 1.0)
    origin = np.stack([np.zeros(len(u)), origin_y, CENTRE[2] - 25.0 * sunk], axis=1)
    return first_hit(field, origin + far * direction, -direction, num_steps=90)


def hole(
    azimuths: Float[np.ndarray, " c"],
    elevations: Float[np.ndarray, " r"],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    depth: tuple[float, float],
) -> tuple[int, int, int, int]:
    """Grid rectangle (column, row, columns, rows) that covers a box of the face; an even number of rows.

    Args:
        azimuths: of the columns, degrees.
        elevations: tangents, of the rows.
        depth: how far in front of the grid's centre the face lies at the two ends of `x_range`, mm.
    """
    columns = [
        int(np.argmin(np.abs(azimuths - np.degrees(np.arctan2(x, z))))) for x, z in zip(x_range, depth, strict=True)
    ]
    z_mean = float(np.mean(depth))
    rows = [int(np.argmin(np.abs(elevations - (y - CENTRE[1]) / z_mean))) for y in y_range]
    if (rows[1] - rows[0]) % 2:
        rows[1] += 1
    return columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0]


def perimeter(column: int, row: int, width: int, height: int) -> Int[np.ndarray, " k"]:
    """Grid indices round a rectangle: from the middle of its left side over the top, down, along the bottom, back."""
    half = height // 2
    left_up = [(column, row + half + k) for k in range(half)]
    top = [(column + k, row + height) for k in range(width)]
    right = [(column + width, row + height - k) for k in range(height)]
    bottom = [(column + width - k, row) for k in range(width)]
    left_end = [(column, row + k) for k in range(half)]
    cells = np.array(left_up + top + right + bottom + left_end)
    return cells[:, 1] * NUM_COLUMNS + cells[:, 0]
