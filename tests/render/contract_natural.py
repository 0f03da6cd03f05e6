"""What every engine must draw in natural light: skies, shadows, normal maps, tone. Formulas: 0003-shading.md."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.harmonics import sh_basis
from synhead.core.rotation import A_HEAD_TO_FRONTAL, rotation_from_euler_pyr
from synhead.core.scene import Lighting
from synhead.heads.model import HeadModel, HeadPart
from synhead.render.labels import label_frames
from tests.render.contract import draw
from tests.render.simple_scenes import camera, encoded_255, facing_square, head_of, light, linear, sequence, sphere

DARK = (0.0, 0.0, 0.0)
SKY = np.zeros((9, 3))
SKY[0], SKY[1], SKY[3], SKY[7] = (1.4, 1.3, 1.2), (-0.3, -0.3, -0.4), (0.2, 0.15, 0.1), (0.1, 0.1, 0.1)


def rows(coefficients) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(r), float(g), float(b)) for r, g, b in coefficients)


def even(level: float) -> tuple[tuple[float, float, float], ...]:
    """A sky that returns `level` from a white surface of any side: Y_00 is 1 / (2 sqrt(pi))."""
    coefficients = np.zeros((9, 3))
    coefficients[0] = level * 2 * np.sqrt(np.pi)
    return rows(coefficients)


def floor(half_m: float = 0.1, steps: int = 16) -> HeadPart:
    """Small squares in the plane z = 0, facing +z."""
    edges = np.linspace(-half_m, half_m, steps + 1)
    x, y = np.meshgrid(edges, edges)
    a = (np.arange(steps)[:, None] * (steps + 1) + np.arange(steps)).ravel()
    b, c, d = a + 1, a + steps + 2, a + steps + 1
    return replace(
        facing_square(),
        vertices_m=np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)]),
        normals=np.tile([0.0, 0.0, 1.0], (x.size, 1)),
        uv=np.zeros((x.size, 2)),
        triangles=np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]),
    )


def under_a_plate() -> HeadModel:
    """A floor, and a plate 4 cm above it and to the subject's left: it hides part of the sky from the floor."""
    plate = facing_square(0.05, z_m=0.04)
    return head_of(floor(), replace(plate, vertices_m=plate.vertices_m + [0.065, 0.0, 0.0]))


def values_at(rgb, cam, R, t, points):
    """Linear red at the pixels of head points."""
    seen = points @ R.T + t
    pixels = seen[:, :2] / seen[:, 2:] * cam.focal_px + np.array(cam.center_px)
    return np.array([linear(rgb[int(v), int(u), 0] / 255) for u, v in pixels])


