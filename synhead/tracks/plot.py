"""One picture of motion tracks: angles over time, and histograms like those of figure 4 of the CVPR 2017 paper."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synhead.tracks.clean import Rejection
from synhead.tracks.describe import display_angles_deg
from synhead.tracks.statistics import HISTOGRAM_EDGES_DEG, LAGS, PERCENTILES, POWER_EDGES_HZ, MotionStatistics
from synhead.tracks.track import MotionTrack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES = ("pitch", "yaw", "roll")


def plot_tracks(
    raw: MotionTrack, smooth: MotionTrack, rejections: Sequence[Rejection], everything: Sequence[MotionTrack]
) -> bytes:
    """A PNG: `raw` against `smooth` over time with the rejected stretches shaded, histograms over `everything`.

    The angles are those of `synhead.tracks.describe.display_angles_deg`; lines are broken at gaps and where the
    heading passes 180 degrees.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(11, 10), layout="constrained")
    try:
        rows = figure.add_gridspec(4, 2, height_ratios=(1, 1, 1, 2.2))
        axes = [figure.add_subplot(rows[k, :]) for k in range(3)]
        _draw_angles(axes, raw, smooth, rejections)
        pyr = np.concatenate([display_angles_deg(track)[track.valid] for track in everything])
        what = everything[0].track_id if len(everything) == 1 else f"{len(everything)} tracks"
        for column, other in enumerate((1, 2)):
            axis = figure.add_subplot(rows[3, column])
            _draw_histogram(figure, axis, pyr, other, what)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    finally:
        plt.close(figure)
    return buffer.getvalue()


def plot_against_reference(
    ours: MotionStatistics, reference: MotionStatistics, *, what: str, reference_name: str
) -> bytes:
    """A PNG: figure 4 of the paper (joint histograms of pitch with yaw and roll) for both, and their percentiles."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.colors import PowerNorm

    figure, axes = plt.subplots(2, 4, figsize=(17, 8.2), layout="constrained")
    try:
        for row, (name, figures) in enumerate(((what, ours), (reference_name, reference))):
            for column, other in enumerate(("yaw", "roll")):
                shares = 100 * figures.histograms[f"pitch_{other}"]
                most = 100 * max(f.histograms[f"pitch_{other}"].max() for f in (ours, reference))
                image = axes[row, column].pcolormesh(
                    HISTOGRAM_EDGES_DEG,
                    HISTOGRAM_EDGES_DEG,
                    np.where(shares > 0, shares, np.nan),
                    norm=PowerNorm(0.5, vmin=0.0, vmax=most),
                )
                axes[row, column].set(
                    xlabel=f"{other} (deg)", ylabel="pitch (deg)", aspect="equal", title=f"{name}: pitch-{other}"
                )
                figure.colorbar(image, ax=axes[row, column], label="samples (%)", shrink=0.8)
        for axis, title, pick in (
            (axes[0, 2], "angular speed (deg/s)", lambda f: f.speed_percentiles_deg_s),
            (axes[1, 2], "angular acceleration (deg/s2)", lambda f: f.acceleration_percentiles_deg_s2),
        ):
            for name, figures, style in ((what, ours, "o-"), (reference_name, reference, "s--")):
                axis.semilogy(range(len(PERCENTILES)), pick(figures), style, label=name)
            axis.set_xticks(range(len(PERCENTILES)), [f"p{p}" for p in PERCENTILES])
            axis.set_title(title)
            axis.grid(alpha=0.3, which="both")
        axes[0, 2].legend(frameon=False)
        for axis, title, ticks, pick in (
            (axes[0, 3], "share of angular velocity's power below", POWER_EDGES_HZ, lambda f: f.power_fraction_below),
            (axes[1, 3], "autocorrelation of angular velocity", LAGS, lambda f: f.autocorrelation),
        ):
            for figures, style in ((ours, "o-"), (reference, "s--")):
                axis.plot(range(len(ticks)), pick(figures), style)
            axis.set_xticks(range(len(ticks)), [f"{tick:g}" for tick in ticks])
            axis.set_title(title)
            axis.set_xlabel("Hz" if ticks is POWER_EDGES_HZ else "lag (samples at 30 Hz)")
            axis.grid(alpha=0.3)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
    finally:
        plt.close(figure)
    return buffer.getvalue()


def _draw_angles(
    axes: "Sequence[Axes]", raw: MotionTrack, smooth: MotionTrack, rejections: Sequence[Rejection]
) -> None:
    for track, style in (
        (raw, {"color": "0.72", "linewidth": 2.6, "label": "raw"}),
        (smooth, {"color": "C0", "linewidth": 1.0, "label": "smooth"}),
    ):
        time_s, angles = _broken_lines(track, display_angles_deg(track))
        for k, axis in enumerate(axes):
            axis.plot(time_s, angles[:, k], **style)
    step_s = float(np.median(np.diff(raw.time_s)))
    for k, axis in enumerate(axes):
        for n, rejection in enumerate(rejections):
            label = "rejected" if n == 0 else None
            span = (rejection.start_s - step_s / 2, rejection.end_s + step_s / 2)
            axis.axvspan(*span, color="C3", alpha=0.3, linewidth=0, label=label)
        axis.set_ylabel(f"{_NAMES[k]} (deg)")
        axis.grid(alpha=0.3)
        axis.margins(x=0.01)
        axis.tick_params(labelbottom=k == 2)
    heading = " (elevation, heading, roll about its mean heading)" if raw.frame == "world" else ""
    axes[0].set_title(f"{raw.track_id}{heading}", loc="left")
    axes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False)
    axes[-1].set_xlabel("time (s)")


def _broken_lines(track: MotionTrack, pyr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times and angles with a NaN after each segment and wherever an angle flips."""
    times, angles = [], []
    for part in track.segments():
        flips = np.flatnonzero((np.abs(np.diff(pyr[part], axis=0)) > 90).any(axis=1)) + 1
        times.append(np.append(np.insert(track.time_s[part], flips, np.nan), np.nan))
        angles.append(np.append(np.insert(pyr[part], flips, np.nan, axis=0), np.full((1, 3), np.nan), axis=0))
    if not times:
        return np.empty(0), np.empty((0, 3))
    return np.concatenate(times), np.concatenate(angles)


def _draw_histogram(figure: "Figure", axis: "Axes", pyr: np.ndarray, other: int, what: str) -> None:
    from matplotlib.colors import PowerNorm

    reach = 180 if np.abs(pyr[:, other]).max(initial=0) > 90 else 90
    edges = np.arange(-reach, reach + 1, 5)
    counts, _, _ = np.histogram2d(pyr[:, other], pyr[:, 0], bins=(edges, edges))
    share = 100 * counts.T / max(len(pyr), 1)
    # The square root keeps rare poses visible beside a head that rests.
    norm = PowerNorm(0.5, vmin=0.0, vmax=max(float(share.max()), 1e-3))
    image = axis.pcolormesh(edges, edges, np.where(share > 0, share, np.nan), cmap="viridis", norm=norm)
    axis.set(xlabel=f"{_NAMES[other]} (deg)", ylabel="pitch (deg)", ylim=(-90, 90), aspect="equal")
    axis.set_title(f"{what}: pitch-{_NAMES[other]}")
    axis.set_xticks(np.arange(-reach, reach + 1, reach // 3))
    axis.set_yticks(np.arange(-90, 91, 30))
    axis.grid(alpha=0.3)
    figure.colorbar(image, ax=axis, label="samples (%)", shrink=0.85 if reach == 90 else 0.5)
