"""Brows: three thin layers of single hairs over each brow's skin, which fan out from the nose to the temple."""

import numpy as np

from synhead.heads.generate import curves
from synhead.heads.generate.hair_paint import Paint, to_texture
from synhead.heads.generate.hair_strokes import curved, draw_strokes
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join, mirrored
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import gradient

_HEIGHTS_MM = (0.45, 0.75, 1.05)
_LOW_MM, _HIGH_MM = -6.0, 6.5
_T_LOW, _T_HIGH = -0.06, 1.06
_HAIRS = (150, 120, 80)
_STEEPEST = 1.8


def build_brows(parameters: HeadParameters, field: SkinField, size: int) -> GeneratedPart:
    """Both brows as one part; its texture is `size` texels wide, each layer a band of it."""
    width, band = size, round(0.22 * size)
    sides = []
    for layer, lift in enumerate(_HEIGHTS_MM):
        strip = _strip(parameters, field, lift, layer)
        sides += [strip, mirrored(strip)]
    whole = join(sides)
    paint = Paint.blank(band * len(_HEIGHTS_MM), width)
    end = _last_t(parameters, field)
    for layer, count in enumerate(_HAIRS):
        paint.put(band * layer, 0, _band(parameters, width, band, count, end, parameters.noise_seed + 21 + layer))
    return GeneratedPart(
        kind="eyebrows",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=to_texture(parameters, paint),
    )


def _strip(parameters: HeadParameters, field: SkinField, lift: float, layer: int) -> Surface:
    """A grid over the left brow, `lift` mm above the skin."""
    s = parameters.shape
    t, offset = np.linspace(_T_LOW, _T_HIGH, 19), np.linspace(_LOW_MM, _HIGH_MM, 6)
    o, tt = (grid.ravel() for grid in np.meshgrid(offset, t, indexing="ij"))
    xy = np.stack([curves.brow_x(s, tt), curves.brow_y(s, tt) + o], axis=1)
    skin = field.surface_z(xy)
    points = skin + gradient(field, skin, 1.0) * lift
    num = len(_HEIGHTS_MM)
    u = (tt - _T_LOW) / (_T_HIGH - _T_LOW)
    v = (num - 1 - layer + 0.01 + 0.98 * (o - _LOW_MM) / (_HIGH_MM - _LOW_MM)) / num
    return Surface(vertices=points, uv=np.stack([u, v], axis=1), triangles=grid_triangles(len(offset), len(t)))


def _last_t(parameters: HeadParameters, field: SkinField) -> float:
    """Where the last hairs grow: the temple falls away from the plane of the curve and would draw them out long."""
    s = parameters.shape
    t = np.linspace(0.5, 1.0, 26)
    x = curves.brow_x(s, t)
    z = field.surface_z(np.stack([x, curves.brow_y(s, t)], axis=1))[:, 2]
    steep = np.flatnonzero(-np.diff(z) / np.diff(x) > _STEEPEST)
    return float(min(t[steep[0]] - 0.12 if len(steep) else 1.0, 0.90))


def _band(parameters: HeadParameters, width: int, height: int, count: int, end: float, seed: int) -> Paint:
    """Hairs in texels, up to t = `end`: upright beside the nose, then outward; the upper ones lean down."""
    rng = np.random.Generator(np.random.PCG64(seed))
    count = round(count * (0.55 + 0.45 * parameters.brow_thickness))
    t = rng.beta(1.2, 1.3, count) * end
    half = curves.brow_half_width(t) * parameters.brow_thickness
    place = rng.uniform(-1.0, 0.75, count)
    up = np.array([1.0, -1.0])
    lean = np.interp(t, [0, 0.12, 0.35, 0.7, 1.0], [78, 62, 40, 18, -8])
    lean = lean - 38.0 * np.clip(place, 0, 1) + rng.normal(0, 9.0, count)
    bend = lean - np.interp(t, [0, 0.2, 1.0], [14, 26, 22]) + rng.normal(0, 7.0, count)
    length = rng.uniform(4.5, 8.0, count) * np.interp(t, [0, 0.15, 0.55, 0.9], [0.75, 1.0, 0.9, 0.45])
    length = np.minimum(length, 2.4 + 1.5 * half) * (0.8 if parameters.sex == "female" else 1.0)
    scale = np.array([width / (curves.BROW_LENGTH * (_T_HIGH - _T_LOW)), height / (_HIGH_MM - _LOW_MM)])
    root = np.stack(
        [(t - _T_LOW) * curves.BROW_LENGTH, _HIGH_MM - place * half - 0.25 * length * np.sin(np.radians(lean)) * -1],
        axis=1,
    )
    start, tip = (
        np.stack([np.cos(np.radians(a)), np.sin(np.radians(a))], axis=1) * length[:, None] * up for a in (lean, bend)
    )
    # Nothing is cut off at the band's edges: the layers' bands touch.
    inside = (root[:, 1] > 2.5) & (root[:, 1] < _HIGH_MM - _LOW_MM - 0.6)
    inside &= root[:, 1] + 0.5 * (start + tip)[:, 1] > 0.5
    paths = curved(root[inside] * scale, start[inside] * scale, tip[inside] * scale)
    num = len(paths)
    radius = rng.uniform(0.085, 0.15, num) * scale[0]
    tone = np.clip(rng.normal(0.30, 0.10, num), 0.05, 0.6)
    grey = (rng.uniform(size=num) < 0.6 * parameters.grey).astype(float)
    return draw_strokes(height, width, paths, radius, tone, grey)
