"""Backgrounds that look like photographs out of focus, made from a seed: what a run uses where it has no pictures.

`python -m synhead.scenes.procedural_background --count 81 --size 960x720 --out assets/backgrounds` made that folder.
"""

import argparse
import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import scipy
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter

import synhead
from synhead.core.seeding import generator
from synhead.scenes import procedural_indoor as indoor
from synhead.scenes import procedural_outdoor as outdoor
from synhead.scenes import procedural_rooms as rooms
from synhead.scenes.procedural_canvas import Canvas, resized
from synhead.scenes.procedural_street import town_street

Painter = Callable[[Canvas, np.random.Generator], float]

TRACED: dict[str, Painter] = {
    "sitting_room": rooms.sitting_room,
    "study": rooms.study,
    "open_office": rooms.open_office,
    "kitchen": rooms.kitchen,
    "bedroom": rooms.bedroom,
    "hallway": rooms.hallway,
    "brick_cafe": rooms.brick_cafe,
    "window_seat": rooms.window_seat,
    "plain_corner": rooms.plain_corner,
    "town_street": town_street,
}
PAINTED: dict[str, Painter] = {
    "park": outdoor.park,
    "cafe": indoor.cafe,
    "studio": indoor.studio,
    "night_street": outdoor.night_street,
    "curtained_window": indoor.curtained_window,
    "hills": outdoor.hills,
    "shore": outdoor.shore,
}
KINDS = TRACED | PAINTED
"""Painters by name: each fills a canvas and returns the radius of the defocus as a share of the height."""

TURNS = (*TRACED, *PAINTED, *TRACED)
"""Kinds in the order in which they take turns: people are filmed in rooms more often than at the sea."""

_DARK_KINDS = frozenset({"night_street", "cafe"})


def drawn_kind(rng: np.random.Generator) -> str:
    """The kind that `procedural_background` draws first from a generator in this state."""
    return TURNS[int(rng.integers(len(TURNS)))]


def procedural_background(
    rng: np.random.Generator, height_px: int, width_px: int, kind: str | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """One defocused scene in sRGB, a pure function of the generator's state, the size and the kind.

    Args:
        kind: a key of `KINDS`; None draws one.

    Raises:
        ValueError: a side is below 1 pixel, or there is no such kind.
    """
    if min(height_px, width_px) < 1:
        raise ValueError(f"a background of {width_px} x {height_px} pixels; both sides must be at least 1")
    if kind is not None and kind not in KINDS:
        raise ValueError(f'no kind "{kind}"; there are {", ".join(KINDS)}')
    name = kind or drawn_kind(rng)
    # A fraction of the resolution carries everything a defocused lens lets through.
    short = min(height_px, width_px)
    scale = np.clip(short * (0.5 if name in TRACED else 0.35), 48, 480) / short
    canvas = Canvas(max(round(height_px * scale), 8), max(round(width_px * scale), 8))
    radius = KINDS[name](canvas, rng)
    light = canvas.defocused(radius * min(1.0, canvas.aspect))
    picture = _developed(light, rng, dark=name in _DARK_KINDS)
    if name in TRACED:
        # A lamp's edge stays a staircase however much the lens blurs it: white is cut off after the blur.
        picture = gaussian_filter(picture, (0.8, 0.8, 0))
    # A dither of one grey level keeps smooth walls free of bands.
    dither = rng.random((height_px, width_px), dtype=np.float32)
    out = np.empty((height_px, width_px, 3), dtype=np.uint8)
    for c in range(3):
        out[..., c] = np.clip(resized(picture[..., c] * 255, height_px, width_px) + dither, 0, 255)
    return out


def _developed(
    light: Float[np.ndarray, "height width 3"], rng: np.random.Generator, *, dark: bool
) -> Float[np.ndarray, "height width 3"]:
    """Linear light to display values in [0, 1]: vignette, white balance, exposure, shoulder and sRGB curve."""
    height, width, _ = light.shape
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    vignette = 1 - rng.uniform(0.1, 0.3) * (x * x + y * y) / 2
    warmth = rng.uniform(-0.06, 0.06)
    balanced = light * vignette[..., None] * np.array([1 + warmth, 1.0, 1 - warmth])
    luminance = balanced @ np.array([0.2126, 0.7152, 0.0722])
    key = rng.uniform(0.035, 0.08) if dark else rng.uniform(0.16, 0.34)
    exposed = balanced * (key / max(float(np.exp(np.log(luminance + 1e-4).mean())), 1e-6))
    # Reinhard et al. 2002 with white at 3.
    mapped = np.clip(exposed * (1 + exposed / 9.0) / (1 + exposed), 0, 1)
    contrast = rng.uniform(1.0, 1.15)
    return np.clip(1.055 * mapped ** (contrast / 2.4) - 0.055, 0, 1)


def write_backgrounds(out: Path, *, count: int, seed: int, width_px: int = 960, height_px: int = 720) -> list[Path]:
    """Write `count` JPEG files and manifest.json into `out`; the kinds take turns. Same seed, same pixels.

    Raises:
        OSError: the folder cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    files, records = [], []
    for index in range(count):
        kind = TURNS[index % len(TURNS)]
        rng = generator(seed, "procedural-background", str(index))
        pixels = procedural_background(rng, height_px, width_px, kind)
        path = out / f"{index:02d}_{kind}.jpg"
        Image.fromarray(pixels).save(path, quality=88)
        files.append(path)
        record = {"file": path.name, "kind": kind, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        records.append({**record, "pixels_sha256": hashlib.sha256(pixels.tobytes()).hexdigest()})
    program = "python -m synhead.scenes.procedural_background"
    manifest = {
        "command": f"{program} --count {count} --seed {seed} --size {width_px}x{height_px} --out {out.as_posix()}",
        "synhead_version": synhead.__version__,
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
        | {"pillow": PIL.__version__},
        "seed": seed,
        "width_px": width_px,
        "height_px": height_px,
        "licence": "Apache-2.0",
        "source": "made by the program named in `command`; no photograph was used",
        "files": records,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return files


def main(arguments: list[str] | None = None) -> None:
    """Command line of `python -m synhead.scenes.procedural_background`."""
    parser = argparse.ArgumentParser(prog="python -m synhead.scenes.procedural_background", description=__doc__)
    parser.add_argument("--count", type=int, default=81, help="how many pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="960x720", help="WIDTHxHEIGHT")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    chosen = parser.parse_args(arguments)
    width, height = (int(part) for part in chosen.size.split("x"))
    for path in write_backgrounds(chosen.out, count=chosen.count, seed=chosen.seed, width_px=width, height_px=height):
        print(path)


if __name__ == "__main__":
    main()
