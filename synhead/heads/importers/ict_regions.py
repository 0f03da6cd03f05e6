"""Where on the ICT-FaceKit mesh what is: features for painting, as functions of the NEUTRAL mesh, computed once.

Coordinates are millimetres of the neutral mesh (x to the subject's left, y up, z front). All identities share topology
and texture layout, so that lips stay on lips whatever the identity.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.spatial import KDTree

from synhead.heads.generate.bake import TexelMap, smooth_step, texel_map
from synhead.heads.importers.ict_model import EYE_SOCKETS, FACE, HEAD_AND_NECK, MOUTH_SOCKET, IctModel
from synhead.heads.importers.makehuman_body import collar_level
from synhead.heads.importers.makehuman_compose import vertex_normals

_AZIMUTH = np.array([0, 12, 24, 34, 42, 48, 53, 58, 63, 67, 71, 95, 103, 110, 120, 135, 150, 180], dtype=float)
_HAIRLINE_Y = np.array([102, 104, 100, 88, 70, 54, 34, 14, 10, 20, 38, 37, 30, 6, -25, -45, -52, -55], dtype=float)
"""Height of the hairline by the azimuth from the face, degrees; 53 to 67 are the sideburns, 71 to 95 over the ears."""
_SKIN_BELOW_COLLAR_DM = -0.4
SHIFT_DM = np.array([0.0, 6.92, 0.35])
"""From ICT's decimetres to where the base mesh of MakeHuman has the same neck: the shirt's curves are given there."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SkinLayout:
    """The skin as one texture: the face's tile on the left, that of head and neck on the right.

    Attributes:
        triangles, uv_triangles: of face, head, neck, eye sockets and mouth socket; `uv` in [0, 1].
        height_px, width_px: of the texture.
        points_mm: at each texel, where it lies on the neutral head.
        vertices_mm: the neutral head; `features` at its vertices: hollow in mm, inside of mouth, eye sockets,
            nostrils.
        hairline_mm: at each vertex, how far inside the hair it lies; negative on bare skin.
    """

    triangles: np.ndarray
    uv: np.ndarray
    uv_triangles: np.ndarray
    height_px: int
    width_px: int
    points_mm: Float32[np.ndarray, "num_texels 3"]
    vertices_mm: Float[np.ndarray, "num_vertices 3"]
    features: Float[np.ndarray, "num_vertices 4"]
    hairline_mm: Float[np.ndarray, " num_vertices"]
    _texels: TexelMap
    _vertex_of_corner: Int[np.ndarray, " num_corners"]

    def bake(self, values: Float[np.ndarray, "num_vertices c"]) -> Float32[np.ndarray, "num_texels c"]:
        """Vertex values at every texel."""
        return self._texels.bake(values[self._vertex_of_corner])


def skin_layout(model: IctModel, size_px: int) -> SkinLayout:
    """Find the layout for textures of `size_px` rows and twice as many columns."""
    mesh = model.mesh
    under_shirt = collar_level(mesh.vertices * 0.1 + SHIFT_DM) < _SKIN_BELOW_COLLAR_DM
    chosen = (mesh.triangles < EYE_SOCKETS.stop).all(axis=1) & ~under_shirt[mesh.triangles].all(axis=1)
    triangles, uv_triangles = mesh.triangles[chosen], mesh.uv_triangles[chosen]
    uv = mesh.uv * [0.5, 1.0]
    corner = np.stack([triangles.ravel(), uv_triangles.ravel()], axis=1)
    unique, number = np.unique(corner, axis=0, return_inverse=True)
    texels: TexelMap = texel_map(uv[unique[:, 1]], number.reshape(-1, 3), size_px, 2 * size_px)
    vertices_mm = mesh.vertices * 10
    vertex_of_corner = unique[:, 0]
    return SkinLayout(
        triangles=triangles,
        uv=uv,
        uv_triangles=uv_triangles,
        height_px=size_px,
        width_px=2 * size_px,
        points_mm=texels.bake(vertices_mm[vertex_of_corner]),
        vertices_mm=vertices_mm,
        features=_vertex_features(vertices_mm, triangles),
        hairline_mm=hairline_mm(vertices_mm),
        _texels=texels,
        _vertex_of_corner=vertex_of_corner,
    )


