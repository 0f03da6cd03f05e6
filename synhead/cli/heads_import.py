"""synhead heads import: heads composed from MakeHuman or ICT-FaceKit (scan: the same as `heads register`)."""

from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True)

_Dir = typer.Argument(..., metavar="DIR", help="Folder of 'synhead heads fetch', or a checkout of the source.")
_Count = typer.Option(4, "--count", "-n", help="How many heads.")
_Seed = typer.Option(0, "--seed", help="Same seed, same heads, byte for byte.")
_Out = typer.Option(..., "--out", "-o", help="Folder for the heads and their manifest.json; made if missing.")
_Overwrite = typer.Option(False, "--overwrite", help="Replace heads of the same names.")
_DryRun = typer.Option(False, "--dry-run", help="Say who would be made, write nothing.")

_MAKEHUMAN_SECONDS, _MAKEHUMAN_MEGABYTES = 1.7, 4
_ICT_SECONDS, _ICT_MEGABYTES = 6, 8


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
    from synhead.heads.importers.collection import check_output
    from synhead.heads.importers.makehuman import describe, import_makehuman, makehuman_plan, plan_makehuman

    if dry_run:
        _, identities = plan_makehuman(directory, count, seed)
        check_output(makehuman_plan(identities, out, seed), overwrite=overwrite)
        for identity in identities:
            typer.echo(f"{out / identity.head_id}: {describe(identity)}")
        _estimate(count, _MAKEHUMAN_SECONDS, _MAKEHUMAN_MEGABYTES)
        return
    import_makehuman(
        directory,
        out,
        count=count,
        seed=seed,
        overwrite=overwrite,
        on_head=lambda identity: typer.echo(f"{identity.head_id}: {describe(identity)}"),
    )
    typer.echo(f"{count} heads in {out}; look at them with 'synhead heads show {out}'")


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
    from synhead.heads.importers.collection import check_output
    from synhead.heads.importers.ict import describe, ict_plan, import_ict, plan_ict

    if dry_run:
        _, people = plan_ict(directory, count, seed)
        check_output(ict_plan(people, out, seed), overwrite=overwrite)
        for person in people:
            typer.echo(f"{out / person.head_id}: {describe(person)}")
        _estimate(count, _ICT_SECONDS, _ICT_MEGABYTES)
        return
    import_ict(
        directory,
        out,
        count=count,
        seed=seed,
        overwrite=overwrite,
        on_head=lambda person: typer.echo(f"{person.head_id}: {describe(person)}"),
    )
    typer.echo(f"{count} heads in {out}; look at them with 'synhead heads show {out}'")


def _estimate(count: int, seconds: float, megabytes: float) -> None:
    typer.echo(
        f"{count} heads, about {count * megabytes:.0f} MB, about {count * seconds:.0f} s on one core; "
        "nothing was written"
    )
