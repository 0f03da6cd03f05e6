"""Textures: refused before they can hurt, decoded to RGBA, scaled with their opacity, bled under see-through texels."""

import io
import warnings
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image, ImageDraw, ImageFilter

from synhead.errors import InputError
from synhead.heads.rawmesh import Ledger

MAX_SIDE_PX = 16384
MAX_PIXELS = 170_000_000
"""Just under Pillow's own limit against decompression bombs (178,956,970)."""
OPAQUE_FROM = 250
"""Opacity of 250 or more counts as opaque: JPEG-like noise and resampling leave such values on solid parts."""

VISIBLE_FROM = 8
"""Opacity under 8 of 255 shows nothing; compression leaves values of 1 to 3 in see-through areas."""


def read_texture(path: Path, ledger: Ledger, *, texture_size_px: int) -> UInt8[np.ndarray, "height width 4"]:
    """A picture file as sRGB colour and straight opacity, its longer side at most `texture_size_px`.

    Raises:
        InputError: no picture, damaged, or its header claims more than 16384 pixels a side or 170 million in all
            (checked before a pixel is decoded).
    """
    return decode_texture(path, open_picture(path, ledger.read_bytes(path)), texture_size_px=texture_size_px)


def open_picture(path: Path, content: bytes) -> Image.Image:
    """A picture whose header has been read and whose pixels have not. `path` is for messages.

    Raises:
        InputError: no picture, or its header claims more pixels than Pillow is willing to decode.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(content))
    except Image.DecompressionBombError as error:
        raise InputError(path, f"claims to be too large ({error}). Scale it to 2048 pixels.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(path, f"is not a picture that can be read ({error}).") from error


def decode_texture(path: Path, image: Image.Image, *, texture_size_px: int) -> UInt8[np.ndarray, "height width 4"]:
    """As `read_texture`, for a picture that is open already. `path` is for messages.

    Raises:
        InputError: too large, or damaged.
    """
    width, height = image.size
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise InputError(
            path,
            f"claims {width} x {height} pixels ({width * height * 4 / 2**30:.1f} GiB decoded); at most {MAX_SIDE_PX} a "
            f"side and {MAX_PIXELS / 1e6:.0f} million in all are read. Scale it to {texture_size_px} pixels.",
        )
    scale = min(1.0, texture_size_px / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if scale < 1:
                image.draft("RGB", size)
            has_alpha = "A" in image.getbands() or "transparency" in image.info
            image = image.convert("RGBA" if has_alpha else "RGB")
    except (OSError, SyntaxError, ValueError, MemoryError) as error:
        raise InputError(path, f"is damaged: the picture cannot be decoded ({error}).") from error
    if image.size != size:
        image = resize_with_opacity(image, size)
    return np.array(image.convert("RGBA"))


def resize_with_opacity(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale a picture; see-through texels lend no colour to their neighbours (premultiplied arithmetic)."""
    if image.mode != "RGBA":
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image.convert("RGBa").resize(size, Image.Resampling.BOX, reducing_gap=3.0).convert("RGBA")


def opacity_of(picture: UInt8[np.ndarray, "height width 4"]) -> UInt8[np.ndarray, "height width"]:
    """The opacity that a map_d picture means: its alpha channel where that says anything, else its luminance."""
    alpha = picture[..., 3]
    if (alpha < 255).any():
        return alpha
    return np.round(picture[..., :3].astype(np.float64) @ [0.2126, 0.7152, 0.0722]).astype(np.uint8)


def with_opacity(
    texture: UInt8[np.ndarray, "height width 4"], opacity: UInt8[np.ndarray, "other_height other_width"]
) -> UInt8[np.ndarray, "height width 4"]:
    """The texture with another opacity, scaled to its size."""
    height, width = texture.shape[:2]
    if opacity.shape != (height, width):
        scaled = Image.fromarray(opacity).resize((width, height), Image.Resampling.BOX)
        opacity = np.asarray(scaled)
    return np.dstack([texture[..., :3], opacity])


def bleed_colour(texture: UInt8[np.ndarray, "height width 4"]) -> UInt8[np.ndarray, "height width 4"]:
    """Fill the colour of see-through texels (under VISIBLE_FROM) from their surroundings; the opacity stays.

    Such texels often hold black or white, which filtering and mip-mapping would pull into the visible edge.
    A pyramid of opacity-weighted means is filled from the coarse end (push-pull, Gortler et al. 1996).
    """
    hidden = texture[..., 3] < VISIBLE_FROM
    if not hidden.any() or hidden.all():
        return texture
    weight = np.where(hidden, 0, texture[..., 3]).astype(np.float32) / 255
    filled = _push_pull(texture[..., :3].astype(np.float32) * weight[..., None], weight)
    out = texture.copy()
    out[hidden, :3] = np.clip(np.rint(filled[hidden]), 0, 255).astype(np.uint8)
    return out


