"""Skin, eyes and clothes of generated heads: colours by place and person, relief, and one seed, one head."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.heads.generate import curves
from synhead.heads.generate.clothes import STYLES, build_clothes, clothes_style
from synhead.heads.generate.eyes import CORNEA_FRONT, IRIS_RADIUS, build_eyes, eye_centres, pupil_centres
from synhead.heads.generate.parameters import HeadParameters, sample_parameters
from synhead.heads.generate.part import GeneratedPart
from synhead.heads.generate.sculpt import EYEBALL_RADIUS, SkinField
from synhead.heads.generate.skin import build_skin_part
from synhead.heads.generate.skin_mesh import build_skin
from synhead.heads.generate.skin_pigment import BLOOD_RANGE, MELANIN_RANGE, skin_albedo, skin_reflectance, skin_srgb
from synhead.heads.generate.skin_scatter import Scatter, scatter, splat, surface_frame
from synhead.heads.geometry import boundary_loops, degenerate_triangles

SIZE = 256


@pytest.fixture(scope="module")
def man() -> HeadParameters:
    person = sample_parameters(4, "m", "male", 0.15)
    return replace(person, stubble=0.0, iris_colour="blue", freckles=0.0, age_years=30.0)


@pytest.fixture(scope="module")
def made(man: HeadParameters) -> dict[str, GeneratedPart]:
    """The skin of one sculpt on several people."""
    with np.errstate(under="ignore"):
        field = SkinField(man.shape)
        mesh = build_skin(field)
        people = {
            "light": man,
            "again": man,
            "dark": replace(man, melanin=0.28, skin_darkness=0.95),
            "old": replace(man, age_years=72.0),
            "stubble": replace(man, stubble=0.8),
        }
        return {name: build_skin_part(person, field, mesh, SIZE) for name, person in people.items()}


def linear(texture: np.ndarray) -> np.ndarray:
    c = texture / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def colour_at(part: GeneratedPart, x: float, y: float, z_min: float = -30.0, radius: float = 5.0) -> np.ndarray:
    """Mean linear colour of the texels of vertices near (x, y) on the face's front."""
    v = part.vertices
    near = (np.hypot(v[:, 0] - x, v[:, 1] - y) < radius) & (v[:, 2] > z_min)
    assert near.sum() >= 3
    rows = np.clip(((1 - part.uv[near, 1]) * SIZE).astype(int), 0, SIZE - 1)
    columns = np.clip((part.uv[near, 0] * SIZE).astype(int), 0, SIZE - 1)
    return linear(part.texture[rows, columns].astype(float)).mean(axis=0)


def test_more_pigment_returns_less_light():
    melanin, blood = np.geomspace(*MELANIN_RANGE, 12), np.geomspace(BLOOD_RANGE[0], 0.10, 12)
    browner = skin_reflectance(melanin, np.full(12, 0.012))
    redder = skin_reflectance(np.full(12, 0.02), blood)
    assert (np.diff(browner, axis=0) < 0).all()
    assert (np.diff(redder, axis=0) < 0).all()
    assert browner.min() > 0
    assert browner.max() < 0.75
    # Haemoglobin takes green, not red: the ratio grows.
    rgb = skin_albedo(np.full(12, 0.02), blood)
    assert (np.diff(rgb[:, 0] / rgb[:, 1]) > 0).all()


def test_albedo_is_that_of_measured_skin():
    # Light skin about (0.6, 0.4, 0.3) in linear sRGB, dark skin below a quarter of it; red > green > blue always.
    light, dark = skin_albedo(np.array([0.010, 0.33]), np.array([0.012, 0.014]))
    np.testing.assert_allclose(light, [0.6, 0.4, 0.3], atol=0.06)
    assert (dark < 0.30 * light + 0.02).all()
    for rgb in (light, dark):
        assert rgb[0] > rgb[1] > rgb[2] > 0.01


