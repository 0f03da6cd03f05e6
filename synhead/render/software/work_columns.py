"""Where the shading stages keep what they hand on: columns of `CHUNK` values in one array of float32."""

CHUNK = 1024
"""Items that pass all stages together: their values stay in the second-level cache."""

DU_DX, DV_DX, DU_DY, DV_DY = (CHUNK * column for column in range(4))
"""How the texture coordinates change from pixel to pixel."""
RED, GREEN, BLUE, ALPHA = (CHUNK * column for column in range(4, 8))
"""What the texture says: linear albedo, and opacity."""
BENT_X, BENT_Y, BENT_Z = (CHUNK * column for column in range(8, 11))
"""What the normal map says."""
NORMAL_X, NORMAL_Y, NORMAL_Z = (CHUNK * column for column in range(11, 14))
"""The shading normal in the camera frame, turned to the viewer's side."""
VIEW_X, VIEW_Y, VIEW_Z, VIEW_COSINE = (CHUNK * column for column in range(14, 18))
"""Unit vector to the viewer in the camera frame, and the clamped n.v."""
OUT_RED, OUT_GREEN, OUT_BLUE = (CHUNK * column for column in range(18, 21))
"""Radiance so far."""
NUM_COLUMNS = 21
