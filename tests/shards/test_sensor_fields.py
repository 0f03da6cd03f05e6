"""The optional fields of a real camera: stored, read back, checked, and left out where there is none."""

from dataclasses import asdict, replace

import h5py
import numpy as np
import pytest

from synhead.core.scene import SensorSpec
from synhead.errors import DatasetError
from synhead.shards.reader import shard_sequences
from synhead.shards.verify import verify_dataset
from tests.shards.synthetic import make_dataset, make_record, make_spec

SENSOR = SensorSpec(exposure_gain=1.1, white_balance_rgb=(1.05, 1.0, 0.9), shot_noise=1e-4, jpeg_quality=80)


def _dataset(folder, **changes):
    make_dataset(folder, shards=((make_record(replace(make_spec(), **changes)),),))
    return folder


def test_sensor_and_shift_come_back_and_pass_verify(tmp_path):
    shift = np.linspace(-3, 3, 10).reshape(5, 2)
    folder = _dataset(tmp_path / "d", sensor=SENSOR, background_shift_px=shift)
    (sequence,) = shard_sequences(folder / "shards" / "00000.h5")
    assert sequence.sensor == {**asdict(SENSOR), "white_balance_rgb": [1.05, 1.0, 0.9]}
    np.testing.assert_allclose(sequence.read("background_shift_px"), shift, rtol=1e-6)
    report = verify_dataset(folder)
    assert report.ok, report.findings


def test_an_ideal_still_camera_stores_neither(tmp_path):
    folder = _dataset(tmp_path / "d")
    with h5py.File(folder / "shards" / "00000.h5") as file:
        group = file["sequences/h1__t1"]
        assert "sensor" not in group.attrs
        assert "background_shift_px" not in group
    (sequence,) = shard_sequences(folder / "shards" / "00000.h5")
    assert sequence.sensor is None


def test_the_writer_refuses_a_shift_that_is_not_finite(tmp_path):
    with pytest.raises(DatasetError, match="background_shift_px: has values that are not finite, first in frame 0"):
        _dataset(tmp_path / "d", background_shift_px=np.full((5, 2), np.nan))


def test_verify_finds_a_damaged_shift_and_a_sensor_that_is_no_json(tmp_path):
    folder = _dataset(tmp_path / "d", sensor=SENSOR, background_shift_px=np.zeros((5, 2)))
    with h5py.File(folder / "shards" / "00000.h5", "r+") as file:
        file["sequences/h1__t1/background_shift_px"][2, 0] = np.inf
    said = [str(finding) for finding in verify_dataset(folder).findings]
    assert any("background_shift_px is not finite" in line for line in said), said
    with h5py.File(folder / "shards" / "00000.h5", "r+") as file:
        file["sequences/h1__t1"].attrs["sensor"] = "{"
    said = [str(finding) for finding in verify_dataset(folder).findings]
    assert any("attribute sensor is not JSON" in line for line in said), said
