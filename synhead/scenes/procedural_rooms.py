"""Rooms and streets built of boxes and traced: the backgrounds with true perspective, shadows and light falloff.

Each painter fills a canvas (light and depth) and returns the radius of the defocus as a share of the height.
"""

import numpy as np

from synhead.scenes.procedural_canvas import Canvas, linear
from synhead.scenes.room import SHINE, Room, Shade
from synhead.scenes.room_furniture import Furnisher
from synhead.scenes.room_materials import (
    BLACK,
    DAYLIGHT,
    LAMPLIGHT,
    PAINTS,
    SPINES,
    WHITE,
    WOODS,
    Grain,
    books,
    bricks,
    folds,
    pick,
    plain,
    wood,
)
from synhead.scenes.room_tracer import trace_room

SHARP, SOFT = (0.006, 0.011), (0.011, 0.024)
"""Blur of a webcam or phone, and of a lens opened wide, as shares of the height."""


def _furnished(
    rng: np.random.Generator, *, width: float, depth: float, height: float = 2.6, back: Shade | None = None
) -> Furnisher:
    grain = Grain(rng)
    paint = pick(rng, PAINTS)
    walls = plain(grain, paint, strength=0.025, period_m=4.0)
    accent = back or (walls if rng.random() < 0.6 else plain(grain, pick(rng, PAINTS), strength=0.03, period_m=4.0))
    floor = (
        wood(grain, pick(rng, WOODS), planks_m=0.14) if rng.random() < 0.6 else plain(grain, pick(rng, PAINTS) * 0.5)
    )
    ceiling = plain(grain, WHITE * 0.95, strength=0.01)
    shift = rng.uniform(-0.2, 0.2) * width
    room = Room(
        low=(-width / 2 + shift, 0.0, -1.4),
        high=(width / 2 + shift, height, depth),
        sides=[walls, walls, floor, ceiling, walls, accent],
        ambient=paint * rng.uniform(0.06, 0.14),
    )
    make = Furnisher(room, rng, grain)
    make.box((room.low[0], room.high[0]), (0, 0.09), (depth - 0.015, depth), WHITE * 0.85, casts=False)
    for x in (room.low[0], room.high[0]):
        make.box((x - 0.015, x + 0.015), (0, 0.09), (-1.4, depth), WHITE * 0.85, casts=False)
    return make


def _photograph(
    canvas: Canvas, make: Furnisher, rng: np.random.Generator, blur: tuple[float, float], *, yaw: float = 0.3
) -> float:
    """Trace the room from where somebody films a person; returns the blur."""
    traced = trace_room(
        make.room,
        rng,
        height=canvas.height,
        width=canvas.width,
        eye=(0.0, rng.uniform(1.1, 1.55), 0.0),
        yaw_rad=rng.uniform(-yaw, yaw),
        pitch_rad=rng.uniform(-0.06, 0.05),
        vertical_fov_rad=np.radians(rng.uniform(38, 54)),
    )
    canvas.rgb, canvas.depth_m = traced.light, traced.depth_m
    return float(rng.uniform(*(SHARP if rng.random() < 0.35 else blur)))


def _side_window(make: Furnisher, rng: np.random.Generator, *, curtains: bool = True) -> None:
    depth = make.room.high[2]
    start = rng.uniform(0.2, 0.45) * depth
    y = (rng.uniform(0.5, 0.95), rng.uniform(2.05, 2.3))
    wall, stop = str(rng.choice(["left", "right"])), start + rng.uniform(1.1, 1.7)
    make.window(wall, (start, stop), y, curtains=curtains and rng.random() < 0.7)


