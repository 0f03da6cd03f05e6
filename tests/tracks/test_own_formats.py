"""The project's own CSV and NPZ: what is written is read back, and damage is named exactly."""

import numpy as np
import pytest

from synhead.core.rotation import geodesic_deg
from synhead.errors import InputError, OutputError
from synhead.tracks.formats.own_csv import format_own_csv, read_own_csv, write_own_csv
from synhead.tracks.formats.own_npz import read_own_npz, write_own_npz
from tests.tracks.synthetic import make_track, wandering_track

FRONTAL = "1,0,0,0"
HEADER = "time_s,qx,qy,qz,qw"


def write(path, *rows):
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(params=["csv", "npz"])
def own_format(request):
    return request.param, *{"csv": (write_own_csv, read_own_csv), "npz": (write_own_npz, read_own_npz)}[request.param]


@pytest.mark.parametrize("with_position", [True, False])
@pytest.mark.parametrize("frame", ["camera", "world"])
@pytest.mark.parametrize("all_valid", [True, False])
def test_round_trip(tmp_path, own_format, with_position, frame, all_valid):
    suffix, write_own, read_own = own_format
    made = wandering_track(50, frame=frame, max_gap_s=0.0625)
    valid = np.ones(50, dtype=bool) if all_valid else np.arange(50) % 7 != 3
    made = make_track(
        made.time_s, made.R_ref_head, t=made.t_ref_head_m if with_position else None, frame=frame, valid=valid
    )
    path = tmp_path / f"nod.{suffix}"
    write_own(made, path)
    back = read_own(path)
    assert back.track_id == "nod"
    assert (back.frame, back.max_gap_s, back.notes) == (frame, made.max_gap_s, made.notes)
    np.testing.assert_allclose(back.time_s, made.time_s, atol=1e-9)
    assert geodesic_deg(back.R_ref_head, made.R_ref_head).max() < 1e-6
    np.testing.assert_array_equal(back.valid, valid)
    if with_position:
        np.testing.assert_allclose(back.t_ref_head_m, made.t_ref_head_m, atol=1e-9)
    else:
        assert back.t_ref_head_m is None


def test_source_and_notes_survive(tmp_path, own_format):
    suffix, write_own, read_own = own_format
    base = wandering_track(5)
    made = type(base)(
        track_id="x", time_s=base.time_s, R_ref_head=base.R_ref_head, t_ref_head_m=None, frame="camera",
        valid=base.valid, max_gap_s=0.1, source="made: by hand, CC0 (ümlaut)", notes=("first: a", "second"),
    )  # fmt: skip
    write_own(made, tmp_path / f"x.{suffix}")
    back = read_own(tmp_path / f"x.{suffix}")
    assert (back.source, back.notes) == (made.source, made.notes)


