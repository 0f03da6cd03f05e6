import copy
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.errors import DatasetError, OutputError
from synhead.shards.partial_file import PartialFile
from synhead.shards.reader import shard_sequences
from synhead.shards.writer import ShardWriter
from tests.shards.synthetic import FILE_ATTRIBUTES, make_record, make_spec

ROOT = Path(__file__).resolve().parents[2]

WRITE_ONE = """
import sys
from pathlib import Path
from tests.shards.synthetic import FILE_ATTRIBUTES, make_record, make_spec
from synhead.shards.writer import ShardWriter
with ShardWriter(Path(sys.argv[1]), file_attributes=FILE_ATTRIBUTES) as writer:
    writer.append(make_record(make_spec("h1", "t1"), depth=True))
    writer.append(make_record(make_spec("h2", "t1"), image_format="png"))
    {hook}
    writer.commit()
"""


def _write(path, *records, **options):
    with ShardWriter(path, file_attributes=FILE_ATTRIBUTES, **options) as writer:
        for record in records:
            writer.append(record)
        return writer.commit()


def _python(code: str, *arguments: object, **options) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, **options)


def test_everything_written_is_read_back(tmp_path):
    record = make_record(make_spec(), image_format="png", depth=True)
    shard = _write(tmp_path / "00000.h5", record)
    data = (tmp_path / "00000.h5").read_bytes()
    assert (shard.name, shard.num_bytes, shard.num_frames) == ("00000.h5", len(data), 5)
    assert shard.sha256 == hashlib.sha256(data).hexdigest()
    assert os.listdir(tmp_path) == ["00000.h5"]

    (stored,) = shard_sequences(tmp_path / "00000.h5")
    spec = record.spec
    assert shard.sequences[0].sequence_id == stored.sequence_id == spec.sequence_id
    assert (stored.head_id, stored.track_id, stored.seed, stored.fps) == ("h1", "t1", spec.seed, 30.0)
    assert stored.camera == spec.camera
    np.testing.assert_array_equal(stored.R_cam_head, spec.R_cam_head)
    np.testing.assert_array_equal(stored.raw_R_cam_head, spec.raw_R_cam_head)
    np.testing.assert_array_equal(stored.t_cam_head_m, spec.t_cam_head_m)
    np.testing.assert_array_equal(stored.time_s, spec.time_s)
    np.testing.assert_allclose(stored.euler_pyr_deg, euler_pyr_from_rotation(spec.R_cam_head), atol=1e-5)
    for name in ("landmarks_68_px", "landmarks_68_cam_m", "bbox_face_xyxy_px", "bbox_head_xyxy_px"):
        np.testing.assert_array_equal(getattr(stored.labels, name), getattr(record.labels, name).astype(np.float32))
    np.testing.assert_array_equal(stored.labels.landmarks_68_visibility, record.labels.landmarks_68_visibility)
    assert stored.encoded("image") == record.images
    assert stored.encoded("mask") == record.masks
    np.testing.assert_array_equal(stored.read("depth"), record.depth)
    assert stored.lights["directional"][0]["intensity_rgb"] == [0.7, 0.6, 0.5]
    assert stored.background == {
        "kind": "procedural",
        "background_id": "gradient",
        "parameters": {"seed": 3, "exposure": 0.5},
    }


@settings(max_examples=15)
@given(
    num_frames=st.integers(1, 6),
    seed=st.integers(0, 2**63 - 1),
    frames=st.lists(st.binary(min_size=1, max_size=400), min_size=6, max_size=6),
    name=st.text(st.characters(blacklist_characters="/.\0", blacklist_categories=("Cs",)), min_size=1, max_size=9),
)
def test_any_bytes_name_and_seed_come_back(tmp_path_factory, num_frames, seed, frames, name):
    path = tmp_path_factory.mktemp("shard") / "00000.h5"
    spec = replace(make_spec(num_frames=num_frames, size=(8, 8)), seed=seed, sequence_id=name)
    record = replace(make_record(spec), images=frames[:num_frames], masks=frames[6 - num_frames :])
    _write(path, record)
    (stored,) = shard_sequences(path)
    assert (stored.sequence_id, stored.seed) == (name, seed)
    assert stored.encoded("image") == record.images
    assert stored.encoded("mask") == record.masks


