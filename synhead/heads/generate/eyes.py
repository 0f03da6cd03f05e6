"""Eyeballs with cornea and painted iris."""

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, join
from synhead.heads.generate.sculpt import EYEBALL_RADIUS, EYEBALL_Z

IRIS_RADIUS, PUPIL_RADIUS = 5.9, 1.9
_DISC_MM = 13.0
"""Half the width of the texture, in mm from the eye's axis (measured along the ball's front)."""
_NUM_AROUND = 32
_RADII = np.array([1.2, 2.6, 4.2, 5.4, 6.2, 7.6, 9.2, 10.7, 11.8, 12.4])


def cornea_z(radius: np.ndarray) -> np.ndarray:
    """How far forward the eye's surface lies at a distance from its axis, mm relative to the eye's centre."""
    ball = np.sqrt(np.maximum(EYEBALL_RADIUS**2 - radius**2, 0.0))
    return ball + 1.0 * np.maximum(1 - (radius / 6.6) ** 2, 0.0) ** 1.5


CORNEA_FRONT = float(cornea_z(np.zeros(1))[0])
"""Distance of the pupil's front from the eye's centre, mm."""


def pupil_centres(parameters: HeadParameters) -> np.ndarray:
    """Front of the pupils, (subject's right, left), mm."""
    x, z = parameters.shape.eye_x, EYEBALL_Z + CORNEA_FRONT
    return np.array([[-x, 0.0, z], [x, 0.0, z]])


def _eyeball(eye_x: float, side: int) -> Surface:
    """Front of the ball as rings, closed behind by a cone; the texture's left half is the subject's right eye."""
    angle = np.linspace(0, 2 * np.pi, _NUM_AROUND, endpoint=False)
    rings = np.concatenate([_RADII, [9.0]])
    z = np.concatenate([cornea_z(_RADII), [-np.sqrt(EYEBALL_RADIUS**2 - 81.0)]])
    flat = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate(
        [rings[:, None, None] * flat, np.broadcast_to(z[:, None, None], (len(z), len(flat), 1))], axis=2
    )
    points = np.concatenate([[[0, 0, CORNEA_FRONT]], points.reshape(-1, 3), [[0, 0, -EYEBALL_RADIUS]]])
    shown = np.minimum(points[:, :2] / _DISC_MM, 1.0)
    uv = 0.5 + 0.49 * shown
    uv[:, 0] = uv[:, 0] / 2 + (0.5 if side > 0 else 0.0)
    triangles = []
    num = _NUM_AROUND
    step = np.arange(num)
    after = (step + 1) % num
    triangles.append(np.stack([np.zeros(num, dtype=int), 1 + step, 1 + after], axis=1))
    for ring in range(len(rings) - 1):
        a, b = 1 + ring * num, 1 + (ring + 1) * num
        triangles.append(np.stack([a + step, b + step, b + after], axis=1))
        triangles.append(np.stack([a + step, b + after, a + after], axis=1))
    a = 1 + (len(rings) - 1) * num
    triangles.append(np.stack([a + step, np.full(num, len(points) - 1), a + after], axis=1))
    points = points + [side * eye_x, 0.0, EYEBALL_Z]
    return Surface(vertices=points, uv=uv, triangles=np.concatenate(triangles))


def _eye_texture(parameters: HeadParameters, side: int, size: int) -> np.ndarray:
    axis = (np.arange(size) + 0.5) / size
    x = ((axis - 0.5) / 0.49 * _DISC_MM)[None, :] * np.ones((size, 1))
    y = ((0.5 - axis) / 0.49 * _DISC_MM)[:, None] * np.ones((1, size))
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    seed = parameters.noise_seed + (7 if side > 0 else 8)
    flat = np.stack([x.ravel() / 1.5, y.ravel() / 1.5], axis=1)
    blotch = fractal_noise(flat, seed, 3).reshape(size, size)
    outward = np.abs(x) / 12.0
    sclera = np.array([0.76, 0.72, 0.695]) * (1 - 0.05 * blotch[..., None])
    sclera = sclera * (1 - np.array([0.04, 0.17, 0.19]) * smooth_step(0.5, 1.05, outward)[..., None])
    spokes = np.stack(
        [(np.cos(angle) * 16 + 40).ravel(), (np.sin(angle) * 16 + 40).ravel(), radius.ravel() / 2.5], axis=1
    )
    fibre = value_noise(spokes, seed + 1).reshape(size, size)
    iris = np.array(parameters.iris_rgb) * (1 + 0.28 * fibre[..., None])
    near_pupil = smooth_step(4.0, 2.2, radius)[..., None]
    iris = iris * (1 - 0.3 * near_pupil) + np.array([0.30, 0.19, 0.09]) * 0.3 * near_pupil
    iris = iris * (1 - 0.62 * smooth_step(4.5, 5.8, radius))[..., None]
    colour = sclera + (iris - sclera) * smooth_step(IRIS_RADIUS + 0.35, IRIS_RADIUS - 0.35, radius)[..., None]
    colour = colour * (1 - 0.96 * smooth_step(PUPIL_RADIUS + 0.25, PUPIL_RADIUS - 0.25, radius))[..., None]
    # The lids' shadow: strong under the upper one, weak above the lower one.
    shape = parameters.shape
    t = np.clip(curves.lid_t(shape, x * side + shape.eye_x), -1.0, 1.0)
    below_upper = curves.upper_lid_y(shape, t) - y
    above_lower = y - curves.lower_lid_y(shape, t)
    shade = (1 - 0.50 * smooth_step(3.2, -0.3, below_upper)) * (1 - 0.22 * smooth_step(1.8, 0.0, above_lower))
    colour = colour * shade[..., None]
    glint = smooth_step(1.05, 0.55, np.hypot(x - 1.7, y - 2.0)) + 0.25 * smooth_step(
        0.8, 0.3, np.hypot(x + 1.9, y + 1.8)
    )
    return colour + (0.96 - colour) * np.minimum(glint, 1.0)[..., None] * 0.9


def build_eyes(parameters: HeadParameters, size: int) -> GeneratedPart:
    """Both eyeballs as one part, their textures of `size` by `size` texels side by side."""
    eye_x = parameters.shape.eye_x
    both = join([_eyeball(eye_x, -1), _eyeball(eye_x, 1)])
    texture = to_bytes(np.concatenate([_eye_texture(parameters, -1, size), _eye_texture(parameters, 1, size)], axis=1))
    return GeneratedPart(kind="eyes", vertices=both.vertices, uv=both.uv, triangles=both.triangles, texture=texture)
