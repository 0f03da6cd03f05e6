import os
import pickle

import h5py
import numpy as np
import pytest

from synhead.errors import DatasetError
from synhead.shards import raw_rows
from synhead.shards.handles import ShardHandles
from synhead.shards.reader import StoredSequence


@pytest.fixture
def shard(tmp_path):
    """Datasets of 10 rows in chunks of 4, each stored in another way."""
    values = np.arange(60, dtype=np.float32).reshape(10, 3, 2)
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("plain", data=values, chunks=(4, 3, 2), fletcher32=True)
        file.create_dataset("gzip", data=values, chunks=(4, 3, 2), fletcher32=True, compression="gzip")
        file.create_dataset("split", data=values, chunks=(4, 3, 1), fletcher32=True)
        file.create_dataset("unchecked", data=values, chunks=(4, 3, 2))
        file.create_dataset("contiguous", data=values)
        holes = file.create_dataset("holes", (10, 3, 2), np.float32, chunks=(4, 3, 2), fletcher32=True, fillvalue=-1.0)
        holes[0:4] = values[0:4]
    return tmp_path / "s.h5"


@pytest.mark.parametrize("name", ["plain", "gzip", "split", "unchecked", "contiguous", "holes"])
def test_every_range_is_what_h5py_reads(shard, name):
    handles = ShardHandles()
    with h5py.File(shard) as file:
        expected = file[name][:]
    for first in range(11):
        for last in range(first, 11):
            found = handles.rows(shard, name, first, last)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected[first:last])
    for first, last in ((-1, 2), (0, 11), (3, 2)):
        with pytest.raises(IndexError, match="of 10"):
            handles.rows(shard, name, first, last)
    handles.close()


def test_a_plain_chunk_is_verified_once_and_then_read_from_the_file(shard, monkeypatch):
    verified = []
    by_hdf5 = raw_rows._rows_by_hdf5
    monkeypatch.setattr(raw_rows, "_rows_by_hdf5", lambda d, a, b: verified.append((a, b)) or by_hdf5(d, a, b))
    handles = ShardHandles()
    for _ in range(3):
        handles.rows(shard, "plain", 1, 3)
    assert verified == [(0, 4)]
    handles.rows(shard, "plain", 3, 10)
    assert verified == [(0, 4), (4, 8), (8, 10)]
    handles.rows(shard, "gzip", 1, 3)
    handles.rows(shard, "gzip", 1, 3)
    assert verified[3:] == [(1, 3), (1, 3)]


def test_a_flipped_bit_in_any_chunk_is_found_at_the_first_touch(shard):
    with h5py.File(shard) as file:
        places = [file["plain"].id.get_chunk_info(k).byte_offset for k in range(3)]
    whole = shard.read_bytes()
    for chunk, place in enumerate(places):
        data = bytearray(whole)
        data[place + 7] ^= 16
        shard.write_bytes(data)
        handles = ShardHandles()
        for other in {0, 1, 2} - {chunk}:
            handles.rows(shard, "plain", 4 * other, 4 * other + 1)
        with pytest.raises(OSError, match="read data"):
            handles.rows(shard, "plain", 4 * chunk + 1, 4 * chunk + 2)
        handles.close()


def test_a_file_cut_off_behind_our_back_is_an_error(shard):
    handles = ShardHandles()
    handles.rows(shard, "plain", 0, 10)
    os.truncate(shard, 64)
    with pytest.raises(OSError, match="the file ends within chunk 0"):
        handles.rows(shard, "plain", 0, 2)


def test_files_are_closed_again(shard, tmp_path, monkeypatch):
    monkeypatch.setattr(raw_rows, "_MAX_OPEN_FILES", 2)
    handles = ShardHandles()
    before = len(os.listdir("/proc/self/fd"))
    for k in range(5):
        copy = tmp_path / f"{k}.h5"
        copy.write_bytes(shard.read_bytes())
        handles.rows(copy, "plain", 0, 2)
    assert len(os.listdir("/proc/self/fd")) <= before + 5 + 2
    assert pickle.loads(pickle.dumps(handles)).rows(shard, "plain", 9, 10)[0, 0, 0] == 54
    handles.close()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_missing_shard_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.h5: the shard is missing"):
        StoredSequence(tmp_path / "gone.h5", "a__b").rows("time_s", 0, 1)
