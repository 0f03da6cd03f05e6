"""head360 headset traces: signs against the viewport vectors that the same files carry."""

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import InputError
from synhead.tracks.formats.quaternion_csv import read_quaternion_csv
from tests.shared_data import shared_data

LEVEL = "0,0,0,1,0,0,1"
S = 0.7071067811865476


def write(path, *rows):
    path.write_text("\n".join(rows) + "\n")
    return path


def test_level_view_is_a_frontal_face(tmp_path):
    track = read_quaternion_csv(write(tmp_path / "a.csv", f"0,{LEVEL}", f"0.1,{LEVEL}"))
    np.testing.assert_allclose(track.R_ref_head[0], np.diag([1.0, -1, -1]), atol=1e-15)
    assert track.frame == "world"
    assert track.t_ref_head_m is None


# Half angles of 15 degrees: cos 0.9659258, sin 0.2588190. The wearer's axes are x right, y down, z forward.
@pytest.mark.parametrize(
    ("quaternion_and_view", "pyr"),
    [
        ("0,0.2588190,0,0.9659258,0.5,0,0.8660254", (0, 30, 0)),  # to the wearer's right: nose to image left
        ("0.2588190,0,0,0.9659258,0,0.5,0.8660254", (30, 0, 0)),  # up
        # Top of the head to the wearer's right shoulder, seen from the front: to image left, counter-clockwise.
        ("0,0,0.2588190,0.9659258,0,0,1", (0, 0, -30)),
    ],
)
def test_single_turns(tmp_path, quaternion_and_view, pyr):
    path = write(tmp_path / "a.csv", f"0,{LEVEL}", f"0.1,{quaternion_and_view}")
    np.testing.assert_allclose(euler_pyr_from_rotation(read_quaternion_csv(path).R_ref_head[1]), pyr, atol=1e-5)


@pytest.mark.parametrize("name", ["0EUCC2/0EUCC2_10.csv", "YHN1WZ/YHN1WZ_12.csv"])
def test_real_face_direction_is_the_viewport_seen_from_the_front(name):
    path = shared_data("tracks", "head360", "Traces", *name.split("/"))
    raw = np.loadtxt(path, delimiter=",")
    track = read_quaternion_csv(path)
    # The wearer's right is image left, up is -y, forward is towards the viewer.
    np.testing.assert_allclose(track.R_ref_head[:, :, 2], -raw[:, 5:], atol=5e-5)
    # The wearer's right ear: the first column of R(q), written out from the quaternion, in (right, down, forward).
    x, y, z, w = raw[:, 1:5].T
    right_ear = np.stack([1 - 2 * (y**2 + z**2), 2 * (x * y + w * z), 2 * (x * z - w * y)], axis=1)
    np.testing.assert_allclose(-track.R_ref_head[:, :, 0], right_ear * [-1, 1, -1], atol=5e-5)
    np.testing.assert_array_equal(track.time_s, raw[:, 0])


def test_all_traces_read_without_a_gap():
    files = sorted(shared_data("tracks", "head360", "Traces").glob("*/*.csv"))
    assert len(files) == 60
    for path in files:
        track = read_quaternion_csv(path)
        assert track.valid.all()
        assert len(track.segments()) == 1, path
        assert 59 < track.duration_s < 61


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0.1,0,0,0,1,0,0,-1", r"line 2: viewport vector \(0.000, 0.000, -1.000\) contradicts the quaternion"),
        ("0.1,0,0,0,1,0,0", r"line 2: has 7 columns; expected 8: t, qx"),
        ("0.1,0,0,0,0.5,0,0,1", r"line 2: quaternion \(0, 0, 0, 0.5\) has length 0.5"),
        ("0,0,0,0,1,0,0,1", r"line 2: time 0 s repeats"),
        ("0.1,0,0,0,1,0,0,nan", r'line 2, column vz: "nan" is not finite'),
    ],
)
def test_bad_rows(tmp_path, row, message):
    path = write(tmp_path / "a.csv", f"0,{LEVEL}", row)
    with pytest.raises(InputError, match=message):
        read_quaternion_csv(path)
