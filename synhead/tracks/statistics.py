"""What head motion looks like in numbers: the figures by which made-up tracks are held against recorded ones.

All of regular segments at one rate. Angles are euler_pyr_deg (docs/conventions.md); angular velocities are in the
head's own axes, from each sample to the next.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import euler_pyr_from_rotation
from synhead.tracks.quaternion import angular_velocities_deg_s

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
ANGLES = ("pitch", "yaw", "roll")
POWER_EDGES_HZ = (0.5, 1.0, 2.0, 5.0)
LAGS = (1, 5, 15, 30)
HISTOGRAM_EDGES_DEG = np.arange(-90.0, 91.0, 10.0)
MIN_POWER_FRAMES = 64
_RATE_HZ = 30.0

Rotations = np.ndarray
"""[num_samples, 3, 3]; each segment has its own length, which jaxtyping would take for one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MotionStatistics:
    """Figures of a set of segments; each dict is keyed as the names say, percentiles are those of PERCENTILES.

    Attributes:
        angle_percentiles_deg, rate_percentiles_deg_s: of pitch, yaw, roll; rates are absolute.
        speed_percentiles_deg_s: of the norm of the angular velocity.
        acceleration_percentiles_deg_s2: of the norm of the change of angular velocity times the rate.
        power_fraction_below: share of the power of the angular velocity below each of POWER_EDGES_HZ (periodogram with
            a Hann window, mean kept, segments of at least MIN_POWER_FRAMES, weighted by their length).
        autocorrelation: of the angular velocity at LAGS (samples), no mean removed, pooled.
        correlation: Pearson's, by name ("pitch_roll", "yaw_pitch", "abs_yaw_pitch", "rate_pitch_roll", ...).
        histograms: "pitch_yaw", "pitch_roll": probability [18, 18] over HISTOGRAM_EDGES_DEG, first index pitch.
    """

    num_segments: int
    num_samples: int
    angle_percentiles_deg: dict[str, Float[np.ndarray, "7"]]
    angle_std_deg: dict[str, float]
    rate_percentiles_deg_s: dict[str, Float[np.ndarray, "7"]]
    speed_percentiles_deg_s: Float[np.ndarray, "7"]
    acceleration_percentiles_deg_s2: Float[np.ndarray, "7"]
    power_fraction_below: Float[np.ndarray, "4"]
    autocorrelation: Float[np.ndarray, "4"]
    correlation: dict[str, float]
    histograms: dict[str, Float[np.ndarray, "18 18"]]


def motion_statistics(segments: list[Rotations], rate_hz: float = _RATE_HZ) -> MotionStatistics:
    """The figures of segments R_ref_head [T, 3, 3], each regular at `rate_hz`.

    Raises:
        ValueError: no segment has three samples.
    """
    segments = [segment for segment in segments if len(segment) >= 3]
    if not segments:
        raise ValueError("no segment has three samples; speeds and accelerations need them")
    angles = [euler_pyr_from_rotation(segment) for segment in segments]
    velocities = [angular_velocities_deg_s(np.arange(len(s)) / rate_hz, s) for s in segments]
    rates = np.concatenate([np.diff(a, axis=0) * rate_hz for a in angles])
    changes = np.concatenate([np.diff(v, axis=0) * rate_hz for v in velocities])
    pyr = np.concatenate(angles)
    return MotionStatistics(
        num_segments=len(segments),
        num_samples=len(pyr),
        angle_percentiles_deg={name: np.percentile(pyr[:, k], PERCENTILES) for k, name in enumerate(ANGLES)},
        angle_std_deg={name: float(pyr[:, k].std()) for k, name in enumerate(ANGLES)},
        rate_percentiles_deg_s={name: np.percentile(np.abs(rates[:, k]), PERCENTILES) for k, name in enumerate(ANGLES)},
        speed_percentiles_deg_s=np.percentile(np.linalg.norm(np.concatenate(velocities), axis=1), PERCENTILES),
        acceleration_percentiles_deg_s2=np.percentile(np.linalg.norm(changes, axis=1), PERCENTILES),
        power_fraction_below=power_fraction_below(velocities, rate_hz),
        autocorrelation=autocorrelation(velocities),
        correlation=_correlations(pyr, rates),
        histograms={
            f"pitch_{name}": np.histogram2d(pyr[:, 0], pyr[:, k], bins=[HISTOGRAM_EDGES_DEG] * 2)[0] / len(pyr)
            for k, name in ((1, "yaw"), (2, "roll"))
        },
    )


