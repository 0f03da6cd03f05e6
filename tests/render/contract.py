"""What every engine must draw: geometry. `contract_light.py` has colour, opacity and state."""

import numpy as np
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.render.labels import boxes_of_masks
from synhead.render.projection import NEAR_LIMIT_M
from tests.render.simple_scenes import (
    camera,
    facing_square,
    flat_background,
    head_of,
    noise_background,
    quad,
    sequence,
    sphere,
)


def draw(renderer, head, spec, background=None):
    """All frames of a spec."""
    back = flat_background(spec.camera) if background is None else background
    return renderer.render(head, back, spec, range(spec.num_frames))


def polygon_area_and_centroid(corners):
    """Shoelace formula."""
    x, y = corners.T
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    cross = x * y1 - x1 * y
    area = cross.sum() / 2
    return abs(area), np.array([((x + x1) * cross).sum(), ((y + y1) * cross).sum()]) / (6 * area)


def covered_area_and_centroid(coverage):
    """In pixels, pixel centres at +0.5."""
    weight = coverage.astype(float) / 255
    y, x = np.mgrid[: coverage.shape[0], : coverage.shape[1]] + 0.5
    return weight.sum(), np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


def sphere_outline(centre, radius, cam):
    """Area and centroid of a ball's image: the ellipse (p.c)^2 = (|c|^2 - r^2) p.p with p = (u, v, 1)."""
    conic = np.outer(centre, centre) - (centre @ centre - radius**2) * np.eye(3)
    quadratic, linear, constant = conic[:2, :2], conic[:2, 2], conic[2, 2]
    middle = -np.linalg.solve(quadratic, linear)
    level = constant + linear @ middle
    area = np.pi * abs(level) / np.sqrt(np.linalg.det(quadratic))
    return area * cam.focal_px**2, middle * cam.focal_px + np.array(cam.center_px)


