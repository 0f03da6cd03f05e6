"""Drawing heads and labelling what was drawn. Importing this loads no graphics library."""

from synhead.render.devices import EglDevice, list_egl_devices
from synhead.render.engines import ANTIALIASING_NAMES, ENGINE_NAMES, auto_engine, open_renderer
from synhead.render.renderer import RenderedFrames, Renderer, RendererInfo

__all__ = [
    "ANTIALIASING_NAMES",
    "ENGINE_NAMES",
    "EglDevice",
    "RenderedFrames",
    "Renderer",
    "RendererInfo",
    "auto_engine",
    "list_egl_devices",
    "open_renderer",
]
