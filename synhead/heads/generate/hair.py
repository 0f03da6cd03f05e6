"""Hair: a cap on the scalp, sheets of guides over it, and few cards for ends and outlines, by style.

Sheets and cap are solid but for their edges, so that most triangles are drawn without sorting or blending; a head made
of cards alone took three quarters of a frame.
"""

from dataclasses import dataclass, replace

import numpy as np

from synhead.heads.generate.hair_cap import build_cap
from synhead.heads.generate.hair_forms import STYLES, Style
from synhead.heads.generate.hair_guides import (
    Region,
    Sheet,
    falling_sheet,
    fringe_sheet,
    loft,
    pulled_sheet,
    ribbons,
)
from synhead.heads.generate.hair_paint import Paint, curl_strip, lock_strip, strand_strip, to_texture
from synhead.heads.generate.hair_short import Crop, lying_locks, ring_sheets
from synhead.heads.generate.hair_tied import bun, tail, tied_gap
from synhead.heads.generate.hair_tufts import tufts
from synhead.heads.generate.head_map import HeadMap
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, join
from synhead.heads.generate.sculpt import SkinField

NUM_LOCKS = 4
_STRIP, _LOCK_WIDTH, _LOCK_HEIGHT = 0.095, 0.05, 0.14
"""Heights of a strip of short hair and of a short lock, width of such a lock, as shares of the texture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Atlas:
    """Where what lies in the texture: the cap's square, strands for sheets, darker ones for inner sheets, cards."""

    cap: Region
    strands: Region
    shade: Region
    locks: Region
    strips: tuple[Region, ...]


def _atlas(share: float, *, short: bool) -> Atlas:
    """The cap on the upper left; strands below it, the shade beside them, locks on the right.

    Short hair has strips one below the other in place of strands and shade: as many texels along a hair as across it,
    or the smaller mip levels that its squeezed length asks for blur strand into strand.
    """
    edge = 0.004
    tops = 1 - share - _STRIP * np.arange(int((1 - share) / _STRIP))
    strips = [Region(left=edge, right=1 - edge, bottom=float(t) - _STRIP + edge, top=float(t) - 0.009) for t in tops]
    if short:
        locks = Region(left=share, right=share + _LOCK_WIDTH * NUM_LOCKS, bottom=1 - _LOCK_HEIGHT, top=1.0 - edge)
    else:
        locks = Region(left=share, right=1.0, bottom=1 - share + edge, top=1.0 - edge)
    return Atlas(
        strips=tuple(strips),
        locks=locks,
        cap=Region(left=0.0, right=share, bottom=1 - share, top=1.0),
        strands=Region(left=edge, right=0.70 - edge, bottom=edge, top=1 - share - edge),
        shade=Region(left=0.70 + edge, right=1 - edge, bottom=edge, top=1 - share - edge),
    )


def build_hair(parameters: HeadParameters, skin: SkinField, size: int) -> GeneratedPart:
    """The person's hair as one part; its see-through texture is `size` texels each way."""
    style = STYLES[parameters.hair_style]
    atlas = _atlas(style.cap_share, short=style.crop is not None)
    texels = round(style.cap_share * size)
    head = HeadMap(skin)
    cap, cap_paint = build_cap(parameters, head, style.cap, atlas.cap, texels)
    surfaces = [cap]
    if style.falls:
        surfaces += _falling(parameters, head, style, atlas)
    if style.crop is not None:
        surfaces += _cropped(parameters, head, style, style.crop, atlas)
    if style.fringe_end is not None:
        sheet = fringe_sheet(parameters, head, style.fringe_end, 33, parameters.noise_seed + 45)
        strand = atlas.strands
        tips = replace(strand, top=strand.bottom + 0.30 * (strand.top - strand.bottom))
        surfaces.append(loft(sheet, atlas.strips[0] if style.crop else tips, start=0.1))
    if style.tied is not None:
        surfaces += _tied(parameters, head, style.tied, atlas)
    if style.tufts_mm is not None:
        square = replace(atlas.locks, bottom=1.0 - (1.0 - style.cap_share) / NUM_LOCKS)
        surfaces.append(tufts(parameters, cap, square, style.tufts_mm, NUM_LOCKS))
    whole = join(surfaces)
    return GeneratedPart(
        kind="hair",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=to_texture(parameters, _paint(parameters, style, cap_paint, size)),
        normals=whole.normals,
    )


def _falling(parameters: HeadParameters, head: HeadMap, style: Style, atlas: Atlas) -> list[Surface]:
    seed = parameters.noise_seed
    surfaces = []
    for index, fall in enumerate(style.falls):
        outer = index == 0
        rows = (9, 14 if fall.cut_y < -120 else 8)
        sheet = falling_sheet(parameters, head, fall, 97 if outer else 49, rows, seed + 42)
        if not outer:
            # On the head the outer sheet hides the inner one, which would be shaded all the same.
            sheet = replace(sheet, points=sheet.points[:, 6:], normals=sheet.normals[:, 6:])
        surfaces.append(loft(sheet, atlas.strands if outer else atlas.shade, spans=2 if outer else 1))
        if outer:
            surfaces.append(_loose(parameters, sheet, atlas))
    return surfaces


