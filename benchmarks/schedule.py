"""A run of many workers, event by event: the policy of synhead/pipeline, without the drawing.

What is the pipeline's own: whole sequences packed into shards (`pack_shards` itself), a shard as the unit of work,
handed out to whoever is free (`ShardQueue` itself), one at a time; a driver that enters each finished shard into the
ledger before it hands out the next; heads read by each worker that meets them, the last two kept; a dead worker
replaced, its shard tried again; after the driver's death the shards in work made anew, the others kept.

What is drawn (seeded): how fast each worker and each shard is, who is a straggler, who dies when.
"""

import heapq
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from synhead.pipeline.executors.shard_queue import ShardQueue
from synhead.pipeline.plan import pack_shards

RESIDENT_HEADS = 2
"""Of a worker (synhead/pipeline/worker.py)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One unit of work."""

    frames: int
    heads: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """Who works, how fast, and what goes wrong.

    Attributes:
        frames_per_s: of one ordinary worker.
        worker_sigma, shard_sigma: standard deviations of the logarithm of speed, over workers and over shards.
        straggler_share, straggler_slowdown: so many workers take so many times as long, all the time.
        deaths_per_worker_hour: of worker processes, their machines included.
        driver_deaths_per_hour, restart_s: of the driver; until somebody or something gives the same command again.
        connect_s: from the command to the first shard handed out: survey of the inputs, Ray's start.
        actor_start_s, engine_start_s: of a new worker process; of its renderer.
        head_load_s: reading one head.
        dispatch_s: the driver's time to hand out one shard.
        driver_s, driver_s_per_busy: the driver's time to take in one shard; and what each busy worker adds to it.
        storage_bytes_per_s, bytes_per_frame: of the common storage; of images, masks and labels.
    """

    workers: int
    frames_per_s: float
    worker_sigma: float = 0.05
    shard_sigma: float = 0.10
    straggler_share: float = 0.02
    straggler_slowdown: float = 2.0
    deaths_per_worker_hour: float = 0.01
    driver_deaths_per_hour: float = 0.0
    restart_s: float = 300.0
    connect_s: float = 10.0
    actor_start_s: float = 2.0
    engine_start_s: float = 0.5
    head_load_s: float = 1.0
    dispatch_s: float = 0.001
    driver_s: float = 0.005
    driver_s_per_busy: float = 0.0
    storage_bytes_per_s: float = 1e9
    bytes_per_frame: float = 40e3


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How shards are handed out.

    Attributes:
        keep_heads: a free worker first gets a shard of a head that it holds; False: the next shard in order.
    """

    keep_heads: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a run went. The shares are of all worker-seconds between the command and the last shard; they add up to 1.

    Attributes:
        efficiency: frames a second over `workers` x `frames_per_s`.
        shares: "drawing", "start-up", "heads", "storage", "driver", "lost", "idle" (nothing left to hand out).
        driver_busy: share of the time in which the driver took in or handed out shards.
    """

    seconds: float
    frames_per_s: float
    efficiency: float
    shares: dict[str, float]
    driver_busy: float
    deaths: int
    num_shards: int


