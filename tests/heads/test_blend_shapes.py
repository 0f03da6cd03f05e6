"""Blend shapes from file to part: numbering, units, axes, registration, errors."""

import numpy as np
import pytest

from synhead.errors import InputError
from synhead.heads.check import check_head
from synhead.heads.load import load_head
from tests.heads.moving import SHAPES, displacement, eye_centers, landmarks_104, write_moving_head, write_shapes
from tests.heads.synthetic import egg_mesh


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_moving_head(tmp_path_factory.mktemp("moving") / "egg")


@pytest.fixture(scope="module")
def head(folder):
    return load_head(folder)


def _skin(head):
    return next(part for part in head.parts if part.kind == "skin")


def test_every_vertex_moves_as_the_formula_says_where_it_lies(head, folder):
    """In axes of the file: the registration's turn and shift are found from the eyes, which it moved likewise."""
    given = np.concatenate([eye_centers(), eye_centers() + [0, 0, 0.012]])
    loaded = np.concatenate([head.eye_centers_m, head.pupils_m])
    # Kabsch between the given and the loaded points: another route than the loader's.
    a, b = given - given.mean(axis=0), loaded - loaded.mean(axis=0)
    u, _, vt = np.linalg.svd(b.T @ a)
    R = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    skin = _skin(head)
    at = (skin.vertices_m - loaded.mean(axis=0)) @ R + given.mean(axis=0)
    body = slice(0, 24 * 48)
    assert head.shape_names == SHAPES
    for row, name in enumerate(SHAPES):
        moved = skin.shape_deltas_m[row] @ R
        expected = displacement(name, at)
        on_egg = np.abs(np.linalg.norm((at - [0, -0.015, -0.022]) / [0.076, 0.125, 0.098], axis=1) - 1) < 1e-3
        assert on_egg[body].mean() > 0.9
        np.testing.assert_allclose(moved[on_egg], expected[on_egg], atol=4e-5)


def test_seam_doubles_move_alike_and_the_cap_follows_its_ring(head):
    skin = _skin(head)
    _, first, inverse = np.unique(np.round(skin.vertices_m, 7), axis=0, return_index=True, return_inverse=True)
    same = skin.shape_deltas_m[:, first[inverse.reshape(-1)]]
    np.testing.assert_allclose(skin.shape_deltas_m, same, atol=1e-7)


def test_units_and_axes_of_the_file_do_not_change_what_a_shape_does(head, tmp_path):
    """The same head in centimetres with z up: vertices are turned by hand, deltas too, but stay millimetres."""
    folder = write_moving_head(tmp_path / "egg")
    turn = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    lines = []
    for line in (folder / "egg.obj").read_text().splitlines():
        if line.startswith("v "):
            x, y, z = 100 * turn @ np.array(line.split()[1:], dtype=float)
            line = f"v {x:.6f} {y:.6f} {z:.6f}"
        lines.append(line)
    (folder / "egg.obj").write_text("\n".join(lines) + "\n")
    with np.load(folder / "egg_shapes.npz") as file:
        arrays = dict(file)
    arrays["delta_mm"] = (arrays["delta_mm"].astype(float) @ turn.T).astype(np.float16)
    np.savez(folder / "egg_shapes.npz", **arrays)
    import json

    data = json.loads((folder / "head.json").read_text())
    for name in ("landmarks_ibug68", "landmarks_104", "eye_centers", "pupils"):
        data[name] = (100 * np.array(data[name]) @ turn.T).tolist()
    data |= {"units": "cm", "up": "+z", "front": "-y"}
    (folder / "head.json").write_text(json.dumps(data))
    other = load_head(folder)
    np.testing.assert_allclose(_skin(other).shape_deltas_m, _skin(head).shape_deltas_m, atol=2e-6)
    np.testing.assert_allclose(other.eye_centers_m, head.eye_centers_m, atol=1e-6)
    np.testing.assert_allclose(other.landmarks_104_m, head.landmarks_104_m, atol=1e-6)


def test_points_are_registered_like_the_landmarks(head):
    between = np.linalg.norm(eye_centers()[1] - eye_centers()[0])
    assert np.linalg.norm(head.eye_centers_m[1] - head.eye_centers_m[0]) == pytest.approx(between)
    np.testing.assert_array_equal(head.landmarks_104_m[:68], head.landmarks_68_m)
    for eye in range(2):
        iris = head.landmarks_104_m[68 + 4 * eye : 72 + 4 * eye]
        # On the facets of the drawn ball, which lie inside it.
        distance = np.linalg.norm(iris - head.eye_centers_m[eye], axis=1)
        assert (distance < 0.01201).all()
        assert (distance > 0.0114).all()


