import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from synhead.core.scene import SensorSpec
from synhead.shards.format_doc import READING_EXAMPLE, format_markdown
from synhead.shards.schema import DATASETS, FILE_ATTRIBUTES, SEQUENCE_ATTRIBUTES
from tests.shards.synthetic import make_dataset, make_face, make_record, make_spec

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_document_is_the_one_the_table_makes():
    committed = (ROOT / "docs" / "format.md").read_text()
    assert committed == format_markdown(), "run: python -m synhead.shards.format_doc > docs/format.md"


def test_bare_h5py_reads_the_data_set_as_the_document_shows(tmp_path):
    make_dataset(tmp_path / "d")
    assert READING_EXAMPLE in (ROOT / "docs" / "format.md").read_text()
    assert "synhead" not in READING_EXAMPLE
    assert len(READING_EXAMPLE.splitlines()) <= 16
    done = subprocess.run(
        [sys.executable, "-c", READING_EXAMPLE, tmp_path / "d"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["h1__t1", "h2__t1", "h1__t2", "h2__t2"]
    assert all("(48, 64, 3)" in line and float(line.split()[-2]) < 1e-5 for line in lines)


def test_a_file_holds_exactly_the_table(tmp_path):
    full = replace(
        make_spec(), sensor=SensorSpec(shot_noise=1e-4), background_shift_px=np.zeros((5, 2)), face=make_face()
    )
    make_dataset(tmp_path / "d", shards=((make_record(full, depth=True, face=True),),))
    found = {}
    with h5py.File(tmp_path / "d" / "shards" / "00000.h5") as file:
        assert set(file.attrs) == {f.name for f in FILE_ATTRIBUTES}
        group = file["sequences/h1__t1"]
        assert set(group.attrs) == {f.name for f in SEQUENCE_ATTRIBUTES}
        group.visititems(lambda name, node: found.update({name: node[()]} if isinstance(node, h5py.Dataset) else {}))
        for field in SEQUENCE_ATTRIBUTES:
            value = group.attrs[field.name]
            assert isinstance(value, str) if field.dtype == "str" else np.asarray(value).dtype == field.dtype
    assert set(found) == {f.name for f in DATASETS}
    sizes = {"T": 5, "T+1": 6, "H": 48, "W": 64, "S": 3}
    for field in DATASETS:
        expected = [sizes.get(d, d) for d in field.shape]
        assert all(e in ("N", n) for e, n in zip(expected, found[field.name].shape, strict=True)), field.name
        assert found[field.name].dtype == field.dtype
