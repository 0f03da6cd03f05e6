"""Lights of a sequence: harmonics against sums over the sphere, panoramas against hand-made suns, exposure."""

import numpy as np
import pytest

from synhead.core.harmonics import sh_basis, sphere_directions
from synhead.core.scene import BackgroundSpec
from synhead.scenes.backgrounds import BackgroundSource, _view_into_panorama, choose_background
from synhead.scenes.environment_light import (
    LUMINANCE,
    EnvironmentLight,
    expose,
    light_of_panorama,
    panorama_directions,
    rotation_of_view,
)
from synhead.scenes.light_rigs import RIGS, RigCues, direction_towards, rgb_from_temperature
from synhead.scenes.lighting_of_background import lighting_before
from synhead.scenes.lights import choose_lighting, choose_plain_lighting
from synhead.scenes.surroundings import surroundings_of

NEUTRAL = RigCues(side=1.0, tint_rgb=(1.0, 1.0, 1.0))
FACE = np.array([n for n in sphere_directions(400) if n[2] < -0.4])


def panorama_of(radiance, rows=64):
    """An equirectangular map of a function of directions (x right, y down, z at the left edge)."""
    directions, _ = panorama_directions(rows, 2 * rows)
    return np.array(radiance(directions)).reshape(rows, 2 * rows, 3)


def face_luminance(lighting):
    total = np.maximum(sh_basis(FACE, 9) @ np.array(lighting.irradiance_sh_rgb), 0)
    for light in lighting.directional:
        total = total + np.maximum(FACE @ np.array(light.direction_cam), 0)[:, None] * light.intensity_rgb
    return float((total @ LUMINANCE).mean())


def test_solid_angles_fill_the_sphere():
    directions, solid_angle = panorama_directions(32, 64)
    assert solid_angle.sum() == pytest.approx(4 * np.pi)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_allclose((directions * solid_angle[:, None]).sum(axis=0), 0, atol=1e-12)


def test_a_white_furnace_returns_one():
    light = light_of_panorama(np.ones((64, 128, 3)))
    assert len(light.key_directions) == 0
    np.testing.assert_allclose(light.received(sphere_directions(30)), 1, atol=5e-4)


def test_a_smooth_sky_lights_as_the_sum_over_it_does():
    def sky(d):
        level = 0.3 + 0.5 * np.maximum(-d[:, 1], 0) + 0.2 * np.maximum(d[:, 0], 0)
        return level[:, None] * [1.0, 0.9, 0.7]

    directions, solid_angle = panorama_directions(128, 256)
    light = light_of_panorama(panorama_of(sky))
    normals = sphere_directions(40)
    cosine = np.maximum(normals @ directions.T, 0)
    expected = cosine @ (sky(directions) * solid_angle[:, None]) / np.pi
    # Ramamoorthi and Hanrahan: nine coefficients leave an error of about one per cent.
    np.testing.assert_allclose(light.received(normals), expected, atol=0.015)


def test_a_sun_becomes_one_key_light_and_counts_once():
    towards = np.array([0.48, -0.6, 0.64])

    def sky(d):
        return np.full((len(d), 3), 0.2) + (d @ towards > np.cos(np.radians(4)))[:, None] * [300.0, 280.0, 240.0]

    panorama = panorama_of(sky)
    light = light_of_panorama(panorama)
    assert len(light.key_directions) == 1
    np.testing.assert_allclose(light.key_directions[0], towards, atol=0.03)
    directions, solid_angle = panorama_directions(64, 128)
    whole = (np.maximum(directions @ towards, 0) * solid_angle) @ panorama.reshape(-1, 3) / np.pi
    np.testing.assert_allclose(light.received(towards[None])[0], whole, rtol=0.01)
    # Turned away from the sun, only the sky is left.
    np.testing.assert_allclose(light.received(-towards[None])[0], 0.2, atol=0.01)


def test_turned_light_is_the_light_in_other_axes():
    rng = np.random.default_rng(3)
    light = EnvironmentLight(
        irradiance_sh=rng.normal(size=(9, 3)) + 4 * np.eye(9, 1),
        key_directions=np.array([[0.6, 0.0, 0.8]]),
        key_rgb=np.array([[1.0, 0.5, 0.2]]),
    )
    R = rotation_of_view(70.0, -20.0)
    normals = sphere_directions(50)
    np.testing.assert_allclose(light.turned(R).received(normals @ R.T), light.received(normals), atol=1e-9)


