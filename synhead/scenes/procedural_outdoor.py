"""Flat outdoor subjects: each paints a canvas and returns its defocus."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.scenes.procedural_canvas import Canvas, linear

FACADES = [
    linear(*c)
    for c in ((176, 150, 124), (146, 92, 76), (190, 184, 174), (128, 130, 136), (206, 188, 150), (110, 96, 88))
]
ASPHALT, GRASS, BARK = linear(92, 92, 96), linear(104, 130, 62), linear(70, 58, 48)
LAMP_COLORS = [
    np.array(c) for c in ((1.3, 0.8, 0.35), (1.1, 1.0, 0.85), (1.4, 0.25, 0.15), (0.5, 0.8, 1.4), (0.4, 1.1, 0.6))
]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Perspective:
    """A straight passage seen along its axis, one unit to each side of the eye: `depth` and `rise` at every pixel."""

    depth: Float[np.ndarray, "height width"]
    rise: Float[np.ndarray, "height width"]
    side: Float[np.ndarray, "height width"]
    is_ground: np.ndarray


def _perspective(canvas: Canvas, rng: np.random.Generator, *, eye_share: float, half_width: float) -> _Perspective:
    """Depth along the passage, height above the eye and offset to the side, for its walls and its ground."""
    dx = (canvas.x - rng.uniform(0.3, 0.7) * canvas.aspect) + 0 * canvas.y
    dy = (canvas.y - rng.uniform(0.42, 0.56)) + 0 * canvas.x
    to_wall = half_width / np.maximum(np.abs(dx), 1e-3)
    to_ground = np.where(dy > 1e-3, eye_share / np.maximum(dy, 1e-3), np.inf)
    depth = np.minimum(np.minimum(to_wall, to_ground), 60.0)
    return _Perspective(depth=depth, rise=-dy * depth, side=dx * depth, is_ground=to_ground < to_wall)


def _hash(index: Float[np.ndarray, "*shape"], salt: float) -> Float[np.ndarray, "*shape"]:
    """A number in [0, 1) for every integer, so that blocks along a wall differ."""
    return np.modf(np.abs(np.sin(index * 12.9898 + salt) * 43758.5453))[0]


def _facades(canvas: Canvas, rng: np.random.Generator, view: _Perspective, lit: float) -> np.ndarray:
    """Paints the houses of a street; returns where they are. `lit`: share of windows with light in them."""
    block = np.floor(np.log(view.depth + 0.3) * 2.2) + 31 * np.sign(view.side)
    salt = rng.uniform(0, 99)
    roof = 0.5 + 1.5 * _hash(block, salt)
    house = ~view.is_ground & (view.rise < roof)
    swatch = np.array(FACADES)[(_hash(block, salt + 1) * len(FACADES)).astype(int)]
    sunny = np.where(view.side > 0, rng.uniform(0.3, 1.0), rng.uniform(0.3, 1.0))
    canvas.paint(house * 1.0, swatch * (sunny * (0.85 + 0.15 * view.rise.clip(-1, 1)))[..., None])
    across, up = np.modf(np.abs(view.depth) * 3.1)[0], np.modf((view.rise + 4) * 3.3)[0]
    pane = house & (across > 0.3) & (across < 0.72) & (up > 0.3) & (up < 0.78) & (view.rise > -0.1)
    cell = np.floor(view.depth * 3.1) * 7 + np.floor((view.rise + 4) * 3.3) * 131 + 17 * np.sign(view.side)
    glass = np.where(
        (_hash(cell, salt + 2) < lit)[..., None], np.array([1.9, 1.3, 0.6]), linear(84, 94, 104) * sunny[..., None]
    )
    canvas.paint(pane * 1.0, glass)
    shop = house & (view.rise < -0.1) & (across > 0.12) & (across < 0.88)
    canvas.paint(shop * 0.8, (swatch * 0.4 + 0.06) * sunny[..., None])
    return house


def _cars(canvas: Canvas, rng: np.random.Generator, count: int, *, lights: bool) -> None:
    for _ in range(count):
        size = rng.uniform(0.05, 0.16)
        x, y = rng.uniform(0, canvas.aspect), 0.55 + size * 1.6
        paint = linear(*rng.choice([[150, 30, 30], [210, 212, 214], [40, 46, 56], [60, 84, 120], [120, 122, 124]]))
        dim = 0.15 if lights else 0.7
        canvas.ellipse(x, y + size * 0.35, size * 1.2, size * 0.2, linear(40, 40, 42) * dim)
        canvas.ellipse(x, y - size * 0.2, size * 0.72, size * 0.5, paint * dim * 0.9, shade=0.3, power=4)
        canvas.ellipse(x, y - size * 0.28, size * 0.6, size * 0.3, linear(70, 82, 92) * dim, shade=0.4, power=4)
        canvas.ellipse(x, y + size * 0.1, size, size * 0.3, paint * dim, shade=0.6, power=4)
        if lights:
            color = LAMP_COLORS[2] * 6 if rng.random() < 0.5 else LAMP_COLORS[1] * 14
            for offset in (-0.8, 0.8):
                canvas.ellipse(x + offset * size, y, 0.012, 0.012, color)
        else:
            canvas.rect(x - size * 0.5, y - size * 0.55, x - size * 0.2, y - size * 0.48, np.array([5.0, 5.0, 4.8]))


def _sky(canvas: Canvas, rng: np.random.Generator) -> None:
    """Clear, hazy or evening sky with soft clouds."""
    top, low = (
        (linear(96, 140, 200), linear(200, 216, 230)),
        (linear(176, 186, 196), linear(224, 226, 226)),
        (linear(120, 130, 172), linear(246, 200, 150)),
    )[int(rng.integers(3))]
    canvas.fill_vertical(top * 1.3, low * 1.6)
    cover = canvas.clouds(rng, 0.16, stretch=2.5) * 0.5 + rng.uniform(-0.2, 0.4)
    canvas.paint(np.clip(cover, 0, 0.85), np.array([1.25, 1.25, 1.27]))


def night_street(canvas: Canvas, rng: np.random.Generator) -> float:
    """A street at night: lit windows, lamps, traffic and signs as discs of light."""
    canvas.fill_vertical(linear(20, 24, 40), linear(52, 44, 50))
    view = _perspective(canvas, rng, eye_share=0.22, half_width=rng.uniform(0.3, 0.5))
    house = _facades(canvas, rng, view, 0.22)
    canvas.paint(house * 0.9 * (canvas.rgb.max(axis=-1) < 1), canvas.rgb * np.array([0.06, 0.06, 0.09]))
    canvas.paint(view.is_ground * 1.0, ASPHALT * 0.12)
    for _ in range(int(rng.integers(14, 34))):
        x, y = rng.uniform(0, canvas.aspect), np.clip(rng.normal(0.42, 0.16), 0, 0.75)
        color = LAMP_COLORS[int(rng.choice(5, p=(0.42, 0.3, 0.1, 0.12, 0.06)))]
        radius = rng.uniform(0.004, 0.011)
        canvas.ellipse(
            x, y, max(radius, 0.7 / canvas.height), max(radius, 0.7 / canvas.height), color * rng.uniform(10, 50)
        )
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, canvas.aspect), rng.uniform(0.3, 0.5)
        canvas.rect(x, y, x + rng.uniform(0.05, 0.14), y + 0.04, LAMP_COLORS[int(rng.integers(5))] * 1.8)
    _cars(canvas, rng, int(rng.integers(2, 5)), lights=True)
    below = canvas.y > 0.6
    reflection = canvas.rgb[::-1] * np.array([0.1, 0.09, 0.09])
    canvas.rgb += np.minimum(reflection, 0.5) * below[..., None]
    return rng.uniform(0.026, 0.05)


def park(canvas: Canvas, rng: np.random.Generator) -> float:
    """Trees against the light, trunks, a lawn with patches of sun."""
    a, season = canvas.aspect, rng.choice([0, 0, 0, 1])
    _sky(canvas, rng)
    leaf_dark, leaf_light = (
        (linear(34, 56, 28), linear(136, 160, 66)),
        (linear(86, 48, 24), linear(214, 150, 60)),
    )[int(season)]
    horizon = rng.uniform(0.55, 0.72)
    coarse, fine = canvas.clouds(rng, 0.28), canvas.clouds(rng, 0.035, octaves=2)
    density = 1.2 * coarse + 0.9 * fine + rng.uniform(0.3, 1.1) + 1.2 * (canvas.y - 0.3)
    tint = np.clip(0.4 + 0.25 * fine - 0.25 * coarse, 0, 1)[..., None]
    foliage = leaf_dark * 0.6 * (1 - tint) + leaf_light * tint * 0.9
    canvas.paint(np.clip(density * 3, 0, 1) * (canvas.y < horizon + 0.02), foliage)
    bright = (fine > 2.0) & (canvas.y < horizon) & (coarse < 0.8)
    canvas.paint(bright * 1.0, np.array([3.4, 3.5, 2.9]))
    patches = np.clip(canvas.clouds(rng, 0.06, stretch=5) * 0.8 + 0.3, 0, 1)[..., None]
    lawn = GRASS * (0.22 * (1 - patches) + 0.95 * patches) * (leaf_light / leaf_light[1] * 0.3 + 0.7)
    canvas.paint(np.clip((canvas.y - horizon) * 40, 0, 1) + 0 * canvas.x, lawn)
    if rng.random() < 0.5:
        x = rng.uniform(0.2, 0.8) * a
        path = [(x - 0.02, horizon), (x + 0.03, horizon), (x + 0.45, 1.01), (x - 0.3, 1.01)]
        canvas.polygon(path, linear(188, 172, 146) * rng.uniform(0.5, 0.9))
    for _ in range(int(rng.integers(1, 5))):
        x, w = rng.uniform(0, a), rng.uniform(0.012, 0.05)
        canvas.rect(x - w, -0.1, x + w, horizon + w, BARK * rng.uniform(0.2, 0.7))
        canvas.rect(x - w, -0.1, x - w * 0.4, horizon + w, BARK * rng.uniform(0.8, 1.6))
    return rng.uniform(0.016, 0.036)


def hills(canvas: Canvas, rng: np.random.Generator) -> float:
    """Ridges that pale with distance, a meadow in front."""
    _sky(canvas, rng)
    haze = canvas.rgb[canvas.height // 2].mean(axis=0) * 0.8
    near = linear(*rng.choice([[66, 88, 46], [110, 96, 60], [54, 74, 60]])) * 0.8
    count = int(rng.integers(3, 6))
    for index in range(count):
        share = index / (count - 1)
        profile = canvas.clouds(rng, 0.3, octaves=4, stretch=1.5)[:1]
        ridge = 0.4 + 0.32 * share + 0.035 * (1 - 0.5 * share) * profile
        rough = 1 + (0.04 + 0.2 * share) * canvas.clouds(rng, 0.05, octaves=2, stretch=2)[..., None]
        color = (haze * max(0.95 - share, 0.0) ** 0.8 + near * share) * rough.clip(0.3, 2)
        canvas.paint(np.clip((canvas.y - ridge) * 80, 0, 1), color)
    meadow = np.clip(canvas.clouds(rng, 0.05, stretch=4) * 0.3 + 0.8, 0.2, 1.6)[..., None]
    canvas.paint(np.clip((canvas.y - rng.uniform(0.74, 0.85)) * 30, 0, 1) + 0 * canvas.x, GRASS * meadow)
    return rng.uniform(0.016, 0.032)


def shore(canvas: Canvas, rng: np.random.Generator) -> float:
    """Sky, sea with glints, sand."""
    _sky(canvas, rng)
    horizon, beach = rng.uniform(0.38, 0.52), rng.uniform(0.7, 0.85)
    sky = canvas.rgb.mean(axis=(0, 1))
    deep = sky * linear(90, 150, 170) * 1.4
    depth = np.clip((canvas.y - horizon) / (beach - horizon), 0, 1)
    waves = canvas.clouds(rng, 0.02, stretch=7) * (0.1 + 0.2 * depth)
    water = deep * (1 - 0.4 * depth[..., None]) * (1 + waves[..., None]).clip(0.3, 2) + 0.2 * sky
    if rng.random() < 0.6:
        slope = np.abs(canvas.x / canvas.aspect - rng.choice([0.0, 1.0]))
        headland = horizon - 0.1 * (0.75 - slope) + 0.014 * canvas.clouds(rng, 0.12)[:1]
        canvas.paint(np.clip((canvas.y - headland) * 60, 0, 1), sky * linear(110, 124, 116) * 0.9)
    canvas.paint((canvas.y > horizon) * (1.0 + 0 * canvas.x), water)
    sun = rng.uniform(0, canvas.aspect)
    sparkle = canvas.clouds(rng, 0.014, octaves=1, stretch=2.5) > 1.35
    glint = sparkle & (np.abs(canvas.x - sun) < 0.08 + 0.25 * depth) & (canvas.y > horizon)
    canvas.paint(glint * 1.0, np.array([4.0, 3.8, 3.3]))
    edge = beach + 0.012 * canvas.clouds(rng, 0.3)[:1]
    sand = linear(206, 184, 146) * (0.75 + 0.08 * canvas.clouds(rng, 0.05, stretch=2))[..., None]
    canvas.paint(np.clip((canvas.y - edge + 0.02) * 50, 0, 1) * 0.8, np.array([0.95, 0.97, 0.98]))
    canvas.paint(np.clip((canvas.y - edge) * 50, 0, 1), sand)
    return rng.uniform(0.016, 0.032)