class GeometryContract:
    """Every test takes the fixture `renderer`; an engine's test module subclasses this and provides it."""

    depth_of_all_samples = True
    """Depth is the nearest of all samples of a pixel, so that it is finite wherever an opaque surface has coverage."""

    @pytest.mark.parametrize("t", [(0.0, 0.0, 1.0), (0.12, -0.08, 0.9), (-0.15, 0.1, 1.2)])
    def test_silhouette_of_a_ball_is_the_analytic_ellipse(self, renderer, t):
        cam = camera(128, 112, focal_px=250.0, center_px=(61.3, 58.9))
        out = draw(renderer, head_of(sphere(0.1)), sequence(cam, t=[t]))
        area, centroid = covered_area_and_centroid(out.coverage[0])
        expected_area, expected_centroid = sphere_outline(np.array(t), 0.1, cam)
        assert area == pytest.approx(expected_area, rel=3e-3)
        np.testing.assert_allclose(centroid, expected_centroid, atol=0.03)

    @pytest.mark.parametrize("angle_deg", [7.0, 23.0, 58.0])
    def test_projection_is_exact_to_a_hundredth_of_a_pixel(self, renderer, angle_deg):
        # Four samples resolve a quarter of a pixel; slanted edges in 24 sub-pixel positions average that away, while
        # a shift of the image would stay.
        cam = camera(120, 90, focal_px=111.0, center_px=(57.25, 48.6))
        turn = np.radians(angle_deg)
        square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.25
        corners = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        points_head = np.column_stack([corners, np.zeros(4)])
        steps = np.arange(24)
        t = np.column_stack([0.03 + 0.0007 * steps, -0.02 + 0.0011 * (steps % 7), np.full(24, 0.95)])
        R = np.tile(rotation_from_euler_pyr(np.array([12.0, -17.0, 5.0])), (24, 1, 1))
        out = draw(renderer, head_of(quad(points_head)), sequence(cam, R=R, t=t))
        errors = []
        for frame in range(24):
            points = points_head @ R[frame].T + t[frame]
            image = points[:, :2] / points[:, 2:] * 111.0 + np.array([57.25, 48.6])
            area, centroid = covered_area_and_centroid(out.coverage[frame])
            expected_area, expected_centroid = polygon_area_and_centroid(image)
            errors.append(centroid - expected_centroid)
            assert area == pytest.approx(expected_area, rel=5e-3)
        assert np.abs(errors).max() < 0.04
        assert np.abs(np.mean(errors, axis=0)).max() < 0.01

    def test_whole_pixels_are_covered_exactly(self, renderer):
        # At 1 m and 100 px, 0.1 m are 10 px: the square covers columns 22..41 and rows 22..41 and nothing else.
        cam = camera(64, 64, focal_px=100.0)
        out = draw(renderer, head_of(facing_square(0.1)), sequence(cam))
        expected = np.zeros((64, 64), np.uint8)
        expected[22:42, 22:42] = 255
        np.testing.assert_array_equal(out.coverage[0], expected)
        np.testing.assert_array_equal(boxes_of_masks(out.coverage >= 128)[0], [22, 22, 42, 42])

    def test_depth_of_a_facing_plane(self, renderer):
        cam = camera()
        out = draw(renderer, head_of(facing_square(0.1)), sequence(cam, t=[(0.0, 0.0, 0.8)]))
        full = out.coverage[0] == 255
        assert full.sum() > 500
        np.testing.assert_allclose(out.depth_m[0][full], 0.8, atol=2e-5)
        assert np.isposinf(out.depth_m[0][out.coverage[0] == 0]).all()

    def test_depth_of_a_ball(self, renderer):
        cam = camera(96, 96, focal_px=300.0)
        centre = np.array([0.02, -0.01, 0.9])
        out = draw(renderer, head_of(sphere(0.1, subdivisions=5)), sequence(cam, t=[centre]))
        y, x = np.mgrid[:96, :96] + 0.5
        ray = np.stack([(x - 48) / 300, (y - 48) / 300, np.ones_like(x)], axis=-1)
        ray_ray, ray_c = (ray**2).sum(-1), ray @ centre
        inside = ray_c**2 - ray_ray * (centre @ centre - 0.01)
        # The middle of the ball, where a pixel's samples differ by less than a millimetre.
        middle = inside > 0.6 * inside.max()
        z = (ray_c - np.sqrt(np.where(middle, inside, 0.0))) / ray_ray
        error = out.depth_m[0][middle] - z[middle]
        assert middle.sum() > 1000
        assert np.abs(error).max() < 1.5e-3
        assert np.abs(np.median(error)) < 0.5e-3

    def test_depth_is_finite_exactly_where_something_is(self, renderer):
        cam = camera(96, 96, focal_px=300.0)
        out = draw(renderer, head_of(sphere(0.1)), sequence(cam))
        assert np.isfinite(out.depth_m[out.coverage == 255]).all()
        assert np.isposinf(out.depth_m[out.coverage == 0]).all()
        if self.depth_of_all_samples:
            assert np.isfinite(out.depth_m[out.coverage > 0]).all()

    def test_not_mirrored_and_upright(self, renderer):
        # Top left red, top right green, bottom left blue, bottom right white, as the head's front shows them: the
        # texture's right is the subject's left (+x), which a frontal face shows at image right.
        texture = np.zeros((64, 64, 4), np.uint8)
        texture[..., 3] = 255
        texture[:32, :32, 0] = texture[:32, 32:, 1] = texture[32:, :32, 2] = 255
        texture[32:, 32:, :3] = 255
        cam = camera()
        rgb = draw(renderer, head_of(facing_square(0.2, texture=texture)), sequence(cam)).rgb[0]
        for (row, column), color in {
            (20, 20): (255, 0, 0),
            (20, 44): (0, 255, 0),
            (44, 20): (0, 0, 255),
            (44, 44): (255, 255, 255),
        }.items():
            np.testing.assert_allclose(rgb[row, column], color, atol=1)

    def test_positive_yaw_moves_the_nose_to_image_left(self, renderer):
        nose = facing_square(0.02, z_m=0.2)
        cam = camera()
        for yaw, side in ((25.0, -1), (-25.0, 1)):
            R = rotation_from_euler_pyr(np.array([[0.0, yaw, 0.0]]))
            _, centroid = covered_area_and_centroid(draw(renderer, head_of(nose), sequence(cam, R=R)).coverage[0])
            assert (centroid[0] - 32) * side > 5

    def test_nearer_surface_hides_the_farther_one(self, renderer):
        red, green = (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0)
        near, far = facing_square(0.1, z_m=0.1, rgba=red), facing_square(0.2, z_m=-0.1, rgba=green)
        for parts in ((near, far), (far, near)):
            out = draw(renderer, head_of(*parts), sequence(camera()))
            np.testing.assert_array_equal(out.rgb[0, 32, 32], [255, 0, 0])
            assert out.depth_m[0, 32, 32] == pytest.approx(0.9, abs=2e-5)
            np.testing.assert_array_equal(out.rgb[0, 32, 16], [0, 255, 0])

    def test_back_faces_are_drawn(self, renderer):
        front = facing_square(0.1)
        away = quad(front.vertices_m[::-1])
        out = draw(renderer, head_of(away), sequence(camera()))
        np.testing.assert_array_equal(out.coverage, draw(renderer, head_of(front), sequence(camera())).coverage)
        assert (out.rgb[0, 30:34, 30:34] == 255).all()

    def test_a_surface_that_reaches_behind_the_camera_is_cut_there(self, renderer):
        # A floor 0.1 m under the camera, from 1 m behind it to 1 m before it.
        floor = quad([[-1, -0.1, 1], [1, -0.1, 1], [1, -0.1, -1], [-1, -0.1, -1]])
        out = draw(renderer, head_of(floor), sequence(camera(), t=[(0.0, 0.0, 0.0)]))
        # Row y sees z = 0.1 * 100 / (y + 0.5 - 32); beyond 1 m, above row 42, there is none.
        assert (out.coverage[0, :41] == 0).all()
        assert (out.coverage[0, 43:] == 255).all()
        assert out.depth_m[0, 60, 32] == pytest.approx(10 / 28.5, rel=0.02)
        assert out.depth_m.min() >= NEAR_LIMIT_M

    @pytest.mark.parametrize("t", [(3.0, 0.0, 1.0), (0.0, -3.0, 1.0), (0.0, 0.0, -1.0)])
    def test_outside_of_the_image_or_behind_the_camera(self, renderer, t):
        cam = camera(48, 40)
        back = noise_background(cam)
        out = draw(renderer, head_of(sphere(0.1, 2)), sequence(cam, t=[t]), back)
        np.testing.assert_array_equal(out.rgb[0], back)
        assert not out.coverage.any()
        assert np.isposinf(out.depth_m).all()
        assert np.isnan(boxes_of_masks(out.coverage >= 128)).all()

    def test_only_what_lies_inside_the_image_is_drawn(self, renderer):
        cam = camera(50, 30, focal_px=100.0, center_px=(0.0, 0.0))
        out = draw(renderer, head_of(facing_square(0.1)), sequence(cam))
        expected = np.zeros((30, 50), np.uint8)
        expected[:10, :10] = 255
        np.testing.assert_array_equal(out.coverage[0], expected)
