"""The camera's imperfections, each measured on pictures whose answer can be worked out by hand."""

import numpy as np
import pytest

from synhead.core.scene import SensorSpec
from synhead.core.seeding import generator
from synhead.render.sensor import (
    SensorModel,
    blur_in_place,
    noise_tile,
    stored_noise,
    tile_side,
    vignetting_falloff,
)
from synhead.render.sensor_kernels import NOISE_STEPS

SIZE = 200


def _linear(encoded):
    share = np.asarray(encoded, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _flat(value, count=1):
    return np.full((count, SIZE, SIZE, 3), value, np.uint8)


def _through(spec, rgb, *, seed=7, frames=None):
    height, width = rgb.shape[1:3]
    model = SensorModel(spec, seed=seed, height_px=height, width_px=width)
    return model.apply(rgb, frames or range(len(rgb)))


def _step(code):
    """Variance that rounding to 8 bits adds in linear light: a twelfth of the squared step."""
    return float((_linear(code + 0.5) - _linear(code - 0.5)) ** 2 / 12)


@pytest.mark.parametrize("code", [60, 120, 180, 220])
def test_noise_has_the_variance_of_the_model_at_every_level(code):
    spec = SensorSpec(shot_noise=6e-4, read_noise=1.5e-3)
    light = _linear(_through(spec, _flat(code, 4)))
    expected = 6e-4 * float(_linear(code)) + 1.5e-3**2 + _step(code)
    assert light.mean() == pytest.approx(float(_linear(code)), rel=0.01)
    assert light.var() == pytest.approx(expected, rel=0.06)


def test_read_noise_alone_does_not_depend_on_the_level():
    for code in (120, 200):
        light = _linear(_through(SensorSpec(read_noise=4e-3), _flat(code, 4)))
        assert light.var() == pytest.approx(4e-3**2 + _step(code), rel=0.06)


def test_noise_of_neighbours_and_of_channels_is_alike_but_not_the_same():
    noise = _linear(_through(SensorSpec(read_noise=5e-3), _flat(160, 4)))
    noise -= noise.mean()

    def alike(a, b):
        return float((a * b).mean() / np.sqrt((a * a).mean() * (b * b).mean()))

    assert 0.1 < alike(noise[:, 1:], noise[:, :-1]) < 0.6
    assert abs(alike(noise[:, 8:], noise[:, :-8])) < 0.05
    assert 0.45 < alike(noise[..., 0], noise[..., 1]) < 0.75


def test_every_frame_has_noise_of_its_own_and_batches_change_nothing():
    spec = SensorSpec(shot_noise=3e-4, read_noise=1e-3, defocus_sigma_px=0.5, vignetting=0.2, jpeg_quality=80)
    rgb = np.random.default_rng(0).integers(0, 256, (7, SIZE, SIZE, 3), dtype=np.uint8)
    together = _through(spec, rgb)
    parts = [_through(spec, rgb[a:b], frames=range(a, b)) for a, b in ((0, 1), (1, 5), (5, 7))]
    np.testing.assert_array_equal(together, np.concatenate(parts))
    assert not np.array_equal(_through(spec, _flat(120), seed=8), _through(spec, _flat(120)))
    flat = _through(spec, _flat(120, 2)).astype(float)
    assert abs(np.corrcoef(flat[0].ravel(), flat[1].ravel())[0, 1]) < 0.9, "vignetting is shared, noise is not"


def test_corners_get_what_vignetting_leaves():
    light = _linear(_through(SensorSpec(vignetting=0.3), _flat(200)))[0, ..., 1]
    middle, corner = light[99:101, 99:101].mean(), light[0, 0]
    assert corner / middle == pytest.approx(0.7, abs=0.012)
    # Half way to the corner a quarter of the loss has come.
    assert light[50, 50] / middle == pytest.approx(1 - 0.3 / 4, abs=0.012)


def test_falloff_of_a_wide_picture_reaches_its_loss_in_the_corners_only():
    falloff = vignetting_falloff(90, 160, 0.4)
    assert falloff[0, 0] == pytest.approx(0.6, abs=0.01)
    assert falloff[0, 80] == pytest.approx(1 - 0.4 * 90**2 / (90**2 + 160**2), abs=0.01)
    assert falloff.max() <= 1


def test_exposure_and_white_balance_are_factors_on_linear_light():
    spec = SensorSpec(exposure_gain=1.25, white_balance_rgb=(1.1, 1.0, 0.8))
    out = _linear(_through(spec, _flat(120))[0, 10, 10])
    np.testing.assert_allclose(out, float(_linear(120)) * 1.25 * np.array([1.1, 1.0, 0.8]), rtol=0.01)


def test_too_much_light_is_white_and_not_something_else():
    assert (_through(SensorSpec(exposure_gain=4.0), _flat(250)) == 255).all()


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.1, 2.0])
def test_blur_of_a_point_has_the_variance_asked_for_along_both_axes(sigma):
    light = np.zeros((41, 51), np.float32)
    light[20, 25] = 1.0
    blur_in_place(light, sigma, np.empty_like(light))
    assert light.sum() == pytest.approx(1.0, abs=1e-5)
    y, x = np.mgrid[:41, :51]
    assert (light * (x - 25) ** 2).sum() == pytest.approx(sigma**2, rel=1e-3)
    assert (light * (y - 20) ** 2).sum() == pytest.approx(sigma**2, rel=1e-3)


