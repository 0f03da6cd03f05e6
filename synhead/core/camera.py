"""A pinhole camera without distortion, in the OpenCV frame, with pixel centres at +0.5."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """Intrinsics of one sequence.

    Attributes:
        width_px, height_px: size of the image.
        focal_px: focal length (square pixels).
        center_px: principal point (x, y); the middle of the image is (width / 2, height / 2).
    """

    width_px: int
    height_px: int
    focal_px: float
    center_px: tuple[float, float]

    @property
    def K(self) -> Float[np.ndarray, "3 3"]:
        """Intrinsic matrix: pixel coordinates are (K x / z)[:2], with the first pixel's centre at (0.5, 0.5)."""
        return np.array([[self.focal_px, 0, self.center_px[0]], [0, self.focal_px, self.center_px[1]], [0, 0, 1.0]])

    @property
    def vertical_fov_deg(self) -> float:
        """Vertical field of view, for a principal point in the middle."""
        return float(np.degrees(2 * np.arctan(self.height_px / 2 / self.focal_px)))


def camera_from_fov(*, width_px: int, height_px: int, vertical_fov_deg: float) -> Camera:
    """A camera with square pixels and the principal point in the middle of the image."""
    focal = height_px / 2 / np.tan(np.radians(vertical_fov_deg) / 2)
    return Camera(
        width_px=width_px, height_px=height_px, focal_px=float(focal), center_px=(width_px / 2, height_px / 2)
    )


def transform_points(
    R_a_b: Float[np.ndarray, "*batch 3 3"],
    t_a_b_m: Float[np.ndarray, "*batch 3"],
    points_b: Float[np.ndarray, "num_points 3"],
) -> Float[np.ndarray, "*batch num_points 3"]:
    """Coordinates in frame a of points given in frame b: x_a = R_a_b x_b + t_a_b."""
    return points_b @ np.swapaxes(R_a_b, -1, -2) + t_a_b_m[..., None, :]


def project_points(
    K: Float[np.ndarray, "3 3"], points_cam_m: Float[np.ndarray, "*batch num_points 3"]
) -> Float[np.ndarray, "*batch num_points 2"]:
    """Pixel coordinates (x, y) of camera-frame points. A point with z <= 0 has no image: it becomes NaN."""
    z = points_cam_m[..., 2:]
    in_front = z > 0
    uv = (points_cam_m @ K.T)[..., :2] / np.where(in_front, z, 1.0)
    return np.where(in_front, uv, np.nan)
