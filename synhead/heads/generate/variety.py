"""How far apart the faces of a set are: root mean square distance of the landmarks after rigid registration."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.landmarks import landmarks_68
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.sculpt import SkinField

MIN_DISTANCE_MM = 1.5
"""Two faces nearer than this are not kept in one set: the later one is drawn again."""


def face_points(parameters: HeadParameters) -> Float[np.ndarray, "68 3"]:
    """The landmarks of a person before the sides are made to differ, mm."""
    with np.errstate(under="ignore"):
        return landmarks_68(SkinField(parameters.shape))


def distance_mm(a: Float[np.ndarray, "n 3"], b: Float[np.ndarray, "n 3"]) -> float:
    """Root mean square distance after the best rotation and translation (Kabsch); size is not taken out."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    singular = np.linalg.svd(a.T @ b, compute_uv=False)
    # Faces are near to each other: the best orthogonal map is a rotation, so no sign has to be mended.
    squared = ((a * a).sum() + (b * b).sum() - 2 * singular.sum()) / len(a)
    return float(np.sqrt(max(squared, 0.0)))


def nearest(points: Float[np.ndarray, "n 3"], others: list[np.ndarray]) -> tuple[int, float]:
    """(index, distance in mm) of the nearest of `others`; (-1, inf) where there are none."""
    best, distance = -1, float("inf")
    for index, other in enumerate(others):
        found = distance_mm(points, other)
        if found < distance:
            best, distance = index, found
    return best, distance
