"""Beards: a chart of the lower face in two layers, painted with hairs along their flow, and a hem of single locks.

The lips stay free, and nothing joins the upper lip's hair to the lower one's but the skin beside the mouth.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.hair_guides import Region, Sheet, facing, ribbons
from synhead.heads.generate.hair_paint import Paint, lock_strip, smear, spread_evenly, to_texture
from synhead.heads.generate.noise import fractal_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join
from synhead.heads.generate.scalp import unit
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import Length, first_hit, gradient

_CENTRE = np.array([0.0, -58.0, -48.0])
_COLUMNS, _ROWS = 49, 33
_ELEVATION_DEG = (-74.0, 42.0)
_NUM_LOCKS = 6
Points = Float[np.ndarray, "n 3"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Form:
    """Lengths in mm.

    Attributes:
        thickness: over the skin, away from the outline.
        drop: how far the hair hangs below the chin.
        reach: how far beside the mouth hair grows; None: up to the ears.
        chin: whether it grows below the mouth.
    """

    thickness: Length
    drop: Length
    reach: Length | None
    chin: bool = True


_FORMS = {
    "boxed": _Form(thickness=3.4, drop=3, reach=None),
    "full": _Form(thickness=8.5, drop=16, reach=None),
    "moustache": _Form(thickness=3.2, drop=0, reach=5, chin=False),
    "goatee": _Form(thickness=4.0, drop=5, reach=7),
}


def has_beard_geometry(parameters: HeadParameters) -> bool:
    """Whether the beard is more than paint."""
    return parameters.beard in _FORMS


def beard_distance(parameters: HeadParameters, points: Points) -> Float[np.ndarray, " n"]:
    """How far inside the beard's outline a point of the skin lies, mm (rough); negative on bare skin."""
    form, s = _FORMS[parameters.beard], parameters.shape
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    half, nose = s.mouth_half_width, s.nose_half_width
    base = s.nose_tip_y - 14.5
    # From the sideburn down the cheek to the corner of the mouth, then up to the nose.
    cheek = np.interp(
        x,
        [0, nose * 0.75, half + 4, half + 11, half + 24, 62],
        [base + 0.5, base - 0.5, s.mouth_y + 9, s.mouth_y + 10, s.mouth_y + 21, -34],
    )
    if parameters.beard == "boxed":
        cheek = cheek - 5.0 * smooth_step(half + 8, half + 20, x)
    # The sideburn, in front of the ear.
    cheek = cheek + 44.0 * smooth_step(-56.0, -70.0, z) * smooth_step(48.0, 58.0, x)
    low = s.menton_y + np.interp(x, [0, 25, 45, 58, 66, 74], [-5.0, -3.0, 6.0, 22.0, 44.0, 66.0])
    # Behind the jaw's corner the outline climbs to the ear.
    low = low + 1.7 * np.clip(-56.0 - z, 0.0, 34.0)
    under = z + 34.0 + 0.5 * x
    inside = np.minimum(cheek - y, np.minimum(y - low, np.maximum(under, x - 34.0)))
    inside = np.minimum(inside, z + 86.0)
    line = curves.mouth_line_y(s, np.minimum(x, half))
    above = y - line - curves.upper_lip_height(s, np.minimum(x, half))
    below = line - curves.lower_lip_height(s, np.minimum(x, half)) - y
    lips = np.maximum(np.maximum(above - 0.9, below - 2.0), x - half - 2.2)
    inside = np.minimum(inside, lips)
    # Beside the tuft under the lower lip little grows.
    bare = 5.0 - np.hypot((x - 12.0) / 1.3, y - (s.mouth_y - s.lower_lip - 6.0))
    inside = np.minimum(inside, np.maximum(-bare, -2.0))
    if form.reach is not None:
        beside = half + form.reach - 0.10 * np.maximum(s.mouth_y - y, 0.0) - x
        inside = np.minimum(inside, beside)
    if not form.chin:
        inside = np.minimum(inside, y - s.mouth_y + 4.0 - 0.25 * np.maximum(x - half, 0.0))
    return inside + 1.6 * fractal_noise(points / 5.0, parameters.noise_seed + 131, 2)


