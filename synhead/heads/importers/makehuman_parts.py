"""The parts of a composed MakeHuman head: skin, fitted proxies, and the colours they get."""

import numpy as np
from jaxtyping import Float, UInt8

from synhead.errors import InputError
from synhead.heads.importers.makehuman_identity import HAIR_COLOURS, Identity
from synhead.heads.importers.makehuman_layout import ProxyFiles
from synhead.heads.importers.makehuman_library import MakeHumanLibrary
from synhead.heads.importers.makehuman_read import DECIMETRE_M
from synhead.heads.importers.part import ImportedPart, compact

Shapes = dict[str, np.ndarray]
_BROW_TONE = {"blond": (0.38, 0.28, 0.18), "grey": (0.20, 0.18, 0.165), "white": (0.36, 0.34, 0.32)}
"""Brows stay darker than fair or grey hair."""
_MOUTH_UV, _MOUTH_SHADE = (0.755, 0.925, 0.0, 0.14), 0.5
"""Where the skins have the inside of the mouth (u from, to, v from, to), and how dark it is made: no light gets in."""
_MAX_RED_TO_BLUE = 2.15
"""Some painted skins are as red as terracotta; their median colour is brought to what skin has."""


def skin_part(library: MakeHumanLibrary, identity: Identity, vertices: np.ndarray, shapes: Shapes) -> ImportedPart:
    """Head, neck, sockets and inside of the mouth."""
    body = library.body
    kept_vertices, uv, triangles, uv_triangles, kept = compact(
        vertices, body.mesh.uv, body.skin_triangles, body.skin_uv_triangles
    )
    return ImportedPart(
        name="skin",
        kind="skin",
        vertices_m=kept_vertices * DECIMETRE_M,
        uv=uv,
        triangles=triangles,
        uv_triangles=uv_triangles,
        texture=skin_texture(library, identity),
        roughness=0.6,
        shapes=_moving({name: delta[kept] for name, delta in shapes.items()}),
    )


def proxy_part(
    library: MakeHumanLibrary,
    files: ProxyFiles,
    kind: str,
    vertices: np.ndarray,
    shapes: Shapes,
    *,
    name: str | None = None,
    texture: UInt8[np.ndarray, "height width channels"] | None = None,
    roughness: float = 0.7,
) -> ImportedPart:
    """A proxy on a composed body; eyeballs pass no shapes, since they only turn."""
    binding, mesh = library.proxy(files.mhclo)
    return ImportedPart(
        name=name or kind,
        kind=kind,
        vertices_m=binding.fit(vertices) * DECIMETRE_M,
        uv=mesh.uv,
        triangles=mesh.triangles,
        uv_triangles=mesh.uv_triangles,
        texture=library.picture(files.texture, alpha=True) if texture is None else texture,
        roughness=roughness,
        shapes=_moving({shape: binding.follow(delta) for shape, delta in shapes.items()}),
    )


def named(proxies: list[ProxyFiles], name: str) -> ProxyFiles:
    """The proxy of this name."""
    return next(proxy for proxy in proxies if proxy.name == name)


