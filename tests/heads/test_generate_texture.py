"""Noise and baking, each against a slower or known answer."""

import numpy as np
import pytest

from synhead.heads.generate.bake import bake_values, smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise


def test_noise_is_smooth_bounded_and_fixed_for_all_time():
    rng = np.random.default_rng(0)
    points = rng.uniform(-50, 50, (5000, 3))
    noise = value_noise(points, 5)
    assert noise.min() >= -1
    assert noise.max() <= 1
    assert noise.std() > 0.2
    assert abs(noise.mean()) < 0.05
    nudged = value_noise(points + 1e-4, 5)
    assert np.abs(nudged - noise).max() < 2e-3
    assert np.abs(np.corrcoef(noise, value_noise(points, 6))[0, 1]) < 0.05
    assert np.abs(fractal_noise(points, 5, 3)).max() <= 1


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_noise_at_lattice_points_is_the_lattice_value(dims: int):
    # Half-way along one axis the noise is the mean of the two ends.
    ends = np.zeros((2, dims))
    ends[1, 0] = 1.0
    middle = np.zeros((1, dims))
    middle[0, 0] = 0.5
    assert value_noise(middle, 3)[0] == pytest.approx(value_noise(ends, 3).mean(), abs=1e-12)


def test_baking_interpolates_over_the_triangle():
    uv = np.array([[0.1, 0.1], [0.9, 0.15], [0.3, 0.85]])
    triangles = np.array([[0, 1, 2]])
    # A value that is linear in u and v must come back as that linear function.
    values = (2 + 3 * uv[:, 0] - 5 * uv[:, 1])[:, None]
    baked, covered = bake_values(uv, triangles, values, 64, 48)
    rows, columns = np.nonzero(covered)
    u, v = (columns + 0.5) / 48, 1 - (rows + 0.5) / 64
    np.testing.assert_allclose(baked[rows, columns, 0], 2 + 3 * u - 5 * v, atol=1e-5)
    area = 0.5 * abs((uv[1] - uv[0])[0] * (uv[2] - uv[0])[1] - (uv[1] - uv[0])[1] * (uv[2] - uv[0])[0])
    assert covered.mean() == pytest.approx(area, rel=0.05)


def test_texels_beside_the_mesh_are_like_the_nearest_on_it():
    uv = np.array([[0.0, 0.4], [0.2, 0.4], [0.0, 0.6], [0.2, 0.6]])
    baked, covered = bake_values(uv, np.array([[0, 1, 2], [1, 3, 2]]), np.full((4, 1), 7.0), 40, 40)
    assert covered[16:24, 0:8].all()
    assert covered.sum() == 64
    assert baked[20, 8 + 4, 0] == 7
    assert (baked == 7).all()


def test_steps_and_bytes():
    np.testing.assert_allclose(smooth_step(0, 2, np.array([-1.0, 0, 1, 2, 3])), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(smooth_step(2, 0, np.array([0.0, 1, 2])), [1, 0.5, 0])
    np.testing.assert_array_equal(to_bytes(np.array([-1.0, 0, 0.5, 1, 2])), [0, 0, 128, 255, 255])
