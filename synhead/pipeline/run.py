"""The main job: survey the inputs, plan, make the shards that are missing, write the manifest."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synhead.errors import OutputError
from synhead.pipeline.config import RenderConfig, RunOptions, available_cpus
from synhead.pipeline.encoding import spare_threads
from synhead.pipeline.executors.base import Executor, ShardResult
from synhead.pipeline.executors.choose import choose_executor, count_gpus
from synhead.pipeline.finish import all_failures, build_manifest, throughput_of
from synhead.pipeline.plan import Plan
from synhead.pipeline.progress import Tally, progress_of
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.survey import survey
from synhead.pipeline.worker import SequenceFailure, ShardOutcome, ShardWorker
from synhead.render import auto_engine
from synhead.shards.manifest import Manifest, read_manifest, write_manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """How a run ended.

    Attributes:
        digest: of the finished data set's content.
        failures: sequences that are not in it; not empty means exit code 3.
        frames_made: by this run; frames made before it are not counted.
        already_complete: nothing was left to do.
    """

    dataset: Path
    digest: str
    num_frames: int
    num_sequences: int
    failures: tuple[SequenceFailure, ...]
    frames_made: int
    seconds: float
    already_complete: bool


def resolved_paths(config: RenderConfig) -> RenderConfig:
    """The same config with absolute input paths: workers may run elsewhere."""
    inputs = {k: v.resolve() if v is not None else None for k, v in config.inputs.model_dump().items()}
    return config.model_copy(update={"inputs": config.inputs.model_copy(update=inputs)})


def make_dataset(
    config: RenderConfig,
    options: RunOptions,
    out: Path,
    *,
    quiet: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> RunSummary:
    """Render a data set into `out`, or finish what an interrupted run of the same plan left there.

    Raises:
        InputError: inputs are missing, or none of a kind is usable.
        OutputError: the folder is foreign, locked, of another plan, unwritable or full.
        RendererError: no renderer of the kind asked for runs here.
    """
    config = resolved_paths(config)
    folder = RunFolder(out.resolve())
    folder.refuse_foreign()
    plan = survey(config, engine=resolve_engine(config.renderer, require_gpu=options.require_gpu), report=report)
    folder.create()
    with folder.locked():
        _claim(folder, plan)
        folder.clear_leftovers()
        records = {i: r for i in range(len(plan.shards)) if (r := folder.read_record(i)) is not None}
        pending = [i for i in range(len(plan.shards)) if i not in records or records[i]["failures"]]
        if not pending and (folder.root / "manifest.json").is_file():
            manifest = read_manifest(folder.root)
            return _summary(folder, manifest, all_failures(plan, records), 0, 0.0, already_complete=True)
        # An unfinished data set must not look finished.
        (folder.root / "manifest.json").unlink(missing_ok=True)
        executor = choose_executor(options, plan.engine, num_pending=len(pending))
        if pending:
            report(f"making {len(pending)} of {len(plan.shards)} shards with {executor.description}")
        started = time.perf_counter()
        frames_made = _make_shards(folder, plan, executor, pending, records, options, quiet=quiet)
        seconds = time.perf_counter() - started
        failures = all_failures(plan, records)
        throughput = throughput_of(records, executor, frames_made, seconds)
        manifest = build_manifest(plan, records, failures, throughput)
        write_manifest(folder.root, manifest)
        return _summary(folder, manifest, failures, frames_made, seconds, already_complete=False)


def resolve_engine(name: str, *, require_gpu: bool = False) -> str:
    """What "auto" stands for on this machine; where a GPU is required, `gl`."""
    if name != "auto":
        return name
    return "gl" if require_gpu else auto_engine()


def _claim(folder: RunFolder, plan: Plan) -> None:
    """Make the folder this plan's, or make sure that it is.

    Raises:
        OutputError: it is another plan's; names each field or input that differs.
    """
    stored = folder.read_plan()
    content = plan.content()
    if stored is not None:
        differences = _differences(stored["content"], content)
        if differences:
            shown = "\n".join(f"  {line}" for line in differences[:12])
            more = f"\n  and {len(differences) - 12} more" if len(differences) > 12 else ""
            raise OutputError(
                f"--out {folder.root}: holds a data set of other settings or inputs:\n{shown}{more}\n"
                "Give another folder, or the settings and inputs of the first run."
            )
        return
    folder.write_plan(
        {
            "content": content,
            "config_sha256": plan.config_sha256,
            "num_sequences": len(plan.sequences),
            "num_frames": plan.num_frames,
            "num_shards": len(plan.shards),
            "quarantined": [asdict(q) for q in plan.quarantined],
        }
    )


def _differences(stored: dict[str, Any], wanted: dict[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for key in sorted(stored.keys() | wanted.keys()):
        name = f"{prefix}{key}"
        before, now = stored.get(key), wanted.get(key)
        if isinstance(before, dict) and isinstance(now, dict):
            lines += _differences(before, now, f"{name}.")
        elif before != now and name.startswith("inputs."):
            what = "is new" if key not in stored else "is gone or unusable now" if key not in wanted else "has changed"
            lines.append(f"{name}: {what}")
        elif before != now:
            lines.append(f"{name}: {before!r} there, {now!r} now")
    return lines


def _make_shards(
    folder: RunFolder,
    plan: Plan,
    executor: Executor,
    pending: list[int],
    records: dict[int, dict[str, Any]],
    options: RunOptions,
    *,
    quiet: bool,
) -> int:
    kept = sum(plan.shard_frames(i) for i in records if i not in pending)
    tally = Tally(total=plan.num_frames, finished=kept, at_start=kept)
    threads = options.encode_threads
    if threads is None:
        threads = spare_threads(
            engine=plan.engine, num_gpus=count_gpus(), num_cpus=available_cpus(), num_workers=executor.num_workers
        )
    factory = partial(ShardWorker, plan, folder.root, require_gpu=options.require_gpu, encode_threads=threads)
    heads = {i: plan.sequences[plan.shards[i][0]].head_index for i in pending}
    frames_made = 0
    with progress_of(folder, tally, quiet=quiet):
        for result in executor.run(pending, factory, heads):
            record = _record(plan, result)
            if record["record"] is None:
                # An earlier run may have made part of it; the manifest must not leave a file unlisted.
                folder.shard_path(result.shard_index).unlink(missing_ok=True)
            folder.write_record(result.shard_index, record)
            folder.clear_progress(result.shard_index)
            records[result.shard_index] = record
            tally.finished += plan.shard_frames(result.shard_index)
            frames_made += record["record"]["num_frames"] if record["record"] else 0
    return frames_made


def _record(plan: Plan, result: ShardResult) -> dict[str, Any]:
    outcome = result.outcome or ShardOutcome(
        shard_index=result.shard_index,
        record=None,
        failures=tuple(
            SequenceFailure(
                sequence_id=plan.sequences[i].sequence_id, stage="worker", reason=result.error or "no reason given"
            )
            for i in plan.shards[result.shard_index]
        ),
        renderer={},
        seconds={},
    )
    return asdict(outcome)


def _summary(
    folder: RunFolder,
    manifest: Manifest,
    failures: tuple[SequenceFailure, ...],
    frames_made: int,
    seconds: float,
    *,
    already_complete: bool,
) -> RunSummary:
    return RunSummary(
        dataset=folder.root,
        digest=manifest.digest,
        num_frames=sum(s.num_frames for s in manifest.sequences),
        num_sequences=len(manifest.sequences),
        failures=failures,
        frames_made=frames_made,
        seconds=seconds,
        already_complete=already_complete,
    )
