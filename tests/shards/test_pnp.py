import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from synhead.core.camera import project_points, transform_points
from synhead.core.rotation import geodesic_deg
from synhead.shards.pnp import pose_from_points
from tests.shards.synthetic import head_points

K = np.array([[640.0, 0, 320], [0, 640, 240], [0, 0, 1]])


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), distance=st.floats(0.35, 6.0))
def test_any_pose_is_found_from_its_pixels(seed, distance):
    rng = np.random.default_rng(seed)
    points = head_points("h1")
    R = Rotation.random(20, random_state=rng).as_matrix()
    t = np.stack([*(rng.uniform(-0.2, 0.2, (2, 20)) * distance), np.full(20, distance)], axis=1)
    px = project_points(K, transform_points(R, t, points))
    R_found, t_found = pose_from_points(points, px, K)
    assert geodesic_deg(R_found, R).max() < 1e-6
    assert np.abs(t_found - t).max() < 1e-8 * distance


def test_the_rounding_of_float32_pixels_stays_inside_the_tolerances_of_verify():
    rng = np.random.default_rng(0)
    R = Rotation.random(300, random_state=rng).as_matrix()
    t = np.stack([*rng.uniform(-0.1, 0.1, (2, 300)), rng.uniform(0.5, 4.0, 300)], axis=1)
    points = head_points("h2")
    px = project_points(K, transform_points(R, t, points)).astype(np.float32).astype(np.float64)
    R_found, t_found = pose_from_points(points, px, K)
    assert geodesic_deg(R_found, R).max() < 0.005
    assert np.linalg.norm(t_found - t, axis=1).max() < 5e-5


def test_the_answer_minimises_the_error_under_noise():
    """Compared with scipy's general least squares, started at the true pose."""
    from scipy.optimize import least_squares

    rng = np.random.default_rng(1)
    points = head_points("h1")
    rotation, t = Rotation.from_euler("xyz", [[170, 20, 5]], degrees=True), np.array([[0.05, -0.02, 0.8]])
    px = project_points(K, transform_points(rotation.as_matrix(), t, points)) + rng.normal(0, 1.0, (1, 68, 2))

    def residual(x):
        return (
            project_points(K, transform_points(Rotation.from_rotvec(x[:3]).as_matrix(), x[3:], points)) - px
        ).ravel()

    best = least_squares(residual, np.concatenate([rotation.as_rotvec()[0], t[0]]), xtol=1e-14, ftol=1e-14, gtol=1e-14)
    R_found, t_found = pose_from_points(points, px, K)
    assert geodesic_deg(R_found[0], Rotation.from_rotvec(best.x[:3]).as_matrix()) < 1e-3
    np.testing.assert_allclose(t_found[0], best.x[3:], atol=1e-5)


def test_nonsense_is_answered_with_nan_and_does_not_touch_its_neighbours():
    points = head_points("h1")
    R, t = np.diag([1.0, -1, -1]), np.array([0.0, 0, 1])
    good = project_points(K, transform_points(R, t, points))
    px = np.stack([good, np.full_like(good, np.nan), np.zeros_like(good), good])
    R_found, t_found = pose_from_points(points, px, K)
    assert np.isnan(R_found[1]).all()
    np.testing.assert_allclose(R_found[[0, 3]], np.stack([R, R]), atol=1e-9)
    np.testing.assert_allclose(t_found[[0, 3]], np.stack([t, t]), atol=1e-9)
