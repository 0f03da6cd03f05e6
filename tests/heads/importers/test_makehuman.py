"""Heads composed from MakeHuman: against heads composed by someone else, and as the loader sees them."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import KDTree

from synhead.core.landmarks import LEFT_EYE, MIRROR_68, RIGHT_EYE
from synhead.errors import ConfigError, InputError, OutputError
from synhead.heads.check import check_model
from synhead.heads.geometry import nearest_on_surface
from synhead.heads.importers.cloth import cut_cloth
from synhead.heads.importers.collection import MANIFEST_NAME
from synhead.heads.importers.makehuman import build_makehuman_head, import_makehuman, plan_makehuman
from synhead.heads.importers.makehuman_compose import compose, tuck_mouth_in
from synhead.heads.importers.makehuman_library import MakeHumanLibrary, open_library
from synhead.heads.importers.makehuman_read import read_binding, read_target
from synhead.heads.load import LoadReport, load_head_with_report
from synhead.heads.model import HeadModel
from tests.shared_data import shared_data


@pytest.fixture(scope="module")
def library() -> MakeHumanLibrary:
    return open_library(shared_data("makehuman"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("makehuman")
    import_makehuman(shared_data("makehuman"), out, count=2, seed=5)
    return out


@pytest.fixture(scope="module")
def heads(made: Path) -> list[tuple[HeadModel, LoadReport]]:
    return [load_head_with_report(folder) for folder in sorted(made.glob("mh*"))]


def _example(name: str) -> tuple[dict, np.ndarray]:
    """head.json of a head composed elsewhere, and the vertices of its skin in metres."""
    folder = shared_data("heads", name)
    skin, part = [], ""
    for line in (folder / f"{name}.obj").read_text().splitlines():
        words = line.split()
        if words[:1] == ["o"]:
            part = words[1]
        elif words[:1] == ["v"] and "skin" in part:
            skin.append([float(word) for word in words[1:4]])
    return json.loads((folder / "head.json").read_text()), np.array(skin)


def _weights(example: dict) -> dict[str, float]:
    weights = dict(example["targets"])
    for age, share in example["macro"]["age_mix"].items():
        sex = example["macro"]["sex"]
        weights[f"macrodetails/{example['macro']['race']}-{sex}-{age}"] = share
        weights[f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight"] = share
    return weights


@pytest.mark.parametrize("name", ["f1", "f4", "m2", "m4"])
def test_compose_gives_the_heads_that_another_program_composed(library: MakeHumanLibrary, name: str) -> None:
    example, skin = _example(name)
    vertices = compose(library, _weights(example)) * 0.1
    np.testing.assert_allclose(library.body.landmarks(vertices), example["landmarks_ibug68"], atol=1e-5)
    distance, _ = KDTree(vertices[:13380]).query(skin)
    # The other program cut the neck by a plane and made new vertices there, two percent of all.
    assert np.quantile(distance, 0.975) < 1e-4
    assert (distance[skin[:, 1] > skin[:, 1].min() + 0.06] < 1e-4).all()


def test_proxies_fit_where_another_program_fitted_them(library: MakeHumanLibrary) -> None:
    example, _ = _example("f1")
    from synhead.heads.importers.makehuman_points import eye_points

    binding, mesh = library.proxy(library.layout.eyes)
    points = eye_points(mesh, binding.fit(compose(library, _weights(example))) * 0.1)
    np.testing.assert_allclose(points.pupils, example["pupils"], atol=6e-4)
    # The centre of an eyeball lies its radius behind the pupil.
    assert np.all((points.pupils - points.centers)[:, 2] > 0.011)
    np.testing.assert_allclose((points.pupils - points.centers)[:, :2], 0.0, atol=1e-3)
    widths = np.linalg.norm(points.iris[[2, 6]] - points.iris[[0, 4]], axis=1)
    assert np.all((widths > 0.009) & (widths < 0.014))


def test_inside_of_the_mouth_stays_behind_the_skin(library: MakeHumanLibrary) -> None:
    hollow = compose(
        library,
        {"macrodetails/caucasian-male-old": 1.0, "cheek/l-cheek-inner-decr": 1.0, "cheek/r-cheek-inner-decr": 1.0},
    )
    body = library.body

    def deepest(vertices: np.ndarray) -> float:
        """How far the mouth's inside stands out over the face, decimetres, 12 mm and more from the lips."""
        faces = body.skin_triangles[np.isin(body.skin_triangles, body.face).all(axis=1)]
        inside = vertices[body.mouth_inside]
        point, _, triangle = nearest_on_surface(inside, vertices, faces)
        corner = vertices[faces[triangle]]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        away = np.linalg.norm(inside[:, None] - vertices[body.landmark_vertices[48:, 0]], axis=2).min(axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return float(((inside - point) * normal).sum(axis=1)[away > 0.12].max())

    assert deepest(hollow) > 0.002
    assert deepest(tuck_mouth_in(library, hollow)) < -0.01


def test_people_differ_and_stay_people(library: MakeHumanLibrary) -> None:
    _, people = plan_makehuman(shared_data("makehuman"), 40, 3)
    for person in people:
        assert sum(person.descent.values()) == pytest.approx(1.0)
        assert sum(w for name, w in person.macro().items() if "universal" in name) == pytest.approx(1.0)
        assert max(person.details.values()) <= 0.56
    assert {person.sex for person in people} == {"female", "male"}
    assert {person.age_group for person in people} == {"young", "middleage", "old"}
    assert sum(max(person.descent.values()) < 0.8 for person in people) > 8
    faces = np.stack([library.body.landmarks(compose(library, {**p.macro(), **p.details})) for p in people])
    length = np.linalg.norm(faces[:, 27] - faces[:, 8], axis=1) * 0.1
    assert np.all((length > 0.078) & (length < 0.151))
    assert length.std() > 0.003
    # Nobody is lopsided: mirrored faces lie on themselves within a few millimetres.
    mirrored = faces[:, list(MIRROR_68)] * [-1, 1, 1]
    assert np.abs(mirrored - faces).max() * 0.1 < 0.006


def test_heads_load_and_pass_the_check(heads: list[tuple[HeadModel, LoadReport]]) -> None:
    for head, loaded in heads:
        report = check_model(head, loaded)
        assert report.num_errors == 0, report.findings
        assert report.measures_m["largest snap distance"] < 1e-4
        assert head.licence == "CC0-1.0"
        assert loaded.num_neck_cap_triangles > 0
        assert {part.kind for part in head.parts} >= {"skin", "eyes", "teeth", "clothes", "eyebrows", "eyelashes"}


def test_eyes_look_straight_ahead(heads: list[tuple[HeadModel, LoadReport]]) -> None:
    """In the zero pose, which the eyes take no part in: their axes lie within a few degrees of straight ahead."""
    lean = []
    for head, _ in heads:
        assert head.eye_centers_m is not None
        assert head.pupils_m is not None
        gaze = head.pupils_m - head.eye_centers_m
        aside = np.degrees(np.arctan2(gaze[:, 0], gaze[:, 2]))
        assert abs(aside.mean()) < 1
        assert np.abs(aside).max() < 6
        lean.append(np.degrees(np.arctan2(gaze[:, 1], gaze[:, 2])).mean())
    assert np.abs(lean).max() < 8


def test_the_104_points_lie_where_their_definition_says(made: Path) -> None:
    data = json.loads((made / "mh0001" / "head.json").read_text())
    points = np.array(data["landmarks_104"])
    np.testing.assert_array_equal(points[:68], np.array(data["landmarks_ibug68"]))
    for start, eye, outer in ((80, RIGHT_EYE, -1), (92, LEFT_EYE, 1)):
        ring = points[start : start + 12]
        np.testing.assert_allclose(np.diff(ring[:7, 0]), (ring[6, 0] - ring[0, 0]) / 6, atol=1e-5)
        assert np.argmax(ring[:, 0] * outer) == 0
        assert np.all(ring[1:6, 1] > ring[[11, 10, 9, 8, 7], 1])
        assert np.linalg.norm(ring.mean(axis=0) - points[list(eye)].mean(axis=0)) < 0.006
    for start, side in ((76, -1), (78, 1)):
        top, lobe = points[start], points[start + 1]
        assert 0.045 < top[1] - lobe[1] < 0.085
        assert side * top[0] > 0.05
    iris = points[68:76].reshape(2, 4, 3)
    assert np.all(iris[:, 2, 0] > iris[:, 0, 0])
    assert np.all(iris[:, 1, 1] > iris[:, 3, 1])
    np.testing.assert_allclose(iris.mean(axis=1)[:, :2], np.array(data["pupils"])[:, :2], atol=1e-3)


def test_blend_shapes_move_what_they_name(heads: list[tuple[HeadModel, LoadReport]]) -> None:
    head, _ = heads[1]
    skin = next(part for part in head.parts if part.kind == "skin")
    assert skin.shape_deltas_m is not None
    names = list(head.shape_names)
    assert len(names) >= 35
    assert np.isfinite(skin.shape_deltas_m).all()
    assert np.abs(skin.shape_deltas_m).max() < 0.06
    longest = np.linalg.norm(skin.shape_deltas_m, axis=2)
    assert np.all(longest.max(axis=1) > 2e-4)
    at = skin.vertices_m
    for name, side in (("eyeBlinkLeft", 1), ("eyeBlinkRight", -1), ("mouthSmileLeft", 1), ("mouthSmileRight", -1)):
        moved = longest[names.index(name)] > 5e-4
        assert np.mean(at[moved, 0] * side > -0.002) > 0.95, name
    assert head.landmarks_68_m is not None
    chin = np.argmin(np.linalg.norm(at - head.landmarks_68_m[8], axis=1))
    assert skin.shape_deltas_m[names.index("jawOpen"), chin, 1] < -0.01
    for part in head.parts:
        if part.kind == "eyes":
            assert part.shape_deltas_m is None or not part.shape_deltas_m.any()
    lashes = next(part for part in head.parts if part.kind == "eyelashes")
    assert lashes.shape_deltas_m is not None
    assert lashes.shape_deltas_m[names.index("eyeBlinkLeft"), :, 1].min() < -0.003


def test_same_seed_same_bytes_and_a_longer_set_begins_alike(made: Path, tmp_path: Path) -> None:
    import_makehuman(shared_data("makehuman"), tmp_path / "again", count=1, seed=5)
    first = {path.name: path.read_bytes() for path in (made / "mh0001").iterdir()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "again" / "mh0001").iterdir()}
    assert first == second
    manifest = json.loads((made / MANIFEST_NAME).read_text())
    assert manifest["heads"] == ["mh0001", "mh0002"]
    assert "--seed 5" in manifest["command"]
    assert set(manifest["files"]) == {p.relative_to(made).as_posix() for p in made.glob("mh*/*")}


