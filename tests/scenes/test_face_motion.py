"""Faces over time have the figures that their sources give: rates, limits, order of eyes and head, speeds."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from synhead.core.expressions import ARKIT_52
from synhead.core.gaze import direction_from_gaze_pyr
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.seeding import generator
from synhead.scenes.clips import TrackClip
from synhead.scenes.face_gestures import blink_closure, blink_times
from synhead.scenes.face_motion import STYLES, decide_face_motion
from synhead.scenes.gaze_motion import PITCH_LIMIT_DEG, YAW_LIMIT_DEG, GazeHabits, decide_gaze
from synhead.scenes.sequence import SceneConfig, decide_sequence

FPS = 30.0


def _head(seed, num_frames=1800, spread_deg=(5.0, 12.0, 3.0)):
    """Smooth random turns: (pitch, yaw, roll) and the poses."""
    noise = np.random.default_rng(seed).normal(size=(num_frames + 400, 3))
    smooth = gaussian_filter1d(noise, 15, axis=0)[200:-200]
    euler = smooth / smooth.std(axis=0) * spread_deg
    return euler, rotation_from_euler_pyr(euler), np.tile([0.02, 0.0, 0.7], (num_frames, 1))


def _motion(seed, style=None, num_frames=1800):
    euler, R, t = _head(seed, num_frames)
    return euler, decide_face_motion(generator(seed, "x", "face"), R, t, FPS, style=style)


def _column(face, name):
    return face.coefficients[:, face.shape_names.index(name)]


def _num_blinks(closure):
    return int(((closure[1:] > 0.3) & (closure[:-1] <= 0.3)).sum())


@pytest.fixture(scope="module")
def minutes():
    """A minute each of 24 people."""
    return [_motion(seed) for seed in range(24)]


def test_people_blink_as_often_as_people_do(minutes):
    rates = [_num_blinks(_column(face, "eyeBlinkLeft")) for _, face in minutes]
    assert 13 < np.mean(rates) < 26
    # From person to person it differs much more than a clock would (Poisson counts of one rate: about 4).
    assert np.std(rates) > 3


def test_time_between_spontaneous_blinks_is_spread_like_a_log_normal():
    starts = np.array(blink_times(generator(1, "b"), 6000.0, 17.0, np.zeros(0), np.zeros(0)))
    gaps = np.diff(starts)
    assert 60 / gaps.mean() == pytest.approx(17.0, rel=0.05)
    assert gaps.min() > 0.449
    assert 0.6 < gaps.std() / gaps.mean() < 1.1
    assert abs(np.log(gaps).mean() - np.median(np.log(gaps))) < 0.1


def test_a_blink_closes_faster_than_it_opens_and_takes_100_to_400_ms():
    time_s = np.arange(0, 1, 0.001)
    for seed in range(20):
        closure = blink_closure(generator(seed, "b"), time_s, [0.2])
        shut = closure.argmax() / 1000 - 0.2
        half = np.flatnonzero(closure > 0.05)
        length = (half[-1] - half[0]) / 1000
        assert 0.1 < length < 0.4
        assert shut < 0.6 * length
        assert closure.max() > 0.49


def test_large_gaze_shifts_come_with_blinks_and_small_ones_do_not():
    at = np.arange(2.0, 400.0, 4.0)
    with_large = blink_times(generator(1, "b"), 400.0, 1.0, at, np.full(len(at), 50.0))
    with_small = blink_times(generator(1, "b"), 400.0, 1.0, at, np.full(len(at), 5.0))
    assert np.isin(with_large, at).sum() > 40
    assert np.isin(with_small, at).sum() == 0


def test_eyes_stay_in_their_limits_and_use_them(minutes):
    gaze = np.concatenate([face.gaze_pyr_deg for _, face in minutes])
    assert np.abs(gaze[:, 0]).max() <= PITCH_LIMIT_DEG
    assert np.abs(gaze[:, 1]).max() <= YAW_LIMIT_DEG
    assert 3 < gaze[:, 1].std() < 12
    assert 2 < gaze[:, 0].std() < 8


def test_eyes_lead_the_head(minutes):
    """Where the eyes are in the head tells where the head goes in the next 0.3 s, not where it came from."""
    ahead, behind = [], []
    step = round(0.3 * FPS)
    for euler, face in minutes:
        yaw, head = face.gaze_pyr_deg[:, 1], euler[:, 1]
        ahead.append(np.corrcoef(yaw[step:-step], (head[2 * step :] - head[step:-step]))[0, 1])
        behind.append(np.corrcoef(yaw[step:-step], (head[step:-step] - head[: -2 * step]))[0, 1])
    assert np.mean(ahead) > 0.3
    assert np.mean(ahead) > np.mean(behind) + 0.1


def test_between_saccades_the_line_of_sight_stands_still_in_the_world():
    _, R, t = _head(3)
    habits = GazeHabits(camera_share=0.4, scatter_deg=6.0, fixation_s=0.6)
    path = decide_gaze(generator(3, "gaze"), R, t, FPS, habits)
    sight = (R @ direction_from_gaze_pyr(path.gaze_pyr_deg)[..., None])[..., 0]
    moved_deg = np.degrees(np.linalg.norm(np.diff(sight, axis=0), axis=1))
    at_limit = (np.abs(path.gaze_pyr_deg) > [PITCH_LIMIT_DEG - 0.01, YAW_LIMIT_DEG - 0.01]).any(axis=1)
    still = ~(path.is_saccade[1:] | path.is_saccade[:-1] | at_limit[1:] | at_limit[:-1])
    # A saccade shorter than a frame may begin and end between two frames.
    jumps = np.isin(np.arange(1, len(R)), np.ceil(path.saccade_s * FPS).astype(int))
    assert still.mean() > 0.5
    assert moved_deg[still & ~jumps].max() < 0.51
    head_deg = np.degrees(np.linalg.norm(np.diff(R[..., 2], axis=0), axis=1))
    assert np.median(moved_deg) < 0.05 * np.median(head_deg)


def test_saccades_grow_longer_with_their_size():
    _, R, t = _head(4, 900)
    still = np.repeat(R[:1], 900, axis=0)
    habits = GazeHabits(camera_share=0.0, scatter_deg=10.0, fixation_s=0.5)
    path = decide_gaze(generator(4, "gaze"), still, t, 1000.0, habits)
    starts = np.flatnonzero(np.diff(path.is_saccade.astype(int)) == 1)
    stops = np.flatnonzero(np.diff(path.is_saccade.astype(int)) == -1)
    lengths_ms = stops[: len(starts)] - starts[: len(stops)]
    sizes = path.saccade_deg[: len(lengths_ms)]
    assert len(sizes) >= 1
    np.testing.assert_allclose(lengths_ms, (21 + 2.2 * sizes)[: len(lengths_ms)], atol=2)


def test_lids_follow_the_eyes_up_and_down():
    _, face = _motion(5, "attentive")
    pitch, blink = face.gaze_pyr_deg[:, 0], _column(face, "eyeBlinkLeft")
    open_ = blink < 0.01
    assert np.corrcoef(pitch[open_], _column(face, "eyeLookUpLeft")[open_])[0, 1] > 0.7
    assert np.corrcoef(pitch[open_], _column(face, "eyeLookDownLeft")[open_])[0, 1] < -0.7
    shut = blink > 0.9
    assert _column(face, "eyeLookDownLeft")[shut].max(initial=0.0) < 0.1


def test_talkers_open_the_mouth_three_to_five_times_a_second_with_pauses():
    _, face = _motion(6, "talking")
    jaw = _column(face, "jawOpen")
    assert 0.2 < jaw.max() <= 0.36
    peaks = (jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.03)
    speaking = np.convolve(jaw, np.ones(15) / 15, "same") > 0.03
    rate = peaks.sum() / (speaking.sum() / FPS)
    assert 2.0 < rate < 5.5
    assert 0.03 < (jaw < 0.005).mean() < 0.6
    assert {"mouthFunnel", "mouthPucker", "mouthStretchLeft"} <= set(face.shape_names)


@pytest.mark.parametrize("style", ["still", "attentive", "smiling"])
def test_others_keep_the_mouth_closed(style):
    _, face = _motion(7, style)
    assert "jawOpen" not in face.shape_names
    smile = _column(face, "mouthSmileLeft").max()
    assert smile > 0.3 if style == "smiling" else smile < 0.35


def test_nothing_moves_faster_than_faces_do(minutes):
    """Per second; lids close in 55 ms and follow saccades, lips move a tenth as fast."""
    for _, face in minutes:
        assert face.coefficients.min() >= 0
        assert face.coefficients.max() <= 1
        speed = np.abs(np.diff(face.coefficients, axis=0)).max(axis=0, initial=0.0) * FPS
        for name, fastest in zip(face.shape_names, speed, strict=True):
            assert fastest <= (30.0 if name.startswith("eye") else 9.0), name


def test_names_are_those_of_arkit_and_only_what_moves_is_named(minutes):
    for _, face in minutes:
        assert set(face.shape_names) <= set(ARKIT_52)
        assert (face.coefficients.max(axis=0) > 0).all()


def test_styles_are_drawn_in_their_shares():
    assert sum(style.share for style in STYLES.values()) == pytest.approx(1)
    _, R, t = _head(1, 60)
    talking = [
        "jawOpen" in decide_face_motion(generator(seed, "x", "face"), R, t, FPS).shape_names for seed in range(120)
    ]
    assert 0.2 < np.mean(talking) < 0.5


def _clip(num_frames=90):
    _, R, _ = _head(2, num_frames)
    return TrackClip(
        track_id="turns",
        variant="",
        time_s=np.arange(num_frames) / FPS,
        R_ref_head=R,
        t_ref_head_m=None,
        raw_R_ref_head=R,
        is_world=False,
    )


def test_the_same_sequence_has_the_same_face_and_another_one_another():
    config = SceneConfig(width_px=64, height_px=64, fps=FPS, head_share=0.7, background_per="track")
    faces = [
        decide_sequence(config, seed, head, _clip()).face for seed, head in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))
    ]
    assert faces[0].shape_names == faces[1].shape_names
    np.testing.assert_array_equal(faces[0].coefficients, faces[1].coefficients)
    np.testing.assert_array_equal(faces[0].gaze_pyr_deg, faces[1].gaze_pyr_deg)
    for other in faces[2:]:
        assert not np.array_equal(faces[0].gaze_pyr_deg, other.gaze_pyr_deg)


def test_without_expressions_the_face_rests():
    config = SceneConfig(width_px=64, height_px=64, fps=FPS, head_share=0.7, background_per="track")
    assert decide_sequence(replace(config, expressions="none"), 1, "a", _clip()).face is None


def test_one_frame_is_enough():
    _, R, t = _head(1, 60)
    face = decide_face_motion(generator(1, "x"), R[:1], t[:1], FPS)
    assert face.gaze_pyr_deg.shape == (1, 2)
    assert len(face.coefficients) == 1
