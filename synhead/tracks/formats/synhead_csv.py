"""Motion tracks of the original SynHead release: one row per frame, pitch, yaw, roll in degrees.

Nothing public documents the signs beyond Hopenet's loader, which negates the yaw; see "synhead_release" in
`synhead.core.pose`. There are no times: rows are frames at a constant rate.
"""

from pathlib import Path

import numpy as np

from synhead.core.pose import decode
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.text import numbered_lines, parse_rows, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track

COLUMNS = ("pitch", "yaw", "roll")


def read_synhead_csv(
    path: str | Path,
    *,
    fps: float = 30.0,
    yaw_is_negated: bool = True,
    track_id: str | None = None,
    max_gap_s: float | None = None,
) -> MotionTrack:
    """A SynHead release track; frame "camera", rotation only.

    Args:
        fps: frames per second of the rows.
        yaw_is_negated: the file's yaw is the negative of 300W-LP's, as in the release.

    Raises:
        InputError: see `synhead.tracks.validate`; a header that is not a permutation of pitch, yaw, roll.
        ConfigError: fps is not positive.
    """
    if not fps > 0:
        raise ConfigError(f"fps is {fps}; it must be positive")
    rows = numbered_lines(read_text(path))
    columns = COLUMNS
    first = tuple(name.strip().lower() for name in rows[0][1].split(","))
    if any(name.isalpha() and name not in ("nan", "inf", "infinity") for name in first):
        if sorted(first) != sorted(COLUMNS):
            problem = f"header {', '.join(first)}; expected pitch, yaw, roll in any order, or no header."
            raise InputError(path, problem, line=rows[0][0])
        columns, rows = first, rows[1:]
    values = parse_rows(path, rows, columns)
    angles = values[:, [columns.index(name) for name in COLUMNS]]
    return build_track(
        path,
        time_s=np.arange(len(rows)) / fps,
        R_ref_head=decode("synhead_release" if yaw_is_negated else "300wlp", angles),
        t_ref_head_m=None,
        frame="camera",
        source=f"SynHead csv {Path(path).name} (pitch, yaw, roll at {fps:g} fps)",
        lines=[line for line, _ in rows],
        max_gap_s=max_gap_s,
        track_id=track_id,
        notes=() if yaw_is_negated else ("yaw read with the sign of 300W-LP",),
    )
