"""The shading of docs/design/0003-shading.md once more, in plain numpy and float64, straight from the text."""

from dataclasses import dataclass

import numpy as np

from synhead.core.scene import Lighting
from synhead.render.software.mipmaps import mip_levels

SCATTER = np.array([0.16, 0.08, 0.05])


@dataclass(kw_only=True)
class Points:
    """Surface points: everything in the camera frame; n is interpolated or bent, not yet of unit length.

    Attributes:
        rows: (roughness, scatter, second roughness, second share, reflection) of each point.
        seen: [n, 3] share of each light, and `open_share` [n] of the sky.
    """

    albedo: np.ndarray
    normal: np.ndarray
    view: np.ndarray
    front: np.ndarray
    rows: np.ndarray
    seen: np.ndarray
    open_share: np.ndarray


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def radiance(points: Points, lighting: Lighting, natural: bool) -> np.ndarray:
    """Tone-mapped, at most 1."""
    n = unit(points.normal) * np.where(points.front, 1, -1)[:, None]
    v = unit(points.view)
    result = natural_light(points, lighting, n, v) if natural else plain_light(points, lighting, n, v)
    if lighting.tone == "filmic":
        result = result * (2.0545 * result + 0.8) / (result * (2.0930 * result + 0.5667) + 1)
    return np.minimum(result, 1)


def plain_light(points, lighting, n, v):
    a, r = points.albedo, points.rows[:, 0]
    total = a * np.array(lighting.ambient_rgb)
    for light in lighting.directional:
        to_light = unit(np.array(light.direction_cam))
        h = unit(to_light + v)
        nl = np.clip(n @ to_light, 0.001, 1)
        nv = np.clip(np.abs((n * v).sum(1)), 0.001, 1)
        nh, vh = np.clip((n * h).sum(1), 0, 1), np.clip((v * h).sum(1), 0, 1)
        F = 0.04 + 0.96 * (1 - vh) ** 5
        k = (r + 1) ** 2 / 8
        G = nv / (nv * (1 - k) + k) * nl / (nl * (1 - k) + k)
        d = nh**2 * (r**4 - 1) + 1
        specular = F * G * r**4 / (d**2 * (4 * nl * nv + 0.001))
        total = total + np.array(light.intensity_rgb) * (
            nl[:, None] * ((1 - F)[:, None] * 0.96 * a + specular[:, None])
        )
    return total


def sky_bands(lighting, d):
    """B0, B1, B2 of the irradiance coefficients at directions, [n, 3] each."""
    x, y, z = d.T
    c = np.array(lighting.irradiance_sh_rgb or np.zeros((9, 3)))
    first = [0.488603 * y, 0.488603 * z, 0.488603 * x]
    second = [
        1.092548 * x * y,
        1.092548 * y * z,
        0.315392 * (3 * z * z - 1),
        1.092548 * x * z,
        0.546274 * (x * x - y * y),
    ]
    return (
        np.tile(0.282095 * c[0], (len(d), 1)),
        sum(np.outer(f, c[1 + k]) for k, f in enumerate(first)),
        sum(np.outer(f, c[4 + k]) for k, f in enumerate(second)),
    )


def natural_light(points, lighting, n, v):
    a = points.albedo
    roughness, scatter, second, share, reflection = points.rows.T
    o = points.open_share if lighting.shadows else np.ones(len(a))
    nv = np.clip(np.abs((n * v).sum(1)), 0.001, 1)

    def sky(d, g1, g2):
        b0, b1, b2 = sky_bands(lighting, d)
        return np.maximum(0, np.array(lighting.ambient_rgb) + b0 + g1[:, None] * b1 + g2[:, None] * b2)

    f = reflection * (0.04 + 0.96 * (1 - roughness) ** 2 * (1 - nv) ** 5)
    one = np.ones(len(a))
    mirrored = 2 * (n * v).sum(1)[:, None] * n - v
    diffuse = a * sky(n, one, one) * o[:, None] / (1 - a * (1 - o)[:, None])
    total = (1 - f)[:, None] * diffuse + (f * o)[:, None] * sky(mirrored, 1.4 - 0.4 * roughness, 2.2 - 1.4 * roughness)
    for number, light in enumerate(lighting.directional):
        to_light = unit(np.array(light.direction_cam))
        h = unit(to_light + v)
        s = points.seen[:, number] if lighting.shadows else one
        nl = np.clip(n @ to_light, 0.001, 1)
        nh, vh = np.clip((n * h).sum(1), 0, 1), np.clip((v * h).sum(1), 0, 1)
        F = 0.04 + 0.96 * (1 - vh) ** 5
        k = (roughness + 1) ** 2 / 8
        G = nv / (nv * (1 - k) + k) * nl / (nl * (1 - k) + k)
        D = (1 - share) * lobe(nh, roughness) + share * lobe(nh, second)
        w = scatter[:, None] * SCATTER
        wrapped = np.maximum(0, ((n @ to_light)[:, None] + w) / (1 + w) ** 2)
        arriving = s[:, None] + w * (s * (1 - s))[:, None]
        specular = s * nl * F * G * D / (4 * nl * nv + 0.001)
        term = (1 - F)[:, None] * 0.96 * a * wrapped * arriving + specular[:, None]
        total = total + np.array(light.intensity_rgb) * term
    return total


def lobe(nh, r):
    return r**4 / (nh**2 * (r**4 - 1) + 1) ** 2


def trilinear(texels: np.ndarray, uv: np.ndarray, du: np.ndarray, dv: np.ndarray) -> np.ndarray:
    """What OpenGL reads of a uint8 texture: [n, 4] in bytes, for v = 0 at the bottom row.

    Args:
        uv: [n, 2]; du, dv: [n, 2] their change along x and y of the picture.
    """
    height, width = texels.shape[:2]
    rho = np.sqrt((du * width) ** 2 + (dv * height) ** 2).max(axis=1)
    levels = mip_levels(texels)
    place = np.clip(np.log2(np.maximum(rho, 1e-12)), 0, len(levels) - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(levels) - 1)
    share = (place - low)[:, None]
    at = np.array([bilinear(levels[k], *uv[i]) for i, k in enumerate(low)])
    above = np.array([bilinear(levels[k], *uv[i]) for i, k in enumerate(high)])
    return at * (1 - share) + above * share


def bilinear(level, u, v):
    height, width = level.shape[:2]
    x, y = u * width - 0.5, (1 - v) * height - 0.5
    i, j = int(np.floor(x)), int(np.floor(y))
    total = np.zeros(4)
    for dj in (0, 1):
        for di in (0, 1):
            weight = (x - i if di else 1 - (x - i)) * (y - j if dj else 1 - (y - j))
            total += weight * level[(j + dj) % height, (i + di) % width]
    return total


def linear_from_srgb(c):
    """The polynomial of the section "Curves"."""
    s = np.sqrt(c)
    return c * (0.0948 + s * (-0.2463 + s * (0.6951 + s * 0.4546)))
