"""What every executor promises. The contract tests are tests/pipeline/test_executors.py."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from synhead.pipeline.worker import ShardOutcome

MAX_DEATHS_OF_A_SHARD = 3
"""A shard whose worker died this often is given up: something in it kills the process."""


@runtime_checkable
class Worker(Protocol):
    """What runs in the worker process."""

    def make_shard(self, shard_index: int) -> ShardOutcome:
        """Make one shard."""
        ...

    def draw_first_frame(self) -> None:
        """Draw something small and wait for it: called once, where somebody watches whether the driver hangs."""
        ...

    def close(self) -> None:
        """Free everything."""
        ...


WorkerFactory = Callable[[], Worker]
"""Called once in each worker process; must be picklable."""

Groups = Mapping[int, Hashable]
"""Shard -> what its worker reads for it and keeps (its head): a worker gets shards of its own group first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardResult:
    """A finished or given-up shard.

    Attributes:
        outcome: None when the shard was given up.
        error: why it was given up.
    """

    shard_index: int
    outcome: ShardOutcome | None
    error: str | None = None


@runtime_checkable
class Executor(Protocol):
    """Runs shards, each at most once at a time, and yields results as they come, in any order.

    A worker that dies is replaced and its shard tried again, up to MAX_DEATHS_OF_A_SHARD times. A SynheadError from a
    worker (disk full, no renderer) ends the run: it is raised from the iterator. Closing the iterator stops the
    workers.
    """

    num_workers: int

    @property
    def description(self) -> str:
        """Such as ``2 local processes``, for people and for the manifest."""
        ...

    def run(self, shards: Sequence[int], factory: WorkerFactory, groups: Groups | None = None) -> Iterator[ShardResult]:
        """Make the shards."""
        ...
