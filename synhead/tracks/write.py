"""Tracks into a folder in the project's own formats: all names are checked before the first file is written."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from synhead.errors import OutputError
from synhead.tracks.atomic import write_atomically
from synhead.tracks.formats.own_csv import write_own_csv
from synhead.tracks.formats.own_npz import write_own_npz
from synhead.tracks.track import MotionTrack

_WRITERS = {"csv": write_own_csv, "npz": write_own_npz}


def output_paths(tracks: Sequence[MotionTrack], folder: str | Path, *, suffix: str, overwrite: bool) -> list[Path]:
    """FOLDER/<track_id>.<suffix> of every track.

    Raises:
        OutputError: two tracks share an id, or a file exists and `overwrite` is False.
    """
    paths = [Path(folder) / f"{track.track_id}.{suffix}" for track in tracks]
    repeated = sorted({str(path) for path in paths if paths.count(path) > 1})
    if repeated:
        raise OutputError(f"{repeated[0]}: two tracks would have this name; rename one of their files.")
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        others = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise OutputError(f"{existing[0]}{others} exists already; pass --overwrite, or choose another folder.")
    return paths


def write_tracks(
    tracks: Sequence[MotionTrack], folder: str | Path, *, suffix: str = "csv", overwrite: bool = False
) -> list[Path]:
    """Write each track as csv or npz; a file appears complete or not at all.

    Raises:
        OutputError: see `output_paths`; a folder that cannot be written.
    """
    paths = output_paths(tracks, folder, suffix=suffix, overwrite=overwrite)
    for track, path in zip(tracks, paths, strict=True):
        _WRITERS[suffix](track, path, overwrite=overwrite)
    return paths


def write_manifest(
    folder: str | Path, paths: Sequence[Path], *, command: str, seed: int, licence: str, version: str, overwrite: bool
) -> Path:
    """FOLDER/manifest.json: how the files were made and the sha256 of each.

    Raises:
        OutputError: it exists and `overwrite` is False, or the folder cannot be written.
    """
    files = [{"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in paths]
    content = {"command": command, "seed": seed, "synhead_version": version, "licence": licence, "tracks": files}
    manifest = Path(folder) / "manifest.json"
    write_atomically(manifest, (json.dumps(content, indent=2) + "\n").encode(), overwrite=overwrite)
    return manifest
