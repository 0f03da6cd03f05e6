"""Which shard comes next: one of a head that the worker holds already, while there are any.

A worker that took the next shard in order would read a head for nearly every shard as soon as there are more workers
than a head has shards: a fifth of the time of a hundred fast workers (docs/scale.md). What is made does not depend on
it.
"""

from collections import deque
from collections.abc import Hashable, Mapping, Sequence


class ShardQueue:
    """Shards that nobody works on.

    Args:
        shards: in the order in which they are wanted.
        groups: shard -> what its worker has to read for it; None: all alike.
    """

    def __init__(self, shards: Sequence[int], groups: Mapping[int, Hashable] | None = None) -> None:
        self._group_of = dict.fromkeys(shards) if groups is None else {shard: groups[shard] for shard in shards}
        self._waiting: dict[Hashable, deque[int]] = {}
        for shard in shards:
            self._waiting.setdefault(self._group_of[shard], deque()).append(shard)
        self._length = len(shards)

    def __len__(self) -> int:
        return self._length

    def take(self, last: int | None = None) -> int:
        """The next shard for a worker whose last one was `last` (None: a new worker).

        The first that waits of the same group; else of the group that has most waiting, so that workers spread over the
        groups and none is left for the end.

        Raises:
            IndexError: none is waiting.
        """
        if not self._length:
            raise IndexError("no shard is waiting")
        self._length -= 1
        group = None if last is None else self._group_of[last]
        if group not in self._waiting:
            group = max(self._waiting, key=lambda g: len(self._waiting[g]))
        waiting = self._waiting[group]
        shard = waiting.popleft()
        if not waiting:
            del self._waiting[group]
        return shard

    def put_back(self, shard: int) -> None:
        """Try this one again, after the others of its group: what killed its worker may have passed by then."""
        self._waiting.setdefault(self._group_of[shard], deque()).append(shard)
        self._length += 1
