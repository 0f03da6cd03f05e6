"""Mip levels and their packing, against averages computed in another way."""

from itertools import pairwise

import numpy as np
import pytest

from synhead.render.software.mipmaps import mip_levels, opacity_quads, pack_textures


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 4), dtype=np.uint8)


def test_a_texel_is_the_rounded_mean_of_four():
    levels = mip_levels(noise(16, 32))
    assert [level.shape[:2] for level in levels] == [(16, 32), (8, 16), (4, 8), (2, 4), (1, 2), (1, 1)]
    for upper, lower in pairwise(levels[:5]):
        for y, x in ((0, 0), (lower.shape[0] - 1, lower.shape[1] - 1)):
            block = upper[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].reshape(4, 4).astype(int)
            np.testing.assert_array_equal(lower[y, x], (block.sum(axis=0) + 2) // 4)


def test_a_single_row_is_halved_along_itself():
    levels = mip_levels(noise(1, 8))
    first = levels[0].astype(int)
    np.testing.assert_array_equal(levels[1][0, 3], (first[0, 6] + first[0, 7] + 1) // 2)
    assert levels[-1].shape == (1, 1, 4)


def test_odd_sides_are_read_between_texels():
    source = noise(7, 10)
    level = mip_levels(source)[1]
    assert level.shape == (3, 5, 4)
    rows, columns = (np.arange(3) + 0.5) * 7 / 3 - 0.5, (np.arange(5) + 0.5) * 2 - 0.5
    for channel in range(4):
        along = np.array([np.interp(columns, np.arange(10), line) for line in source[..., channel].astype(float)])
        right = np.array([np.interp(rows, np.arange(7), line) for line in along.T]).T
        assert np.abs(level[..., channel] - right).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("shape", [(8, 8), (5, 9), (1, 1), (3, 1)])
def test_one_colour_stays_that_colour(shape):
    for level in mip_levels(np.full((*shape, 4), (10, 200, 33, 255), dtype=np.uint8)):
        assert (level == (10, 200, 33, 255)).all()


def test_every_texel_is_found_where_the_tables_say():
    textures = [noise(4, 6), noise(1, 1), noise(8, 3)]
    packed = pack_textures(textures)
    for index, texture in enumerate(textures):
        levels = mip_levels(texture)
        assert tuple(packed.size_px[index]) == (texture.shape[1], texture.shape[0], len(levels), 0)
        for number, level in enumerate(levels):
            start, stride = packed.level_start[index, number], level.shape[1] + 1
            stored = packed.texels[start : start + level.shape[0] * stride].reshape(-1, stride)
            found = stored.view(np.uint8).reshape(level.shape[0], stride, 4)
            np.testing.assert_array_equal(found[:, :-1], level)
            np.testing.assert_array_equal(found[:, -1], level[:, 0])
        assert (packed.level_start[index, len(levels) :] == packed.level_start[index, len(levels) - 1]).all()


def test_every_opacity_is_found_with_its_neighbours_round_the_edges():
    textures = [noise(4, 6), noise(2, 2), noise(5, 3)]
    quads, start = opacity_quads(pack_textures(textures), [0, 2])
    assert (start[1] == 0).all()
    for index in (0, 2):
        levels = mip_levels(textures[index])
        for number, level in enumerate(levels):
            height, width = level.shape[:2]
            found = quads[start[index, number] :][: height * width].view(np.uint8).reshape(height, width, 4)
            for y in range(height):
                for x in range(width):
                    expected = [level[(y + k // 2) % height, (x + k % 2) % width, 3] for k in range(4)]
                    np.testing.assert_array_equal(found[y, x], expected)
        assert (start[index, len(levels) :] == start[index, len(levels) - 1]).all()
