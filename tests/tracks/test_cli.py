"""synhead tracks ...: what is written, what is refused, exit codes."""

import json

import pytest
from typer.testing import CliRunner

from synhead.cli.tracks import app
from synhead.errors import ConfigError, InputError, OutputError
from synhead.tracks.formats.own_csv import write_own_csv
from synhead.tracks.read import read_track, read_tracks
from tests.tracks.synthetic import wandering_track
from tests.tracks.test_bvh import SMALL
from tests.tracks.test_clean import TURN_40, with_rotations


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    good = wandering_track(300)
    write_own_csv(
        with_rotations(good, slice(100, 103), good.R_ref_head[100:103] @ TURN_40), tmp_path / "in" / "jumpy.csv"
    )
    (tmp_path / "in" / "small.bvh").write_text(SMALL)
    return tmp_path


def test_synthesise_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        run("synthesise", "--count", 3, "--seed", 5, "--duration", 2, "--out", tmp_path / name / "tracks")
    files = sorted(path.name for path in (tmp_path / "a" / "tracks").iterdir())
    assert files == ["conversation_00.csv", "conversation_01.csv", "free_turning_00.csv", "manifest.json"]
    for name in files:
        assert (tmp_path / "a" / "tracks" / name).read_bytes() == (tmp_path / "b" / "tracks" / name).read_bytes()
    manifest = json.loads((tmp_path / "a" / "tracks" / "manifest.json").read_text())
    assert manifest["command"] == "synhead tracks synthesise --count 3 --seed 5 --duration 2 --out tracks"
    assert [track.num_samples for track in read_tracks(tmp_path / "a" / "tracks")] == [60, 60, 60]


def test_nothing_is_replaced_without_overwrite(tmp_path):
    run("synthesise", "--count", 2, "--duration", 1, "--out", tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="--overwrite"):
        run("synthesise", "--count", 3, "--seed", 9, "--duration", 1, "--out", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    run("synthesise", "--count", 2, "--seed", 9, "--duration", 1, "--out", tmp_path, "--overwrite")
    assert (tmp_path / "conversation_00.csv").read_bytes() != before["conversation_00.csv"]


@pytest.mark.parametrize("command", ["import", "smooth", "synthesise"])
def test_dry_run_writes_nothing(folder, command):
    sources = [] if command == "synthesise" else [folder / "in"]
    output = run(command, *sources, "--out", folder / "out", "--dry-run")
    assert "would write" in output
    assert not (folder / "out").exists()


def test_import(folder):
    run("import", folder / "in", "-o", folder / "out", "--as", "npz")
    assert [track.track_id for track in read_tracks(folder / "out")] == ["jumpy", "small"]
    assert read_track(folder / "out" / "small.npz").frame == "world"


def test_import_goes_on_past_a_bad_file_and_says_so(folder):
    (folder / "in" / "bad.csv").write_text("1,2,3\n1,x,3\n")
    output = run("import", folder / "in", "-o", folder / "out", code=3)
    assert 'bad.csv, line 2, column yaw: "x" is not a number' in output
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["jumpy.csv", "small.csv"]
    with pytest.raises(InputError, match="bad"):
        run("import", folder / "in" / "bad.csv", "-o", folder / "out2")


def test_smooth_rejects_first(folder):
    output = run("smooth", folder / "in" / "jumpy.csv", "-o", folder / "out")
    assert "jumpy: rejected 3.333 to 3.400 s, 3 samples: jump: turns by 40" in output
    track = read_track(folder / "out" / "jumpy.csv")
    assert (~track.valid).nonzero()[0].tolist() == [100, 101, 102]
    run(
        "smooth",
        folder / "in" / "jumpy.csv",
        "-o",
        folder / "out2",
        "--no-reject",
        "--sigma",
        "0.1",
        "--method",
        "euler",
    )
    assert read_track(folder / "out2" / "jumpy.csv").valid.all()
    with pytest.raises(ConfigError, match="sigma_s is -1"):
        run("smooth", folder / "in" / "jumpy.csv", "-o", folder / "out3", "--sigma", "-1")


def test_show(folder):
    output = run("show", folder / "in", "-o", folder / "plot.png", "--track", "jumpy")
    row = next(line for line in output.splitlines() if line.startswith("jumpy"))
    assert row.split()[1:7] == ["camera", "300", "10.0", "30.0", "1", "3"]
    assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="--overwrite"):
        run("show", folder / "in", "-o", folder / "plot.png")
    with pytest.raises(ConfigError, match='"nobody" is none of the tracks: jumpy, small'):
        run("show", folder / "in", "--track", "nobody")


def test_show_beside_recorded_motion(tmp_path):
    run("synthesise", "--count", 3, "--style", "free_turning", "--out", tmp_path / "t")
    output = run("show", tmp_path / "t", "--reference", "biwi_lowpass_5hz", "-o", tmp_path / "plot.png")
    rows = [line.split() for line in output.splitlines() if line.startswith("angular speed p50")]
    assert rows[0][-1] == "33.9"
    assert 10 < float(rows[0][-2]) < 80
    assert sum(line.startswith("distance of") for line in output.splitlines()) == 8
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match='no reference "mars"; there are biwi_lowpass_5hz, head360_frontal'):
        run("show", tmp_path / "t", "--reference", "mars")
    with pytest.raises(ConfigError, match='no motion style "dance"'):
        run("synthesise", "--style", "dance", "--out", tmp_path / "u")


def test_reader_options_are_passed(folder):
    (folder / "s.csv").write_text("0,20,0\n0,20,0\n0,20,0\n")
    run("import", folder / "s.csv", "-o", folder / "out", "--fps", "10", "--yaw-as-is")
    track = read_track(folder / "out" / "s.csv")
    assert track.duration_s == pytest.approx(0.2)
    assert track.notes == ("yaw read with the sign of 300W-LP",)
