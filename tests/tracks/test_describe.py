"""The figures that a person sees."""

import io

import numpy as np
import pytest
from PIL import Image

from synhead.core.rotation import A_HEAD_TO_FRONTAL, euler_pyr_from_rotation, rotation_about_camera_vertical
from synhead.tracks.clean import Rejection
from synhead.tracks.describe import centred_on_heading, display_angles_deg, mean_heading_deg, summarise
from synhead.tracks.plot import plot_tracks
from synhead.tracks.read import read_track
from tests.shared_data import shared_data
from tests.tracks.synthetic import make_track, turning_track, wandering_track


def test_summary_of_a_constant_turn():
    valid = np.ones(61, dtype=bool)
    valid[30] = False
    summary = summarise(turning_track(np.arange(61) / 30, rate_deg_s=(0.0, 20.0, 0.0), valid=valid))
    assert (summary.num_samples, summary.num_invalid, summary.num_segments) == (61, 1, 2)
    assert summary.duration_s == pytest.approx(2.0)
    assert summary.rate_hz == pytest.approx(30.0)
    assert summary.speed_deg_s == pytest.approx((20, 20, 20))
    # About the head's own y (up), to its left: image right, so the yaw falls.
    assert summary.angle_range_pyr_deg[1] == pytest.approx((-40, 0), abs=1e-9)


def test_summary_without_a_valid_sample():
    summary = summarise(wandering_track(10, valid=np.zeros(10, dtype=bool)))
    assert summary.num_segments == 0
    assert np.isnan(summary.speed_deg_s).all()
    assert np.isnan(summary.angle_range_pyr_deg).all()


@pytest.mark.parametrize("heading", [0.0, 50.0, -130.0, 179.0])
def test_heading_is_the_turn_that_was_applied(heading):
    made = wandering_track(300, frame="world")
    centred = centred_on_heading(made)
    turn = rotation_about_camera_vertical(heading)
    turned = centred.with_poses(turn @ centred.R_ref_head, centred.t_ref_head_m @ turn.T)
    assert mean_heading_deg(turned) == pytest.approx(heading, abs=1e-9)
    np.testing.assert_allclose(centred_on_heading(turned).R_ref_head, centred.R_ref_head, atol=1e-12)
    np.testing.assert_allclose(centred_on_heading(turned).t_ref_head_m, centred.t_ref_head_m, atol=1e-12)


def test_a_camera_track_is_not_turned():
    made = turning_track(np.arange(30) / 30, rate_deg_s=(0.0, 50.0, 0.0))
    assert centred_on_heading(made) is made
    np.testing.assert_array_equal(display_angles_deg(made), euler_pyr_from_rotation(made.R_ref_head))


def test_world_angles_of_a_real_trace_are_those_of_its_viewport():
    path = shared_data("tracks", "head360", "Traces", "0EUCC2", "0EUCC2_10.csv")
    view = np.loadtxt(path, delimiter=",")[:, 5:]
    track = read_track(path)
    elevation, heading, _ = display_angles_deg(track).T
    np.testing.assert_allclose(elevation, np.degrees(np.arcsin(view[:, 1])), atol=0.02)
    # vx is to the viewer's right: heading > 0 is a turn to the subject's right.
    expected = np.degrees(np.arctan2(view[:, 0], view[:, 2])) - mean_heading_deg(track)
    np.testing.assert_allclose((heading - expected + 180) % 360 - 180, 0, atol=0.02)
    assert heading.max() - heading.min() > 300


def test_world_roll_is_the_tilt_at_any_heading():
    roll = np.array([25.0, 25.0])
    c, s = np.cos(np.radians(roll[0])), np.sin(np.radians(roll[0]))
    tilted = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ A_HEAD_TO_FRONTAL
    made = make_track([0, 1], [rotation_about_camera_vertical(a) @ tilted for a in (-120.0, 120.0)], frame="world")
    np.testing.assert_allclose(display_angles_deg(made)[:, 2], roll, atol=1e-9)


@pytest.mark.parametrize("frame", ["camera", "world"])
def test_plot_is_a_picture_with_a_red_stretch(frame):
    made = wandering_track(100, frame=frame, valid=np.arange(100) // 10 != 5)
    rejection = Rejection(start_s=50 / 30, end_s=59 / 30, num_samples=10, reason="test")
    pictures = [plot_tracks(made, made, found, [made]) for found in ([rejection], [])]
    red = []
    for png in pictures:
        pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
        assert pixels.shape == (1100, 1210, 3)
        upper = pixels[:600]
        red.append(int(((upper[..., 0] - upper[..., 1] > 30) & (upper[..., 0] - upper[..., 2] > 30)).sum()))
    assert red[0] > 20_000
    assert red[1] < 200