def test_the_table_agrees_with_the_formula():
    rng = np.random.default_rng(0)
    melanin, blood = np.exp(rng.uniform(-4.5, -1, 200)), np.exp(rng.uniform(-5, -2, 200))
    from_table = skin_srgb(np.log(melanin), np.log(blood))
    assert np.abs(linear(from_table * 255.0) - skin_albedo(melanin, blood)).max() < 0.006


def test_lips_cheeks_and_nose_are_redder_than_the_forehead(made, man):
    s = man.shape
    light = made["light"]

    def redness(x: float, y: float, radius: float = 4.0) -> float:
        r, g, _ = colour_at(light, x, y, radius=radius)
        return float(r / g)

    forehead = redness(0, 40)
    lip_y = float(curves.mouth_line_y(s, np.zeros(1))[0]) - 0.5 * s.lower_lip
    assert redness(0, lip_y, 2.5) > 1.15 * redness(38, -30)
    assert redness(38, -30) > 1.05 * forehead
    assert redness(0, s.nose_tip_y) > 1.05 * forehead
    # Under the eye the skin is darker than on the cheek.
    assert colour_at(light, s.eye_x, -11).mean() < colour_at(light, 40, -45).mean()


def test_dark_skin_is_darker_everywhere(made):
    for x, y in ((0, 40), (38, -30), (-38, -30), (0, -100)):
        assert (colour_at(made["dark"], x, y) < 0.6 * colour_at(made["light"], x, y)).all()


def test_a_shaved_beard_darkens_the_chin_and_not_the_forehead(made, man):
    chin_y = man.shape.chin_y
    assert colour_at(made["stubble"], 12, chin_y).mean() < 0.9 * colour_at(made["light"], 12, chin_y).mean()
    np.testing.assert_allclose(colour_at(made["stubble"], 0, 40), colour_at(made["light"], 0, 40), rtol=0.02)


def test_the_relief_is_a_tangent_space_map_that_grows_with_age(made):
    slopes = {}
    for name in ("light", "old"):
        stored = made[name].normal_texture
        assert stored is not None
        normals = stored / 255.0 * 2 - 1
        np.testing.assert_allclose(np.linalg.norm(normals, axis=2), 1.0, atol=0.02)
        mean = normals.mean(axis=(0, 1))
        assert mean[2] > 0.97
        assert np.abs(mean[:2]).max() < 0.02
        slopes[name] = np.hypot(normals[..., 0], normals[..., 1]).mean()
    assert slopes["old"] > 1.1 * slopes["light"]


def test_the_same_person_is_the_same_to_the_byte(made, man):
    np.testing.assert_array_equal(made["light"].texture, made["again"].texture)
    np.testing.assert_array_equal(made["light"].normal_texture, made["again"].normal_texture)
    eyes = [build_eyes(man, 64) for _ in range(2)]
    np.testing.assert_array_equal(eyes[0].texture, eyes[1].texture)
    clothes = [build_clothes(man, 64) for _ in range(2)]
    np.testing.assert_array_equal(clothes[0].texture, clothes[1].texture)


def test_spots_have_their_size_in_mm_however_the_texture_is_stretched():
    # A flat square of 40 mm whose texture is three times as dense across as down.
    vertices = np.array([[0.0, 0, 0], [40, 0, 0], [0, 40, 0], [40, 40, 0]])
    uv = np.array([[0.0, 0], [0.9, 0], [0, 0.3], [0.9, 0.3]])
    frame = surface_frame(vertices, uv, np.array([[0, 1, 2], [1, 3, 2]]), 256)
    pixel = np.array([[115.2, 256 - 38.4]]) - 0.5
    spot = Scatter(pixel=pixel, points_mm=np.array([[20.0, 20, 0]]), triangle=np.array([0]))
    painted = splat(frame, spot, np.array([2.0]), np.array([1.0])).reshape(256, 256)
    rows, columns = np.nonzero(painted > np.exp(-1))
    assert np.ptp(columns) * 40 / (0.9 * 256) == pytest.approx(4.0, abs=0.5)
    assert np.ptp(rows) * 40 / (0.3 * 256) == pytest.approx(4.0, abs=1.1)
    drawn = scatter(frame, np.array([0.5, 0.5]), np.random.default_rng(0))
    assert len(drawn) == 800
    np.testing.assert_allclose(drawn.points_mm.mean(axis=0), [20, 20, 0], atol=1.2)


