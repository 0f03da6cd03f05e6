import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synhead.errors import DatasetError, OutputError
from synhead.shards.manifest import (
    Failure,
    InputEntry,
    Manifest,
    content_sha256,
    manifest_from_record,
    read_manifest,
    write_manifest,
)
from synhead.shards.records import SequenceEntry, ShardRecord

text = st.text(st.characters(blacklist_categories=("Cs",)), max_size=6)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
free_form = st.dictionaries(text, text | numbers | st.none() | st.lists(numbers, max_size=2), max_size=2)


SMALL = Manifest(
    config={"seed": 0, "name": "x"},
    config_sha256=content_sha256({"seed": 0, "name": "x"}),
    shards=tuple(
        ShardRecord(
            name=f"0000{i}.h5",
            sha256=str(i) * 64,
            num_bytes=10,
            num_frames=2,
            sequences=(
                SequenceEntry(
                    sequence_id=f"h__t{i}", head_id="h", track_id=f"t{i}", background_id="b", seed=i, num_frames=2
                ),
            ),
        )
        for i in range(2)
    ),
    inputs={"heads": (InputEntry(id="h", sha256="a" * 64, licence="CC0-1.0", source="s"),)},
    splits={"train": ("h__t0",)},
    failures=(Failure(sequence_id="h__t2", stage="render", reason="no"),),
    renderer={"engine": "gl"},
    throughput={"render": 1.0},
    created_utc="2026-01-01T00:00:00Z",
    versions={"python": "3"},
    synhead_version="0.1.0",
)


@settings(max_examples=25)
@given(config=free_form, splits=st.dictionaries(text, text, max_size=2), words=st.lists(text, min_size=4, max_size=4))
def test_any_words_and_numbers_come_back(config, splits, words):
    manifest = replace(
        SMALL,
        config=config,
        throughput=config,
        splits=splits,
        created_utc=words[0],
        failures=(Failure(sequence_id=words[1], stage=words[2], reason=words[3]),),
    )
    record = json.loads(manifest.to_json())
    again = manifest_from_record(record, where="x")
    assert again == manifest
    assert again.to_json() == manifest.to_json()
    assert record["digest"] == again.digest


def test_written_and_read(tmp_path):
    path = write_manifest(tmp_path, SMALL)
    assert read_manifest(tmp_path) == SMALL
    assert path.read_text().splitlines()[1].strip().startswith('"digest": "')
    assert [entry.sequence_id for entry in SMALL.sequences] == ["h__t0", "h__t1"]
    assert SMALL.shard_of["h__t1"].name == "00001.h5"
    assert (SMALL.num_frames, SMALL.num_bytes) == (4, 20)


def test_the_digest_is_that_of_the_stated_content():
    """Computed here from the words of the docstring, not from the code."""
    content = (
        '{"config_sha256":"%s","failures":["h__t2"],"format_version":1,"inputs":{"heads":[["h","%s","CC0-1.0"]]},'
        '"shards":[%s],"splits":{"train":["h__t0"]}}'
    )
    shards = ",".join(
        f'{{"name":"0000{i}.h5","num_bytes":10,"num_frames":2,"sequences":[{{"background_id":"b","head_id":"h",'
        f'"num_frames":2,"seed":{i},"sequence_id":"h__t{i}","track_id":"t{i}"}}],"sha256":"{str(i) * 64}"}}'
        for i in range(2)
    )
    expected = hashlib.sha256((content % (SMALL.config_sha256, "a" * 64, shards)).encode()).hexdigest()
    assert SMALL.digest == expected


@pytest.mark.parametrize(
    "how",
    [
        {"throughput": {"render": 2.0}},
        {"created_utc": "2027"},
        {"versions": {"python": "4"}},
        {"renderer": {"engine": "gl", "host": "other"}},
        {"synhead_version": "0.2.0"},
        {"failures": (Failure(sequence_id="h__t2", stage="load", reason="other words"),)},
        {"shards": SMALL.shards[::-1]},
        {"inputs": {"heads": (replace(SMALL.inputs["heads"][0], source="moved"),)}},
    ],
    ids=lambda how: next(iter(how)),
)
def test_how_and_when_do_not_enter_the_digest(how):
    assert replace(SMALL, **how).digest == SMALL.digest


@pytest.mark.parametrize(
    "what",
    [
        {"config_sha256": "0" * 64},
        {"shards": (replace(SMALL.shards[0], sha256="f" * 64), SMALL.shards[1])},
        {"shards": (replace(SMALL.shards[0], num_frames=3), SMALL.shards[1])},
        {"shards": SMALL.shards[:1]},
        {"inputs": {"heads": (replace(SMALL.inputs["heads"][0], licence="CC-BY-4.0"),)}},
        {"inputs": {"heads": (replace(SMALL.inputs["heads"][0], sha256="b" * 64),)}},
        {"splits": {"test": ("h__t0",)}},
        {"failures": ()},
        {"format_version": 2},
    ],
    ids=lambda what: next(iter(what)),
)
def test_content_enters_the_digest(what):
    assert replace(SMALL, **what).digest != SMALL.digest


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda t: t[: len(t) // 2], r"manifest\.json, line \d+: the JSON is cut off"),
        (lambda t: "[]", "holds a JSON list"),
        (lambda t: t.replace('"format_version": 1', '"format_version": 9'), r"format_version: is 9; .* reads 1\. Use"),
        (lambda t: t.replace('"splits"', '"spilts"'), "the field 'splits' is missing"),
        (lambda t: t.replace('"seed": 1', '"seed": "1"'), r"shards\[1\]\.sequences\[0\], seed: is str; int is right"),
        (lambda t: t.replace('"licence"', '"license"'), r"inputs\.heads\[0\]: the field 'licence' is missing"),
        (lambda t: t.replace('"stage"', '"stages"'), r"failures\[0\]: the field 'stage' is missing"),
    ],
)
def test_a_damaged_manifest_says_where_and_what(tmp_path, break_it, message):
    path = write_manifest(tmp_path, SMALL)
    path.write_text(break_it(path.read_text()))
    with pytest.raises(DatasetError, match=message):
        read_manifest(tmp_path)


def test_a_folder_without_manifest_says_why(tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="is not a synhead data set"):
        read_manifest(tmp_path)
    (tmp_path / ".run").mkdir()
    with pytest.raises(DatasetError, match=r"is not finished\. 'synhead status'"):
        read_manifest(tmp_path)
    with pytest.raises(OutputError, match="does not exist"):
        write_manifest(tmp_path / "nowhere", SMALL)


def test_numbers_that_json_cannot_say_have_no_digest():
    with pytest.raises(ValueError, match="JSON"):
        content_sha256({"x": float("nan")})
