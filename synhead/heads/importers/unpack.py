"""Take the wanted files out of archives or folders: only names that a manifest lists, to places that it says."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from synhead.errors import InputError

_LARGEST_BYTES = 64 << 20
"""No wanted file is nearly as large; an archive that claims so is not the right one."""


def destination(name: str, prefixes: list[tuple[str, str]], wanted: set[str]) -> str | None:
    """Where a member of an archive goes, or None where it is not wanted.

    The result is always one of `wanted`: a name such as "../../x" leads nowhere.
    """
    for prefix, place in prefixes:
        if name.startswith(prefix) and place + name[len(prefix) :] in wanted:
            return place + name[len(prefix) :]
    return None


def archive_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the regular files of a tar (gz, bz2, xz) or zip archive; links and devices are passed over.

    Raises:
        InputError: neither of them, or damaged.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir() and entry.file_size <= _LARGEST_BYTES:
                        yield entry.filename, archive.read(entry)
            return
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and member.size <= _LARGEST_BYTES else None
                if file is not None:
                    yield member.name, file.read()
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        raise InputError(
            path, f"is not a whole tar or zip archive ({error}). Delete it and run the same command again."
        ) from error


def folder_members(root: Path) -> Iterator[tuple[str, Path]]:
    """Relative names and paths of the files below a folder."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path
