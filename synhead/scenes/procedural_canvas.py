"""A small linear-light canvas for procedural backgrounds: shapes, clouds of noise, and the defocus of a lens.

Coordinates are shares of the picture's height: y from 0 (top) to 1, x from 0 to `aspect`. Colours are linear RGB in
which 1 is a well-lit white surface; lamps, windows and sky exceed it, so that the defocus turns small ones into discs.
"""

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import fft
from scipy.ndimage import gaussian_filter

FOCUS_M = 0.75
"""Where the lens is focused: on the face."""

Number = float | int | np.number
Rgb = tuple[float, float, float] | np.ndarray


def linear(red: Number, green: Number, blue: Number) -> Float[np.ndarray, "3"]:
    """Linear light of an 8-bit sRGB swatch, by the plain power 2.2."""
    return (np.array([red, green, blue]) / 255.0) ** 2.2


def resized(field: Float[np.ndarray, "rows columns"], height: int, width: int) -> Float[np.ndarray, "height width"]:
    """Bicubic resampling of one channel."""
    image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


class Canvas:
    """A picture in the making, `rgb` [height, width, 3] in linear light; `depth_m` where the painter knows it."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.aspect = width / height
        self.y = (np.arange(height)[:, None] + 0.5) / height
        self.x = (np.arange(width)[None, :] + 0.5) / height
        self.rgb = np.zeros((height, width, 3))
        self.depth_m: Float[np.ndarray, "height width"] | None = None

    def fill_vertical(self, top: Rgb, bottom: Rgb) -> None:
        """A gradient over the whole picture."""
        self.rgb[:] = np.asarray(top) * (1 - self.y[..., None]) + np.asarray(bottom) * self.y[..., None]

    def span(self, x0: Number, y0: Number, x1: Number, y1: Number) -> tuple[slice, slice]:
        """Rows and columns of an upright rectangle, cut to the picture."""
        rows = np.clip(np.round(np.array([y0, y1]) * self.height), 0, self.height).astype(int)
        columns = np.clip(np.round(np.array([x0, x1]) * self.height), 0, self.width).astype(int)
        return slice(rows[0], rows[1]), slice(columns[0], columns[1])

    def rect(self, x0: Number, y0: Number, x1: Number, y1: Number, color: Rgb, *, shade: Number = 0.0) -> None:
        """An upright rectangle; `shade` darkens it towards its bottom by that share."""
        rows, columns = self.span(x0, y0, x1, y1)
        across = (self.y[rows, :, None] - y0) / max(y1 - y0, 1e-9)
        self.rgb[rows, columns] = np.asarray(color) * (1 - shade * across)

    def ellipse(
        self, cx: Number, cy: Number, rx: Number, ry: Number, color: Rgb, *, shade: Number = 0.0, power: int = 2
    ) -> None:
        """A filled ellipse; `shade` darkens it towards its lower right, like a round thing under a light.

        A `power` of 4 or more makes it a box with round corners (Lame's curve).
        """
        rows, columns = self.span(cx - rx, cy - ry, cx + rx, cy + ry)
        u, v = (self.x[:, columns] - cx) / rx, (self.y[rows] - cy) / ry
        inside = (u**power + v**power < 1)[..., None]
        lit = (1 - shade * (0.5 + 0.35 * (u + v)))[..., None]
        self.rgb[rows, columns] = np.where(inside, np.asarray(color) * lit, self.rgb[rows, columns])

    def polygon(self, corners: list[tuple[float, float]], color: Rgb) -> None:
        """A filled convex polygon, corners in clockwise order as seen."""
        inside = np.ones((self.height, self.width), dtype=bool)
        for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
            inside &= (bx - ax) * (self.y - ay) - (by - ay) * (self.x - ax) >= 0
        self.rgb[inside] = color

    def paint(self, share: Float[np.ndarray, "height width"], color: Rgb | Float[np.ndarray, "height width 3"]) -> None:
        """Blend a colour, or a whole picture, over this one by a share in [0, 1] at each pixel."""
        used_rows, used_columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
        if not used_rows.size:
            return
        # Most shapes fill a part of the picture only.
        part = slice(used_rows[0], used_rows[-1] + 1), slice(used_columns[0], used_columns[-1] + 1)
        weight, color = np.clip(share[part], 0, 1)[..., None], np.asarray(color)
        self.rgb[part] += weight * ((color[part] if color.ndim == 3 else color) - self.rgb[part])

    def glow(self, cx: Number, cy: Number, radius: Number, color: Rgb) -> None:
        """Light a lamp or window spills on what is near it: adds where something is, and a little haze of its own."""
        distance2 = (self.x - cx) ** 2 + (self.y - cy) ** 2
        spill = (1 / (1 + distance2 / radius**2) ** 1.5)[..., None]
        self.rgb += spill * np.asarray(color) * (self.rgb + 0.02)

    def clouds(
        self, rng: np.random.Generator, cell: Number, *, octaves: int = 3, stretch: Number = 1.0
    ) -> Float[np.ndarray, "height width"]:
        """Smooth noise of about unit deviation; features `cell` high and `cell * stretch` wide, then halves of it."""
        total = np.zeros((self.height, self.width))
        weight, norm = 1.0, 0.0
        for _ in range(octaves):
            rows = min(int(np.ceil(1 / cell)) + 3, 400)
            columns = min(int(np.ceil(self.aspect / (cell * stretch))) + 3, 400)
            total += weight * resized(rng.standard_normal((rows, columns)), self.height, self.width)
            norm += weight**2
            weight, cell = weight * 0.55, cell / 2
        return total / np.sqrt(norm) / 0.75

    def defocused(self, radius: Number) -> Float[np.ndarray, "height width 3"]:
        """This picture through a lens out of focus: each point becomes a disc of `radius` (a share of the height).

        Where the depth is known, `radius` is that of infinity and the lens is focused on FOCUS_M.
        """
        if self.depth_m is None:
            return self._blurred(radius)
        # Thin lens: the disc grows with the difference of the inverse distances.
        share = np.abs(1 - FOCUS_M / np.maximum(self.depth_m, 0.3)).clip(0, 1)
        share = gaussian_filter(share, 0.4 * max(radius * self.height, 1.0))
        levels = np.linspace(share.min(), share.max() + 1e-6, 4)
        # Traced edges are staircases: at least a pixel and a half of blur takes them away.
        pictures = [self._blurred(max(radius * level, 1.5 / self.height)) for level in levels]
        out = pictures[0].copy()
        for low, high, before, after in zip(levels[:-1], levels[1:], pictures[:-1], pictures[1:], strict=True):
            out += ((share - low) / (high - low)).clip(0, 1)[..., None] * (after - before)
        return out

    def _blurred(self, radius: Number) -> Float[np.ndarray, "height width 3"]:
        r_px = max(radius * self.height, 0.8)
        pad = int(np.ceil(r_px)) + 1
        padded = np.pad(self.rgb, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
        shape = [int(fft.next_fast_len(n, real=True) or n) for n in padded.shape[:2]]
        offsets = [np.minimum(np.arange(n), n - np.arange(n)) for n in shape]
        distance = np.hypot(offsets[0][:, None], offsets[1][None, :])
        # The rim is a little brighter than the middle, as in the bokeh of most lenses.
        disc = np.clip(r_px + 0.5 - distance, 0, 1) * (1 + 0.25 * np.minimum(distance / r_px, 1) ** 4)
        transfer = np.asarray(fft.rfft2(disc / disc.sum()))[..., None]
        spectrum = np.asarray(fft.rfft2(padded, shape, axes=(0, 1))) * transfer
        blurred = np.asarray(fft.irfft2(spectrum, shape, axes=(0, 1)))
        return np.maximum(blurred[pad : pad + self.height, pad : pad + self.width], 0.0)
