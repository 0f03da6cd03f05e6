"""The proof of a data set: that it is whole, and that its labels agree with each other by more than one route."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from synhead.errors import DatasetError
from synhead.shards.manifest import (
    INPUT_KINDS,
    MANIFEST_NAME,
    Manifest,
    content_sha256,
    manifest_from_record,
    read_manifest_json,
)
from synhead.shards.verify_head import HeadShape, agree_on_shape
from synhead.shards.verify_labels import check_head_frame
from synhead.shards.verify_report import Findings, ShardReport, VerifyReport
from synhead.shards.verify_shard import HeadPoints, shard_head_points, verify_shard


def verify_dataset(
    path: str | Path,
    *,
    deep: bool = True,
    sample: int | None = None,
    workers: int = 1,
    on_shard: Callable[[ShardReport], None] = lambda report: None,
) -> VerifyReport:
    """Check a data set; verify_report.CHECKS lists the questions and tolerances.

    A damaged or missing manifest is a finding, and the shards are then checked on their own.

    Args:
        deep: also decode every image, mask and depth.
        sample: decode at most so many frames of each sequence, evenly spaced; None decodes all.
        workers: processes; one shard is one task.
        on_shard: called with each finished shard, for progress.

    Raises:
        DatasetError: the folder does not exist, or holds neither a manifest nor shards.
        ValueError: `workers` or `sample` is below 1.
    """
    if workers < 1 or (sample is not None and sample < 1):
        raise ValueError(f"workers ({workers}) and sample ({sample}) must be at least 1")
    started = time.perf_counter()
    folder = Path(path)
    general = Findings()
    manifest, digest = _read_manifest(folder, general)
    present = _check_files(folder, manifest, general)
    if manifest is not None:
        _check_manifest(manifest, general)
    listed = {shard.name: shard for shard in manifest.shards} if manifest else {}
    config_sha256 = manifest.config_sha256 if manifest else None
    with _Processes(workers if len(present) > 1 else 1) as processes:
        head_shapes = _agree_on_heads(processes.map(shard_head_points, [(p,) for p in present]), general)
        check = partial(verify_shard, config_sha256=config_sha256, head_shapes=head_shapes, deep=deep, sample=sample)
        reports = []
        for report in processes.map(partial(_verify_listed, check, listed), [(p,) for p in present]):
            on_shard(report)
            reports.append(report)
    return VerifyReport(
        path=str(folder),
        digest=digest,
        shards=tuple(reports),
        general=tuple(general.items),
        failures=manifest.failures if manifest else (),
        seconds=round(time.perf_counter() - started, 3),
    )


class _Processes:
    """Runs calls here, or in fresh processes (spawned: HDF5 and forks do not mix), results in order."""

    def __init__(self, workers: int) -> None:
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else None

    def map(self, function: Callable, arguments: list[tuple]) -> Iterable:
        """One result for each tuple of arguments."""
        if self._pool is None:
            return (function(*each) for each in arguments)
        return self._pool.map(function, *zip(*arguments, strict=True))

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _verify_listed(check: Callable[..., ShardReport], listed: dict, path: Path) -> ShardReport:
    return check(path, listed=listed.get(path.name))


def _read_manifest(folder: Path, findings: Findings) -> tuple[Manifest | None, str]:
    try:
        record = read_manifest_json(folder)
        manifest = manifest_from_record(record, where=str(folder / MANIFEST_NAME))
    except DatasetError as error:
        if not any((folder / "shards").glob("*.h5")):
            raise
        findings.add("manifest", str(error))
        return None, ""
    if record.get("digest") != manifest.digest:
        findings.add(
            "manifest",
            f"says digest {str(record.get('digest'))[:12]}..., its content has {manifest.digest[:12]}...: "
            "it was edited after it was written",
        )
    return manifest, manifest.digest


def _check_files(folder: Path, manifest: Manifest | None, findings: Findings) -> list[Path]:
    """The shards to look into: the listed ones that exist, or all where there is no list."""
    shards = folder / "shards"
    entries = sorted(shards.iterdir()) if shards.is_dir() else []
    if manifest is None:
        return [entry for entry in entries if entry.suffix == ".h5"]
    names = [shard.name for shard in manifest.shards]
    for name in sorted(set(names) - {entry.name for entry in entries}):
        findings.add("files", f"shards/{name} is in the manifest, and missing")
    for entry in entries:
        if entry.suffix == ".partial":
            findings.add(
                "files", f"shards/{entry.name} is a shard that a killed run left unfinished; it may be deleted"
            )
        elif entry.name not in names:
            findings.add("files", f"shards/{entry.name} is not in the manifest: it belongs to another run")
    for name, count in Counter(names).items():
        if count > 1:
            findings.add("files", f"shards/{name} is listed {count} times")
    return [entry for entry in entries if entry.name in names]


def _check_manifest(manifest: Manifest, findings: Findings) -> None:
    if content_sha256(manifest.config) != manifest.config_sha256:
        findings.add("manifest", "config_sha256 is not the SHA-256 of config")
    ids = Counter(entry.sequence_id for entry in manifest.sequences)
    for sequence_id, count in ids.items():
        if count > 1:
            findings.add("counts", f"sequence {sequence_id} is listed {count} times")
    for failure in manifest.failures:
        if failure.sequence_id in ids:
            findings.add("counts", f"sequence {failure.sequence_id} is listed as made and as failed")
    for kind in INPUT_KINDS:
        for entry in manifest.inputs.get(kind, ()):
            if not entry.licence.strip():
                findings.add("inputs", f"{kind}: {entry.id} has no licence")
    for kind, names in (
        ("heads", {entry.head_id for entry in manifest.sequences}),
        ("tracks", {entry.track_id for entry in manifest.sequences}),
    ):
        known = {entry.id for entry in manifest.inputs.get(kind, ())}
        for name in sorted(names - known):
            findings.add("inputs", f"{kind}: {name} is used, but not listed with its SHA-256 and licence")
    in_splits = Counter(i for value in manifest.splits.values() if not isinstance(value, str) for i in value)
    for sequence_id, count in sorted(in_splits.items()):
        if sequence_id not in ids:
            findings.add("inputs", f"splits name the sequence {sequence_id}, which does not exist")
        elif count > 1:
            findings.add("inputs", f"sequence {sequence_id} is in {count} splits: they leak into each other")


def _agree_on_heads(parts: Iterable[HeadPoints], findings: Findings) -> dict[str, HeadShape]:
    """Each head's points as its sequences agree on them; `head_points` and the PnP checks then name the outliers."""
    gathered: HeadPoints = {}
    for part in parts:
        for head_id, samples in part.items():
            gathered.setdefault(head_id, []).extend(samples)
    agreed = {head_id: agree_on_shape(samples) for head_id, samples in sorted(gathered.items())}
    for head_id, shape in agreed.items():
        check_head_frame(shape.rest_m, findings, head_id)
    return agreed
