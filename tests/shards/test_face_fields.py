"""Expression, gaze, pupils and the 104 points: stored, read back, checked by another route, and damage is found."""

import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synhead.core.camera import project_points
from synhead.core.scene import FaceMotion
from synhead.errors import DatasetError
from synhead.shards.reader import shard_sequences
from synhead.shards.verify import verify_dataset
from synhead.shards.verify_head import HeadSamples, agree_on_shape, telling_frames
from tests.shards.synthetic import SHAPES, head_points, make_dataset, make_face, make_record, make_spec, shape_deltas


def _moving(track_id, num_frames=12):
    return replace(make_spec("h1", track_id, num_frames), face=make_face(num_frames))


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """Two sequences of a moving face, one of the same head at rest, one of a head that cannot move."""
    folder = tmp_path_factory.mktemp("face") / "right"
    records = [make_record(_moving(name), face=True) for name in ("t1", "t2")]
    records += [make_record(make_spec("h1", "t3"), face=True), make_record(make_spec("h2", "t1"))]
    make_dataset(folder, shards=(tuple(records[:1]), tuple(records[1:])))
    return folder


@pytest.fixture
def dataset(right, tmp_path):
    return shutil.copytree(right, tmp_path / "d")


def _damage(folder, name, change, sequence="h1__t1", shard="00000.h5"):
    with h5py.File(folder / "shards" / shard, "r+") as file:
        values = file[f"sequences/{sequence}/{name}"][()]
        file[f"sequences/{sequence}/{name}"][...] = change(values)
    return {finding.check for finding in verify_dataset(folder).findings} - {"hash"}


def test_a_moving_face_passes_and_comes_back(right):
    report = verify_dataset(right)
    assert report.ok, report.findings
    assert report.worst["head_points"] < 1e-6
    assert report.worst["pnp_rotation"] < 0.005
    (sequence,) = shard_sequences(right / "shards" / "00000.h5")
    labels, face = sequence.labels, make_face(12)
    assert labels.expression_names == SHAPES
    columns = [face.shape_names.index(name) for name in SHAPES]
    np.testing.assert_allclose(labels.expression_coefficients, face.coefficients[:, columns], atol=1e-7)
    np.testing.assert_allclose(labels.gaze_pyr_deg, face.gaze_pyr_deg, atol=1e-5)
    np.testing.assert_array_equal(labels.landmarks_104_px[:, :68], labels.landmarks_68_px)
    assert sequence.labels_of(slice(2, 4)).pupils_px.shape == (2, 2, 2)


def test_a_face_at_rest_has_a_gaze_and_no_expression(right):
    moving, resting, other = shard_sequences(right / "shards" / "00001.h5")
    assert resting.expression_names is None
    assert resting.labels.expression_coefficients is None
    np.testing.assert_array_equal(resting.labels.gaze_pyr_deg, 0)
    assert moving.expression_names == SHAPES
    assert other.labels.gaze_pyr_deg is None
    assert other.labels.landmarks_104_px is None


@pytest.mark.parametrize(
    ("name", "change", "check"),
    [
        ("expression/coefficients", lambda v: v * 1.7, "expression"),
        ("expression/coefficients", lambda v: v[::-1], "head_points"),
        ("gaze/pyr_deg", lambda v: v * [1, -1], "gaze"),
        ("gaze/direction_cam", lambda v: v * 1.001, "gaze_length"),
        ("gaze/direction_cam", lambda v: v[:, :, [1, 0, 2]], "gaze"),
        ("pupils_cam_m", lambda v: v + np.float32(0.002), "projection"),
        ("pupils_px", lambda v: v[::-1], "projection"),
        ("landmarks_104_px", lambda v: v + 1, "landmarks_104"),
        # Along the ray: the picture stays the same.
        ("landmarks_104_cam_m", lambda v: v * np.where(np.arange(104) < 90, 1, 1.001)[:, None], "landmarks_104"),
        ("landmarks_104_cam_m", lambda v: v * np.where(np.arange(104) == 70, 1.001, 1)[:, None], "landmarks_104"),
        ("landmarks_104_cam_m", lambda v: v + np.float32(0.001) * (np.arange(104) > 90)[:, None], "projection"),
        ("landmarks_104_visibility", lambda v: v * 0, "landmarks_104"),
        ("gaze/pyr_deg", lambda v: v * np.nan, "finite"),
    ],
)
def test_damage_is_found_by_the_check_that_is_meant_to(dataset, name, change, check):
    assert check in _damage(dataset, name, change)


