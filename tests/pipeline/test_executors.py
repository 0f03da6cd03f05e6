"""One contract for every executor: each shard once, dead workers replaced, fatal errors raised, nothing left behind."""

import os
import time

import pytest

from synhead.errors import ConfigError, OutputError, RendererError
from synhead.pipeline.config import RunOptions
from synhead.pipeline.executors.base import MAX_DEATHS_OF_A_SHARD
from synhead.pipeline.executors.choose import RAY_MIN_WORKERS, choose_executor
from synhead.pipeline.executors.local import InProcessExecutor, ProcessExecutor
from synhead.pipeline.executors.ray_actors import RayExecutor
from tests.pipeline.fake_worker import FakeFactory, tries

SEVERAL = [
    pytest.param(lambda: ProcessExecutor(2), id="processes"),
    pytest.param(lambda: RayExecutor(2), id="ray", marks=pytest.mark.slow),
]
ALL = [pytest.param(InProcessExecutor, id="in-process"), *SEVERAL]


def _run(executor, shards, factory):
    return {r.shard_index: r for r in executor.run(shards, factory)}


@pytest.mark.parametrize("make", ALL)
def test_every_shard_is_made_once(make, tmp_path):
    factory = FakeFactory(tmp_path / "log", {})
    results = _run(make(), list(range(9)), factory)
    assert sorted(results) == list(range(9))
    assert all(r.outcome.shard_index == i and r.error is None for i, r in results.items())
    assert sorted(tries(tmp_path / "log")) == list(range(9))


@pytest.mark.parametrize("make", ALL)
def test_no_shards_no_workers(make, tmp_path):
    assert _run(make(), [], FakeFactory(tmp_path / "log", {}, no_renderer=True)) == {}


@pytest.mark.parametrize("make", SEVERAL)
def test_a_killed_worker_is_replaced_and_its_shard_tried_again(make, tmp_path):
    results = _run(make(), [0, 1, 2, 3], FakeFactory(tmp_path / "log", {1: "die once"}))
    assert all(r.outcome is not None for r in results.values())
    assert tries(tmp_path / "log").count(1) == 2
    assert tries(tmp_path / "log").count(2) == 1


@pytest.mark.parametrize("make", SEVERAL)
def test_a_shard_that_always_kills_is_given_up_and_the_others_made(make, tmp_path):
    results = _run(make(), [0, 1, 2], FakeFactory(tmp_path / "log", {1: "die"}))
    assert results[0].outcome is not None
    assert results[2].outcome is not None
    assert results[1].outcome is None
    assert f"{MAX_DEATHS_OF_A_SHARD} times" in results[1].error
    assert tries(tmp_path / "log").count(1) == MAX_DEATHS_OF_A_SHARD


@pytest.mark.parametrize("make", SEVERAL)
def test_a_lost_context_is_tried_in_another_process(make, tmp_path):
    results = _run(make(), [0, 1], FakeFactory(tmp_path / "log", {0: "broken once"}))
    assert results[0].outcome is not None
    pids = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines() if line.startswith("0 ")]
    assert len(set(pids)) == 2


@pytest.mark.parametrize("make", SEVERAL)
def test_a_fault_of_the_program_is_reported_not_swallowed(make, tmp_path):
    results = _run(make(), [0, 1], FakeFactory(tmp_path / "log", {1: "crash"}))
    assert "ValueError: a fault of ours" in results[1].error


@pytest.mark.parametrize("make", ALL)
def test_a_full_disk_ends_the_run(make, tmp_path):
    with pytest.raises(OutputError, match="no space left"):
        _run(make(), list(range(6)), FakeFactory(tmp_path / "log", {2: "full"}))


@pytest.mark.parametrize("make", ALL)
def test_no_renderer_ends_the_run_with_its_reason(make, tmp_path):
    with pytest.raises(RendererError, match="no EGL here"):
        _run(make(), [0, 1], FakeFactory(tmp_path / "log", {}, no_renderer=True))


def test_processes_end_with_the_iterator(tmp_path):
    iterator = ProcessExecutor(2).run(range(4), FakeFactory(tmp_path / "log", {}))
    pid = next(iterator).outcome.renderer["pid"]
    assert pid != os.getpid()
    iterator.close()
    time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_missing_cluster_is_an_error_that_names_the_address(tmp_path):
    with pytest.raises(ConfigError, match=r"--ray-address 127\.0\.0\.1:1"):
        _run(RayExecutor(1, address="127.0.0.1:1"), [0], FakeFactory(tmp_path / "log", {}))


@pytest.mark.parametrize(
    ("options", "pending", "gpus", "kind", "workers"),
    [
        ({"workers": 1}, 50, 0, InProcessExecutor, 1),
        ({"workers": 4}, 50, 0, ProcessExecutor, 4),
        ({"workers": 4}, 1, 0, InProcessExecutor, 1),
        ({"workers": RAY_MIN_WORKERS}, 50, 0, RayExecutor, RAY_MIN_WORKERS),
        ({"workers": 16}, 50, 1, ProcessExecutor, 1),
        ({"workers": 16}, 50, 4, RayExecutor, 4),
        ({"workers": 2, "executor": "ray"}, 50, 0, RayExecutor, 2),
        ({"workers": 40, "ray_address": "auto"}, 50, 1, RayExecutor, 40),
        ({"workers": 40, "executor": "local"}, 50, 0, ProcessExecutor, 40),
    ],
)
def test_choice_of_executor(monkeypatch, options, pending, gpus, kind, workers):
    monkeypatch.setattr("synhead.pipeline.executors.choose.count_gpus", lambda: gpus)
    executor = choose_executor(RunOptions(**options), "gl", num_pending=pending)
    assert type(executor) is kind
    assert executor.num_workers == workers
