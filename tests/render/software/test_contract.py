"""The contract, over the software engine with four samples a pixel."""

import pytest

from synhead.render.software.engine import SoftwareRenderer
from tests.render.contract import GeometryContract
from tests.render.contract_background import BackgroundContract
from tests.render.contract_face import FaceContract
from tests.render.contract_light import LightContract
from tests.render.contract_natural import NaturalContract


@pytest.fixture(scope="module")
def renderer():
    engine = SoftwareRenderer()
    yield engine
    engine.close()


@pytest.fixture
def renderer_with_small_budget():
    engine = SoftwareRenderer(budget_bytes=30_000)
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
