"""From a bare scan to a head folder: guesses, cut, thinning out, files; measured against what was put in."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from synhead.errors import InputError, OutputError
from synhead.heads.check import check_head
from synhead.heads.load import find_heads, load_head
from synhead.heads.meshfile import read_mesh
from synhead.heads.orient import Axes, GuessError, guess_axes, guess_tragi, guess_unit_m, head_breadth
from synhead.heads.rawmesh import Ledger
from synhead.heads.register import register_scan
from synhead.heads.simplify import Surface, cut_by_plane, simplify
from tests.heads.synthetic import AXES_M, egg_landmarks, egg_mesh, obj_text, write_head
from tests.shared_data import shared_data

ALL_AXES = [
    Axes(up=a, front=b)
    for a in ("+x", "-x", "+y", "-y", "+z", "-z")
    for b in ("+x", "-x", "+y", "-y", "+z", "-z")
    if a[1] != b[1]
]


def sphere(rows: int = 40, columns: int = 80) -> Surface:
    """Unit sphere with one texture seam; uv is (longitude, latitude) from 0 to 1."""
    v, u = np.meshgrid(np.linspace(0.01, 0.99, rows), np.linspace(0, 1, columns + 1), indexing="ij")
    polar, angle = np.pi * v, 2 * np.pi * u
    points = np.stack([np.sin(polar) * np.cos(angle), np.cos(polar), -np.sin(polar) * np.sin(angle)], axis=-1)
    points[:, -1] = points[:, 0]
    index = np.arange(rows * (columns + 1)).reshape(rows, columns + 1)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Surface(vertices=points.reshape(-1, 3), uv=np.stack([u, 1 - v], -1).reshape(-1, 2), triangles=triangles)


def area(surface: Surface) -> float:
    a, b, c = (surface.vertices[surface.triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_cut_is_exact_and_keeps_the_texture_in_place() -> None:
    ball = sphere()
    normal = np.array([0.0, 0.8, 0.6])
    kept, dropped = cut_by_plane(ball, normal, 0.2), cut_by_plane(ball, -normal, -0.2)
    assert (kept.vertices @ normal).min() == pytest.approx(0.2, abs=1e-12)
    assert area(kept) + area(dropped) == pytest.approx(area(ball), rel=1e-12)
    assert area(kept) == pytest.approx(2 * np.pi * (1 - 0.2), rel=0.01)  # Archimedes, less the caps at the poles
    latitude = np.arccos(np.clip(kept.vertices[:, 1], -1, 1)) / np.pi
    assert np.abs((1 - kept.uv[:, 1]) - latitude).max() < 0.01


def test_cut_keeps_all_or_nothing_far_from_the_plane() -> None:
    ball = sphere(10, 12)
    assert area(cut_by_plane(ball, np.array([0.0, 1.0, 0.0]), -5.0)) == pytest.approx(area(ball))
    assert len(cut_by_plane(ball, np.array([0.0, 1.0, 0.0]), 5.0).triangles) == 0


def test_thinning_keeps_shape_and_texture() -> None:
    ball = sphere()
    thin = simplify(ball, 1500)
    assert 1200 <= len(thin.triangles) <= 1500
    assert np.abs(np.linalg.norm(thin.vertices, axis=1) - 1).max() < 0.02
    corners, uv = thin.vertices[thin.triangles], thin.uv[thin.triangles]
    # Away from the poles, the latitude that the texture says is that of the corner.
    mid = np.abs(corners[..., 1]).max(axis=1) < 0.9
    latitude = np.arccos(np.clip(corners[mid][..., 1], -1, 1)) / np.pi
    assert np.abs((1 - uv[mid][..., 1]) - latitude).max() < 0.02
    # No triangle runs across the whole texture.
    assert np.ptp(uv[mid], axis=1)[:, 0].max() < 0.2
    assert simplify(ball, 10**6) is ball


def test_thinning_without_texture() -> None:
    ball = sphere()
    thin = simplify(Surface(vertices=ball.vertices, uv=None, triangles=ball.triangles), 600)
    assert thin.uv is None
    assert area(thin) == pytest.approx(area(ball), rel=0.02)


def test_breadth_and_unit_of_the_egg() -> None:
    positions, _, _ = egg_mesh(60, 120)
    breadth = head_breadth(positions)
    assert breadth == pytest.approx(2 * AXES_M[0], rel=0.05)
    assert guess_unit_m(positions)[0] == 1.0
    assert guess_unit_m(positions * 1000)[0] == 0.001
    assert guess_unit_m(positions * 10)[0] == 0.1
    unit_m, how = guess_unit_m(positions * 3.3)
    assert unit_m * 3.3 * breadth == pytest.approx(0.150)
    assert "no metric unit fits" in how


def test_given_axes_are_kept_and_contradictions_refused() -> None:
    positions, _, _ = egg_mesh()
    triangles = np.array([[0, 1, 2]])
    assert guess_axes(positions, triangles, "+z", "-x") == Axes(up="+z", front="-x")
    with pytest.raises(GuessError, match="perpendicular"):
        guess_axes(positions, triangles, "+z", "-z")


@pytest.fixture(scope="module")
def shared_scans() -> dict:
    """Skin of the ten heads, and the one real scan."""
    paths = [next(path.glob("*.obj")) for path in find_heads(shared_data("heads"))]
    paths.append(shared_data("scans", "lee_perry_smith", "head.obj"))
    return {path: read_mesh(path, Ledger()).parts[0] for path in paths}


def test_axes_of_shared_heads_are_found_however_they_lie(shared_scans: dict) -> None:
    rng = np.random.default_rng(4)
    for path, part in shared_scans.items():
        for axes in [ALL_AXES[i] for i in rng.choice(len(ALL_AXES), 2, replace=False)]:
            turned = (part.vertices * rng.uniform(0.1, 100)) @ axes.rows + rng.normal(size=3)
            assert guess_axes(turned, part.triangles) == axes, path.name


def test_tragi_of_shared_heads_lie_behind_the_jaw_line_and_on_the_ears(shared_scans: dict) -> None:
    for path, part in list(shared_scans.items())[:-1]:
        landmarks = np.array(json.loads((path.parent / "head.json").read_text())["landmarks_ibug68"])
        tragi = guess_tragi(part.vertices, part.triangles)
        # The upper end of the jaw line is in front of the tragus and higher, at eye level, in these heads.
        offset = tragi - landmarks[[0, 16]]
        assert np.abs(offset[0] * [-1, 1, 1] - offset[1]).max() < 0.004
        assert ((offset[:, 1] > -0.045) & (offset[:, 1] < -0.005)).all()
        assert ((offset[:, 2] > -0.040) & (offset[:, 2] < -0.015)).all()


def test_lee_perry_smith_becomes_a_sane_head(tmp_path: Path) -> None:
    scan = shared_data("scans", "lee_perry_smith", "head.obj")
    done = register_scan(scan, out=tmp_path / "lps", max_triangles=12000, licence="CC BY 3.0", texture_size_px=512)
    assert any("up +y (guessed), front +z (guessed)" in decision for decision in done.decisions)
    head = load_head(tmp_path / "lps")
    report = check_head(tmp_path / "lps")
    assert report.num_errors == 0
    assert {finding.topic for finding in report.findings if finding.severity == "warning"} == {"landmarks"}
    assert head.licence == "CC BY 3.0"
    assert max(head.parts[0].material.texture.shape[:2]) == 512
    assert head.num_triangles < 12200
    # In the head frame: symmetric, nose in front, crown 120 to 150 mm above the ears, shoulders gone.
    low, high = head.bounds_m
    assert abs(low[0] + high[0]) < 0.01
    vertices = head.parts[0].vertices_m
    nose = vertices[vertices[:, 2].argmax()]
    assert abs(nose[0]) < 0.01
    assert -0.06 < nose[1] < 0.02
    assert 0.12 < high[1] < 0.16
    assert high[0] < 0.10
    # The thinned surface is that of the scan, and so is its colour.
    raw = read_mesh(scan, Ledger()).parts[0]
    data = json.loads((tmp_path / "lps" / "head.json").read_text())
    origin_m = np.array(data["tragi"]).mean(axis=0)
    assert np.abs(origin_m).max() < 1e-6
    shift = raw.vertices[raw.vertices[:, 1].argmax()] - vertices[vertices[:, 1].argmax()]
    cap = vertices[:, 1] < low[1] + 0.06
    distance, _ = cKDTree(raw.vertices - shift).query(vertices[~cap])
    assert np.median(distance) < 0.003


def egg_scan(tmp_path: Path, **changes: object) -> Path:
    """The egg as a scan: no head.json."""
    folder = write_head(tmp_path / "scan", **changes)  # type: ignore[arg-type]
    (folder / "head.json").unlink()
    return folder / "egg.obj"


GIVEN = {"units": "m", "up": "+y", "front": "+z"}
TRAGI = np.array([[-0.07, -0.02, -0.01], [0.07, -0.02, -0.01]])


def test_given_values_are_used_exactly(tmp_path: Path) -> None:
    done = register_scan(
        egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, neck_cut_m=0.0, landmarks_68=egg_landmarks(), **GIVEN
    )
    data = json.loads((tmp_path / "h" / "head.json").read_text())
    assert np.allclose(data["tragi"], [[-0.07, 0, 0], [0.07, 0, 0]])
    assert data["registration"] == "landmarks"
    assert "guessed" not in " ".join(done.decisions[:3])
    head = load_head(tmp_path / "h")
    direct = load_head(write_head(tmp_path / "direct", tragi=TRAGI.tolist()))
    assert np.abs(head.landmarks_68_m - direct.landmarks_68_m).max() < 2e-6
    assert np.abs(head.bounds_m - direct.bounds_m).max() < 5e-6
    assert [part.kind for part in head.parts] == ["skin", "eyebrows"]
    for a, b in zip(head.parts, direct.parts, strict=True):
        assert np.array_equal(a.material.texture, b.material.texture)


def test_neck_is_cut_where_told(tmp_path: Path) -> None:
    register_scan(egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, neck_cut_m=0.07, **GIVEN)
    skin = load_head(tmp_path / "h").parts[0]
    height = skin.vertices_m[:, 1] + np.tan(np.radians(20)) * skin.vertices_m[:, 2]
    assert height.min() == pytest.approx(-0.07, abs=1e-5)


def test_units_by_number_and_by_guess(tmp_path: Path) -> None:
    lines = []
    for line in obj_text().splitlines():
        words = line.split()
        lines.append("v " + " ".join(str(float(w) / 0.0254) for w in words[1:]) if words[0] == "v" else line)
    scan = egg_scan(tmp_path, obj="\n".join(lines))
    register_scan(scan, out=tmp_path / "inch", units=0.0254, up="+y", front="+z", tragi=TRAGI / 0.0254)
    register_scan(scan, out=tmp_path / "guess", up="+y", front="+z", tragi=TRAGI / 0.0254)
    exact = load_head(tmp_path / "inch").bounds_m
    assert np.ptp(exact[:, 0]) == pytest.approx(2 * AXES_M[0], rel=1e-3)
    assert np.abs(load_head(tmp_path / "guess").bounds_m / exact - 1).max() < 0.05


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = register_scan(egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, dry_run=True, **GIVEN)
    assert not (tmp_path / "h").exists()
    register_scan(egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, **GIVEN)
    assert sorted(path.name for path in (tmp_path / "h").iterdir()) == sorted(done.files)


def test_same_scan_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        register_scan(egg_scan(tmp_path), out=tmp_path / name, head_id="h", tragi=TRAGI, max_triangles=900, **GIVEN)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_large_texture_is_scaled_and_written(tmp_path: Path) -> None:
    scan = egg_scan(tmp_path)
    Image.new("RGB", (300, 150), (10, 200, 30)).save(scan.parent / "skin.png")
    register_scan(scan, out=tmp_path / "h", tragi=TRAGI, texture_size_px=100, **GIVEN)
    texture = load_head(tmp_path / "h").parts[0].material.texture
    assert texture.shape == (50, 100, 4)
    assert (texture == (10, 200, 30, 255)).all()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"units": "inch"}, "'inch'"),
        ({"units": "mm"}, "0.1"),
        ({"up": "y"}, "--up is 'y'"),
        ({"front": "north"}, "--front is 'north'"),
        ({"head_id": "a__b"}, "a__b"),
    ],
)
def test_wrong_values(tmp_path: Path, changes: dict, text: str) -> None:
    with pytest.raises(InputError, match=text):
        register_scan(egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, **(GIVEN | changes))
    assert not (tmp_path / "h").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not empty"):
        register_scan(egg_scan(tmp_path), out=tmp_path / "h", tragi=TRAGI, **GIVEN)
    assert [path.name for path in (tmp_path / "h").iterdir()] == ["mine.txt"]


def test_missing_texture_and_mesh(tmp_path: Path) -> None:
    scan = egg_scan(tmp_path)
    (scan.parent / "skin.png").unlink()
    with pytest.raises(InputError, match=r"skin\.png"):
        register_scan(scan, out=tmp_path / "h", tragi=TRAGI, **GIVEN)
    with pytest.raises(InputError, match="cannot be read"):
        register_scan(tmp_path / "gone.obj", out=tmp_path / "h", **GIVEN)
