"""Every named encoding against a published number or a matrix worked by hand, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from synhead.core.pose import ENCODINGS, decode, encode
from synhead.core.rotation import A_HEAD_TO_FRONTAL, geodesic_deg

# BIWI sequence 01 frame_00501 (deep-head-pose issue 39) and sequence 02 frame_00003 (huggingface/datasets PR 3903),
# as R_cv; their angles as published by Hopenet, by OPAL's annotation files and in BIWI's own .bin files.
FRAME_01_00501 = np.array(
    [[0.45684, -0.404949, -0.792031], [-0.103806, 0.860022, -0.499587], [0.883471, 0.310449, 0.350856]]
)
FRAME_02_00003 = np.array(
    [[0.988397, 0.0731349, 0.133128], [-0.0441539, 0.976945, -0.208876], [-0.145334, 0.200575, 0.968838]]
)
PUBLISHED = [
    ("300wlp", FRAME_01_00501, (-54.9199, -52.3757, 41.5542), 2e-4),
    ("biwi_ypr", FRAME_01_00501, (-52.3757, -54.9199, 41.5542), 2e-4),
    ("biwi_pyr", FRAME_01_00501, (41.5035, -62.0639, -12.8017), 2e-4),
    ("opal", FRAME_01_00501, (52.3757, -54.9199, 41.5542), 2e-4),
    ("opal", FRAME_02_00003, (-7.65039, -12.2, -4.2), 0.05),
    ("biwi_ypr", FRAME_02_00003, (7.65039, -12.2, -4.2), 0.05),
]


@pytest.mark.parametrize(("name", "R_cv", "values", "tolerance"), PUBLISHED)
def test_published_numbers(name, R_cv, values, tolerance):
    R_cam_head = R_cv @ A_HEAD_TO_FRONTAL
    np.testing.assert_allclose(encode(name, R_cam_head), values, atol=tolerance)
    assert geodesic_deg(decode(name, np.array(values, dtype=float)), R_cam_head) < 2 * tolerance


def test_published_yaw_to_all_its_digits():
    assert encode("opal", FRAME_02_00003 @ A_HEAD_TO_FRONTAL)[0] == pytest.approx(-7.65039, abs=1e-4)


def test_synhead_release_negates_the_yaw_as_hopenets_loader_does():
    # The loader turns the file's (pitch 10, yaw 25, roll -5) into 300W-LP's (10, -25, -5).
    released = np.array([10.0, 25.0, -5.0])
    np.testing.assert_allclose(encode("300wlp", decode("synhead_release", released)), (10, -25, -5), atol=1e-12)


def test_quaternion_of_a_frontal_face_and_of_a_quarter_turn():
    # diag(1, -1, -1) is half a turn about x.
    np.testing.assert_allclose(np.abs(encode("quaternion_xyzw", A_HEAD_TO_FRONTAL)), (1, 0, 0, 0), atol=1e-15)
    half = 0.7071067811865476
    matrix = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(encode("quaternion_xyzw", matrix), (0, 0, half, half), atol=1e-15)
    np.testing.assert_allclose(decode("quaternion_xyzw", np.array([0, 0, -half, -half])), matrix, atol=1e-15)


def test_6d_is_the_first_two_columns_and_orthogonalises():
    matrix = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(encode("rotation_6d", matrix), (0, 1, 0, -1, 0, 0))
    np.testing.assert_allclose(decode("rotation_6d", np.array([0, 3.0, 0, -2, 5, 0])), matrix, atol=1e-15)


@pytest.mark.parametrize("name", ENCODINGS)
@given(quaternion=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_round_trip(name, quaternion):
    R = Rotation.from_quat(quaternion).as_matrix()
    assert geodesic_deg(decode(name, encode(name, R)), R) < 1e-5


@pytest.mark.parametrize("name", ENCODINGS)
def test_shapes_are_kept(name):
    R = Rotation.random(6, rng=np.random.default_rng(1)).as_matrix().reshape(2, 3, 3, 3)
    values = encode(name, R)
    assert values.shape == (2, 3, len(ENCODINGS[name].values))
    np.testing.assert_allclose(decode(name, values), R, atol=1e-12)


def test_biwi_pyr_at_its_gimbal_lock():
    R = decode("biwi_pyr", np.array([20.0, 90.0, 35.0]))
    assert geodesic_deg(decode("biwi_pyr", encode("biwi_pyr", R)), R) < 1e-6


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("300wlp", (1.0, 2.0), "3 values"),
        ("300wlp", (1.0, np.nan, 2.0), "not finite"),
        ("quaternion_xyzw", (0.0, 0, 0, 0), "length"),
        ("rotation_6d", (0.0, 0, 0, 1, 0, 0), "length 0"),
        ("rotation_6d", (1.0, 0, 0, -2, 0, 0), "parallel"),
        ("hopenet", (0.0, 0, 0), 'no pose encoding "hopenet".*300wlp'),
    ],
)
def test_values_that_are_no_rotation_are_refused(name, values, message):
    with pytest.raises(ValueError, match=message):
        decode(name, np.array(values))
