"""How much of its surroundings each vertex of a head sees: what shades the side of a nose, a chin, an eye socket.

The visibility V of a vertex says for each direction d above its tangent plane whether the head's own surface leaves
the way free (1) or not (0). Below the plane V is continued as its mirror image, so that a vertex that nothing shades
has V = 1 in all directions and the harmonics need not follow the horizon.

It is found from outside: for each of `NUM_DIRECTIONS` directions a depth map of the head, seen from there, is made of
points spread over its triangles; a vertex is free where it lies not deeper than the map. A pure function of the head.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from synhead.compiled import compiled
from synhead.core.harmonics import sh_basis, sphere_directions
from synhead.heads.cache import kept_of_model
from synhead.heads.model import HeadModel, HeadPart

NUM_DIRECTIONS = 128
NUM_COEFFICIENTS = 16
CELL_M = 2e-3
"""Side of a cell of the depth maps: smaller gaps (between lid and eyeball) do not shade."""
MAX_SAMPLES = 300_000
MAX_CELLS = 640
"""Along a side of a depth map; larger objects get larger cells."""
_SAMPLES_PER_CELL = {"hair": 1.2, "clothes": 1.2}
_DEFAULT_SAMPLES_PER_CELL = 2.5
_LIFT_CELLS = {"hair": 3.0, "eyes": 0.4}
"""By how many cells a vertex is lifted off its surface before it looks round: layers of hair are not walls,
and lids lie close to the eyeball."""
_BEHIND_LASHES = 0.75
"""Of the light that passes the lids, what lashes and the lids' thin edges leave for the eyeball."""
_CASTS_NOTHING = ("eyebrows", "eyelashes")
_OPEN_MOUTH = {
    "jawOpen": 0.7,
    "mouthUpperUpLeft": 0.8,
    "mouthUpperUpRight": 0.8,
    "mouthLowerDownLeft": 0.8,
    "mouthLowerDownRight": 0.8,
}
_BETWEEN_WALLS = np.float32(0.9)
"""Of the darkness in a mouth, what the light between its walls leaves."""
_HIDDEN_AT_REST, _LIPS_M, _AROUND_MOUTH_M = 0.3, 0.010, 0.080
_BAND_WINDOW = np.repeat([1.0, 0.97, 0.9, 0.75], [1, 3, 5, 7])
"""Against ringing behind sharp edges."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Occlusion:
    """Visibility of the vertices of all parts, one after the other, in the head frame.

    Attributes:
        hidden_sh: coefficients (core/harmonics.py) of 1 - V.
        ambient: share of the light of an even sky that arrives: the mean of V weighted by the cosine.
    """

    hidden_sh: Float32[np.ndarray, "num_vertices 16"]
    ambient: Float32[np.ndarray, " num_vertices"]


def bake_occlusion(head: HeadModel) -> Occlusion:
    """Occlusion of a head at rest; about a second for 20 000 vertices, once for each head (`heads/cache.py`)."""

    def make() -> dict[str, np.ndarray]:
        baked = _bake(head)
        return {"hidden_sh": baked.hidden_sh, "ambient": baked.ambient}

    return Occlusion(**kept_of_model(head, "visibility", make))


def _bake(head: HeadModel) -> Occlusion:
    points = np.concatenate([part.vertices_m for part in head.parts])
    normals = np.concatenate([part.normals for part in head.parts])
    samples, cell_m = _surface_points(head)
    lift = np.concatenate([np.full(len(part.vertices_m), _LIFT_CELLS.get(part.kind, 1.0)) for part in head.parts])
    lifted = points + cell_m * lift[:, None] * normals
    # Vertices at texture seams share place and normal.
    keys = np.round(np.hstack([lifted * 1e6, normals * 1e3])).astype(np.int64)
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    result = _visibility(lifted[first].astype(np.float32), normals[first].astype(np.float32), samples, cell_m)
    group = group.reshape(-1)
    left = np.concatenate(
        [np.full(len(part.vertices_m), _BEHIND_LASHES if part.kind == "eyes" else 1.0) for part in head.parts]
    )
    whole = Occlusion(hidden_sh=result.hidden_sh[group], ambient=result.ambient[group] * left.astype(np.float32))
    return _with_open_mouth(head, whole, cell_m)


def _with_open_mouth(head: HeadModel, rest: Occlusion, cell_m: float) -> Occlusion:
    """Light what the lips hide at rest as it is lit with the mouth open: it shows only then."""
    teeth = [part for part in head.parts if part.kind == "teeth"]
    weights = np.array([_OPEN_MOUTH.get(name, 0.0) for name in head.shape_names], dtype=np.float32)
    if not teeth or not weights.any():
        return rest
    inside = np.concatenate([part.vertices_m for part in teeth])
    low, high = inside.min(axis=0) - _LIPS_M, inside.max(axis=0) + _LIPS_M
    moved, near, samples = [], [], [np.zeros((0, 3), dtype=np.float32)]
    for part in head.parts:
        opened = part.vertices_m
        if part.shape_deltas_m is not None:
            opened = opened + np.tensordot(weights, part.shape_deltas_m, axes=1)
        moved.append(opened + cell_m * part.normals)
        boxed = ((part.vertices_m > low) & (part.vertices_m < high)).all(axis=1)
        near.append(boxed & (part.kind in ("skin", "teeth")))
        around = (np.abs(part.vertices_m - (low + high) / 2) < _AROUND_MOUTH_M).all(axis=1)[part.triangles].all(axis=1)
        if part.kind in ("skin", "teeth") and around.any():
            shown = replace(part, vertices_m=opened, triangles=part.triangles[around], shape_deltas_m=None)
            samples.append(_points_on(shown, _density(part) / cell_m**2))
    index = np.flatnonzero(np.concatenate(near) & (rest.ambient < _HIDDEN_AT_REST))
    normals = np.concatenate([part.normals for part in head.parts])[index].astype(np.float32)
    lit = _visibility(np.concatenate(moved)[index].astype(np.float32), normals, np.concatenate(samples), cell_m)
    hidden_sh, ambient = rest.hidden_sh.copy(), rest.ambient.copy()
    better = lit.ambient >= ambient[index]
    hidden_sh[index[better]] = lit.hidden_sh[better] * _BETWEEN_WALLS
    ambient[index[better]] = 1 - (1 - lit.ambient[better]) * _BETWEEN_WALLS
    return Occlusion(hidden_sh=hidden_sh, ambient=ambient)


def _visibility(
    lifted: Float32[np.ndarray, "n 3"], normals: Float32[np.ndarray, "n 3"], samples: np.ndarray, cell_m: float
) -> Occlusion:
    hidden_sh = np.zeros((len(lifted), NUM_COEFFICIENTS), dtype=np.float32)
    arriving, possible = np.zeros(len(lifted), dtype=np.float32), np.zeros(len(lifted), dtype=np.float32)
    low = min(samples.min(), lifted.min()) if len(samples) else lifted.min()
    high = max(samples.max(), lifted.max()) if len(samples) else lifted.max()
    # Seen from any side, nothing lies farther than this from the middle.
    radius = np.sqrt(3) * (high - low) / 2 + 3 * cell_m
    middle = np.float32((low + high) / 2)
    side = int(np.ceil(2 * radius / cell_m))
    to_cells, bias_m = np.float32(1 / cell_m), np.float32(cell_m)
    depth, hidden = np.empty(side * side, dtype=np.float32), np.empty(len(lifted), dtype=np.float32)
    for direction in sphere_directions(NUM_DIRECTIONS).astype(np.float32):
        cosine = _cosines(normals, direction)
        above = np.flatnonzero(cosine > 0)
        axes = _axes_seen_from(direction)
        _fill_depth_map(depth, samples, middle, axes, side, to_cells)
        _fill_hidden_share(hidden, depth, lifted, above, middle, axes, side, to_cells, bias_m)
        n, c, share = normals[above], cosine[above], hidden[above]
        arriving[above] += c * (1 - share)
        possible[above] += c
        shaded = np.flatnonzero(share)
        mirrored = direction - 2 * c[shaded, None] * n[shaded]
        hidden_sh[above[shaded]] += share[shaded, None] * (
            sh_basis(direction, NUM_COEFFICIENTS) + sh_basis(mirrored, NUM_COEFFICIENTS)
        )
    hidden_sh *= np.float32(4 * np.pi / NUM_DIRECTIONS) * _BAND_WINDOW.astype(np.float32)
    return Occlusion(hidden_sh=hidden_sh, ambient=arriving / np.maximum(possible, 1e-6))


def _axes_seen_from(direction: Float32[np.ndarray, "3"]) -> Float32[np.ndarray, "3 3"]:
    """Columns: across, up, towards the viewer."""
    helper = np.eye(3, dtype=np.float32)[int(np.argmin(np.abs(direction)))]
    across = np.cross(helper, direction)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(direction, across), direction], axis=1).astype(np.float32)


@compiled
def _cosines(normals, direction):
    out = np.empty(len(normals), np.float32)
    for i in range(len(normals)):
        out[i] = normals[i, 0] * direction[0] + normals[i, 1] * direction[1] + normals[i, 2] * direction[2]
    return out


@compiled
def _fill_depth_map(depth, samples, middle, axes, side, to_cells):
    """The highest point of each cell (of `side` x `side`), towards the viewer."""
    depth[:] = -np.inf
    half = np.float32(side / 2)
    for i in range(len(samples)):
        x, y, z = samples[i, 0] - middle, samples[i, 1] - middle, samples[i, 2] - middle
        column = np.int64((x * axes[0, 0] + y * axes[1, 0] + z * axes[2, 0]) * to_cells + half)
        row = np.int64((x * axes[0, 1] + y * axes[1, 1] + z * axes[2, 1]) * to_cells + half)
        height = x * axes[0, 2] + y * axes[1, 2] + z * axes[2, 2]
        if height > depth[row * side + column]:
            depth[row * side + column] = height


@compiled
def _fill_hidden_share(hidden, depth, lifted, above, middle, axes, side, to_cells, bias_m):
    """How much of the four nearest cells lies above each of the vertices `above`, weighted by nearness."""
    half = np.float32(side / 2 - 0.5)
    for k in range(len(above)):
        i = above[k]
        x, y, z = lifted[i, 0] - middle, lifted[i, 1] - middle, lifted[i, 2] - middle
        u = (x * axes[0, 0] + y * axes[1, 0] + z * axes[2, 0]) * to_cells + half
        v = (x * axes[0, 1] + y * axes[1, 1] + z * axes[2, 1]) * to_cells + half
        level = x * axes[0, 2] + y * axes[1, 2] + z * axes[2, 2] + bias_m
        column, row = np.floor(u), np.floor(v)
        right, below = u - column, v - row
        corner = np.int64(row) * side + np.int64(column)
        total = np.float32(0)
        for dy in range(2):
            for dx in range(2):
                if depth[corner + dy * side + dx] > level:
                    across = right if dx else np.float32(1) - right
                    total += across * (below if dy else np.float32(1) - below)
        hidden[i] = total


def _surface_points(head: HeadModel) -> tuple[Float32[np.ndarray, "m 3"], float]:
    """Points spread over everything that casts a shadow, and the side of a cell that they fill."""
    casting = [part for part in head.parts if part.kind not in _CASTS_NOTHING]
    low, high = head.bounds_m
    coarsest = float(np.sqrt(3) * (high - low).max() / MAX_CELLS)
    wanted = sum(_areas(part).sum() * _density(part) for part in casting) / CELL_M**2
    cell_m = max(CELL_M * max(1.0, float(np.sqrt(wanted / MAX_SAMPLES))), coarsest)
    pieces = [_points_on(part, _density(part) / cell_m**2) for part in casting]
    return np.concatenate([np.zeros((0, 3), dtype=np.float32), *pieces]), cell_m


def _density(part: HeadPart) -> float:
    return _SAMPLES_PER_CELL.get(part.kind, _DEFAULT_SAMPLES_PER_CELL)


def _areas(part: HeadPart) -> Float[np.ndarray, " num_triangles"]:
    a, b, c = (part.vertices_m[part.triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def _points_on(part: HeadPart, points_per_m2: float) -> Float32[np.ndarray, "m 3"]:
    """Evenly spread points where the part is more than half opaque."""
    counts = np.maximum(1, np.ceil(_areas(part) * points_per_m2)).astype(np.int64)
    triangle = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(triangle)) + 1
    # A low-discrepancy sequence in the square (Roberts' R2), folded onto the triangle.
    s, t = (number * 0.7548776662466927) % 1.0, (number * 0.5698402909980532) % 1.0
    outside = s + t > 1
    s, t = np.where(outside, 1 - s, s), np.where(outside, 1 - t, t)
    weights = np.stack([1 - s - t, s, t], axis=1)
    solid = _is_solid(part, triangle, weights)
    corners = part.vertices_m[part.triangles[triangle[solid]]]
    return np.einsum("mk,mkc->mc", weights[solid], corners).astype(np.float32)


def _is_solid(
    part: HeadPart, triangle: Int[np.ndarray, " m"], weights: Float[np.ndarray, "m 3"]
) -> Bool[np.ndarray, " m"]:
    material = part.material
    if not material.has_alpha:
        return np.ones(len(triangle), dtype=bool)
    if material.texture is None:
        return np.full(len(triangle), material.base_color_rgba[3] >= 0.5)
    height, width = material.texture.shape[:2]
    uv = np.einsum("mk,mkc->mc", weights, part.uv[part.triangles[triangle]]) % 1.0
    column = np.minimum((uv[:, 0] * width).astype(np.int64), width - 1)
    row = np.minimum(((1 - uv[:, 1]) * height).astype(np.int64), height - 1)
    return material.texture[row, column, 3] * material.base_color_rgba[3] >= 127.5
