"""The skin's texels while they are being made, and the features that cut it: lips, lids, nostrils, brows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from synhead.compiled import compiled
from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.sculpt_face import nostril
from synhead.heads.generate.sdf import Length


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SkinLayers:
    """One value a texel, changed in place by the features.

    Attributes:
        points: mm, on the skin.
        inner: 0 outside, up to 1 behind lids and lips.
        log_melanin, log_blood: natural logarithms of the two pigments' shares.
        shade: factor on the finished colour; creases and hollows are dark.
        flush: how much of the blue and green is lost under thin, blood-filled skin, 0 to 1.
        hair: share of the colour of hair roots.
        height_mm: relief over the mesh.
        face: 1 on the front of the face.
    """

    points: Float32[np.ndarray, "n 3"]
    inner: Float32[np.ndarray, " n"]
    log_melanin: Float32[np.ndarray, " n"]
    log_blood: Float32[np.ndarray, " n"]
    shade: Float32[np.ndarray, " n"]
    flush: Float32[np.ndarray, " n"]
    hair: Float32[np.ndarray, " n"]
    height_mm: Float32[np.ndarray, " n"]
    face: Float32[np.ndarray, " n"]

    def within(self, x_max: Length, y_low: Length, y_high: Length, z_min: Length = -45.0) -> np.ndarray:
        """Indices of the texels in a box of the face; each feature is evaluated only around its place."""
        box = np.array([x_max, y_low, y_high, z_min], dtype=np.float32)
        return np.flatnonzero(_in_box(self.points, self.face, box))

    def darken(self, at: np.ndarray, amount: np.ndarray) -> None:
        """Take `amount` (0 to 1) of the light away."""
        self.shade[at] *= 1 - np.clip(amount, 0, 1)


@compiled
def _in_box(points, face, box):
    inside = np.empty(len(points), dtype=np.bool_)
    x_max, y_low, y_high, z_min = box
    for k in range(len(points)):
        x, y, z = points[k]
        inside[k] = face[k] > 0 and z > z_min and y > y_low and y < y_high and abs(x) < x_max
    return inside


def gauss(x: np.ndarray) -> np.ndarray:
    """exp(-x) without underflow; x is a square."""
    return np.exp(-np.minimum(x, 40.0))


def add_features(layers: SkinLayers, parameters: HeadParameters) -> None:
    """All features, in an order in which later ones lie on top."""
    _nostrils(layers, parameters)
    _lips(layers, parameters)
    _lids(layers, parameters)
    _brows(layers, parameters)


def _nostrils(layers: SkinLayers, parameters: HeadParameters) -> None:
    s = parameters.shape
    at = layers.within(s.nose_half_width + 9, s.nose_tip_y - 24, s.nose_tip_y + 8)
    x, y, z = layers.points[at].T.astype(np.float64)
    x = np.abs(x)
    hole = nostril(np.column_stack([x, y, z]), s)
    layers.darken(at, 0.72 * smooth_step(0.8, -0.5, hole))
    edge = smooth_step(1.8, 0.0, hole)
    layers.log_blood[at] += 0.3 * edge
    layers.flush[at] += edge
    crease = gauss(((x - s.nose_half_width - 0.4) / 1.5) ** 2 + ((y - s.nose_tip_y + 6) / 5) ** 2)
    crease = crease * smooth_step(-10, 0, z)
    layers.darken(at, 0.10 * crease)
    layers.log_blood[at] += 0.12 * crease
    layers.flush[at] += 0.2 * crease
    layers.height_mm[at] -= (
        0.25
        * gauss(((x - s.nose_half_width - 0.4) / 0.8) ** 2 + ((y - s.nose_tip_y + 6) / 5) ** 2)
        * smooth_step(-10, 0, z)
    )


def _lips(layers: SkinLayers, parameters: HeadParameters) -> None:
    s, seed = parameters.shape, parameters.noise_seed
    at = layers.within(s.mouth_half_width + 6, s.mouth_y - 25, s.mouth_y + 22)
    points = layers.points[at].astype(np.float64)
    x, y, face, inner = points[:, 0], points[:, 1], layers.face[at], layers.inner[at]
    old = np.clip((parameters.age_years - 30) / 45, 0, 1)
    above = y - curves.mouth_line_y(s, x)
    height = np.where(above > 0, curves.upper_lip_height(s, x), curves.lower_lip_height(s, x))
    ragged = 0.32 * value_noise(points / 1.7, seed + 7) + 0.25 * value_noise(points / 5.0, seed + 12)
    outside = np.abs(above) - height
    ends = smooth_step(s.mouth_half_width + 0.6, s.mouth_half_width - 4, np.abs(x))
    lip = smooth_step(1.1, -1.3, outside + ragged * (1 + old)) * ends * face
    rosy = 1.65 if parameters.sex == "female" else 1.15
    depth = np.clip(-outside / np.maximum(height, 1.0), 0, 1)
    layers.log_blood[at] += lip * (rosy - 0.35 * old + 0.35 * (above > 0) + 0.25 * value_noise(points / 3.0, seed + 13))
    layers.log_melanin[at] += lip * (-0.30 + 0.25 * (above > 0)) - 0.25 * parameters.skin_darkness * lip * depth * (
        above < 0
    )
    layers.flush[at] += lip * ((0.90 if parameters.sex == "female" else 0.60) - 0.25 * old)
    # Creases run from the border to the mouth, finer and deeper with age.
    wave = value_noise(np.stack([x / 0.85, y / 7.0, points[:, 2] / 7.0], axis=1), seed + 8)
    fine = value_noise(np.stack([x / 0.42, y / 5.0, points[:, 2] / 5.0], axis=1), seed + 9)
    crease = -np.abs(0.6 * wave + 0.4 * fine)
    layers.height_mm[at] += lip * (0.20 + 0.10 * old) * crease
    layers.shade[at] *= 1 + lip * 0.26 * (crease + 0.25)
    # A pale roll outlines the lips; the wet inner line is dark and red.
    roll = gauss(((outside - 1.0) / 0.9) ** 2) * ends * face
    layers.height_mm[at] += 0.18 * roll
    layers.log_blood[at] -= 0.06 * roll
    width = 0.30 + 0.26 * curves.mouth_arch(s, x)
    line = gauss((above / width) ** 2) * smooth_step(s.mouth_half_width + 2, s.mouth_half_width - 2, np.abs(x)) * face
    wet = gauss((above / 2.2) ** 2) * lip
    corner = gauss(((np.abs(x) - s.mouth_half_width) / 2.0) ** 2 + (above / 1.3) ** 2) * face
    layers.log_blood[at] += 0.5 * line + 0.35 * wet + 0.3 * corner
    layers.flush[at] += 0.5 * corner + 0.4 * line
    layers.darken(at, 0.20 * line * (1 - 0.6 * smooth_step(0.1, 0.4, inner)) + 0.10 * wet + 0.22 * corner)
    inside = smooth_step(0.25, 0.5, inner)
    layers.log_blood[at] += inside * (np.log(0.12) - layers.log_blood[at])
    layers.log_melanin[at] += inside * (np.log(0.02) - layers.log_melanin[at])
    layers.darken(at, inside * 0.72 * smooth_step(0.6, 1.0, inner))
    layers.flush[at] += inside * (1 - layers.flush[at])
    layers.height_mm[at] *= 1 - inside


def _lids(layers: SkinLayers, parameters: HeadParameters) -> None:
    s = parameters.shape
    at = layers.within(s.eye_x + 24, -14.0, 16.0)
    x, y, _ = layers.points[at].T.astype(np.float64)
    x, face, inner = np.abs(x), layers.face[at], layers.inner[at]
    t = curves.lid_t(s, x)
    clipped = np.clip(t, -1.0, 1.0)
    at_eye = smooth_step(1.15, 0.98, np.abs(t)) * face
    above, below = y - curves.upper_lid_y(s, clipped), curves.lower_lid_y(s, clipped) - y
    outside = smooth_step(0.2, 0.05, inner)
    # The roots of the lashes and the rim's own shadow.
    roots = smooth_step(1.1, 0.1, above) * (above > -1.5) * smooth_step(-1.0, -0.6, t)
    layers.darken(at, (0.50 if parameters.sex == "female" else 0.40) * roots * at_eye * outside)
    under = smooth_step(0.8, 0.1, below) * (below > -1.5) * smooth_step(-0.9, -0.2, t)
    layers.darken(at, 0.16 * under * at_eye * outside)
    layers.log_blood[at] += 0.5 * smooth_step(2.5, 0.0, below) * (below > -1.5) * at_eye
    crease = gauss(((above - curves.crease_height(s, clipped)) / 0.75) ** 2) * smooth_step(1.05, 0.6, np.abs(t)) * face
    layers.darken(at, 0.10 * crease)
    layers.log_blood[at] += 0.30 * crease
    layers.height_mm[at] -= 0.20 * crease
    # The rim is moist and pale pink, the corner by the nose red.
    rim = smooth_step(0.05, 0.3, inner) * (y > -30)
    layers.log_melanin[at] -= 0.8 * rim
    layers.log_blood[at] += rim * (np.log(0.05) - layers.log_blood[at]) * 0.8
    caruncle = gauss(((t + 1.0) / 0.16) ** 2 + ((y - curves.INNER_CORNER_Y) / 2.2) ** 2) * face
    layers.log_blood[at] += 0.6 * caruncle
    layers.flush[at] += 0.7 * caruncle + 0.5 * rim
    layers.darken(at, rim * 0.10)


def _brows(layers: SkinLayers, parameters: HeadParameters) -> None:
    """The shade of the brow's roots; its hairs are geometry."""
    s, seed = parameters.shape, parameters.noise_seed
    at = layers.within(s.eye_x + 40, 2.0, 32.0, z_min=-60.0)
    x, y, _ = layers.points[at].T.astype(np.float64)
    side, x = 50.0 * (x > 0), np.abs(x)
    t = curves.brow_t(s, x)
    half = curves.brow_half_width(t) * parameters.brow_thickness
    offset = y - curves.brow_y(s, t)
    lean = 0.5 + 2.2 * np.clip(t, 0, 1)
    sheared = np.stack([(x - lean * offset) / 0.62, offset / 7.0 + side], axis=1)
    strand = value_noise(sheared, seed + 10)
    edge = value_noise(sheared * [0.56, 0.78], seed + 11)
    inside = smooth_step(1.15, 0.35, np.abs(offset) / np.maximum(half, 0.3) + 0.30 * edge)
    ends = smooth_step(-0.06, 0.10, t + 0.04 * edge) * smooth_step(1.06, 0.86, t + 0.05 * edge)
    share = inside * ends * np.clip(0.78 + 0.40 * strand, 0, 1) * np.minimum(layers.face[at] * 1.5, 1)
    layers.hair[at] = np.maximum(layers.hair[at], _BROW_SHARE * share)


_BROW_SHARE = 0.30
