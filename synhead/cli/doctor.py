"""`synhead doctor`: what of this machine works, before it bites."""

import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

_SHOWN_PICTURES = 10


@dataclass(frozen=True, slots=True)
class _Finding:
    name: str
    verdict: str
    text: str


def doctor(
    backgrounds: Annotated[
        Path | None, typer.Option(help="Folder of pictures to read. Default: assets/backgrounds, where there is one.")
    ] = None,
    warm: Annotated[
        bool, typer.Option("--warm", help="Compile what a run needs and keep it, so that the first one starts at once.")
    ] = False,
) -> None:
    """Check libraries, graphics, processors, memory, disk and backgrounds, and draw one frame.

    Exit code 1 when something that every run needs does not work.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    findings = _warm() if warm else []
    findings += [check() for check in (_python, _libraries, _processors, _memory, _disk, _ray)]
    findings += _backgrounds(backgrounds) + _graphics()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(no_wrap=True)
    # A long path goes on in the next line; cut short it would name no file.
    table.add_column(overflow="fold")
    colors = {"ok": "green", "warn": "yellow", "FAIL": "red"}
    for finding in findings:
        table.add_row(f"[{colors[finding.verdict]}]{finding.verdict}[/]", finding.name, escape(finding.text))
    Console(width=max(100, shutil.get_terminal_size().columns)).print(table)
    if any(f.verdict == "FAIL" for f in findings):
        raise typer.Exit(1)


def _warm() -> list[_Finding]:
    from synhead.pipeline.warm import kernel_folder, warm

    times = warm()
    names, seconds = ", ".join(name for name, _ in times), sum(seconds for _, seconds in times)
    return [_Finding("compiled", "ok", f"{seconds:.1f} s: {names}; kept in {kernel_folder()}")]


def _python() -> _Finding:
    return _Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")


def _libraries() -> _Finding:
    import importlib.metadata

    names = ["numpy", "scipy", "h5py", "trimesh", "moderngl", "simplejpeg", "ray", "pyrender", "PyOpenGL", "torch"]
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    optional = {"pyrender", "PyOpenGL", "torch"}
    text = ", ".join(found) + (f"; not installed: {', '.join(missing)}" if missing else "")
    return _Finding("libraries", "FAIL" if set(missing) - optional else "ok", text)


def _processors() -> _Finding:
    from synhead.pipeline.config import available_cpus
    from synhead.pipeline.executors.choose import count_gpus

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    text = f"{available_cpus()} usable of {os.cpu_count()}, load {load:.1f}; {count_gpus()} NVIDIA GPUs"
    return _Finding("processors", "ok", text)


def _memory() -> _Finding:
    import psutil

    memory = psutil.virtual_memory()
    verdict = "ok" if memory.available > 1.5 * 2**30 else "warn"
    text = f"{memory.available / 2**30:.1f} GiB free of {memory.total / 2**30:.1f} GiB; a worker takes up to 1.5 GiB"
    return _Finding("memory", verdict, text)


def _disk() -> _Finding:
    folder = Path.cwd()
    usage = shutil.disk_usage(folder)
    writable = os.access(folder, os.W_OK)
    text = f"{usage.free / 2**30:.1f} GiB free in {folder}" + ("" if writable else ", which is NOT writable")
    return _Finding("disk", "ok" if writable and usage.free > 2**30 else "warn", text)


def _ray() -> _Finding:
    try:
        free = shutil.disk_usage("/dev/shm").free / 2**20
    except OSError:
        return _Finding("ray", "warn", "no /dev/shm here: Ray keeps its objects on disk, which is slow")
    return _Finding("ray", "ok" if free > 256 else "warn", f"{free:.0f} MiB of shared memory free; 256 are used")


def _backgrounds(folder: Path | None) -> list[_Finding]:
    """Every picture is opened and decoded, as a run would before it starts."""
    from synhead.errors import InputError
    from synhead.scenes.backgrounds import find_backgrounds

    chosen = folder or Path("assets/backgrounds")
    if folder is None and not chosen.is_dir():
        return [_Finding("backgrounds", "ok", f"no {chosen} here: pictures are made up for each track")]
    try:
        sources, problems = find_backgrounds(chosen)
    except InputError as error:
        return [_Finding("backgrounds", "FAIL" if folder else "warn", str(error))]
    text = f"{len(sources)} usable in {chosen}"
    if not problems:
        return [_Finding("backgrounds", "ok", text)]
    findings = [_Finding("backgrounds", "warn" if sources else "FAIL", f"{text}; {len(problems)} cannot be read")]
    findings += [_Finding("", "warn", str(problem)) for problem in problems[:_SHOWN_PICTURES]]
    if len(problems) > _SHOWN_PICTURES:
        findings.append(_Finding("", "warn", f"and {len(problems) - _SHOWN_PICTURES} more"))
    return findings


def _graphics() -> list[_Finding]:
    from synhead.errors import RendererError
    from synhead.render import list_egl_devices

    devices = list_egl_devices()
    findings = [
        _Finding(
            f"EGL device {d.index}",
            "warn" if d.problem else "ok",
            d.problem or f"{d.gl_renderer}, OpenGL {d.gl_version}",
        )
        for d in devices
    ]
    if not devices:
        way_out = "no EGL device. Debian: apt-get install libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri; GPU: its driver"
        findings.append(_Finding("EGL", "FAIL", way_out))
    for engine in ("gl", "software", "pyrender"):
        try:
            findings.append(_Finding(f"{engine} frame", "ok", _in_child(engine)))
        except RendererError as error:
            findings.append(_Finding(f"{engine} frame", "FAIL" if engine == "gl" else "warn", str(error)))
    return findings


def _in_child(engine: str) -> str:
    """Draw one frame in a process of its own: a broken driver may crash or hang it, not us."""
    import subprocess

    from synhead.errors import RendererError

    code = f"from synhead.cli.doctor import draw_one_frame; print(draw_one_frame({engine!r}))"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=tempfile.gettempdir(),
        )
    except subprocess.TimeoutExpired:
        raise RendererError("the first frame took more than 120 s: the graphics driver hangs") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise RendererError(lines[-1] if lines else f"ended with code {done.returncode}")
    return done.stdout.strip()


def draw_one_frame(engine: str) -> str:
    """Draw a small head and say who drew it, how fast, and the hash of the pixels (equal machines, equal hashes)."""
    import hashlib
    import time

    from synhead.render import open_renderer
    from synhead.render.probe_scene import probe_scene

    renderer = open_renderer(engine)
    scene = probe_scene()
    first = time.perf_counter()
    frames = renderer.render(scene.head, scene.background, scene.spec, range(1))
    seconds = time.perf_counter() - first
    digest = hashlib.sha256(frames.rgb.tobytes()).hexdigest()[:12]
    return f"{renderer.info.device}, first frame {seconds:.2f} s, hash {digest}"
