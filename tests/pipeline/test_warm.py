"""Warming compiles each loop that a run calls, for writable and for read-only pictures."""

import os

from synhead.heads import occlusion
from synhead.pipeline.warm import warm
from synhead.render import averaging, sensor_kernels
from synhead.scenes import shifted_views


def test_every_loop_is_compiled_for_both_kinds_of_arrays():
    before = os.environ["SYNHEAD_CACHE_DIR"]
    times = warm()
    names = ["baked visibility", "motion blur", "sensor", "swaying background", "software engine"]
    assert [name for name, _ in times] == names
    assert os.environ["SYNHEAD_CACHE_DIR"] == before
    for loop in (averaging.average_poses, sensor_kernels.expose, shifted_views._mix_neighbours):
        assert len(loop.signatures) >= 2, loop
    for loop in (occlusion._fill_depth_map, occlusion._fill_hidden_share, occlusion._cosines):
        assert loop.signatures, loop
