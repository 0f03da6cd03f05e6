"""Colour and relief of the skin at every texel: regions of the mesh, features, wrinkles, spots, pores, hair roots.

Colour comes out of two pigments (skin_pigment.py); what has neither is a factor on it (creases) or hair.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32
from scipy import ndimage

from synhead.compiled import compiled
from synhead.heads.generate.bake import TexelMap
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.skin_layers import SkinLayers, add_features
from synhead.heads.generate.skin_pigment import skin_srgb
from synhead.heads.generate.skin_regions import SkinRegions
from synhead.heads.generate.skin_scatter import SurfaceFrame, relief_normals
from synhead.heads.generate.skin_spots import add_spots, add_stubble
from synhead.heads.generate.skin_wrinkles import add_wrinkles

_BAND_SIGMA_PX = (0.6, 1.2, 2.4, 4.8)


@lru_cache(maxsize=2)
def _noise_bands(size: int) -> Float32[np.ndarray, "num_bands size size"]:
    """Noise of four sizes with unit deviation that tiles; heads take it shifted."""
    rng = np.random.Generator(np.random.PCG64(20))
    bands = []
    for sigma in _BAND_SIGMA_PX:
        white = rng.standard_normal((size, size), dtype=np.float32)
        # What is much larger than the band is taken out, so that each has one size.
        smooth = ndimage.gaussian_filter(white, sigma, mode="wrap", truncate=3.0)
        smooth -= ndimage.gaussian_filter(white, 2.5 * sigma, mode="wrap", truncate=3.0)
        bands.append(smooth / smooth.std())
    return np.stack(bands)


def _grain(seed: int, wavelength_mm: float, texel_mm: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """Noise of one size on the surface, whatever the texture's scale: the two nearest bands are mixed."""
    size = round(len(texel_mm) ** 0.5)
    shift = np.random.Generator(np.random.PCG64(seed)).integers(size, size=2)
    level = np.log2(np.maximum(0.25 * wavelength_mm / texel_mm, 1e-3) / _BAND_SIGMA_PX[0])
    return _mixed(_noise_bands(size), level, int(shift[0]), int(shift[1]))


@compiled
def _mixed(bands, level, down, right):
    """Bands, shifted round by `down` and `right`, where level k is the band k and between the two are mixed."""
    count, size, _ = bands.shape
    out = np.zeros(size * size, dtype=np.float32)
    one, lowest = np.float32(1), np.float32(-1)
    for row in range(size):
        from_row = (row - down) % size
        for column in range(size):
            at = row * size + column
            from_column = column - right if column >= right else column - right + size
            here = max(level[at], lowest)
            below = int(np.floor(here))
            if 0 <= below < count:
                out[at] = (one - (here - np.float32(below))) * bands[below, from_row, from_column]
            if 0 <= below + 1 < count:
                out[at] += (one - (np.float32(below + 1) - here)) * bands[below + 1, from_row, from_column]
    return out


def paint_skin(
    parameters: HeadParameters,
    vertices: Float[np.ndarray, "n 3"],
    inner: Float[np.ndarray, " n"],
    regions: SkinRegions,
    frame: SurfaceFrame,
    texels: TexelMap,
) -> tuple[Float32[np.ndarray, "num_texels 3"], Float32[np.ndarray, "height width 3"]]:
    """sRGB in [0, 1], and unit normals in the tangent frame (+x along u, +y along v)."""
    baked = texels.bake(np.column_stack([vertices, inner, regions.stacked()]))
    columns = [np.ascontiguousarray(baked[:, k]) for k in range(baked.shape[1])]
    points, inner_map = np.ascontiguousarray(baked[:, :3]), columns[3]
    log_melanin, log_blood, pores, beard, scalp, face, thin = columns[4:]
    layers = SkinLayers(
        points=points,
        inner=inner_map,
        log_melanin=log_melanin,
        log_blood=log_blood,
        shade=thin,
        flush=np.zeros(len(points), dtype=np.float32),
        hair=np.zeros(len(points), dtype=np.float32),
        height_mm=np.zeros(len(points), dtype=np.float32),
        face=face,
    )
    texel_mm = frame.texel_mm.astype(np.float32)[texels.triangle.ravel()]
    _mottle(layers, parameters, pores, texel_mm, frame.evenness[texels.triangle.ravel()])
    add_spots(layers, parameters, regions, frame)
    add_wrinkles(layers, parameters)
    add_features(layers, parameters)
    _scalp(layers, parameters, scalp, texel_mm)
    add_stubble(layers, parameters, beard, regions, frame)
    return _colour(layers, parameters), relief_normals(layers.height_mm, frame, texels)


def _mottle(
    layers: SkinLayers, parameters: HeadParameters, pores: np.ndarray, texel_mm: np.ndarray, even: np.ndarray
) -> None:
    """Unevenness of a few millimetres in colour and of tenths in relief, less where long texels would streak it."""
    seed = parameters.noise_seed
    layers.log_melanin[:] += even * (0.05 * _grain(seed + 31, 3.0, texel_mm) + 0.03 * _grain(seed + 32, 1.2, texel_mm))
    layers.log_blood[:] += even * (0.12 * _grain(seed + 33, 2.6, texel_mm) + 0.06 * _grain(seed + 34, 1.1, texel_mm))
    fine = _grain(seed + 35, 0.7, texel_mm)
    coarse = _grain(seed + 36, 1.7, texel_mm)
    old = np.clip((parameters.age_years - 20) / 50, 0, 1)
    amount = (0.35 + 0.65 * np.minimum(pores, 1)) * even
    layers.height_mm[:] += amount * ((0.010 + 0.006 * old) * fine + (0.014 + 0.016 * old) * coarse)
    layers.shade[:] *= 1 + 0.010 * amount * fine


def _scalp(layers: SkinLayers, parameters: HeadParameters, scalp: np.ndarray, texel_mm: np.ndarray) -> None:
    """The shade of hair roots under the hair: it keeps bare skin from showing between strands."""
    grain = _grain(parameters.noise_seed + 37, 1.0, texel_mm)
    share = np.clip(scalp * (1 + 0.22 * grain), 0, 0.95)
    np.maximum(layers.hair, share, out=layers.hair)


def _colour(layers: SkinLayers, parameters: HeadParameters) -> np.ndarray:
    colour = skin_srgb(layers.log_melanin, layers.log_blood)
    roots = np.array(parameters.hair_rgb, dtype=np.float32) * 0.8 + 0.02
    # Light that comes out of a hollow has met skin before: it is redder.
    lost = np.array([-0.02, 0.115, 0.10], dtype=np.float32)
    _shade(colour, roots, layers.hair, lost, layers.flush, layers.shade ** np.float32(0.85), layers.shade)
    return colour


@compiled
def _shade(colour, roots, hair, lost, flush, red_shade, shade):
    """Mix the colour of hair roots in, take the light away that is lost, in place."""
    zero, one = np.float32(0), np.float32(1)
    for k in range(len(colour)):
        for channel in range(3):
            value = colour[k, channel]
            value = value + (roots[channel] - value) * hair[k]
            value = value * (one - lost[channel] * min(max(flush[k], zero), one))
            value = value * (red_shade[k] if channel == 0 else shade[k])
            colour[k, channel] = min(max(value, zero), one)
