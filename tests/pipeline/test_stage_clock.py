"""Stages add up: to the time that a sleep or a loop took by another clock, and over the shards of a run."""

import time
from pathlib import Path

from synhead.pipeline.config import RunOptions
from synhead.pipeline.run import make_dataset
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.stage_clock import STAGES, StageClock
from synhead.shards.manifest import read_manifest
from tests.pipeline.small_job import make_inputs, small_config


def test_sleep_is_wall_time_and_work_is_cpu_time():
    clock = StageClock()
    time.sleep(0.05)
    before = time.perf_counter()
    clock.start()  # what came before belongs to no stage
    time.sleep(0.03)
    clock.lap("waits")
    waited = time.perf_counter() - before
    until = time.process_time() + 0.03
    while time.process_time() < until:
        pass
    clock.lap("works")
    assert 0.03 <= clock.wall_s["waits"] <= waited
    assert clock.cpu_s["waits"] < 0.02
    assert 0.03 <= clock.cpu_s["works"] < 0.045


def test_laps_of_one_stage_add_up():
    clock = StageClock(wall_s={"a": 1.0}, cpu_s={"a": 0.5})
    clock.lap("a")
    assert 1.0 < clock.wall_s["a"] < 1.1
    assert 0.5 <= clock.cpu_s["a"] < 0.6


def test_manifest_has_cpu_seconds_of_every_stage_within_the_time_of_the_run(tmp_path: Path):
    inputs = make_inputs(tmp_path)
    config = small_config(inputs)
    began, began_cpu = time.perf_counter(), time.process_time()
    make_dataset(config, RunOptions(workers=1, executor="local"), tmp_path / "set", quiet=True)
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    found = read_manifest(tmp_path / "set").throughput
    stages = found["worker_seconds_by_stage"], found["worker_cpu_seconds_by_stage"]
    assert list(stages[1]) == [s for s in STAGES if s in stages[1]]
    assert set(stages[0]) == set(stages[1]) == set(STAGES)
    assert sum(stages[0].values()) <= wall
    assert 0 < sum(stages[1].values()) <= cpu + 0.01
    assert stages[1]["render"] > 0
    # Three shards of two sequences: the second head is read in the second one.
    shards = [RunFolder(tmp_path / "set").read_record(k) for k in range(3)]
    assert [("start" in s["cpu_seconds"], "head" in s["cpu_seconds"]) for s in shards if s is not None] == [
        (True, True),
        (False, True),
        (False, False),
    ]
