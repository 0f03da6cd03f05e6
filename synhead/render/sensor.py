"""What a camera does to a finished picture: optics, light, noise, its own compression.

In the order of a camera: defocus and vignetting (lens), exposure, noise (sensor), white balance, sRGB curve, JPEG.
Tables decode and encode the curve; noise is cut from one fixed tile at a place that the seed and the frame decide, so
that a picture depends on nothing else, in whatever batch or process it is made.

Source of the noise model: Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image
raw-data", IEEE TIP 17(10). Design: docs/design/0006-sensor-and-backgrounds.md.
"""

from functools import lru_cache

import numpy as np
import simplejpeg
from jaxtyping import Float32, Int8, UInt8
from scipy.ndimage import gaussian_filter

from synhead.core.scene import SensorSpec
from synhead.core.seeding import generator
from synhead.render.color import linear_from_srgb
from synhead.render.color_tables import WHITE, encode_table
from synhead.render.sensor_kernels import NOISE_STEPS, blur_plane, expose

_TILE_MARGIN_PX = 256
_LUMA_SHARE = 0.6
_LUMA_SIGMA_PX, _CHROMA_SIGMA_PX = 0.45, 1.1


class SensorModel:
    """The camera of one sequence, ready for pictures of one size.

    Args:
        seed: of the sequence.
        height_px, width_px: of the pictures.
    """

    def __init__(self, spec: SensorSpec, *, seed: int, height_px: int, width_px: int) -> None:
        self._spec = spec
        self._seed = seed
        self._size = (height_px, width_px)
        linear = linear_from_srgb(np.arange(256) / 255) * spec.exposure_gain
        self._decode = (linear * WHITE).astype(np.float32)
        self._balance = np.tile(np.array(spec.white_balance_rgb, np.float32), width_px)
        self._row_light, self._falloff = _light_of_rows_and_columns(height_px, width_px, spec.vignetting)
        # Variance of the noise as codes squared, for a tile that counts in NOISE_STEPS.
        self._shot = np.float32(spec.shot_noise * WHITE / NOISE_STEPS**2)
        self._read = np.float32((spec.read_noise * WHITE / NOISE_STEPS) ** 2)
        self._has_noise = spec.shot_noise > 0 or spec.read_noise > 0
        self._is_optical = (
            self._has_noise
            or spec.vignetting > 0
            or spec.defocus_sigma_px > 0
            or spec.exposure_gain != 1.0
            or spec.white_balance_rgb != (1.0, 1.0, 1.0)
        )

    def apply(
        self, rgb: UInt8[np.ndarray, "num_frames height width 3"], frames: range
    ) -> UInt8[np.ndarray, "num_frames height width 3"]:
        """The pictures as this camera would have delivered them.

        Args:
            rgb: sRGB, as an ideal camera sees the scene.
            frames: their indices in the sequence: each frame has noise of its own.
        """
        out = self._exposed(rgb, frames) if self._is_optical else rgb
        if self._spec.jpeg_quality is None:
            return out
        return np.stack([_compressed(picture, self._spec.jpeg_quality) for picture in out])

    def _exposed(self, rgb: np.ndarray, frames: range) -> np.ndarray:
        height, width = self._size
        out = np.empty((len(rgb), height, 3 * width), np.uint8)
        side, passes = _blur_steps(self._spec.defocus_sigma_px)
        places = np.array([self._place(frame, tile_side(height, width)) for frame in frames], np.int64).reshape(-1, 4)
        expose(
            np.ascontiguousarray(rgb).reshape(out.shape),
            out,
            self._decode,
            encode_table(),
            side,
            passes,
            self._row_light,
            self._falloff,
            stored_noise(tile_side(height, width)),
            places,
            self._shot,
            self._read,
            self._balance,
        )
        return out.reshape(rgb.shape)

    def _place(self, frame: int, side_px: int) -> tuple[int, int, int, bool]:
        """Which of the two tiles, its first row and column, and whether its rows run upwards."""
        height, width = self._size
        rng = generator(self._seed, "sensor-noise", str(frame))
        top, left, turned = (int(n) for n in rng.integers((side_px - height, side_px - width, 4)))
        mirrored = turned >> 1
        return mirrored, top, side_px - width - left if mirrored else left, bool(turned & 1)


