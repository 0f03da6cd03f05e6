"""Small heads and scenes whose pictures can be worked out by hand."""

import hashlib
from collections.abc import Sequence

import numpy as np
from trimesh.creation import icosphere

from synhead.core.camera import Camera
from synhead.core.rotation import A_HEAD_TO_FRONTAL
from synhead.core.scene import BackgroundSpec, DirectionalLight, Lighting, SequenceSpec
from synhead.heads.model import HeadModel, HeadPart, Material

UNLIT = Lighting(ambient_rgb=(1.0, 1.0, 1.0), directional=())
"""A surface shows its own colour."""


def camera(width_px: int = 64, height_px: int = 64, focal_px: float = 100.0, center_px=None) -> Camera:
    """Principal point in the middle unless given."""
    center = (width_px / 2, height_px / 2) if center_px is None else center_px
    return Camera(width_px=width_px, height_px=height_px, focal_px=focal_px, center_px=center)


def sequence(cam: Camera, lighting: Lighting = UNLIT, *, R=None, t=((0.0, 0.0, 1.0),)) -> SequenceSpec:
    """A spec of the given poses; by default one frontal frame at a metre."""
    t_cam = np.array(t, dtype=float)
    R_cam = np.tile(A_HEAD_TO_FRONTAL, (len(t_cam), 1, 1)) if R is None else np.array(R, dtype=float)
    return SequenceSpec(
        sequence_id="head__track",
        head_id="head",
        track_id="track",
        seed=0,
        fps=30.0,
        camera=cam,
        lighting=lighting,
        background=BackgroundSpec(kind="procedural", background_id="test", path=None, parameters={}),
        time_s=np.arange(len(t_cam)) / 30,
        R_cam_head=R_cam,
        t_cam_head_m=t_cam,
        raw_R_cam_head=R_cam,
    )


def light(direction_cam: Sequence[float], intensity: float | tuple[float, float, float] = 1.0) -> DirectionalLight:
    """A light from the given side (any length of direction)."""
    unit = np.array(direction_cam, dtype=float) / np.linalg.norm(direction_cam)
    rgb = intensity if isinstance(intensity, tuple) else (float(intensity),) * 3
    return DirectionalLight(direction_cam=tuple(map(float, unit)), intensity_rgb=rgb)


def head_of(*parts: HeadPart, landmarks_68_m: np.ndarray | None = None) -> HeadModel:
    """A head of these parts; its digest tells different heads apart, as a loaded one's does."""
    digest = hashlib.sha256()
    for part in parts:
        arrays = [part.vertices_m, part.normals, part.uv, part.triangles]
        arrays += [part.material.texture, part.material.normal_texture]
        for array in arrays:
            digest.update(b"-" if array is None else array.tobytes())
        material = part.material
        digest.update(repr((part.kind, material.base_color_rgba, material.has_alpha, material.roughness)).encode())
    return HeadModel(
        head_id="head",
        parts=parts,
        landmarks_68_m=landmarks_68_m,
        pupils_m=None,
        licence="CC0-1.0",
        source="test",
        sha256=digest.hexdigest(),
    )


def quad(
    corners_m,
    *,
    rgba: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    texture: np.ndarray | None = None,
    has_alpha: bool = False,
    roughness: float = 1.0,
) -> HeadPart:
    """Four corners, counter-clockwise seen from the front: texture bottom left, bottom right, top right, top left."""
    corners = np.array(corners_m, dtype=float)
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return HeadPart(
        kind="other",
        material=Material(
            name="q", base_color_rgba=tuple(map(float, rgba)), texture=texture, has_alpha=has_alpha, roughness=roughness
        ),
        vertices_m=corners,
        normals=np.tile(normal / np.linalg.norm(normal), (4, 1)),
        uv=np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
        triangles=np.array([[0, 1, 2], [0, 2, 3]]),
    )


def facing_square(half_m: float = 0.2, z_m: float = 0.0, **material) -> HeadPart:
    """A square in the head's xy plane, seen from its front by a frontal head."""
    h = half_m
    return quad([[-h, -h, z_m], [h, -h, z_m], [h, h, z_m], [-h, h, z_m]], **material)


def sphere(radius_m: float = 0.1, subdivisions: int = 4, rgba=(0.8, 0.8, 0.8, 1.0)) -> HeadPart:
    """A smooth ball about the origin."""
    mesh = icosphere(subdivisions=subdivisions, radius=radius_m)
    points = np.array(mesh.vertices)
    return HeadPart(
        kind="skin",
        material=Material(name="ball", base_color_rgba=tuple(map(float, rgba)), roughness=0.8),
        vertices_m=points,
        normals=points / np.linalg.norm(points, axis=1, keepdims=True),
        uv=np.zeros((len(points), 2)),
        triangles=np.array(mesh.faces),
    )


def flat_background(cam: Camera, value: int | tuple[int, int, int] = 0) -> np.ndarray:
    """One colour."""
    return np.broadcast_to(np.array(value, dtype=np.uint8), (cam.height_px, cam.width_px, 3)).copy()


def noise_background(cam: Camera) -> np.ndarray:
    """Every value of every channel, nearly."""
    return np.random.default_rng(5).integers(0, 256, (cam.height_px, cam.width_px, 3), dtype=np.uint8)


def linear(encoded: float) -> float:
    """The sRGB curve of IEC 61966-2-1, written here once more: the tests do not borrow the product's."""
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


def encoded_255(linear_value: float) -> float:
    """8-bit value, not rounded, of linear light."""
    value = min(max(linear_value, 0.0), 1.0)
    return 255 * (value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055)
