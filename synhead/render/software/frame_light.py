"""The light of one frame as the kernels read it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from synhead.core.camera import Camera
from synhead.core.scene import Lighting
from synhead.render.natural import is_natural, light_harmonics, sky_polynomial

TURN, EYE, AMBIENT, SKY, LIGHT, LIGHT_VALUES = 0, 9, 12, 15, 42, 6
"""Places in `FrameLight.values`: rotation from head to camera (9), 1 / focal length and principal point (3), even light
(3), the polynomial of the sky (27), then for each light its direction and its colour (6)."""
NUM_VALUES = 64
SHARPER = 0.5
"""With four samples a pixel, as in the gl engine's resolve.frag."""


class FrameLight(NamedTuple):
    """Lighting and pose of a frame.

    Attributes:
        values: float32 [NUM_VALUES], as named above; light and directions in the camera frame.
        harmonics: float32 [num_lights, 16] at the lights' directions in the head frame; zeros without shadows.
        num_lights: 0 to 3.
        natural: 1 for the formulas of natural light, 0 for those of glTF alone.
        shadows: 1 where the head shades itself.
        filmic: 1 for the filmic curve.
        material_set: row of `SurfaceTables.materials`.
        sharper: by how much solid surfaces look at less of their textures than a whole pixel.
    """

    values: np.ndarray
    harmonics: np.ndarray
    num_lights: int
    natural: int
    shadows: int
    filmic: int
    material_set: int
    sharper: np.float32


def frame_light(
    lighting: Lighting, R_cam_head: Float[np.ndarray, "3 3"], camera: Camera, *, samples: int = 1
) -> FrameLight:
    """Lighting, pose and camera of a frame with 1 or 4 samples a pixel."""
    values = _light_values(lighting).copy()
    values[TURN : TURN + 9] = R_cam_head.reshape(-1)
    values[EYE : EYE + 3] = 1 / camera.focal_px, *camera.center_px
    natural = is_natural(lighting)
    return FrameLight(
        values=values,
        harmonics=_harmonics(lighting, R_cam_head),
        num_lights=len(lighting.directional),
        natural=int(natural),
        shadows=int(lighting.shadows),
        filmic=int(lighting.tone == "filmic"),
        material_set=int(natural and lighting.natural_surfaces),
        sharper=np.float32(SHARPER if samples > 1 else 1.0),
    )


@lru_cache(maxsize=8)
def _light_values(lighting: Lighting) -> Float32[np.ndarray, "64"]:
    """What does not change from frame to frame; the places of rotation and camera are zero."""
    values = np.zeros(NUM_VALUES, dtype=np.float32)
    values[AMBIENT : AMBIENT + 3] = lighting.ambient_rgb
    if is_natural(lighting):
        values[SKY : SKY + 27] = sky_polynomial(lighting).reshape(-1)
    for index, light in enumerate(lighting.directional):
        direction = np.array(light.direction_cam)
        start = LIGHT + LIGHT_VALUES * index
        values[start : start + 3] = direction / np.linalg.norm(direction)
        values[start + 3 : start + 6] = light.intensity_rgb
    return values


def _harmonics(lighting: Lighting, R_cam_head: Float[np.ndarray, "3 3"]) -> Float32[np.ndarray, "num_lights 16"]:
    if not (lighting.shadows and lighting.directional):
        return np.zeros((len(lighting.directional), 16), dtype=np.float32)
    return light_harmonics(lighting, R_cam_head).astype(np.float32)
