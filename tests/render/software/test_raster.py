"""Coverage, depth and clipping of the software engine, each against another way to find it."""

import numpy as np
import pytest

from synhead.render.software.engine import SoftwareRenderer
from synhead.render.software.frame_buffers import FrameBuffers, Listed, Projected, Window
from synhead.render.software.raster import draw_triangles
from tests.render.contract import draw
from tests.render.simple_scenes import camera, facing_square, head_of, quad, sequence, sphere

SAMPLES = {
    4: np.array([(96, 32), (224, 96), (32, 160), (160, 224)]),
    1: np.array([(128, 128)]),
}
"""In 1/256 pixel: the standard four places of graphics cards, and the middle."""


def covered(points, triangles, samples, size=48, depth=None):
    """How often each sample is hit, when each triangle is drawn into empty buffers: [size, size, samples]."""
    places = np.zeros((len(points), 4), np.int32)
    places[:, :2] = points
    places[:, 2] = 0 if depth is None else depth
    hits = np.zeros((size, size, samples), int)
    for triangle in triangles:
        hits += keys_of(places, [triangle], samples, size) != 2**31 - 1
    return hits


def keys_of(places, triangles, samples, size):
    """Keys of all samples after drawing, by row, column and sample."""
    buffers = FrameBuffers()
    buffers.fit(len(places), len(triangles), size, size, samples)
    low, high = (32, 224) if samples == 4 else (128, 128)
    grid = np.array([size, size, low, high, samples, buffers.stride], np.int64)
    window = Window(grid=grid, lens=np.zeros(5), depth=np.ones(2), keep=np.int32(-1 << len(triangles).bit_length()))
    corners = np.array(triangles, np.int32)
    x, y = (places[corners, k].astype(np.int64) for k in (0, 1))
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    corners[area < 0] = corners[area < 0][:, [0, 2, 1]]
    corners = np.ascontiguousarray(corners[area != 0])
    count = len(corners)
    listed = Listed(np.arange(count, dtype=np.int32), corners, np.ones(count, np.uint8), np.zeros(count, np.int32))
    keys, _ = buffers.cleared()
    draw_triangles(listed, 0, count, Projected(np.zeros((len(places), 3)), places), window, keys)
    block = 2 if samples == 4 else 4
    blocks = keys.reshape(-1, buffers.stride, block, block, samples)
    return blocks.transpose(0, 2, 1, 3, 4).reshape(-1, buffers.stride * block, samples)[:size, :size]


def random_mesh(rng, count, low, high, on_grid):
    """A triangulation of random points whose hull is a square."""
    from scipy.spatial import Delaunay

    points = rng.integers(low, high, (count, 2))
    if on_grid:
        points = points // 32 * 32
    points = np.unique(np.concatenate([points, [[low, low], [low, high], [high, low], [high, high]]]), axis=0)
    return points, Delaunay(points).simplices


class TestFillRule:
    @pytest.mark.parametrize("samples", [4, 1])
    @pytest.mark.parametrize("on_grid", [False, True])
    @pytest.mark.parametrize("seed", range(3))
    def test_a_mesh_hits_each_sample_exactly_once(self, samples, on_grid, seed):
        # On the grid of 32 every fourth edge passes exactly through samples.
        low, high = 512, 44 * 256
        points, triangles = random_mesh(np.random.default_rng(seed), 60, low, high, on_grid)
        hits = covered(points, triangles, samples)
        y, x = np.mgrid[:48, :48] * 256
        for s, (dx, dy) in enumerate(SAMPLES[samples]):
            px, py = x + dx, y + dy
            inside = (px > low) & (px < high) & (py > low) & (py < high)
            np.testing.assert_array_equal(hits[..., s][inside], 1)
            outside = (px < low) | (px > high) | (py < low) | (py > high)
            np.testing.assert_array_equal(hits[..., s][outside], 0)

    @pytest.mark.parametrize("samples", [4, 1])
    def test_large_triangles_follow_the_same_rule(self, samples):
        # Wider than int32 edge functions allow: the other path, against one wide and many small neighbours.
        low, high = -300 * 256, 400 * 256
        points, triangles = random_mesh(np.random.default_rng(7), 30, low, high, False)
        np.testing.assert_array_equal(covered(points, triangles, samples), 1)

    @pytest.mark.parametrize("samples", [4, 1])
    def test_samples_lie_where_they_are_said_to(self, samples):
        # A triangle a hair larger than a sample's surroundings, at each sample.
        for s, (x, y) in enumerate(SAMPLES[samples]):
            points = np.array([(x - 2, y - 2), (x + 3, y - 2), (x - 2, y + 3)]) + 5 * 256
            hits = covered(points, [[0, 1, 2]], samples)
            assert hits[5, 5, s] == 1
            assert hits.sum() == 1

    def test_top_and_left_edges_are_inside_bottom_and_right_ones_outside(self):
        # Corners in pixel centres: columns 4..7 and rows 4..7 are inside, 8 is not.
        points = np.array([(4, 4), (8, 4), (8, 8), (4, 8)]) * 256 + 128
        hits = covered(points, [[0, 1, 2], [0, 2, 3]], 1)[..., 0]
        expected = np.zeros((48, 48), int)
        expected[4:8, 4:8] = 1
        np.testing.assert_array_equal(hits, expected)


