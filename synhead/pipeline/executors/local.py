"""Shards in this process (one worker) or in processes beside it. No start-up cost beyond Python's own."""

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from synhead.errors import RendererError, SynheadError
from synhead.pipeline.executors.base import MAX_DEATHS_OF_A_SHARD, Groups, ShardResult, WorkerFactory
from synhead.pipeline.executors.first_frame import no_first_frame
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
    gpu: str | None
    # When it must have drawn; None once it has, or where nobody watches.
    deadline: float | None
    # A message that was read and is not dealt with.
    said: tuple[str, Any] | None = None


class ProcessExecutor:
    """Several workers, each a process of its own; a dead one is replaced and its shard tried again.

    Args:
        num_workers: processes.
        gpus: CUDA numbers to spread the processes over; none: they see what this process sees.
        first_frame_s: seconds until a worker must have drawn; None: nobody watches.
    """

    def __init__(self, num_workers: int, *, gpus: Sequence[str] = (), first_frame_s: float | None = None) -> None:
        self.num_workers = num_workers
        self._gpus = tuple(gpus)
        self._first_frame_s = first_frame_s
        # Fork would copy this process's threads' locks and, in tests, its graphics context.
        self._context = multiprocessing.get_context("spawn")

    @property
    def description(self) -> str:
        """For people and for the manifest."""
        count = f"{self.num_workers} local process{'es' if self.num_workers > 1 else ''}"
        return count + (f" on {len(self._gpus)} GPUs" if len(self._gpus) > 1 else "")

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
                    children.append(self._start(payload, waiting.take(), self._free_gpu(children)))
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

    def _free_gpu(self, children: list[_Child]) -> str | None:
        """The GPU with the fewest workers."""
        used = [child.gpu for child in children]
        return min(self._gpus, key=used.count) if self._gpus else None

    def _start(self, payload: bytes, shard_index: int, gpu: str | None) -> _Child:
        here, there = self._context.Pipe()
        wanted = {name: os.environ.get(name, value) for name, value in SINGLE_THREADED.items()}
        if gpu is not None:
            wanted["CUDA_VISIBLE_DEVICES"] = gpu
        saved = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            watched = self._first_frame_s is not None
            process = self._context.Process(target=_child_main, args=(there, payload, watched), daemon=True)
            process.start()
        finally:
            for name, value in saved.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        there.close()
        here.send(shard_index)
        deadline = None if self._first_frame_s is None else time.monotonic() + self._first_frame_s
        return _Child(process=process, connection=here, shard_index=shard_index, gpu=gpu, deadline=deadline)

    def _ready(self, children: list[_Child]) -> list[_Child]:
        """Children with something to say other than that they have drawn their first frame.

        Raises:
            RendererError: one has not drawn in time; it is dead then.
        """
        while True:
            deadlines = [child.deadline for child in children if child.deadline is not None]
            left = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
            ready = wait([c.connection for c in children], timeout=left)
            for child in children:
                if child.deadline is None or child.connection in ready or time.monotonic() < child.deadline:
                    continue
                child.process.kill()
                limit = self._first_frame_s or 0.0
                raise no_first_frame(f"worker process {child.process.pid}", limit, child.gpu)
            speaking = [c for c in children if c.connection in ready and not _has_drawn(c)]
            if speaking:
                return speaking

    @staticmethod
    def _collect(child: _Child, deaths: dict[int, int], waiting: ShardQueue) -> ShardResult | None:
        kind: str
        value: Any
        try:
            kind, value = child.said or child.connection.recv()
            child.said = None
            if kind == "lost":
                raise EOFError
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


def _has_drawn(child: _Child) -> bool:
    """Take the message that a watched child has drawn its first frame, if that is what it sent."""
    if child.deadline is None:
        return False
    child.deadline = None
    try:
        message = child.connection.recv()
    except (EOFError, OSError):
        child.said = ("lost", None)
        return False
    if message[0] == "drawn":
        return True
    child.said = message
    return False


def _stop(child: _Child) -> None:
    # A closed pipe is the sign to leave; a worker that does not is ended.
    if not child.connection.closed:
        child.connection.close()
    child.process.join(5)
    if child.process.is_alive():
        child.process.kill()
        child.process.join()


def _child_main(connection: Connection, payload: bytes, watched: bool) -> None:
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver decides
    worker = None
    try:
        while True:
            shard_index = connection.recv()
            try:
                if worker is None:
                    worker = pickle.loads(payload)()
                    if watched:
                        worker.draw_first_frame()
                        connection.send(("drawn", None))
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
