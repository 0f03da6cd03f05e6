"""What sits on the skin goes along: brows and beards with the nearest skin, lashes with the edge of the lid."""

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.sculpt import EYEBALL_Z
from synhead.heads.generate.shapes_face import EYE_EDGE, Face

_NEAR_MM, _FAR_MM = 6.0, 16.0
_NUM_NEAREST = 4
Stack = Float[np.ndarray, "s n 3"]
Ridden = Float[np.ndarray, "s p 3"]


def ride_on_skin(face: Face, skin_deltas: Stack, points: Float[np.ndarray, "p 3"]) -> Ridden:
    """Deltas of points on or over the skin: those of the nearest skin, fading from 6 to 16 mm away from it."""
    corners, weights, distance = _nearest_skin(face, points)
    fade = smooth_step(_FAR_MM, _NEAR_MM, distance)
    return np.einsum("snkc,nk->snc", skin_deltas[:, corners], weights * fade[:, None])


def _nearest_skin(face: Face, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners and weights of the nearest triangle of the outer skin, among those round the nearest vertices."""
    mesh = face.mesh
    outer = (mesh.inner == 0)[mesh.triangles].all(axis=1)
    triangles = mesh.triangles[outer]
    order = np.argsort(triangles.ravel(), kind="stable")
    owner = triangles.ravel()[order]
    first = np.searchsorted(owner, np.arange(len(face.points) + 1))
    ground = np.unique(triangles)
    _, near = KDTree(face.points[ground]).query(points, k=_NUM_NEAREST)
    near = ground[near]
    best = np.full(len(points), np.inf)
    corners, weights = np.zeros((len(points), 3), dtype=np.int64), np.zeros((len(points), 3))
    degree = int(np.diff(first).max())
    for column in range(_NUM_NEAREST):
        for step in range(degree):
            at = first[near[:, column]] + step
            have = np.flatnonzero(at < first[near[:, column] + 1])
            tried = triangles[order[at[have]] // 3]
            share = _closest_weights(points[have], face.points[tried])
            distance = np.linalg.norm((share[:, :, None] * face.points[tried]).sum(axis=1) - points[have], axis=1)
            better = distance < best[have]
            best[have[better]], corners[have[better]] = distance[better], tried[better]
            weights[have[better]] = share[better]
    return corners, weights, best


def _closest_weights(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentric weights near the closest point: the projection on the plane, clipped to the triangle."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-12)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    share = np.maximum(np.stack([1 - v - w, v, w], axis=1), 0.0)
    return share / share.sum(axis=1, keepdims=True)


def ride_on_lids(
    face: Face,
    skin_deltas: Stack,
    points: Float[np.ndarray, "p 3"],
    uv: Float[np.ndarray, "p 2"],
    triangles: np.ndarray,
) -> Ridden:
    """Deltas of lashes: each hair goes with its root on the lid's edge and turns with the lid about the eyeball."""
    root = _roots(face, points, uv, triangles)
    corners, weights = _on_edge(face, points[root])
    move = np.einsum("snkc,nk->snc", skin_deltas[:, corners], weights)
    arm = points - points[root]
    # The lid's way down the ball turns what grows from its edge by the same angle.
    radius = np.maximum(points[root][:, 2] - EYEBALL_Z, 6.0)
    angle = np.clip(-move[:, :, 1] / radius, -1.0, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    turned_y = cos * arm[:, 1] - sin * arm[:, 2] - arm[:, 1]
    turned_z = sin * arm[:, 1] + cos * arm[:, 2] - arm[:, 2]
    return move + np.stack([np.zeros_like(turned_y), turned_y, turned_z], axis=-1)


def _roots(face: Face, points: np.ndarray, uv: np.ndarray, triangles: np.ndarray) -> Int[np.ndarray, " p"]:
    """For each vertex the one of its hair that lies nearest to a lid's edge; hairs of one strip differ in u."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    _, strip = connected_components(graph, directed=False)
    size = np.bincount(strip)[strip]
    hair = np.where(size > 12, np.round(uv[:, 0] * 4096).astype(np.int64) + 1, 0)
    _, group = np.unique(strip * 8192 + hair, return_inverse=True)
    edges = np.concatenate([rings[EYE_EDGE] for rings in face.mesh.eye_rings])
    distance, _ = KDTree(face.points[edges]).query(points)
    order = np.lexsort((distance, group))
    first = np.searchsorted(group[order], np.arange(group.max() + 1))
    return order[first][group]


def _on_edge(face: Face, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The segment of a lid's edge that is nearest to each root: its two vertices and their weights."""
    starts = np.concatenate([rings[EYE_EDGE] for rings in face.mesh.eye_rings])
    ends = np.concatenate([np.roll(rings[EYE_EDGE], -1) for rings in face.mesh.eye_rings])
    a, along = face.points[starts], face.points[ends] - face.points[starts]
    share = np.clip(((roots[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9), 0.0, 1.0)
    best = np.linalg.norm(a + share[..., None] * along - roots[:, None], axis=-1).argmin(axis=1)
    share = share[np.arange(len(roots)), best]
    return np.stack([starts[best], ends[best]], axis=1), np.stack([1 - share, share], axis=1)