def _loose(parameters: HeadParameters, sheet: Sheet, atlas: Atlas) -> Surface:
    """The hanging half of some guides again, as cards a little further out and longer: they break the edges."""
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 46))
    columns = len(sheet.points)
    chosen = np.sort(rng.choice(np.arange(1, columns - 1), 14, replace=False))
    chosen = np.concatenate([[0, 1], chosen, [columns - 2, columns - 1]])
    points, normals = sheet.points[chosen, 8:], sheet.normals[chosen, 8:]
    grow = np.linspace(0, 1, points.shape[1])[None, :, None]
    points = points + normals * (0.3 + 2.1 * grow)
    points = points + np.array([0.0, -8.0, 0.0]) * grow**3 * rng.uniform(0, 1.5, (len(chosen), 1, 1))
    guides = Sheet(points=points, normals=normals, grown=np.ones(len(chosen), dtype=bool))
    return ribbons(guides, atlas.locks, 13.0, NUM_LOCKS, rng)


def _cropped(parameters: HeadParameters, head: HeadMap, style: Style, crop: Crop, atlas: Atlas) -> list[Surface]:
    seed = parameters.noise_seed
    rng = np.random.Generator(np.random.PCG64(seed + 47))
    surfaces = []
    for index, sheet in enumerate(ring_sheets(parameters, head, crop, np.array(style.rings), 57, 4)):
        surfaces.append(loft(sheet, atlas.strips[1 + index % (len(atlas.strips) - 1)], start=0.37 * index))
    locks = lying_locks(parameters, head, replace(crop, lift=crop.lift * 1.3), style.lock_spacing, 3, seed + 48)
    surfaces.append(ribbons(locks, atlas.locks, 9.0, NUM_LOCKS, rng))
    return [surface for surface in surfaces if len(surface.triangles)]


def _tied(parameters: HeadParameters, head: HeadMap, kind: str, atlas: Atlas) -> list[Surface]:
    gap, columns, knot_deg = tied_gap(parameters, kind)
    sheet = pulled_sheet(parameters, head, gap, columns, knot_deg)
    strands = replace(atlas.strands, bottom=atlas.strands.bottom + 0.3 * (atlas.strands.top - atlas.strands.bottom))
    surfaces = [loft(sheet, strands, spans=columns // 12 if kind == "cornrows" else 2)]
    if kind == "bun":
        surfaces.append(bun(parameters, strands))
    else:
        surfaces += tail(parameters, head, sheet, kind, atlas.strands, atlas.locks, NUM_LOCKS)
    return surfaces


def _paint(parameters: HeadParameters, style: Style, cap: Paint, size: int) -> Paint:
    """The texture: cap, strands and locks in their places."""
    whole = Paint.blank(size, size)
    whole.put(0, 0, cap)
    first = len(cap.tone)
    seed, grey, texels = parameters.noise_seed, parameters.grey, size / 1024
    if style.crop is not None:
        _put_short(whole, parameters, style, size, first)
        return whole
    split = round(0.70 * size)
    for left, right, dark, number in ((0, split, 0.0, 61), (split, size, 0.24, 62)):
        strip = strand_strip(
            size - first, right - left, seed + number, texels=1.25 * texels, grey=grey, tips=style.tips, curl=style.curl
        )
        whole.put(first, left, replace(strip, tone=strip.tone - dark))
    edges = np.linspace(first, size, NUM_LOCKS + 1).round().astype(int)
    for kind in range(NUM_LOCKS):
        width = int(edges[kind + 1] - edges[kind])
        if style.tufts_mm is not None:
            strip = curl_strip(min(width, first), width, seed + 70 + kind, texels=1.2 * texels, grey=grey)
        else:
            strip = lock_strip(first, width, seed + 70 + kind, texels=1.2 * texels, grey=grey)
        whole.put(0, int(edges[kind]), strip)
    return whole


def _put_short(whole: Paint, parameters: HeadParameters, style: Style, size: int, first: int) -> None:
    """Strips and locks of short hair."""
    seed, grey, texels = parameters.noise_seed, parameters.grey, size / 1024
    height = round(_STRIP * size)
    for index in range(int((1 - style.cap_share) / _STRIP)):
        top = first + round(index * _STRIP * size)
        strip = strand_strip(
            min(height, size - top),
            size,
            seed + 61 + 11 * index,
            texels=1.25 * texels,
            grey=grey,
            tips=0.35 if index == 0 else style.tips,
            gloss=style.gloss,
            feather=0.0,
        )
        whole.put(top, 0, strip)
    width, height = round(_LOCK_WIDTH * size), round(_LOCK_HEIGHT * size)
    for kind in range(NUM_LOCKS):
        left = first + round(kind * _LOCK_WIDTH * size)
        whole.put(0, left, lock_strip(height, width, seed + 70 + kind, texels=1.2 * texels, grey=grey))
