"""The shading kernels against the written formulas, in float64, on random surface points."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numba import njit

from synhead.core.harmonics import sh_basis
from synhead.core.scene import Lighting
from synhead.heads.occlusion import Occlusion
from synhead.heads.tangents import vertex_tangents
from synhead.render.software import attributes, light_kernels, opacity, shade, texture_sampling
from synhead.render.software.frame_light import frame_light
from synhead.render.software.light_kernels import shade_vertices
from synhead.render.software.opacity import alpha_of_items
from synhead.render.software.shade import shade_items
from synhead.render.software.surface_tables import SurfaceTables, set_normals, set_occlusion, surface_tables
from synhead.render.surfaces import plain_row, surface_row
from tests.render.simple_scenes import light
from tests.render.software.shading_reference import Points, linear_from_srgb, radiance, trilinear, unit
from tests.render.software.shading_scene import CAMERA, Scene, scene

TOLERANCE = 5e-4
"""Of linear light: a tenth of an 8-bit step in the middle of the scale."""
LIGHTS = (
    light((0.3, -0.6, -0.7), (0.9, 0.8, 0.7)),
    light((-0.8, 0.1, -0.3), (0.3, 0.5, 0.9)),
    light((0.2, 0.3, 0.9), 0.7),
)
SKY = tuple(
    tuple(map(float, row)) for row in np.random.default_rng(3).normal(0, 0.25, (9, 3)) + 0.4 * np.eye(9, 3)[:, :1]
)
LOOKS = {
    "ambient alone": Lighting(ambient_rgb=(0.9, 0.8, 0.7), directional=()),
    "one light": Lighting(ambient_rgb=(0.1, 0.1, 0.2), directional=LIGHTS[:1]),
    "three lights": Lighting(ambient_rgb=(0.2, 0.15, 0.1), directional=LIGHTS),
    "sky alone": Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=(), irradiance_sh_rgb=SKY),
    "shadows": Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=LIGHTS[:2], irradiance_sh_rgb=SKY, shadows=True),
    "surfaces": Lighting(ambient_rgb=(0.1, 0.1, 0.1), directional=LIGHTS, irradiance_sh_rgb=SKY, natural_surfaces=True),
    "filmic": Lighting(ambient_rgb=(0.3, 0.3, 0.3), directional=LIGHTS, tone="filmic"),
    "everything": Lighting(
        ambient_rgb=(0.05, 0.06, 0.07),
        directional=LIGHTS,
        irradiance_sh_rgb=SKY,
        shadows=True,
        natural_surfaces=True,
        tone="filmic",
    ),
}  # fmt: skip


KERNELS = (
    attributes.interpolate,
    attributes.interpolate_half,
    attributes.bend_normals,
    attributes.face_viewer,
    texture_sampling._find_texels,
    texture_sampling._read_texels,
    texture_sampling._decode_colors,
    light_kernels.add_light,
    light_kernels.add_sky,
    light_kernels.add_natural_light,
    light_kernels.put_out,
    light_kernels.shade_vertices,
    opacity._find_places,
    opacity._read_opacity,
)


@pytest.fixture(scope="module")
def points() -> Scene:
    return scene(np.random.default_rng(20261121))


@pytest.fixture(scope="module")
def occlusion(points: Scene) -> Occlusion:
    rng = np.random.default_rng(5)
    count = sum(len(part.vertices_m) for part in points.head.parts)
    hidden = (rng.normal(0, 0.25, (count, 16)) + 0.5 * np.eye(1, 16)).astype(np.float32)
    return Occlusion(hidden_sh=hidden, ambient=rng.uniform(0, 1, count).astype(np.float32))


@pytest.fixture(scope="module")
def surface(points: Scene, occlusion: Occlusion) -> SurfaceTables:
    tables = surface_tables(points.head)
    set_occlusion(tables, occlusion)
    return tables


def shaded(
    points: Scene, surface: SurfaceTables, occlusion: Occlusion, lighting: Lighting, samples: int = 1
) -> np.ndarray:
    record = frame_light(lighting, points.R, CAMERA, samples=samples)
    if record.shadows:
        shade_vertices(occlusion.hidden_sh, record.harmonics, surface.rows)
    out = np.full((len(points.x), 3), np.nan, dtype=np.float32)
    shade_items(surface, record, points.planes, points.triangle, points.x, points.y, points.front, len(points.x), out)
    return out


def texels_at(points: Scene, textures: list[np.ndarray | None], sharper: float = 1.0) -> np.ndarray:
    """[n, 4] bytes of each point's part; opaque white where there is no texture. `sharper` is for opaque parts."""
    x, y = points.x.astype(float), points.y.astype(float)
    uv = points.interpolated([part.uv for part in points.head.parts])
    step = 1e-4
    along_x = (points.uv_seen_from(x + step, y) - points.uv_seen_from(x - step, y)) / (2 * step)
    along_y = (points.uv_seen_from(x, y + step) - points.uv_seen_from(x, y - step)) / (2 * step)
    found = np.full((len(x), 4), 255.0)
    for number, texture in enumerate(textures):
        mine = points.part == number
        if texture is not None:
            du, dv = np.stack([along_x[mine], along_y[mine]], axis=2).transpose(1, 0, 2)
            scale = 1.0 if points.head.parts[number].material.has_alpha else sharper
            found[mine] = trilinear(texture, uv[mine], du * scale, dv * scale)
    return found


