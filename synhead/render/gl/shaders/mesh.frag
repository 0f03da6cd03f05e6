#version 330 core
// glTF 2.0 metallic-roughness with metallic 0, as in docs/design/0003-shading.md.
// PASS 0: opaque; 1: opacity >= 0.5, writes depth; 2: opacity < 0.5, writes no depth.
// Output: linear light, premultiplied by opacity.
#define PASS @PASS@
#define NUM_LIGHTS @NUM_LIGHTS@
#define MAX_PARTS @MAX_PARTS@
// Lighting.natural_surfaces or light from everywhere; Lighting.shadows; the part's material has a normal map.
#define NATURAL @NATURAL@
#define SHADOWS @SHADOWS@
#define NORMAL_MAP @NORMAL_MAP@

uniform sampler2DArray u_texture;
uniform vec4 u_base_color[MAX_PARTS];
uniform vec2 u_roughness_layer[MAX_PARTS];
uniform vec3 u_ambient_rgb;
#if NUM_LIGHTS > 0
uniform vec3 u_light_direction[NUM_LIGHTS];
uniform vec3 u_light_rgb[NUM_LIGHTS];
#endif

#if NATURAL
// Scatter, second lobe's roughness, its share, reflection.
uniform vec4 u_surface[MAX_PARTS];
uniform bool u_filmic;
#endif
#if NORMAL_MAP
uniform sampler2DArray u_normal_texture;
in vec4 v_tangent;
#endif
#if SHADOWS
in vec4 v_seen;
#endif

in vec3 v_position;
in vec3 v_normal;
in vec2 v_uv;
flat in int v_material;
out vec4 out_color;

#if NATURAL
@NATURAL_LIGHT@
#else
const float F0 = 0.04;
#endif

// The sRGB curve within 0.2/255 of its own scale; pow() alone took a quarter of the frame on llvmpipe.
vec3 linear_from_srgb(vec3 c) {
    vec3 s = sqrt(c);
    return c * (0.09482896 + s * (-0.24630569 + s * (0.69507946 + s * 0.45459175)));
}

#if !NATURAL
// Radiance for a light whose facing white Lambertian surface returns 1: pi times diffuse and specular BRDF.
vec3 reflect_light(vec3 albedo, vec3 n, vec3 v, vec3 l, float nv, float k, float a2) {
    vec3 h = normalize(l + v);
    float nl = clamp(dot(n, l), 0.001, 1.0);
    float nh = clamp(dot(n, h), 0.0, 1.0);
    float vh = clamp(dot(v, h), 0.0, 1.0);
    float m = 1.0 - vh;
    float m2 = m * m;
    float fresnel = F0 + (1.0 - F0) * m2 * m2 * m;
    float geometry = (nv / (nv * (1.0 - k) + k)) * (nl / (nl * (1.0 - k) + k));
    float d = nh * nh * (a2 - 1.0) + 1.0;
    // The pi of the unit cancels the pi of both BRDF terms.
    float specular = fresnel * geometry * a2 / (d * d * (4.0 * nl * nv + 0.001));
    return nl * ((1.0 - fresnel) * (1.0 - F0) * albedo + vec3(specular));
}
#endif

vec3 shading_normal() {
    vec3 n = normalize(v_normal);
#if NORMAL_MAP
    vec3 t = normalize(v_tangent.xyz - n * dot(n, v_tangent.xyz));
    vec3 bent = texture(u_normal_texture, vec3(v_uv, 0.0)).xyz * (255.0 / 127.0) - 128.0 / 127.0;
    n = normalize(t * bent.x + cross(n, t) * (v_tangent.w * bent.y) + n * bent.z);
#endif
    return gl_FrontFacing ? n : -n;
}

void main() {
    vec4 base = u_base_color[v_material];
    vec2 roughness_layer = u_roughness_layer[v_material];
    vec4 texel = texture(u_texture, vec3(v_uv, roughness_layer.y));
    float alpha = texel.a * base.a;
#if PASS == 1
    if (alpha < 0.5) discard;
#elif PASS == 2
    if (alpha >= 0.5 || alpha < 0.002) discard;
#endif
    // Texels are premultiplied, so that filtering draws no colour from see-through neighbours.
    vec3 albedo = linear_from_srgb(clamp(texel.rgb / max(texel.a, 0.001), 0.0, 1.0)) * base.rgb;
#if PASS == 0
    alpha = 1.0;
#endif
    vec3 n = shading_normal();
    vec3 v = normalize(-v_position);
    float nv = clamp(abs(dot(n, v)), 0.001, 1.0);
    float roughness = roughness_layer.x;
#if SHADOWS
    vec4 seen = v_seen;
#else
    const vec4 seen = vec4(1.0);
#endif
#if NATURAL
    vec4 row = u_surface[v_material];
    Surface surface = Surface(roughness, row.x, row.y, row.z, row.w);
    vec3 radiance = reflect_sky(albedo, n, v, nv, surface, seen.w);
#if NUM_LIGHTS > 0
    for (int i = 0; i < NUM_LIGHTS; i++)
        radiance += u_light_rgb[i] * reflect_light(albedo, n, v, u_light_direction[i], nv, surface, i < 3 ? seen[i] : 1.0);
#endif
    if (u_filmic) radiance = filmic(radiance);
#else
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float a2 = roughness * roughness * roughness * roughness;
    vec3 radiance = albedo * u_ambient_rgb;
#if NUM_LIGHTS > 0
    for (int i = 0; i < NUM_LIGHTS; i++)
        radiance += u_light_rgb[i] * reflect_light(albedo, n, v, u_light_direction[i], nv, k, a2);
#endif
#endif
    // Clamped before the samples are averaged: a highlight brighter than white must not swallow the edge.
    out_color = vec4(min(radiance, 1.0) * alpha, alpha);
}
