#version 330 core
// For each vertex the share of each of the first three lights that arrives, then of an even sky: one texel a vertex.
#define NUM_LIGHTS @NUM_LIGHTS@
#define ROW_TEXELS @ROW_TEXELS@

// Five texels a vertex (heads/occlusion.py): harmonics of what the head hides from it; the open share of the sky.
uniform sampler2D u_occlusion;
#if NUM_LIGHTS > 0
// The harmonics at the lights' directions in the head frame, four rows a light.
uniform vec4 u_light_harmonics[4 * NUM_LIGHTS];
#endif
out vec4 out_seen;

vec4 texel(int index) {
    return texelFetch(u_occlusion, ivec2(index % ROW_TEXELS, index / ROW_TEXELS), 0);
}

void main() {
    int first = 5 * (int(gl_FragCoord.y) * ROW_TEXELS + int(gl_FragCoord.x));
    out_seen = vec4(1.0, 1.0, 1.0, texel(first + 4).x);
#if NUM_LIGHTS > 0
    vec4 a = texel(first), b = texel(first + 1), c = texel(first + 2), d = texel(first + 3);
    for (int i = 0; i < min(NUM_LIGHTS, 3); i++)
        out_seen[i] = clamp(1.0 - dot(a, u_light_harmonics[4 * i]) - dot(b, u_light_harmonics[4 * i + 1])
                                - dot(c, u_light_harmonics[4 * i + 2]) - dot(d, u_light_harmonics[4 * i + 3]), 0.0, 1.0);
#endif
}