def stored_texture(part) -> np.ndarray | None:
    texture = part.material.texture
    if texture is None:
        return None
    stored = texture.copy()
    if part.material.has_alpha:
        stored[..., :3] = np.floor(texture[..., :3].astype(float) * texture[..., 3:] / 255 + 0.5)
    else:
        stored[..., 3] = 255
    return stored


def expected(points: Scene, occlusion: Occlusion, lighting: Lighting) -> np.ndarray:
    parts = points.head.parts
    base = np.array([part.material.base_color_rgba[:3] for part in parts])[points.part]
    texel = texels_at(points, [stored_texture(part) for part in parts]) / 255
    albedo = linear_from_srgb(np.clip(texel[:, :3] / np.maximum(texel[:, 3:], 0.001), 0, 1)) * base
    rows = [surface_row(part) if lighting.natural_surfaces else plain_row(part) for part in parts]
    first = np.cumsum([0] + [len(part.vertices_m) for part in parts])
    split = [slice(first[k], first[k + 1]) for k in range(len(parts))]
    seen = np.ones((first[-1], 3))
    for number, source in enumerate(lighting.directional):
        direction = points.R.T @ unit(np.array(source.direction_cam))
        seen[:, number] = np.clip(1 - occlusion.hidden_sh.astype(float) @ sh_basis(direction, 16), 0, 1)
    eye = points.interpolated([part.vertices_m @ points.R.T + points.t for part in parts])
    natural = lighting != Lighting(ambient_rgb=lighting.ambient_rgb, directional=lighting.directional)
    return radiance(
        Points(
            albedo=albedo,
            normal=bent_normals(points) @ points.R.T,
            view=-eye,
            front=points.front.astype(bool),
            rows=np.array(rows, dtype=float)[points.part],
            seen=points.interpolated([seen[s] for s in split]),
            open_share=points.interpolated([occlusion.ambient[s, None].astype(float) for s in split])[:, 0],
        ),
        lighting,
        natural,
    )


def bent_normals(points: Scene) -> np.ndarray:
    parts = points.head.parts
    n = unit(points.interpolated([part.normals for part in parts]))
    maps = [None if p.material.normal_texture is None else opaque(p.material.normal_texture) for p in parts]
    tangents = points.interpolated([vertex_tangents(part).astype(float) for part in parts])
    t = unit(tangents[:, :3] - n * (n * tangents[:, :3]).sum(1, keepdims=True))
    b = np.cross(n, t) * tangents[:, 3:]
    bent = (texels_at(points, maps)[:, :3] - 128) / 127
    turned = t * bent[:, :1] + b * bent[:, 1:2] + n * bent[:, 2:]
    has_map = np.array([m is not None for m in maps])[points.part]
    return np.where(has_map[:, None], turned, n)


