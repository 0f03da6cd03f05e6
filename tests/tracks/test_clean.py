"""Failures put into good tracks are found, exactly; good tracks keep their samples."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synhead.errors import ConfigError
from synhead.tracks.clean import CleaningConfig, reject_failures
from synhead.tracks.read import find_tracks, read_track
from synhead.tracks.smooth import SmoothingConfig, smooth_track
from tests.shared_data import shared_data
from tests.tracks.synthetic import make_track, turning_track, wandering_track

CONFIG = CleaningConfig()
TURN_40 = Rotation.from_euler("y", 40, degrees=True).as_matrix()


@pytest.fixture(params=["synthetic", "real"])
def good(request):
    if request.param == "synthetic":
        return wandering_track(600, noise_deg=1.0)
    track = read_track(shared_data("tracks", "head360", "Traces", "0EUCC2", "0EUCC2_10.csv"))
    return make_track(track.time_s[:600], track.R_ref_head[:600], frame="world", max_gap_s=track.max_gap_s)


def with_rotations(track, where, rotations):
    changed = track.R_ref_head.copy()
    changed[where] = rotations
    return replace(track, R_ref_head=changed)


def with_positions(track, where, positions):
    changed = track.t_ref_head_m.copy()
    changed[where] = positions
    return replace(track, t_ref_head_m=changed)


def rejected(track, config=CONFIG):
    cleaned, _ = reject_failures(track, config)
    return np.flatnonzero(~cleaned.valid).tolist()


def test_good_tracks_lose_nothing(good):
    cleaned, rejections = reject_failures(good, CONFIG)
    assert cleaned.valid.all()
    assert rejections == []


@pytest.mark.parametrize(("first", "num"), [(200, 1), (200, 2), (200, 20), (0, 1), (0, 4), (599, 1), (595, 5)])
def test_turned_away_and_back(good, first, num):
    where = slice(first, first + num)
    bad = with_rotations(good, where, good.R_ref_head[where] @ TURN_40)
    cleaned, rejections = reject_failures(bad, CONFIG)
    assert np.flatnonzero(~cleaned.valid).tolist() == list(range(first, first + num))
    (rejection,) = rejections
    assert rejection.num_samples == num
    assert rejection.start_s == good.time_s[first]
    assert rejection.end_s == good.time_s[first + num - 1]
    assert "jump: turns by" in rejection.reason
    assert float(rejection.reason.split("turns by ")[1].split(" deg")[0]) == pytest.approx(40, abs=8)
    assert str(rejection).startswith(f"{rejection.start_s:.3f} to {rejection.end_s:.3f} s, {num} samples: jump")


def test_garbage_poses(good):
    where = slice(300, 330)
    garbage = Rotation.random(30, rng=np.random.default_rng(4)).as_matrix()
    assert rejected(with_rotations(good, where, garbage)) == list(range(300, 330))


def test_two_failures_and_a_good_stretch_between(good):
    bad = with_rotations(good, slice(100, 103), good.R_ref_head[100:103] @ TURN_40)
    bad = with_rotations(bad, slice(250, 260), bad.R_ref_head[250:260] @ TURN_40.T)
    _, rejections = reject_failures(bad, CONFIG)
    assert [(r.num_samples, r.start_s) for r in rejections] == [(3, good.time_s[100]), (10, good.time_s[250])]


def test_a_jump_to_a_new_level_cuts_without_losing_either_side(good):
    bad = with_rotations(good, slice(200, None), TURN_40 @ good.R_ref_head[200:])
    cleaned, _ = reject_failures(bad, CONFIG)
    assert np.flatnonzero(~cleaned.valid).tolist() == [200]
    assert [(s.start, s.stop) for s in cleaned.segments()] == [(0, 200), (201, 600)]
    smooth = smooth_track(cleaned, SmoothingConfig(sigma_s=0.2))
    cut = smooth_track(replace(good, valid=cleaned.valid), SmoothingConfig(sigma_s=0.2))
    np.testing.assert_allclose(smooth.R_ref_head[:200], cut.R_ref_head[:200], atol=1e-9)


def test_frozen_tracker(good):
    frozen = with_rotations(good, slice(100, 160), good.R_ref_head[100])
    if good.t_ref_head_m is not None:
        frozen = with_positions(frozen, slice(100, 160), good.t_ref_head_m[100])
    found = rejected(frozen)
    # The first one was measured. Where the tracker catches up, one more may go.
    assert found[:59] == list(range(101, 160))
    assert len(found) <= 60
    assert any("frozen" in r.reason for r in reject_failures(frozen, CONFIG)[1])


def test_short_repeats_are_no_failure(good):
    # Three samples are 0.1 s at 30 Hz.
    repeated = with_rotations(good, slice(100, 103), good.R_ref_head[100])
    assert rejected(repeated) == []


def test_a_head_that_does_not_move_at_all_is_not_frozen():
    assert rejected(turning_track(np.arange(200) / 30, rate_deg_s=(0.0, 0.0, 0.0))) == []
    still = make_track(np.arange(200) / 30, np.stack([np.diag([1.0, -1, -1])] * 200))
    assert rejected(still) == []


def test_a_sampled_and_held_track_is_not_frozen():
    base = wandering_track(400, noise_deg=0.3)
    held = np.arange(400) // 10 * 10
    track = make_track(base.time_s, base.R_ref_head[held], t=base.t_ref_head_m[held])
    assert rejected(track, CleaningConfig(frozen_s=0.2, min_jump_deg=20.0, max_angular_acceleration_deg_s2=1e6)) == []


def test_position_jumps():
    good = wandering_track(300)
    for first, num in ((150, 1), (150, 30)):
        where = slice(first, first + num)
        bad = with_positions(good, where, good.t_ref_head_m[where] + [0.3, 0, 0])
        cleaned, (rejection,) = reject_failures(bad, CONFIG)
        assert np.flatnonzero(~cleaned.valid).tolist() == list(range(first, first + num))
        assert "moves by up to 0.3" in rejection.reason


def test_depth_out_of_range_matters_for_a_camera_only():
    good = wandering_track(300)
    behind = with_positions(good, slice(100, 150), [0.0, 0.0, -0.9])
    cleaned, rejections = reject_failures(behind, CONFIG)
    assert np.flatnonzero(~cleaned.valid).tolist() == list(range(100, 150))
    assert rejections[0].reason == "depth -0.90 to -0.90 m is outside 0.1 to 10 m."
    walker = replace(turning_track(np.arange(300) / 30, rate_deg_s=(0.0, 5.0, 0.0)), frame="world")
    walker = replace(walker, t_ref_head_m=walker.t_ref_head_m - [0, 0, 5])
    assert rejected(walker) == []


def test_speed_limit_by_itself():
    # 900 deg/s throughout: no step departs from its neighbours, yet no head does this.
    spinning = turning_track(np.arange(100) / 100, rate_deg_s=(0.0, 900.0, 0.0))
    assert len(rejected(spinning)) == 100
    assert rejected(turning_track(np.arange(100) / 100, rate_deg_s=(0.0, 600.0, 0.0))) == []


def test_works_inside_segments_and_keeps_earlier_rejections():
    good = wandering_track(300, valid=np.arange(300) != 77)
    assert rejected(good) == [77]
    gap = replace(good, time_s=good.time_s + (np.arange(300) >= 150) * 5.0, max_gap_s=0.1)
    turned = with_rotations(gap, slice(150, None), TURN_40 @ gap.R_ref_head[150:])
    assert rejected(turned) == [77], "a turn during a gap is no jump"


@pytest.mark.parametrize("num", [1, 2, 3])
def test_tiny_tracks(num):
    assert rejected(wandering_track(10, valid=np.arange(10) < num)) == list(range(num, 10))


def test_real_tracks_keep_almost_everything():
    lost, total = {}, 0
    for path in find_tracks(shared_data("tracks"))[::4]:
        track = read_track(path)
        _, rejections = reject_failures(track, CONFIG)
        lost[path.stem] = sum(r.num_samples for r in rejections) / track.num_samples
        total += track.num_samples
    assert len(lost) == 16
    assert total > 50_000
    assert max(lost.values()) < 0.005, lost


def test_bvh_with_noise_loses_one_sample():
    track = read_track(shared_data("tracks", "cmu_bvh", "10", "10_01.bvh"))
    _, rejections = reject_failures(track, CONFIG)
    assert sum(r.num_samples for r in rejections) <= 3


@pytest.mark.parametrize("name", ["max_angular_speed_deg_s", "frozen_s", "min_jump_deg"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_bad_settings(name, value):
    with pytest.raises(ConfigError, match=name):
        CleaningConfig(**{name: value})
