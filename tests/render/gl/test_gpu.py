"""The contract of the gl engine on a hardware GPU: `pytest -m gpu tests/render/gl/test_gpu.py`."""

import numpy as np
import pytest

from synhead.render import open_renderer
from tests.render.contract import GeometryContract, draw
from tests.render.contract_background import BackgroundContract
from tests.render.contract_face import FaceContract
from tests.render.contract_light import LightContract
from tests.render.contract_natural import NaturalContract
from tests.render.simple_scenes import camera, facing_square, head_of, noise_background, sequence, sphere

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def renderer():
    engine = open_renderer("gl", require_gpu=True)
    yield engine
    engine.close()


@pytest.fixture
def renderer_with_small_budget():
    engine = open_renderer("gl", require_gpu=True, resident_budget_bytes=30_000)
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


@pytest.mark.parametrize("antialiasing", ["msaa4", "none"])
def test_every_way_back_gives_the_same_bytes(antialiasing):
    from synhead.render.cuda_devices import egl_device_of_process
    from synhead.render.gl.renderer import GLRenderer

    cam = camera(48, 40)
    spec = sequence(cam, t=[(0.01 * (i % 9), 0.0, 1.0) for i in range(60)])
    head, back = (
        head_of(sphere(0.1, 2), facing_square(0.13, rgba=(1, 0, 0, 0.6), has_alpha=True)),
        noise_background(cam),
    )
    pictures = []
    for pipelined in (False, True):
        for tiles in ((1, 1), (5, 5)):
            engine = GLRenderer(
                device_index=egl_device_of_process(), antialiasing=antialiasing, pipelined=pipelined, tiles=tiles
            )
            pictures.append(draw(engine, head, spec, back))
            engine.close()
    for other in pictures[1:]:
        for name in ("rgb", "coverage", "depth_m"):
            np.testing.assert_array_equal(getattr(pictures[0], name), getattr(other, name))
