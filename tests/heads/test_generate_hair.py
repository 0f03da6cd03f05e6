"""Hair, brows, lashes and beards: every style whole, cheap to draw, clear of the face, and closed round the head."""

import dataclasses
import functools

import numpy as np
import pytest

from synhead.heads.generate import curves
from synhead.heads.generate.brows import build_brows
from synhead.heads.generate.hair import build_hair
from synhead.heads.generate.hair_forms import STYLES
from synhead.heads.generate.hair_styles import BEARDS, HAIR_STYLES, draw_beard, draw_grey
from synhead.heads.generate.landmarks import landmarks_68
from synhead.heads.generate.lashes import build_lashes
from synhead.heads.generate.parameters import HeadParameters, sample_parameters
from synhead.heads.generate.part import GeneratedPart
from synhead.heads.generate.scalp import hairline_distance
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import gradient

TEXELS = 256
OFTEN = ("long", "ponytail", "afro", "crop")
PEOPLE = [
    pytest.param(style, sex, marks=() if style in OFTEN else pytest.mark.slow)
    for sex, styles in HAIR_STYLES.items()
    for style in styles
]


@functools.cache
def field_of(sex: str) -> SkinField:
    return SkinField(person(HAIR_STYLES[sex][0], sex).shape)


def person(style: str, sex: str) -> HeadParameters:
    return sample_parameters(3, f"test-{sex}", sex, 0.3, style)


@functools.cache
def hair(style: str, sex: str) -> GeneratedPart:
    with np.errstate(under="ignore"):
        return build_hair(person(style, sex), field_of(sex), TEXELS)


