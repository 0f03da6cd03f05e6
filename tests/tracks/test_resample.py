"""Resampling: exact times, SciPy's slerp, and no bridge over a gap."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from synhead.core.rotation import geodesic_deg
from synhead.errors import ConfigError
from synhead.tracks.resample import resample_track
from tests.tracks.synthetic import irregular_times, make_track, turning_track, wandering_track


def test_times_and_poses_against_scipy():
    times = 3.7 + irregular_times(300)
    base = wandering_track(300)
    made = make_track(times, base.R_ref_head, t=base.t_ref_head_m)
    (track,) = resample_track(made, 24.0)
    assert track.track_id == made.track_id
    np.testing.assert_array_equal(track.time_s, times[0] + np.arange(track.num_samples) / 24.0)
    assert times[-1] - 1 / 24 < track.time_s[-1] <= times[-1]
    expected = Slerp(times, Rotation.from_matrix(made.R_ref_head))(track.time_s).as_matrix()
    assert geodesic_deg(track.R_ref_head, expected).max() < 1e-9
    for k in range(3):
        np.testing.assert_allclose(
            track.t_ref_head_m[:, k], np.interp(track.time_s, times, made.t_ref_head_m[:, k]), atol=1e-14
        )
    assert track.valid.all()
    assert len(track.segments()) == 1


def test_constant_velocity_is_exact():
    made = turning_track(irregular_times(100), rate_deg_s=(10.0, 80.0, -5.0))
    (track,) = resample_track(made, 30.0)
    assert (
        geodesic_deg(track.R_ref_head, turning_track(track.time_s, rate_deg_s=(10.0, 80.0, -5.0)).R_ref_head).max()
        < 1e-9
    )


@pytest.mark.parametrize("fps", [30.0, 29.97, 120.0, 7.0])
def test_a_track_of_that_rate_is_unchanged(fps):
    made = wandering_track(100, fps=fps)
    (track,) = resample_track(made, fps)
    assert track.num_samples == 100
    np.testing.assert_allclose(track.R_ref_head, made.R_ref_head, atol=1e-9)


def test_one_track_per_segment_and_no_sample_in_a_gap():
    time_s = np.arange(90) / 30
    time_s[30:] += 1.01
    valid = np.ones(90, dtype=bool)
    valid[60] = False
    base = wandering_track(90)
    made = make_track(time_s, base.R_ref_head, t=base.t_ref_head_m, valid=valid, max_gap_s=0.1, track_id="walk")
    tracks = resample_track(made, 60.0)
    assert [track.track_id for track in tracks] == ["walk-01", "walk-02", "walk-03"]
    assert [track.time_s[0] for track in tracks] == [time_s[0], time_s[30], time_s[61]]
    for track, last in zip(tracks, (29, 59, 89), strict=True):
        assert time_s[last] - 1 / 60 < track.time_s[-1] <= time_s[last] + 1e-9


def test_short_segments_are_left_out():
    made = wandering_track(60, valid=(np.arange(60) != 30) & (np.arange(60) != 32))
    # Sample 31 stands alone; 27 samples follow 32.
    assert [track.num_samples for track in resample_track(made, 30.0)] == [30, 27]
    assert [track.num_samples for track in resample_track(made, 30.0, min_duration_s=0.95)] == [30]
    assert resample_track(made, 30.0, min_duration_s=2.0) == []


def test_rotation_only_tracks():
    made = wandering_track(30)
    (track,) = resample_track(make_track(made.time_s, made.R_ref_head), 10.0)
    assert track.t_ref_head_m is None


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_bad_rate(fps):
    with pytest.raises(ConfigError, match="fps is"):
        resample_track(wandering_track(5), fps)
