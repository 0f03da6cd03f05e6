"""Results that took long to work out, kept on disk between runs: arrays under a key that names all they depend on.

Whatever goes wrong here (no folder, no space, a damaged file, two writers at once) costs time and nothing else: the
result is worked out again. SYNHEAD_CACHE_DIR names the folder, "off" switches it off.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

LIMIT_BYTES = 4 * 2**30
"""The entries used longest ago are removed beyond this."""
_ABANDONED_AFTER_S = 3600.0
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
_ROOT = Path(__file__).resolve().parent


def cache_folder() -> Path | None:
    """Where entries are kept; None: nothing is kept."""
    given = os.environ.get("SYNHEAD_CACHE_DIR")
    if given is not None:
        return None if given.lower() in ("", "off") else Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "synhead" if os.path.isabs(base) else None


def kept(
    kind: str, key: str, make: Callable[[], dict[str, Any]], *, wanted: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """The arrays under a key: read where they are kept, else made and kept.

    Args:
        kind: a name for people, such as "head".
        key: names everything that the result depends on (`sum_of`, `sum_of_code`).
        make: returns numpy arrays by name; called where nothing (whole) is kept.
        wanted: names of the arrays to read; None: all.
    """
    import numpy as np

    folder = cache_folder()
    if folder is None:
        return make()
    path = folder / f"{kind}-{key[:40]}.npz"
    with suppress(*_DAMAGED):
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in (stored.files if wanted is None else wanted)}
        with suppress(OSError):
            os.utime(path)
        return found
    made = make()
    with suppress(OSError):
        _write(folder, path, made)
    return made


def sum_of(*parts: bytes | str) -> str:
    """SHA-256 over several texts and blobs, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


@lru_cache(maxsize=8)
def sum_of_code(*patterns: str) -> str:
    """SHA-256 of the package's files that match, such as "heads/*.py": another version works out other results."""
    files = sorted({path for pattern in patterns for path in _ROOT.glob(pattern)})
    return sum_of(*(part for path in files for part in (path.name, path.read_bytes())))


def _write(folder: Path, path: Path, arrays: dict[str, Any]) -> None:
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, **arrays)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _make_room(folder)


def _make_room(folder: Path) -> None:
    entries = []
    for path in folder.iterdir():
        with suppress(OSError):
            found = path.stat()
            entries.append((found.st_mtime, found.st_size, path))
    newest = max((entry[0] for entry in entries), default=0.0)
    total = 0
    for used_at, size, path in sorted(entries, reverse=True):
        total += size if path.suffix == ".npz" else 0
        abandoned = path.suffix == ".tmp" and newest - used_at > _ABANDONED_AFTER_S
        if abandoned or (path.suffix == ".npz" and total > LIMIT_BYTES):
            with suppress(OSError):
                path.unlink()
