"""The `gl` engine: the contract, and what only it can do: soft opacity, sorted layers, resident heads."""

import gc

import numpy as np
import psutil
import pytest

from synhead.errors import RendererError
from synhead.render import open_renderer
from synhead.render.gl.renderer import GLRenderer
from tests.render.contract import GeometryContract, draw
from tests.render.contract_background import BackgroundContract
from tests.render.contract_face import FaceContract
from tests.render.contract_light import LightContract
from tests.render.contract_natural import NaturalContract
from tests.render.simple_scenes import (
    camera,
    encoded_255,
    facing_square,
    flat_background,
    head_of,
    linear,
    quad,
    sequence,
    sphere,
)


@pytest.fixture(scope="module")
def renderer():
    engine = open_renderer("gl")
    yield engine
    engine.close()


@pytest.fixture
def renderer_with_small_budget():
    engine = open_renderer("gl", resident_budget_bytes=30_000)
    yield engine
    engine.close()


class TestGeometry(GeometryContract):
    pass


class TestBackground(BackgroundContract):
    pass


class TestFace(FaceContract):
    pass


class TestLight(LightContract):
    pass


class TestNatural(NaturalContract):
    pass


def alpha_texture(alpha, rgb=(255, 255, 255)):
    """A uniform one."""
    return np.full((8, 8, 4), (*rgb, alpha), np.uint8)


class TestOpacity:
    @pytest.mark.parametrize("alpha", [0, 30, 100, 127, 128, 200, 249, 255])
    def test_uniform_opacity_blends_exactly(self, renderer, alpha):
        cam = camera()
        head = head_of(facing_square(0.1, texture=alpha_texture(alpha, (250, 120, 10)), has_alpha=True))
        out = draw(renderer, head, sequence(cam), flat_background(cam, (20, 90, 220)))
        share = alpha / 255
        for channel, (front, back) in enumerate(((250, 20), (120, 90), (10, 220))):
            expected = encoded_255(share * linear(front / 255) + (1 - share) * linear(back / 255))
            # Premultiplied 8-bit texels carry a faint colour in coarse steps: at opacity 30, of 1/30.
            assert out.rgb[0, 32, 32, channel] == pytest.approx(expected, abs=2 if alpha < 50 else 1.2)
        assert out.coverage[0, 32, 32] == pytest.approx(alpha, abs=1)
        assert np.isfinite(out.depth_m[0, 32, 32]) == (alpha >= 128)

    def test_opacity_as_a_factor(self, renderer):
        out = draw(renderer, head_of(facing_square(0.1, rgba=(1, 1, 1, 0.25), has_alpha=True)), sequence(camera()))
        assert out.rgb[0, 32, 32, 0] == pytest.approx(encoded_255(0.25), abs=1)
        assert out.coverage[0, 32, 32] == pytest.approx(64, abs=1)

    def test_white_on_white_has_no_fringe(self, renderer):
        # Transparent texels are black: filtering must not draw their colour in, at any mip level.
        texture = np.zeros((64, 64, 4), np.uint8)
        y, x = np.mgrid[:64, :64]
        texture[np.hypot(x - 31.5, y - 31.5) < 24] = 255
        cam = camera(64, 64)
        head = head_of(facing_square(0.2, texture=texture, has_alpha=True))
        for distance in (0.7, 1.0, 2.0, 6.0):
            spec = sequence(cam, t=[(0.003, 0.001, distance)])
            out = draw(renderer, head, spec, flat_background(cam, (255, 255, 255)))
            assert out.rgb.min() >= 253, distance
            assert out.coverage.max() > 200

    @pytest.mark.parametrize("alpha", [0.3, 0.6])
    @pytest.mark.parametrize("near_first", [True, False])
    def test_layers_blend_far_to_near_whatever_their_order_in_the_file(self, renderer, alpha, near_first):
        near = facing_square(0.1, z_m=0.1, rgba=(1, 0, 0, alpha), has_alpha=True)
        far = facing_square(0.1, z_m=-0.1, rgba=(0, 0, 1, alpha), has_alpha=True)
        head = head_of(*((near, far) if near_first else (far, near)))
        out = draw(renderer, head, sequence(camera()))
        red, blue = alpha, (1 - alpha) * alpha
        np.testing.assert_allclose(out.rgb[0, 32, 32], [encoded_255(red), 0, encoded_255(blue)], atol=1)
        assert out.coverage[0, 32, 32] == pytest.approx(255 * (red + blue), abs=1)

    def test_layers_turn_with_the_head(self, renderer):
        # Seen from behind, the other layer is the near one.
        a = facing_square(0.1, z_m=0.1, rgba=(1, 0, 0, 0.6), has_alpha=True)
        b = facing_square(0.1, z_m=-0.1, rgba=(0, 0, 1, 0.6), has_alpha=True)
        behind = np.diag([-1.0, -1.0, 1.0])
        out = draw(renderer, head_of(a, b), sequence(camera(), R=[behind]))
        np.testing.assert_allclose(out.rgb[0, 32, 32], [encoded_255(0.24), 0, encoded_255(0.6)], atol=1)

    def test_crossing_layers_show_the_nearer_one_on_each_side(self, renderer):
        h, d = 0.15, 0.1
        red = quad([[-h, -h, d], [h, -h, -d], [h, h, -d], [-h, h, d]], rgba=(1, 0, 0, 0.9), has_alpha=True)
        blue = quad([[-h, -h, -d], [h, -h, d], [h, h, d], [-h, h, -d]], rgba=(0, 0, 1, 0.9), has_alpha=True)
        rgb = draw(renderer, head_of(red, blue), sequence(camera())).rgb[0].astype(int)
        assert rgb[32, 22, 0] > 200
        assert rgb[32, 22, 2] < 100
        assert rgb[32, 42, 2] > 200
        assert rgb[32, 42, 0] < 100

    def test_soft_layers_hide_nothing_in_depth(self, renderer):
        veil = facing_square(0.1, z_m=0.1, rgba=(1, 1, 1, 0.4), has_alpha=True)
        wall = facing_square(0.2, z_m=-0.1)
        out = draw(renderer, head_of(wall, veil), sequence(camera()))
        assert out.depth_m[0, 32, 32] == pytest.approx(1.1, abs=2e-5)
        dense = facing_square(0.1, z_m=0.1, rgba=(1, 1, 1, 0.6), has_alpha=True)
        out = draw(renderer, head_of(wall, dense), sequence(camera()))
        assert out.depth_m[0, 32, 32] == pytest.approx(0.9, abs=2e-5)

    def test_see_through_parts_behind_opaque_ones_stay_hidden(self, renderer):
        veil = facing_square(0.1, z_m=-0.1, rgba=(1, 0, 0, 0.4), has_alpha=True)
        wall = facing_square(0.2, z_m=0.1)
        out = draw(renderer, head_of(veil, wall), sequence(camera()))
        np.testing.assert_array_equal(out.rgb[0, 32, 32], [255, 255, 255])

    def test_textures_of_several_sizes_share_the_layers(self, renderer):
        left = facing_square(0.1, texture=np.full((8, 4, 4), (255, 0, 0, 180), np.uint8), has_alpha=True)
        right = facing_square(0.1, z_m=-0.2, texture=np.full((32, 16, 4), (0, 0, 255, 255), np.uint8), has_alpha=True)
        out = draw(renderer, head_of(left, right), sequence(camera()))
        share = 180 / 255
        np.testing.assert_allclose(out.rgb[0, 32, 32], [encoded_255(share), 0, encoded_255(1 - share)], atol=1.5)


