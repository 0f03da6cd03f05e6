"""The examples run, find a good data set good, and find a bad one bad."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from synhead.pipeline.config import RunOptions
from synhead.pipeline.run import make_dataset
from tests.pipeline.small_job import make_inputs, small_config

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "check_labels.py"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    inputs = make_inputs(tmp_path_factory.mktemp("inputs"))
    out = tmp_path_factory.mktemp("out") / "set"
    return make_dataset(small_config(inputs), RunOptions(workers=1, executor="local"), out, quiet=True).dataset


def _run(dataset):
    return subprocess.run([sys.executable, str(SCRIPT), str(dataset)], capture_output=True, text=True, check=False)


def test_labels_hold_without_our_code(dataset):
    done = _run(dataset)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("144 frames")


@pytest.mark.parametrize(("field", "slip"), [("landmarks_68_px", 0.02), ("euler_pyr_deg", 0.001)])
def test_a_slip_is_found(dataset, tmp_path, field, slip):
    copy = shutil.copytree(dataset, tmp_path / "set")
    with h5py.File(copy / "shards" / "00000.h5", "r+") as f:
        values = next(iter(f["sequences"].values()))[field]
        values[3] = values[3] + slip
    assert _run(copy).returncode == 1


def test_no_frames_is_no_success(tmp_path):
    assert _run(tmp_path).returncode == 1
