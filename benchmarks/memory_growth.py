"""Does memory grow? Resident sizes of a run by quarters of its frames."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks.pipeline_run import MemorySample, PipelineRun


def memory_growth(run: PipelineRun) -> dict[str, dict[str, Any]]:
    """{"driver": ..., "workers": ...}: see `_of_process`; of the workers the one that grew most.

    A driver that works itself (one worker) is both.
    """
    edges = quarter_times(run)
    found = {"driver": _of_process(run.memory, edges, lambda sample: sample.driver_mib)}
    ids = sorted({pid for sample in run.memory for pid in sample.workers_mib})
    workers = [_of_process(run.memory, edges, lambda sample, pid=pid: sample.workers_mib.get(pid)) for pid in ids]
    known = [w for w in workers if w["growth_percent"] is not None]
    found["workers"] = max(known, key=lambda w: w["growth_percent"]) if known else found["driver"]
    found["workers"] = {**found["workers"], "peak_mib": max([w["peak_mib"] for w in workers], default=0.0)}
    if not workers:
        found["workers"]["peak_mib"] = found["driver"]["peak_mib"]
    return found


def quarter_times(run: PipelineRun) -> list[float]:
    """Seconds since the start of the command at which 0, 1/4, 1/2, 3/4 and all of the frames were on disk."""
    total, done, times, wanted = run.frames, 0, [run.finished[0][0]], 1
    for time_s, frames in run.finished:
        done += frames
        while wanted <= 4 and done >= wanted * total / 4:
            times.append(time_s)
            wanted += 1
    return times


def _of_process(
    samples: list[MemorySample], edges: list[float], size: Callable[[MemorySample], float | None]
) -> dict[str, Any]:
    """Peak, largest size in each quarter (None where no sample fell), and growth.

    growth_percent: the second half over the second quarter. last_over_second_quarter_percent: where the heads of the
    first half come again in the second, these two quarters had the same heads.
    """
    known = [(sample.time_s, value) for sample in samples if (value := size(sample)) is not None]
    quarters = [max((value for time_s, value in known if a <= time_s <= b), default=None) for a, b in pairwise(edges)]
    half = max((q for q in quarters[2:] if q is not None), default=None)
    return {
        "peak_mib": round(max((value for _, value in known), default=0.0), 1),
        "quarters_mib": [None if q is None else round(q, 1) for q in quarters],
        "growth_percent": _percent(half, quarters[1]),
        "last_over_second_quarter_percent": _percent(quarters[3], quarters[1]),
    }


def _percent(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else round(100 * (after / before - 1), 2)
