"""synhead heads import: heads composed from MakeHuman or ICT-FaceKit (scan: the same as `heads register`)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

app = typer.Typer(no_args_is_help=True)

_Dir = typer.Argument(..., metavar="DIR", help="Folder of 'synhead heads fetch', or a checkout of the source.")
_Count = typer.Option(4, "--count", "-n", help="How many heads.")
_Seed = typer.Option(0, "--seed", help="Same seed, same heads, byte for byte.")
_Out = typer.Option(..., "--out", "-o", help="Folder for the heads and their manifest.json; made if missing.")
_Overwrite = typer.Option(False, "--overwrite", help="Replace heads of the same names.")
_DryRun = typer.Option(False, "--dry-run", help="Say who would be made, write nothing.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    directory: Path
    count: int
    seed: int
    out: Path
    overwrite: bool
    dry_run: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """What an importer offers, and what one head of it costs.

    Attributes:
        plan: (directory, count, seed) -> (the source, people with a `head_id`).
        import_plan: (people, out, seed) -> ImportPlan.
    """

    plan: Callable[..., Any]
    import_plan: Callable[..., Any]
    import_heads: Callable[..., Any]
    describe: Callable[[Any], str]
    head_s: float
    head_megabytes: float


@app.command()
def makehuman(
    directory: Path = _Dir,
    count: int = _Count,
    seed: int = _Seed,
    out: Path = _Out,
    overwrite: bool = _Overwrite,
    dry_run: bool = _DryRun,
) -> None:
    """Compose people from the MakeHuman base mesh and assets (CC0 1.0): shapes, skins, hair, eyes, blend shapes."""
    from synhead.heads.importers import makehuman as importer

    source = _Source(
        plan=importer.plan_makehuman,
        import_plan=importer.makehuman_plan,
        import_heads=importer.import_makehuman,
        describe=importer.describe,
        head_s=1.7,
        head_megabytes=4,
    )
    _import(
        source, _Request(directory=directory, count=count, seed=seed, out=out, overwrite=overwrite, dry_run=dry_run)
    )


@app.command()
def ict(
    directory: Path = _Dir,
    count: int = _Count,
    seed: int = _Seed,
    out: Path = _Out,
    overwrite: bool = _Overwrite,
    dry_run: bool = _DryRun,
) -> None:
    """Draw people from the ICT-FaceKit model (MIT): identity modes, ARKit blend shapes, painted skin and eyes."""
    from synhead.heads.importers import ict as importer

    source = _Source(
        plan=importer.plan_ict,
        import_plan=importer.ict_plan,
        import_heads=importer.import_ict,
        describe=importer.describe,
        head_s=6,
        head_megabytes=8,
    )
    _import(
        source, _Request(directory=directory, count=count, seed=seed, out=out, overwrite=overwrite, dry_run=dry_run)
    )


def _import(source: _Source, request: _Request) -> None:
    if request.dry_run:
        _say_what_would_be_made(source, request)
        return
    source.import_heads(
        request.directory,
        request.out,
        count=request.count,
        seed=request.seed,
        overwrite=request.overwrite,
        on_head=lambda person: typer.echo(f"{person.head_id}: {source.describe(person)}"),
    )
    typer.echo(f"{request.count} heads in {request.out}; look at them with 'synhead heads show {request.out}'")


def _say_what_would_be_made(source: _Source, request: _Request) -> None:
    from synhead.heads.importers.collection import check_output

    _, people = source.plan(request.directory, request.count, request.seed)
    check_output(source.import_plan(people, request.out, request.seed), overwrite=request.overwrite)
    for person in people:
        typer.echo(f"{request.out / person.head_id}: {source.describe(person)}")
    typer.echo(
        f"{request.count} heads, about {request.count * source.head_megabytes:.0f} MB, "
        f"about {request.count * source.head_s:.0f} s on one core; nothing was written"
    )
