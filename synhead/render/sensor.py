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
from jaxtyping import Float32, UInt8
from scipy.ndimage import gaussian_filter

from synhead.core.scene import SensorSpec
from synhead.core.seeding import generator
from synhead.render.color import linear_from_srgb
from synhead.render.color_tables import WHITE, encode_table

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
        # Light is counted in electrons, of which a white pixel has 1 / shot_noise: their variance is their number.
        self._white = 1.0 / spec.shot_noise if spec.shot_noise > 0 else 1.0
        linear = linear_from_srgb(np.arange(256) / 255) * spec.exposure_gain
        self._decode = (linear * self._white).astype(np.float32)
        self._falloff = vignetting_falloff(height_px, width_px, spec.vignetting) if spec.vignetting > 0 else None
        self._has_noise = spec.shot_noise > 0 or spec.read_noise > 0
        self._is_optical = (
            self._has_noise
            or self._falloff is not None
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
        return np.stack([self._picture(picture, frame) for picture, frame in zip(rgb, frames, strict=True)])

    def _picture(self, rgb: np.ndarray, frame: int) -> np.ndarray:
        out = self._exposed(rgb, frame) if self._is_optical else rgb
        if self._spec.jpeg_quality is None:
            return out
        data = simplejpeg.encode_jpeg(
            out, quality=self._spec.jpeg_quality, colorspace="RGB", colorsubsampling="420", fastdct=False
        )
        return simplejpeg.decode_jpeg(data, colorspace="RGB", fastdct=False)

    def _exposed(self, rgb: np.ndarray, frame: int) -> np.ndarray:
        spec = self._spec
        noise = self._noise_of(frame) if self._has_noise else None
        out = np.empty(rgb.shape, np.uint8)
        light, scratch = np.empty(self._size, np.float32), np.empty(self._size, np.float32)
        for channel, balance in enumerate(spec.white_balance_rgb):
            # mode "clip" is faster than a check of the indices, and further down it cuts what is below black or above
            # white.
            np.take(self._decode, rgb[..., channel], out=light, mode="clip")
            if spec.defocus_sigma_px > 0:
                blur_in_place(light, spec.defocus_sigma_px, scratch)
            if self._falloff is not None:
                light *= self._falloff
            if noise is not None:
                self._add_noise(light, noise[channel], scratch)
            light *= np.float32(balance * WHITE / self._white)
            out[..., channel] = np.take(encode_table(), light.astype(np.intp), mode="clip")
        return out

    def _add_noise(self, light: np.ndarray, noise: np.ndarray, scratch: np.ndarray) -> None:
        read = np.float32(self._spec.read_noise * self._white)
        if self._spec.shot_noise > 0:
            np.add(light, read**2, out=scratch)
            np.sqrt(scratch, out=scratch)
            scratch *= noise
        else:
            np.multiply(noise, read, out=scratch)
        light += scratch

    def _noise_of(self, frame: int) -> Float32[np.ndarray, "3 height width"]:
        height, width = self._size
        tile = noise_tile(_tile_side(height, width))
        rng = generator(self._seed, "sensor-noise", str(frame))
        top, left, turned = (int(n) for n in rng.integers((tile.shape[1] - height, tile.shape[2] - width, 4)))
        cut = tile[:, top : top + height, left : left + width]
        return cut[:, :: -1 if turned & 1 else 1, :: -1 if turned & 2 else 1]


def vignetting_falloff(height_px: int, width_px: int, corner_loss: float) -> Float32[np.ndarray, "height width"]:
    """Share of light that arrives: 1 in the middle, 1 - corner_loss in the corners, by the square of the distance."""
    y = (np.arange(height_px) + 0.5) / height_px * 2 - 1
    x = (np.arange(width_px) + 0.5) / width_px * 2 - 1
    squared = (height_px * y[:, None]) ** 2 + (width_px * x[None, :]) ** 2
    return (1 - corner_loss * squared / (height_px**2 + width_px**2)).astype(np.float32)


def blur_in_place(
    light: Float32[np.ndarray, "height width"], sigma_px: float, scratch: Float32[np.ndarray, "height width"]
) -> None:
    """A blur of variance sigma_px^2 along both axes: passes of (w, 1 - 2 w, w) with w at most 1/4; borders repeat.

    Args:
        light: changed in place; C-contiguous, like `scratch`, whose values are lost.
    """
    passes = max(1, int(np.ceil(sigma_px**2 / 0.5 - 1e-9)))
    side = np.float32(sigma_px**2 / passes / 2)
    flat, flat_scratch = light.reshape(-1), scratch.reshape(-1)
    for _ in range(passes):
        np.multiply(light, side, out=scratch)
        light *= 1 - 2 * side
        light[1:] += scratch[:-1]
        light[:-1] += scratch[1:]
        light[0] += scratch[0]
        light[-1] += scratch[-1]
        np.multiply(light, side, out=scratch)
        light *= 1 - 2 * side
        first = light[:, 0] + scratch[:, 0] + scratch[:, 1]
        last = light[:, -1] + scratch[:, -1] + scratch[:, -2]
        # Along the flat array, which is twice as fast as along rows; the ends of the rows are put right after.
        flat[1:] += flat_scratch[:-1]
        flat[:-1] += flat_scratch[1:]
        light[:, 0], light[:, -1] = first, last


@lru_cache(maxsize=2)
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


def _unit(values: Float32[np.ndarray, "rows columns"]) -> Float32[np.ndarray, "rows columns"]:
    centred = values - values.mean(dtype=np.float64).astype(np.float32)
    return centred / np.sqrt((centred.astype(np.float64) ** 2).mean()).astype(np.float32)


def _tile_side(height_px: int, width_px: int) -> int:
    """Few distinct sizes, so that one tile serves every camera of a run."""
    return -(-(max(height_px, width_px) + _TILE_MARGIN_PX) // 256) * 256
