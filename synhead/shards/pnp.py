"""Pose from points, without a look at the pose label: the independent witness of `verify`.

POSIT (DeMenthon and Davis 1995) starts from the image alone; Gauss-Newton on the re-projection error finishes. Both run
on all frames at once.
"""

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import nearest_rotation

_POSIT_ROUNDS = 25
_GAUSS_NEWTON_ROUNDS = 12
_STEP_TOLERANCE = 1e-12


def pose_from_points(
    head_points_m: Float[np.ndarray, "num_points 3"] | Float[np.ndarray, "num_frames num_points 3"],
    points_px: Float[np.ndarray, "num_frames num_points 2"],
    K: Float[np.ndarray, "3 3"],
) -> tuple[Float[np.ndarray, "num_frames 3 3"], Float[np.ndarray, "num_frames 3"]]:
    """R_cam_head and t_cam_head_m that project the points of a head onto their pixels.

    Args:
        head_points_m: head frame; at least four, not in one plane; of a rigid head, or of each frame.
        points_px: their images (x, y), the same order; square pixels.

    Returns:
        Rotations and translations in metres; NaN in frames where the search did not end in a pose.
    """
    normalised = (points_px - K[:2, 2]) / np.diag(K)[:2]
    head_points_m = np.broadcast_to(head_points_m, (len(points_px), *head_points_m.shape[-2:]))
    center = head_points_m.mean(axis=1)
    points = head_points_m - center[:, None]
    # A frame that diverges is answered with NaN; it must not stop the others.
    with np.errstate(all="ignore"):
        R, t = _posit(points, normalised)
        R, t = _gauss_newton(points, normalised, R, t)
        failed = ~(np.isfinite(R).all(axis=(1, 2)) & np.isfinite(t).all(axis=1) & (t[:, 2] > 0))
        R[failed], t[failed] = np.nan, np.nan
        return R, t - (R @ center[..., None])[..., 0]


def _posit(points: np.ndarray, normalised: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scaled orthography, corrected round by round for perspective; the `points` of a frame have their mean at 0."""
    design = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    inverse = np.linalg.pinv(design)
    depth_ratio = np.ones(normalised.shape[:2])
    R = np.broadcast_to(np.eye(3), (len(normalised), 3, 3))
    t = np.zeros((len(normalised), 3))
    for _ in range(_POSIT_ROUNDS):
        rows = np.swapaxes(inverse @ (normalised * depth_ratio[..., None]), 1, 2)
        length = np.linalg.norm(rows[..., :3], axis=-1)
        first, second = np.moveaxis(rows[..., :3] / length[..., None], 1, 0)
        R = _finite_rotation(np.stack([first, second, np.cross(first, second)], axis=1))
        depth = 1 / np.sqrt(length[:, 0] * length[:, 1])
        t = np.concatenate([rows[..., 3], np.ones((len(rows), 1))], axis=1) * depth[:, None]
        depth_ratio = 1 + (points @ R[:, 2, :, None])[..., 0] / depth[:, None]
    return R, t


def _gauss_newton(
    points: np.ndarray, normalised: np.ndarray, R: np.ndarray, t: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Least squares over a rotation vector (left-multiplied, camera frame) and the translation."""
    for _ in range(_GAUSS_NEWTON_ROUNDS):
        turned = points @ np.swapaxes(R, 1, 2)
        x, y, z = np.moveaxis(turned + t[:, None], -1, 0)
        zero = np.zeros_like(z)
        projection = np.stack(
            [np.stack([1 / z, zero, -x / z**2], axis=-1), np.stack([zero, 1 / z, -y / z**2], axis=-1)], axis=-2
        )
        jacobian = np.concatenate([projection @ -_cross_matrix(turned), projection], axis=-1)
        jacobian = jacobian.reshape(len(normalised), -1, 6)
        residual = (np.stack([x / z, y / z], axis=-1) - normalised).reshape(len(normalised), -1, 1)
        transposed = np.swapaxes(jacobian, 1, 2)
        normal = transposed @ jacobian
        usable = np.isfinite(normal).all(axis=(1, 2))
        step = np.full((len(normal), 6), np.nan)
        damping = 1e-14 * np.trace(normal, axis1=1, axis2=2)[usable, None, None] * np.eye(6)
        step[usable] = np.linalg.solve(normal[usable] + damping, -(transposed @ residual)[usable])[..., 0]
        R, t = _rotation_from_vector(step[:, :3]) @ R, t + step[:, 3:]
        if not (np.abs(step) > _STEP_TOLERANCE).any():
            break
    return _finite_rotation(R), t


def _finite_rotation(matrix: np.ndarray) -> np.ndarray:
    result = np.full_like(matrix, np.nan)
    finite = np.isfinite(matrix).all(axis=(1, 2))
    result[finite] = nearest_rotation(matrix[finite])
    return result


def _cross_matrix(vector: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    rows = ([zero, -z, y], [z, zero, -x], [-y, x, zero])
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _rotation_from_vector(vector: np.ndarray) -> np.ndarray:
    """Rodrigues' formula; `np.sinc` keeps it exact at 0."""
    angle = np.linalg.norm(vector, axis=-1)[:, None, None]
    cross = _cross_matrix(vector)
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / 2 / np.pi) ** 2 * cross @ cross
