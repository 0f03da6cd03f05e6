"""What a background tells about the light that a head before it must be in."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from synhead.core.scene import BackgroundSpec

THUMBNAIL_PX = 24
_RIGS_OF_WORDS = (
    (("night",), ("night",)),
    (("studio",), ("studio",)),
    (
        ("living", "sitting", "study", "library", "cafe", "bar", "restaurant", "bedroom"),
        ("evening", "window", "evening", "office"),
    ),
    (("window", "curtain"), ("window",)),
    (("wall", "corner"), ("studio", "window", "office")),
    (("office", "corridor", "hall", "class", "lab", "shop", "kitchen"), ("office", "window", "office")),
    (("street", "city", "square"), ("overcast", "sun", "shade")),
    (("park", "hill", "shore", "beach", "garden", "forest", "field", "mountain", "sky"), ("sun", "overcast", "shade")),
)
_INDOORS, _OUTDOORS = ("window", "office", "studio", "evening"), ("sun", "overcast", "shade")
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """A background in a few numbers.

    Attributes:
        luminance: mean, linear light, in [0, 1].
        tint_rgb: mean colour, linear, divided by its luminance.
        side_contrast: (right - left) / (right + left) of the outer thirds' luminance.
        rigs: names of `light_rigs.RIGS` that fit, a likelier one more often.
    """

    luminance: float
    tint_rgb: tuple[float, float, float]
    side_contrast: float
    rigs: tuple[str, ...]


def surroundings_of(name: str, pixels: UInt8[np.ndarray, "height width 3"]) -> Surroundings:
    """Read a picture and its name; the name counts for more, because it was given by someone who saw the place.

    Args:
        pixels: sRGB; a thumbnail does.
    """
    linear = (np.asarray(pixels, dtype=np.float64) / 255) ** 2.2
    luminance = linear @ _LUMINANCE
    mean = linear.mean(axis=(0, 1)) + 1e-3
    third = max(1, pixels.shape[1] // 3)
    left, right = luminance[:, :third].mean() + 1e-3, luminance[:, -third:].mean() + 1e-3
    tint = mean / float(mean @ _LUMINANCE)
    return Surroundings(
        luminance=float(luminance.mean()),
        tint_rgb=(float(tint[0]), float(tint[1]), float(tint[2])),
        side_contrast=float((right - left) / (right + left)),
        rigs=_rigs(name.lower(), linear, float(luminance.mean())),
    )


def _rigs(name: str, linear: np.ndarray, luminance: float) -> tuple[str, ...]:
    for words, rigs in _RIGS_OF_WORDS:
        if any(word in name for word in words):
            return rigs
    if luminance < 0.05:
        return ("evening", "night")
    top = linear[: max(1, len(linear) // 3)].mean(axis=(0, 1))
    # A bright and bluish upper third is a sky.
    is_sky = top @ _LUMINANCE > 1.2 * luminance and top[2] > top[0]
    return _OUTDOORS if is_sky else _INDOORS


def cropped(thumbnail: UInt8[np.ndarray, "height width 3"], spec: BackgroundSpec) -> UInt8[np.ndarray, "h w 3"]:
    """What the sequence shows of a photograph, about."""
    height, width = thumbnail.shape[:2]
    share = float(spec.parameters.get("crop_share", 1.0))
    h, w = max(3, round(height * share)), max(3, round(width * share))
    y = round((height - h) * float(spec.parameters.get("crop_y_share", 0.5)))
    x = round((width - w) * float(spec.parameters.get("crop_x_share", 0.5)))
    piece = thumbnail[y : y + h, x : x + w]
    return piece[:, ::-1] if spec.parameters.get("mirrored") else piece
