"""The tracer of rooms against formulas: where things are seen, how far, and how much light reaches them."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.seeding import generator
from synhead.scenes.procedural_canvas import FOCUS_M, Canvas
from synhead.scenes.room import SHINE, BallLight, Piece, RectLight, Room
from synhead.scenes.room_tracer import trace_room

WHITE = np.ones(3)


def _white(points, normals):
    return np.ones((len(points), 3))


def _black(points, normals):
    return np.zeros((len(points), 3))


def _room(side=_black, **changes):
    base = Room(low=(-3, 0, -2), high=(3, 3, 5), sides=[side] * 6, ambient=np.zeros(3))
    return replace(base, **changes)


def _trace(room, *, yaw=0.0, pitch=0.0, size=(61, 81), eye=(0.0, 1.5, 0.0)):
    return trace_room(
        room, generator(0, "t"), height=size[0], width=size[1], eye=eye, yaw_rad=yaw, pitch_rad=pitch,
        vertical_fov_rad=np.radians(60),
    )  # fmt: skip


def _shining(center, half=(0.1, 0.1, 0.1), **options):
    return Piece(center=center, half=half, color=WHITE, emission=SHINE, **options)


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (0.3, 0.0), (-0.2, 0.1)])
def test_a_ball_is_seen_where_a_pinhole_camera_shows_it(yaw, pitch):
    center = np.array([0.4, 1.7, 3.0])
    traced = _trace(_room(pieces=[_shining(tuple(center), is_ball=True)]), yaw=yaw, pitch=pitch)
    # World to camera by elementary rotations: yaw turns the view to the right, pitch up.
    x, y, z = center - (0, 1.5, 0)
    x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
    y, z = y * np.cos(pitch) - z * np.sin(pitch), y * np.sin(pitch) + z * np.cos(pitch)
    focal = 61 / 2 / np.tan(np.radians(30))
    rows, columns = np.nonzero(traced.light[..., 0] > 1)
    assert columns.mean() + 0.5 == pytest.approx(81 / 2 + focal * x / z, abs=0.4)
    assert rows.mean() + 0.5 == pytest.approx(61 / 2 - focal * y / z, abs=0.4)
    assert traced.depth_m[rows, columns].min() == pytest.approx(z - 0.1, abs=0.02)


def test_a_turned_box_is_as_wide_as_its_diagonal():
    wide = [
        (_trace(_room(pieces=[_shining((0, 1.5, 3), turn_rad=turn)]), size=(301, 301)).light[150, :, 0] > 1).sum()
        for turn in (0.0, np.pi / 4)
    ]
    focal = 301 / 2 / np.tan(np.radians(30))
    assert wide[0] == pytest.approx(2 * focal * 0.1 / 2.9, abs=1.5)
    assert wide[1] == pytest.approx(2 * focal * 0.1 * np.sqrt(2) / 3.0, abs=1.5)


def test_the_far_wall_is_as_far_as_it_is_and_side_walls_nearer():
    depth = _trace(_room()).depth_m
    assert depth[30, 40] == pytest.approx(5.0, abs=1e-4)
    edge = depth[30, 0]
    focal = 61 / 2 / np.tan(np.radians(30))
    assert edge == pytest.approx(min(3 / (40 / focal), 5), rel=1e-3)


def _numeric_rect(point, normal, light, steps=200):
    """Light of a rectangle by summing over a fine grid: radiance x cos x cos' x dA / (pi r^2)."""
    share = (np.arange(steps) + 0.5) / steps * 2 - 1
    a, b = np.meshgrid(share, share)
    places = np.array(light.center) + a[..., None] * light.u_half + b[..., None] * light.v_half
    way = places - point
    squared = (way**2).sum(-1)
    area = 4 * np.linalg.norm(np.cross(light.u_half, light.v_half)) / steps**2
    return ((way @ normal).clip(0) * (-(way @ light.normal)).clip(0) / squared**2).sum() * area / np.pi


def test_light_of_a_window_falls_off_as_the_integral_says():
    light = RectLight(
        center=(-2.98, 1.5, 3.0), u_half=(0, 0, 0.6), v_half=(0, 0.5, 0), normal=(1, 0, 0), radiance=WHITE * 4
    )
    # The back wall alone is white; black walls send nothing back.
    sides = [_black] * 5 + [_white]
    traced = _trace(_room(sides=sides, rects=[light]), size=(121, 121))
    focal = 121 / 2 / np.tan(np.radians(30))
    for column in (30, 60, 90):
        point = np.array([(column + 0.5 - 60.5) / focal * 5, 1.5, 5.0])
        expected = 4 * _numeric_rect(point, np.array([0, 0, -1.0]), light)
        assert traced.light[58:63, column - 2 : column + 3, 0].mean() == pytest.approx(expected, rel=0.06)


def test_light_of_a_lamp_falls_with_the_square_of_the_distance_and_the_cosine():
    lamp = BallLight(center=(0.0, 1.5, 3.0), radius=0.05, radiance=WHITE * 400)
    traced = _trace(_room(sides=[_black] * 5 + [_white], balls=[lamp]), size=(121, 121))
    focal = 121 / 2 / np.tan(np.radians(30))
    for column in (60, 90):
        x = (column + 0.5 - 60.5) / focal * 5
        expected = 400 * 0.05**2 * 2 / np.hypot(2, x) / (x**2 + 4)
        assert traced.light[58:63, column - 2 : column + 3, 0].mean() == pytest.approx(expected, rel=0.05)


def test_what_stands_before_the_lamp_casts_a_shadow_unless_it_may_not():
    lamp = BallLight(center=(0.0, 1.5, 1.0), radius=0.02, radiance=WHITE * 3000)
    for casts in (True, False):
        block = Piece(center=(0, 1.5, 3), half=(0.3, 0.3, 0.01), color=np.zeros(3), casts=casts)
        # Seen from the side, past the block: its shadow is 0.6 m x 2 on the wall 2 m behind.
        traced = _trace(
            _room(sides=[_black] * 5 + [_white], balls=[lamp], pieces=[block]), eye=(1.9, 1.5, 2.9), yaw=-0.75
        )
        middle = traced.light[30, 36:44, 0].mean()
        assert (middle < 0.02) == casts


def test_white_walls_send_light_into_the_shadow():
    light = RectLight(center=(0, 2.98, 2), u_half=(0.5, 0, 0), v_half=(0, 0, 0.5), normal=(0, -1, 0), radiance=WHITE)
    # The ceiling sees no lamp; what it gets comes from the floor and the walls.
    ceiling = {
        name: _trace(_room(side, rects=[light]), pitch=0.9).light[5, 40, 0]
        for name, side in (("w", _white), ("b", _black))
    }
    assert ceiling["b"] == 0
    # Straight under the lamp a white floor returns 1 m2 / (pi (3 m)^2); what comes back up is less, by far.
    assert 0.05 < ceiling["w"] * np.pi * 9 < 0.8


def test_a_known_depth_blurs_the_far_and_spares_the_focus():
    canvas = Canvas(80, 80)
    canvas.rgb[20, 20] = canvas.rgb[60, 60] = 1.0
    canvas.depth_m = np.where(np.arange(80)[:, None] < 40, FOCUS_M, 50.0) + np.zeros((1, 80))
    out = canvas.defocused(0.08)[..., 0]
    assert out[20, 20] > 10 * out[60, 60]
    assert (out[50:70, 50:70] > 1e-4).sum() == pytest.approx(
        np.pi * (0.08 * 80 * (1 - FOCUS_M / 50) + 0.5) ** 2, rel=0.12
    )