def opaque(texels: np.ndarray) -> np.ndarray:
    return np.concatenate([texels, np.full((*texels.shape[:2], 1), 255, np.uint8)], axis=2)


@pytest.mark.parametrize("look", LOOKS)
def test_light_follows_the_written_formulas(points, surface, occlusion, look):
    found = shaded(points, surface, occlusion, LOOKS[look])
    right = expected(points, occlusion, LOOKS[look])
    error = np.abs(found - right).max(axis=1)
    print("ERR", look, np.quantile(error, [0.5, 0.9, 0.99, 0.999, 1]).round(6), right.std())
    assert np.quantile(error, 0.99) < TOLERANCE
    # Where an eye's sharp highlight or a mirrored sky meets a pixel seen nearly edge-on, float32 shows.
    assert error.max() < 10 * TOLERANCE
    assert right.std() > 0.05


def test_each_option_changes_the_picture(points, surface, occlusion):
    whole = shaded(points, surface, occlusion, LOOKS["everything"])
    for change in (
        {"shadows": False},
        {"natural_surfaces": False},
        {"tone": "none"},
        {"irradiance_sh_rgb": ()},
        {"directional": LIGHTS[:2]},
    ):
        other = shaded(points, surface, occlusion, replace(LOOKS["everything"], **change))
        assert np.abs(whole - other).max() > 0.02, change


def test_shadows_of_an_earlier_frame_are_forgotten(points, occlusion, surface):
    clean = shaded(points, surface_tables(points.head), occlusion, LOOKS["surfaces"])
    shaded(points, surface, occlusion, LOOKS["everything"])
    np.testing.assert_array_equal(shaded(points, surface, occlusion, LOOKS["surfaces"]), clean)


def test_four_samples_look_at_half_a_pixel_of_solid_surfaces(points, surface, occlusion):
    found = shaded(points, surface, occlusion, LOOKS["ambient alone"], samples=4)
    texel = texels_at(points, [stored_texture(part) for part in points.head.parts], sharper=0.5) / 255
    base = np.array([part.material.base_color_rgba[:3] for part in points.head.parts])[points.part]
    albedo = linear_from_srgb(np.clip(texel[:, :3] / np.maximum(texel[:, 3:], 0.001), 0, 1)) * base
    assert np.abs(found - albedo * LOOKS["ambient alone"].ambient_rgb).max() < TOLERANCE


def test_solid_triangles_of_a_see_through_part_count_as_solid():
    rng = np.random.default_rng(8)
    points = scene(rng, 100)
    hair = points.head.parts[-1]
    texture = hair.material.texture.copy()
    texture[..., 3] = 255
    solid = replace(hair, material=replace(hair.material, texture=texture, base_color_rgba=(1.0, 0.5, 1.0, 1.0)))
    inside = replace(solid, uv=np.clip(solid.uv, 0, 1))
    tables = surface_tables(replace(points.head, parts=(*points.head.parts[:-1], inside)))
    first = sum(len(part.triangles) for part in points.head.parts[:-1])
    assert (tables.part_of[first:] == len(points.head.parts)).all()
    np.testing.assert_array_equal(tables.materials[:, -1, :9], tables.materials[:, -2, :9])
    np.testing.assert_array_equal(tables.texture[-1], tables.texture[-2])


def test_the_chunk_an_item_falls_in_changes_nothing(points, surface, occlusion):
    whole = shaded(points, surface, occlusion, LOOKS["everything"])
    some = replace_points(points, slice(1234, 1300))
    np.testing.assert_array_equal(shaded(some, surface, occlusion, LOOKS["everything"]), whole[1234:1300])


def test_backs_are_lit_from_the_side_that_is_seen(points, surface, occlusion):
    turned = replace_points(points, slice(None))
    turned.front = 1 - points.front
    difference = np.abs(
        shaded(points, surface, occlusion, LOOKS["one light"]) - shaded(turned, surface, occlusion, LOOKS["one light"])
    )
    assert np.median(difference.max(axis=1)) > 0.05


