"""What `pyrender` lacks for natural light: baked visibility as vertex attributes, and the formulas of natural.glsl."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from synhead.core.scene import Lighting
from synhead.heads.model import HeadPart
from synhead.render.natural import is_natural, light_harmonics, sky_polynomial
from synhead.render.surfaces import plain_row, surface_row

FIRST_ATTRIBUTE = 8
"""Vertex attribute of the visibility's first four coefficients; pyrender's own end at 7."""

_VERTEX_INPUTS = """
layout(location = 8) in vec4 hidden_0;
layout(location = 9) in vec4 hidden_1;
layout(location = 10) in vec4 hidden_2;
layout(location = 11) in vec4 hidden_3;
layout(location = 12) in float open_sky;
uniform int u_num_lights;
uniform vec4 u_light_harmonics[12];
out vec4 v_seen;

void main()
{
    v_seen = vec4(1.0, 1.0, 1.0, open_sky);
    for (int i = 0; i < u_num_lights; i++)
        v_seen[i] = clamp(1.0 - dot(hidden_0, u_light_harmonics[4 * i]) - dot(hidden_1, u_light_harmonics[4 * i + 1])
            - dot(hidden_2, u_light_harmonics[4 * i + 2]) - dot(hidden_3, u_light_harmonics[4 * i + 3]), 0.0, 1.0);
"""

_FRAGMENT_FUNCTION = """
uniform bool u_natural;
uniform bool u_filmic;
uniform int u_num_lights;
uniform vec3 u_light_direction[3];
uniform vec3 u_light_rgb[3];
uniform float u_roughness;
uniform vec4 u_surface;
in vec4 v_seen;

vec3 natural_light(vec3 albedo, vec3 n_gl) {
    // From OpenGL's camera axes to OpenCV's.
    const vec3 cv = vec3(1.0, -1.0, -1.0);
    vec3 n = n_gl * cv;
    vec3 v = normalize(-frag_position * cv);
    float nv = clamp(abs(dot(n, v)), 0.001, 1.0);
    Surface surface = Surface(u_roughness, u_surface.x, u_surface.y, u_surface.z, u_surface.w);
    vec3 radiance = reflect_sky(albedo, n, v, nv, surface, v_seen.w);
    for (int i = 0; i < u_num_lights; i++)
        radiance += u_light_rgb[i] * reflect_light(albedo, n, v, u_light_direction[i], nv, surface, v_seen[i]);
    return u_filmic ? filmic(radiance) : radiance;
}

void main()
{
"""


def shader_patches() -> dict[str, dict[str, str]]:
    """For each shader file, what is replaced by what; each key is there once in pyrender 0.1.45."""
    natural = (resources.files("synhead.render.gl") / "shaders" / "natural.glsl").read_text()
    return {
        "mesh.vert": {"void main()\n{": _VERTEX_INPUTS},
        "mesh.frag": {
            "void main()\n{": natural + _FRAGMENT_FUNCTION,
            "color.xyz += base_color.xyz * ambient_light;": (
                "color.xyz += base_color.xyz * ambient_light; "
                "if (u_natural) color.xyz = natural_light(base_color.xyz, n);"
            ),
            # pyrender never defines HAS_TANGENTS.
            "#ifndef HAS_TANGENTS": "#ifndef TANGENT_LOC",
            "((2.0 * n - 1.0) * vec3(1.0, 1.0, 1.0))": "(n * (255.0 / 127.0) - 128.0 / 127.0)",
        },
    }


@dataclass(slots=True)
class NaturalState:
    """The light of the frame that is drawn next.

    Attributes:
        lighting: of the sequence; None before the first.
        R_cam_head: of the frame.
    """

    lighting: Lighting | None = None
    R_cam_head: np.ndarray | None = None


def install(engine: Any) -> NaturalState:
    """Have an OffscreenRenderer set the uniforms of natural light for each primitive."""
    state = NaturalState()
    draw = engine._renderer._bind_and_draw_primitive

    def bind_and_draw(primitive: Any, pose: np.ndarray, program: Any, flags: int) -> None:
        _set_uniforms(program, primitive, state)
        draw(primitive=primitive, pose=pose, program=program, flags=flags)

    engine._renderer._bind_and_draw_primitive = bind_and_draw
    return state


def primitive_class(pyrender: Any) -> Any:
    """A Primitive that brings baked visibility and its part's surface along."""
    from OpenGL import GL

    class ShadedPrimitive(pyrender.Primitive):
        part: HeadPart
        visibility: Float32[np.ndarray, "num_vertices 17"]

        def _add_to_context(self) -> None:
            super()._add_to_context()
            data = np.ascontiguousarray(self.visibility)
            GL.glBindVertexArray(self._vaid)
            buffer = GL.glGenBuffers(1)
            self._buffers.append(buffer)
            GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffer)
            GL.glBufferData(GL.GL_ARRAY_BUFFER, data.nbytes, data, GL.GL_STATIC_DRAW)
            for index, size in enumerate((4, 4, 4, 4, 1)):
                offset = GL.ctypes.c_void_p(16 * index)
                GL.glVertexAttribPointer(FIRST_ATTRIBUTE + index, size, GL.GL_FLOAT, GL.GL_FALSE, 68, offset)
                GL.glEnableVertexAttribArray(FIRST_ATTRIBUTE + index)
            GL.glBindVertexArray(0)

    return ShadedPrimitive


def _set_uniforms(program: Any, primitive: Any, state: NaturalState) -> None:
    lighting = state.lighting
    natural = lighting is not None and is_natural(lighting)
    program.set_uniform("u_natural", int(natural))
    if lighting is None or state.R_cam_head is None or not natural:
        return
    row = surface_row(primitive.part) if lighting.natural_surfaces else plain_row(primitive.part)
    program.set_uniform("u_filmic", int(lighting.tone == "filmic"))
    program.set_uniform("u_roughness", float(row[0]))
    program.set_uniform("u_surface", row[1:])
    program.set_uniform("u_num_lights", len(lighting.directional))
    _set_vectors(program, "u_sky", sky_polynomial(lighting))
    if lighting.directional:
        directions = np.array([light.direction_cam for light in lighting.directional])
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        _set_vectors(program, "u_light_direction", directions)
        _set_vectors(program, "u_light_rgb", np.array([light.intensity_rgb for light in lighting.directional]))
        _set_vectors(program, "u_light_harmonics", light_harmonics(lighting, state.R_cam_head).reshape(-1, 4))


def _set_vectors(program: Any, name: str, rows: Float[np.ndarray, "num_rows size"]) -> None:
    for index, row in enumerate(rows):
        program.set_uniform(f"{name}[{index}]", row.astype(np.float32))
