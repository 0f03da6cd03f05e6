"""Cut a surface by a plane, and thin it out, without losing its texture coordinates."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.geometry import area_vectors, merge_index, unit

_NUM_CANDIDATES = 12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Surface:
    """Triangles with optional texture coordinates, one per vertex."""

    vertices: Float[np.ndarray, "num_vertices 3"]
    uv: Float[np.ndarray, "num_vertices 2"] | None
    triangles: Int[np.ndarray, "num_triangles 3"]


def cut_by_plane(surface: Surface, normal: Float[np.ndarray, "3"], offset: float) -> Surface:
    """The part with normal . x >= offset; triangles across the plane are cut exactly, uv in proportion."""
    side = surface.vertices @ normal - offset
    kept_corners = (side >= 0)[surface.triangles]
    num_kept = kept_corners.sum(axis=1)
    vertices, uv = [surface.vertices], [] if surface.uv is None else [surface.uv]
    triangles = [surface.triangles[num_kept == 3]]
    known: dict[tuple[int, int], int] = {}
    new_edges: list[tuple[int, int]] = []

    def crossing(i: int, j: int) -> int:
        key = (min(i, j), max(i, j))
        if key not in known:
            known[key] = len(surface.vertices) + len(new_edges)
            new_edges.append(key)
        return known[key]

    cut = []
    for index in np.flatnonzero((num_kept == 1) | (num_kept == 2)):
        # Turn the triangle so that its first corner is the one that is alone on its side.
        lone = int(np.flatnonzero(kept_corners[index] == (num_kept[index] == 1))[0])
        a, b, c = (int(surface.triangles[index, (lone + k) % 3]) for k in range(3))
        ab, ac = crossing(a, b), crossing(a, c)
        cut += [(a, ab, ac)] if num_kept[index] == 1 else [(ab, b, c), (ab, c, ac)]
    if new_edges:
        i, j = np.array(new_edges).T
        share = (side[i] / (side[i] - side[j]))[:, None]
        vertices.append(surface.vertices[i] + share * (surface.vertices[j] - surface.vertices[i]))
        if surface.uv is not None:
            uv.append(surface.uv[i] + share * (surface.uv[j] - surface.uv[i]))
        triangles.append(np.array(cut, dtype=np.int64).reshape(-1, 3))
    return _compact(np.concatenate(vertices), np.concatenate(uv) if uv else None, np.concatenate(triangles))


def simplify(surface: Surface, num_triangles: int) -> Surface:
    """At most about `num_triangles` triangles, by quadric error on the positions (Garland and Heckbert 1997).

    Texture seams do not constrain the positions. Each new triangle takes the chart of the old triangle that lies
    nearest below its centre and faces the same way, and each of its corners the texture coordinates of the nearest
    point of that chart: inside a chart the texture moves by less than the surface did; where a new triangle straddles
    a seam, a sliver of it shows the chart's edge. fast-simplification is used, which keeps borders.
    """
    if len(surface.triangles) <= num_triangles:
        return surface
    import fast_simplification

    merged = merge_index(surface.vertices)
    _, first = np.unique(merged, return_index=True)
    faces = merged[surface.triangles]
    points, new_faces = fast_simplification.simplify(
        surface.vertices[first].astype(np.float64), faces.astype(np.int32), target_count=num_triangles
    )
    vertices, triangles = np.asarray(points, dtype=np.float64), np.asarray(new_faces, dtype=np.int64)
    if surface.uv is None:
        return _compact(vertices, None, triangles)
    return _with_uv_of(surface, vertices, triangles)


def _with_uv_of(old: Surface, vertices: np.ndarray, triangles: np.ndarray) -> Surface:
    from scipy.spatial import cKDTree

    assert old.uv is not None
    chart = _charts(old)
    corners, old_corners = vertices[triangles], old.vertices[old.triangles]
    old_normals = unit(area_vectors(old.vertices, old.triangles))
    normals = unit(area_vectors(vertices, triangles))
    old_centres = old_corners.mean(axis=1)
    _, near = cKDTree(old_centres).query(corners.mean(axis=1), k=min(_NUM_CANDIDATES, len(old_centres)))
    near = near.reshape(len(triangles), -1)
    facing = (old_normals[near] * normals[:, None]).sum(axis=-1) > 0.3
    chosen = near[np.arange(len(near)), np.where(facing.any(axis=1), facing.argmax(axis=1), 0)]
    new_chart = chart[chosen]
    uv = np.empty((len(triangles), 3, 2))
    for name in np.unique(new_chart):
        members = np.flatnonzero(chart == name)
        mine = np.flatnonzero(new_chart == name)
        queries = corners[mine].reshape(-1, 3)
        _, candidates = cKDTree(old_centres[members]).query(queries, k=min(_NUM_CANDIDATES, len(members)))
        candidates = members[candidates.reshape(len(queries), -1)]
        weights, distance = _nearest_weights(queries, old_corners[candidates])
        best = distance.argmin(axis=1)
        rows = np.arange(len(queries))
        old_uv = old.uv[old.triangles[candidates[rows, best]]]
        uv[mine] = (weights[rows, best][..., None] * old_uv).sum(axis=1).reshape(-1, 3, 2)
    # One vertex for each distinct (position, uv).
    flat_uv, flat_index = uv.reshape(-1, 2), triangles.reshape(-1)
    keys = np.hstack([flat_index[:, None].astype(np.float64), np.round(flat_uv, 6)])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return Surface(
        vertices=vertices[flat_index[first]], uv=flat_uv[first], triangles=inverse.reshape(-1, 3).astype(np.int64)
    )


def _charts(surface: Surface) -> Int[np.ndarray, " num_triangles"]:
    """A number for each connected piece of the texture: triangles that share vertices of one position and uv."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    assert surface.uv is not None
    keys = np.hstack([merge_index(surface.vertices)[:, None].astype(np.float64), np.round(surface.uv, 5)])
    _, welded = np.unique(keys, axis=0, return_inverse=True)
    faces = welded.reshape(-1)[surface.triangles]
    starts, ends = faces.reshape(-1), np.roll(faces, 1, axis=1).reshape(-1)
    count = int(faces.max()) + 1
    graph = coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    return labels[faces[:, 0]].astype(np.int64)


