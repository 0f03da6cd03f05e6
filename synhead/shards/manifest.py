"""manifest.json: what a finished data set holds, and the digest that two equal data sets share.

The digest is the SHA-256 of the canonical JSON of the CONTENT only: format version, configuration hash, inputs (id,
SHA-256, licence), shards (name, SHA-256, frames, sequences), ids of failed sequences, splits. Everything that says how
or when the run went (throughput, times, versions, renderer extras, reasons of failures, places on disk) is left out, so
that an interrupted and resumed run, another number of workers or another executor end with the same digest.
docs/design/0004-shards.md has the reasons.
"""

import dataclasses
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from synhead.atomic import write_atomic
from synhead.errors import DatasetError
from synhead.shards.records import SequenceEntry, ShardRecord
from synhead.shards.schema import FORMAT_VERSION

MANIFEST_NAME = "manifest.json"
INPUT_KINDS = ("heads", "tracks", "backgrounds")

_Record = dict[str, Any]
_KEY_ORDER = (
    *("format_version", "synhead_version", "created_utc", "config_sha256", "config", "renderer", "versions"),
    *("throughput", "failures", "splits", "inputs", "shards"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class InputEntry:
    """One head, track or background that sequences were made from.

    Attributes:
        details: what is worth showing beside it (triangles, frames, stretches of a track that were cut and why).
    """

    id: str
    sha256: str
    licence: str
    source: str
    details: _Record = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A sequence that could not be made; it is in no shard.

    Attributes:
        stage: where it failed, such as "load", "render", "label" or "write".
        reason: one paragraph for the user.
    """

    sequence_id: str
    stage: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A finished data set. `config_sha256` is `content_sha256(config)`; `config` holds what decides the content.

    Attributes:
        config: the resolved configuration, without workers, devices and output folder.
        shards: in order of their names; each lists its sequences.
        inputs: for each of INPUT_KINDS, in order of ids.
        splits: name -> sequence ids, or a rule in words.
        renderer: engine, device, version and the like; the string in the shards decides, this is its long form.
        throughput: frames a second and seconds of each stage.
        created_utc: ISO 8601.
        versions: of Python and the libraries.
    """

    config: _Record
    config_sha256: str
    shards: tuple[ShardRecord, ...]
    inputs: dict[str, tuple[InputEntry, ...]]
    splits: dict[str, tuple[str, ...] | str]
    failures: tuple[Failure, ...]
    renderer: _Record
    throughput: _Record
    created_utc: str
    versions: dict[str, str]
    synhead_version: str
    format_version: int = FORMAT_VERSION

    @cached_property
    def sequences(self) -> tuple[SequenceEntry, ...]:
        """Every sequence, in the order of the shards."""
        return tuple(entry for shard in self.shards for entry in shard.sequences)

    @cached_property
    def shard_of(self) -> dict[str, ShardRecord]:
        """Sequence id -> its shard."""
        return {entry.sequence_id: shard for shard in self.shards for entry in shard.sequences}

    @property
    def num_frames(self) -> int:
        """Frames of all shards."""
        return sum(shard.num_frames for shard in self.shards)

    @property
    def num_bytes(self) -> int:
        """Bytes of all shards."""
        return sum(shard.num_bytes for shard in self.shards)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content; the module's docstring says of what."""
        return content_sha256(
            {
                "format_version": self.format_version,
                "config_sha256": self.config_sha256,
                "inputs": {
                    kind: sorted([entry.id, entry.sha256, entry.licence] for entry in entries)
                    for kind, entries in self.inputs.items()
                },
                "shards": [asdict(shard) for shard in sorted(self.shards, key=lambda shard: shard.name)],
                "failures": sorted(failure.sequence_id for failure in self.failures),
                "splits": self.splits,
            }
        )

    def to_json(self) -> str:
        """The text of manifest.json: keys in a fixed order, one item a line, the digest first."""
        return json.dumps({"digest": self.digest, **_as_dict(self)}, indent=1, ensure_ascii=False) + "\n"


def content_sha256(value: Any) -> str:
    """SHA-256 (hex) of a JSON value in canonical form: sorted keys, no spaces, ASCII.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write `folder`/manifest.json in one step; returns its path.

    Raises:
        OutputError: the folder is unwritable or full.
    """
    path = folder / MANIFEST_NAME
    write_atomic(path, manifest.to_json())
    return path


def read_manifest(folder: Path) -> Manifest:
    """Read `folder`/manifest.json.

    Raises:
        DatasetError: there is none, it is cut off, of another version, or a field is missing or of a wrong type.
    """
    return manifest_from_record(read_manifest_json(folder), where=str(folder / MANIFEST_NAME))


def read_manifest_json(folder: Path) -> _Record:
    """The content of manifest.json as it stands, with its recorded "digest"; errors as `read_manifest`."""
    path = folder / MANIFEST_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DatasetError(_why_no_manifest(folder)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{path}, line {error.lineno}: the JSON is cut off or damaged ({error.msg}). Restore it from a copy, or "
            "delete it and run the same render command again: finished shards are kept and it is written anew."
        ) from error
    if not isinstance(record, dict):
        raise DatasetError(f"{path}: holds a JSON {type(record).__name__}; a manifest is an object.")
    version = record.get("format_version")
    if version != FORMAT_VERSION:
        raise DatasetError(
            f"{path}, format_version: is {version!r}; this synhead reads {FORMAT_VERSION}. "
            "Use the synhead that wrote the data set (synhead_version in the same file)."
        )
    return record


def manifest_from_record(record: _Record, *, where: str) -> Manifest:
    """A Manifest of parsed JSON; `where` starts the message of every DatasetError."""
    take = _Taker(record, where)
    inputs = take("inputs", dict)
    splits = take("splits", dict)
    return Manifest(
        format_version=take("format_version", int),
        synhead_version=take("synhead_version", str),
        created_utc=take("created_utc", str),
        config=take("config", dict),
        config_sha256=take("config_sha256", str),
        renderer=take("renderer", dict),
        versions=take("versions", dict),
        throughput=take("throughput", dict),
        inputs={
            kind: tuple(_input(item, f"{where}, inputs.{kind}[{i}]") for i, item in enumerate(items))
            for kind, items in inputs.items()
        },
        splits={name: ids if isinstance(ids, str) else tuple(ids) for name, ids in splits.items()},
        failures=tuple(_failure(item, f"{where}, failures[{i}]") for i, item in enumerate(take("failures", list))),
        shards=tuple(
            shard_record_from_json(item, where=f"{where}, shards[{i}]") for i, item in enumerate(take("shards", list))
        ),
    )


def shard_record_from_json(record: _Record, *, where: str) -> ShardRecord:
    """A ShardRecord of parsed JSON (`dataclasses.asdict` is the way there).

    Raises:
        DatasetError: a field is missing or of a wrong type; the message starts with `where`.
    """
    take = _Taker(record, where)
    entries = []
    for i, item in enumerate(take("sequences", list)):
        entry = _Taker(item, f"{where}.sequences[{i}]")
        names = ("sequence_id", "head_id", "track_id", "background_id")
        entries.append(
            SequenceEntry(
                **{name: entry(name, str) for name in names},
                seed=entry("seed", int),
                num_frames=entry("num_frames", int),
            )
        )
    return ShardRecord(
        name=take("name", str),
        sha256=take("sha256", str),
        num_bytes=take("num_bytes", int),
        num_frames=take("num_frames", int),
        sequences=tuple(entries),
    )


class _Taker:
    """Takes fields out of a JSON object; a missing or wrong one is named with its place."""

    def __init__(self, record: Any, where: str) -> None:
        if not isinstance(record, dict):
            raise DatasetError(f"{where}: is {type(record).__name__}; an object is right.")
        self._record = record
        self._where = where

    def __call__(self, name: str, kind: type) -> Any:
        if name not in self._record:
            raise DatasetError(f"{self._where}: the field {name!r} is missing. The file was edited, or is not ours.")
        value = self._record[name]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise DatasetError(f"{self._where}, {name}: is {type(value).__name__}; {kind.__name__} is right.")
        return value


def _input(record: Any, where: str) -> InputEntry:
    take = _Taker(record, where)
    names = ("id", "sha256", "licence", "source")
    return InputEntry(**{name: take(name, str) for name in names}, details=take("details", dict))


def _failure(record: Any, where: str) -> Failure:
    take = _Taker(record, where)
    return Failure(**{name: take(name, str) for name in ("sequence_id", "stage", "reason")})


def _as_dict(manifest: Manifest) -> _Record:
    order = [
        "format_version",
        "synhead_version",
        "created_utc",
        "config_sha256",
        "config",
        "renderer",
        "versions",
        "throughput",
        "failures",
        "splits",
        "inputs",
        "shards",
    ]
    record = asdict(manifest)
    return {name: record[name] for name in order}


def _why_no_manifest(folder: Path) -> str:
    if not folder.exists():
        return f"{folder}: there is no such folder."
    if (folder / ".run").is_dir() or any((folder / "shards").glob("*.h5")):
        return (
            f"{folder}: has no {MANIFEST_NAME}: the run that makes this data set is not finished. "
            "'synhead status' shows how far it is; the same render command again finishes it."
        )
    return f"{folder}: is not a synhead data set: it has no {MANIFEST_NAME} and no shards."
