"""Thin triangles out by moving vertices onto neighbours: every corner that is left is an old vertex, unchanged.

Half-edge collapses by quadric error (Garland and Heckbert 1997) in as many dimensions as the vertices have attributes
(Garland and Heckbert 1998): position, texture, normal, and what blend shapes do. Collapses whose rings of neighbours do
not touch are made together, in rounds, so that numpy does the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from synhead.heads.geometry import unit

_BORDER_WEIGHT = 4.0
"""Of the plane that stands on a border edge, over the weight of the triangle."""
_CORNER_BEND = 1.0
"""Length of the sum of both directions along a border: 0 where it runs straight, 1 where it turns by 60 degrees."""
_LEAST_COSINE, _LEAST_HEIGHT = 0.3, 0.03
"""A triangle may turn by 73 degrees in one collapse; its height must keep this share of its longest edge."""
_CHOICES, _SHARE_A_ROUND, _SWEEPS = 2, 0.3, 6
_MAX_ROUNDS = 400


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Corners:
    """The vertices that triangles are made of.

    Attributes:
        attributes: whatever a triangle interpolates, all in metres; the first three are the position at rest.
        normals: unit length.
        shapes_m: the positions that no triangle may turn over in; the first is that at rest.
        place: vertices that a texture seam has doubled share a number; below num_vertices.
        weight: how much an error at each vertex counts.
    """

    attributes: Float[np.ndarray, "num_vertices num_attributes"]
    normals: Float[np.ndarray, "num_vertices 3"]
    shapes_m: Float[np.ndarray, "num_poses num_vertices 3"]
    place: Int[np.ndarray, " num_vertices"]
    weight: Float[np.ndarray, " num_vertices"]


def thin_out(
    corners: Corners, triangles: Int[np.ndarray, "num_triangles 3"], targets: Sequence[int]
) -> list[Int[np.ndarray, "_num_left 3"]]:
    """Triangles over the same vertices, for each target; targets fall, and each result continues the one before.

    Seams stay closed: a doubled vertex moves along its seam only, and each of its halves onto the half of the same
    side. Borders keep their course and the corners of hair cards; pieces and openings stay pieces and openings. So a
    target may not be reached.
    """
    state = _State(corners, triangles)
    results = []
    for target in targets:
        for _ in range(_MAX_ROUNDS):
            if len(state.triangles) <= target:
                break
            if not state.collapse_some(target, _SHARE_A_ROUND) and not state.collapse_some(target, 1.0):
                break
        results.append(state.triangles.copy())
    return results


class _State:
    """Triangles that become fewer, and the quadrics of their corners."""

    def __init__(self, corners: Corners, triangles: Int[np.ndarray, "num_triangles 3"]) -> None:
        self.corners = corners
        self.count = len(corners.place)
        place = corners.place[triangles]
        self.triangles = triangles[(place != np.roll(place, 1, axis=1)).all(axis=1)].astype(np.int64)
        self.quadric, self.linear, self.constant = self._quadrics()
        self._known_pairs, self._known_cost = np.zeros(0, np.int64), np.zeros(0)

    def _quadrics(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x A x + 2 b x + c of each vertex: squared distance to its triangles' planes, weighted by their areas."""
        x, triangles = self.corners.attributes, self.triangles
        a = x[triangles[:, 0]]
        e1 = _unit(x[triangles[:, 1]] - a)
        along = x[triangles[:, 2]] - a
        e2 = _unit(along - (along * e1).sum(axis=1, keepdims=True) * e1)
        area = np.linalg.norm(self._area(triangles, 0), axis=1) / 2
        weight = area * self.corners.weight[triangles].mean(axis=1) / 3
        d1, d2 = (a * e1).sum(axis=1, keepdims=True), (a * e2).sum(axis=1, keepdims=True)
        A = np.eye(x.shape[1]) - e1[:, :, None] * e1[:, None] - e2[:, :, None] * e2[:, None]
        b = d1 * e1 + d2 * e2 - a
        c = (a * a).sum(axis=1) - d1[:, 0] ** 2 - d2[:, 0] ** 2
        quadric, linear, constant = _sums_at(
            self.count, triangles, A * weight[:, None, None], b * weight[:, None], c * weight
        )
        self.kept = self._add_borders(quadric, linear, constant, weight)
        return quadric, linear, constant

    def _add_borders(
        self, quadric: np.ndarray, linear: np.ndarray, constant: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """Hold borders by planes that stand on them; returns the places where a border turns a corner."""
        place = self.corners.place[self.triangles]
        start, end = place.ravel(), np.roll(place, -1, axis=1).ravel()
        key = np.minimum(start, end) * self.count + np.maximum(start, end)
        _, inverse, uses = np.unique(key, return_inverse=True, return_counts=True)
        border = np.flatnonzero(uses[inverse] == 1)
        owner = border // 3
        from_, to = self.triangles.ravel()[border], np.roll(self.triangles, -1, axis=1).ravel()[border]
        rest = self.corners.shapes_m[0]
        along = unit(rest[to] - rest[from_])
        across = unit(np.cross(along, self._area(self.triangles[owner], 0)))
        plane = np.zeros((len(border), linear.shape[1]))
        plane[:, :3] = across
        offset = (across * rest[from_]).sum(axis=1)
        heavy = _BORDER_WEIGHT * weight[owner]
        bend = np.zeros((self.count, 3))
        for vertex, away in ((from_, along), (to, -along)):
            np.add.at(quadric, vertex, heavy[:, None, None] * plane[:, :, None] * plane[:, None])
            np.add.at(linear, vertex, -(heavy * offset)[:, None] * plane)
            np.add.at(constant, vertex, heavy * offset**2)
            np.add.at(bend, self.corners.place[vertex], away)
        return np.linalg.norm(bend, axis=1) > _CORNER_BEND

    def _area(self, triangles: np.ndarray, pose: int) -> np.ndarray:
        a, b, c = (self.corners.shapes_m[pose][triangles[..., k]] for k in range(3))
        return np.cross(b - a, c - a)

    def collapse_some(self, target: int, share: float) -> int:
        """One round: the cheapest `share` of the vertices that may move do, where they do not meet. How many did."""
        edges = _Edges(self.triangles, self.corners.place, self.kept)
        if not len(edges.u):
            return 0
        cost = np.bincount(edges.edge_of_pair, self._pair_cost(edges), minlength=len(edges.u))
        order = np.lexsort((edges.v, cost, edges.u))
        nth = _number_in_run(edges.u[order])
        leaders = order[nth == 0]
        bound = np.quantile(cost[leaders], share)
        chosen = np.sort(order if share >= 1 else order[(nth < _CHOICES) & (cost[order] <= bound)])
        chosen = chosen[self._stays_upright(edges, chosen)]
        chosen = chosen[np.lexsort((edges.v[chosen], edges.u[chosen], cost[chosen]))]
        moving = chosen[self._apart(edges, chosen)]
        removed = np.cumsum(edges.num_shared[moving])
        moving = moving[: int(np.searchsorted(removed, len(self.triangles) - target)) + 1]
        self._move(edges, moving)
        return len(moving)

    def _pair_cost(self, edges: "_Edges") -> np.ndarray:
        """Error of moving one vertex onto another; what nothing changed is remembered."""
        keys = edges.from_ * self.count + edges.to
        at = np.minimum(np.searchsorted(self._known_pairs, keys), max(len(self._known_pairs) - 1, 0))
        cost = np.empty(len(keys))
        known = np.zeros(len(keys), bool)
        if len(self._known_pairs):
            known = (self._known_pairs[at] == keys) & np.isfinite(self._known_cost[at])
            cost[known] = self._known_cost[at[known]]
        new = np.flatnonzero(~known)
        x, from_ = self.corners.attributes[edges.to[new]], edges.from_[new]
        half = (self.quadric[from_] @ x[:, :, None])[:, :, 0] + 2 * self.linear[from_]
        cost[new] = (x * half).sum(axis=1) + self.constant[from_]
        order = np.argsort(keys, kind="stable")
        self._known_pairs, self._known_cost = keys[order], cost[order]
        return np.maximum(cost, 0)

    def _stays_upright(self, edges: "_Edges", chosen: np.ndarray) -> np.ndarray:
        """Which collapses turn no triangle over, at rest or with an expression, and leave no sliver."""
        which, star = _expanded(edges.first_star[edges.u[chosen]], edges.num_star[edges.u[chosen]])
        star = edges.star[star]
        corner, triangle = np.divmod(star, len(self.triangles))
        old = self.triangles[triangle]
        gone = (edges.places[triangle] == edges.v[chosen[which]][:, None]).any(axis=1)
        which, corner, old = which[~gone], corner[~gone], old[~gone]
        new = old.copy()
        new[np.arange(len(new)), corner] = edges.target_of(chosen[which], old[np.arange(len(old)), corner])
        bad = np.zeros(len(new), bool)
        for pose in range(len(self.corners.shapes_m)):
            before, after = self._area(old, pose), self._area(new, pose)
            size = np.linalg.norm(after, axis=1)
            cosine = (unit(before) * unit(after)).sum(axis=1)
            if pose:
                bad |= cosine < 0
                continue
            points = self.corners.shapes_m[0][new]
            longest_sq = ((points - np.roll(points, 1, axis=1)) ** 2).sum(axis=-1).max(axis=1)
            bad |= (cosine < _LEAST_COSINE) | (size < _LEAST_HEIGHT * longest_sq)
            # Small turns add up; the normals of the vertices do not drift.
            faced_out = (before * self.corners.normals[old].sum(axis=1)).sum(axis=1) > 0
            bad |= faced_out & ((after * self.corners.normals[new].sum(axis=1)).sum(axis=1) < 0.2 * size)
        return np.bincount(which, bad, minlength=len(chosen)) == 0

    def _apart(self, edges: "_Edges", chosen: np.ndarray) -> np.ndarray:
        """Which of the collapses, cheapest first, to make together: no two with a common vertex in their rings.

        Those that are the first at every vertex of their ring; then, of those that touch none of them, again.
        """
        which, star = _expanded(edges.first_star[edges.u[chosen]], edges.num_star[edges.u[chosen]])
        ring = edges.places[edges.star[star] % len(self.triangles)]
        accepted, taken = np.zeros(len(chosen), bool), np.zeros(self.count, bool)
        for _ in range(_SWEEPS):
            if not len(which):
                break
            first = np.full(self.count, len(chosen), dtype=np.int64)
            np.minimum.at(first, ring.ravel(), np.repeat(which, 3))
            winners = np.ones(len(chosen), bool)
            winners[which[(first[ring] != which[:, None]).any(axis=1)]] = False
            won = winners[which]
            accepted[which[won]] = True
            taken[ring[won].ravel()] = True
            blocked = np.zeros(len(chosen), bool)
            blocked[which[taken[ring].any(axis=1)]] = True
            which, ring = which[~blocked[which]], ring[~blocked[which]]
        return accepted

    def _move(self, edges: "_Edges", moving: np.ndarray) -> None:
        _, pairs = _expanded(edges.first_pair[moving], edges.num_pairs[moving])
        from_, to = edges.from_[edges.pair_order[pairs]], edges.to[edges.pair_order[pairs]]
        np.add.at(self.quadric, to, self.quadric[from_])
        np.add.at(self.linear, to, self.linear[from_])
        np.add.at(self.constant, to, self.constant[from_])
        changed = np.zeros(self.count, bool)
        changed[to] = True
        self._known_cost[changed[self._known_pairs // self.count]] = np.inf
        renamed = np.arange(self.count)
        renamed[from_] = to
        triangles = renamed[self.triangles]
        place = self.corners.place[triangles]
        self.triangles = triangles[(place != np.roll(place, 1, axis=1)).all(axis=1)]


class _Edges:
    """Ways (u to v, places) that a collapse may go without tearing a seam, a border or the surface.

    Attributes:
        u, v, num_shared: of each way; the last is how many triangles lie at it.
        from_, to: pairs of vertices; those of way w are pair_order[first_pair[w] : first_pair[w] + num_pairs[w]].
        star: corner * num_triangles + triangle; those at place u are star[first_star[u] : first_star[u] + num_star[u]].
        places: of the triangles' corners.
    """

    def __init__(self, triangles: np.ndarray, place: np.ndarray, kept_places: np.ndarray) -> None:
        count = len(place)
        self.places = places = place[triangles]
        at = places.T.ravel()
        self.star = np.argsort(at, kind="stable")
        self.num_star = np.bincount(at, minlength=count)
        self.first_star = np.cumsum(self.num_star) - self.num_star
        pairs = np.concatenate(
            [triangles[:, k] * count + triangles[:, (k + step) % 3] for k in range(3) for step in (1, 2)]
        )
        pairs, uses = np.unique(pairs, return_counts=True)
        from_, to = np.divmod(pairs, count)
        ways, way_of_pair = np.unique(place[from_] * count + place[to], return_inverse=True)
        u, v = np.divmod(ways, count)
        num_shared = np.bincount(way_of_pair, uses).astype(np.int64)
        num_pairs = np.bincount(way_of_pair)
        num_halves = np.bincount(place[np.unique(triangles)], minlength=count)
        # Each half of u goes to one vertex of v: as many pairs as halves, and no half twice.
        _, first = np.unique(from_ * count + place[to], return_index=True)
        distinct = np.bincount(way_of_pair[first], minlength=len(ways))
        allowed = (num_pairs == num_halves[u]) & (distinct == num_pairs)
        num_border = np.bincount(u, num_shared == 1, minlength=count).astype(np.int64)
        num_ways = np.bincount(u, minlength=count)
        torn = np.bincount(u, num_shared > 2, minlength=count) > 0
        sound = ~torn & ~kept_places & np.isin(num_border, (0, 2)) & (self.num_star == num_ways - num_border // 2)
        allowed &= sound[u] & ((num_border[u] == 0) | (num_shared == 1)) & (self.num_star[u] > num_shared)
        index = np.flatnonzero(allowed)
        graph = csr_array((np.ones(len(ways), np.int32), (u, v)), shape=(count, count))
        common = graph[u[index]].multiply(graph[v[index]]).sum(axis=1) if len(index) else np.zeros(0)
        index = index[np.asarray(common).ravel() == num_shared[index]]
        kept = np.full(len(ways), -1)
        kept[index] = np.arange(len(index))
        self.u, self.v, self.num_shared, self.num_pairs = u[index], v[index], num_shared[index], num_pairs[index]
        mine = kept[way_of_pair] >= 0
        self.from_, self.to, self.edge_of_pair = from_[mine], to[mine], kept[way_of_pair[mine]]
        self.pair_order = np.argsort(self.edge_of_pair, kind="stable")
        self.first_pair = np.cumsum(self.num_pairs) - self.num_pairs
        self._half_keys = self.edge_of_pair[self.pair_order] * count + self.from_[self.pair_order]
        self._count = count

    def target_of(self, way: np.ndarray, vertex: np.ndarray) -> np.ndarray:
        """Where each vertex goes on its way."""
        at = np.searchsorted(self._half_keys, way * self._count + vertex)
        return self.to[self.pair_order[at]]


def _sums_at(count: int, triangles: np.ndarray, *per_triangle: np.ndarray) -> list[np.ndarray]:
    """For each vertex, the sums over its triangles."""
    rows = triangles.ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    at = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, len(triangles)))
    return [(at @ values.reshape(len(triangles), -1)).reshape(count, *values.shape[1:]) for values in per_triangle]


def _expanded(first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs first[i], first[i] + 1, ... of given lengths after each other: (i, element)."""
    which = np.repeat(np.arange(len(first)), length)
    start = np.cumsum(length) - length
    return which, first[which] + np.arange(len(which)) - start[which]


def _number_in_run(values: np.ndarray) -> np.ndarray:
    """0, 1, 2, ... along each run of equal values."""
    begins = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return np.arange(len(values)) - np.repeat(begins, np.diff(np.append(begins, len(values))))


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-30)
