"""Head and face lengths measured on a finished surface, as a caliper would, without knowing how it was made.

Levels are mm from the eyes (the mean of the lids' landmarks); the head must stand in its own axes: +x left, +y up,
+z out of the face. Where a survey palpates bone, a place on the surface stands for it: bigonial breadth is the
greatest of the jaw at 0.64 of the way from the eyes down to the chin, minimum frontal breadth 26 mm above and 8 mm
behind them.
"""

import numpy as np
from jaxtyping import Float, Int

FRONTAL_LEVEL, FRONTAL_DEPTH = 26.0, -8.0
GONIAL_SHARE, GONIAL_DEPTHS = 0.64, (-74.0, -30.0)
ZYGOMATIC_LEVELS, ZYGOMATIC_DEPTHS = (-32.0, -25.0, -18.0), (-60.0, -30.0)
BREADTH_LEVELS = (30.0, 42.0, 54.0, 66.0)
CHIN_DEPTHS = (-4.0, 12.0)


def measure_head(
    vertices: Float[np.ndarray, "n 3"], triangles: Int[np.ndarray, "m 3"], landmarks: Float[np.ndarray, "68 3"]
) -> dict[str, float]:
    """Lengths in the units of the mesh (mm), by the names of `anthropometry.LENGTHS` as far as a skin without ears has
    them.

    Args:
        vertices, triangles: of the skin; ears may be in it.
    """
    # The lids' edges lie 2.6 mm before the plane from which depths count.
    origin = landmarks[36:48].mean(axis=0) - [0.0, 0.0, 2.6]
    v, lm = vertices - origin, landmarks - origin
    front = _section(v, triangles, 0, 0.0)
    glabella = front[(front[:, 1] > 8) & (front[:, 1] < 30)][:, 2].max()
    chin = front[(front[:, 2] > CHIN_DEPTHS[0]) & (front[:, 1] < lm[57, 1] - 15)]
    menton = chin[:, 1].min()
    above = [_section(v, triangles, 1, level) for level in BREADTH_LEVELS]
    cheeks = [_section(v, triangles, 1, level) for level in ZYGOMATIC_LEVELS]
    low, high = ZYGOMATIC_DEPTHS
    jaw = _section(v, triangles, 1, GONIAL_SHARE * menton)
    behind, before = GONIAL_DEPTHS
    wings = _nose_wings(v, triangles, lm)
    return {
        "head_length": float(glabella - front[front[:, 1] > -40][:, 2].min()),
        "head_breadth": max(float(np.ptp(s[:, 0])) for s in above),
        "face_length": float(lm[27, 1] - menton),
        "bizygomatic_breadth": max(float(np.ptp(s[(s[:, 2] > low) & (s[:, 2] < high)][:, 0])) for s in cheeks),
        "bigonial_breadth": float(np.ptp(jaw[(jaw[:, 2] > behind) & (jaw[:, 2] < before)][:, 0])),
        "minimum_frontal_breadth": _breadth_at(v, triangles, FRONTAL_LEVEL, FRONTAL_DEPTH),
        "interpupillary_distance": float(np.linalg.norm(lm[42:48].mean(axis=0) - lm[36:42].mean(axis=0))),
        "eye_width": float(abs(lm[45, 0] - lm[42, 0]) + abs(lm[39, 0] - lm[36, 0])) / 2,
        "nose_height": float(np.linalg.norm(lm[27] - lm[33])),
        "nose_breadth": wings,
        "nose_protrusion": float(front[(front[:, 1] < -20) & (front[:, 1] > lm[33, 1])][:, 2].max() - lm[33, 2]),
        "lip_length": float(np.linalg.norm(lm[54] - lm[48])),
        "upper_lip_height": float(lm[50:53, 1].mean() - lm[62, 1]),
        "lower_lip_height": float(lm[66, 1] - lm[57, 1]),
    }


def _section(v: np.ndarray, triangles: np.ndarray, axis: int, level: float) -> np.ndarray:
    """Points where the edges of the mesh pass the plane at `level` across `axis`."""
    # A little aside, where no column of vertices lies in the plane.
    level = level + 0.01
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    a, b = v[edges[:, 0]], v[edges[:, 1]]
    passes = (a[:, axis] - level) * (b[:, axis] - level) < 0
    a, b = a[passes], b[passes]
    share = (level - a[:, axis]) / (b[:, axis] - a[:, axis])
    return a + share[:, None] * (b - a)


def _breadth_at(v: np.ndarray, triangles: np.ndarray, level: float, depth: float) -> float:
    """Breadth at one height and depth: a line through the section's points near by, on each side."""
    points = _section(v, triangles, 1, level)
    near = points[np.abs(points[:, 2] - depth) < 6]
    total = 0.0
    for side in (1, -1):
        half = near[near[:, 0] * side > 25]
        _, at = np.polyfit(half[:, 2] - depth, half[:, 0] * side, 1)
        total += float(at)
    return total


def _nose_wings(v: np.ndarray, triangles: np.ndarray, lm: np.ndarray) -> float:
    """Greatest breadth of the wings, in front of the cheeks."""
    breadth = 0.0
    for level in np.linspace(lm[33, 1] + 6.5, lm[33, 1] + 12.5, 4):
        points = _section(v, triangles, 1, float(level))
        wing = points[(np.abs(points[:, 0]) < 30) & (points[:, 2] > lm[30, 2] - 21) & (points[:, 2] < lm[30, 2] - 14)]
        if len(wing):
            breadth = max(breadth, float(np.ptp(wing[:, 0])))
    return breadth
