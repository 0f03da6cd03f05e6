"""Signed distances in mm, negative inside: the primitives of the sculpt and their soft unions.

Distances of ellipsoids and cones are the usual bounds, not exact; `first_hit` allows for that.
Source of the forms: Quilez, "distance functions" and "smooth minimum" (polynomial).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.compiled import compiled, dense

Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]
Field = Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, " n"]]
Length = float | int
Triple = tuple[Length, Length, Length]
_NEAR_MM = 2.5


def ellipsoid(points: Points, centre: Triple, radii: Triple) -> Distances:
    """k0 (k0 - 1) / k1: right at the surface and in sign, a fair bound elsewhere."""
    return _ellipsoid(dense(points), *map(float, centre), *map(float, radii))


@compiled
def _ellipsoid(points, cx, cy, cz, rx, ry, rz):
    out = np.empty(len(points))
    for k in range(len(points)):
        x, y, z = (points[k, 0] - cx) / rx, (points[k, 1] - cy) / ry, (points[k, 2] - cz) / rz
        k0 = np.sqrt(x * x + y * y + z * z)
        x, y, z = x / rx, y / ry, z / rz
        k1 = np.sqrt(x * x + y * y + z * z)
        out[k] = k0 * (k0 - 1) / max(k1, 1e-9)
    return out


def cone(points: Points, start: Triple, end: Triple, start_radius: Length, end_radius: Length) -> Distances:
    """A capsule whose radius changes evenly from one end to the other."""
    axis = [float(b - a) for a, b in zip(start, end, strict=True)]
    return _cone(dense(points), *map(float, start), *axis, float(start_radius), float(end_radius))


@compiled
def _cone(points, x0, y0, z0, ax, ay, az, start_radius, end_radius):
    out = np.empty(len(points))
    squared = ax * ax + ay * ay + az * az
    for k in range(len(points)):
        x, y, z = points[k, 0] - x0, points[k, 1] - y0, points[k, 2] - z0
        t = min(max((x * ax + y * ay + z * az) / squared, 0.0), 1.0)
        x, y, z = x - t * ax, y - t * ay, z - t * az
        out[k] = np.sqrt(x * x + y * y + z * z) - (start_radius + (end_radius - start_radius) * t)
    return out


def soft_union(a: Distances, b: Distances, width: Length | Distances) -> Distances:
    """Minimum, rounded where the two differ by less than `width` mm."""
    return _soft_union(dense(a), dense(b), np.atleast_1d(np.asarray(width, dtype=np.float64)))


@compiled
def _soft_union(a, b, widths):
    out = np.empty(len(a))
    for k in range(len(a)):
        width = widths[k] if len(widths) > 1 else widths[0]
        blend = max(width - abs(a[k] - b[k]), 0.0) / width
        out[k] = min(a[k], b[k]) - blend * blend * width / 4
    return out


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
    going = np.arange(len(start))
    for _ in range(200):
        distance = field(inside[going])
        apart = distance > 0.02
        going, distance = going[apart], distance[apart]
        if len(going) == 0:
            break
        outside[going] = inside[going]
        inside[going] += np.maximum(0.4 * distance, 0.1)[:, None] * direction[going]
    for _ in range(12):
        middle = (outside + inside) / 2
        within = (field(middle) <= 0)[:, None]
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return inside