def test_present_heads_are_refused_and_only_their_files_replaced(made: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"mh0001.*--overwrite"):
        import_makehuman(shared_data("makehuman"), made, count=1, seed=6)
    folder = tmp_path / "mh0001"
    folder.mkdir()
    (folder / "mh0001_old.png").write_text("stale")
    (folder / "notes.txt").write_text("mine")
    import_makehuman(shared_data("makehuman"), tmp_path, count=1, seed=6, overwrite=True)
    assert not (folder / "mh0001_old.png").exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_mouths_are_shut(library: MakeHumanLibrary) -> None:
    """Looking straight at the mouth, no ray between the inner lips reaches the teeth before the skin."""
    _, people = plan_makehuman(shared_data("makehuman"), 3, 1)
    cloth = cut_cloth(library.body.mesh.vertices, library.body.torso_triangles)
    for person in people:
        head = build_makehuman_head(library, cloth, person, noise_seed=1)
        skin = next(part for part in head.parts if part.name == "skin")
        teeth = next(part for part in head.parts if part.name == "teeth")
        lips = head.landmarks_68_m[60:68]
        x, y = np.meshgrid(
            np.linspace(lips[:, 0].min(), lips[:, 0].max(), 40)[3:-3],
            np.linspace(lips[:, 1].min() - 0.001, lips[:, 1].max() + 0.001, 30),
        )
        xy = np.column_stack([x.ravel(), y.ravel()])
        depth = [_first_z(part.vertices_m, part.triangles, xy) for part in (skin, teeth)]
        assert np.mean(depth[1] > depth[0]) < 0.01, person.head_id