def job_of(num_heads: int, track_frames: Sequence[int], target_frames: int | None = None) -> list[Shard]:
    """All heads along all tracks, in shards as the plan packs them.

    Args:
        target_frames: None for the plan's own: a 32nd of all frames, at least 64 and at most 1024.
    """
    frames = [int(f) for _ in range(num_heads) for f in track_frames]
    target = target_frames or min(max(sum(frames) // 32, 64), 1024)
    tracks = len(track_frames)
    return [
        Shard(frames=sum(frames[i] for i in shard), heads=tuple(sorted({i // tracks for i in shard})))
        for shard in pack_shards(frames, target)
    ]


def simulate(shards: Sequence[Shard], cluster: Cluster, policy: Policy, seed: int) -> Outcome:
    """One run from the command to the last shard."""
    return _Run(shards, cluster, policy, np.random.default_rng(seed)).go()


@dataclass(slots=True)
class _Worker:
    speed: float
    fresh: bool = True
    shard: int | None = None
    last: int | None = None
    began: float = 0.0
    heads: OrderedDict[int, None] = field(default_factory=OrderedDict)

    def replace(self) -> None:
        """A new process in the place of a dead one."""
        self.fresh, self.shard, self.last = True, None, None
        self.heads.clear()


class _Run:
    def __init__(self, shards: Sequence[Shard], cluster: Cluster, policy: Policy, rng: np.random.Generator) -> None:
        self.shards, self.cluster, self.policy, self.rng = shards, cluster, policy, rng
        self.spent = dict.fromkeys(("drawing", "start-up", "heads", "storage", "driver", "lost"), 0.0)
        groups = {k: shard.heads[0] for k, shard in enumerate(shards)} if policy.keep_heads else None
        self.queue = ShardQueue(range(len(shards)), groups)
        self.events: list[tuple[float, int, str, int]] = []
        self.serial = self.deaths = self.done = 0
        self.driver_free = self.driver_time = self.storage_free = 0.0
        speed = rng.lognormal(0.0, cluster.worker_sigma, cluster.workers) * cluster.frames_per_s
        slow = rng.random(cluster.workers) < cluster.straggler_share
        self.workers = [_Worker(speed=s) for s in np.where(slow, speed / cluster.straggler_slowdown, speed)]
        self.idle: list[int] = []

    def go(self) -> Outcome:
        now = 0.0
        self._start(now)
        while self.done < len(self.shards):
            now, _, kind, k = heapq.heappop(self.events)
            if kind == "driver dies":
                now = self._restart(now)
            elif kind == "made":
                self._write(k, now)
            else:
                self._take_in(k, now, died=kind == "died")
        seconds, cluster = self.driver_free, self.cluster
        whole = seconds * cluster.workers
        shares = {name: value / whole for name, value in self.spent.items()}
        frames = sum(s.frames for s in self.shards)
        return Outcome(
            seconds=seconds,
            frames_per_s=frames / seconds,
            efficiency=frames / seconds / (cluster.workers * cluster.frames_per_s),
            shares={**shares, "idle": 1 - sum(shares.values())},
            driver_busy=self.driver_time / seconds,
            deaths=self.deaths,
            num_shards=len(self.shards),
        )

    def _start(self, now: float) -> None:
        """The command is given: the driver connects, then hands one shard to each worker."""
        self.spent["start-up"] += self.cluster.connect_s * len(self.workers)
        self.driver_free = now + self.cluster.connect_s
        rate = self.cluster.driver_deaths_per_hour
        if rate:
            self._push(now + self.rng.exponential(3600 / rate), "driver dies", -1)
        self.idle = list(range(len(self.workers)))[::-1]
        self._hand_out(self.driver_free)

    def _restart(self, now: float) -> float:
        """What was in work is lost; the ledger keeps the rest."""
        self.events.clear()
        for worker in self.workers:
            if worker.shard is not None:
                self.spent["lost"] += now - worker.began
                self.queue.put_back(worker.shard)
            worker.replace()
        self.spent["lost"] += self.cluster.restart_s * len(self.workers)
        self.deaths += 1
        self._start(now + self.cluster.restart_s)
        return now

    def _hand_out(self, ready: float) -> None:
        while self.idle and self.queue:
            k = self.idle.pop()
            start = max(ready, self.driver_free)
            self.driver_free = start + self.cluster.dispatch_s
            self.driver_time += self.cluster.dispatch_s
            self.spent["driver"] += self.driver_free - ready
            self._begin(k, self.driver_free)

    def _begin(self, k: int, now: float) -> None:
        worker, cluster = self.workers[k], self.cluster
        worker.shard = worker.last = self.queue.take(worker.last)
        worker.began = now
        shard = self.shards[worker.shard]
        start_up = cluster.actor_start_s + cluster.engine_start_s if worker.fresh else 0.0
        loads = sum(worker.heads.get(head, self) is self for head in shard.heads) * cluster.head_load_s
        drawing = shard.frames / (worker.speed * self.rng.lognormal(0.0, cluster.shard_sigma))
        length = start_up + loads + drawing
        rate = cluster.deaths_per_worker_hour
        death = self.rng.exponential(3600 / rate) if rate else np.inf
        if death < length:
            self._push(now + death, "died", k)
            return
        worker.fresh = False
        for head in shard.heads:
            worker.heads[head] = None
            worker.heads.move_to_end(head)
        while len(worker.heads) > RESIDENT_HEADS:
            worker.heads.popitem(last=False)
        for name, value in (("start-up", start_up), ("heads", loads), ("drawing", drawing)):
            self.spent[name] += value
        self._push(now + length, "made", k)

    def _write(self, k: int, now: float) -> None:
        """The common storage takes one shard after another."""
        shard = self.workers[k].shard
        size = self.shards[0 if shard is None else shard].frames * self.cluster.bytes_per_frame
        self.storage_free = max(self.storage_free, now) + size / self.cluster.storage_bytes_per_s
        self.spent["storage"] += self.storage_free - now
        self._push(self.storage_free, "written", k)

    def _take_in(self, k: int, now: float, *, died: bool) -> None:
        worker, cluster = self.workers[k], self.cluster
        busy = len(self.workers) - len(self.idle)
        service = cluster.driver_s + cluster.driver_s_per_busy * busy
        self.driver_free = max(self.driver_free, now) + service
        self.driver_time += service
        self.spent["driver"] += self.driver_free - now
        if died:
            self.deaths += 1
            self.spent["lost"] += now - worker.began
            if worker.shard is not None:
                self.queue.put_back(worker.shard)
            worker.replace()
        else:
            self.done += 1
            worker.shard = None
        self.idle.append(k)
        self._hand_out(self.driver_free)

    def _push(self, when: float, kind: str, worker: int) -> None:
        self.serial += 1
        heapq.heappush(self.events, (float(when), self.serial, kind, worker))
