#version 330 core
// Head frame -> OpenCV camera frame (shading) and clip space.
#define NUM_LIGHTS @NUM_LIGHTS@
#define SHADOWS @SHADOWS@
#define NORMAL_MAP @NORMAL_MAP@

uniform mat4 u_clip_from_head;
uniform mat3 u_rotation;
uniform vec3 u_translation;

in vec3 in_position;
in vec3 in_normal;
in vec2 in_uv;
in int in_material;

out vec3 v_position;
out vec3 v_normal;
out vec2 v_uv;
flat out int v_material;

#if NORMAL_MAP
in vec4 in_tangent;
out vec4 v_tangent;
#endif

#if SHADOWS
// Harmonics of what the head hides from the vertex, and the share of an even sky that arrives (heads/occlusion.py).
in vec4 in_hidden_0;
in vec4 in_hidden_1;
in vec4 in_hidden_2;
in vec4 in_hidden_3;
in float in_open;
// Share of each light that arrives, then of the sky.
out vec4 v_seen;
#if NUM_LIGHTS > 0
// The harmonics at the lights' directions in the head frame, four rows a light.
uniform vec4 u_light_harmonics[4 * NUM_LIGHTS];
#endif
#endif

void main() {
    v_position = u_rotation * in_position + u_translation;
    v_normal = u_rotation * in_normal;
    v_uv = in_uv;
    v_material = in_material;
#if NORMAL_MAP
    v_tangent = vec4(u_rotation * in_tangent.xyz, in_tangent.w);
#endif
#if SHADOWS
    v_seen = vec4(1.0, 1.0, 1.0, in_open);
#if NUM_LIGHTS > 0
    for (int i = 0; i < min(NUM_LIGHTS, 3); i++)
        v_seen[i] = clamp(1.0 - dot(in_hidden_0, u_light_harmonics[4 * i]) - dot(in_hidden_1, u_light_harmonics[4 * i + 1])
                              - dot(in_hidden_2, u_light_harmonics[4 * i + 2])
                              - dot(in_hidden_3, u_light_harmonics[4 * i + 3]), 0.0, 1.0);
#endif
#endif
    gl_Position = u_clip_from_head * vec4(in_position, 1.0);
}
