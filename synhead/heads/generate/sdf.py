"""Signed distances in mm, negative inside: the primitives of the sculpt and their soft unions.

Distances of ellipsoids and cones are the usual bounds, not exact; `first_hit` allows for that.
Source of the forms: Quilez, "distance functions" and "smooth minimum" (polynomial).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]
Field = Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, " n"]]
Length = float | int
Triple = tuple[Length, Length, Length]
_NEAR_MM = 2.5


def ellipsoid(points: Points, centre: Triple, radii: Triple) -> Distances:
    """k0 (k0 - 1) / k1: right at the surface and in sign, a fair bound elsewhere."""
    offset = (points - np.array(centre)) / np.array(radii)
    k0 = np.sqrt((offset * offset).sum(axis=1))
    scaled = offset / np.array(radii)
    k1 = np.sqrt((scaled * scaled).sum(axis=1))
    return k0 * (k0 - 1) / np.maximum(k1, 1e-9)


def cone(points: Points, start: Triple, end: Triple, start_radius: Length, end_radius: Length) -> Distances:
    """A capsule whose radius changes evenly from one end to the other."""
    begin, axis = np.array(start), np.array(end) - np.array(start)
    offset = points - begin
    t = np.clip(offset @ axis / (axis @ axis), 0.0, 1.0)
    away = offset - t[:, None] * axis
    return np.sqrt((away * away).sum(axis=1)) - (start_radius + (end_radius - start_radius) * t)


def soft_union(a: Distances, b: Distances, width: Length | Distances) -> Distances:
    """Minimum, rounded where the two differ by less than `width` mm."""
    blend = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - blend * blend * width / 4


def soft_difference(a: Distances, b: Distances, width: Length) -> Distances:
    """a without b, the edge rounded over `width` mm."""
    return -soft_union(-a, b, width)


def gradient(field: Field, points: Points, step: Length = 0.4) -> Points:
    """Unit normals of the field by central differences (tetrahedron of four samples)."""
    corners = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], dtype=float)
    total = np.zeros_like(points)
    for corner in corners:
        total += corner * field(points + corner * step)[:, None]
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def first_hit(field: Field, start: Points, direction: Points, num_steps: int = 56) -> Points:
    """March from `start` (outside) along the unit `direction` to the surface; a few hundredths of a mm.

    Raises:
        ValueError: a ray meets no surface; the message counts them.
    """
    position = start.copy()
    active = np.arange(len(start))
    before, step = np.full(len(start), np.inf), np.ones(len(start))
    for turn in range(num_steps):
        distance = field(position[active])
        apart = np.abs(distance) > 0.02
        active, distance = active[apart], distance[apart]
        if len(active) == 0:
            break
        # Near the surface the fall of the distance along the ray tells how far it is: slanting rays need few steps.
        fall = np.clip((before[active] - distance) / step[active], 0.25 if turn < 20 else 1.0, 2.0)
        advance = np.where(np.abs(distance) < _NEAR_MM, distance / fall, 0.85 * distance)
        before[active], step[active] = distance, advance
        position[active] += advance[:, None] * direction[active]
    if len(active):
        nearer = position[active] - 8.0 * direction[active]
        begin = np.where((field(nearer) > 0)[:, None], nearer, start[active])
        position[active] = _creep(field, begin, direction[active])
        lost = np.abs(field(position[active])) > 0.5
        if lost.any():
            raise ValueError(
                f"{int(lost.sum())} of {len(start)} rays meet no surface, such as {start[active][lost][0]}"
            )
    return position


def _creep(field: Field, start: Points, direction: Points) -> Points:
    """For the few rays that graze an edge: short steps, halving between the last point outside and the first."""
    outside, inside = start.copy(), start.copy()
    met = np.zeros(len(start), dtype=bool)
    for _ in range(200):
        distance = field(inside)
        met |= distance <= 0.02
        going = ~met
        if not going.any():
            break
        outside[going] = inside[going]
        inside[going] += np.maximum(0.4 * distance[going], 0.1)[:, None] * direction[going]
    for _ in range(12):
        middle = (outside + inside) / 2
        within = (field(middle) <= 0)[:, None]
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return inside
