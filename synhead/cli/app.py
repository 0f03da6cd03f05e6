"""Registers the subcommands and turns errors into one paragraph and an exit code.

Exit codes: 0 done, 1 the user's error, 2 usage, 3 finished with failures, 130 interrupted.
"""

import os
import sys
from typing import Annotated

import typer

from synhead import __version__
from synhead.cli.doctor import doctor
from synhead.cli.heads import app as heads_app
from synhead.cli.inspect import inspect
from synhead.cli.render import render
from synhead.cli.status import status
from synhead.cli.tracks import app as tracks_app
from synhead.cli.verify import verify
from synhead.errors import SynheadError

app = typer.Typer(
    name="synhead",
    help="Labelled video of human heads: render head models along motion tracks, and prove the data set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(shown: bool) -> bool:
    if shown:
        typer.echo(f"synhead {__version__}")
        raise typer.Exit
    return shown


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if debug:
        os.environ["SYNHEAD_DEBUG"] = "1"


app.command()(doctor)
app.add_typer(heads_app, name="heads", help="Check, show, register and generate head models.")
app.add_typer(tracks_app, name="tracks", help="Import, smooth, show and synthesise motion tracks.")
app.command()(render)
app.command()(status)
app.command()(verify)
app.command()(inspect)


def main() -> None:
    """Entry point of the `synhead` command."""
    try:
        app()
    except SynheadError as error:
        if os.environ.get("SYNHEAD_DEBUG"):
            raise
        print(f"synhead: {error}", file=sys.stderr)
        sys.exit(1)
