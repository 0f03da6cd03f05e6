"""Track files appear complete or not at all, and never in place of another without leave."""

from pathlib import Path

from synhead.atomic import write_atomic
from synhead.errors import OutputError


def write_atomically(path: str | Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write bytes to a new file, making its folder where needed.

    Raises:
        OutputError: the target exists and `overwrite` is False, or the folder cannot be written or is full.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already; pass --overwrite to replace it, or choose another place.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target} cannot be written ({error.strerror}).") from error
    write_atomic(target, data)
