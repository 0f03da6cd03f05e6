"""Lines that come with age: forehead, glabella, crow's feet, under the eyes, nasolabial, mouth corners, neck.

Each is a groove in the skin's relief, broken by noise, a little darker and redder at its bottom.
"""

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.sdf import Length
from synhead.heads.generate.skin_layers import SkinLayers, gauss

_DARK_PER_MM, _BLOOD_PER_MM = 0.28, 0.55


def _groove(away: np.ndarray, width: Length) -> np.ndarray:
    """Profile across a line: 1 at its bottom, with low swollen edges."""
    square = (away / width) ** 2
    return gauss(square) - 0.35 * gauss(square / 5)


def _cut(layers: SkinLayers, at: np.ndarray, depth_mm: np.ndarray) -> None:
    layers.height_mm[at] -= depth_mm
    inside = np.maximum(depth_mm, 0)
    layers.darken(at, _DARK_PER_MM * inside)
    layers.log_blood[at] += _BLOOD_PER_MM * inside


def add_wrinkles(layers: SkinLayers, parameters: HeadParameters) -> None:
    """Grooves whose depth follows the age; faint ones from the twenties on."""
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 20))
    old = float(np.clip((parameters.age_years - 22) / 48, 0.04, 1.1))
    _forehead(layers, parameters, old, rng)
    _glabella(layers, parameters, old, rng)
    _eye_corner(layers, parameters, old, rng)
    _under_eye(layers, parameters, old)
    _nasolabial(layers, parameters, old)
    _neck(layers, parameters, old, rng)


def _forehead(layers: SkinLayers, parameters: HeadParameters, old: float, rng: np.random.Generator) -> None:
    top = parameters.shape.hairline_y
    at = layers.within(62, 22.0, top + 6, z_min=-48.0)
    x, y, _ = layers.points[at].T.astype(np.float64)
    seed = parameters.noise_seed + 21
    depth = np.zeros(len(at))
    fade = smooth_step(56, 30, np.abs(x))
    for k, level in enumerate(np.linspace(29, top - 12, 5)):
        wave = np.stack([x / 22.0, np.full(len(x), 7.3 * k)], axis=1)
        line = level + rng.uniform(-2, 2) + 2.6 * value_noise(wave, seed) + 1.2 * value_noise(wave * 3, seed + 1)
        line = line + 2.5 * np.cos(np.abs(x) / 17.0)
        broken = smooth_step(-0.75, 0.1, value_noise(wave * [1.6, 1], seed + 2))
        depth += rng.uniform(0.5, 1.0) * broken * _groove(y - line, rng.uniform(0.7, 1.15))
    _cut(layers, at, 0.42 * old**1.2 * fade * depth)


def _glabella(layers: SkinLayers, parameters: HeadParameters, old: float, rng: np.random.Generator) -> None:
    at = layers.within(16, 4.0, 32.0)
    x, y, _ = layers.points[at].T.astype(np.float64)
    depth = np.zeros(len(at))
    for side, share in ((-1, rng.uniform(0.5, 1)), (1, rng.uniform(0.5, 1))):
        line = side * (6.5 + 0.10 * (y - 14) + rng.uniform(-1, 1))
        depth += share * _groove(x - line, 0.9) * gauss(((y - 17) / 8) ** 2)
    _cut(layers, at, 0.40 * old**1.4 * depth)


def _eye_corner(layers: SkinLayers, parameters: HeadParameters, old: float, rng: np.random.Generator) -> None:
    s = parameters.shape
    at = layers.within(s.eye_x + 42, -24.0, 22.0, z_min=-60.0)
    x, y, _ = layers.points[at].T.astype(np.float64)
    dx, dy = np.abs(x) - s.eye_x - 12.5, y - s.outer_corner_y
    keep = dx > 0
    at, dx, dy, side = at[keep], dx[keep], dy[keep], x[keep] > 0
    radius, angle = np.hypot(dx, dy), np.degrees(np.arctan2(dy, np.maximum(dx, 1e-3)))
    depth = np.zeros(len(at))
    for centre in (-44, -26, -9, 8, 24, 40):
        for which in (False, True):
            bend = centre + rng.uniform(-5, 5) - 0.5 * radius
            length = rng.uniform(11, 19)
            line = _groove(np.radians(angle - bend) * radius, rng.uniform(0.5, 0.75))
            depth += rng.uniform(0.4, 1) * line * (side == which) * smooth_step(length, length * 0.4, radius)
    _cut(layers, at, 0.36 * old**1.2 * depth * smooth_step(2.0, 6.0, radius))


