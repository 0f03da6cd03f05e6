"""The project's own track as NPZ: exact, and small for long tracks.

Keys: version, time_s [T], R_ref_head [T, 3, 3] or q_xyzw [T, 4], t_ref_head_m [T, 3] (optional), valid [T] (optional),
frame ("camera" or "world"), max_gap_s (optional), source, notes (optional).
"""

import io
import zipfile
from pathlib import Path

import numpy as np

from synhead.errors import InputError
from synhead.tracks.atomic import write_atomically
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track, rotations_from_quaternions

VERSION = 1
_KEYS = ("version", "time_s", "R_ref_head", "q_xyzw", "t_ref_head_m", "valid", "frame", "max_gap_s", "source", "notes")


def write_own_npz(track: MotionTrack, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the track; the file appears complete or not at all.

    Raises:
        OutputError: the file exists and `overwrite` is False, or the folder cannot be written.
    """
    arrays = {
        "version": np.array(VERSION),
        "time_s": track.time_s,
        "R_ref_head": track.R_ref_head,
        "valid": track.valid,
        "frame": np.array(track.frame),
        "max_gap_s": np.array(track.max_gap_s),
        "source": np.array(track.source),
        "notes": np.array(track.notes, dtype=str),
    }
    if track.t_ref_head_m is not None:
        arrays["t_ref_head_m"] = track.t_ref_head_m
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomically(path, buffer.getvalue(), overwrite=overwrite)


def read_own_npz(path: str | Path, *, track_id: str | None = None, max_gap_s: float | None = None) -> MotionTrack:
    """A track of this format; `max_gap_s` overrides the file's.

    Raises:
        InputError: not an NPZ file, a missing or unknown key, a wrong shape, or see `synhead.tracks.validate`.
    """
    arrays = _load(path)
    unknown = sorted(set(arrays) - set(_KEYS))
    if unknown:
        raise InputError(path, f"unknown key {', '.join(unknown)}; there are {', '.join(_KEYS)}.")
    if "version" in arrays and _text(arrays, "version", "") != str(VERSION):
        raise InputError(path, f"version {arrays['version']}; this program reads version {VERSION}.")
    num = _array(path, arrays, "time_s", (-1,)).shape[0]
    if "R_ref_head" in arrays:
        rotations = _array(path, arrays, "R_ref_head", (num, 3, 3))
    elif "q_xyzw" in arrays:
        rotations = rotations_from_quaternions(path, _array(path, arrays, "q_xyzw", (num, 4)))
    else:
        raise InputError(path, "has neither R_ref_head [T, 3, 3] nor q_xyzw [T, 4].")
    frame = _text(arrays, "frame", "camera")
    if frame not in ("camera", "world"):
        raise InputError(path, f'frame is "{frame}"; expected camera or world.')
    stored_gap = float(_array(path, arrays, "max_gap_s", ())) if "max_gap_s" in arrays else None
    return build_track(
        path,
        time_s=_array(path, arrays, "time_s", (-1,)),
        R_ref_head=rotations,
        t_ref_head_m=_array(path, arrays, "t_ref_head_m", (num, 3)) if "t_ref_head_m" in arrays else None,
        frame=frame,
        source=_text(arrays, "source", ""),
        valid=_valid(path, arrays, num),
        max_gap_s=max_gap_s if max_gap_s is not None else stored_gap,
        track_id=track_id,
        notes=tuple(str(note) for note in np.atleast_1d(arrays.get("notes", np.array([], dtype=str)))),
    )


def _load(path: str | Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except FileNotFoundError:
        raise InputError(path, "no such file.") from None
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        problem = f"is not a readable NPZ archive ({type(error).__name__}: {error})."
        raise InputError(path, problem) from None


def _array(path: str | Path, arrays: dict[str, np.ndarray], key: str, shape: tuple[int, ...]) -> np.ndarray:
    if key not in arrays:
        raise InputError(path, f"has no {key}; found {', '.join(sorted(arrays)) or 'nothing'}.")
    array = arrays[key]
    wanted = "[" + ", ".join("T" if size == -1 else str(size) for size in shape) + "]"
    if array.ndim != len(shape) or any(s not in (-1, a) for s, a in zip(shape, array.shape, strict=True)):
        raise InputError(path, f"has shape {list(array.shape)}; expected {wanted}.", field=key)
    if array.dtype.kind not in "fiu":
        raise InputError(path, f"has type {array.dtype}; expected numbers.", field=key)
    return array.astype(np.float64)


def _valid(path: str | Path, arrays: dict[str, np.ndarray], num: int) -> np.ndarray | None:
    if "valid" not in arrays:
        return None
    valid = arrays["valid"]
    if valid.shape != (num,) or valid.dtype.kind not in "biu" or not np.isin(valid, (0, 1)).all():
        raise InputError(path, f"must be {num} flags 0 or 1; got {valid.dtype} {list(valid.shape)}.", field="valid")
    return valid.astype(bool)


def _text(arrays: dict[str, np.ndarray], key: str, default: str) -> str:
    return str(arrays[key]) if key in arrays else default
