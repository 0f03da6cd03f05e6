"""From the OpenCV camera to OpenGL's clip space: the only place that knows both.

Both engines draw the same window, so a pixel means the same in each: (K x / z)[:2], first centre at (0.5, 0.5).
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull, QhullError

from synhead.core.camera import Camera

NEAR_LIMIT_M = 0.02
"""What is nearer to the camera than this is cut off; it also bounds the loss of depth precision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """Where a head lies in one frame.

    Attributes:
        near_m, far_m: camera z between which everything visible lies, a little wider than the head.
        window_px: (x0, y0, x1, y1), whole pixels inside the image that hold all of the head.
        is_cut: part of the head is nearer than the near limit, so that one may look into it.
    """

    near_m: float
    far_m: float
    window_px: tuple[int, int, int, int]
    is_cut: bool = False


def outline_points(vertices_m: Float[np.ndarray, "num_vertices 3"]) -> Float[np.ndarray, "num_points 3"]:
    """The corners of the convex hull: enough to bound the head's image from any side. Flat heads keep all points."""
    try:
        return vertices_m[ConvexHull(vertices_m).vertices]
    except (QhullError, ValueError):
        return np.unique(vertices_m, axis=0)


def view_of(
    outline_m: Float[np.ndarray, "num_points 3"],
    R_cam_head: Float[np.ndarray, "3 3"],
    t_cam_head_m: Float[np.ndarray, "3"],
    camera: Camera,
) -> View | None:
    """Depth range and window of a head, or None where nothing of it can be seen.

    The window is exact up to a pixel; a head that reaches behind the near limit gets the whole image.
    """
    points = outline_m @ R_cam_head.T + t_cam_head_m
    z = points[:, 2]
    z_min, z_max = float(z.min()), float(z.max())
    if z_max <= NEAR_LIMIT_M:
        return None
    near, far = max(z_min * 0.999 - 1e-3, NEAR_LIMIT_M), z_max * 1.001 + 1e-3
    if z_min <= NEAR_LIMIT_M:
        return View(near_m=near, far_m=far, window_px=(0, 0, camera.width_px, camera.height_px), is_cut=True)
    x = camera.focal_px * points[:, 0] / z + camera.center_px[0]
    y = camera.focal_px * points[:, 1] / z + camera.center_px[1]
    x0, x1 = _whole_pixels(x, camera.width_px)
    y0, y1 = _whole_pixels(y, camera.height_px)
    if x0 >= x1 or y0 >= y1:
        return None
    return View(near_m=near, far_m=far, window_px=(x0, y0, x1, y1))


def _whole_pixels(coordinate: np.ndarray, size: int) -> tuple[int, int]:
    first, last = math.floor(coordinate.min()) - 1, math.ceil(coordinate.max()) + 1
    return min(max(first, 0), size), min(max(last, 0), size)


def clip_from_camera(camera: Camera, near_m: float, far_m: float) -> Float[np.ndarray, "4 4"]:
    """OpenCV camera coordinates to clip space, for a window whose row 0 is the TOP of the image.

    GL counts window rows from the bottom; drawing the picture upside down there puts the top row first in memory, so
    that nothing needs a flip after reading. It mirrors the image, hence front faces wind clockwise in the window.
    """
    f, (cx, cy), width, height = camera.focal_px, camera.center_px, camera.width_px, camera.height_px
    return np.array(
        [
            [2 * f / width, 0, 2 * cx / width - 1, 0],
            [0, 2 * f / height, 2 * cy / height - 1, 0],
            [0, 0, (far_m + near_m) / (far_m - near_m), -2 * far_m * near_m / (far_m - near_m)],
            [0, 0, 1, 0],
        ]
    )
