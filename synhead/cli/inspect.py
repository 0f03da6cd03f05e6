"""`synhead inspect`: look at a data set."""

from pathlib import Path

import typer

_Dataset = typer.Argument(..., metavar="DATASET", help="Folder of a finished data set.")
_Out = typer.Option(None, "--out", "-o", help="Folder for report.html and its pictures; else the data set's own.")
_Columns = typer.Option(8, "--columns", min=1, max=24, help="Frames of each head on the contact sheets.")
_Rows = typer.Option(12, "--rows", min=1, max=100, help="Heads on the contact sheets.")
_Video = typer.Option(True, "--video/--no-video", help="Film one sequence, plain beside labelled.")
_Sequence = typer.Option(None, "--sequence", help="Id of the sequence to film; else the one that turns the most.")
_Frames = typer.Option(240, "--video-frames", min=1, help="Length of the film at most.")
_DryRun = typer.Option(False, "--dry-run", help="Say what would be written, write nothing.")


def inspect(
    dataset: Path = _Dataset,
    out: Path | None = _Out,
    columns: int = _Columns,
    rows: int = _Rows,
    video: bool = _Video,
    sequence: str | None = _Sequence,
    video_frames: int = _Frames,
    dry_run: bool = _DryRun,
) -> None:
    """Write report.html: contact sheets, labels drawn on frames, distributions, a film, licences, sequences."""
    from rich.console import Console

    from synhead.inspect.report import PICTURE_FOLDER, REPORT_NAME, InspectOptions, inspect_dataset
    from synhead.shards.reader import open_dataset

    console = Console(soft_wrap=True, highlight=False)
    options = InspectOptions(
        num_columns=columns, max_rows=rows, video=video, video_sequence_id=sequence, max_video_frames=video_frames
    )
    if dry_run:
        with open_dataset(dataset) as opened:
            if sequence is not None:
                opened.sequence(sequence)
            folder = out or opened.path
            console.print(
                f"would read {opened.num_frames:,} frames of {len(opened.sequence_ids):,} sequences and write "
                f"{folder / REPORT_NAME} and its pictures in {folder / PICTURE_FOLDER}",
                markup=False,
            )
        return
    # On a terminal a spinner, elsewhere nothing but the result.
    with console.status("reading labels, drawing sheets and plots"):
        page = inspect_dataset(dataset, out, options)
    console.print(str(page), markup=False)
