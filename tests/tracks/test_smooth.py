"""Smoothing: what must not change, what must shrink by how much, and what must not leak across a gap."""

import time

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from synhead.core.rotation import euler_pyr_from_rotation, geodesic_deg, rotation_from_euler_pyr
from synhead.errors import ConfigError
from synhead.tracks import quaternion
from synhead.tracks.read import read_track
from synhead.tracks.smooth import SmoothingConfig, local_linear_weights, smooth_track
from tests.shared_data import shared_data
from tests.tracks.synthetic import irregular_times, make_track, turning_track, wandering_track

CONFIG = SmoothingConfig(sigma_s=0.1)
EULER = SmoothingConfig(sigma_s=0.1, method="euler")


def worst_deg(first, second):
    return float(geodesic_deg(first.R_ref_head, second.R_ref_head).max())


def test_constant_track_is_unchanged():
    made = turning_track(irregular_times(), rate_deg_s=(0.0, 0.0, 0.0))
    for config in (CONFIG, EULER):
        assert worst_deg(smooth_track(made, config), made) < 1e-9


@pytest.mark.parametrize("times", [np.arange(200) / 30, irregular_times()], ids=["regular", "irregular"])
def test_constant_velocity_is_unchanged_up_to_both_edges(times):
    made = turning_track(times, rate_deg_s=(40.0, -150.0, 20.0))
    smooth = smooth_track(made, CONFIG)
    assert worst_deg(smooth, made) < 1e-6
    np.testing.assert_allclose(smooth.t_ref_head_m, made.t_ref_head_m, atol=1e-12)


def test_the_euler_method_lags_at_the_edges():
    made = turning_track(np.arange(40) / 30, rate_deg_s=(0.0, 60.0, 0.0))
    # A repeated edge value pulls by rate * sigma / sqrt(2 pi) = 2.4 degrees.
    assert 2.0 < worst_deg(smooth_track(made, EULER), made) < 3.0


def test_common_rotations_pass_through():
    made = wandering_track(noise_deg=2.0)
    smooth = smooth_track(made, CONFIG)
    turn, mount = Rotation.random(2, rng=np.random.default_rng(3)).as_matrix()
    left = smooth_track(made.with_poses(turn @ made.R_ref_head, made.t_ref_head_m @ turn.T), CONFIG)
    right = smooth_track(made.with_poses(made.R_ref_head @ mount, made.t_ref_head_m), CONFIG)
    assert geodesic_deg(left.R_ref_head, turn @ smooth.R_ref_head).max() < 1e-6
    np.testing.assert_allclose(left.t_ref_head_m, smooth.t_ref_head_m @ turn.T, atol=1e-12)
    assert geodesic_deg(right.R_ref_head, smooth.R_ref_head @ mount).max() < 1e-6


def test_time_reversed_is_the_same_smoothing():
    made = wandering_track(100, noise_deg=2.0)
    backwards = make_track(-made.time_s[::-1], made.R_ref_head[::-1], t=made.t_ref_head_m[::-1])
    there, back = smooth_track(made, CONFIG), smooth_track(backwards, CONFIG)
    assert geodesic_deg(there.R_ref_head, back.R_ref_head[::-1]).max() < 1e-6


def test_white_noise_shrinks_as_the_gaussian_says():
    fps, sigma_s = 30.0, 0.1
    time_s = np.arange(6000) / fps
    noise = np.random.default_rng(0).standard_normal((6000, 3))
    made = make_track(time_s, Rotation.from_rotvec(np.radians(noise)).as_matrix())
    smooth = smooth_track(made, SmoothingConfig(sigma_s=sigma_s))
    left = Rotation.from_matrix(smooth.R_ref_head[50:-50]).as_rotvec(degrees=True).std()
    # Variance of a Gaussian mean of white noise: 1 / (2 sqrt(pi) sigma fps) of what it was.
    assert left / noise.std() == pytest.approx(np.sqrt(1 / (2 * np.sqrt(np.pi) * sigma_s * fps)), rel=0.04)