def hairline_mm(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """How far above the hairline a point of the neutral head lies, mm (rough)."""
    azimuth = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2]))
    line = np.interp(azimuth, _AZIMUTH, _HAIRLINE_Y)
    slope = np.interp(azimuth, _AZIMUTH, np.gradient(_HAIRLINE_Y, _AZIMUTH)) / 1.45
    return (points[:, 1] - line) / np.sqrt(1 + 0.4 * slope**2)


def _vertex_features(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Hollow in mm (how far the surroundings rise above the tangent plane); inside of mouth, eye sockets, nostrils."""
    normals = vertex_normals(vertices, triangles)
    smooth = vertices.copy()
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    count = np.maximum(np.bincount(edges[:, 0], minlength=len(vertices)), 1)[:, None]
    for _ in range(10):
        total = np.zeros_like(smooth)
        np.add.at(total, edges[:, 0], smooth[edges[:, 1]])
        smooth = np.where(count > 1, total / count, smooth)
    hollow = ((smooth - vertices) * normals).sum(axis=1)
    mouth, socket = np.zeros(len(vertices)), np.zeros(len(vertices))
    mouth[MOUTH_SOCKET] = 1
    socket[EYE_SOCKETS] = 1
    return np.column_stack([np.clip(hollow, -3.0, 3.0), mouth, socket, _nostrils(vertices)])


def _nostrils(vertices: np.ndarray) -> Float[np.ndarray, " n"]:
    """1 at vertices that lie behind the front of the nose: inside the nostrils."""
    box = (np.abs(vertices[:, 0]) < 14) & (np.abs(vertices[:, 1]) < 14) & (vertices[:, 2] > 85)
    box[FACE.stop :] = False
    at = np.flatnonzero(box)
    tree = KDTree(vertices[at, :2])
    ahead = np.array([vertices[at[near], 2].max() for near in tree.query_ball_point(vertices[at, :2], 2.0)])
    inside = np.zeros(len(vertices))
    inside[at] = smooth_step(5.0, 8.0, ahead - vertices[at, 2]) * smooth_step(-12, -7, vertices[at, 1])
    return inside


def distance_to_line(
    points: Float[np.ndarray, "n 2"], line: Float[np.ndarray, "k 2"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Distance to a polyline, and where along it (0 to 1) the nearest point lies."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    best, along = np.full(len(points), np.inf), np.zeros(len(points))
    for k, length in enumerate(lengths):
        step = (line[k + 1] - line[k]) / length
        t = np.clip((points - line[k]) @ step, 0.0, length)
        distance = np.linalg.norm(points - line[k] - t[:, None] * step, axis=1)
        nearer = distance < best
        best[nearer], along[nearer] = distance[nearer], (starts[k] + t[nearer]) / starts[-1]
    return best, along


def inside_polygon(points: Float[np.ndarray, "n 2"], ring: Float[np.ndarray, "k 2"]) -> np.ndarray:
    """Whether points lie inside a closed ring (crossing number)."""
    inside = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
        inside ^= crosses & (points[:, 0] < (x2 - x1) * (points[:, 1] - y1) / (y2 - y1) + x1)
    return inside


def neck_of(model: IctModel) -> np.ndarray:
    """Triangles of head and neck outside the face, from which the shirt is cut."""
    return model.mesh.triangles[(model.mesh.triangles < HEAD_AND_NECK.stop).all(axis=1)]


def front(points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """1 on the front of the face, 0 behind the cheeks."""
    return smooth_step(35, 70, points[:, 2])