def test_npz_is_exact_and_its_bytes_repeat(tmp_path):
    made = wandering_track(20)
    write_own_npz(made, tmp_path / "a.npz")
    write_own_npz(made, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = read_own_npz(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.time_s, made.time_s)
    np.testing.assert_array_equal(back.R_ref_head, made.R_ref_head)


def test_existing_files_are_kept_unless_told_and_nothing_partial_is_left(tmp_path, own_format):
    suffix, write_own, _ = own_format
    path = tmp_path / f"a.{suffix}"
    path.write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write_own(wandering_track(5), path)
    assert path.read_text() == "mine"
    write_own(wandering_track(5), path, overwrite=True)
    assert path.read_bytes() != b"mine"
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


def test_folder_that_cannot_be_written(tmp_path, own_format):
    suffix, write_own, _ = own_format
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_own(wandering_track(5), tmp_path / "file" / f"a.{suffix}")


def test_reads_what_a_person_types(tmp_path):
    path = write(tmp_path / "hand made.csv", HEADER, "0," + FRONTAL, "", " 0.5 , 1.004 ,0,0,0")
    track = read_own_csv(path)
    assert track.track_id == "hand_made"
    assert track.frame == "camera"
    np.testing.assert_allclose(track.R_ref_head, np.broadcast_to(np.diag([1.0, -1, -1]), (2, 3, 3)), atol=1e-15)
    np.testing.assert_array_equal(track.time_s, [0, 0.5])
    assert track.max_gap_s == pytest.approx(3.5 * 0.5)


def test_byte_order_mark_and_windows_line_ends(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n0,{FRONTAL}\r\n1,{FRONTAL}\r\n".encode())
    assert read_own_csv(path).num_samples == 2


BAD_CSV = {
    "empty": ([""], "is empty"),
    "comments only": (["# frame: camera"], "comments only"),
    "no row": ([HEADER], "has 0 samples; a motion track needs at least 2"),
    "one row": ([HEADER, f"0,{FRONTAL}"], "has 1 sample; a motion track needs at least 2"),
    "nan": ([HEADER, f"0,{FRONTAL}", "1,nan,0,0,0"], r'line 3, column qx: "nan" is not finite'),
    "infinity": ([HEADER, f"0,{FRONTAL}", f"inf,{FRONTAL}"], r'line 3, column time_s: "inf" is not finite'),
    "not a number": ([HEADER, f"0,{FRONTAL}", f"x,{FRONTAL}"], r'line 3, column time_s: "x" is not a number'),
    "columns": ([HEADER, "0,1,0,0"], r"line 2: has 4 columns; expected 5: time_s, qx, qy, qz, qw"),
    "repeated time": (
        [HEADER, f"0,{FRONTAL}", f"1,{FRONTAL}", f"1,{FRONTAL}"],
        r"line 4: time 1 s repeats the time before it \(1 s\); times must increase strictly",
    ),
    "time goes back": (["# note: x", HEADER, f"0,{FRONTAL}", f"-1,{FRONTAL}"], r"line 4: time -1 s is earlier"),
    "zero quaternion": (
        [HEADER, f"0,{FRONTAL}", "1,0,0,0,0"],
        r"line 3: quaternion \(0, 0, 0, 0\) has length 0; a rotation needs length 1 \(0.99 to 1.01 is accepted",
    ),
    "long quaternion": ([HEADER, "0,1.02,0,0,0", f"1,{FRONTAL}"], r"line 2: quaternion .* has length 1.02"),
    "header": (["time,x", "0,1"], 'header "time,x"; expected time_s,qx,qy,qz,qw'),
    "half a position": ([HEADER + ",tx_m", f"0,{FRONTAL},1"], "expected time_s,qx,qy,qz,qw"),
    "valid": ([HEADER + ",valid", f"0,{FRONTAL},1", f"1,{FRONTAL},0.5"], r"line 3: valid is 0.5; expected 0 or 1"),
    "frame": (["# frame: head", HEADER], r'line 1: frame is "head"; expected camera or world'),
    "version": (["# synhead-track: 2", HEADER], r'line 1: version "2"; this program reads version 1'),
    "key": (["# colour: red", HEADER], r'line 1: unknown key "colour"'),
    "gap": (["# max_gap_s: wide", HEADER], r'line 1, max_gap_s: "wide" is not a number'),
}


@pytest.mark.parametrize(("rows", "message"), BAD_CSV.values(), ids=BAD_CSV)
def test_bad_csv(tmp_path, rows, message):
    path = write(tmp_path / "bad.csv", *rows)
    with pytest.raises(InputError, match=message) as caught:
        read_own_csv(path)
    assert str(caught.value).startswith(str(path))


def test_csv_that_is_not_utf8(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(f"{HEADER}\n0,{FRONTAL}\n".encode() + b"\xff\xfe")
    with pytest.raises(InputError, match=r"line 3: byte 0xff is not UTF-8"):
        read_own_csv(path)


def test_missing_file(tmp_path, own_format):
    suffix, _, read_own = own_format
    with pytest.raises(InputError, match="no such file"):
        read_own(tmp_path / f"none.{suffix}")


TWO = {"time_s": np.array([0.0, 1.0]), "R_ref_head": np.stack([np.eye(3)] * 2)}
SHEARED = np.stack([np.eye(3), np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]])])
BAD_NPZ = {
    "no time": ({"R_ref_head": TWO["R_ref_head"]}, "has no time_s; found R_ref_head"),
    "no rotation": ({"time_s": TWO["time_s"]}, r"neither R_ref_head \[T, 3, 3\] nor q_xyzw"),
    "one sample": ({"time_s": np.zeros(1), "R_ref_head": np.eye(3)[None]}, "has 1 sample"),
    "shape": (TWO | {"R_ref_head": np.eye(3)[None]}, r"R_ref_head: has shape \[1, 3, 3\]; expected \[2, 3, 3\]"),
    "text": (TWO | {"time_s": np.array(["a", "b"])}, r"time_s: has type <U1; expected numbers"),
    "nan": (TWO | {"t_ref_head_m": np.full((2, 3), np.nan)}, r"sample 0 \(counted from 0\): translation is not finite"),
    "reflection": (
        TWO | {"R_ref_head": np.stack([np.eye(3), np.diag([1.0, 1, -1])])},
        r"sample 1 .* determinant -1: a reflection",
    ),
    "not orthonormal": (TWO | {"R_ref_head": SHEARED}, r"sample 1 .* not orthonormal: .* differs .* by 0.5"),
    "time goes back": (TWO | {"time_s": np.array([1.0, 0.0])}, r"sample 1 .* is earlier"),
    "valid": (TWO | {"valid": np.array([0, 2])}, "valid: must be 2 flags 0 or 1"),
    "frame": (TWO | {"frame": np.array("head")}, 'frame is "head"'),
    "version": (TWO | {"version": np.array(2)}, "version 2; this program reads version 1"),
    "key": (TWO | {"pose": np.zeros(2)}, "unknown key pose"),
    "pickle": (TWO | {"notes": np.array([None, {}])}, "not a readable NPZ archive"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_bad_npz(tmp_path, arrays, message):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=message) as caught:
        read_own_npz(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"text"])
def test_npz_that_is_no_archive(tmp_path, data):
    path = tmp_path / "bad.npz"
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a readable NPZ archive"):
        read_own_npz(path)


def test_npz_with_quaternions(tmp_path):
    path = tmp_path / "q.npz"
    np.savez(path, time_s=TWO["time_s"], q_xyzw=np.array([[0, 0, 0, 1.0], [1, 0, 0, 0]]))
    np.testing.assert_allclose(read_own_npz(path).R_ref_head[1], np.diag([1.0, -1, -1]), atol=1e-15)


def test_almost_orthonormal_matrices_are_made_exact(tmp_path):
    path = tmp_path / "r.npz"
    np.savez(path, time_s=TWO["time_s"], R_ref_head=np.stack([np.eye(3) * 1.001] * 2))
    np.testing.assert_allclose(read_own_npz(path).R_ref_head[0], np.eye(3), atol=1e-12)


def test_csv_writes_no_negative_zero():
    assert "-0.000000000" not in format_own_csv(
        make_track([0, 1], [np.diag([1.0, -1, -1])] * 2, t=np.full((2, 3), -0.0))
    )
