"""What every engine must draw: light, colour, background; and that it forgets the frame before."""

from dataclasses import replace

import numpy as np
import psutil
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import Lighting
from tests.render.contract import draw
from tests.render.simple_scenes import (
    camera,
    encoded_255,
    facing_square,
    flat_background,
    head_of,
    light,
    linear,
    noise_background,
    quad,
    sequence,
    sphere,
)

DARK = (0.0, 0.0, 0.0)


def middle_pixel(renderer, part, lighting):
    """RGB where the optical axis meets a facing square."""
    cam = camera(65, 65)
    return draw(renderer, head_of(part), sequence(cam, lighting)).rgb[0, 32, 32].astype(float)


class LightContract:
    """Every test takes the fixture `renderer`; an engine's test module subclasses this and provides it."""

    def test_ambient_light_shows_the_albedo(self, renderer):
        part = facing_square(rgba=(0.5, 0.2, 0.05, 1.0))
        got = middle_pixel(renderer, part, Lighting(ambient_rgb=(0.8, 0.6, 1.0), directional=()))
        np.testing.assert_allclose(got, [encoded_255(0.4), encoded_255(0.12), encoded_255(0.05)], atol=0.75)

    @pytest.mark.parametrize("value", [3, 20, 90, 160, 230, 255])
    def test_texture_values_come_back(self, renderer, value):
        texture = np.full((4, 4, 4), value, np.uint8)
        got = middle_pixel(
            renderer, facing_square(texture=texture), Lighting(ambient_rgb=(1.0, 1.0, 1.0), directional=())
        )
        np.testing.assert_allclose(got, value, atol=1)

    def test_facing_light_on_white(self, renderer):
        # Normal incidence, roughness 1: F = 0.04, G = 1, pi D = 1.
        # Diffuse (1 - F)(1 - 0.04) = 0.9216, specular F G pi D / (4 + 0.001) = 0.009998: 0.9316 of the light.
        got = middle_pixel(
            renderer, facing_square(), Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=(light((0, 0, -1), 0.5),))
        )
        np.testing.assert_allclose(got, encoded_255(0.1 + 0.5 * 0.931598), atol=0.75)

    def test_oblique_light_and_smooth_surface(self, renderer):
        # Light at 60 degrees, roughness 0.5, albedo 0.5; h lies at 30 degrees from the normal.
        cos60, cos30 = 0.5, np.sqrt(3) / 2
        a2 = 0.5**4
        fresnel = 0.04 + 0.96 * (1 - cos30) ** 5
        k = 1.5**2 / 8
        geometry = cos60 / (cos60 * (1 - k) + k)
        pi_d = a2 / (cos30**2 * (a2 - 1) + 1) ** 2
        specular = fresnel * geometry * pi_d / (4 * cos60 + 0.001)
        expected = cos60 * ((1 - fresnel) * 0.96 * 0.5 + specular)
        got = middle_pixel(
            renderer,
            facing_square(rgba=(0.5, 0.5, 0.5, 1), roughness=0.5),
            Lighting(ambient_rgb=DARK, directional=(light((np.sqrt(3), 0, -1), 1.0),)),
        )
        np.testing.assert_allclose(got, encoded_255(expected), atol=0.75)

    def test_lights_add_up_and_keep_their_colours(self, renderer):
        red, blue = light((0, 0, -1), (0.4, 0.0, 0.0)), light((0, 0, -1), (0.0, 0.0, 0.3))
        got = middle_pixel(renderer, facing_square(), Lighting(ambient_rgb=DARK, directional=(red, blue)))
        np.testing.assert_allclose(got, [encoded_255(0.4 * 0.931598), 0, encoded_255(0.3 * 0.931598)], atol=0.75)

    def test_light_from_image_left_brightens_the_left(self, renderer):
        cam = camera(64, 64, focal_px=200.0)
        lighting = Lighting(ambient_rgb=DARK, directional=(light((-1, 0, -0.2)),))
        rgb = draw(renderer, head_of(sphere(0.1)), sequence(cam, lighting)).rgb[0].astype(int)
        assert rgb[32, 20, 0] > 120
        assert rgb[32, 50, 0] < 30
        lighting = Lighting(ambient_rgb=DARK, directional=(light((0, -1, -0.2)),))
        rgb = draw(renderer, head_of(sphere(0.1)), sequence(cam, lighting)).rgb[0].astype(int)
        assert rgb[18, 32, 0] > 120
        assert rgb[48, 32, 0] < 30

    def test_back_faces_are_lit_from_the_side_that_is_seen(self, renderer):
        lighting = Lighting(ambient_rgb=DARK, directional=(light((0, 0, -1), 0.5),))
        away = quad(facing_square().vertices_m[::-1])
        np.testing.assert_array_equal(
            middle_pixel(renderer, away, lighting), middle_pixel(renderer, facing_square(), lighting)
        )

    def test_an_opaque_part_ignores_the_alpha_of_its_texture(self, renderer):
        texture = np.full((4, 4, 4), 255, np.uint8)
        texture[..., 3] = 10
        out = draw(renderer, head_of(facing_square(0.1, texture=texture)), sequence(camera()))
        assert out.coverage[0, 32, 32] == 255
        np.testing.assert_array_equal(out.rgb[0, 32, 32], [255, 255, 255])

    def test_background_passes_untouched_where_nothing_covers(self, renderer):
        cam = camera(96, 64)
        back = noise_background(cam)
        out = draw(renderer, head_of(sphere(0.1)), sequence(cam), back)
        free = out.coverage[0] == 0
        assert 1000 < free.sum() < free.size
        np.testing.assert_array_equal(out.rgb[0][free], back[free])

    def test_edges_blend_in_linear_light_by_coverage(self, renderer):
        cam = camera(96, 96, focal_px=300.0)
        back = flat_background(cam, (200, 40, 0))
        out = draw(renderer, head_of(sphere(0.1, rgba=(0.2, 0.2, 0.2, 1))), sequence(cam), back)
        edge = (out.coverage[0] > 0) & (out.coverage[0] < 255)
        assert edge.sum() > 50
        share = out.coverage[0][edge] / 255
        for channel, behind in enumerate((200, 40, 0)):
            expected = [encoded_255(0.2 * s + (1 - s) * linear(behind / 255)) for s in share]
            np.testing.assert_allclose(out.rgb[0][edge][:, channel], expected, atol=1.01)

    def test_a_batch_equals_its_frames_one_by_one(self, renderer):
        cam = camera(80, 60)
        poses = rotation_from_euler_pyr(np.array([[0.0, y, 3.0] for y in (-40, -10, 0, 25, 60)]))
        spec = sequence(cam, R=poses, t=[(0.02 * i, 0.01 * i, 0.8 + 0.05 * i) for i in range(5)])
        head, back = head_of(sphere(0.1, 2), facing_square(0.05, z_m=0.12)), noise_background(cam)
        batch = renderer.render(head, back, spec, range(5))
        strided = renderer.render(head, back, spec, range(4, -1, -2))
        for frame in range(5):
            single = renderer.render(head, back, spec, range(frame, frame + 1))
            for name in ("rgb", "coverage", "depth_m"):
                np.testing.assert_array_equal(getattr(single, name)[0], getattr(batch, name)[frame])
        np.testing.assert_array_equal(strided.rgb, batch.rgb[[4, 2, 0]])

    def test_nothing_remains_of_the_head_before(self, renderer):
        ball = head_of(sphere(0.1, 2))
        card = head_of(facing_square(0.15, rgba=(1, 0, 0, 0.6), has_alpha=True))
        lit = Lighting(ambient_rgb=(0.2, 0.2, 0.2), directional=(light((1, 0, -1)), light((0, -1, -1), 0.4)))
        small, wide = sequence(camera(40, 40)), sequence(camera(90, 30), lit)
        first = draw(renderer, ball, small, noise_background(small.camera))
        draw(renderer, card, wide)
        draw(renderer, card, small)
        again = draw(renderer, ball, small, noise_background(small.camera))
        for name in ("rgb", "coverage", "depth_m"):
            np.testing.assert_array_equal(getattr(first, name), getattr(again, name))

    def test_heads_that_do_not_fit_the_budget_come_back_unchanged(self, renderer_with_small_budget):
        spec = sequence(camera(32, 32))
        rng = np.random.default_rng(0)
        heads = [
            head_of(facing_square(0.1, texture=rng.integers(0, 256, (64, 64, 4), dtype=np.uint8))) for _ in range(4)
        ]
        first = [draw(renderer_with_small_budget, head, spec).rgb for head in heads]
        second = [draw(renderer_with_small_budget, head, spec).rgb for head in heads]
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)
        assert not np.array_equal(first[0], first[1])

    def test_memory_stays_flat(self, renderer):
        head = head_of(sphere(0.1, 2), facing_square(0.15, rgba=(1, 0, 0, 0.6), has_alpha=True))
        spec = sequence(camera(32, 32), t=[(0.0, 0.0, 1.0)] * 50)
        process = psutil.Process()
        for _ in range(2):
            draw(renderer, head, spec)
        before = process.memory_info().rss
        for _ in range(6):
            draw(renderer, head, spec)
        assert process.memory_info().rss - before < 4e6

    def test_a_background_of_another_size_is_refused(self, renderer):
        spec = sequence(camera(32, 32))
        with pytest.raises(ValueError, match="background"):
            draw(renderer, head_of(facing_square()), spec, np.zeros((32, 31, 3), np.uint8))

    def test_info_names_engine_device_and_antialiasing(self, renderer):
        info = renderer.info
        assert info.engine in ("gl", "software", "pyrender")
        assert info.device
        assert ("numba" if info.engine == "software" else "OpenGL") in info.version
        assert info.antialiasing == "msaa4"
        assert info.is_software == (info.engine == "software" or "llvmpipe" in info.device)
        assert replace(info) == info
