"""Several pictures in one target, a ring of buffers, backgrounds kept on the device: the bytes of frames one by one."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.render.gl import readback
from synhead.render.gl.backgrounds import BackgroundBank
from synhead.render.gl.context import context
from synhead.render.gl.renderer import GLRenderer
from tests.render.contract import draw
from tests.render.contract_face import LIT, face_of, moving_head
from tests.render.simple_scenes import camera, facing_square, head_of, noise_background, sequence, sphere


@pytest.fixture(scope="module", params=["msaa4", "none"])
def renderers(request):
    make = {"direct": {}, "ring": {"pipelined": True}, "atlas": {"tiles": (3, 2)},
            "both": {"tiles": (2, 2), "pipelined": True}}  # fmt: skip
    engines = {name: GLRenderer(antialiasing=request.param, **options) for name, options in make.items()}
    yield engines
    for engine in engines.values():
        engine.close()


def same(first, second):
    for name in ("rgb", "coverage", "depth_m"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("num_frames", [1, 6, 17])
def test_every_way_back_gives_the_same_bytes(renderers, num_frames):
    cam = camera(48, 40)
    # One frame in the middle is behind the camera, one is out of the picture.
    spec = sequence(cam, LIT, t=[(0.012 * (i % 9), 0.004 * i, -0.5 if i == 4 else 1.0) for i in range(num_frames)])
    head = head_of(sphere(0.1, 2), facing_square(0.13, z_m=0.02, rgba=(1, 0, 0, 0.6), has_alpha=True))
    back = noise_background(cam)
    direct = draw(renderers["direct"], head, spec, back)
    for name in ("ring", "atlas", "both"):
        same(direct, draw(renderers[name], head, spec, back))


def test_moving_faces_and_moving_backgrounds_in_one_target(renderers):
    rows = [(0.2 * i, 0.1 * i, 3.0 * i, -5.0 * i) for i in range(5)]
    cam = camera(96, 96, focal_px=300.0)
    spec = replace(sequence(cam, LIT, t=[(0.0, 0.0, 1.0)] * 5), face=face_of(*rows))
    backs = np.random.default_rng(3).integers(0, 256, (5, 96, 96, 3), dtype=np.uint8)
    pictures = {name: engine.render(moving_head(), backs, spec, range(5)) for name, engine in renderers.items()}
    for name in ("ring", "atlas", "both"):
        same(pictures["direct"], pictures[name])


def test_small_buffers_make_the_ring_go_round_many_times(monkeypatch):
    monkeypatch.setattr(readback, "CHUNK_BYTES", 1000)
    reads = []
    collect = readback.PipelinedReadback._collect
    monkeypatch.setattr(
        readback.PipelinedReadback, "_collect", lambda self: (reads.append(len(self._in_flight)), collect(self))[1]
    )
    engine, plain = GLRenderer(pipelined=True), GLRenderer()
    spec = sequence(camera(48, 40), t=[(0.01 * i, 0.0, 1.0) for i in range(40)])
    head = head_of(sphere(0.1, 1))
    same(draw(engine, head, spec), draw(plain, head, spec))
    # The oldest buffer is read when all are full and a new one is needed; two stay in flight then.
    assert len(reads) > 2 * readback.RING_BUFFERS
    assert max(reads) == readback.RING_BUFFERS
    engine.close()
    plain.close()


class TestBackgroundBank:
    def test_the_same_picture_goes_up_once(self):
        ctx = context(0)
        rng = np.random.default_rng(0)
        a, b = (rng.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(2))
        with ctx:
            bank = BackgroundBank(ctx)
            first = bank.get(a)
            assert bank.get(b) is not first
            assert bank.get(a.copy()) is first
            assert bank.num_uploads == 2
            assert first.read(alignment=1) == a.tobytes()
            bank.release()

    def test_the_budget_holds_and_what_is_shown_is_right(self):
        ctx = context(0)
        rng = np.random.default_rng(1)
        with ctx:
            bank = BackgroundBank(ctx, budget_bytes=4000)
            for size in [(20, 30), (10, 10), (20, 30), (30, 20), (60, 60), (20, 30)] * 2:
                pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
                assert bank.get(pixels).read(alignment=1) == pixels.tobytes()
                assert len(bank) == 1 or bank._num_bytes <= 4000
            bank.release()
            assert len(bank) == 0
            assert bank._num_bytes == 0

    def test_sequences_share_the_background_of_one_renderer(self):
        engine = GLRenderer()
        cam = camera(32, 32)
        head, back = head_of(sphere(0.1, 1)), noise_background(cam)
        for _ in range(3):
            draw(engine, head, sequence(cam), back)
        assert engine._backgrounds.num_uploads == 1
        engine.close()
