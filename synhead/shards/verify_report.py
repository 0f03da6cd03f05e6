"""What `verify` found, and how well everything else agreed."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

if TYPE_CHECKING:
    from rich.table import Table

    from synhead.shards.manifest import Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One question that verify asks. `tolerance` is None where the answer is yes or no."""

    meaning: str
    tolerance: float | None = None
    unit: str = ""


CHECKS = {
    "manifest": Check(meaning="manifest.json is whole, and its digest is that of its content"),
    "inputs": Check(
        meaning="every head and track is listed with its licence; splits name existing sequences, each once"
    ),
    "files": Check(meaning="every listed shard is there, and nothing else"),
    "hash": Check(meaning="SHA-256 and size of each shard are those of the manifest"),
    "counts": Check(meaning="sequences, frames, seeds and ids are those of the manifest; no id twice"),
    "schema": Check(meaning="names, shapes, types and checksums are those of docs/format.md"),
    "offsets": Check(meaning="offsets start at 0, rise, and end at the last byte"),
    "finite": Check(meaning="no NaN or infinity, but where docs/format.md allows it"),
    "time": Check(meaning="time_s is regular at fps", tolerance=1e-6, unit="s"),
    "rotation": Check(meaning="R^T R = I, determinant +1", tolerance=1e-6),
    "euler": Check(meaning="the angles say the rotation of R_cam_head", tolerance=1e-4, unit="degree"),
    "projection": Check(meaning="K projects *_cam_m onto *_px: landmarks, pupils", tolerance=0.01, unit="px"),
    "head_points": Check(
        meaning="R^T (x - t) is one set of points in all frames of a head, plus coefficient x move of each shape",
        tolerance=1e-5,
        unit="m",
    ),
    "head_frame": Check(meaning="eyes above chin, nose in front, the subject's left at +x, human size"),
    "pnp_rotation": Check(
        meaning="the rotation found from the pixels alone is the label", tolerance=0.01, unit="degree"
    ),
    "pnp_translation": Check(meaning="the translation likewise", tolerance=1e-4, unit="m"),
    "expression": Check(meaning="coefficients are 0 to 1, each with a name of its own", tolerance=0.0),
    "gaze": Check(
        meaning="R^T gaze/direction_cam has the angles of gaze/pyr_deg, both eyes", tolerance=1e-3, unit="degree"
    ),
    "gaze_length": Check(meaning="gaze/direction_cam has length 1", tolerance=1e-6),
    "pupils": Check(
        meaning="a pupil keeps its distance from its eye's centre, and turns with the gaze", tolerance=1e-5, unit="m"
    ),
    "landmarks_104": Check(
        meaning="the first 68 of the 104 points are the 68; iris points stay on their eyeballs; the others are one set "
        "of points in a sequence, plus coefficient x move of each shape",
        tolerance=1e-5,
        unit="m",
    ),
    "face_box": Check(meaning="bbox_face is the extent of the 68 points", tolerance=1e-3, unit="px"),
    "visibility": Check(meaning="visibility is 0 exactly outside the image"),
    "depth": Check(meaning="visible points are not behind the stored depth, occluded ones are"),
    "image": Check(meaning="every frame decodes and has the right size"),
    "mask": Check(meaning="every mask decodes and has the right size"),
    "head_box": Check(meaning="bbox_head is the extent of mask >= 128", tolerance=1e-3, unit="px"),
    "on_head": Check(meaning="visible landmarks lie on the mask, to 2 px"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong. `shard` and `sequence_id` are "" where it concerns the whole data set or shard."""

    check: str
    problem: str
    shard: str = ""
    sequence_id: str = ""


class Findings:
    """Gathers the findings of one shard or sequence, and the worst value of each measured check."""

    def __init__(self, shard: str = "", sequence_id: str = "") -> None:
        self.shard = shard
        self.sequence_id = sequence_id
        self.items: list[Finding] = []
        self.worst: dict[str, float] = {}

    def add(self, check: str, problem: str) -> None:
        """Record one thing that is wrong."""
        if check not in CHECKS:
            raise ValueError(f"{check!r} is not in CHECKS")
        self.items.append(Finding(check=check, problem=problem, shard=self.shard, sequence_id=self.sequence_id))

    def measure(self, check: str, error: Float[np.ndarray, " num_frames"], frames: Iterable[int] | None = None) -> None:
        """Compare each frame's error with the tolerance; NaN is wrong. `frames` are their numbers if not 0, 1, 2..."""
        rule = CHECKS[check]
        tolerance = rule.tolerance or 0.0
        with np.errstate(invalid="ignore"):
            bad = ~(error <= tolerance)
        worst = float(np.nan_to_num(error, nan=np.inf).max(initial=0.0))
        self.worst[check] = max(self.worst.get(check, 0.0), worst)
        if bad.any():
            self.add(
                check, f"{which_frames(bad, frames)}: off by up to {worst:.3g} {rule.unit} ({tolerance:g} allowed)"
            )

    def flag(self, check: str, bad: Bool[np.ndarray, " num_frames"], problem: str) -> None:
        """Record `problem` for the frames that are True in `bad`, if any."""
        if bad.any():
            self.add(check, f"{which_frames(bad)}: {problem}")

    def merge(self, other: "Findings") -> None:
        """Take over what `other` gathered."""
        self.items += other.items
        for check, value in other.worst.items():
            self.worst[check] = max(self.worst.get(check, 0.0), value)


def which_frames(bad: Bool[np.ndarray, " num_frames"], frames: Iterable[int] | None = None) -> str:
    """``frame 3`` or ``frames 3, 4, 5 and 12 more``."""
    numbers = np.flatnonzero(bad) if frames is None else np.asarray(list(frames))[bad]
    text = ("frame " if len(numbers) == 1 else "frames ") + ", ".join(str(n) for n in numbers[:3])
    return text + (f" and {len(numbers) - 3} more" if len(numbers) > 3 else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardReport:
    """Findings of one shard.

    Attributes:
        num_decoded: frames whose image and mask were decoded.
        worst: largest error of each measured check, in the unit of CHECKS.
    """

    name: str
    num_bytes: int = 0
    num_sequences: int = 0
    num_frames: int = 0
    num_decoded: int = 0
    findings: tuple[Finding, ...] = ()
    worst: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyReport:
    """Findings of a data set; `ok` means there are none. Failed sequences are listed, and are no finding."""

    path: str
    digest: str
    shards: tuple[ShardReport, ...]
    general: tuple[Finding, ...]
    failures: "tuple[Failure, ...]"
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those of the whole data set first."""
        return (*self.general, *(finding for shard in self.shards for finding in shard.findings))

    @property
    def ok(self) -> bool:
        """True where nothing was found."""
        return not self.findings

    @property
    def worst(self) -> dict[str, float]:
        """Largest error of each measured check over all shards."""
        merged = Findings()
        for shard in self.shards:
            other = Findings()
            other.worst = dict(shard.worst)
            merged.merge(other)
        return merged.worst

    def to_json(self) -> str:
        """Everything, as JSON; an infinite error is written as null."""
        record: dict[str, Any] = {"ok": self.ok, "num_findings": len(self.findings), **asdict(self)}
        record["checks"] = {name: asdict(check) for name, check in CHECKS.items()}
        record["worst"] = self.worst
        for holder in (record, *record["shards"]):
            holder["worst"] = {name: v if np.isfinite(v) else None for name, v in holder["worst"].items()}
        return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def __rich__(self) -> "Table":
        from rich.table import Table

        table = Table(title=f"{self.path}, digest {self.digest[:12] or 'unknown'}", title_justify="left")
        for name in ("shard", "sequences", "frames", "decoded", "MB", "findings"):
            table.add_column(name, justify="left" if name == "shard" else "right")
        for shard in self.shards:
            count = len(shard.findings)
            table.add_row(
                shard.name,
                *(f"{n:,}" for n in (shard.num_sequences, shard.num_frames, shard.num_decoded)),
                f"{shard.num_bytes / 1e6:,.1f}",
                f"[red]{count}[/red]" if count else "[green]none[/green]",
            )
        return table