def test_normals_of_a_moved_face_are_used(points, surface, occlusion):
    rest = shaded(points, surface, occlusion, LOOKS["one light"])
    tables = surface_tables(points.head)
    moved = 2
    first = sum(len(part.vertices_m) for part in points.head.parts[:moved])
    eyes = replace(points.head.parts[moved], normals=-points.head.parts[moved].normals)
    set_normals(tables, first + np.arange(len(eyes.normals)), eyes.normals)
    other = replace(points, head=replace(points.head, parts=(*points.head.parts[:moved], eyes, *points.head.parts[3:])))
    found = shaded(points, tables, occlusion, LOOKS["one light"])
    assert np.abs(found - rest)[points.part == moved].max() > 0.1
    assert np.abs(found - expected(other, occlusion, LOOKS["one light"])).max() < TOLERANCE


def opacities(points: Scene, surface: SurfaceTables) -> np.ndarray:
    out = np.full(len(points.x), np.nan, dtype=np.float32)
    alpha_of_items(surface, points.planes, points.triangle, points.x, points.y, len(points.x), out)
    return out


def test_opacity_is_that_of_texture_and_material(points, surface):
    out = opacities(points, surface)
    factor = np.array([part.material.base_color_rgba[3] for part in points.head.parts])[points.part]
    right = texels_at(points, [stored_texture(part) for part in points.head.parts])[:, 3] / 255 * factor
    np.testing.assert_allclose(out, right, atol=1e-3)
    assert right.min() < 0.3


def test_opacity_is_the_same_in_any_order(points, surface):
    """Runs of one part or of one triangle are looked up together, and alone."""
    order = np.lexsort([points.triangle, points.part])
    np.testing.assert_array_equal(opacities(replace_points(points, order), surface), opacities(points, surface)[order])


def machine_code(kernel) -> str:
    """Compiled once more: of what comes from the disk, numba shows none."""
    assert kernel.signatures, kernel
    fresh = njit(kernel.py_func, nogil=True, error_model="numpy")
    for signature in kernel.signatures:
        fresh.compile(signature)
    return "".join(fresh.inspect_asm().values())


@pytest.mark.slow
def test_nothing_is_rounded_differently_elsewhere(points, surface, occlusion):
    """No multiply-add in one rounding, no approximate reciprocal, no library function: the same bits everywhere."""
    shaded(points, surface, occlusion, LOOKS["everything"])
    opacities(points, surface)
    # Compiling a caller makes numba look up what it calls.
    for caller in (shade_items, alpha_of_items, shade._add_all_light, texture_sampling.sample_colors):
        machine_code(caller)
    code = "".join(machine_code(kernel) for kernel in KERNELS)
    assert re.search(r"\bv?(mul|add)[sp]s\b|\bfmul\b", code), "no arithmetic found: nothing was looked at"
    assert not re.findall(r"\bvfn?m\w+|\bv?rcp\w+|\bv?rsqrt\w+|\bfn?m(?:add|sub|la|ls)\b|\bfr(?:ecp|sqrt)\w+", code)
    assert not re.findall(r"\b(?:expf?|powf?|log2?f?|floorf?|sqrtf?|__svml\w+)(?:@PLT)?\s*$", code, re.MULTILINE)


def test_the_polynomial_of_the_srgb_curve_is_close():
    encoded = np.arange(256) / 255
    exact = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    # On the curve's own scale: what 0.2 of an 8-bit step is in linear light.
    step = np.gradient(exact, encoded) / 255
    assert (np.abs(linear_from_srgb(encoded) - exact) < 0.2 * step + 1e-4).all()


def replace_points(points: Scene, rows: slice | np.ndarray) -> Scene:
    fields = {name: getattr(points, name)[rows] for name in ("weights", "part", "triangle", "x", "y", "front")}
    return replace(points, **fields)
