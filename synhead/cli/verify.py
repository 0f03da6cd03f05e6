"""synhead verify: prove that a data set is whole and its labels are right."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from synhead.shards.verify_report import VerifyReport

_MAX_SHOWN = 40


def verify(
    dataset: Path = typer.Argument(..., help="Folder of the data set (it holds manifest.json)."),
    labels_only: bool = typer.Option(False, "--labels-only", help="Do not decode images, masks and depth."),
    sample: int | None = typer.Option(
        None, "--sample", min=1, help="Decode at most so many frames of each sequence; all if not given."
    ),
    workers: int = typer.Option(1, "--workers", "-j", min=1, help="Processes; one shard is one task."),
    json_file: Path | None = typer.Option(None, "--json", help="Write the whole report to this file."),
) -> None:
    """Check hashes, counts, format, and every label against the others by another route.

    Exit code 0: nothing was found; 1: something is wrong, and is listed.
    """
    from rich.console import Console
    from rich.progress import Progress

    from synhead.atomic import write_atomic
    from synhead.shards.verify import verify_dataset

    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("verifying shards", total=None)
        report = verify_dataset(
            dataset,
            deep=not labels_only,
            sample=sample,
            workers=workers,
            on_shard=lambda _: progress.advance(task),
        )
    if json_file is not None:
        write_atomic(json_file, report.to_json())
    _show(console, report)
    if not report.ok:
        raise typer.Exit(1)


def _show(console: "Console", report: "VerifyReport") -> None:
    from rich.markup import escape

    from synhead.shards.verify_report import CHECKS

    console.print(report)
    for name, worst in report.worst.items():
        check = CHECKS[name]
        console.print(
            f"  {name}: largest error {worst:.2g} of {check.tolerance:g} {check.unit} ({check.meaning})",
            highlight=False,
            soft_wrap=True,
        )
    for failure in report.failures:
        console.print(
            f"[yellow]not made[/yellow] {escape(failure.sequence_id)} ({escape(failure.stage)}): "
            f"{escape(failure.reason)}",
            soft_wrap=True,
            highlight=False,
        )
    for finding in report.findings[:_MAX_SHOWN]:
        where = ", ".join(part for part in (finding.shard, finding.sequence_id) if part)
        console.print(
            f"[red]{finding.check}[/red] {escape(where)}{': ' if where else ''}{escape(finding.problem)}",
            soft_wrap=True,
            highlight=False,
        )
    if len(report.findings) > _MAX_SHOWN:
        console.print(f"... and {len(report.findings) - _MAX_SHOWN} more findings (--json FILE has all)")
    frames = sum(shard.num_frames for shard in report.shards)
    verdict = "[green]nothing wrong[/green]" if report.ok else f"[red]{len(report.findings)} findings[/red]"
    console.print(f"{frames} frames in {len(report.shards)} shards, {report.seconds:.1f} s: {verdict}", highlight=False)