def _chart(field: SkinField) -> Points:
    """Skin of the lower face on a grid, rows upwards; denser beside the mouth, left and right alike."""
    half = _COLUMNS // 2 + 1
    u, v = np.linspace(0, 1, half), np.linspace(0, 1, _ROWS)
    azimuth = np.radians(122.0 * (0.62 * u + 0.38 * u**2))
    elevation = np.radians(_ELEVATION_DEG[0] + (_ELEVATION_DEG[1] - _ELEVATION_DEG[0]) * v)
    e, a = (grid.ravel() for grid in np.meshgrid(elevation, azimuth, indexing="ij"))
    rays = np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=1)
    left = first_hit(field, _CENTRE + 200.0 * rays, -rays, num_steps=90).reshape(_ROWS, half, 3)
    right = left[:, :0:-1] * [-1.0, 1.0, 1.0]
    return np.concatenate([right, left], axis=1).reshape(-1, 3)


def _flow(parameters: HeadParameters, points: Points, normals: Points) -> Points:
    """Downwards, a little forwards on the cheeks; the moustache parts below the nose."""
    s = parameters.shape
    side = np.sign(points[:, 0])
    x = np.abs(points[:, 0])
    lip = smooth_step(s.mouth_y - 6.0, s.mouth_y + 6.0, points[:, 1]) * smooth_step(s.mouth_half_width + 8, 12.0, x)
    wish = np.stack(
        [side * (0.15 + 1.3 * lip * smooth_step(0, 6, x)), np.full(len(points), -1.0), 0.25 + 0 * x], axis=1
    )
    wish = wish - (wish * normals).sum(axis=1, keepdims=True) * normals
    return unit(wish)


def build_beard(parameters: HeadParameters, field: SkinField, size: int) -> GeneratedPart:
    """The beard as a part of its own, labelled "beard"; its texture is `size` texels each way.

    Raises:
        KeyError: the person has none, or one that is only painted (see has_beard_geometry).
    """
    form = _FORMS[parameters.beard]
    base = _chart(field)
    normal = gradient(field, base, 2.0)
    distance = beard_distance(parameters, base)
    flow = _flow(parameters, base, normal)
    lumps = 1 + 0.22 * fractal_noise(base / 7.0, parameters.noise_seed + 132, 2)
    full = form.thickness * smooth_step(-1.0, 4.0 + 1.6 * form.thickness, distance) * lumps
    low = smooth_step(parameters.shape.mouth_y - 12.0, parameters.shape.menton_y + 4.0, base[:, 1])
    hang = (0.45 * full + form.drop * low * smooth_step(0.0, 12.0, distance))[:, None] * unit(
        flow + np.array([0.0, -0.6, 0.15])
    )
    surfaces, height = [], 0.40
    for layer, (share, need) in enumerate(((0.45, -5.0), (1.0, 0.5))):
        points = base + normal * (0.35 + 0.3 * layer + share * full)[:, None] + share * hang
        region = Region(left=0.0, right=1.0, bottom=1 - height * (layer + 1), top=1 - height * layer)
        # The outer layer is solid far inside: what lies below it there is never seen.
        grown = (distance > need) & ((distance < 10.0) | (layer == 1))
        surfaces.append(_layer(points, normal, grown, region))
    surfaces.append(_hem(parameters, base, normal, flow, distance, full, hang))
    whole = join([surface for surface in surfaces if len(surface.triangles)])
    return GeneratedPart(
        kind="hair",
        label="beard",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        normals=whole.normals,
        texture=to_texture(parameters, _paint(parameters, base, flow, distance, size, round(height * size))),
    )


def _layer(points: Points, normal: Points, grown: np.ndarray, region: Region) -> Surface:
    grid = points.reshape(_ROWS, _COLUMNS, 3)
    own = unit(np.cross(np.gradient(grid, axis=1), np.gradient(grid, axis=0))).reshape(-1, 3)
    own *= np.where((own * normal).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    u = np.linspace(0.004, 0.996, _COLUMNS)
    v = region.bottom + (region.top - region.bottom) * np.linspace(0.01, 0.99, _ROWS)
    uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1).reshape(-1, 2)
    triangles = grid_triangles(_ROWS, _COLUMNS)
    shown = triangles[grown[triangles].any(axis=1)]
    return facing(Surface(vertices=points, uv=uv, triangles=shown, normals=unit(own + 0.8 * normal)))


