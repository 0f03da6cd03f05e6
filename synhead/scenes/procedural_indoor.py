"""Flat indoor subjects: each paints one room on a canvas and returns the defocus it wants."""

import numpy as np

from synhead.scenes.procedural_canvas import Canvas, Rgb, linear

WALLS = [linear(*c) for c in ((214, 208, 196), (196, 202, 204), (222, 216, 208), (176, 186, 178), (202, 186, 164))]
WOODS = [linear(*c) for c in ((120, 84, 54), (160, 122, 84), (84, 60, 44), (186, 156, 118))]
FABRICS = [linear(*c) for c in ((70, 84, 104), (136, 120, 104), (104, 112, 92), (150, 84, 66), (58, 60, 66))]
SPINES = [
    linear(*c)
    for c in (
        (150, 54, 44),
        (44, 72, 110),
        (206, 190, 150),
        (52, 90, 70),
        (214, 208, 200),
        (70, 60, 58),
        (190, 130, 52),
    )
]
LEAVES = linear(62, 104, 52)
DAYLIGHT, TUNGSTEN = np.array([0.92, 1.0, 1.1]), np.array([1.25, 0.95, 0.6])


def _pick(rng: np.random.Generator, swatches: list) -> np.ndarray:
    return swatches[int(rng.integers(len(swatches)))] * rng.uniform(0.8, 1.15, 3).clip(0.85, 1.1)


def _wall(canvas: Canvas, rng: np.random.Generator, color: Rgb, light_x: float) -> None:
    """A wall lit from the side where `light_x` lies, with the blotches of indirect light."""
    fall = 0.35 + 0.8 / (1 + ((canvas.x - light_x) / 0.9) ** 2 + 0.5 * (canvas.y - 0.35) ** 2)
    canvas.rgb[:] = np.asarray(color) * (0.62 * fall * (1 + 0.07 * canvas.clouds(rng, 0.5, octaves=2)))[..., None]


def _window(canvas: Canvas, rng: np.random.Generator, x0: float, y0: float, x1: float, y1: float) -> None:
    """A bright window: sky above, something green or grey below, a frame and bars."""
    frame = linear(226, 224, 218) * 0.5
    canvas.rect(x0 - 0.025, y0 - 0.025, x1 + 0.025, y1 + 0.03, frame)
    rows, columns = canvas.span(x0, y0, x1, y1)
    height = np.clip((canvas.y[rows] - y0) / (y1 - y0), 0, 1)
    outside = LEAVES * 2.2 if rng.random() < 0.6 else linear(150, 146, 140) * 1.5
    hedge = np.clip((height - rng.uniform(0.45, 0.75) + 0.12 * canvas.clouds(rng, 0.12)[rows, columns]) * 9, 0, 1)
    sky = DAYLIGHT * rng.uniform(2.2, 4.0)
    canvas.rgb[rows, columns] = sky + hedge[..., None] * (outside * (0.8 + 0.4 * rng.random()) - sky)
    for share in np.arange(1, (bars := int(rng.integers(1, 4))) + 1) / (bars + 1):
        middle = x0 + share * (x1 - x0)
        canvas.rect(middle - 0.011, y0, middle + 0.011, y1, frame)
    if rng.random() < 0.6:
        cross = y0 + rng.uniform(0.3, 0.6) * (y1 - y0)
        canvas.rect(x0, cross - 0.01, x1, cross + 0.01, frame)


def _plant(canvas: Canvas, rng: np.random.Generator, cx: float, cy: float, size: float) -> None:
    """A pot plant: a pot and leaves that thin out away from the middle."""
    canvas.rect(cx - size * 0.3, cy + size * 0.55, cx + size * 0.3, cy + size * 1.2, linear(176, 150, 128) * 0.45)
    distance = np.hypot((canvas.x - cx) / size, (canvas.y - cy) / size)
    leaf = canvas.clouds(rng, size * 0.35)
    share = np.clip((1.0 - distance + 0.25 * leaf) * 4, 0, 1) * (distance < 1.5)
    canvas.paint(share, LEAVES * np.clip(0.4 + 0.35 * leaf, 0.06, 2)[..., None])