def test_blur_keeps_a_flat_picture_up_to_its_borders_and_lets_nothing_cross_from_row_to_row():
    flat = np.full((20, 30), 0.5, np.float32)
    blur_in_place(flat, 0.8, np.empty_like(flat))
    np.testing.assert_allclose(flat, 0.5, rtol=1e-6)
    edge = np.zeros((20, 30), np.float32)
    edge[:, -1] = 1.0
    blur_in_place(edge, 0.5, np.empty_like(edge))
    assert (edge[:, :5] == 0).all()


def test_an_ideal_camera_changes_no_byte():
    rgb = np.random.default_rng(1).integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)
    np.testing.assert_array_equal(_through(SensorSpec(), rgb), rgb)


def test_a_tiny_change_of_exposure_goes_through_the_tables_without_harm():
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(_through(SensorSpec(exposure_gain=1.000001), ramp), ramp)


def test_the_tile_of_noise_is_balanced_and_fixed():
    tile = noise_tile(512)
    np.testing.assert_allclose(tile.std(axis=(1, 2)), 1.0, atol=1e-4)
    np.testing.assert_allclose(tile.mean(axis=(1, 2)), 0.0, atol=1e-4)
    assert not tile.flags.writeable


def test_the_cameras_jpeg_costs_detail():
    rgb = np.random.default_rng(2).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    errors = [np.abs(_through(SensorSpec(jpeg_quality=q), rgb).astype(int) - rgb).mean() for q in (95, 60)]
    assert 0 < errors[0] < errors[1]


def test_stored_noise_is_the_tile_in_steps_and_its_mirror_image():
    stored = stored_noise(512).reshape(2, 512, 512, 3) / NOISE_STEPS
    np.testing.assert_allclose(stored[0], noise_tile(512).transpose(1, 2, 0), atol=0.5 / NOISE_STEPS + 1e-6)
    np.testing.assert_array_equal(stored[1], stored[0][:, ::-1])


def test_the_places_of_noise_stay_within_the_tile_and_show_it_in_all_four_turns():
    spec = SensorSpec(read_noise=4e-3)
    height, width = 40, 56
    side = tile_side(height, width)
    noise = noise_tile(side)
    model = SensorModel(spec, seed=3, height_px=height, width_px=width)
    frames = range(12)
    light = _linear(model.apply(np.full((12, height, width, 3), 188, np.uint8), frames)) - float(_linear(188))
    seen = set()
    for frame in frames:
        top, left, turned = generator(3, "sensor-noise", str(frame)).integers((side - height, side - width, 4))
        cut = noise[:, top : top + height, left : left + width]
        cut = cut[:, :: -1 if turned & 1 else 1, :: -1 if turned & 2 else 1].transpose(1, 2, 0)
        # Rounding to 8 bits is all that differs: 0.5 of a step of 0.0067.
        np.testing.assert_allclose(light[frame], cut * 4e-3, atol=0.006)
        assert np.corrcoef(light[frame].ravel(), cut.ravel())[0, 1] > 0.85
        seen.add(int(turned))
    assert seen == {0, 1, 2, 3}
