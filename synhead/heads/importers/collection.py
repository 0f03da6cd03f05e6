"""A set of imported heads in one folder: what is refused before work starts, and the manifest that is written last."""

import hashlib
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synhead import __version__
from synhead.errors import ConfigError, OutputError

MANIFEST_NAME = "manifest.json"
MAX_COUNT = 9999


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPlan:
    """What one import writes.

    Attributes:
        kind: the word after `synhead heads import`.
    """

    kind: str
    out: Path
    seed: int
    head_ids: list[str]
    licence: str

    @property
    def folders(self) -> list[Path]:
        """One a head."""
        return [self.out / head_id for head_id in self.head_ids]

    @property
    def command(self) -> str:
        """The command line that makes these heads again; DIR stands for wherever the data lie."""
        words = ["synhead", "heads", "import", self.kind, "DIR", "--count", str(len(self.head_ids))]
        return shlex.join([*words, "--seed", str(self.seed), "--out", self.out.name])

    @staticmethod
    def check_count(count: int) -> None:
        """Raise ConfigError unless 1 <= count <= MAX_COUNT."""
        if not 1 <= count <= MAX_COUNT:
            raise ConfigError(f"--count {count}: 1 to {MAX_COUNT} heads can be made in one folder.")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn errors of the file system into OutputError."""
        try:
            yield
        except OSError as error:
            raise OutputError(f"{self.out}: cannot be written ({error}). Choose another folder with --out.") from error


def check_output(plan: ImportPlan, *, overwrite: bool) -> None:
    """Refuse before work starts what would fail or destroy.

    Raises:
        OutputError: `out` is a file, or holds heads of these names and `overwrite` is False.
    """
    if plan.out.exists() and not plan.out.is_dir():
        raise OutputError(f"{plan.out}: is a file; --out needs a folder.")
    present = [folder for folder in plan.folders if folder.exists()]
    if present and not overwrite:
        some = ", ".join(folder.name for folder in present[:5]) + (" ..." if len(present) > 5 else "")
        raise OutputError(f"{plan.out}: already holds {some}. Choose another --out, or add --overwrite.")


def clear_head(folder: Path) -> None:
    """Remove what an earlier import wrote for the head of this name, and nothing else."""
    for path in [folder / "head.json", *folder.glob(f"{folder.name}.*"), *folder.glob(f"{folder.name}_*")]:
        path.unlink(missing_ok=True)


def write_manifest(plan: ImportPlan) -> None:
    """manifest.json: the command, the licence, the ids, and bytes and sha256 of every file."""
    files = {}
    for folder in plan.folders:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            name = path.relative_to(plan.out).as_posix()
            files[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "command": plan.command,
        "synhead_version": __version__,
        "seed": plan.seed,
        "licence": plan.licence,
        "heads": plan.head_ids,
        "files": files,
    }
    (plan.out / MANIFEST_NAME).write_bytes((json.dumps(manifest, indent=1) + "\n").encode())
