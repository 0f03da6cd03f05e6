"""What colour skin has, from two pigments: melanin in the epidermis and haemoglobin in the dermis below it.

Two layers: the epidermis returns and passes light by Kubelka and Munk's equations, the dermis below it is endless.
Spectra become linear sRGB under daylight D65. All of it is computed here from published absorption figures.

Sources: melanin and bloodless skin: Jacques 1998 and, per mm, Donner & Jensen 2006 (eumelanin 6.6e10 w^-3.33,
pheomelanin 2.9e14 w^-4.75, baseline 0.0244 + 8.53 exp(-(w - 154) / 66.2), w in nm). Haemoglobin: extinction tables
compiled by Prahl (omlc.org), 150 g/l. Scattering of skin and its diffuse reflectance: Jacques 2013 (46 (w/500)^-1.421
per cm) and Jacques 1999. Volumes: Krishnaswamy & Baranoski 2004 (melanosomes 1.3 to 43 percent of the epidermis,
blood 0.2 to 7 percent of the dermis). Colour matching: the Gaussian fits of Wyman, Sloan & Shirley 2013.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32

MELANIN_RANGE = (0.004, 0.60)
"""Share of melanosomes in the epidermis that the table covers; whole heads use 0.013 to 0.30, moles go above."""
BLOOD_RANGE = (0.001, 0.25)
"""Share of blood in the dermis that the table covers; lips are at the upper end."""
_TABLE_SIZE = 256
_EPIDERMIS_MM = 0.05
_OXYGENATED = 0.85
_EUMELANIN_SHARE = 0.72
_CAROTENE_PER_CM = 0.6
_WAVELENGTH_NM = np.arange(400.0, 701.0, 10.0)
# Molar extinction per cm, every 10 nm from 400 to 700.
# fmt: off
_OXY = np.array([
    266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209, 26629, 23684, 20933, 20035, 24202, 39957, 53236, 43016,
    32613, 44496, 50104, 14401, 3200, 1506, 942, 610, 442, 368, 320, 294, 278, 276, 290.0,
])
_DEOXY = np.array([
    223296, 303956, 407560, 528600, 413280, 103292, 23389, 16156, 14550, 16684, 20862, 25774, 31590, 39036, 46592,
    53412, 53788, 45072, 37020, 28324, 14677, 9444, 6510, 5149, 4345, 3750, 3227, 2795, 2408, 2052, 1794.0,
])
_D65 = np.array([
    82.75, 93.43, 104.86, 117.81, 115.92, 109.35, 104.79, 104.41, 100.0, 95.79, 90.01, 87.70, 83.70, 80.21, 78.28,
    71.61,
])
# fmt: on
_SRGB_FROM_XYZ = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def _lobe(mean: float, below: float, above: float) -> np.ndarray:
    width = np.where(mean > _WAVELENGTH_NM, below, above)
    return np.exp(-0.5 * ((_WAVELENGTH_NM - mean) * width) ** 2)


def _matching() -> np.ndarray:
    """CIE 1931 x, y, z at each wavelength, [31, 3], weighted by D65 and scaled so that a white surface has Y = 1."""
    x = 1.056 * _lobe(599.8, 1 / 37.9, 1 / 31.0) + 0.362 * _lobe(442.0, 1 / 16.0, 1 / 26.7)
    x = x - 0.065 * _lobe(501.1, 1 / 20.4, 1 / 26.2)
    y = 0.821 * _lobe(568.8, 1 / 46.9, 1 / 40.5) + 0.286 * _lobe(530.9, 1 / 16.3, 1 / 31.1)
    z = 1.217 * _lobe(437.0, 1 / 11.8, 1 / 36.0) + 0.681 * _lobe(459.0, 1 / 26.0, 1 / 13.8)
    daylight = np.interp(_WAVELENGTH_NM, np.arange(400.0, 701.0, 20.0), _D65)
    weighted = np.stack([x, y, z], axis=1) * daylight[:, None]
    return weighted / weighted[:, 1].sum()


def skin_reflectance(
    melanin: Float[np.ndarray, " n"], blood: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n num_wavelengths"]:
    """Share of light that skin returns at 400, 410, ... 700 nm.

    Args:
        melanin: share of the epidermis' volume that is melanosomes.
        blood: share of the dermis' volume that is blood.
    """
    w = _WAVELENGTH_NM
    eumelanin, pheomelanin = 6.6e10 * w**-3.33, 2.9e14 * w**-4.75
    bloodless = 0.0244 + 8.53 * np.exp(-(w - 154.0) / 66.2)
    pigment = _EUMELANIN_SHARE * eumelanin + (1 - _EUMELANIN_SHARE) * pheomelanin
    carotene = 0.1 * _CAROTENE_PER_CM * np.exp(-(((w - 455.0) / 42.0) ** 2))
    epidermis = melanin[:, None] * pigment + (1 - melanin[:, None]) * bloodless + 7.0 * carotene
    # 150 g/l of 64500 g/mol, decadic per cm to natural per mm.
    extinction = _OXYGENATED * _OXY + (1 - _OXYGENATED) * _DEOXY
    whole_blood = 2.303 * extinction * 150.0 / 64500.0 / 10.0
    dermis = blood[:, None] * whole_blood + (1 - blood[:, None]) * bloodless + carotene
    scattering = 4.6 * (w / 500.0) ** -1.421
    ratio = scattering / dermis
    loss = 6.3744 + 0.35688 * np.exp(np.log(ratio) / 3.4739)
    below = np.exp(-loss / np.sqrt(3 * (1 + ratio)))
    back, through = _layer(epidermis, scattering)
    return back + through**2 * below / (1 - back * below)


def _layer(absorption: np.ndarray, scattering: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kubelka and Munk: the shares that the epidermis alone returns and lets through (both per mm in)."""
    K, S = 2 * absorption * _EPIDERMIS_MM, 0.75 * scattering * _EPIDERMIS_MM
    a = 1 + K / S
    b = np.sqrt(a * a - 1)
    sinh, cosh = np.sinh(b * S), np.cosh(b * S)
    whole = a * sinh + b * cosh
    return sinh / whole, b / whole