def _under_eye(layers: SkinLayers, parameters: HeadParameters, old: float) -> None:
    s = parameters.shape
    at = layers.within(s.eye_x + 20, -22.0, 0.0)
    points = layers.points[at].astype(np.float64)
    x, y = np.abs(points[:, 0]), points[:, 1]
    t = np.clip(curves.lid_t(s, x), -1.2, 1.2)
    below = curves.lower_lid_y(s, np.clip(t, -1, 1)) - y
    wobble = 0.7 * value_noise(points / 6.0, parameters.noise_seed + 25)
    depth = np.zeros(len(at))
    for distance, lean, width, share in ((2.6, 0.4, 0.55, 0.5), (4.6, 1.0, 0.6, 0.55), (8.0, 2.2, 1.3, 1.0)):
        depth += share * _groove(below + lean * t + wobble - distance, width)
    # The tear trough runs from the inner corner; even young faces have a trace of these.
    _cut(layers, at, (0.05 + 0.24 * old) * depth * smooth_step(1.2, 0.7, np.abs(t)))


def _nasolabial(layers: SkinLayers, parameters: HeadParameters, old: float) -> None:
    s = parameters.shape
    at = layers.within(s.mouth_half_width + 26, s.chin_y - 4, s.nose_tip_y + 8)
    x, y, _ = layers.points[at].T.astype(np.float64)
    x = np.abs(x)
    # The folds themselves are sculpted (sculpt_face.folds); these are the fine creases at their bottom.
    start = np.array([s.nose_half_width + 1.5, s.nose_tip_y - 2.0])
    end = np.array([s.mouth_half_width + 8.0, s.mouth_y - 2.0])
    bend = 0.5 * (start + end) + [3.6, 3.0]
    wobble = 0.6 * value_noise(layers.points[at].astype(np.float64) / 8.0, parameters.noise_seed + 29)
    line = np.interp(y, [end[1], bend[1], start[1]], [end[0], bend[0], start[0]]) + wobble
    along = np.clip((start[1] - y) / (start[1] - end[1]), 0, 1)
    fade = smooth_step(0.0, 0.2, along) * smooth_step(0.95, 0.45, along)
    depth = 0.34 * old**1.5 * fade * (0.6 * _groove((x - line) * 0.8, 1.0) + 0.6 * _groove((x - line) * 0.8, 2.6))
    down = np.clip((s.mouth_y - y) / 18.0, 0, 1)
    corner = s.mouth_half_width + 2.0 + 2.5 * down + wobble
    depth += 0.26 * old**1.8 * _groove(x - corner, 1.3) * smooth_step(0.05, 0.3, down) * smooth_step(1, 0.5, down)
    # Fine upright lines in the upper lip.
    lip_top = s.mouth_y + s.upper_lip
    upright = np.abs(value_noise(np.stack([x / 1.5, y / 14.0], axis=1), parameters.noise_seed + 26))
    over = gauss(((y - lip_top - 4) / 4) ** 2) * smooth_step(s.mouth_half_width, 12, x)
    depth += 0.22 * max(old - 0.45, 0) * smooth_step(0.25, 0.0, upright) * over
    _cut(layers, at, depth)


def _neck(layers: SkinLayers, parameters: HeadParameters, old: float, rng: np.random.Generator) -> None:
    chin = parameters.shape.chin_y
    _, y, z = layers.points.T
    at = np.flatnonzero((y < chin - 18) & (y > chin - 90) & (z > -110))
    points = layers.points[at].astype(np.float64)
    sway = 3.0 * value_noise(points / [26.0, 60.0, 26.0], parameters.noise_seed + 27)
    depth = np.zeros(len(at))
    for drop in (36.0, 52.0, 66.0):
        level = chin - drop + rng.uniform(-3, 3) - 0.004 * points[:, 0] ** 2
        broken = smooth_step(-0.6, 0.2, value_noise(points / 24.0, parameters.noise_seed + 28 + int(drop)))
        depth += rng.uniform(0.4, 1.0) * broken * _groove(points[:, 1] - level - sway, 1.0)
    _cut(layers, at, (0.10 + 0.36 * old) * depth * smooth_step(-110, -70, points[:, 2]))
