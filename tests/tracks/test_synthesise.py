"""Synthetic tracks: repeatable, inside their limits, near real statistics; the committed ones are what they claim."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import ConfigError
from synhead.tracks.clean import CleaningConfig, reject_failures
from synhead.tracks.compare import DISTANCE_BOUNDS, distances, reference_statistics, statistics_like
from synhead.tracks.formats.own_csv import format_own_csv
from synhead.tracks.quaternion import angular_velocities_deg_s
from synhead.tracks.read import read_tracks
from synhead.tracks.styles import STYLES
from synhead.tracks.synthesise import SET_COUNTS, SET_FRAMES, synthesise_track, synthesise_tracks, track_frames

COMMITTED = Path(__file__).resolve().parents[2] / "motion_tracks"
SEED = 2


def test_same_seed_same_bytes_and_another_seed_another_motion():
    first, again = ([format_own_csv(track) for track in synthesise_tracks(8, seed=0)] for _ in range(2))
    assert first == again
    other = [format_own_csv(track) for track in synthesise_tracks(8, seed=1)]
    assert not set(first) & set(other)


def test_a_track_does_not_depend_on_how_many_there_are():
    few, many = synthesise_tracks(2, seed=3), synthesise_tracks(10, seed=3)
    np.testing.assert_array_equal(few[1].R_ref_head, many[1].R_ref_head)
    same_style = [track for track in many if track.track_id.startswith("conversation")]
    assert len({track.R_ref_head.tobytes() for track in same_style}) == len(same_style) > 2


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_every_style_stays_in_range_and_looks_clean(style, seed):
    track = synthesise_track(track_id=style, style=style, seed=seed)
    assert (track.num_samples, track.frame) == (300, "camera")
    np.testing.assert_allclose(np.diff(track.time_s), 1 / 30)
    size = np.abs(euler_pyr_from_rotation(track.R_ref_head)).max(axis=0)
    assert (size < [75, 82, 60]).all(), size
    speed = np.linalg.norm(angular_velocities_deg_s(track.time_s, track.R_ref_head), axis=1)
    assert speed.max() < 700
    assert np.abs(track.t_ref_head_m - [0, 0, 0.9]).max() < 0.35
    assert reject_failures(track, CleaningConfig())[1] == []


def test_the_full_set_has_the_numbers_of_the_paper():
    assert (sum(SET_COUNTS.values()), sum(SET_FRAMES.values())) == (70, 51_096)
    counts = [SET_COUNTS[style] for style in ("free_turning", "conversation", "driving_glances")]
    assert [*counts, SET_COUNTS["nods_and_shakes"] + SET_COUNTS["reading"]] == [24, 26, 5, 15]
    for style, count in SET_COUNTS.items():
        lengths = [track_frames(style, k) for k in range(count)]
        assert sum(lengths) == SET_FRAMES[style]
        assert min(lengths) >= 200
        assert len(set(lengths)) > count // 2
        assert track_frames(style, count) == lengths[0]


@pytest.mark.parametrize(
    ("style", "reference"), [("free_turning", "biwi_lowpass_5hz"), ("conversation", "head360_frontal")]
)
def test_figures_of_the_committed_tracks_are_within_the_bounds(style, reference):
    tracks = [track for track in read_tracks(COMMITTED) if track.track_id.startswith(style)]
    found = distances(statistics_like(reference, tracks), reference_statistics(reference))
    assert {name: value for name, value in found.items() if value > DISTANCE_BOUNDS[name]} == {}


def test_styles_differ_as_named():
    def angles(style):
        tracks = [synthesise_track(track_id=f"{k}", style=style, seed=0, duration_s=30.0) for k in range(4)]
        return np.concatenate([euler_pyr_from_rotation(t.R_ref_head) for t in tracks]), [
            np.linalg.norm(angular_velocities_deg_s(t.time_s, t.R_ref_head), axis=1) for t in tracks
        ]

    driving, _ = angles("driving_glances")
    assert (np.abs(driving[:, 1]) < 12).mean() > 0.55, "eyes on the road most of the time"
    assert np.abs(driving[:, 1]).max() > 35, "but some glances go far"
    reading, _ = angles("reading")
    assert np.median(reading[:, 0]) < -7
    nods, speeds = angles("nods_and_shakes")
    beats = np.abs(np.fft.rfft(np.diff(nods[:900, 0]) * np.hanning(899)))
    hz = np.fft.rfftfreq(899, 1 / 30)
    assert beats[(hz > 0.8) & (hz < 2.6)].sum() > beats[(hz > 3.5) & (hz < 5.3)].sum() * 3
    assert np.median(np.concatenate(speeds)) < 40


def test_committed_tracks_are_what_their_manifest_says():
    manifest = json.loads((COMMITTED / "manifest.json").read_text())
    assert manifest["licence"] == "Apache-2.0"
    assert manifest["command"] == f"synhead tracks synthesise --count 70 --seed {SEED} --out motion_tracks"
    assert sorted(path.name for path in COMMITTED.glob("*.csv")) == sorted(e["file"] for e in manifest["tracks"])
    for entry in manifest["tracks"]:
        assert hashlib.sha256((COMMITTED / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_committed_tracks_are_what_the_command_makes():
    made = sorted(synthesise_tracks(70, seed=SEED), key=lambda track: track.track_id)
    stored = read_tracks(COMMITTED)
    assert [track.track_id for track in stored] == [track.track_id for track in made]
    for there, here in zip(stored, made, strict=True):
        # Two units of the last written digit: another libm may round differently.
        np.testing.assert_allclose(there.R_ref_head, here.R_ref_head, atol=1e-8)
        np.testing.assert_allclose(there.t_ref_head_m, here.t_ref_head_m, atol=2e-9)
        assert there.source == here.source


def test_bad_requests():
    with pytest.raises(ConfigError, match='no motion style "dance"; there are free_turning'):
        synthesise_track(track_id="x", style="dance", seed=0)
    with pytest.raises(ConfigError, match="fewer than two samples"):
        synthesise_track(track_id="x", style="reading", seed=0, duration_s=0.01)
    with pytest.raises(ConfigError, match="count is 0"):
        synthesise_tracks(0, seed=0)