def sitting_room(canvas: Canvas, rng: np.random.Generator) -> float:
    """Sofa, pictures, bookcase, floor lamp, plant, a window at a side."""
    make = _furnished(rng, width=rng.uniform(4.2, 5.6), depth=rng.uniform(2.6, 4.2))
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    sofa = rng.uniform(1.7, 2.3)
    left = rng.uniform(x0 + 0.3, x1 - sofa - 0.3)
    make.sofa(left, z - 0.05, width=sofa)
    make.prints((left, left + sofa), (1.2, 1.95), z, int(rng.integers(1, 4)))
    free_left = left - x0 > x1 - left - sofa
    corner = x0 + 0.15 if free_left else x1 - 1.0
    make.bookcase(corner, z - 0.01, width=0.8, height=rng.uniform(1.6, 2.1), shelves=int(rng.integers(4, 6)))
    make.floor_lamp(left - 0.35 if not free_left else left + sofa + 0.35, z - 0.4)
    make.plant(rng.uniform(x0 + 0.3, x1 - 0.3), z - rng.uniform(0.5, 1.0), height=rng.uniform(0.8, 1.4))
    table = make.wooden()
    make.box((left + 0.3, left + sofa - 0.3), (0.36, 0.41), (z - 1.7, z - 1.15), table)
    for x in (left + 0.34, left + sofa - 0.38):
        make.box((x, x + 0.05), (0, 0.36), (z - 1.68, z - 1.2), table)
    _side_window(make, rng)
    make.fill_light(rng.uniform(0.6, 1.6))
    return _photograph(canvas, make, rng, SOFT)


def study(canvas: Canvas, rng: np.random.Generator) -> float:
    """Bookcases along the wall, a desk, a picture, a window."""
    make = _furnished(rng, width=rng.uniform(3.4, 4.8), depth=rng.uniform(2.2, 3.4))
    (x0, _, _), (x1, top, z) = make.room.low, make.room.high
    x = x0 + rng.uniform(0.05, 0.4)
    count = int(rng.integers(2, 5))
    height, shelves, wide = rng.uniform(1.9, top - 0.1), int(rng.integers(5, 7)), rng.uniform(0.75, 1.05)
    for _ in range(count):
        if x + wide < x1:
            make.bookcase(x, z - 0.01, width=wide, height=height, shelves=shelves)
            x += wide + (0.0 if rng.random() < 0.7 else 0.25)
    if x + 0.6 < x1:
        make.prints((x + 0.1, x1 - 0.1), (1.2, 1.9), z, 1)
        make.plant(x + 0.4, z - 0.35, height=rng.uniform(0.9, 1.6))
    make.desk(rng.uniform(x0 + 0.2, x1 - 1.6), z - 0.6, width=1.4, screens=int(rng.integers(0, 2)))
    if rng.random() < 0.5:
        make.floor_lamp(rng.uniform(x0 + 0.3, x1 - 0.3), z - 0.75)
    _side_window(make, rng)
    make.fill_light(rng.uniform(0.5, 1.5))
    return _photograph(canvas, make, rng, SOFT)


def open_office(canvas: Canvas, rng: np.random.Generator) -> float:
    """Rows of desks with monitors under ceiling panels, windows along one wall."""
    make = _furnished(rng, width=rng.uniform(6, 9), depth=rng.uniform(5, 8), height=2.8)
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    for row in np.arange(3.0, z - 0.3, rng.uniform(1.7, 2.2)):
        for x in np.arange(x0 + 0.6, x1 - 1.9, 2.3):
            if rng.random() < 0.8:
                make.desk(x, row + 0.3, width=1.6, screens=int(rng.integers(1, 3)))
    for x in np.arange(x0 + 1.0, x1 - 0.5, 2.0):
        for depth in np.arange(1.5, z, 2.4):
            # Only the panels near by light by themselves; the others are seen.
            if len(make.room.rects) < 4:
                make.ceiling_panel((x, x + 0.6), (depth, depth + 1.1), DAYLIGHT * 3.0)
            else:
                make.box((x, x + 0.6), (2.78, 2.8), (depth, depth + 1.1), DAYLIGHT * 0.3, casts=False, emission=SHINE)
    wall = str(rng.choice(["back", "left", "right"]))
    span = (x0 + 0.5, x1 - 0.5) if wall == "back" else (1.2, z - 0.4)
    make.window(wall, span, (0.9, 2.4), curtains=False, bars=int(rng.integers(4, 7)))
    if wall != "back":
        make.box((x0 + 0.6, x0 + 2.6), (0, rng.uniform(1.1, 1.9)), (z - 0.45, z - 0.02), make.wooden())
        make.prints((x0 + 3.0, x1 - 0.4), (1.3, 2.1), z, 2)
    make.plant(rng.uniform(x0 + 0.5, x1 - 0.5), rng.uniform(2.2, z - 0.4), height=rng.uniform(1.2, 1.7))
    return _photograph(canvas, make, rng, SOFT, yaw=0.4)


