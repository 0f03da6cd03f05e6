"""Small files that are whole or absent, whatever is killed and when."""

import errno
import os
import tempfile
from pathlib import Path

from synhead.errors import OutputError


def write_atomic(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` in one step: temporary file in the same folder, fsync, rename, fsync of the folder.

    Raises:
        OutputError: the folder is missing, unwritable or full. What was at `path` before is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        raise output_error(path, error) from error
    try:
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files that only their owner may read.
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
            fsync_folder(path.parent)
        except OSError as error:
            raise output_error(path, error) from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def fsync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no fsync for folders; their renames are durable by themselves.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def output_error(path: Path, error: OSError) -> OutputError:
    """The OutputError for a failed write to `path`, with the way out."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        kind = "the disk is full" if error.errno == errno.ENOSPC else "the disk quota is used up"
        advice = (
            f"{kind}. Free some space (or write elsewhere) and run the same command again: finished shards are kept."
        )
    elif error.errno == errno.EFBIG:
        advice = "the file grew over the size limit of this process (ulimit -f). Raise it, or choose smaller shards."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        advice = "the folder is not writable for this user. Change its permissions or choose another output folder."
    elif error.errno == errno.ENOENT:
        advice = f"the folder {path.parent} does not exist (any more). Make it, or choose another output folder."
    else:
        advice = f"writing failed ({error.strerror or error}). Run the same command again: finished shards are kept."
    return OutputError(f"{path}: {advice}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
