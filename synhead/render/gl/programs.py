"""The shader programs of the `gl` engine: one for each combination of pass, number of lights and kind of shading."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float

from synhead.core.scene import Lighting
from synhead.render.gl.resident import MAX_PARTS, ResidentHead
from synhead.render.natural import is_natural, light_harmonics, sky_polynomial

OPAQUE, DENSE, SOFT = 0, 1, 2
"""Passes of mesh.frag: solid triangles; opacity >= 0.5 (writes depth); opacity < 0.5 (does not)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What is compiled in.

    Attributes:
        kind: OPAQUE, DENSE or SOFT.
        num_lights: directional ones.
        natural: the formulas of natural.glsl, not those of glTF alone.
        shadows: vertices bring their baked visibility.
        normal_map: the material brings a normal map.
    """

    kind: int
    num_lights: int
    natural: bool = False
    shadows: bool = False
    normal_map: bool = False


def variant_of(lighting: Lighting) -> Variant:
    """The program of opaque triangles without normal map under a light."""
    return Variant(
        kind=OPAQUE,
        num_lights=len(lighting.directional),
        natural=is_natural(lighting),
        shadows=lighting.shadows,
    )


class Programs:
    """Compiles programs when they are first asked for."""

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx
        self._programs: dict[Variant, Any] = {}

    def get(self, variant: Variant) -> Any:
        """The program of a variant."""
        if variant not in self._programs:
            folder = resources.files("synhead.render.gl") / "shaders"
            values = {
                "PASS": variant.kind,
                "NUM_LIGHTS": variant.num_lights,
                "MAX_PARTS": MAX_PARTS,
                "NATURAL": int(variant.natural),
                "SHADOWS": int(variant.shadows),
                "NORMAL_MAP": int(variant.normal_map),
                "NATURAL_LIGHT": (folder / "natural.glsl").read_text(),
            }
            sources = [(folder / name).read_text() for name in ("mesh.vert", "mesh.frag")]
            for name, value in values.items():
                sources = [source.replace(f"@{name}@", str(value)) for source in sources]
            program = self._ctx.program(*sources)
            if variant.normal_map:
                program["u_normal_texture"].value = 1
            self._programs[variant] = program
        return self._programs[variant]

    def release(self) -> None:
        """Free all programs."""
        for program in self._programs.values():
            program.release()
        self._programs.clear()


def set_materials_and_lights(program: Any, resident: ResidentHead, lighting: Lighting) -> None:
    """Uniforms that stay the same during a sequence."""
    _write(program, "u_base_color", resident.base_color_rgba)
    _write(program, "u_roughness_layer", resident.roughness_layer)
    if is_natural(lighting):
        rows = resident.natural_surface if lighting.natural_surfaces else resident.plain_surface
        _write(program, "u_roughness_layer", rows[0])
        _write(program, "u_surface", rows[1])
        _write(program, "u_sky", _floats(sky_polynomial(lighting)))
        if "u_filmic" in program:
            program["u_filmic"].value = lighting.tone == "filmic"
    _write(program, "u_ambient_rgb", _floats(np.array(lighting.ambient_rgb)))
    if lighting.directional:
        directions = np.array([light.direction_cam for light in lighting.directional])
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        _write(program, "u_light_direction", _floats(directions))
        _write(program, "u_light_rgb", _floats(np.array([light.intensity_rgb for light in lighting.directional])))


def set_pose(
    program: Any,
    clip_from_head: Float[np.ndarray, "4 4"],
    R: Float[np.ndarray, "3 3"],
    t: Float[np.ndarray, "3"],
    lighting: Lighting,
) -> None:
    """Uniforms of one frame."""
    # GL reads matrices column by column.
    _write(program, "u_clip_from_head", _floats(clip_from_head.T))
    _write(program, "u_rotation", _floats(R.T))
    _write(program, "u_translation", _floats(t))
    if lighting.shadows and lighting.directional:
        _write(program, "u_light_harmonics", _floats(light_harmonics(lighting, R)))


def _floats(values: np.ndarray) -> bytes:
    return values.astype(np.float32).tobytes()


def _write(program: Any, name: str, data: bytes) -> None:
    # Compilers drop what a program does not use: without lights, nothing turns the normals.
    uniform = program.get(name, None)
    if uniform is not None:
        uniform.write(data)