class NaturalContract:
    """Every test takes the fixture `renderer`; an engine's test module subclasses this and provides it."""

    def test_a_white_ball_shows_the_sky_of_each_side(self, renderer):
        cam = camera(96, 96, focal_px=400.0)
        t = np.array([0.0, 0.0, 1.0])
        lighting = Lighting(ambient_rgb=(0.05, 0.0, 0.1), directional=(), irradiance_sh_rgb=rows(SKY))
        rgb = draw(renderer, head_of(sphere(0.1, 5, rgba=(1, 1, 1, 1))), sequence(cam, lighting, t=[t])).rgb[0]
        for x, y in ((0.0, 0.0), (0.6, 0.0), (-0.6, 0.2), (0.0, -0.7), (0.1, 0.7)):
            normal = np.array([x, y, -np.sqrt(1 - x * x - y * y)])
            point = t + 0.1 * normal
            u, v = (point[:2] / point[2] * 400 + 48).astype(int)
            expected = np.maximum(sh_basis(normal, 9) @ SKY, 0) + [0.05, 0.0, 0.1]
            np.testing.assert_allclose(rgb[v, u], [encoded_255(value) for value in expected], atol=2)

    @pytest.mark.parametrize("kind", ["skin", "eyes", "hair", "clothes"])
    def test_a_white_furnace_shows_nothing_of_the_surface(self, renderer, kind):
        cam = camera(64, 64, focal_px=250.0)
        lighting = Lighting(
            ambient_rgb=DARK, directional=(), irradiance_sh_rgb=even(0.5), shadows=True, natural_surfaces=True
        )
        ball = replace(sphere(0.1, 4, rgba=(1, 1, 1, 1)), kind=kind)
        out = draw(renderer, head_of(ball), sequence(cam, lighting))
        inside = out.coverage[0] == 255
        got = np.array([linear(v / 255) for v in out.rgb[0][inside][:, 1]])
        # Behind lashes, an eyeball gets three quarters; a white surface loses none of it but the mirrored share.
        assert got.mean() == pytest.approx(0.5, rel=0.02 if kind != "eyes" else 0.05)
        assert got.max() - got.min() < (0.02 if kind != "eyes" else 0.15)

    def test_no_surface_returns_more_of_a_light_than_arrives(self, renderer):
        # Seen from all around, a ball returns what it gets: the mean over the disc of a ball lit from the camera is
        # the Lambertian 2/3 of E at most.
        cam = camera(96, 96, focal_px=400.0)
        lighting = Lighting(ambient_rgb=DARK, directional=(light((0, 0, -1), 0.8),), natural_surfaces=True)
        out = draw(renderer, head_of(sphere(0.1, 5, rgba=(1, 1, 1, 1))), sequence(cam, lighting))
        inside = out.coverage[0] == 255
        got = np.array([[linear(v / 255) for v in pixel] for pixel in out.rgb[0][inside]])
        np.testing.assert_array_less(got.mean(axis=0), 0.8 * 2 / 3 * 1.03)
        assert got.mean() > 0.8 * 2 / 3 * 0.85

    def test_a_plate_shades_what_is_under_it_and_no_label_knows(self, renderer):
        cam = camera(120, 120, focal_px=400.0)
        R, t = A_HEAD_TO_FRONTAL, np.array([0.0, 0.0, 1.0])
        lit = Lighting(ambient_rgb=(0.2, 0.2, 0.2), directional=(light((0.83, 0, -0.55), 0.6),))
        head = under_a_plate()
        plain = draw(renderer, head, sequence(cam, lit))
        shaded = draw(renderer, head, sequence(cam, replace(lit, shadows=True)))
        # The light comes from the image's right (the subject's left) and low: the plate's shadow falls to the left.
        under, beside = np.array([[0.005, 0.0, 0.0]]), np.array([[-0.08, 0.0, 0.0]])
        ratio = [
            values_at(shaded.rgb[0], cam, R, t, p) / values_at(plain.rgb[0], cam, R, t, p) for p in (under, beside)
        ]
        assert ratio[0] < 0.75
        assert ratio[1] > 0.93
        np.testing.assert_array_equal(shaded.coverage, plain.coverage)
        np.testing.assert_array_equal(shaded.depth_m, plain.depth_m)
        labels = [label_frames(sequence(cam, lit), range(1), head, frames) for frames in (plain, shaded)]
        np.testing.assert_array_equal(labels[0].bbox_head_xyxy_px, labels[1].bbox_head_xyxy_px)

    def test_turning_the_head_is_turning_the_light_the_other_way(self, renderer):
        cam = camera(160, 160, focal_px=500.0)
        turn = rotation_from_euler_pyr(np.array([12.0, -25.0, 8.0])) @ A_HEAD_TO_FRONTAL.T
        t = np.array([0.0, 0.0, 1.0])
        direction, points = (
            np.array([0.8, -0.2, -0.57]),
            np.array([[x, y, 0.0] for x in (-0.07, -0.03, 0.0) for y in (-0.06, 0.0, 0.05)]),
        )
        head = under_a_plate()
        seen = []
        for R, towards in ((A_HEAD_TO_FRONTAL, direction), (turn @ A_HEAD_TO_FRONTAL, turn @ direction)):
            lighting = Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=(light(tuple(towards), 0.8),), shadows=True)
            out = draw(renderer, head, sequence(cam, lighting, R=[R], t=[t]))
            seen.append(values_at(out.rgb[0], cam, R, t, points))
        np.testing.assert_allclose(seen[0], seen[1], atol=0.02)
        # The shadow is there, so that equal means something.
        assert np.ptp(seen[0]) > 0.15

    @pytest.mark.parametrize("tilt_deg", [-35.0, 20.0])
    @pytest.mark.parametrize("axis", [0, 1])
    def test_a_tilted_normal_map_shades_as_a_tilted_surface(self, renderer, tilt_deg, axis):
        tilt = np.radians(tilt_deg)
        normal = np.array([0.0, 0.0, np.cos(tilt)])
        normal[axis] = np.sin(tilt)
        byte = np.rint(normal * 127 + 128).astype(np.uint8)
        flat = facing_square(roughness=0.5, rgba=(0.7, 0.6, 0.5, 1.0))
        bent = np.broadcast_to(byte, (8, 8, 3)).copy()
        mapped = replace(flat, material=replace(flat.material, normal_texture=bent))
        tilted = replace(flat, normals=np.tile(normal, (4, 1)))
        for lighting in (
            Lighting(ambient_rgb=(0.05, 0.05, 0.05), directional=(light((0.5, -0.3, -1.0), 0.8),)),
            Lighting(
                ambient_rgb=DARK,
                directional=(light((-0.4, 0.2, -1.0), 0.5),),
                irradiance_sh_rgb=rows(0.5 * SKY),
                natural_surfaces=True,
                tone="filmic",
            ),
        ):
            pictures = [
                draw(renderer, head_of(part), sequence(camera(65, 65), lighting)).rgb[0, 20:45, 20:45].astype(int)
                for part in (mapped, tilted, flat)
            ]
            assert np.abs(pictures[0] - pictures[1]).max() <= 2
            assert np.abs(pictures[0] - pictures[2]).max() >= 5

    def test_the_flat_colour_of_a_normal_map_changes_nothing(self, renderer):
        flat = facing_square(rgba=(0.7, 0.6, 0.5, 1.0))
        mapped = replace(
            flat, material=replace(flat.material, normal_texture=np.full((4, 4, 3), (128, 128, 255), np.uint8))
        )
        lighting = Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=(light((0.5, -0.3, -1.0), 0.8),))
        one, other = (draw(renderer, head_of(part), sequence(camera(), lighting)).rgb for part in (flat, mapped))
        np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("level", [0.05, 0.18, 0.6, 1.0, 2.5])
    def test_the_filmic_curve(self, renderer, level):
        lighting = Lighting(ambient_rgb=(level, level, level), directional=(), tone="filmic")
        got = draw(renderer, head_of(facing_square()), sequence(camera(65, 65), lighting)).rgb[0, 32, 32]
        expected = level * (2.0545 * level + 0.8) / (level * (2.0930 * level + 0.5667) + 1.0)
        np.testing.assert_allclose(got, encoded_255(expected), atol=1)

    def test_skin_reddens_round_the_terminator_and_cloth_does_not(self, renderer):
        cam = camera(96, 96, focal_px=400.0)
        lighting = Lighting(ambient_rgb=DARK, directional=(light((-1, 0, -0.3), 0.9),), natural_surfaces=True)
        redness = {}
        for kind in ("skin", "clothes"):
            ball = replace(sphere(0.1, 4, rgba=(0.5, 0.5, 0.5, 1)), kind=kind)
            rgb = draw(renderer, head_of(ball), sequence(cam, lighting)).rgb[0].astype(int)
            redness[kind] = (rgb[48, 44:76, 0] - rgb[48, 44:76, 2]).max()
        assert redness["clothes"] <= 1
        assert redness["skin"] > 12

    def test_a_wet_eye_has_a_catch_light(self, renderer):
        cam = camera(96, 96, focal_px=400.0)
        lighting = Lighting(ambient_rgb=(0.1,) * 3, directional=(light((-0.5, -0.6, -1), 0.6),), natural_surfaces=True)
        bright = {}
        for kind in ("eyes", "skin"):
            ball = replace(sphere(0.1, 5, rgba=(0.1, 0.1, 0.1, 1)), kind=kind)
            rgb = draw(renderer, head_of(ball), sequence(cam, lighting)).rgb[0]
            bright[kind] = (rgb[..., 1] > 200).sum()
        assert 4 < bright["eyes"] < 200
        assert bright["skin"] == 0
