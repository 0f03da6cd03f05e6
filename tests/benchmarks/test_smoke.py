"""Every benchmark runs through with --quick, writes what its table says, and writes no result unasked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.plain_loops import run_loops
from tests.heads.synthetic import write_head

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE_LOOP = Path(__file__).with_name("fake_loop.py")


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("heads")
    for name in ("egg1", "egg2"):
        write_head(root / name, id=name)
    return root


def _run(name: str, *options: str) -> str:
    command = [sys.executable, str(REPOSITORY / "benchmarks" / name), *options]
    found = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


def _results() -> set[Path]:
    return set((REPOSITORY / "benchmarks" / "results").iterdir())


def test_two_loops_are_added_and_pairs_count_alike(tmp_path: Path):
    names = ["a", "b", "c"]
    slow, fast = (
        run_loops(FAKE_LOOP, tmp_path, names, tmp_path, variant=variant, frames=5, size_px=16)
        for variant in ("default threads", "LP_NUM_THREADS=0")
    )
    assert slow.frames_per_second == pytest.approx(4.0)
    assert fast.frames_per_second == pytest.approx(6.0)
    assert [loop["head"] for loop in slow.loops] == ["a", "b", "c", "c"]


def test_a_loop_that_fails_stops_the_benchmark_with_what_it_said(tmp_path: Path):
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no EGL here')")
    with pytest.raises(SystemExit, match=r"exit code 1: no EGL here"):
        run_loops(script, tmp_path, ["a"], tmp_path, variant="default threads", frames=5, size_px=16)


def test_render_throughput(heads: Path, tmp_path: Path):
    before, out = _results(), tmp_path / "result.json"
    text = _run(
        "render_throughput.py", "--quick", "--heads", str(heads), "--head", "egg1", "--workers", "1", "--no-stages",
        "--no-backgrounds", "--cases", "gl:msaa4:paper,nothing:msaa4:paper", "--baseline", str(FAKE_LOOP), "--out",
        str(out),
    )  # fmt: skip
    result = json.loads(out.read_text())
    case = result["cases"]["gl:msaa4:paper"]
    run = case["rounds"][0]
    assert run["frames"] == 15  # three shards of a head and worker
    # The faster kind of loop, 3 frames a second twice, is what the ratio is over.
    assert case["ratio"]["median"] == pytest.approx(case["frames_per_second"]["median"] / 6.0, abs=2e-3)
    assert case["frames_per_second_with_set_up"]["median"] < case["frames_per_second"]["median"]
    assert sum(run["warm_cpu_ms_per_frame_by_stage"].values()) < run["cpu_ms_per_frame"]
    assert run["renderer"]["engine"] == "gl"
    assert run["renderer"]["device"]
    assert "nothing" in result["not_run"]["nothing:msaa4:paper"]
    assert "nothing:msaa4:paper: not measured" in text
    assert result["conditions_before"]["load_average"]
    assert result["conditions_after"]["load_average"]
    assert _results() == before


@pytest.mark.slow
def test_stages_apart(heads: Path, tmp_path: Path):
    out = tmp_path / "result.json"
    _run(
        "render_throughput.py", "--quick", "--heads", str(heads), "--head", "egg1", "--workers", "1", "--cases",
        "gl:msaa4:natural", "--out", str(out),
    )  # fmt: skip
    costs = json.loads(out.read_text())["isolated_stages"]["gl:msaa4:natural"]
    parts = [v for k, v in costs.items() if k.startswith("draw, ")]
    assert len(parts) == 7
    assert all(v >= 0 for v in parts)
    # The parts are measured with waits between them, so that they come to about the whole and not exactly to it.
    assert 0.5 * costs["draw"] < sum(parts) < 2.5 * costs["draw"]
    assert costs["sensor"] > 0


@pytest.mark.slow
def test_scaling(heads: Path, tmp_path: Path):
    before, out = _results(), tmp_path / "result.json"
    text = _run("scaling.py", "--quick", "--engine", "gl", "--head", str(heads / "egg1"), "--out", str(out))
    result = json.loads(out.read_text())
    assert 0.95 * 6000 <= result["triangles"][0]["triangles"] <= 6000
    assert result["triangles"][0]["run"]["triangles"][0] == pytest.approx(6000, rel=0.05)
    assert result["sizes"][0]["size_px"] == 48
    assert result["workers"][0]["frames_per_second"] > 0
    assert result["frames"]["runs"][0]["frames"] == 150
    assert "not measured" not in text
    assert _results() == before


@pytest.mark.slow
def test_memory(heads: Path, tmp_path: Path):
    before, out = _results(), tmp_path / "result.json"
    _run(
        "memory.py", "--quick", "--heads", str(heads), "--cases", "gl:msaa4:paper", "--no-backgrounds", "--out",
        str(out),
    )  # fmt: skip
    runs = json.loads(out.read_text())["runs"]
    # Several heads are drawn twice, under two names.
    assert [(r["different_heads"], r["heads"], r["frames"]) for r in runs] == [(1, 1, 64), (2, 4, 64)]
    assert all(30 < r["workers"]["peak_mib"] < 4000 for r in runs)
    assert _results() == before
