"""What the schedule costs on this machine, measured: the driver's work on a shard, Ray's calls, a worker's start.

And what a frame costs, read from the newest results of benchmarks/render_throughput.py.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.conditions import RESULTS
from synhead.pipeline.executors.ray_actors import RayExecutor
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.worker import ShardOutcome
from synhead.shards.records import SequenceEntry, ShardRecord

DRAWING = ("render",)
THREADED = ("sensor", "encode_image", "encode_mask", "encode_depth")
"""What a worker beside a GPU gives to threads (synhead/pipeline/encoding.py)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameCost:
    """CPU milliseconds of one frame on one core, and where the figures come from.

    Attributes:
        drawing_ms: what a GPU takes over.
        threaded_ms: what threads beside a worker can do meanwhile.
        head_load_s: reading, uploading and baking one head that no cache knows.
        bytes_per_frame: on disk, all labels included.
    """

    case: str
    total_ms: float
    drawing_ms: float
    threaded_ms: float
    head_load_s: float
    engine_start_s: float
    bytes_per_frame: float
    source: str


def frame_costs(path: Path | None = None) -> dict[str, FrameCost]:
    """By case of `path`, or of the newest results/render_throughput-*.json; empty where there are none."""
    found = sorted(RESULTS.glob("render_throughput-*.json"), key=lambda p: p.stem[-10:])
    path = path or (found[-1] if found else None)
    if path is None:
        return {}
    costs = {}
    everything = json.loads(path.read_text())
    workers = int(everything["config"]["workers"])
    for case, result in everything["cases"].items():
        of_frame = result["stages"]["cpu_ms_per_frame"]
        apart = everything["isolated_stages"][case]
        run = result["rounds"][0]
        costs[case] = FrameCost(
            case=case,
            total_ms=sum(of_frame.values()),
            drawing_ms=sum(ms for name, ms in of_frame.items() if name in DRAWING),
            threaded_ms=sum(ms for name, ms in of_frame.items() if name in THREADED),
            head_load_s=(apart["read a head, first time"] + apart["upload and bake, first time"]) / 1000,
            engine_start_s=result["stages"]["once_cpu_s_opening_engines"] / workers,
            bytes_per_frame=run["bytes_per_frame"],
            source=path.name,
        )
    return costs


def outcome_of(shard_index: int, num_sequences: int = 2) -> ShardOutcome:
    """Of a shard, as large as a real one's."""
    entries = tuple(
        SequenceEntry(
            sequence_id=f"head{shard_index:04d}__conversation_{k:02d}",
            head_id=f"head{shard_index:04d}",
            track_id=f"conversation_{k:02d}",
            background_id="00_sitting_room.jpg",
            seed=2**62 + k,
            num_frames=730,
        )
        for k in range(num_sequences)
    )
    record = ShardRecord(
        name=f"{shard_index:05d}.h5",
        sha256="0" * 64,
        num_bytes=30_000_000,
        num_frames=730 * num_sequences,
        sequences=entries,
    )
    return ShardOutcome(
        shard_index=shard_index,
        record=record,
        failures=(),
        renderer={"engine": "none", "device": "none", "version": "0"},
        seconds={f"stage{k}": 1.0 for k in range(12)},
        cpu_seconds={f"stage{k}": 1.0 for k in range(12)},
    )


class NoWork:
    """A worker that has its shard at once."""

    def make_shard(self, shard_index: int) -> ShardOutcome:
        """The outcome of a shard that nobody made."""
        return outcome_of(shard_index)

    def close(self) -> None:
        """Nothing to free."""


def measure_ledger(num_shards: int) -> float:
    """Seconds of the driver to enter one shard into the ledger, the disk included."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = RunFolder(Path(temporary) / "set")
        folder.create()
        started = time.perf_counter()
        for k in range(num_shards):
            folder.write_record(k, asdict(outcome_of(k)))
            folder.clear_progress(k)
        return (time.perf_counter() - started) / num_shards


def measure_ray(num_shards: int, num_workers: int = 2) -> dict[str, float]:
    """Ray's start until the first result, and the driver's seconds a shard afterwards, with workers that do nothing."""
    times = [time.perf_counter()]
    times += [time.perf_counter() for _ in RayExecutor(num_workers).run(range(num_shards), NoWork)]
    warm = times[1 + 2 * num_workers :]
    return {"first_result_s": times[1] - times[0], "shard_s": (warm[-1] - warm[0]) / (len(warm) - 1)}


def measure_wait(busy: int, repeats: int = 20) -> float:
    """Seconds of one `ray.wait` for the first of `busy` calls that are at work."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", address="local")
    try:
        actor = ray.remote(_Sleeper).options(num_cpus=1).remote()
        quick = ray.remote(_Sleeper).options(num_cpus=1).remote()
        ray.get([actor.sleep.remote(0), quick.sleep.remote(0)])
        pending = [actor.sleep.remote(3600)] + [actor.sleep.remote(0) for _ in range(busy - 1)]
        spent = 0.0
        for _ in range(repeats):
            done = quick.sleep.remote(0)
            ray.get(done)
            started = time.perf_counter()
            ray.wait([done, *pending], num_returns=1)
            spent += time.perf_counter() - started
        return spent / repeats
    finally:
        ray.shutdown()


class _Sleeper:
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def measure_process_start() -> float:
    """Seconds of a fresh Python until it could open a renderer."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import synhead.pipeline.worker"], check=True)
    return time.perf_counter() - started


def measure_all(*, quick: bool) -> dict[str, Any]:
    """Every cost of the schedule, in seconds."""
    measure_process_start()
    ray = measure_ray(40 if quick else 400)
    few, many = 8, 100 if quick else 1000
    waits = {busy: measure_wait(busy, 3 if quick else 20) for busy in (few, many)}
    return {
        "ledger_s": measure_ledger(20 if quick else 200),
        "ray_first_result_s": ray["first_result_s"],
        "ray_shard_s": ray["shard_s"],
        "ray_wait_s": waits,
        "ray_wait_s_per_busy": max(0.0, (waits[many] - waits[few]) / (many - few)),
        "process_start_s": measure_process_start(),
    }
