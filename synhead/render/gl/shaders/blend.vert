#version 330 core
// See-through triangles: head frame -> OpenCV camera frame (shading) and clip space. With LIT_VERTICES the light is found
// here, for both sides of the surface.
#define LIT_VERTICES @LIT_VERTICES@
#define ROW_TEXELS @ROW_TEXELS@
#if LIT_VERTICES
@LIGHT@
#else
#define NATURAL @NATURAL@
#define SHADOWS @SHADOWS@
#endif

uniform mat4 u_clip_from_head;
uniform mat3 u_rotation;
uniform vec3 u_translation;
#if SHADOWS
uniform sampler2D u_seen;
#endif

in vec3 in_position;
in vec3 in_normal;
in vec2 in_uv;
in int in_material;

out vec2 v_uv;
flat out int v_material;
#if LIT_VERTICES
out vec3 v_diffuse_front;
out vec3 v_specular_front;
out vec3 v_diffuse_back;
out vec3 v_specular_back;
#if NATURAL
out vec4 v_even_open_front;
out vec3 v_even_back;
#endif
#else
out vec3 v_position;
out vec3 v_normal;
out vec4 v_seen;
#endif

void main() {
    vec3 position = u_rotation * in_position + u_translation;
    vec3 normal = u_rotation * in_normal;
    v_uv = in_uv;
    v_material = in_material;
#if SHADOWS
    vec4 seen = texelFetch(u_seen, ivec2(gl_VertexID % ROW_TEXELS, gl_VertexID / ROW_TEXELS), 0);
#else
    vec4 seen = vec4(1.0);
#endif
#if LIT_VERTICES
    vec3 n = normalize(normal), v = normalize(-position);
    Reflection front = gather(n, v, in_material, seen), back = gather(-n, v, in_material, seen);
    v_diffuse_front = front.diffuse;
    v_specular_front = front.specular;
    v_diffuse_back = back.diffuse;
    v_specular_back = back.specular;
#if NATURAL
    v_even_open_front = vec4(front.even, seen.w);
    v_even_back = back.even;
#endif
#else
    v_position = position;
    v_normal = normal;
    v_seen = seen;
#endif
    gl_Position = u_clip_from_head * vec4(in_position, 1.0);
}