def _hem(
    parameters: HeadParameters,
    base: Points,
    normal: Points,
    flow: Points,
    distance: np.ndarray,
    full: np.ndarray,
    hang: Points,
) -> Surface:
    """Short locks all over, thickest at the lower edge: they break the outline."""
    form = _FORMS[parameters.beard]
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 133))
    low = base[:, 1] < parameters.shape.mouth_y - 10.0
    chance = np.where(low, 0.20, 0.08) * (distance > 2.0)
    chosen = np.flatnonzero(rng.uniform(size=len(base)) < chance)
    length = (3.0 + 1.2 * form.thickness + 0.6 * form.drop * low[chosen]) * rng.uniform(0.7, 1.2, len(chosen))
    start = base[chosen] + normal[chosen] * (0.3 + 0.55 * full[chosen])[:, None] + 0.6 * hang[chosen]
    heading = unit(flow[chosen] + 0.30 * normal[chosen] + rng.normal(0, 0.12, (len(chosen), 3)))
    rows = [start]
    for _ in range(2):
        rows.append(rows[-1] + heading * (length / 2)[:, None])
        heading = unit(heading + np.array([0.0, -0.25, 0.0]))
    guides = Sheet(
        points=np.stack(rows, axis=1),
        normals=np.repeat(normal[chosen][:, None], 3, axis=1),
        grown=np.ones(len(chosen), dtype=bool),
    )
    return ribbons(guides, Region(left=0.0, right=0.48, bottom=0.005, top=0.195), 5.5, _NUM_LOCKS, rng)


def _upsample(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """Linear interpolation of the chart [rows, columns, c] at texel centres; the picture's row 0 is on top."""
    rows = np.clip((1 - (np.arange(height) + 0.5) / height - 0.01) / 0.98, 0, 1) * (_ROWS - 1)
    columns = np.clip(((np.arange(width) + 0.5) / width - 0.004) / 0.992, 0, 1) * (_COLUMNS - 1)
    r, c = np.minimum(rows.astype(int), _ROWS - 2), np.minimum(columns.astype(int), _COLUMNS - 2)
    s, t = (rows - r)[:, None, None], (columns - c)[None, :, None]
    tall = grid[r] * (1 - s) + grid[r + 1] * s
    return tall[:, c] * (1 - t) + tall[:, c + 1] * t


def _paint(parameters: HeadParameters, base: Points, flow: Points, distance: np.ndarray, size: int, band: int) -> Paint:
    """Two bands, the inner layer and the ragged outer one, and the locks below them."""
    grid = base.reshape(_ROWS, _COLUMNS, 3)
    up, right = np.asarray(np.gradient(grid, axis=0)), np.asarray(np.gradient(grid, axis=1))
    along = flow.reshape(_ROWS, _COLUMNS, 3)
    # Texels per mm each way: close enough to a chart at right angles.
    across = (along * unit(right)).sum(axis=2) / np.linalg.norm(right, axis=2) * size / _COLUMNS
    rise = (along * unit(up)).sum(axis=2) / np.linalg.norm(up, axis=2) * band / _ROWS
    velocity = np.stack([across, -rise], axis=2)
    velocity = _upsample(velocity, band, size)
    velocity = (velocity / np.maximum(np.linalg.norm(velocity, axis=2, keepdims=True), 1e-6)).astype(np.float32)
    inside = _upsample(distance.reshape(_ROWS, _COLUMNS, 1), band, size)[..., 0]
    whole = Paint.blank(size, size)
    for layer in range(2):
        rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 134 + layer))
        fine = rng.normal(size=(band, size)).astype(np.float32)
        hair = spread_evenly(smear(fine, 0.9 * velocity, 3))
        lock = spread_evenly(smear(np.repeat(fine[:, ::4], 4, axis=1)[:, :size], 1.4 * velocity, 3))
        tone = 0.40 + 0.45 * (hair - 0.5) + 0.25 * (lock - 0.5)
        if layer == 0:
            alpha = smooth_step(-2.5, 5.5, inside + 5.0 * (hair - 0.5))
            tone = tone - 0.10
        else:
            ragged = smooth_step(0.42, 0.62, 0.6 * hair + 0.4 * lock) * smooth_step(0.5, 6.0, inside)
            alpha = np.maximum(ragged, smooth_step(3.5, 6.5, inside))
        white = spread_evenly(smear(rng.normal(size=(band, size)).astype(np.float32), velocity, 3))
        grey = (white < min(1.0, 1.25 * parameters.grey)).astype(float) if parameters.grey > 0 else np.zeros_like(tone)
        whole.put(layer * band, 0, Paint(tone=tone, grey=grey, bare=np.zeros_like(tone), alpha=alpha))
    edges = np.linspace(0, 0.48 * size, _NUM_LOCKS + 1).round().astype(int)
    for kind in range(_NUM_LOCKS):
        strip = lock_strip(
            round(0.2 * size),
            int(edges[kind + 1] - edges[kind]),
            parameters.noise_seed + 140 + kind,
            texels=1.0 * size / 512,
            grey=parameters.grey,
        )
        whole.put(size - len(strip.tone), int(edges[kind]), strip)
    return whole
