"""The end of a run: what failed, how fast it went, and the manifest."""

import datetime
import platform
from typing import Any

import numpy as np

import synhead
from synhead.core.seeding import generator
from synhead.pipeline.executors.base import Executor
from synhead.pipeline.plan import Asset, Plan
from synhead.pipeline.stage_clock import STAGES
from synhead.pipeline.worker import SequenceFailure
from synhead.shards.manifest import Failure, InputEntry, Manifest
from synhead.shards.records import SequenceEntry, ShardRecord


def all_failures(plan: Plan, records: dict[int, dict[str, Any]]) -> tuple[SequenceFailure, ...]:
    """Sequences that failed while rendering, and those whose head or track could not be used at all."""
    made = [SequenceFailure(**f) for i in sorted(records) for f in records[i]["failures"]]
    lost = []
    for q in plan.quarantined:
        names = {
            "head": [f"{q.asset_id}__{t.asset_id}" for t in plan.tracks],
            "track": [f"{h.asset_id}__{q.asset_id}" for h in plan.heads],
            "background": [],
        }[q.kind]
        lost += [SequenceFailure(sequence_id=name, stage=f"reading the {q.kind}", reason=q.reason) for name in names]
        if q.kind == "background":
            lost.append(SequenceFailure(sequence_id=f"background {q.asset_id}", stage="reading", reason=q.reason))
    return tuple(lost + made)


def throughput_of(
    records: dict[int, dict[str, Any]], executor: Executor, frames_made: int, seconds: float
) -> dict[str, Any]:
    """Rates and times for the manifest; none of it is part of the digest."""
    return {
        "frames_per_second": round(frames_made / seconds, 2) if seconds > 0 else 0.0,
        "frames_of_last_run": frames_made,
        "seconds_of_last_run": round(seconds, 2),
        "worker_seconds_by_stage": _by_stage(records, "seconds"),
        "worker_cpu_seconds_by_stage": _by_stage(records, "cpu_seconds"),
        "executor": executor.description,
        "peak_worker_memory_mib": round(max((r["peak_memory_bytes"] for r in records.values()), default=0) / 2**20, 1),
    }


def _by_stage(records: dict[int, dict[str, Any]], key: str) -> dict[str, float]:
    """Seconds of all shards, in the order in which a frame meets the stages."""
    totals: dict[str, float] = {}
    for record in records.values():
        # Ledgers of earlier versions have no CPU seconds.
        for stage, value in record.get(key, {}).items():
            totals[stage] = totals.get(stage, 0.0) + value
    order = {stage: rank for rank, stage in enumerate(STAGES)}
    return {k: round(totals[k], 3) for k in sorted(totals, key=lambda k: (order.get(k, len(order)), k))}


def build_manifest(
    plan: Plan,
    records: dict[int, dict[str, Any]],
    failures: tuple[SequenceFailure, ...],
    throughput: dict[str, Any],
) -> Manifest:
    """The manifest of a finished data set: everything in the order of the shards."""
    shards = tuple(_shard_record(records[i]["record"]) for i in sorted(records) if records[i]["record"])
    renderers = [r["renderer"] for r in records.values() if r["renderer"]]
    return Manifest(
        synhead_version=synhead.__version__,
        config=plan.content()["config"],
        config_sha256=plan.config_sha256,
        inputs={
            "heads": tuple(_input_entry(a) for a in plan.heads),
            "tracks": tuple(_input_entry(a) for a in plan.tracks),
            "backgrounds": tuple(_input_entry(a) for a in plan.backgrounds),
        },
        shards=shards,
        splits=_splits(plan, shards),
        failures=tuple(Failure(sequence_id=f.sequence_id, stage=f.stage, reason=f.reason) for f in failures),
        renderer=renderers[-1] if renderers else {},
        throughput=throughput,
        created_utc=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), "numpy": np.__version__, "platform": platform.platform()},
    )


def _input_entry(asset: Asset) -> InputEntry:
    return InputEntry(
        id=asset.asset_id, sha256=asset.sha256, licence=asset.licence, source=asset.source, details=asset.details
    )


def _shard_record(value: dict[str, Any]) -> ShardRecord:
    return ShardRecord(**{**value, "sequences": tuple(SequenceEntry(**s) for s in value["sequences"])})


def _splits(plan: Plan, shards: tuple[ShardRecord, ...]) -> dict[str, tuple[str, ...] | str]:
    """A default split without leaks: no head and no track is on both sides, as in the paper's 8 x 46 and 2 x 24.

    A fifth of the heads and a third of the tracks are drawn for testing; sequences of a train head on a test track (and
    the other way round) belong to neither side. With one head or one track there is nothing to hold out.
    """
    entries = [s for shard in shards for s in shard.sequences]
    heads = sorted({s.head_id for s in entries})
    tracks = sorted({s.track_id for s in entries})
    if len(heads) < 2 or len(tracks) < 2:
        return {"train": tuple(s.sequence_id for s in entries), "test": ()}
    test_heads = _drawn(heads, 0.2, plan.config.seed, "split heads")
    test_tracks = _drawn(tracks, 1 / 3, plan.config.seed, "split tracks")
    sides = {"train": (False, False), "test": (True, True)}
    return {
        name: tuple(s.sequence_id for s in entries if (s.head_id in test_heads, s.track_id in test_tracks) == side)
        for name, side in sides.items()
    }


def _drawn(names: list[str], share: float, seed: int, purpose: str) -> set[str]:
    count = min(max(1, round(len(names) * share)), len(names) - 1)
    return set(generator(seed, purpose).choice(names, size=count, replace=False).tolist())
