"""Overlays at positions computed by hand, and the order in which axes cover each other."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.inspect.draw import (
    AXIS_COLORS,
    FACE_BOX_COLOR,
    LANDMARK_COLORS,
    MASK_COLOR,
    OverlayOptions,
    axis_segments_px,
    draw_overlay,
    mask_outline,
)
from synhead.inspect.frame_view import FrameView

# A 400 x 400 image, focal length 500, head origin half a metre ahead: 8 cm across are 0.08 / 0.5 * 500 = 80 pixels.
K = np.array([[500.0, 0, 200], [0, 500, 200], [0, 0, 1]])
T_AHEAD = np.array([0.0, 0.0, 0.5])
FRONTAL = np.diag([1.0, -1.0, -1.0])
ONLY = {"axes": False, "landmarks": False, "boxes": False, "mask": False}
GRAY = 100


def make_view(**changes) -> FrameView:
    view = FrameView(
        sequence_id="h__t",
        frame=0,
        time_s=0.0,
        image=np.full((400, 400, 3), GRAY, np.uint8),
        mask=np.zeros((400, 400), np.uint8),
        K=K,
        R_cam_head=FRONTAL,
        t_cam_head_m=T_AHEAD,
        euler_pyr_deg=np.zeros(3),
        landmarks_68_px=np.full((68, 2), np.nan),
        landmarks_68_visibility=np.zeros(68, np.uint8),
        bbox_face_xyxy_px=np.full(4, np.nan),
        bbox_head_xyxy_px=np.full(4, np.nan),
    )
    return replace(view, **changes)


def draw(view: FrameView, what: str) -> np.ndarray:
    return draw_overlay(view, OverlayOptions(**{**ONLY, what: True}))


def painted_center(drawn: np.ndarray, color: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Centroid (x, y) and extent (x0, y0, x1, y1), in pixel edges, of the pixels that have nearly this colour."""
    rows, columns = np.nonzero(np.abs(drawn.astype(int) - color).max(axis=-1) < 40)
    center = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    return center, np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_a_frontal_head_has_x_to_the_right_y_up_and_z_towards_the_camera():
    ends = dict(axis_segments_px(K, FRONTAL, T_AHEAD))
    np.testing.assert_allclose(ends[0], [[200, 200], [280, 200]])
    np.testing.assert_allclose(ends[1], [[200, 200], [200, 120]])
    np.testing.assert_allclose(ends[2], [[200, 200], [200, 200]])


@pytest.mark.parametrize(
    ("euler", "tip"),
    [
        # The z arm, 8 cm out of the face. yaw 90: along -x of the camera; pitch 90: along -y; both at depth 0.5.
        ((0.0, 90.0, 0.0), (120.0, 200.0)),
        ((90.0, 0.0, 0.0), (200.0, 120.0)),
        # yaw 30: x = -0.08 / 2 = -0.04, z = 0.5 - 0.08 sqrt(3) / 2 = 0.430718; 200 - 500 * 0.04 / 0.430718 = 153.5659.
        ((0.0, 30.0, 0.0), (153.5659, 200.0)),
        ((30.0, 0.0, 0.0), (200.0, 153.5659)),
    ],
)
def test_the_z_arm_points_where_the_nose_does(euler, tip):
    ends = dict(axis_segments_px(K, rotation_from_euler_pyr(np.array(euler)), T_AHEAD))
    np.testing.assert_allclose(ends[2][1], tip, atol=1e-3)


def test_roll_30_turns_the_x_arm_clockwise():
    ends = dict(axis_segments_px(K, rotation_from_euler_pyr(np.array([0.0, 0.0, 30.0])), T_AHEAD))
    np.testing.assert_allclose(ends[0][1], [200 + 80 * np.sqrt(3) / 2, 240])


