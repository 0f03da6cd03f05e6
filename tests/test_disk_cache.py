"""The cache of worked-out arrays: it saves work, and no fault of it is an error."""

import os

import numpy as np
import pytest

from synhead import disk_cache
from synhead.disk_cache import cache_folder, kept, sum_of, sum_of_code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNHEAD_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


class _Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"a": np.arange(6).reshape(2, 3), "b": np.array("text")}


def test_a_result_is_made_once_and_comes_back_to_the_bit(folder):
    make = _Maker()
    for _ in range(2):
        found = kept("thing", "0" * 64, make)
        np.testing.assert_array_equal(found["a"], np.arange(6).reshape(2, 3))
        assert str(found["b"]) == "text"
        assert found["a"].dtype == np.int64
    assert make.calls == 1
    assert set(kept("thing", "0" * 64, make, wanted=("b",))) == {"b"}
    kept("thing", "1" * 64, make)
    assert make.calls == 2
    assert [p.suffix for p in folder.iterdir()] == [".npz", ".npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 rubbish", None])
def test_a_damaged_entry_is_made_again(folder, damage):
    make = _Maker()
    kept("thing", "0" * 64, make)
    [path] = folder.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 255
    path.write_bytes(bytes(content) if damage is None else damage)
    np.testing.assert_array_equal(kept("thing", "0" * 64, make)["a"], np.arange(6).reshape(2, 3))
    assert make.calls == 2
    kept("thing", "0" * 64, make)
    assert make.calls == 2


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SYNHEAD_CACHE_DIR", str(tmp_path / "file" / "cache"))
    make = _Maker()
    for _ in range(2):
        assert kept("thing", "0" * 64, make)["a"].shape == (2, 3)
    assert make.calls == 2


@pytest.mark.parametrize("value", ["", "off", "OFF"])
def test_it_can_be_switched_off(monkeypatch, value):
    monkeypatch.setenv("SYNHEAD_CACHE_DIR", value)
    assert cache_folder() is None


def test_it_lies_where_the_user_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("SYNHEAD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "synhead"


def test_what_was_used_longest_ago_goes_first(folder, monkeypatch):
    monkeypatch.setattr(disk_cache, "LIMIT_BYTES", 1500)
    make = _Maker()
    for k in range(3):
        kept("thing", str(k) * 64, make)
        path = folder / f"thing-{str(k) * 40}.npz"
        os.utime(path, (1000 + k, 1000 + k))
    names = {path.name[6] for path in folder.iterdir()}
    assert "2" in names
    assert "0" not in names


def test_sums_tell_parts_apart():
    assert sum_of("ab", "c") != sum_of("a", "bc")
    assert sum_of_code("heads/*.py") != sum_of_code("core/*.py")
    assert sum_of_code("nothing/*.py") == sum_of()
