#version 330 core
// Head frame -> OpenCV camera frame (shading) and clip space.
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

void main() {
    v_position = u_rotation * in_position + u_translation;
    v_normal = u_rotation * in_normal;
    v_uv = in_uv;
    v_material = in_material;
    gl_Position = u_clip_from_head * vec4(in_position, 1.0);
}
