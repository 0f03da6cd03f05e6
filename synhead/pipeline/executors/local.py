"""Shards in this process (one worker) or in processes beside it. No start-up cost beyond Python's own."""

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from synhead.errors import RendererError, SynheadError
from synhead.pipeline.executors.base import MAX_DEATHS_OF_A_SHARD, Groups, ShardResult, WorkerFactory
from synhead.pipeline.executors.shard_queue import ShardQueue

# One process a core: threads inside the drawing and linear-algebra libraries would only get in each other's way.
SINGLE_THREADED = {
    "LP_NUM_THREADS": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class InProcessExecutor:
    """One worker, here. Easiest to debug; a crash of the driver of the graphics card takes the run with it."""

    num_workers = 1
    description = "1 worker in this process"

    def run(self, shards: Sequence[int], factory: WorkerFactory, groups: Groups | None = None) -> Iterator[ShardResult]:
        """Make the shards one after the other."""
        if not shards:
            return
        worker = factory()
        try:
            for shard_index in shards:
                yield ShardResult(shard_index=shard_index, outcome=worker.make_shard(shard_index))
        finally:
            worker.close()


@dataclass(slots=True)
class _Child:
    process: BaseProcess
    connection: Connection
    shard_index: int


class ProcessExecutor:
    """Several workers, each a process of its own; a dead one is replaced and its shard tried again."""

    def __init__(self, num_workers: int) -> None:
        self.num_workers = num_workers
        # Fork would copy this process's threads' locks and, in tests, its graphics context.
        self._context = multiprocessing.get_context("spawn")

    @property
    def description(self) -> str:
        """For people and for the manifest."""
        return f"{self.num_workers} local processes"

    def run(self, shards: Sequence[int], factory: WorkerFactory, groups: Groups | None = None) -> Iterator[ShardResult]:
        """Make the shards, each free worker taking the next one, of its own group if it can."""
        waiting = ShardQueue(shards, groups)
        deaths: dict[int, int] = {}
        payload = pickle.dumps(factory)
        children: list[_Child] = []
        leaving: list[_Child] = []
        try:
            while waiting or children:
                while waiting and len(children) < self.num_workers:
                    children.append(self._start(payload, waiting.take()))
                for child in self._ready(children):
                    result = self._collect(child, deaths, waiting)
                    if result is not None:
                        yield result
                    alive = child.process.is_alive() and not child.connection.closed
                    if alive and waiting:
                        child.shard_index = waiting.take(child.shard_index)
                        child.connection.send(child.shard_index)
                    else:
                        # Its end takes a moment, in which others' results must not wait.
                        child.connection.close()
                        children.remove(child)
                        leaving.append(child)
        finally:
            for child in children:
                child.process.terminate()
            for child in [*children, *leaving]:
                _stop(child)

    def _start(self, payload: bytes, shard_index: int) -> _Child:
        here, there = self._context.Pipe()
        saved = {name: os.environ.get(name) for name in SINGLE_THREADED}
        os.environ.update({name: os.environ.get(name, value) for name, value in SINGLE_THREADED.items()})
        try:
            process = self._context.Process(target=_child_main, args=(there, payload), daemon=True)
            process.start()
        finally:
            for name, value in saved.items():
                if value is None:
                    del os.environ[name]
        there.close()
        here.send(shard_index)
        return _Child(process=process, connection=here, shard_index=shard_index)

    @staticmethod
    def _ready(children: list[_Child]) -> list[_Child]:
        ready = wait([c.connection for c in children])
        return [c for c in children if c.connection in ready]

    @staticmethod
    def _collect(child: _Child, deaths: dict[int, int], waiting: ShardQueue) -> ShardResult | None:
        kind: str
        value: Any
        try:
            kind, value = child.connection.recv()
        except (EOFError, OSError):
            child.process.join(5)
            kind, value = "died", f"worker process ended with exit code {child.process.exitcode}"
        if kind == "done":
            return ShardResult(shard_index=child.shard_index, outcome=value)
        if kind == "fatal":
            raise value
        child.connection.close()
        deaths[child.shard_index] = deaths.get(child.shard_index, 0) + 1
        if deaths[child.shard_index] < MAX_DEATHS_OF_A_SHARD:
            waiting.put_back(child.shard_index)
            return None
        reason = f"{value}, {MAX_DEATHS_OF_A_SHARD} times in a row"
        return ShardResult(shard_index=child.shard_index, outcome=None, error=reason)


def _stop(child: _Child) -> None:
    # A closed pipe is the sign to leave; a worker that does not is ended.
    if not child.connection.closed:
        child.connection.close()
    child.process.join(5)
    if child.process.is_alive():
        child.process.kill()
        child.process.join()


def _child_main(connection: Connection, payload: bytes) -> None:
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver decides
    worker = None
    try:
        while True:
            shard_index = connection.recv()
            try:
                if worker is None:
                    worker = pickle.loads(payload)()
                connection.send(("done", worker.make_shard(shard_index)))
            except RendererError as error:
                # An engine that never started will not start elsewhere either; one that broke may.
                connection.send(("fatal", error) if worker is None else ("died", str(error)))
                return
            except SynheadError as error:
                connection.send(("fatal", error))
                return
            except Exception as error:
                connection.send(("died", f"{type(error).__name__}: {error}"))
                return
    except (EOFError, OSError):
        return
    finally:
        if worker is not None:
            worker.close()


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, so that a killed run leaves no one at work."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() == 1:
            os._exit(1)
