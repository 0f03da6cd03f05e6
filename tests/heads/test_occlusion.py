"""Baked visibility against solid angles worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.harmonics import sh_basis
from synhead.heads.occlusion import bake_occlusion
from tests.render.simple_scenes import facing_square, head_of, quad, sphere


def floor_with_grid(half_m=0.1, steps=20):
    """Quads side by side in the plane z = 0, as one part."""
    edges = np.linspace(-half_m, half_m, steps + 1)
    x, y = np.meshgrid(edges, edges)
    points = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    n = steps + 1
    a = (np.arange(steps)[:, None] * n + np.arange(steps)).ravel()
    part = facing_square()
    return type(part)(
        kind="skin",
        material=part.material,
        vertices_m=points,
        normals=np.tile([0.0, 0.0, 1.0], (len(points), 1)),
        uv=np.zeros((len(points), 2)),
        triangles=np.concatenate([np.stack([a, a + 1, a + n + 1], 1), np.stack([a, a + n + 1, a + n], 1)]),
    )


def seen(occlusion, vertex, direction):
    return float(np.clip(1 - occlusion.hidden_sh[vertex] @ sh_basis(np.asarray(direction, float), 16), 0, 1))


def test_nothing_shades_a_ball():
    ball = sphere(0.1, 3)
    occlusion = bake_occlusion(head_of(ball))
    np.testing.assert_allclose(occlusion.ambient, 1, atol=0.01)
    for turn in (0.0, 0.3, 0.6):
        toward = ball.normals + turn * np.roll(ball.normals, 1, axis=1)
        toward /= np.linalg.norm(toward, axis=1, keepdims=True)
        visible = 1 - (occlusion.hidden_sh * sh_basis(toward, 16)).sum(axis=1)
        np.testing.assert_allclose(visible, 1, atol=0.05)


def test_a_wall_hides_half_of_the_sky():
    # A floor before a wall that reaches up and to both sides by far more than their distance: the wall's half of
    # the cosine-weighted sky is hidden.
    floor = floor_with_grid()
    wall = quad([[0.012, -0.2, -0.05], [0.012, -0.2, 0.2], [0.012, 0.2, 0.2], [0.012, 0.2, -0.05]])
    occlusion = bake_occlusion(head_of(floor, wall))
    middle = 10 * 21 + 10
    assert occlusion.ambient[middle] == pytest.approx(0.5, abs=0.06)
    assert seen(occlusion, middle, [-0.6, 0, 0.8]) > 0.9
    assert seen(occlusion, middle, [0.6, 0, 0.8]) < 0.1


def test_a_plate_above_hides_its_form_factor():
    # A parallel square of half side a at height h hides the cosine-weighted share (Siegel and Howell, C-11):
    a, h = 0.06, 0.04
    x = a / h
    share = 4 / np.pi * x / np.sqrt(1 + x * x) * np.arctan(x / np.sqrt(1 + x * x))
    occlusion = bake_occlusion(head_of(floor_with_grid(), facing_square(a, z_m=h)))
    assert occlusion.ambient[10 * 21 + 10] == pytest.approx(1 - share, abs=0.03)


def test_see_through_parts_let_light_pass():
    texture = np.full((8, 8, 4), 255, np.uint8)
    texture[..., 3] = 40
    glass = facing_square(0.1, z_m=0.03, texture=texture, has_alpha=True)
    occlusion = bake_occlusion(head_of(floor_with_grid(), glass))
    np.testing.assert_allclose(occlusion.ambient[: 21 * 21], 1, atol=0.01)


def test_equal_heads_have_equal_bytes():
    head = head_of(floor_with_grid(), facing_square(0.06, z_m=0.04))
    one, two = bake_occlusion(head), bake_occlusion(head)
    assert one.hidden_sh.tobytes() == two.hidden_sh.tobytes()


def test_teeth_are_lit_as_with_the_mouth_open():
    teeth = replace(facing_square(half_m=0.01), kind="teeth")
    lips = replace(facing_square(half_m=0.03, z_m=0.008), kind="skin")
    shut = bake_occlusion(head_of(teeth, lips))
    assert shut.ambient[:4].max() < 0.25
    deltas = np.zeros((1, 4, 3), dtype=np.float32)
    deltas[0, :, 1] = -0.2
    opening = replace(head_of(teeth, replace(lips, shape_deltas_m=deltas)), shape_names=("jawOpen",))
    opened = bake_occlusion(opening)
    # The lips are gone far below; what lies in front is as light as they are.
    assert opened.ambient[:4].min() > 0.8
    np.testing.assert_array_equal(opened.ambient[4:], shut.ambient[4:])
