"""The one OpenGL context of a process, without a display, through EGL."""

import os
from typing import Any

from synhead.errors import RendererError
from synhead.render.renderer import RendererInfo

SOFTWARE_NAMES = ("llvmpipe", "softpipe", "swrast", "swiftshader")
REQUIRED_VERSION = 330

_contexts: dict[tuple[int, int], Any] = {}


def context(device_index: int) -> Any:
    """The process's context on one EGL device, made at the first call and kept until the process ends.

    Contexts are keyed by process: one inherited through fork() belongs to the parent and must not be touched.

    Raises:
        RendererError: moderngl or EGL is missing, there is no such device, or it is older than OpenGL 3.3.
    """
    key = (os.getpid(), device_index)
    if key not in _contexts:
        _contexts[key] = _create(device_index)
    return _contexts[key]


def _create(device_index: int) -> Any:
    try:
        import moderngl
    except ImportError as error:
        raise RendererError("renderer gl: moderngl is not installed; run: pip install 'moderngl>=5.12'") from error
    try:
        # moderngl reports every failure of EGL as a plain Exception.
        settings: dict[str, Any] = {"backend": "egl", "device_index": device_index}
        return moderngl.create_context(require=REQUIRED_VERSION, standalone=True, **settings)
    except Exception as error:
        raise RendererError(
            f"renderer gl: EGL gives no OpenGL 3.3 context on device {device_index} ({error}). "
            "Install an EGL driver: NVIDIA's (containers need NVIDIA_DRIVER_CAPABILITIES=graphics) or, on the CPU, "
            "Mesa's (Debian and Ubuntu: apt-get install libegl1 libgl1-mesa-dri). 'synhead doctor' lists the devices."
        ) from error


def is_software_name(gl_renderer: str) -> bool:
    """True where GL_RENDERER names a driver that rasterises on the CPU."""
    return any(name in gl_renderer.lower() for name in SOFTWARE_NAMES)


def describe(ctx: Any, device_index: int, antialiasing: str) -> RendererInfo:
    """RendererInfo of a context."""
    from importlib.metadata import version

    device = str(ctx.info["GL_RENDERER"])
    return RendererInfo(
        engine="gl",
        device=device,
        version=f"OpenGL {ctx.info['GL_VERSION']}; moderngl {version('moderngl')}",
        is_software=is_software_name(device),
        antialiasing=antialiasing,
        extra={"vendor": str(ctx.info["GL_VENDOR"]), "egl_device_index": str(device_index)},
    )
