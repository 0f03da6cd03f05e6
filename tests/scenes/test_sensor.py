"""What is decided of a camera and of a hand: repeatable, switchable one by one, within sensible bounds."""

from dataclasses import fields, replace

import numpy as np
import pytest

from synhead.core.scene import SensorSpec
from synhead.core.seeding import generator
from synhead.scenes.handheld import handheld_shift, max_shift_px
from synhead.scenes.sensor import SensorEffects, choose_sensor
from synhead.scenes.shifted_views import shifted_views


def _choose(name, effects=None, fps=30.0, height_px=400):
    return choose_sensor(generator(3, name, "sensor"), effects or SensorEffects(), fps=fps, height_px=height_px)


def test_the_same_name_has_the_same_camera_and_another_name_another():
    assert _choose("a") == _choose("a")
    assert len({_choose(str(i)) for i in range(50)}) == 50


def test_without_any_effect_the_camera_is_ideal():
    assert not SensorEffects.none().any
    assert _choose("a", SensorEffects.none()) is None


@pytest.mark.parametrize(
    ("effect", "touched"),
    [
        ("exposure", {"exposure_gain"}),
        ("white_balance", {"white_balance_rgb"}),
        ("vignetting", {"vignetting"}),
        ("defocus", {"defocus_sigma_px"}),
        ("noise", {"shot_noise", "read_noise"}),
        ("motion_blur", {"shutter_s"}),
        ("camera_jpeg", {"jpeg_quality"}),
    ],
)
def test_each_switch_takes_away_its_own_effect_and_leaves_the_others(effect, touched):
    seen = set()
    for index in range(8):
        full, less = _choose(str(index)), _choose(str(index), replace(SensorEffects(), **{effect: False}))
        seen |= {f.name for f in fields(SensorSpec) if getattr(full, f.name) != getattr(less, f.name)}
        ideal = SensorSpec()
        assert all(getattr(less, name) == getattr(ideal, name) for name in touched)
    assert seen == touched


def test_most_cameras_are_mild_some_are_not_and_none_is_absurd():
    chosen = [_choose(str(i)) for i in range(600)]
    # Standard deviation in 8-bit steps at middle grey: sRGB's slope at linear 0.2 is 1.12.
    noise = np.array([np.hypot(np.sqrt(c.shot_noise * 0.2), c.read_noise) * 1.12 * 255 for c in chosen])
    assert np.median(noise) < 2
    assert 0.1 < (noise > 2.1).mean() < 0.25
    assert noise.max() < 5
    assert all(0.55 < c.exposure_gain < 1.4 for c in chosen)
    assert all(0 <= c.vignetting <= 0.35 and 1 / 250 <= c.shutter_s <= 1 / 30 + 1e-12 for c in chosen)
    assert all(max(abs(1 - w) for w in c.white_balance_rgb) < 0.21 for c in chosen)
    assert 0.4 < np.mean([c.jpeg_quality is None for c in chosen]) < 0.6


def test_no_exposure_is_longer_than_a_frame_and_blur_grows_with_the_picture():
    assert max(_choose(str(i), fps=100.0).shutter_s for i in range(100)) <= 0.01
    assert _choose("a", height_px=800).defocus_sigma_px == pytest.approx(2 * _choose("a").defocus_sigma_px)


def test_a_hand_sways_slowly_within_its_bound_and_less_the_faster():
    time_s = np.arange(3000) / 30.0
    shift = np.stack([handheld_shift(generator(1, str(k)), time_s, height_px=400) for k in range(12)])
    assert np.abs(shift).max() <= max_shift_px(400)
    assert 1.0 < shift.std() < 8.0
    power = (np.abs(np.fft.rfft(shift * np.hanning(3000)[:, None], axis=1)) ** 2).mean(axis=(0, 2))
    hz = np.fft.rfftfreq(3000, 1 / 30)
    assert power[hz > 2.2].sum() < 1e-3 * power.sum()
    # Amplitude as 1 / f: power as 1 / f^2, a factor of 16 from one band to the band four times as fast.
    slow, fast = (power[(hz > low) & (hz < 1.9 * low)].mean() for low in (0.2, 0.8))
    assert 6 < slow / fast < 40


def test_a_sway_is_a_function_of_time_alone():
    time_s = np.arange(60) / 30.0
    whole = handheld_shift(generator(1, "a"), time_s, height_px=400)
    np.testing.assert_array_equal(handheld_shift(generator(1, "a"), time_s[:20], height_px=400), whole[:20])
    np.testing.assert_allclose(handheld_shift(generator(1, "a"), time_s + 5.0, height_px=400), whole, atol=1e-9)


def test_views_move_as_told():
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    views = shifted_views(picture, np.array([[0.0, 0.0], [3.0, -2.0], [-4.0, 4.0], [0.5, 0.0]]), margin_px=4)
    assert views.shape == (4, 22, 32, 3)
    np.testing.assert_array_equal(views[0], picture[4:-4, 4:-4])
    # Moved to the right by 3: what was at column x is now at x + 3.
    np.testing.assert_array_equal(views[1, :20, 3:], views[0, 2:, :-3])
    np.testing.assert_array_equal(views[2], picture[0:22, 8:40])
    mean = (picture[4:-4, 3:-5].astype(float) + picture[4:-4, 4:-4]) / 2
    assert np.abs(views[3] - mean).max() <= 0.5
    with pytest.raises(ValueError, match="beyond the margin of 4 px"):
        shifted_views(picture, np.array([[4.1, 0.0]]), margin_px=4)
