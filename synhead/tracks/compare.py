"""How far made-up motion is from recorded motion: a table of every figure, and distances with their bounds."""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import euler_pyr_from_rotation, rotation_about_camera_vertical
from synhead.errors import ConfigError
from synhead.tracks.resample import resample_track
from synhead.tracks.statistics import (
    ANGLES,
    LAGS,
    PERCENTILES,
    POWER_EDGES_HZ,
    MotionStatistics,
    Rotations,
    motion_statistics,
    statistics_from_json,
)
from synhead.tracks.track import MotionTrack

REFERENCES = ("biwi_lowpass_5hz", "head360_frontal")
DISTANCE_BOUNDS = {
    "angles": 0.30,
    "rates": 0.25,
    "speed": 0.18,
    "acceleration": 0.18,
    "power": 0.07,
    "autocorrelation": 0.10,
    "correlation": 0.22,
    "histograms": 0.11,
}
"""What a set of tracks may differ from its reference; `distances` says what each number is. Two random halves of the
headset recordings (61 windows each) differ from one another by up to 0.53, 0.29, 0.20, 0.21, 0.08, 0.09, 0.33 and 0.09
in this order (95th percentile of twelve splits): within the bounds, tracks are about as near as people are.
"""


def reference_statistics(name: str) -> MotionStatistics:
    """The aggregate figures of recorded motion that ship with the package.

    Raises:
        ConfigError: unknown name.
    """
    if name not in REFERENCES:
        raise ConfigError(f'no reference "{name}"; there are {", ".join(REFERENCES)}')
    return statistics_from_json(_references()[name])


def reference_source(name: str) -> str:
    """Where the figures come from, in a sentence."""
    return str(_references()[name]["source"])


def _references() -> dict:
    return json.loads((resources.files("synhead.tracks") / "reference_motion.json").read_text())


def distances(ours: MotionStatistics, reference: MotionStatistics) -> dict[str, float]:
    """One number for each kind of figure; 0 is equal.

    angles: mean absolute difference of the percentiles of each angle over its standard deviation, worst angle.
    rates, speed, acceleration: mean absolute logarithm of the ratio of percentiles 25 to 99 (rates: worst angle).
    power, autocorrelation, correlation: largest absolute difference.
    histograms: Jensen-Shannon divergence in bits, the larger of pitch-yaw and pitch-roll.
    """
    angle, rate = [], []
    for name in ANGLES:
        gap = np.abs(ours.angle_percentiles_deg[name] - reference.angle_percentiles_deg[name])
        angle.append(float(gap.mean()) / reference.angle_std_deg[name])
        rate.append(_log_ratio(ours.rate_percentiles_deg_s[name], reference.rate_percentiles_deg_s[name]))
    return {
        "angles": max(angle),
        "rates": max(rate),
        "speed": _log_ratio(ours.speed_percentiles_deg_s, reference.speed_percentiles_deg_s),
        "acceleration": _log_ratio(ours.acceleration_percentiles_deg_s2, reference.acceleration_percentiles_deg_s2),
        "power": float(np.abs(ours.power_fraction_below - reference.power_fraction_below).max()),
        "autocorrelation": float(np.abs(ours.autocorrelation - reference.autocorrelation).max()),
        "correlation": max(abs(ours.correlation[k] - reference.correlation[k]) for k in _COMPARED_CORRELATIONS),
        "histograms": max(
            jensen_shannon_bits(ours.histograms[k], reference.histograms[k]) for k in reference.histograms
        ),
    }


_COMPARED_CORRELATIONS = ("pitch_roll", "rate_pitch_roll", "yaw_pitch", "yaw_roll", "rate_yaw_pitch", "rate_yaw_roll")


def distance_terms(ours: MotionStatistics, reference: MotionStatistics) -> dict[str, float]:
    """Smooth squares of the same differences, percentiles 1 and 5 included: what a fit minimises."""
    terms = {}
    for name in ANGLES:
        gap = (ours.angle_percentiles_deg[name] - reference.angle_percentiles_deg[name]) / reference.angle_std_deg[name]
        terms[f"angle {name}"] = float((gap**2).mean()) * 4
        terms[f"rate {name}"] = _square_log(ours.rate_percentiles_deg_s[name], reference.rate_percentiles_deg_s[name])
    terms["speed"] = 3 * _square_log(ours.speed_percentiles_deg_s, reference.speed_percentiles_deg_s)
    terms["acceleration"] = 3 * _square_log(
        ours.acceleration_percentiles_deg_s2, reference.acceleration_percentiles_deg_s2
    )
    terms["power"] = 40 * float(((ours.power_fraction_below - reference.power_fraction_below) ** 2).mean())
    terms["autocorrelation"] = 40 * float(((ours.autocorrelation - reference.autocorrelation) ** 2).mean())
    terms["correlation"] = 3 * sum(
        (ours.correlation[k] - reference.correlation[k]) ** 2 for k in ("pitch_roll", "rate_pitch_roll")
    )
    terms["histograms"] = sum(
        jensen_shannon_bits(ours.histograms[k], reference.histograms[k]) for k in reference.histograms
    )
    return terms