def _first_z(vertices: np.ndarray, triangles: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """z of the foremost point over each (x, y), -inf without one: barycentric coordinates in the plane."""
    corner = vertices[triangles]
    near = ((corner[..., :2].max(axis=1) > xy.min(axis=0)) & (corner[..., :2].min(axis=1) < xy.max(axis=0))).all(axis=1)
    a, b, c = np.moveaxis(corner[near], 1, 0)
    e1, e2, d = b - a, c - a, xy[:, None] - a[None, :, :2]
    area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    w1 = (d[..., 0] * e2[:, 1] - d[..., 1] * e2[:, 0]) / area
    w2 = (e1[:, 0] * d[..., 1] - e1[:, 1] * d[..., 0]) / area
    inside = (w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1) & np.isfinite(area)
    return np.where(inside, a[:, 2] + w1 * e1[:, 2] + w2 * e2[:, 2], -np.inf).max(axis=1)


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fetch makehuman"):
        open_library(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"3dobjs/base\.obj"):
        open_library(tmp_path)
    target = tmp_path / "a.target"
    target.write_text("# c\n5 0.1 0.2\n")
    with pytest.raises(InputError, match="index dx dy dz"):
        read_target(target, 10)
    target.write_text("12 0.1 0.2 0.3\n")
    with pytest.raises(InputError, match="vertex 12"):
        read_target(target, 10)
    mhclo = tmp_path / "a.mhclo"
    mhclo.write_text("x_scale 1 2 3.0\nverts 0\n1 2\n")
    with pytest.raises(InputError, match="line 3"):
        read_binding(mhclo)
    with pytest.raises(ConfigError, match="--count 0"):
        plan_makehuman(tmp_path, 0, 0)


def test_a_row_with_one_number_binds_to_that_vertex(tmp_path: Path) -> None:
    mhclo = tmp_path / "a.mhclo"
    mhclo.write_text("x_scale 0 1 2.0\ny_scale 0 1 1.0\nverts 0\nz_scale 0 1 1.0\n2\n0 1 2 0.5 0.5 0 1 0 0\n")
    base = np.array([[0.0, 0, 0], [4.0, 1, 1], [7.0, 8, 9]])
    np.testing.assert_allclose(read_binding(mhclo).fit(base), [[7, 8, 9], [2.0 + 4 / 2.0, 0.5, 0.5]])
