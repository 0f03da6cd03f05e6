"""The output folder: whose it is, who holds it, what a killed run left."""

import fcntl
import json
import subprocess
import sys

import pytest

from synhead.errors import OutputError
from synhead.pipeline.run_folder import RunFolder


def _folder(tmp_path, name="set"):
    folder = RunFolder(tmp_path / name)
    folder.refuse_foreign()
    folder.create()
    return folder


def test_a_new_and_an_empty_folder_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    assert _folder(tmp_path, "empty").shard_path(7).name == "00007.h5"
    assert _folder(tmp_path, "new").run.is_dir()


def test_a_foreign_folder_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"not empty and not a data set of ours \(it holds thesis.tex\)"):
        RunFolder(tmp_path).refuse_foreign()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_only_looks_like_ours_is_refused(tmp_path):
    (tmp_path / "shards").mkdir()
    with pytest.raises(OutputError, match="not a data set of ours"):
        RunFolder(tmp_path).refuse_foreign()


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file; give a folder"):
        RunFolder(tmp_path / "file").refuse_foreign()


def test_our_own_folder_is_taken_again(tmp_path):
    folder = _folder(tmp_path)
    folder.write_plan({"content": {}})
    RunFolder(folder.root).refuse_foreign()


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    # Root may write anywhere, so a place that no one can make a folder in stands for a read-only one.
    with pytest.raises(OutputError, match="/proc"):
        RunFolder(tmp_path.__class__("/proc/synhead-test")).create()


def test_two_runs_at_once_are_refused_by_name_of_the_first(tmp_path):
    folder = _folder(tmp_path)
    code = (
        "import sys; from pathlib import Path; from synhead.pipeline.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(folder.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline().strip() == "held"
        with pytest.raises(OutputError, match=rf"another run is writing here \(process {other.pid}"):
            folder.locked().__enter__()
    finally:
        other.communicate("")
    with folder.locked():
        pass


def test_leftovers_of_a_killed_run_are_cleared_but_nothing_else(tmp_path):
    folder = _folder(tmp_path)
    (folder.root / "shards" / "00001.h5.partial").write_bytes(b"half")
    (folder.root / "shards" / "00000.h5").write_bytes(b"whole")
    folder.note_progress(1, 12)
    assert folder.clear_leftovers() == 1
    assert [p.name for p in (folder.root / "shards").iterdir()] == ["00000.h5"]
    assert folder.frames_in_work() == 0


def test_a_partial_shard_in_living_hands_is_waited_for_then_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("synhead.pipeline.run_folder._ORPHAN_PATIENCE_S", 0.3)
    folder = _folder(tmp_path)
    path = folder.root / "shards" / "00001.h5.partial"
    with path.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="a worker of an earlier run is still writing it"):
            folder.clear_leftovers()
        assert path.exists()
    assert folder.clear_leftovers() == 1


def test_a_record_counts_only_with_its_shard_of_the_right_size(tmp_path):
    folder = _folder(tmp_path)
    folder.shard_path(0).write_bytes(b"12345")
    folder.write_record(0, {"record": {"num_bytes": 5}, "failures": []})
    assert folder.read_record(0) is not None
    folder.shard_path(0).write_bytes(b"1234")
    assert folder.read_record(0) is None
    folder.shard_path(0).unlink()
    assert folder.read_record(0) is None
    folder.record_path(0).write_text("{")
    assert folder.read_record(0) is None
    assert folder.read_record(1) is None


def test_a_shard_without_a_good_sequence_has_a_record_and_no_file(tmp_path):
    folder = _folder(tmp_path)
    folder.write_record(0, {"record": None, "failures": [{"sequence_id": "a"}]})
    assert folder.read_record(0)["record"] is None


def test_progress_is_summed_and_survives_rubbish(tmp_path):
    folder = _folder(tmp_path)
    folder.note_progress(0, 16)
    folder.note_progress(3, 32)
    (folder.run / "progress" / "00009").write_text("?")
    assert folder.frames_in_work() == 48
    folder.clear_progress(0)
    assert folder.frames_in_work() == 32


def test_a_damaged_plan_is_an_error(tmp_path):
    folder = _folder(tmp_path)
    (folder.run / "plan.json").write_text("{")
    with pytest.raises(OutputError, match=r"plan\.json: is damaged"):
        folder.read_plan()
    folder.write_plan({"content": {"config": {"seed": 0}}})
    assert json.loads((folder.run / "plan.json").read_text())["content"]["config"]["seed"] == 0