def cafe(canvas: Canvas, rng: np.random.Generator) -> float:
    """Dark wood, bottles on lit shelves, pendant lamps, tables and chairs, a window at one side. Nobody sits there."""
    a = canvas.aspect
    canvas.fill_vertical(_pick(rng, WOODS) * 0.1, _pick(rng, WOODS) * 0.22)
    canvas.rgb *= (1 + 0.25 * canvas.clouds(rng, 0.3))[..., None].clip(0.3, 2)
    if rng.random() < 0.7:
        x0 = rng.choice([-0.2, a - 0.35])
        _window(canvas, rng, x0, 0.05, x0 + 0.55, 0.7)
    for floor in (0.3, 0.46):
        x0, x1 = 0.2 * a, rng.uniform(0.6, 1.0) * a
        canvas.rect(x0, floor - 0.13, x1, floor, TUNGSTEN * 0.22)
        for x in np.arange(x0 + 0.02, x1, rng.uniform(0.04, 0.06)):
            h = rng.uniform(0.06, 0.11)
            canvas.rect(x, floor - h, x + 0.024, floor, _pick(rng, SPINES) * rng.uniform(0.1, 0.7))
            if rng.random() < 0.35:
                canvas.rect(x, floor - h, x + 0.007, floor - h + 0.014, TUNGSTEN * 6)
        canvas.rect(x0, floor, x1, floor + 0.014, _pick(rng, WOODS) * 0.6)
    canvas.rect(0, rng.uniform(0.74, 0.84), a, 1, _pick(rng, WOODS) * 0.35, shade=0.5)
    for _ in range(int(rng.integers(2, 5))):
        cx, top, half = rng.uniform(0, a), rng.uniform(0.6, 0.72), rng.uniform(0.07, 0.12)
        wood = _pick(rng, WOODS) * rng.uniform(0.12, 0.4)
        canvas.ellipse(cx, top + 0.05, half, 0.06, wood, shade=0.5, power=4)
        for side in (-0.8, 0.8):
            canvas.rect(cx + side * half - 0.01, top + 0.05, cx + side * half + 0.01, 1, wood * 0.8)
        canvas.rect(cx - half, top + 0.22, cx + half, top + 0.26, wood * 1.3)
        table = cx + rng.choice([-2.3, 2.3]) * half
        canvas.ellipse(table, top + 0.1, half * 1.5, 0.022, wood * 2.5)
        canvas.rect(table - 0.012, top + 0.11, table + 0.012, 1, wood * 0.6)
        canvas.ellipse(table, top + 0.075, 0.014, 0.022, TUNGSTEN * rng.uniform(0.5, 5))
    for x in np.arange(rng.uniform(0.05, 0.25), a, rng.uniform(0.26, 0.4)):
        y, size = rng.uniform(0.08, 0.2), rng.uniform(0.018, 0.035)
        canvas.glow(x, y, 0.16, TUNGSTEN * 1.3)
        canvas.rect(x - 0.003, 0, x + 0.003, y, linear(30, 26, 24))
        canvas.ellipse(x, y, size, size, TUNGSTEN * 9)
    return rng.uniform(0.022, 0.042)


def curtained_window(canvas: Canvas, rng: np.random.Generator) -> float:
    """A window behind sheer curtains, heavy ones at its sides, a sill with a few things."""
    a = canvas.aspect
    _wall(canvas, rng, _pick(rng, WALLS), a / 2)
    canvas.rgb *= 0.5
    x0, x1 = rng.uniform(0.02, 0.2) * a, rng.uniform(0.75, 0.98) * a
    sill = rng.uniform(0.72, 0.86)
    _window(canvas, rng, x0, -0.1, x1, sill)
    u = canvas.x - x0
    folds = sum(np.sin(2 * np.pi * (f * u + p)) / k for k, (f, p) in enumerate(rng.uniform((4, 0), (15, 1), (4, 2)), 1))
    inside = (canvas.x > x0) & (canvas.x < x1) & (canvas.y < sill)
    sheer = inside * rng.uniform(0.35, 0.75) * (1 + 0 * canvas.y)
    canvas.paint(sheer, (DAYLIGHT * 1.5) * (1 + 0.22 * folds + 0 * canvas.y)[..., None])
    cloth = _pick(rng, FABRICS + WALLS) * 0.5
    wide = rng.uniform(0.1, 0.26)
    heavy = ((np.abs(canvas.x - x0) < wide) | (np.abs(canvas.x - x1) < wide)) & (canvas.y < 0.97)
    pleats = 0.55 + 0.35 * np.sin(2 * np.pi * u * rng.uniform(9, 16) + 1.5 * np.sin(9 * u))
    canvas.paint(heavy * 1.0, cloth * (pleats + 0 * canvas.y)[..., None])
    canvas.rect(x0 - 0.03, sill, x1 + 0.03, sill + 0.03, linear(230, 226, 220) * 0.8)
    for x in rng.uniform(x0, x1, 2):
        _plant(canvas, rng, x, sill - 0.12, rng.uniform(0.07, 0.11))
    canvas.glow(a / 2, 0.4, 0.5, DAYLIGHT * 0.4)
    return rng.uniform(0.016, 0.03)


def studio(canvas: Canvas, rng: np.random.Generator) -> float:
    """A photographer's backdrop: mottled cloth or paper, lit by a spot behind the sitter."""
    color = _pick(rng, [*FABRICS, *WALLS, linear(120, 122, 126), linear(60, 62, 68)])
    cx, cy, spread = rng.uniform(0.3, 0.7) * canvas.aspect, rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.8)
    spot = 0.25 + rng.uniform(0.5, 1.1) / (1 + (((canvas.x - cx) ** 2 + (canvas.y - cy) ** 2) / spread**2)) ** 1.5
    mottled = 1 + rng.uniform(0.04, 0.16) * canvas.clouds(rng, 0.35, octaves=6)
    other = _pick(rng, WALLS + FABRICS)
    share = np.clip(0.25 * canvas.clouds(rng, 0.5, octaves=5), 0, 0.3)[..., None]
    canvas.rgb[:] = (color * (1 - share) + other * share) * (spot * mottled)[..., None].clip(0.02, 3)
    return rng.uniform(0.008, 0.02)
