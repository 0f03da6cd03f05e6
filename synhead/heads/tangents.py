"""The directions of a texture on a surface, which a normal map is written in."""

import numpy as np
from jaxtyping import Float, Float32

from synhead.heads.model import HeadPart


def vertex_tangents(part: HeadPart) -> Float32[np.ndarray, "num_vertices 4"]:
    """Unit vector along u in the surface, and the sign of v against normal x tangent; head frame.

    As glTF 2.0 has them: bitangent = cross(normal, tangent) * w. Triangles without area in the texture say nothing;
    a vertex of which all triangles say nothing gets some direction in its plane.
    """
    triangles = part.triangles
    p0, p1, p2 = (part.vertices_m[triangles[:, k]] for k in range(3))
    w0, w1, w2 = (part.uv[triangles[:, k]] for k in range(3))
    (du1, dv1), (du2, dv2) = (w1 - w0).T, (w2 - w0).T
    area = du1 * dv2 - du2 * dv1
    # Times the area in the texture, not divided by it: larger triangles count for more, and nothing is divided by 0.
    side = np.sign(area)[:, None]
    along_u = side * ((p1 - p0) * dv2[:, None] - (p2 - p0) * dv1[:, None])
    along_v = side * ((p2 - p0) * du1[:, None] - (p1 - p0) * du2[:, None])
    u_sum, v_sum = _summed(along_u, part), _summed(along_v, part)
    normals = part.normals
    tangent = u_sum - normals * (normals * u_sum).sum(axis=1, keepdims=True)
    length = np.linalg.norm(tangent, axis=1, keepdims=True)
    none = length[:, 0] < 1e-12
    if none.any():
        axis = np.eye(3)[np.argmin(np.abs(normals[none]), axis=1)]
        tangent[none] = np.cross(normals[none], axis)
        length = np.linalg.norm(tangent, axis=1, keepdims=True)
    tangent = tangent / length
    sign = np.where((np.cross(normals, tangent) * v_sum).sum(axis=1) < 0, -1.0, 1.0)
    return np.column_stack([tangent, sign]).astype(np.float32)


def _summed(per_triangle: Float[np.ndarray, "num_triangles 3"], part: HeadPart) -> Float[np.ndarray, "num_vertices 3"]:
    corners = part.triangles.reshape(-1)
    repeated = np.repeat(per_triangle, 3, axis=0)
    count = len(part.vertices_m)
    return np.stack([np.bincount(corners, repeated[:, axis], minlength=count) for axis in range(3)], axis=1)
