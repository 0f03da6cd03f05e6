"""Blend shapes of a generated head: what each of them adds to the vertices of every part.

Names and meaning are ARKit's (core/expressions.py). Shapes are made in the sculpt's own symmetric millimetres; the
small asymmetry of a person is put on afterwards, as on everything else.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Float32

from synhead.core.expressions import ARKIT_52
from synhead.heads.generate.part import GeneratedPart
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.shapes_brow import brow_shapes
from synhead.heads.generate.shapes_eyes import eye_shapes
from synhead.heads.generate.shapes_face import face_of
from synhead.heads.generate.shapes_jaw import jaw_of, jaw_shapes
from synhead.heads.generate.shapes_mouth import mouth_shapes
from synhead.heads.generate.shapes_ride import ride_on_lids, ride_on_skin
from synhead.heads.generate.skin_mesh import SkinMesh

SMALLEST_MM = 0.02
"""Shorter deltas are left out."""
_RIDING = ("eyebrows", "beard")
"""Names of the parts that lie on the face and go with it."""
PartShapes = Float32[np.ndarray, "s n 3"]


def build_shapes(
    field: SkinField, mesh: SkinMesh, parts: list[GeneratedPart], jaw_vertices: Bool[np.ndarray, " t"]
) -> tuple[tuple[str, ...], list[np.ndarray | None]]:
    """Every shape of a head.

    Args:
        mesh: the skin, which is the beginning of the part of kind "skin"; the ears after it never move.
        parts: of the head, in mm, before the asymmetry.
        jaw_vertices: which vertices of the part of kind "teeth" belong to the lower jaw.

    Returns:
        the names in the order of ARKIT_52, and for each part what they add at coefficient 1, mm; None: it never moves.
    """
    face = face_of(field, mesh)
    jaw = jaw_of(field.shape)
    made = eye_shapes(face) | brow_shapes(face) | mouth_shapes(face) | jaw_shapes(face, jaw)
    names = tuple(name for name in ARKIT_52 if name in made)
    skin = np.stack([made[name] for name in names])
    moves: list[np.ndarray | None] = []
    for part in parts:
        deltas: np.ndarray | None = None
        if part.kind == "skin":
            deltas = np.concatenate([skin, np.zeros((len(names), len(part.vertices) - len(mesh.vertices), 3))], axis=1)
        elif part.kind == "teeth":
            rigid = jaw.moves(part.vertices)
            still = np.zeros_like(part.vertices)
            deltas = np.stack([rigid.get(name, still) for name in names]) * jaw_vertices[:, None]
        elif part.kind == "eyelashes":
            deltas = ride_on_lids(face, skin, part.vertices, part.uv, part.triangles)
        elif part.name in _RIDING:
            deltas = ride_on_skin(face, skin, part.vertices)
        moves.append(None if deltas is None else _without_the_smallest(deltas))
    return names, moves


def _without_the_smallest(deltas: np.ndarray) -> PartShapes:
    size = np.linalg.norm(deltas, axis=-1, keepdims=True)
    return np.where(size < SMALLEST_MM, 0.0, deltas).astype(np.float32)


def through_warp(
    warp: Callable[[np.ndarray], np.ndarray], points: Float[np.ndarray, "n 3"], deltas: PartShapes
) -> PartShapes:
    """What the deltas become when points and moved points alike go through a smooth, small displacement.

    Its slope at each point is enough: within the few mm of a shape it hardly bends.
    """
    step = 0.5
    moved = np.flatnonzero((deltas != 0).any(axis=(0, 2)))
    at, delta = points[moved], deltas[:, moved]
    out = np.zeros_like(deltas)
    turned = np.zeros(delta.shape)
    for k, axis in enumerate(np.eye(3)):
        slope = (warp(at + step * axis) - warp(at - step * axis)) / (2 * step)
        turned += delta[:, :, k, None] * slope
    out[:, moved] = turned
    return out
