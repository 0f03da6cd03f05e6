// How a surface answers the light of a sequence, apart from its colour: docs/design/0003-shading.md. Included by the
// passes that shade pixels and by the one that shades vertices of hair.
#define NUM_LIGHTS @NUM_LIGHTS@
#define MAX_PARTS @MAX_PARTS@
// Lighting.natural_surfaces or light from everywhere; Lighting.shadows.
#define NATURAL @NATURAL@
#define SHADOWS @SHADOWS@

uniform vec4 u_base_color[MAX_PARTS];
// Roughness, layer of the colour texture, layer of the normal map (-1: none).
uniform vec3 u_roughness_layers[MAX_PARTS];
uniform vec3 u_ambient_rgb;
#if NUM_LIGHTS > 0
uniform vec3 u_light_direction[NUM_LIGHTS];
uniform vec3 u_light_rgb[NUM_LIGHTS];
#endif

#if NATURAL
// Scatter, second lobe's roughness, its share, reflection.
uniform vec4 u_surface[MAX_PARTS];
uniform bool u_filmic;
@NATURAL_LIGHT@
#else
const float F0 = 0.04;

// Diffuse (times the albedo) and specular answer to a light whose facing white Lambertian surface returns 1: pi times
// the BRDF. The pi of the unit cancels the pi of both terms.
void light_parts(vec3 n, vec3 v, vec3 l, float nv, float k, float a2, out float diffuse, out float specular) {
    vec3 h = normalize(l + v);
    float nl = clamp(dot(n, l), 0.001, 1.0);
    float nh = clamp(dot(n, h), 0.0, 1.0);
    float m = 1.0 - clamp(dot(v, h), 0.0, 1.0);
    float m2 = m * m;
    float fresnel = F0 + (1.0 - F0) * m2 * m2 * m;
    float d = nh * nh * (a2 - 1.0) + 1.0;
    // One division for both halves of the geometry term and the lobe.
    float below = (nv * (1.0 - k) + k) * (nl * (1.0 - k) + k) * d * d * (4.0 * nl * nv + 0.001);
    diffuse = nl * (1.0 - fresnel) * (1.0 - F0);
    specular = nl * fresnel * nv * nl * a2 / below;
}
#endif

// What is reflected of the light: albedo * (diffuse + even * what of the sky arrives) + specular.
struct Reflection {
    vec3 diffuse;
    vec3 specular;
    vec3 even;
    float open;
};

// n and v are unit vectors, n on the side of the viewer. `seen`: shares of the first three lights and of the sky.
Reflection gather(vec3 n, vec3 v, int material, vec4 seen) {
    Reflection r;
    float nv = clamp(abs(dot(n, v)), 0.001, 1.0);
    float roughness = u_roughness_layers[material].x;
    r.open = seen.w;
#if NATURAL
    vec4 row = u_surface[material];
    Surface surface = Surface(roughness, row.x, row.y, row.z, row.w);
    sky_parts(n, v, nv, surface, r.even, r.specular);
    r.specular *= seen.w;
    r.diffuse = vec3(0.0);
    vec3 diffuse;
#else
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float a2 = roughness * roughness * roughness * roughness;
    r.even = vec3(0.0);
    r.specular = vec3(0.0);
    r.diffuse = u_ambient_rgb;
    float diffuse;
#endif
#if NUM_LIGHTS > 0
    float specular;
    for (int i = 0; i < NUM_LIGHTS; i++) {
#if NATURAL
        light_parts(n, v, u_light_direction[i], nv, surface, i < 3 ? seen[i] : 1.0, diffuse, specular);
#else
        light_parts(n, v, u_light_direction[i], nv, k, a2, diffuse, specular);
#endif
        r.diffuse += u_light_rgb[i] * diffuse;
        r.specular += u_light_rgb[i] * specular;
    }
#endif
    return r;
}

vec3 radiance_of(vec3 albedo, Reflection r) {
#if NATURAL
    vec3 radiance = albedo * (r.diffuse + r.even * bounced(albedo, r.open)) + r.specular;
    if (u_filmic) radiance = filmic(radiance);
#else
    vec3 radiance = albedo * r.diffuse + r.specular;
#endif
    // Clamped before samples are averaged: a highlight brighter than white must not swallow the edge.
    return min(radiance, 1.0);
}

// The sRGB curve within 0.2/255 of its own scale; pow() alone took a quarter of the frame on llvmpipe.
vec3 fast_linear_from_srgb(vec3 c) {
    vec3 s = sqrt(c);
    return c * (0.09482896 + s * (-0.24630569 + s * (0.69507946 + s * 0.45459175)));
}

// Texels are premultiplied, so that filtering draws no colour from see-through neighbours.
vec3 albedo_of(vec4 texel, vec4 base) {
    return fast_linear_from_srgb(clamp(texel.rgb / max(texel.a, 0.001), 0.0, 1.0)) * base.rgb;
}
