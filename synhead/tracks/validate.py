"""The one gate through which every reader's numbers pass before they are a MotionTrack."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from synhead.core.rotation import nearest_rotation, orthonormality_error
from synhead.errors import InputError
from synhead.tracks.track import Frame, MotionTrack

QUATERNION_LENGTH_TOLERANCE = 0.01
ORTHONORMALITY_TOLERANCE = 0.01
"""Text files print six digits; 0.01 in an entry of R^T R is a third of a degree and not yet a wrong matrix."""

_GAP_FACTOR = 3.5
_EXACT = 1e-12


def clean_track_id(name: str) -> str:
    """`name` with characters outside [A-Za-z0-9._-] replaced by "_", and no "__" (it separates ids in a data set)."""
    text = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9._-]", "_", name)).strip("_.")
    return text or "track"


def default_max_gap_s(time_s: Float[np.ndarray, " num_samples"]) -> float:
    """3.5 times the median step: real headsets at 58 Hz skip up to two samples and have not lost the head."""
    return float(_GAP_FACTOR * np.median(np.diff(time_s)))


def rotations_from_quaternions(
    path: str | Path, quaternion_xyzw: Float[np.ndarray, "num_samples 4"], lines: Sequence[int] | None = None
) -> Float[np.ndarray, "num_samples 3 3"]:
    """Matrices of quaternions whose length is within 1 % of 1.

    Raises:
        InputError: a length outside 0.99 to 1.01, with the line.
    """
    length = np.linalg.norm(quaternion_xyzw, axis=-1)
    bad = np.flatnonzero(~(np.abs(length - 1) <= QUATERNION_LENGTH_TOLERANCE))
    if bad.size:
        i = int(bad[0])
        shown = ", ".join(f"{value:g}" for value in quaternion_xyzw[i])
        problem = (
            f"quaternion ({shown}) has length {length[i]:.4g}; a rotation needs length 1 "
            "(0.99 to 1.01 is accepted and normalised)."
        )
        raise InputError(path, _at(i, lines) + problem, line=lines[i] if lines else None)
    return Rotation.from_quat(quaternion_xyzw).as_matrix()


def build_track(
    path: str | Path,
    *,
    time_s: Float[np.ndarray, " num_samples"],
    R_ref_head: Float[np.ndarray, "num_samples 3 3"],
    t_ref_head_m: Float[np.ndarray, "num_samples 3"] | None,
    frame: Frame,
    source: str,
    lines: Sequence[int] | None = None,
    valid: Bool[np.ndarray, " num_samples"] | None = None,
    max_gap_s: float | None = None,
    track_id: str | None = None,
    notes: tuple[str, ...] = (),
) -> MotionTrack:
    """A MotionTrack of checked numbers.

    Args:
        path: the file, for messages and the default track_id.
        lines: line of each sample in the file, for messages.
        max_gap_s: None takes `default_max_gap_s`.

    Raises:
        InputError: fewer than two samples, a value that is not finite, times that do not increase, a matrix that is
            no rotation. The matrices are then replaced by the nearest exact rotations.
    """
    num = len(time_s)
    if num < 2:
        raise InputError(path, f"has {num} sample{'s' if num != 1 else ''}; a motion track needs at least 2.")
    _check_finite(path, "time_s", time_s, lines)
    _check_finite(path, "rotation", R_ref_head, lines)
    if t_ref_head_m is not None:
        _check_finite(path, "translation", t_ref_head_m, lines)
    _check_times(path, time_s, lines)
    return MotionTrack(
        track_id=clean_track_id(track_id if track_id is not None else Path(path).stem),
        time_s=time_s,
        R_ref_head=checked_rotations(path, R_ref_head, lines),
        t_ref_head_m=t_ref_head_m,
        frame=frame,
        valid=np.ones(num, dtype=bool) if valid is None else valid,
        max_gap_s=default_max_gap_s(time_s) if max_gap_s is None else max_gap_s,
        source=source,
        notes=notes,
    )


def _at(index: int, lines: Sequence[int] | None) -> str:
    return "" if lines else f"sample {index} (counted from 0): "


def _check_finite(path: str | Path, what: str, values: np.ndarray, lines: Sequence[int] | None) -> None:
    bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if bad.size:
        i = int(bad[0])
        problem = f"{what} is not finite (NaN or infinity). Leave out samples that were not measured: gaps are kept."
        raise InputError(path, _at(i, lines) + problem, line=lines[i] if lines else None)


def _check_times(path: str | Path, time_s: np.ndarray, lines: Sequence[int] | None) -> None:
    bad = np.flatnonzero(np.diff(time_s) <= 0)
    if bad.size:
        i = int(bad[0]) + 1
        what = "repeats the time before it" if time_s[i] == time_s[i - 1] else "is earlier than the sample before it"
        problem = f"time {time_s[i]:.9g} s {what} ({time_s[i - 1]:.9g} s); times must increase strictly."
        raise InputError(path, _at(i, lines) + problem, line=lines[i] if lines else None)


def checked_rotations(
    path: str | Path, matrices: Float[np.ndarray, "num_samples 3 3"], lines: Sequence[int] | None = None
) -> Float[np.ndarray, "num_samples 3 3"]:
    """The exact rotations nearest to matrices that are rotations up to the digits of a text file.

    Raises:
        InputError: a matrix that is not orthonormal, or a reflection.
    """
    error = orthonormality_error(matrices)
    determinant = np.linalg.det(matrices)
    bad = np.flatnonzero((error > ORTHONORMALITY_TOLERANCE) | (determinant < 0))
    if bad.size == 0:
        # Matrices that are exact already keep every bit.
        rough = error > _EXACT
        exact = matrices.copy()
        exact[rough] = nearest_rotation(matrices[rough])
        return exact
    i = int(bad[0])
    if error[i] > ORTHONORMALITY_TOLERANCE:
        problem = (
            f"matrix is not orthonormal: an entry of R^T R differs from the identity by {error[i]:.3g} "
            f"(up to {ORTHONORMALITY_TOLERANCE:g} is accepted)."
        )
    else:
        problem = f"matrix has determinant {determinant[i]:.3g}: a reflection, where a rotation (+1) is needed."
    raise InputError(path, _at(i, lines) + problem, line=lines[i] if lines else None)
