"""Normal maps: read where head.json names them, refused with file and field, and the tangents that they stand on."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synhead.errors import InputError
from synhead.heads.load import load_head
from synhead.heads.tangents import vertex_tangents
from tests.heads.synthetic import write_head
from tests.render.simple_scenes import quad


def head_with_map(folder: Path, value=(128, 128, 255)) -> Path:
    write_head(folder, parts={"skin": {"kind": "skin", "normal_texture": "bumps.png"}})
    Image.fromarray(np.full((16, 32, 3), value, np.uint8)).save(folder / "bumps.png")
    return folder


def test_the_map_of_head_json_is_read(tmp_path):
    head = load_head(head_with_map(tmp_path / "egg", (140, 110, 250)))
    found = {part.kind: part.material.normal_texture for part in head.parts}
    assert found["skin"].shape == (16, 32, 3)
    np.testing.assert_array_equal(found["skin"][3, 5], [140, 110, 250])
    assert found["eyebrows"] is None


def test_the_map_is_part_of_the_sum(tmp_path):
    one = load_head(head_with_map(tmp_path / "one", (128, 128, 255)))
    other = load_head(head_with_map(tmp_path / "two", (129, 128, 255)))
    assert one.sha256 != other.sha256


def test_a_missing_map_names_file_and_field(tmp_path):
    folder = head_with_map(tmp_path / "egg")
    (folder / "bumps.png").unlink()
    with pytest.raises(InputError) as caught:
        load_head(folder)
    assert "head.json" in str(caught.value)
    assert "parts.skin.normal_texture" in str(caught.value)
    assert "bumps.png" in str(caught.value)


@pytest.mark.parametrize("value", [7, "/etc/passwd", "../bumps.png"])
def test_a_map_that_is_no_file_of_the_folder_is_refused(tmp_path, value):
    folder = head_with_map(tmp_path / "egg")
    text = json.loads((folder / "head.json").read_text())
    text["parts"]["skin"]["normal_texture"] = value
    (folder / "head.json").write_text(json.dumps(text))
    with pytest.raises(InputError, match=r"parts\.skin\.normal_texture"):
        load_head(folder)


def test_a_damaged_map_is_refused(tmp_path):
    folder = head_with_map(tmp_path / "egg")
    (folder / "bumps.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(InputError, match=r"bumps\.png"):
        load_head(folder)


def test_tangents_of_a_square_are_its_edges():
    # Texture right is the square's +x, texture up its +y; the normal is +z, so that the sign is +1.
    tangents = vertex_tangents(quad([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]]))
    np.testing.assert_allclose(tangents, np.tile([1.0, 0, 0, 1.0], (4, 1)), atol=1e-7)


def test_a_mirrored_texture_turns_the_sign():
    part = quad([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]])
    mirrored = type(part)(
        kind=part.kind,
        material=part.material,
        vertices_m=part.vertices_m,
        normals=part.normals,
        uv=part.uv * [-1, 1] + [1, 0],
        triangles=part.triangles,
    )
    np.testing.assert_allclose(vertex_tangents(mirrored), np.tile([-1.0, 0, 0, -1.0], (4, 1)), atol=1e-7)


def test_tangents_are_unit_vectors_in_the_surface_even_without_texture(tmp_path):
    for part in load_head(head_with_map(tmp_path / "egg")).parts:
        tangents = vertex_tangents(part)
        np.testing.assert_allclose(np.linalg.norm(tangents[:, :3], axis=1), 1, atol=1e-5)
        np.testing.assert_allclose((tangents[:, :3] * part.normals).sum(axis=1), 0, atol=1e-5)
        assert set(np.unique(tangents[:, 3])) <= {-1.0, 1.0}
