import fcntl
import json
from dataclasses import asdict

import pytest
import typer
from typer.testing import CliRunner

from synhead.cli.status import read_status, status
from synhead.cli.verify import verify
from synhead.errors import DatasetError
from synhead.shards.manifest import read_manifest
from tests.shards.synthetic import make_dataset

app = typer.Typer()
app.command()(verify)
app.command()(status)


@pytest.fixture
def dataset(tmp_path):
    make_dataset(tmp_path / "d")
    return tmp_path / "d"


def _run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


def _ledger(dataset, *, finished):
    """What a run leaves in .run: a plan for three shards, records of the first ones, one shard in work."""
    manifest = read_manifest(dataset)
    (dataset / ".run" / "shards").mkdir(parents=True)
    (dataset / ".run" / "progress").mkdir()
    plan = {"num_sequences": 6, "num_frames": 30, "num_shards": 3, "config_sha256": manifest.config_sha256}
    (dataset / ".run" / "plan.json").write_text(json.dumps(plan))
    for index, shard in enumerate(manifest.shards[:finished]):
        entry = {
            "record": asdict(shard),
            "failures": [{"sequence_id": f"h3__t{index}", "stage": "render", "reason": "the mesh has a hole"}],
            "renderer": {"engine": "gl", "device": "llvmpipe"},
            "seconds": {"render": 1.5, "write": 0.25},
        }
        (dataset / ".run" / "shards" / f"{index:05d}.json").write_text(json.dumps(entry))
    (dataset / ".run" / "shards" / "00009.json").write_text("{cut")
    (dataset / ".run" / "progress" / "00002").write_text("4")


def test_verify_says_nothing_wrong_and_exits_0(dataset, tmp_path):
    done = _run("verify", dataset, "--json", tmp_path / "report.json", "-j", "1")
    assert done.exit_code == 0, done.output
    assert "20 frames in 2 shards" in done.output
    assert "nothing wrong" in done.output
    assert json.loads((tmp_path / "report.json").read_text())["ok"] is True


def test_verify_lists_what_is_wrong_and_exits_1(dataset):
    path = dataset / "shards" / "00001.h5"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (dataset / "shards" / "00000.h5").unlink()
    done = _run("verify", dataset, "--labels-only")
    assert done.exit_code == 1
    assert "hash 00001.h5: " in done.output
    assert "shards/00000.h5 is in the manifest, and missing" in done.output
    assert "[" not in done.output.split("hash 00001.h5")[1].split("\n")[0], "markup leaked"


def test_verify_of_no_data_set_is_an_error(tmp_path):
    done = _run("verify", tmp_path)
    assert isinstance(done.exception, DatasetError)


def test_status_of_a_finished_data_set(dataset):
    done = _run("status", dataset)
    assert done.exit_code == 0, done.output
    manifest = read_manifest(dataset)
    assert f"{dataset}: finished\n" in done.output
    assert manifest.digest in done.output
    assert "  frames          20\n" in done.output


def test_status_of_a_run_that_stopped_and_one_at_work(dataset):
    _ledger(dataset, finished=1)
    (dataset / "manifest.json").unlink()
    found = read_status(dataset)
    assert (found.state, found.num_frames, found.num_shards, found.num_sequences) == ("stopped", 10, 1, 2)
    assert found.frames_in_work == 4
    assert found.failures == (("h3__t0", "render", "the mesh has a hole"),)
    assert found.seconds == {"render": 1.5, "write": 0.25}
    output = _run("status", dataset).output
    assert "10 of 30, and 4 in shards that are not finished" in output
    assert "1 of 3" in output
    assert "not made h3__t0 (render): the mesh has a hole" in output
    assert "The same render command again" in output

    with (dataset / ".run" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert read_status(dataset).state == "running"
    assert read_status(dataset).state == "stopped"


def test_status_of_no_data_set_is_an_error(tmp_path):
    assert "is not a synhead data set" in str(_run("status", tmp_path).exception)
    assert "no such folder" in str(_run("status", tmp_path / "nowhere").exception)
