"""One shard against the table of the format, the manifest and itself."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from synhead.errors import DatasetError
from synhead.shards.handles import HDF5_ERRORS
from synhead.shards.reader import StoredSequence, shard_sequences
from synhead.shards.records import SequenceEntry, ShardRecord
from synhead.shards.schema import (
    BLOBS,
    CONVENTION,
    DATASETS,
    FILE_ATTRIBUTES,
    FORMAT_VERSION,
    IMAGE_FORMATS,
    SEQUENCE_ATTRIBUTES,
    Field,
)
from synhead.shards.verify_head import HeadSamples, HeadShape, telling_frames
from synhead.shards.verify_labels import Values, check_labels, head_points_of
from synhead.shards.verify_pixels import check_blobs, check_pixels
from synhead.shards.verify_report import Findings, ShardReport
from synhead.shards.writer import file_sha256

HeadPoints = dict[str, list[HeadSamples]]


def verify_shard(
    path: Path,
    *,
    listed: ShardRecord | None,
    config_sha256: str | None,
    head_shapes: dict[str, HeadShape],
    deep: bool = True,
    sample: int | None = None,
) -> ShardReport:
    """All checks of one shard.

    Args:
        listed: what the manifest says of it; None where there is no manifest.
        config_sha256: of the manifest, likewise.
        head_shapes: each head's 68 points as its sequences agree on them (`shard_head_points`, `agree_on_shape`).
        deep: also decode images, masks and depth.
        sample: decode at most so many frames of each sequence.
    """
    findings = Findings(path.name)
    try:
        sha256, num_bytes = file_sha256(path)
    except OSError as error:
        findings.add("files", f"cannot be read: {error}")
        return ShardReport(name=path.name, findings=tuple(findings.items))
    if listed is not None and (sha256, num_bytes) != (listed.sha256, listed.num_bytes):
        findings.add(
            "hash",
            f"{num_bytes} bytes, SHA-256 {sha256[:12]}...; the manifest says {listed.num_bytes}, "
            f"{listed.sha256[:12]}...: the file was changed or damaged after it was made",
        )
    num_frames = num_decoded = 0
    found: list[SequenceEntry] = []
    try:
        sequences = shard_sequences(path)
        if sequences:
            _check_file_attributes(sequences[0].group.file, config_sha256, findings)
    except (DatasetError, *HDF5_ERRORS) as error:
        findings.add("schema", f"{path.name} cannot be read: {error}")
        sequences = []
    for sequence in sequences:
        own = Findings(path.name, sequence.sequence_id)
        try:
            entry, decoded = _verify_sequence(sequence, head_shapes, own, deep=deep, sample=sample)
            found += [entry] if entry else []
            num_frames, num_decoded = num_frames + (entry.num_frames if entry else 0), num_decoded + decoded
        except (DatasetError, *HDF5_ERRORS) as error:
            own.add("schema", f"cannot be read: {error}")
        findings.merge(own)
    if listed is not None:
        _check_against_manifest(found, listed, findings)
    return ShardReport(
        name=path.name,
        num_bytes=num_bytes,
        num_sequences=len(sequences),
        num_frames=num_frames,
        num_decoded=num_decoded,
        findings=tuple(findings.items),
        worst=findings.worst,
    )


def shard_head_points(path: Path) -> HeadPoints:
    """For each head of a shard, the points of some frames of each of its sequences.

    A sequence that cannot be read or has no landmarks is left out: `verify_shard` says why.
    """
    points: HeadPoints = {}
    try:
        sequences = shard_sequences(path)
    except DatasetError:
        return points
    for sequence in sequences:
        try:
            samples = _samples(sequence) if sequence.has_landmarks else None
            head_id = sequence.head_id
        except (DatasetError, *HDF5_ERRORS):
            continue
        if samples is not None:
            points.setdefault(head_id, []).append(samples)
    return points


def _samples(sequence: StoredSequence) -> HeadSamples | None:
    """Landmarks of some frames; None where the shapes are wrong or nothing is finite."""
    values = {name: sequence.read(name) for name in ("landmarks_68_cam_m", "t_cam_head_m", "R_cam_head")}
    num_frames = len(values["t_cam_head_m"])
    if num_frames == 0 or [v.shape for v in values.values()] != [(num_frames, *s) for s in ((68, 3), (3,), (3, 3))]:
        return None
    names = sequence.expression_names or ()
    coefficients = np.zeros((num_frames, 0))
    if names:
        coefficients = sequence.read("expression/coefficients").astype(np.float64)
        if coefficients.shape != (num_frames, len(names)) or len(set(names)) != len(names):
            return None
    with np.errstate(all="ignore"):
        good = np.flatnonzero(
            np.isfinite(head_points_of(values)).all(axis=(1, 2)) & np.isfinite(coefficients).all(axis=1)
        )
        if len(good) == 0:
            return None
        chosen = good[telling_frames(coefficients[good] if names else None, len(good))]
        return HeadSamples(
            names=names,
            coefficients=coefficients[chosen],
            points_m=head_points_of({name: value[chosen] for name, value in values.items()}),
        )


def _verify_sequence(
    sequence: StoredSequence, head_shapes: dict[str, HeadShape], findings: Findings, *, deep: bool, sample: int | None
) -> tuple[SequenceEntry | None, int]:
    values, attributes = _read_sequence(sequence, findings)
    if values is None:
        return None, 0
    check_labels(values, attributes, head_shapes.get(attributes["head_id"]), findings)
    group: Any = sequence.group
    num_bytes = {blob: group[f"{blob}/bytes"].shape[0] for blob in BLOBS}
    decoded = 0
    if check_blobs(values, findings, num_bytes=num_bytes) and deep:
        has_landmarks = int(attributes["num_landmarks"]) > 0 and bool(np.isfinite(values["landmarks_68_px"]).all())
        decoded = check_pixels(sequence, values, has_landmarks=has_landmarks, sample=sample, findings=findings)
    entry = SequenceEntry(
        sequence_id=sequence.sequence_id,
        head_id=attributes["head_id"],
        track_id=attributes["track_id"],
        background_id=str(json.loads(attributes["background"]).get("background_id")),
        seed=int(attributes["seed"]),
        num_frames=len(values["time_s"]),
    )
    return entry, decoded


def _read_sequence(sequence: StoredSequence, findings: Findings) -> tuple[Values | None, dict[str, Any]]:
    """Labels and attributes, or None where they do not fit the table. Blobs and depth are left on disk."""
    attributes = _read_attributes(sequence.group.attrs, SEQUENCE_ATTRIBUTES, findings)
    if not findings.items:
        _check_attribute_values(attributes, findings)
    if findings.items:
        return None, attributes
    height, width = (int(n) for n in attributes["size_px"])
    group: Any = sequence.group
    values: Values = {}
    for field in DATASETS:
        if field.optional and field.name not in group:
            continue
        node = group.get(field.name)
        if not isinstance(node, h5py.Dataset):
            findings.add("schema", f"dataset {field.name} is missing")
            continue
        num_frames = group["time_s"].shape[0] if "time_s" in group else 0
        wanted = field.expected_shape(num_frames=num_frames, height_px=height, width_px=width)
        if node.dtype != np.dtype(field.dtype) or not _fits(node.shape, wanted):
            findings.add(
                "schema", f"{field.name} is {node.dtype} {node.shape}; {field.dtype} {_shown(wanted)} is right"
            )
        elif field.shape[0] != "N" and field.name != "depth":
            try:
                values[field.name] = sequence.read(field.name)
            except DatasetError as error:
                findings.add("schema", str(error))
    _check_unknown_names(group, findings)
    if not findings.items and len(values["time_s"]) == 0:
        findings.add("schema", "has no frames")
    return (None if findings.items else values), attributes


def _read_attributes(attrs: h5py.AttributeManager, fields: tuple[Field, ...], findings: Findings) -> dict[str, Any]:
    values = {}
    for field in fields:
        if field.name not in attrs:
            if not field.optional:
                findings.add("schema", f"attribute {field.name} is missing")
            continue
        value: Any = attrs[field.name]
        kind = "str" if isinstance(value, str) else str(np.asarray(value).dtype)
        if kind != field.dtype or np.shape(value) != field.shape:
            findings.add(
                "schema", f"attribute {field.name} is {kind} {np.shape(value)}; {field.dtype} {field.shape} is right"
            )
        else:
            values[field.name] = value
    return values


def _check_attribute_values(attributes: dict[str, Any], findings: Findings) -> None:
    K = attributes["K"]
    for name, kind in (("background", dict), ("lights", dict), ("sensor", dict), ("expression_names", list)):
        if name not in attributes:
            continue
        try:
            if not isinstance(json.loads(attributes[name]), kind):
                findings.add("schema", f"attribute {name} is not a JSON {'object' if kind is dict else 'list'}")
        except json.JSONDecodeError as error:
            findings.add("schema", f"attribute {name} is not JSON: {error}")
    problems = {
        f"convention is {attributes['convention']!r}; version {FORMAT_VERSION} has {CONVENTION!r}": (
            attributes["convention"] != CONVENTION
        ),
        f"image_format is {attributes['image_format']!r}": attributes["image_format"] not in IMAGE_FORMATS,
        f"fps is {attributes['fps']}": not 0 < attributes["fps"] < np.inf,
        f"size_px is {attributes['size_px'].tolist()}": (attributes["size_px"] <= 0).any(),
        f"num_landmarks is {attributes['num_landmarks']}; 68 or 0 is right": attributes["num_landmarks"] not in (0, 68),
        f"K is {K.tolist()}": not (np.isfinite(K).all() and K[0, 0] > 0 and K[1, 1] > 0 and (K[2] == [0, 0, 1]).all()),
    }
    for problem, found in problems.items():
        if found:
            findings.add("schema", f"attribute {problem}")


def _check_file_attributes(file: h5py.File, config_sha256: str | None, findings: Findings) -> None:
    values = _read_attributes(file.attrs, FILE_ATTRIBUTES, findings)
    version = values.get("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        findings.add("schema", f"format_version is {version}; this synhead reads {FORMAT_VERSION}")
    if config_sha256 is not None and values.get("config_sha256", config_sha256) != config_sha256:
        findings.add("manifest", f"config_sha256 is {values['config_sha256'][:12]}...; it belongs to another data set")


def _check_unknown_names(group: h5py.Group, findings: Findings) -> None:
    known = {field.name for field in DATASETS}
    names: list[str] = []
    group.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
    for name in sorted(set(names) - known):
        findings.add("schema", f"{name} is no dataset of format version {FORMAT_VERSION}")


def _check_against_manifest(found: list[SequenceEntry], listed: ShardRecord, findings: Findings) -> None:
    by_id = {entry.sequence_id: entry for entry in found}
    expected = {entry.sequence_id: entry for entry in listed.sequences}
    for sequence_id in sorted(by_id.keys() - expected.keys()):
        findings.add("counts", f"sequence {sequence_id} is in the shard, not in the manifest")
    for sequence_id in sorted(expected.keys() - by_id.keys()):
        findings.add("counts", f"sequence {sequence_id} is in the manifest, not (readably) in the shard")
    for sequence_id in sorted(by_id.keys() & expected.keys()):
        for name in SequenceEntry.__slots__:
            is_, should = getattr(by_id[sequence_id], name), getattr(expected[sequence_id], name)
            if is_ != should:
                findings.add("counts", f"sequence {sequence_id}: {name} is {is_!r}, the manifest says {should!r}")
    total = sum(entry.num_frames for entry in listed.sequences)
    if listed.num_frames != total:
        findings.add("counts", f"the manifest says {listed.num_frames} frames; its own sequences add up to {total}")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, n) for n, w in zip(shape, wanted, strict=True))


def _shown(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
