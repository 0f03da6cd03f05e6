"""What is drawn into: four samples a pixel, then one pass that averages them over the background."""

from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import UInt8

from synhead.render.gl.readback import DirectReadback, PipelinedReadback
from synhead.render.projection import View
from synhead.render.renderer import RenderedFrames

SAMPLES = 4


class Targets:
    """Buffers of one image size.

    Colour samples are half floats in linear light, so that blending and averaging are those of light itself.
    """

    def __init__(self, ctx: Any, width: int, height: int, *, pipelined: bool) -> None:
        self.size = (width, height)
        self._ctx = ctx
        self._color = ctx.texture(self.size, 4, samples=SAMPLES, dtype="f2")
        self._depth = ctx.depth_texture(self.size, samples=SAMPLES)
        self._samples = ctx.framebuffer([self._color], self._depth)
        self._rgba = ctx.texture(self.size, 4)
        self._metres = ctx.texture(self.size, 1, dtype="f4")
        self._image = ctx.framebuffer([self._rgba, self._metres])
        self._background = ctx.texture(self.size, 3, alignment=1)
        folder = resources.files("synhead.render.gl") / "shaders"
        self._program = ctx.program((folder / "resolve.vert").read_text(), (folder / "resolve.frag").read_text())
        self._triangle = ctx.vertex_array(self._program, [], mode=ctx.TRIANGLES)
        for unit, name in enumerate(("u_color", "u_depth", "u_background")):
            self._program[name].value = unit
        self._readback = PipelinedReadback(ctx, width, height) if pipelined else DirectReadback(width, height)

    def set_background(self, background: UInt8[np.ndarray, "height width 3"]) -> None:
        """Pixels to lay under the next frames."""
        width, height = self.size
        if background.shape != (height, width, 3):
            raise ValueError(f"background has shape {background.shape}; the camera asks for {(height, width, 3)}")
        self._background.write(np.ascontiguousarray(background), alignment=1)

    def begin(self, view: View) -> None:
        """Clear the window and get ready to draw the head."""
        ctx = self._ctx
        x0, y0, x1, y1 = view.window_px
        self._samples.depth_mask = True
        self._samples.scissor = (x0, y0, x1 - x0, y1 - y0)
        self._samples.use()
        self._samples.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        ctx.enable_only(ctx.DEPTH_TEST)
        ctx.depth_func = "<"
        # The picture stands upside down in the window (see clip_from_camera).
        ctx.front_face = "cw"

    def hide_back_faces(self, hide: bool) -> None:
        """Whether the next triangles are drawn from their front only."""
        (self._ctx.enable if hide else self._ctx.disable)(self._ctx.CULL_FACE)

    def start_blending(self) -> None:
        """From here on triangles are laid over what is there, by their opacity, from both sides."""
        self.hide_back_faces(False)
        self._ctx.enable(self._ctx.BLEND)
        self._ctx.blend_func = self._ctx.ONE, self._ctx.ONE_MINUS_SRC_ALPHA

    def freeze_depth(self) -> None:
        """From here on depth is tested and not written."""
        self._samples.depth_mask = False

    def resolve(self, view: View) -> None:
        """Average, composite, encode."""
        ctx = self._ctx
        x0, y0, x1, y1 = view.window_px
        self._image.scissor = (x0, y0, x1 - x0, y1 - y0)
        self._image.use()
        ctx.enable_only(ctx.NOTHING)
        for unit, texture in enumerate((self._color, self._depth, self._background)):
            texture.use(unit)
        self._program["u_near_far"].value = (view.near_m, view.far_m)
        self._triangle.render(vertices=3)

    def read(self, view: View, out: RenderedFrames, row: int) -> None:
        """Have the window copied into row `row` of `out`; it is there after `finish`."""
        self._readback.fetch(self._image, view, out, row)

    def finish(self) -> None:
        """Wait for what is still on its way."""
        self._readback.finish()

    def release(self) -> None:
        """Free everything."""
        for item in (self._readback, self._triangle, self._program, self._samples, self._image):
            item.release()
        for item in (self._color, self._depth, self._rgba, self._metres, self._background):
            item.release()
