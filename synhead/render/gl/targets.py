"""What is drawn into: triangle numbers and see-through layers by sample, then the picture."""

from typing import Any

import numpy as np
from jaxtyping import UInt8

from synhead.render.gl.programs import BACKGROUND_UNIT, DEPTH_UNIT, ID_UNIT, LAYER_UNIT
from synhead.render.gl.readback import DirectReadback, PipelinedReadback
from synhead.render.projection import View
from synhead.render.renderer import RenderedFrames

SAMPLES = {"msaa4": 4, "none": 1}
"""Samples a pixel, by the name of the antialiasing."""


class Targets:
    """Buffers of one image size.

    Layers are half floats in linear light, so that blending and averaging are those of light itself.
    """

    def __init__(self, ctx: Any, width: int, height: int, *, samples: int, pipelined: bool) -> None:
        self.size = (width, height)
        self._ctx = ctx
        # OpenGL counts a texture without multisampling as 0 samples.
        count = samples if samples > 1 else 0
        self._ids = ctx.texture(self.size, 1, samples=count, dtype="u4")
        self._layers = ctx.texture(self.size, 4, samples=count, dtype="f2")
        self._depth = ctx.depth_texture(self.size, samples=count)
        if not count:
            self._depth.compare_func = ""
            for texture in (self._ids, self._layers, self._depth):
                texture.filter = ctx.NEAREST, ctx.NEAREST
        self._opaque = ctx.framebuffer([self._ids], self._depth)
        self._blended = ctx.framebuffer([self._layers], self._depth)
        self._rgba = ctx.texture(self.size, 4)
        self._metres = ctx.texture(self.size, 1, dtype="f4")
        self._image = ctx.framebuffer([self._rgba, self._metres])
        self._background = ctx.texture(self.size, 3, alignment=1)
        self._readback = PipelinedReadback(ctx, width, height) if pipelined else DirectReadback(width, height)

    def set_background(self, background: UInt8[np.ndarray, "height width 3"]) -> None:
        """Pixels to lay under the next frames."""
        width, height = self.size
        if background.shape != (height, width, 3):
            raise ValueError(f"background has shape {background.shape}; the camera asks for {(height, width, 3)}")
        self._background.write(np.ascontiguousarray(background), alignment=1)

    def begin(self, view: View) -> None:
        """Clear the window and get ready to draw opaque triangles."""
        ctx = self._ctx
        self._use(self._opaque, view)
        self._opaque.depth_mask = True
        # All bits of a float 0 are 0: the number of no triangle.
        self._opaque.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        ctx.enable_only(ctx.DEPTH_TEST)
        ctx.depth_func = "<"
        # The picture stands upside down in the window (see clip_from_camera).
        ctx.front_face = "cw"

    def hide_back_faces(self, hide: bool) -> None:
        """Whether the next triangles are drawn from their front only."""
        (self._ctx.enable if hide else self._ctx.disable)(self._ctx.CULL_FACE)

    def start_blending(self, view: View) -> None:
        """From here on triangles are laid over each other, by their opacity, from both sides."""
        ctx = self._ctx
        self._use(self._blended, view)
        # Clearing would take the depth along that the layers are tested against.
        self._blended.depth_mask = False
        self._blended.clear(0.0, 0.0, 0.0, 0.0)
        self._blended.depth_mask = True
        self.hide_back_faces(False)
        ctx.enable(ctx.BLEND)
        ctx.blend_func = ctx.ONE, ctx.ONE_MINUS_SRC_ALPHA

    def freeze_depth(self) -> None:
        """From here on depth is tested and not written."""
        self._blended.depth_mask = False

    def start_picture(self, view: View) -> None:
        """From here on the picture is drawn, from what was drawn before."""
        self._use(self._image, view)
        self._ctx.enable_only(self._ctx.NOTHING)
        for unit, texture in (
            (ID_UNIT, self._ids),
            (DEPTH_UNIT, self._depth),
            (LAYER_UNIT, self._layers),
            (BACKGROUND_UNIT, self._background),
        ):
            texture.use(unit)

    def _use(self, target: Any, view: View) -> None:
        x0, y0, x1, y1 = view.window_px
        target.scissor = (x0, y0, x1 - x0, y1 - y0)
        target.use()

    def read(self, view: View, out: RenderedFrames, row: int) -> None:
        """Have the window copied into row `row` of `out`; it is there after `finish`."""
        self._readback.fetch(self._image, view, out, row)

    def finish(self) -> None:
        """Wait for what is still on its way."""
        self._readback.finish()

    def release(self) -> None:
        """Free everything."""
        for item in (self._readback, self._opaque, self._blended, self._image):
            item.release()
        for item in (self._ids, self._layers, self._depth, self._rgba, self._metres, self._background):
            item.release()
