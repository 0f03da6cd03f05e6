#version 330 core
// Shades what is visible of the opaque triangles, once for each triangle in a pixel; lays see-through layers over it and
// both over the background, in linear light; applies the sRGB curve; turns the nearest depth into metres.
#define SAMPLES @SAMPLES@
#define BLENDED @BLENDED@
#define NORMAL_MAP @NORMAL_MAP@
#define ROW_TEXELS @ROW_TEXELS@
@LIGHT@

#if SAMPLES > 1
#define IDS usampler2DMS
#define SAMPLED sampler2DMS
#else
#define IDS usampler2D
#define SAMPLED sampler2D
#endif

uniform IDS u_ids;
uniform SAMPLED u_depth;
#if BLENDED
uniform SAMPLED u_layers;
#endif
uniform sampler2D u_background;
// Position and normal.x; normal.yz and texture coordinates: two texels a vertex.
uniform sampler2D u_vertices;
uniform usampler2D u_triangles;
uniform sampler2DArray u_texture;
#if NORMAL_MAP
uniform sampler2D u_tangents;
uniform sampler2DArray u_normal_texture;
#endif
#if SHADOWS
uniform sampler2D u_seen;
#endif
uniform mat3 u_rotation;
uniform vec3 u_translation;
// Focal length in pixels, principal point.
uniform vec3 u_camera;
uniform vec2 u_near_far;
// First pixel of the frame in the target.
uniform ivec2 u_tile;

layout(location = 0) out vec4 out_rgba;
layout(location = 1) out float out_depth;

#if SAMPLES > 1
// Four samples are averaged: each may look at half a pixel of the texture. 1.4 to 1.9 dB nearer to 8 x 8 samples.
const float SHARPER = 0.5;
// Of the samples, from the middle of the pixel: the pattern that graphics cards have agreed on.
const vec2 PLACES[4] = vec2[4](vec2(-0.125, -0.375), vec2(0.375, -0.125), vec2(-0.375, 0.125), vec2(0.125, 0.375));
#else
const float SHARPER = 1.0;
#endif
// How far shading may look beyond a triangle that covers a sample but not the middle of the pixel, in its own size.
const float BEYOND = 0.1;

ivec2 place(int index) {
    return ivec2(index & (ROW_TEXELS - 1), index / ROW_TEXELS);
}

struct Triangle {
    vec3 origin;
    vec3 first;
    vec3 second;
};

// Weights of the second and third corner where a ray from the camera meets the plane; z: > 0 where the front is seen.
// Measured from the first corner's depth: differences of small numbers lose nothing.
vec3 corner_weights(Triangle t, vec3 ray) {
    vec3 q = cross(ray, t.second);
    float det = dot(t.first, q);
    float inverse = 1.0 / (abs(det) < 1e-20 ? 1e-20 : det);
    vec3 s = ray * t.origin.z - t.origin;
    return vec3(dot(s, q) * inverse, dot(ray, cross(s, t.first)) * inverse, det);
}

