"""The project's own track as CSV: comment lines `# key: value`, a header, one row per sample.

    # synhead-track: 1
    # frame: camera
    # max_gap_s: 0.05
    # source: where it came from, licence included
    # note: any number of these
    time_s,qx,qy,qz,qw,tx_m,ty_m,tz_m,valid
    0.000000000,1.000000000,...

The quaternion (scalar last) is R_ref_head. tx_m, ty_m, tz_m come together or not at all; valid (1 or 0) may be left
out. Numbers are written with nine decimals: a nanosecond, a billionth of a turn, a nanometre.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from synhead.errors import InputError
from synhead.tracks.atomic import write_atomically
from synhead.tracks.formats.text import numbered_lines, parse_number, parse_rows, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track, rotations_from_quaternions

VERSION = 1
BASE_COLUMNS = ("time_s", "qx", "qy", "qz", "qw")
TRANSLATION_COLUMNS = ("tx_m", "ty_m", "tz_m")
_EXPECTED = "time_s,qx,qy,qz,qw[,tx_m,ty_m,tz_m][,valid]"


def format_own_csv(track: MotionTrack) -> str:
    """The file's text. Line breaks inside source and notes become spaces; everything else survives reading back."""
    head = [f"# synhead-track: {VERSION}", f"# frame: {track.frame}", f"# max_gap_s: {track.max_gap_s:.9g}"]
    head += [f"# source: {' '.join(track.source.split())}"] if track.source else []
    head += [f"# note: {' '.join(note.split())}" for note in track.notes]
    columns = [track.time_s[:, None], Rotation.from_matrix(track.R_ref_head).as_quat(canonical=True)]
    names = BASE_COLUMNS
    if track.t_ref_head_m is not None:
        columns.append(track.t_ref_head_m)
        names += TRANSLATION_COLUMNS
    # Adding 0.0 turns the -0.0 that rounding leaves into 0.0.
    rows = [",".join(f"{value:.9f}" for value in row) for row in np.round(np.hstack(columns), 9) + 0.0]
    if not track.valid.all():
        names += ("valid",)
        rows = [f"{row},{int(flag)}" for row, flag in zip(rows, track.valid, strict=True)]
    return "\n".join([*head, ",".join(names), *rows]) + "\n"


def write_own_csv(track: MotionTrack, path: str | Path, *, overwrite: bool = False) -> None:
    """Write the track; the file appears complete or not at all.

    Raises:
        OutputError: the file exists and `overwrite` is False, or the folder cannot be written.
    """
    write_atomically(path, format_own_csv(track).encode(), overwrite=overwrite)


def read_own_csv(path: str | Path, *, track_id: str | None = None, max_gap_s: float | None = None) -> MotionTrack:
    """A track of this format; `max_gap_s` overrides the file's.

    Raises:
        InputError: see `synhead.tracks.validate`; an unknown key, frame, version or header; `valid` not 0 or 1.
    """
    rows = numbered_lines(read_text(path))
    num_comments = next((k for k, (_, text) in enumerate(rows) if not text.startswith("#")), len(rows))
    meta, notes = _parse_comments(path, rows[:num_comments])
    if num_comments == len(rows):
        raise InputError(path, f"has comments only; expected a header {_EXPECTED} and rows of numbers.")
    columns = _parse_header(path, *rows[num_comments])
    rows = rows[num_comments + 1 :]
    values = parse_rows(path, rows, columns)
    lines = [line for line, _ in rows]
    valid = None
    if columns[-1] == "valid":
        bad = np.flatnonzero((values[:, -1] != 0) & (values[:, -1] != 1))
        if bad.size:
            raise InputError(path, f"valid is {values[bad[0], -1]:g}; expected 0 or 1.", line=lines[bad[0]])
        valid = values[:, -1] == 1
    return build_track(
        path,
        time_s=values[:, 0],
        R_ref_head=rotations_from_quaternions(path, values[:, 1:5], lines),
        t_ref_head_m=values[:, 5:8] if "tx_m" in columns else None,
        frame=meta.get("frame", "camera"),
        source=meta.get("source", ""),
        lines=lines,
        valid=valid,
        max_gap_s=max_gap_s if max_gap_s is not None else meta.get("max_gap_s"),
        track_id=track_id,
        notes=notes,
    )


def _parse_comments(path: str | Path, rows: list[tuple[int, str]]) -> tuple[dict, tuple[str, ...]]:
    meta: dict = {}
    notes = []
    for line, text in rows:
        key, colon, value = (part.strip() for part in text.lstrip("#").partition(":"))
        if key == "note":
            notes.append(value)
        elif key == "source":
            meta[key] = value
        elif key == "frame":
            if value not in ("camera", "world"):
                raise InputError(path, f'frame is "{value}"; expected camera or world.', line=line)
            meta[key] = value
        elif key == "max_gap_s":
            meta[key] = parse_number(path, value, line=line, field=key)
        elif key == "synhead-track":
            if value != str(VERSION):
                raise InputError(path, f'version "{value}"; this program reads version {VERSION}.', line=line)
        elif colon:
            known = "synhead-track, frame, max_gap_s, source, note"
            raise InputError(path, f'unknown key "{key}"; there are {known}.', line=line)
    return meta, tuple(notes)


def _parse_header(path: str | Path, line: int, text: str) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in text.split(","))
    allowed = [
        BASE_COLUMNS + translation + valid for translation in ((), TRANSLATION_COLUMNS) for valid in ((), ("valid",))
    ]
    if columns not in allowed:
        raise InputError(path, f'header "{text}"; expected {_EXPECTED}.', line=line)
    return columns
