"""Whole heads: against eight by eight samples, against the gl engine, and from a cache of compiled loops."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synhead.core.camera import Camera
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import Lighting
from synhead.errors import RendererError
from synhead.heads.load import load_head
from synhead.render import open_renderer
from synhead.render.color import linear_from_srgb, srgb_from_linear
from synhead.render.software.engine import SoftwareRenderer
from tests.render.simple_scenes import light, noise_background, sequence
from tests.shared_data import shared_data

LIT = Lighting(ambient_rgb=(0.3, 0.3, 0.3), directional=(light((-1, -1, -1), 0.7), light((1, 0, -1), 0.3)))
HEADS = Path(__file__).resolve().parents[3] / "assets" / "heads"


def head_camera(size_px: int) -> Camera:
    """A head at 0.9 m fills about two thirds of the picture."""
    focal = size_px / 2 / np.tan(np.radians(12))
    return Camera(width_px=size_px, height_px=size_px, focal_px=focal, center_px=(size_px / 2, size_px / 2))


def poses(size_px: int, angles):
    """A spec of these (pitch, yaw)."""
    R = np.stack([rotation_from_euler_pyr(np.array([pitch, yaw, 0.0])) for pitch, yaw in angles])
    return sequence(head_camera(size_px), LIT, R=R, t=[(0.0, 0.0, 0.9)] * len(angles))


def supersampled(head, background, spec, frame, factor=8):
    """The picture of factor x factor samples a pixel, averaged in linear light, and the depth of each sample."""
    cam = spec.camera
    fine = replace(
        cam,
        width_px=cam.width_px * factor,
        height_px=cam.height_px * factor,
        focal_px=cam.focal_px * factor,
        center_px=(cam.center_px[0] * factor, cam.center_px[1] * factor),
    )
    large = np.repeat(np.repeat(background, factor, 0), factor, 1)
    engine = SoftwareRenderer(antialiasing="none")
    out = engine.render(head, large, replace(spec, camera=fine), range(frame, frame + 1))
    blocks = (cam.height_px, factor, cam.width_px, factor)
    light_of = linear_from_srgb(np.arange(256) / 255)[out.rgb[0]].reshape(*blocks, 3).mean(axis=(1, 3))
    return srgb_from_linear(light_of) * 255, out.depth_m[0].reshape(blocks)


def edge_band(depth_m):
    """Pixels in which depth jumps by more than 8 mm, and their neighbours."""
    finite = np.where(np.isfinite(depth_m), depth_m, 99.0)
    edge = finite.max(axis=(1, 3)) - finite.min(axis=(1, 3)) > 0.008
    for axis in (0, 1):
        edge = edge | np.roll(edge, 1, axis) | np.roll(edge, -1, axis)
    return edge


def band_psnr_db(head, size_px, angles, antialiasing):
    """Of the edge band over all poses, before a background of noise."""
    spec = poses(size_px, angles)
    background = noise_background(spec.camera)
    drawn = SoftwareRenderer(antialiasing=antialiasing).render(head, background, spec, range(len(angles)))
    squares = []
    for frame in range(len(angles)):
        reference, depth_m = supersampled(head, background, spec, frame)
        band = edge_band(depth_m)
        squares.append(((drawn.rgb[frame] - reference) ** 2)[band])
    return 10 * np.log10(255**2 / np.concatenate(squares).mean())


class TestAntialiasing:
    def test_edges_are_within_30_db_of_64_samples(self):
        head = load_head(HEADS / "m01")
        assert band_psnr_db(head, 160, [(5.0, 30.0)], "msaa4") >= 30

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["f1", "m2", "f5"])
    def test_edges_of_large_pictures(self, name):
        head = load_head(shared_data("heads", name))
        angles = [(0.0, 0.0), (-20.0, 50.0), (25.0, -35.0)]
        soft, hard = (band_psnr_db(head, 400, angles, antialiasing) for antialiasing in ("msaa4", "none"))
        assert soft >= 30
        assert soft >= hard + 5


class TestAgainstGl:
    @pytest.fixture(scope="class")
    def gl(self):
        try:
            engine = open_renderer("gl")
        except RendererError as error:
            pytest.skip(f"no OpenGL here: {error}")
        yield engine
        engine.close()

    @pytest.mark.parametrize("name", ["f01", "m01"])
    def test_same_silhouette_colours_and_depth(self, gl, name):
        head = load_head(HEADS / name)
        spec = poses(200, [(0.0, 0.0), (-15.0, 40.0)])
        background = noise_background(spec.camera)
        a, b = (engine.render(head, background, spec, range(2)) for engine in (gl, SoftwareRenderer()))
        inside_a, inside_b = a.coverage >= 128, b.coverage >= 128
        assert (inside_a & inside_b).sum() / (inside_a | inside_b).sum() >= 0.998
        both = inside_a & inside_b
        difference = np.abs(a.rgb.astype(int) - b.rgb)[both]
        assert np.median(difference) <= 1
        assert difference.mean() <= 4
        known = np.isfinite(a.depth_m) & np.isfinite(b.depth_m)
        assert np.median(np.abs(a.depth_m[known] - b.depth_m[known])) < 1e-4
        assert (np.isfinite(a.depth_m) != np.isfinite(b.depth_m)).mean() < 2e-3


_COUNT_MISSES = """
import numpy as np
from synhead.render.probe_scene import probe_scene
from synhead.render.software import engine
from numba.core.dispatcher import Dispatcher
import gc
scene = probe_scene()
for antialiasing in ("msaa4", "none"):
    engine.SoftwareRenderer(antialiasing=antialiasing).render(scene.head, scene.background, scene.spec, range(1))
found = [d for d in gc.get_objects() if isinstance(d, Dispatcher) and "render.software" in d.py_func.__module__]
print(len(found), sum(sum(d.stats.cache_misses.values()) for d in found), sum(len(d.stats.cache_hits) for d in found))
"""


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", _COUNT_MISSES],
            capture_output=True,
            text=True,
            check=True,
            env={"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        counts.append([int(word) for word in done.stdout.split()])
    (num_kernels, first_misses, _), (_, second_misses, second_hits) = counts
    assert num_kernels > 20
    assert first_misses > 5
    assert second_misses == 0
    assert second_hits > 5
