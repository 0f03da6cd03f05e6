"""Files that appear complete or not at all."""

import contextlib
import os
from pathlib import Path

from synhead.errors import OutputError


def write_atomically(path: str | Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write bytes under a temporary name beside the target, flush them to disk, and rename.

    Raises:
        OutputError: the target exists and `overwrite` is False, or the folder cannot be written or is full.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already; pass --overwrite to replace it, or choose another place.")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise OutputError(f"{target} cannot be written ({error.strerror}).") from error
