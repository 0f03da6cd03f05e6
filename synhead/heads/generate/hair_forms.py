"""What each hair style is made of."""

from dataclasses import dataclass

from synhead.heads.generate.hair_cap import Cap
from synhead.heads.generate.hair_guides import Fall
from synhead.heads.generate.hair_short import Crop
from synhead.heads.generate.sdf import Length


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
