"""The EGL devices of this machine, each tried in a process of its own: a broken driver kills only that process."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass

MAX_DEVICES = 32
_NO_SUCH_DEVICE = re.compile(r"requested device index \d+, but found (\d+) devices")
_PROBE = """
import json, sys
import moderngl
ctx = moderngl.create_context(standalone=True, backend="egl", device_index=int(sys.argv[1]))
print(json.dumps({name: str(ctx.info[name]) for name in ("GL_RENDERER", "GL_VERSION", "GL_VENDOR")}))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class EglDevice:
    """One device that EGL offers.

    Attributes:
        index: what `open_renderer(device_index=)` takes; not the number that CUDA gives it.
        gl_renderer, gl_version, gl_vendor: as the driver names them; empty where it does not work.
        is_software: True where a CPU rasterises.
        problem: why no context could be made; None where it works.
    """

    index: int
    gl_renderer: str
    gl_version: str
    gl_vendor: str
    is_software: bool
    problem: str | None


def list_egl_devices(*, timeout_s: float = 30.0) -> list[EglDevice]:
    """Every EGL device, working or not; an empty list where EGL offers none."""
    devices: list[EglDevice] = []
    for index in range(MAX_DEVICES):
        device = _probe(index, timeout_s)
        if device is None:
            break
        devices.append(device)
        if device.problem is not None and not _is_countable(device.problem):
            # Without EGL itself every index fails alike.
            break
    return devices


def _is_countable(problem: str) -> bool:
    return "died" in problem or "no answer" in problem


def _probe(index: int, timeout_s: float) -> EglDevice | None:
    """One device, or None where there is no device of this number."""
    from synhead.render.gl.context import is_software_name

    command = [sys.executable, "-c", _PROBE, str(index)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return _broken(index, f"no answer within {timeout_s:g} s")
    if done.returncode == 0:
        names = json.loads(done.stdout.splitlines()[-1])
        return EglDevice(
            index=index,
            gl_renderer=names["GL_RENDERER"],
            gl_version=names["GL_VERSION"],
            gl_vendor=names["GL_VENDOR"],
            is_software=is_software_name(names["GL_RENDERER"]),
            problem=None,
        )
    if _NO_SUCH_DEVICE.search(done.stderr):
        return None
    if done.returncode < 0:
        return _broken(index, f"the driver died with signal {-done.returncode}")
    lines = done.stderr.strip().splitlines()
    return _broken(index, lines[-1] if lines else f"exit code {done.returncode}")


def _broken(index: int, problem: str) -> EglDevice:
    return EglDevice(index=index, gl_renderer="", gl_version="", gl_vendor="", is_software=False, problem=problem)
