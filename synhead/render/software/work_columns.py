"""Where the shading stages keep what they hand on: columns of `CHUNK` values in one array, and a few other arrays."""

from typing import NamedTuple

import numpy as np

from synhead.render.software import surface_tables
from synhead.render.software.compiled import kernel
from synhead.render.software.kernel_memory import ROW

CHUNK = 2048
"""Items that pass all stages together: their values stay in the second-level cache."""
COLUMN = CHUNK + 16
"""Distance of columns. Were it a power of two, all columns would compete for the same few places of the first-level
cache."""

MIXED = 0
"""First of the ROW columns that hold the interpolated vertex rows."""
NORMAL_X, NORMAL_Y, NORMAL_Z = (COLUMN * (MIXED + surface_tables.NORMAL + k) for k in range(3))
"""Interpolated, then the shading normal in the camera frame on the viewer's side."""
U_PLACE, V_PLACE = COLUMN * (MIXED + surface_tables.U), COLUMN * (MIXED + surface_tables.V)
TANGENT_X, TANGENT_Y, TANGENT_Z = (COLUMN * (MIXED + surface_tables.TANGENT + k) for k in range(3))
TANGENT_SIGN = COLUMN * (MIXED + surface_tables.SIGN)
SEEN = COLUMN * (MIXED + surface_tables.SEEN)
"""First of the three columns of lights."""
OPEN = COLUMN * (MIXED + surface_tables.OPEN)
RED, GREEN, BLUE = (COLUMN * column for column in range(ROW, ROW + 3))
"""Linear albedo, base colour included."""
BENT_X, BENT_Y, BENT_Z = (COLUMN * column for column in range(ROW + 3, ROW + 6))
"""What the normal map says."""
VIEW_X, VIEW_Y, VIEW_Z, VIEW_COSINE = (COLUMN * column for column in range(ROW + 6, ROW + 10))
"""Unit vector to the viewer in the camera frame, and the clamped n.v."""
OUT_RED, OUT_GREEN, OUT_BLUE = (COLUMN * column for column in range(ROW + 10, ROW + 13))
"""Radiance so far."""
PIXEL_X, PIXEL_Y, SIDE = (COLUMN * column for column in range(ROW + 13, ROW + 16))
"""Where the item is seen, and 1 or -1 where its front or its back is."""
WEIGHT = COLUMN * (ROW + 16)
"""First of the six columns of texels' weights."""
NUM_COLUMNS = ROW + 22


class Work(NamedTuple):
    """The arrays of a chunk.

    Attributes:
        columns: float32 [NUM_COLUMNS * COLUMN].
        rows: float32 [CHUNK, ROW] interpolated vertex rows.
        slopes: float32 [CHUNK, 4] du/dx, du/dy, dv/dx, dv/dy.
        places: int32 [4 * COLUMN] pairs of texels to read.
        texels: float32 [CHUNK, 4] red, green, blue, opacity in bytes.
        order: int32 [CHUNK] the items, part by part; corners: int32 [CHUNK, 4] their corners and triangles.
        ends: int64 [num_parts + 1] where the items of part p end, at p + 1.
    """

    columns: np.ndarray
    rows: np.ndarray
    slopes: np.ndarray
    places: np.ndarray
    texels: np.ndarray
    order: np.ndarray
    corners: np.ndarray
    ends: np.ndarray


@kernel
def new_work(num_parts):
    """The arrays of a chunk, with anything in them."""
    return Work(
        np.empty(NUM_COLUMNS * COLUMN, np.float32),
        np.empty((CHUNK, ROW), np.float32),
        np.empty((CHUNK, 4), np.float32),
        np.empty(4 * COLUMN, np.int32),
        np.empty((CHUNK, 4), np.float32),
        np.empty(CHUNK, np.int32),
        np.empty((CHUNK, 4), np.int32),
        np.empty(num_parts + 1, np.int64),
    )
