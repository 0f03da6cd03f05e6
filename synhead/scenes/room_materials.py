"""Paint for the pieces of a room: functions of the place on a surface. Sizes in metres, colours in linear light."""

import numpy as np
from jaxtyping import Float, Float32

from synhead.scenes.procedural_canvas import linear
from synhead.scenes.room import SHINE, Shade

PAINTS = [
    linear(*c)
    for c in (
        (226, 222, 214), (204, 208, 208), (214, 204, 188), (168, 184, 186), (190, 198, 182), (208, 186, 170),
        (120, 138, 148), (96, 112, 104), (222, 214, 196), (150, 126, 118),
    )
]  # fmt: skip
WOODS = [linear(*c) for c in ((122, 84, 54), (164, 122, 82), (86, 60, 44), (196, 164, 124), (60, 48, 42))]
FABRICS = [
    linear(*c)
    for c in (
        (74, 90, 112),
        (140, 128, 114),
        (104, 114, 94),
        (152, 92, 74),
        (66, 68, 74),
        (186, 176, 160),
        (52, 82, 84),
    )
]
SPINES = [
    linear(*c)
    for c in (
        (150, 54, 44), (44, 72, 110), (206, 190, 150), (52, 90, 70), (214, 208, 200), (60, 54, 52), (190, 130, 52),
        (120, 110, 100), (96, 44, 66), (222, 218, 210),
    )
]  # fmt: skip
WHITE, BLACK = linear(232, 230, 224), linear(34, 34, 36)
DAYLIGHT, LAMPLIGHT = np.array([0.95, 1.0, 1.06]), np.array([1.3, 0.95, 0.58])


def pick(rng: np.random.Generator, swatches: list[np.ndarray]) -> Float[np.ndarray, "3"]:
    """One of them, a little different each time."""
    return swatches[int(rng.integers(len(swatches)))] * rng.uniform(0.8, 1.1) * rng.uniform(0.93, 1.07, 3)


class Grain:
    """A tile of noise whose amplitude falls as 1 / frequency, which is how most surfaces vary; unit variance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._size = 256
        fy, fx = np.fft.fftfreq(self._size)[:, None], np.fft.rfftfreq(self._size)[None, :]
        fall = 1 / np.maximum(np.hypot(fy, fx), 1 / self._size)
        fall[0, 0] = 0
        tile = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((self._size, self._size))) * fall)
        self._tile = (tile / tile.std()).astype(np.float32)

    def at(self, u: np.ndarray, v: np.ndarray, period_m: float) -> Float32[np.ndarray, " num_points"]:
        """Value at a place; the tile repeats after `period_m`."""
        step = self._size / period_m
        return self._tile[(v * step).astype(np.int64) % self._size, (u * step).astype(np.int64) % self._size]


def _across(points: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two coordinates along a face: (horizontal, vertical or away)."""
    axis = np.abs(normals).argmax(axis=1)
    return np.where(axis == 0, points[:, 2], points[:, 0]), np.where(axis == 1, points[:, 2], points[:, 1])


def plain(grain: Grain, color: np.ndarray, *, strength: float = 0.05, period_m: float = 2.0) -> Shade:
    """One colour, a little blotchy."""

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        return color * (1 + strength * grain.at(u + 7, v + 3, period_m).clip(-2.5, 2.5))[:, None]

    return shade


def wood(grain: Grain, color: np.ndarray, *, planks_m: float = 0.0) -> Shade:
    """Grain along the first coordinate; planks of this width where it is not 0."""

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        tone = 1 + 0.16 * grain.at(u * 0.15, v * 2.0, 1.3).clip(-2.5, 2.5)
        if planks_m > 0:
            row = np.floor(v / planks_m)
            tone *= 0.86 + 0.28 * np.modf(np.abs(np.sin(row * 12.9898)) * 437.5)[0]
            tone *= np.where(np.modf(np.abs(v) / planks_m)[0] < 0.04, 0.5, 1.0)
        return color * tone[:, None]

    return shade


def bricks(
    grain: Grain, color: np.ndarray, *, long_m: float = 0.24, high_m: float = 0.08, joint: float = 0.12
) -> Shade:
    """Courses of bricks, or tiles where they are square: every other row is set off by half a brick if they are not."""

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        row = np.floor(v / high_m)
        along = u / long_m + (0.5 * (row % 2) if long_m > 1.5 * high_m else 0.0)
        tone = 0.75 + 0.5 * np.modf(np.abs(np.sin(np.floor(along) * 12.9898 + row * 78.233)) * 437.5)[0]
        tone = 1 + (tone - 1) * (1.0 if long_m > 1.5 * high_m else 0.12) + 0.06 * grain.at(u, v, 0.9)
        edge = joint * high_m
        mortar = ((v - row * high_m) < edge) | ((along - np.floor(along)) * long_m < edge)
        gray = color.mean() * (0.8 if color.mean() > 0.4 else 1.8)
        return np.where(mortar[:, None], gray * np.ones(3), color * tone[:, None].clip(0.3, 2))

    return shade