def _compressed(rgb: UInt8[np.ndarray, "height width 3"], quality: int) -> UInt8[np.ndarray, "height width 3"]:
    data = simplejpeg.encode_jpeg(rgb, quality=quality, colorspace="RGB", colorsubsampling="420", fastdct=False)
    return simplejpeg.decode_jpeg(data, colorspace="RGB", fastdct=False)


def vignetting_falloff(height_px: int, width_px: int, corner_loss: float) -> Float32[np.ndarray, "height width"]:
    """Share of light that arrives: 1 in the middle, 1 - corner_loss in the corners, by the square of the distance."""
    rows, columns = _light_of_rows_and_columns(height_px, width_px, corner_loss)
    return rows[:, None] - columns[None, ::3]


def _light_of_rows_and_columns(
    height_px: int, width_px: int, corner_loss: float
) -> tuple[Float32[np.ndarray, " height"], Float32[np.ndarray, " values"]]:
    """The light of each row, and what each column's three values have less than it."""
    y = np.arange(height_px) * 2 + 1 - height_px
    x = np.arange(width_px) * 2 + 1 - width_px
    share = corner_loss / (height_px**2 + width_px**2)
    return (1 - share * y**2).astype(np.float32), np.repeat(share * x**2, 3).astype(np.float32)


def blur_in_place(
    light: Float32[np.ndarray, "height width"], sigma_px: float, scratch: Float32[np.ndarray, "height width"]
) -> None:
    """A blur of variance sigma_px^2 along both axes: passes of (w, 1 - 2 w, w) with w at most 1/4; borders repeat.

    Args:
        light: changed in place; C-contiguous, like `scratch`, whose values are lost. At least 4 rows and 2 columns.
    """
    side, passes = _blur_steps(sigma_px)
    blur_plane(light, scratch.reshape(-1), side, passes)


def _blur_steps(sigma_px: float) -> tuple[np.float32, int]:
    """The w of (w, 1 - 2 w, w), and how often."""
    passes = max(1, int(np.ceil(sigma_px**2 / 0.5 - 1e-9))) if sigma_px > 0 else 0
    return np.float32(sigma_px**2 / passes / 2 if passes else 0.0), passes


def noise_tile(side_px: int) -> Float32[np.ndarray, "3 side side"]:
    """Unit-variance noise [3, side, side]: a fine part that the channels share and a coarser one of each channel.

    A sensor's pixels rustle independently; demosaicing and the camera's noise filter spread that over neighbours, and
    colour further than brightness.
    """
    rng = np.random.Generator(np.random.PCG64(20240601))
    luma = _unit(gaussian_filter(rng.standard_normal((side_px, side_px), np.float32), _LUMA_SIGMA_PX, mode="wrap"))
    tile = np.empty((3, side_px, side_px), np.float32)
    for plane in tile:
        own = gaussian_filter(rng.standard_normal((side_px, side_px), np.float32), _CHROMA_SIGMA_PX, mode="wrap")
        plane[:] = _unit(np.float32(_LUMA_SHARE**0.5) * luma + np.float32((1 - _LUMA_SHARE) ** 0.5) * _unit(own))
    tile.setflags(write=False)
    return tile


@lru_cache(maxsize=2)
def stored_noise(side_px: int) -> Int8[np.ndarray, "2 side values"]:
    """`noise_tile` and its mirror image in NOISE_STEPS, the channels beside each other: a quarter of the memory."""
    steps = np.clip(np.rint(noise_tile(side_px) * np.float32(NOISE_STEPS)), -127, 127).astype(np.int8)
    plain = steps.transpose(1, 2, 0)
    out = np.stack([plain, plain[:, ::-1]]).reshape(2, side_px, 3 * side_px)
    out.setflags(write=False)
    return out


def _unit(values: Float32[np.ndarray, "rows columns"]) -> Float32[np.ndarray, "rows columns"]:
    centred = values - values.mean(dtype=np.float64).astype(np.float32)
    return centred / np.sqrt((centred.astype(np.float64) ** 2).mean()).astype(np.float32)


def tile_side(height_px: int, width_px: int) -> int:
    """Few distinct sizes, so that one tile serves every camera of a run."""
    return -(-(max(height_px, width_px) + _TILE_MARGIN_PX) // 256) * 256
