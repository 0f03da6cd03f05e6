"""Choosing an engine by name, with the reasons when none can run."""

from synhead.errors import RendererError
from synhead.render.renderer import Renderer

ENGINE_NAMES = ("gl", "pyrender")
ANTIALIASING_NAMES = ("msaa4", "none")
"""Four samples a pixel in the places of the standard pattern of graphics cards, or one in its middle."""


def open_renderer(
    name: str = "auto",
    *,
    antialiasing: str = "msaa4",
    require_gpu: bool = False,
    device_index: int = 0,
    resident_budget_bytes: int = 1 << 30,
    max_texture_px: int = 4096,
) -> Renderer:
    """Start an engine in this process. Start it after fork or spawn, never before.

    Args:
        name: "auto" (gl), "gl" or "pyrender".
        antialiasing: one of ANTIALIASING_NAMES; pyrender knows "msaa4" alone.
        require_gpu: refuse a driver that rasterises on the CPU.
        device_index: EGL device, as `list_egl_devices` counts them.
        resident_budget_bytes: device memory for heads that stay between calls.
        max_texture_px: larger textures are reduced when a head is uploaded.

    Raises:
        RendererError: unknown name, or antialiasing that the engine does not know; EGL, driver or package missing; a
            CPU driver although `require_gpu`.
    """
    if antialiasing not in ANTIALIASING_NAMES:
        raise RendererError(f"--antialiasing {antialiasing}: unknown; known are {', '.join(ANTIALIASING_NAMES)}.")
    renderer: Renderer
    if name in ("auto", "gl"):
        from synhead.render.gl.renderer import GLRenderer

        renderer = GLRenderer(
            device_index=device_index,
            budget_bytes=resident_budget_bytes,
            max_texture_px=max_texture_px,
            antialiasing=antialiasing,
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
        raise RendererError(
            f'--renderer {name} --require-gpu: EGL device {device_index} is "{device}" (software). '
            "Install the NVIDIA EGL library (containers need NVIDIA_DRIVER_CAPABILITIES=graphics), choose another "
            "device, or drop --require-gpu. 'synhead doctor' lists the devices."
        )
    return renderer
