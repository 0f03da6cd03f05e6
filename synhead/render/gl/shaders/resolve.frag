#version 330 core
// Averages the four samples in linear light, lays them over the background, applies the sRGB curve, and turns the
// nearest of the four depths into metres.
uniform sampler2DMS u_color;
uniform sampler2DMS u_depth;
uniform sampler2D u_background;
uniform vec2 u_near_far;

layout(location = 0) out vec4 out_rgba;
layout(location = 1) out float out_depth;

vec3 linear_from_srgb(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
}

vec3 srgb_from_linear(vec3 c) {
    return mix(c * 12.92, 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), c));
}

void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec3 back = texelFetch(u_background, p, 0).rgb;
    vec4 sum = texelFetch(u_color, p, 0) + texelFetch(u_color, p, 1) + texelFetch(u_color, p, 2) + texelFetch(u_color, p, 3);
    vec4 head = sum * 0.25;
    // Where the head is not, the background passes untouched: the two curves would not be exact inverses in 8 bits.
    vec3 rgb = head.a == 0.0 ? back : srgb_from_linear(head.rgb + (1.0 - head.a) * linear_from_srgb(back));
    out_rgba = vec4(rgb, head.a);

    float d = min(min(texelFetch(u_depth, p, 0).r, texelFetch(u_depth, p, 1).r),
                  min(texelFetch(u_depth, p, 2).r, texelFetch(u_depth, p, 3).r));
    float near = u_near_far.x, far = u_near_far.y;
    out_depth = d < 1.0 ? near * far / (far - d * (far - near)) : uintBitsToFloat(0x7F800000u);
}