def skin_texture(library: MakeHumanLibrary, identity: Identity) -> UInt8[np.ndarray, "height width 3"]:
    """The painted skins of the person's sex and age, mixed by descent; small shares are left out.

    All skins share one layout, so that features lie on features.

    Raises:
        InputError: no skin of this sex.
    """
    layout = library.layout
    shares = {name: share for name, share in identity.descent.items() if share >= 0.2}
    total = np.zeros(1)
    weight = 0.0
    for name, share in shares.items():
        ages = [identity.age_group, *(age for age in ("young", "middleage", "old") if age != identity.age_group)]
        found = [layout.skins[key] for age in ages if (key := (identity.sex, age, name)) in layout.skins]
        if not found:
            continue
        # The number in the id picks among skins of one kind.
        path = found[0][int(identity.head_id[2:]) // 2 % len(found[0])]
        picture = library.picture(path, alpha=False).astype(np.float64) / 255
        if total.shape not in ((1,), picture.shape):
            raise InputError(path, f"is {picture.shape[:2]}, other skins {total.shape[:2]}; they must be of one size.")
        total = total + share * picture
        weight += share
    if weight == 0:
        raise InputError(layout.targets, f"no skin of a {identity.sex} person was found beside the targets.")
    colour = total / weight
    grey = (colour @ np.array([0.299, 0.587, 0.114]))[..., None]
    colour = grey + _saturation(colour) * (colour - grey)
    colour = colour * np.array(identity.skin_gain)
    height, width = colour.shape[:2]
    left, right, low, high = _MOUTH_UV
    colour[round((1 - high) * height) : round((1 - low) * height), round(left * width) : round(right * width)] *= (
        _MOUTH_SHADE
    )
    return _bytes(colour)


def _saturation(colour: np.ndarray) -> float:
    """The factor on the distance from grey that brings red over blue of the median colour to its limit; at most 1."""
    red, green, blue = np.median(colour.reshape(-1, 3), axis=0)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    excess = (red - grey) - _MAX_RED_TO_BLUE * (blue - grey)
    return min(1.0, grey * (_MAX_RED_TO_BLUE - 1) / max(excess, 1e-6))


def hair_texture(
    library: MakeHumanLibrary, files: ProxyFiles, colour: str, *, darker: float = 1.0
) -> UInt8[np.ndarray, "height width 4"]:
    """The picture's light and shade in another colour; its opacity stays."""
    picture = library.picture(files.texture, alpha=True).astype(np.float64) / 255
    light = picture[..., :3] @ np.array([0.299, 0.587, 0.114])
    shown = picture[..., 3] > 0.5
    mean = float(light[shown].mean()) if shown.any() else 0.5
    # A fair picture has little contrast and a black one much: half of the ratio is kept either way.
    shade = np.clip(light / max(mean, 0.02), 0.15, 2.2) ** 0.75
    rgb = np.array(HAIR_COLOURS[colour]) * darker * shade[..., None]
    return _bytes(np.concatenate([rgb, picture[..., 3:]], axis=2))


def brow_texture(library: MakeHumanLibrary, files: ProxyFiles, colour: str) -> UInt8[np.ndarray, "height width 4"]:
    """Opacity of the picture, in a darker tone of the hair."""
    picture = library.picture(files.texture, alpha=True).astype(np.float64) / 255
    tone = np.array(_BROW_TONE.get(colour, np.array(HAIR_COLOURS[colour]) * 0.75))
    rgb = np.broadcast_to(tone, picture[..., :3].shape)
    return _bytes(np.concatenate([rgb, picture[..., 3:]], axis=2))


def shaded_texture(library: MakeHumanLibrary, files: ProxyFiles, shade: float) -> UInt8[np.ndarray, "height width 4"]:
    """A picture made darker; its opacity stays."""
    picture = library.picture(files.texture, alpha=True)
    return np.concatenate([_bytes(picture[..., :3] / 255 * shade), picture[..., 3:]], axis=2)


def eye_texture(library: MakeHumanLibrary, colour: str) -> UInt8[np.ndarray, "height width 4"]:
    """The painted eyes; the brown ones, which are as red as brick, in a quieter brown."""
    picture = library.picture(library.layout.eye_textures[colour], alpha=True)
    if colour != "brown":
        return picture
    rgb = picture[..., :3].astype(np.float64) / 255
    grey = (rgb @ np.array([0.299, 0.587, 0.114]))[..., None]
    excess = (rgb.max(axis=2) - rgb.min(axis=2))[..., None]
    quiet = np.where(excess > 0.12, (grey + 0.5 * (rgb - grey)) * np.array([1.05, 1.0, 0.85]), rgb)
    return np.concatenate([_bytes(quiet), picture[..., 3:]], axis=2)


def _moving(shapes_dm: Shapes) -> Shapes:
    """In metres, without those that leave the part where it is."""
    return {name: delta * DECIMETRE_M for name, delta in shapes_dm.items() if np.abs(delta).max(initial=0) > 1e-4}


def _bytes(colour: Float[np.ndarray, "height width c"]) -> np.ndarray:
    return (np.clip(colour, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
