import multiprocessing
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from synhead.errors import DatasetError
from synhead.shards.handles import ShardHandles
from synhead.shards.reader import open_dataset, shard_sequences
from tests.shards.synthetic import make_dataset, make_record, make_spec


@pytest.fixture(scope="module")
def dataset_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader") / "d"
    make_dataset(folder)
    return folder


def test_frames_labels_and_slices(dataset_folder):
    record = make_record(make_spec("h1", "t2"), image_format="png", depth=True)
    with open_dataset(dataset_folder) as dataset:
        assert dataset.num_frames == 20
        assert [s.sequence_id for s in dataset.sequences()] == list(dataset.sequence_ids)
        stored = dataset.sequence("h1__t2")
        images, masks = stored.images(), stored.masks()
        assert images.shape == (5, 48, 64, 3)
        assert masks.shape == (5, 48, 64)
        for picked in (slice(1, 4), slice(None, None, 2), slice(None, None, -1), slice(4, 1, -2)):
            np.testing.assert_array_equal(stored.images(picked), images[picked])
            np.testing.assert_array_equal(stored.masks(picked), masks[picked])
        assert stored.images(slice(3, 3)).shape == (0, 48, 64, 3)
        np.testing.assert_array_equal(stored.image(-1), images[4])
        np.testing.assert_array_equal(stored.mask(2), masks[2])
        np.testing.assert_array_equal(np.isfinite(stored.depth_m(-1)), masks[4] == 255)
        assert 0.3 < stored.depth_m(0).min() < 0.5
        np.testing.assert_array_equal(stored.labels_of(slice(1, 3)).landmarks_68_px, stored.labels.landmarks_68_px[1:3])
        np.testing.assert_array_equal(stored.encoded("image"), record.images)
        for frame in (5, -6):
            with pytest.raises(IndexError, match="of 5"):
                stored.image(frame)


def _digest_of(dataset) -> int:
    return int(sum(int(s.images().sum()) for s in dataset.sequences()))


def test_a_pickled_data_set_reads_the_same(dataset_folder):
    dataset = open_dataset(dataset_folder)
    stored = dataset.sequence("h2__t1")
    expected = stored.images()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(stored)).images(), expected)
    assert _digest_of(pickle.loads(pickle.dumps(dataset))) == _digest_of(dataset)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_data_set_opened_before_the_workers_start_serves_them(dataset_folder, method):
    dataset = open_dataset(dataset_folder)
    expected = _digest_of(dataset)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_digest_of, [dataset] * 3) == [expected] * 3
    assert _digest_of(dataset) == expected


def test_a_forked_child_opens_its_own_handles(dataset_folder):
    handles = ShardHandles()
    path = dataset_folder / "shards" / "00000.h5"
    inherited = handles.open(path)
    child = os.fork()
    if child == 0:
        os._exit(0 if handles.open(path) is not inherited else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert handles.open(path) is inherited


def test_only_so_many_shards_stay_open(dataset_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("synhead.shards.handles._MAX_OPEN_SHARDS", 1)
    handles = ShardHandles()
    first = handles.open(dataset_folder / "shards" / "00000.h5")
    second = handles.open(dataset_folder / "shards" / "00001.h5")
    assert not first
    assert second
    handles.close()
    assert not second


def test_what_is_not_there_is_named(dataset_folder, tmp_path):
    dataset = open_dataset(dataset_folder)
    with pytest.raises(DatasetError, match="no sequence 'h9__t1'"):
        dataset.sequence("h9__t1")
    with pytest.raises(ValueError, match=r"docs/format\.md"):
        dataset.sequence("h1__t1").read("landmarks")
    with pytest.raises(DatasetError, match=r"h1__t1, depth: cannot be read"):
        dataset.sequence("h1__t1").depth_m(0)
    moved = replace(dataset.manifest, shards=(replace(dataset.manifest.shards[0], name="gone.h5"),))
    dataset.manifest = moved
    with pytest.raises(DatasetError, match=r"gone\.h5: the shard is missing"):
        dataset.sequence("h1__t1").image(0)
    (tmp_path / "x.h5").write_bytes(b"not HDF5")
    with pytest.raises(DatasetError, match="damaged or not HDF5"):
        shard_sequences(tmp_path / "x.h5")


def test_a_flipped_bit_is_an_error_and_never_a_wrong_picture(dataset_folder, tmp_path):
    data = bytearray((dataset_folder / "shards" / "00001.h5").read_bytes())
    jpeg = make_record(make_spec("h2", "t2")).images[3]
    data[data.index(jpeg) + 300] ^= 4
    (tmp_path / "x.h5").write_bytes(data)
    stored = shard_sequences(tmp_path / "x.h5")[1]
    with pytest.raises(DatasetError, match=r"h2__t2, image/bytes: cannot be read"):
        stored.image(3)