@pytest.fixture(scope="module", params=["msaa4", "none"])
def renderer(request):
    return SoftwareRenderer(antialiasing=request.param)


class TestDepth:
    def test_a_slanted_plane_is_found_to_a_hundredth_of_a_millimetre(self, renderer):
        # z = 1 - 0.6 x in the head's frame, which stands 1 m before the camera.
        corners = np.array([[-0.1, -0.1, 0.06], [0.1, -0.1, -0.06], [0.1, 0.1, -0.06], [-0.1, 0.1, 0.06]])
        out = draw(renderer, head_of(quad(corners)), sequence(camera(64, 64)))
        full = out.coverage[0] == 255
        x = (np.mgrid[:64, :64] + 0.5)[1]
        # A point of the plane at image x: X = u z, z = 1 + 0.6 X (the head's z points at the camera).
        u = (x - 32) / 100
        z = 1 / (1 - 0.6 * u)
        if renderer.info.antialiasing == "none":
            np.testing.assert_allclose(out.depth_m[0][full], z[full], atol=1e-5)
        else:
            # The nearest of four samples lies up to half a pixel beside the centre.
            slope = 0.6 / 100 * z**2
            error = out.depth_m[0][full] - z[full]
            assert (error <= 1e-5).all()
            assert (error >= -0.5 * slope[full] - 1e-5).all()

    def test_intersecting_planes_meet_where_they_should(self, renderer):
        red = quad([[-0.1, -0.1, 0.1], [0.1, -0.1, -0.1], [0.1, 0.1, -0.1], [-0.1, 0.1, 0.1]], rgba=(1, 0, 0, 1))
        blue = quad([[-0.1, -0.1, -0.1], [0.1, -0.1, 0.1], [0.1, 0.1, 0.1], [-0.1, 0.1, -0.1]], rgba=(0, 0, 1, 1))
        rgb = draw(renderer, head_of(red, blue), sequence(camera(64, 64))).rgb[0]
        covered_rows = slice(26, 38)
        assert (rgb[covered_rows, 26:31] == (255, 0, 0)).all()
        assert (rgb[covered_rows, 33:38] == (0, 0, 255)).all()


class TestNearLimit:
    def test_colours_of_a_cut_surface_are_those_of_the_whole_one(self, renderer):
        """A floor with a texture that gives its z away, from 1 m behind the camera to 1 m before it."""
        texture = np.full((256, 4, 4), 255, np.uint8)
        texture[..., 0] = np.arange(256)[:, None]
        floor = quad([[-1, -0.1, 1], [1, -0.1, 1], [1, -0.1, -1], [-1, -0.1, -1]], texture=texture)
        out = draw(renderer, head_of(floor), sequence(camera(), t=[(0.0, 0.0, 0.0)]))
        rows = np.arange(45, 64)
        # Row y sees z = 10 / (y + 0.5 - 32); texture row 0 (v = 1) lies at z = 1, row 255 at z = -1.
        z = 10 / (rows + 0.5 - 32)
        expected = (1 - z) / 2 * 256 - 0.5
        np.testing.assert_allclose(out.rgb[0, rows, 32, 0], expected, atol=3)
        assert (out.coverage[0, 45:] == 255).all()

    def test_a_closed_surface_that_is_cut_shows_its_inside(self, renderer):
        # The camera stands inside of a ball: every pixel sees its far wall from within.
        out = draw(renderer, head_of(sphere(0.1, 3)), sequence(camera(), t=[(0.0, 0.0, 0.05)]))
        assert (out.coverage[0] == 255).all()
        assert out.depth_m[0, 32, 32] == pytest.approx(0.15, rel=0.01)

    def test_what_lies_wholly_before_the_limit_is_not_changed_by_another_part_behind_it(self, renderer):
        near = facing_square(0.05)
        behind = quad([[0.5, -0.1, 2.0], [0.6, -0.1, 2.0], [0.6, 0.1, 2.0], [0.5, 0.1, 2.0]])
        alone = draw(renderer, head_of(near), sequence(camera()))
        both = draw(renderer, head_of(near, behind), sequence(camera()))
        np.testing.assert_array_equal(alone.rgb, both.rgb)
        np.testing.assert_array_equal(alone.coverage, both.coverage)


class TestDeterminism:
    def test_the_same_bytes_again_and_in_any_batch(self, renderer):
        rng = np.random.default_rng(3)
        cam = camera(96, 80, focal_px=250.0)
        head = head_of(sphere(0.1, 3), facing_square(0.12, rgba=(1, 0, 0, 0.6), has_alpha=True))
        spec = sequence(cam, t=rng.uniform((-0.03, -0.03, 0.8), (0.03, 0.03, 1.2), (6, 3)))
        together = draw(renderer, head, spec)
        other = SoftwareRenderer(antialiasing=renderer.info.antialiasing)
        background = np.zeros((80, 96, 3), np.uint8)
        for frame in (5, 2, 0):
            alone = other.render(head, background, spec, range(frame, frame + 1))
            for name in ("rgb", "coverage", "depth_m"):
                np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[frame])
