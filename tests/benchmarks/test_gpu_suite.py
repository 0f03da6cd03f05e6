"""The suite for GPUs runs through on any machine, and a process that hangs is killed and said so."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import gpu_suite
from tests.heads.synthetic import write_head

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_quick_measures_everything(tmp_path: Path):
    write_head(tmp_path / "heads" / "egg1", id="egg1")
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "gpu_suite.py"), "--quick", "--workers", "1"]
    command += ["--heads", str(tmp_path / "heads"), "--out", str(tmp_path / "out.json")]
    found = subprocess.run([*command, "--pictures", str(tmp_path / "pictures")], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr[-2000:]
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["doctor"]["said"]
    assert result["contract"]["exit_code"] == 0, result["contract"]
    drawing = result["drawing"][0]
    assert drawing["msaa4:ring and atlas"]["frames_per_second"] > 0, drawing
    assert drawing["read-back"]["ring_gb_per_s"] > 0
    assert [part["hanging"] for part in result["processes"].values()] == [0, 0]
    assert result["processes"]["2"]["frames_per_second"] > 0
    for antialiasing in ("msaa4", "none"):
        assert result["pipeline"][antialiasing]["renderer"]["antialiasing"] == antialiasing, result["pipeline"]
        assert result["pipeline"][antialiasing]["frames"] >= 16
    assert result["pictures"]["pictures"] == ["egg1-msaa4.png", "egg1-none.png"]
    assert (tmp_path / "pictures" / "egg1-none.png").stat().st_size > 500


def test_a_process_that_hangs_is_killed_and_counted(tmp_path: Path, monkeypatch):
    (tmp_path / "heads" / "a").mkdir(parents=True)
    (tmp_path / "gpu_probes.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(gpu_suite, "__file__", str(tmp_path / "gpu_suite.py"))
    args = argparse.Namespace(heads=tmp_path / "heads", frames=4, size=16, hang_s=1.0, quick=True)
    began = time.monotonic()
    found = gpu_suite.processes(args)
    assert time.monotonic() - began < 20
    assert [(part["hanging"], part["frames_per_second"]) for part in found.values()] == [(1, 0), (2, 0)]
