"""A street by day, traced like the rooms: houses, pavements, parked cars, trees, sun and sky."""

import numpy as np

from synhead.scenes.procedural_canvas import Canvas, linear
from synhead.scenes.room import SHINE, BallLight, Room
from synhead.scenes.room_furniture import Furnisher
from synhead.scenes.room_materials import BLACK, Grain, facade, pick, plain
from synhead.scenes.room_tracer import trace_room

FACADES = [
    linear(*c)
    for c in ((176, 150, 124), (146, 92, 76), (200, 194, 184), (128, 130, 136), (210, 192, 154), (110, 96, 88))
]
CARS = [linear(*c) for c in ((150, 30, 30), (214, 216, 218), (40, 46, 56), (60, 84, 120), (124, 126, 128))]
SKIES = [linear(132, 172, 222) * 1.5, linear(206, 214, 222) * 1.5, linear(178, 196, 214) * 1.6]


def town_street(canvas: Canvas, rng: np.random.Generator) -> float:
    """Seen from the pavement or the middle of the road; returns the defocus."""
    make = _street(rng)
    half = rng.uniform(3.5, 6.5)
    for side in (-1, 1):
        make.box((side * half, side * (half + 3.2)), (0, 0.12), (-10, 90), plain(make.grain, linear(170, 166, 158)))
        z = rng.uniform(-8, 0)
        while z < 80:
            long, high = rng.uniform(8, 18), rng.uniform(7, 19)
            paint = facade(rng, make.grain, pick(rng, FACADES), lit=0.04)
            back = rng.uniform(0, 0.5)
            make.box((side * (half + 3.2 + back), side * (half + 15)), (0, high), (z, z + long), paint)
            z += long + (0.02 if rng.random() < 0.8 else rng.uniform(2, 6))
        for z in np.arange(rng.uniform(9, 14), 55, rng.uniform(6, 11)):
            if rng.random() < 0.65:
                _car(make, rng, side * (half - 1.1), z)
        if rng.random() < 0.7:
            for z in np.arange(rng.uniform(5, 12), 50, rng.uniform(9, 14)):
                _tree(make, rng, side * (half + 0.8), z)
    traced = trace_room(
        make.room,
        rng,
        height=canvas.height,
        width=canvas.width,
        eye=(rng.uniform(-half, half), rng.uniform(1.5, 1.8), 0.0),
        yaw_rad=rng.uniform(-0.4, 0.4),
        pitch_rad=rng.uniform(-0.02, 0.1),
        vertical_fov_rad=np.radians(rng.uniform(34, 48)),
    )
    canvas.rgb, canvas.depth_m = traced.light, traced.depth_m
    return float(rng.uniform(0.008, 0.02))


def _street(rng: np.random.Generator) -> Furnisher:
    grain = Grain(rng)
    color = SKIES[int(rng.integers(len(SKIES)))]

    def sky(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        cloud = grain.at(points[:, 0] + points[:, 2], points[:, 1] * 2.5, 170.0)
        share = (0.3 + 0.35 * cloud).clip(0, 0.9)[:, None]
        pale = (0.35 * np.exp(-points[:, 1].clip(0, 60) / 15))[:, None]
        return (color * (1 - share - pale * (1 - share)) + 1.5 * (share + pale * (1 - share))) / SHINE

    road = plain(grain, linear(112, 112, 114), strength=0.1, period_m=6.0)
    room = Room(
        low=(-60.0, 0.0, -30.0),
        high=(60.0, 60.0, 110.0),
        sides=[sky, sky, road, sky, sky, sky],
        ambient=np.full(3, 0.05),
        open_sky=True,
    )
    # The sun, brought near and made large enough for a soft edge; overcast where it is weak.
    away = np.array([rng.choice([-1, 1]) * rng.uniform(0.3, 0.8), rng.uniform(0.6, 1.0), rng.uniform(-0.7, 0.3)])
    x, y, z = away / np.linalg.norm(away) * 55
    sun = np.array([1.08, 1.0, 0.88]) * float(rng.choice([15.0, 70.0, 110.0]))
    room.balls.append(BallLight(center=(float(x), float(y), float(z)), radius=6.0, radiance=sun))
    return Furnisher(room, rng, grain)


def _car(make: Furnisher, rng: np.random.Generator, x: float, z: float) -> None:
    paint = pick(rng, CARS)
    make.ball((x, 0.62, z), (0.86, 0.42, 2.1), paint, casts=True)
    make.box((x - 0.8, x + 0.8), (0.28, 0.78), (z - 1.9, z + 1.9), paint)
    make.ball((x, 0.95, z + 0.1), (0.72, 0.5, 1.25), linear(52, 60, 68))
    make.ball((x, 1.3, z + 0.1), (0.62, 0.16, 0.9), paint)
    for corner in (-1.25, 1.25):
        make.box((x - 0.84, x + 0.84), (0.0, 0.56), (z + corner - 0.28, z + corner + 0.28), BLACK, casts=False)
    for side in (-0.55, 0.55):
        make.ball((x + side, 0.66, z - 1.93), (0.13, 0.06, 0.04), linear(226, 226, 222))


def _tree(make: Furnisher, rng: np.random.Generator, x: float, z: float) -> None:
    high = rng.uniform(2.2, 3.2)
    make.box((x - 0.12, x + 0.12), (0, high + 0.6), (z - 0.12, z + 0.12), linear(84, 70, 58))
    green = linear(70, 98, 48) * rng.uniform(0.7, 1.2)
    for _ in range(14):
        offset = rng.normal(0, 1, 3) * (0.75, 0.7, 0.75)
        size = rng.uniform(0.35, 0.85)
        tone = plain(make.grain, green * rng.uniform(0.6, 1.3), strength=0.4, period_m=3.0)
        make.ball((x + offset[0], high + 1.4 + offset[1], z + offset[2]), (size, size * 0.7, size), tone, casts=True)
