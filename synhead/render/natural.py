"""The numbers that both engines hand to natural.glsl."""

import numpy as np
from jaxtyping import Float, Float64

from synhead.core.harmonics import SH_CONSTANTS, sh_basis
from synhead.core.scene import Lighting


def is_natural(lighting: Lighting) -> bool:
    """True where the plain glTF formula does not do."""
    return bool(lighting.irradiance_sh_rgb or lighting.shadows or lighting.natural_surfaces or lighting.tone != "none")


def sky_polynomial(lighting: Lighting) -> Float64[np.ndarray, "9 3"]:
    """Light from everywhere as coefficients of `sh_polynomials`, the even part included."""
    coefficients = np.array(lighting.irradiance_sh_rgb or np.zeros((9, 3)), dtype=np.float64)
    polynomial = coefficients * SH_CONSTANTS[:9, None]
    polynomial[0] += lighting.ambient_rgb
    return polynomial


def light_harmonics(lighting: Lighting, R_cam_head: Float[np.ndarray, "3 3"]) -> Float64[np.ndarray, "num_lights 16"]:
    """The harmonics at each light's direction in the head frame, as the baked visibility has them."""
    directions = np.array([light.direction_cam for light in lighting.directional])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return sh_basis(directions @ R_cam_head, 16)