def test_equals_a_plain_gaussian_for_small_angles_inside_a_regular_track():
    fps = 30.0
    rng = np.random.default_rng(1)
    vectors = gaussian_filter1d(rng.standard_normal((300, 3)), 2, axis=0) * 0.01
    positions = rng.standard_normal((300, 3))
    made = make_track(np.arange(300) / fps, Rotation.from_rotvec(vectors).as_matrix(), t=positions)
    smooth = smooth_track(made, CONFIG)
    inside = slice(15, -15)
    expected = gaussian_filter1d(vectors, 0.1 * fps, axis=0, truncate=4.0)
    got = Rotation.from_matrix(smooth.R_ref_head).as_rotvec()
    np.testing.assert_allclose(got[inside], expected[inside], atol=2e-6)
    np.testing.assert_allclose(
        smooth.t_ref_head_m[inside], gaussian_filter1d(positions, 3.0, axis=0, truncate=4.0)[inside], atol=1e-12
    )


def test_irregular_times_agree_with_a_dense_regular_track():
    def pyr(t):
        return np.stack([20 * np.sin(4 * t), 30 * np.sin(3 * t + 1), 10 * np.cos(5 * t)], axis=1)

    # Uneven samples at places of an even grid five times as dense.
    places = np.unique(np.round(irregular_times(400) * 290).astype(int))
    dense = np.arange(places[-1] + 1) / 290
    reference = smooth_track(make_track(dense, rotation_from_euler_pyr(pyr(dense))), CONFIG)
    uneven = smooth_track(make_track(dense[places], rotation_from_euler_pyr(pyr(dense[places]))), CONFIG)
    inside = slice(30, -30)
    moved = geodesic_deg(reference.R_ref_head[places], rotation_from_euler_pyr(pyr(dense[places])))[inside]
    error = geodesic_deg(uneven.R_ref_head, reference.R_ref_head[places])[inside]
    assert moved.max() > 2.0, "the motion is fast enough for smoothing to show"
    assert error.max() < 0.4
    assert np.median(error) < 0.05 * np.median(moved)


def test_weights_pass_straight_lines():
    times = irregular_times(50)
    sample, neighbour, weight = local_linear_weights(times, 0.1, 4.0)
    np.testing.assert_allclose(np.bincount(sample, weight), 1.0)
    np.testing.assert_allclose(np.bincount(sample, weight * times[neighbour]), times, atol=1e-12)
    assert np.abs(times[neighbour] - times[sample]).max() <= 0.4 + 1e-9


@pytest.mark.parametrize("kind", ["time gap", "rejected samples"])
@pytest.mark.parametrize("config", [CONFIG, EULER], ids=["so3", "euler"])
def test_nothing_crosses_a_gap(kind, config):
    time_s = np.arange(100) / 30
    valid = np.ones(100, dtype=bool)
    if kind == "time gap":
        time_s[50:] += 0.2
    else:
        valid[50] = False
    made = wandering_track(100, noise_deg=1.0)
    first = make_track(time_s, made.R_ref_head, t=made.t_ref_head_m, valid=valid, max_gap_s=0.1)
    other = wandering_track(100, seed=9, noise_deg=30.0)
    poses = np.concatenate([made.R_ref_head[:50], other.R_ref_head[50:]])
    second = first.with_poses(poses, np.concatenate([made.t_ref_head_m[:50], 5 + made.t_ref_head_m[50:]]))
    a, b = smooth_track(first, config), smooth_track(second, config)
    np.testing.assert_array_equal(a.R_ref_head[:50], b.R_ref_head[:50])
    np.testing.assert_array_equal(a.t_ref_head_m[:50], b.t_ref_head_m[:50])
    assert worst_deg(a, b) > 1.0


def test_invalid_samples_are_left_as_they_are():
    made = wandering_track(100, noise_deg=1.0, valid=np.arange(100) != 40)
    smooth = smooth_track(made, CONFIG)
    np.testing.assert_array_equal(smooth.R_ref_head[40], made.R_ref_head[40])
    np.testing.assert_array_equal(smooth.valid, made.valid)
    assert geodesic_deg(smooth.R_ref_head[39], made.R_ref_head[39]) > 0.01


