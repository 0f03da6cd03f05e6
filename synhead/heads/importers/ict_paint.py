"""Painted skin for ICT-FaceKit heads, which come without textures: two pigments by place, lips, brows, stubble.

Melanin and blood become colour in `generate/skin_pigment.py`; what they are at a place is a function of its position
relative to the landmarks of the neutral mesh.
"""

import numpy as np
from jaxtyping import Float, UInt8

from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.skin_pigment import skin_srgb
from synhead.heads.importers.ict_identity import IctPerson
from synhead.heads.importers.ict_regions import SkinLayout, distance_to_line, front, inside_polygon


def paint_skin(
    person: IctPerson, layout: SkinLayout, landmarks_mm: Float[np.ndarray, "68 3"]
) -> UInt8[np.ndarray, "height width 3"]:
    """The texture of one person. Landmarks are those of the NEUTRAL mesh."""
    points = layout.points_mm
    seed = person.noise_seed % 2**20
    rng = np.random.Generator(np.random.PCG64(person.noise_seed))
    broad = layout.bake(np.column_stack([_pigments(person, layout, landmarks_mm, seed), layout.features]))
    grain = rng.standard_normal(len(points), dtype=np.float32)
    melanin, blood, hollow = broad[:, 0] + 0.02 * grain, broad[:, 1] + 0.05 * grain, broad[:, 2]
    face = front(points)
    _lips(person, points, face, landmarks_mm, melanin, blood, seed)
    colour = skin_srgb(melanin, np.minimum(blood, np.log(0.24))).astype(np.float64)
    shade = np.clip(1 - 0.16 * hollow, 0.55, 1.05)
    colour *= np.stack([shade**0.7, shade, shade], axis=1)
    _lines(person, points, face, landmarks_mm, colour, seed)
    grain = 0.8 + 0.2 * np.clip(grain, -2, 2)
    _hairs(person, layout, landmarks_mm, colour, grain, seed)
    colour = _mix(colour, np.array([0.30, 0.10, 0.10]), smooth_step(0.05, 0.9, broad[:, 3]))
    colour = _mix(colour, np.array([0.55, 0.27, 0.25]), 0.8 * smooth_step(0.05, 0.9, broad[:, 4]))
    colour = _mix(colour, np.array([0.12, 0.05, 0.04]), 0.9 * smooth_step(0.05, 0.7, broad[:, 5]))
    return to_bytes(colour.reshape(layout.height_px, layout.width_px, 3))


def _pigments(
    person: IctPerson, layout: SkinLayout, landmarks_mm: np.ndarray, seed: int
) -> Float[np.ndarray, "num_vertices 2"]:
    """Natural logarithms of melanin and blood at the vertices: what changes over centimetres."""
    points = layout.vertices_mm
    x, y = np.abs(points[:, 0]), points[:, 1]
    face = front(points)
    mottle = fractal_noise(points / 9.0, seed, 2)
    melanin = np.log(person.melanin) + 0.10 * fractal_noise(points / 30.0, seed + 1, 2) + 0.05 * mottle
    blood = np.log(person.blood) + 0.16 * value_noise(points / 6.0, seed + 2)
    nose = landmarks_mm[30]
    for where, width, amount in (
        ((40.0, nose[1] - 10), (18.0, 16.0), 0.45),
        ((0.0, nose[1]), (15.0, 12.0), 0.45),
        ((0.0, landmarks_mm[8, 1] + 8), (14.0, 12.0), 0.25),
    ):
        spot = ((x - where[0]) / width[0]) ** 2 + ((y - where[1]) / width[1]) ** 2
        blood += amount * person.flush * np.exp(-np.minimum(spot, 30)) * face
    blood += 0.5 * smooth_step(76, 84, x) * smooth_step(-30, -10, y) * smooth_step(60, 45, y)
    return np.column_stack([melanin, blood])


