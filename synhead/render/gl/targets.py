"""What is drawn into: triangle numbers and see-through layers by sample, then the picture."""

from typing import Any

from synhead.render.gl.programs import BACKGROUND_UNIT, DEPTH_UNIT, ID_UNIT, LAYER_UNIT
from synhead.render.gl.readback import DirectReadback, PipelinedReadback, Tile
from synhead.render.projection import View
from synhead.render.renderer import RenderedFrames

SAMPLES = {"msaa4": 4, "none": 1}
"""Samples a pixel, by the name of the antialiasing."""


class Targets:
    """Buffers of one image size, for one frame or for several side by side.

    Layers are half floats in linear light, so that blending and averaging are those of light itself.

    Args:
        tiles: (columns, rows) of frames whose pictures stand side by side and are read back together.
        pipelined: read back while the next frames are drawn.
    """

    def __init__(
        self, ctx: Any, width: int, height: int, *, samples: int, tiles: tuple[int, int], pipelined: bool
    ) -> None:
        self.frame_size = (width, height)
        self._columns, self._num_tiles = tiles[0], tiles[0] * tiles[1]
        self.size = (width * tiles[0], height * tiles[1])
        self._drawn: list[Tile] = []
        self._ctx = ctx
        # OpenGL counts a texture without multisampling as 0 samples.
        count = samples if samples > 1 else 0
        self._ids = ctx.texture(self.frame_size, 1, samples=count, dtype="u4")
        self._layers = ctx.texture(self.frame_size, 4, samples=count, dtype="f2")
        self._depth = ctx.depth_texture(self.frame_size, samples=count)
        if not count:
            self._depth.compare_func = ""
            for texture in (self._ids, self._layers, self._depth):
                texture.filter = ctx.NEAREST, ctx.NEAREST
        self._opaque = ctx.framebuffer([self._ids], self._depth)
        self._blended = ctx.framebuffer([self._layers], self._depth)
        self._rgba = ctx.texture(self.size, 4)
        self._metres = ctx.texture(self.size, 1, dtype="f4")
        self._image = ctx.framebuffer([self._rgba, self._metres])
        self._readback = PipelinedReadback(ctx, *self.size) if pipelined else DirectReadback(*self.size)

    @property
    def origin_px(self) -> tuple[int, int]:
        """(x, y) of the tile of the frame that is drawn next."""
        row, column = divmod(len(self._drawn), self._columns)
        return column * self.frame_size[0], row * self.frame_size[1]

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

    def start_picture(self, view: View, background: Any) -> None:
        """From here on the picture is drawn over a background, from what was drawn before."""
        self._use(self._image, view)
        self._ctx.enable_only(self._ctx.NOTHING)
        for unit, texture in (
            (ID_UNIT, self._ids),
            (DEPTH_UNIT, self._depth),
            (LAYER_UNIT, self._layers),
            (BACKGROUND_UNIT, background),
        ):
            texture.use(unit)

    def _use(self, target: Any, view: View) -> None:
        # Only the picture has tiles. Triangles moved to another place would meet other samples by rounding: the bytes
        # of a frame would depend on the frames beside it.
        left, top = self.origin_px if target is self._image else (0, 0)
        x0, y0, x1, y1 = view.window_px
        target.viewport = (left, top, *self.frame_size)
        target.scissor = (left + x0, top + y0, x1 - x0, y1 - y0)
        target.use()

    def read(self, view: View, out: RenderedFrames, row: int) -> None:
        """Have the window copied into row `row` of `out`; it is there after `finish`."""
        self._drawn.append(Tile(origin_px=self.origin_px, view=view, out=out, row=row))
        if len(self._drawn) == self._num_tiles:
            self._fetch()

    def _fetch(self) -> None:
        if self._drawn:
            self._readback.fetch(self._image, self._drawn)
        self._drawn = []

    def finish(self) -> None:
        """Wait for what is still on its way."""
        self._fetch()
        self._readback.finish()

    def release(self) -> None:
        """Free everything."""
        for item in (self._readback, self._opaque, self._blended, self._image):
            item.release()
        for item in (self._ids, self._layers, self._depth, self._rgba, self._metres):
            item.release()