def kitchen(canvas: Canvas, rng: np.random.Generator) -> float:
    """Cupboards above and below a worktop, tiles, a window over the sink, jars, a fridge, pendant lamps."""
    make = _furnished(rng, width=rng.uniform(3.4, 4.6), depth=rng.uniform(2.4, 3.6))
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    grain = make.grain
    front = plain(grain, pick(rng, [*PAINTS, WHITE, WHITE]), strength=0.01) if rng.random() < 0.7 else make.wooden()
    size = rng.uniform(0.08, 0.16)
    tiles = bricks(
        grain, WHITE * rng.uniform(0.6, 0.95, 3), long_m=size * float(rng.choice([1.0, 2.0])), high_m=size, joint=0.05
    )
    make.box((x0, x1), (0.9, 1.45), (z - 0.01, z), tiles, casts=False)
    make.box((x0, x1), (0.0, 0.86), (z - 0.6, z), front)
    make.box((x0, x1), (0.86, 0.9), (z - 0.64, z), make.wooden() if rng.random() < 0.5 else BLACK * 2.5)
    window = rng.uniform(x0 + 0.9, x1 - 2.1) if x1 - x0 > 3.2 else x0 + 0.9
    make.window("back", (window, window + rng.uniform(0.9, 1.3)), (1.15, 2.15), curtains=False)
    for x in np.arange(x0, x1 - 0.1, 0.6):
        make.box((x, x + 0.012), (0.05, 0.84), (z - 0.605, z - 0.6), BLACK, casts=False)
        make.box((x + 0.2, x + 0.4), (0.76, 0.775), (z - 0.63, z - 0.61), linear(170, 168, 164), casts=False)
        if not window - 0.7 < x < window + 1.35:
            make.box((x + 0.006, x + 0.594), (1.45, 2.2), (z - 0.35, z), front)
    for x in np.sort(rng.uniform(x0 + 0.1, x1 - 0.1, 9)):
        tall, wide = rng.uniform(0.08, 0.3), rng.uniform(0.03, 0.08)
        jar = pick(rng, [*SPINES, WHITE, *WOODS])
        make.box(
            (x - wide, x + wide), (0.9, 0.9 + tall), (z - 0.3 - wide, z - 0.3 + wide), jar, casts=tall > 0.2, turn=0.3
        )
    side = x0 if rng.random() < 0.5 else x1 - 0.65
    make.box((side, side + 0.65), (0, rng.uniform(1.7, 2.0)), (z - 0.7, z), linear(206, 208, 210))
    for x in np.linspace(-0.5, 0.5, int(rng.integers(1, 4))) + rng.uniform(-0.4, 0.4):
        make.box((x - 0.004, x + 0.004), (1.95, 2.6), (z - 1.2, z - 1.19), BLACK, casts=False)
        make.lamp((x, 1.9, z - 1.2), 0.09, LAMPLIGHT * rng.uniform(4, 8))
    make.fill_light(rng.uniform(0.6, 1.6))
    return _photograph(canvas, make, rng, SOFT)


