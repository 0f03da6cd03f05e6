from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synhead.pipeline.executors.local import ProcessExecutor
from synhead.pipeline.executors.shard_queue import ShardQueue
from tests.pipeline.fake_worker import FakeFactory, tries


def test_without_groups_the_order_is_kept_and_a_failed_shard_comes_last():
    queue = ShardQueue([5, 3, 9])
    assert queue.take() == 5
    queue.put_back(5)
    assert [queue.take(last) for last in (5, None, 3)] == [3, 9, 5]
    assert len(queue) == 0
    with pytest.raises(IndexError, match="no shard is waiting"):
        queue.take(5)


def test_a_worker_keeps_its_group_and_then_takes_the_longest():
    groups = {0: "a", 1: "a", 2: "b", 3: "b", 4: "b", 5: "c"}
    queue = ShardQueue(range(6), groups)
    assert queue.take() == 2
    assert queue.take(2) == 3
    assert queue.take() == 0
    queue.put_back(3)
    assert queue.take(0) == 1
    assert queue.take(1) == 4
    assert queue.take(4) == 3
    assert queue.take(3) == 5


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 6), st.randoms(use_true_random=False))
def test_every_shard_is_handed_out_once_whoever_asks(group_of, workers, luck):
    queue = ShardQueue(range(len(group_of)), dict(enumerate(group_of)))
    last: list[int | None] = [None] * workers
    seen: Counter[int] = Counter()
    failed = set()
    while queue:
        k = luck.randrange(workers)
        shard = queue.take(last[k])
        if last[k] is not None and group_of[shard] != group_of[last[k]]:
            rest = [s for s in range(len(group_of)) if s not in seen and s != shard]
            assert all(group_of[s] != group_of[last[k]] for s in rest)
        if shard not in failed and luck.random() < 0.1:
            failed.add(shard)
            queue.put_back(shard)
            last[k] = None
            continue
        seen[shard] += 1
        last[k] = shard
    assert seen == dict.fromkeys(range(len(group_of)), 1)


def test_two_processes_share_two_heads_between_them(tmp_path):
    log = tmp_path / "log"
    groups = {shard: shard // 4 for shard in range(8)}
    results = list(ProcessExecutor(2).run(range(8), FakeFactory(log, {}), groups))
    assert sorted(r.shard_index for r in results) == list(range(8))
    assert sorted(tries(log)) == list(range(8))
    first = {line.split()[1]: int(line.split()[0]) for line in reversed(log.read_text().splitlines()) if line[0] != "-"}
    assert sorted(groups[shard] for shard in first.values()) in ([0, 1], [0], [1])