def folds(grain: Grain, color: np.ndarray, *, per_metre: float) -> Shade:
    """A curtain: soft pleats."""

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        wave = np.sin(2 * np.pi * per_metre * u + 0.8 * grain.at(u, v * 0.04, 2.3).clip(-2, 2))
        return color * (0.72 + 0.26 * wave)[:, None]

    return shade


def books(rng: np.random.Generator, grain: Grain, length_m: float, half_height_m: float) -> Shade:
    """A row of spines, some leaning back into the dark, with gaps; bottles or files look alike out of focus."""
    widths = rng.uniform(0.014, 0.05, int(length_m / 0.02) + 4)
    edges = np.cumsum(widths) - length_m / 2 - 0.05
    colors = np.array([pick(rng, SPINES) * rng.uniform(0.5, 1.0) for _ in range(len(edges) + 1)])
    tops = rng.uniform(0.35, 0.95, len(edges) + 1) * 2 * half_height_m - half_height_m
    empty = rng.random(len(edges) + 1) < 0.1

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        book = np.searchsorted(edges, u)
        gap = empty[book] | (v > tops[book])
        band = 1 + 0.5 * ((v > -0.2 * half_height_m) & (v < 0.1 * half_height_m)) * (book % 3 == 0)
        rounded = 1 - 0.35 * np.abs(np.sin(u * 90))
        return np.where(gap[:, None], 0.025, colors[book] * (band * rounded)[:, None])

    return shade


def picture(rng: np.random.Generator, grain: Grain, half_w: float, half_h: float) -> Shade:
    """A framed print: frame, mount, and something painted in two or three tones."""
    frame = pick(rng, [*WOODS, BLACK, WHITE])
    tones = np.array([pick(rng, [*SPINES, *PAINTS]) for _ in range(3)])
    offset, border, mount = rng.uniform(0, 9, 2), 0.02, rng.uniform(0.0, 0.09)

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        inside = np.minimum(half_w - np.abs(u), half_h - np.abs(v))
        drawn = grain.at(u + offset[0], v + offset[1], 1.1) + 1.5 * v / half_h
        paint = tones[np.digitize(drawn, (-0.5, 0.6))]
        paint = np.where((inside < border + mount)[:, None], WHITE * 0.9, paint)
        return np.where((inside < border)[:, None], frame, paint)

    return shade


def outside(rng: np.random.Generator, grain: Grain, half_w: float, half_h: float) -> tuple[Shade, np.ndarray]:
    """What a window shows: sky over trees or houses; and its mean radiance. Divided by SHINE."""
    sky = DAYLIGHT * rng.uniform(1.7, 3.4) * np.array([0.9, 1.0, 1.12])
    ground = (
        rng.choice([0.25, 0.45]) * np.array([[0.5, 0.62, 0.34], [0.62, 0.56, 0.5], [0.5, 0.5, 0.55]])[rng.integers(3)]
    )
    horizon, offset = rng.uniform(-0.7, 0.2) * half_h, rng.uniform(0, 9, 2)

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        noise = grain.at(u + offset[0], v + offset[1], 2.5)
        skyline = horizon + 0.16 * half_h * grain.at(u + offset[1], 0 * v, 6.0)
        below = np.clip((skyline - v) / (0.08 * half_h) + 0.8 * noise, 0, 1)[:, None]
        land = ground * sky.mean() * (1 + 0.35 * noise.clip(-2, 2))[:, None]
        return (sky * (1 - below) + land * below) / SHINE

    return shade, sky * 0.7 + ground * sky.mean() * 0.3


def facade(rng: np.random.Generator, grain: Grain, color: np.ndarray, *, lit: float) -> Shade:
    """A house: rows of windows, sills, and some with light in them."""
    wide, high, salt = rng.uniform(1.3, 2.2), rng.uniform(2.6, 3.2), rng.uniform(0, 50)

    def shade(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        u, v = _across(points, normals)
        column, row = np.floor(u / wide), np.floor(v / high)
        a, b = u / wide - column, v / high - row
        pane = (np.abs(a - 0.5) < 0.27) & (np.abs(b - 0.5) < 0.3)
        frame = (np.abs(a - 0.5) < 0.33) & (np.abs(b - 0.5) < 0.34)
        chance = np.modf(np.abs(np.sin(column * 12.9898 + row * 78.233 + salt)) * 43758.5453)[0]
        glass = np.where((chance < lit)[:, None], LAMPLIGHT * 1.2, linear(70, 84, 96) * (0.5 + chance)[:, None])
        wall = color * (1 + 0.08 * grain.at(u, v, 5.0).clip(-2, 2))[:, None]
        return np.where(pane[:, None], glass, np.where(frame[:, None], WHITE * 0.8, wall))

    return shade
