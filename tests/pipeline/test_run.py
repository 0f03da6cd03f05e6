"""The main job in miniature, in this process: complete, verified, resumable, and honest about what failed."""

import hashlib
import json
import shutil

import h5py
import numpy as np
import pytest

from synhead.errors import InputError, OutputError
from synhead.pipeline.config import RunOptions
from synhead.pipeline.run import make_dataset
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.survey import spread
from synhead.shards.manifest import read_manifest
from synhead.shards.reader import open_dataset
from synhead.shards.verify import verify_dataset
from tests.pipeline.small_job import HEAD_IDS, TRACK_IDS, make_inputs, small_config

ALONE = RunOptions(workers=1, executor="local")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def finished(inputs, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "set"
    return make_dataset(small_config(inputs), ALONE, out, quiet=True)


def _make(config, out, options=ALONE):
    return make_dataset(config, options, out, quiet=True)


def test_every_head_along_every_track(finished):
    dataset = open_dataset(finished.dataset)
    assert sorted(dataset.sequence_ids) == sorted(f"{h}__{t}" for h in HEAD_IDS for t in TRACK_IDS)
    assert finished.num_frames == 2 * 3 * 24
    assert finished.frames_made == finished.num_frames
    assert not finished.failures


def test_it_verifies(finished):
    report = verify_dataset(finished.dataset)
    assert report.ok, report.findings


def test_background_and_camera_belong_to_the_track_and_lights_to_the_sequence(finished):
    dataset = open_dataset(finished.dataset)
    for track in TRACK_IDS:
        first, second = (dataset.sequence(f"{head}__{track}") for head in HEAD_IDS)
        np.testing.assert_array_equal(first.K, second.K)
        np.testing.assert_array_equal(first.R_cam_head, second.R_cam_head)
        with h5py.File(_shard_of(finished.dataset, f"egg1__{track}")) as f:
            one = dict(f[f"sequences/egg1__{track}"].attrs)
        with h5py.File(_shard_of(finished.dataset, f"egg2__{track}")) as f:
            two = dict(f[f"sequences/egg2__{track}"].attrs)
        assert one["background"] == two["background"]
        assert one["lights"] != two["lights"]
        assert one["seed"] != two["seed"]


def _shard_of(dataset, sequence_id):
    manifest = read_manifest(dataset)
    return dataset / "shards" / manifest.shard_of[sequence_id].name


def test_the_same_command_again_changes_nothing(finished, inputs):
    before = (finished.dataset / "manifest.json").read_bytes()
    again = _make(small_config(inputs), finished.dataset)
    assert again.already_complete
    assert again.digest == finished.digest
    assert (finished.dataset / "manifest.json").read_bytes() == before


def test_another_folder_gets_the_same_bytes(finished, inputs, tmp_path):
    other = _make(small_config(inputs), tmp_path / "other")
    assert other.digest == finished.digest
    for path in sorted((finished.dataset / "shards").glob("*.h5")):
        assert (tmp_path / "other" / "shards" / path.name).read_bytes() == path.read_bytes()


def test_the_manifest_says_what_was_cut_of_a_track_and_why(inputs, tmp_path):
    root = shutil.copytree(inputs, tmp_path / "in")
    lines = (root / "tracks" / "nod.csv").read_text().splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("time_s"))
    spike = lines[header + 13].split(",")
    spike[1:5] = ["0", "0", "0", "1"]  # half a turn away from its neighbours
    lines[header + 13] = ",".join(spike)
    (root / "tracks" / "nod.csv").write_text("\n".join(lines) + "\n")
    config = small_config(root, tracks={"min_segment_s": 0.2}, scene={"max_heads": 1})
    manifest = read_manifest(_make(config, tmp_path / "set").dataset)
    nod = next(t for t in manifest.inputs["tracks"] if t.id == "nod")
    assert len(nod.details["rejected"]) == 1
    assert "0.4" in nod.details["rejected"][0], "sample 12 of 30 Hz is at 0.4 s"
    assert {s.sequence_id for s in manifest.sequences} >= {"egg1__nod__s00", "egg1__nod__s01"}


