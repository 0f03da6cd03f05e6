"""A set of generated heads in a folder: plainly different people, and a manifest that says how to make them again."""

import hashlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from synhead import __version__
from synhead.core.seeding import generator
from synhead.errors import ConfigError, OutputError
from synhead.heads.generate.anthropometry import POPULATIONS
from synhead.heads.generate.build import build_head
from synhead.heads.generate.hair_styles import HAIR_STYLES
from synhead.heads.generate.parameters import HeadParameters, sample_parameters
from synhead.heads.generate.people import AGE_GROUPS
from synhead.heads.generate.pool import mapped
from synhead.heads.generate.variety import MIN_DISTANCE_MM, face_points, nearest
from synhead.heads.generate.write import LICENCE

MANIFEST_NAME = "manifest.json"
MAX_COUNT = 1000
_MAX_ATTEMPTS = 20
_GOLDEN = 0.6180339887498949
_MANY = 80
"""People that are drawn in this process: starting others takes longer."""


def plan_heads(count: int, seed: int, *, workers: int = 1) -> list[HeadParameters]:
    """Who will be made: women f01, f02, ... and men m01, m02, ... in turn.

    Populations, age groups, skin tones and hair styles are spread evenly; a face nearer than MIN_DISTANCE_MM to an
    earlier one is drawn again. A longer set begins with the heads of a shorter one of the same seed.

    Raises:
        ConfigError: `count` is not from 1 to MAX_COUNT.
    """
    return [head for head, _ in _planned(count, seed, workers)]


def _planned(count: int, seed: int, workers: int) -> list[tuple[HeadParameters, np.ndarray]]:
    """The people of a set with their landmarks."""
    if not 1 <= count <= MAX_COUNT:
        raise ConfigError(f"--count {count}: 1 to {MAX_COUNT} heads can be made in one folder.")
    wishes = _wishes(count, seed)
    drawn = list(mapped(workers if count > _MANY else 1, _draw, [(seed, wish, 0) for wish in wishes]))
    kept: list[tuple[HeadParameters, np.ndarray]] = []
    for wish, person in zip(wishes, drawn, strict=True):
        for attempt in range(1, _MAX_ATTEMPTS):
            if nearest(person[1], [points for _, points in kept])[1] >= MIN_DISTANCE_MM:
                break
            person = _draw((seed, wish, attempt))
        kept.append(person)
    return kept


