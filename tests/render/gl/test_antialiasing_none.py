"""One sample a pixel: the contract without what needs partial coverage."""

import numpy as np
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import Lighting
from synhead.render import open_renderer
from tests.render.contract import covered_area_and_centroid, draw, sphere_outline
from tests.render.contract_background import BackgroundContract
from tests.render.contract_face import FaceContract
from tests.render.contract_natural import NaturalContract
from tests.render.simple_scenes import (
    camera,
    encoded_255,
    facing_square,
    flat_background,
    head_of,
    light,
    linear,
    sequence,
    sphere,
)


@pytest.fixture(scope="module")
def renderer():
    engine = open_renderer("gl", antialiasing="none")
    yield engine
    engine.close()


class TestBackground(BackgroundContract):
    pass


class TestFace(FaceContract):
    # Judges rows of partial coverage, which one sample has none of.
    test_what_moves_out_of_the_resting_outline_is_drawn_whole = None


class TestNatural(NaturalContract):
    pass


def test_it_says_so(renderer):
    assert renderer.info.antialiasing == "none"


def test_an_opaque_ball_is_there_or_not(renderer):
    cam = camera(128, 112, focal_px=250.0, center_px=(61.3, 58.9))
    t = np.array([0.12, -0.08, 0.9])
    out = draw(renderer, head_of(sphere(0.1)), sequence(cam, t=[t]))
    assert set(np.unique(out.coverage)) == {0, 255}
    np.testing.assert_array_equal(np.isfinite(out.depth_m), out.coverage == 255)
    area, centroid = covered_area_and_centroid(out.coverage[0])
    expected_area, expected_centroid = sphere_outline(t, 0.1, cam)
    assert area == pytest.approx(expected_area, rel=1e-2)
    np.testing.assert_allclose(centroid, expected_centroid, atol=0.1)


def test_the_sample_is_the_middle_of_the_pixel(renderer):
    # The square's left edge at x = 22.4: column 22's middle, 22.5, is inside; at 22.6 it is not.
    for shift, first in ((0.4, 22), (0.6, 23)):
        cam = camera(64, 64, focal_px=100.0, center_px=(32.0 + shift, 32.0))
        out = draw(renderer, head_of(facing_square(0.1)), sequence(cam))
        columns = np.flatnonzero(out.coverage[0, 32])
        assert (columns[0], columns[-1]) == (first, first + 19)


def test_depth_of_a_plane(renderer):
    out = draw(renderer, head_of(facing_square(0.1)), sequence(camera(), t=[(0.0, 0.0, 0.8)]))
    full = out.coverage[0] == 255
    assert full.sum() > 500
    np.testing.assert_allclose(out.depth_m[0][full], 0.8, atol=2e-5)


@pytest.mark.parametrize("alpha", [30, 127, 128, 200, 255])
def test_uniform_opacity_blends_exactly(renderer, alpha):
    cam = camera()
    texture = np.full((8, 8, 4), (250, 120, 10, alpha), np.uint8)
    out = draw(renderer, head_of(facing_square(0.1, texture=texture, has_alpha=True)), sequence(cam),
               flat_background(cam, (20, 90, 220)))  # fmt: skip
    share = alpha / 255
    for channel, (front, back) in enumerate(((250, 20), (120, 90), (10, 220))):
        expected = encoded_255(share * linear(front / 255) + (1 - share) * linear(back / 255))
        assert out.rgb[0, 32, 32, channel] == pytest.approx(expected, abs=2 if alpha < 50 else 1.2)
    assert out.coverage[0, 32, 32] == pytest.approx(alpha, abs=1)


def test_inside_it_is_the_picture_of_four_samples(renderer):
    lit = Lighting(ambient_rgb=(0.2, 0.2, 0.2), directional=(light((0.4, -0.5, -1.0), 0.7),))
    spec = sequence(camera(96, 96, focal_px=300.0), lit, R=rotation_from_euler_pyr(np.array([[5.0, 20.0, 3.0]])))
    head = head_of(sphere(0.1), facing_square(0.05, z_m=0.12, rgba=(0.2, 0.3, 0.9, 0.6), has_alpha=True))
    four = open_renderer("gl")
    a, b = draw(renderer, head, spec), draw(four, head, spec)
    four.close()
    inside = (a.coverage == 255) & (b.coverage == 255)
    difference = np.abs(a.rgb.astype(int) - b.rgb)[inside]
    assert inside.sum() > 2000
    assert np.median(difference) == 0
    assert difference.mean() < 0.6
