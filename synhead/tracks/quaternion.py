"""Unit quaternions as arrays [4, N], component first (x, y, z, w): many small rotations at once.

SciPy's Rotation does the same; its product of two long arrays is some thirty times slower (measured with SciPy 1.17:
0.29 s for 168,000 pairs), and smoothing multiplies every sample with every neighbour.
"""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

Quaternions = Float[np.ndarray, "4 num"]


def from_matrices(matrices: Float[np.ndarray, "num 3 3"]) -> Quaternions:
    """Quaternions of rotation matrices."""
    return np.ascontiguousarray(Rotation.from_matrix(matrices).as_quat().T)


def to_matrices(q: Quaternions) -> Float[np.ndarray, "num 3 3"]:
    """Rotation matrices of quaternions."""
    return Rotation.from_quat(q.T).as_matrix()


def inverse_times(a: Quaternions, b: Quaternions) -> Quaternions:
    """The product a^-1 b: the rotation from a to b, in a's own axes."""
    ax, ay, az, aw = -a[0], -a[1], -a[2], a[3]
    return _product(ax, ay, az, aw, *b)


def times(a: Quaternions, b: Quaternions) -> Quaternions:
    """The product a b."""
    return _product(*a, *b)


def _product(
    ax: np.ndarray, ay: np.ndarray, az: np.ndarray, aw: np.ndarray, bx: np.ndarray, by: np.ndarray, bz: np.ndarray,
    bw: np.ndarray,
) -> np.ndarray:  # fmt: skip
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ]
    )


def rotation_vectors(q: Quaternions) -> Float[np.ndarray, "3 num"]:
    """Axis times angle in radians, by the short way (at most pi)."""
    sine = np.sqrt(q[0] ** 2 + q[1] ** 2 + q[2] ** 2)
    half = np.arctan2(sine, np.abs(q[3]))
    scale = np.where(sine > 1e-12, 2 * half / np.maximum(sine, 1e-12), 2.0)
    return q[:3] * np.where(q[3] < 0, -scale, scale)


def from_rotation_vectors(v: Float[np.ndarray, "3 num"]) -> Quaternions:
    """Quaternions of axis times angle in radians."""
    angle = np.sqrt((v**2).sum(axis=0))
    scale = 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([v * scale, np.cos(angle / 2)[None]])


def angular_velocities_deg_s(
    time_s: Float[np.ndarray, " num_samples"], rotations: Float[np.ndarray, "num_samples 3 3"]
) -> Float[np.ndarray, "num_samples-1 3"]:
    """Mean angular velocity from each sample to the next, in the head's own axes."""
    q = from_matrices(rotations)
    turn = rotation_vectors(inverse_times(q[:, :-1], q[:, 1:]))
    return np.degrees(turn).T / np.diff(time_s)[:, None]
