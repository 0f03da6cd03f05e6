"""Any motion track: which format it has, where tracks lie in a folder, and what each is called."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.biwi import is_biwi_folder, read_biwi
from synhead.tracks.formats.bvh import read_bvh
from synhead.tracks.formats.own_csv import read_own_csv
from synhead.tracks.formats.own_npz import read_own_npz
from synhead.tracks.formats.quaternion_csv import read_quaternion_csv
from synhead.tracks.formats.synhead_csv import read_synhead_csv
from synhead.tracks.formats.text import numbered_lines, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import clean_track_id

READERS: dict[str, Callable[..., MotionTrack]] = {
    "own_csv": read_own_csv,
    "own_npz": read_own_npz,
    "quaternion_csv": read_quaternion_csv,
    "biwi": read_biwi,
    "bvh": read_bvh,
    "synhead_csv": read_synhead_csv,
}
"""Formats by name; each reader takes a path and keywords of its own (fps, joint, unit_m, yaw_is_negated, ...)."""

_DESCRIPTIONS = (
    "own_csv (header time_s,qx,qy,qz,qw,...), own_npz (.npz), quaternion_csv (no header, 8 columns "
    "t,qx,qy,qz,qw,vx,vy,vz), biwi (folder of frame_XXXXX_pose.txt), bvh (.bvh), synhead_csv (3 columns "
    "pitch,yaw,roll)"
)
_SUFFIXES = (".csv", ".npz", ".bvh")


def read_track(
    path: str | Path,
    *,
    format: str = "auto",
    track_id: str | None = None,
    max_gap_s: float | None = None,
    **options: object,
) -> MotionTrack:
    """A motion track of any known format.

    Args:
        format: a key of `READERS`, or "auto" to look at the file.
        track_id: None takes the file's or folder's name.
        max_gap_s: None takes the file's own or the format's default.
        options: keywords of the format's reader, such as fps for biwi and synhead_csv, joint and unit_m for bvh.

    Raises:
        InputError: an unknown format, or what the reader found wrong (file, line, what was expected).
        ConfigError: `format` names no reader, or an option that the reader does not have.
    """
    name = sniff_format(path) if format == "auto" else format
    if name not in READERS:
        raise ConfigError(f'no track format "{name}"; there are auto, {", ".join(READERS)}')
    try:
        return READERS[name](path, track_id=track_id, max_gap_s=max_gap_s, **options)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise ConfigError(f"tracks of format {name} have no such option: {error}") from None


def sniff_format(path: str | Path) -> str:
    """The key of `READERS` that fits the file or folder.

    Raises:
        InputError: none fits; the message lists what would.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(path, "no such file or folder.")
    if path.is_dir():
        if is_biwi_folder(path):
            return "biwi"
        raise InputError(path, f"is a folder without frame_XXXXX_pose.txt. Known formats: {_DESCRIPTIONS}.")
    suffix = path.suffix.lower()
    if suffix == ".bvh":
        return "bvh"
    if suffix == ".npz":
        return "own_npz"
    if suffix == ".csv":
        return _sniff_csv(path)
    raise InputError(path, f'suffix "{path.suffix}" is of no known format: {_DESCRIPTIONS}.')


def _sniff_csv(path: Path) -> str:
    rows = numbered_lines(read_text(path))
    first = next((text for _, text in rows if not text.startswith("#")), "")
    columns = first.split(",")
    if rows[0][1].startswith("#") or columns[0].strip() == "time_s":
        return "own_csv"
    by_count = {8: "quaternion_csv", 3: "synhead_csv"}
    if len(columns) not in by_count:
        raise InputError(path, f"has {len(columns)} columns and no header time_s,...; known: {_DESCRIPTIONS}.")
    return by_count[len(columns)]


def find_tracks(root: str | Path) -> list[Path]:
    """Every track below a folder, sorted; a BIWI sequence folder counts as one. A single track is itself.

    Only .csv, .npz and .bvh files and BIWI folders are looked at; hidden ones are not.

    Raises:
        InputError: the folder is missing or holds no track.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(root, "no such folder. 'synhead tracks synthesise --out FOLDER' makes one with tracks.")
    if root.is_file() or is_biwi_folder(root):
        return [root]
    found = _walk(root)
    if not found:
        problem = (
            f"holds no motion track. Put tracks there ({_DESCRIPTIONS}), or make some with 'synhead tracks synthesise'."
        )
        raise InputError(root, problem)
    return found


def _walk(folder: Path) -> list[Path]:
    found = []
    for child in sorted(folder.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir():
            found += [child] if is_biwi_folder(child) else _walk(child)
        elif child.suffix.lower() in _SUFFIXES:
            found.append(child)
    return found


def track_ids(paths: Iterable[Path]) -> list[str]:
    """A different track_id for every path: its name; where two agree, with the parent folder's name before it."""
    paths = list(paths)
    names = [clean_track_id(path.name if path.is_dir() else path.stem) for path in paths]
    ids = [
        clean_track_id(f"{path.resolve().parent.name}_{name}") if names.count(name) > 1 else name
        for path, name in zip(paths, names, strict=True)
    ]
    taken: set[str] = set()
    for k, name in enumerate(ids):
        candidates = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
        ids[k] = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(ids[k])
    return ids


def read_tracks(root: str | Path, *, format: str = "auto", **options: object) -> list[MotionTrack]:
    """Every track below a folder, with ids that differ, in the order of `find_tracks`.

    Raises:
        InputError, ConfigError: see `find_tracks` and `read_track`.
    """
    paths = find_tracks(root)
    return [
        read_track(path, format=format, track_id=name, **options)  # type: ignore[arg-type]
        for path, name in zip(paths, track_ids(paths), strict=True)
    ]
