"""Eyeballs: whole balls with a cornea that stands out, free to turn about their centres, and their painted irises.

The texture counts the angle from the ball's axis (equal-area azimuthal), so it turns with the ball. Iris: fibres, a
ruff round the pupil, a dark ring at the limbus; sclera: off-white, pinker and veined towards its sides.
"""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, join
from synhead.heads.generate.sculpt import EYEBALL_RADIUS, EYEBALL_Z

IRIS_RADIUS, PUPIL_RADIUS = 5.9, 1.8
ROUGHNESS = 0.14
"""The film of tears mirrors; a little blur makes up for lamps that are points here and windows in life."""
_NUM_AROUND = 36
_RING_ANGLES_DEG = np.array([6, 12, 17, 21.5, 25, 28, 31, 36, 44, 54, 66, 80, 96, 114, 134, 156], dtype=float)
_UV_HALF = 0.49


def cornea_z(radius: np.ndarray) -> np.ndarray:
    """How far forward the eye's surface lies at a distance from its axis, mm relative to the eye's centre."""
    ball = np.sqrt(np.maximum(EYEBALL_RADIUS**2 - radius**2, 0.0))
    return ball + 1.0 * np.maximum(1 - (radius / 6.6) ** 2, 0.0) ** 1.5


CORNEA_FRONT = float(cornea_z(np.zeros(1))[0])
"""Distance of the pupil's front from the eye's centre, mm."""


def eye_centres(parameters: HeadParameters) -> Float[np.ndarray, "2 3"]:
    """What the eyeballs turn about, (subject's right, left), mm."""
    x = parameters.shape.eye_x
    return np.array([[-x, 0.0, EYEBALL_Z], [x, 0.0, EYEBALL_Z]])


def pupil_centres(parameters: HeadParameters) -> Float[np.ndarray, "2 3"]:
    """Front of the pupils, (subject's right, left), mm."""
    return eye_centres(parameters) + [0.0, 0.0, CORNEA_FRONT]


def _eyeball(centre: np.ndarray, side: int) -> Surface:
    """Rings round the axis from the front to the back; the texture's left half is the subject's right eye."""
    around = np.linspace(0, 2 * np.pi, _NUM_AROUND, endpoint=False)
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    polar = np.radians(_RING_ANGLES_DEG)
    radius = EYEBALL_RADIUS * np.sin(polar)
    z = np.where(_RING_ANGLES_DEG < 80, cornea_z(radius), EYEBALL_RADIUS * np.cos(polar))
    rings = np.concatenate(
        [radius[:, None, None] * circle, np.broadcast_to(z[:, None, None], (len(z), _NUM_AROUND, 1))], axis=2
    )
    points = np.concatenate([[[0, 0, CORNEA_FRONT]], rings.reshape(-1, 3), [[0, 0, -EYEBALL_RADIUS]]])
    flat = (np.sin(polar / 2)[:, None, None] * circle).reshape(-1, 2)
    uv = 0.5 + _UV_HALF * np.concatenate([[[0, 0]], flat, [[0, -1]]])
    uv[:, 0] = uv[:, 0] / 2 + (0.5 if side > 0 else 0.0)
    step = np.arange(_NUM_AROUND)
    after = (step + 1) % _NUM_AROUND
    triangles = [np.stack([np.zeros_like(step), 1 + step, 1 + after], axis=1)]
    for ring in range(len(polar) - 1):
        a, b = 1 + ring * _NUM_AROUND, 1 + (ring + 1) * _NUM_AROUND
        triangles += [np.stack([a + step, b + step, b + after], axis=1)]
        triangles += [np.stack([a + step, b + after, a + after], axis=1)]
    a = 1 + (len(polar) - 1) * _NUM_AROUND
    triangles.append(np.stack([a + step, np.full(_NUM_AROUND, len(points) - 1), a + after], axis=1))
    return Surface(vertices=points + centre, uv=uv, triangles=np.concatenate(triangles))


def _eye_texture(parameters: HeadParameters, side: int, size: int) -> np.ndarray:
    axis = ((np.arange(size) + 0.5) / size - 0.5) / _UV_HALF
    px, py = axis[None, :] * np.ones((size, 1)), -axis[:, None] * np.ones((1, size))
    share = np.hypot(px, py)
    # From the map's radius to mm from the axis: x and y are what one sees from the front.
    polar = 2 * np.arcsin(np.minimum(share, 1.0))
    stretch = EYEBALL_RADIUS * np.sin(np.minimum(polar, np.pi / 2)) / np.maximum(share, 1e-6)
    x, y = px * stretch, py * stretch
    radius = np.hypot(x, y)
    # White and veins at half the size: the iris alone is fine.
    half = (slice(0, None, 2),) * 2
    colour = _sclera(parameters, x[half], y[half], polar[half], side)
    colour = _doubled(_doubled(colour).swapaxes(0, 1)).swapaxes(0, 1)
    inside = np.flatnonzero(radius.ravel() < IRIS_RADIUS + 0.8)
    flat = colour.reshape(-1, 3)
    flat[inside] = _iris(parameters, x.ravel()[inside], y.ravel()[inside], side, flat[inside])
    return colour * _lid_shade(parameters, x * side, y)[..., None]


