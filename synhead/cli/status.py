"""synhead status: how far a data set is, what failed, and what it holds."""

import fcntl
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from synhead.shards.manifest import Manifest

_MAX_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStatus:
    """What the folder says of itself.

    Attributes:
        state: "finished", "running" or "stopped".
        planned: num_sequences, num_frames, num_shards, config_sha256; None where the ledger of the run is gone.
        frames_in_work: of shards that are not finished yet.
        failures: (sequence id, stage, reason).
        seconds: worker seconds of each stage.
    """

    state: str
    planned: dict[str, Any] | None
    num_frames: int
    num_shards: int
    num_sequences: int
    num_bytes: int
    frames_in_work: int
    failures: tuple[tuple[str, str, str], ...]
    renderer: dict[str, Any]
    seconds: dict[str, float]
    manifest: "Manifest | None"


def status(dataset: Path = typer.Argument(..., help="Folder of a data set, finished or in work.")) -> None:
    """Show frames, shards, failures, size, renderer and throughput; look into no shard."""
    from rich.console import Console
    from rich.markup import escape

    found = read_status(dataset)
    console = Console()
    console.print(f"{escape(str(dataset))}: [bold]{found.state}[/bold]", soft_wrap=True, highlight=False)
    for name, value in _rows(found):
        # Unbroken lines: a digest is there to be copied.
        console.print(f"  {name:<15} {escape(value)}", soft_wrap=True, highlight=False)
    for sequence_id, stage, reason in found.failures[:_MAX_SHOWN]:
        console.print(
            f"[yellow]not made[/yellow] {escape(sequence_id)} ({escape(stage)}): {escape(reason)}",
            soft_wrap=True,
            highlight=False,
        )
    if len(found.failures) > _MAX_SHOWN:
        console.print(f"... and {len(found.failures) - _MAX_SHOWN} more")
    if found.state == "stopped":
        console.print("The same render command again makes what is missing.")


def read_status(dataset: Path) -> RunStatus:
    """Read manifest.json where there is one, and the ledger of the run.

    Raises:
        DatasetError: the folder is no data set, or its manifest is damaged.
    """
    from synhead.shards.manifest import MANIFEST_NAME, read_manifest

    planned = _read_json(dataset / ".run" / "plan.json")
    manifest = None
    if planned is None or (dataset / MANIFEST_NAME).exists():
        manifest = read_manifest(dataset)
    ledger = list(_read_ledger(dataset))
    seconds: dict[str, float] = {}
    for entry in ledger:
        for stage, value in entry.get("seconds", {}).items():
            seconds[stage] = seconds.get(stage, 0.0) + value
    running = _is_locked(dataset / ".run" / "lock")
    state = "finished" if manifest is not None else "running" if running else "stopped"
    renderers = [entry["renderer"] for entry in ledger if entry.get("renderer")]
    if manifest is not None:
        failures = tuple((f.sequence_id, f.stage, f.reason) for f in manifest.failures)
        shards = len(manifest.shards), manifest.num_frames, len(manifest.sequences), manifest.num_bytes
    else:
        failures = tuple(
            (f["sequence_id"], f["stage"], f["reason"]) for entry in ledger for f in entry.get("failures", ())
        )
        records = [entry["record"] for entry in ledger if entry.get("record")]
        shards = (
            len(records),
            sum(r["num_frames"] for r in records),
            sum(len(r["sequences"]) for r in records),
            sum(r["num_bytes"] for r in records),
        )
    return RunStatus(
        state=state,
        planned=planned,
        num_shards=shards[0],
        num_frames=shards[1],
        num_sequences=shards[2],
        num_bytes=shards[3],
        frames_in_work=0 if manifest is not None else _frames_in_work(dataset),
        failures=failures,
        renderer=manifest.renderer if manifest is not None else renderers[-1] if renderers else {},
        seconds=seconds,
        manifest=manifest,
    )


def _rows(found: RunStatus) -> Iterator[tuple[str, str]]:
    planned = found.planned or {}
    for label, name, done in (
        ("frames", "num_frames", found.num_frames),
        ("sequences", "num_sequences", found.num_sequences),
        ("shards", "num_shards", found.num_shards),
    ):
        total = planned.get(name)
        text = f"{done:,}" + (f" of {total:,}" if total is not None else "")
        if label == "frames" and found.frames_in_work:
            text += f", and {found.frames_in_work:,} in shards that are not finished"
        yield label, text
    yield "size", f"{found.num_bytes / 1e6:,.1f} MB"
    yield "failures", str(len(found.failures))
    if found.manifest is not None:
        yield "digest", found.manifest.digest
        yield "made", f"{found.manifest.created_utc} by synhead {found.manifest.synhead_version}"
    config = found.manifest.config_sha256 if found.manifest else planned.get("config_sha256")
    if config:
        yield "config SHA-256", config
    if found.renderer:
        words = [str(found.renderer[k]) for k in ("engine", "device", "version", "antialiasing") if k in found.renderer]
        yield "renderer", ", ".join(words)
    if found.manifest is not None and "frames_per_second" in found.manifest.throughput:
        yield "throughput", f"{found.manifest.throughput['frames_per_second']} frames/s in the last run"
    if found.seconds:
        stages = sorted(found.seconds.items(), key=lambda item: -item[1])
        yield "worker seconds", ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in stages)


def _read_ledger(dataset: Path) -> Iterator[dict[str, Any]]:
    """Finished shards of the run; an entry that cannot be read is made again by the run, so it counts as not there."""
    folder = dataset / ".run" / "shards"
    for path in sorted(folder.glob("*.json")):
        entry = _read_json(path)
        if entry is not None:
            yield entry


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _frames_in_work(dataset: Path) -> int:
    total = 0
    for path in (dataset / ".run" / "progress").glob("*"):
        try:
            total += int(path.read_text())
        except (OSError, ValueError):
            continue
    return total


def _is_locked(path: Path) -> bool:
    """Whether a run holds the folder. The lock is only tried for a moment, and never kept."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
