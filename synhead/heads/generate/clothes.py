"""What covers neck and shoulders: it hides where the neck is cut and makes the picture whole. Five kinds of neckline.

Rows of rings run from the skin inside the neckline over its edge and the shoulders to a hem that is closed below.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.clothes_paint import Cloth, paint_clothes
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, grid_triangles
from synhead.heads.generate.sculpt import TrunkField
from synhead.heads.generate.sdf import Length, first_hit

STYLES = ("crew", "v-neck", "turtleneck", "shirt", "hoodie")
_WEIGHTS = (0.36, 0.18, 0.12, 0.20, 0.14)
_ORIGIN = np.array([0.0, -330.0, -98.0])
_HEM_Y = -285.0
_COLLAR_Y = -166.0
_NUM_AROUND = 72
_CLOTH_MM = 3.0


def clothes_style(parameters: HeadParameters) -> str:
    """One of STYLES, drawn from the person's seed."""
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 60))
    return STYLES[int(rng.choice(len(STYLES), p=_WEIGHTS))]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Row:
    points: Float[np.ndarray, "columns 3"]
    cloth: Cloth
    shade: float


class _Tailor:
    """Rings on and over one person's trunk."""

    def __init__(self, trunk: TrunkField, azimuth: np.ndarray) -> None:
        self.trunk, self.azimuth = trunk, azimuth
        self.front = np.exp(-((azimuth / 0.42) ** 2))
        self.outward = np.stack([np.sin(azimuth), np.zeros(len(azimuth)), np.cos(azimuth)], axis=1)

    def ring(self, level: np.ndarray, gap_mm: Length | np.ndarray = _CLOTH_MM) -> np.ndarray:
        """Points at given heights, one an azimuth, `gap_mm` over the trunk."""
        start = np.array([0.0, 0.0, _ORIGIN[2]]) + 300.0 * self.outward
        start[:, 1] = level
        hit = first_hit(lambda p: self.trunk(p) - _CLOTH_MM, start, -self.outward, num_steps=120)
        return hit + self.outward * (np.asarray(gap_mm) - _CLOTH_MM).reshape(-1, 1)

    def down(self, first: np.ndarray, num_rows: int) -> list[np.ndarray]:
        """Rings from `first` over the shoulders to the hem."""
        start = first - _ORIGIN
        spin = np.arctan2(start[:, 0], start[:, 2])
        outward = np.stack([np.sin(spin), np.zeros(len(spin)), np.cos(spin)], axis=1)
        begin = np.array([0.0, _HEM_Y, _ORIGIN[2]]) + 300.0 * outward
        hem = first_hit(lambda p: self.trunk(p) - _CLOTH_MM, begin, -outward, num_steps=120)
        low = np.arctan2(start[:, 1], np.hypot(start[:, 0], start[:, 2]))
        high = np.arctan2(_HEM_Y - _ORIGIN[1], np.hypot(hem[:, 0], hem[:, 2] - _ORIGIN[2]))
        rings = []
        for share in np.linspace(0, 1, num_rows + 1)[1:]:
            elevation = low + (high - low) * share**0.9
            direction = np.stack(
                [np.cos(elevation) * np.sin(spin), np.sin(elevation), np.cos(elevation) * np.cos(spin)], axis=1
            )
            reach = _ORIGIN + 420.0 * direction
            rings.append(first_hit(lambda p: self.trunk(p) - _CLOTH_MM, reach, -direction, num_steps=120))
        return rings


def _bare_chest(tailor: _Tailor, top: np.ndarray, edge: np.ndarray) -> list[_Row]:
    """Skin between the neck and a low neckline: it starts inside the neck and ends under the cloth."""
    rows = []
    for share, gap in ((0.0, -2.5), (0.12, -0.6), (0.35, 0.0), (0.6, 0.0), (0.85, 0.0), (1.0, -0.5)):
        rows.append(_Row(points=tailor.ring(top + (edge - top) * share, gap), cloth=Cloth.SKIN, shade=1.0))
    return rows


def _rim(edge: np.ndarray, outward: np.ndarray, cloth: Cloth) -> list[_Row]:
    """The rolled edge of a neckline, from inside over the top."""
    return [
        _Row(points=edge - 5.0 * outward + [0, -9.0, 0], cloth=cloth, shade=0.3),
        _Row(points=edge - 2.2 * outward + [0, 1.2, 0], cloth=cloth, shade=0.65),
        _Row(points=edge + [0, 2.6, 0], cloth=cloth, shade=1.0),
        _Row(points=edge + 2.6 * outward + [0, 1.4, 0], cloth=cloth, shade=0.97),
    ]