def _mix(colour: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    return colour + (other - colour) * share[:, None]


def _lips(
    person: IctPerson,
    points: np.ndarray,
    face: np.ndarray,
    landmarks: np.ndarray,
    melanin: np.ndarray,
    blood: np.ndarray,
    seed: int,
) -> None:
    """More blood inside the outer lip line; changes melanin and blood in place."""
    ring = landmarks[48:60, :2]
    at = np.flatnonzero((face > 0) & (np.abs(points[:, 1] - ring[:, 1].mean()) < 25) & (np.abs(points[:, 0]) < 40))
    near = points[at]
    away, _ = distance_to_line(near[:, :2], np.concatenate([ring, ring[:1]]))
    signed = np.where(inside_polygon(near[:, :2], ring), -away, away)
    wobble = 0.4 * value_noise(near / 2.2, seed + 11)
    share = smooth_step(0.9, -0.9, signed + wobble)
    wrinkles = value_noise(np.stack([near[:, 0] / 0.8, near[:, 1] / 8.0], axis=1), seed + 12)
    blood[at] += share * (person.lip_blood + 0.10 * wrinkles)
    melanin[at] += share * 0.12


def _lines(
    person: IctPerson, points: np.ndarray, face: np.ndarray, landmarks: np.ndarray, colour: np.ndarray, seed: int
) -> None:
    """Brows, lid lines, the line between the lips; changes colour in place."""
    hair = np.array(person.hair_rgb)
    dark = np.array([0.10, 0.06, 0.05])
    flat = points[:, :2]
    for brow in (landmarks[17:22], landmarks[22:27][::-1]):
        line = brow[:, :2] + [0.0, person.brow_lift_mm]
        low, high = line.min(axis=0) - 9, line.max(axis=0) + 9
        at = np.flatnonzero((face > 0) & ((flat > low) & (flat < high)).all(axis=1))
        away, along = distance_to_line(flat[at], line)
        half = person.brow_width_mm * (0.35 + 0.65 * np.sin(np.pi * np.clip(0.14 + 0.72 * along, 0, 1)))
        lean = flat[at, 0] * np.sign(line[0, 0]) - (0.4 + 1.8 * (1 - along)) * (flat[at, 1] - line[:, 1].mean())
        strand = value_noise(np.stack([lean / 0.6, flat[at, 1] / 6.0], axis=1), seed + 21)
        share = smooth_step(1.2, 0.35, away / half + 0.28 * strand)
        share = share * smooth_step(0.0, 0.10, along) * smooth_step(1.0, 0.93, along)
        colour[at] = _mix(colour[at], hair * 0.7, 0.85 * share)
    for lid, width, strength in (
        (landmarks[[36, 37, 38, 39]], 1.0, 0.85),
        (landmarks[[45, 44, 43, 42]], 1.0, 0.85),
        (landmarks[[36, 41, 40, 39]], 0.7, 0.35),
        (landmarks[[45, 46, 47, 42]], 0.7, 0.35),
    ):
        at = np.flatnonzero((face > 0) & (np.abs(flat - lid[:, :2].mean(axis=0)) < 16).all(axis=1))
        away, along = distance_to_line(flat[at], lid[:, :2])
        colour[at] = _mix(colour[at], dark, strength * smooth_step(width, 0.2, away) * smooth_step(1.0, 0.75, along))
    line = landmarks[[60, 61, 62, 63, 64], :2]
    at = np.flatnonzero((face > 0) & (np.abs(flat[:, 1] - line[:, 1].mean()) < 6) & (np.abs(flat[:, 0]) < 30))
    away, along = distance_to_line(flat[at], line)
    ends = np.clip(4 * np.minimum(along, 1 - along), 0.2, 1.0)
    colour[at] = _mix(colour[at], dark, 0.55 * ends * smooth_step(0.9, 0.1, away))


def _hairs(
    person: IctPerson, layout: SkinLayout, landmarks: np.ndarray, colour: np.ndarray, grain: np.ndarray, seed: int
) -> None:
    """Stubble of the beard and the roots of the hair; changes colour in place."""
    points = layout.vertices_mm
    hair = np.array(person.hair_rgb)
    mouth_y, chin_y = landmarks[57, 1], landmarks[8, 1]
    x, y = np.abs(points[:, 0]), points[:, 1]
    beard = smooth_step(6, -8, y - (mouth_y + 2 + 0.6 * np.maximum(x - 24, 0)))
    beard = beard * smooth_step(chin_y - 34, chin_y - 12, y) * smooth_step(20, 45, points[:, 2])
    lip = np.exp(-np.minimum((x / 24) ** 4 + ((y - landmarks[51, 1] - 4) / 6) ** 4, 30)) * front(points)
    ragged = layout.hairline_mm + 2.5 * fractal_noise(points / 8.0, seed + 32, 2)
    roots = smooth_step(-2, 9, ragged) * (layout.features[:, 1:3].max(axis=1) == 0)
    baked = layout.bake(np.column_stack([np.maximum(beard, lip) * person.stubble, roots]))
    if person.stubble > 0:
        colour[:] = _mix(colour, hair * 0.7 + 0.05, np.clip(baked[:, 0] * grain, 0, 0.6))
    if person.hair != "bald":
        cover = 0.62 if person.hair == "stubble" else 0.9
        colour[:] = _mix(colour, hair * 0.8, np.clip(cover * baked[:, 1] * grain, 0, 1))
