"""Clip space and windows, by hand."""

import numpy as np
import pytest

from synhead.core.rotation import A_HEAD_TO_FRONTAL
from synhead.render.projection import NEAR_LIMIT_M, clip_from_camera, outline_points, view_of
from tests.render.simple_scenes import camera, sphere

CUBE = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (-0.1, 0.1) for z in (-0.1, 0.1)])


def test_clip_space_is_the_pinhole_camera():
    cam = camera(120, 80, focal_px=150.0, center_px=(50.0, 47.0))
    matrix = clip_from_camera(cam, 0.5, 2.0)
    for point, expected in (((0, 0, 1), (50, 47)), ((0.1, 0, 1), (65, 47)), ((0, 0.2, 2), (50, 62))):
        clip = matrix @ np.array([*point, 1.0])
        ndc = clip[:3] / clip[3]
        np.testing.assert_allclose((ndc[:2] + 1) / 2 * (120, 80), expected)
    for z, expected in ((0.5, -1), (2.0, 1)):
        clip = matrix @ np.array([0, 0, z, 1.0])
        assert clip[2] / clip[3] == pytest.approx(expected)


def test_the_outline_is_a_subset_that_bounds_the_head():
    points = np.concatenate([CUBE, np.random.default_rng(0).uniform(-0.09, 0.09, (500, 3))])
    outline = outline_points(points)
    assert len(outline) == 8
    np.testing.assert_array_equal(np.sort(outline, axis=0), np.sort(CUBE, axis=0))


def test_flat_heads_have_an_outline_too():
    flat = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    assert len(outline_points(flat)) == 4
    assert len(outline_points(flat[:3])) == 3


def test_the_window_holds_the_projection_and_little_more():
    # Nearest face at 0.9 m: +-0.1 m are +-11.1 px about (32, 32).
    view = view_of(CUBE, A_HEAD_TO_FRONTAL, np.array([0.0, 0.0, 1.0]), camera())
    assert view is not None
    assert view.window_px == (19, 19, 45, 45)
    assert 0.88 < view.near_m < 0.9
    assert 1.1 < view.far_m < 1.11


@pytest.mark.parametrize("t", [(0.0, 0.0, -1.0), (0.0, 0.0, -0.09), (3.0, 0.0, 1.0), (0.0, -3.0, 1.0)])
def test_no_view_of_what_is_outside(t):
    assert view_of(CUBE, A_HEAD_TO_FRONTAL, np.array(t), camera()) is None


def test_a_head_around_the_camera_gets_the_whole_image():
    view = view_of(outline_points(sphere(0.1, 1).vertices_m), A_HEAD_TO_FRONTAL, np.zeros(3), camera(50, 40))
    assert view is not None
    assert view.window_px == (0, 0, 50, 40)
    assert view.near_m == NEAR_LIMIT_M
