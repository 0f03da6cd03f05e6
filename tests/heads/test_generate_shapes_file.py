"""The file of shapes: what is read back is what was written."""

import numpy as np
import pytest

from synhead.heads.generate.shapes_file import write_shapes


def some_deltas(rng, shapes: int, vertices: int) -> np.ndarray:
    deltas = rng.normal(0, 4, (shapes, vertices, 3)).astype(np.float32)
    deltas[:, rng.random(vertices) < 0.6] = 0
    return deltas


def dense(path) -> np.ndarray:
    """Every delta of every vertex, by the words of the format alone."""
    with np.load(path, allow_pickle=False) as stored:
        out = np.zeros((len(stored["names"]), int(stored["num_vertices"]), 3))
        for k, (start, end) in enumerate(zip(stored["offsets"][:-1], stored["offsets"][1:], strict=True)):
            out[k, stored["vertex_index"][start:end]] = stored["delta_mm"][start:end]
    return out


def test_a_round_trip_keeps_every_delta_to_a_hundredth(tmp_path):
    rng = np.random.default_rng(3)
    parts = [some_deltas(rng, 3, 40), None, some_deltas(rng, 3, 11)]
    path = tmp_path / "x_shapes.npz"
    write_shapes(path, ("jawOpen", "eyeBlinkLeft", "browInnerUp"), parts, [40, 7, 11])
    expected = np.concatenate([parts[0], np.zeros((3, 7, 3)), parts[2]], axis=1)
    np.testing.assert_allclose(dense(path), expected, atol=0.012)
    with np.load(path, allow_pickle=False) as stored:
        assert stored["names"].tolist() == ["jawOpen", "eyeBlinkLeft", "browInnerUp"]
        assert {name: stored[name].dtype for name in ("offsets", "vertex_index", "delta_mm", "num_vertices")} == {
            "offsets": np.int64,
            "vertex_index": np.uint32,
            "delta_mm": np.float16,
            "num_vertices": np.int64,
        }
    first = path.read_bytes()
    write_shapes(path, ("jawOpen", "eyeBlinkLeft", "browInnerUp"), parts, [40, 7, 11])
    assert path.read_bytes() == first


def test_wrong_lengths_and_numbers_are_named(tmp_path):
    deltas = np.ones((1, 4, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="jawOpen: 4 deltas for a part of 5"):
        write_shapes(tmp_path / "x.npz", ("jawOpen",), [deltas], [5])
    deltas[0, 2, 1] = np.nan
    with pytest.raises(ValueError, match="jawOpen: a delta is not finite"):
        write_shapes(tmp_path / "x.npz", ("jawOpen",), [deltas], [4])
    assert not (tmp_path / "x.npz").exists()
