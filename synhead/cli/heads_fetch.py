"""synhead heads fetch: the files that `heads import` needs, from their pinned sources."""

import time
from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True)

_Out = typer.Option(..., "--out", "-o", help="Folder for the files; made if missing. What is there and right stays.")
_From = typer.Option(None, "--from", help="Folder or archive at hand, instead of the network; may be given again.")
_DryRun = typer.Option(False, "--dry-run", help="Say what would be fetched from where, write nothing.")


@app.command()
def makehuman(out: Path = _Out, copies: list[Path] | None = _From, dry_run: bool = _DryRun) -> None:
    """MakeHuman's base mesh, targets, proxies and 512-pixel textures (CC0 1.0), from three archives."""
    _fetch("makehuman", out, copies or [], dry_run)


@app.command()
def ict(out: Path = _Out, copies: list[Path] | None = _From, dry_run: bool = _DryRun) -> None:
    """ICT-FaceKit (Light): neutral mesh, 100 identities, 53 expressions (MIT)."""
    _fetch("ict", out, copies or [], dry_run)


def _fetch(name: str, out: Path, copies: list[Path], dry_run: bool) -> None:
    from synhead.heads.importers.fetch import fetch, fetch_manifest

    manifest = fetch_manifest(name)
    if dry_run:
        missing = manifest.missing(out)
        typer.echo(f"{out}: {len(missing)} of {len(manifest.files)} files are missing; licence {manifest.licence}")
        for source in copies or [archive.url for archive in manifest.archives]:
            typer.echo(f"  from {source}")
        return
    last = [0.0]

    def report(url: str, done: int, total: int | None) -> None:
        # One line every few seconds: archives take minutes, and logs are read too.
        if time.monotonic() - last[0] > 3:
            last[0] = time.monotonic()
            whole = "" if total is None else f" of {total / 1e6:.0f}"
            typer.echo(f"{url}: {done / 1e6:.0f}{whole} MB")

    written = fetch(manifest, out, copies=copies, on_progress=report)
    typer.echo(f"{out}: {written} files written, all {len(manifest.files)} checked; licence {manifest.licence}")
    typer.echo(f"go on with 'synhead heads import {name} {out} --count 10 --out HEADS'")
