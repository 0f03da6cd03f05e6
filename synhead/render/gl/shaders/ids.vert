#version 330 core
// Where the triangles are; what they look like is found out later, for what is visible.
uniform mat4 u_clip_from_head;
in vec3 in_position;

void main() {
    gl_Position = u_clip_from_head * vec4(in_position, 1.0);
}