def power_fraction_below(velocities: list[np.ndarray], rate_hz: float) -> Float[np.ndarray, "4"]:
    """Share of the power of angular velocities [T, 3] below each of POWER_EDGES_HZ; NaN if all are too short."""
    below, total = np.zeros(len(POWER_EDGES_HZ)), 0.0
    for velocity in velocities:
        num = len(velocity)
        if num < MIN_POWER_FRAMES:
            continue
        window = np.hanning(num + 1)[:-1]
        power = (np.abs(np.fft.rfft(velocity * window[:, None], axis=0)) ** 2).sum(axis=1)
        # One-sided: every frequency but 0 and the highest of an even length stands for two.
        power[1 : (num + 1) // 2] *= 2
        frequency_hz = np.fft.rfftfreq(num, 1 / rate_hz)
        below += [power[frequency_hz < edge].sum() for edge in POWER_EDGES_HZ]
        total += power.sum()
    return below / total if total > 0 else np.full(len(POWER_EDGES_HZ), np.nan)


def autocorrelation(velocities: list[np.ndarray]) -> Float[np.ndarray, "4"]:
    """Of angular velocities [T, 3] at LAGS, pooled over segments and axes, no mean removed; 0 if all are too short."""
    square = float(np.mean(np.concatenate(velocities) ** 2))
    out = []
    for lag in LAGS:
        products = [(v[:-lag] * v[lag:]).ravel() for v in velocities if len(v) > lag]
        out.append(float(np.mean(np.concatenate(products))) / square if products and square > 0 else 0.0)
    return np.array(out)


def _correlations(pyr: np.ndarray, rates: np.ndarray) -> dict[str, float]:
    pitch, yaw, roll = pyr.T
    pairs = {
        "yaw_pitch": (yaw, pitch),
        "yaw_roll": (yaw, roll),
        "pitch_roll": (pitch, roll),
        "abs_yaw_pitch": (np.abs(yaw), pitch),
        "rate_yaw_pitch": (rates[:, 1], rates[:, 0]),
        "rate_yaw_roll": (rates[:, 1], rates[:, 2]),
        "rate_pitch_roll": (rates[:, 0], rates[:, 2]),
    }
    return {name: _pearson(a, b) for name, (a, b) in pairs.items()}


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def statistics_from_json(data: dict[str, Any]) -> MotionStatistics:
    """The figures of one source, as `synhead/tracks/reference_motion.json` and the survey it comes from name them."""

    def row(values: dict[str, float]) -> np.ndarray:
        return np.array([values[f"p{p}"] for p in PERCENTILES], dtype=np.float64)

    power = data["angular_velocity_power"]["fraction_below_hz"]["all"]
    lags = data["angular_velocity_autocorrelation"]["all"]
    return MotionStatistics(
        num_segments=int(data["segments"]),
        num_samples=int(data["frames"]),
        angle_percentiles_deg={name: row(data["angles_deg"][name]) for name in ANGLES},
        angle_std_deg={name: float(data["angles_deg"][name]["std"]) for name in ANGLES},
        rate_percentiles_deg_s={name: row(data["angle_rate_abs_deg_s"][name]) for name in ANGLES},
        speed_percentiles_deg_s=row(data["angular_speed_deg_s"]),
        acceleration_percentiles_deg_s2=row(data["angular_acceleration_deg_s2"]),
        power_fraction_below=np.array([power[f"{edge:g}"] for edge in POWER_EDGES_HZ]),
        autocorrelation=np.array([lags[str(lag)] for lag in LAGS]),
        correlation={name: float(value) for name, value in data["correlation"].items()},
        histograms={
            name: np.array(data[f"histogram_{name}"]["probability"], dtype=np.float64)
            for name in ("pitch_yaw", "pitch_roll")
        },
    )
