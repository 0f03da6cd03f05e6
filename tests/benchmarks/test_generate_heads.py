"""The benchmark of the head generator runs through, its parts add up, and it writes no result unasked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_stages_add_up_and_the_run_is_that_of_the_command(tmp_path: Path):
    results, out = set((REPOSITORY / "benchmarks" / "results").iterdir()), tmp_path / "result.json"
    script = REPOSITORY / "benchmarks" / "generate_heads.py"
    command = [sys.executable, str(script), "--quick", "--seed", "5", "--out", str(out)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert found.returncode == 0, found.stderr[-2000:]
    result = json.loads(out.read_text())
    costs = result["stages"]["cpu_s_per_head"]
    whole = costs.pop("whole")
    assert all(seconds >= 0 for seconds in costs.values())
    assert sum(costs.values()) == pytest.approx(whole, abs=2e-3)
    # What no stage claims is the asymmetry and the move to the head frame.
    assert costs["the rest"] < 0.3 * whole
    building = result["stages"]["building"]
    assert building["least"] <= building["median"] <= building["most"]
    run = result["run"]
    assert run["heads"] == 2
    assert run["heads_per_minute"] == pytest.approx(120 / run["wall_s"], rel=0.02)
    assert run["smallest_landmark_distance"]["heads"] == ["f01", "m01"]
    assert run["smallest_landmark_distance"]["rms_mm"] > 1.0
    assert "2 heads with 1 worker(s)" in found.stdout
    assert set((REPOSITORY / "benchmarks" / "results").iterdir()) == results
