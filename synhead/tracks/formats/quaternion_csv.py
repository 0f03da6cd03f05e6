"""Headset traces: no header, eight columns t, qx, qy, qz, qw, vx, vy, vz (the head360 set, "A Taxonomy and Dataset for
360-degree Videos").

The quaternion turns the wearer's view in axes x right, y DOWN, z forward, seen from the wearer (first person). As a
head seen by a camera in front, R_cv = Q R(q) Q with Q = diag(-1, 1, -1), and R_ref_head = R_cv A. The viewport vector
(vx, vy, vz), x right, y up, z forward, states the same direction a second time: (vx, -vy, vz) = R(q) (0, 0, 1). The
reader checks it, so that a file of another convention is refused instead of being mirrored.
"""

from pathlib import Path

import numpy as np

from synhead.core.rotation import A_HEAD_TO_FRONTAL
from synhead.errors import InputError
from synhead.tracks.formats.text import numbered_lines, parse_rows, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track, rotations_from_quaternions

COLUMNS = ("t", "qx", "qy", "qz", "qw", "vx", "vy", "vz")

_Q_FIRST_PERSON = np.diag([-1.0, 1.0, -1.0])
_VIEWPORT_TOLERANCE = 1e-2


def read_quaternion_csv(
    path: str | Path, *, track_id: str | None = None, max_gap_s: float | None = None
) -> MotionTrack:
    """A headset trace; frame "world" (only the vertical has a meaning), rotation only.

    Raises:
        InputError: see `synhead.tracks.validate`; also a viewport vector that contradicts the quaternion.
    """
    rows = numbered_lines(read_text(path))
    values = parse_rows(path, rows, COLUMNS)
    lines = [line for line, _ in rows]
    wearer = rotations_from_quaternions(path, values[:, 1:5], lines)
    _check_viewport(path, wearer[:, :, 2] * np.array([1.0, -1.0, 1.0]), values[:, 5:], lines)
    return build_track(
        path,
        time_s=values[:, 0],
        R_ref_head=_Q_FIRST_PERSON @ wearer @ _Q_FIRST_PERSON @ A_HEAD_TO_FRONTAL,
        t_ref_head_m=None,
        frame="world",
        source=f"headset trace {Path(path).name} (t, quaternion, viewport)",
        lines=lines,
        max_gap_s=max_gap_s,
        track_id=track_id,
    )


def _check_viewport(path: str | Path, from_quaternion: np.ndarray, viewport: np.ndarray, lines: list[int]) -> None:
    bad = np.flatnonzero(np.abs(from_quaternion - viewport).max(axis=1) > _VIEWPORT_TOLERANCE)
    if bad.size:
        i = int(bad[0])
        given, expected = (", ".join(f"{x:.3f}" for x in v[i]) for v in (viewport, from_quaternion))
        problem = (
            f"viewport vector ({given}) contradicts the quaternion, which looks towards ({expected}); "
            "columns must be t, qx, qy, qz, qw, vx, vy, vz with x right, y down, z forward."
        )
        raise InputError(path, problem, line=lines[i])
