"""Pictures back from the device: one by one on a CPU, a ring of buffers in flight on a GPU."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synhead.render.projection import View
from synhead.render.renderer import RenderedFrames

BYTES_PER_PIXEL = 8
"""Four of colour and coverage, four of depth."""
RING_BUFFERS = 3
CHUNK_BYTES = 32 << 20
"""Of one buffer of the ring, at most; one picture always fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """Where a frame stands in the target.

    Attributes:
        origin_px: (x, y) of the tile's first pixel.
        view: its window, counted from there.
        row: of the frame in `out`.
    """

    origin_px: tuple[int, int]
    view: View
    out: RenderedFrames
    row: int


class DirectReadback:
    """Waits for each frame. Right for CPU drivers, where there is nothing to wait for."""

    def __init__(self, width: int, height: int) -> None:
        self._rgba = np.empty(width * height * 4, dtype=np.uint8)
        self._metres = np.empty(width * height, dtype=np.float32)

    def fetch(self, image: Any, tiles: list[Tile]) -> None:
        """Copy the windows of some tiles of a resolved image into their rows."""
        box = _box(tiles)
        num_pixels = box[2] * box[3]
        image.read_into(self._rgba, viewport=box, components=4, attachment=0)
        image.read_into(self._metres, viewport=box, components=1, attachment=1, dtype="f4")
        _store(self._rgba[: num_pixels * 4], self._metres[:num_pixels], box, tiles)

    def finish(self) -> None:
        """Nothing is in flight."""

    def release(self) -> None:
        """Nothing is held on the device."""


@dataclass(slots=True)
class _Chunk:
    buffer: Any
    used_bytes: int = 0
    pictures: list[tuple[int, tuple[int, int, int, int], list[Tile]]] = field(default_factory=list)


class PipelinedReadback:
    """Lets the device copy pictures into one buffer while the next ones are drawn and the oldest buffer is read.

    RING_BUFFERS buffers go round. Reading one waits for what was copied into it and for nothing later, so that with
    three of them the device always has a full buffer's work before it when the processor waits.
    """

    def __init__(self, ctx: Any, width: int, height: int) -> None:
        picture_bytes = width * height * BYTES_PER_PIXEL
        self._size = max(picture_bytes, min(16 * picture_bytes, CHUNK_BYTES))
        self._free = deque(_Chunk(buffer=ctx.buffer(reserve=self._size)) for _ in range(RING_BUFFERS))
        self._in_flight: deque[_Chunk] = deque()
        self._filling: _Chunk | None = None

    def fetch(self, image: Any, tiles: list[Tile]) -> None:
        """Have the windows of some tiles of a resolved image copied; they are in their rows after `finish`."""
        box = _box(tiles)
        num_bytes = box[2] * box[3] * BYTES_PER_PIXEL
        if self._filling is not None and self._filling.used_bytes + num_bytes > self._size:
            self._in_flight.append(self._filling)
            self._filling = None
        if self._filling is None:
            if not self._free:
                self._collect()
            self._filling = self._free.popleft()
        chunk, start = self._filling, self._filling.used_bytes
        middle = start + num_bytes // 2
        image.read_into(chunk.buffer, viewport=box, components=4, attachment=0, write_offset=start)
        image.read_into(chunk.buffer, viewport=box, components=1, attachment=1, dtype="f4", write_offset=middle)
        chunk.pictures.append((start, box, tiles))
        chunk.used_bytes += num_bytes

    def _collect(self) -> None:
        """Wait for the oldest buffer and store what is in it."""
        chunk = self._in_flight.popleft()
        data = np.frombuffer(chunk.buffer.read(size=chunk.used_bytes), dtype=np.uint8)
        for start, box, tiles in chunk.pictures:
            size = box[2] * box[3] * 4
            rgba, metres = data[start : start + size], data[start + size : start + 2 * size].view(np.float32)
            _store(rgba, metres, box, tiles)
        chunk.pictures.clear()
        chunk.used_bytes = 0
        self._free.append(chunk)

    def finish(self) -> None:
        """Wait for all pictures in flight and store them."""
        if self._filling is not None:
            self._in_flight.append(self._filling)
            self._filling = None
        while self._in_flight:
            self._collect()

    def release(self) -> None:
        """Free the buffers; nothing may be in flight."""
        for chunk in self._free:
            chunk.buffer.release()


def _box(tiles: list[Tile]) -> tuple[int, int, int, int]:
    """(x, y, width, height) that holds the windows of all tiles."""
    corners = np.array([(*tile.origin_px, *tile.origin_px) for tile in tiles])
    windows = corners + np.array([tile.view.window_px for tile in tiles])
    (x0, y0), (x1, y1) = windows[:, :2].min(axis=0), windows[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1 - x0), int(y1 - y0)


def _store(rgba: np.ndarray, metres: np.ndarray, box: tuple[int, int, int, int], tiles: list[Tile]) -> None:
    left, top, width, height = box
    pixels, depth = rgba.reshape(height, width, 4), metres.reshape(height, width)
    for tile in tiles:
        x0, y0, x1, y1 = tile.view.window_px
        dx, dy = tile.origin_px[0] - left, tile.origin_px[1] - top
        part = slice(y0 + dy, y1 + dy), slice(x0 + dx, x1 + dx)
        tile.out.rgb[tile.row, y0:y1, x0:x1] = pixels[part][..., :3]
        tile.out.coverage[tile.row, y0:y1, x0:x1] = pixels[part][..., 3]
        tile.out.depth_m[tile.row, y0:y1, x0:x1] = depth[part]
