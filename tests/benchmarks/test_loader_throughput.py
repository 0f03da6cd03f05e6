"""The loader benchmark runs through with --quick; rivals that are not installed are named."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shards.synthetic import make_dataset, make_record, make_spec

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "loader_throughput.py"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed; pip install 'synhead[bench]'")
    folder = tmp_path_factory.mktemp("loaders") / "d"
    make_dataset(folder, shards=((make_record(make_spec("h1", "t1", 9)),), (make_record(make_spec("h1", "t2", 6)),)))
    return folder


def test_quick(dataset, tmp_path):
    out = tmp_path / "result.json"
    results = set((SCRIPT.parent / "results").iterdir())
    options = ["--quick", "--length", "4", "--batch", "2", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(dataset), *options], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(out.read_text())
    assert set((SCRIPT.parent / "results").iterdir()) == results
    assert result["frames"] == 15
    for package in ("webdataset", "litdata"):
        missing = importlib.util.find_spec(package) is None
        assert (package in result["left_out"]) == missing
        assert (f"left out: {package} is not installed" in done.stdout) == missing
    for name in ("bare decode", "synhead shards", "JPEG files", "PNG files"):
        for workers in ("0", "2"):
            assert result["cases"][name][workers]["frames_per_s"] > 0
    bare, ours = (result["rounds"][0]["0"][name]["frames_per_cpu_s"] for name in ("bare decode", "synhead shards"))
    assert result["cases"]["synhead shards"]["0"]["of_bare"] == pytest.approx(ours / bare, abs=1e-3)


def test_a_missing_data_set_is_one_line(tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed; pip install 'synhead[bench]'")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "none" in done.stderr
    assert "Traceback" not in done.stderr
