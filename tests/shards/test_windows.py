import multiprocessing
import pickle

import h5py
import numpy as np
import pytest

from synhead.errors import DatasetError
from synhead.shards.codec import encode_rgb
from synhead.shards.reader import open_dataset, shard_sequences
from synhead.shards.windows import WINDOW_FIELDS, WindowIndex, read_window, read_windows
from tests.shards.synthetic import make_dataset, make_record, make_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sequences of 7, 5 and 3 frames in two shards; the second holds PNGs."""
    folder = tmp_path_factory.mktemp("windows") / "d"
    shards = (
        (make_record(make_spec("h1", "t1", 7)), make_record(make_spec("h2", "t1", 5), image_format="png")),
        (make_record(make_spec("h1", "t2", 3)),),
    )
    make_dataset(folder, shards=shards)
    return folder


@pytest.fixture
def dataset(folder):
    with open_dataset(folder) as dataset:
        yield dataset


def test_a_window_is_what_plain_h5py_and_whole_sequences_give(folder, dataset):
    for sequence_id, start in (("h1__t1", 2), ("h2__t1", 0), ("h1__t2", 0)):
        window = read_window(dataset.sequence(sequence_id), start, 3)
        np.testing.assert_array_equal(window.image[0], dataset.sequence(sequence_id).images()[start : start + 3])
        assert window.sequence_ids == (sequence_id,)
        assert window.starts.tolist() == [start]
        shard = folder / "shards" / dataset.manifest.shard_of[sequence_id].name
        with h5py.File(shard) as file:
            group = file["sequences"][sequence_id]
            assert set(window.labels) == set(WINDOW_FIELDS)
            for name, value in window.labels.items():
                assert value.dtype == group[name].dtype
                np.testing.assert_array_equal(value[0], group[name][start : start + 3])


def test_a_batch_fills_the_memory_it_is_given(dataset):
    picked = [("h1__t1", 4), ("h2__t1", 1), ("h1__t1", 0)]
    out = np.zeros((3, 3, 48, 64, 3), np.uint8)
    batch = read_windows(dataset, picked, 3, out=out, fields=("euler_pyr_deg", "time_s"))
    assert batch.image is out
    assert batch.labels["euler_pyr_deg"].shape == (3, 3, 3)
    assert batch.labels["time_s"].shape == (3, 3)
    for k, (sequence_id, start) in enumerate(picked):
        alone = read_window(dataset.sequence(sequence_id), start, 3, fields=("time_s",))
        np.testing.assert_array_equal(out[k], alone.image[0])
        np.testing.assert_array_equal(batch.labels["time_s"][k], alone.labels["time_s"][0])
    np.testing.assert_array_equal(read_windows(dataset, picked, 3).image, out)


def test_the_index_counts_what_a_loop_counts(dataset):
    for length, stride in ((1, 1), (3, 1), (3, 2), (5, 1), (7, 3)):
        index = WindowIndex(dataset, length=length, stride=stride)
        expected = [
            (name, start)
            for name, frames in (("h1__t1", 7), ("h2__t1", 5), ("h1__t2", 3))
            for start in range(0, frames - length + 1, stride)
        ]
        assert [index[k] for k in range(len(index))] == expected
        assert index[-1] == expected[-1]
    split = WindowIndex(dataset, length=3, sequence_ids=["h1__t2", "h2__t1"])
    assert [split[k] for k in range(len(split))] == [("h1__t2", 0), ("h2__t1", 0), ("h2__t1", 1), ("h2__t1", 2)]
    with pytest.raises(IndexError, match="window 4 of 4"):
        split[4]
    assert pickle.loads(pickle.dumps(split))[1] == ("h2__t1", 0)


def _sum_of(work) -> int:
    dataset, picked = work
    return int(read_windows(dataset, picked, 3).image.sum())


def test_forked_workers_read_what_the_parent_has_open(dataset):
    picked = [("h1__t1", 4), ("h2__t1", 1)]
    expected = _sum_of((dataset, picked))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_sum_of, [(dataset, picked)] * 4) == [expected] * 4
    assert _sum_of((dataset, picked)) == expected


def test_offsets_are_read_once_and_protected(dataset):
    offsets = dataset.sequence("h1__t1").offsets("image")
    assert dataset.sequence("h1__t1").offsets("image") is offsets
    with pytest.raises(ValueError, match="read-only"):
        offsets[0] = 1


def test_what_cannot_be_read_is_named(dataset):
    stored = dataset.sequence("h1__t1")
    for start, length in ((-1, 3), (5, 3), (0, 0), (0, 8)):
        with pytest.raises(IndexError, match="of 7"):
            read_window(stored, start, length)
    for name in ("landmarks", "image/bytes", "image/offsets"):
        with pytest.raises(ValueError, match=r"docs/format\.md"):
            read_window(stored, 0, 1, fields=(name,))
    with pytest.raises(DatasetError, match=r"h1__t1, depth: cannot be read"):
        read_window(stored, 0, 1, fields=("depth",))
    with pytest.raises(DatasetError, match="64 x 48 px where 60 x 48 are wanted"):
        read_window(dataset.sequence("h2__t1"), 0, 1, out=np.empty((1, 48, 60, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"h1__t1, frame 0: .*(too small|64 x 48)"):
        read_window(stored, 0, 1, out=np.empty((1, 40, 60, 3), np.uint8))
    with pytest.raises(DatasetError, match="64 x 48 px where 80 x 60 are wanted"):
        read_window(stored, 0, 1, out=np.empty((1, 60, 80, 3), np.uint8))
    with pytest.raises(ValueError, match="C-contiguous with 2 frames"):
        read_window(stored, 0, 2, out=np.empty((2, 48, 128, 3), np.uint8)[:, :, ::2])
    with pytest.raises(ValueError, match="room for 2 windows"):
        read_windows(dataset, [("h1__t1", 0)], 1, out=np.empty((2, 1, 48, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="empty"):
        read_windows(dataset, [], 1)
    with pytest.raises(DatasetError, match="longest sequence has 7"):
        WindowIndex(dataset, length=8)
    with pytest.raises(DatasetError, match="no sequence 'h9__t9'"):
        WindowIndex(dataset, length=2, sequence_ids=["h9__t9"])
    with pytest.raises(ValueError, match="1 or more"):
        WindowIndex(dataset, length=0)


def test_damage_is_an_error_and_never_a_wrong_picture(folder, tmp_path):
    data = bytearray((folder / "shards" / "00000.h5").read_bytes())
    jpeg = make_record(make_spec("h1", "t1", 7)).images[3]
    data[data.index(jpeg) + 300] ^= 4
    (tmp_path / "x.h5").write_bytes(data)
    with pytest.raises(DatasetError, match=r"h1__t1, image/bytes: cannot be read"):
        read_window(shard_sequences(tmp_path / "x.h5")[0], 2, 3)


def test_offsets_beyond_the_bytes_and_foreign_frames_are_damage(folder, tmp_path):
    other = np.frombuffer(encode_rgb(np.zeros((32, 32, 3), np.uint8)), np.uint8)
    (tmp_path / "y.h5").write_bytes((folder / "shards" / "00000.h5").read_bytes())
    with h5py.File(tmp_path / "y.h5", "r+") as file:
        group = file["sequences"]["h1__t1"]
        offsets = group["image/offsets"][:]
        group["image/bytes"][offsets[1] : offsets[1] + len(other)] = other
        group["image/offsets"][7] = len(group["image/bytes"]) + 5
    stored = shard_sequences(tmp_path / "y.h5")[0]
    with pytest.raises(DatasetError, match="frame 1: a frame is 32 x 32 px where 64 x 48 are wanted"):
        read_window(stored, 0, 3)
    with pytest.raises(DatasetError, match=r"image/bytes: cannot be read \(rows"):
        read_window(stored, 6, 1)
