"""Is the simulation right? Real runs of two workers beside simulated ones.

Twice: with workers that sleep instead of drawing, which a busy machine does not disturb (a test does it); and with
renders, where the costs found in one job must foretell the time of another.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inputs import REPOSITORY
from benchmarks.schedule import RESIDENT_HEADS, Cluster, Policy, Shard, job_of, simulate
from synhead.pipeline.worker import ShardOutcome
from synhead.shards.manifest import Manifest, read_manifest

TOLERANCE = 0.10
"""Relative error of the time of a run that is accepted."""


@dataclass(frozen=True)
class SleepFactory:
    """Makes workers that take the time that the simulation says. `dies` are shards whose first worker is killed."""

    folder: Path
    shards: tuple[Shard, ...]
    cluster: Cluster
    dies: tuple[int, ...] = ()

    def __call__(self) -> "SleepWorker":
        return SleepWorker(self)


class SleepWorker:
    """Its first shard begins when all workers are there, so that their start is left out."""

    def __init__(self, job: SleepFactory) -> None:
        self._job = job
        self._heads: OrderedDict[int, None] = OrderedDict()
        (job.folder / f"ready-{os.getpid()}").touch()
        while len(list(job.folder.glob("ready-*"))) < job.cluster.workers:
            time.sleep(0.001)

    def make_shard(self, shard_index: int) -> ShardOutcome:
        """Sleep as long as heads and frames take."""
        began = time.time()
        shard, cluster = self._job.shards[shard_index], self._job.cluster
        loads = sum(head not in self._heads for head in shard.heads)
        for head in shard.heads:
            self._heads[head] = None
            self._heads.move_to_end(head)
        while len(self._heads) > RESIDENT_HEADS:
            self._heads.popitem(last=False)
        tried = self._job.folder / f"tried-{shard_index}"
        if shard_index in self._job.dies and not tried.exists():
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(loads * cluster.head_load_s + shard.frames / cluster.frames_per_s)
        return ShardOutcome(
            shard_index=shard_index, record=None, failures=(), renderer={}, seconds={"began": began, "loads": loads}
        )

    def close(self) -> None:
        """Nothing to free."""


def steady_cluster(**changes: Any) -> Cluster:
    """No luck in it: workers alike, nobody dies, the start left out."""
    quiet = dict.fromkeys(
        ("worker_sigma", "shard_sigma", "straggler_share", "deaths_per_worker_hour", "dispatch_s"), 0.0
    )
    quiet |= dict.fromkeys(("connect_s", "actor_start_s", "engine_start_s", "driver_s", "bytes_per_frame"), 0.0)
    return Cluster(**{**quiet, **changes})


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Of a render: heads, tracks and frames a track."""

    heads: int
    tracks: int
    frames: int

    def shards(self) -> list[Shard]:
        """As `synhead render` packs them."""
        return job_of(self.heads, [self.frames] * self.tracks)


def validate(ledger_s: float) -> dict[str, Any]:
    """Render one job, take its costs, simulate another and render that one too, both with two processes.

    The first job runs twice, so that heads and compiled code are cached for all that is measured.
    """
    known, asked = Job(heads=2, tracks=6, frames=48), Job(heads=3, tracks=7, frames=64)
    with tempfile.TemporaryDirectory() as temporary:
        manifests = [_render(Path(temporary) / str(k), job) for k, job in enumerate((asked, known, asked))][1:]
    costs = _costs(manifests[0], known)
    foretold = simulate(asked.shards(), steady_cluster(driver_s=ledger_s, **costs), Policy(), 0).seconds
    real = manifests[1].throughput["seconds_of_last_run"]
    error = foretold / real - 1
    said = (
        f"Validation: a run of {manifests[1].num_frames} frames with two processes was foretold to take "
        f"{foretold:.1f} s from the costs of a run of {manifests[0].num_frames}, and took {real:.1f} s "
        f"({error:+.0%}; accepted: {TOLERANCE:.0%})."
    )
    return {"costs": costs, "foretold_s": foretold, "real_s": real, "error": round(error, 4), "verdict": said}


def _render(out: Path, job: Job) -> Manifest:
    command = [
        sys.executable, "-m", "synhead", "render", "--models", "assets/heads", "--tracks", "motion_tracks",
        "--backgrounds", "assets/backgrounds", "--out", str(out), "--workers", "2", "--executor", "local", "--quiet",
        "--max-heads", str(job.heads), "--max-tracks", str(job.tracks), "--frames-per-track", str(job.frames),
    ]  # fmt: skip
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return read_manifest(out)


def _costs(manifest: Manifest, job: Job) -> dict[str, Any]:
    """Of a frame, a head and a worker's start, from the clocks of two workers; their process start from the rest."""
    told = manifest.throughput
    stages: dict[str, float] = told["worker_seconds_by_stage"]
    frame_s = sum(s for stage, s in stages.items() if stage not in ("start", "head")) / manifest.num_frames
    probe = steady_cluster(workers=2, frames_per_s=1 / frame_s)
    loads = loads_of(job.shards(), probe)
    head_s = stages["head"] / loads
    without = simulate(
        job.shards(), steady_cluster(workers=2, frames_per_s=1 / frame_s, head_load_s=head_s), Policy(), 0
    )
    start = max(0.0, told["seconds_of_last_run"] - without.seconds)
    return {"workers": 2, "frames_per_s": 1 / frame_s, "head_load_s": head_s, "actor_start_s": start}


def loads_of(shards: Sequence[Shard], cluster: Cluster) -> int:
    """How often a head is read in a run without luck."""
    share = simulate(shards, _with_head_load(cluster, 1e-6), Policy(), 0)
    return round(share.shares["heads"] * share.seconds * cluster.workers / 1e-6)


def _with_head_load(cluster: Cluster, seconds: float) -> Cluster:
    from dataclasses import replace

    return replace(cluster, head_load_s=seconds)
