#version 330 core
// PASS 1: opacity >= 0.5, writes depth; 2: opacity < 0.5, writes no depth. Output: linear light, premultiplied.
#define PASS @PASS@
#define LIT_VERTICES @LIT_VERTICES@
@LIGHT@

uniform sampler2DArray u_texture;

in vec2 v_uv;
flat in int v_material;
#if LIT_VERTICES
in vec3 v_diffuse_front;
in vec3 v_specular_front;
in vec3 v_diffuse_back;
in vec3 v_specular_back;
#if NATURAL
in vec4 v_even_open_front;
in vec3 v_even_back;
#endif
#else
in vec3 v_position;
in vec3 v_normal;
in vec4 v_seen;
#endif
out vec4 out_color;

Reflection reflection() {
#if LIT_VERTICES
    Reflection r;
    r.diffuse = gl_FrontFacing ? v_diffuse_front : v_diffuse_back;
    r.specular = gl_FrontFacing ? v_specular_front : v_specular_back;
#if NATURAL
    r.even = gl_FrontFacing ? v_even_open_front.xyz : v_even_back;
    r.open = v_even_open_front.w;
#endif
    return r;
#else
    vec3 n = normalize(v_normal);
    return gather(gl_FrontFacing ? n : -n, normalize(-v_position), v_material, v_seen);
#endif
}

void main() {
    vec4 base = u_base_color[v_material];
    vec4 texel = texture(u_texture, vec3(v_uv, u_roughness_layers[v_material].y));
    float alpha = texel.a * base.a;
#if PASS == 1
    if (alpha < 0.5) discard;
#else
    if (alpha >= 0.5 || alpha < 0.002) discard;
#endif
    out_color = vec4(radiance_of(albedo_of(texel, base), reflection()) * alpha, alpha);
}
