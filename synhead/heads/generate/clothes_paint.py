"""Colour and relief of cloth: knit, rib, woven stripes and checks, folds, and the skin that a low neckline shows."""

from enum import IntEnum

import numpy as np
from jaxtyping import Float, Int, UInt8

from synhead.heads.generate.bake import smooth_step, texel_map, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.skin_pigment import skin_srgb
from synhead.heads.generate.skin_scatter import relief_normals, surface_frame


class Cloth(IntEnum):
    """What a row of the garment is made of."""

    SKIN = 0
    RIB = 1
    COLLAR = 2
    BODY = 3
    INSIDE = 4


_PATTERNS = {
    "crew": ("plain", "plain", "melange", "stripes"),
    "v-neck": ("plain", "melange", "melange"),
    "turtleneck": ("plain", "melange"),
    "shirt": ("plain", "check", "pinstripe", "check"),
    "hoodie": ("melange", "plain"),
}


def paint_clothes(
    parameters: HeadParameters,
    style: str,
    vertices: Float[np.ndarray, "n 3"],
    uv: Float[np.ndarray, "n 2"],
    triangles: Int[np.ndarray, "m 3"],
    *,
    cloth: Int[np.ndarray, " n"],
    shade: Float[np.ndarray, " n"],
    size: int,
) -> tuple[UInt8[np.ndarray, "size size 3"], UInt8[np.ndarray, "size size 3"]]:
    """sRGB texture and tangent-space normal map.

    Args:
        style: one of clothes.STYLES.
        cloth: of each vertex, Cloth values.
        shade: factor on the colour, for hollows.
    """
    texels = texel_map(uv, triangles, size, size)
    kinds = np.stack([cloth == kind for kind in Cloth], axis=1).astype(np.float64)
    seed = parameters.noise_seed + 62
    # What is larger than the mesh's cells is worked out at its vertices: a texture has fifty times as many texels.
    folds = _folds(vertices, uv[:, 0] * 2 * np.pi, style, seed) * (cloth == Cloth.BODY)
    worn = fractal_noise(vertices / 35.0, seed + 1, 2)
    baked = texels.bake(np.column_stack([vertices, uv, shade, folds, worn, kinds])).astype(np.float64)
    points, around, shade, height, worn = baked[:, :3], baked[:, 3] * 2 * np.pi, *baked[:, 5:8].T
    which = baked[:, 8:].argmax(axis=1)
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 61))
    pattern = _PATTERNS[style][int(rng.integers(len(_PATTERNS[style])))]
    base = np.array(parameters.clothes_rgb)
    thread = value_noise(points / 1.3, seed)
    colour = _weave(base * (1 + 0.045 * thread + 0.03 * worn)[:, None], pattern, points, around, rng, seed)
    height = height + 0.12 * thread
    ribbed = np.isin(which, (Cloth.RIB,))
    rib = 0.5 + 0.5 * np.cos(around * 150)
    colour[ribbed] *= (0.86 + 0.14 * rib[ribbed])[:, None]
    height[ribbed] = 0.25 * rib[ribbed]
    if style == "shirt":
        _placket(colour, height, points, which)
    if style == "hoodie":
        _cords(colour, height, points, which)
    colour *= (0.42 + 0.58 * shade)[:, None]
    bare = which == Cloth.SKIN
    colour[bare] = _chest(parameters, points[bare])
    height[bare] = 0.0
    frame = surface_frame(vertices, uv, triangles, size)
    normals = relief_normals(height.astype(np.float32), frame, texels)
    return to_bytes(colour.reshape(size, size, 3)), to_bytes(0.5 + 0.5 * normals)


