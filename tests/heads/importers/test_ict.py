"""Heads of the ICT-FaceKit model: both layouts of its files, points, expressions, painting."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synhead.core.expressions import ARKIT_52
from synhead.errors import InputError
from synhead.heads.check import check_model
from synhead.heads.importers.ict import build_ict_head, import_ict, plan_ict
from synhead.heads.importers.ict_identity import MAX_SIGMA, sample_person
from synhead.heads.importers.ict_model import IctModel, read_model
from synhead.heads.importers.ict_parts import shirt_cut
from synhead.heads.importers.ict_regions import distance_to_line, inside_polygon, skin_layout
from synhead.heads.load import LoadReport, load_head_with_report
from synhead.heads.model import HeadModel
from tests.shared_data import shared_data

TEXTURE_PX = 128


@pytest.fixture(scope="module")
def model() -> IctModel:
    return read_model(shared_data("ict_facekit"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ict")
    import_ict(shared_data("ict_facekit"), out, count=1, seed=4, texture_size_px=TEXTURE_PX)
    return out


@pytest.fixture(scope="module")
def head(made: Path) -> tuple[HeadModel, LoadReport]:
    return load_head_with_report(made / "ict0001")


def test_expressions_have_arkit_names_and_halves_are_added(model: IctModel) -> None:
    assert set(ARKIT_52) - set(model.expressions) == {"tongueOut"}
    assert list(model.expressions) == [name for name in ARKIT_52 if name in model.expressions]
    with np.load(shared_data("ict_facekit", "expression_deltas_f16.npz")) as packed:
        halves = dict(zip([str(name) for name in packed["names"]], packed["delta"].astype(np.float32), strict=True))
    np.testing.assert_array_equal(model.expressions["cheekPuff"], halves["cheekPuff_L"] + halves["cheekPuff_R"])
    np.testing.assert_array_equal(model.expressions["mouthSmileLeft"], halves["mouthSmile_L"])
    # Left is the subject's: x > 0.
    moved = np.linalg.norm(model.expressions["eyeBlinkLeft"][:9409], axis=1) > 0.1
    assert np.all(model.mesh.vertices[:9409][moved, 0] > 0)


def test_upstream_objects_give_the_same_model(model: IctModel, tmp_path: Path) -> None:
    """The layout of the source's repository: an object a shape instead of packed differences."""
    source = shared_data("ict_facekit")
    folder = tmp_path / "FaceXModel"
    folder.mkdir()
    text = (source / "generic_neutral_mesh.obj").read_text()
    (folder / "generic_neutral_mesh.obj").write_text(text)
    lists = json.loads((source / "vertex_indices.json").read_text())
    lists["expressions"] = ["mouthSmile_L", "jawOpen"]
    (folder / "vertex_indices.json").write_text(json.dumps(lists))
    arkit = {"mouthSmile_L": "mouthSmileLeft", "jawOpen": "jawOpen"}
    objects = {"identity000": model.identity[0], **{name: model.expressions[own] for name, own in arkit.items()}}
    for name, delta in objects.items():
        rows = (model.mesh.vertices + delta).tolist()
        (folder / f"{name}.obj").write_text("".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in rows))
    upstream = read_model(tmp_path)
    assert len(upstream.identity) == 1
    np.testing.assert_allclose(upstream.identity[0], model.identity[0], atol=2e-5)
    np.testing.assert_allclose(upstream.expressions["jawOpen"], model.expressions["jawOpen"], atol=2e-5)


def test_a_person_is_the_sum_of_weighted_modes(model: IctModel) -> None:
    person = sample_person(4, 0, 100)
    assert np.abs(person.weights).max() <= MAX_SIGMA
    by_hand = model.mesh.vertices[100] + sum(
        w * mode[100] for w, mode in zip(person.weights, model.identity, strict=True)
    )
    np.testing.assert_allclose(model.vertices(person.weights)[100], by_hand, atol=1e-6)
    many = np.stack([sample_person(4, index, 100).weights for index in range(200)])
    assert abs(many.mean()) < 0.03
    assert abs(many.std() - 1) < 0.04


def test_the_head_loads_and_passes_the_check(head: tuple[HeadModel, LoadReport]) -> None:
    loaded, report = head
    checked = check_model(loaded, report)
    assert checked.num_errors == 0, checked.findings
    assert checked.measures_m["largest snap distance"] < 1e-4
    assert loaded.licence == "MIT"
    assert {part.kind for part in loaded.parts} >= {"skin", "eyes", "teeth", "clothes"}
    assert len(loaded.shape_names) == 51