def _nearest_weights(points: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric weights [N, K, 3] and distance [N, K] of the nearest point of K candidate triangles each."""
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    p = points[:, None]
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    denominator = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v, w = (d11 * d20 - d01 * d21) / denominator, (d00 * d21 - d01 * d20) / denominator
    inside = np.stack([1 - v - w, v, w], axis=-1)
    options, distances = [inside], [np.where((inside >= 0).all(-1), _distance(p, corners, inside), np.inf)]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        start, edge = corners[..., i, :], corners[..., j, :] - corners[..., i, :]
        s = np.clip(((p - start) * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-30), 0, 1)
        weights = np.zeros_like(inside)
        weights[..., i], weights[..., j] = 1 - s, s
        options.append(weights)
        distances.append(_distance(p, corners, weights))
    best = np.argmin(np.stack(distances), axis=0)
    weights = np.take_along_axis(np.stack(options), best[None, ..., None], axis=0)[0]
    return weights, np.min(np.stack(distances), axis=0)


def _distance(points: np.ndarray, corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.linalg.norm((weights[..., None] * corners).sum(axis=-2) - points, axis=-1)


def _compact(vertices: np.ndarray, uv: np.ndarray | None, triangles: np.ndarray) -> Surface:
    used, inverse = np.unique(triangles, return_inverse=True)
    return Surface(
        vertices=vertices[used],
        uv=None if uv is None else uv[used],
        triangles=inverse.reshape(-1, 3).astype(np.int64),
    )
