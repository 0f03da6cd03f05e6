"""Light from a panorama or from an imagined surrounding: nine coefficients a colour, and up to two key lights.

Source: R. Ramamoorthi, P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps" (2001). What is
bright and small (the sun, a window) is taken out before and becomes a directional light, so that it counts once and
casts a shadow.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from synhead.core.harmonics import COSINE_BANDS, sh_basis, sphere_directions
from synhead.core.scene import DirectionalLight, Lighting

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
MAX_KEY_LIGHTS = 2
_WORK_ROWS = 64
_WHITE_BALANCE = 0.4
"""How much of the light's colour a camera takes out."""
_KEY_RADIUS_DEG = 14.0
_MIN_KEY_SHARE = 0.12
"""A lamp becomes a key light where it gives at least this share of all light that arrives."""
_FIT_DIRECTIONS = sphere_directions(64)
_FACE_NORMALS = np.array([n for n in sphere_directions(200) if n[2] < -0.35 and n[1] < 0.75])
"""Which way the skin of a frontal face looks, camera frame; not the underside of chin and nose."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EnvironmentLight:
    """Light on a surface in some surrounding, without a unit until it is exposed.

    Attributes:
        irradiance_sh: what a white Lambertian surface returns, by normal (core/harmonics.py).
        key_directions: unit vectors towards the key lights.
        key_rgb: what a white Lambertian surface that faces one returns of it.
    """

    irradiance_sh: Float64[np.ndarray, "9 3"]
    key_directions: Float64[np.ndarray, "num_keys 3"]
    key_rgb: Float64[np.ndarray, "num_keys 3"]

    def turned(self, R_new_old: Float[np.ndarray, "3 3"]) -> "EnvironmentLight":
        """The same light in other axes: x_new = R_new_old x_old."""
        # A band is closed under rotation: fitting at more directions than coefficients is exact.
        values = sh_basis(_FIT_DIRECTIONS @ R_new_old, 9) @ self.irradiance_sh
        turned = np.linalg.lstsq(sh_basis(_FIT_DIRECTIONS, 9), values, rcond=None)[0]
        return EnvironmentLight(
            irradiance_sh=turned, key_directions=self.key_directions @ R_new_old.T, key_rgb=self.key_rgb
        )

    def received(self, normals: Float[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
        """What white Lambertian surfaces with these normals return, nothing in the way."""
        keys = np.maximum(normals @ self.key_directions.T, 0) @ self.key_rgb
        return np.maximum(sh_basis(normals, 9) @ self.irradiance_sh, 0) + keys


def project_environment(
    directions: Float[np.ndarray, "n 3"], radiance: Float[np.ndarray, "n 3"], solid_angle: Float[np.ndarray, " n"]
) -> Float64[np.ndarray, "9 3"]:
    """Coefficients of what a white Lambertian surface returns in a surrounding."""
    return (sh_basis(directions, 9) * solid_angle[:, None]).T @ radiance * COSINE_BANDS[:, None]


def light_of_panorama(panorama: Float[np.ndarray, "rows columns 3"]) -> EnvironmentLight:
    """Light of an equirectangular map in its own axes: x right of its left edge's direction, y down, z towards it."""
    small = np.maximum(_reduced(panorama), 0)
    rows, columns, _ = small.shape
    directions, solid_angle = panorama_directions(rows, columns)
    radiance = small.reshape(-1, 3)
    key_directions, key_rgb = [], []
    for _ in range(MAX_KEY_LIGHTS):
        found = _take_key(directions, solid_angle, radiance)
        if found is None:
            break
        direction, rgb, radiance = found
        key_directions.append(direction)
        key_rgb.append(rgb)
    return EnvironmentLight(
        irradiance_sh=project_environment(directions, radiance, solid_angle),
        key_directions=np.array(key_directions).reshape(-1, 3),
        key_rgb=np.array(key_rgb).reshape(-1, 3),
    )


def panorama_directions(rows: int, columns: int) -> tuple[Float64[np.ndarray, "n 3"], Float64[np.ndarray, " n"]]:
    """Direction and solid angle of each texel, row by row: x right, y down, z at the left edge of the map."""
    longitude = (np.arange(columns) + 0.5) / columns * 2 * np.pi
    edges = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    latitude = (edges[:-1] + edges[1:]) / 2
    band = (np.sin(edges[1:]) - np.sin(edges[:-1])) * 2 * np.pi / columns
    lat, lon = np.meshgrid(latitude, longitude, indexing="ij")
    directions = np.stack([np.sin(lon) * np.cos(lat), np.sin(lat), np.cos(lon) * np.cos(lat)], axis=-1)
    return directions.reshape(-1, 3), np.repeat(band, columns)


