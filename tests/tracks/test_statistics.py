"""Figures of motion: against hand-worked cases, and against a published survey recomputed from its recordings."""

import json

import numpy as np
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.tracks.compare import (
    DISTANCE_BOUNDS,
    REFERENCES,
    distances,
    frontal_windows,
    jensen_shannon_bits,
    reference_statistics,
    statistics_like,
)
from synhead.tracks.read import read_track
from synhead.tracks.resample import resample_track
from synhead.tracks.statistics import (
    LAGS,
    PERCENTILES,
    POWER_EDGES_HZ,
    autocorrelation,
    motion_statistics,
    power_fraction_below,
    statistics_from_json,
)
from tests.shared_data import shared_data


def turning(yaw_deg):
    pyr = np.zeros((len(yaw_deg), 3))
    pyr[:, 1] = yaw_deg
    return rotation_from_euler_pyr(pyr)


def test_a_steady_turn_has_its_own_speed_and_no_acceleration():
    figures = motion_statistics([turning(np.arange(120) * 0.5 - 30)])
    np.testing.assert_allclose(figures.speed_percentiles_deg_s, 15.0, rtol=1e-9)
    np.testing.assert_allclose(figures.rate_percentiles_deg_s["yaw"], 15.0, rtol=1e-9)
    assert figures.acceleration_percentiles_deg_s2.max() < 1e-6
    np.testing.assert_allclose(figures.autocorrelation, 1.0)
    assert figures.angle_percentiles_deg["yaw"][PERCENTILES.index(50)] == pytest.approx(-30 + 119 / 4)
    assert figures.histograms["pitch_yaw"].sum() == pytest.approx(1.0)


def test_a_swing_of_one_frequency_has_its_power_and_its_cosine():
    time_s = np.arange(600) / 30
    velocity = np.stack([np.zeros(600), 20 * np.cos(2 * np.pi * 1.5 * time_s), np.zeros(600)], axis=1)
    below = dict(zip(POWER_EDGES_HZ, power_fraction_below([velocity], 30.0), strict=True))
    assert below[1.0] < 1e-3
    assert below[2.0] > 0.999
    expected = np.cos(2 * np.pi * 1.5 * np.array(LAGS) / 30)
    np.testing.assert_allclose(autocorrelation([velocity]), expected, atol=0.03)


def test_divergence_is_zero_for_equal_and_one_for_disjoint_histograms():
    p, q = np.zeros((18, 18)), np.zeros((18, 18))
    p[0, :9], q[9, 9:] = 1.0, 2.0
    assert jensen_shannon_bits(p, p) == 0
    assert jensen_shannon_bits(p, q) == pytest.approx(1.0)


def test_too_short_segments_are_refused():
    with pytest.raises(ValueError, match="three samples"):
        motion_statistics([turning(np.zeros(2))])


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_is_at_no_distance_from_itself(name):
    reference = reference_statistics(name)
    assert max(distances(reference, reference).values()) == pytest.approx(0.0)
    assert set(distances(reference, reference)) == set(DISTANCE_BOUNDS)


def test_the_packaged_reference_is_the_survey():
    survey = json.loads((shared_data().parent / "facts" / "motion_statistics.json").read_text())
    for name in REFERENCES:
        there = statistics_from_json(survey[name])
        here = reference_statistics(name)
        np.testing.assert_array_equal(here.speed_percentiles_deg_s, there.speed_percentiles_deg_s)
        np.testing.assert_allclose(here.histograms["pitch_roll"], there.histograms["pitch_roll"], atol=1e-6)
        assert here.correlation == there.correlation


def headset_segments():
    paths = sorted(shared_data("tracks", "head360", "Traces").rglob("*.csv"))
    tracks = [read_track(path, format="quaternion_csv") for path in paths]
    return [part.R_ref_head for track in tracks for part in resample_track(track, 30.0)]


def test_the_headset_recordings_give_the_figures_of_the_survey():
    windows = frontal_windows(headset_segments())
    ours, survey = motion_statistics(windows), reference_statistics("head360_frontal")
    assert (ours.num_segments, ours.num_samples) == (survey.num_segments, survey.num_samples)
    np.testing.assert_allclose(ours.speed_percentiles_deg_s, survey.speed_percentiles_deg_s, rtol=1e-3)
    np.testing.assert_allclose(ours.acceleration_percentiles_deg_s2, survey.acceleration_percentiles_deg_s2, rtol=1e-3)
    for name in ("pitch", "yaw", "roll"):
        np.testing.assert_allclose(ours.angle_percentiles_deg[name], survey.angle_percentiles_deg[name], atol=1e-3)
        np.testing.assert_allclose(ours.rate_percentiles_deg_s[name], survey.rate_percentiles_deg_s[name], atol=1e-3)
    np.testing.assert_allclose(ours.power_fraction_below, survey.power_fraction_below, atol=2e-4)
    np.testing.assert_allclose(ours.autocorrelation, survey.autocorrelation, atol=2e-4)
    for name, value in survey.correlation.items():
        assert ours.correlation[name] == pytest.approx(value, abs=1e-4), name
    np.testing.assert_allclose(ours.histograms["pitch_yaw"], survey.histograms["pitch_yaw"], atol=1e-5)
    np.testing.assert_allclose(ours.histograms["pitch_roll"], survey.histograms["pitch_roll"], atol=1e-5)


def test_the_bounds_are_no_wider_than_the_recordings_own_spread():
    """Two random halves of the recordings differ by as much: within the bounds, nobody could tell ours from them."""
    windows = frontal_windows(headset_segments())
    rng = np.random.default_rng(0)
    halves = []
    for _ in range(6):
        order = rng.permutation(len(windows))
        first, second = ([windows[i] for i in part] for part in np.array_split(order, 2))
        halves.append(distances(motion_statistics(first), motion_statistics(second)))
    largest = {name: max(half[name] for half in halves) for name in DISTANCE_BOUNDS}
    assert all(DISTANCE_BOUNDS[name] < 2.0 * largest[name] for name in DISTANCE_BOUNDS), largest


def test_statistics_like_the_headset_ones_forget_the_heading():
    from synhead.tracks.synthesise import synthesise_track

    track = synthesise_track(track_id="x", style="conversation", seed=0, duration_s=40.0)
    figures = statistics_like("head360_frontal", [track])
    assert figures.num_segments <= 4
    assert abs(figures.angle_percentiles_deg["yaw"][PERCENTILES.index(50)]) < 12
