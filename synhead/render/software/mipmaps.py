"""Textures of the software engine: the texels and mip levels that the `gl` engine has, packed into one array.

A texel is an int32: red in the lowest byte, then green, blue, opacity. Colour is sRGB, multiplied by opacity where the
part is see-through; it is filtered and reduced in the encoded space (docs/design/0003-shading.md, "Curves"). Row 0 is
the picture's top row. A level's side is half the one before, rounded down, as OpenGL has it.
Every row ends with its first texel once more, so that a texel and its right neighbour, round the edge, lie together.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt8

MAX_LEVELS = 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PackedTextures:
    """Several textures with their mip levels.

    Attributes:
        texels: all levels of all textures, row by row, each row of width + 1 texels.
        level_start: [num_textures, MAX_LEVELS] index of a level's first texel; beyond the last level, the last.
        size_px: [num_textures, 4] width, height, number of levels, 0.
    """

    texels: Int32[np.ndarray, " num_texels"]
    level_start: Int32[np.ndarray, "num_textures 16"]
    size_px: Int32[np.ndarray, "num_textures 4"]


def mip_levels(texels: UInt8[np.ndarray, "height width 4"]) -> list[UInt8[np.ndarray, "_h _w 4"]]:
    """A texture and its smaller levels down to one texel; each texel is the mean of those it covers, rounded."""
    levels = [texels]
    while max(levels[-1].shape[:2]) > 1 and len(levels) < MAX_LEVELS:
        levels.append(_halved(levels[-1]))
    return levels


def _halved(texels: UInt8[np.ndarray, "height width 4"]) -> UInt8[np.ndarray, "_h _w 4"]:
    height, width = texels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        quads = texels.reshape(height // 2, 2, width // 2, 2, 4).astype(np.uint16)
        return ((quads.sum(axis=(1, 3), dtype=np.uint16) + 2) >> 2).astype(np.uint8)
    rows = _read_between(texels.astype(np.float64), 0)
    return np.floor(_read_between(rows, 1) + 0.5).astype(np.uint8)


def _read_between(values: np.ndarray, axis: int) -> np.ndarray:
    """Half as many places along an axis, read linearly at their centres: what OpenGL drivers do with odd sides."""
    count = values.shape[axis]
    fewer = max(1, count // 2)
    place = (np.arange(fewer) + 0.5) * (count / fewer) - 0.5
    low = np.clip(np.floor(place).astype(np.int64), 0, count - 1)
    high = np.minimum(low + 1, count - 1)
    share = (place - low).reshape(-1, *[1] * (values.ndim - axis - 1))
    return np.take(values, low, axis) * (1 - share) + np.take(values, high, axis) * share


def pack_textures(textures: list[UInt8[np.ndarray, "_h _w 4"]]) -> PackedTextures:
    """Mip levels of all textures in one array."""
    start = np.zeros((len(textures), MAX_LEVELS), dtype=np.int32)
    size = np.zeros((len(textures), 4), dtype=np.int32)
    pieces, total = [], 0
    for index, texture in enumerate(textures):
        levels = mip_levels(texture)
        size[index, :3] = texture.shape[1], texture.shape[0], len(levels)
        for number, level in enumerate(levels):
            start[index, number:] = total
            pieces.append(np.concatenate([level, level[:, :1]], axis=1).reshape(-1, 4))
            total += len(pieces[-1])
    texels = np.concatenate(pieces).astype(np.uint32)
    packed = texels[:, 0] | texels[:, 1] << 8 | texels[:, 2] << 16 | texels[:, 3] << 24
    return PackedTextures(texels=packed.view(np.int32), level_start=start, size_px=size)


def opacity_quads(
    packed: PackedTextures, textures: list[int]
) -> tuple[Int32[np.ndarray, " num_quads"], Int32[np.ndarray, "num_textures 16"]]:
    """Opacities of some textures, all levels: of each texel, its right, its lower and its lower right neighbour.

    Returns:
        The four opacities in one word, lowest byte first; rows of a level follow each other without a gap.
        Index of a level's first word, as `PackedTextures.level_start`; 0 for other textures.
    """
    start = np.zeros_like(packed.level_start)
    pieces, total = [np.zeros(0, dtype=np.uint32)], 0
    for index in textures:
        width, height, num_levels = packed.size_px[index, :3]
        for number in range(num_levels):
            columns, rows = max(width >> number, 1), max(height >> number, 1)
            first = packed.level_start[index, number]
            level = packed.texels[first : first + rows * (columns + 1)].view(np.uint32).reshape(rows, columns + 1) >> 24
            pairs = level[:, :-1] | level[:, 1:] << 8
            start[index, number:] = total
            quads = pairs | np.roll(pairs, -1, axis=0) << 16
            pieces.append(quads.reshape(-1).astype(np.uint32))
            total += len(pieces[-1])
    return np.concatenate(pieces).view(np.int32), start