def bedroom(canvas: Canvas, rng: np.random.Generator) -> float:
    """A bed with its head to the wall, lamps, a wardrobe, pictures, a window with curtains."""
    make = _furnished(rng, width=rng.uniform(3.8, 5.0), depth=rng.uniform(2.8, 4.0))
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    left = rng.uniform(x0 + 0.7, x1 - 2.4)
    make.box(
        (left - 0.05, left + 1.65),
        (0, rng.uniform(0.95, 1.25)),
        (z - 0.1, z),
        make.cloth() if rng.random() < 0.5 else make.wooden(),
    )
    make.box((left, left + 1.6), (0.1, 0.5), (z - 2.1, z - 0.1), make.cloth())
    make.ball((left + 0.8, 0.5, z - 1.2), (0.82, 0.14, 0.95), make.cloth(pick(rng, PAINTS)), casts=True)
    for x in (left + 0.42, left + 1.18):
        make.ball((x, 0.66, z - 0.32), (0.34, 0.2, 0.15), make.cloth(WHITE * 0.95))
    for x in (left - 0.35, left + 1.9):
        make.box((x - 0.22, x + 0.22), (0, 0.5), (z - 0.4, z), make.wooden())
        if rng.random() < 0.75:
            make.box((x - 0.02, x + 0.02), (0.5, 0.72), (z - 0.22, z - 0.18), BLACK, casts=False)
            make.lamp((x, 0.82, z - 0.2), 0.12, LAMPLIGHT * rng.uniform(3, 6))
    make.prints((left, left + 1.6), (1.35, 2.1), z, int(rng.integers(1, 3)))
    wardrobe = x1 - 0.62
    make.box((wardrobe, x1), (0, 2.1), (z - 1.8, z - 0.1), make.wooden())
    make.window("left", (z - 2.4, z - 0.9), (0.8, 2.2), curtains=True)
    make.fill_light(rng.uniform(0.3, 1.2))
    return _photograph(canvas, make, rng, SOFT)


def hallway(canvas: Canvas, rng: np.random.Generator) -> float:
    """A long passage with doors, panels in the ceiling and a bright end."""
    make = _furnished(rng, width=rng.uniform(1.9, 3.0), depth=rng.uniform(8, 14), height=2.6)
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    for x in (x0, x1):
        for start in np.arange(1.4 + rng.uniform(0, 1), z - 1.2, rng.uniform(2.2, 3.2)):
            paint = wood(make.grain, pick(rng, [WHITE, *WOODS]))
            make.box((x - 0.03, x + 0.03), (0, 2.12), (start - 0.08, start + 0.98), WHITE * 0.8, casts=False)
            make.box((x - 0.045, x + 0.045), (0.01, 2.03), (start, start + 0.9), paint, casts=False)
    for index, depth in enumerate(np.arange(1.6, z, 2.6)):
        if index < 3:
            make.ceiling_panel((-0.3, 0.3), (depth, depth + 1.1), DAYLIGHT * 4.0)
        else:
            make.box((-0.3, 0.3), (2.58, 2.6), (depth, depth + 1.1), DAYLIGHT * 0.4, casts=False, emission=SHINE)
    middle = (x0 + x1) / 2
    make.window("back", (middle - 0.5, middle + 0.5), (0.3, 2.2), curtains=False, bars=2)
    make.fill_light(0.6)
    return _photograph(canvas, make, rng, SOFT, yaw=0.12)


def brick_cafe(canvas: Canvas, rng: np.random.Generator) -> float:
    """A brick wall with shelves of bottles, pendant lamps, tables and chairs, a large window."""
    grain = Grain(rng)
    color = pick(rng, [linear(150, 86, 66), linear(170, 120, 92), linear(210, 204, 196), linear(104, 70, 60)])
    make = _furnished(
        rng, width=rng.uniform(4.6, 6.4), depth=rng.uniform(3.0, 5.0), height=3.0, back=bricks(grain, color)
    )
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    if rng.random() < 0.7:
        start = rng.uniform(x0 + 0.4, x0 + 1.4)
        for y in (1.25, 1.65, 2.05)[: int(rng.integers(1, 4))]:
            make.box((start, start + 2.2), (y, y + 0.035), (z - 0.28, z), make.wooden())
            make.box(
                (start + 0.05, start + 2.15),
                (y + 0.035, y + 0.33),
                (z - 0.16, z - 0.06),
                books(rng, grain, 2.1, 0.15),
                casts=False,
            )
    else:
        make.prints((x0 + 0.4, x1 - 0.4), (1.3, 2.3), z, int(rng.integers(2, 5)))
    for _ in range(int(rng.integers(2, 5))):
        x, depth = rng.uniform(x0 + 0.5, x1 - 0.5), rng.uniform(2.0, z - 0.6)
        make.box(
            (x - 0.35, x + 0.35), (0.72, 0.76), (depth - 0.35, depth + 0.35), make.wooden(), turn=rng.uniform(0, 0.5)
        )
        make.box((x - 0.03, x + 0.03), (0, 0.72), (depth - 0.03, depth + 0.03), BLACK)
        make.ball((x, 0.83, depth), (0.04, 0.08, 0.04), WHITE)
        for side in (-0.55, 0.55):
            make.chair(x + side, depth + rng.uniform(-0.2, 0.2))
    row = rng.uniform(2.2, z - 0.8)
    for x in np.arange(x0 + rng.uniform(0.5, 1.2), x1 - 0.3, rng.uniform(0.9, 1.5)):
        make.box((x - 0.005, x + 0.005), (2.05, 3.0), (row, row + 0.01), BLACK, casts=False)
        if len(make.room.balls) < 3:
            make.lamp((x, 2.0, row), 0.1, LAMPLIGHT * rng.uniform(5, 10))
        else:
            make.ball((x, 2.0, row), (0.1, 0.1, 0.1), LAMPLIGHT * 0.7, emission=SHINE)
    make.window(str(rng.choice(["left", "right"])), (1.0, z - 0.5), (0.6, 2.5), curtains=False, bars=4)
    return _photograph(canvas, make, rng, SOFT, yaw=0.4)


