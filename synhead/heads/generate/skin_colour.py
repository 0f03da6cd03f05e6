"""Colour of the skin as a function of position and of the curves that cut it: tone, lips, brows, stubble, lid lines."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.scalp import hairline_distance

Colour = Float[np.ndarray, "n 3"]
Points = Float[np.ndarray, "n 3"]


def _gauss(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.minimum(x, 40.0))


def _mix(colour: Colour, other: np.ndarray, share: np.ndarray) -> Colour:
    return colour + (other - colour) * share[:, None]


def _tint(colour: Colour, factor: tuple[float, float, float], share: np.ndarray) -> Colour:
    return colour * (1 - (1 - np.array(factor)) * share[:, None])


def skin_colour(
    parameters: HeadParameters,
    points: Float[np.ndarray, "n 3"],
    inner: Float[np.ndarray, " n"],
    occlusion: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "n 3"]:
    """sRGB in [0, 1].

    Args:
        points: on the skin, mm.
        inner: 0 outside, up to 1 behind lids and lips (SkinMesh.inner).
        occlusion: 1 open, 0 shut in.
    """
    s, seed = parameters.shape, parameters.noise_seed
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    face = smooth_step(-50, -20, z)
    colour = np.broadcast_to(np.array(parameters.skin_rgb), (len(points), 3)).copy()
    colour = colour * (1 + 0.045 * fractal_noise(points / 28.0, seed + 1, 3)[:, None])
    mottle = fractal_noise(points / 5.0, seed + 2, 2)
    colour = colour * (1 + np.array([0.012, 0.026, 0.028]) * mottle[:, None])
    colour = colour * (1 + 0.014 * value_noise(points / 1.1, seed + 3)[:, None])
    red = 0.7 * _gauss(((x - 38) / 17) ** 2 + ((y + 30) / 15) ** 2) + 0.6 * _gauss(
        (x / 15) ** 2 + ((y - s.nose_tip_y) / 10) ** 2
    )
    red = red + 0.35 * _gauss((x / 14) ** 2 + ((y - s.chin_y) / 12) ** 2)
    colour = _tint(colour, (0.99, 0.86, 0.86), red * face)
    eye = ((x - s.eye_x + 2) / 17) ** 2
    colour = _tint(colour, (0.88, 0.80, 0.82), 0.7 * face * _gauss(eye + ((y + 10) / 5.5) ** 2))
    colour = _tint(colour, (0.92, 0.85, 0.84), 0.4 * face * _gauss(eye * 0.8 + ((y - 7.5) / 4.5) ** 2))
    if parameters.freckles > 0:
        spots = smooth_step(0.62, 0.85, value_noise(points / 1.25, seed + 4)) * _gauss(
            ((y + 22) / 22) ** 2 + (x / 55) ** 2
        )
        colour = _tint(colour, (0.86, 0.74, 0.66), spots * parameters.freckles * face)
    # Each feature is evaluated only around its place: a texture has a million texels.
    for feature, region in (
        (_stubble, (z > -82) & (np.abs(y - s.mouth_y) < 75)),
        (_nostrils, face > 0),
        (_lips, (face > 0) & (np.abs(y - s.mouth_y) < 22)),
        (_lid_lines, (face > 0) & (np.abs(y) < 18)),
        (_brows, (face > 0) & (np.abs(y - 16) < 14)),
        (_scalp, y > -95),
    ):
        at = np.flatnonzero(region)
        colour[at] = feature(colour[at], parameters, points[at], inner[at], face[at])
    # Behind the lids the skin is lit through; in the mouth it is not.
    occlusion = np.where(y > -30, np.maximum(occlusion, 0.75 * np.minimum(1.0, inner * 3)), occlusion)
    shade = 0.55 + 0.45 * occlusion
    return np.clip(colour * np.stack([shade**0.75, shade, shade], axis=1), 0.0, 1.0)


def _stubble(colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray) -> Colour:
    if parameters.stubble <= 0:
        return colour
    s = parameters.shape
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    beard_top = s.mouth_y + 4 + 0.55 * np.maximum(x - 22, 0)
    beard = smooth_step(6, -8, y - beard_top) * smooth_step(s.chin_y - 34, s.chin_y - 14, y) * smooth_step(-78, -58, z)
    under_nose = _gauss((x / 24) ** 4 + ((y - s.mouth_y - 13) / 8) ** 4)
    region = np.maximum(beard, under_nose * face)
    grain = 0.62 + 0.38 * value_noise(points / 1.1, parameters.noise_seed + 5)
    patches = 0.85 + 0.3 * fractal_noise(points / 12.0, parameters.noise_seed + 6, 2)
    share = np.clip(region * grain * patches * parameters.stubble * 0.36, 0, 0.6)
    return _mix(colour, np.array(parameters.hair_rgb) * 0.7 + 0.08, share)


def _nostrils(
    colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray
) -> Colour:
    s = parameters.shape
    x = np.abs(points[:, 0])
    hole = ((x - s.nose_half_width + 10.8) / 3.3) ** 2 + ((points[:, 1] - s.nose_tip_y + 13.9) / 2.0) ** 2
    hole = hole + ((points[:, 2] - s.nose_tip_z + 6.5) / 6.0) ** 2
    colour = _mix(colour, np.array(parameters.skin_rgb) * [0.30, 0.17, 0.15], 0.85 * smooth_step(1.5, 0.5, hole))
    crease_x, crease_y = s.nose_half_width + 1.4, s.nose_tip_y - 7
    crease = _gauss(((x - crease_x) / 1.8) ** 2 + ((points[:, 1] - crease_y) / 6) ** 2)
    return _tint(colour, (0.91, 0.83, 0.82), crease * smooth_step(-10, 0, points[:, 2]))


def _lips(colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray) -> Colour:
    s = parameters.shape
    x, y = points[:, 0], points[:, 1]
    wobble = 0.35 * value_noise(points / 2.2, parameters.noise_seed + 7)
    above = y - curves.mouth_line_y(s, x)
    height = np.where(above > 0, curves.upper_lip_height(s, x), curves.lower_lip_height(s, x))
    share = smooth_step(0.9, -0.7, np.abs(above) - height + wobble) * smooth_step(
        s.mouth_half_width + 0.5, s.mouth_half_width - 3, np.abs(x)
    )
    share = share * face
    base = np.array(parameters.skin_rgb)
    lip = base * [0.90, 0.62, 0.63] if parameters.sex == "female" else base * [0.89, 0.72, 0.71]
    wrinkle = value_noise(np.stack([x / 0.75, y / 9.0, points[:, 2] / 9.0], axis=1), parameters.noise_seed + 8)
    tone = lip * (1 - 0.11 * (above > 0))[:, None] * (1 + 0.05 * wrinkle)[:, None]
    tone = tone * (1 + 0.08 * _gauss(((above + 0.45 * s.lower_lip) / 2.2) ** 2))[:, None]
    colour = _mix(colour, tone, 0.88 * share)
    width = 0.35 + 0.22 * curves.mouth_arch(s, x)
    line = (
        _gauss((above / width) ** 2) * smooth_step(s.mouth_half_width + 2.0, s.mouth_half_width - 2.0, np.abs(x)) * face
    )
    corner = 0.5 * _gauss(((np.abs(x) - s.mouth_half_width) / 2.2) ** 2 + (above / 1.6) ** 2) * face
    colour = _mix(colour, base * [0.34, 0.17, 0.17], np.clip(0.75 * line + corner * 0.5, 0, 0.85))
    mouth = inner * (y < s.mouth_y + 25)
    colour = _mix(colour, base * 0.3 + np.array([0.48, 0.19, 0.18]), np.clip((mouth - 0.25) / 0.3, 0, 1))
    return _mix(colour, np.array([0.24, 0.08, 0.08]), np.clip((mouth - 0.6) / 0.35, 0, 1))


def _lid_lines(
    colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray
) -> Colour:
    s = parameters.shape
    x, y = np.abs(points[:, 0]), points[:, 1]
    t = curves.lid_t(s, x)
    clipped = np.clip(t, -1.0, 1.0)
    at_eye = smooth_step(1.12, 0.98, np.abs(t)) * face
    above = y - curves.upper_lid_y(s, clipped)
    below = curves.lower_lid_y(s, clipped) - y
    dark = np.array(parameters.skin_rgb) * [0.30, 0.22, 0.20]
    woman = parameters.sex == "female"
    outside = inner < 0.2
    fade = smooth_step(-1.0, -0.5, t)
    line = smooth_step(1.5 if woman else 1.0, 0.15, above) * (above > -1.5) * (0.35 + 0.65 * fade)
    colour = _mix(colour, dark, (0.85 if woman else 0.7) * line * at_eye * outside)
    colour = _mix(colour, dark, 0.38 * smooth_step(0.9, 0.1, below) * (below > -1.5) * fade * at_eye * outside)
    crease = _gauss(((above - 3.7) / 0.9) ** 2) * smooth_step(1.0, 0.6, np.abs(t)) * face
    colour = _tint(colour, (0.72, 0.62, 0.60), crease)
    wet = np.array(parameters.skin_rgb) * 0.35 + np.array([0.50, 0.28, 0.26]) * 0.75
    wet = wet * (0.72 if parameters.skin_darkness > 0.5 else 0.9)
    return _mix(colour, wet, np.clip(inner * 2.2, 0, 1) * (y > -30))


def _brows(colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray) -> Colour:
    s = parameters.shape
    x, y = np.abs(points[:, 0]), points[:, 1]
    t = curves.brow_t(s, x)
    half = curves.brow_half_width(t) * parameters.brow_thickness
    offset = y - curves.brow_y(s, t)
    # Hairs lean outwards, more towards the temple: noise in sheared coordinates, stretched along the hair.
    lean = 0.5 + 2.2 * np.clip(t, 0, 1)
    strand = value_noise(
        np.stack([(x - lean * offset) / 0.62, offset / 7.0 + 50 * (points[:, 0] > 0)], axis=1),
        parameters.noise_seed + 9,
    )
    edge = value_noise(
        np.stack([(x - lean * offset) / 1.1, offset / 9.0 + 90 * (points[:, 0] > 0)], axis=1),
        parameters.noise_seed + 10,
    )
    inside = smooth_step(1.15, 0.35, np.abs(offset) / np.maximum(half, 0.3) + 0.30 * edge)
    ends = smooth_step(-0.06, 0.10, t + 0.04 * edge) * smooth_step(1.06, 0.86, t + 0.05 * edge)
    share = inside * ends * np.clip(0.78 + 0.40 * strand, 0, 1) * face
    fair = 0.75 if parameters.hair_colour in ("blond", "grey") else 0.9
    return _mix(colour, np.array(parameters.hair_rgb) * 0.72, fair * share)


def _scalp(colour: Colour, parameters: HeadParameters, points: Points, inner: np.ndarray, face: np.ndarray) -> Colour:
    distance = hairline_distance(parameters, points)
    thin = parameters.hair_style in ("buzz", "receding")
    cover = smooth_step(-2.0, 9.0, distance) * (0.80 if thin else 0.92)
    grain = 0.80 + 0.2 * value_noise(points / 0.9, parameters.noise_seed + 11)
    root = np.array(parameters.hair_rgb) * 0.8 + np.array(parameters.skin_rgb) * 0.08
    return _mix(colour, root, np.clip(cover * grain, 0, 1))
