"""`synhead render`: heads and tracks in, a verified data set out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class _Engine(StrEnum):
    auto = "auto"
    gl = "gl"
    software = "software"
    pyrender = "pyrender"


class _Antialiasing(StrEnum):
    msaa4 = "msaa4"
    none = "none"


class _Executor(StrEnum):
    auto = "auto"
    local = "local"
    ray = "ray"


class _Format(StrEnum):
    jpeg = "jpeg"
    png = "png"


class _Look(StrEnum):
    natural = "natural"
    paper = "paper"


class _Expressions(StrEnum):
    natural = "natural"
    none = "none"


class _BackgroundMotion(StrEnum):
    none = "none"
    handheld = "handheld"


_Path = Path | None
_Count = int | None


def render(
    models: Annotated[_Path, typer.Option(help="Folder of head models. Default: assets/heads.")] = None,
    tracks: Annotated[_Path, typer.Option(help="Folder of motion tracks. Default: motion_tracks.")] = None,
    backgrounds: Annotated[
        _Path,
        typer.Option(help="Folder of pictures or .hdr panoramas. Default: assets/backgrounds, else procedural."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of the data set; an unfinished one is resumed.")
    ] = Path("out/dataset"),
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT or one number, in pixels. Default: 400.")] = None,
    frames_per_track: Annotated[_Count, typer.Option(help="Cut each track to so many frames. Default: all.")] = None,
    max_tracks: Annotated[_Count, typer.Option(help="Use so many tracks, evenly over their names.")] = None,
    max_heads: Annotated[_Count, typer.Option(help="Use so many heads, evenly over their names.")] = None,
    workers: Annotated[_Count, typer.Option(help="Worker processes. Default: one per processor.")] = None,
    encode_threads: Annotated[
        _Count, typer.Option(help="Threads that encode beside each worker. Default: on a GPU, the processors to spare.")
    ] = None,
    executor: Annotated[
        _Executor, typer.Option(help="Where the work is done; auto: Ray where it pays.")
    ] = _Executor.auto,
    renderer: Annotated[_Engine | None, typer.Option(help="Engine. auto: gl on a GPU, else software.")] = None,
    antialiasing: Annotated[
        _Antialiasing | None, typer.Option(help="Samples of a pixel: four, or one for throughput. Default: msaa4.")
    ] = None,
    require_gpu: Annotated[bool, typer.Option("--require-gpu", help="Refuse to draw on a CPU.")] = False,
    look: Annotated[
        _Look | None, typer.Option(help="natural: moving faces, room light, a real camera; paper: plain as SynHead.")
    ] = None,
    expressions: Annotated[_Expressions | None, typer.Option(help="Move face and eyes. Default: as the look.")] = None,
    background_motion: Annotated[
        _BackgroundMotion | None, typer.Option(help="handheld: the background sways a few pixels. Default: none.")
    ] = None,
    seed: Annotated[_Count, typer.Option(help="Decides everything random. Default: 0.")] = None,
    config: Annotated[_Path, typer.Option(help="Recipe (YAML) with the same settings; options override it.")] = None,
    image_format: Annotated[_Format | None, typer.Option(help="Default: jpeg.")] = None,
    quality: Annotated[_Count, typer.Option(help="JPEG quality, 1 to 100. Default: 95.")] = None,
    depth: Annotated[bool, typer.Option("--depth", help="Store a depth map of each frame too.")] = False,
    ray_address: Annotated[str | None, typer.Option(help="Ray cluster: 'auto' or HOST:PORT.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made, how large and how long.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Render every head along every track into an HDF5 data set with labels, masks and a manifest.

    Run the same command again after an interruption: it goes on, and ends with the same data.
    Exit code 3: finished, but some sequences failed; they are listed.
    """
    from synhead.pipeline.config import RunOptions, load_config, validated

    overrides: dict[str, Any] = {
        "inputs": _input_paths(config, models, tracks, backgrounds),
        "tracks": {"frames_per_track": frames_per_track, "max_tracks": max_tracks},
        "scene": {
            **_size(size),
            "max_heads": max_heads,
            "look": look.value if look else None,
            "background_motion": background_motion.value if background_motion else None,
            "expressions": expressions.value if expressions else None,
        },
        "image": {
            "format": image_format.value if image_format else None,
            "quality": quality,
            "passes": ["depth"] if depth else None,
        },
        "renderer": renderer.value if renderer else None,
        "antialiasing": antialiasing.value if antialiasing else None,
        "seed": seed,
    }
    settings = load_config(config, overrides)
    given: dict[str, Any] = {"executor": executor.value, "ray_address": ray_address, "require_gpu": require_gpu}
    given |= {k: v for k, v in {"workers": workers, "encode_threads": encode_threads}.items() if v is not None}
    options = validated(RunOptions, given, source="command line")
    if dry_run:
        _dry_run(settings, options, out)
        return
    try:
        _make(settings, options, out, quiet=quiet)
    except KeyboardInterrupt:
        typer.echo("synhead: interrupted; the same command again goes on where this one stopped", err=True)
        raise typer.Exit(130) from None


