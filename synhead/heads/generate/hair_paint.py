"""Painting hair: tones and opacity on a plane, turned into few colours at the end so that a palette holds them.

A tone of 0 is the dark between locks, 0.5 the hair's colour, 1 a strand in the light. Strands are drawn by smearing
noise along the flow (line integral convolution, Cabral and Leedom 1993), in doubling steps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from synhead.compiled import compiled
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.hair_styles import GREY_RGB
from synhead.heads.generate.noise import value_noise
from synhead.heads.generate.parameters import HeadParameters

NUM_TONES, NUM_SOFT_TONES, NUM_ALPHAS = 28, 9, 10
Plane = Float[np.ndarray, "height width"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Paint:
    """Maps of one texture, each [height, width] in [0, 1].

    Attributes:
        tone: see above.
        grey: 1 where a hair has no pigment.
        bare: 1 where the scalp shows.
        alpha: opacity.
    """

    tone: Plane
    grey: Plane
    bare: Plane
    alpha: Plane

    @classmethod
    def blank(cls, height: int, width: int) -> "Paint":
        """Empty everywhere."""
        zero = np.zeros((height, width))
        return cls(tone=zero + 0.4, grey=zero.copy(), bare=zero.copy(), alpha=zero.copy())

    def put(self, top: int, left: int, other: "Paint") -> None:
        """Copy another paint into this one, its corner at (top, left)."""
        rows, columns = other.tone.shape
        window = (slice(top, top + rows), slice(left, left + columns))
        for name in ("tone", "grey", "bare", "alpha"):
            getattr(self, name)[window] = getattr(other, name)


def _ramp(dark: np.ndarray, middle: np.ndarray, light: np.ndarray, count: int) -> np.ndarray:
    t = np.linspace(0, 1, count)[:, None]
    return np.where(t < 0.5, dark + (middle - dark) * 2 * t, middle + (light - middle) * (2 * t - 1))


def hair_ramps(parameters: HeadParameters, count: int) -> Float[np.ndarray, "3 count 3"]:
    """sRGB of pigmented hair, of grey hair and of bare scalp, from tone 0 to 1."""
    base, grey, skin = np.array(parameters.hair_rgb), np.array(GREY_RGB), np.array(parameters.skin_rgb)
    # A painted strand stands for several hairs: where few are grey, a strand of them is a mixture.
    grey = base + (grey - base) * min(1.0, 0.4 + 0.9 * parameters.grey)
    # Blond hair's shadows are brown, not grey; its lights are yellow.
    warm = base ** np.array([0.97, 1.0, 1.04])
    return np.stack(
        [
            _ramp(0.30 * base**1.12, base, 1.40 * warm + 0.075, count),
            _ramp(0.42 * grey, grey, 1.25 * grey + 0.06, count),
            _ramp(0.50 * skin, 0.78 * skin, 0.92 * skin, count),
        ]
    )


def to_texture(parameters: HeadParameters, paint: Paint) -> UInt8[np.ndarray, "height width 4"]:
    """At most 256 colours: 3 x 28 solid ones, 2 x 9 in each of nine opacities, and one under empty texels."""
    alpha = np.rint(np.clip(paint.alpha, 0, 1) * NUM_ALPHAS).astype(np.uint8)
    kind = np.where(paint.bare > 0.5, 2, paint.grey > 0.5).astype(np.int32)
    tone = np.clip(paint.tone, 0, 1)
    solid = kind * NUM_TONES + np.rint(tone * (NUM_TONES - 1)).astype(np.int32)
    soft = (alpha * 2 + np.minimum(kind, 1)) * NUM_SOFT_TONES + np.rint(tone * (NUM_SOFT_TONES - 1)).astype(np.int32)
    index = np.where(alpha == NUM_ALPHAS, solid, 3 * NUM_TONES + soft)
    few = hair_ramps(parameters, NUM_SOFT_TONES)
    table = np.zeros((3 * NUM_TONES + NUM_ALPHAS * 2 * NUM_SOFT_TONES, 4))
    table[: 3 * NUM_TONES, :3] = hair_ramps(parameters, NUM_TONES).reshape(-1, 3)
    table[: 3 * NUM_TONES, 3] = 1.0
    soft_rows = table[3 * NUM_TONES :].reshape(NUM_ALPHAS, 2 * NUM_SOFT_TONES, 4)
    soft_rows[..., :3] = few[:2].reshape(-1, 3)
    soft_rows[..., 3] = (np.arange(NUM_ALPHAS) / NUM_ALPHAS)[:, None]
    soft_rows[0, :, :3] = few[0, NUM_SOFT_TONES // 2 - 1]
    return to_bytes(table)[index]


def smear(
    noise: Float32[np.ndarray, "height width"],
    velocity: Float32[np.ndarray, "height width 2"],
    doublings: int,
) -> Float32[np.ndarray, "height width"]:
    """Mean of `noise` over 2**doublings steps along `velocity` (columns, rows per step), forwards and backwards."""
    ways = []
    for step in (velocity, -velocity):
        mean = np.ascontiguousarray(noise)
        for _ in range(doublings):
            mean, step = _doubled(mean, step)
        ways.append(mean)
    return 0.5 * (ways[0] + ways[1])


@compiled
def _doubled(mean, step):
    """Means and steps twice as long."""
    height, width = mean.shape
    wide, far, half = np.empty_like(mean), np.empty_like(step), np.float32(0.5)
    for row in range(height):
        for column in range(width):
            c = min(max(np.rint(np.float32(column) + step[row, column, 0]), np.float32(0)), np.float32(width - 1))
            r = min(max(np.rint(np.float32(row) + step[row, column, 1]), np.float32(0)), np.float32(height - 1))
            c, r = int(c), int(r)
            wide[row, column] = half * (mean[row, column] + mean[r, c])
            far[row, column, 0] = step[row, column, 0] + step[r, c, 0]
            far[row, column, 1] = step[row, column, 1] + step[r, c, 1]
    return wide, far


def spread_evenly(values: Float32[np.ndarray, "height width"]) -> Plane:
    """Values turned into their logistic rank, about [0, 1] with the middle at 0.5."""
    mean, deviation = float(values.mean()), float(max(values.std(), 1e-6))
    return 1 / (1 + np.exp(-1.7 * np.clip((values.astype(np.float64) - mean) / deviation, -6, 6)))


def _stretched(coarse: Float[np.ndarray, "rows width"], height: int) -> Plane:
    """Rows in between, linearly: strands change slowly along themselves."""
    rows = coarse.shape[0]
    at = np.clip((np.arange(height) + 0.5) / height * rows - 0.5, 0, rows - 1.001)
    low = at.astype(int)
    return coarse[low] + (coarse[low + 1] - coarse[low]) * (at - low)[:, None]


def strand_strip(
    height: int,
    width: int,
    seed: int,
    *,
    texels: float,
    grey: float,
    tips: float,
    curl: float = 0.0,
    gloss: float = 1.0,
    feather: float = 1.0,
) -> Paint:
    """Hair running down: solid, feathered over the top thirtieth, ragged over the last share `tips`.

    Args:
        texels: size of a hair.
        grey: share of grey hairs.
        curl: amplitude of the strands' waves, in texels.
        gloss: how much darker the roots are, and how much lighter the bend over the head.
        feather: how wide the soft edge at the roots is; 0: none.
    """
    rows = min(height, 112)
    v = np.repeat(((np.arange(rows) + 0.5) / rows)[:, None], width, axis=1)
    u = np.repeat((np.arange(width) + 0.5)[None, :], rows, axis=0) / texels
    u = u + 2.2 * value_noise(np.stack([u.ravel() / 30, v.ravel() * 3.0], axis=1), seed).reshape(u.shape)
    u = u + curl * np.sin(v * 38 + 2.5 * value_noise((u.ravel() / 11)[:, None], seed + 6).reshape(u.shape))

    def noise(across: float, along: float, number: int) -> np.ndarray:
        return value_noise(np.stack([u.ravel() / across, v.ravel() * along], axis=1), seed + number).reshape(u.shape)

    fine, strand, lock, wide = noise(1.1, 3.5, 1), noise(2.7, 3.0, 2), noise(9.0, 2.2, 3), noise(32.0, 1.6, 4)
    gap = smooth_step(0.30, 0.95, lock) * (0.06 + 0.14 * gloss) + smooth_step(0.35, 0.95, strand) * (
        0.05 + 0.07 * gloss
    )
    tone = 0.50 + 0.13 * fine + (0.07 + 0.05 * gloss) * (strand + 0.8 * lock) + 0.07 * wide - gap
    # Light falls off from the crown's gloss to the ends; roots are darker.
    shine = 0.10 * np.exp(-(((v - 0.24 - 0.03 * lock) / 0.09) ** 2)) + 0.05 * smooth_step(0.5, 1.0, v)
    tone = tone + gloss * (shine - 0.16 * smooth_step(0.10, 0.0, v))
    white = (noise(0.75, 0.5, 5) * 0.5 + 0.5 < _quantile(grey)).astype(float)
    end = 1.0 - tips * (0.46 + 0.34 * noise(6.0, 0.8, 7) + 0.22 * noise(1.7, 0.8, 8) + 0.16 * noise(26.0, 0.5, 9))
    start = 0.030 * (0.6 + 0.5 * noise(2.2, 1.0, 10))
    soft = 0.06 * tips + 0.012
    tone, end, start = (_stretched(plane, height) for plane in (tone, end, start))
    v = ((np.arange(height) + 0.5) / height)[:, None]
    alpha = smooth_step(-soft, soft, end - v)
    if feather > 0:
        alpha = alpha * smooth_step(0.4, 1.3, v / (start * feather))
    return Paint(tone=tone, grey=_stretched(white, height), bare=np.zeros_like(tone), alpha=alpha)


def _quantile(share: float) -> float:
    """The level below which this share of (noise + 1) / 2 lies; noise is roughly triangular about 0.5."""
    if share <= 0:
        return -1.0
    share = min(share, 1.0)
    return float(np.sqrt(share / 2) if share < 0.5 else 1 - np.sqrt((1 - share) / 2)) * 1.001 + (share >= 1.0)


def lock_strip(height: int, width: int, seed: int, *, texels: float, grey: float) -> Paint:
    """One lock that gathers to a point, drawn hair by hair: for cards."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = min(height, 96)
    along = (np.arange(rows)[:, None] + 0.5) / rows
    column = np.arange(width)[None, :] + 0.5
    tone, alpha = np.full((rows, width), 0.42), np.zeros((rows, width))
    white = np.zeros((rows, width))
    for _ in range(26):
        across = float(np.clip(rng.normal(0, 0.42), -1, 1))
        length = rng.uniform(0.55, 1.0) * (1 - 0.25 * abs(across))
        centre = width * (0.5 + 0.42 * across * (1 - 0.45 * along**1.5)) + texels * rng.normal(0, 0.7) * np.sin(
            along * rng.uniform(3, 9)
        )
        radius = texels * rng.uniform(0.7, 1.5) * np.clip((length - along) / (0.5 * length), 0, 1) ** 0.8
        stroke = np.clip(radius + 0.5 - np.abs(column - centre), 0, 1) * (along < length)
        tone = np.where(stroke > 0.4, 0.5 + rng.normal(0, 0.16), tone)
        white = np.where(stroke > 0.4, float(rng.uniform() < grey), white)
        alpha = np.maximum(alpha, stroke)
    alpha = alpha * smooth_step(0.0, 0.04, along)
    tone, white, alpha = (_stretched(plane, height) for plane in (tone - 0.06 * (1 - along), white, alpha))
    return Paint(tone=tone, grey=white, bare=np.zeros_like(tone), alpha=alpha)


def curl_strip(height: int, width: int, seed: int, *, texels: float, grey: float) -> Paint:
    """A tuft of loops: for the outline of curly hair."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows, columns = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    tone, alpha = np.full((height, width), 0.40), np.zeros((height, width))
    white = np.zeros((height, width))
    for _ in range(34):
        # Loops crowd at the root and thin out to the tip.
        x, y = width * (0.5 + 0.30 * rng.normal()), height * abs(rng.normal()) * 0.42
        radius = rng.uniform(0.10, 0.22) * width
        away = np.abs(np.hypot(columns - x, rows - y) - radius)
        stroke = np.clip(texels * rng.uniform(0.8, 1.3) + 0.5 - away, 0, 1)
        tone = np.where(stroke > 0.4, 0.5 + rng.normal(0, 0.14), tone)
        white = np.where(stroke > 0.4, float(rng.uniform() < grey), white)
        alpha = np.maximum(alpha, stroke)
    edge = np.minimum(np.minimum(columns, width - columns) / (0.12 * width), (height - rows) / (0.1 * height))
    return Paint(tone=tone, grey=white, bare=np.zeros_like(tone), alpha=alpha * np.clip(edge, 0, 1))
