"""The mean over drawn poses, against the same sum by numpy."""

import numpy as np
import pytest

from synhead.render.averaging import average_poses
from synhead.render.color_tables import decode_table, encode_table

COUNTS = np.array([1, 3, 5, 15, 1, 7], np.int64)


def _poses(width, *, seed=0):
    rng = np.random.default_rng(seed)
    count = int(COUNTS.sum())
    rgb = rng.integers(0, 256, (count, 12, width, 3), dtype=np.uint8)
    coverage = ((rng.random((count, 12, width)) < 0.04) * 200).astype(np.uint8)
    coverage[:, 5] = 0
    return rgb, coverage


def _averaged(rgb, coverage):
    last = np.cumsum(COUNTS)
    out = rgb[last - COUNTS + COUNTS // 2]
    average_poses(
        out.reshape(len(COUNTS), 12, -1),
        rgb.reshape(len(rgb), 12, -1),
        coverage,
        COUNTS,
        decode_table().astype(np.float32),
        encode_table(),
    )
    return out


@pytest.mark.parametrize("width", [30, 33, 70, 129])
def test_between_the_first_and_the_last_covered_pixel_of_a_row_it_is_the_mean_of_linear_light(width):
    rgb, coverage = _poses(width)
    out = _averaged(rgb, coverage)
    stops = np.cumsum(COUNTS)
    for frame, (count, stop) in enumerate(zip(COUNTS, stops, strict=True)):
        poses = rgb[stop - count : stop]
        middle = poses[count // 2]
        mean = encode_table()[(decode_table()[poses].astype(np.int64).sum(axis=0) + count // 2) // count]
        for y in range(12):
            covered = np.flatnonzero(coverage[stop - count : stop, y].any(axis=0)) if count > 1 else []
            wanted = middle[y].copy()
            if len(covered):
                wanted[covered[0] : covered[-1] + 1] = mean[y, covered[0] : covered[-1] + 1]
            np.testing.assert_array_equal(out[frame, y], wanted)


def test_poses_that_are_alike_keep_every_byte():
    rgb = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 1, 256, 1), 3, axis=3).repeat(12, axis=1)
    rgb = np.repeat(rgb, int(COUNTS.sum()), axis=0)
    coverage = np.full(rgb.shape[:3], 255, np.uint8)
    np.testing.assert_array_equal(_averaged(rgb, coverage), rgb[: len(COUNTS)])