def test_inputs_may_move(finished, inputs, tmp_path):
    moved = shutil.copytree(inputs, tmp_path / "moved")
    assert _make(small_config(moved), tmp_path / "set").digest == finished.digest


def test_seed_zero_is_a_seed(finished, inputs, tmp_path):
    zero = _make(small_config(inputs, seed=0), tmp_path / "a")
    assert zero.digest == _make(small_config(inputs, seed=0), tmp_path / "b").digest
    assert zero.digest != finished.digest
    assert read_manifest(tmp_path / "a").config["seed"] == 0


def test_lost_shards_are_made_again_and_the_others_kept(finished, inputs, tmp_path):
    out = shutil.copytree(finished.dataset, tmp_path / "set")
    shards = sorted((out / "shards").glob("*.h5"))
    kept = shards[0].stat().st_mtime_ns
    shards[1].unlink()
    (out / "manifest.json").unlink()
    again = _make(small_config(inputs), out)
    assert again.digest == finished.digest
    assert again.frames_made == 48
    assert shards[0].stat().st_mtime_ns == kept


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, r"config\.seed: 3 there, 4 now"),
        ({"image": {"quality": 80}}, r"config\.image\.quality: 95 there, 80 now"),
        ({"scene": {"width_px": 64}}, r"config\.scene\.width_px: 48 there, 64 now"),
        ({"tracks": {"max_tracks": 2}}, r"inputs\.tracks\.turn: is gone"),
    ],
)
def test_another_config_in_the_same_folder_is_refused_by_field(finished, inputs, changes, message):
    before = hashlib.sha256((finished.dataset / "manifest.json").read_bytes()).hexdigest()
    with pytest.raises(OutputError, match=message):
        _make(small_config(inputs, **changes), finished.dataset)
    assert hashlib.sha256((finished.dataset / "manifest.json").read_bytes()).hexdigest() == before


def test_a_changed_head_is_refused_by_name(finished, inputs, tmp_path):
    moved = shutil.copytree(inputs, tmp_path / "moved")
    description = moved / "heads" / "egg2" / "head.json"
    description.write_text(description.read_text().replace('"source"', '"source" '))
    with pytest.raises(OutputError, match=r"inputs\.heads\.egg2: has changed"):
        _make(small_config(moved), finished.dataset)


def test_bad_inputs_are_set_apart_and_everything_else_is_made(inputs, tmp_path):
    root = shutil.copytree(inputs, tmp_path / "in")
    (root / "heads" / "egg2" / "egg.obj").write_text("v nan 0 0\nf 1 1 1\n")
    (root / "tracks" / "nod.csv").write_text("not a track\n")
    (root / "photos" / "p0.png").write_bytes(b"rubbish")
    summary = _make(small_config(root), tmp_path / "set")
    assert summary.num_sequences == 2
    missing = {f.sequence_id for f in summary.failures}
    assert missing == {"egg2__shake", "egg2__turn", "egg1__nod", "background p0.png"}
    assert verify_dataset(summary.dataset).ok
    assert [f.sequence_id for f in read_manifest(summary.dataset).failures]


def test_a_head_that_breaks_after_planning_loses_its_own_sequences_only_and_is_tried_again(
    inputs, tmp_path, monkeypatch
):
    from synhead.pipeline import worker

    real = worker.load_kept_head

    def failing(path):
        if path.name == "egg2":
            raise InputError(path, "fell off the disk")
        return real(path)

    monkeypatch.setattr(worker, "load_kept_head", failing)
    broken = _make(small_config(inputs), tmp_path / "set")
    assert {f.sequence_id for f in broken.failures} == {f"egg2__{t}" for t in TRACK_IDS}
    assert all("fell off the disk" in f.reason for f in broken.failures)
    assert broken.num_sequences == 3
    monkeypatch.setattr(worker, "load_kept_head", real)
    mended = _make(small_config(inputs), tmp_path / "set")
    assert not mended.failures
    assert mended.digest == _make(small_config(inputs), tmp_path / "fresh").digest