def _input_paths(config: _Path, models: _Path, tracks: _Path, backgrounds: _Path) -> dict[str, Any]:
    """What was given; the repository's own folders for what neither the command line nor a recipe names."""
    paths: dict[str, Any] = {"models": models, "tracks": tracks, "backgrounds": backgrounds}
    if config is None:
        paths["models"] = models or Path("assets/heads")
        paths["tracks"] = tracks or Path("motion_tracks")
        default = Path("assets/backgrounds")
        paths["backgrounds"] = backgrounds or (default if default.is_dir() else None)
    return {k: v for k, v in paths.items() if v is not None}


def _size(text: str | None) -> dict[str, int | None]:
    from synhead.errors import ConfigError

    if text is None:
        return {}
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(p.strip().isdigit() for p in parts):
        raise ConfigError(f"--size {text}: is no size; write 400 or 640x480 (width x height, pixels)")
    return {"width_px": int(parts[0]), "height_px": int(parts[-1])}


def _make(settings: Any, options: Any, out: Path, *, quiet: bool) -> None:
    from rich.console import Console

    from synhead.pipeline.progress import duration_text
    from synhead.pipeline.run import make_dataset

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        summary = make_dataset(settings, options, out, quiet=quiet)
    else:
        with console.status("reading inputs") as status:

            def report(line: str) -> None:
                # The bar of the shards takes over from here; two live displays cannot share a terminal.
                if line.startswith("making"):
                    status.stop()
                    console.print(line)
                else:
                    status.update(line)

            summary = make_dataset(settings, options, out, report=report)
    if summary.already_complete:
        typer.echo(f"{out}: complete already")
    else:
        rate = summary.frames_made / summary.seconds if summary.seconds > 0 else 0.0
        typer.echo(f"made {summary.frames_made} frames in {duration_text(summary.seconds)} ({rate:.1f} frames/s)")
    typer.echo(f"{out}: {summary.num_sequences} sequences, {summary.num_frames} frames, digest {summary.digest}")
    if summary.failures:
        typer.echo(f"{len(summary.failures)} sequences are missing:", err=True)
        for failure in summary.failures[:20]:
            typer.echo(f"  {failure.sequence_id} ({failure.stage}): {failure.reason}", err=True)
        if len(summary.failures) > 20:
            typer.echo(f"  and {len(summary.failures) - 20} more: synhead status {out}", err=True)
        raise typer.Exit(3)
    typer.echo(f"next: synhead verify {out}; synhead inspect {out} -o {out}/inspect")


def _dry_run(settings: Any, options: Any, out: Path) -> None:
    from synhead.pipeline.estimate import estimate_job

    for line in estimate_job(settings, options, out).lines():
        typer.echo(line)
