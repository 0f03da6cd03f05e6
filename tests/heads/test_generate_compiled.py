"""What is compiled against the same written another way: with Python's integers, with numpy, by counting."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from synhead.compiled import compiled
from synhead.heads.generate import curves
from synhead.heads.generate.hair_paint import smear
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import sample_parameters
from synhead.heads.generate.sculpt import Bend, SkinField, _spline
from synhead.heads.generate.sculpt_base import MEAN_RELIEF, RELIEF, relief_at
from synhead.heads.generate.sdf import soft_union
from synhead.heads.generate.skin_colour import _mixed, _noise_bands
from synhead.heads.generate.skin_scatter import Scatter, splat, surface_frame

SHAPE = sample_parameters(11, "f0", "female", variety=0.3).shape


@compiled
def _curves_one_by_one(shape, x):
    out = np.empty((len(x), 8))
    s = shape[0]
    for k in range(len(x)):
        t = curves.lid_t(s, x[k])
        out[k, 0], out[k, 1] = t, curves.upper_lid_y(s, t)
        out[k, 2], out[k, 3] = curves.lower_lid_y(s, t), curves.crease_height(s, t)
        out[k, 4], out[k, 5] = curves.mouth_arch(s, x[k]), curves.mouth_line_y(s, x[k])
        out[k, 6], out[k, 7] = curves.upper_lip_height(s, x[k]), curves.lower_lip_height(s, x[k])
    return out


def test_the_curves_that_sculpt_are_those_that_cut_and_label() -> None:
    x = np.linspace(0, 60, 200)
    t = curves.lid_t(SHAPE, x)
    of_lids = [t, *(curve(SHAPE, t) for curve in (curves.upper_lid_y, curves.lower_lid_y, curves.crease_height))]
    of_mouth = (curves.mouth_arch, curves.mouth_line_y, curves.upper_lip_height, curves.lower_lip_height)
    expected = np.stack([*of_lids, *(curve(SHAPE, x) for curve in of_mouth)], axis=1)
    np.testing.assert_allclose(_curves_one_by_one(SHAPE.record(), x), expected, atol=1e-12)


def test_people_meet_the_average_head_by_scipys_splines() -> None:
    level_knots, levels, width_knots, widths, *_ = Bend(SHAPE).numbers
    for knots, coefficients in ((level_knots, levels), (width_knots, widths)):
        spline = PchipInterpolator(knots, np.zeros(len(knots)))
        spline.c = coefficients
        at = np.concatenate([np.linspace(-395, 335, 301), knots])
        found = [_spline(y, knots, coefficients) for y in at]
        np.testing.assert_allclose(found, spline(at), atol=1e-11)


def test_the_relief_is_the_sum_of_its_swellings() -> None:
    points = np.random.default_rng(0).uniform([0, -120, -190], [80, 110, 20], (200, 3))
    expected = np.zeros(len(points))
    for (x, y, z, radius, _), height in zip(RELIEF.values(), MEAN_RELIEF, strict=True):
        for centre_x in (x, -x) if 0 < x < 2.2 * radius else (x,):
            away = np.linalg.norm(points - [centre_x, y, z], axis=1)
            expected += height * np.exp(-np.minimum((away / radius) ** 2, 700))
    np.testing.assert_allclose([relief_at(tuple(p), MEAN_RELIEF) for p in points], expected, atol=1e-12)


def test_a_point_has_one_distance_in_any_company() -> None:
    field = SkinField(SHAPE)
    points = np.random.default_rng(1).uniform([-90, -200, -190], [90, 120, 40], (300, 3))
    np.testing.assert_array_equal(field(points), np.concatenate([field(point[None]) for point in points]))
    np.testing.assert_array_equal(field(points), field(points * [-1, 1, 1]))
    wide = np.linspace(1, 20, 50)
    a, b = np.linspace(-5, 5, 50), np.linspace(4, -4, 50)
    each = [soft_union(float(x), float(y), float(w)) for x, y, w in zip(a, b, wide, strict=True)]
    np.testing.assert_array_equal(soft_union(a, b, wide), each)


def _hash(value: int) -> int:
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = (value ^ value >> shift) * factor & 0xFFFFFFFF
    return value ^ value >> 16


@pytest.mark.parametrize("cell", [(0,), (-3,), (5, -7), (2**20, -1), (1, 2, 3), (-4, -5, 2**31)])
def test_noise_on_the_lattice_is_a_hash_of_the_cell(cell: tuple[int, ...]) -> None:
    seed, primes = 2**31 + 77, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
    parts = [_hash(c * primes[axis] + axis + 7 * seed & 0xFFFFFFFF) for axis, c in enumerate(cell)]
    expected = _hash(sum(parts) & 0xFFFFFFFF) / 2**31 - 1
    assert value_noise(np.array([cell], dtype=float), seed)[0] == expected


def test_smeared_noise_is_a_mean_along_the_flow() -> None:
    noise = np.random.default_rng(2).normal(size=(20, 60)).astype(np.float32)
    along_rows = np.zeros((20, 60, 2), dtype=np.float32)
    along_rows[..., 0] = 1.0
    smeared = smear(noise, along_rows, 3)
    # Eight texels each way, itself in both.
    expected = [0.5 * (noise[7, c : c + 8].mean() + noise[7, c - 7 : c + 1].mean()) for c in range(10, 50)]
    np.testing.assert_allclose(smeared[7, 10:50], expected, atol=1e-6)


def test_grain_is_the_nearest_bands_shifted_and_mixed() -> None:
    bands = _noise_bands(64)
    for level, shares in ((2.0, {2: 1.0}), (0.25, {0: 0.75, 1: 0.25}), (-0.5, {0: 0.5}), (9.0, {})):
        mixed = _mixed(bands, np.full(64 * 64, level, dtype=np.float32), 5, 61).reshape(64, 64)
        expected = sum((share * np.roll(bands[k], (5, 61), axis=(0, 1)) for k, share in shares.items()), 0 * bands[0])
        np.testing.assert_allclose(mixed, expected, atol=1e-6)


def test_spots_at_the_edge_lose_what_lies_outside_and_add_up() -> None:
    # Half a millimetre a texel each way.
    vertices = np.array([[0.0, 0, 0], [32, 0, 0], [0, 32, 0], [32, 32, 0]])
    uv = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    frame = surface_frame(vertices, uv, np.array([[0, 1, 2], [1, 3, 2]]), 64)
    pixel = np.array([[0.3, 20.0], [30.2, 63.0], [31.0, 62.0]])
    spots = Scatter(pixel=pixel, points_mm=np.zeros((3, 3)), triangle=np.zeros(3, dtype=int))
    radius, strength = np.array([2.0, 1.5, 0.8]), np.array([1.0, 0.5, 2.0])
    painted = splat(frame, spots, radius, strength).reshape(64, 64)
    rows, columns = np.mgrid[:64, :64]
    expected = np.zeros((64, 64))
    for (x, y), r, s in zip(pixel, radius, strength, strict=True):
        square = 0.25 * ((columns - x) ** 2 + (rows - y) ** 2)
        expected += s * np.exp(-np.minimum(square / r**2, 700))
    # A bell is cut off at 1.7 radii, where it has fallen to 6 percent.
    np.testing.assert_allclose(painted, expected, atol=0.06)
    inside = expected > 0.3
    np.testing.assert_allclose(painted[inside], expected[inside], atol=0.02)
