"""BIWI folders: two published frames, typed in."""

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.biwi import is_biwi_folder, read_biwi

# Sequence 01, frame_00501 as distributed: rows with trailing spaces, a blank line, millimetres.
FRAME_00501 = """0.45684 -0.404949 -0.792031\x20
-0.103806 0.860022 -0.499587\x20
0.883471 0.310449 0.350856\x20

156.6 94.6106 893.541\x20
"""
FRAME_00003 = (
    "0.988397 0.0731349 0.133128\n-0.0441539 0.976945 -0.208876\n-0.145334 0.200575 0.968838\n126.665 40.4515 876.198\n"
)


def folder_with(tmp_path, frames):
    folder = tmp_path / "01"
    folder.mkdir()
    for number, text in frames.items():
        (folder / f"frame_{number:05d}_pose.txt").write_text(text)
    return folder


def test_published_frames(tmp_path):
    folder = folder_with(tmp_path, {501: FRAME_00501, 3: FRAME_00003, 4: FRAME_00003})
    (folder / "rgb.cal").write_text("not read")
    track = read_biwi(folder)
    assert track.track_id == "01"
    assert track.frame == "camera"
    np.testing.assert_allclose(track.time_s, [3 / 30, 4 / 30, 501 / 30])
    pyr = euler_pyr_from_rotation(track.R_ref_head)
    # Hopenet's published yaw, pitch, roll: -52.3757, -54.9199, 41.5542; and 7.65039.
    np.testing.assert_allclose(pyr[2], (-54.9199, -52.3757, 41.5542), atol=1e-3)
    assert pyr[0, 1] == pytest.approx(7.65039, abs=1e-3)
    np.testing.assert_allclose(track.t_ref_head_m[2], (0.1566, 0.0946106, 0.893541))


def test_every_missing_frame_is_a_gap(tmp_path):
    folder = folder_with(tmp_path, dict.fromkeys([3, 4, 5, 7, 8, 30], FRAME_00003))
    assert [(s.start, s.stop) for s in read_biwi(folder).segments()] == [(0, 3), (3, 5), (5, 6)]
    assert len(read_biwi(folder, max_gap_s=0.1).segments()) == 2


def test_other_frame_rate(tmp_path):
    folder = folder_with(tmp_path, {0: FRAME_00003, 1: FRAME_00003})
    np.testing.assert_allclose(read_biwi(folder, fps=25.0).time_s, [0, 0.04])
    with pytest.raises(ConfigError, match="fps"):
        read_biwi(folder, fps=0.0)


def test_recognises_its_folders(tmp_path):
    assert is_biwi_folder(folder_with(tmp_path, {3: FRAME_00003}))
    assert not is_biwi_folder(tmp_path)
    assert not is_biwi_folder(tmp_path / "none")


MIRRORED = "1 0 0\n0 1 0\n0 0 -1\n\n0 0 900\n"
BAD = {
    "empty": ("", r"frame_00004_pose.txt: is empty"),
    "rows": ("1 0 0\n0 1 0\n0 0 1\n", r"has 3 rows of numbers; expected 4"),
    "numbers in a row": (FRAME_00003.replace(" 0.133128", ""), r"line 1: has 2 numbers; expected 3"),
    "not a number": (FRAME_00003.replace("0.200575", "x"), r'line 3, number 2: "x" is not a number'),
    "nan": (FRAME_00003.replace("876.198", "nan"), r'line 4, number 3: "nan" is not finite'),
    "reflection": (MIRRORED, "a reflection, where a rotation"),
    "not orthonormal": (FRAME_00003.replace("0.988397", "0.5"), "not orthonormal"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_named(tmp_path, text, message):
    folder = folder_with(tmp_path, {3: FRAME_00003, 4: text})
    with pytest.raises(InputError, match=message) as caught:
        read_biwi(folder)
    assert caught.value.path == folder / "frame_00004_pose.txt"


def test_not_utf8(tmp_path):
    folder = folder_with(tmp_path, {3: FRAME_00003, 4: ""})
    (folder / "frame_00004_pose.txt").write_bytes(b"1 0 0\n\xff")
    with pytest.raises(InputError, match="line 2: byte 0xff is not UTF-8"):
        read_biwi(folder)


def test_one_frame_or_none(tmp_path):
    with pytest.raises(InputError, match="has 1 sample"):
        read_biwi(folder_with(tmp_path, {3: FRAME_00003}))
    with pytest.raises(InputError, match="holds no frame_XXXXX"):
        read_biwi(tmp_path)
    (tmp_path / "01" / "frame_003_pose.txt").write_text(FRAME_00003)
    with pytest.raises(InputError, match="frame 3 is there twice"):
        read_biwi(tmp_path / "01")