@pytest.mark.parametrize("num", [1, 2, 3])
def test_very_short_segments(num):
    made = wandering_track(10, valid=np.arange(10) < num)
    for config in (CONFIG, EULER):
        smooth = smooth_track(made, config)
        assert np.isfinite(smooth.R_ref_head).all()
    # Two samples lie on a straight motion and stay.
    if num <= 2:
        assert worst_deg(smooth_track(made, CONFIG), made) < 1e-6


def test_sigma_below_the_step_changes_next_to_nothing():
    made = wandering_track(50, noise_deg=2.0)
    assert worst_deg(smooth_track(made, SmoothingConfig(sigma_s=0.005)), made) < 1e-6
    assert worst_deg(smooth_track(made, SmoothingConfig(sigma_s=0.0)), made) == 0


def test_euler_method_is_the_per_angle_filter():
    made = wandering_track(noise_deg=1.0)
    expected = gaussian_filter1d(euler_pyr_from_rotation(made.R_ref_head), 3.0, axis=0, mode="nearest")
    got = euler_pyr_from_rotation(smooth_track(made, EULER).R_ref_head)
    np.testing.assert_allclose(got, expected, atol=1e-9)


def test_methods_agree_near_the_front_and_part_near_yaw_90():
    time_s = np.arange(300) / 30
    for middle, low, high in ((0.0, 0.0, 0.6), (85.0, 3.0, 180.0)):
        yaw = middle + 12 * np.sin(3 * time_s)
        pyr = np.stack([20 * np.sin(2 * time_s), yaw, 5 * np.cos(2 * time_s)], axis=1)
        made = make_track(time_s, rotation_from_euler_pyr(pyr))
        apart = geodesic_deg(smooth_track(made, CONFIG).R_ref_head, smooth_track(made, EULER).R_ref_head)[20:-20].max()
        assert low <= apart <= high, middle


def test_euler_method_unwraps_at_180():
    time_s = np.arange(100) / 30
    roll = 180 + 10 * np.sin(3 * time_s)
    made = make_track(time_s, rotation_from_euler_pyr(np.stack([0 * roll, 0 * roll, roll], axis=1)))
    assert worst_deg(smooth_track(made, EULER), smooth_track(made, CONFIG)) < 3.0


def test_real_trace_at_58_hz_is_fast_and_stays_near():
    track = read_track(shared_data("tracks", "head360", "Traces", "2Z5V9L", "2Z5V9L_14.csv"))
    start = time.perf_counter()
    smooth = smooth_track(track, SmoothingConfig())
    elapsed_s = time.perf_counter() - start
    assert worst_deg(smooth, track) < 8
    assert np.median(geodesic_deg(smooth.R_ref_head, track.R_ref_head)) < 0.3
    # Some 0.1 s on an idle core; the margin is for a busy one.
    assert elapsed_s < 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma_s": -0.1}, "sigma_s is -0.1"),
        ({"sigma_s": float("nan")}, "sigma_s is nan"),
        ({"truncate_sigmas": 0.5}, "truncate_sigmas is 0.5"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ConfigError, match=message):
        SmoothingConfig(**options)


def test_quaternions_agree_with_scipy():
    rng = np.random.default_rng(5)
    a, b = Rotation.random(50, rng=rng), Rotation.random(50, rng=rng)
    qa, qb = quaternion.from_matrices(a.as_matrix()), quaternion.from_matrices(b.as_matrix())
    np.testing.assert_allclose(quaternion.to_matrices(quaternion.times(qa, qb)), (a * b).as_matrix(), atol=1e-14)
    np.testing.assert_allclose(
        quaternion.rotation_vectors(quaternion.inverse_times(qa, qb)).T, (a.inv() * b).as_rotvec(), atol=1e-12
    )
    small = 1e-9 * rng.standard_normal((3, 20))
    np.testing.assert_allclose(quaternion.rotation_vectors(quaternion.from_rotation_vectors(small)), small, rtol=1e-6)
