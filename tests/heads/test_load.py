"""Loading a head: frame, order, materials, cap; every number by another route than the loader's."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.spatial.transform import Rotation

from synhead.core.landmarks import TEMPLATE_68_M, mirror_landmarks
from synhead.core.rotation import geodesic_deg
from synhead.heads.frame import rotation_to_template
from synhead.heads.load import find_heads, load_head, load_head_with_report, skin_surface
from synhead.heads.model import HeadModel
from tests.heads.synthetic import AXES_M, CENTRE, description, egg_landmarks, egg_mesh, obj_text, write_head

STILL = {"registration": {"R": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "t_m": [0, 0, 0]}}


def skin(head: HeadModel):
    return next(part for part in head.parts if part.kind == "skin")


def test_head_in_its_own_frame_stays_there(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "egg", **STILL))
    positions, _, faces = egg_mesh()
    assert head.head_id == "egg"
    assert [part.kind for part in head.parts] == ["skin", "eyebrows"]
    loaded = skin(head).vertices_m
    distance = np.linalg.norm(loaded[:, None] - positions[None], axis=-1).min(axis=0)
    assert distance.max() < 2e-6
    assert len(skin(head).triangles) == 2 * len(faces) + 48  # quads, and the cap of 48 edges


def test_vertices_come_in_file_order_despite_the_seam(tmp_path: Path) -> None:
    positions, uv, faces = egg_mesh()
    head = load_head(write_head(tmp_path / "egg", cap_neck=False, **STILL))
    corners = sorted({corner for face in faces for corner in face})
    assert len(corners) > len(positions)  # the seam doubles a column
    expected = np.array([positions[p] for p, _ in corners])
    assert np.abs(skin(head).vertices_m - expected).max() < 2e-6
    assert np.abs(skin(head).uv - np.array([uv[t] for _, t in corners])).max() < 1e-6


def test_landmarks_by_vertex_index_refer_to_the_file(tmp_path: Path) -> None:
    positions, _, _ = egg_mesh()
    index = np.linalg.norm(positions[None] - egg_landmarks()[:, None], axis=-1).argmin(axis=1)
    folder = write_head(
        tmp_path / "egg",
        landmarks_ibug68=None,
        landmark_vertex_index=index.tolist(),
        **STILL,
    )
    assert np.abs(load_head(folder).landmarks_68_m - positions[index]).max() < 1e-6


def test_landmarks_by_barycentric_coordinates(tmp_path: Path) -> None:
    positions, _, faces = egg_mesh()
    fans = [(f[0][0], f[k][0], f[k + 1][0]) for f in faces for k in (1, 2)]
    rng = np.random.default_rng(3)
    weights = rng.dirichlet(np.ones(3), 68)
    centres = positions[np.array(fans)].mean(axis=1)
    chosen = np.linalg.norm(centres[None] - egg_landmarks()[:, None], axis=-1).argmin(axis=1)
    expected = np.array([w @ positions[list(fans[t])] for t, w in zip(chosen, weights, strict=True)])
    entries = [{"triangle": int(t), "weights": w.tolist()} for t, w in zip(chosen, weights, strict=True)]
    text = description(landmarks_ibug68=None, landmark_barycentric=entries, **STILL)
    folder = write_head(tmp_path / "egg")
    (folder / "head.json").write_text(json.dumps(text))
    assert np.abs(load_head(folder).landmarks_68_m - expected).max() < 2e-6


UNIT_NAMES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}


@pytest.mark.parametrize("units", UNIT_NAMES)
@pytest.mark.parametrize(("up", "front"), [("+z", "-y"), ("-x", "+y"), ("+y", "-z")])
def test_units_and_axes_do_not_change_the_head(tmp_path: Path, units: str, up: str, front: str) -> None:
    reference = load_head(write_head(tmp_path / "reference"))
    axis = {s + n: (1 if s == "+" else -1) * np.eye(3)["xyz".index(n)] for s in "+-" for n in "xyz"}
    left = np.cross(axis[up], axis[front])
    to_file = np.stack([left, axis[up], axis[front]], axis=1) / UNIT_NAMES[units]
    lines = []
    for line in obj_text().splitlines():
        if line.startswith("v "):
            x = to_file @ np.array([float(word) for word in line.split()[1:]])
            line = f"v {x[0]:.9g} {x[1]:.9g} {x[2]:.9g}"
        lines.append(line)
    data = description()
    folder = write_head(
        tmp_path / "egg",
        obj="\n".join(lines),
        units=units,
        up=up,
        front=front,
        subject_left=None,
        landmarks_ibug68=(np.array(data["landmarks_ibug68"]) @ to_file.T).tolist(),
        pupils=(np.array(data["pupils"]) @ to_file.T).tolist(),
    )
    head = load_head(folder)
    assert np.abs(head.landmarks_68_m - reference.landmarks_68_m).max() < 1e-6
    assert np.abs(head.pupils_m - reference.pupils_m).max() < 1e-6
    assert np.abs(skin(head).vertices_m - skin(reference).vertices_m).max() < 1e-6


def test_left_handed_file_is_mirrored_back(tmp_path: Path) -> None:
    reference = load_head(write_head(tmp_path / "reference"))
    flip = np.array([-1.0, 1.0, 1.0])
    lines = []
    for line in obj_text().splitlines():
        words = line.split()
        if words[0] == "v":
            line = f"v {-float(words[1]):.6f} {words[2]} {words[3]}"
        lines.append(line)
    data = description()
    folder = write_head(
        tmp_path / "egg",
        obj="\n".join(lines),
        subject_left="-x",
        landmarks_ibug68=(np.array(data["landmarks_ibug68"]) * flip).tolist(),
        pupils=(np.array(data["pupils"]) * flip).tolist(),
    )
    head = load_head(folder)
    assert np.abs(head.landmarks_68_m - reference.landmarks_68_m).max() < 1e-6
    assert trimesh.Trimesh(skin(head).vertices_m, skin(head).triangles, process=False).volume > 0


@given(seed=st.integers(0, 2**31))
def test_registration_undoes_any_turn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = Rotation.random(random_state=rng).as_matrix()
    points = (TEMPLATE_68_M * 1.07) @ turn.T + rng.normal(size=3)
    assert geodesic_deg(rotation_to_template(points), turn.T) < 1e-6


@given(seed=st.integers(0, 2**31))
def test_registration_of_a_symmetric_head_keeps_its_plane(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = TEMPLATE_68_M + rng.normal(scale=0.004, size=(68, 3))
    points = (half + mirror_landmarks(half)) / 2
    R = rotation_to_template(points)
    assert np.abs(R @ [1, 0, 0] - [1, 0, 0]).max() < 1e-9


def test_origin_is_midway_between_tragi_or_landmarks(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "a"))
    assert np.abs(head.landmarks_68_m[0] + head.landmarks_68_m[16]).max() < 1e-9
    moved = load_head(write_head(tmp_path / "b", tragi=[[-0.07, -0.02, -0.02], [0.07, -0.02, -0.02]]))
    offset = moved.landmarks_68_m[30] - head.landmarks_68_m[30]
    middle = (egg_landmarks()[0] + egg_landmarks()[16]) / 2
    # Snapping to the egg's facets moves the landmarks by a tenth of a millimetre.
    assert np.linalg.norm(offset) == pytest.approx(np.linalg.norm(middle - [0, -0.02, -0.02]), abs=2e-4)


def test_given_registration_is_applied(tmp_path: Path) -> None:
    R = Rotation.from_euler("y", 20, degrees=True).as_matrix()
    head = load_head(write_head(tmp_path / "egg", registration={"R": R.tolist(), "t_m": [0.01, 0, 0]}))
    expected = egg_landmarks() @ R.T + [0.01, 0, 0]
    assert np.abs(head.landmarks_68_m - expected).max() < 1e-3  # the egg's facets lie inside the egg


def test_normals_are_smooth_across_the_seam_and_near_the_formula(tmp_path: Path) -> None:
    folder = write_head(tmp_path / "egg", cap_neck=False, **STILL)
    part = skin(load_head(folder))
    gradient = (part.vertices_m - CENTRE) / AXES_M**2
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    inner = part.vertices_m[:, 1] > part.vertices_m[:, 1].min() + 0.02
    assert (part.normals * gradient).sum(axis=1)[inner].min() > 0.99
    order = np.lexsort(part.vertices_m.round(7).T)
    same = (np.diff(part.vertices_m[order].round(7), axis=0) == 0).all(axis=1)
    assert same.sum() >= 24
    assert np.abs(np.diff(part.normals[order], axis=0)[same]).max() < 1e-12


def test_normals_of_the_file_are_kept_if_usable(tmp_path: Path) -> None:
    text = obj_text(with_brows=False)
    count = sum(line.startswith("v ") for line in text.splitlines())
    tilted = np.array([0.1, 0.0, 1.0]) / np.linalg.norm([0.1, 0, 1])

    def with_normals(normal) -> str:
        lines = []
        for line in text.splitlines():
            if line.startswith("f "):
                line = "f " + " ".join(f"{word}/{word.split('/')[0]}" for word in line.split()[1:])
            lines.append(line)
            if line.startswith("vt ") and lines.count("# n") == 0:
                lines.append("# n")
        at = lines.index("# n")
        return "\n".join([*lines[:at], *(f"vn {x[0]:.6f} {x[1]:.6f} {x[2]:.6f}" for x in normal), *lines[at:]])

    positions, _, _ = egg_mesh()
    radial = (positions - CENTRE) / AXES_M
    radial /= np.linalg.norm(radial, axis=1, keepdims=True)
    still = {"cap_neck": False, **STILL}
    good = skin(load_head(write_head(tmp_path / "good", obj=with_normals(radial), **still)))
    expected = (good.vertices_m - CENTRE) / AXES_M
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(good.normals - expected).max() < 1e-4
    bad = skin(load_head(write_head(tmp_path / "bad", obj=with_normals(np.tile(tilted, (count, 1))), **still)))
    assert np.abs(bad.normals - tilted).max() > 0.5


@pytest.mark.parametrize("flip", [False, True])
def test_triangles_face_outwards(tmp_path: Path, flip: bool) -> None:
    head, report = load_head_with_report(write_head(tmp_path / "egg", obj=obj_text(flip=flip)))
    part = skin(head)
    mesh = trimesh.Trimesh(part.vertices_m, part.triangles, process=False)
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * 0.076 * 0.125 * 0.098, rel=0.12)
    assert any("inwards" in note for note in report.notes) == flip
    # Normals and windings agree.
    along = (mesh.face_normals[:, None] * part.normals[part.triangles]).sum(axis=-1)
    assert along.min() > 0.5


def test_neck_is_closed_and_only_the_neck(tmp_path: Path) -> None:
    # Two quads are taken out as an "eye"; the hole must stay.
    lines = obj_text(with_brows=False).splitlines()
    faces = [i for i, line in enumerate(lines) if line.startswith("f ")]
    hole = faces[10 * 48 + 24]
    del lines[hole : hole + 2]
    head, report = load_head_with_report(write_head(tmp_path / "egg", obj="\n".join(lines)))
    part = skin(head)
    assert report.num_neck_cap_triangles == 48
    mesh = trimesh.Trimesh(part.vertices_m, part.triangles, process=False)
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    edges, counts = np.unique(np.sort(mesh.edges, axis=1), axis=0, return_counts=True)
    assert (counts == 1).sum() == 48 + 6  # the crown's opening, and around the two quads
    assert mesh.vertices[edges[counts == 1]][..., 1].min() > part.vertices_m[:, 1].min() + 0.05
    fan = part.triangles[-48:]
    assert part.normals[fan][..., 1].max() < -0.5
    assert part.uv[fan][..., 1].max() < 0.06  # colour of the lowest ring (v = 0)
    centre = part.vertices_m[fan[:, 2]]
    rim = part.vertices_m[fan[:, 0]]
    assert (centre[:, 1] > rim[:, 1].mean()).all()  # hollow, not a bulge


def test_cap_can_be_declined(tmp_path: Path) -> None:
    _, report = load_head_with_report(write_head(tmp_path / "egg", cap_neck=False))
    assert report.num_neck_cap_triangles == 0


def test_degenerate_triangles_are_dropped_and_counted(tmp_path: Path) -> None:
    text = obj_text(with_brows=False) + "f 1/1 1/1 2/2\nf 5/5 6/6 5/5\n"
    _, report = load_head_with_report(write_head(tmp_path / "egg", obj=text))
    assert report.num_degenerate_triangles == 2


def test_landmarks_are_snapped_to_the_skin(tmp_path: Path) -> None:
    head, report = load_head_with_report(write_head(tmp_path / "egg"))
    vertices, triangles = skin_surface(head.parts)
    # Independent: a dense random sample of the surface.
    points, _ = trimesh.sample.sample_surface(trimesh.Trimesh(vertices, triangles, process=False), 60000, seed=1)
    distance = np.linalg.norm(points[None] - head.landmarks_68_m[:, None], axis=-1).min(axis=1)
    assert distance.max() < 0.002
    assert report.snap_distance_m.max() < 0.001


def test_sum_covers_every_file(tmp_path: Path) -> None:
    sums = {load_head(write_head(tmp_path / "egg")).sha256}
    for name in ("egg.obj", "egg.mtl", "head.json", "skin.png", "brows.png"):
        folder = write_head(tmp_path / "egg")
        content = (folder / name).read_bytes()
        extra = b"\n" if name.endswith(("json", "mtl", "obj")) else b"\0"
        (folder / name).write_bytes(content + extra)
        sums.add(load_head(folder).sha256)
    assert len(sums) == 6
    assert load_head(write_head(tmp_path / "elsewhere")).sha256 in sums


def test_attributes_and_licence_travel(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "egg"))
    assert head.licence == "CC0-1.0"
    assert head.source == "formulas"
    assert head.attributes == {"sex": "none"}
    assert load_head(write_head(tmp_path / "b", licence=None)).licence == "unknown"


@pytest.mark.parametrize("suffix", ["glb", "ply", "stl"])
def test_other_formats_without_description(tmp_path: Path, suffix: str) -> None:
    folder = write_head(tmp_path / "egg", cap_neck=False, **STILL)
    part = skin(load_head(folder))
    mesh = trimesh.Trimesh(part.vertices_m, part.triangles, process=False)
    if suffix == "glb":
        mesh.visual = trimesh.visual.TextureVisuals(
            uv=part.uv,
            material=trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(part.material.texture)),
        )
    file = tmp_path / f"scan.{suffix}"
    mesh.export(file)
    head = load_head(file)
    assert head.head_id == "scan"
    assert head.landmarks_68_m is None
    assert np.abs(head.bounds_m - np.stack([part.vertices_m.min(axis=0), part.vertices_m.max(axis=0)])).max() < 1e-6
    if suffix == "glb":
        assert np.abs(skin(head).uv[: len(part.uv)] - part.uv).max() < 1e-6
        assert np.array_equal(skin(head).material.texture, part.material.texture)


def test_find_heads(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_head(tmp_path / "heads" / name)
    (tmp_path / "heads" / "notes").mkdir()
    (tmp_path / "heads" / ".hidden").mkdir()
    (tmp_path / "heads" / "c.obj").write_text(obj_text(with_uv=False))
    found = find_heads(tmp_path / "heads")
    assert [path.name for path in found] == ["a", "b", "c.obj"]
    assert find_heads(found[0]) == [found[0]]


def test_model_is_frozen(tmp_path: Path) -> None:
    head = load_head(write_head(tmp_path / "egg"))
    with pytest.raises(AttributeError):
        head.head_id = "other"  # type: ignore[misc]