def test_arms_are_painted_where_the_projection_says():
    drawn = draw(make_view(), "axes")
    _, red = painted_center(drawn, AXIS_COLORS[0])
    _, green = painted_center(drawn, AXIS_COLORS[1])
    # Half the width of an arm is 3.4 * 400 / 340 / 2 = 2 pixels; the round end reaches 2 beyond the tip.
    assert abs(red[2] - 282) <= 1
    assert abs((red[1] + red[3]) / 2 - 200) <= 0.5
    assert abs(green[1] - 118) <= 1
    assert abs((green[0] + green[2]) / 2 - 200) <= 0.5


@pytest.mark.parametrize(("yaw", "front"), [(45.0, 2), (135.0, 0)])
def test_the_nearer_arm_covers_the_farther_one(yaw, front):
    # yaw 45: z comes towards the camera, x goes away from it. Turned away (135), the other way round for z.
    R = rotation_from_euler_pyr(np.array([0.0, yaw, 0.0]))
    order = [axis for axis, _ in axis_segments_px(K, R, T_AHEAD)]
    depth = {axis: R[2, axis] for axis in range(3)}
    assert order == sorted(order, key=lambda axis: -depth[axis])
    expected_last = min(depth, key=lambda axis: depth[axis])
    assert order[-1] == expected_last
    drawn = draw(make_view(R_cam_head=R), "axes")
    np.testing.assert_allclose(drawn[200, 200], AXIS_COLORS[expected_last], atol=2)
    assert front in (0, 1, 2)


def test_a_head_behind_the_camera_has_no_axes_and_an_arm_past_it_is_cut():
    assert axis_segments_px(K, FRONTAL, np.array([0.0, 0.0, -0.5])) == []
    segments = dict(axis_segments_px(K, FRONTAL, np.array([0.01, 0.0, 0.05])))
    # The z arm would end 3 cm behind the camera; it ends 1 mm in front of it, at 200 + 500 * 0.01 / 0.001.
    np.testing.assert_allclose(segments[2][1], [5200, 200])


def test_landmarks_have_the_colour_of_their_visibility():
    points, visibility = np.full((68, 2), np.nan), np.zeros(68, np.uint8)
    points[0], visibility[0] = (100.5, 80.0), 2
    points[1], visibility[1] = (300.0, 250.25), 1
    points[2], visibility[2] = (50.0, 50.0), 0
    drawn = draw(make_view(landmarks_68_px=points, landmarks_68_visibility=visibility), "landmarks")
    np.testing.assert_allclose(painted_center(drawn, LANDMARK_COLORS[2])[0], (100.5, 80), atol=0.3)
    np.testing.assert_allclose(painted_center(drawn, LANDMARK_COLORS[1])[0], (300, 250.25), atol=0.3)
    assert (drawn[40:60, 40:60] == GRAY).all(), "a point outside the image is not drawn"


def test_a_box_lies_on_its_edges_and_nan_draws_nothing():
    drawn = draw(make_view(bbox_face_xyxy_px=np.array([50.0, 100.0, 250.0, 300.0])), "boxes")
    _, extent = painted_center(drawn, FACE_BOX_COLOR)
    np.testing.assert_allclose(extent, (50, 100, 250, 300), atol=1.01)
    assert (drawn[200, 60:240] == GRAY).all()
    assert (draw(make_view(), "boxes") == GRAY).all()


def test_the_outline_of_a_square_is_its_rim():
    mask = np.zeros((400, 400), np.uint8)
    mask[10:20, 30:50] = 255
    mask[15, 29] = 127
    edge = mask_outline(mask)
    assert edge.sum() == 2 * 20 + 2 * 8
    assert not edge[11:19, 31:49].any()
    drawn = draw(make_view(mask=mask), "mask")
    np.testing.assert_allclose(drawn[10, 30], 0.25 * GRAY + 0.75 * np.array(MASK_COLOR), atol=1)


def test_a_mask_cut_by_the_image_has_no_outline_along_the_border():
    mask = np.full((8, 8), 255, np.uint8)
    assert not mask_outline(mask).any()


def test_nothing_asked_for_changes_nothing():
    view = make_view()
    np.testing.assert_array_equal(draw_overlay(view, OverlayOptions(**ONLY)), view.image)
