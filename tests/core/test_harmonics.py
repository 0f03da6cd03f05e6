"""Spherical harmonics against sums over the sphere."""

import numpy as np
import pytest

from synhead.core.harmonics import COSINE_BANDS, sh_basis, sphere_directions
from synhead.core.scene import Lighting

DIRECTIONS = sphere_directions(20_000)
WEIGHT = 4 * np.pi / len(DIRECTIONS)


def test_the_harmonics_are_orthonormal():
    basis = sh_basis(DIRECTIONS, 16)
    np.testing.assert_allclose(WEIGHT * basis.T @ basis, np.eye(16), atol=2e-4)


def test_fewer_coefficients_are_the_first_ones():
    np.testing.assert_array_equal(sh_basis(DIRECTIONS[:50], 4), sh_basis(DIRECTIONS[:50], 16)[:, :4])
    np.testing.assert_array_equal(sh_basis(DIRECTIONS[:50], 9), sh_basis(DIRECTIONS[:50], 16)[:, :9])


def test_nine_coefficients_give_the_light_of_a_white_surface():
    # A sky that is brighter above and to the left, with no band above 2: the nine coefficients then are exact.
    x, y, z = DIRECTIONS.T
    radiance = 0.8 + 0.5 * y - 0.3 * x + 0.2 * x * z + 0.1 * (y * y - 1 / 3)
    coefficients = WEIGHT * radiance @ sh_basis(DIRECTIONS, 9) * COSINE_BANDS
    for normal in sphere_directions(12):
        cosine = np.maximum(DIRECTIONS @ normal, 0)
        assert sh_basis(normal, 9) @ coefficients == pytest.approx(WEIGHT * radiance @ cosine / np.pi, abs=1e-3)


def test_light_with_another_number_of_rows_is_refused():
    with pytest.raises(ValueError, match="needs 9"):
        Lighting(ambient_rgb=(1.0, 1.0, 1.0), directional=(), irradiance_sh_rgb=((0.0, 0.0, 0.0),) * 4)