def test_the_digest_covers_the_shapes(folder, head, tmp_path):
    other = write_moving_head(tmp_path / "egg")
    assert load_head(other).sha256 == head.sha256
    with np.load(other / "egg_shapes.npz") as file:
        arrays = dict(file)
    arrays["delta_mm"][0] += 1
    np.savez(other / "egg_shapes.npz", **arrays)
    assert load_head(other).sha256 != head.sha256


def test_a_head_without_any_of_it_cannot_move(tmp_path):
    head = load_head(write_moving_head(tmp_path / "e", blend_shapes=None, eye_centers=None, landmarks_104=None))
    assert head.shape_names == ()
    assert all(part.shape_deltas_m is None for part in head.parts)
    assert head.eye_centers_m is None
    assert head.landmarks_104_m is None


def test_the_104_points_alone_give_the_68(head, tmp_path):
    alone = load_head(write_moving_head(tmp_path / "e", landmarks_ibug68=None))
    np.testing.assert_allclose(alone.landmarks_68_m, head.landmarks_68_m, atol=1e-9)


def test_check_counts_the_shapes(folder):
    said = [finding.message for finding in check_head(folder).findings]
    assert any("3 blend shapes" in line and "eyes can turn" in line for line in said), said


@pytest.mark.parametrize(
    ("changes", "field", "match"),
    [
        ({"num_vertices": np.int64(7)}, "num_vertices", r"is 7; the mesh has \d+ vertices"),
        ({"delta_mm": None}, "delta_mm", "is missing; a blend shape file holds names, offsets"),
        ({"names": np.array(["a", "a", "b"])}, "names", "'a' twice"),
        ({"names": np.array([1, 2, 3])}, "names", "is int64"),
        ({"offsets": np.array([0, 5, 3, 9])}, "offsets", "rise from 0"),
        ({"vertex_index": np.array([0.5])}, "vertex_index", "is float64"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_the_field(tmp_path, changes, field, match):
    folder = write_moving_head(tmp_path / "e")
    vertices, _, _ = egg_mesh()
    write_shapes(folder / "egg_shapes.npz", vertices, **{"num_vertices": len(vertices) + 2 * 162, **changes})
    with pytest.raises(InputError, match=match) as caught:
        load_head(folder)
    assert caught.value.field == field
    assert caught.value.path.name == "egg_shapes.npz"


@pytest.mark.parametrize(
    ("field", "change", "match"),
    [
        ("vertex_index", lambda v: np.where(np.arange(len(v)) == 3, 99_999, v), "moves vertex 99999"),
        ("vertex_index", lambda v: np.where(np.arange(len(v)) == 3, v[4], v), "names a vertex twice"),
        ("delta_mm", lambda v: np.where(np.arange(len(v))[:, None] == 3, np.nan, v), "not finite"),
        ("delta_mm", lambda v: v * 50, "whatever the unit of the mesh"),
    ],
)
def test_wrong_numbers_are_refused_by_the_name_of_the_shape(tmp_path, field, change, match):
    folder = write_moving_head(tmp_path / "e")
    with np.load(folder / "egg_shapes.npz") as file:
        arrays = dict(file)
    arrays[field] = change(arrays[field]).astype(arrays[field].dtype)
    np.savez(folder / "egg_shapes.npz", **arrays)
    with pytest.raises(InputError, match=f"jawOpen.*{match}|{match}") as caught:
        load_head(folder)
    assert caught.value.field == field


def test_files_that_are_no_shapes_are_refused(tmp_path):
    folder = write_moving_head(tmp_path / "e")
    (folder / "egg_shapes.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match=r"is not a NumPy \.npz file"):
        load_head(folder)
    np.save(folder / "single.npy", np.zeros(3))
    (folder / "egg_shapes.npz").write_bytes((folder / "single.npy").read_bytes())
    with pytest.raises(InputError, match=r"is not a NumPy \.npz file"):
        load_head(folder)
    (folder / "egg_shapes.npz").unlink()
    with pytest.raises(InputError, match="the face then rests") as caught:
        load_head(folder)
    assert caught.value.field == "blend_shapes"


def test_a_point_far_off_the_skin_is_refused(tmp_path):
    points = landmarks_104()
    points[78] += [0.03, 0, 0]
    with pytest.raises(InputError, match="mm away from the skin") as caught:
        load_head(write_moving_head(tmp_path / "e", landmarks_104=points.tolist()))
    assert caught.value.field == "landmarks_104[78]"