def test_two_processes_at_two_times_write_the_same_bytes(tmp_path):
    first = _python(WRITE_ONE.format(hook=""), tmp_path / "a.h5")
    time.sleep(1.1)  # HDF5's own time stamps would count in seconds.
    environment = {**os.environ, "MALLOC_PERTURB_": "165"}  # Memory that was never set would show.
    second = _python(WRITE_ONE.format(hook=""), tmp_path / "b.h5", env=environment)
    assert (first.wait(), second.wait()) == (0, 0)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_place_of_a_background_is_not_stored(tmp_path):
    spec = make_spec()
    for folder in ("one", "two"):
        moved = replace(spec, background=replace(spec.background, path=f"/{folder}/secret.jpg"))
        _write(tmp_path / f"{folder}.h5", make_record(moved))
    assert b"secret" not in (tmp_path / "one.h5").read_bytes()
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def _broken(record, field):
    spec, labels = record.spec, record.labels
    nan = np.full(5, np.nan)
    half = np.where(np.arange(5)[:, None, None] == 2, np.nan, labels.landmarks_68_px)
    mirrored = spec.R_cam_head * np.array([-1.0, 1, 1])
    return {
        "images": lambda: replace(record, images=record.images[:-1]),
        "masks": lambda: replace(record, masks=[b"", *record.masks[1:]]),
        "image_format": lambda: replace(record, image_format="bmp"),
        "sequence_id": lambda: replace(record, spec=replace(spec, sequence_id="a/b")),
        "seed": lambda: replace(record, spec=replace(spec, seed=2**63)),
        "time_s": lambda: replace(record, spec=replace(spec, time_s=nan)),
        "t_cam_head_m": lambda: replace(record, spec=_one_translation_short(spec)),
        "R_cam_head": lambda: replace(record, spec=replace(spec, R_cam_head=mirrored)),
        "raw/R_cam_head": lambda: replace(record, spec=replace(spec, raw_R_cam_head=1.1 * spec.raw_R_cam_head)),
        "landmarks_68_px": lambda: replace(record, labels=replace(labels, landmarks_68_px=half)),
        "bbox_face_xyxy_px": lambda: replace(record, labels=replace(labels, bbox_face_xyxy_px=np.full((5, 4), np.nan))),
        "bbox_head_xyxy_px": lambda: replace(
            record, labels=replace(labels, bbox_head_xyxy_px=labels.bbox_head_xyxy_px * [np.nan, 1, 1, 1])
        ),
        "depth": lambda: replace(record, depth=np.zeros((5, 3, 3), np.uint16)),
    }[field]()


def _one_translation_short(spec):
    # Outside tests nothing checks the shapes when a spec is made.
    spec = copy.copy(spec)
    object.__setattr__(spec, "t_cam_head_m", spec.t_cam_head_m[:-1])
    return spec


FIELDS = (
    *("images", "masks", "image_format", "sequence_id", "seed", "time_s", "t_cam_head_m", "R_cam_head"),
    *("raw/R_cam_head", "landmarks_68_px", "bbox_face_xyxy_px", "bbox_head_xyxy_px", "depth"),
)


@pytest.mark.parametrize("field", FIELDS)
def test_a_sequence_that_does_not_fit_is_refused_and_leaves_no_trace(tmp_path, field):
    good, later = make_record(make_spec("h1", "t1")), make_record(make_spec("h2", "t1"))
    with ShardWriter(tmp_path / "a.h5", file_attributes=FILE_ATTRIBUTES) as writer:
        writer.append(good)
        with pytest.raises(DatasetError, match=rf"^sequence .*, {field}: ") as caught:
            writer.append(_broken(later, field))
        assert str(caught.value).endswith(".")
        with pytest.raises(DatasetError, match="ids must be unique"):
            writer.append(good)
        writer.append(later)
        writer.commit()
    _write(tmp_path / "b.h5", good, later)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_heads_without_landmarks_and_frames_without_head_are_kept(tmp_path):
    record = make_record(make_spec(), landmarks=False)
    boxes = record.labels.bbox_head_xyxy_px.copy()
    boxes[3] = np.nan
    _write(tmp_path / "a.h5", replace(record, labels=replace(record.labels, bbox_head_xyxy_px=boxes)))
    (stored,) = shard_sequences(tmp_path / "a.h5")
    assert not stored.has_landmarks
    assert np.isnan(stored.labels.landmarks_68_px).all()
    assert np.isnan(stored.labels.bbox_head_xyxy_px[3]).all()


def test_a_finished_shard_is_replaced_only_on_demand(tmp_path):
    path = tmp_path / "a.h5"
    record = make_record(make_spec())
    first = _write(path, record)
    with pytest.raises(OutputError, match="finished shard"):
        ShardWriter(path, file_attributes=FILE_ATTRIBUTES)
    assert _write(path, record, replace=True) == first
    assert os.listdir(tmp_path) == ["a.h5"]


def test_file_attributes_are_exactly_those_of_the_table(tmp_path):
    for attributes in (
        {},
        {"renderer": "r"},
        {**FILE_ATTRIBUTES, "host": "x"},
        {**FILE_ATTRIBUTES, "format_version": 7},
    ):
        with pytest.raises(ValueError, match="config_sha256"):
            ShardWriter(tmp_path / "a.h5", file_attributes=attributes)
    assert os.listdir(tmp_path) == []


