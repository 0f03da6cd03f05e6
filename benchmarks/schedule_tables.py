"""The tables of docs/scale.md: costs, clusters, sizes, policies, failures."""

import argparse
import statistics
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from benchmarks.schedule import Cluster, Outcome, Policy, Shard, job_of, simulate
from benchmarks.schedule_costs import FrameCost
from benchmarks.tables import table
from synhead.core.seeding import generator

ASSUMED_DRAWING_FPS = 5000.0
"""Of the gl engine on a data-centre GPU: an estimate from its fill and triangle rates. Never measured by us."""
THREADS_BESIDE_A_GPU = 8
"""What the pipeline takes where the machine has the cores: 9 for each GPU (synhead/pipeline/encoding.py)."""
STORAGE_BYTES_PER_S = {"one machine": 1e9, "cluster": 5e9}
"""An NVMe disk as it writes with checksums and fsync; a file server or parallel file system. Assumed."""
TRACKS = 70
CLUSTERS = (1, 2, 8, 16, 100, 400, 1600)
CPU_WORKERS = (2, 16, 128, 1600)
GPUS = (1, 8, 100)
NOW = Policy()
BEFORE = Policy(keep_heads=False)


def track_lengths() -> list[int]:
    """Frames of 70 tracks, 730 on the average, as different as the default ones are."""
    return generator(0, "schedule", "tracks").integers(430, 1031, TRACKS).tolist()


def job(num_frames: float, target: int | None = None) -> list[Shard]:
    """As many heads along 70 tracks as come to about `num_frames`."""
    lengths = track_lengths()
    return job_of(max(1, round(num_frames / sum(lengths))), lengths, target)


def cluster_of(cost: FrameCost, schedule: dict[str, Any], workers: int, kind: str, args: argparse.Namespace) -> Cluster:
    """Workers of one kind: "cpu"; "gpu": draws, one core does the rest; "gpu, threads": cores beside it encode."""
    rest_s = (cost.total_ms - cost.drawing_ms) / 1000
    threaded_s = cost.threaded_ms / 1000
    if kind == "cpu":
        rate = 1000 / cost.total_ms
    elif kind == "gpu":
        rate = 1 / (1 / ASSUMED_DRAWING_FPS + rest_s)
    else:
        rate = 1 / max(1 / ASSUMED_DRAWING_FPS + rest_s - threaded_s, threaded_s / THREADS_BESIDE_A_GPU)
    storage = STORAGE_BYTES_PER_S["one machine" if workers <= 16 else "cluster"]
    return Cluster(
        workers=workers,
        frames_per_s=rate,
        connect_s=args.survey_s + schedule["ray_first_result_s"],
        actor_start_s=schedule["process_start_s"],
        engine_start_s=cost.engine_start_s,
        head_load_s=cost.head_load_s,
        dispatch_s=schedule["ray_shard_s"] / 2,
        driver_s=schedule["ledger_s"] + schedule["ray_shard_s"] / 2,
        driver_s_per_busy=schedule["ray_wait_s_per_busy"],
        storage_bytes_per_s=storage,
        bytes_per_frame=cost.bytes_per_frame,
    )


def runs_of(shards: list[Shard], cluster: Cluster, policy: Policy, seeds: int) -> list[Outcome]:
    """The same run with other luck each time."""
    return [simulate(shards, cluster, policy, seed) for seed in range(seeds)]


def _median(outcomes: list[Outcome], name: str) -> float:
    return statistics.median(getattr(o, name) for o in outcomes)


def _share(outcomes: list[Outcome], name: str) -> float:
    return statistics.fmean(o.shares[name] for o in outcomes)