def test_a_shard_that_comes_to_nothing_leaves_no_file_of_an_earlier_run(inputs, tmp_path, monkeypatch):
    from synhead.pipeline import worker

    # The second shard holds egg1__turn and egg2__nod: first one of them fails, then both.
    real = worker.ShardWorker._make_sequence
    broken = {"egg2__nod"}

    def failing(self, sequence, *rest):
        if sequence.sequence_id in broken:
            raise InputError(sequence.sequence_id, "is broken")
        return real(self, sequence, *rest)

    monkeypatch.setattr(worker.ShardWorker, "_make_sequence", failing)
    partly = _make(small_config(inputs), tmp_path / "set")
    assert partly.num_sequences == 5
    broken.add("egg1__turn")
    nothing = _make(small_config(inputs), tmp_path / "set")
    assert nothing.num_sequences == 4
    assert not (tmp_path / "set" / "shards" / "00001.h5").exists()
    assert verify_dataset(nothing.dataset).ok


@pytest.mark.parametrize("kind", ["heads", "tracks", "photos"])
@pytest.mark.parametrize("state", ["missing", "empty"])
def test_missing_and_empty_folders_are_errors_that_name_them(inputs, tmp_path, kind, state):
    root = shutil.copytree(inputs, tmp_path / "in")
    shutil.rmtree(root / kind)
    if state == "empty":
        (root / kind).mkdir()
    with pytest.raises(InputError, match=str(root / kind)):
        _make(small_config(root), tmp_path / "set")
    assert not (tmp_path / "set").exists(), "nothing is made before the inputs are known"


def test_nothing_usable_is_an_error_with_the_reasons(inputs, tmp_path):
    root = shutil.copytree(inputs, tmp_path / "in")
    for path in (root / "tracks").glob("*.csv"):
        path.write_text("rubbish\n")
    with pytest.raises(InputError, match=r"none of its tracks can be used:\n  .*nod\.csv"):
        _make(small_config(root), tmp_path / "set")


def test_frames_per_track_cuts_and_depth_is_stored(inputs, tmp_path):
    config = small_config(
        inputs, tracks={"frames_per_track": 7, "max_tracks": 1}, image={"passes": ["depth"], "format": "png"}
    )
    summary = _make(config, tmp_path / "set")
    assert summary.num_frames == 2 * 7
    assert verify_dataset(summary.dataset).ok
    stored = open_dataset(summary.dataset).sequence("egg1__nod")
    assert stored.depth_m(3).shape == (48, 48)
    middle = stored.depth_m(3)[24, 24]
    assert 0.6 < middle < 0.9, "the egg is 0.8 m away and its front nearer"


def test_the_split_shares_no_head_and_no_track(finished):
    manifest = read_manifest(finished.dataset)
    sides = {name: [i.split("__") for i in ids] for name, ids in manifest.splits.items()}
    assert sides["train"]
    assert sides["test"]
    for k in range(2):
        assert {x[k] for x in sides["train"]}.isdisjoint({x[k] for x in sides["test"]})


def test_two_runs_at_once_are_refused(finished, inputs):
    with RunFolder(finished.dataset).locked(), pytest.raises(OutputError, match="another run is writing here"):
        _make(small_config(inputs), finished.dataset)


def test_smoothing_is_visible_beside_the_raw_pose(inputs, tmp_path):
    strong = _make(small_config(inputs, tracks={"sigma_s": 0.3, "max_tracks": 1}), tmp_path / "set")
    with h5py.File(strong.dataset / "shards" / "00000.h5") as f:
        sequence = f["sequences/egg1__nod"]
        assert np.abs(sequence["raw/R_cam_head"][:] - sequence["R_cam_head"][:]).max() > 0.01


def test_the_plan_on_disk_names_what_the_folder_is_for(finished):
    plan = json.loads((finished.dataset / ".run" / "plan.json").read_text())
    assert (plan["num_sequences"], plan["num_frames"]) == (6, 144)


def test_a_few_of_many_are_spread_over_their_names():
    names = [f"f{k}" for k in range(5)] + [f"m{k}" for k in range(5)]
    assert spread(names, 4) == ["f0", "f2", "m0", "m2"]
    assert spread(names, 1) == ["f0"]
    assert spread(names, None) == spread(names, 99) == names
