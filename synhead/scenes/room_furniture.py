"""Furniture for traced rooms: each function stands one thing into a room. Metres; heights are above the floor."""

import numpy as np

from synhead.scenes.procedural_canvas import linear
from synhead.scenes.room import SHINE, BallLight, Piece, RectLight, Room, Shade, Vector
from synhead.scenes.room_materials import (
    BLACK,
    DAYLIGHT,
    FABRICS,
    LAMPLIGHT,
    WHITE,
    WOODS,
    Grain,
    books,
    folds,
    outside,
    pick,
    picture,
    plain,
    wood,
)

Paint = np.ndarray | Shade


class Furnisher:
    """Puts things into one room.

    Args:
        rng: decides shapes and colours.
    """

    def __init__(self, room: Room, rng: np.random.Generator, grain: Grain) -> None:
        self.room, self.rng, self.grain = room, rng, grain

    def box(
        self,
        x: tuple,
        y: tuple,
        z: tuple,
        color: Paint,
        *,
        casts: bool = True,
        emission: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """An upright box between two values of each coordinate, turned about its own middle."""
        ends = np.array([x, y, z], float)
        middle, half = ends.mean(axis=1), np.abs(ends[:, 1] - ends[:, 0]) / 2
        self.room.pieces.append(
            Piece(
                center=_vector(middle),
                half=_vector(half),
                color=color,
                casts=casts,
                emission=emission,
                turn_rad=turn,
            )
        )

    def ball(self, center: tuple, half: tuple, color: Paint, *, casts: bool = False, emission: float = 0.0) -> None:
        """An ellipsoid."""
        self.room.pieces.append(
            Piece(
                center=_vector(center),
                half=_vector(half),
                color=color,
                is_ball=True,
                casts=casts,
                emission=emission,
            )
        )

    def wooden(self, color: np.ndarray | None = None) -> Shade:
        """A wood of this room."""
        return wood(self.grain, pick(self.rng, WOODS) if color is None else color)

    def cloth(self, color: np.ndarray | None = None) -> Shade:
        """A fabric."""
        return plain(self.grain, pick(self.rng, FABRICS) if color is None else color, strength=0.08, period_m=0.7)

    def bookcase(self, x: float, z: float, *, width: float, height: float, shelves: int, turn: float = 0.0) -> None:
        """Open shelves full of books, its back at depth z."""
        color, depth = self.wooden(), 0.3
        self.box((x, x + width), (0, height), (z - 0.03, z), color)
        for side in (x, x + width - 0.03):
            self.box((side, side + 0.03), (0, height), (z - depth, z), color)
        room = (height - 0.08) / shelves
        for index in range(shelves + 1):
            floor = 0.05 + index * room
            self.box((x, x + width), (floor, floor + 0.025), (z - depth, z), color)
            if index < shelves:
                half = (room - 0.05) / 2
                row = books(self.rng, self.grain, width, half)
                y = (floor + 0.025, floor + 0.025 + 2 * half)
                self.box((x + 0.04, x + width - 0.04), y, (z - 0.22, z - 0.04), row, casts=False)

    def sofa(self, x: float, z: float, *, width: float) -> None:
        """Seat, back, arms and cushions; its back at depth z."""
        color = pick(self.rng, FABRICS)
        cloth = self.cloth(color)
        self.box((x, x + width), (0.12, 0.42), (z - 0.85, z), cloth)
        self.box((x, x + width), (0.3, 0.85), (z - 0.22, z), cloth)
        for side in (x, x + width - 0.18):
            self.box((side, side + 0.18), (0.12, 0.62), (z - 0.85, z), cloth)
        seats = max(2, round(width / 0.7))
        for index in range(seats):
            left = x + 0.2 + index * (width - 0.4) / seats
            self.ball((left + (width - 0.4) / seats / 2, 0.62, z - 0.3), ((width - 0.4) / seats / 2, 0.24, 0.12), cloth)
        for _ in range(int(self.rng.integers(1, 4))):
            place = x + 0.3 + self.rng.random() * (width - 0.6)
            self.ball((place, 0.64, z - 0.42), (0.21, 0.2, 0.09), self.cloth())

    def prints(self, x: tuple, y: tuple, z: float, count: int) -> None:
        """Framed pictures on a wall at depth z."""
        step = (x[1] - x[0]) / count
        for index in range(count):
            w, h = self.rng.uniform(0.15, min(0.42, step / 2.2)), self.rng.uniform(0.15, 0.4)
            cx, cy = x[0] + step * (index + 0.5), self.rng.uniform(y[0] + h, max(y[1] - h, y[0] + h + 0.01))
            self.box(
                (cx - w, cx + w), (cy - h, cy + h), (z - 0.03, z), picture(self.rng, self.grain, w, h), casts=False
            )

    def floor_lamp(self, x: float, z: float) -> None:
        """A stand and a lit shade."""
        top = self.rng.uniform(1.35, 1.7)
        self.box((x - 0.012, x + 0.012), (0, top), (z - 0.012, z + 0.012), BLACK, casts=False)
        self.lamp((x, top, z), 0.17, LAMPLIGHT * self.rng.uniform(3.0, 5.0))

    def lamp(self, center: tuple, radius: float, radiance: np.ndarray) -> None:
        """A shining ball that lights the room."""
        self.ball(center, (radius, radius * 0.8, radius), radiance / SHINE, emission=SHINE)
        self.room.balls.append(BallLight(center=center, radius=radius, radiance=radiance))

    def plant(self, x: float, z: float, *, height: float, floor: float = 0.0) -> None:
        """A pot and a head of leaves."""
        pot = pick(self.rng, [linear(176, 120, 90), WHITE, linear(70, 74, 78)])
        self.box((x - 0.13, x + 0.13), (floor, floor + 0.26), (z - 0.13, z + 0.13), pot, turn=0.4)
        middle = floor + 0.26 + (height - 0.26) / 2
        self.box(
            (x - 0.012, x + 0.012), (floor + 0.2, middle + 0.1), (z - 0.01, z + 0.01), linear(70, 56, 40), casts=False
        )
        for _ in range(48):
            offset = self.rng.normal(0, 1, 3) * (0.15, (height - 0.26) / 4, 0.15)
            size = self.rng.uniform(0.03, 0.085)
            green = linear(52, 92, 44) * self.rng.uniform(0.4, 1.5) * self.rng.uniform(0.85, 1.15, 3)
            self.ball(
                (x + offset[0], middle + offset[1], z + offset[2]),
                (size, size * self.rng.uniform(0.3, 1.1), size * 0.8),
                green,
            )
        self.ball((x, middle + 0.05, z), (0.09, (height - 0.26) / 4, 0.09), linear(34, 58, 30), casts=True)

    def window(self, wall: str, along: tuple, y: tuple, *, curtains: bool, bars: int = 2) -> None:
        """A window in the "back", "left" or "right" wall: view, frame, bars, sill and curtains; it lights the room."""
        low, high = self.room.low, self.room.high
        half_w, half_h = (along[1] - along[0]) / 2, (y[1] - y[0]) / 2
        view, radiance = outside(self.rng, self.grain, half_w, half_h)
        plane, inward = {"back": (high[2], -1), "left": (low[0], 1), "right": (high[0], -1)}[wall]

        def put(a: tuple, h: tuple, out: tuple, color: Paint, *, casts: bool = False, emission: float = 0.0) -> None:
            d = (plane + inward * out[0], plane + inward * out[1])
            x, z = (a, d) if wall == "back" else (d, a)
            self.box(x, h, z, color, casts=casts, emission=emission)

        put(along, y, (0.0, 0.02), view, emission=SHINE)
        frame = WHITE * self.rng.uniform(0.5, 0.95) if self.rng.random() < 0.7 else self.wooden()
        for edge in np.linspace(along[0], along[1], bars + 1):
            put((edge - 0.03, edge + 0.03), y, (0.0, 0.07), frame)
        for edge in (y[0], y[0] + (y[1] - y[0]) * self.rng.uniform(0.55, 0.75), y[1]):
            put(along, (edge - 0.03, edge + 0.03), (0.0, 0.06), frame)
        put((along[0] - 0.08, along[1] + 0.08), (y[0] - 0.07, y[0] - 0.03), (0.0, 0.2), WHITE * 0.9)
        if curtains:
            cloth = folds(self.grain, pick(self.rng, FABRICS), per_metre=self.rng.uniform(6, 11))
            part = self.rng.uniform(0.12, 0.28) * (along[1] - along[0])
            for left in (along[0] - 0.25, along[1] + 0.25 - part):
                put(
                    (left, left + part),
                    (self.rng.choice([0.05, y[0] - 0.2]), y[1] + 0.15),
                    (0.09, 0.13),
                    cloth,
                    casts=True,
                )
        axis = 0 if wall == "back" else 2
        u, normal, center = [0.0] * 3, [0.0] * 3, [0.0, (y[0] + y[1]) / 2, 0.0]
        u[axis], normal[2 - axis] = half_w, float(inward)
        center[axis], center[2 - axis] = (along[0] + along[1]) / 2, plane + inward * 0.03
        self.room.rects.append(
            RectLight(
                center=_vector(center),
                u_half=_vector(u),
                v_half=(0.0, half_h, 0.0),
                normal=_vector(normal),
                radiance=radiance,
            )
        )

    def ceiling_panel(self, x: tuple, z: tuple, radiance: np.ndarray) -> None:
        """A flat lamp in the ceiling."""
        top = self.room.high[1]
        self.box(x, (top - 0.02, top), z, radiance / SHINE, casts=False, emission=SHINE)
        self.room.rects.append(
            RectLight(
                center=((x[0] + x[1]) / 2, top - 0.03, (z[0] + z[1]) / 2),
                u_half=((x[1] - x[0]) / 2, 0.0, 0.0),
                v_half=(0.0, 0.0, (z[1] - z[0]) / 2),
                normal=(0.0, -1.0, 0.0),
                radiance=radiance,
            )
        )

    def fill_light(self, strength: float) -> None:
        """A window behind the camera, which is in every room where somebody is filmed."""
        low, high = self.room.low, self.room.high
        self.room.rects.append(
            RectLight(
                center=(self.rng.uniform(low[0], high[0]) * 0.5, 1.6, low[2] + 0.02),
                u_half=(0.8, 0.0, 0.0),
                v_half=(0.0, 0.6, 0.0),
                normal=(0.0, 0.0, 1.0),
                radiance=DAYLIGHT * strength,
            )
        )

    def door(self, x: float, z: float, *, ajar: bool = False) -> None:
        """A door with its frame in a wall at depth z."""
        paint = pick(self.rng, [WHITE, WHITE, *WOODS])
        self.box((x - 0.08, x + 0.98), (0, 2.1), (z - 0.03, z), WHITE * 0.85, casts=False)
        smooth = paint.mean() > 0.5
        panel = linear(70, 66, 62) if ajar else plain(self.grain, paint) if smooth else wood(self.grain, paint)
        self.box((x, x + 0.9), (0.01, 2.02), (z - 0.045, z), panel, casts=False)
        if not ajar:
            for y in ((0.25, 0.95), (1.1, 1.85)):
                self.box((x + 0.15, x + 0.75), y, (z - 0.055, z), paint * 0.88, casts=False)
            self.ball((x + 0.08, 1.02, z - 0.09), (0.06, 0.02, 0.03), linear(180, 176, 168))

    def desk(self, x: float, z: float, *, width: float, screens: int) -> None:
        """A table with monitors that show something, and a chair."""
        top = self.wooden()
        self.box((x, x + width), (0.7, 0.74), (z - 0.7, z), top)
        for leg in (x + 0.02, x + width - 0.06):
            self.box((leg, leg + 0.04), (0, 0.7), (z - 0.65, z - 0.05), BLACK * 2)
        for index in range(screens):
            left = x + 0.1 + index * 0.62
            self.box((left, left + 0.56), (0.84, 1.18), (z - 0.32, z - 0.29), BLACK, turn=self.rng.uniform(-0.25, 0.25))
            self.box((left + 0.25, left + 0.31), (0.74, 0.9), (z - 0.28, z - 0.24), BLACK, casts=False)
        self.chair(x + width / 2, z - 0.9)

    def chair(self, x: float, z: float) -> None:
        """An office chair seen from wherever."""
        cloth, turn = self.cloth(), self.rng.uniform(-1, 1)
        self.box((x - 0.24, x + 0.24), (0.44, 0.52), (z - 0.24, z + 0.24), cloth, turn=turn)
        self.box((x - 0.22, x + 0.22), (0.6, 1.08), (z - 0.26, z - 0.2), cloth, turn=turn)
        self.box((x - 0.03, x + 0.03), (0.05, 0.44), (z - 0.03, z + 0.03), BLACK)


def _vector(values: tuple | list | np.ndarray) -> Vector:
    x, y, z = values
    return float(x), float(y), float(z)
