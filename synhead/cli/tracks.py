"""synhead tracks: import, smooth, show and synthesise motion tracks."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from synhead.tracks.smooth import SmoothingConfig
    from synhead.tracks.track import MotionTrack

app = typer.Typer(no_args_is_help=True)

_Sources = typer.Argument(..., metavar="SRC...", help="Track files, BIWI sequence folders, or folders of either.")
_Out = typer.Option(..., "--out", "-o", help="Folder for the tracks; made if missing.")
_Format = typer.Option("auto", "--format", help="own_csv, own_npz, quaternion_csv, biwi, bvh, synhead_csv, or auto.")
_Fps = typer.Option(None, "--fps", help="Rate of formats without times (biwi, synhead_csv); 30 if not given.")
_Joint = typer.Option(None, "--joint", help="BVH: name of the head's joint; else the one named head.")
_UnitM = typer.Option(None, "--unit-m", help="BVH: metres per unit; 0.01 if not given.")
_YawAsIs = typer.Option(False, "--yaw-as-is", help="synhead_csv: do not negate the yaw.")
_DryRun = typer.Option(False, "--dry-run", help="Say what would be written, write nothing.")
_Overwrite = typer.Option(False, "--overwrite", help="Replace files that exist.")
_Sigma = typer.Option(0.05, "--sigma", help="Standard deviation of the Gaussian, seconds; 0 does not smooth.")
_Reject = typer.Option(True, "--reject/--no-reject", help="Mark tracker failures as not valid first.")


class Suffix(StrEnum):
    """Kinds of track file that are written."""

    csv = "csv"
    npz = "npz"


class Method(StrEnum):
    """Ways of smoothing; `synhead.tracks.smooth` explains them."""

    so3 = "so3"
    euler = "euler"


_Suffix = typer.Option(Suffix.csv, "--as", help="csv (readable, nine decimals) or npz (exact, small).")
_Method = typer.Option(Method.so3, "--method", help="so3 (rotations, real time) or euler (per angle, for comparison).")


@app.command("import")
def import_tracks(
    sources: list[Path] = _Sources,
    out: Path = _Out,
    format: str = _Format,
    suffix: Suffix = _Suffix,
    fps: float | None = _Fps,
    joint: str | None = _Joint,
    unit_m: float | None = _UnitM,
    yaw_as_is: bool = _YawAsIs,
    dry_run: bool = _DryRun,
    overwrite: bool = _Overwrite,
) -> None:
    """Read tracks of any known format and write them in the project's own.

    Exit code 3: some sources could not be read; they are listed, the others are written.
    """
    tracks, num_failed = _read_sources(sources, format, _reader_options(fps, joint, unit_m, yaw_as_is))
    _write(tracks, out, suffix, dry_run=dry_run, overwrite=overwrite)
    if num_failed:
        raise typer.Exit(3)


@app.command()
def smooth(
    sources: list[Path] = _Sources,
    out: Path = _Out,
    format: str = _Format,
    sigma: float = _Sigma,
    method: Method = _Method,
    reject: bool = _Reject,
    suffix: Suffix = _Suffix,
    fps: float | None = _Fps,
    joint: str | None = _Joint,
    unit_m: float | None = _UnitM,
    yaw_as_is: bool = _YawAsIs,
    dry_run: bool = _DryRun,
    overwrite: bool = _Overwrite,
) -> None:
    """Mark tracker failures, smooth what is left, and write the result; gaps stay gaps."""
    from synhead.tracks.clean import CleaningConfig, reject_failures
    from synhead.tracks.smooth import smooth_track

    config = _smoothing(sigma, method)
    tracks, num_failed = _read_sources(sources, format, _reader_options(fps, joint, unit_m, yaw_as_is))
    results = []
    for track in tracks:
        rejections = []
        if reject:
            track, rejections = reject_failures(track, CleaningConfig())
        for rejection in rejections:
            typer.echo(f"{track.track_id}: rejected {rejection}")
        results.append(smooth_track(track, config))
    _write(results, out, suffix, dry_run=dry_run, overwrite=overwrite)
    if num_failed:
        raise typer.Exit(3)


@app.command()
def show(
    sources: list[Path] = _Sources,
    plot: Path | None = typer.Option(None, "--out", "-o", help="Also draw a picture (PNG) of --track and histograms."),
    reference: str | None = typer.Option(
        None,
        "--reference",
        help="Compare with recorded motion, figure by figure: biwi_lowpass_5hz or head360_frontal. --out draws both.",
    ),
    shown: str | None = typer.Option(None, "--track", help="track_id to draw over time; the first if not given."),
    format: str = _Format,
    sigma: float = _Sigma,
    method: Method = _Method,
    reject: bool = _Reject,
    fps: float | None = _Fps,
    joint: str | None = _Joint,
    unit_m: float | None = _UnitM,
    yaw_as_is: bool = _YawAsIs,
    dry_run: bool = _DryRun,
    overwrite: bool = _Overwrite,
) -> None:
    """Print a table of tracks: samples, duration, rate, gaps, rejected samples, angles, speeds."""
    from synhead.errors import ConfigError, OutputError
    from synhead.tracks.atomic import write_atomically
    from synhead.tracks.clean import CleaningConfig, reject_failures
    from synhead.tracks.smooth import smooth_track

    if plot is not None and plot.exists() and not overwrite:
        raise OutputError(f"{plot} exists already; pass --overwrite to replace it, or choose another name.")
    config = _smoothing(sigma, method)
    raw, num_failed = _read_sources(sources, format, _reader_options(fps, joint, unit_m, yaw_as_is))
    ids = [track.track_id for track in raw]
    if shown is not None and shown not in ids:
        raise ConfigError(f'--track "{shown}" is none of the tracks: {", ".join(ids)}')
    cleaned = [reject_failures(track, CleaningConfig()) if reject else (track, []) for track in raw]
    _print_table([track for track, _ in cleaned])
    for track, rejections in cleaned:
        for rejection in rejections:
            typer.echo(f"{track.track_id}: rejected {rejection}")
    if reference is not None:
        _compare([track for track, _ in cleaned], reference, None if dry_run else plot, overwrite=overwrite)
    elif plot is not None:
        chosen = ids.index(shown) if shown is not None else 0
        if dry_run:
            typer.echo(f"would write {plot}")
        else:
            from synhead.tracks.plot import plot_tracks

            track, rejections = cleaned[chosen]
            smoothed = [smooth_track(each, config) for each, _ in cleaned]
            png = plot_tracks(raw[chosen], smoothed[chosen], rejections, smoothed)
            write_atomically(plot, png, overwrite=overwrite)
            typer.echo(f"wrote {plot}")
    if num_failed:
        raise typer.Exit(3)


@app.command()
def synthesise(
    out: Path = _Out,
    count: int = typer.Option(70, "--count", min=1, help="Number of tracks; the full set has 70."),
    style: str | None = typer.Option(None, "--style", help="Only this style; all five, mixed, if not given."),
    seed: int = typer.Option(0, "--seed", help="The same seed gives the same bytes."),
    duration: float | None = typer.Option(
        None, "--duration", help="Seconds per track; if not given they vary, and 70 tracks have 51,096 poses."
    ),
    fps: float = typer.Option(30.0, "--fps", help="Samples per second."),
    dry_run: bool = _DryRun,
    overwrite: bool = _Overwrite,
) -> None:
    """Make up plausible motion tracks, with a manifest that says how."""
    from synhead import __version__
    from synhead.tracks.synthesise import synthesise_tracks
    from synhead.tracks.write import write_manifest

    tracks = synthesise_tracks(count, seed=seed, duration_s=duration, fps=fps, style=style)
    paths = _write(tracks, out, Suffix.csv, dry_run=dry_run, overwrite=overwrite, also="manifest.json")
    if dry_run:
        return
    extra = "" if style is None else f" --style {style}"
    extra += (f" --duration {duration:g}" if duration is not None else "") + (f" --fps {fps:g}" if fps != 30.0 else "")
    write_manifest(
        out,
        paths,
        command=f"synhead tracks synthesise --count {count} --seed {seed}{extra} --out {out.name}",
        seed=seed,
        licence="Apache-2.0",
        version=__version__,
        overwrite=overwrite,
    )


def _compare(tracks: list["MotionTrack"], reference: str, plot: Path | None, *, overwrite: bool) -> None:
    """Print every figure beside the reference, and the distances beside their bounds; draw both where asked."""
    from rich.console import Console
    from rich.table import Table

    from synhead.tracks.atomic import write_atomically
    from synhead.tracks.compare import (
        DISTANCE_BOUNDS,
        distances,
        figure_rows,
        reference_source,
        reference_statistics,
        statistics_like,
    )

    theirs = reference_statistics(reference)
    ours = statistics_like(reference, tracks)
    table = Table(box=None, pad_edge=False)
    for name, justify in (("figure", "left"), ("unit", "left"), ("ours", "right"), (reference, "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # pyright: ignore[reportArgumentType]
    for row in figure_rows(ours, theirs):
        table.add_row(row.name, row.unit, f"{row.ours:.3g}", f"{row.reference:.3g}")
    console = Console()
    console = Console(width=console.width if console.is_terminal else 100)
    console.print(table)
    typer.echo(f"ours: {ours.num_samples} samples in {ours.num_segments} segments")
    typer.echo(f"{reference}: {theirs.num_samples} samples; {reference_source(reference)}")
    for name, value in distances(ours, theirs).items():
        bound = DISTANCE_BOUNDS[name]
        typer.echo(f"distance of {name:16s}{value:6.3f}  {'within' if value <= bound else 'BEYOND'} {bound}")
    if plot is not None:
        from synhead.tracks.plot import plot_against_reference

        what = tracks[0].track_id if len(tracks) == 1 else f"{len(tracks)} tracks"
        png = plot_against_reference(ours, theirs, what=what, reference_name=reference)
        write_atomically(plot, png, overwrite=overwrite)
        typer.echo(f"wrote {plot}")


def _smoothing(sigma: float, method: Method) -> "SmoothingConfig":
    from synhead.tracks.smooth import SmoothingConfig

    return SmoothingConfig(sigma_s=sigma, method=method.value)


def _reader_options(fps: float | None, joint: str | None, unit_m: float | None, yaw_as_is: bool) -> dict[str, object]:
    options = {"fps": fps, "joint": joint, "unit_m": unit_m, "yaw_is_negated": False if yaw_as_is else None}
    return {name: value for name, value in options.items() if value is not None}


def _read_sources(sources: list[Path], format: str, options: dict[str, object]) -> tuple[list["MotionTrack"], int]:
    """Tracks that could be read, and the number of those that could not; these are printed.

    Raises:
        InputError: none could be read.
    """
    from synhead.errors import InputError
    from synhead.tracks.read import find_tracks, read_track, track_ids

    paths = [path for source in sources for path in find_tracks(source)]
    tracks: list[MotionTrack] = []
    errors: list[InputError] = []
    for path, track_id in zip(paths, track_ids(paths), strict=True):
        try:
            tracks.append(read_track(path, format=format, track_id=track_id, **options))  # type: ignore[arg-type]
        except InputError as error:
            errors.append(error)
    if not tracks:
        raise errors[0]
    for error in errors:
        typer.echo(f"not read: {error}", err=True)
    return tracks, len(errors)


def _write(
    tracks: list["MotionTrack"],
    folder: Path,
    suffix: Suffix,
    *,
    dry_run: bool,
    overwrite: bool,
    also: str | None = None,
) -> list[Path]:
    from synhead.errors import OutputError
    from synhead.tracks.write import output_paths, write_tracks

    if also is not None and (folder / also).exists() and not overwrite:
        raise OutputError(f"{folder / also} exists already; pass --overwrite, or choose another folder.")
    paths = output_paths(tracks, folder, suffix=suffix.value, overwrite=overwrite)
    num_samples = sum(track.num_samples for track in tracks)
    what = f"{len(tracks)} tracks, {num_samples} samples"
    if dry_run:
        typer.echo(f"would write {what} into {folder}: {', '.join(path.name for path in paths)}")
        return paths
    write_tracks(tracks, folder, suffix=suffix.value, overwrite=overwrite)
    typer.echo(f"wrote {what} into {folder}")
    return paths


def _print_table(tracks: list["MotionTrack"]) -> None:
    from rich.console import Console
    from rich.table import Table

    from synhead.tracks.describe import summarise

    table = Table(box=None, pad_edge=False)
    table.add_column("track", overflow="fold")
    for name in ("frame", "samples", "s", "Hz", "gaps", "rejected", "pitch", "yaw", "roll", "deg/s 50|95|max"):
        table.add_column(name, justify="right", no_wrap=True)
    for track in tracks:
        s = summarise(track)
        gaps = max(s.num_segments - 1, 0)
        angles = [f"{low:.0f}..{high:.0f}" for low, high in s.angle_range_pyr_deg]
        speed = "|".join(f"{value:.0f}" for value in s.speed_deg_s)
        table.add_row(
            s.track_id, s.frame, str(s.num_samples), f"{s.duration_s:.1f}", f"{s.rate_hz:.1f}", str(gaps),
            str(s.num_invalid), *angles, speed,
        )  # fmt: skip
    # A pipe has no width of its own; the table must not be cut there.
    console = Console()
    Console(width=console.width if console.is_terminal else 140).print(table)
