"""Rates and memory from made-up runs whose right figures are known by construction."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.memory_growth import memory_growth, quarter_times
from benchmarks.pipeline_run import MemorySample, PipelineRun, Shard, rate_windows, steady_rate


def made_up(
    finished: list[tuple[float, int]], memory: list[MemorySample] | None = None, **changes: object
) -> PipelineRun:
    values: dict = {
        "frames": sum(n for _, n in finished),
        "frames_per_second": 1.0,
        "steady_frames_per_second": None,
        "wall_s": 1.0,
        "cpu_s": 1.0,
        "shards": [Shard(finished_s=t, frames=n) for t, n in finished],
        "memory": memory or [],
        "renderer": {},
        "executor": "2 local processes",
        "workers": 2,
    }
    return PipelineRun(**{**values, **changes})


@given(st.integers(1, 4), st.integers(3, 12), st.floats(0.1, 5.0), st.floats(0.0, 20.0))
def test_steady_rate_is_that_of_workers_in_step_whatever_their_start(
    workers: int, rounds: int, each_s: float, start: float
):
    # Each worker takes `each_s` for a shard of 10 frames, from `start` on, a little after one another.
    ends = [(r + 1 + 0.1 * w / workers) * each_s for w in range(workers) for r in range(rounds)]
    rate = steady_rate(sorted((start + end, 10) for end in ends), workers)
    assert rate == pytest.approx(workers * 10 / each_s, rel=1e-6)


def test_steady_rate_leaves_out_a_slow_start_and_an_idle_end():
    # Two workers, 10 frames a second each; the start takes 100 s, the last shard of one of them 50 s.
    finished = [(100.0 + k, 10) for k in range(1, 11) for _ in range(2)] + [(161.0, 10)]
    assert steady_rate(finished, 2) == pytest.approx(20.0)


def test_too_few_shards_have_no_steady_rate():
    assert steady_rate([(1.0, 10), (2.0, 10)], 1) is None
    assert steady_rate([(float(k), 10) for k in range(5)], 2) is None


def test_windows_show_where_a_run_becomes_slower():
    times = [0.0]
    for k in range(40):
        times.append(times[-1] + (1.0 if k < 20 else 2.0))
    rates = rate_windows([(t, 10) for t in times], 1, 4)
    assert rates == pytest.approx([10.0, 10.0, 5.0, 5.0])


def test_shards_in_which_an_engine_was_opened_or_a_head_read_are_left_out_of_the_rate():
    cold = {"render": 100.0, "write": 1.0}
    shards = [
        Shard(finished_s=1.0, frames=50, wall_s={"start": 5.0, "head": 7.0, **cold}, cpu_s={"start": 4.0, "head": 6.0}),
        Shard(finished_s=2.0, frames=50, wall_s={"head": 7.0, **cold}, cpu_s={"head": 6.0, **cold}),
        Shard(finished_s=3.0, frames=100, wall_s={"render": 8.0, "write": 2.0}, cpu_s={"render": 6.0, "write": 1.0}),
        Shard(finished_s=4.0, frames=200, wall_s={"render": 9.0, "write": 1.0}, cpu_s={"render": 9.0}),
    ]
    run = made_up([], shards=shards, frames=400, workers=2)
    assert run.warm_frames_per_second == pytest.approx(2 * 300 / 20.0)
    assert run.warm_ms_per_frame() == pytest.approx({"render": 15.0 / 300 * 1e3, "write": 1.0 / 300 * 1e3})
    assert run.cpu_s_of("start", "head") == 16.0
    assert run.cpu_s_of() == 16.0 + 101.0 + 7.0 + 9.0
    none_warm = made_up([], shards=shards[:2], frames=100)
    assert none_warm.warm_frames_per_second is None
    assert none_warm.warm_ms_per_frame() == {}


def _samples(driver, workers) -> list[MemorySample]:
    return [
        MemorySample(time_s=t, driver_mib=driver(t), workers_mib={pid: size(t) for pid, size in workers.items()})
        for t in (0.5 * k for k in range(81))
    ]


def test_growth_is_of_the_worker_that_grew_most():
    finished = [(float(t), 10) for t in range(1, 41)]
    workers = {7: lambda t: 100.0, 8: lambda t: 100.0 + t}
    found = memory_growth(made_up(finished, _samples(lambda t: 50.0, workers)))
    assert quarter_times(made_up(finished)) == [1.0, 10.0, 20.0, 30.0, 40.0]
    assert found["driver"]["growth_percent"] == 0
    assert found["workers"]["quarters_mib"] == [110.0, 120.0, 130.0, 140.0]
    assert found["workers"]["growth_percent"] == pytest.approx(100 * (140 / 120 - 1), abs=0.01)
    assert found["workers"]["peak_mib"] == 140.0


def test_a_larger_head_that_comes_twice_is_no_growth_over_the_same_heads():
    finished = [(float(t), 10) for t in range(1, 41)]
    # 300 MiB in the first and third quarter, 200 in the others.
    size = {7: lambda t: 300.0 if t < 9.5 or 20.5 < t < 29.5 else 200.0}
    found = memory_growth(made_up(finished, _samples(lambda t: 1.0, size)))["workers"]
    assert found["growth_percent"] == 50.0
    assert found["last_over_second_quarter_percent"] == 0.0


def test_a_driver_that_works_itself_is_the_worker():
    finished = [(float(t), 10) for t in range(1, 41)]
    found = memory_growth(made_up(finished, _samples(lambda t: 100.0 + t, {})))
    assert found["workers"] == found["driver"]
    assert found["driver"]["quarters_mib"] == [110.0, 120.0, 130.0, 140.0]


def test_quarters_follow_frames_and_not_time():
    finished = [(1.0, 30), (2.0, 10), (9.0, 40), (10.0, 80)]
    times = quarter_times(made_up(finished))
    assert times == [1.0, 2.0, 9.0, 10.0, 10.0]
    assert all(a <= b for a, b in pairwise(times))
