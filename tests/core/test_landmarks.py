"""The vocabulary of the 68 points, checked against the standard's geometry and not against its own tables."""

import numpy as np
from scipy.spatial.transform import Rotation

from synhead.core import landmarks as lm
from synhead.core.rotation import nearest_rotation


def test_groups_cover_every_point_once() -> None:
    assert sorted(i for group in lm.GROUPS.values() for i in group) == list(range(68))
    assert set(lm.INNER_51) == set(range(68)) - set(lm.JAW)
    assert len(lm.INNER_51) == 51


def test_contours_stay_inside_their_group() -> None:
    assert sorted(i for indices, _ in lm.CONTOURS.values() for i in indices) == list(range(68))
    for indices, _ in lm.CONTOURS.values():
        assert list(indices) == list(range(indices[0], indices[-1] + 1))


def test_mirror_order_is_an_involution_within_each_group() -> None:
    order = np.array(lm.MIRROR_68)
    assert (order[order] == np.arange(68)).all()
    for group in lm.GROUPS.values():
        assert {lm.MIRROR_68[i] for i in group} == set(group)


def test_mirror_order_is_the_nearest_point_across_the_template() -> None:
    flipped = lm.TEMPLATE_68_M * [-1, 1, 1]
    distance = np.linalg.norm(flipped[:, None] - lm.TEMPLATE_68_M[None], axis=-1)
    assert (distance.argmin(axis=1) == np.array(lm.MIRROR_68)).all()
    assert distance.min(axis=1).max() < 1e-9


def test_names_follow_the_side_of_the_template() -> None:
    assert len(set(lm.LANDMARK_NAMES)) == 68
    for name, (x, _, _) in zip(lm.LANDMARK_NAMES, lm.TEMPLATE_68_M, strict=True):
        if name.startswith("right_"):
            assert x < 0, name
        if name.startswith("left_"):
            assert x > 0, name
    assert lm.LANDMARK_NAMES[lm.NOSE_TIP] == "nose_tip"


def test_template_is_a_face_of_human_size_that_looks_along_z() -> None:
    points = lm.TEMPLATE_68_M
    assert points[:, 2].argmax() == lm.NOSE_TIP
    assert points[:, 1].argmin() == lm.CHIN
    assert np.allclose(points[0] + points[16], 0)
    outer = np.linalg.norm(points[45] - points[36])
    assert 0.075 < outer < 0.100
    assert 0.095 < np.linalg.norm(points[27] - points[8]) < 0.135
    mouth_top, mouth_bottom = points[51, 1], points[57, 1]
    assert points[33, 1] > mouth_top > mouth_bottom > points[8, 1]


def test_template_orientation_is_that_of_the_canonical_face_of_mediapipe() -> None:
    # Six anatomical points of MediaPipe's canonical face (centimetres, Apache License 2.0): outer and inner eye
    # corners, mouth corners. Another subset than the one the table was made with.
    canonical = {
        36: (-4.445859, 2.663991, 3.173422),
        45: (4.445859, 2.663991, 3.173422),
        39: (-1.856432, 2.585245, 3.757904),
        42: (1.856432, 2.585245, 3.757904),
        48: (-2.456206, -4.342621, 4.283884),
        54: (2.456206, -4.342621, 4.283884),
    }
    a = np.array(list(canonical.values()))
    b = lm.TEMPLATE_68_M[list(canonical)]
    R = nearest_rotation((a - a.mean(axis=0)).T @ (b - b.mean(axis=0)))
    assert np.degrees(Rotation.from_matrix(R).magnitude()) < 3.0


def test_template_cannot_be_changed_by_accident() -> None:
    assert not lm.TEMPLATE_68_M.flags.writeable


def test_mirroring_twice_is_the_identity() -> None:
    points = np.random.default_rng(5).normal(size=(3, 68, 3))
    assert np.array_equal(lm.mirror_landmarks(lm.mirror_landmarks(points)), points)
    assert np.array_equal(lm.mirror_landmarks(points)[:, 36], points[:, 45] * [-1, 1, 1])
