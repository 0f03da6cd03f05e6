"""The convention of docs/conventions.md, against hand-worked matrices and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from synhead.core.rotation import (
    A_HEAD_TO_FRONTAL,
    euler_pyr_from_rotation,
    geodesic_deg,
    nearest_rotation,
    orthonormality_error,
    rotation_about_camera_vertical,
    rotation_from_euler_pyr,
)

S3 = 0.8660254037844386
C20, S20 = 0.9396926207859084, 0.3420201433256687
# (pitch, yaw, roll) and R_cv = R_cam_head A, entries typed in.
HAND_WORKED = {
    "frontal": ((0, 0, 0), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "yaw30": ((0, 30, 0), [[S3, 0, 0.5], [0, 1, 0], [-0.5, 0, S3]]),
    "pitch20": ((20, 0, 0), [[1, 0, 0], [0, C20, S20], [0, -S20, C20]]),
    "roll30": ((0, 0, 30), [[S3, -0.5, 0], [0.5, S3, 0], [0, 0, 1]]),
}
BIWI_01_00501 = np.array(
    [[0.45684, -0.404949, -0.792031], [-0.103806, 0.860022, -0.499587], [0.883471, 0.310449, 0.350856]]
)

angles = st.tuples(st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
quaternions = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


def rotation(quaternion: tuple[float, ...]) -> np.ndarray:
    return Rotation.from_quat(quaternion).as_matrix()


@pytest.mark.parametrize(("pyr", "matrix"), HAND_WORKED.values(), ids=HAND_WORKED)
def test_hand_worked_matrices(pyr, matrix):
    R_cam_head = np.array(matrix, dtype=float) @ A_HEAD_TO_FRONTAL
    np.testing.assert_allclose(rotation_from_euler_pyr(np.array(pyr, dtype=float)), R_cam_head, atol=1e-15)
    np.testing.assert_allclose(euler_pyr_from_rotation(R_cam_head), pyr, atol=1e-12)


def test_signs_as_a_viewer_sees_them():
    nose, top = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert (rotation_from_euler_pyr(np.array([0.0, 30.0, 0.0])) @ nose)[0] < -0.4, "+yaw: nose to image left"
    assert (rotation_from_euler_pyr(np.array([20.0, 0.0, 0.0])) @ nose)[1] < -0.3, "+pitch: nose up, y is down"
    assert (rotation_from_euler_pyr(np.array([0.0, 0.0, 30.0])) @ top)[0] > 0.4, "+roll: top to image right, clockwise"


def test_published_biwi_frame():
    pyr = euler_pyr_from_rotation(BIWI_01_00501 @ A_HEAD_TO_FRONTAL)
    np.testing.assert_allclose(pyr, (-54.9199, -52.3757, 41.5542), atol=2e-4)


@given(angles)
def test_euler_round_trip(pyr):
    back = euler_pyr_from_rotation(rotation_from_euler_pyr(np.array(pyr)))
    # Near yaw 90 the matrix holds the other two angles with fewer digits.
    np.testing.assert_allclose((back - pyr + 180) % 360 - 180, 0, atol=1e-8)


@given(angles)
def test_agrees_with_scipy(pyr):
    pitch, yaw, roll = pyr
    expected = Rotation.from_euler("XYZ", [-pitch, yaw, roll], degrees=True).as_matrix() @ A_HEAD_TO_FRONTAL
    np.testing.assert_allclose(rotation_from_euler_pyr(np.array(pyr)), expected, atol=1e-14)


@given(quaternions)
def test_matrix_survives_the_angles_even_beyond_90_degrees(quaternion):
    R = rotation(quaternion)
    assert geodesic_deg(rotation_from_euler_pyr(euler_pyr_from_rotation(R)), R) < 1e-6


@pytest.mark.parametrize("yaw", [90.0, -90.0])
def test_gimbal_lock_gives_pitch_0_and_the_same_rotation(yaw):
    R = rotation_from_euler_pyr(np.array([25.0, yaw, 10.0]))
    pyr = euler_pyr_from_rotation(R)
    assert pyr[0] == 0
    assert pyr[1] == pytest.approx(yaw, abs=1e-6)
    assert geodesic_deg(rotation_from_euler_pyr(pyr), R) < 1e-6


def test_batches_of_any_shape():
    pyr = np.random.default_rng(0).uniform(-80, 80, (2, 5, 3))
    R = rotation_from_euler_pyr(pyr)
    assert R.shape == (2, 5, 3, 3)
    np.testing.assert_allclose(euler_pyr_from_rotation(R), pyr, atol=1e-10)
    assert geodesic_deg(R, R).shape == (2, 5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_angles_that_are_not_finite(bad):
    with pytest.raises(ValueError, match="not finite"):
        rotation_from_euler_pyr(np.array([0.0, bad, 0.0]))


@given(quaternions, quaternions, quaternions)
def test_geodesic_is_a_distance_that_no_common_rotation_changes(p, q, r):
    P, Q, R = rotation(p), rotation(q), rotation(r)
    d = float(geodesic_deg(P, Q))
    assert d == pytest.approx(float(geodesic_deg(Q, P)), abs=1e-9)
    assert d == pytest.approx(float(geodesic_deg(R @ P, R @ Q)), abs=1e-6)
    assert d == pytest.approx(float(geodesic_deg(P @ R, Q @ R)), abs=1e-6)
    assert d <= float(geodesic_deg(P, R)) + float(geodesic_deg(R, Q)) + 1e-6


@pytest.mark.parametrize("degrees", [0.0, 1e-9, 1e-4, 0.5, 90.0, 179.9999999, 180.0])
def test_geodesic_is_accurate_near_0_and_180(degrees):
    R = Rotation.from_rotvec(np.radians(degrees) * np.array([0.6, 0.0, 0.8])).as_matrix()
    assert float(geodesic_deg(np.eye(3), R)) == pytest.approx(degrees, abs=1e-11, rel=1e-7)


@given(quaternions, st.floats(-0.02, 0.02))
def test_nearest_rotation_is_proper_and_near(quaternion, noise):
    R = rotation(quaternion)
    noisy = R + noise * np.array([[1, -1, 0.5], [0, 1, -1], [-0.5, 0, 1]])
    nearest = nearest_rotation(noisy[None])[0]
    assert orthonormality_error(nearest) < 1e-12
    assert np.linalg.det(nearest) == pytest.approx(1.0)
    assert np.linalg.norm(nearest - noisy) <= np.linalg.norm(R - noisy) + 1e-12


def test_orthonormality_error_of_a_shear_and_of_a_reflection():
    sheared = np.eye(3)
    sheared[0, 1] = 0.25
    assert orthonormality_error(sheared) == pytest.approx(0.25)
    assert orthonormality_error(np.diag([1.0, 1.0, -1.0])) == 0


def test_turn_about_the_vertical_keeps_down_and_carries_forward_to_the_right():
    R = rotation_about_camera_vertical(90.0)
    np.testing.assert_allclose(R @ [0, 1, 0], [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(R @ [0, 0, 1], [1, 0, 0], atol=1e-15)
