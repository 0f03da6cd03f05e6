"""Textures on the device: as the shader wants them, reduced to a size limit, in arrays."""

from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from synhead.heads.model import HeadPart


def normal_texels(texels: UInt8[np.ndarray, "height width 3"], max_texture_px: int) -> UInt8[np.ndarray, "h w 4"]:
    """A normal map as the shader wants it."""
    opaque = np.full((*texels.shape[:2], 1), 255, dtype=np.uint8)
    return reduced_texels(np.concatenate([texels, opaque], axis=2), max_texture_px)


def texels(part: HeadPart, max_texture_px: int) -> UInt8[np.ndarray, "height width 4"]:
    """Texels as the shader wants them: sRGB colour times opacity for see-through parts, opacity 255 for the others."""
    if part.material.texture is None:
        return np.full((1, 1, 4), 255, dtype=np.uint8)
    texels = part.material.texture.copy()
    if part.material.has_alpha:
        alpha = texels[..., 3:].astype(np.uint16)
        texels[..., :3] = (texels[..., :3] * alpha + 127) // 255
    else:
        texels[..., 3] = 255
    return reduced_texels(texels, max_texture_px)


def reduced_texels(texels: UInt8[np.ndarray, "height width 4"], max_texture_px: int) -> UInt8[np.ndarray, "h w 4"]:
    """Texels whose longer side is at most `max_texture_px`."""
    largest = max(texels.shape[:2])
    if largest > max_texture_px:
        height, width = (max(1, round(n * max_texture_px / largest)) for n in texels.shape[:2])
        texels = _resized(texels, height, width)
    return texels


def _resized(texels: UInt8[np.ndarray, "height width 4"], height: int, width: int) -> UInt8[np.ndarray, "h w 4"]:
    # Channel by channel: Pillow's RGBA filter would multiply by the opacity once more.
    planes = [Image.fromarray(np.ascontiguousarray(texels[..., c])) for c in range(4)]
    # BOX averages when it reduces, but repeats texels when it enlarges.
    larger = height > texels.shape[0] or width > texels.shape[1]
    kind = Image.Resampling.BILINEAR if larger else Image.Resampling.BOX
    return np.stack([np.asarray(p.resize((width, height), kind)) for p in planes], axis=-1)


def texture_array(ctx: Any, layers: list[UInt8[np.ndarray, "_h _w 4"]]) -> Any:
    """Pictures as the layers of one texture; smaller ones are scaled up to the largest."""
    height, width = (max(layer.shape[axis] for layer in layers) for axis in (0, 1))
    same = [layer if layer.shape[:2] == (height, width) else _resized(layer, height, width) for layer in layers]
    texture = ctx.texture_array((width, height, len(same)), 4, np.ascontiguousarray(np.stack(same)).tobytes())
    texture.build_mipmaps()
    texture.repeat_x = texture.repeat_y = True
    return texture


def texture_bytes(texture: Any) -> int:
    """Device memory, mip levels included."""
    width, height, layers = texture.size
    return width * height * layers * 4 * 4 // 3
