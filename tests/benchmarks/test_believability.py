"""The judge's report in one row."""

import numpy as np

from benchmarks.believability import reduced, table

AXIS = {"correlation": 0.9, "slope": 0.8, "correlation_without_head_offsets": 0.9}
OPENNESS = {k: {"mean_abs_difference": 0.02} for k in ("eyes", "mouth")}


def test_angles_that_no_frame_has_are_left_out():
    rates = {"by_abs_yaw": {"0-15": {"rate": 1.0}, "15-30": {"rate": 0.5}}}
    report = {
        "detection": {kind: rates for kind in ("mesh", "short", "full")},
        "landmarks": {"by_abs_yaw": {"0-15": {"mean_found": 0.03}, "15-30": {"mean_found": 0.06}}},
        "pose": {
            "pnp": {
                "axes": {axis: AXIS for axis in ("pitch", "yaw", "roll")},
                "offset_by_head_deg": {"pitch": {"f01": -1.0, "m01": 2.5, "m02": None}},
            }
        },
    }
    row = reduced(4, np.array([3, 1, 0, 0]), report, OPENNESS)
    assert row["detection_below_45"]["mesh"] == 0.875
    assert row["nme51_below_30"] == 0.0375
    assert row["nme51_30_to_45"] is None
    assert row["pitch_offset_spread_deg"] == 3.5
    assert "| 3.8 % | - | - |" in table({"ours": row})
