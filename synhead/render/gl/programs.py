"""The shader programs of the `gl` engine: one for each combination of pass, number of lights and kind of shading."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float

from synhead.core.scene import Lighting
from synhead.render.gl.tables import MAX_PARTS, ROW_TEXELS, Tables
from synhead.render.natural import is_natural, light_harmonics, sky_polynomial

DENSE, SOFT = 1, 2
"""Passes of blend.frag: opacity >= 0.5 (writes depth); opacity < 0.5 (does not)."""
COLOR_UNIT, NORMAL_UNIT, VERTEX_UNIT, TRIANGLE_UNIT, TANGENT_UNIT, SEEN_UNIT = range(6)
ID_UNIT, DEPTH_UNIT, LAYER_UNIT, BACKGROUND_UNIT, OCCLUSION_UNIT = range(6, 11)
_UNITS = {
    "u_texture": COLOR_UNIT,
    "u_normal_texture": NORMAL_UNIT,
    "u_vertices": VERTEX_UNIT,
    "u_triangles": TRIANGLE_UNIT,
    "u_tangents": TANGENT_UNIT,
    "u_seen": SEEN_UNIT,
    "u_ids": ID_UNIT,
    "u_depth": DEPTH_UNIT,
    "u_layers": LAYER_UNIT,
    "u_background": BACKGROUND_UNIT,
    "u_occlusion": OCCLUSION_UNIT,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a light asks of the shaders.

    Attributes:
        num_lights: directional ones.
        natural: the formulas of natural.glsl, not those of glTF alone.
        shadows: vertices have their baked visibility.
    """

    num_lights: int
    natural: bool
    shadows: bool


def look_of(lighting: Lighting) -> Look:
    """The look under a light."""
    return Look(num_lights=len(lighting.directional), natural=is_natural(lighting), shadows=lighting.shadows)


class Programs:
    """Compiles programs when they are first asked for."""

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx
        self._programs: dict[Any, Any] = {}

    def ids(self) -> Any:
        """Which triangle is visible."""
        return self._get("ids.vert", "ids.frag", None, {})

    def seen(self, num_lights: int) -> Any:
        """Which share of each light reaches each vertex."""
        return self._get("resolve.vert", "seen.frag", None, {"NUM_LIGHTS": num_lights})

    def blend(self, look: Look, *, kind: int, lit_vertices: bool) -> Any:
        """See-through triangles: kind is DENSE or SOFT."""
        return self._get("blend.vert", "blend.frag", look, {"PASS": kind, "LIT_VERTICES": int(lit_vertices)})

    def resolve(self, look: Look, *, samples: int, blended: bool, normal_map: bool) -> Any:
        """Shading of what is visible, and the picture."""
        values = {"SAMPLES": samples, "BLENDED": int(blended), "NORMAL_MAP": int(normal_map)}
        return self._get("resolve.vert", "resolve.frag", look, values)

    def _get(self, vertex: str, fragment: str, look: Look | None, values: dict[str, int]) -> Any:
        key = (vertex, fragment, look, tuple(values.items()))
        if key not in self._programs:
            program = self._ctx.program(*(_source(name, look, values) for name in (vertex, fragment)))
            for name, unit in _UNITS.items():
                if name in program:
                    program[name].value = unit
            self._programs[key] = program
        return self._programs[key]

    def release(self) -> None:
        """Free all programs."""
        for program in self._programs.values():
            program.release()
        self._programs.clear()


def _source(name: str, look: Look | None, values: dict[str, int]) -> str:
    folder = resources.files("synhead.render.gl") / "shaders"
    source = (folder / name).read_text()
    content: dict[str, Any] = {"ROW_TEXELS": ROW_TEXELS, "MAX_PARTS": MAX_PARTS, **values}
    if look is not None:
        content |= {"NUM_LIGHTS": look.num_lights, "NATURAL": int(look.natural), "SHADOWS": int(look.shadows)}
        source = source.replace("@LIGHT@", (folder / "light.glsl").read_text())
        source = source.replace("@NATURAL_LIGHT@", (folder / "natural.glsl").read_text())
    for key, value in content.items():
        source = source.replace(f"@{key}@", str(value))
    return source


def set_materials_and_lights(program: Any, tables: Tables, lighting: Lighting) -> None:
    """Uniforms that stay the same during a sequence."""
    natural = is_natural(lighting) and lighting.natural_surfaces
    write_uniform(program, "u_base_color", tables.base_color_rgba)
    write_uniform(program, "u_roughness_layers", tables.natural_roughness if natural else tables.roughness_layers)
    if is_natural(lighting):
        write_uniform(program, "u_surface", tables.natural_surface if natural else tables.plain_surface)
        write_uniform(program, "u_sky", floats(sky_polynomial(lighting)))
        if "u_filmic" in program:
            program["u_filmic"].value = lighting.tone == "filmic"
    write_uniform(program, "u_ambient_rgb", floats(np.array(lighting.ambient_rgb)))
    if lighting.directional:
        directions = np.array([light.direction_cam for light in lighting.directional])
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        write_uniform(program, "u_light_direction", floats(directions))
        write_uniform(program, "u_light_rgb", floats(np.array([light.intensity_rgb for light in lighting.directional])))


@dataclass(frozen=True, kw_only=True, slots=True)
class PoseUniforms:
    """Uniforms of one frame, as bytes."""

    clip_from_head: bytes
    rotation: bytes
    translation: bytes
    light_harmonics: bytes | None

    def write(self, program: Any) -> None:
        """Hand them to a program; it takes what it uses."""
        write_uniform(program, "u_clip_from_head", self.clip_from_head)
        write_uniform(program, "u_rotation", self.rotation)
        write_uniform(program, "u_translation", self.translation)
        if self.light_harmonics is not None:
            write_uniform(program, "u_light_harmonics", self.light_harmonics)


def pose_uniforms(
    clip_from_camera: Float[np.ndarray, "4 4"],
    R: Float[np.ndarray, "3 3"],
    t: Float[np.ndarray, "3"],
    lighting: Lighting,
) -> PoseUniforms:
    """The uniforms of a head at a pose."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = R, t
    # GL reads matrices column by column.
    return PoseUniforms(
        clip_from_head=floats((clip_from_camera @ pose).T),
        rotation=floats(R.T),
        translation=floats(t),
        light_harmonics=floats(light_harmonics(lighting, R)) if lighting.shadows and lighting.directional else None,
    )


def floats(values: np.ndarray) -> bytes:
    """As the device reads them."""
    return values.astype(np.float32).tobytes()


def write_uniform(program: Any, name: str, data: bytes) -> None:
    """Set a uniform where the program has it: compilers drop what is not used."""
    uniform = program.get(name, None)
    if uniform is not None:
        uniform.write(data)
