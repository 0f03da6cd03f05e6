"""Encoding in threads gives the bytes of encoding in place."""

import numpy as np
import pytest

from synhead.core.scene import SensorSpec
from synhead.pipeline.config import ImageSettings, RunOptions
from synhead.pipeline.encoding import FrameEncoder, spare_threads
from synhead.pipeline.run import make_dataset
from synhead.pipeline.stage_clock import StageClock
from synhead.render.renderer import RenderedFrames
from synhead.render.sensor import SensorModel
from tests.pipeline.small_job import make_inputs, small_config


def _drawn(count):
    rng = np.random.default_rng(0)
    return RenderedFrames(
        rgb=rng.integers(0, 256, (count, 24, 32, 3), dtype=np.uint8),
        coverage=rng.integers(0, 256, (count, 24, 32), dtype=np.uint8),
        depth_m=rng.uniform(0.5, 2, (count, 24, 32)).astype(np.float32),
    )


@pytest.mark.parametrize("count", [1, 4, 11])
def test_threads_change_no_byte_and_keep_the_order(count):
    image = ImageSettings(passes=["depth"])
    spec = SensorSpec(shot_noise=2e-4, read_noise=1e-3, jpeg_quality=70)
    sensor = SensorModel(spec, seed=1, height_px=24, width_px=32)
    drawn, frames = _drawn(count), range(5, 5 + count)
    here = FrameEncoder(image).begin(drawn, sensor, frames, StageClock())()
    threaded, watch = FrameEncoder(image, num_threads=3), StageClock()
    beside = threaded.begin(drawn, sensor, frames, watch)()
    threaded.close()
    assert beside.images == here.images
    assert beside.masks == here.masks
    assert len(here.images) == count
    np.testing.assert_array_equal(beside.depth, here.depth)
    # What threads spent is taken off the drawing, so that the sum stays what the process spent.
    others = watch.cpu_s["sensor"] + watch.cpu_s["encode_mask"] + watch.cpu_s["encode_depth"]
    assert others > 0
    assert watch.cpu_s["render"] < 0


def test_a_frame_that_cannot_be_encoded_is_told_where_it_is_collected():
    drawn = _drawn(6)
    drawn.depth_m[5] = np.nan
    encoder = FrameEncoder(ImageSettings(passes=["depth"]), num_threads=2)
    finish = encoder.begin(drawn, None, range(6), StageClock())
    with pytest.raises(ValueError, match="NaN"):
        finish()
    encoder.close()


def test_a_data_set_has_the_same_digest_with_threads(tmp_path):
    config = small_config(make_inputs(tmp_path / "in"), tracks={"max_tracks": 1, "frames_per_track": 20})
    digests = {
        make_dataset(
            config, RunOptions(workers=1, executor="local", encode_threads=n), tmp_path / f"set{n}", quiet=True
        ).digest
        for n in (0, 3)
    }
    assert len(digests) == 1


def test_threads_are_for_processors_that_workers_leave_free():
    assert spare_threads(engine="gl", num_gpus=0, num_cpus=64, num_workers=1) == 0
    assert spare_threads(engine="software", num_gpus=1, num_cpus=64, num_workers=1) == 0
    assert spare_threads(engine="gl", num_gpus=1, num_cpus=16, num_workers=1) == 8
    assert spare_threads(engine="gl", num_gpus=8, num_cpus=32, num_workers=8) == 3
    assert spare_threads(engine="gl", num_gpus=1, num_cpus=1, num_workers=1) == 0