vec3 shade(uint id, vec2 pixel) {
    uvec4 triangle = texelFetch(u_triangles, place(int(id) - 1), 0);
    ivec3 corner = ivec3(triangle.xyz);
    vec4 a0 = texelFetch(u_vertices, place(2 * corner.x), 0), a1 = texelFetch(u_vertices, place(2 * corner.x + 1), 0);
    vec4 b0 = texelFetch(u_vertices, place(2 * corner.y), 0), b1 = texelFetch(u_vertices, place(2 * corner.y + 1), 0);
    vec4 c0 = texelFetch(u_vertices, place(2 * corner.z), 0), c1 = texelFetch(u_vertices, place(2 * corner.z + 1), 0);
    Triangle t = Triangle(u_rotation * a0.xyz + u_translation, u_rotation * (b0.xyz - a0.xyz), u_rotation * (c0.xyz - a0.xyz));
    float step = 1.0 / u_camera.x;
    vec3 ray = vec3((pixel - u_camera.yz) * step, 1.0);
    vec3 at = corner_weights(t, ray);
    vec2 right = corner_weights(t, ray + vec3(step, 0.0, 0.0)).xy - at.xy;
    vec2 down = corner_weights(t, ray + vec3(0.0, step, 0.0)).xy - at.xy;
    vec3 w = clamp(vec3(1.0 - at.x - at.y, at.xy), -BEYOND, 1.0 + BEYOND);
    w /= w.x + w.y + w.z;

    int material = int(triangle.w);
    vec2 along_first = b1.zw - a1.zw, along_second = c1.zw - a1.zw;
    vec2 uv = w.x * a1.zw + w.y * b1.zw + w.z * c1.zw;
    vec2 uv_right = SHARPER * (right.x * along_first + right.y * along_second);
    vec2 uv_down = SHARPER * (down.x * along_first + down.y * along_second);
    vec3 layers = u_roughness_layers[material];
    vec4 texel = textureGrad(u_texture, vec3(uv, layers.y), uv_right, uv_down);
    vec3 normal = w.x * vec3(a0.w, a1.xy) + w.y * vec3(b0.w, b1.xy) + w.z * vec3(c0.w, c1.xy);
    vec3 n = normalize(u_rotation * normal);
#if NORMAL_MAP
    vec4 tangent = w.x * texelFetch(u_tangents, place(corner.x), 0) + w.y * texelFetch(u_tangents, place(corner.y), 0)
                 + w.z * texelFetch(u_tangents, place(corner.z), 0);
    tangent.xyz = u_rotation * tangent.xyz;
    vec3 along = tangent.xyz - n * dot(n, tangent.xyz);
    along *= inversesqrt(max(dot(along, along), 1e-20));
    vec3 bent = textureGrad(u_normal_texture, vec3(uv, max(layers.z, 0.0)), uv_right, uv_down).xyz * (255.0 / 127.0) - 128.0 / 127.0;
    bent = layers.z < 0.0 ? vec3(0.0, 0.0, 1.0) : bent;
    n = normalize(along * bent.x + cross(n, along) * (tangent.w * bent.y) + n * bent.z);
#endif
    n = at.z > 0.0 ? n : -n;
    vec4 seen = vec4(1.0);
#if SHADOWS
    seen = w.x * texelFetch(u_seen, place(corner.x), 0) + w.y * texelFetch(u_seen, place(corner.y), 0)
         + w.z * texelFetch(u_seen, place(corner.z), 0);
    seen = clamp(seen, 0.0, 1.0);
#endif
    vec3 position = t.origin + w.y * t.first + w.z * t.second;
    return radiance_of(albedo_of(texel, u_base_color[material]), gather(n, normalize(-position), material, seen));
}

vec3 srgb_from_linear(vec3 c) {
    return mix(c * 12.92, 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), c));
}

float metres(float depth) {
    return u_near_far.x * u_near_far.y / (u_near_far.y - depth * (u_near_far.y - u_near_far.x));
}

void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) - u_tile;
    uint ids[SAMPLES];
    float through[SAMPLES];
    vec4 head = vec4(0.0);
    float nearest = 1.0;
    for (int s = 0; s < SAMPLES; s++) {
        ids[s] = texelFetch(u_ids, p, s).r;
        float depth = texelFetch(u_depth, p, s).r;
        nearest = min(nearest, depth);
        through[s] = 1.0;
#if BLENDED
        vec4 layers = texelFetch(u_layers, p, s);
        head += layers;
        through[s] = 1.0 - layers.a;
#endif
        // Nothing is seen through layers that are solid together.
        ids[s] = through[s] > 0.0 ? ids[s] : 0u;
    }
    // Each round shades one triangle, in the middle of the samples that it covers.
    for (int round = 0; round < SAMPLES; round++) {
        uint id = 0u;
        for (int s = SAMPLES - 1; s >= 0; s--) id = ids[s] != 0u ? ids[s] : id;
        if (id == 0u) break;
        float weight = 0.0;
#if SAMPLES > 1
        vec3 covered = vec3(0.0);
#endif
        for (int s = 0; s < SAMPLES; s++) {
            bool same = ids[s] == id;
            weight += same ? through[s] : 0.0;
#if SAMPLES > 1
            covered += same ? vec3(PLACES[s], 1.0) : vec3(0.0);
#endif
            ids[s] = same ? 0u : ids[s];
        }
#if SAMPLES > 1
        vec2 pixel = gl_FragCoord.xy - vec2(u_tile) + covered.xy / covered.z;
#else
        vec2 pixel = gl_FragCoord.xy - vec2(u_tile);
#endif
        head += vec4(shade(id, pixel) * weight, weight);
    }
    head /= float(SAMPLES);

    vec3 back = texelFetch(u_background, p, 0).rgb;
    // Where the head is not, the background passes untouched: the two curves would not be exact inverses in 8 bits.
    vec3 rgb = head.a == 0.0 ? back : srgb_from_linear(head.rgb + (1.0 - head.a) * fast_linear_from_srgb(back));
    out_rgba = vec4(rgb, head.a);
    out_depth = nearest < 1.0 ? metres(nearest) : uintBitsToFloat(0x7F800000u);
}