def cost_table(costs: dict[str, FrameCost], schedule: dict[str, Any]) -> str:
    """What went in."""
    rows: list[list[object]] = [
        [
            c.case, c.total_ms, c.drawing_ms, c.threaded_ms, 1000 / c.total_ms, c.total_ms * 1e6 / 3.6e6,
            c.bytes_per_frame * 1e6 / 1e9, c.head_load_s, c.source,
        ]
        for c in costs.values()
    ]  # fmt: skip
    header = [
        "case", "CPU ms a frame", "drawing", "sensor and files", "frames/s and core", "core hours a million",
        "GB a million", "s to read a head", "from",
    ]  # fmt: skip
    waits = ", ".join(f"{1e3 * s:.2f} ms beside {busy}" for busy, s in schedule["ray_wait_s"].items())
    return table(header, rows) + (
        f"\n\nSchedule: the ledger takes {1e3 * schedule['ledger_s']:.1f} ms a shard (the disk's fsync included), Ray "
        f"{1e3 * schedule['ray_shard_s']:.1f} ms; waiting for the first of many calls {waits}; Ray's start to the "
        f"first result {schedule['ray_first_result_s']:.1f} s; a worker process {schedule['process_start_s']:.1f} s."
    )


def million_table(
    costs: dict[str, FrameCost], schedule: dict[str, Any], args: argparse.Namespace, result: dict[str, Any]
) -> str:
    """A million frames on each cluster."""
    shards = job(1e6)
    frames = sum(s.frames for s in shards)
    kinds = [("cpu", "core", CPU_WORKERS), ("gpu", "GPU", GPUS), ("gpu, threads", "GPU", GPUS)]
    # What a GPU does not do costs the same whoever draws: one case of each look.
    of_looks = list({c.case.split(":")[-1]: c for c in reversed(costs.values())}.values())
    rows: list[list[object]] = []
    found = result["million"] = []
    for cost in costs.values():
        for kind, unit, sizes in kinds:
            if kind != "cpu" and cost not in of_looks:
                continue
            for workers in sizes:
                cluster = cluster_of(cost, schedule, workers, kind, args)
                outcomes = runs_of(shards, cluster, NOW, args.seeds)
                seconds = _median(outcomes, "seconds") * 1e6 / frames
                look = cost.case.split(":")[-1]
                name = f"{cost.case}, {workers} cores"
                if kind != "cpu":
                    name = f"projected: {look}, {workers} {unit}s, {_words(kind)}"
                hours = seconds * workers / 3600
                rate = _median(outcomes, "frames_per_s")
                rows.append(
                    [
                        name, rate, f"{_median(outcomes, 'efficiency'):.0%}", seconds / 3600, hours,
                        rate * cost.bytes_per_frame / 1e6, _limit(outcomes),
                    ]
                )  # fmt: skip
                found.append({"case": cost.case, "kind": kind, **asdict(cluster), "outcomes": _plain(outcomes)})
    header = ["cluster", "frames/s", "of linear", "hours", "machine hours", "MB/s to storage", "most is lost to"]
    return table(header, rows)


def _words(kind: str) -> str:
    return "1 core each" if kind == "gpu" else f"{1 + THREADS_BESIDE_A_GPU} cores each"


def _limit(outcomes: list[Outcome]) -> str:
    losses = {name: _share(outcomes, name) for name in outcomes[0].shares if name != "drawing"}
    name = max(losses, key=lambda n: losses[n])
    return f"{name} ({losses[name]:.0%})"


def _plain(outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "seconds": [round(o.seconds, 2) for o in outcomes],
        "efficiency": [round(o.efficiency, 4) for o in outcomes],
        "shares": {name: round(_share(outcomes, name), 4) for name in outcomes[0].shares},
        "driver_busy": round(_median(outcomes, "driver_busy"), 4),
        "deaths": [o.deaths for o in outcomes],
        "shards": outcomes[0].num_shards,
    }


def main_case(costs: dict[str, FrameCost]) -> FrameCost:
    """The one that the sweeps are made with: the natural look in the engine without a GPU, else the first."""
    return next((c for name, c in costs.items() if name.startswith("software") and name.endswith("natural")), None) or (
        next(iter(costs.values()))
    )


