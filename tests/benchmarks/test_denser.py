"""A denser head is the same surface: area, outline and texture stay, no hole opens, and it loads again."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.denser import with_triangles, write_head_folder
from synhead.heads.load import load_head
from synhead.heads.model import HeadModel, HeadPart
from tests.heads.synthetic import write_head


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return load_head(write_head(tmp_path_factory.mktemp("egg") / "egg", id="egg"))


def _area_m2(part: HeadPart) -> float:
    a, b, c = (part.vertices_m[part.triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def _open_edges_m(part: HeadPart) -> float:
    """Length of all edges with one triangle; vertices count by their place, as a seam of the texture is no hole."""
    _, place = np.unique(np.round(part.vertices_m, 9), axis=0, return_inverse=True)
    place = place.reshape(-1)
    corners = np.stack([part.triangles, np.roll(part.triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    _, first, count = np.unique(np.sort(place[corners], axis=1), axis=0, return_index=True, return_counts=True)
    a, b = corners[first[count == 1]].T
    return float(np.linalg.norm(part.vertices_m[a] - part.vertices_m[b], axis=1).sum())


@pytest.mark.parametrize("factor", [1.3, 3.0, 11.0])
def test_denser_is_the_same_surface(egg: HeadModel, factor: float):
    wanted = round(factor * egg.num_triangles)
    dense = with_triangles(egg, wanted)
    assert 0.95 * wanted <= dense.num_triangles <= wanted
    for before, after in zip(egg.parts, dense.parts, strict=True):
        assert _area_m2(after) == pytest.approx(_area_m2(before), rel=1e-6)
        assert _open_edges_m(after) == pytest.approx(_open_edges_m(before), rel=1e-6)
        np.testing.assert_allclose(np.linalg.norm(after.normals, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(dense.bounds_m, egg.bounds_m)


def test_winding_is_kept(egg: HeadModel):
    skin = with_triangles(egg, 5 * egg.num_triangles).parts[0]
    a, b, c = (skin.vertices_m[skin.triangles[:, k]] for k in range(3))
    facing = np.einsum("ij,ij->i", np.cross(b - a, c - a), skin.normals[skin.triangles].mean(axis=1))
    assert (facing > 0).all()


def test_sparser_never_has_more_than_asked_for_or_is_the_lowest_level(egg: HeadModel):
    lowest = with_triangles(egg, 1)
    assert lowest.num_triangles <= egg.num_triangles
    assert with_triangles(egg, lowest.num_triangles).num_triangles == lowest.num_triangles


def test_written_head_loads_with_its_triangles(egg: HeadModel, tmp_path: Path):
    dense = with_triangles(egg, 2 * egg.num_triangles)
    write_head_folder(dense, tmp_path / "dense", "dense")
    again = load_head(tmp_path / "dense")
    assert again.head_id == "dense"
    assert sorted(p.kind for p in again.parts) == sorted(p.kind for p in dense.parts)
    assert again.num_triangles == pytest.approx(dense.num_triangles, rel=0.01)
    assert dense.landmarks_68_m is not None
    assert again.landmarks_68_m is not None
    np.testing.assert_allclose(again.landmarks_68_m, dense.landmarks_68_m, atol=1e-4)