def test_an_exception_discards_and_a_finished_writer_refuses(tmp_path):
    writer = ShardWriter(tmp_path / "a.h5", file_attributes=FILE_ATTRIBUTES)

    def interrupted():
        with writer:
            writer.append(make_record(make_spec()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError, match="committed or discarded"):
        writer.commit()


def test_a_process_that_ends_with_an_open_writer_ends_well(tmp_path):
    code = WRITE_ONE.replace("with ShardWriter", "writer = ShardWriter").replace(" as writer:", "\nif True:")
    with _python(code.format(hook="sys.exit(7)"), tmp_path / "a.h5") as process:
        assert process.wait() == 7
    assert os.listdir(tmp_path) == []


def test_two_writers_of_one_shard(tmp_path):
    path = tmp_path / "a.h5"
    with ShardWriter(path, file_attributes=FILE_ATTRIBUTES) as first:
        first.append(make_record(make_spec()))
        with pytest.raises(OutputError, match="another process writes this shard"):
            ShardWriter(path, file_attributes=FILE_ATTRIBUTES)
        first.commit()
    assert len(shard_sequences(path)) == 1


def test_a_killed_writer_leaves_a_partial_that_the_next_one_takes_over(tmp_path):
    path = tmp_path / "a.h5"
    code = WRITE_ONE.format(hook="print('written', flush=True); import time; time.sleep(60)")
    with _python(code, path, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"written\n"
        with pytest.raises(OutputError, match="another process"):
            ShardWriter(path, file_attributes=FILE_ATTRIBUTES)
        process.send_signal(signal.SIGKILL)
    assert os.listdir(tmp_path) == ["a.h5.partial"]
    _write(path, make_record(make_spec()))
    _write(tmp_path / "b.h5", make_record(make_spec()))
    assert path.read_bytes() == (tmp_path / "b.h5").read_bytes()


def _fat_record(num_bytes: int):
    rng = np.random.default_rng(0)
    record = make_record(make_spec(num_frames=4, size=(16, 16)))
    return replace(record, images=[rng.bytes(num_bytes // 4) for _ in range(4)])


@pytest.mark.parametrize("moment", ["append", "commit"])
def test_a_file_size_limit_is_an_output_error_and_the_partial_goes(tmp_path, moment):
    fat = _fat_record(400_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with ShardWriter(tmp_path / "a.h5", file_attributes=FILE_ATTRIBUTES) as writer:
            if moment == "commit":
                writer.append(fat)
            resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
            with pytest.raises(OutputError, match=r"a\.h5: .*ulimit -f.*smaller shards"):
                writer.append(fat) if moment == "append" else writer.commit()
            assert os.listdir(tmp_path) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    _write(tmp_path / "a.h5", fat)


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root and mount to make a full disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {made.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_an_output_error_and_room_is_given_back(small_disk):
    fat = _fat_record(700_000)
    with ShardWriter(small_disk / "a.h5", file_attributes=FILE_ATTRIBUTES) as writer:
        writer.append(replace(fat, spec=replace(fat.spec, sequence_id="s0")))
        writer.append(replace(fat, spec=replace(fat.spec, sequence_id="s1")))
        with pytest.raises(OutputError, match=r"the disk is full\. Free some space"):
            writer.append(replace(fat, spec=replace(fat.spec, sequence_id="s2")))
    assert os.listdir(small_disk) == []
    _write(small_disk / "b.h5", fat)
    assert len(shard_sequences(small_disk / "b.h5")) == 1


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere does not exist"):
        ShardWriter(tmp_path / "nowhere" / "a.h5", file_attributes=FILE_ATTRIBUTES)


def test_without_file_locks_a_partial_file_is_exclusive(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("synhead.shards.partial_file.fcntl.flock", no_locks)
    path = tmp_path / "a.h5.partial"
    first = PartialFile(path)
    first.write(b"data")
    with pytest.raises(OutputError, match="has no locks"):
        PartialFile(path)
    first.close()


def test_all_filters_are_built_into_hdf5(tmp_path):
    _write(tmp_path / "a.h5", make_record(make_spec(), depth=True))
    builtin = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
    used = {}
    with h5py.File(tmp_path / "a.h5") as file:

        def note(name, node):
            if isinstance(node, h5py.Dataset):
                plist = node.id.get_create_plist()
                used[name] = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}

        file.visititems(note)
    assert len(used) == 15
    assert all(filters <= builtin and h5py.h5z.FILTER_FLETCHER32 in filters for filters in used.values())