def test_pupils_that_do_not_turn_with_the_gaze_are_found_though_they_project_rightly(dataset):
    with h5py.File(dataset / "shards" / "00000.h5", "r+") as file:
        group = file["sequences/h1__t1"]
        cam = group["pupils_cam_m"][()]
        cam[4] = cam[4] + group["R_cam_head"][4] @ np.array([0.0, 0.003, 0.0])
        group["pupils_cam_m"][...] = cam
        group["pupils_px"][...] = project_points(group.attrs["K"], cam.astype(float))
    assert "pupils" in {finding.check for finding in verify_dataset(dataset).findings}


def test_a_wrong_rotation_in_one_frame_of_a_moving_face_is_found(dataset):
    turn = Rotation.from_euler("y", 0.5, degrees=True).as_matrix()

    def change(R):
        R[5] = turn @ R[5]
        return R

    found = _damage(dataset, "R_cam_head", change)
    assert {"head_points", "pnp_rotation"} <= found


def test_expression_names_without_coefficients_are_found(dataset):
    with h5py.File(dataset / "shards" / "00000.h5", "r+") as file:
        del file["sequences/h1__t1/expression"]
    assert "expression" in {finding.check for finding in verify_dataset(dataset).findings}


def test_the_writer_refuses_coefficients_that_are_not_finite(tmp_path):
    face = make_face()
    broken = FaceMotion(
        shape_names=face.shape_names, coefficients=face.coefficients * np.nan, gaze_pyr_deg=face.gaze_pyr_deg
    )
    record = make_record(replace(make_spec(), face=make_face()), face=True)
    labels = replace(record.labels, expression_coefficients=broken.coefficients[:, :3])
    with pytest.raises(DatasetError, match="expression/coefficients: has values that are not finite"):
        make_dataset(tmp_path / "d", shards=((replace(record, labels=labels),),))


def test_the_shape_of_a_head_is_found_from_its_samples_whatever_one_bad_frame_says():
    face = make_face(40)
    columns = [face.shape_names.index(name) for name in SHAPES]
    coefficients = face.coefficients[:, columns]
    points = head_points("h1") + np.tensordot(coefficients, shape_deltas("h1")[:, :68], axes=1)
    points[7] += 0.01
    shape = agree_on_shape([HeadSamples(names=SHAPES, coefficients=coefficients, points_m=points)])
    np.testing.assert_allclose(shape.rest_m, head_points("h1"), atol=1e-9)
    order = [shape.names.index(name) for name in SHAPES]
    np.testing.assert_allclose(shape.displacement_m[order], shape_deltas("h1")[:, :68], atol=1e-9)


def test_too_few_frames_leave_the_points_that_nothing_moves():
    coefficients = np.eye(3)
    points = head_points("h1") + shape_deltas("h1")[:, :68]
    shape = agree_on_shape([HeadSamples(names=SHAPES, coefficients=coefficients, points_m=points)])
    still = np.abs(shape_deltas("h1")[:, :68]).max(axis=(0, 2)) == 0
    assert (shape.is_known >= still).all()
    np.testing.assert_allclose(shape.rest_m[still], head_points("h1")[still])


def test_chosen_frames_tell_the_shapes_apart():
    coefficients = np.zeros((200, 2))
    coefficients[101, 0] = coefficients[103, 1] = coefficients[104, 1] = 1.0
    assert {101, 103, 104} <= set(telling_frames(coefficients, 200))
    assert len(telling_frames(None, 200)) == 16
