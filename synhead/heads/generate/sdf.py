"""Signed distances in mm, negative inside: the primitives of the sculpt and their soft unions.

Distances of ellipsoids and cones are the usual bounds, not exact; `first_hit` allows for that.
Source of the forms: Quilez, "distance functions" and "smooth minimum" (polynomial).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from synhead.compiled import compiled, dense

Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]
Field = Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, " n"]]
Length = float | int
Triple = tuple[Length, Length, Length]
_NEAR_MM = 2.5


@compiled
def ellipsoid_at(p, centre, radii):
    """k0 (k0 - 1) / k1: right at the surface and in sign, a fair bound elsewhere. Arguments are triples of floats."""
    x, y, z = (p[0] - centre[0]) / radii[0], (p[1] - centre[1]) / radii[1], (p[2] - centre[2]) / radii[2]
    k0 = np.sqrt(x * x + y * y + z * z)
    x, y, z = x / radii[0], y / radii[1], z / radii[2]
    return k0 * (k0 - 1) / max(np.sqrt(x * x + y * y + z * z), 1e-9)


@compiled
def cone_at(p, start, end, start_radius, end_radius):
    """A capsule whose radius changes evenly from one end to the other."""
    ax, ay, az = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    x, y, z = p[0] - start[0], p[1] - start[1], p[2] - start[2]
    t = min(max((x * ax + y * ay + z * az) / (ax * ax + ay * ay + az * az), 0.0), 1.0)
    x, y, z = x - t * ax, y - t * ay, z - t * az
    return np.sqrt(x * x + y * y + z * z) - (start_radius + (end_radius - start_radius) * t)


@compiled
def soft_union(a, b, width):
    """Minimum of distances or of arrays of them, rounded where the two differ by less than `width` mm."""
    blend = np.maximum(width - np.abs(a - b), 0.0) / width
    return np.minimum(a, b) - blend * blend * width / 4


@compiled
def soft_difference(a, b, width):
    """a without b, the edge rounded over `width` mm."""
    return -soft_union(-a, b, width)


def ellipsoid(points: Points, centre: Triple, radii: Triple) -> Distances:
    """`ellipsoid_at` every point."""
    return _ellipsoids(dense(points), _floats(centre), _floats(radii))


@compiled
def _ellipsoids(points, centre, radii):
    out = np.empty(len(points))
    for k in range(len(points)):
        out[k] = ellipsoid_at((points[k, 0], points[k, 1], points[k, 2]), centre, radii)
    return out


def cone(points: Points, start: Triple, end: Triple, start_radius: Length, end_radius: Length) -> Distances:
    """`cone_at` every point."""
    return _cones(dense(points), _floats(start), _floats(end), float(start_radius), float(end_radius))


@compiled
def _cones(points, start, end, start_radius, end_radius):
    out = np.empty(len(points))
    for k in range(len(points)):
        out[k] = cone_at((points[k, 0], points[k, 1], points[k, 2]), start, end, start_radius, end_radius)
    return out


def _floats(triple: Triple) -> tuple[float, float, float]:
    x, y, z = triple
    return float(x), float(y), float(z)


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
