"""Heads from the cache are the heads from their files."""

import numpy as np
import pytest

import synhead.heads.cache as cache
from synhead.errors import InputError
from synhead.heads.cache import facts_of_head, load_kept_head
from synhead.heads.deform import FaceRig
from synhead.heads.load import load_head
from synhead.heads.occlusion import bake_occlusion
from tests.heads.synthetic import write_head


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNHEAD_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _same(a, b):
    one, other = cache._arrays_of(a), cache._arrays_of(b)
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)
        assert value.dtype == other[name].dtype


def test_a_kept_head_is_the_head_to_the_bit(tmp_path, folder, monkeypatch):
    write_head(tmp_path / "egg", id="egg")
    plain = load_head(tmp_path / "egg")
    _same(load_kept_head(tmp_path / "egg"), plain)
    monkeypatch.setattr(cache, "load_head_with_report", None)
    kept = load_kept_head(tmp_path / "egg")
    _same(kept, plain)
    assert [part.material.name for part in kept.parts] == [part.material.name for part in plain.parts]
    facts = facts_of_head(tmp_path / "egg")
    assert (facts.head_id, facts.sha256, facts.num_triangles) == ("egg", plain.sha256, plain.num_triangles)
    assert len(list(folder.glob("head-*"))) == 1


def test_any_changed_byte_below_the_folder_is_another_head(tmp_path):
    write_head(tmp_path / "egg", id="egg")
    before = facts_of_head(tmp_path / "egg")
    text = (tmp_path / "egg" / "head.json").read_text()
    (tmp_path / "egg" / "head.json").write_text(text + "\n")
    assert facts_of_head(tmp_path / "egg").sha256 != before.sha256


def test_a_refused_head_is_refused_every_time(tmp_path, folder):
    write_head(tmp_path / "egg", id="egg")
    (tmp_path / "egg" / "head.json").write_text("{")
    for _ in range(2):
        with pytest.raises(InputError, match=r"head\.json"):
            load_kept_head(tmp_path / "egg")
    assert not folder.exists() or not list(folder.iterdir())


def test_visibility_and_shapes_are_kept_by_what_the_head_is(tmp_path, folder):
    write_head(tmp_path / "egg", id="egg")
    head = load_kept_head(tmp_path / "egg")
    baked = [bake_occlusion(head) for _ in range(2)]
    np.testing.assert_array_equal(baked[0].hidden_sh, baked[1].hidden_sh)
    np.testing.assert_array_equal(baked[0].ambient, baked[1].ambient)
    rigs = [FaceRig(head) for _ in range(2)]
    assert (rigs[0].displacement != rigs[1].displacement).nnz == 0
    np.testing.assert_array_equal(rigs[0].moved, rigs[1].moved)
    assert len(list(folder.glob("visibility-*"))) == len(list(folder.glob("rig-*"))) == 1