def _wishes(count: int, seed: int) -> list[dict[str, Any]]:
    """Arguments of sample_parameters, one a head: every population and age group meets every other in turn."""
    rng = generator(seed, "heads", "variety")
    start = rng.uniform()
    orders = {}
    for sex, names in HAIR_STYLES.items():
        orders[sex] = tuple(
            [str(name) for name in rng.permutation(list(of))] for of in (names, POPULATIONS, AGE_GROUPS)
        )
    used: dict[tuple[str, str], int] = {}
    wishes = []
    for index in range(count):
        sex, number = ("female", "male")[index % 2], index // 2
        styles, populations, ages = orders[sex]
        population = populations[number % len(populations)]
        age_group = ages[(number + number // len(populations)) % len(ages)]
        worn = [style for style in styles if _suits(style, population, age_group)]
        style = min(worn, key=lambda name: used.get((sex, name), 0))
        used[sex, style] = used.get((sex, style), 0) + 1
        wish = {"head_id": f"{sex[0]}{number + 1:02d}", "sex": sex, "variety": (start + index * _GOLDEN) % 1.0}
        wishes.append(wish | {"hair_style": style, "population": population, "age_group": age_group})
    return wishes


def _suits(style: str, population: str, age_group: str) -> bool:
    """Some hair is rare outside a population or before an age."""
    if style in ("afro", "cornrows"):
        return population == "african"
    return style not in ("receding", "rim") or age_group != "young"


def _draw(task: tuple[int, dict[str, Any], int]) -> tuple[HeadParameters, np.ndarray]:
    seed, wish, attempt = task
    person = sample_parameters(seed, attempt=attempt, **wish)
    return person, face_points(person)


def generate_heads(
    count: int,
    seed: int,
    out: str | Path,
    *,
    clothes: bool = True,
    texture_size_px: int = 1024,
    overwrite: bool = False,
    workers: int = 1,
    on_head: Callable[[HeadParameters], None] | None = None,
) -> list[Path]:
    """Make a set of heads and its manifest, which is written last.

    Args:
        out: receives one folder a head and manifest.json; made where missing.
        clothes, texture_size_px: as in `build_head`.
        overwrite: replace heads of the same names.
        workers: processes; the files do not depend on it.
        on_head: called with each head when it is finished, in order.

    Returns:
        the head folders.

    Raises:
        ConfigError: count, texture size or workers outside their bounds.
        OutputError: `out` is a file, holds heads of these names, or cannot be written.
    """
    if not 64 <= texture_size_px <= 8192:
        raise ConfigError(f"--texture-size {texture_size_px}: 64 to 8192 pixels.")
    if workers < 1:
        raise ConfigError(f"--workers {workers}: at least 1 process is needed.")
    out = Path(out)
    check_output(out, head_ids(count), overwrite=overwrite)
    planned = _planned(count, seed, workers)
    heads = [head for head, _ in planned]
    command = command_line(count, seed, out, clothes=clothes, texture_size_px=texture_size_px)
    source = f"{command} (synhead {__version__})"
    tasks = [(head, str(out / head.head_id), source, clothes, texture_size_px) for head in heads]
    folders = []
    try:
        for head, folder in zip(heads, mapped(workers, _build, tasks), strict=True):
            folders.append(Path(folder))
            if on_head is not None:
                on_head(head)
        write_manifest(out, command, heads, folders, smallest_distance(planned))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Choose another folder with --out.") from error
    return folders


def _build(task: tuple[HeadParameters, str, str, bool, int]) -> str:
    head, folder, source, clothes, texture_size_px = task
    build_head(head, folder, source=source, clothes=clothes, texture_size_px=texture_size_px)
    return folder


def head_ids(count: int) -> list[str]:
    """Names of the heads of a set, in order.

    Raises:
        ConfigError: `count` is not from 1 to MAX_COUNT.
    """
    if not 1 <= count <= MAX_COUNT:
        raise ConfigError(f"--count {count}: 1 to {MAX_COUNT} heads can be made in one folder.")
    return [f"{'fm'[index % 2]}{index // 2 + 1:02d}" for index in range(count)]


def smallest_distance(planned: list[tuple[HeadParameters, np.ndarray]]) -> dict[str, Any] | None:
    """The two most similar faces: how far apart their landmarks are and who they are; None for a single head."""
    best: dict[str, Any] | None = None
    for index, (head, points) in enumerate(planned[1:], start=1):
        other, distance = nearest(points, [earlier for _, earlier in planned[:index]])
        if best is None or distance < best["rms_mm"]:
            best = {"rms_mm": round(distance, 3), "heads": [planned[other][0].head_id, head.head_id]}
    return best


def check_output(out: Path, head_ids: list[str], *, overwrite: bool) -> None:
    """Refuse before work starts what would fail or destroy.

    Raises:
        OutputError: `out` is a file, or holds heads of these names and `overwrite` is False.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; --out needs a folder.")
    present = [head_id for head_id in head_ids if (out / head_id).exists()]
    if present and not overwrite:
        raise OutputError(f"{out}: already holds {', '.join(present)}. Choose another --out, or add --overwrite.")


def command_line(count: int, seed: int, out: Path, *, clothes: bool, texture_size_px: int) -> str:
    """The command that makes the set; an absolute folder is shortened to its name, so that no machine shows."""
    words = ["synhead", "heads", "generate", "--count", str(count), "--seed", str(seed)]
    if not clothes:
        words.append("--no-clothes")
    if texture_size_px != 1024:
        words += ["--texture-size", str(texture_size_px)]
    words += ["--out", out.name if out.is_absolute() else out.as_posix()]
    return shlex.join(words)


def write_manifest(
    out: Path, command: str, heads: list[HeadParameters], folders: list[Path], smallest: dict[str, Any] | None
) -> None:
    """manifest.json: command, version, licence, the nearest pair of faces, size and SHA-256 of every file."""
    files = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            name = path.relative_to(out).as_posix()
            files[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "command": command,
        "synhead_version": __version__,
        "licence": LICENCE,
        "smallest_landmark_distance": smallest,
        "heads": [
            {
                "id": h.head_id,
                "sex": h.sex,
                "population": h.population,
                "age_group": h.age_group,
                "hair": h.hair_style,
                "hair_colour": h.hair_colour,
                "eye_colour": h.iris_colour,
            }
            for h in heads
        ],
        "files": files,
    }
    (out / MANIFEST_NAME).write_bytes((json.dumps(manifest, indent=1) + "\n").encode())
