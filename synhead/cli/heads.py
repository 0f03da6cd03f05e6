"""synhead heads: check, show and register head models (generate: heads_generate.py)."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from synhead.cli.heads_fetch import app as fetch_app
from synhead.cli.heads_generate import generate
from synhead.cli.heads_import import app as import_app

if TYPE_CHECKING:
    import numpy as np

    from synhead.heads.check import HeadReport
    from synhead.heads.model import HeadModel

app = typer.Typer(no_args_is_help=True)
app.command()(generate)
app.add_typer(fetch_app, name="fetch", help="Download what 'heads import' needs, pinned and checked.")
app.add_typer(import_app, name="import", help="Compose heads from MakeHuman or ICT-FaceKit, or take a scan.")

_Dirs = typer.Argument(..., metavar="DIR...", help="Head folders, mesh files, or folders of heads.")
_Dir = typer.Argument(..., metavar="DIR", help="A head folder, a mesh file, or a folder of heads.")
_Scan = typer.Argument(..., metavar="SCAN", help="OBJ, GLB, glTF, PLY or STL of one head.")
_Verbose = typer.Option(False, "--verbose", "-v", help="Show remarks (info) too.")
_Sheet = typer.Option(..., "--out", "-o", help="Picture to write, such as sheet.png.")
_Views = typer.Option(8, "--views", min=1, max=8, help="Number of views.")
_SizePx = typer.Option(320, "--size", min=64, max=2048, help="Pixels a side of one view.")
_Renderer = typer.Option("auto", "--renderer", help="auto, gl, software or pyrender.")
_Out = typer.Option(..., "--out", "-o", help="New folder for the head; its name is the head's id.")
_Level = typer.Option(0, "--level", min=0, max=2, help="Level of detail: 1 has a third of the triangles, 2 an eighth.")
_DryRun = typer.Option(False, "--dry-run", help="Say what would be done, write nothing.")
_Units = typer.Option(None, "--units", help="m, dm, cm, mm, or metres per unit such as 0.0254; else guessed.")
_Up = typer.Option(None, "--up", help="+x, -x, +y, -y, +z or -z in the file; else guessed.")
_Front = typer.Option(None, "--front", help="Where the face looks, likewise; else guessed.")
_Tragi = typer.Option(
    None, "--tragi", help='"x,y,z x,y,z": subject\'s right and left tragus in the file; else estimated.'
)
_Landmarks = typer.Option(None, "--landmarks", help="JSON list of 68 [x, y, z] in file coordinates, iBUG order.")
_NeckCut = typer.Option(None, "--neck-cut-m", help="Cut the neck so far below the ears; 0 does not cut; else guessed.")
_MaxTriangles = typer.Option(40_000, "--max-triangles", min=100, help="Thin out above this.")
_TexturePx = typer.Option(2048, "--texture-size", min=16, max=16384, help="Longer side of textures, pixels.")
_Licence = typer.Option("unknown", "--licence", help="SPDX name or a sentence; travels into every data set.")
_Source = typer.Option("unknown", "--source", help="Who made the scan.")
_NoConfirm = typer.Option(False, "--no-picture", help="Do not draw confirm.png (needs no renderer then).")


@app.command()
def check(dirs: list[Path] = _Dirs, verbose: bool = _Verbose) -> None:
    """Load heads and judge size, axes, landmarks, sides, textures and licence. Exit code 1 if one is unfit."""
    from collections import Counter

    from rich.console import Console
    from rich.markup import escape

    from synhead.heads.check import ERROR, INFO, WARNING, check_head
    from synhead.heads.load import find_heads

    console = Console(soft_wrap=True, highlight=False)
    reports = [check_head(path, levels=True) for root in dirs for path in find_heads(root)]
    console.print(_table(reports))
    style = {ERROR: "red", WARNING: "yellow", INFO: "dim"}
    for report in reports:
        for finding in report.findings:
            if finding.severity == INFO and not verbose:
                continue
            color = style[finding.severity]
            console.print(
                f"{escape(report.head_id)}: [{color}]{finding.severity}[/{color}] {escape(finding.topic)}: "
                f"{escape(finding.message)}"
            )
    twice = [head_id for head_id, count in Counter(report.head_id for report in reports).items() if count > 1]
    for head_id in twice:
        console.print(f"{escape(head_id)}: [red]error[/red] id: several heads have this id; rename all but one.")
    if twice or any(report.num_errors for report in reports):
        raise typer.Exit(1)


def _table(reports: "list[HeadReport]"):
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for name in ("head", "parts", "triangles", "levels", "face mm", "pupils", "head mm", "snap", "errors", "warnings"):
        table.add_column(name, justify="left" if name == "head" else "right", no_wrap=True)
    for report in reports:
        sizes = {name: f"{value * 1000:.0f}" for name, value in report.measures_m.items()}
        snap = report.measures_m.get("largest snap distance")
        table.add_row(
            report.head_id,
            str(report.num_parts),
            str(report.num_triangles),
            " ".join(map(str, report.level_triangles)) or "-",
            sizes.get("face length (27 to 8)", "-"),
            sizes.get("pupil distance", "-"),
            f"{sizes.get('head length', '-')}x{sizes.get('head breadth', '-')}",
            "-" if snap is None else f"{snap * 1000:.2f}",
            str(report.num_errors),
            str(report.num_warnings),
        )
    return table


@app.command()
def show(
    head: Path = _Dir,
    out: Path = _Sheet,
    views: int = _Views,
    size: int = _SizePx,
    renderer: str = _Renderer,
    level: int = _Level,
    dry_run: bool = _DryRun,
) -> None:
    """Draw a head, or each head of a folder, from several sides with its landmarks."""
    from synhead.heads.levels import level_of
    from synhead.heads.load import find_heads, load_head

    models = [level_of(load_head(path), level) for path in find_heads(head)]
    what = f"{out}: {views} views of {', '.join(model.head_id for model in models)}"
    if dry_run:
        typer.echo(f"would write {what}")
        return
    _draw(models, out, views, size, renderer)
    typer.echo(f"wrote {what}")


def _draw(models: "list[HeadModel]", out: Path, views: int, size_px: int, renderer_name: str) -> None:
    from synhead.cli.head_sheet import draw_sheet, stack_sheets, write_sheet
    from synhead.render import open_renderer

    renderer = open_renderer(renderer_name)
    try:
        sheets = [draw_sheet(model, renderer, num_views=views, size_px=size_px) for model in models]
    finally:
        renderer.close()
    write_sheet(stack_sheets(sheets), out)


@import_app.command("scan")
@app.command()
def register(
    scan: Path = _Scan,
    out: Path = _Out,
    units: str | None = _Units,
    up: str | None = _Up,
    front: str | None = _Front,
    tragi: str | None = _Tragi,
    landmarks: Path | None = _Landmarks,
    neck_cut_m: float | None = _NeckCut,
    max_triangles: int = _MaxTriangles,
    texture_size: int = _TexturePx,
    licence: str = _Licence,
    source: str = _Source,
    no_picture: bool = _NoConfirm,
    renderer: str = _Renderer,
    dry_run: bool = _DryRun,
) -> None:
    """Turn a bare scan into a head folder; what is not given is guessed, said, and drawn in confirm.png."""
    from synhead.heads.load import load_head
    from synhead.heads.register import register_scan

    done = register_scan(
        scan,
        out=out,
        units=_units(units),
        up=up,
        front=front,
        tragi=None if tragi is None else _points(tragi),
        landmarks_68=None if landmarks is None else _landmarks(landmarks),
        neck_cut_m=neck_cut_m,
        max_triangles=max_triangles,
        texture_size_px=texture_size,
        licence=licence,
        source=source,
        dry_run=dry_run,
    )
    for decision in done.decisions:
        typer.echo(f"  {decision}")
    typer.echo(f"{'would write' if dry_run else 'wrote'} {', '.join(done.files)} in {done.folder}")
    if dry_run:
        return
    model = load_head(done.folder)
    if no_picture:
        return
    picture = done.folder / "confirm.png"
    _draw([model], picture, 8, 320, renderer)
    typer.echo(f"wrote {picture}: look at it. If the face is turned or mirrored, give --up and --front.")


def _units(text: str | None) -> str | float | None:
    if text is None or text.isalpha():
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise typer.BadParameter(f"{text!r} is neither m, dm, cm, mm nor a length in metres", param_hint="--units")
    return value


def _points(text: str) -> "np.ndarray":
    import numpy as np

    try:
        points = np.array([[float(x) for x in point.split(",")] for point in text.split()])
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}", param_hint="--tragi") from error
    if points.shape != (2, 3) or not np.isfinite(points).all():
        raise typer.BadParameter(f'{text!r}; two points are needed, such as "-7,0,1 7,0,1"', param_hint="--tragi")
    return points


def _landmarks(path: Path) -> "np.ndarray":
    import json

    import numpy as np

    from synhead.errors import InputError

    try:
        points = np.array(json.loads(path.read_text()), dtype=np.float64)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(path, f"cannot be read as a JSON list of points ({error}).") from error
    if points.shape != (68, 3) or not np.isfinite(points).all():
        raise InputError(path, f"has shape {points.shape}; 68 points [x, y, z] of finite numbers are needed.")
    return points
