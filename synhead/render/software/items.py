"""What the raster hands to shading: the planes of a frame's triangles, and the surface points to shade.

Conventions of both halves of the engine:

* Vertices and triangles of all parts stand after each other: a triangle is a row of `triangles` [num_triangles, 3]
  int32, whose numbers are rows of the vertex arrays of the whole head.
* Pixel coordinates (x, y) are those of the camera: the first pixel's centre is (0.5, 0.5).
* `planes` float32 [num_triangles, PLANE_COLUMNS] belongs to one frame. With b_i the perspective-correct barycentric
  coordinate of corner i and w the camera z in metres, b_i / w is linear in the picture (Olano and Greer 1997):

      b_i / w = planes[t, 3 i] (x - ox) + planes[t, 3 i + 1] (y - oy) + planes[t, 3 i + 2]
      ox, oy  = planes[t, ORIGIN_X], planes[t, ORIGIN_Y]

  Their sum is 1 / w, and b_i is each over the sum. The origin lies beside the triangle, so that float32 is enough. A
  triangle with corners behind the camera needs nothing special. Only rows of triangles that may have items are
  written; other rows hold anything (also of an earlier frame).
* An item is one point of one triangle: `triangle` int32, `x` and `y` float32 (the pixel's centre, or the centroid of
  the covered samples; it can lie up to a pixel outside of the triangle: clamp texture coordinates as far as needed),
  `front` uint8 (1 where the triangle shows its front). Items come in the order of pixels, row by row of 2 x 2 or
  4 x 4 blocks, so that neighbours are near each other in textures too.
"""

import numpy as np
from jaxtyping import Float32, Int32, UInt8

PLANE_COLUMNS = 12
"""Nine coefficients, the origin, and one that keeps rows at 48 bytes."""
ORIGIN_X, ORIGIN_Y = 9, 10


class ItemBuffers:
    """Arrays for the items of a frame; they grow as needed and are reused from frame to frame.

    Attributes:
        triangle, x, y, front: see above; valid up to the number of items that the raster returned.
        rgb: linear light, tone-mapped, at most 1, not multiplied by opacity: what shading writes.
        alpha: opacity, for items of see-through parts.
        capacity: rows of every array.
    """

    triangle: Int32[np.ndarray, " capacity"]
    x: Float32[np.ndarray, " capacity"]
    y: Float32[np.ndarray, " capacity"]
    front: UInt8[np.ndarray, " capacity"]
    rgb: Float32[np.ndarray, "capacity 3"]
    alpha: Float32[np.ndarray, " capacity"]

    def __init__(self, capacity: int = 1 << 16) -> None:
        self.capacity = 0
        self.reserve(capacity)

    def reserve(self, capacity: int) -> None:
        """Make room for `capacity` items; the content is lost where the arrays have to grow."""
        if capacity <= self.capacity:
            return
        self.capacity = capacity
        self.triangle = np.zeros(capacity, np.int32)
        self.x, self.y = np.zeros(capacity, np.float32), np.zeros(capacity, np.float32)
        self.front = np.zeros(capacity, np.uint8)
        self.rgb = np.zeros((capacity, 3), np.float32)
        self.alpha = np.zeros(capacity, np.float32)
