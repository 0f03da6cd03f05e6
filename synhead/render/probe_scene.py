"""A tiny scene made of nothing but numbers: what `synhead doctor` draws to see whether an engine works."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from synhead.core.camera import camera_from_fov
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import BackgroundSpec, DirectionalLight, Lighting, SequenceSpec
from synhead.heads.model import HeadModel, HeadPart, Material

SIZE_PX = 96


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeScene:
    """A head, a background and one frame."""

    head: HeadModel
    background: UInt8[np.ndarray, "height width 3"]
    spec: SequenceSpec


def probe_scene() -> ProbeScene:
    """An egg of 20 x 15 cm, lit from the left, 0.8 m before the camera."""
    zero = np.zeros((1, 3))
    R = rotation_from_euler_pyr(zero)
    spec = SequenceSpec(
        sequence_id="probe__still",
        head_id="probe",
        track_id="still",
        seed=0,
        fps=30.0,
        camera=camera_from_fov(width_px=SIZE_PX, height_px=SIZE_PX, vertical_fov_deg=20.0),
        lighting=Lighting(
            ambient_rgb=(0.3, 0.3, 0.3),
            directional=(DirectionalLight(direction_cam=(-0.6, -0.48, -0.64), intensity_rgb=(0.7, 0.7, 0.7)),),
        ),
        background=BackgroundSpec(kind="procedural", background_id="ramp", path=None, parameters={}),
        time_s=np.zeros(1),
        R_cam_head=R,
        t_cam_head_m=np.array([[0.0, 0.0, 0.8]]),
        raw_R_cam_head=R,
    )
    ramp = np.linspace(40, 200, SIZE_PX).astype(np.uint8)
    background = np.ascontiguousarray(np.broadcast_to(ramp[:, None, None], (SIZE_PX, SIZE_PX, 3)))
    return ProbeScene(head=_egg(), background=background, spec=spec)


def _egg(num_rings: int = 24, num_sectors: int = 32) -> HeadModel:
    latitude = np.linspace(0, np.pi, num_rings + 1)
    longitude = np.linspace(0, 2 * np.pi, num_sectors + 1)
    lat, lon = np.meshgrid(latitude, longitude, indexing="ij")
    normals = np.stack([np.sin(lat) * np.sin(lon), np.cos(lat), np.sin(lat) * np.cos(lon)], axis=-1).reshape(-1, 3)
    ring = np.arange(num_rings)[:, None] * (num_sectors + 1)
    a = (ring + np.arange(num_sectors)[None]).reshape(-1)
    b, c, d = a + num_sectors + 1, a + num_sectors + 2, a + 1
    part = HeadPart(
        kind="skin",
        material=Material(name="egg", base_color_rgba=(0.8, 0.55, 0.45, 1.0)),
        vertices_m=normals * np.array([0.075, 0.1, 0.085]),
        normals=normals,
        uv=np.stack([lon / (2 * np.pi), 1 - lat / np.pi], axis=-1).reshape(-1, 2),
        triangles=np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)]),
    )
    return HeadModel(
        head_id="probe",
        parts=(part,),
        landmarks_68_m=None,
        pupils_m=None,
        licence="Apache-2.0",
        source="synhead doctor",
        sha256="probe-egg-1",
    )
