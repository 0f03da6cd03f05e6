"""Shards in Ray actors: many cores, several GPUs, or a cluster. The only module that imports ray, and only in use."""

import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from synhead.errors import ConfigError, RendererError, SynheadError
from synhead.pipeline.executors.base import MAX_DEATHS_OF_A_SHARD, Groups, ShardResult, WorkerFactory
from synhead.pipeline.executors.first_frame import no_first_frame
from synhead.pipeline.executors.local import SINGLE_THREADED
from synhead.pipeline.executors.shard_queue import ShardQueue

_OBJECT_STORE_BYTES = 256 * 1024 * 1024
"""Only the plan goes through Ray; frames go straight to disk. Ray's own default takes a third of the memory."""


class RayExecutor:
    """One actor a worker, each with its own renderer; a lost actor is replaced and its shard tried again.

    Each actor has one shard in work and none queued, so memory does not grow with the number of shards.

    Args:
        num_workers: actors; on a cluster no more than it has room for are started.
        address: of a running cluster ("auto" or host:port), or None to start Ray here. The output folder and the
            inputs must be visible under the same paths on all its machines.
        num_gpus_per_worker: 1 where the renderer draws on a GPU (one graphics process a GPU), else 0.
        first_frame_s: seconds from its start until an actor must have drawn; None: nobody watches.
    """

    def __init__(
        self,
        num_workers: int,
        *,
        address: str | None = None,
        num_gpus_per_worker: float = 0.0,
        first_frame_s: float | None = None,
    ) -> None:
        self._first_frame_s = first_frame_s
        self.num_workers = num_workers
        self._address = address
        self._num_gpus = num_gpus_per_worker

    @property
    def description(self) -> str:
        """For people and for the manifest."""
        return f"{self.num_workers} Ray actors" + (f" at {self._address}" if self._address else "")

    def run(self, shards: Sequence[int], factory: WorkerFactory, groups: Groups | None = None) -> Iterator[ShardResult]:
        """Make the shards, each free actor taking the next one, of its own group if it can."""
        if not shards:
            return
        ray = self._connect()
        try:
            yield from self._drive(ray, ShardQueue(shards, groups), factory)
        finally:
            ray.shutdown()

    def _connect(self) -> Any:
        if self._address not in (None, "auto"):
            _require_answer(self._address)
        # Ray's hint about future GPU variables would be printed into the progress line.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if self._address is None:
            options.update(num_cpus=self.num_workers, include_dashboard=False, object_store_memory=_OBJECT_STORE_BYTES)
        try:
            ray.init(address=self._address or "local", **options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise _no_cluster(self._address, error) from None
        return ray

    def _drive(self, ray: Any, waiting: ShardQueue, factory: WorkerFactory) -> Iterator[ShardResult]:
        deaths: dict[int, int] = {}
        shared_factory = ray.put(factory)
        actor_class = ray.remote(_Actor).options(
            num_cpus=1, num_gpus=self._num_gpus, max_restarts=0, runtime_env={"env_vars": SINGLE_THREADED}
        )
        idle: list[tuple[Any, int | None]] = []
        busy: dict[Any, tuple[Any, int]] = {}
        watch = _FirstFrames(ray, self._first_frame_s)
        while waiting or busy:
            while waiting and len(busy) < self.num_workers:
                actor, last = idle.pop() if idle else (watch.started(actor_class.remote(shared_factory)), None)
                shard_index = waiting.take(last)
                busy[actor.make_shard.remote(shard_index)] = (actor, shard_index)
            for future in ray.wait(list(busy), num_returns=1, timeout=watch.look())[0]:
                actor, shard_index = busy.pop(future)
                kind: str
                value: Any
                try:
                    kind, value = ray.get(future)
                except ray.exceptions.RayError as error:
                    kind, value = "died", _first_line(error)
                if kind == "done":
                    idle.append((actor, shard_index))
                    yield ShardResult(shard_index=shard_index, outcome=value)
                    continue
                if kind == "fatal":
                    raise value
                reason = str(value)
                ray.kill(actor)
                deaths[shard_index] = deaths.get(shard_index, 0) + 1
                if deaths[shard_index] < MAX_DEATHS_OF_A_SHARD:
                    waiting.put_back(shard_index)
                else:
                    reason = f"{reason}, {MAX_DEATHS_OF_A_SHARD} times in a row"
                    yield ShardResult(shard_index=shard_index, outcome=None, error=reason)


class _FirstFrames:
    """Actors that have not drawn yet. An actor's time runs from when it is there: a full cluster makes it wait."""

    def __init__(self, ray: Any, limit_s: float | None) -> None:
        self._ray = ray
        self._limit_s = limit_s
        self._waited_for: list[list[Any]] = []

    def started(self, actor: Any) -> Any:
        """Have a new actor draw before anything else, and remember it; returns the actor."""
        if self._limit_s is not None:
            self._waited_for.append([actor, actor.pid.remote(), actor.draw_first_frame.remote(), None])
        return actor

    def look(self) -> float | None:
        """How long one may wait until the next look; None: for ever.

        Raises:
            RendererError: an actor has not drawn in time; it is dead then.
        """
        if self._limit_s is None:
            return None
        for entry in list(self._waited_for):
            actor, pid, drawn, deadline = entry
            if self._ray.wait([drawn], timeout=0)[0]:
                self._waited_for.remove(entry)
            elif deadline is None and self._ray.wait([pid], timeout=0)[0]:
                entry[3] = time.monotonic() + self._limit_s
            elif deadline is not None and time.monotonic() > deadline:
                self._ray.kill(actor)
                raise no_first_frame(f"Ray actor (process {self._ray.get(pid)})", self._limit_s, None)
        return min(1.0, self._limit_s / 4) if self._waited_for else None


class _Actor:
    """Builds its worker at the first shard, so that a renderer that cannot start is reported like any other error."""

    def __init__(self, factory: WorkerFactory) -> None:
        self._factory = factory
        self._worker: Any = None

    def pid(self) -> int:
        """Of the process; answers as soon as it is there."""
        return os.getpid()

    def draw_first_frame(self) -> None:
        """As Worker has it. What fails here is reported by the first shard, which fails alike."""
        with suppress(Exception):
            if self._worker is None:
                self._worker = self._factory()
            self._worker.draw_first_frame()

    def make_shard(self, shard_index: int) -> tuple[str, Any]:
        """("done", outcome), ("fatal", error for the user) or ("died", reason to try elsewhere)."""
        try:
            if self._worker is None:
                self._worker = self._factory()
            return "done", self._worker.make_shard(shard_index)
        except RendererError as error:
            return ("fatal", error) if self._worker is None else ("died", str(error))
        except SynheadError as error:
            return "fatal", error
        except Exception as error:
            return "died", f"{type(error).__name__}: {error}"


def _require_answer(address: str) -> None:
    """Knock first: Ray itself waits for minutes at a closed door.

    Raises:
        ConfigError: the address is malformed, or nothing listens there.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--ray-address {address}: is no address; write auto or HOST:PORT, such as 10.0.0.5:6379")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise _no_cluster(address, error) from None


def _no_cluster(address: str | None, error: Exception) -> ConfigError:
    return ConfigError(
        f"--ray-address {address}: no Ray cluster answers there ({error}); start one with 'ray start --head', or leave "
        "the option out to use this machine"
    )


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"
