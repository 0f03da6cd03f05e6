"""What `check_head` says of heads that are wrong in one known way, and of the shared ones."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from synhead.core.landmarks import INNER_51, MIRROR_68, TEMPLATE_68_M, mirror_landmarks
from synhead.heads.check import BOUNDS_M, HeadReport, check_head, fit_residual_m, measure
from synhead.heads.load import find_heads, load_head, load_head_with_report, skin_surface
from tests.heads.synthetic import AXES_M, description, egg_landmarks, write_head
from tests.shared_data import shared_data


def topics(report: HeadReport, severity: str) -> set[str]:
    return {finding.topic for finding in report.findings if finding.severity == severity}


def test_good_head_has_no_errors(tmp_path: Path) -> None:
    report = check_head(write_head(tmp_path / "egg"))
    assert report.num_errors == 0
    assert "landmarks" not in topics(report, "warning")
    assert report.head_id == "egg"


def test_head_that_cannot_be_loaded_is_one_error(tmp_path: Path) -> None:
    report = check_head(write_head(tmp_path / "egg", units="inch"))
    assert report.num_errors == 1
    assert "'inch'" in report.findings[0].message


@pytest.mark.parametrize(("off_m", "severity"), [(0.001, None), (0.005, "warning"), (0.015, "error")])
def test_landmarks_off_the_skin(tmp_path: Path, off_m: float, severity: str | None) -> None:
    points = egg_landmarks()
    points[30] += [0, 0, off_m]
    report = check_head(write_head(tmp_path / "egg", landmarks_ibug68=points.tolist()))
    found = {s for s in ("warning", "error") if "landmarks" in topics(report, s)}
    assert found == ({severity} if severity else set())
    assert report.measures_m["largest snap distance"] == pytest.approx(off_m, abs=4e-4)


def test_swapped_sides_are_found(tmp_path: Path) -> None:
    points = egg_landmarks()[list(MIRROR_68)]
    report = check_head(write_head(tmp_path / "egg", landmarks_ibug68=points.tolist()))
    assert "left and right" in topics(report, "error")


def test_mirrored_mesh_is_found(tmp_path: Path) -> None:
    # Right-handed file in which the person's left is said to be on the right.
    report = check_head(write_head(tmp_path / "egg", subject_left="-x"))
    assert "left and right" in topics(report, "error")


def test_wrong_front_is_found(tmp_path: Path) -> None:
    report = check_head(write_head(tmp_path / "egg", front="-z", subject_left=None, registration="as_authored"))
    assert {"left and right", "axes"} <= topics(report, "error")
    turned = check_head(write_head(tmp_path / "egg", front="-z", subject_left=None))
    assert "axes" in topics(turned, "warning")


def test_swapped_pupils_are_found(tmp_path: Path) -> None:
    pupils = description()["pupils"]
    assert "pupils" in topics(check_head(write_head(tmp_path / "egg", pupils=pupils[::-1])), "error")


def test_missing_licence_landmarks_and_texture_are_warnings(tmp_path: Path) -> None:
    mtl = "newmtl egg_skin\nKd 0.5 0.4 0.3\nnewmtl egg_brows\nKd 0.1 0.1 0.1\n"
    folder = write_head(tmp_path / "egg", licence=None, landmarks_ibug68=None, registration=None, mtl=mtl)
    assert {"licence", "landmarks", "textures"} <= topics(check_head(folder), "warning")


def test_measures_of_the_egg(tmp_path: Path) -> None:
    sizes = measure(load_head(write_head(tmp_path / "egg")))
    # The skull above 95 mm below the crown does not reach the egg's equator at 125 mm.
    height = (0.125 - 0.095) / AXES_M[1]
    assert sizes["head breadth"] == pytest.approx(2 * AXES_M[0] * np.sqrt(1 - height**2), rel=0.03)
    assert sizes["head length"] == pytest.approx(2 * AXES_M[2] * np.sqrt(1 - height**2), rel=0.03)


def test_residual_tells_a_face_from_its_swapped_self() -> None:
    rng = np.random.default_rng(1)
    face = TEMPLATE_68_M + rng.normal(scale=0.003, size=(68, 3))
    assert fit_residual_m(face) < 0.008 < fit_residual_m(mirror_landmarks(face) * [-1, 1, 1])


@pytest.fixture(scope="module")
def shared_heads() -> list:
    return [load_head_with_report(path) for path in find_heads(shared_data("heads"))]


def test_shared_heads_are_fit(shared_heads: list) -> None:
    from synhead.heads.check import check_model

    assert len(shared_heads) == 10
    for head, loaded in shared_heads:
        report = check_model(head, loaded)
        assert report.num_errors == 0, report.findings
        assert not topics(report, "warning") & {"size", "landmarks", "axes", "licence"}, report.findings
        for name, (low, high) in BOUNDS_M.items():
            assert low < report.measures_m[name] < high


def test_shared_heads_have_solid_eyes_and_see_through_hair(shared_heads: list) -> None:
    for head, _ in shared_heads:
        by_kind = {part.kind: part for part in head.parts}
        assert not by_kind["skin"].material.has_alpha
        assert not by_kind["eyes"].material.has_alpha
        assert by_kind["eyes"].material.texture[..., 3].min() == 255
        assert by_kind["eyebrows"].material.has_alpha
        assert by_kind["eyelashes"].material.has_alpha
        flags = [part.material.has_alpha for part in head.parts]
        assert flags == sorted(flags)
        # The eyeballs reach the pupils: it was the cornea's shell that went, not the iris.
        gap = np.linalg.norm(by_kind["eyes"].vertices_m[None] - head.pupils_m[:, None], axis=-1).min(axis=1)
        assert gap.max() < 0.002


def test_shared_landmarks_lie_on_the_skin(shared_heads: list) -> None:
    for head, _ in shared_heads:
        vertices, triangles = skin_surface(head.parts)
        # By another route: project on each triangle's plane with barycentric coordinates, clipped and renormalised,
        # which never falls below the true distance.
        a, b, c = (vertices[triangles[:, k]] for k in range(3))
        for point in head.landmarks_68_m:
            coordinates = trimesh.triangles.points_to_barycentric(
                np.stack([a, b, c], axis=1), np.broadcast_to(point, a.shape).copy(), method="cross"
            )
            clipped = np.clip(coordinates, 0, 1)
            clipped /= clipped.sum(axis=1, keepdims=True)
            on = clipped[:, :1] * a + clipped[:, 1:2] * b + clipped[:, 2:] * c
            assert np.linalg.norm(on - point, axis=1).min() < 2e-5


def test_registration_brings_the_shared_faces_together(shared_heads: list) -> None:
    # A direction that the fit does not use as such: the line from the midpoint of the mouth corners to the midpoint
    # of the outer eye corners, and its elevation against the vertical, before and after.
    before, after = [], []
    for head, report in shared_heads:
        for points, found in ((head.landmarks_68_m, after), (head.landmarks_68_m @ report.R_head_axes, before)):
            line = points[[36, 45]].mean(axis=0) - points[[48, 54]].mean(axis=0)
            found.append(np.degrees(np.arctan2(-line[2], line[1])))
    assert np.ptp(after) < 0.6 * np.ptp(before)
    inner = list(INNER_51)
    for head, _ in shared_heads:
        x = head.landmarks_68_m[inner]
        mirrored = mirror_landmarks(head.landmarks_68_m)[inner]
        assert np.abs((x - mirrored)[:, 0].mean()) < 0.002  # the plane of symmetry is x = 0
