"""Open shards, one set a process."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import h5py

from synhead.errors import DatasetError

HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError)
"""What h5py raises on a damaged file, depending on which byte is damaged; UnicodeDecodeError is a ValueError."""

_MAX_OPEN_SHARDS = 16


class ShardHandles:
    """Open shards of this process, the least recently used closed first.

    A pickled or forked copy starts empty: an HDF5 handle must not travel between processes.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._files: OrderedDict[Path, h5py.File] = OrderedDict()

    def open(self, path: Path) -> h5py.File:
        """The open file of `path`.

        Raises:
            DatasetError: it is missing or is not HDF5.
        """
        if self._pid != os.getpid():
            self._pid, self._files = os.getpid(), OrderedDict()
        if path in self._files:
            self._files.move_to_end(path)
            return self._files[path]
        try:
            # Network mounts often refuse locks; and HDF5 refuses to open one file twice with different lock settings,
            # so the user's own h5py.File(path) beside ours must find h5py's default here.
            file = h5py.File(path, "r", locking="best-effort")
        except FileNotFoundError as error:
            raise DatasetError(f"{path}: the shard is missing. 'synhead verify' lists what else is.") from error
        except OSError as error:
            raise DatasetError(f"{path}: is damaged or not HDF5 ({error}).") from error
        self._files[path] = file
        while len(self._files) > _MAX_OPEN_SHARDS:
            self._files.popitem(last=False)[1].close()
        return file

    def close(self) -> None:
        """Close all; the next `open` opens anew."""
        while self._files and self._pid == os.getpid():
            self._files.popitem()[1].close()

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()
