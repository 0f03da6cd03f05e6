"""Motion blur: widths by speed times shutter, poses by other formulas, and no change where nothing moves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from synhead.core.rotation import A_HEAD_TO_FRONTAL, rotation_from_euler_pyr
from synhead.core.scene import FaceMotion, SensorSpec
from synhead.render import open_renderer
from synhead.render.exposure import MAX_POSES, between_frames, num_poses, pose_offsets_s, render_exposure
from tests.render.simple_scenes import (
    camera,
    facing_square,
    flat_background,
    head_of,
    noise_background,
    sequence,
    sphere,
)

SHUTTER = SensorSpec(shutter_s=1 / 60)


@pytest.fixture(scope="module")
def renderer():
    engine = open_renderer("gl")
    yield engine
    engine.close()


def _sliding(px_per_frame, *, sensor=SHUTTER, num_frames=5):
    """A square of 60 px that slides to the right; focal 100 px at 1 m, so that 1 px is 1 cm."""
    t = np.zeros((num_frames, 3)) + [0, 0, 1.0]
    t[:, 0] = (np.arange(num_frames) - num_frames // 2) * px_per_frame / 100
    return replace(sequence(camera(160, 96), t=t), sensor=sensor)


@pytest.mark.parametrize("px_per_frame", [6.0, 14.0])
def test_a_moving_edge_is_as_wide_as_speed_times_shutter(renderer, px_per_frame):
    spec = _sliding(px_per_frame)
    out = render_exposure(renderer, head_of(facing_square(0.3)), flat_background(spec.camera), spec, range(5))
    share = out.rgb[2, 48, :, 0].astype(float) / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    # A uniform ramp of width w has the variance w^2 / 12 about its middle; the slope of the left edge says both.
    slope = np.diff(light[:80])
    place = np.arange(79) + 1.0
    middle = (slope * place).sum()
    width = np.sqrt(12 * (slope * (place - middle) ** 2).sum())
    assert slope.sum() == pytest.approx(1.0, abs=0.01)
    assert middle == pytest.approx(80 - 30, abs=0.1), "the middle of the exposure is the frame's own time"
    # At 30 frames a second, 1/60 s is half a frame; the drawn poses are parts of equal length, so one step is missing.
    travel = px_per_frame / 2
    assert travel * (1 - 1 / 3) < width < travel + 0.6


def test_mask_and_depth_are_those_of_the_middle(renderer):
    spec = _sliding(14.0)
    head, back = head_of(facing_square(0.3)), flat_background(spec.camera)
    blurred = render_exposure(renderer, head, back, spec, range(5))
    sharp = renderer.render(head, back, spec, range(5))
    np.testing.assert_array_equal(blurred.coverage, sharp.coverage)
    np.testing.assert_array_equal(blurred.depth_m, sharp.depth_m)
    assert not np.array_equal(blurred.rgb, sharp.rgb)


def test_what_does_not_move_is_drawn_as_without_a_shutter(renderer):
    spec = replace(sequence(camera(), t=np.tile([0.0, 0.0, 1.0], (4, 1))), sensor=SHUTTER)
    head, back = head_of(sphere(0.1, 3)), noise_background(spec.camera)
    blurred = render_exposure(renderer, head, back, spec, range(4))
    np.testing.assert_array_equal(blurred.rgb, renderer.render(head, back, spec, range(4)).rgb)
    assert num_poses(head, spec, range(4), 1 / 60).tolist() == [1] * 4


def test_batches_change_nothing_and_the_background_keeps_every_byte(renderer):
    spec = _sliding(20.0, num_frames=9)
    head, back = head_of(facing_square(0.1)), noise_background(spec.camera)
    together = render_exposure(renderer, head, back, spec, range(9))
    parts = [render_exposure(renderer, head, back, spec, range(a, b)) for a, b in ((0, 2), (2, 7), (7, 9))]
    np.testing.assert_array_equal(together.rgb, np.concatenate([p.rgb for p in parts]))
    np.testing.assert_array_equal(together.rgb[:, :30], np.broadcast_to(back[:30], together.rgb[:, :30].shape))


def test_backgrounds_of_frames_go_with_their_frames(renderer):
    spec = _sliding(20.0)
    backs = np.stack([flat_background(spec.camera, 40 * k) for k in range(5)])
    out = render_exposure(renderer, head_of(facing_square(0.1)), backs, spec, range(5))
    assert out.rgb[:, 0, 0, 0].tolist() == [0, 40, 80, 120, 160]


def test_the_number_of_poses_follows_the_motion_and_is_odd():
    head = head_of(facing_square(0.1))
    counts = [int(num_poses(head, _sliding(v), range(2, 3), 1 / 60)[0]) for v in (0.5, 2.0, 5.0, 9.0, 500.0)]
    # Half a frame's travel: 0.25, 1, 2.5, 4.5 and 250 px.
    assert counts == [1, 1, 3, 3, MAX_POSES]


def test_an_expression_that_changes_fast_is_blurred_too():
    coefficients = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]])
    face = FaceMotion(shape_names=("jawOpen",), coefficients=coefficients, gaze_pyr_deg=np.zeros((5, 2)))
    spec = replace(sequence(camera(focal_px=1000.0), t=np.tile([0.0, 0.0, 1.0], (5, 1))), face=face)
    # From 0 to 0.5 within the exposure of frame 1: 0.5 x 15 mm x 1 px/mm; frame 4 comes after.
    assert num_poses(head_of(facing_square()), spec, range(5), 1 / 30).tolist() == [1, 5, 5, 1, 1]
    assert between_frames(spec, np.array([1]), np.array([0.25 / 30])).face.coefficients[0] == 0.25


def test_poses_between_frames_are_those_of_slerp():
    R = rotation_from_euler_pyr(np.array([[0, 0, 0], [10, 25, -5], [-15, 40, 20]], float))
    spec = sequence(camera(), R=R, t=[[0, 0, 1], [0.1, 0, 1], [0.1, 0.2, 1.2]])
    index, offset = np.array([0, 1, 1, 2]), np.array([0.4, -0.3, 0.25, -0.5]) / 30
    between = between_frames(spec, index, offset)
    wanted = Slerp([0, 1, 2], Rotation.from_matrix(R))(index + offset * 30).as_matrix()
    np.testing.assert_allclose(between.R_cam_head, wanted, atol=1e-12)
    np.testing.assert_allclose(between.t_cam_head_m[:, 0], np.interp(index + offset * 30, [0, 1, 2], [0, 0.1, 0.1]))


def test_the_first_and_last_frame_go_on_as_they_moved_and_a_single_frame_stands():
    spec = _sliding(10.0, num_frames=3)
    ends = between_frames(spec, np.array([0, 2]), np.array([-0.5, 0.5]) / 30)
    np.testing.assert_allclose(ends.t_cam_head_m[:, 0], [-0.15, 0.15])
    alone = between_frames(sequence(camera()), np.array([0, 0]), np.array([-0.01, 0.01]))
    np.testing.assert_array_equal(alone.R_cam_head, np.tile(A_HEAD_TO_FRONTAL, (2, 1, 1)))


def test_offsets_are_the_middles_of_equal_parts_and_the_middle_one_is_exactly_0():
    np.testing.assert_allclose(pose_offsets_s(5, 0.05), [-0.02, -0.01, 0, 0.01, 0.02], atol=1e-15)
    for count in range(1, MAX_POSES + 1, 2):
        assert pose_offsets_s(count, 1 / 70)[count // 2] == 0
