"""Triangles and points: normals, winding, boundaries, nearest points. Nothing here knows what a head is."""

import numpy as np
from jaxtyping import Bool, Float, Int

Vertices = Float[np.ndarray, "num_vertices 3"]
Triangles = Int[np.ndarray, "num_triangles 3"]


def merge_index(vertices: Vertices, *, tolerance_m: float = 1e-6) -> Int[np.ndarray, " num_vertices"]:
    """A number for each distinct position: vertices that a texture seam has doubled share one."""
    keys = np.round(vertices / tolerance_m).astype(np.int64)
    _, inverse = np.unique(keys, axis=0, return_inverse=True)
    return inverse.reshape(-1)


def area_vectors(vertices: Vertices, triangles: Triangles) -> Float[np.ndarray, "num_triangles 3"]:
    """Normal of each triangle, as long as twice its area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def degenerate_triangles(vertices: Vertices, triangles: Triangles) -> Bool[np.ndarray, " num_triangles"]:
    """Triangles without area: a repeated corner, or a height under a ten-thousandth of the longest edge."""
    corners = vertices[triangles]
    edges = corners - np.roll(corners, 1, axis=1)
    longest = np.sqrt((edges**2).sum(axis=-1).max(axis=1))
    return np.linalg.norm(area_vectors(vertices, triangles), axis=1) <= 1e-4 * longest**2


def smooth_normals(vertices: Vertices, triangles: Triangles) -> Vertices:
    """Area-weighted vertex normals, unit length, equal on both sides of a texture seam.

    Where surfaces lie back to back (hair cards of two layers) the common normal would be nearly none or wrong for both
    sides; such vertices keep the normal of their own triangles.
    """
    group = merge_index(vertices)
    area = area_vectors(vertices, triangles)
    own, merged = np.zeros_like(vertices), np.zeros((int(group.max()) + 1, 3))
    for corner in range(3):
        np.add.at(own, triangles[:, corner], area)
        np.add.at(merged, group[triangles[:, corner]], area)
    own, common = unit(own), unit(merged)[group]
    agrees = (own * common).sum(axis=1, keepdims=True) > 0.2
    return np.where(agrees, common, own)


def unit(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    """Vectors scaled to length 1; one without length becomes +z."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    safe = length > 1e-30
    return np.where(safe, vectors / np.where(safe, length, 1), np.array([0.0, 0.0, 1.0]))


def usable_normals(vertices: Vertices, normals: Float[np.ndarray, "num_vertices 3"], triangles: Triangles) -> bool:
    """Whether a file's normals are finite, have length, and point to the front of nearly all triangles."""
    if not np.isfinite(normals).all() or (np.linalg.norm(normals, axis=1) < 1e-6).any():
        return False
    area = area_vectors(vertices, triangles)
    agrees = (area[:, None, :] * normals[triangles]).sum(axis=-1) > 0
    return bool(agrees.mean() > 0.95)


def signed_volume(vertices: Vertices, triangles: Triangles) -> float:
    """Volume that the triangles enclose with cones to their centre; negative where they face inwards."""
    a, b, c = (vertices[triangles[:, k]] - vertices.mean(axis=0) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def boundary_loops(vertices: Vertices, triangles: Triangles) -> list[Int[np.ndarray, "num_edges 2"]]:
    """Closed loops of edges that only one triangle has, after merging by position.

    Each row is (triangle, corner): the directed edge from that corner to the next one of the triangle; rows follow each
    other along the loop. A boundary that branches or does not close is left out.
    """
    group = merge_index(vertices)
    merged = group[triangles]
    starts, ends = merged.reshape(-1), np.roll(merged, -1, axis=1).reshape(-1)
    count = int(group.max()) + 1
    undirected = np.minimum(starts, ends) * count + np.maximum(starts, ends)
    _, inverse, uses = np.unique(undirected, return_inverse=True, return_counts=True)
    edges = np.flatnonzero((uses[inverse.reshape(-1)] == 1) & (starts != ends))
    leaving: dict[int, list[int]] = {}
    for edge in edges.tolist():
        leaving.setdefault(int(starts[edge]), []).append(edge)
    loops, used = [], set()
    for first in edges.tolist():
        chain, edge = [], first
        while edge not in used and len(leaving.get(int(starts[edge]), [])) == 1:
            used.add(edge)
            chain.append(edge)
            following = leaving.get(int(ends[edge]), [])
            if not following:
                break
            edge = following[0]
        if len(chain) >= 3 and edge == first:
            loops.append(np.stack(np.divmod(np.array(chain), 3), axis=1))
    return loops


def nearest_on_surface(
    points: Float[np.ndarray, "num_points 3"], vertices: Vertices, triangles: Triangles
) -> tuple[Float[np.ndarray, "num_points 3"], Float[np.ndarray, " num_points"], Int[np.ndarray, " num_points"]]:
    """Nearest point of the triangles to each point, its distance, and its triangle. Exact.

    Triangles whose bounding sphere is further than the nearest vertex are passed over.
    """
    corners = vertices[triangles]
    centres = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centres[:, None], axis=-1).max(axis=1)
    nearest, distance, chosen = np.empty_like(points), np.empty(len(points)), np.empty(len(points), dtype=np.int64)
    for i, point in enumerate(points):
        to_centre = np.linalg.norm(centres - point, axis=1)
        candidates = np.flatnonzero(to_centre - radii <= (to_centre + radii).min())
        on_each = _nearest_on_triangles(point, corners[candidates])
        lengths = np.linalg.norm(on_each - point, axis=1)
        best = int(lengths.argmin())
        nearest[i], distance[i], chosen[i] = on_each[best], lengths[best], candidates[best]
    return nearest, distance, chosen


def _nearest_on_triangles(point: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Nearest point of each triangle [N, 3, 3]: inside its plane where that falls within, else on an edge."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    best, best_sq = None, None
    for start, end in ((a, b), (b, c), (c, a)):
        edge = end - start
        length_sq = np.maximum((edge**2).sum(axis=1), 1e-30)
        s = np.clip(((point - start) * edge).sum(axis=1) / length_sq, 0, 1)
        on_edge = start + s[:, None] * edge
        distance_sq = ((on_edge - point) ** 2).sum(axis=1)
        if best is None or best_sq is None:
            best, best_sq = on_edge, distance_sq
        else:
            closer = distance_sq < best_sq
            best, best_sq = np.where(closer[:, None], on_edge, best), np.where(closer, distance_sq, best_sq)
    assert best is not None
    normal = np.cross(b - a, c - a)
    norm_sq = np.maximum((normal**2).sum(axis=1), 1e-30)
    on_plane = point - ((point - a) * normal).sum(axis=1)[:, None] / norm_sq[:, None] * normal
    inside = np.ones(len(corners), dtype=bool)
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= (np.cross(end - start, on_plane - start) * normal).sum(axis=1) >= 0
    return np.where(inside[:, None], on_plane, best)
