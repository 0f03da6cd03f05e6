"""The output folder and its ledger: who may write, what is done, what a killed run left behind.

    DATASET/.run/lock              held by the driver while it runs
    DATASET/.run/plan.json         settings and inputs by content: a folder belongs to one plan
    DATASET/.run/shards/00000.json one record for each finished shard, written after the shard itself
    DATASET/.run/partial/          shards being written, under names of their own, so that an orphan of a killed run
                                   can never finish somebody else's file
    DATASET/.run/progress/00000    frames done of a shard in work
"""

import errno
import fcntl
import json
import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Iterator

from synhead.errors import OutputError
from synhead.shards.atomic import write_atomic

_OWN_NAMES = frozenset({".run", "shards", "manifest.json", "report.html", "inspect"})


class RunFolder:
    """Paths and records of one data set folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / ".run"

    def shard_path(self, shard_index: int) -> Path:
        """Where the shard is when it is complete."""
        return self.root / "shards" / f"{shard_index:05d}.h5"

    def record_path(self, shard_index: int) -> Path:
        """Where its ledger entry is."""
        return self.run / "shards" / f"{shard_index:05d}.json"

    def partial_path(self, shard_index: int) -> Path:
        """A new name for a shard in work."""
        return self.run / "partial" / f"{shard_index:05d}-{uuid.uuid4().hex[:12]}.h5.partial"

    def create(self) -> None:
        """Make the folders.

        Raises:
            OutputError: the place is a file, is not writable, or holds something that is not ours.
        """
        if self.root.exists() and not self.root.is_dir():
            raise OutputError(f"--out {self.root}: is a file; give a folder")
        if self.root.is_dir():
            foreign = self._foreign_names()
            if foreign:
                raise OutputError(
                    f"--out {self.root}: is not empty and not a data set of ours (it holds {', '.join(foreign[:4])}"
                    f"{', ...' if len(foreign) > 4 else ''}); give a new or empty folder"
                )
        try:
            for folder in (self.root / "shards", self.run / "shards", self.run / "partial", self.run / "progress"):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.run / f"probe-{uuid.uuid4().hex[:8]}"
            probe.write_bytes(b"x")
            probe.unlink()
        except OSError as error:
            raise output_error(self.root, error) from None

    def _foreign_names(self) -> list[str]:
        names = {p.name for p in self.root.iterdir()}
        if not names or (self.run / "plan.json").is_file() or (self.run / "lock").is_file():
            return []
        if names <= _OWN_NAMES and ".run" in names:
            return []
        return sorted(names)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            OutputError: another run holds it; names its process where that is known.
        """
        path = self.run / "lock"
        with path.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise OutputError(
                    f"--out {self.root}: another run is writing here ({_holder(lock)}); wait for it, stop it, or give "
                    "another folder"
                ) from None
            lock.seek(0)
            lock.truncate()
            lock.write(f"process {os.getpid()} on {os.uname().nodename}")
            lock.flush()
            yield

    def clear_leftovers(self) -> int:
        """Remove what a killed run of ours left unfinished; returns how many files. Call it with the lock held."""
        leftovers = [*(self.run / "partial").glob("*.partial"), *(self.run / "progress").iterdir()]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def read_plan(self) -> dict[str, Any] | None:
        """What the folder was planned for, or None for a new one.

        Raises:
            OutputError: the record is damaged.
        """
        path = self.run / "plan.json"
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise OutputError(f"{path}: is damaged ({error}); restore it, or give another folder") from None

    def write_plan(self, plan: dict[str, Any]) -> None:
        """Record what the folder is planned for."""
        self._write(self.run / "plan.json", plan)

    def read_record(self, shard_index: int) -> dict[str, Any] | None:
        """The ledger entry of a finished shard whose file is there with its recorded size; None otherwise."""
        path = self.record_path(shard_index)
        try:
            record = json.loads(path.read_text())
            if record["record"] is not None:
                if self.shard_path(shard_index).stat().st_size != record["record"]["num_bytes"]:
                    return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record

    def write_record(self, shard_index: int, record: dict[str, Any]) -> None:
        """Enter a finished shard into the ledger."""
        self._write(self.record_path(shard_index), record)

    def note_progress(self, shard_index: int, frames: int) -> None:
        """Say how far a shard is. Only a hint: a failure to write it is no failure."""
        with suppress(OSError):
            (self.run / "progress" / f"{shard_index:05d}").write_text(str(frames))

    def clear_progress(self, shard_index: int) -> None:
        """The shard is done or given up."""
        with suppress(OSError):
            (self.run / "progress" / f"{shard_index:05d}").unlink(missing_ok=True)

    def frames_in_work(self) -> int:
        """Frames done of all shards in work."""
        total = 0
        with suppress(OSError):
            for path in (self.run / "progress").iterdir():
                with suppress(OSError, ValueError):
                    total += int(path.read_text())
        return total

    def _write(self, path: Path, value: dict[str, Any]) -> None:
        try:
            write_atomic(path, json.dumps(value, indent=1, sort_keys=True) + "\n")
        except OSError as error:
            raise output_error(self.root, error) from None


def output_error(root: Path, error: OSError) -> OutputError:
    """An OSError of the output folder in words, with the way out."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"--out {root}: no space left; free some and run the same command again: it goes on")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"--out {root}: cannot be written ({error.strerror}); give a folder that you may write to")
    return OutputError(f"--out {root}: {error.strerror or error}")


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "its process is unknown"
