"""The file under a shard that is being written: exclusive, and calm when the disk is full."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

from synhead.errors import OutputError

_NO_LOCKS_HERE = (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL)


class PartialFile:
    """A locked file that HDF5 writes through (driver "fileobj"), and that remembers the first failed write.

    HDF5 cannot close a file whose last writes fail: it keeps the handle, and dies when the process ends. So a failed
    write is recorded here and reported to HDF5 as done; the owner asks `failure` before it believes in the file.

    What HDF5 hands to `write` and `readinto` is a Cython memory view, hence `Any`.
    """

    def __init__(self, path: Path) -> None:
        """Create `path`, or take over what a killed process left there.

        Raises:
            OutputError: another living process writes this file.
            OSError: the folder is missing, unwritable or full.
        """
        self.path = path
        self.failure: OSError | None = None
        self._descriptor = _open_locked(path)
        self._file = os.fdopen(self._descriptor, "r+b", buffering=0)

    def write(self, data: Any) -> int:
        """Write all of `data`; after the first failure nothing is written any more."""
        view = memoryview(data).cast("B")
        done = 0
        while self.failure is None and done < len(view):
            try:
                done += self._file.write(view[done:])
            except OSError as error:
                self.failure = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Set the length of the file."""
        try:
            if self.failure is None:
                return self._file.truncate(size)
        except OSError as error:
            self.failure = error
        return size or 0

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the current position; what a failed write left out reads as zeros."""
        view = memoryview(buffer).cast("B")
        try:
            count = self._file.readinto(view) or 0
        except OSError as error:
            self.failure, count = self.failure or error, 0
        if self.failure is not None:
            view[count:] = bytes(len(view) - count)
            count = len(view)
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The position."""
        return self._file.tell()

    def flush(self) -> None:
        """Nothing is buffered here."""

    def sync(self) -> None:
        """Wait until the disk has everything; a failure is recorded like that of a write."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self.failure = self.failure or error

    def close(self) -> None:
        """Release the file and its lock; calling it twice is harmless."""
        self._file.close()


def _open_locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last owner may have renamed or removed it between the opening and the lock.
            if _is_same_file(descriptor, path):
                os.ftruncate(descriptor, 0)
                return descriptor
            os.close(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise OutputError(
                    f"{path}: another process writes this shard. Wait for it (or end it), then run the command again."
                ) from error
            if error.errno in _NO_LOCKS_HERE:
                return _open_exclusively(path)
            raise


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _open_exclusively(path: Path) -> int:
    """For file systems without locks: whoever finds the file present cannot know whether its writer lives."""
    if path.stat().st_size == 0:
        path.unlink()
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError as error:
        raise OutputError(
            f"{path}: another process writes this shard, or a killed one left it, and this file system has no locks to "
            "tell. Make sure that no other run uses this folder, delete the file, and run the command again."
        ) from error
