"""A pinna: a disc of rings with helix, antihelix, concha, tragus and lobe, its back running into the head."""

import numpy as np

from synhead.heads.generate.face_shape import EAR_Y, EAR_Z, TRAGUS_Y, TRAGUS_Z, FaceShape
from synhead.heads.generate.part import Surface, grid_triangles

NUM_AROUND = 32
V_LOW, V_HIGH = 0.006, 0.100
# (share of the outline's radius, which side) from the middle of the concha over the rim to the root behind.
_FRONT = np.array([0.0, 0.10, 0.24, 0.38, 0.50, 0.60, 0.68, 0.76, 0.83, 0.89, 0.95, 1.0])
_BACK = np.array([0.97, 0.86, 0.70, 0.0])
_BACK_DEPTH = np.array([-2.6, -6.0, -16.0, -17.0])


def ear_anchor(shape: FaceShape) -> np.ndarray:
    """Middle of the left ear's concha, mm."""
    return np.array([shape.ear_x + 4.5, EAR_Y, EAR_Z])


def tragus(shape: FaceShape) -> np.ndarray:
    """The left tragus: where the ear meets the cheek, mm; the origin of the head frame lies between the two."""
    return np.array([shape.tragus_x, TRAGUS_Y, TRAGUS_Z])


def _bump(angle_deg: np.ndarray, centre: float | int, width: float | int) -> np.ndarray:
    away = (angle_deg - centre + 180) % 360 - 180
    return np.exp(-np.minimum((away / width) ** 2, 50.0))


def build_ear(shape: FaceShape) -> Surface:
    """The left ear; texture coordinates fill the strip under the head's grid, u in [0.51, 0.99].

    In the ear's own frame a points backwards, b up, c outwards; the angle runs from backwards over up.
    """
    theta = np.linspace(0, 360, NUM_AROUND + 1)
    share = np.concatenate([_FRONT, _BACK])
    angle = np.radians(theta)
    lobe = _bump(theta, 250, 38)
    half_a = 17.0 * (1 - 0.20 * _bump(theta, 300, 50)) - 2.0 * _bump(theta, 180, 40)
    half_b = shape.ear_length / 2 * np.ones_like(theta)
    outline = np.stack([half_a * np.cos(angle), half_b * np.sin(angle)], axis=1)
    outline[:, 0] += 3.0 * np.sin(angle) - 3.5 * lobe
    points = np.zeros((len(share), len(theta), 3))
    points[:, :, :2] = share[:, None, None] * outline
    rho = _FRONT[:, None]
    rim = 3.4 * np.exp(-(((rho - 0.93) / 0.075) ** 2)) * (1 - 0.8 * lobe) * (1 - 0.85 * _bump(theta, 195, 40))
    fold = 2.6 * np.exp(-(((rho - 0.62) / 0.10) ** 2)) * (1 - 0.8 * lobe) * (1 - _bump(theta, 180, 60))
    concha = -8.5 * np.exp(-((rho / 0.40) ** 2))
    scapha = -1.6 * np.exp(-(((rho - 0.78) / 0.07) ** 2)) * (1 - lobe) * (1 - _bump(theta, 185, 50))
    flap = 4.5 * np.exp(-(((rho - 0.55) / 0.20) ** 2)) * _bump(theta, 188, 20)
    antitragus = 2.2 * np.exp(-(((rho - 0.50) / 0.14) ** 2)) * _bump(theta, 285, 20)
    root = 2.4 * np.exp(-(((rho - 0.42) / 0.25) ** 2)) * _bump(theta, 160, 16)
    points[: len(_FRONT), :, 2] = concha + rim + fold + scapha + flap + antitragus + root - 1.5 * lobe * rho
    points[len(_FRONT) :, :, 2] = _BACK_DEPTH[:, None]
    # A gentle bowl: the upper and rear rim stand off, the lobe lies close.
    points[:, :, 2] += 0.006 * points[:, :, 0] ** 2 + 0.0012 * points[:, :, 1] ** 2
    turn, tilt = np.radians(30.0), np.radians(12.0)
    backward = np.array([np.sin(turn), 0.0, -np.cos(turn)])
    outward = np.array([np.cos(turn), 0.0, np.sin(turn)])
    up = np.array([0.0, 1.0, 0.0])
    a, b, c = points[..., 0], points[..., 1], points[..., 2]
    a, b = a * np.cos(tilt) + b * np.sin(tilt), b * np.cos(tilt) - a * np.sin(tilt)
    world = ear_anchor(shape) + a[..., None] * backward + b[..., None] * up + c[..., None] * outward
    u = np.broadcast_to(0.51 + 0.48 * theta / 360, share.shape + theta.shape)
    v = np.broadcast_to(np.linspace(V_LOW, V_HIGH, len(share))[:, None], u.shape)
    # Seen from outside (along -c) backwards is to the right on the left ear, so angle and radius wind clockwise.
    triangles = grid_triangles(len(share), len(theta))[:, ::-1]
    # The first and the last ring are single points: half of their strips' triangles have no area.
    ring = triangles // len(theta)
    flat = ((ring == 0).sum(axis=1) > 1) | ((ring == len(share) - 1).sum(axis=1) > 1)
    triangles = triangles[~flat]
    return Surface(
        vertices=world.reshape(-1, 3), uv=np.stack([u.ravel(), v.ravel()], axis=1), triangles=triangles.copy()
    )
