"""Labels of a moving face: against the posed head labelled at rest, and against rays for what lids hide."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.landmarks import LEFT_EYE, RIGHT_EYE
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import FaceMotion
from synhead.heads.deform import pose_head
from synhead.heads.load import load_head
from synhead.render import open_renderer
from synhead.render.labels import label_frames
from tests.heads.moving import write_moving_head
from tests.render.simple_scenes import camera, flat_background, sequence


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    return load_head(write_moving_head(tmp_path_factory.mktemp("moving") / "egg", rows=80, columns=112))


@pytest.fixture(scope="module")
def labelled(head):
    """Three frames: rest, jaw and gaze, a blink; with the pictures of the gl engine."""
    euler = np.array([[0.0, 0.0, 0.0], [5.0, 20.0, 3.0], [-8.0, -15.0, 0.0]])
    cam = camera(160, 160, focal_px=420.0)
    face = FaceMotion(
        shape_names=("eyeBlinkLeft", "cheekPuff", "jawOpen"),
        coefficients=np.array([[0.0, 0.5, 0.0], [0.0, 0.5, 0.7], [1.0, 0.5, 0.2]]),
        gaze_pyr_deg=np.array([[0.0, 0.0], [10.0, -20.0], [-5.0, 12.0]]),
    )
    spec = replace(sequence(cam, R=rotation_from_euler_pyr(euler), t=[(0.0, 0.0, 0.7)] * 3), face=face)
    renderer = open_renderer("gl")
    frames = renderer.render(head, flat_background(cam), spec, range(3))
    renderer.close()
    return spec, label_frames(spec, range(3), head, frames), frames


def test_every_point_is_that_of_the_posed_head_at_rest(head, labelled):
    spec, labels, _ = labelled
    for frame in range(3):
        row = dict(zip(spec.face.shape_names, spec.face.coefficients[frame].tolist(), strict=True))
        posed = pose_head(head, row, tuple(spec.face.gaze_pyr_deg[frame].tolist()))
        R, t = spec.R_cam_head[frame], spec.t_cam_head_m[frame]
        cam = np.array([R @ point + t for point in posed.landmarks_104_m])
        np.testing.assert_allclose(labels.landmarks_104_cam_m[frame], cam, atol=1e-9)
        px = np.array([(spec.camera.K @ point)[:2] / point[2] for point in cam])
        np.testing.assert_allclose(labels.landmarks_68_px[frame], px[:68], atol=1e-6)
        np.testing.assert_allclose(
            labels.bbox_face_xyxy_px[frame], [*px[:68].min(axis=0), *px[:68].max(axis=0)], atol=1e-6
        )
        np.testing.assert_allclose(labels.pupils_cam_m[frame], [R @ pupil + t for pupil in posed.pupils_m], atol=1e-9)


def test_only_shapes_of_the_head_are_labels(labelled):
    spec, labels, _ = labelled
    assert labels.expression_names == ("eyeBlinkLeft", "jawOpen")
    np.testing.assert_array_equal(labels.expression_coefficients, spec.face.coefficients[:, [0, 2]])


def test_pupils_lie_where_the_gaze_points_from_the_eyes_centres(head, labelled):
    spec, labels, _ = labelled
    centres = np.einsum("tij,ej->tei", spec.R_cam_head, head.eye_centers_m) + spec.t_cam_head_m[:, None]
    rest = head.pupils_m - head.eye_centers_m
    radius = np.linalg.norm(rest, axis=1)
    sight = (labels.pupils_cam_m - centres) / radius[:, None]
    # The registration turned the egg by a few degrees: its pupils rest a little off straight ahead.
    off = np.degrees(np.arccos(np.clip((rest / radius[:, None])[:, 2], -1, 1)))
    angle = np.degrees(np.arccos(np.clip((sight * labels.gaze_direction_cam).sum(axis=-1), -1, 1)))
    np.testing.assert_allclose(angle, np.tile(off, (3, 1)), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(labels.gaze_direction_cam, axis=-1), 1, atol=1e-12)


def test_jaw_and_lid_points_follow_and_the_rest_stays_rigid(labelled):
    spec, labels, _ = labelled
    in_head = (labels.landmarks_68_cam_m - spec.t_cam_head_m[:, None]) @ spec.R_cam_head
    change = in_head - in_head[0]
    assert change[1, 8, 1] < -0.008
    assert (change[2, [43, 44], 1] < -0.004).all()
    assert np.abs(change[2, list(RIGHT_EYE)]).max() < 1e-4
    assert np.abs(change[1, list(RIGHT_EYE + LEFT_EYE)]).max() < 1e-4
    assert np.abs(change[:, 27:30]).max() < 1e-4


def test_irises_are_seen_where_the_depth_map_shows_the_eyeball(head, labelled):
    """At the pixel of an iris point that counts as seen, the depth is the eyeball's; where another, it is nearer."""
    _, labels, frames = labelled
    seen = labels.landmarks_104_visibility[:, 68:76]
    px, z = labels.landmarks_104_px[:, 68:76], labels.landmarks_104_cam_m[:, 68:76, 2]
    for frame in range(3):
        for k in range(8):
            x, y = np.floor(px[frame, k]).astype(int)
            around = frames.depth_m[frame, y - 1 : y + 2, x - 1 : x + 2]
            if seen[frame, k] == 2:
                assert around.max() >= z[frame, k] - 4e-4
            else:
                assert around.min() < z[frame, k] - 2e-4


def test_a_head_that_cannot_move_has_none_of_it(tmp_path):
    head = load_head(write_moving_head(tmp_path / "e", blend_shapes=None, eye_centers=None, landmarks_104=None))
    cam = camera(64, 64, focal_px=150.0)
    face = FaceMotion(shape_names=("jawOpen",), coefficients=np.ones((1, 1)), gaze_pyr_deg=np.full((1, 2), 9.0))
    spec = replace(sequence(cam), face=face)
    renderer = open_renderer("gl")
    moving = renderer.render(head, flat_background(cam), spec, range(1))
    resting = renderer.render(head, flat_background(cam), sequence(cam), range(1))
    renderer.close()
    np.testing.assert_array_equal(moving.rgb, resting.rgb)
    labels = label_frames(spec, range(1), head, moving)
    assert labels.expression_names is None
    assert labels.expression_coefficients is None
    assert labels.gaze_pyr_deg is None
    assert labels.landmarks_104_px is None
    assert labels.pupils_px is not None
