"""A worker that draws nothing: what it does with a shard is written in a table. Importable by worker processes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from synhead.errors import OutputError, RendererError
from synhead.pipeline.worker import ShardOutcome


@dataclass(frozen=True)
class FakeFactory:
    """Makes a worker; `behaviour` maps a shard to "die" (each time), "die once", "full", "broken once" or "crash"."""

    log: Path
    behaviour: dict[int, str]
    no_renderer: bool = False

    def __call__(self) -> "FakeWorker":
        if self.no_renderer:
            raise RendererError("no EGL here")
        return FakeWorker(self.log, self.behaviour)


class FakeWorker:
    """Leaves a line in a log for each try."""

    def __init__(self, log: Path, behaviour: dict[int, str]) -> None:
        self._log = log
        self._behaviour = behaviour

    def make_shard(self, shard_index: int) -> ShardOutcome:
        before = tries(self._log).count(shard_index)
        with self._log.open("a") as log:
            log.write(f"{shard_index} {os.getpid()}\n")
        what = self._behaviour.get(shard_index, "")
        first = before == 0
        if what == "die" or (what == "die once" and first):
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "full":
            raise OutputError("out: no space left")
        if what == "broken once" and first:
            raise RendererError("context lost")
        if what == "crash":
            raise ValueError("a fault of ours")
        return ShardOutcome(
            shard_index=shard_index, record=None, failures=(), renderer={"pid": os.getpid()}, seconds={"render": 1.0}
        )

    def close(self) -> None:
        with self._log.open("a") as log:
            log.write(f"-1 {os.getpid()}\n")


def tries(log: Path) -> list[int]:
    """Shards in the order in which they were begun."""
    if not log.exists():
        return []
    return [int(line.split()[0]) for line in log.read_text().splitlines() if not line.startswith("-1")]


@dataclass(frozen=True)
class DrawingFactory:
    """Workers that draw: each leaves the GPU that it sees in a log, sleeps, and then makes shards like any other."""

    log: Path
    sleep_s: float = 0.0

    def __call__(self) -> "DrawingWorker":
        return DrawingWorker(self)


class DrawingWorker(FakeWorker):
    """Its first frame takes as long as the factory says."""

    def __init__(self, factory: DrawingFactory) -> None:
        super().__init__(factory.log, {})
        self._sleep_s = factory.sleep_s

    def draw_first_frame(self) -> None:
        gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
        (self._log.parent / f"drawing-{os.getpid()}").write_text(gpu)
        time.sleep(self._sleep_s)
