"""The camera in a whole run: off is off to the byte, batches change nothing, a hand moves the background alone."""

import math
from itertools import pairwise

import numpy as np
import pytest

from synhead.heads.load import load_head
from synhead.pipeline import worker as worker_module
from synhead.pipeline.config import RunOptions
from synhead.pipeline.run import make_dataset
from synhead.pipeline.survey import survey
from synhead.render import open_renderer
from synhead.scenes.backgrounds import BackgroundBank
from synhead.scenes.handheld import max_shift_px
from synhead.scenes.shifted_views import shifted_views
from synhead.shards.codec import decode_mask, decode_rgb
from synhead.shards.reader import shard_sequences
from synhead.shards.verify import verify_dataset
from tests.pipeline.small_job import make_inputs, small_config

ONE = RunOptions(workers=1, executor="local")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("inputs"))


def _config(inputs, **scene):
    small = {"width_px": 48, "height_px": 48, "max_heads": 1}
    return small_config(inputs, scene={**small, **scene}, tracks={"max_tracks": 1}, image={"format": "png"})


def _made(inputs, out, **scene):
    summary = make_dataset(_config(inputs, **scene), ONE, out)
    assert not summary.failures
    (sequence,) = shard_sequences(out / "shards" / "00000.h5")
    return summary, sequence


def _frames(sequence, blob, decode):
    offsets = sequence.read(f"{blob}/offsets")
    return np.stack(
        [decode(sequence.read(f"{blob}/bytes", slice(int(a), int(b))).tobytes()) for a, b in pairwise(offsets)]
    )


def test_the_paper_look_stores_what_the_engine_drew(inputs, tmp_path):
    _, sequence = _made(inputs, tmp_path / "o", look="paper")
    assert sequence.sensor is None
    plan = survey(_config(inputs, look="paper"), engine="gl")
    spec = plan.sequence_spec(plan.sequences[0])
    bank = BackgroundBank(inputs / "photos")
    engine = open_renderer("auto")
    drawn = engine.render(
        load_head(plan.heads[0].path),
        bank.pixels(spec.background, width_px=48, height_px=48),
        spec,
        range(spec.num_frames),
    )
    engine.close()
    np.testing.assert_array_equal(_frames(sequence, "image", decode_rgb), drawn.rgb)


def test_every_effect_switched_off_is_an_ideal_camera(inputs, tmp_path):
    effects = ("exposure", "white_balance", "vignetting", "defocus", "noise", "motion_blur", "camera_jpeg")
    _, sequence = _made(inputs, tmp_path / "o", sensor=dict.fromkeys(effects, False))
    assert sequence.sensor is None


def test_batches_change_no_byte_of_a_natural_sequence(inputs, tmp_path, monkeypatch):
    first, sequence = _made(inputs, tmp_path / "a", background_motion="handheld")
    assert sequence.sensor is not None
    monkeypatch.setattr(worker_module, "BATCH_FRAMES", 5)
    second, _ = _made(inputs, tmp_path / "b", background_motion="handheld")
    assert first.digest == second.digest


def test_a_hand_moves_the_background_and_nothing_else(inputs, tmp_path):
    _, still = _made(inputs, tmp_path / "a", look="paper")
    _, held = _made(inputs, tmp_path / "b", look="paper", background_motion="handheld")
    assert verify_dataset(tmp_path / "b").ok
    masks = _frames(held, "mask", decode_mask)
    np.testing.assert_array_equal(masks, _frames(still, "mask", decode_mask))
    np.testing.assert_array_equal(held.read("landmarks_68_px"), still.read("landmarks_68_px"))
    shift = held.read("background_shift_px").astype(float)
    assert np.ptp(shift, axis=0).max() > 0.1
    plan = survey(_config(inputs, background_motion="handheld", look="paper"), engine="gl")
    spec = plan.sequence_spec(plan.sequences[0])
    np.testing.assert_allclose(shift, spec.background_shift_px, atol=1e-6)
    margin = math.ceil(max_shift_px(48)) + 1
    large = BackgroundBank(inputs / "photos").pixels(
        spec.background, width_px=48 + 2 * margin, height_px=48 + 2 * margin
    )
    views = shifted_views(large, spec.background_shift_px, margin_px=margin)
    images = _frames(held, "image", decode_rgb)
    np.testing.assert_array_equal(images[masks == 0], views[masks == 0])
