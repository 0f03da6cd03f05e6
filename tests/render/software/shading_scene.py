"""A crowd of random triangles in front of a camera, as a head, and points on them found without the engine's planes."""

from dataclasses import dataclass

import numpy as np

from synhead.core.camera import Camera
from synhead.heads.model import HeadModel, HeadPart, Material
from synhead.render.software.items import PLANE_COLUMNS
from tests.render.simple_scenes import head_of

CAMERA = Camera(width_px=320, height_px=240, focal_px=400.0, center_px=(150.0, 125.0))


@dataclass(kw_only=True)
class Scene:
    """A head, a pose and points seen on it.

    Attributes:
        weights: [n, 3] perspective-correct barycentric coordinates of the points, which the test chose.
        part: [n] number of the part.
        planes, triangle, x, y, front: what shading is given.
    """

    head: HeadModel
    R: np.ndarray
    t: np.ndarray
    corners_cam: np.ndarray
    weights: np.ndarray
    part: np.ndarray
    planes: np.ndarray
    triangle: np.ndarray
    x: np.ndarray
    y: np.ndarray
    front: np.ndarray

    def corner_values(self, values: list[np.ndarray]) -> np.ndarray:
        """[n, 3, k] values of the parts' vertices at the corners of each point's triangle."""
        offset, rows = 0, np.concatenate(values)
        found = []
        for part in self.head.parts:
            found.append(rows[part.triangles + offset])
            offset += len(part.vertices_m)
        return np.concatenate(found)[self.triangle]

    def interpolated(self, values: list[np.ndarray]) -> np.ndarray:
        """[n, k] values of the parts' vertices at the points."""
        return np.einsum("nc,nck->nk", self.weights, self.corner_values(values))

    def uv_seen_from(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """[n, 2] texture coordinates where the rays through other pixels meet the points' triangles."""
        ray = np.stack(
            [(x - CAMERA.center_px[0]) / CAMERA.focal_px, (y - CAMERA.center_px[1]) / CAMERA.focal_px, np.ones_like(x)],
            axis=1,
        )
        a, b, c = np.moveaxis(self.corners_cam[self.triangle], 1, 0)
        normal = np.cross(b - a, c - a)
        hit = ray * ((a * normal).sum(1) / (ray * normal).sum(1))[:, None]
        area = (normal * normal).sum(1)
        u = (np.cross(hit - a, c - a) * normal).sum(1) / area
        w = (np.cross(b - a, hit - a) * normal).sum(1) / area
        weights = np.stack([1 - u - w, u, w], axis=1)
        return np.einsum("nc,nck->nk", weights, self.corner_values([part.uv for part in self.head.parts]))


def scene(rng: np.random.Generator, num_points: int = 3000) -> Scene:
    """Skin with a normal map of the texture's size, clothes with one of another, eyes without a texture, and hair."""
    parts = (
        _part(rng, "skin", texture=(64, 32), normal_map=(64, 32)),
        _part(rng, "clothes", texture=(16, 16), normal_map=(32, 8), base=(0.9, 0.5, 0.7, 1.0)),
        _part(rng, "eyes", roughness=0.1, base=(0.2, 0.9, 0.4, 1.0)),
        _part(rng, "hair", texture=(21, 34), has_alpha=True, base=(1.0, 0.8, 0.9, 0.75)),
    )
    head = head_of(*parts)
    R = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    R *= np.sign(np.linalg.det(R))
    t = np.array([0.02, -0.03, 0.8])
    cam = [part.vertices_m @ R.T + t for part in parts]
    triangles = np.concatenate([cam[k][part.triangles] for k, part in enumerate(parts)])
    part_of = np.repeat(np.arange(len(parts)), [len(part.triangles) for part in parts])
    seen_at = triangles[..., :2] / triangles[..., 2:] * CAMERA.focal_px + CAMERA.center_px
    (ax, ay), (bx, by), (cx, cy) = (seen_at[:, k].T for k in range(3))
    turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    # Triangles seen edge-on magnify every rounding.
    broad = np.flatnonzero(np.abs(turn) > 40)
    triangle = rng.choice(broad, num_points).astype(np.int32)
    weights = rng.dirichlet(np.ones(3), num_points)
    points = np.einsum("nc,nck->nk", weights, triangles[triangle])
    xy = points[:, :2] / points[:, 2:] * CAMERA.focal_px + CAMERA.center_px
    return Scene(
        head=head,
        R=R,
        t=t,
        corners_cam=triangles,
        weights=weights,
        part=part_of[triangle],
        planes=planes_of(triangles),
        triangle=triangle,
        x=xy[:, 0].astype(np.float32),
        y=xy[:, 1].astype(np.float32),
        # y of the picture points down: a front that winds counter-clockwise seen from outside turns the other way.
        front=(turn[triangle] < 0).astype(np.uint8),
    )


def planes_of(triangles: np.ndarray) -> np.ndarray:
    """b_i / w of triangles [n, 3, 3] in the camera frame: the inverse of their corners' pixels."""
    K = np.array([[CAMERA.focal_px, 0, CAMERA.center_px[0]], [0, CAMERA.focal_px, CAMERA.center_px[1]], [0, 0, 1]])
    pixels = triangles @ K.T
    inverse = np.linalg.inv(pixels)
    origin = np.round((pixels[..., :2] / pixels[..., 2:]).mean(axis=1))
    planes = np.zeros((len(triangles), PLANE_COLUMNS), dtype=np.float32)
    for i in range(3):
        a, b, c = inverse[:, :, i].T
        planes[:, 3 * i], planes[:, 3 * i + 1] = a, b
        planes[:, 3 * i + 2] = c + a * origin[:, 0] + b * origin[:, 1]
    planes[:, 9:11] = origin
    return planes


def _part(
    rng: np.random.Generator,
    kind: str,
    *,
    texture: tuple[int, int] | None = None,
    normal_map: tuple[int, int] | None = None,
    has_alpha: bool = False,
    roughness: float = 0.5,
    base: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
) -> HeadPart:
    count = 60
    corner = rng.uniform(-0.1, 0.1, size=(count, 1, 3)) + rng.uniform(-0.05, 0.05, size=(count, 3, 3))
    vertices = corner.reshape(-1, 3)
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.repeat(flat / np.linalg.norm(flat, axis=1, keepdims=True), 3, axis=0)
    normals = normals + rng.uniform(-0.4, 0.4, normals.shape)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    material = Material(
        name=kind,
        base_color_rgba=base,
        texture=None if texture is None else rng.integers(0, 256, (*texture, 4), dtype=np.uint8),
        has_alpha=has_alpha,
        roughness=roughness,
        normal_texture=None if normal_map is None else rng.integers(60, 256, (*normal_map, 3), dtype=np.uint8),
    )
    return HeadPart(
        kind=kind,
        material=material,
        vertices_m=vertices,
        normals=normals,
        # Beyond [0, 1] as well: textures repeat.
        uv=rng.uniform(-1.5, 2.5, size=(3 * count, 2)) * rng.choice([0.05, 0.3, 1.0], size=(3 * count, 1)),
        triangles=np.arange(3 * count).reshape(-1, 3),
    )
