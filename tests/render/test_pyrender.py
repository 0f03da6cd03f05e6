"""The `pyrender` engine: the contract, its cut-out opacity, and its own error messages."""

import sys

import numpy as np
import pytest

pytest.importorskip("pyrender", reason="the extra synhead[pyrender] is not installed")

from synhead.errors import RendererError
from synhead.render import open_renderer, pyrender_backend
from tests.render.contract import GeometryContract, draw
from tests.render.contract_background import BackgroundContract
from tests.render.contract_face import FaceContract
from tests.render.contract_light import LightContract
from tests.render.contract_natural import NaturalContract
from tests.render.simple_scenes import camera, facing_square, head_of, sequence


@pytest.fixture(scope="module")
def renderer():
    engine = open_renderer("pyrender")
    yield engine
    engine.close()


@pytest.fixture
def renderer_with_small_budget():
    engine = open_renderer("pyrender", resident_budget_bytes=30_000)
    yield engine
    engine.close()


class TestGeometry(GeometryContract):
    depth_of_all_samples = False


class TestBackground(BackgroundContract):
    pass


class TestFace(FaceContract):
    pass


class TestLight(LightContract):
    pass


class TestNatural(NaturalContract):
    pass


@pytest.mark.parametrize(("alpha", "drawn"), [(0, False), (120, False), (135, True), (255, True)])
def test_opacity_is_cut_at_a_half(renderer, alpha, drawn):
    texture = np.full((8, 8, 4), (255, 0, 0, alpha), np.uint8)
    out = draw(renderer, head_of(facing_square(0.1, texture=texture, has_alpha=True)), sequence(camera()))
    assert out.coverage[0, 32, 32] == (255 if drawn else 0)
    assert np.isfinite(out.depth_m[0, 32, 32]) == drawn


def test_another_platform_is_refused(monkeypatch):
    monkeypatch.setenv("PYOPENGL_PLATFORM", "osmesa")
    with pytest.raises(RendererError, match="PYOPENGL_PLATFORM is 'osmesa'"):
        open_renderer("pyrender")


def test_a_missing_package_names_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrender", None)
    with pytest.raises(RendererError, match="pip install --no-deps pyrender"):
        open_renderer("pyrender")


def test_a_shader_of_another_version_is_refused(monkeypatch):
    import pyrender

    monkeypatch.setattr(pyrender_backend, "PATCHES", {"a line that is not there": ""})
    with pytest.raises(RendererError, match="another shader"):
        pyrender_backend._patched_shaders(pyrender)
