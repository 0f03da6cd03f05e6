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
"""Stages that come once a worker, and once a head and worker; the plain loop's rate leaves them out too."""
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
class PipelineRun:
    """What one run cost.

    Attributes:
        frames_per_second: all frames over the time from the start of the workers to the last shard on disk.
        steady_frames_per_second: while every worker was busy: from the moment when each had finished a shard, to the
            moment when the first of them found nothing more to do. None with fewer than three shards a worker.
        wall_s: of the whole command, Python's start and the reading of all inputs included.
        cpu_s: CPU seconds of the command and all its processes.
        wall_s_by_stage, cpu_s_by_stage: of the workers' clocks (synhead/pipeline/stage_clock.py).
        workers: processes at work; fewer than asked for where there is less to do, or one a GPU.
        finished: (seconds since the command was started, frames) of each shard, in order of time.
    """

    frames: int
    frames_per_second: float
    steady_frames_per_second: float | None
    wall_s: float
    cpu_s: float
    wall_s_by_stage: dict[str, float]
    cpu_s_by_stage: dict[str, float]
    finished: list[tuple[float, int]]
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

    def stage_ms_per_frame(self) -> dict[str, float]:
        """CPU ms per frame of each stage of the workers."""
        return {stage: seconds / self.frames * 1e3 for stage, seconds in self.cpu_s_by_stage.items()}

    def summary(self) -> dict[str, Any]:
        """For a results file: figures, no samples."""
        steady = self.steady_frames_per_second
        return {
            "frames": self.frames,
            "frames_per_second": round(self.frames_per_second, 3),
            "steady_frames_per_second": None if steady is None else round(steady, 3),
            "command_wall_s": round(self.wall_s, 2),
            "cpu_ms_per_frame": round(self.cpu_ms_per_frame, 3),
            "cpu_ms_per_frame_by_stage": {k: round(v, 4) for k, v in self.stage_ms_per_frame().items()},
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
    finished, active = finished_shards(out, began), int(found["executor"].split()[0])
    return PipelineRun(
        frames=found["frames_of_last_run"],
        frames_per_second=found["frames_of_last_run"] / found["seconds_of_last_run"],
        steady_frames_per_second=steady_rate(finished, active),
        wall_s=wall_s,
        cpu_s=_children_cpu_s() - cpu_before,
        wall_s_by_stage=found["worker_seconds_by_stage"],
        cpu_s_by_stage=found["worker_cpu_seconds_by_stage"],
        finished=finished,
        memory=memory,
        renderer=manifest["renderer"],
        executor=found["executor"],
        workers=active,
        bytes_per_frame=sum(s["num_bytes"] for s in manifest["shards"]) / found["frames_of_last_run"],
        heads=len(manifest["inputs"]["heads"]),
        triangles=[head["details"]["triangles"] for head in manifest["inputs"]["heads"]],
    )


def finished_shards(out: Path, began_s: float) -> list[tuple[float, int]]:
    """(seconds since `began_s`, frames) of each shard, by when its entry in the run's ledger was written."""
    entries = []
    for path in (out / ".run" / "shards").glob("*.json"):
        record = json.loads(path.read_text())["record"]
        entries.append((path.stat().st_mtime - began_s, record["num_frames"]))
    return sorted(entries)


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


def set_up_left_out(run: PipelineRun) -> float:
    """Frames per second of the workers without opening the engine and reading heads."""
    return run.workers * run.frames / sum(s for stage, s in run.wall_s_by_stage.items() if stage not in SET_UP)


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
