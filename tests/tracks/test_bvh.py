"""BVH: a small skeleton worked by hand, and the CMU files by another route."""

import numpy as np
import pytest

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.bvh import read_bvh
from tests.shared_data import shared_data

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Head
  {
    OFFSET 0 50 10
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 10 0
    }
  }
  JOINT Arm
  {
    OFFSET 20 0 0
    CHANNELS 1 Xrotation
    End Site
    {
      OFFSET 0 1 0
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.25
0 100 0 0 0 0 0 0 0 0
0 100 0 0 90 0 0 0 0 5
0 100 5 0 0 0 90 -30 0 7
"""


def write(path, text):
    path.write_text(text)
    return path


def test_small_skeleton_by_hand(tmp_path):
    track = read_bvh(write(tmp_path / "small.bvh", SMALL))
    assert (track.frame, track.track_id) == ("world", "small")
    np.testing.assert_array_equal(track.time_s, [0, 0.25, 0.5])
    assert track.valid.all()
    # At rest: facing +z, which is towards the viewer.
    np.testing.assert_allclose(track.R_ref_head[0], np.diag([1.0, -1, -1]), atol=1e-15)
    # Root at (1, 102, 3), head 50 up and 10 forward; y down and z away in the reference frame; centimetres.
    np.testing.assert_allclose(track.t_ref_head_m[0], [0.01, -1.52, -0.13], atol=1e-12)
    # A quarter turn about y (up) carries +z to +x: the face looks to the viewer's right, 10 forward becomes 10 right.
    np.testing.assert_allclose(track.R_ref_head[1][:, 2], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(track.t_ref_head_m[1], [0.11, -1.52, -0.03], atol=1e-12)
    # Z first, then X about the turned axis: Rz(90) Rx(-30). The nose (0, 0, 1) goes by Rx(-30) to (0, 0.5, 0.866),
    # by Rz(90) to (-0.5, 0, 0.866); the top (0, 1, 0) to (0, 0.866, -0.5) and (-0.866, 0, -0.5). In the reference
    # frame y and z change sign. The other order would leave the nose at x = 0.
    np.testing.assert_allclose(track.R_ref_head[2][:, 2], [-0.5, 0, -0.8660254], atol=1e-7)
    np.testing.assert_allclose(track.R_ref_head[2][:, 1], [-0.8660254, 0, 0.5], atol=1e-7)


def test_joint_unit_and_line_breaks(tmp_path):
    path = write(tmp_path / "a.bvh", SMALL)
    arm = read_bvh(path, joint="arm", unit_m=0.0254)
    np.testing.assert_allclose(arm.t_ref_head_m[0], np.array([21, -102, -3]) * 0.0254)
    wrapped = SMALL.replace("0 100 0 0 90 0 0", "0 100 0 0\n90 0 0").replace("\n", "\r\n")
    np.testing.assert_array_equal(read_bvh(write(tmp_path / "b.bvh", wrapped)).R_ref_head, read_bvh(path).R_ref_head)


def elementary(axis: str, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(4)
    i, j = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def world_of_head(text: str, frame: int) -> np.ndarray:
    """4 x 4 of the joint "head", by walking the file once with a stack of homogeneous matrices."""
    header, motion = text.split("MOTION")
    numbers = iter([float(word) for word in motion.splitlines()[3 + frame].split()])
    stack, current, found = [], np.eye(4), None
    for words in (line.split() for line in header.splitlines() if line.strip()):
        if words[0] == "{":
            stack.append(current.copy())
        elif words[0] == "}":
            stack.pop()
            current = stack[-1].copy() if stack else np.eye(4)
        elif words[0] in ("ROOT", "JOINT", "End"):
            name = words[1]
        elif words[0] == "OFFSET":
            step = np.eye(4)
            step[:3, 3] = [float(word) for word in words[1:]]
            current = stack[-1] @ step
            stack[-1] = current.copy()
        elif words[0] == "CHANNELS":
            for channel in words[2:]:
                value = next(numbers)
                if channel.endswith("rotation"):
                    step = elementary(channel[0], value)
                else:
                    step = np.eye(4)
                    step["XYZ".index(channel[0]), 3] = value
                current = current @ step
            stack[-1] = current.copy()
            if name == "head":
                found = current.copy()
    return found


@pytest.mark.parametrize("name", ["10/10_01", "12/12_01", "14/14_04", "14/14_05"])
def test_cmu_files(name):
    path = shared_data("tracks", "cmu_bvh", *f"{name}.bvh".split("/"))
    track = read_bvh(path)
    assert 1 / np.median(np.diff(track.time_s)) == pytest.approx(120, rel=1e-5)
    assert "rest pose" in track.notes[0]
    np.testing.assert_array_equal(np.flatnonzero(~track.valid), np.arange(5))
    assert len(track.segments()) == 1
    text = path.read_text()
    for frame in (0, 100, track.num_samples - 1):
        expected = np.diag([1.0, -1, -1, 1]) @ world_of_head(text, frame)
        np.testing.assert_allclose(track.R_ref_head[frame], expected[:3, :3], atol=1e-12)
        np.testing.assert_allclose(track.t_ref_head_m[frame], expected[:3, 3] / 100, atol=1e-12)


def test_cmu_unit_gives_a_persons_height():
    track = read_bvh(shared_data("tracks", "cmu_bvh", "14", "14_04.bvh"))
    # Rest pose: the eyes are 8.05 units above the head joint and at 0.936 of the stature (anthropometric tables).
    stature_m = (-track.t_ref_head_m[0, 1] + 0.0804674) / 0.936
    assert 1.5 < stature_m < 1.9


def test_cmu_walker_looks_where_he_walks():
    track = read_bvh(shared_data("tracks", "cmu_bvh", "12", "12_01.bvh"))
    walk = np.diff(track.t_ref_head_m[10:, [0, 2]], axis=0)
    face = track.R_ref_head[10:-1][:, [0, 2], 2]
    cosine = (walk * face).sum(axis=1) / np.linalg.norm(walk, axis=1) / np.linalg.norm(face, axis=1)
    assert np.median(cosine) > 0.9
    assert np.abs(euler_pyr_from_rotation(track.R_ref_head[10:])[:, 0]).max() < 30, "his head is upright"


def test_a_rest_pose_is_told_from_motion(tmp_path):
    rows = "\n".join("0 100 0 0 0 0 0 0 0 0" if k == 0 else f"0 100 0 0 {k} 0 0 0 0 0" for k in range(8))
    head = SMALL[: SMALL.index("Frames")]
    with_rest = f"{head}Frames: 8\nFrame Time: 0.01\n{rows}\n"
    assert read_bvh(write(tmp_path / "a.bvh", with_rest)).valid.tolist() == [False] * 5 + [True] * 3
    # A root that never turns is no sign of a rest pose.
    still = with_rest.replace("0 100 0 0 3", "0 100 0 0 0")
    assert read_bvh(write(tmp_path / "b.bvh", still)).valid.all()


BAD = {
    "empty": ("", "is empty"),
    "no hierarchy": ("a,b\n1,2\n", "is no BVH file"),
    "no motion": (SMALL[: SMALL.index("MOTION")], "is no BVH file"),
    "fewer frames": (
        SMALL.replace("Frames: 3", "Frames: 4"),
        "line 26: has 30 numbers in 3 frames; Frames announces 4",
    ),
    "short row": (SMALL.replace("0 100 5 0", "100 5 0"), r"has 29 numbers in 2.9 frames; Frames announces 3 of 10"),
    "nan": (SMALL.replace("0 100 5", "0 nan 5"), r'line 30, number 2: "nan" is not finite'),
    "not a number": (SMALL.replace("0 100 5", "0 x 5"), r'line 30, number 2: "x" is not a number'),
    "frame time": (SMALL.replace("0.25", "0"), "line 27, Frame Time: is 0; expected seconds, above 0"),
    "no frame time": (SMALL.replace("Frame Time: 0.25\n", ""), 'expected "Frames: N" and "Frame Time: seconds"'),
    "channel": (SMALL.replace("CHANNELS 1 Xrotation", "CHANNELS 1 Wrotation"), r'line 18, CHANNELS: "Wrotation" is no'),
    "channel count": (
        SMALL.replace("CHANNELS 1 X", "CHANNELS 2 X"),
        "line 18, CHANNELS: announces 2 channels, names 1",
    ),
    "brace": (SMALL.replace("}\nMOTION", "MOTION"), 'joint "Hips" is not closed'),
    "word": (SMALL.replace("OFFSET 20", "OFSET 20"), r'line 17: "OFSET 20 0 0" is not understood'),
    "one frame": (SMALL[: SMALL.index("0 100 0 0 90")].replace("Frames: 3", "Frames: 1"), "has 1 sample"),
    "no head": (SMALL.replace("Head", "Skull"), 'no joint named "head"; name one of Hips, Skull, Arm'),
    "two heads": (SMALL.replace("Arm", "HEAD"), '2 joints named "head"'),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_bvh(write(tmp_path / "bad.bvh", text))


def test_not_utf8_and_bad_unit(tmp_path):
    (tmp_path / "a.bvh").write_bytes(b"HIERARCHY\n\xff")
    with pytest.raises(InputError, match="line 2: byte 0xff"):
        read_bvh(tmp_path / "a.bvh")
    with pytest.raises(ConfigError, match="unit_m is 0"):
        read_bvh(tmp_path / "a.bvh", unit_m=0.0)
