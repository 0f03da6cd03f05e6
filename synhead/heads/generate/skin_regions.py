"""How skin differs from place to place over centimetres, at the mesh's vertices: redness, tan, pores, beard, scalp.

Amounts of melanin and blood are given as natural logarithms of factors, because pigment multiplies.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.noise import fractal_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.scalp import hairline_distance

Values = Float[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SkinRegions:
    """Per vertex.

    Attributes:
        log_melanin, log_blood: of the shares themselves.
        pores: depth and number of pores, 0 to 1.
        beard: density of a beard's roots, 0 to 1.
        scalp: share of the colour of hair roots, 0 to 1.
        face: 1 on the front of the face, 0 elsewhere.
        thin: how hidden from the sky the skin is, as a factor on its colour.
    """

    log_melanin: Values
    log_blood: Values
    pores: Values
    beard: Values
    scalp: Values
    face: Values
    thin: Values

    def stacked(self) -> Float[np.ndarray, "n c"]:
        """All values as columns, in the order of the fields."""
        return np.stack([getattr(self, f.name) for f in fields(self)], axis=1)


def bump(x: np.ndarray, y: np.ndarray, at: tuple, radii: tuple) -> np.ndarray:
    """A bell in the plane: 1 at `at`, 1/e at `radii`."""
    return np.exp(-np.minimum(((x - at[0]) / radii[0]) ** 2 + ((y - at[1]) / radii[1]) ** 2, 40.0))


def skin_regions(
    parameters: HeadParameters,
    points: Float[np.ndarray, "n 3"],
    inner: Values,
    openness: Values,
    is_ear: Bool[np.ndarray, " n"],
) -> SkinRegions:
    """Evaluate all regions.

    Args:
        points: mm.
        inner: 0 outside, up to 1 behind lids and lips.
        openness: 1 open to the sky, 0 shut in.
        is_ear: vertices of the ears.
    """
    s, seed = parameters.shape, parameters.noise_seed
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    face = smooth_step(-52, -20, z) * ~is_ear
    old = np.clip((parameters.age_years - 20) / 50, 0, 1)
    log_melanin = np.full(len(points), np.log(parameters.melanin)) + 0.16 * fractal_noise(points / 30.0, seed + 1, 3)
    log_blood = np.full(len(points), np.log(parameters.haemoglobin)) + 0.30 * fractal_noise(points / 24.0, seed + 2, 3)
    log_blood += (0.16 + 0.20 * old) * fractal_noise(points / 9.0, seed + 3, 2)
    nose = bump(x, y, (0, s.nose_tip_y - 2), (15, 10))
    cheek = bump(x, y, (37, -30), (17, 14))
    log_blood += face * (0.85 * cheek + 0.80 * nose + 0.35 * bump(x, y, (0, s.chin_y), (14, 11)))
    log_blood += face * 0.35 * bump(x, y, (s.nose_half_width, s.nose_tip_y - 6), (5, 9))
    log_blood -= face * (0.22 * bump(x, y, (0, 42), (50, 22)) + 0.25 * bump(x, y, (14, s.mouth_y + 14), (9, 8)))
    log_blood += np.where(is_ear, 0.55 + 0.35 * fractal_noise(points / 14.0, seed + 4, 2), 0.0)
    # The socket is darker, more so below the eye and with age; its thin skin shows the blood.
    socket = face * bump(x, y, (s.eye_x - 3, -9.5 - 2 * old), (16, 6))
    lid = face * bump(x, y, (s.eye_x, 6.5), (17, 5))
    inner_corner = face * bump(x, y, (s.eye_x - 15, 1), (5, 8))
    log_melanin += (0.22 + 0.12 * old) * socket + 0.20 * lid + 0.18 * inner_corner
    log_blood += (0.40 + 0.2 * old) * socket + 0.45 * lid + 0.4 * inner_corner
    # What the sun reaches is browner: forehead, nose and cheekbones, not the throat nor behind the jaw.
    shaded = smooth_step(s.chin_y - 8, s.chin_y - 35, y) + 0.5 * smooth_step(-60, -110, z) * (y < 20)
    log_melanin += 0.12 * face * bump(x, y, (0, 20), (60, 45)) - 0.22 * shaded
    # Around a dark mouth the skin is darker still.
    log_melanin += 0.20 * parameters.skin_darkness * face * bump(x, y, (12, s.mouth_y), (24, 17))
    pores = face * (0.45 + 0.75 * nose + 0.45 * bump(x, y, (22, -32), (14, 15)) + 0.15 * bump(x, y, (0, 35), (30, 15)))
    pores = np.where(is_ear, 0.15, np.maximum(pores, 0.12)) * (0.75 + 0.5 * old)
    pores *= np.where((y < -35) & (np.abs(y - s.mouth_y) < 11) & (x < s.mouth_half_width + 2) & (face > 0), 0.2, 1.0)
    eye_opening = np.abs(curves.lid_t(s, x)) < 1.2
    pores *= np.where(eye_opening & (np.abs(y) < 9) & (face > 0), 0.25, 1.0)
    # Behind lids and lips the skin is lit through; that the mouth is dark is painted apart.
    openness = np.maximum(openness, np.where(y > -30, 0.75, 0.6) * np.minimum(1.0, inner * 3))
    return SkinRegions(
        log_melanin=log_melanin,
        log_blood=log_blood,
        pores=np.clip(pores, 0, 1.5),
        beard=_beard(parameters, points) * ~is_ear,
        scalp=np.where(is_ear, 0.0, _scalp(parameters, points)),
        face=face,
        thin=0.70 + 0.30 * openness,
    )


def _beard(parameters: HeadParameters, points: np.ndarray) -> np.ndarray:
    """Where a beard grows: jaw, chin, throat, upper lip; not on women's faces."""
    s = parameters.shape
    if parameters.sex == "female":
        return np.zeros(len(points))
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    top = s.mouth_y + 2 + 0.62 * np.maximum(x - 22, 0)
    jaw = smooth_step(7, -8, y - top) * smooth_step(s.chin_y - 46, s.chin_y - 18, y) * smooth_step(-78, -60, z)
    front = smooth_step(-50, -25, z)
    lip = np.exp(-np.minimum((x / 25) ** 4 + ((y - s.mouth_y - 12) / 8) ** 4, 40.0)) * front
    bare = np.exp(-np.minimum(((x - 15) / 5) ** 2 + ((y - s.mouth_y + 13) / 6) ** 2, 40.0)) * front
    patches = 0.9 + 0.35 * fractal_noise(points / 13.0, parameters.noise_seed + 6, 2)
    return np.clip(np.maximum(jaw, lip) * (1 - 0.45 * bare) * patches, 0, 1)


def _scalp(parameters: HeadParameters, points: np.ndarray) -> np.ndarray:
    distance = hairline_distance(parameters, points)
    cover = smooth_step(-3.0, 10.0, distance) * (0.72 if parameters.hair_style in ("buzz", "receding") else 0.88)
    return cover * smooth_step(-110, -85, points[:, 1])
