"""The sculpt as geometry: fixed topology, whole surfaces, human sizes, all measured on the mesh."""

import numpy as np
import pytest

from synhead.heads.generate import curves
from synhead.heads.generate.clothes import build_clothes
from synhead.heads.generate.ears import build_ear
from synhead.heads.generate.hair_styles import HAIR_STYLES
from synhead.heads.generate.landmarks import landmarks_68
from synhead.heads.generate.parameters import HeadParameters, sample_parameters
from synhead.heads.generate.part import mirrored
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import cone, ellipsoid, first_hit, gradient, soft_difference, soft_union
from synhead.heads.generate.skin_mesh import SkinMesh, build_skin
from synhead.heads.geometry import boundary_loops, degenerate_triangles


def person(index: int) -> HeadParameters:
    sex = ("female", "male")[index % 2]
    return sample_parameters(11, f"{sex[0]}{index}", sex, variety=0.3)


@pytest.fixture(scope="module")
def people() -> list[tuple[HeadParameters, SkinField, SkinMesh]]:
    chosen = []
    with np.errstate(under="ignore"):
        for index in range(2):
            parameters = person(index)
            field = SkinField(parameters.shape)
            chosen.append((parameters, field, build_skin(field)))
    return chosen


def volume(vertices: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_every_head_has_the_same_topology(people):
    first = people[0][2]
    for _, _, mesh in people[1:]:
        np.testing.assert_array_equal(mesh.triangles, first.triangles)
        np.testing.assert_array_equal(mesh.uv, first.uv)
        assert np.abs(mesh.vertices - first.vertices).max() > 1.0


def test_the_skin_is_whole_and_open_only_at_the_neck(people):
    for _, _, mesh in people:
        assert np.isfinite(mesh.vertices).all()
        assert degenerate_triangles(mesh.vertices, mesh.triangles).sum() == 0
        loops = boundary_loops(mesh.vertices, mesh.triangles)
        assert len(loops) == 1
        rim = mesh.vertices[mesh.triangles[loops[0][:, 0], loops[0][:, 1]]]
        assert np.ptp(rim[:, 1]) < 0.1
        assert rim[:, 1].mean() == pytest.approx(mesh.vertices[:, 1].min(), abs=0.1)


def test_the_skin_lies_on_the_field_and_faces_outwards(people):
    for _, field, mesh in people:
        outer = mesh.inner == 0
        assert np.abs(field(mesh.vertices[outer])).max() < 0.1
        assert volume(mesh.vertices, mesh.triangles) > 3e6
        skin = mesh.triangles[outer[mesh.triangles].all(axis=1)]
        a, b, c = (mesh.vertices[skin[:, k]] for k in range(3))
        faced = np.cross(b - a, c - a)
        agrees = (faced * gradient(field, (a + b + c) / 3)).sum(axis=1) > 0
        assert agrees.mean() > 0.9995


def test_texture_coordinates_are_inside_and_do_not_overlap(people):
    mesh = people[0][2]
    assert mesh.uv.min() >= 0
    assert mesh.uv.max() <= 1
    a, b, c = (mesh.uv[mesh.triangles[:, k]] for k in range(3))
    signed = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    # The strips that close the eye beds and the mouth have no area here; eyeballs and lips hide them.
    hidden = (mesh.inner[mesh.triangles] == 1).all(axis=1)
    assert hidden.sum() < 400
    assert (signed[~hidden] > 0).all()
    assert np.abs(signed[hidden]).max() < 1e-4
    # Positive areas that add up to the area of the rectangle they tile: nothing lies on top of anything else.
    low, high = mesh.uv.min(axis=0), mesh.uv.max(axis=0)
    assert signed.sum() / 2 == pytest.approx(np.prod(high - low), rel=0.01)


def test_ears_and_shirt_are_outward_and_without_flat_triangles(people):
    for parameters, field, _ in people:
        left = build_ear(parameters.shape)
        for ear in (left, mirrored(left)):
            assert volume(ear.vertices, ear.triangles) > 1000
            assert degenerate_triangles(ear.vertices, ear.triangles).sum() == 0
            assert not boundary_loops(ear.vertices, ear.triangles)
        assert (field(left.vertices) > 5).any()
        assert (field(left.vertices) < -5).any()
        shirt = build_clothes(parameters, 16)
        assert volume(shirt.vertices - shirt.vertices.mean(axis=0), shirt.triangles) > 0
        assert degenerate_triangles(shirt.vertices, shirt.triangles).sum() == 0
        bottom = shirt.vertices[shirt.vertices[:, 1] < shirt.vertices[:, 1].min() + 1]
        assert len(bottom) >= 50
        # The cut of the neck hides below the collar.
        assert shirt.vertices[:, 1].max() > -170


def test_landmarks_are_in_the_order_of_multi_pie(people):
    for _, field, _ in people:
        points = landmarks_68(field)
        assert np.isfinite(points).all()
        assert np.abs(field(points)).max() < 0.1
        np.testing.assert_allclose(points[0:8] * [-1, 1, 1], points[16:8:-1], atol=1e-9)
        x, y, z = points.T
        # Beside the eye the outline is nearly upright, and a broad jaw may bulge under it.
        assert (np.diff(x[3:14]) > 0).all()
        assert (np.diff(x[1:16]) > -3).all()
        assert np.abs(np.diff(x[0:2])) < 6
        assert (np.diff(y[0:9]) < 0).all()
        assert (np.diff(x[17:27]) > 0).all()
        assert (np.diff(y[27:31]) < 0).all()
        assert z.argmax() == 30
        assert (np.diff(x[31:36]) > 0).all()
        for corner in (36, 42):
            outer, up1, up2, inner, low1, low2 = range(corner, corner + 6)
            assert x[outer] < x[up1] < x[up2] < x[inner]
            assert x[low2] < x[low1]
            assert min(y[up1], y[up2]) > max(y[low1], y[low2]) + 4
        assert x[48] == x[48:60].min()
        assert x[54] == x[48:60].max()
        assert y[57] < y[66] < y[62] < y[51]
        assert y[8] == y.min()


def test_lids_meet_at_the_corners_and_lips_at_the_ends():
    shape = person(1).shape
    ends = np.array([-1.0, 1.0])
    np.testing.assert_allclose(curves.upper_lid_y(shape, ends), curves.lower_lid_y(shape, ends), atol=1e-9)
    inside = np.linspace(-0.95, 0.95, 50)
    assert (curves.upper_lid_y(shape, inside) - curves.lower_lid_y(shape, inside) > 1).all()
    np.testing.assert_allclose(curves.lid_t(shape, curves.lid_x(shape, inside)), inside, atol=1e-12)
    end = np.array([shape.mouth_half_width, -shape.mouth_half_width])
    assert np.abs(curves.upper_lip_height(shape, end)).max() < 1e-9
    assert np.abs(curves.lower_lip_height(shape, end)).max() < 1e-9


def test_distances_agree_with_geometry():
    points = np.array([[0.0, 0, 30], [0, 0, 5], [40, 0, 0], [0.0, 25, 0]])
    sphere = ellipsoid(points, (0, 0, 0), (10, 10, 10))
    np.testing.assert_allclose(sphere[[0, 2, 3]], [20, 30, 15], rtol=1e-9)
    assert sphere[1] < 0
    np.testing.assert_allclose(cone(points, (0, 0, 0), (0, 10, 0), 2, 2), [28, 3, 38, 13])
    far = soft_union(np.array([1.0]), np.array([9.0]), 4)
    assert far[0] == 1.0
    assert soft_union(np.array([1.0]), np.array([1.0]), 4)[0] == 0.0
    assert soft_difference(np.array([1.0]), np.array([-9.0]), 4)[0] == 9.0


def test_rays_that_miss_are_counted():
    def ball(points: np.ndarray) -> np.ndarray:
        return np.linalg.norm(points, axis=1) - 10

    start = np.array([[0.0, 0, 50], [30, 0, 50]])
    down = np.tile([0.0, 0, -1], (2, 1))
    np.testing.assert_allclose(first_hit(ball, start[:1], down[:1]), [[0, 0, 10]], atol=0.03)
    with pytest.raises(ValueError, match="1 of 2 rays"):
        first_hit(ball, start, down)


def test_people_are_a_pure_function_of_seed_and_name():
    assert sample_parameters(3, "f01", "female", 0.2) == sample_parameters(3, "f01", "female", 0.2)
    assert sample_parameters(3, "f01", "female", 0.2) != sample_parameters(4, "f01", "female", 0.2)
    assert sample_parameters(3, "f01", "female", 0.2).shape != sample_parameters(3, "f02", "female", 0.2).shape
    with pytest.raises(ValueError, match="sex"):
        sample_parameters(0, "x", "other", 0.5)
    with pytest.raises(ValueError, match="hair_style"):
        sample_parameters(0, "x", "male", 0.5, HAIR_STYLES["female"][0])