@pytest.mark.parametrize(("heading", "elevation"), [(0.0, 0.0), (130.0, 5.0), (301.0, -8.0)])
def test_light_comes_from_where_the_picture_shows_it(heading, elevation):
    # A lamp straight behind the head must stand in the middle of the picture, and light the head from behind.
    R = rotation_of_view(heading, elevation)
    for place in ([0.0, 0.0, 1.0], [0.15, -0.2, 1.0]):
        cam = np.array(place) / np.linalg.norm(place)
        pan = R.T @ cam
        panorama = panorama_of(lambda d, pan=pan: 0.05 + (d @ pan > np.cos(0.04))[:, None] * np.full(3, 500.0), 256)
        parameters = {
            "heading_deg": heading,
            "elevation_deg": elevation,
            "vertical_fov_deg": 60.0,
            "key_percentile_gray": 0.2,
            "defocus_share": 0.004,
        }
        picture = _view_into_panorama(panorama, parameters, 120, 120).astype(float).sum(axis=2)
        y, x = np.unravel_index(np.argmax(picture), picture.shape)
        focal = 60 / np.tan(np.radians(30))
        assert abs(x + 0.5 - (60 + focal * cam[0] / cam[2])) < 6
        assert abs(y + 0.5 - (60 + focal * cam[1] / cam[2])) < 6
        light = light_of_panorama(panorama).turned(R)
        np.testing.assert_allclose(light.key_directions[0], cam, atol=0.03)


@pytest.mark.parametrize("name", list(RIGS))
def test_rigs_expose_faces_alike(name):
    for seed in range(6):
        lighting = expose(RIGS[name](np.random.default_rng(seed), NEUTRAL), 0.8)
        assert face_luminance(lighting) == pytest.approx(0.8, rel=0.15)
        coefficients = np.array(lighting.irradiance_sh_rgb)
        around = sh_basis(sphere_directions(200), 9) @ coefficients
        assert around.min() > -0.12
        assert len(lighting.directional) <= 2


def test_faces_are_neither_burnt_nor_lost():
    levels = np.array([face_luminance(choose_lighting(np.random.default_rng(seed))) for seed in range(120)])
    assert levels.min() > 0.4
    assert levels.max() < 1.4
    assert 0.08 < levels.std() < 0.3


def test_equal_seeds_give_equal_light():
    assert choose_lighting(np.random.default_rng(4)) == choose_lighting(np.random.default_rng(4))
    assert choose_plain_lighting(np.random.default_rng(4)) == choose_plain_lighting(np.random.default_rng(4))


def test_the_plain_light_is_plain():
    lighting = choose_plain_lighting(np.random.default_rng(0))
    assert lighting.irradiance_sh_rgb == ()
    assert not lighting.shadows
    assert not lighting.natural_surfaces
    assert lighting.tone == "none"


def test_light_comes_from_the_bright_side_of_a_picture():
    picture = np.full((24, 24, 3), 40, np.uint8)
    picture[:, 16:] = 240
    around = surroundings_of("01_window.jpg", picture)
    assert around.side_contrast > 0.8
    sides = [
        choose_lighting(np.random.default_rng(s), surroundings=around).directional[0].direction_cam[0]
        for s in range(40)
    ]
    assert np.mean(np.array(sides) > 0) > 0.85


def test_names_and_brightness_choose_the_kind_of_place():
    grey = np.full((24, 24, 3), 128, np.uint8)
    sky = grey.copy()
    sky[:8] = (170, 200, 250)
    assert surroundings_of("07_night_street.jpg", grey).rigs == ("night",)
    assert "sun" in surroundings_of("park.png", grey).rigs
    assert "sun" in surroundings_of("IMG_0001.jpg", sky).rigs
    assert "window" in surroundings_of("IMG_0002.jpg", grey).rigs
    assert "night" in surroundings_of("IMG_0003.jpg", np.full((24, 24, 3), 20, np.uint8)).rigs


def test_a_panorama_behind_the_head_lights_it():
    towards = direction_towards(120.0, 10.0)
    panorama = panorama_of(lambda d: 0.1 + (d @ np.array(towards) > 0.99)[:, None] * np.full(3, 60.0))
    source = BackgroundSource(
        background_id="a.hdr", kind="hdri", width_px=128, height_px=64, sha256="", light=light_of_panorama(panorama)
    )
    background = choose_background(np.random.default_rng(0), [source])
    lighting = lighting_before(np.random.default_rng(1), background, source)
    R = rotation_of_view(float(background.parameters["heading_deg"]), float(background.parameters["elevation_deg"]))
    np.testing.assert_allclose(lighting.directional[0].direction_cam, R @ np.array(towards), atol=0.05)


def test_procedural_backgrounds_light_their_heads_reproducibly():
    background = BackgroundSpec(kind="procedural", background_id="procedural", path=None, parameters={"seed": 12})
    one, two = (lighting_before(np.random.default_rng(2), background, None) for _ in range(2))
    assert one == two
    assert one.shadows
    assert one.tone == "filmic"


def test_warm_and_cold_lamps():
    warm, cold = rgb_from_temperature(3000.0), rgb_from_temperature(9000.0)
    assert warm[0] > warm[1] > warm[2]
    assert cold[0] < cold[1] < cold[2]
    assert float(warm @ LUMINANCE) == pytest.approx(1)
