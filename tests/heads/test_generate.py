"""Generated heads as folders: same bytes, loadable without a warning, landmarks and eyes where they belong."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synhead.errors import ConfigError, OutputError
from synhead.heads.check import check_model
from synhead.heads.generate.build import build_head
from synhead.heads.generate.collection import command_line, generate_heads, plan_heads
from synhead.heads.generate.write import faces_of
from synhead.heads.load import load_head_with_report

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "heads"
TEXTURE_PX = 256
SCRIPT = """
import sys
from synhead.heads.generate.build import build_head
from synhead.heads.generate.collection import plan_heads
build_head(plan_heads(2, 5)[0], sys.argv[1], source="test", texture_size_px=int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[Path]:
    root = tmp_path_factory.mktemp("heads")
    with np.errstate(all="raise", under="ignore"):
        return [
            build_head(head, root / head.head_id, source="test", texture_size_px=TEXTURE_PX)
            for head in plan_heads(2, 5)
        ]


def read_obj(folder: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Vertices and the triangles of each part, by a reader that knows only what the writer promises."""
    vertices, triangles, name = [], {}, ""
    for line in (folder / f"{folder.name}.obj").read_text().splitlines():
        words = line.split()
        if words[0] == "o":
            name = words[1]
            triangles[name] = []
        elif words[0] == "v":
            vertices.append([float(w) for w in words[1:]])
        elif words[0] == "f":
            corners = [int(w.split("/")[0]) - 1 for w in words[1:]]
            triangles[name] += [[corners[0], *corners[k : k + 2]] for k in range(1, len(corners) - 1)]
    return np.array(vertices), {part: np.array(rows) for part, rows in triangles.items()}


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_another_process_writes_the_same_bytes(folders, tmp_path):
    again = tmp_path / folders[0].name
    subprocess.run([sys.executable, "-c", SCRIPT, str(again), str(TEXTURE_PX)], check=True)
    assert digests(again) == digests(folders[0])
    assert digests(folders[0]).keys() != digests(folders[1]).keys()


def test_heads_load_and_pass_every_check(folders):
    for folder in folders:
        head, loading = load_head_with_report(folder)
        assert [f for f in check_model(head, loading).findings if f.severity != "info"] == []
        assert loading.num_degenerate_triangles == 0
        assert loading.snap_distance_m is not None
        assert loading.snap_distance_m.max() < 0.001
        assert {part.kind for part in head.parts} == {
            "skin",
            "eyes",
            "teeth",
            "eyebrows",
            "eyelashes",
            "hair",
            "clothes",
        }
        assert {part.kind for part in head.parts if part.material.has_alpha} == {"hair", "eyebrows", "eyelashes"}
        assert 15_000 < head.num_triangles < 50_000
        assert head.licence == "Apache-2.0"
        assert head.attributes["sex"] in ("female", "male")
        for part in head.parts:
            assert part.uv.min() >= 0
            assert part.uv.max() <= 1
        skin = next(part for part in head.parts if part.kind == "skin")
        assert skin.vertices_m[:, 1].min() < head.landmarks_68_m[8, 1] - 0.08


def distance_to_surface(point: np.ndarray, corners: np.ndarray) -> float:
    """By brute force: a fine lattice of points on every triangle near by."""
    steps = np.linspace(0, 1, 25)
    a, b = (w.ravel() for w in np.meshgrid(steps, steps))
    inside = a + b <= 1
    weights = np.stack([a, b, 1 - a - b], axis=1)[inside]
    near = corners[np.linalg.norm(corners.mean(axis=1) - point, axis=1) < 0.012]
    return float(np.linalg.norm(weights @ near.reshape(len(near), 3, 3) - point, axis=-1).min())


def test_landmarks_lie_on_the_skin(folders):
    for folder in folders:
        vertices, triangles = read_obj(folder)
        points = np.array(json.loads((folder / "head.json").read_text())["landmarks_ibug68"])
        corners = vertices[triangles["skin"]]
        assert max(distance_to_surface(point, corners) for point in points) < 0.001


def test_the_other_36_points_lie_on_lids_ears_and_eyeballs(folders):
    for folder in folders:
        vertices, triangles = read_obj(folder)
        description = json.loads((folder / "head.json").read_text())
        points, pupils = np.array(description["landmarks_104"]), np.array(description["pupils"])
        assert points.shape == (104, 3)
        np.testing.assert_array_equal(points[:68], np.array(description["landmarks_ibug68"]))
        skin, eyes = vertices[triangles["skin"]], vertices[triangles["eyes"]]
        assert max(distance_to_surface(point, skin) for point in points[76:]) < 0.001
        assert max(distance_to_surface(point, eyes) for point in points[68:76]) < 0.0005
        for iris, pupil in ((points[68:72], pupils[0]), (points[72:76], pupils[1])):
            np.testing.assert_allclose(iris.mean(axis=0)[:2], pupil[:2], atol=2e-5)
            assert iris[0, 0] < iris[2, 0]
            assert iris[3, 1] < iris[1, 1]
        # Corners of the lids are those of the 68, and the irises' edges are under or between the lids.
        for ring, corners in ((80, (36, 39)), (92, (45, 42))):
            np.testing.assert_allclose(points[[ring, ring + 6]], points[list(corners)], atol=1e-4)
            assert (points[ring + 1 : ring + 6, 1] > points[ring + 11 : ring + 6 : -1, 1]).all()
        assert points[76, 1] > points[77, 1] + 0.04
        assert points[78, 0] > 0 > points[76, 0]


@pytest.mark.slow
def test_the_files_do_not_depend_on_the_number_of_workers(tmp_path):
    for workers in (1, 2):
        generate_heads(2, 5, tmp_path / str(workers) / "heads", texture_size_px=64, workers=workers)
    one, two = (tmp_path / name / "heads" for name in ("1", "2"))
    for path in sorted(one.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path


def foremost(point: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> float:
    """Largest z of the surface on the line through (x, y) along z; -inf where it is missed."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    ok = np.abs(area) > 1e-12
    a, b, c, area = a[ok], b[ok], c[ok], area[ok]
    p = point[:2]
    v = ((p[0] - a[:, 0]) * (c - a)[:, 1] - (p[1] - a[:, 1]) * (c - a)[:, 0]) / area
    w = ((b - a)[:, 0] * (p[1] - a[:, 1]) - (b - a)[:, 1] * (p[0] - a[:, 0])) / area
    hit = (v >= 0) & (w >= 0) & (v + w <= 1)
    z = a[:, 2] + v * (b - a)[:, 2] + w * (c - a)[:, 2]
    return float(z[hit].max()) if hit.any() else -np.inf


def test_the_eyeball_shows_between_the_lids_and_nowhere_else(folders):
    for folder in folders:
        vertices, triangles = read_obj(folder)
        description = json.loads((folder / "head.json").read_text())
        points, pupils = np.array(description["landmarks_ibug68"]), np.array(description["pupils"])
        for pupil, lids in zip(pupils, (points[36:42], points[42:48]), strict=True):
            assert foremost(pupil, vertices, triangles["eyes"]) == pytest.approx(pupil[2], abs=2e-4)
            middle = lids.mean(axis=0)
            # At the very corners pink flesh shows instead.
            shares = (0.55, 0.8, 0.8, 0.55, 0.8, 0.8)
            opening = [middle, *(middle + share * (lid - middle) for share, lid in zip(shares, lids, strict=True))]
            for point in opening:
                assert foremost(point, vertices, triangles["eyes"]) > foremost(point, vertices, triangles["skin"])
            around = [middle + 1.25 * (lid - middle) for lid in lids]
            for point in around:
                assert foremost(point, vertices, triangles["skin"]) > foremost(point, vertices, triangles["eyes"])


def test_hair_leaves_the_face_free(folders):
    for folder in folders:
        vertices, triangles = read_obj(folder)
        points = np.array(json.loads((folder / "head.json").read_text())["landmarks_ibug68"])
        for point in points[17:68]:
            assert foremost(point, vertices, triangles["hair"]) < point[2]
        hair = vertices[np.unique(triangles["hair"])]
        assert hair[:, 1].max() > vertices[np.unique(triangles["skin"])][:, 1].max()


def test_two_heads_are_plainly_different(folders):
    skins = [np.asarray(Image.open(f / f"{f.name}_skin.jpg").convert("RGB")).astype(float) for f in folders]
    assert np.abs(skins[0].mean(axis=(0, 1)) - skins[1].mean(axis=(0, 1))).max() > 5
    a, b = (read_obj(folder)[0][:5000] for folder in folders)
    assert np.abs(a - b).mean() > 0.001


def test_the_sides_differ_a_little(folders):
    for folder in folders:
        points = np.array(json.loads((folder / "head.json").read_text())["landmarks_ibug68"])
        uneven = np.linalg.norm(points[0:8] * [-1, 1, 1] - points[16:8:-1], axis=1)
        assert 0.00005 < uneven.max() < 0.004


def test_a_longer_plan_begins_with_the_shorter_one():
    longer = plan_heads(6, 2)
    assert longer[:3] == plan_heads(3, 2)
    assert len({head.population for head in longer}) >= 3
    assert {head.age_group for head in longer} == {"young", "middle", "old"}
    assert [head.head_id for head in plan_heads(4, 0)] == ["f01", "m01", "f02", "m02"]
    assert plan_heads(1, 0) != plan_heads(1, 1)
    with pytest.raises(ConfigError, match="--count 0"):
        plan_heads(0, 0)


def test_foreign_or_present_output_is_refused(tmp_path):
    (tmp_path / "f01").mkdir()
    with pytest.raises(OutputError, match="already holds f01"):
        generate_heads(1, 0, tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="is a file"):
        generate_heads(1, 0, blocked)
    with pytest.raises(ConfigError, match="--texture-size 8"):
        generate_heads(1, 0, tmp_path / "new", texture_size_px=8)


def test_the_recorded_command_shows_no_machine(tmp_path):
    line = command_line(4, 0, tmp_path / "my heads", clothes=False, texture_size_px=512)
    assert line == "synhead heads generate --count 4 --seed 0 --no-clothes --texture-size 512 --out 'my heads'"


def test_the_command_makes_what_it_says(tmp_path):
    import typer
    from typer.testing import CliRunner

    from synhead.cli.heads_generate import generate

    app = typer.Typer()
    app.command()(generate)
    run = CliRunner().invoke(app, ["--count", "1", "--out", str(tmp_path / "a"), "--dry-run"])
    assert run.exit_code == 0, run.output
    assert "nothing was written" in run.output
    assert not (tmp_path / "a").exists()
    words = ["--count", "1", "--out", str(tmp_path / "a"), "--texture-size", "64", "--no-clothes"]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    description = json.loads((tmp_path / "a" / "f01" / "head.json").read_text())
    assert set(description["parts"]) >= {"skin", "eyes", "eyebrows", "eyelashes", "hair"}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["command"].endswith("--no-clothes --texture-size 64 --out a")


def test_the_shipped_heads_are_those_of_their_manifest():
    manifest = json.loads((ASSETS / "manifest.json").read_text())
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    found = {
        path.relative_to(ASSETS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ASSETS.iterdir()
        if folder.is_dir()
        for path in folder.iterdir()
    }
    assert found == listed
    assert [head["id"] for head in manifest["heads"]] == [f"{sex}{k:02d}" for k in range(1, 6) for sex in "fm"]
    descriptions = [json.loads((ASSETS / head["id"] / "head.json").read_text()) for head in manifest["heads"]]
    assert {d["age_group"] for d in descriptions} == {"young", "middle", "old"}
    assert len({d["population"] for d in descriptions}) >= 4
    assert sum(entry["bytes"] for entry in manifest["files"].values()) < 40e6


@pytest.mark.slow
def test_the_shipped_heads_pass_every_check():
    for folder in sorted(path for path in ASSETS.iterdir() if path.is_dir()):
        findings = check_model(*load_head_with_report(folder)).findings
        assert [f for f in findings if f.severity != "info"] == []


@pytest.mark.slow
def test_the_recorded_command_makes_the_shipped_heads_again(tmp_path):
    words = json.loads((ASSETS / "manifest.json").read_text())["command"].split()
    count, seed = int(words[words.index("--count") + 1]), int(words[words.index("--seed") + 1])
    generate_heads(count, seed, tmp_path / "heads")
    for folder in sorted(path for path in ASSETS.iterdir() if path.is_dir()):
        made = tmp_path / "heads" / folder.name
        # Another processor may round the last bit of a sine differently.
        np.testing.assert_allclose(read_obj(made)[0], read_obj(folder)[0], atol=3e-5)
        for picture in [*folder.glob("*.png"), *folder.glob("*.jpg")]:
            ours, theirs = (np.asarray(Image.open(p)).astype(int) for p in (made / picture.name, picture))
            assert (np.abs(ours - theirs) > 2).mean() < 1e-3


def test_quads_in_the_file_are_the_same_triangles():
    triangles = [[1, 2, 3], [4, 5, 6], [1, 3, 7], [3, 2, 8], [4, 6, 1]]
    faces = faces_of(triangles)
    assert faces == [(1, 2, 3, 7), (4, 5, 6, 1), (3, 2, 8)]
    fans = [(face[0], face[k], face[k + 1]) for face in faces for k in range(1, len(face) - 1)]
    assert sorted(fans) == sorted(map(tuple, triangles))
