"""The simulated schedule against real executors and hand-made sums."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.schedule import Policy, Shard, job_of, simulate
from benchmarks.schedule_check import TOLERANCE, SleepFactory, loads_of, steady_cluster
from benchmarks.schedule_costs import frame_costs
from synhead.pipeline.executors.local import ProcessExecutor

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "schedule_simulation.py"
JOB = job_of(num_heads=3, track_frames=[20, 31, 12, 25, 17], target_frames=32)
GROUPS = {k: shard.heads[0] for k, shard in enumerate(JOB)}


def _sleep_through(folder, cluster):
    """Seconds from the first shard's begin to the last result, and how often a head was read."""
    folder.mkdir()
    job = SleepFactory(folder, tuple(JOB), cluster)
    told = [(r.outcome.seconds, time.time()) for r in ProcessExecutor(2).run(range(len(JOB)), job, GROUPS)]
    return told[-1][1] - min(s["began"] for s, _ in told), sum(s["loads"] for s, _ in told)


def test_two_real_processes_take_the_simulated_time(tmp_path):
    cluster = steady_cluster(workers=2, frames_per_s=100.0, head_load_s=0.15)
    foretold = simulate(JOB, cluster, Policy(), 0).seconds
    # Half of drawing and reading each head once is less: the last head is read by both, and the end is uneven.
    assert foretold > 1.05 * (sum(s.frames for s in JOB) / 100 + 3 * 0.15) / 2
    for attempt in range(3):
        real, loads = _sleep_through(tmp_path / str(attempt), cluster)
        assert real > 0.98 * foretold
        # A busy machine only ever adds; three times in a row it does not.
        if real < (1 + TOLERANCE) * foretold:
            break
    assert real == pytest.approx(foretold, rel=TOLERANCE)
    assert loads == loads_of(JOB, cluster) == 4


def test_one_worker_takes_the_sum_of_its_parts():
    cluster = steady_cluster(
        workers=1, frames_per_s=10.0, connect_s=3.0, actor_start_s=2.0, engine_start_s=1.0, head_load_s=0.5,
        dispatch_s=0.01, driver_s=0.1, driver_s_per_busy=0.05, storage_bytes_per_s=1e6, bytes_per_frame=1e4,
    )  # fmt: skip
    frames = sum(s.frames for s in JOB)
    assert frames == 3 * 105
    outcome = simulate(JOB, cluster, Policy(keep_heads=False), 0)
    per_shard = 0.01 + 0.1 + 0.05
    assert outcome.seconds == pytest.approx(3 + 2 + 1 + 3 * 0.5 + frames / 10 + frames * 0.01 + len(JOB) * per_shard)
    assert sum(outcome.shares.values()) == pytest.approx(1.0)
    assert outcome.shares["drawing"] * outcome.seconds == pytest.approx(frames / 10)
    assert outcome.shares["idle"] == pytest.approx(0.0, abs=1e-9)
    assert outcome.efficiency == pytest.approx(frames / 10 / outcome.seconds)


def test_many_workers_read_each_head_seldom_when_shards_go_by_head():
    shards = job_of(num_heads=8, track_frames=[700] * 8)
    assert len(shards) == 64
    cluster = steady_cluster(workers=16, frames_per_s=100.0)
    assert loads_of(shards, cluster) == 16
    ordered = simulate(shards, replace(cluster, head_load_s=1.0), Policy(keep_heads=False), 0)
    # In order, sixteen workers go through two heads at a time: every worker meets a new one with each shard.
    assert ordered.shares["heads"] * ordered.seconds * 16 == pytest.approx(64)


def test_shards_stay_whole_and_more_workers_than_shards_do_nothing():
    shards = [Shard(frames=100, heads=(k,)) for k in range(4)]
    outcome = simulate(shards, steady_cluster(workers=8, frames_per_s=10.0, head_load_s=0.0), Policy(), 0)
    assert outcome.seconds == pytest.approx(10.0)
    assert outcome.efficiency == pytest.approx(0.5)
    assert outcome.shares["idle"] == pytest.approx(0.5)


def test_the_driver_and_the_storage_are_queues():
    shards = [Shard(frames=100, heads=(0,)) for _ in range(1000)]
    slow_driver = steady_cluster(workers=500, frames_per_s=1e6, head_load_s=0.0, driver_s=0.02)
    assert simulate(shards, slow_driver, Policy(), 0).frames_per_s == pytest.approx(100 / 0.02, rel=0.01)
    slow_storage = steady_cluster(
        workers=500, frames_per_s=1e6, head_load_s=0.0, storage_bytes_per_s=1e6, bytes_per_frame=1e3
    )
    assert simulate(shards, slow_storage, Policy(), 0).frames_per_s == pytest.approx(1e6 / 1e3, rel=0.01)


def test_deaths_cost_what_they_lose_and_every_frame_is_made():
    cluster = steady_cluster(workers=20, frames_per_s=10.0, head_load_s=0.0)
    shards = [Shard(frames=600, heads=(k // 10,)) for k in range(400)]
    calm = simulate(shards, cluster, Policy(), 0)
    deadly = simulate(shards, replace(cluster, deaths_per_worker_hour=6.0), Policy(), 0)
    # A shard is 60 s and a death comes every 600 s: 1 in 10 dies, after 29.5 s on the average.
    assert deadly.deaths == pytest.approx(400 * 0.1, rel=0.5)
    assert deadly.shares["lost"] == pytest.approx(0.05, abs=0.025)
    assert deadly.seconds > calm.seconds
    stopped = simulate(shards, replace(cluster, driver_deaths_per_hour=20.0, restart_s=30.0), Policy(), 0)
    assert stopped.deaths > 0
    assert stopped.shares["drawing"] * stopped.seconds * 20 >= 400 * 60 - 1e-6
    assert stopped.seconds > calm.seconds + 30 * stopped.deaths
    assert simulate(shards, cluster, Policy(), 0) == calm


@pytest.mark.slow
def test_quick(tmp_path):
    out = tmp_path / "result.json"
    results = set((SCRIPT.parent / "results").iterdir())
    options = ["--quick", "--cpu-ms", "software:msaa4:natural=30,18,9", "--out", str(out)]
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert set((SCRIPT.parent / "results").iterdir()) == results
    result = json.loads(out.read_text())
    assert 0 < result["schedule_costs"]["ledger_s"] < 1
    assert {row["kind"] for row in result["million"]} == {"cpu", "gpu", "gpu, threads"}
    assert "projected: natural, 100 GPUs" in done.stdout


def test_costs_of_a_frame_are_those_of_the_last_measurement():
    costs = frame_costs()
    assert {"software:msaa4:paper", "gl:none:paper"} <= set(costs)
    for cost in costs.values():
        assert 0 < cost.drawing_ms + cost.threaded_ms < cost.total_ms
        # Drawing and files are nearly all of it.
        assert cost.drawing_ms + cost.threaded_ms > 0.8 * cost.total_ms
        assert 0 < cost.engine_start_s < cost.head_load_s


def test_a_wrong_cost_is_one_line():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--cpu-ms", "gl=3"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("--cpu-ms gl=3: write CASE=TOTAL,DRAWING,THREADED")