def test_eyeballs_are_closed_balls_about_their_centres(man):
    eyes = build_eyes(man, 32)
    assert not boundary_loops(eyes.vertices, eyes.triangles)
    assert degenerate_triangles(eyes.vertices, eyes.triangles).sum() == 0
    half = len(eyes.vertices) // 2
    for centre, pupil, ball in zip(eye_centres(man), pupil_centres(man), np.split(eyes.vertices, [half]), strict=True):
        away = ball - centre
        distance = np.linalg.norm(away, axis=1)
        beside_cornea = np.degrees(np.arccos(np.clip(away[:, 2] / distance, -1, 1))) > 33
        np.testing.assert_allclose(distance[beside_cornea], EYEBALL_RADIUS, atol=0.05)
        assert distance.max() == pytest.approx(CORNEA_FRONT)
        np.testing.assert_allclose(ball[distance.argmax()], pupil, atol=1e-9)


def test_the_painted_iris_has_its_radius_and_its_pupil_at_the_pupil_label(man):
    size = 256
    eyes = build_eyes(man, size)
    half = len(eyes.vertices) // 2
    dark = eyes.texture.mean(axis=2) < 9
    for side, pupil in enumerate(pupil_centres(man)):
        rows, columns = np.nonzero(dark[:, side * size : (side + 1) * size])
        u = (columns.mean() + 0.5 + side * size) / (2 * size)
        v = 1 - (rows.mean() + 0.5) / size
        at = slice(side * half, (side + 1) * half)
        nearest = np.argmin(np.hypot(*(eyes.uv[at] - [u, v]).T))
        assert np.linalg.norm(eyes.vertices[at][nearest] - pupil) < 0.6
    # Along the middle row the sclera begins where the iris ends.
    share = (np.arange(size) + 0.5) / size - 0.5
    radius = EYEBALL_RADIUS * np.sin(2 * np.arcsin(np.minimum(np.abs(share) / 0.49, 1.0)))
    middle = eyes.texture[size // 2, :size].mean(axis=1)
    middle, radius = middle[np.abs(share) < 0.3], radius[np.abs(share) < 0.3]
    assert middle[(radius > IRIS_RADIUS + 0.6) & (radius < 9)].min() > middle[radius < IRIS_RADIUS - 0.6].max()


def test_the_white_of_the_eye_is_not_white(man):
    texture = build_eyes(man, 128).texture
    assert texture.max() < 225
    assert np.percentile(texture[..., 0], 90) > 120


def test_every_kind_of_garment_is_whole(man):
    seen = {}
    for index in range(60):
        person = replace(man, noise_seed=index)
        seen.setdefault(clothes_style(person), person)
    assert set(seen) == set(STYLES)
    for person in seen.values():
        with np.errstate(under="ignore"):
            garment = build_clothes(person, 64)
        assert degenerate_triangles(garment.vertices, garment.triangles).sum() == 0
        # Closed from below up to the thumb-sized middle of its floor, whatever the style.
        loops = boundary_loops(garment.vertices, garment.triangles)
        widths = [np.ptp(garment.vertices[garment.triangles[loop[:, 0], loop[:, 1]]][:, 0]) for loop in loops]
        assert len(loops) == 2
        assert min(widths) < 25
        # The floor keeps the hem level: no gap to the neck's cut above it.
        assert np.ptp(garment.vertices[garment.vertices[:, 1] < -280][:, 0]) > 250
        assert garment.normal_texture is not None