def linear_table(
    costs: dict[str, FrameCost], schedule: dict[str, Any], args: argparse.Namespace, result: dict[str, Any]
) -> str:
    """Efficiency over workers and sizes of the job, of CPU workers and of workers ten and a hundred times as fast."""
    cost = main_case(costs)
    rows: list[list[object]] = []
    found = result["linear"] = []
    for factor in (1, 10, 100):
        for frames in (1e5, 1e6, 1e7):
            shards = job(frames)
            name = f"{1000 / cost.total_ms * factor:.0f} frames/s a worker, {sum(s.frames for s in shards):,} frames"
            row: list[object] = [f"{name}, {len(shards):,} shards"]
            for workers in CLUSTERS:
                cluster = cluster_of(cost, schedule, workers, "cpu", args)
                cluster = replace(cluster, frames_per_s=cluster.frames_per_s * factor)
                outcomes = runs_of(shards, cluster, NOW, args.seeds)
                row.append(f"{_median(outcomes, 'efficiency'):.0%} {_letter(outcomes)}")
                found.append({"frames": frames, "factor": factor, **asdict(cluster), "outcomes": _plain(outcomes)})
            rows.append(row)
    legend = "What most is lost to: u start-up, h reading heads, s storage, d driver, x lost work, i idle workers."
    return (
        table(["job", *(f"{w:,}" for w in CLUSTERS)], rows)
        + f"\n\n{legend} Rates a worker: {cost.case} times 1, 10, 100."
    )


def _letter(outcomes: list[Outcome]) -> str:
    letters = {"start-up": "u", "heads": "h", "storage": "s", "driver": "d", "lost": "x", "idle": "i"}
    return letters[_limit(outcomes).split(" (")[0]]


def policy_table(
    costs: dict[str, FrameCost], schedule: dict[str, Any], args: argparse.Namespace, result: dict[str, Any]
) -> str:
    """What the order of handing out is worth, and smaller shards."""
    cost = main_case(costs)
    rows: list[list[object]] = []
    found = result["policies"] = []
    for workers, factor, frames in ((16, 1, 1e6), (100, 1, 1e6), (8, 10, 1e6), (100, 10, 1e6), (100, 10, 1e7)):
        cluster = cluster_of(cost, schedule, workers, "cpu", args)
        cluster = replace(cluster, frames_per_s=cluster.frames_per_s * factor)
        shards = job(frames)
        row: list[object] = [f"{workers} workers of {cluster.frames_per_s:.0f} frames/s, {frames:.0e} frames"]
        for policy in (BEFORE, NOW):
            outcomes = runs_of(shards, cluster, policy, args.seeds)
            row += [_median(outcomes, "seconds"), f"{_share(outcomes, 'heads'):.1%}", f"{_share(outcomes, 'idle'):.1%}"]
            found.append({"frames": frames, "policy": asdict(policy), **asdict(cluster), "outcomes": _plain(outcomes)})
        rows.append([*row, f"{row[1] / row[4] - 1:+.1%}"])
    header = ["run", "in order: s", "heads", "idle", "by head: s", "heads", "idle", "faster by"]
    return table(header, rows)


def failure_table(
    costs: dict[str, FrameCost], schedule: dict[str, Any], args: argparse.Namespace, result: dict[str, Any]
) -> str:
    """Ten million frames on 100 workers: deaths from never to every few minutes."""
    cost = main_case(costs)
    shards = job(1e7)
    rows: list[list[object]] = []
    found = result["failures"] = []
    for per_worker, per_driver in ((0.0, 0.0), (0.01, 0.0), (0.1, 0.0), (1.0, 0.0), (0.01, 0.1), (0.01, 1.0)):
        cluster = cluster_of(cost, schedule, 100, "cpu", args)
        cluster = replace(cluster, deaths_per_worker_hour=per_worker, driver_deaths_per_hour=per_driver)
        outcomes = runs_of(shards, cluster, NOW, args.seeds)
        found.append({**asdict(cluster), "outcomes": _plain(outcomes)})
        rows.append(
            [
                f"{per_worker} a worker-hour, {per_driver} a driver-hour",
                float(np.mean([o.deaths for o in outcomes])),
                _median(outcomes, "seconds") / 3600,
                f"{_share(outcomes, 'lost'):.1%}",
                f"{_median(outcomes, 'efficiency'):.1%}",
            ]
        )
    return table(["deaths, 100 workers, ten million frames", "deaths in all", "hours", "lost", "of linear"], rows)
