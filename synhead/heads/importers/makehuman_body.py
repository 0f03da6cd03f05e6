"""The base mesh of MakeHuman (hm08) and what is fixed on it: regions, lid and lip rings, ears, the collar's cut.

Everything here is a list of indices or weights on the base mesh, found once; it holds for every composed person.
"""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from synhead.errors import InputError
from synhead.heads.importers.makehuman_layout import MakeHumanLayout
from synhead.heads.importers.polymesh import PolyMesh, read_polymesh

NUM_VERTICES = 19158
_NUM_BODY = 13380
_LEFT_TRAGUS = 12055
_COLLAR_Y, _COLLAR_SLOPE, _COLLAR_SIDE, _SKIN_BELOW_COLLAR = 5.75, -0.50, 0.33, -0.4
"""Decimetres of the base mesh: the collar's height at x = z = 0, its slope to the front, how much higher it is at the
sides of the neck, and how far the skin goes on below it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Body:
    """Attributes (indices are those of base.obj):

    skin_triangles, skin_uv_triangles: head, neck down to below the collar, sockets of the eyes, inside of the mouth.
    mouth_inside, face: vertices of the mouth's inside without its rim, and of the outer head.
    lid_rings: vertices where the lids end (subject's right, left), unordered.
    ears: vertices of the right and left ear.
    tragi: vertex of the right and left tragus.
    """

    mesh: PolyMesh
    skin_triangles: Int[np.ndarray, "s 3"]
    skin_uv_triangles: Int[np.ndarray, "s 3"]
    torso_triangles: Int[np.ndarray, "t 3"]
    mouth_inside: Int[np.ndarray, " i"]
    face: Int[np.ndarray, " f"]
    lid_rings: tuple[np.ndarray, np.ndarray]
    ears: tuple[np.ndarray, np.ndarray]
    tragi: tuple[int, int]
    landmark_vertices: Int[np.ndarray, "68 3"]
    landmark_weights: Float[np.ndarray, "68 3"]

    def landmarks(self, vertices: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "68 3"]:
        """The 68 points on a composed body, in its units."""
        return (self.landmark_weights[:, :, None] * vertices[self.landmark_vertices]).sum(axis=1)


def collar_level(vertices: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """How far above the collar's curve a point of the BASE mesh lies, decimetres along y."""
    side = np.clip(np.abs(vertices[:, 0]) / 0.6, 0.0, 1.0)
    return vertices[:, 1] - (_COLLAR_Y + _COLLAR_SLOPE * vertices[:, 2] + _COLLAR_SIDE * side**2)


def read_body(layout: MakeHumanLayout) -> Body:
    """Read the base mesh and find its regions by the islands of its texture coordinates.

    Raises:
        InputError: unreadable, or not the mesh hm08.
    """
    mesh = read_polymesh(layout.base)
    if len(mesh.vertices) != NUM_VERTICES:
        raise InputError(layout.base, f"has {len(mesh.vertices)} vertices; the base mesh hm08 has {NUM_VERTICES}.")
    is_body = mesh.in_group(group="body")
    triangles, uv_triangles = mesh.triangles[is_body], mesh.uv_triangles[is_body]
    if not is_body.any() or triangles.max() >= _NUM_BODY:
        raise InputError(layout.base, f"has no group 'body' of the first {_NUM_BODY} vertices; it is not hm08.")
    island = _islands(uv_triangles, len(mesh.uv))
    landmarks = json.loads(
        (resources.files("synhead.heads.importers") / "data" / "makehuman_landmarks_68.json").read_text()
    )
    points = landmarks["points"]
    head = _island_with(island, triangles, points[30]["v"][0])
    middle = {name: _middle(mesh, name) for name in ("helper-tongue", "helper-r-eye", "helper-l-eye")}
    near = {name: _island_near(island, triangles, mesh.vertices, point, skip=head) for name, point in middle.items()}
    torso = _island_near(island, triangles, mesh.vertices, np.array([0.0, 4.0, 0.0]), skip=head)
    level = collar_level(mesh.vertices)[triangles].min(axis=1)
    neck = (island == torso) & (level > _SKIN_BELOW_COLLAR)
    skin = np.isin(island, [head, *near.values()]) & (level > _SKIN_BELOW_COLLAR - 0.6) | neck
    face = np.unique(triangles[island == head])
    mouth = np.unique(triangles[island == near["helper-tongue"]])
    sockets = [np.unique(triangles[island == near[name]]) for name in ("helper-r-eye", "helper-l-eye")]
    ear = _ear(mesh.vertices, face)
    return Body(
        mesh=mesh,
        skin_triangles=triangles[skin],
        skin_uv_triangles=uv_triangles[skin],
        torso_triangles=triangles[np.isin(island, [torso, head])],
        mouth_inside=np.setdiff1d(mouth, face),
        face=face,
        lid_rings=(np.intersect1d(face, sockets[0]), np.intersect1d(face, sockets[1])),
        ears=(_mirrored(mesh.vertices, ear), ear),
        tragi=(int(_mirrored(mesh.vertices, np.array([_LEFT_TRAGUS]))[0]), _LEFT_TRAGUS),
        landmark_vertices=np.array([point["v"] for point in points]),
        landmark_weights=np.array([point["w"] for point in points]),
    )


def _islands(uv_triangles: np.ndarray, num_uv: int) -> np.ndarray:
    """For each triangle the island of texture coordinates that it belongs to."""
    first = np.concatenate([uv_triangles[:, 0], uv_triangles[:, 1]])
    second = np.concatenate([uv_triangles[:, 1], uv_triangles[:, 2]])
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(num_uv, num_uv))
    _, label = connected_components(graph, directed=False)
    return label[uv_triangles[:, 0]]


def _island_with(island: np.ndarray, triangles: np.ndarray, vertex: int) -> int:
    return int(island[(triangles == vertex).any(axis=1)][0])


def _island_near(
    island: np.ndarray, triangles: np.ndarray, vertices: np.ndarray, point: np.ndarray, *, skip: int
) -> int:
    """The island whose mean vertex is nearest to a point."""
    labels = [label for label in np.unique(island) if label != skip]
    distance = [
        np.linalg.norm(vertices[np.unique(triangles[island == label])].mean(axis=0) - point) for label in labels
    ]
    return int(labels[int(np.argmin(distance))])


def _middle(mesh: PolyMesh, group: str) -> np.ndarray:
    return mesh.vertices[np.unique(mesh.triangles[mesh.in_group(group=group)])].mean(axis=0)


def _ear(vertices: np.ndarray, face: np.ndarray) -> np.ndarray:
    """The left ear: the part of the outer head within 27 mm of the ear's middle, and outside the skull's side."""
    low, high = np.array([0.70, 6.82, 0.28]), np.array([1.2, 7.38, 0.68])
    at = vertices[face]
    return face[((at > low) & (at < high)).all(axis=1)]


def _mirrored(vertices: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The vertices on the other side of the (symmetric) base mesh."""
    _, other = KDTree(vertices[:_NUM_BODY]).query(vertices[index] * [-1.0, 1.0, 1.0])
    return np.asarray(other)
