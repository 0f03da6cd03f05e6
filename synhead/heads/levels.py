"""Levels of detail: fewer triangles over the vertices a head has, whoever made it.

Vertices, normals, texture coordinates and blend shapes of every part stay as they are, so that whatever is tied to a
vertex holds for each level; only `HeadPart.triangles` becomes shorter. docs/design/0012-levels-of-detail.md.
"""

import hashlib
from collections import OrderedDict
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from synhead.heads.collapse import Corners, thin_out
from synhead.heads.geometry import area_vectors
from synhead.heads.model import HeadModel, HeadPart

NUM_LEVELS = 3
LEAST_TRIANGLES = 2500
"""No level aims at fewer: with 1,800, landmarks of a head of 14,600 lay 4 mm off and layers of hair cut each other."""
_SHARES = (1.0, 1 / 3, 1 / 8)
_WEIGHTS = {"eyebrows": 300.0, "eyelashes": 1000.0, "hair": 1.5, "teeth": 0.5}
"""What an error counts: brows and lashes are small and always looked at, a strand of hair has many beside it."""
_NEAR_LANDMARKS = ((range(68), 0.015, 5.0), (range(36, 48), 0.012, 40.0), (range(48, 68), 0.008, 15.0))
"""(landmarks, distance in metres, weight): along the jaw, brows and nose; lids and eyeballs; lips."""
_TEXTURE, _NORMAL_M = 0.3, 0.004
"""A texture displaced by 1 mm counts as 0.3 mm, a normal wrong by 0.1 rad as 0.4 mm."""
_POSES = (
    ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "browInnerUp"),
    ("mouthSmileLeft", "mouthSmileRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight"),
)
"""Expressions that a level must look right in, beside the face at rest."""
_KEPT_HEADS = 64
_known: OrderedDict[str, list[list[Int[np.ndarray, "_num_left 3"]]]] = OrderedDict()


def level_of(head: HeadModel, level: int) -> HeadModel:
    """A head drawn with fewer triangles: level 0 is the head itself, 1 has about a third of them, 2 an eighth.

    Each part keeps its arrays of vertices; vertices that no triangle uses are left in. Hair cards, doubled vertices at
    seams and the corners of small pieces set a limit, so that a level may have more triangles than it aims at; it never
    aims below LEAST_TRIANGLES. The digest differs from the head's, because a renderer keeps heads by it: a plan and a
    manifest name the head, not its level. Equal heads have equal levels. The levels of the last 64 heads are kept.

    Raises:
        ValueError: there is no such level.
    """
    if not 0 <= level < NUM_LEVELS:
        raise ValueError(f"level is {level}; 0 (the head itself) to {NUM_LEVELS - 1} exist.")
    if level == 0:
        return head
    key = f"{head.sha256} {[(len(part.vertices_m), len(part.triangles)) for part in head.parts]}"
    if key not in _known:
        _known[key] = _all_levels(head)
        while len(_known) > _KEPT_HEADS:
            _known.popitem(last=False)
    _known.move_to_end(key)
    parts = (replace(part, triangles=left) for part, left in zip(head.parts, _known[key][level - 1], strict=True))
    digest = hashlib.sha256(f"{head.sha256} level {level}".encode()).hexdigest()
    return replace(head, parts=tuple(parts), sha256=digest)


def target_triangles(head: HeadModel, level: int) -> int:
    """How many triangles a level aims at."""
    return min(head.num_triangles, max(LEAST_TRIANGLES, round(_SHARES[level] * head.num_triangles)))


def _all_levels(head: HeadModel) -> list[list[Int[np.ndarray, "_num_left 3"]]]:
    """Triangles of every part, for each level from 1 on. All parts share one budget: it goes where it is seen."""
    first = np.cumsum([0, *(len(part.vertices_m) for part in head.parts)])
    together = np.concatenate([part.triangles + start for part, start in zip(head.parts, first[:-1], strict=True)])
    targets = [target_triangles(head, level) for level in range(1, NUM_LEVELS)]
    levels = []
    for left in thin_out(_corners(head), together, targets):
        of_part = np.searchsorted(first, left[:, 0], side="right") - 1
        rows = [left[of_part == index] - start for index, start in enumerate(first[:-1])]
        levels.append([row.astype(part.triangles.dtype) for row, part in zip(rows, head.parts, strict=True)])
    return levels


def _corners(head: HeadModel) -> Corners:
    poses = [_posed(head, names) for names in _POSES]
    poses = [pose for pose in poses if np.abs(pose).max() > 0]
    rest = np.concatenate([part.vertices_m for part in head.parts])
    normals = np.concatenate([part.normals for part in head.parts])
    texture = np.concatenate([_TEXTURE * _metres_per_uv(part) * part.uv for part in head.parts])
    owner = np.repeat(np.arange(len(head.parts)), [len(part.vertices_m) for part in head.parts])
    # Lips that touch at rest and part with the jaw are no seam, and cards of two parts are not one surface.
    keys = np.round(np.hstack([rest, *(rest + pose for pose in poses)]) / 1e-6).astype(np.int64)
    _, place = np.unique(np.column_stack([owner, keys]), axis=0, return_inverse=True)
    return Corners(
        attributes=np.hstack([rest, texture, _NORMAL_M * normals, *poses]),
        normals=normals,
        shapes_m=np.stack([rest, *(rest + pose for pose in poses)]),
        place=place.reshape(-1),
        weight=np.concatenate([_weight(head, part) for part in head.parts]),
    )


def _posed(head: HeadModel, names: tuple[str, ...]) -> Float[np.ndarray, "num_vertices 3"]:
    coefficients = np.array([float(name in names) for name in head.shape_names], dtype=np.float32)
    deltas = [
        np.zeros_like(part.vertices_m)
        if part.shape_deltas_m is None
        else np.tensordot(coefficients, part.shape_deltas_m, axes=1).astype(np.float64)
        for part in head.parts
    ]
    return np.concatenate(deltas)


def _metres_per_uv(part: HeadPart) -> float:
    """How long the surface is per unit of the texture, in the mean of its triangles; 0 without a texture."""
    if part.material.texture is None and part.material.normal_texture is None:
        return 0.0
    flat = np.column_stack([part.uv, np.zeros(len(part.uv))])
    in_texture = np.linalg.norm(area_vectors(flat, part.triangles), axis=1).sum()
    on_surface = np.linalg.norm(area_vectors(part.vertices_m, part.triangles), axis=1).sum()
    return float(np.sqrt(on_surface / in_texture)) if in_texture > 0 else 0.0


def _weight(head: HeadModel, part: HeadPart) -> Float[np.ndarray, " num_vertices"]:
    weight = np.full(len(part.vertices_m), _WEIGHTS.get(part.kind, 1.0))
    if part.kind in ("skin", "eyes") and head.landmarks_68_m is not None:
        for points, distance_m, at_least in _NEAR_LANDMARKS:
            away, _ = KDTree(head.landmarks_68_m[list(points)]).query(part.vertices_m)
            weight[away < distance_m] = at_least
    return weight