def jensen_shannon_bits(p: Float[np.ndarray, "18 18"], q: Float[np.ndarray, "18 18"]) -> float:
    """Jensen-Shannon divergence of two histograms in bits: 0 equal, 1 apart. Each is normalised first."""
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2

    def divergence(a: np.ndarray) -> float:
        some = a > 0
        return float((a[some] * np.log2(a[some] / middle[some])).sum())

    return (divergence(p) + divergence(q)) / 2


def statistics_like(reference: str, tracks: list[MotionTrack]) -> MotionStatistics:
    """The figures of tracks, made as those of the reference were: at 30 Hz; for the headset reference in windows.

    Raises:
        ConfigError: unknown reference, or nothing long enough is left.
    """
    if reference not in REFERENCES:
        raise ConfigError(f'no reference "{reference}"; there are {", ".join(REFERENCES)}')
    segments = [part.R_ref_head for track in tracks for part in resample_track(track, 30.0)]
    if reference == "head360_frontal":
        segments = frontal_windows(segments)
    segments = [segment for segment in segments if len(segment) >= 3]
    if not segments:
        raise ConfigError(
            "no track is long enough for these figures: three samples at 30 Hz, or 10 s for head360_frontal"
        )
    return motion_statistics(segments)


def frontal_windows(segments: list[Rotations], num_frames: int = 300) -> list[Rotations]:
    """Windows one after another, each turned about the vertical by its median heading; those that stay in front.

    In front: heading within 75 degrees, pitch and roll within 60. This is how the headset figures were made.
    """
    out = []
    for whole in segments:
        for start in range(0, len(whole) - num_frames + 1, num_frames):
            part = whole[start : start + num_frames]
            heading = np.degrees(np.arctan2(-part[:, 0, 2], -part[:, 2, 2]))
            middle = float(np.degrees(np.angle(np.exp(1j * np.radians(heading)).mean())))
            middle += float(np.median((heading - middle + 180) % 360 - 180))
            turned = rotation_about_camera_vertical(-middle) @ part
            pitch, _, roll = np.abs(euler_pyr_from_rotation(turned)).T
            aside = np.abs((heading - middle + 180) % 360 - 180)
            if aside.max() <= 75 and pitch.max() <= 60 and roll.max() <= 60:
                out.append(turned)
    return out


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureRow:
    """One figure of both: what it is, its unit, ours and the reference's."""

    name: str
    unit: str
    ours: float
    reference: float


def figure_rows(ours: MotionStatistics, reference: MotionStatistics) -> list[FigureRow]:
    """Every figure beside its reference, every percentile included."""
    rows: list[FigureRow] = []

    def add(name: str, unit: str, a: np.ndarray, b: np.ndarray, labels: list[str]) -> None:
        rows.extend(
            FigureRow(name=f"{name} {label}", unit=unit, ours=float(x), reference=float(y))
            for label, x, y in zip(labels, a, b, strict=True)
        )

    percent = [f"p{p}" for p in PERCENTILES]
    for k in ANGLES:
        add(k, "deg", ours.angle_percentiles_deg[k], reference.angle_percentiles_deg[k], percent)
    add("angular speed", "deg/s", ours.speed_percentiles_deg_s, reference.speed_percentiles_deg_s, percent)
    add(
        "angular acceleration",
        "deg/s2",
        ours.acceleration_percentiles_deg_s2,
        reference.acceleration_percentiles_deg_s2,
        percent,
    )
    for k in ANGLES:
        add(f"{k} rate", "deg/s", ours.rate_percentiles_deg_s[k], reference.rate_percentiles_deg_s[k], percent)
    below = [f"below {edge:g} Hz" for edge in POWER_EDGES_HZ]
    add("power", "1", ours.power_fraction_below, reference.power_fraction_below, below)
    lags = [f"lag {lag}" for lag in LAGS]
    add("autocorrelation", "1", ours.autocorrelation, reference.autocorrelation, lags)
    names = _COMPARED_CORRELATIONS
    add(
        "correlation",
        "1",
        np.array([ours.correlation[k] for k in names]),
        np.array([reference.correlation[k] for k in names]),
        list(names),
    )
    return rows


def _log_ratio(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(np.log(np.maximum(a[2:], 1e-9) / b[2:])).mean())


def _square_log(a: np.ndarray, b: np.ndarray) -> float:
    # The lowest percentiles of a rate are those of a zero crossing; they count, but less.
    weights = np.array([0.3, 0.5, 1, 1, 1, 1, 1])
    return float((weights * np.log(np.maximum(a, 1e-9) / b) ** 2).sum() / weights.sum())
