"""The output folder and its ledger: who may write, what is done, what a killed run left behind.

DATASET/.run/lock              held by the driver while it runs
DATASET/.run/plan.json         settings and inputs by content: a folder belongs to one plan
DATASET/.run/shards/00000.json one record for each finished shard, written after the shard itself
DATASET/shards/*.partial       shards in work; their writers hold a lock on them
DATASET/.run/progress/00000    frames done of a shard in work
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from synhead.atomic import output_error, write_atomic
from synhead.errors import OutputError

_OWN_NAMES = frozenset({".run", "shards", "manifest.json", "report.html", "inspect"})
_ORPHAN_PATIENCE_S = 60.0


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

    def refuse_foreign(self) -> None:
        """Stop before any work where the place is a file or holds something that is not ours.

        Raises:
            OutputError: names what is there.
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

    def create(self) -> None:
        """Make the folders.

        Raises:
            OutputError: the place is not writable.
        """
        try:
            for folder in (self.root / "shards", self.run / "shards", self.run / "progress"):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.run / f"probe-{uuid.uuid4().hex[:8]}"
            probe.write_bytes(b"x")
            probe.unlink()
        except OSError as error:
            raise output_error(self.root / "shards", error) from None

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
        """Remove what a killed run of ours left unfinished; returns how many shards. Call it with the lock held.

        Raises:
            OutputError: a worker of the killed run is still at work after a minute.
        """
        for path in (self.run / "progress").iterdir():
            path.unlink(missing_ok=True)
        leftovers = sorted((self.root / "shards").glob("*.partial"))
        for path in leftovers:
            _wait_for_writer(path)
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
            shard = record["record"]
            if shard is not None and self.shard_path(shard_index).stat().st_size != shard["num_bytes"]:
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
        write_atomic(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def _wait_for_writer(path: Path) -> None:
    """A worker outlives a killed driver by a moment (Ray) or not at all; nothing may be removed under its hands."""
    give_up = time.monotonic() + _ORPHAN_PATIENCE_S
    with suppress(FileNotFoundError), path.open("rb") as partial:
        while True:
            try:
                fcntl.flock(partial, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                if time.monotonic() > give_up:
                    raise OutputError(
                        f"{path}: a worker of an earlier run is still writing it; end that process and try again"
                    ) from None
                time.sleep(0.2)


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "its process is unknown"
