"""Real spherical harmonics, orthonormal over the sphere, for light and for visibility.

Order: band by band, 1 | y z x | xy yz 3z2-1 xz x2-y2 | the seven of band 3 from m = -3 to 3.
Source: R. Ramamoorthi, P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps" (2001), for the
constants up to band 2 and the cosine's bands; P.-P. Sloan, "Stupid Spherical Harmonics Tricks" (2008), for band 3.
"""

import numpy as np
from jaxtyping import Float, Float64

SH_CONSTANTS: Float64[np.ndarray, "16"] = np.concatenate(
    [
        [0.5 * np.sqrt(1 / np.pi)],
        np.full(3, np.sqrt(3 / (4 * np.pi))),
        np.array([2.0, 2.0, 0.5 * 2 / np.sqrt(3), 2.0, 1.0]) * np.sqrt(15 / (16 * np.pi)),
        [
            np.sqrt(35 / (32 * np.pi)),
            np.sqrt(105 / (4 * np.pi)),
            np.sqrt(21 / (32 * np.pi)),
            np.sqrt(7 / (16 * np.pi)),
            np.sqrt(21 / (32 * np.pi)),
            np.sqrt(105 / (16 * np.pi)),
            np.sqrt(35 / (32 * np.pi)),
        ],
    ]
)
"""What the polynomials of `sh_polynomials` are multiplied by."""

COSINE_BANDS: Float64[np.ndarray, "9"] = np.array([1.0, *[2 / 3] * 3, *[1 / 4] * 5])
"""Convolution with the clamped cosine, divided by pi: from radiance to what a white Lambertian surface returns."""


def sh_polynomials(direction: Float[np.ndarray, "*batch 3"], num_coefficients: int) -> Float[np.ndarray, "*batch n"]:
    """The harmonics without their constants, at unit vectors; `num_coefficients` is 4, 9 or 16."""
    x, y, z = direction[..., 0], direction[..., 1], direction[..., 2]
    columns = [np.ones_like(x), y, z, x]
    if num_coefficients > 4:
        columns += [x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    if num_coefficients > 9:
        columns += [
            y * (3 * x * x - y * y),
            x * y * z,
            y * (5 * z * z - 1),
            z * (5 * z * z - 3),
            x * (5 * z * z - 1),
            z * (x * x - y * y),
            x * (x * x - 3 * y * y),
        ]
    return np.stack(columns, axis=-1)


def sh_basis(direction: Float[np.ndarray, "*batch 3"], num_coefficients: int) -> Float[np.ndarray, "*batch n"]:
    """The harmonics at unit vectors; `num_coefficients` is 4, 9 or 16."""
    return sh_polynomials(direction, num_coefficients) * SH_CONSTANTS[:num_coefficients]


def sphere_directions(count: int) -> Float64[np.ndarray, "count 3"]:
    """Well spread unit vectors: the Fibonacci lattice."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    angle = np.pi * (1 + np.sqrt(5)) * index
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
