"""The shape of each head, found from its labels: at rest one set of points, moving one more set for each blend shape.

R^T (x_cam - t) of all frames of a head must be rest + sum of coefficient x displacement. Least squares over all
sequences finds both; frames that do not fit stand out, and the points it predicts serve the PnP check.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.linalg import qr

_EVEN_FRAMES = 16
_LARGEST_FIT_ROWS = 20_000
_FITS_M = 2e-6
"""Labels are float32: right frames agree to a tenth of a micrometre."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadSamples:
    """Landmarks of some frames of one sequence, head frame, metres; `names` are empty where the face rests."""

    names: tuple[str, ...]
    coefficients: Float[np.ndarray, "num_samples num_shapes"]
    points_m: Float[np.ndarray, "num_samples 68 3"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadShape:
    """What the sequences of a head agree on.

    Attributes:
        is_known: points that can be relied on: all, or, where there are too few frames to tell shapes apart, those that
            no shape moves.
    """

    rest_m: Float[np.ndarray, "68 3"]
    names: tuple[str, ...]
    displacement_m: Float[np.ndarray, "num_shapes 68 3"]
    is_known: Bool[np.ndarray, "68"]

    def points_m(
        self, names: tuple[str, ...], coefficients: Float[np.ndarray, "num_frames num_shapes"]
    ) -> Float[np.ndarray, "num_frames 68 3"]:
        """The points of frames with these coefficients, head frame."""
        own = np.zeros((len(names), 68, 3))
        for row, name in enumerate(names):
            if name in self.names:
                own[row] = self.displacement_m[self.names.index(name)]
        return self.rest_m + np.tensordot(coefficients.astype(np.float64), own, axes=1)


def telling_frames(coefficients: Float[np.ndarray, "num_frames num_shapes"] | None, num_frames: int) -> list[int]:
    """Frames that tell the shapes of a sequence apart, and some evenly spaced ones."""
    even = np.linspace(0, num_frames - 1, _EVEN_FRAMES).astype(int)
    if coefficients is None:
        return np.unique(even).tolist()
    design = np.hstack([np.ones((num_frames, 1)), coefficients.astype(np.float64)])
    first = _independent_rows(design)
    # A second set from the frames that are left: no frame may be the only witness of a shape.
    left = np.setdiff1d(np.arange(num_frames), first)
    return np.unique(np.concatenate([even, first, left[_independent_rows(design[left])]])).tolist()


def _independent_rows(design: np.ndarray) -> np.ndarray:
    """Rows that span all of them."""
    if not len(design):
        return np.zeros(0, dtype=np.int64)
    decomposition: Any = qr(design.T, mode="r", pivoting=True)
    triangle, order = decomposition
    diagonal = np.abs(np.diag(triangle))
    return order[: len(diagonal)][diagonal > 1e-6]


def agree_on_shape(samples: list[HeadSamples]) -> HeadShape:
    """One head from the samples of all of its sequences."""
    names = tuple(sorted({name for sample in samples for name in sample.names}))
    if not names:
        # The median of medians: a sequence with a wrong pose must not move the others.
        rest = np.median([np.median(sample.points_m, axis=0) for sample in samples], axis=0)
        return HeadShape(rest_m=rest, names=(), displacement_m=np.zeros((0, 68, 3)), is_known=np.ones(68, bool))
    design, points = _stacked(samples, names)
    kept = np.ones(len(design), dtype=bool)
    solution = np.zeros((len(names) + 1, points.shape[1]))
    for _ in range(6):
        solution = np.linalg.lstsq(design[kept], points[kept], rcond=1e-9)[0]
        error = np.abs(design @ solution - points).max(axis=1)
        fits = error <= max(_FITS_M, 4 * float(np.median(error[kept])))
        if np.array_equal(fits, kept) or not fits.any():
            break
        kept = fits
    rank = int(np.linalg.matrix_rank(design[kept], tol=1e-6))
    if kept.sum() >= rank + 4:
        shaped = solution.reshape(-1, 68, 3)
        return HeadShape(rest_m=shaped[0], names=names, displacement_m=shaped[1:], is_known=np.ones(68, bool))
    rest = np.median(points, axis=0).reshape(68, 3)
    still = (np.abs(points.reshape(-1, 68, 3) - rest).max(axis=-1) <= _FITS_M).mean(axis=0) > 0.5
    return HeadShape(rest_m=rest, names=(), displacement_m=np.zeros((0, 68, 3)), is_known=still)


def spans_space(points_m: Float[np.ndarray, "num_points 3"]) -> bool:
    """Whether a pose can be told from these points: eight or more, a centimetre deep at least."""
    if len(points_m) < 8:
        return False
    extent = np.linalg.svd(points_m - points_m.mean(axis=0), compute_uv=False) / np.sqrt(len(points_m))
    return bool(extent[2] > 0.003)


def _stacked(samples: list[HeadSamples], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """[1, coefficients] and flat points of all samples."""
    design, points = [], []
    for sample in samples:
        rows = np.zeros((len(sample.points_m), len(names) + 1))
        rows[:, 0] = 1
        rows[:, [1 + names.index(name) for name in sample.names]] = sample.coefficients
        design.append(rows)
        points.append(sample.points_m.reshape(len(rows), -1))
    step = max(1, sum(map(len, design)) // _LARGEST_FIT_ROWS)
    return np.concatenate(design)[::step].astype(np.float64), np.concatenate(points)[::step].astype(np.float64)
