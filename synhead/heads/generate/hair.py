"""Hair: a cap on the scalp, sheets of guides over it, and few cards for ends and outlines, by style.

Sheets and cap are solid but for their edges, so that most triangles are drawn without sorting or blending; a head made
of cards alone took three quarters of a frame.
"""

from dataclasses import dataclass, replace

import numpy as np

from synhead.heads.generate.hair_cap import Cap, build_cap
from synhead.heads.generate.hair_guides import (
    Crop,
    Fall,
    Region,
    Sheet,
    falling_sheet,
    fringe_sheet,
    loft,
    lying_locks,
    pulled_sheet,
    ribbons,
    ring_sheets,
)
from synhead.heads.generate.hair_paint import Paint, curl_strip, lock_strip, strand_strip, to_texture
from synhead.heads.generate.hair_tied import bun, tail, tied_gap
from synhead.heads.generate.hair_tufts import tufts
from synhead.heads.generate.head_map import HeadMap
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, join
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import Length

NUM_LOCKS = 4
_STRIP, _LOCK_WIDTH, _LOCK_HEIGHT = 0.095, 0.05, 0.14
"""Heights of a strip of short hair and of a short lock, width of such a lock, as shares of the texture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """What a hair style is made of.

    Attributes:
        cap: the layer next to the scalp.
        falls: sheets from the parting downwards, the outermost first.
        fringe_end: height over the eyes where a fringe ends, mm; None: no fringe.
        crop: short hair round the whorl, with `rings` (degrees from the whorl) and cards every `lock_spacing` mm.
        tied: "bun", "ponytail" or "cornrows".
        tufts_mm: size and spacing of curls on the outline; None: none.
        curl: of the strands of sheets, in texels.
        tips: share of the sheets' length that is ragged.
        gloss: how much roots darken and the bend over the head shines; long hair shows it.
        cap_share: of the texture's side that the cap's square takes.
    """

    cap: Cap
    falls: tuple[Fall, ...] = ()
    fringe_end: Length | None = None
    crop: Crop | None = None
    rings: tuple[float, ...] = ()
    lock_spacing: Length = 0.0
    tied: str | None = None
    tufts_mm: tuple[float, float] | None = None
    curl: float = 0.0
    tips: float = 0.16
    gloss: float = 1.0
    cap_share: float = 0.5


_LONG_CAP = Cap(thickness=1.2, side=0.8, parted=True, edge=16)
_RINGS = (10.0, 21.0, 32.0, 43.0, 54.0, 65.0, 76.0, 88.0)
STYLES = {
    "long": Style(
        cap=_LONG_CAP,
        falls=(Fall(volume=13, cut_y=-190, front_deg=57), Fall(volume=4, cut_y=-196, shrink=0.9, front_deg=64)),
    ),
    "wavy": Style(
        cap=_LONG_CAP,
        falls=(
            Fall(volume=14, cut_y=-170, wave=6.0, front_deg=57),
            Fall(volume=4, cut_y=-178, shrink=0.9, wave=4.0, front_deg=64),
        ),
        curl=1.4,
    ),
    "bob": Style(
        cap=_LONG_CAP,
        falls=(
            Fall(volume=14, cut_y=-86, turn_in=0.45, front_deg=57),
            Fall(volume=4, cut_y=-92, shrink=0.9, turn_in=0.4, front_deg=64),
        ),
        tips=0.08,
    ),
    "fringe": Style(
        cap=_LONG_CAP,
        falls=(
            Fall(volume=13, cut_y=-128, turn_in=0.1, front_deg=57),
            Fall(volume=4, cut_y=-134, shrink=0.9, front_deg=64),
        ),
        fringe_end=30.0,
    ),
    "medium": Style(
        cap=_LONG_CAP,
        falls=(
            Fall(volume=8, cut_y=-66, front_deg=93, wave=2.5),
            Fall(volume=4, cut_y=-74, shrink=0.9, front_deg=95, wave=2.0),
        ),
        curl=0.7,
    ),
    "bun": Style(cap=Cap(thickness=1.0, side=0.8, edge=14), tied="bun"),
    "ponytail": Style(cap=Cap(thickness=1.0, side=0.8, edge=14), tied="ponytail"),
    "cornrows": Style(cap=Cap(thickness=0.3, side=0.3, texture="stubble", lumps=0.0), tied="cornrows"),
    "pixie": Style(
        cap=Cap(thickness=3.0, side=1.6),
        crop=Crop(length=52, side_length=30, volume=9, lift=3.0, weight=0.3, inside=2.0, edge=0.75),
        rings=_RINGS,
        fringe_end=37.0,
        lock_spacing=24.0,
        tips=0.38,
        gloss=0.15,
    ),
    "afro": Style(
        cap=Cap(thickness=46, side=36, rise=40, lumps=0.15, lump_size=17, texture="curls", fade=6, cells=72),
        tufts_mm=(17.0, 11.0),
        cap_share=0.75,
    ),
    "curly": Style(
        cap=Cap(thickness=15, side=5, rise=24, lumps=0.34, lump_size=9, texture="curls", fade=8, cells=72),
        tufts_mm=(11.0, 9.5),
        cap_share=0.75,
    ),
    "crop": Style(
        cap=Cap(thickness=2.4, side=1.0),
        crop=Crop(length=34, side_length=16, volume=7, lift=3.5),
        rings=_RINGS,
        lock_spacing=22.0,
        tips=0.38,
        gloss=0.15,
    ),
    "fade": Style(
        cap=Cap(thickness=2.0, side=0.2, side_alpha=0.42, fade=14),
        crop=Crop(length=30, side_length=12, volume=10, lift=5.0, inside=2.0),
        rings=_RINGS[:6],
        lock_spacing=22.0,
        tips=0.38,
        gloss=0.15,
        cap_share=0.6,
    ),
    "side part": Style(
        cap=Cap(thickness=2.4, side=1.0, parted=True),
        crop=Crop(length=48, side_length=18, volume=9, lift=2.0),
        rings=_RINGS,
        lock_spacing=24.0,
        tips=0.36,
        gloss=0.2,
    ),
    "receding": Style(
        cap=Cap(thickness=1.6, side=0.8, fade=16),
        crop=Crop(length=22, side_length=14, volume=4, lift=2.0, inside=7.0),
        rings=_RINGS,
        lock_spacing=24.0,
        tips=0.38,
        gloss=0.15,
    ),
    "rim": Style(
        cap=Cap(thickness=1.0, side=1.0, fade=13),
        crop=Crop(length=15, side_length=14, volume=3, lift=1.5, inside=6.0),
        rings=_RINGS,
        lock_spacing=22.0,
        tips=0.38,
        gloss=0.15,
    ),
    "buzz": Style(cap=Cap(thickness=1.2, side=0.5, texture="stubble", fade=12, rise=16, lumps=0.0), cap_share=0.75),
}


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
