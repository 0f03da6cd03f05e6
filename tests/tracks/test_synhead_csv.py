"""The original release's csv: yaw negated unless told."""

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.synhead_csv import read_synhead_csv


def write(path, text):
    path.write_text(text)
    return path


def test_yaw_is_negated_by_default(tmp_path):
    path = write(tmp_path / "00.csv", "10,25,-5\n11,26,-6\n")
    track = read_synhead_csv(path)
    np.testing.assert_allclose(euler_pyr_from_rotation(track.R_ref_head), [[10, -25, -5], [11, -26, -6]], atol=1e-9)
    np.testing.assert_allclose(track.time_s, [0, 1 / 30])
    assert (track.frame, track.track_id, track.t_ref_head_m) == ("camera", "00", None)
    as_is = read_synhead_csv(path, yaw_is_negated=False, fps=10.0)
    np.testing.assert_allclose(euler_pyr_from_rotation(as_is.R_ref_head)[0], [10, 25, -5], atol=1e-9)
    np.testing.assert_allclose(as_is.time_s, [0, 0.1])


def test_header_may_name_another_order(tmp_path):
    path = write(tmp_path / "a.csv", "Yaw, Pitch, Roll\n25,10,-5\n25,10,-5\n")
    np.testing.assert_allclose(euler_pyr_from_rotation(read_synhead_csv(path).R_ref_head)[1], [10, -25, -5], atol=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("1,2,3\n", "has 1 sample"),
        ("1,2,3\n1,2\n", r"line 2: has 2 columns; expected 3: pitch, yaw, roll"),
        ("1,2,3\n1,nan,3\n", r'line 2, column yaw: "nan" is not finite'),
        ("nan,2,3\n1,2,3\n", r'line 1, column pitch: "nan" is not finite'),
        ("1,2,3\n1,2,x\n", r'line 2, column roll: "x" is not a number'),
        ("a,b,c\n1,2,3\n", r"line 1: header a, b, c; expected pitch, yaw, roll"),
    ],
)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_synhead_csv(write(tmp_path / "a.csv", text))


def test_bad_rate(tmp_path):
    with pytest.raises(ConfigError, match="fps is -1"):
        read_synhead_csv(write(tmp_path / "a.csv", "1,2,3\n1,2,3\n"), fps=-1.0)