def skin_albedo(melanin: Float[np.ndarray, " n"], blood: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
    """Linear sRGB in [0, 1] of skin under daylight; arguments as in `skin_reflectance`."""
    xyz = skin_reflectance(melanin, blood) @ _matching()
    white = _matching().sum(axis=0)
    # Daylight itself becomes (1, 1, 1): the camera is balanced to it.
    rgb = (xyz @ _SRGB_FROM_XYZ.T) / (_SRGB_FROM_XYZ @ white)
    return np.clip(rgb, 0.0, 1.0)


def srgb_from_linear(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """IEC 61966-2-1."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=1)
def _table() -> Float32[np.ndarray, "n 3"]:
    share = np.linspace(0.0, 1.0, _TABLE_SIZE)
    melanin = MELANIN_RANGE[0] * (MELANIN_RANGE[1] / MELANIN_RANGE[0]) ** share
    blood = BLOOD_RANGE[0] * (BLOOD_RANGE[1] / BLOOD_RANGE[0]) ** share
    melanin, blood = (a.ravel() for a in np.meshgrid(melanin, blood, indexing="ij"))
    return srgb_from_linear(skin_albedo(melanin, blood)).astype(np.float32)


def skin_srgb(log_melanin: Float[np.ndarray, " n"], log_blood: Float[np.ndarray, " n"]) -> Float32[np.ndarray, "n 3"]:
    """sRGB of skin from the natural logarithms of the two shares, out of a table of one percent steps."""
    index = np.zeros(len(log_melanin), dtype=np.int32)
    for value, (low, high), stride in (
        (log_melanin, MELANIN_RANGE, _TABLE_SIZE),
        (log_blood, BLOOD_RANGE, 1),
    ):
        at = (value - np.log(low)) * ((_TABLE_SIZE - 1) / np.log(high / low)) + 0.5
        index += stride * np.clip(at, 0, _TABLE_SIZE - 1).astype(np.int32)
    return _table()[index]
