"""Pores, freckles, moles, age spots, blemishes and the roots of a shaved beard."""

import numpy as np
from jaxtyping import Float32

from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.skin_layers import SkinLayers
from synhead.heads.generate.skin_regions import SkinRegions
from synhead.heads.generate.skin_scatter import Scatter, SurfaceFrame, scatter, splat

_PORES_PER_MM2 = 0.75
_ROOTS_PER_MM2 = 1.5


def _generator(parameters: HeadParameters, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(parameters.noise_seed + purpose))


def add_spots(layers: SkinLayers, parameters: HeadParameters, regions: SkinRegions, frame: SurfaceFrame) -> None:
    """Everything round that lies in or on the skin, apart from hair."""
    _pores(layers, parameters, regions.pores[frame.triangles].mean(axis=1), frame)
    face = regions.face[frame.triangles].mean(axis=1)
    bare = 1 - regions.scalp[frame.triangles].mean(axis=1)
    middle = frame.corners_mm.mean(axis=1)
    _freckles(layers, parameters, frame, face, middle)
    _moles(layers, parameters, frame, (0.3 + face) * bare)
    _age_spots(layers, parameters, frame, face * bare * (0.3 + (np.abs(middle[:, 0]) > 35) + (middle[:, 1] > 25)))
    _blemishes(layers, parameters, frame, face * bare)


def _pores(layers: SkinLayers, parameters: HeadParameters, strength: np.ndarray, frame: SurfaceFrame) -> None:
    rng = _generator(parameters, 41)
    spots = scatter(frame, _PORES_PER_MM2 * np.minimum(strength, 1) ** 0.7, rng)
    size = strength[spots.triangle]
    deep = size * rng.uniform(0.3, 1.0, len(spots)) ** 1.5
    pits = splat(frame, spots, (0.17 + 0.16 * size) * rng.uniform(0.8, 1.25, len(spots)), deep)
    layers.height_mm[:] -= 0.075 * pits
    layers.shade[:] *= 1 - 0.10 * np.minimum(pits, 1.5)
    layers.log_blood[:] += 0.14 * np.minimum(pits, 1.5)


def _freckles(
    layers: SkinLayers, parameters: HeadParameters, frame: SurfaceFrame, face: np.ndarray, middle: np.ndarray
) -> None:
    if parameters.freckles <= 0:
        return
    rng = _generator(parameters, 42)
    near_nose = np.exp(-np.minimum(((middle[:, 1] + 20) / 24) ** 2 + (middle[:, 0] / 58) ** 2, 40.0))
    spots = scatter(frame, 0.11 * parameters.freckles * face * (0.12 + near_nose), rng, limit=6000)
    radius = 0.28 + 0.75 * rng.uniform(size=len(spots)) ** 3
    dark = rng.uniform(0.15, 1.0, len(spots)) * (0.5 + 0.7 * parameters.freckles)
    layers.log_melanin[:] += np.minimum(splat(frame, spots, radius, dark), 1.6)


def _moles(layers: SkinLayers, parameters: HeadParameters, frame: SurfaceFrame, where: np.ndarray) -> None:
    rng = _generator(parameters, 43)
    num = rng.integers(3, 14)
    spots = scatter(frame, where * num / max((where * frame.area_mm2).sum(), 1e-6), rng)
    radius = 0.45 + 0.95 * rng.uniform(size=len(spots)) ** 2.5
    layers.log_melanin[:] += np.minimum(splat(frame, spots, radius, rng.uniform(0.9, 2.6, len(spots))), 2.6)
    raised = np.where(rng.uniform(size=len(spots)) < 0.35, 0.30 * radius, 0.02)
    layers.height_mm[:] += splat(frame, spots, radius, raised)
    np.minimum(layers.log_melanin, np.log(0.42), out=layers.log_melanin)


def _age_spots(layers: SkinLayers, parameters: HeadParameters, frame: SurfaceFrame, where: np.ndarray) -> None:
    rng = _generator(parameters, 44)
    num = int(max(parameters.age_years - 42, 0) * (1 - parameters.skin_darkness) * rng.uniform(0.2, 1.3))
    if num == 0:
        return
    centres = scatter(frame, where * num / (where * frame.area_mm2).sum(), rng)
    # Several bells beside each other make an outline that is not round.
    for _ in range(3):
        moved = Scatter(
            pixel=centres.pixel + rng.normal(0, 1.6, centres.pixel.shape),
            points_mm=centres.points_mm,
            triangle=centres.triangle,
        )
        radius = rng.uniform(0.8, 2.4, len(centres))
        layers.log_melanin[:] += np.minimum(splat(frame, moved, radius, rng.uniform(0.1, 0.42, len(centres))), 0.8)


def _blemishes(layers: SkinLayers, parameters: HeadParameters, frame: SurfaceFrame, where: np.ndarray) -> None:
    """Small red spots, more of them on the young, and burst vessels of the old beside the nose."""
    rng = _generator(parameters, 45)
    num = int(rng.uniform(4, 26) * (1.4 if parameters.age_years < 28 else 0.8))
    spots = scatter(frame, where * num / (where * frame.area_mm2).sum(), rng)
    radius = 0.6 + 1.6 * rng.uniform(size=len(spots)) ** 2
    strength = rng.uniform(0.2, 0.9, len(spots))
    layers.log_blood[:] += splat(frame, spots, radius, strength)
    layers.height_mm[:] += splat(frame, spots, radius, 0.10 * strength)


def add_stubble(
    layers: SkinLayers,
    parameters: HeadParameters,
    beard_map: Float32[np.ndarray, " n"],
    regions: SkinRegions,
    frame: SurfaceFrame,
) -> None:
    """Roots of a shaved beard: dark points and short strokes downwards, and a veil of the hair below the skin."""
    if parameters.stubble <= 0:
        return
    rng = _generator(parameters, 46)
    beard = regions.beard[frame.triangles].mean(axis=1)
    spots = scatter(frame, _ROOTS_PER_MM2 * beard, rng)
    grown = parameters.stubble
    strength = rng.uniform(0.35, 1.0, len(spots)) * (0.26 + 0.40 * grown)
    lean = np.stack(
        [
            np.sign(spots.points_mm[:, 0]) * 0.25 + rng.normal(0, 0.3, len(spots)),
            -np.ones(len(spots)),
            rng.normal(0, 0.2, len(spots)),
        ],
        axis=1,
    )
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    strokes = splat(frame, spots, np.full(len(spots), 0.11), strength, lean, 1.0 + 1.5 * grown)
    veil = 0.16 * (0.4 + grown) * beard_map
    np.maximum(layers.hair, np.clip(strokes + veil, 0, 0.85), out=layers.hair)
    layers.height_mm[:] += 0.03 * strokes
