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

    Texture seams do not constrain the positions. Each new triangle extends the texture of the old triangle that lies
    nearest below its centre and faces the same way; each of its corners takes the coordinates of the old surface point
    that is nearest in position and in texture to that extension. Inside a chart the texture moves by less than the
    surface did; a triangle that straddles a seam stays on one side of it and shows a sliver of the chart's edge.
    """
    if len(surface.triangles) <= num_triangles:
        return surface
    import fast_simplification

    merged = merge_index(surface.vertices)
    _, first = np.unique(merged, return_index=True)
    faces = merged[surface.triangles]
    points, new_faces = fast_simplification.simplify(
        surface.vertices[first].astype(np.float64), faces.astype(np.int32), target_count=num_triangles
    )[:2]
    vertices, triangles = np.asarray(points, dtype=np.float64), np.asarray(new_faces, dtype=np.int64)
    if surface.uv is None:
        return _compact(vertices, None, triangles)
    return _with_uv_of(surface, vertices, triangles)


def _with_uv_of(old: Surface, vertices: np.ndarray, triangles: np.ndarray) -> Surface:
    from scipy.spatial import KDTree

    assert old.uv is not None
    corners, old_corners, old_uv = vertices[triangles], old.vertices[old.triangles], old.uv[old.triangles]
    old_normals, normals = unit(area_vectors(old.vertices, old.triangles)), unit(area_vectors(vertices, triangles))
    old_centres = old_corners.mean(axis=1)
    num_candidates = min(_NUM_CANDIDATES, len(old_centres))
    _, near = KDTree(old_centres).query(corners.mean(axis=1), k=num_candidates)
    near = near.reshape(len(triangles), -1)
    facing = (old_normals[near] * normals[:, None]).sum(axis=-1) > 0.3
    chosen = near[np.arange(len(near)), np.where(facing.any(axis=1), facing.argmax(axis=1), 0)]
    expected, uv_per_m = _extended_uv(old_corners, old_uv, chosen, corners)
    # Position and texture together, in metres: across a seam neighbours are far apart in the texture.
    weight = 0.5 / float(np.median(uv_per_m))
    tree = KDTree(np.hstack([old_centres, weight * old_uv.mean(axis=1)]))
    queries, wanted = corners.reshape(-1, 3), expected.reshape(-1, 2)
    _, candidates = tree.query(np.hstack([queries, weight * wanted]), k=num_candidates)
    candidates = candidates.reshape(len(queries), -1)
    weights, distance = _nearest_weights(queries, old_corners[candidates])
    found = (weights[..., None] * old_uv[candidates]).sum(axis=2)
    best = (distance + weight * np.linalg.norm(found - wanted[:, None], axis=-1)).argmin(axis=1)
    uv = found[np.arange(len(queries)), best]
    # One vertex for each distinct (position, uv).
    index = triangles.reshape(-1)
    keys = np.hstack([index[:, None].astype(np.float64), np.round(uv, 6)])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return Surface(vertices=vertices[index[first]], uv=uv[first], triangles=inverse.reshape(-1, 3).astype(np.int64))


def _extended_uv(
    old_corners: np.ndarray, old_uv: np.ndarray, chosen: np.ndarray, corners: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Texture coordinates [N, 3, 2] of corners by the affine map of the old triangle `chosen` for each new one, and
    that map's scale [N] (uv per metre)."""
    a, b, c = (old_corners[chosen, k][:, None] for k in range(3))
    uv = old_uv[chosen]
    weights = _plane_weights(corners, a, b, c)
    edges = uv[:, 1:] - uv[:, :1]
    uv_area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    area = np.linalg.norm(np.cross((b - a)[:, 0], (c - a)[:, 0]), axis=1)
    scale = np.sqrt(np.maximum(uv_area, 1e-12) / np.maximum(area, 1e-12))
    return np.einsum("nij,njk->nik", weights, uv), scale


def _plane_weights(p: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Barycentric weights of the projections of points on the planes of triangles; not clipped."""
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    denominator = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v, w = (d11 * d20 - d01 * d21) / denominator, (d00 * d21 - d01 * d20) / denominator
    return np.stack([1 - v - w, v, w], axis=-1)


def _nearest_weights(points: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric weights [N, K, 3] and distance [N, K] of the nearest point of K candidate triangles each."""
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    p = points[:, None]
    inside = _plane_weights(p, a, b, c)
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
