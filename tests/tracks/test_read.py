"""Which format a file has, where tracks lie, and what they are called."""

import shutil

import numpy as np
import pytest

from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.own_csv import write_own_csv
from synhead.tracks.formats.own_npz import write_own_npz
from synhead.tracks.read import find_tracks, read_track, read_tracks, sniff_format, track_ids
from synhead.tracks.validate import clean_track_id
from tests.shared_data import shared_data
from tests.tracks.synthetic import wandering_track
from tests.tracks.test_biwi import FRAME_00003
from tests.tracks.test_bvh import SMALL
from tests.tracks.test_quaternion_csv import LEVEL


@pytest.fixture
def one_of_each(tmp_path):
    (tmp_path / "sub" / "01").mkdir(parents=True)
    for number in (3, 4):
        (tmp_path / "sub" / "01" / f"frame_{number:05d}_pose.txt").write_text(FRAME_00003)
    (tmp_path / "sub" / "01" / "depth.csv").write_text("not a track: inside a sequence folder")
    write_own_csv(wandering_track(5), tmp_path / "b.csv")
    write_own_npz(wandering_track(5), tmp_path / "c.npz")
    (tmp_path / "d.bvh").write_text(SMALL)
    (tmp_path / "e.csv").write_text(f"0,{LEVEL}\n0.1,{LEVEL}\n")
    (tmp_path / "f.csv").write_text("1,2,3\n4,5,6\n")
    for ignored in ("README.txt", "LICENSE", "manifest.json", ".hidden.csv"):
        (tmp_path / ignored).write_text("text")
    return tmp_path


def test_finds_and_sniffs_each(one_of_each):
    found = find_tracks(one_of_each)
    assert [path.name for path in found] == ["b.csv", "c.npz", "d.bvh", "e.csv", "f.csv", "01"]
    formats = [sniff_format(path) for path in found]
    assert formats == ["own_csv", "own_npz", "bvh", "quaternion_csv", "synhead_csv", "biwi"]
    tracks = read_tracks(one_of_each)
    assert [track.track_id for track in tracks] == ["b", "c", "d", "e", "f", "01"]
    assert [track.frame for track in tracks] == ["camera", "camera", "world", "world", "camera", "camera"]


def test_a_single_track_is_found_as_itself(one_of_each):
    assert find_tracks(one_of_each / "b.csv") == [one_of_each / "b.csv"]
    assert find_tracks(one_of_each / "sub" / "01") == [one_of_each / "sub" / "01"]


def test_own_csv_without_comments_is_sniffed(tmp_path):
    (tmp_path / "a.csv").write_text("time_s,qx,qy,qz,qw\n0,1,0,0,0\n1,1,0,0,0\n")
    assert sniff_format(tmp_path / "a.csv") == "own_csv"


def test_options_reach_the_reader_and_unknown_ones_are_refused(one_of_each):
    assert read_track(one_of_each / "f.csv", fps=10.0).duration_s == pytest.approx(0.1)
    assert read_track(one_of_each / "f.csv", track_id="my track", max_gap_s=0.5).track_id == "my_track"
    with pytest.raises(ConfigError, match=r"own_csv have no such option.*fps"):
        read_track(one_of_each / "b.csv", fps=10.0)
    with pytest.raises(ConfigError, match='no track format "bwi"; there are auto, own_csv'):
        read_track(one_of_each / "b.csv", format="bwi")


def test_named_format_overrides_sniffing(one_of_each):
    with pytest.raises(InputError, match="expected 8"):
        read_track(one_of_each / "f.csv", format="quaternion_csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "1,2\n3,4\n", "has 2 columns and no header time_s.*known: own_csv.*biwi.*bvh"),
        ("a.csv", "", "is empty"),
        ("a.txt", "1 2 3\n", 'suffix ".txt" is of no known format: own_csv'),
    ],
)
def test_unknown_files_list_the_formats(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_track(tmp_path / name)


def test_folders_without_tracks(tmp_path):
    with pytest.raises(InputError, match=r"holds no motion track.*synhead tracks synthesise"):
        find_tracks(tmp_path)
    with pytest.raises(InputError, match=r"no such folder.*synhead tracks synthesise"):
        find_tracks(tmp_path / "none")
    with pytest.raises(InputError, match="no such file or folder"):
        read_track(tmp_path / "none.csv")
    with pytest.raises(InputError, match="folder without frame_XXXXX"):
        read_track(tmp_path)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("walk", "walk"),
        ("a b", "a_b"),
        ("f__g", "f_g"),
        ("_x_", "x"),
        ("ünï", "n"),
        ("..", "track"),
        ("a.b-c_d", "a.b-c_d"),
    ],
)
def test_track_ids_have_safe_characters(name, cleaned):
    assert clean_track_id(name) == cleaned


def test_track_ids_differ(tmp_path):
    for folder in ("p1", "p2"):
        (tmp_path / folder).mkdir()
        for name in ("walk.csv", "walk.npz", f"only {folder}.csv"):
            (tmp_path / folder / name).write_text("")
    ids = track_ids(find_tracks(tmp_path))
    assert ids == ["only_p1", "p1_walk", "p1_walk-2", "only_p2", "p2_walk", "p2_walk-2"]
    assert all("__" not in name for name in ids)


def test_real_folders_together():
    tracks = find_tracks(shared_data("tracks"))
    assert len(tracks) == 64
    assert len(set(track_ids(tracks))) == 64


def test_import_of_a_real_trace_to_own_csv_keeps_the_poses(tmp_path):
    source = shared_data("tracks", "head360", "Traces", "MFV8IE", "MFV8IE_1.csv")
    shutil.copy(source, tmp_path / "t.csv")
    track = read_track(tmp_path / "t.csv")
    write_own_csv(track, tmp_path / "own.csv")
    back = read_track(tmp_path / "own.csv")
    np.testing.assert_allclose(back.R_ref_head, track.R_ref_head, atol=1e-8)
    assert back.max_gap_s == pytest.approx(track.max_gap_s)
    assert back.source == track.source
