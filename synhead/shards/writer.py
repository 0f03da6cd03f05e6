"""Shards: written whole, byte-identical for identical input, and absent until they are committed."""

import hashlib
import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

import synhead
from synhead.atomic import fsync_folder, output_error
from synhead.errors import DatasetError, OutputError
from synhead.shards.partial_file import PartialFile
from synhead.shards.record_check import SequenceRecord, attribute_values, check_frames, check_values, dataset_values
from synhead.shards.records import SequenceEntry, ShardRecord
from synhead.shards.schema import (
    BLOB_CHUNK_BYTES,
    DATASETS,
    FILE_ATTRIBUTES,
    FORMAT_VERSION,
    LABEL_CHUNK_FRAMES,
    SEQUENCE_ATTRIBUTES,
)

PARTIAL_SUFFIX = ".partial"
_LIBVER = ("v110", "v110")  # Fixed: the library at hand must not decide the bytes. Its metadata has checksums.


class ShardWriter:
    """Writes one shard; a context manager that discards what an exception interrupts.

    ::

        with ShardWriter(folder / "00000.h5", file_attributes={"config_sha256": ..., "renderer": ...}) as writer:
            writer.append(record)
            shard_record = writer.commit()

    Until `commit` everything is in `00000.h5.partial`. A sequence that `append` refuses leaves no trace.
    """

    def __init__(self, path: Path, *, file_attributes: dict[str, str | int], replace: bool = False) -> None:
        """Open `path`.partial; what a killed run left there is written anew.

        Args:
            path: the finished shard; its folder exists.
            file_attributes: config_sha256 and renderer (schema.FILE_ATTRIBUTES; the versions are filled in).
            replace: whether a finished shard of this name may be replaced at `commit`.

        Raises:
            ValueError: an attribute is unknown or missing.
            OutputError: a finished shard is there and `replace` is False, another process writes this shard, or the
                folder cannot be written.
        """
        self.path = Path(path)
        attributes = _complete_file_attributes(file_attributes)
        if not replace:
            self._refuse_existing()
        self._replace = replace
        self._entries: list[SequenceEntry] = []
        self._open = False
        try:
            self._partial = PartialFile(self.path.with_name(self.path.name + PARTIAL_SUFFIX))
        except OSError as error:
            raise output_error(self.path, error) from error
        try:
            self._file = h5py.File(
                str(self.path), "w", driver="fileobj", fileobj=self._partial, libver=_LIBVER, track_times=False
            )
        except BaseException:
            self._remove_partial()
            raise
        self._open = True
        # HDF5's own clean-up at exit comes after Python's end and would call into nothing.
        self._at_exit = weakref.finalize(self, _abandon, self._file, self._partial)
        for field in FILE_ATTRIBUTES:
            self._file.attrs[field.name] = attributes[field.name]
        self._sequences = self._file.create_group("sequences", track_times=False)

    def append(self, record: SequenceRecord) -> SequenceEntry:
        """Write one sequence.

        Raises:
            DatasetError: the record does not fit the format, or its id is taken; the shard is as before.
            OutputError: the disk is full or broke; the shard is discarded.
        """
        self._require_open()
        spec = record.spec
        if any(entry.sequence_id == spec.sequence_id for entry in self._entries):
            raise DatasetError(f"sequence {spec.sequence_id} is in {self.path.name} already; ids must be unique.")
        check_frames(record)
        attributes, values = attribute_values(record), dataset_values(record)
        check_values(record, attributes, values)
        group = self._sequences.create_group(spec.sequence_id, track_times=False)
        for field in SEQUENCE_ATTRIBUTES:
            if field.name in attributes or not field.optional:
                group.attrs[field.name] = attributes[field.name]
        for name in sorted({name.split("/")[0] for name in values if "/" in name}):
            group.create_group(name, track_times=False)
        for field in DATASETS:
            if field.name in values:
                group.create_dataset(
                    field.name, data=values[field.name], track_times=False, **_storage(field.name, values[field.name])
                )
        self._file.flush()
        self._raise_failed_write()
        entry = SequenceEntry(
            sequence_id=spec.sequence_id,
            head_id=spec.head_id,
            track_id=spec.track_id,
            background_id=spec.background.background_id,
            seed=spec.seed,
            num_frames=spec.num_frames,
        )
        self._entries.append(entry)
        return entry

    def commit(self) -> ShardRecord:
        """Finish the file, wait for the disk and give it its name.

        Raises:
            OutputError: the disk is full or broke; the shard is discarded.
        """
        self._require_open()
        self._close_file()
        self._partial.sync()
        self._raise_failed_write()
        try:
            digest, num_bytes = file_sha256(self._partial.path)
            if not self._replace:
                self._refuse_existing()
            os.replace(self._partial.path, self.path)
            fsync_folder(self.path.parent)
        except OSError as error:
            self._remove_partial()
            raise output_error(self.path, error) from error
        except OutputError:
            self._remove_partial()
            raise
        self._partial.close()
        return ShardRecord(
            name=self.path.name,
            sha256=digest,
            num_bytes=num_bytes,
            num_frames=sum(entry.num_frames for entry in self._entries),
            sequences=tuple(self._entries),
        )

    def discard(self) -> None:
        """Remove what was written; harmless after `commit` or a second time."""
        if self._open:
            self._open = False
            self._at_exit()

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def _require_open(self) -> None:
        if not self._open:
            raise ValueError(f"{self.path}: this writer was committed or discarded")

    def _refuse_existing(self) -> None:
        if self.path.exists():
            raise OutputError(
                f"{self.path}: a finished shard of this name is there; it is never overwritten silently. "
                "Choose another output folder, or move the file away."
            )

    def _close_file(self) -> None:
        self._open = False
        self._at_exit.detach()
        self._file.close()

    def _raise_failed_write(self) -> None:
        failure = self._partial.failure
        if failure is not None:
            if self._open:
                self._close_file()
            self._remove_partial()
            raise output_error(self.path, failure) from failure

    def _remove_partial(self) -> None:
        self._partial.path.unlink(missing_ok=True)
        self._partial.close()


def _abandon(file: h5py.File, partial: PartialFile) -> None:
    """Close and remove a shard that will not be finished."""
    # Nothing of it will be read: spare the disk the rest.
    partial.failure = partial.failure or OSError("discarded")
    file.close()
    partial.path.unlink(missing_ok=True)
    partial.close()


def file_sha256(path: Path) -> tuple[str, int]:
    """SHA-256 (hex) and length in bytes of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _complete_file_attributes(given: dict[str, str | int]) -> dict[str, Any]:
    own = {"format_version": FORMAT_VERSION, "synhead_version": synhead.__version__}
    values = {**own, **given}
    names = {field.name for field in FILE_ATTRIBUTES}
    if values["format_version"] != FORMAT_VERSION or set(values) != names:
        raise ValueError(f"file_attributes has {sorted(given)}; {sorted(names - set(own))} is right")
    return {**values, "format_version": np.int64(FORMAT_VERSION)}


def _storage(name: str, value: np.ndarray) -> dict[str, Any]:
    """Chunks and filters: all of them built into HDF5, so that any reader can do without plug-ins."""
    if name == "depth":
        return {
            "chunks": (1, *value.shape[1:]),
            "shuffle": True,
            "compression": "gzip",
            "compression_opts": 1,
            "fletcher32": True,
        }
    rows = BLOB_CHUNK_BYTES if name.endswith("/bytes") else LABEL_CHUNK_FRAMES
    return {"chunks": (min(rows, len(value)), *value.shape[1:]), "fletcher32": True}