def opacity(part: GeneratedPart, triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Nearest texel's opacity at points given by triangle and barycentric weights."""
    uv = (part.uv[part.triangles[triangle]] * weights[..., None]).sum(axis=1)
    height, width = part.texture.shape[:2]
    column = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return part.texture[row, column, 3] / 255


def covered(part: GeneratedPart, origins: np.ndarray, ray: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Share of light that the part keeps from getting from `origins` (n, 3) along `ray` to distance `reach` (n)."""
    corners = part.vertices[part.triangles]
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(ray, ac)
    det = (ab * p).sum(axis=1)
    ok = np.abs(det) > 1e-9
    a, ab, ac, p, det = a[ok], ab[ok], ac[ok], p[ok], det[ok]
    index = np.flatnonzero(ok)
    out = np.zeros(len(origins))
    for k, origin in enumerate(origins):
        s = origin - a
        u = (s * p).sum(axis=1) / det
        q = np.cross(s, ab)
        v = (q @ ray) / det
        t = (q * ac).sum(axis=1) / det
        hit = np.flatnonzero((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & (t < reach[k]))
        if len(hit):
            weights = np.stack([1 - u[hit] - v[hit], u[hit], v[hit]], axis=1)
            out[k] = 1 - np.prod(1 - opacity(part, index[hit], weights))
    return out


@pytest.mark.parametrize(("style", "sex"), PEOPLE)
def test_every_style_is_sound(style: str, sex: str) -> None:
    part = hair(style, sex)
    assert len(part.triangles) <= 20_000
    assert part.triangles.min() == 0
    assert part.triangles.max() == len(part.vertices) - 1
    assert np.isfinite(part.vertices).all()
    assert part.uv.min() >= 0
    assert part.uv.max() <= 1
    assert part.normals is not None
    assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-6)
    assert len(np.unique(np.ascontiguousarray(part.texture).view(np.uint32))) <= 256, "the texture must fit a palette"
    assert part.texture[..., 3].min() == 0
    assert part.texture[..., 3].max() == 255


def test_every_style_of_the_table_is_made() -> None:
    assert {style for styles in HAIR_STYLES.values() for style in styles} == set(STYLES)


@pytest.mark.parametrize(("style", "sex"), PEOPLE)
def test_hair_leaves_brows_eyes_nose_and_mouth_free(style: str, sex: str) -> None:
    part = hair(style, sex)
    points = landmarks_68(field_of(sex))[17:]
    assert covered(part, points, np.array([0.0, 0.0, 1.0]), np.full(len(points), 300.0)).max() == 0


@pytest.mark.parametrize(("style", "sex"), PEOPLE)
def test_no_scalp_shows_from_eight_sides(style: str, sex: str) -> None:
    """Well inside the hairline, whatever faces the viewer is hidden by hair."""
    parameters, skin, part = person(style, sex), field_of(sex), hair(style, sex)
    rng = np.random.default_rng(0)
    out = rng.normal(size=(150, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    points = np.array([0.0, 15.0, -85.0]) + 60.0 * out
    for _ in range(12):
        normal = gradient(skin, points, 1.0)
        points = points - normal * skin(points)[:, None]
    normal = gradient(skin, points, 1.0)
    deep = hairline_distance(parameters, points) > 22
    assert deep.sum() > 5
    points, normal = points[deep], normal[deep]
    for azimuth in np.radians(np.arange(0, 360, 45)):
        ray = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
        seen = normal @ ray > 0.35
        if not seen.any():
            continue
        hidden = covered(part, points[seen] - 0.3 * normal[seen], ray, np.full(int(seen.sum()), 300.0))
        assert hidden.mean() > {"rim": 0.8, "fade": 0.6}.get(style, 0.93), np.degrees(azimuth)
        if style not in ("fade", "rim", "receding", "buzz", "cornrows"):
            assert (hidden > 0.5).mean() > 0.96, np.degrees(azimuth)


def test_same_person_same_hair() -> None:
    with np.errstate(under="ignore"):
        again = build_hair(person("long", "female"), field_of("female"), TEXELS)
    first = hair("long", "female")
    assert np.array_equal(again.vertices, first.vertices)
    assert np.array_equal(again.texture, first.texture)


def test_grey_lightens_black_hair() -> None:
    black = dataclasses.replace(person("buzz", "male"), hair_colour="black", grey=0.0)
    with np.errstate(under="ignore"):
        parts = [
            build_hair(dataclasses.replace(black, grey=share), field_of("male"), TEXELS) for share in (0.0, 0.5, 1.0)
        ]
    light = [part.texture[part.texture[..., 3] == 255][:, :3].mean() for part in parts]
    assert light[0] < 45
    assert light[0] + 25 < light[1] < light[2] - 25


def test_grey_comes_with_age() -> None:
    rng = np.random.default_rng(1)
    young, middle, old = (np.mean([draw_grey(rng, "brown", age) for _ in range(2000)]) for age in (20.0, 55.0, 80.0))
    assert young < 0.06
    assert 0.2 < middle < 0.4, "a quarter of the hairs from 45 to 65 (Panhard 2012)"
    assert old > 0.6
    affected = np.mean([draw_grey(rng, "black", float(rng.uniform(45, 65))) > 0 for _ in range(2000)])
    assert 0.7 < affected < 0.95


def test_only_men_draw_beards() -> None:
    rng = np.random.default_rng(2)
    assert {draw_beard(rng, "female") for _ in range(50)} == {"none"}
    assert {draw_beard(rng, "male") for _ in range(400)} == set(BEARDS)


@pytest.mark.parametrize("sex", ["female", "male"])
def test_brows_lie_on_the_skin_along_their_curve(sex: str) -> None:
    parameters, skin = person(HAIR_STYLES[sex][0], sex), field_of(sex)
    with np.errstate(under="ignore"):
        part = build_brows(parameters, skin, 512)
    assert part.kind == "eyebrows"
    gap = skin(part.vertices)
    assert gap.min() > 0.1
    assert gap.max() < 2.0
    left = part.vertices[:, 0] > 0
    t = curves.brow_t(parameters.shape, np.abs(part.vertices[:, 0]))
    offset = part.vertices[:, 1] - curves.brow_y(parameters.shape, t)
    assert np.abs(offset).max() < 8.0
    assert left.mean() == pytest.approx(0.5)
    # Opacity weighs heavier between the ends of the curve than beyond its tail.
    middle = covered(part, brow_points(parameters, skin, 0.4), np.array([0.0, 0.0, 1.0]), np.full(9, 50.0))
    beyond = covered(part, brow_points(parameters, skin, 1.04), np.array([0.0, 0.0, 1.0]), np.full(9, 50.0))
    assert middle.mean() > 0.5
    assert beyond.mean() < 0.05


def brow_points(parameters: HeadParameters, skin: SkinField, t: float) -> np.ndarray:
    at = np.full(9, t) + np.linspace(-0.03, 0.03, 9)
    return skin.surface_z(np.stack([curves.brow_x(parameters.shape, at), curves.brow_y(parameters.shape, at)], axis=1))


@pytest.mark.parametrize("sex", ["female", "male"])
def test_lashes_start_at_the_lids_and_fade_at_the_corners(sex: str) -> None:
    parameters, skin = person(HAIR_STYLES[sex][0], sex), field_of(sex)
    with np.errstate(under="ignore"):
        part = build_lashes(parameters, skin)
    s = parameters.shape
    t = curves.lid_t(s, np.abs(part.vertices[:, 0]))
    assert np.abs(t).max() < 1.25
    root = part.uv[:, 1] % 0.5 < 0.02
    upper = part.uv[:, 1] > 0.5
    lid = np.where(upper, curves.upper_lid_y(s, t), curves.lower_lid_y(s, t))
    assert np.abs(part.vertices[root, 1] - lid[root]).max() < 1e-6
    alpha = part.texture[..., 3] / 255.0
    rows = len(alpha) // 2
    assert alpha[:rows].mean() > 1.5 * alpha[rows:].mean(), "upper lashes are stronger"
    assert alpha[:, :4].max() < 0.5
    assert alpha[:, -4:].max() < 0.5