class TestResidentHeads:
    def test_the_budget_limits_what_stays(self):
        engine = GLRenderer(budget_bytes=200_000)
        spec = sequence(camera(32, 32))
        rng = np.random.default_rng(0)
        for _ in range(6):
            texture = rng.integers(0, 256, (128, 128, 4), dtype=np.uint8)
            draw(engine, head_of(facing_square(0.1, texture=texture)), spec)
            assert len(engine._heads) <= 2
        engine.close()
        assert len(engine._heads) == 0

    def test_changing_heads_and_sizes_leaks_nothing(self):
        engine = GLRenderer(budget_bytes=1)
        rng = np.random.default_rng(0)
        process = psutil.Process()
        levels = []
        for round_index in range(40):
            texture = rng.integers(0, 256, (256, 256, 4), dtype=np.uint8)
            head = head_of(facing_square(0.1, texture=texture, has_alpha=True), sphere(0.05, 1))
            draw(engine, head, sequence(camera(64 + round_index % 3, 64)))
            if round_index % 10 == 9:
                gc.collect()
            levels.append(process.memory_info().rss)
        engine.close()
        # One texture with its mip levels is 0.35 MB: 30 leaked ones would be 10 MB.
        assert levels[-1] - levels[9] < 4e6

    def test_large_textures_are_reduced(self):
        engine = GLRenderer(max_texture_px=16)
        texture = np.zeros((64, 32, 4), np.uint8)
        texture[..., 3] = 255
        texture[:, 16:, 0] = 255
        out = draw(engine, head_of(facing_square(0.2, texture=texture)), sequence(camera()))
        np.testing.assert_array_equal(out.rgb[0, 32, [18, 46]], [[0, 0, 0], [255, 0, 0]])
        engine.close()

    def test_too_many_parts_are_refused_with_the_way_out(self, renderer):
        head = head_of(*[facing_square(0.1)] * 65)
        with pytest.raises(RendererError, match=r"65 parts.*at most 64.*Merge"):
            draw(renderer, head, sequence(camera()))

    def test_close_twice_and_draw_again(self):
        engine = GLRenderer()
        spec, head = sequence(camera(32, 32)), head_of(facing_square())
        first = draw(engine, head, spec)
        engine.close()
        engine.close()
        np.testing.assert_array_equal(draw(engine, head, spec).rgb, first.rgb)
        engine.close()