def _weave(
    colour: np.ndarray, pattern: str, points: np.ndarray, around: np.ndarray, rng: np.random.Generator, seed: int
) -> np.ndarray:
    """The pattern over the cloth's own colour."""
    other = np.clip(colour.mean(axis=0) * 0.5 + rng.uniform(0.0, 0.55, 3), 0.05, 0.92)
    level = points[:, 1]
    if pattern == "melange":
        fleck = value_noise(points / [0.9, 2.2, 0.9], seed + 2) + 0.5 * value_noise(points / 0.8, seed + 3)
        colour *= (1 + 0.12 * fleck)[:, None]
    elif pattern == "stripes":
        width = rng.uniform(9, 20)
        band = smooth_step(-0.06, 0.06, np.cos(2 * np.pi * (level + 330) / width) - rng.uniform(-0.3, 0.6))
        colour += (other - colour) * band[:, None]
    elif pattern == "pinstripe":
        line = smooth_step(0.93, 0.98, np.cos(around * 110))
        colour += (other - colour) * (0.7 * line)[:, None]
    elif pattern == "check":
        width = rng.uniform(12, 26)
        across = smooth_step(0.2, 0.3, np.cos(around * round(900 / width)))
        down = smooth_step(0.2, 0.3, np.cos(2 * np.pi * level / width))
        colour += (other - colour) * (0.42 * across + 0.42 * down)[:, None]
    return colour


def _folds(points: np.ndarray, around: np.ndarray, style: str, seed: int) -> np.ndarray:
    """Height in mm: folds that run down from the shoulders, softer ones across the chest."""
    x, y, _ = points.T
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    warp = value_noise(points / 60.0, seed + 4)
    hang = value_noise(np.column_stack([circle * 4.5 + 0.5 * warp[:, None], y / 150.0]), seed + 5)
    drape = value_noise(np.stack([(x + 0.7 * y * np.sign(x)) / 34.0 + warp, y / 90.0], axis=1), seed + 6)
    soft = 1.0 - np.abs(hang) * 1.4 + 0.6 * (1.0 - np.abs(drape) * 1.6)
    low = smooth_step(-175, -235, y)
    amount = {"hoodie": 4.2, "shirt": 2.8, "turtleneck": 2.6}.get(style, 2.4)
    return amount * low * soft


def _placket(colour: np.ndarray, height: np.ndarray, points: np.ndarray, which: np.ndarray) -> None:
    """The strip down the front with stitches and buttons."""
    x, y, z = points.T
    front = (z > -60) & (which == Cloth.BODY)
    strip = smooth_step(14.5, 13.5, np.abs(x - 2)) * front
    height += 0.9 * strip
    seam = np.exp(-np.minimum(((np.abs(x - 2) - 12) / 0.5) ** 2, 40.0)) * front
    colour *= (1 - 0.25 * seam)[:, None]
    drop = (y + 226) / 62.0
    away = np.hypot(x - 2, (drop - np.round(drop)) * 62.0)
    button = smooth_step(5.2, 4.6, away) * front
    colour += (np.array([0.82, 0.80, 0.75]) * 0.9 - colour) * button[:, None]
    holes = smooth_step(0.9, 0.5, np.abs(away - 1.3)) * button
    colour *= (1 - 0.5 * holes)[:, None]
    height += 1.2 * button


def _cords(colour: np.ndarray, height: np.ndarray, points: np.ndarray, which: np.ndarray) -> None:
    """The two strings of a hood."""
    x, y, z = points.T
    reach = smooth_step(-268, -266, y) * (z > -60) * np.isin(which, (Cloth.BODY,))
    away = np.abs(np.abs(x) - 26 - 0.05 * (y + 200))
    cord = smooth_step(2.6, 2.0, away) * reach
    colour += (np.array([0.80, 0.79, 0.76]) * (0.85 + 0.15 * np.cos(y * 2.2))[:, None] - colour) * cord[:, None]
    colour *= (1 - 0.35 * np.exp(-np.minimum((away / 4.5) ** 2, 40.0)) * reach * (1 - cord))[:, None]
    height += 1.8 * cord


def _chest(parameters: HeadParameters, points: np.ndarray) -> np.ndarray:
    """Skin as on the throat (skin_regions), darker under the garment's edge."""
    seed = parameters.noise_seed
    melanin = np.log(parameters.melanin) - 0.20 + 0.16 * fractal_noise(points / 30.0, seed + 1, 3)
    blood = np.log(parameters.haemoglobin) + 0.30 * fractal_noise(points / 24.0, seed + 2, 3)
    return skin_srgb(melanin, blood).astype(np.float64)
