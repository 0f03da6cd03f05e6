"""synhead heads generate: heads made by a program, free of third-party data."""

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
_DryRun = typer.Option(False, "--dry-run", help="Say who would be made, write nothing.")

_SECONDS_A_HEAD, _MEGABYTES_A_HEAD = 10, 3


def generate(
    count: int = _Count,
    seed: int = _Seed,
    out: Path = _Out,
    clothes: bool = _Clothes,
    texture_size: int = _TextureSize,
    overwrite: bool = _Overwrite,
    dry_run: bool = _DryRun,
) -> None:
    """Make heads by formulas: mesh, textures, 68 landmarks. Licence Apache-2.0, no third-party data in them."""
    from synhead.heads.generate.collection import check_output, generate_heads, plan_heads

    heads = plan_heads(count, seed)
    if dry_run:
        check_output(out, heads, overwrite=overwrite)
        for head in heads:
            typer.echo(f"{out / head.head_id}: {_who(head)}")
        seconds, megabytes = count * _SECONDS_A_HEAD, count * _MEGABYTES_A_HEAD
        typer.echo(f"{count} heads, about {megabytes} MB, about {seconds} s on one core; nothing was written")
        return

    def report(head: "HeadParameters") -> None:
        typer.echo(f"{head.head_id}: {_who(head)}")

    generate_heads(count, seed, out, clothes=clothes, texture_size_px=texture_size, overwrite=overwrite, on_head=report)
    typer.echo(f"{count} heads in {out}; look at them with 'synhead heads show {out}'")


def _who(head: "HeadParameters") -> str:
    return f"{head.sex}, {head.hair_style} {head.hair_colour} hair, {head.iris_colour} eyes"
