"""Numbers of a data set, each computed by another route: plain loops over the records that went in."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.inspect.plots import plot_all, pose_histogram, visible_share
from synhead.inspect.stats import angular_speed_deg_s, axis_edges_deg, collect_stats
from synhead.shards.codec import decode_rgb
from synhead.shards.reader import open_dataset
from tests.shards.synthetic import make_dataset, make_record, make_spec


@pytest.fixture(scope="module")
def records():
    return (
        make_record(make_spec("h1", "t1", num_frames=9)),
        make_record(make_spec("h2", "t1", num_frames=6)),
        make_record(make_spec("h1", "t2", num_frames=4)),
        make_record(make_spec("scan", "t2", num_frames=3), landmarks=False),
    )


@pytest.fixture(scope="module")
def stats(records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stats") / "ds"
    make_dataset(folder, shards=(records[:2], records[2:]))
    with open_dataset(folder) as dataset:
        return collect_stats(dataset, max_brightness_frames=22)


def test_counts_are_those_of_the_records(stats):
    assert stats.num_frames == 22
    assert stats.frames_of_head == {"h1": 13, "h2": 6, "scan": 3}
    assert stats.frames_of_track == {"t1": 15, "t2": 7}
    assert len(stats.speed_deg_s) == 22 - 4
    assert len(stats.distance_m) == 22
    assert len(stats.face_height_px) == 19
    assert stats.landmark_frame_count.sum() == 19


def test_pose_ranges_and_speed_of_a_sequence(stats, records):
    spec, one = records[0].spec, stats.sequences[0]
    # Angles by scipy from the matrix, not by the code that wrote them.
    matrices = spec.R_cam_head @ np.diag([1.0, -1, -1])
    pitch, yaw, roll = (Rotation.from_matrix(matrices).as_euler("XYZ", degrees=True) * [-1, 1, 1]).T
    np.testing.assert_allclose(one.pitch_deg, (pitch.min(), pitch.max()), atol=1e-4)
    np.testing.assert_allclose(one.yaw_deg, (yaw.min(), yaw.max()), atol=1e-4)
    np.testing.assert_allclose(one.roll_deg, (roll.min(), roll.max()), atol=1e-4)
    steps = Rotation.from_matrix(spec.R_cam_head[1:] @ np.swapaxes(spec.R_cam_head[:-1], 1, 2)).magnitude()
    assert one.top_speed_deg_s == pytest.approx(math.degrees(steps.max()) * 30)
    np.testing.assert_allclose(stats.speed_deg_s[:8], np.degrees(steps) * 30)


def test_a_steady_turn_of_one_degree_a_frame_is_30_degrees_a_second():
    yaw = np.arange(10.0)
    R = rotation_from_euler_pyr(np.stack([0 * yaw, yaw, 0 * yaw], axis=-1))
    np.testing.assert_allclose(angular_speed_deg_s(R, yaw / 30), 30.0)


def test_visibility_is_counted_by_yaw(stats, records):
    total = np.zeros(68, dtype=int)
    by_bin: dict[int, int] = {}
    for record in records[:3]:
        yaw = stats.euler_pyr_deg  # shape check only; yaw is taken from the record below
        assert yaw.shape == (22, 3)
        matrices = record.spec.R_cam_head @ np.diag([1.0, -1, -1])
        for matrix, seen in zip(matrices, record.labels.landmarks_68_visibility, strict=True):
            total += seen == 2
            bin_start = math.floor(math.degrees(math.asin(matrix[0, 2])) / 10) * 10
            by_bin[bin_start] = by_bin.get(bin_start, 0) + 1
    np.testing.assert_array_equal(stats.visible_count.sum(axis=0), total)
    filled = {
        int(edge): int(count)
        for edge, count in zip(stats.visibility_yaw_edges_deg, stats.landmark_frame_count, strict=False)
        if count
    }
    assert filled == by_bin
    share = visible_share(stats)
    assert np.isnan(share[stats.landmark_frame_count == 0]).all()
    filled_share = share[stats.landmark_frame_count > 0]
    assert filled_share.min() >= 0
    assert filled_share.max() <= 1


def test_face_height_and_shares_of_heads_with_and_without_landmarks(stats, records):
    heights = sorted(float(np.ptp(points[:, 1])) for points in records[1].labels.landmarks_68_px)
    assert stats.sequences[1].face_height_px == pytest.approx((heights[2] + heights[3]) / 2, abs=1e-3)
    assert stats.sequences[1].visible_share == pytest.approx((records[1].labels.landmarks_68_visibility == 2).mean())
    assert math.isnan(stats.sequences[3].face_height_px)
    assert math.isnan(stats.sequences[3].visible_share)


def test_brightness_of_every_frame_when_all_are_sampled(stats, records):
    means = []
    for record in records:
        for data in record.images:
            r, g, b = (decode_rgb(data)[..., c].mean() for c in range(3))
            means.append(0.2126 * r + 0.7152 * g + 0.0722 * b)
    np.testing.assert_allclose(stats.image_brightness, means, atol=1e-6)
    assert np.isfinite(stats.head_brightness).all()
    assert (stats.head_brightness > stats.image_brightness).all(), "the synthetic heads are brighter than their ground"


def test_fewer_samples_than_frames_are_spread_over_the_data_set(records, tmp_path):
    make_dataset(tmp_path / "ds", shards=(records,))
    with open_dataset(tmp_path / "ds") as dataset:
        few = collect_stats(dataset, max_brightness_frames=3)
        full = collect_stats(dataset, max_brightness_frames=1000)
    # Frames 0, 10 or 11 (10.5 rounds to even) and 21 of 22.
    np.testing.assert_allclose(few.image_brightness, full.image_brightness[[0, 10, 21]])


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=60), st.sampled_from([4.0, 5.0, 10.0]))
def test_every_frame_is_in_one_cell_of_the_histogram(values, bin_deg):
    x = np.array(values)
    counts, x_edges, y_edges = pose_histogram(x, -x, bin_deg=bin_deg)
    assert counts.sum() == len(values)
    assert counts.sum(axis=1).shape == (len(x_edges) - 1,)
    # The marginal by another route: each value's cell by division.
    cells = np.floor(x / bin_deg).astype(int) - round(x_edges[0] / bin_deg)
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(cells, minlength=len(x_edges) - 1))
    assert y_edges[0] == -y_edges[-1]


def test_edges_enclose_a_value_on_an_edge():
    edges = axis_edges_deg(np.array([-20.0, 20.0]), bin_deg=10)
    assert (edges[0], edges[-1]) == (-30, 30)
    assert list(axis_edges_deg(np.empty(0), bin_deg=10)) == [-20, -10, 0, 10, 20]


def test_plots_are_written_where_there_is_something_to_show(stats, tmp_path):
    captions = plot_all(stats, tmp_path)
    assert set(captions) == {"poses.png", "speed.png", "counts.png", "visibility.png", "appearance.png"}
    assert {path.name for path in tmp_path.iterdir()} == set(captions)
    assert min(path.stat().st_size for path in tmp_path.iterdir()) > 5_000


def test_a_single_frame_without_landmarks_has_no_speed_and_no_visibility(tmp_path):
    record = make_record(make_spec("scan", "t", num_frames=1), landmarks=False)
    make_dataset(tmp_path / "ds", shards=((record,),))
    with open_dataset(tmp_path / "ds") as dataset:
        one = collect_stats(dataset)
    assert one.sequences[0].top_speed_deg_s == 0
    assert set(plot_all(one, tmp_path)) == {"poses.png", "counts.png", "appearance.png"}
