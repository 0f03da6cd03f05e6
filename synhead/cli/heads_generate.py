"""synhead heads generate: heads made by a program, free of third-party data."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from synhead.heads.generate.parameters import HeadParameters

_Count = typer.Option(4, "--count", "-n", help="How many heads; women and men in turn.")
_Seed = typer.Option(0, "--seed", help="Same seed, same heads, byte for byte.")
_Out = typer.Option(..., "--out", "-o", help="Folder for the heads and their manifest.json; made if missing.")
_Clothes = typer.Option(True, "--clothes/--no-clothes", help="A plain shirt over neck and shoulders.")
_TextureSize = typer.Option(1024, "--texture-size", help="Side of the skin's texture in pixels.")
_Overwrite = typer.Option(False, "--overwrite", help="Replace heads of the same names.")
_Workers = typer.Option(None, "--workers", help="Processes. Default: one per processor. The files do not depend on it.")
_DryRun = typer.Option(False, "--dry-run", help="Say who would be made, write nothing.")

_SECONDS_A_HEAD, _MEGABYTES_A_HEAD = 8, 5


def generate(
    count: int = _Count,
    seed: int = _Seed,
    out: Path = _Out,
    clothes: bool = _Clothes,
    texture_size: int = _TextureSize,
    overwrite: bool = _Overwrite,
    workers: int | None = _Workers,
    dry_run: bool = _DryRun,
) -> None:
    """Make heads by formulas: mesh, textures, blend shapes, landmarks. Licence Apache-2.0, no foreign mesh in them."""
    from rich.console import Console
    from rich.progress import Progress

    from synhead.heads.generate.collection import check_output, generate_heads, head_ids, plan_heads
    from synhead.heads.generate.pool import available_processors

    used = available_processors() if workers is None else workers
    if dry_run:
        check_output(out, head_ids(count), overwrite=overwrite)
        for head in plan_heads(count, seed, workers=used):
            typer.echo(f"{out / head.head_id}: {_who(head)}")
        seconds, megabytes = count * _SECONDS_A_HEAD, count * _MEGABYTES_A_HEAD
        typer.echo(f"{count} heads, about {megabytes} MB, about {seconds} s on one core; nothing was written")
        return
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("heads", total=count)

        def report(head: "HeadParameters") -> None:
            console.print(f"{head.head_id}: {_who(head)}", highlight=False)
            progress.advance(bar)

        generate_heads(
            count,
            seed,
            out,
            clothes=clothes,
            texture_size_px=texture_size,
            overwrite=overwrite,
            workers=used,
            on_head=report,
        )
    typer.echo(f"{count} heads in {out}; look at them with 'synhead heads show {out}'")
    nearest = json.loads((out / "manifest.json").read_text())["smallest_landmark_distance"]
    if nearest is not None:
        first, second = nearest["heads"]
        typer.echo(f"most alike: {first} and {second}, landmarks {nearest['rms_mm']:.2f} mm apart (root mean square)")


def _who(head: "HeadParameters") -> str:
    return f"{head.sex}, {head.age_group}, {head.hair_style} {head.hair_colour} hair, {head.iris_colour} eyes"
