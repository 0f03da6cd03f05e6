"""What a traced room is made of: boxes, balls, windows and lamps.

Axes: x right, y up, z away from the camera, metres; the camera stands near the origin. Colours are linear light.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Vector = tuple[float | int, float | int, float | int]
Shade = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(points [N, 3] in the piece's own axes from its centre, normals [N, 3] there) -> colour [N, 3]."""

SHINE = 10.0
"""What a shining surface's colour is multiplied by: light that falls on it then adds next to nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A box or a ball.

    Attributes:
        center, half: position, and half of the size along its own axes.
        turn_rad: about the vertical.
        color: linear albedo, or a function that paints it.
        emission: how much brighter than its colour it shines by itself, SHINE for lamps and views; 0: not at all.
        is_ball: an ellipsoid in place of a box.
        casts: whether it shades others; small things need not.
    """

    center: Vector
    half: Vector
    color: np.ndarray | Shade
    turn_rad: float = 0.0
    emission: float = 0.0
    is_ball: bool = False
    casts: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class RectLight:
    """A window or a panel: a parallelogram that shines to the side of `normal`."""

    center: Vector
    u_half: Vector
    v_half: Vector
    normal: Vector
    radiance: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True)
class BallLight:
    """A lamp; it does not shade itself."""

    center: Vector
    radius: float
    radiance: np.ndarray


@dataclass(kw_only=True, slots=True)
class Room:
    """Everything that is there.

    Attributes:
        low, high: corners of the room; its six inner sides are painted by `sides` (-x, +x, floor, ceiling, -z, +z).
        ambient: what the second bounce and all later ones send from everywhere.
        open_sky: all sides but the floor are sky and shine (see `Piece.emission`).
    """

    low: Vector
    high: Vector
    sides: list[Shade]
    ambient: np.ndarray
    pieces: list[Piece] = field(default_factory=list)
    rects: list[RectLight] = field(default_factory=list)
    balls: list[BallLight] = field(default_factory=list)
    open_sky: bool = False