def _neckline(style: str, tailor: _Tailor) -> tuple[list[_Row], np.ndarray]:
    """Rows down to where the body of the garment begins, and the height of that, one an azimuth."""
    base = _COLLAR_Y - 13.0 * np.cos(tailor.azimuth)
    if style == "turtleneck":
        top = base + 34.0 - 6.0 * np.cos(tailor.azimuth)
        edge = tailor.ring(top, 4.5)
        rows = _rim(edge, tailor.outward, Cloth.RIB)
        for share, gap in ((0.25, 8.2), (0.5, 8.6), (0.62, 7.4), (0.66, 4.6), (1.0, 3.4)):
            rows.append(_Row(points=tailor.ring(top + (base - 12 - top) * share, gap), cloth=Cloth.RIB, shade=1.0))
        rows[-2] = _Row(points=rows[-2].points, cloth=Cloth.RIB, shade=0.72)
        return rows, base - 18.0
    if style == "shirt":
        opening = np.exp(-np.minimum((tailor.azimuth / 0.36) ** 2, 40.0))
        top = base + 12.0 - 34.0 * opening
        leaf = 30.0 - 14.0 * opening + 10.0 * np.exp(-np.minimum(((np.abs(tailor.azimuth) - 0.55) / 0.3) ** 2, 40.0))
        rows = _bare_chest(tailor, base + 1.0 - 2.0 * opening, top - 12.0)
        edge = tailor.ring(top, 5.0)
        rows += _rim(edge, tailor.outward, Cloth.COLLAR)
        for share, gap, shade in ((0.35, 10.5, 1.0), (0.75, 10.0, 1.0), (1.0, 8.5, 0.95)):
            rows.append(_Row(points=tailor.ring(top - leaf * share, gap), cloth=Cloth.COLLAR, shade=shade))
        under = top - leaf
        rows.append(_Row(points=tailor.ring(under + 1.5, 4.5), cloth=Cloth.COLLAR, shade=0.4))
        rows.append(_Row(points=tailor.ring(under - 3.0), cloth=Cloth.BODY, shade=0.62))
        return rows, under - 10.0
    rows = []
    edge_level = base
    if style == "v-neck":
        edge_level = base - 42.0 * np.maximum(1 - np.abs(tailor.azimuth) / 0.62, 0.0) - 6.0 * tailor.front
        rows += _bare_chest(tailor, base - 3.0, edge_level - 8.0)
    edge = tailor.ring(edge_level, _CLOTH_MM if style != "hoodie" else 5.0)
    rows += _rim(edge, tailor.outward, Cloth.RIB)
    if style == "hoodie":
        behind = smooth_step(0.6, 2.2, np.abs(tailor.azimuth))
        for drop, gap, shade in ((4.0, 16.0, 1.0), (16.0, 22.0, 1.0), (30.0, 16.0, 0.9), (36.0, 6.0, 0.55)):
            level = edge_level + 6.0 * behind - drop * (0.4 + 0.6 * behind)
            rows.append(_Row(points=tailor.ring(level, 4.0 + gap * behind), cloth=Cloth.BODY, shade=shade))
        return rows, edge_level - 22.0 - 20.0 * behind
    band = tailor.ring(edge_level - 12.0)
    rows.append(_Row(points=band + [0, 1.0, 0] - 1.5 * tailor.outward, cloth=Cloth.RIB, shade=0.72))
    return rows, edge_level - 12.0


def build_clothes(parameters: HeadParameters, size: int) -> GeneratedPart:
    """The garment, its textures of `size` by `size` texels."""
    azimuth = np.radians(np.linspace(-180, 180, _NUM_AROUND + 1))
    style = clothes_style(parameters)
    tailor = _Tailor(TrunkField(parameters.shape), azimuth)
    rows, body = _neckline(style, tailor)
    first = tailor.ring(body)
    rings = [first, *tailor.down(first, 12)]
    rows += [_Row(points=ring, cloth=Cloth.BODY, shade=1.0) for ring in rings]
    # The hem turns in, and a floor closes the garment for whoever looks from below.
    middle = np.array([0.0, _HEM_Y, _ORIGIN[2]])
    for share, drop in ((0.985, 1.5), (0.6, 0.5), (0.05, 0.5)):
        rows.append(_Row(points=middle + (rings[-1] - middle) * share - [0, drop, 0], cloth=Cloth.INSIDE, shade=0.55))
    points = np.stack([row.points for row in rows])
    points[:, -1] = points[:, 0]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1))])
    u = np.broadcast_to(np.linspace(0, 1, _NUM_AROUND + 1), points.shape[:2])
    v = np.broadcast_to((0.99 - 0.98 * along / along[-1])[:, None], points.shape[:2])
    # Rows run downwards, columns to the subject's left: turn the winding.
    triangles = grid_triangles(len(points), _NUM_AROUND + 1)[:, ::-1].copy()
    vertices, uv = points.reshape(-1, 3), np.stack([u.ravel(), v.ravel()], axis=1)
    colour, relief = paint_clothes(
        parameters,
        style,
        vertices,
        uv,
        triangles,
        cloth=np.repeat([row.cloth for row in rows], _NUM_AROUND + 1),
        shade=np.repeat([row.shade for row in rows], _NUM_AROUND + 1),
        size=size,
    )
    return GeneratedPart(
        kind="clothes", vertices=vertices, uv=uv, triangles=triangles, texture=colour, normal_texture=relief
    )
