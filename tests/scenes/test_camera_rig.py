"""The camera: the head's size and place in the picture, worked out by projecting points independently."""

import numpy as np
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.seeding import generator
from synhead.errors import InputError
from synhead.scenes.camera_rig import HEAD_HEIGHT_M, NECK_PIVOT_M, VISUAL_CENTER_M, place_camera

STILL = rotation_from_euler_pyr(np.zeros((40, 3)))


def _place(R, t, *, seed=0, is_world=False, share=0.6, width=400, height=400):
    return place_camera(
        generator(seed, "x"),
        R,
        t,
        track_id="x",
        is_world=is_world,
        fps=30.0,
        width_px=width,
        height_px=height,
        head_share=share,
    )


def _pixels(placement, R, point_head):
    camera = placement.camera
    x = np.einsum("tij,j->ti", R, point_head) + placement.t_cam_head_m
    return camera.focal_px * x[:, :2] / x[:, 2:] + np.array(camera.center_px)


@pytest.mark.parametrize("size", [(400, 400), (640, 360), (300, 500)])
def test_a_still_head_fills_its_share_of_the_height(size):
    width, height = size
    placement = _place(STILL, None, width=width, height=height, share=0.5)
    top = _pixels(placement, STILL, VISUAL_CENTER_M + [0, HEAD_HEIGHT_M / 2, 0])
    bottom = _pixels(placement, STILL, VISUAL_CENTER_M - [0, HEAD_HEIGHT_M / 2, 0])
    np.testing.assert_allclose((bottom - top)[:, 1], 0.5 * height, rtol=1e-9)


def test_the_head_stays_in_the_picture_where_the_track_moves_far():
    t = np.zeros((200, 3)) + [0.3, -0.2, 0.9]
    t[:, 0] += np.linspace(-0.3, 0.3, 200)
    R = np.repeat(STILL[:1], 200, axis=0)
    placement = _place(R, t, share=0.7)
    for corner in ([0.09, 0.1, 0], [-0.09, -0.1, 0]):
        xy = _pixels(placement, R, VISUAL_CENTER_M + corner)
        assert (((xy >= 0) & (xy <= 400)).all(axis=1)).mean() >= 0.95


def test_relative_motion_of_a_camera_track_is_kept():
    rng = np.random.default_rng(0)
    t = rng.normal(0, 0.02, (40, 3)) + [0.1, 0.05, 1.0]
    placed = _place(STILL, t).t_cam_head_m
    np.testing.assert_allclose(placed - placed[0], t - t[0], atol=1e-12)
    np.testing.assert_array_equal(placed[:, 2], t[:, 2])


def test_a_rotation_only_track_turns_about_the_neck():
    R = rotation_from_euler_pyr(np.stack([np.linspace(-30, 30, 40), np.zeros(40), np.zeros(40)], axis=-1))
    placement = _place(R, None)
    pivot = np.einsum("tij,j->ti", R, NECK_PIVOT_M) + placement.t_cam_head_m
    np.testing.assert_allclose(pivot, np.broadcast_to(pivot[0], pivot.shape), atol=1e-12)


def test_a_walker_is_followed():
    t = np.stack([np.linspace(0, 4, 300), np.zeros(300), np.linspace(0, 3, 300)], axis=-1)
    t[:, 1] = 0.02 * np.sin(2 * np.pi * 2.0 * np.arange(300) / 30)
    R = np.repeat(STILL[:1], 300, axis=0)
    placed = _place(R, t, is_world=True).t_cam_head_m
    middle = placed[60:240]
    assert np.ptp(middle[:, 0]) < 1e-3, "the walk is taken out"
    assert np.ptp(middle[:, 1]) == pytest.approx(0.04, abs=0.004), "the bobbing stays"


@pytest.mark.parametrize("distance", [0.1, 45.0, 900.0])
def test_implausible_distances_name_the_track_and_the_unit(distance):
    t = np.zeros((40, 3)) + [0, 0, distance]
    with pytest.raises(InputError, match=r"^x: has its head .* m before the camera.*metres"):
        _place(STILL, t)


def test_same_name_same_camera_and_another_seed_another():
    first, again, other = _place(STILL, None), _place(STILL, None), _place(STILL, None, seed=1)
    assert first.camera == again.camera
    np.testing.assert_array_equal(first.t_cam_head_m, again.t_cam_head_m)
    assert first.camera != other.camera
