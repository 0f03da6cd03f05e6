"""Which triangles are drawn in which pass, against a count of texels by hand."""

import numpy as np
import pytest

from synhead.render.gl.alpha import classify_triangles
from tests.render.simple_scenes import facing_square


def part(alpha, uv=None, factor=1.0):
    """A square whose two triangles see the texture's lower right and upper left half."""
    texture = None
    if alpha is not None:
        texture = np.full((*np.shape(alpha), 4), 200, np.uint8)
        texture[..., 3] = alpha
    quad = facing_square(texture=texture, has_alpha=True, rgba=(1.0, 1.0, 1.0, factor))
    if uv is not None:
        quad.uv[:] = uv
    return quad


def kinds(square):
    found = classify_triangles(square)
    return [tuple(map(bool, row)) for row in zip(found.solid, found.dense, found.soft, strict=True)]


SOLID, DENSE, SOFT, BOTH, EMPTY = (
    (True, False, False),
    (False, True, False),
    (False, False, True),
    (False, True, True),
    (False, False, False),
)


@pytest.mark.parametrize(
    ("alpha", "factor", "expected"),
    [
        (255, 1.0, SOLID),
        (250, 1.0, SOLID),
        (249, 1.0, DENSE),
        (128, 1.0, DENSE),
        (127, 1.0, SOFT),
        (2, 1.0, SOFT),
        (1, 1.0, EMPTY),
        (0, 1.0, EMPTY),
        (255, 0.9, DENSE),
        (255, 0.4, SOFT),
        (255, 0.0, EMPTY),
    ],
)
def test_uniform_opacity(alpha, factor, expected):
    assert kinds(part(np.full((32, 32), alpha), factor=factor)) == [expected] * 2


@pytest.mark.parametrize(("factor", "expected"), [(1.0, SOLID), (0.7, DENSE), (0.3, SOFT), (0.0, EMPTY)])
def test_without_a_texture_the_factor_decides(factor, expected):
    assert kinds(part(None, factor=factor)) == [expected] * 2


def test_an_opaque_part_is_solid():
    square = facing_square(rgba=(1.0, 1.0, 1.0, 0.3))
    assert kinds(square) == [SOLID] * 2


def test_one_texel_of_another_kind_counts_within_the_margin():
    alpha = np.full((256, 256), 255)
    alpha[100, 100] = 0
    # Columns and rows are counted from the top left; v from the bottom.
    for first, expected in ((103.1, SOLID), (102.1, SOLID), (101.9, BOTH), (100.0, BOTH)):
        low_u = first / 256
        uv = [[low_u, 0.1], [0.9, 0.1], [0.9, 0.9], [low_u, 0.9]]
        found = kinds(part(alpha, uv))
        # The margin of two texels reaches down from 103 to 101, and from 102.x to 100.
        assert found[1] == (BOTH if first < 103 else expected), first


def test_repeated_textures_are_never_taken_for_solid():
    uv = [[0.0, 0.0], [1.5, 0.0], [1.5, 1.0], [0.0, 1.0]]
    assert kinds(part(np.full((32, 32), 255), uv)) == [BOTH] * 2


def test_every_texel_of_a_triangle_is_in_a_pass_that_draws_it():
    rng = np.random.default_rng(4)
    alpha = rng.choice([0, 60, 127, 128, 200, 255], (64, 64))
    for _ in range(50):
        uv = rng.uniform(0, 1, (4, 2))
        found = classify_triangles(part(alpha, uv))
        for triangle, corners in enumerate(([0, 1, 2], [0, 2, 3])):
            weights = rng.dirichlet([1, 1, 1], 200)
            u, v = (weights @ uv[corners]).T
            texels = alpha[((1 - v) * 64).astype(int), (u * 64).astype(int)] / 255
            if found.solid[triangle]:
                assert (texels >= 250 / 255).all()
            else:
                assert found.dense[triangle] or (texels < 0.5).all()
                assert found.soft[triangle] or (texels >= 0.5).all() or (texels <= 1 / 255).all()