def _doubled(rows: np.ndarray) -> np.ndarray:
    """Twice as many rows, each a mean of the two nearest by distance."""
    before, after = np.concatenate([rows[:1], rows[:-1]]), np.concatenate([rows[1:], rows[-1:]])
    return np.stack([0.25 * before + 0.75 * rows, 0.75 * rows + 0.25 * after], axis=1).reshape(-1, *rows.shape[1:])


def _sclera(parameters: HeadParameters, x: np.ndarray, y: np.ndarray, polar: np.ndarray, side: int) -> np.ndarray:
    seed = parameters.noise_seed + (7 if side > 0 else 8)
    size = x.shape[0]
    at = np.stack([x.ravel(), y.ravel()], axis=1)
    old = np.clip((parameters.age_years - 30) / 45, 0, 1)
    blotch = fractal_noise(at / 3.0, seed, 2).reshape(size, size, 1)
    white = np.array([0.785, 0.745, 0.715]) - old * np.array([0.02, 0.035, 0.07])
    white = white - parameters.skin_darkness * np.array([0.05, 0.065, 0.08])
    colour = white * (1 - 0.03 * blotch)
    sides = smooth_step(0.45, 1.05, polar) * (0.35 + 0.65 * np.clip(np.abs(x) / 10.0, 0, 1))
    colour = colour * (1 - np.array([0.05, 0.22, 0.23]) * sides[..., None])
    # Veins: where noise crosses zero; they run towards the iris and fade before it.
    bent = at + 0.7 * np.stack([value_noise(at / 2.2, seed + 2), value_noise(at / 2.2, seed + 3)], axis=1)
    strand = np.abs(value_noise(bent / [4.5, 1.5], seed + 4)) + 0.35 * np.abs(value_noise(bent / [3.0, 0.8], seed + 5))
    vein = smooth_step(0.11, 0.02, strand).reshape(size, size) * smooth_step(0.52, 0.95, polar)
    return colour * (1 - np.array([0.10, 0.40, 0.36]) * ((0.55 + 0.35 * old) * vein)[..., None])


def _iris(parameters: HeadParameters, x: np.ndarray, y: np.ndarray, side: int, around: np.ndarray) -> np.ndarray:
    seed = parameters.noise_seed + (17 if side > 0 else 18)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    pupil = PUPIL_RADIUS * (0.92 + 0.2 * ((parameters.noise_seed >> 4) % 97) / 97)
    base = np.array(parameters.iris_rgb)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # Fibres bend a little on their way; the noise runs on a cylinder, so that it closes.
    fine = value_noise(np.column_stack([circle * 13 + 40, radius / 2.6]), seed)
    coarse = value_noise(np.column_stack([circle * 5 + 40, radius / 2.0]), seed + 1)
    crypt = value_noise(np.column_stack([circle * 3.2 + 20, radius / 0.9]), seed + 2)
    ruff = pupil + 1.35 + 0.28 * value_noise(circle * 4 + 10, seed + 3)
    light = 1 + 0.30 * fine + 0.16 * coarse - 0.22 * smooth_step(0.25, 0.7, crypt)
    light = light * (1 + 0.16 * np.exp(-(((radius - ruff) / 0.35) ** 2)))
    colour = base * light[:, None]
    warm = np.array([0.36, 0.225, 0.105]) * light[:, None]
    inner = smooth_step(0.7, -0.5, radius - ruff) * (0.25 + 0.3 * ((parameters.noise_seed >> 9) % 89) / 89)
    colour = colour + (warm - colour) * inner[:, None]
    colour = colour * (1 - 0.55 * smooth_step(IRIS_RADIUS - 1.5, IRIS_RADIUS - 0.25, radius))[:, None]
    edge = smooth_step(IRIS_RADIUS + 0.45, IRIS_RADIUS - 0.45, radius + 0.1 * coarse)
    colour = around + (colour - around) * edge[:, None]
    hole = smooth_step(pupil + 0.16, pupil - 0.16, radius + 0.05 * fine)
    return colour + (np.array([0.022, 0.019, 0.018]) - colour) * hole[:, None]


def _lid_shade(parameters: HeadParameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The lids' shadow for an eye that looks straight ahead: soft, because it turns with the ball."""
    shape = parameters.shape
    t = np.clip(curves.lid_t(shape, x + shape.eye_x), -1.0, 1.0)
    below_upper = curves.upper_lid_y(shape, t) - y
    above_lower = y - curves.lower_lid_y(shape, t)
    # Weaker again far above the lid's edge: that comes into the light when the eye looks down.
    upper = 1 - 0.40 * smooth_step(3.6, -0.6, below_upper) * (0.35 + 0.65 * smooth_step(-5.0, -1.0, below_upper))
    return upper * (1 - 0.14 * smooth_step(1.6, -0.2, above_lower))


def build_eyes(parameters: HeadParameters, size: int) -> GeneratedPart:
    """Both eyeballs as one part, the right one's vertices first, their textures of `size` squared side by side."""
    both = join([_eyeball(centre, side) for centre, side in zip(eye_centres(parameters), (-1, 1), strict=True)])
    texture = to_bytes(np.concatenate([_eye_texture(parameters, -1, size), _eye_texture(parameters, 1, size)], axis=1))
    return GeneratedPart(
        kind="eyes",
        vertices=both.vertices,
        uv=both.uv,
        triangles=both.triangles,
        texture=texture,
        roughness=ROUGHNESS,
    )
