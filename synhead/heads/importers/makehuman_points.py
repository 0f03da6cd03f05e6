"""Points on a composed MakeHuman head: pupils, eye centres, tragi, and the 104-point set."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.landmarks import NUM_LANDMARKS_104
from synhead.heads.importers.makehuman_body import Body
from synhead.heads.importers.polymesh import PolyMesh

# Where the textures of the high-poly eyes have the iris: centre (u, v) of the subject's right and left, and its radius.
_IRIS_UV = ((0.706, 0.703), (0.294, 0.299))
_IRIS_RADIUS_UV = 0.105
_CORNEA_UV = (0.935, 0.067)
"""Middle of the clear disc of the texture, which covers the outer shell."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EyePoints:
    """(Subject's right, left), in the units of the eyes' vertices; iris edges are right, top, left, bottom."""

    pupils: Float[np.ndarray, "2 3"]
    centers: Float[np.ndarray, "2 3"]
    iris: Float[np.ndarray, "8 3"]


def eye_points(mesh: PolyMesh, vertices: Float[np.ndarray, "n 3"]) -> EyePoints:
    """Found on the eyeballs by their texture coordinates."""
    pupils, centers, iris = [], [], []
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    for middle in _IRIS_UV:
        pupils.append(_at_uv(mesh, vertices, np.array([middle]))[0])
        around = np.array(middle) + _IRIS_RADIUS_UV * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        edge = _at_uv(mesh, vertices, around)
        iris += [edge[k] for k in (edge[:, 0].argmin(), edge[:, 1].argmax(), edge[:, 0].argmax(), edge[:, 1].argmin())]
        centers.append(_sphere_center(_ball(mesh, vertices, pupils[-1])))
    return EyePoints(pupils=np.array(pupils), centers=np.array(centers), iris=np.array(iris))


def landmarks_104(
    body: Body, vertices: Float[np.ndarray, "n 3"], landmarks_68: Float[np.ndarray, "68 3"], iris: np.ndarray
) -> Float[np.ndarray, "104 3"]:
    """The 68 points, the iris' edges, the ears' ends and the rings of the lids (core/landmarks.py)."""
    points = np.empty((NUM_LANDMARKS_104, 3))
    points[:68] = landmarks_68
    points[68:76] = iris
    for side, ear in enumerate(body.ears):
        at = vertices[ear]
        points[76 + 2 * side] = at[at[:, 1].argmax()]
        points[77 + 2 * side] = at[at[:, 1].argmin()]
    for start, ring in ((80, body.lid_rings[0]), (92, body.lid_rings[1])):
        points[start : start + 12] = lid_points(vertices[ring])
    return points


def lid_points(ring: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "12 3"]:
    """Twelve points round a lid edge, evenly spaced in x, from the outer corner over the upper lid and back."""
    middle = ring.mean(axis=0)
    order = ring[np.argsort(np.arctan2(ring[:, 1] - middle[1], ring[:, 0] - middle[0]))]
    outward = 1.0 if middle[0] > 0 else -1.0
    away = order[:, 0] * outward
    outer, inner = int(away.argmax()), int(away.argmin())
    order, num = np.roll(order, -outer, axis=0), len(order)
    inner = (inner - outer) % num
    halves = [order[: inner + 1], np.concatenate([order[inner:], order[:1]])[::-1]]
    upper, lower = sorted(halves, key=lambda half: -half[:, 1].mean())
    x = np.linspace(order[0, 0], order[inner, 0], 7)
    return np.concatenate([_along(upper, x), _along(lower, x[5:0:-1])])


def _along(line: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Points of a line from the outer to the inner corner, at the given x."""
    sign = 1.0 if line[-1, 0] > line[0, 0] else -1.0
    # Where the lid turns back at a corner, the running extreme keeps x monotonic.
    run = np.maximum.accumulate(line[:, 0] * sign)
    keep = np.concatenate([[True], np.diff(run) > 1e-9])
    return np.stack([np.interp(x * sign, run[keep], line[keep, axis]) for axis in range(3)], axis=1)


def _at_uv(mesh: PolyMesh, vertices: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Points of the surface that has these texture coordinates."""
    corner = mesh.uv[mesh.uv_triangles]
    e1, e2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
    flat = np.abs(area) < 1e-12
    area = np.where(flat, 1.0, area)
    points = []
    for target in uv:
        d = target - corner[:, 0]
        w1 = (d[:, 0] * e2[:, 1] - d[:, 1] * e2[:, 0]) / area
        w2 = (e1[:, 0] * d[:, 1] - e1[:, 1] * d[:, 0]) / area
        least = np.where(flat, -1.0, np.minimum(np.minimum(w1, w2), 1 - w1 - w2))
        best = int(least.argmax())
        weights = np.array([1 - w1[best] - w2[best], w1[best], w2[best]])
        points.append(weights @ vertices[mesh.triangles[best]])
    return np.array(points)


def _ball(mesh: PolyMesh, vertices: np.ndarray, pupil: np.ndarray) -> np.ndarray:
    """Vertices of the painted eyeball on the pupil's side, without the clear shell of the cornea."""
    painted = np.unique(mesh.triangles)
    clear = np.abs(mesh.uv[mesh.uv_triangles] - _CORNEA_UV).max(axis=(1, 2)) < 0.06
    painted = np.setdiff1d(painted, np.unique(mesh.triangles[clear]))
    return vertices[painted[vertices[painted, 0] * pupil[0] > 0]]


def _sphere_center(points: np.ndarray) -> np.ndarray:
    """Centre of the sphere that fits best (linear least squares)."""
    system = np.column_stack([2 * points, np.ones(len(points))])
    return np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0][:3]