def window_seat(canvas: Canvas, rng: np.random.Generator) -> float:
    """A wide window right behind, with curtains or blinds, plants on the sill."""
    make = _furnished(rng, width=rng.uniform(3.6, 5.0), depth=rng.uniform(1.8, 2.8))
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    wide = rng.uniform(1.6, 2.6)
    left = rng.uniform(x0 + 0.4, x1 - wide - 0.4)
    sill = rng.uniform(0.6, 1.0)
    make.window("back", (left, left + wide), (sill, 2.2), curtains=rng.random() < 0.65, bars=int(rng.integers(2, 5)))
    if rng.random() < 0.35:
        for y in np.arange(sill + rng.uniform(0.1, 0.9), 2.2, 0.055):
            make.box((left, left + wide), (y, y + 0.022), (z - 0.08, z - 0.06), WHITE * 0.9, casts=False)
    elif rng.random() < 0.4:
        sheer = folds(make.grain, WHITE * 2.2, per_metre=9)
        make.box((left, left + wide * 0.4), (0.4, 2.25), (z - 0.12, z - 0.1), sheer, casts=False)
    for _ in range(int(rng.integers(0, 3))):
        make.plant(rng.uniform(left, left + wide), z - 0.25, height=0.6, floor=sill - 0.05)
    make.floor_lamp(x0 + 0.3 if left - x0 > 0.7 else x1 - 0.3, z - 0.4)
    make.fill_light(rng.uniform(1.2, 2.4))
    return _photograph(canvas, make, rng, SOFT)


def plain_corner(canvas: Canvas, rng: np.random.Generator) -> float:
    """A wall close behind with a picture or two, a door or a plant: what most calls have."""
    make = _furnished(rng, width=rng.uniform(2.8, 4.4), depth=rng.uniform(1.5, 2.6))
    (x0, _, _), (x1, _, z) = make.room.low, make.room.high
    choice = rng.random()
    if choice < 0.45:
        make.door(rng.uniform(x0 + 0.1, x1 - 1.1), z, ajar=rng.random() < 0.15)
    elif choice < 0.75:
        make.prints((x0 + 0.3, x1 - 0.3), (1.2, 2.0), z, int(rng.integers(1, 4)))
    else:
        for y in (1.25, 1.65)[: int(rng.integers(1, 3))]:
            x = rng.uniform(x0 + 0.2, x1 - 1.2)
            make.box((x, x + 1.0), (y, y + 0.03), (z - 0.22, z), make.wooden())
            row = books(rng, make.grain, 0.85, 0.12)
            make.box((x + 0.05, x + 0.9), (y + 0.03, y + 0.28), (z - 0.16, z - 0.05), row, casts=False)
    if rng.random() < 0.6:
        make.plant(rng.uniform(x0 + 0.3, x1 - 0.3), z - 0.3, height=rng.uniform(0.9, 1.7))
    if rng.random() < 0.4:
        make.floor_lamp(rng.uniform(x0 + 0.3, x1 - 0.3), z - 0.35)
    _side_window(make, rng)
    make.fill_light(rng.uniform(0.6, 1.8))
    return _photograph(canvas, make, rng, SOFT)