def test_eyes_are_where_the_lids_are_and_do_not_change_with_expressions(head: tuple[HeadModel, LoadReport]) -> None:
    loaded, _ = head
    assert loaded.eye_centers_m is not None
    assert loaded.pupils_m is not None
    eyes = next(part for part in loaded.parts if part.kind == "eyes")
    assert eyes.shape_deltas_m is None or not eyes.shape_deltas_m.any()
    for side, center in ((-1, loaded.eye_centers_m[0]), (1, loaded.eye_centers_m[1])):
        ball = eyes.vertices_m[eyes.vertices_m[:, 0] * side > 0]
        radius = np.linalg.norm(ball - center, axis=1)
        assert 0.013 < radius.mean() < 0.018
        assert radius.std() < 0.001
    assert np.all(loaded.pupils_m[:, 2] - loaded.eye_centers_m[:, 2] > 0.012)


def test_the_painted_iris_surrounds_the_pupil(head: tuple[HeadModel, LoadReport]) -> None:
    """The texel at the pupil is black, a ring around it coloured, the white beside it bright."""
    loaded, _ = head
    assert loaded.pupils_m is not None
    eyes = next(part for part in loaded.parts if part.kind == "eyes")
    assert eyes.material.texture is not None
    height, width = eyes.material.texture.shape[:2]

    def brightness(offset_mm: float) -> float:
        assert loaded.pupils_m is not None
        spot = loaded.pupils_m[1] + [offset_mm / 1000, 0, 0]
        front = eyes.vertices_m[:, 2] > loaded.pupils_m[1, 2] - 0.012
        near = np.flatnonzero(front)[np.argmin(np.linalg.norm((eyes.vertices_m[front] - spot)[:, :2], axis=1))]
        u, v = eyes.uv[near]
        return float(eyes.material.texture[int((1 - v) * height), int(u * width), :3].mean())

    assert brightness(0) < 30
    assert brightness(0) < brightness(4) < brightness(9)


def test_lips_are_redder_than_cheeks_and_the_hair_is_on_top(model: IctModel) -> None:
    # Stubble lies on cheek and lip: it would hide what is compared.
    person = replace(sample_person(4, 0, 100), stubble=0.0, flush=0.5)
    layout = skin_layout(model, TEXTURE_PX)
    built = build_ict_head(model, layout, shirt_cut(model), person)
    skin = next(part for part in built.parts if part.kind == "skin")
    landmarks = model.mesh.vertices[model.landmark_vertices] * 10

    def colour(point: np.ndarray, num_texels: int) -> np.ndarray:
        near = np.argsort(np.linalg.norm(layout.points_mm - point, axis=1))[:num_texels]
        return skin.texture.reshape(-1, 3)[near].astype(float).mean(axis=0)

    lip, cheek = colour((landmarks[57] + landmarks[66]) / 2, 4), colour((landmarks[3] + landmarks[48]) / 2, 30)
    assert lip[0] / lip[1] > cheek[0] / cheek[1] + 0.05
    top, chin = layout.hairline_mm[model.mesh.vertices[:, 1].argmax()], layout.hairline_mm[model.landmark_vertices[8]]
    assert top > 20
    assert chin < -20


def test_same_seed_same_bytes(made: Path, tmp_path: Path) -> None:
    import_ict(shared_data("ict_facekit"), tmp_path, count=1, seed=4, texture_size_px=TEXTURE_PX)
    for path in (made / "ict0001").iterdir():
        assert path.read_bytes() == (tmp_path / "ict0001" / path.name).read_bytes(), path.name
    first, second = (json.loads((folder / "manifest.json").read_text()) for folder in (made, tmp_path))
    assert first["files"] == second["files"]


def test_shapes_in_the_file_are_the_model_s(model: IctModel, made: Path) -> None:
    with np.load(made / "ict0001" / "ict0001_shapes.npz") as shapes:
        names = shapes["names"].tolist()
        at = names.index("jawOpen")
        span = slice(shapes["offsets"][at], shapes["offsets"][at + 1])
        deepest = float(shapes["delta_mm"][span, 1].min())
        assert int(shapes["num_vertices"]) == (made / "ict0001" / "ict0001.obj").read_text().count("\nv ")
        assert shapes["vertex_index"].max() < shapes["num_vertices"]
    assert deepest == pytest.approx(10 * model.expressions["jawOpen"][:21451, 1].min(), abs=0.03)


def test_distances_and_polygons_by_hand() -> None:
    line = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]])
    away, along = distance_to_line(np.array([[1.0, 1.0], [3.0, 2.0], [-1.0, 0.0]]), line)
    np.testing.assert_allclose(away, [1.0, 1.0, 1.0])
    np.testing.assert_allclose(along, [0.25, 1.0, 0.0])
    ring = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    assert inside_polygon(np.array([[1.0, 1.0], [3.0, 1.0], [1.0, -0.1]]), ring).tolist() == [True, False, False]


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fetch ict"):
        plan_ict(tmp_path, 1, 0)
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n")
    with pytest.raises(InputError, match="has 3 vertices; the model has 26719"):
        plan_ict(tmp_path, 1, 0)