def _push_pull(color: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Colour everywhere from premultiplied colour and weight."""
    known = weight > 0
    straight = color / np.where(known, weight, 1)[..., None]
    if known.all() or max(weight.shape) == 1:
        return straight
    height, width = weight.shape
    pad = ((0, height % 2), (0, width % 2))
    color2, weight2 = np.pad(color, (*pad, (0, 0))), np.pad(weight, pad)
    half = (weight2.shape[0] // 2, 2, weight2.shape[1] // 2, 2)
    coarse_weight = weight2.reshape(half).sum(axis=(1, 3))
    coarse_color = color2.reshape(*half, 3).sum(axis=(1, 3))
    # Weights saturate, so that a coarse level does not favour its most opaque corner more than needed.
    scale = 1 / np.maximum(coarse_weight, 1)
    coarse = _push_pull(coarse_color * scale[..., None], coarse_weight * scale)
    up = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.where(known[..., None], straight, up)


def texel_coordinates(
    uv: Float[np.ndarray, "*batch 2"], texture: UInt8[np.ndarray, "height width 4"]
) -> Float[np.ndarray, "*batch 2"]:
    """(column, row) of uv coordinates; texel centres at +0.5, row 0 at the top, v = 0 at the bottom."""
    height, width = texture.shape[:2]
    return np.stack([uv[..., 0] * width, (1 - uv[..., 1]) * height], axis=-1)


def used_texels(
    uv: Float[np.ndarray, "num_vertices 2"],
    triangles: Int[np.ndarray, "num_triangles 3"],
    texture: UInt8[np.ndarray, "height width 4"],
) -> Bool[np.ndarray, "height width"]:
    """Texels that the triangles show, and those next to them. Triangles beyond the unit square are moved into it."""
    height, width = texture.shape[:2]
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    corners = uv[triangles]
    corners = corners - np.floor(corners.min(axis=1, keepdims=True) + 1e-9)
    # Pillow's pixel centres are whole numbers, and it rounds: one texel more on each side, which filtering reads too.
    points = texel_coordinates(corners, texture) - 0.5
    for triangle in points:
        draw.polygon([tuple(p) for p in triangle.tolist()], fill=255, outline=255)
    return np.asarray(mask.filter(ImageFilter.MaxFilter(3))) > 0


def see_through_triangles(
    uv: Float[np.ndarray, "num_vertices 2"],
    triangles: Int[np.ndarray, "num_triangles 3"],
    texture: UInt8[np.ndarray, "height width 4"],
) -> Bool[np.ndarray, " num_triangles"]:
    """Triangles that show nothing: every texel within one texel of them has an opacity under VISIBLE_FROM.

    MakeHuman's eyes have such a shell for the cornea. Triangles that leave the unit square are kept.
    """
    height, width = texture.shape[:2]
    seen = np.zeros((height + 1, width + 1), dtype=np.int64)
    seen[1:, 1:] = (texture[..., 3] >= VISIBLE_FROM).cumsum(axis=0).cumsum(axis=1)
    points = texel_coordinates(uv[triangles], texture)
    limit = np.array([width, height])
    inside = ((points > -0.5) & (points < limit + 0.5)).all(axis=(1, 2))
    low = np.clip(np.floor(points.min(axis=1)) - 1, 0, limit - 1).astype(np.int64)
    high = np.clip(np.ceil(points.max(axis=1)) + 1, 1, limit).astype(np.int64)
    (x0, y0), (x1, y1) = low.T, high.T
    in_box = seen[y1, x1] - seen[y0, x1] - seen[y1, x0] + seen[y0, x0]
    hidden = inside & (in_box == 0)
    corner = np.clip(points.astype(np.int64), 0, limit - 1)
    undecided = inside & ~hidden & (texture[corner[..., 1], corner[..., 0], 3] < VISIBLE_FROM).all(axis=1)
    for index in np.flatnonzero(undecided):
        box = texture[y0[index] : y1[index], x0[index] : x1[index], 3]
        hidden[index] = not (box[_near_triangle(points[index], low[index], box.shape)] >= VISIBLE_FROM).any()
    return hidden


def _near_triangle(
    corners: Float[np.ndarray, "3 2"], low: Int[np.ndarray, "2"], shape: tuple[int, ...]
) -> Bool[np.ndarray, "box_height box_width"]:
    """Texels of a box from `low` whose centres are inside the triangle or within a texel of its edge lines."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    centres = np.stack([x + low[0], y + low[1]], axis=-1)
    edges = np.roll(corners, -1, axis=0) - corners
    turn = edges[0, 0] * edges[1, 1] - edges[0, 1] * edges[1, 0]
    near = np.ones(shape, dtype=bool)
    for start, edge in zip(corners, edges, strict=True):
        to_centre = centres - start
        across = edge[0] * to_centre[..., 1] - edge[1] * to_centre[..., 0]
        near &= across * np.sign(turn) >= -max(float(np.hypot(*edge)), 1e-9)
    return near
