"""The skin part: wrapped grid and ears, with the texture baked from the same parameters."""

import numpy as np

from synhead.heads.generate.bake import texel_map, to_bytes
from synhead.heads.generate.ears import build_ear
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, join, mirrored
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.skin_colour import paint_skin
from synhead.heads.generate.skin_mesh import SkinMesh
from synhead.heads.generate.skin_regions import skin_regions
from synhead.heads.generate.skin_scatter import surface_frame

DEFAULT_TEXTURE_SIZE_PX = 1024


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals, weighted by area."""
    corners = vertices[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], area)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def occlusion(field: SkinField, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """1 where the surroundings are open, towards 0 where the field closes in; three samples along the normal."""
    blocked = np.zeros(len(points))
    for reach, weight in ((1.8, 0.46), (5.0, 0.32), (13.0, 0.22)):
        free = field(points + normals * reach) / reach
        blocked += weight * np.clip(1 - free, 0.0, 1.0)
    return 1 - blocked


def _ears(parameters: HeadParameters) -> tuple[Surface, np.ndarray]:
    """Both ears and how open each vertex lies (the concha is dark)."""
    left = build_ear(parameters.shape)
    right = mirrored(left)
    right = Surface(vertices=right.vertices, uv=right.uv - [0.5, 0.0], triangles=right.triangles)
    normals = vertex_normals(left.vertices, left.triangles)
    # Mean height of neighbours over the tangent plane: hollows are positive, rims negative.
    edges = np.concatenate([left.triangles[:, [0, 1]], left.triangles[:, [1, 2]], left.triangles[:, [2, 0]]])
    rise = ((left.vertices[edges[:, 1]] - left.vertices[edges[:, 0]]) * normals[edges[:, 0]]).sum(axis=1)
    total, count = np.zeros(len(normals)), np.zeros(len(normals))
    np.add.at(total, edges[:, 0], rise)
    np.add.at(count, edges[:, 0], 1.0)
    hollow = total / np.maximum(count, 1.0)
    depth = np.clip(0.5 - left.uv[:, 1] * 12.0, 0.0, 0.5)
    open_sky = np.clip(0.95 - 0.25 * hollow - depth, 0.2, 1.0)
    return join([right, left]), np.concatenate([open_sky, open_sky])


def build_skin_part(parameters: HeadParameters, field: SkinField, mesh: SkinMesh, size: int) -> GeneratedPart:
    """Join head and ears, paint colours and relief into textures of `size` by `size` texels."""
    ears, ear_occlusion = _ears(parameters)
    whole = join([Surface(vertices=mesh.vertices, uv=mesh.uv, triangles=mesh.triangles), ears])
    normals = vertex_normals(mesh.vertices, mesh.triangles)
    head_occlusion = np.clip(occlusion(field, mesh.vertices, normals) * (1 - 0.5 * mesh.inner), 0.0, 1.0)
    inner = np.concatenate([mesh.inner, np.zeros(len(ears.vertices))])
    openness = np.concatenate([head_occlusion, ear_occlusion])
    is_ear = np.arange(len(whole.vertices)) >= len(mesh.vertices)
    regions = skin_regions(parameters, whole.vertices, inner, openness, is_ear)
    frame = surface_frame(whole.vertices, whole.uv, whole.triangles, size)
    texels = texel_map(whole.uv, whole.triangles, size, size)
    colour, relief = paint_skin(parameters, whole.vertices, inner, regions, frame, texels)
    return GeneratedPart(
        kind="skin",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=to_bytes(colour.reshape(size, size, 3)),
        normal_texture=to_bytes(0.5 + 0.5 * relief),
    )
