"""Pictures back from the device: one by one on a CPU, several in flight on a GPU."""

from typing import Any

import numpy as np

from synhead.render.projection import View
from synhead.render.renderer import RenderedFrames

BYTES_PER_PIXEL = 8
"""Four of colour and coverage, four of depth."""
CHUNK_FRAMES = 16
CHUNK_BYTES = 64 << 20


class DirectReadback:
    """Waits for each frame. Right for CPU drivers, where there is nothing to wait for."""

    def __init__(self, width: int, height: int) -> None:
        self._rgba = np.empty(width * height * 4, dtype=np.uint8)
        self._metres = np.empty(width * height, dtype=np.float32)

    def fetch(self, image: Any, view: View, out: RenderedFrames, row: int) -> None:
        """Copy the window of a resolved image into row `row` of `out`."""
        x0, y0, x1, y1 = view.window_px
        num_pixels = (x1 - x0) * (y1 - y0)
        window = (x0, y0, x1 - x0, y1 - y0)
        image.read_into(self._rgba, viewport=window, components=4, attachment=0)
        image.read_into(self._metres, viewport=window, components=1, attachment=1, dtype="f4")
        _store(self._rgba[: num_pixels * 4], self._metres[:num_pixels], view, out, row)

    def finish(self) -> None:
        """Nothing is in flight."""

    def release(self) -> None:
        """Nothing is held on the device."""


class PipelinedReadback:
    """Lets the device copy up to CHUNK_FRAMES frames into a buffer while the next ones are drawn."""

    def __init__(self, ctx: Any, width: int, height: int) -> None:
        frame_bytes = width * height * BYTES_PER_PIXEL
        self._capacity = max(1, min(CHUNK_FRAMES, CHUNK_BYTES // frame_bytes))
        self._buffer = ctx.buffer(reserve=self._capacity * frame_bytes)
        self._frame_bytes = frame_bytes
        self._in_flight: list[tuple[View, RenderedFrames, int]] = []

    def fetch(self, image: Any, view: View, out: RenderedFrames, row: int) -> None:
        """Have the window of a resolved image copied; it is in `out` after `finish`."""
        if len(self._in_flight) == self._capacity:
            self.finish()
        x0, y0, x1, y1 = view.window_px
        window = (x0, y0, x1 - x0, y1 - y0)
        start = len(self._in_flight) * self._frame_bytes
        middle = start + (x1 - x0) * (y1 - y0) * 4
        image.read_into(self._buffer, viewport=window, components=4, attachment=0, write_offset=start)
        image.read_into(self._buffer, viewport=window, components=1, attachment=1, dtype="f4", write_offset=middle)
        self._in_flight.append((view, out, row))

    def finish(self) -> None:
        """Wait for the frames in flight and store them."""
        if not self._in_flight:
            return
        data = np.frombuffer(self._buffer.read(size=len(self._in_flight) * self._frame_bytes), dtype=np.uint8)
        for index, (view, out, row) in enumerate(self._in_flight):
            x0, y0, x1, y1 = view.window_px
            size = (x1 - x0) * (y1 - y0) * 4
            start = index * self._frame_bytes
            rgba, metres = data[start : start + size], data[start + size : start + 2 * size].view(np.float32)
            _store(rgba, metres, view, out, row)
        self._in_flight.clear()

    def release(self) -> None:
        """Free the buffer."""
        self._buffer.release()


def _store(rgba: np.ndarray, metres: np.ndarray, view: View, out: RenderedFrames, row: int) -> None:
    x0, y0, x1, y1 = view.window_px
    pixels = rgba.reshape(y1 - y0, x1 - x0, 4)
    out.rgb[row, y0:y1, x0:x1] = pixels[..., :3]
    out.coverage[row, y0:y1, x0:x1] = pixels[..., 3]
    out.depth_m[row, y0:y1, x0:x1] = metres.reshape(y1 - y0, x1 - x0)
