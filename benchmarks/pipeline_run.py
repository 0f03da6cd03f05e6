"""One `synhead render` as a user starts it, in a process of its own, and what it cost: time, CPU, memory."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from synhead.pipeline.executors.local import SINGLE_THREADED

SET_UP = ("start", "head")
"""Stages of shards in which an engine was opened or a head read. The plain loop's rate leaves these out too, and the
first frame of a head, in which programs are compiled, textures go up and shadows are baked."""
_SAMPLE_EVERY_S = 0.25
_LOOK_FOR_WORKERS_EVERY = 8
"""Samples: to find the children of a process all of the machine's are read, several milliseconds of work."""
_FRAME_MARKS = "─│╭╮╰╯ "


class RunFailedError(RuntimeError):
    """The command ended with another exit code than 0; the message is what it said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MemorySample:
    """Resident sizes at one moment, MiB.

    Attributes:
        time_s: since the command was started.
        workers_mib: by process id; empty where the driver works itself.
    """

    time_s: float
    driver_mib: float
    workers_mib: dict[int, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One shard, as the run's ledger has it.

    Attributes:
        finished_s: when its entry was written, seconds since the command was started.
        wall_s, cpu_s: seconds by stage (synhead/pipeline/stage_clock.py).
    """

    finished_s: float
    frames: int
    wall_s: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    @property
    def is_warm(self) -> bool:
        """Its worker had the engine and all its heads before."""
        return not any(stage in self.cpu_s for stage in SET_UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineRun:
    """What one run cost.

    Attributes:
        frames_per_second: all frames over the time from the start of the workers to the last shard on disk.
        steady_frames_per_second: while every worker was busy: from the moment when each had finished a shard, to the
            moment when the first of them found nothing more to do. None with fewer than three shards a worker.
        wall_s: of the whole command, Python's start and the reading of all inputs included.
        cpu_s: CPU seconds of the command and all its processes.
        workers: processes at work; fewer than asked for where there is less to do, or one a GPU.
        shards: in the order in which they were finished.
    """

    frames: int
    frames_per_second: float
    steady_frames_per_second: float | None
    wall_s: float
    cpu_s: float
    shards: list[Shard]
    memory: list[MemorySample]
    renderer: dict[str, Any]
    executor: str
    workers: int
    bytes_per_frame: float = 0.0
    heads: int = 0
    triangles: list[int] = field(default_factory=list)

    @property
    def cpu_ms_per_frame(self) -> float:
        """Of everything: starts, inputs, drawing, writing."""
        return self.cpu_s / self.frames * 1e3

    @property
    def finished(self) -> list[tuple[float, int]]:
        """(seconds since the command was started, frames) of each shard, in order of time."""
        return [(shard.finished_s, shard.frames) for shard in self.shards]

    @property
    def warm_frames_per_second(self) -> float | None:
        """Of all workers, from the shards of heads that they had; None where there is no such shard."""
        warm = [shard for shard in self.shards if shard.is_warm]
        seconds = sum(sum(shard.wall_s.values()) for shard in warm)
        return self.workers * sum(shard.frames for shard in warm) / seconds if warm else None

    def warm_ms_per_frame(self) -> dict[str, float]:
        """CPU ms per frame of each stage, from the shards of heads that the workers had; empty where there are none."""
        warm = [shard for shard in self.shards if shard.is_warm]
        frames = sum(shard.frames for shard in warm)
        stages = {stage for shard in warm for stage in shard.cpu_s}
        return {stage: 1e3 * sum(s.cpu_s.get(stage, 0.0) for s in warm) / frames for stage in stages}

    def cpu_s_of(self, *stages: str) -> float:
        """CPU seconds of some stages over all shards, or of all stages."""
        return sum(v for shard in self.shards for k, v in shard.cpu_s.items() if not stages or k in stages)

    def summary(self) -> dict[str, Any]:
        """For a results file: figures, no samples."""
        steady, warm = self.steady_frames_per_second, self.warm_frames_per_second
        return {
            "frames": self.frames,
            "frames_per_second": round(self.frames_per_second, 3),
            "steady_frames_per_second": None if steady is None else round(steady, 3),
            "warm_frames_per_second": None if warm is None else round(warm, 3),
            "command_wall_s": round(self.wall_s, 2),
            "cpu_ms_per_frame": round(self.cpu_ms_per_frame, 3),
            "warm_cpu_ms_per_frame_by_stage": {k: round(v, 4) for k, v in self.warm_ms_per_frame().items()},
            "set_up_cpu_s": {stage: round(self.cpu_s_of(stage), 3) for stage in SET_UP},
            "bytes_per_frame": round(self.bytes_per_frame),
            "executor": self.executor,
            "renderer": self.renderer,
            "heads": self.heads,
            "triangles": self.triangles,
        }


def run_pipeline(
    out: Path, options: list[str], *, cache: Path, workers: int, single_threaded: bool = False
) -> PipelineRun:
    """`synhead render OPTIONS --out OUT`, measured; OUT must be new.

    Args:
        cache: folder for heads that were read before: what earlier runs left on this machine must not count.
        single_threaded: a single worker too keeps to one core, as each of several does.

    Raises:
        RunFailedError: the command failed, a sequence failed, or this version does not know an option.
    """
    command = [sys.executable, "-m", "synhead", "render", *options, "--out", str(out), "--workers", str(workers)]
    command += ["--executor", "local", "--quiet"]
    cpu_before, began = _children_cpu_s(), time.time()
    # Its own file and not a pipe: nothing here reads while the command runs.
    with (out.parent / f"{out.name}.log").open("w+") as log:
        environment = {**(SINGLE_THREADED if single_threaded else {}), **os.environ, "SYNHEAD_CACHE_DIR": str(cache)}
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        samples = _Sampler(process.pid, began)
        code = process.wait()
        wall_s = time.time() - began
        memory = samples.stop()
        log.seek(0)
        said = log.read().strip()
    if code != 0:
        raise RunFailedError(f"synhead render ended with exit code {code}: {_last_words(said)}")
    manifest = json.loads((out / "manifest.json").read_text())
    found = manifest["throughput"]
    shards, active = finished_shards(out, began), int(found["executor"].split()[0])
    return PipelineRun(
        frames=found["frames_of_last_run"],
        frames_per_second=found["frames_of_last_run"] / found["seconds_of_last_run"],
        steady_frames_per_second=steady_rate([(shard.finished_s, shard.frames) for shard in shards], active),
        wall_s=wall_s,
        cpu_s=_children_cpu_s() - cpu_before,
        shards=shards,
        memory=memory,
        renderer=manifest["renderer"],
        executor=found["executor"],
        workers=active,
        bytes_per_frame=sum(s["num_bytes"] for s in manifest["shards"]) / found["frames_of_last_run"],
        heads=len(manifest["inputs"]["heads"]),
        triangles=[head["details"]["triangles"] for head in manifest["inputs"]["heads"]],
    )


def finished_shards(out: Path, began_s: float) -> list[Shard]:
    """The entries of a run's ledger, in the order in which they were written."""
    shards = []
    for path in (out / ".run" / "shards").glob("*.json"):
        entry = json.loads(path.read_text())
        shards.append(
            Shard(
                finished_s=path.stat().st_mtime - began_s,
                frames=entry["record"]["num_frames"],
                wall_s=entry["seconds"],
                cpu_s=entry["cpu_seconds"],
            )
        )
    return sorted(shards, key=lambda shard: shard.finished_s)


def steady_rate(finished: list[tuple[float, int]], workers: int) -> float | None:
    """Frames per second while every worker was busy; see PipelineRun."""
    steady = _steady_part(finished, workers)
    return None if len(finished) < 3 * workers else _rate(steady, 0, len(steady) - 1)


def rate_windows(finished: list[tuple[float, int]], workers: int, count: int) -> list[float]:
    """Frames per second in `count` windows of about equally many shards of the steady part; fewer where it is short."""
    steady = _steady_part(finished, workers)
    rounds = (len(steady) - 1) // workers
    edges = [workers * round(k * rounds / count) for k in range(count + 1)]
    rates = [_rate(steady, a, b) for a, b in pairwise(edges)]
    return [rate for rate in rates if rate is not None]


def _steady_part(finished: list[tuple[float, int]], workers: int) -> list[tuple[float, int]]:
    """From the workers-th shard on, a whole number of shards for each worker, without the last of them.

    Workers that started together end their shards in step: any other number would count a step too much or too little.
    """
    rounds = (len(finished) - 2 * workers + 1) // workers
    return finished[workers - 1 : workers + max(rounds, 0) * workers]


def _rate(finished: list[tuple[float, int]], first: int, last: int) -> float | None:
    seconds = finished[last][0] - finished[first][0] if last > first else 0.0
    return sum(n for _, n in finished[first + 1 : last + 1]) / seconds if seconds > 0 else None


class _Sampler:
    """Reads the resident sizes of a process and its workers in a thread until it is stopped."""

    def __init__(self, pid: int, began_s: float) -> None:
        self._driver = psutil.Process(pid)
        self._began_s = began_s
        self._workers: list[psutil.Process] = []
        self._samples: list[MemorySample] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> list[MemorySample]:
        self._end.set()
        self._thread.join()
        return self._samples

    def _watch(self) -> None:
        count = 0
        while not self._end.wait(_SAMPLE_EVERY_S):
            try:
                # In the first seconds, and then now and then: a dead worker is replaced.
                if count < _LOOK_FOR_WORKERS_EVERY or count % _LOOK_FOR_WORKERS_EVERY == 0:
                    self._workers = [p for p in self._driver.children() if _is_worker(p)]
                count += 1
                driver = _resident_mib(self._driver)
                workers = {p.pid: _resident_mib(p) for p in self._workers}
            except psutil.Error:
                self._workers = []
                continue
            self._samples.append(
                MemorySample(time_s=time.time() - self._began_s, driver_mib=driver, workers_mib=workers)
            )


def _is_worker(process: psutil.Process) -> bool:
    """Beside the workers there is multiprocessing's resource tracker."""
    return any("spawn_main" in word for word in process.cmdline())


def _resident_mib(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _last_words(text: str) -> str:
    words = " ".join(line.strip(_FRAME_MARKS) for line in text.splitlines()[-6:]).split()
    return " ".join(words) or "it said nothing"


def available_workers() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0))