def rotation_of_view(heading_deg: float, elevation_deg: float) -> Float64[np.ndarray, "3 3"]:
    """R_cam_panorama of a view into a panorama, as the pixels of an HDRI background are cut out."""
    h, e = np.radians(heading_deg), np.radians(elevation_deg)
    up = np.array([[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]])
    round_ = np.array([[np.cos(h), 0, np.sin(h)], [0, 1, 0], [-np.sin(h), 0, np.cos(h)]])
    return (round_ @ up).T


def expose(light: EnvironmentLight, level: float, *, max_key: float = 2.2) -> Lighting:
    """Natural lighting of a head, exposed so that a white face would return `level`; its colour is balanced in part.

    Args:
        light: in camera axes.
        level: mean luminance over the normals of a frontal face.
        max_key: key lights are dimmed to this luminance: a sun behind the head would else burn its rim.
    """
    face_rgb = light.received(_FACE_NORMALS).mean(axis=0)
    face = max(float(face_rgb @ LUMINANCE), 1e-9)
    balance = (face / np.maximum(face_rgb, 0.05 * face)) ** _WHITE_BALANCE
    gain = level / face * balance / float(face_rgb / face * balance @ LUMINANCE)
    keys = []
    for direction, rgb in zip(light.key_directions, light.key_rgb * gain, strict=True):
        dimmed = rgb * min(1.0, max_key / max(float(rgb @ LUMINANCE), 1e-9))
        keys.append(
            DirectionalLight(
                direction_cam=triple(direction / np.linalg.norm(direction)),
                intensity_rgb=triple(dimmed),
            )
        )
    return Lighting(
        ambient_rgb=(0.0, 0.0, 0.0),
        directional=tuple(keys),
        irradiance_sh_rgb=tuple(triple(row) for row in light.irradiance_sh * gain),
        shadows=True,
        natural_surfaces=True,
        tone="filmic",
    )


def triple(values: Float[np.ndarray, "3"]) -> tuple[float, float, float]:
    """Plain numbers."""
    return (float(values[0]), float(values[1]), float(values[2]))


def _reduced(panorama: Float[np.ndarray, "rows columns 3"]) -> Float64[np.ndarray, "rows2 columns2 3"]:
    """Averaged to about `_WORK_ROWS` rows; rows near the poles count as their area says."""
    rows, columns, _ = panorama.shape
    step_r, step_c = max(1, rows // _WORK_ROWS), max(1, columns // (2 * _WORK_ROWS))
    kept = panorama[: rows // step_r * step_r, : columns // step_c * step_c]
    weights = panorama_directions(rows, 1)[1][: len(kept)]
    blocks = kept.reshape(len(kept) // step_r, step_r, kept.shape[1] // step_c, step_c, 3).mean(
        axis=3, dtype=np.float64
    )
    weights = weights.reshape(-1, step_r)
    return np.einsum("rscj,rs->rcj", blocks, weights) / weights.sum(axis=1)[:, None, None]


def _take_key(
    directions: np.ndarray, solid_angle: np.ndarray, radiance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The strongest small source and what remains without it; None where nothing stands out."""
    luminance = radiance @ LUMINANCE
    brightest = directions[int(np.argmax(luminance))]
    near = directions @ brightest
    inside = near > np.cos(np.radians(_KEY_RADIUS_DEG))
    ring = ~inside & (near > np.cos(np.radians(2 * _KEY_RADIUS_DEG)))
    around = np.median(radiance[ring], axis=0)
    excess = np.where(inside[:, None], np.maximum(radiance - around, 0), 0) * solid_angle[:, None]
    total = (radiance * solid_angle[:, None]).sum(axis=0)
    if excess.sum(axis=0) @ LUMINANCE < _MIN_KEY_SHARE * (total @ LUMINANCE):
        return None
    direction = (directions * (excess @ LUMINANCE)[:, None]).sum(axis=0)
    direction /= np.linalg.norm(direction)
    # The vector sum, so that a surface that faces the source receives what it received before.
    key = (excess * (directions @ direction)[:, None]).sum(axis=0) / np.pi
    rest = np.where(inside[:, None], np.minimum(radiance, around), radiance)
    return direction, key, rest
