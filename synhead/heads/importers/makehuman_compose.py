"""From weights to a body: the sum of targets, with the inside of the mouth kept behind the skin."""

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from synhead.heads.importers.makehuman_library import MakeHumanLibrary

_BEHIND_DM = 0.025
_LOWER_LIP_DROP_DM = 0.22
"""How far the lower lip falls in the target that opens the mouth."""
_NEAR_LIPS_DM, _OVERLAP_DM, _LARGEST_GAP_DM = 0.05, 0.009, 0.3


def compose(library: MakeHumanLibrary, weights: dict[str, float]) -> Float[np.ndarray, "n 3"]:
    """Vertices of the base mesh plus the weighted targets, decimetres.

    Source: the README of the MakeHuman data; head = base + sum of weight times target, all linear.
    """
    return library.body.mesh.vertices + library.delta(weights)


def tuck_mouth_in(library: MakeHumanLibrary, vertices: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """The same body with the inside of the mouth at least 2.5 mm behind the outer skin.

    Old and hollow cheeks otherwise sink through it, and it shows red beside the nose. The rim at the lips is not moved.
    """
    body = library.body
    normals = vertex_normals(vertices, body.skin_triangles)
    inside = body.mouth_inside
    face = body.face
    distance, nearest = KDTree(vertices[face]).query(vertices[inside], k=4)
    nearest = face[nearest]
    weight = 1 / np.maximum(distance, 1e-6)
    weight /= weight.sum(axis=1, keepdims=True)
    outward = (normals[nearest] * weight[:, :, None]).sum(axis=1)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    height = (((vertices[inside][:, None] - vertices[nearest]) * normals[nearest]).sum(axis=2) * weight).sum(axis=1)
    # Near the lips the mouth's inside starts at the skin: there the gap grows from nothing over 8 mm.
    rim = mouth_rim(library)
    from_rim, _ = KDTree(vertices[rim]).query(vertices[inside])
    wanted = _BEHIND_DM * np.clip(from_rim / 0.08, 0.0, 1.0)
    moved = vertices.copy()
    moved[inside] -= np.maximum(height + wanted, 0.0)[:, None] * outward
    return moved


def close_lips(library: MakeHumanLibrary, vertices: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """The same body with the lower lip raised until it meets the upper one, everywhere along the mouth.

    Shape targets leave gaps of up to a millimetre, through which the teeth shine. What belongs to the lower lip is
    read off the target that opens the mouth; without it the lips stay as they are.
    """
    name = "expression/units/caucasian/mouth-open"
    if not library.has_target(name):
        return vertices
    lower = np.clip(-library.delta({name: 1.0})[:, 1] / _LOWER_LIP_DROP_DM, 0.0, 1.0)
    rim = mouth_rim(library)
    away, _ = KDTree(vertices[rim]).query(vertices)
    near = np.flatnonzero(away < _NEAR_LIPS_DM)
    up, low = near[lower[near] < 0.35], near[lower[near] > 0.6]
    x = np.linspace(vertices[rim, 0].min(), vertices[rim, 0].max(), 41)
    gap = np.zeros(len(x))
    for column, at in enumerate(x[1:-1], start=1):
        above, below = (side[np.abs(vertices[side, 0] - at) < 0.03] for side in (up, low))
        if len(above) and len(below):
            gap[column] = vertices[above, 1].min() - vertices[below, 1].max() + _OVERLAP_DM
    gap = np.clip(gap, 0.0, _LARGEST_GAP_DM)
    gap = np.maximum(gap, np.convolve(np.pad(gap, 2, mode="edge"), np.full(5, 0.2), mode="valid"))
    fade = np.clip(1.4 - away / 0.1, 0.0, 1.0)
    moved = vertices.copy()
    moved[:, 1] += np.interp(vertices[:, 0], x, gap) * lower * fade
    return moved


def mouth_rim(library: MakeHumanLibrary) -> np.ndarray:
    """Vertices at which the outer skin turns into the inside of the mouth."""
    body = library.body
    return np.intersect1d(np.unique(body.skin_triangles[_touches(body.skin_triangles, body.mouth_inside)]), body.face)


def vertex_normals(vertices: Float[np.ndarray, "n 3"], triangles: np.ndarray) -> Float[np.ndarray, "n 3"]:
    """Unit normals weighted by area; zero at vertices without triangles."""
    corners = vertices[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], area)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def _touches(triangles: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return np.asarray(np.isin(triangles, chosen).any(axis=1))
