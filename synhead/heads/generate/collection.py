"""A set of generated heads in a folder: plainly different people, and a manifest that says how to make them again."""

import hashlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path

from synhead import __version__
from synhead.core.seeding import generator
from synhead.errors import ConfigError, OutputError
from synhead.heads.generate.build import build_head
from synhead.heads.generate.hair_styles import HAIR_STYLES
from synhead.heads.generate.parameters import HeadParameters, sample_parameters
from synhead.heads.generate.write import LICENCE

MANIFEST_NAME = "manifest.json"
MAX_COUNT = 1000
_GOLDEN = 0.6180339887498949


def plan_heads(count: int, seed: int) -> list[HeadParameters]:
    """Who will be made: women f01, f02, ... and men m01, m02, ... in turn, skin tones and hair styles spread evenly.

    A longer set begins with the heads of a shorter one of the same seed.

    Raises:
        ConfigError: `count` is not from 1 to MAX_COUNT.
    """
    if not 1 <= count <= MAX_COUNT:
        raise ConfigError(f"--count {count}: 1 to {MAX_COUNT} heads can be made in one folder.")
    rng = generator(seed, "heads", "variety")
    start = rng.uniform()
    styles = {sex: [str(style) for style in rng.permutation(names)] for sex, names in HAIR_STYLES.items()}
    heads = []
    for index in range(count):
        sex, number = ("female", "male")[index % 2], index // 2
        heads.append(
            sample_parameters(
                seed,
                f"{sex[0]}{number + 1:02d}",
                sex,
                variety=(start + index * _GOLDEN) % 1.0,
                hair_style=styles[sex][number % len(styles[sex])],
            )
        )
    return heads


def generate_heads(
    count: int,
    seed: int,
    out: str | Path,
    *,
    clothes: bool = True,
    texture_size_px: int = 1024,
    overwrite: bool = False,
    on_head: Callable[[HeadParameters], None] | None = None,
) -> list[Path]:
    """Make a set of heads and its manifest, which is written last.

    Args:
        out: receives one folder a head and manifest.json; made where missing.
        clothes, texture_size_px: as in `build_head`.
        overwrite: replace heads of the same names.
        on_head: called before each head is made.

    Returns:
        the head folders.

    Raises:
        ConfigError: count or texture size outside its bounds.
        OutputError: `out` is a file, holds heads of these names, or cannot be written.
    """
    if not 64 <= texture_size_px <= 8192:
        raise ConfigError(f"--texture-size {texture_size_px}: 64 to 8192 pixels.")
    heads = plan_heads(count, seed)
    out = Path(out)
    check_output(out, heads, overwrite=overwrite)
    command = command_line(count, seed, out, clothes=clothes, texture_size_px=texture_size_px)
    folders = []
    try:
        for parameters in heads:
            if on_head is not None:
                on_head(parameters)
            folder = out / parameters.head_id
            build_head(
                parameters,
                folder,
                source=f"{command} (synhead {__version__})",
                clothes=clothes,
                texture_size_px=texture_size_px,
            )
            folders.append(folder)
        write_manifest(out, command, heads, folders)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Choose another folder with --out.") from error
    return folders


def check_output(out: Path, heads: list[HeadParameters], *, overwrite: bool) -> None:
    """Refuse before work starts what would fail or destroy.

    Raises:
        OutputError: `out` is a file, or holds heads of these names and `overwrite` is False.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; --out needs a folder.")
    present = [head.head_id for head in heads if (out / head.head_id).exists()]
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


def write_manifest(out: Path, command: str, heads: list[HeadParameters], folders: list[Path]) -> None:
    """manifest.json: command, version, licence, and size and SHA-256 of every file of every head."""
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
        "heads": [
            {
                "id": h.head_id,
                "sex": h.sex,
                "hair": h.hair_style,
                "hair_colour": h.hair_colour,
                "eye_colour": h.iris_colour,
            }
            for h in heads
        ],
        "files": files,
    }
    (out / MANIFEST_NAME).write_bytes((json.dumps(manifest, indent=1) + "\n").encode())
