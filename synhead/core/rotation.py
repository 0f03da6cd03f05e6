"""Rotations: the truth is the matrix R_cam_head; every other form is derived from it.

Frames: camera is OpenCV (+x right, +y down, +z forward); head is +x to the subject's left, +y up, +z out of the face.
With A = diag(1, -1, -1), a face that looks straight into the camera has R_cam_head = A.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

A_HEAD_TO_FRONTAL = np.diag([1.0, -1.0, -1.0])
"""R_cam_head of a face that looks straight into the camera."""


def rotation_from_euler_pyr(euler_pyr_deg: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    """R_cam_head from (pitch, yaw, roll), by R_cam_head A = Rx(-pitch) Ry(yaw) Rz(roll).

    Args:
        euler_pyr_deg: degrees; +pitch nose up, +yaw nose to image left, +roll clockwise in the image.

    Raises:
        ValueError: an angle is not finite.

    Source: docs/conventions.md; the signs of 300W-LP (Zhu et al. 2016).
    """
    angles = np.asarray(euler_pyr_deg, dtype=np.float64)
    if not np.isfinite(angles).all():
        raise ValueError("euler_pyr_deg has values that are not finite")
    a, b, c = np.moveaxis(np.radians(angles) * np.array([-1.0, 1.0, 1.0]), -1, 0)
    sa, ca, sb, cb, sc, cc = np.sin(a), np.cos(a), np.sin(b), np.cos(b), np.sin(c), np.cos(c)
    # The product Rx(a) Ry(b) Rz(c), written out; then the columns of A flip y and z.
    rows = [
        [cb * cc, -cb * sc, sb],
        [ca * sc + sa * sb * cc, ca * cc - sa * sb * sc, -sa * cb],
        [sa * sc - ca * sb * cc, sa * cc + ca * sb * sc, ca * cb],
    ]
    matrix = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    return matrix @ A_HEAD_TO_FRONTAL


def euler_pyr_from_rotation(R_cam_head: Float[np.ndarray, "*batch 3 3"]) -> Float[np.ndarray, "*batch 3"]:
    """(pitch, yaw, roll) in degrees of R_cam_head: the inverse of `rotation_from_euler_pyr` for abs(yaw) < 90.

    Yaw is in [-90, 90], pitch and roll in (-180, 180]. A face turned further than 90 degrees gets the
    equivalent triple with abs(yaw) <= 90. At abs(yaw) = 90 pitch and roll turn about one axis; the pitch
    is then 0 and the roll carries the sum.

    Source: docs/conventions.md; Hopenet's formula for BIWI (Ruiz et al. 2018).
    """
    r = np.asarray(R_cam_head, dtype=np.float64) @ A_HEAD_TO_FRONTAL
    cos_yaw = np.hypot(r[..., 1, 2], r[..., 2, 2])
    yaw = np.arctan2(r[..., 0, 2], cos_yaw)
    locked = cos_yaw < 1e-9
    pitch = np.where(locked, 0.0, np.arctan2(r[..., 1, 2], r[..., 2, 2]))
    roll = np.where(locked, np.arctan2(r[..., 1, 0], r[..., 1, 1]), np.arctan2(-r[..., 0, 1], r[..., 0, 0]))
    return np.degrees(np.stack([pitch, yaw, roll], axis=-1))


def geodesic_deg(
    first: Float[np.ndarray, "*batch 3 3"], second: Float[np.ndarray, "*batch 3 3"]
) -> Float[np.ndarray, "*batch"]:
    """Angle in degrees of the rotation that takes `first` to `second`, in [0, 180]; accurate near 0 and 180."""
    difference = np.swapaxes(first, -1, -2) @ second
    flat = difference.reshape(-1, 3, 3)
    # atan2 of the sine and cosine parts: arccos of the trace loses half the digits near 0.
    axis = np.stack(
        [flat[:, 2, 1] - flat[:, 1, 2], flat[:, 0, 2] - flat[:, 2, 0], flat[:, 1, 0] - flat[:, 0, 1]], axis=-1
    )
    sine = np.linalg.norm(axis, axis=-1) / 2
    cosine = (np.trace(flat, axis1=-2, axis2=-1) - 1) / 2
    return np.degrees(np.arctan2(sine, cosine)).reshape(difference.shape[:-2])


def orthonormality_error(matrix: Float[np.ndarray, "*batch 3 3"]) -> Float[np.ndarray, "*batch"]:
    """Largest entry of abs(M^T M - I): 0 for a rotation or a reflection."""
    product = np.swapaxes(matrix, -1, -2) @ matrix
    return np.asarray(np.abs(product - np.eye(3)).max(axis=(-1, -2)))


def nearest_rotation(matrix: Float[np.ndarray, "*batch 3 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    """The proper rotation closest in the Frobenius norm (Kabsch 1976; determinant +1 is enforced)."""
    u, _, vt = np.linalg.svd(matrix)
    sign = np.sign(np.linalg.det(u @ vt))
    u = u.copy()
    u[..., :, 2] *= sign[..., None]
    return u @ vt


def rotation_about_camera_vertical(angle_deg: float) -> Float[np.ndarray, "3 3"]:
    """Ry of the camera frame, right-handed about +y (down): +angle carries +z towards +x."""
    return Rotation.from_euler("y", angle_deg, degrees=True).as_matrix()
