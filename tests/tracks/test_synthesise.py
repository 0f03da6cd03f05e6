"""Synthetic tracks: repeatable, inside their limits, near real statistics; the committed ones are what they claim."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import ConfigError
from synhead.tracks.clean import CleaningConfig, reject_failures
from synhead.tracks.formats.own_csv import format_own_csv
from synhead.tracks.quaternion import angular_velocities_deg_s
from synhead.tracks.read import read_tracks
from synhead.tracks.synthesise import STYLES, synthesise_track, synthesise_tracks
from tests.shared_data import shared_data

COMMITTED = Path(__file__).resolve().parents[2] / "motion_tracks"


def test_same_seed_same_bytes_and_another_seed_another_motion():
    first, again = ([format_own_csv(track) for track in synthesise_tracks(8, seed=0)] for _ in range(2))
    assert first == again
    other = [format_own_csv(track) for track in synthesise_tracks(8, seed=1)]
    assert not set(first) & set(other)


def test_a_track_does_not_depend_on_how_many_there_are():
    few, many = synthesise_tracks(2, seed=3), synthesise_tracks(10, seed=3)
    np.testing.assert_array_equal(few[1].R_ref_head, many[1].R_ref_head)
    assert not np.array_equal(many[0].R_ref_head, many[8].R_ref_head), "the second round of a style is another track"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_every_style_stays_in_range_and_looks_clean(style, seed):
    track = synthesise_track(track_id=style, style=style, seed=seed)
    assert (track.num_samples, track.frame) == (300, "camera")
    np.testing.assert_allclose(np.diff(track.time_s), 1 / 30)
    size = np.abs(euler_pyr_from_rotation(track.R_ref_head)).max(axis=0)
    assert (size < [45, 75, 35]).all(), size
    speed = np.linalg.norm(angular_velocities_deg_s(track.time_s, track.R_ref_head), axis=1)
    assert speed.max() < 300
    assert np.abs(track.t_ref_head_m - [0, 0, 0.9]).max() < 0.2
    assert reject_failures(track, CleaningConfig())[1] == []


def test_statistics_are_near_real_ones():
    facts = json.loads((shared_data().parent / "facts" / "motion_statistics.json").read_text())["biwi_lowpass_5hz"]
    tracks = [track for seed in range(5) for track in synthesise_tracks(8, seed=seed)]
    speed = np.concatenate([np.linalg.norm(angular_velocities_deg_s(t.time_s, t.R_ref_head), axis=1) for t in tracks])
    for name, share in (("p50", 50), ("p75", 75), ("p95", 95), ("p99", 99)):
        assert np.percentile(speed, share) == pytest.approx(facts["angular_speed_deg_s"][name], rel=0.35), name
    spread = euler_pyr_from_rotation(np.concatenate([t.R_ref_head for t in tracks])).std(axis=0)
    expected = [facts["angles_deg"][name]["std"] for name in ("pitch", "yaw", "roll")]
    # The pitch is kept narrower than that of people who were asked to sweep their range.
    assert (spread / expected > [0.55, 0.75, 0.6]).all(), spread
    assert (spread / expected < 1.25).all(), spread
    power = np.zeros(2)
    for t in tracks:
        velocity = angular_velocities_deg_s(t.time_s, t.R_ref_head)
        spectrum = (np.abs(np.fft.rfft(velocity * np.hanning(299)[:, None], axis=0)) ** 2).sum(axis=1)
        frequency = np.fft.rfftfreq(299, 1 / 30)
        power += [spectrum[frequency < 2].sum(), spectrum.sum()]
    # Below 2 Hz: 92 % of BIWI's angular-velocity power after the low-pass, 94 to 96 % of the headset traces'.
    assert 0.85 < power[0] / power[1] <= 1.0


def test_styles_differ_as_named():
    def rates(style):
        track = synthesise_track(track_id="x", style=style, seed=0)
        return np.abs(np.diff(euler_pyr_from_rotation(track.R_ref_head), axis=0)).mean(axis=0) * 30

    assert rates("nods")[0] > 1.5 * rates("nods")[1]
    assert rates("shakes")[1] > 2 * rates("shakes")[0]
    assert rates("slow_sweep")[1] > 2 * rates("slow_sweep")[0]
    assert rates("near_still").max() < 5


def test_committed_tracks_are_what_their_manifest_says():
    manifest = json.loads((COMMITTED / "manifest.json").read_text())
    assert manifest["licence"] == "Apache-2.0"
    assert manifest["command"] == "synhead tracks synthesise --count 8 --seed 0 --out motion_tracks"
    assert sorted(path.name for path in COMMITTED.glob("*.csv")) == [entry["file"] for entry in manifest["tracks"]]
    for entry in manifest["tracks"]:
        assert hashlib.sha256((COMMITTED / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_committed_tracks_are_what_the_command_makes():
    made = synthesise_tracks(8, seed=0)
    stored = read_tracks(COMMITTED)
    assert [track.track_id for track in stored] == [track.track_id for track in made]
    for there, here in zip(stored, made, strict=True):
        # Two units of the last written digit: another libm may round differently.
        np.testing.assert_allclose(there.R_ref_head, here.R_ref_head, atol=1e-8)
        np.testing.assert_allclose(there.t_ref_head_m, here.t_ref_head_m, atol=2e-9)
        assert there.source == here.source


def test_bad_requests():
    with pytest.raises(ConfigError, match='no motion style "dance"; there are slow_sweep'):
        synthesise_track(track_id="x", style="dance", seed=0)
    with pytest.raises(ConfigError, match="fewer than two samples"):
        synthesise_track(track_id="x", style="nods", seed=0, duration_s=0.01)
    with pytest.raises(ConfigError, match="count is 0"):
        synthesise_tracks(0, seed=0)
