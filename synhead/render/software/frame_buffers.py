"""Arrays of one frame, grouped as the kernels take them, and reused from frame to frame."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

from synhead.render.software.items import PLANE_COLUMNS
from synhead.render.software.lanes import EMPTY, LANES

FRAGMENT_COLUMNS = 5
PIXEL, ROW, BITS, DEPTH, NEXT = 0, 1, 2, 3, 4
"""Columns of a fragment: pixel in the order of the blocks, row, bits of its samples, depth, next fragment there."""
ALPHA = PIXEL
"""Once a fragment is in the chain of its pixel: bits of its opacity, float32."""


class Projected(NamedTuple):
    """Vertices of a frame.

    Attributes:
        cam: float64 [n, 3] metres.
        places: int32 [n, 4], x and y in 1/256 pixel from the window's corner, depth units, and one that keeps rows at
            16 bytes.
    """

    cam: np.ndarray
    places: np.ndarray


class Listed(NamedTuple):
    """Triangles of a frame that can show, by row.

    Attributes:
        triangle: int32, of the head.
        corners: int32 [., 3], wound clockwise in the picture; rows of `Projected`.
        front: uint8, 1 where the front is seen.
        surface: int32, part and side: samples of one surface are merged.
    """

    triangle: np.ndarray
    corners: np.ndarray
    front: np.ndarray
    surface: np.ndarray


class Window(NamedTuple):
    """Where the frame lies.

    Attributes:
        grid: int64 [6], width and height in pixels, smallest and largest sample offset in a pixel (1/256), samples a
            pixel, blocks in a row.
        lens: float64 [5], focal length, principal point, corner of the window; pixels of the whole picture.
        depth: float64 [2], 1/z at the nearest depth, and depth units for each 1/m.
        keep: mask of the depth bits of a key; the others hold the row.
    """

    grid: np.ndarray
    lens: np.ndarray
    depth: np.ndarray
    keep: np.int32


class Planes(NamedTuple):
    """Planes of the head's triangles, written when one is first seen in a frame.

    Attributes:
        values: float32 [num_triangles, PLANE_COLUMNS], see `items`.
        frame: int32 [num_triangles], number of the frame that each row belongs to.
        triangles: int32 [num_triangles, 3], corners.
    """

    values: np.ndarray
    frame: np.ndarray
    triangles: np.ndarray


class Items(NamedTuple):
    """Points to shade; see `items`.

    Attributes:
        weight: float32, share of the pixel.
    """

    triangle: np.ndarray
    x: np.ndarray
    y: np.ndarray
    front: np.ndarray
    weight: np.ndarray
    rgb: np.ndarray


class FrameBuffers:
    """All arrays of a frame. `fit` makes them large enough; `cleared` empties what a frame starts from."""

    def __init__(self) -> None:
        self.stride = 0
        self._num_blocks = 0
        self._samples = 4
        self._keys = np.zeros(0, np.int32)
        self._heads = np.zeros(0, np.int32)
        self.pixels = np.zeros((0, 2), np.int32)
        self.items = _make_items(0)
        self.projected = _make_projected(0)
        self.listed = _make_listed(0)
        self.identity = np.zeros(0, np.int32)
        self.fit_fragments(1 << 14)

    def fit(self, num_vertices: int, num_triangles: int, width_px: int, height_px: int, samples: int) -> None:
        """Make room for a head of so many vertices and triangles in a window of that size."""
        block = 2 if samples == 4 else 4
        self.stride = -(-width_px // block)
        self._num_blocks = self.stride * -(-height_px // block)
        self._samples = samples
        num_pixels = self._num_blocks * LANES // samples
        if len(self._keys) < self._num_blocks * LANES:
            self._keys = _aligned(self._num_blocks * LANES)
        if len(self._heads) < num_pixels:
            self._heads = np.zeros(num_pixels, np.int32)
            self.pixels = np.zeros((num_pixels + 1, 2), np.int32)
        if len(self.items.x) < num_pixels * samples + len(self.fragments):
            self.items = _make_items(num_pixels * samples + len(self.fragments))
        if len(self.projected.places) < num_vertices:
            self.projected = _make_projected(num_vertices)
        if len(self.identity) < num_triangles:
            self.listed = _make_listed(num_triangles)
            self.identity = np.arange(num_triangles, dtype=np.int32)

    def fit_fragments(self, count: int) -> None:
        """Make room for so many fragments, and half as many more; the content is lost."""
        count += count // 2
        self.fragments = np.zeros((count, FRAGMENT_COLUMNS), np.int32)
        self.alpha = np.zeros(count, np.float32)
        self.fragment_items = _make_items(count)
        if len(self.items.x) < len(self.pixels) * self._samples + count:
            self.items = _make_items(len(self.pixels) * self._samples + count)

    def cleared(self) -> tuple[Int32[np.ndarray, " num_samples"], Int32[np.ndarray, " num_pixels"]]:
        """Keys and heads of fragment lists of the window, empty."""
        keys = self._keys[: self._num_blocks * LANES]
        heads = self._heads[: self._num_blocks * LANES // self._samples]
        keys.fill(EMPTY)
        heads.fill(-1)
        return keys, heads


def make_planes(triangles: Int32[np.ndarray, "num_triangles 3"]) -> Planes:
    """Planes of a head, none written."""
    count = len(triangles)
    return Planes(np.zeros((count, PLANE_COLUMNS), np.float32), np.full(count, -1, np.int32), triangles)


def _aligned(count: int) -> np.ndarray:
    """int32, from the start of a cache line: a block is one."""
    memory = np.zeros(count + LANES, np.int32)
    shift = -memory.ctypes.data % (4 * LANES) // 4
    return memory[shift : shift + count]


def _make_items(capacity: int) -> Items:
    return Items(
        np.zeros(capacity, np.int32),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.float32),
        np.zeros(capacity, np.uint8),
        np.zeros(capacity, np.float32),
        np.zeros((capacity, 3), np.float32),
    )


def _make_projected(count: int) -> Projected:
    return Projected(np.zeros((count, 3)), np.zeros((count, 4), np.int32))


def _make_listed(count: int) -> Listed:
    return Listed(
        np.zeros(count, np.int32), np.zeros((count, 3), np.int32), np.zeros(count, np.uint8), np.zeros(count, np.int32)
    )
