"""What makes the two sides of a face differ: one smooth displacement of space, the same for every part and point."""

import numpy as np
from jaxtyping import Float

from synhead.core.seeding import generator
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.noise import value_noise

_DRIFT_MM, _DRIFT_PERIOD_MM = 0.8, 55.0
# What is drawn, in mm (standard deviation), each clipped at two deviations.
_NOSE_AXIS, _MOUTH_CORNER, _MOUTH_SHIFT, _BROW_HEIGHT, _EYE_NARROW, _CHIN_SHIFT = 0.7, 0.6, 0.4, 0.8, 0.35, 0.5


class Asymmetry:
    """Low-frequency drift of about a millimetre, and single features: nose axis, mouth, one brow, one eye, chin.

    Measured faces differ by 0.5 to 1.5 mm between the sides (Ferrario et al. 1994 and later, recalled).
    """

    def __init__(self, seed: int, shape: FaceShape) -> None:
        self.seed, self.shape = seed, shape
        drawn = np.clip(generator(seed, "asymmetry").standard_normal(6), -2.0, 2.0)
        self._nose, self._corner, self._mouth, self._brow, self._eye, self._chin = drawn * [
            _NOSE_AXIS,
            _MOUTH_CORNER,
            _MOUTH_SHIFT,
            _BROW_HEIGHT,
            _EYE_NARROW,
            _CHIN_SHIFT,
        ]

    def __call__(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """Points in mm, moved."""
        s = self.shape
        x, y, z = points.T
        shift = np.stack([value_noise(points / _DRIFT_PERIOD_MM, self.seed + 71 + axis) for axis in range(3)], axis=1)
        shift *= _DRIFT_MM
        front = _step((z + 60.0) / 40.0)
        left = 0.5 + 0.5 * np.clip(x / 8.0, -1.0, 1.0)
        # A crooked nose leaves the root straight.
        shift[:, 0] += self._nose * front * _bell(x, 26.0) * _bell(y - s.nose_tip_y, 24.0)
        low = _step((s.subnasale_y - y) / 40.0)
        shift[:, 0] += self._chin * low * front + self._mouth * front * _bell(y - s.mouth_y, 16.0) * _bell(x, 40.0)
        one = left if self._corner > 0 else 1 - left
        away = _bell(np.abs(x) - s.mouth_half_width, 13.0) * _bell(y - s.mouth_y, 16.0)
        shift[:, 1] += abs(self._corner) * one * front * away
        one = left if self._brow > 0 else 1 - left
        shift[:, 1] += abs(self._brow) * one * front * _bell(np.abs(x) - s.eye_x, 24.0) * _bell(y - 20.0, 11.0)
        one = left if self._eye > 0 else 1 - left
        lid = _bell(np.abs(x) - s.eye_x, 15.0) * _bell(y - 5.5, 5.0)
        shift[:, 1] -= abs(self._eye) * one * front * lid
        return points + shift


def _bell(x: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-np.minimum((x / width) ** 2, 40.0))


def _step(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)
