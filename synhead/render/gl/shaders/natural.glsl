// Light and surfaces of docs/design/0003-shading.md, for both engines. Vectors are in the camera frame (OpenCV).

// What a white Lambertian surface returns of the light from everywhere: polynomial coefficients of bands 0 to 2.
uniform vec3 u_sky[9];

const float F0 = 0.04;
// How far light wraps round the terminator of skin: red travels farthest under it.
const vec3 SCATTER = vec3(0.16, 0.08, 0.05);

struct Surface {
    float roughness;
    float scatter;
    float second_roughness;
    float second_share;
    float reflection;
};

vec3 sky(vec3 d, float band_1, float band_2) {
    vec3 first = d.y * u_sky[1] + d.z * u_sky[2] + d.x * u_sky[3];
    vec3 second = d.x * d.y * u_sky[4] + d.y * d.z * u_sky[5] + (3.0 * d.z * d.z - 1.0) * u_sky[6] + d.x * d.z * u_sky[7]
                + (d.x * d.x - d.y * d.y) * u_sky[8];
    return max(u_sky[0] + band_1 * first + band_2 * second, 0.0);
}

// Light from everywhere: `even` is what a surface spreads (times albedo and what `bounced` says), `mirrored` what it
// reflects of an open sky.
void sky_parts(vec3 n, vec3 v, float nv, Surface s, out vec3 even, out vec3 mirrored) {
    float m = 1.0 - nv;
    float m2 = m * m;
    float smoothness = 1.0 - s.roughness;
    float fresnel = s.reflection * (F0 + (1.0 - F0) * smoothness * smoothness * m2 * m2 * m);
    even = (1.0 - fresnel) * sky(n, 1.0, 1.0);
    mirrored = fresnel * sky(reflect(-v, n), 1.4 - 0.4 * s.roughness, 2.2 - 1.4 * s.roughness);
}

// The share of an even sky that arrives. `open` of it comes straight; what does not was reflected by the head itself, so
// that the loss is smaller where the surface is bright: skin's creases turn red, not grey.
vec3 bounced(vec3 albedo, float open) {
    return open / max(1.0 - albedo * (1.0 - open), 0.001);
}

vec3 reflect_sky(vec3 albedo, vec3 n, vec3 v, float nv, Surface s, float open) {
    vec3 even, mirrored;
    sky_parts(n, v, nv, s, even, mirrored);
    return albedo * even * bounced(albedo, open) + open * mirrored;
}

float lobe(float nh2, float roughness) {
    float a2 = roughness * roughness * roughness * roughness;
    float d = nh2 * (a2 - 1.0) + 1.0;
    return a2 / (d * d);
}

// What a light whose facing white Lambertian surface returns 1 adds: `diffuse` times the albedo, plus `specular`.
// `seen` is the share of the light that arrives.
void light_parts(vec3 n, vec3 v, vec3 l, float nv, Surface s, float seen, out vec3 diffuse, out float specular) {
    vec3 h = normalize(l + v);
    float facing = dot(n, l);
    float nl = clamp(facing, 0.001, 1.0);
    float nh = clamp(dot(n, h), 0.0, 1.0);
    float m = 1.0 - clamp(dot(v, h), 0.0, 1.0);
    float m2 = m * m;
    float fresnel = F0 + (1.0 - F0) * m2 * m2 * m;
    float k = (s.roughness + 1.0) * (s.roughness + 1.0) / 8.0;
    float geometry = (nv / (nv * (1.0 - k) + k)) * (nl / (nl * (1.0 - k) + k));
    float lobes = mix(lobe(nh * nh, s.roughness), lobe(nh * nh, s.second_roughness), s.second_share);
    specular = nl * seen * fresnel * geometry * lobes / (4.0 * nl * nv + 0.001);
    vec3 wrap = s.scatter * SCATTER;
    // Divided so that the sum over all normals is that of the cosine. The edge of a shadow is red for the same reason.
    diffuse = max((facing + wrap) / ((1.0 + wrap) * (1.0 + wrap)), 0.0) * (seen + wrap * seen * (1.0 - seen));
    diffuse *= (1.0 - fresnel) * (1.0 - F0);
}

vec3 reflect_light(vec3 albedo, vec3 n, vec3 v, vec3 l, float nv, Surface s, float seen) {
    vec3 diffuse;
    float specular;
    light_parts(n, v, l, nv, s, seen, diffuse, specular);
    return albedo * diffuse + vec3(specular);
}

// A camera's curve for the head: middle grey stays, white becomes 0.78, three times white 0.97.
vec3 filmic(vec3 x) {
    return x * (2.0545 * x + 0.8) / (x * (2.0930 * x + 0.5667) + 1.0);
}
