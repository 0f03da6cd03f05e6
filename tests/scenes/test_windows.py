"""Windows and headings: signs by hand, choices by counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synhead.core.rotation import euler_pyr_from_rotation, rotation_from_euler_pyr
from synhead.core.seeding import generator
from synhead.scenes.windows import (
    MAX_HEADING_DEG,
    choose_window,
    circular_median_deg,
    heading_deg,
    turn_to_camera,
    whole_segment,
)


def _poses(yaw_deg: np.ndarray) -> np.ndarray:
    zero = np.zeros_like(yaw_deg)
    return rotation_from_euler_pyr(np.stack([zero, yaw_deg, zero], axis=-1))


def test_heading_equals_yaw_for_faces_that_only_turn():
    yaw = np.array([-80.0, -10.0, 0.0, 35.0, 89.0])
    np.testing.assert_allclose(heading_deg(_poses(yaw)), yaw, atol=1e-9)


def test_heading_of_a_face_that_looks_to_image_left_is_positive():
    # Head axes by hand: +z of the head (the nose) points along camera -x, which is image left.
    R = np.array([[[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]])
    assert np.linalg.det(R[0]) == pytest.approx(1.0)
    assert heading_deg(R)[0] == pytest.approx(90.0)


@given(st.floats(-170, 170), st.floats(-170, 170))
def test_turning_to_the_camera_takes_the_offset_out_of_the_heading(heading, offset):
    R = turn_to_camera(_poses(np.array([0.0])), -heading)  # a face at that heading
    np.testing.assert_allclose(heading_deg(R)[0], heading, atol=1e-9)
    left = (heading_deg(turn_to_camera(R, offset))[0] - (heading - offset) + 180) % 360 - 180
    assert abs(left) < 1e-9


def test_turning_keeps_pitch_and_roll_of_a_centred_face():
    R = rotation_from_euler_pyr(np.array([[12.0, 0.0, 7.0]]))
    turned_away = turn_to_camera(R, -140.0)
    offset = heading_deg(turned_away)[0]
    np.testing.assert_allclose(euler_pyr_from_rotation(turn_to_camera(turned_away, offset))[0, 0], 12.0, atol=1e-6)


def test_circular_median_crosses_the_seam():
    # -179, 179 and 175 lie around 179, though their plain median is 175 and their plain mean 58.
    assert abs((circular_median_deg(np.array([-179.0, 179.0, 175.0])) - 179.0 + 180) % 360 - 180) < 1e-6


def test_window_of_a_world_track_prefers_faces_that_are_seen():
    wild = _poses(np.linspace(-89, 89, 200))
    calm = _poses(np.full(60, 20.0))
    seen = set()
    for seed in range(20):
        window = choose_window(generator(seed, "t"), [wild, calm], num_frames=50, is_world=True)
        R = turn_to_camera([wild, calm][window.segment_index][window.start : window.stop], window.heading_offset_deg)
        assert window.stop - window.start == 50
        assert np.abs(heading_deg(R)).max() <= MAX_HEADING_DEG
        seen.add((window.segment_index, window.start))
    assert len(seen) > 5, "the window is drawn, not always the same"


def test_window_that_turns_least_is_taken_where_all_turn_too_far():
    # 40 frames at 5 degrees a frame turn 200 degrees whatever the start; the slow stretch turns less.
    fast, slow = np.arange(60) * 5.0, 300.0 + np.arange(60) * 4.0
    R = np.concatenate([turn_to_camera(_poses(np.zeros(1)), -h) for h in np.concatenate([fast, slow])])
    window = choose_window(generator(1, "t"), [R], num_frames=40, is_world=True)
    assert window.start >= 60


def test_short_segments_give_the_longest_whole():
    segments = [_poses(np.zeros(5)), _poses(np.zeros(9)), _poses(np.zeros(7))]
    window = choose_window(generator(0, "t"), segments, num_frames=20, is_world=False)
    assert (window.segment_index, window.start, window.stop) == (1, 0, 9)


def test_segments_shorter_than_the_window_are_never_cut_from():
    segments = [_poses(np.zeros(5)), _poses(np.zeros(30))]
    for seed in range(30):
        window = choose_window(generator(seed, "t"), segments, num_frames=20, is_world=False)
        assert window.segment_index == 1
        assert 0 <= window.start <= 10


def test_camera_tracks_are_not_turned():
    assert whole_segment([_poses(np.full(4, 33.0))], 0, is_world=False).heading_offset_deg == 0.0
    assert whole_segment([_poses(np.full(4, 33.0))], 0, is_world=True).heading_offset_deg == pytest.approx(33.0)
