"""`synhead heads fetch`: the files that `heads import` needs, from their pinned sources or from a copy at hand.

GitHub packs its archives on demand, so that their sums change; each needed file has its own sum instead
(data/fetch_*.json, made by benchmarks/derive_fetch_manifest.py), and what does not match is not kept. The identity and
expression objects of ICT-FaceKit are compared by the size of their difference from the neutral mesh.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

import numpy as np

from synhead.atomic import write_atomic
from synhead.errors import InputError, OutputError
from synhead.heads.importers.download import Progress, download
from synhead.heads.importers.polymesh import is_lfs_pointer, read_positions
from synhead.heads.importers.unpack import archive_members, destination, folder_members

SOURCES = ("makehuman", "ict")
_DOWNLOADS = ".downloads"
_RMS_TOLERANCE = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """One download. A member whose name starts with the first of a pair lies below the second in the result."""

    url: str
    prefixes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchManifest:
    """What one source must yield.

    Attributes:
        files: by path: "bytes" and "sha256", or "rms_cm".
    """

    name: str
    licence: str
    archives: tuple[Archive, ...]
    files: dict[str, dict]

    def missing(self, folder: Path) -> list[str]:
        """Files that are not there."""
        return [name for name in self.files if not (folder / name).is_file()]


def fetch_manifest(name: str) -> FetchManifest:
    """The manifest of a source that comes with the package; `name` is one of SOURCES."""
    text = (resources.files("synhead.heads.importers") / "data" / f"fetch_{name}.json").read_text()
    data = json.loads(text)
    archives = tuple(
        Archive(url=entry["url"], prefixes=tuple((a, b) for a, b in entry["prefixes"])) for entry in data["archives"]
    )
    return FetchManifest(name=name, licence=data["licence"], archives=archives, files=data["files"])


def fetch(
    manifest: FetchManifest,
    out: Path,
    *,
    copies: list[Path] | None = None,
    on_progress: Callable[[str, int, int | None], None] | None = None,
) -> int:
    """Bring the files of a manifest into `out`, checked. What is there and right stays; the rest is fetched.

    Args:
        copies: folders or archives to take the files from instead of the network.
        on_progress: called with the address, the bytes so far and the bytes in all.

    Returns:
        the number of files that were written.

    Raises:
        DownloadError: the network fails; the same command goes on where it stopped.
        InputError: an archive is damaged, or a file does not have the sum that it must have.
        OutputError: `out` cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        left = _not_right(manifest, out)
        if not left:
            return 0
        written = (
            _from_copies(manifest, out, copies, left) if copies else _from_network(manifest, out, left, on_progress)
        )
        _check_objects(manifest, out)
        still = manifest.missing(out)
        if still:
            raise InputError(out, _still_missing(manifest, still))
        note = {"source": manifest.name, "licence": manifest.licence, "from": [a.url for a in manifest.archives]}
        write_atomic(out / "SOURCE.json", json.dumps(note, indent=1) + "\n")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Choose another folder with --out.") from error
    return written


def _not_right(manifest: FetchManifest, out: Path) -> set[str]:
    """Files that are missing or have another sum."""
    return {
        name
        for name, entry in manifest.files.items()
        if not (out / name).is_file() or _problem((out / name).read_bytes(), entry) is not None
    }


def _problem(data: bytes, entry: dict) -> str | None:
    if is_lfs_pointer(data):
        return "it is a pointer of Git LFS, not the file itself"
    if "sha256" not in entry:
        return None
    found = hashlib.sha256(data).hexdigest()
    if found != entry["sha256"]:
        return f"its sha256 is {found[:16]}... ({len(data)} bytes), {entry['sha256'][:16]}... is right"
    return None


def _from_network(
    manifest: FetchManifest,
    out: Path,
    left: set[str],
    on_progress: Callable[[str, int, int | None], None] | None,
) -> int:
    written = 0
    folder = out / _DOWNLOADS
    folder.mkdir(exist_ok=True)
    for archive in manifest.archives:
        if not left:
            break
        path = folder / _file_name(archive.url)
        report: Progress | None = None
        if on_progress is not None:
            report = _named(on_progress, archive.url)
        download(archive.url, path, on_progress=report)
        try:
            written += _take(manifest, out, left, archive_members(path), list(archive.prefixes), path)
        except InputError:
            # A damaged archive must not be taken for a finished download the next time.
            path.unlink(missing_ok=True)
            raise
        path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
    return written


def _named(on_progress: Callable[[str, int, int | None], None], url: str) -> Progress:
    return lambda done, total: on_progress(url, done, total)


def _file_name(url: str) -> str:
    """A name for the downloaded archive: its last two words and a sum of the address."""
    words = [word for word in PurePosixPath(url.split("//", 1)[-1]).parts if word not in ("tar.gz", "-")]
    return f"{'-'.join(words[-2:])[:80]}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def _from_copies(manifest: FetchManifest, out: Path, copies: list[Path], left: set[str]) -> int:
    written = 0
    # A copy may have the layout of the result, or that of any of the archives with or without its top folder.
    prefixes = [("", ""), *(pair for archive in manifest.archives for pair in archive.prefixes)]
    prefixes += [(prefix.partition("/")[2], place) for prefix, place in prefixes if prefix]
    for copy in copies:
        if not copy.exists():
            raise InputError(copy, "does not exist; --from needs a folder or an archive.")
        if copy.is_dir():
            members = ((name, path.read_bytes()) for name, path in folder_members(copy))
        else:
            members = archive_members(copy)
        written += _take(manifest, out, left, members, prefixes, copy)
    return written


def _take(
    manifest: FetchManifest,
    out: Path,
    left: set[str],
    members: Iterator[tuple[str, bytes]],
    prefixes: list[tuple[str, str]],
    origin: Path,
) -> int:
    """Write what is wanted and right; `left` shrinks."""
    written = 0
    for name, data in members:
        place = destination(name, prefixes, left)
        if place is None:
            continue
        problem = _problem(data, manifest.files[place])
        if problem is not None:
            raise InputError(
                origin, f"{name} is not the file that it should be: {problem}. The source has changed or was damaged."
            )
        target = out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, data)
        left.discard(place)
        written += 1
    return written


def _check_objects(manifest: FetchManifest, out: Path) -> None:
    """Compare meshes that have no sum with the size of their difference from the neutral mesh; remove wrong ones."""
    named = {name: entry["rms_cm"] for name, entry in manifest.files.items() if "rms_cm" in entry}
    neutral_path = out / "FaceXModel" / "generic_neutral_mesh.obj"
    if not named or not neutral_path.is_file():
        return
    neutral = read_positions(neutral_path)
    for name, expected in named.items():
        if not (out / name).is_file():
            continue
        found = read_positions(out / name)
        rms = float("inf")
        if found.shape == neutral.shape:
            rms = float(np.sqrt(((found - neutral) ** 2).sum(axis=1).mean()))
        if abs(rms - expected) > _RMS_TOLERANCE * expected + 1e-4:
            (out / name).unlink()
            raise InputError(
                out / name,
                f"differs from the neutral mesh by {rms:.4f} cm in the mean, {expected:.4f} is right; it was removed.",
            )


def _still_missing(manifest: FetchManifest, still: list[str]) -> str:
    some = ", ".join(still[:3]) + (f" and {len(still) - 3} more" if len(still) > 3 else "")
    urls = "\n  ".join(archive.url for archive in manifest.archives)
    return f"{len(still)} of {len(manifest.files)} files were in none of the sources: {some}. They come from\n  {urls}"
