"""Choosing an engine by name, with the reasons when none can run."""

from functools import cache
from pathlib import Path

from synhead.errors import RendererError
from synhead.render.cuda_devices import egl_device_of_process
from synhead.render.renderer import Renderer

ENGINE_NAMES = ("gl", "software", "pyrender")
ANTIALIASING_NAMES = ("msaa4", "none")
"""Four samples a pixel in the places of the standard pattern of graphics cards, or one in its middle."""


def open_renderer(
    name: str = "auto",
    *,
    antialiasing: str = "msaa4",
    require_gpu: bool = False,
    device_index: int | None = None,
    resident_budget_bytes: int = 1 << 30,
    max_texture_px: int = 4096,
) -> Renderer:
    """Start an engine in this process. Start it after fork or spawn, never before.

    Args:
        name: one of ENGINE_NAMES, or "auto": see `auto_engine`.
        antialiasing: one of ANTIALIASING_NAMES; pyrender knows "msaa4" alone.
        require_gpu: refuse a driver that rasterises on the CPU.
        device_index: EGL device, as `list_egl_devices` counts them; None: that of the first GPU which
            CUDA_VISIBLE_DEVICES allows, else the first one.
        resident_budget_bytes: device memory for heads that stay between calls.
        max_texture_px: larger textures are reduced when a head is uploaded.

    Raises:
        RendererError: unknown name, or antialiasing that the engine does not know; EGL, driver or package missing; a
            CPU driver although `require_gpu`.
    """
    if antialiasing not in ANTIALIASING_NAMES:
        raise RendererError(f"--antialiasing {antialiasing}: unknown; known are {', '.join(ANTIALIASING_NAMES)}.")
    renderer: Renderer
    asked_for = name
    if name == "auto":
        name = "gl" if require_gpu else auto_engine()
    if device_index is None:
        device_index = 0 if name == "software" else egl_device_of_process()
    if name == "gl":
        from synhead.render.gl.renderer import GLRenderer

        renderer = GLRenderer(
            device_index=device_index,
            budget_bytes=resident_budget_bytes,
            max_texture_px=max_texture_px,
            antialiasing=antialiasing,
        )
    elif name == "software":
        from synhead.render.software.engine import SoftwareRenderer

        renderer = SoftwareRenderer(
            antialiasing=antialiasing, budget_bytes=resident_budget_bytes, max_texture_px=max_texture_px
        )
    elif name == "pyrender":
        if antialiasing != "msaa4":
            raise RendererError(
                f"--antialiasing {antialiasing}: pyrender always takes four samples a pixel (msaa4); "
                "use another --renderer, or leave it out."
            )
        from synhead.render.pyrender_backend import PyrenderRenderer

        renderer = PyrenderRenderer(device_index=device_index, budget_bytes=resident_budget_bytes)
    else:
        raise RendererError(f"--renderer {name}: no such engine; known are auto, {', '.join(ENGINE_NAMES)}.")
    if require_gpu and renderer.info.is_software:
        device = renderer.info.device
        renderer.close()
        if name == "software":
            raise RendererError(
                "--renderer software --require-gpu: the software engine never draws on a GPU; "
                "use --renderer gl, or drop --require-gpu."
            )
        raise RendererError(
            f'--renderer {asked_for} --require-gpu: EGL device {device_index} is "{device}" (software). '
            "Install the NVIDIA EGL library (containers need NVIDIA_DRIVER_CAPABILITIES=graphics), choose another "
            "device, or drop --require-gpu. 'synhead doctor' lists the devices."
        )
    return renderer


@cache
def auto_engine() -> str:
    """What "auto" stands for on this machine: gl where its first EGL device is a GPU; software everywhere else.

    Looking for a GPU starts drivers, in a process of their own; without a device file of one there is nothing to
    look for.
    """
    from synhead.render.devices import list_egl_devices

    if any(Path("/dev").glob("nvidia[0-9]*")) or any(Path("/dev/dri").glob("renderD*")):
        devices = list_egl_devices()
        if devices and devices[0].problem is None and not devices[0].is_software:
            return "gl"
    return "software"
