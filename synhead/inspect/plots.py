"""Pictures of DatasetStats, each a PNG of its own that a phone can show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from synhead.core.landmarks import JAW, LEFT_BROW, LEFT_EYE, MOUTH, NOSE, RIGHT_BROW, RIGHT_EYE
from synhead.inspect.stats import DatasetStats, axis_edges_deg

POSE_BIN_DEG = 4.0
_REGIONS = {
    "jaw": JAW,
    "right brow": RIGHT_BROW,
    "left brow": LEFT_BROW,
    "nose": NOSE,
    "right eye": RIGHT_EYE,
    "left eye": LEFT_EYE,
    "mouth": MOUTH,
}
_INK, _BLUE, _ORANGE, _GRID = "#22262c", "#2f6db3", "#d9822b", "#d9dce0"
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": "#8a9099",
    "axes.labelcolor": _INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "figure.dpi": 130,
    "savefig.facecolor": "white",
}


def pose_histogram(
    x_deg: Float[np.ndarray, " count"], y_deg: Float[np.ndarray, " count"], *, bin_deg: float | int = POSE_BIN_DEG
) -> tuple[Int[np.ndarray, "num_x num_y"], Float[np.ndarray, " num_x_edges"], Float[np.ndarray, " num_y_edges"]]:
    """Frames in each cell, and the edges; every frame is in one cell."""
    x_edges = axis_edges_deg(x_deg, bin_deg=bin_deg, least_deg=40)
    y_edges = axis_edges_deg(y_deg, bin_deg=bin_deg, least_deg=40)
    counts, _, _ = np.histogram2d(x_deg, y_deg, bins=(x_edges, y_edges))
    return counts.astype(np.int64), x_edges, y_edges


def plot_all(stats: DatasetStats, folder: Path) -> dict[str, str]:
    """Write every plot that has something to show into `folder`; returns file name -> caption, in order.

    Raises:
        OSError: the folder cannot be written.
    """
    import matplotlib

    plots: dict[str, tuple[Callable, bool, str]] = {
        "poses.png": (
            _plot_poses,
            True,
            "Frames by pitch and yaw (left) and by pitch and roll (right), with the distribution of each angle, as in "
            "figure 4 of the SynHead paper (Gu et al., CVPR 2017). The colour scale is logarithmic.",
        ),
        "speed.png": (_plot_speed, stats.speed_deg_s.size > 0, "Angular speed between neighbouring frames."),
        "counts.png": (_plot_counts, True, "Frames of each head and of each track."),
        "visibility.png": (
            _plot_visibility,
            bool(stats.landmark_frame_count.sum()),
            "Share of frames in which each landmark is visible, over the yaw. Points of the far side should fade as "
            "the head turns: at positive yaw (nose to image left) those of the subject's right, such as 0 to 7 and "
            "36 to 41; at negative yaw those of the left. White rows hold no frame.",
        ),
        "appearance.png": (_plot_appearance, True, "Brightness (sampled frames), face size and distance."),
    }
    captions = {}
    with matplotlib.rc_context(_STYLE):
        for name, (plot, has_data, caption) in plots.items():
            if has_data:
                _save(plot(stats), folder / name)
                captions[name] = caption
    return captions


def _figure(width: float, height: float):
    # Not pyplot: no global state, no display, nothing to close.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure, path: Path) -> None:
    # Without the library's version in the file, equal data give equal bytes.
    figure.savefig(path, metadata={"Software": None})


def _plot_poses(stats: DatasetStats):
    from matplotlib.colors import LogNorm

    pitch, yaw, roll = stats.euler_pyr_deg.T
    figure = _figure(9.6, 4.9)
    halves = figure.subfigures(1, 2, squeeze=False)[0]
    tables = [pose_histogram(yaw, pitch), pose_histogram(roll, pitch)]
    top = max(max(int(counts.max()) for counts, _, _ in tables), 2)
    names = (("yaw (°), + nose to image left", yaw), ("roll (°), + clockwise in the image", roll))
    for half, (counts, x_edges, y_edges), (label, x) in zip(halves, tables, names, strict=True):
        axes = half.subplots(
            2, 2, gridspec_kw={"width_ratios": (4, 1), "height_ratios": (1, 4), "wspace": 0.02, "hspace": 0.02}
        )
        main, above, beside = axes[1, 0], axes[0, 0], axes[1, 1]
        axes[0, 1].axis("off")
        shown = np.ma.masked_equal(counts.T, 0)
        mesh = main.pcolormesh(x_edges, y_edges, shown, norm=LogNorm(1, top), cmap="viridis_r")
        main.set(xlabel=label, ylabel="pitch (°), + nose up", xlim=x_edges[[0, -1]], ylim=y_edges[[0, -1]])
        main.grid(True, linewidth=0.5)
        main.axhline(0, color=_INK, linewidth=0.6)
        main.axvline(0, color=_INK, linewidth=0.6)
        above.stairs(counts.sum(axis=1), x_edges, fill=True, color=_BLUE)
        beside.stairs(counts.sum(axis=0), y_edges, fill=True, color=_BLUE, orientation="horizontal")
        above.set(xlim=main.get_xlim(), xticks=[], yticks=[])
        beside.set(ylim=main.get_ylim(), xticks=[], yticks=[])
        for axis in (above, beside):
            axis.spines[["left", "bottom"]].set_visible(False)
        above.set_title(f"mean {x.mean():+.1f}°, sd {x.std():.1f}°", fontsize=9, fontweight="normal")
        half.colorbar(mesh, ax=axes, location="bottom", shrink=0.7, aspect=40, label="frames in a cell")
    return figure


def _plot_speed(stats: DatasetStats):
    figure = _figure(6.4, 3.2)
    axis = figure.subplots()
    speed = stats.speed_deg_s
    axis.hist(speed, bins=60, color=_BLUE)
    axis.set_yscale("log")
    median, most = np.percentile(speed, [50, 95])
    for value, name, style in ((median, "median", "-"), (most, "95 %", "--")):
        axis.axvline(value, color=_ORANGE, linestyle=style, label=f"{name}: {value:.0f} °/s")
    axis.set(xlabel="angular speed (°/s)", ylabel="frame pairs", xlim=(0, None), ylim=(0.7, None))
    axis.grid(True, axis="y", linewidth=0.5)
    axis.legend(frameon=False)
    return figure


def _plot_counts(stats: DatasetStats):
    heads, tracks = stats.frames_of_head, stats.frames_of_track
    figure = _figure(9.6, 3.4)
    for axis, name, counts in zip(figure.subplots(1, 2), ("head", "track"), (heads, tracks), strict=True):
        axis.grid(True, axis="y", linewidth=0.5)
        position = np.arange(len(counts))
        axis.bar(position, list(counts.values()), color=_BLUE, width=0.8 if len(counts) <= 40 else 1.0)
        axis.set(ylabel="frames", title=f"{len(counts)} {name}{'s' if len(counts) != 1 else ''}")
        axis.yaxis.get_major_formatter().set_useOffset(False)
        if len(counts) <= 16:
            labels = [key if len(key) <= 18 else f"{key[:8]}…{key[-8:]}" for key in counts]
            slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if max(map(len, labels)) > 4 else {}
            axis.set_xticks(position, labels, fontsize=8, **slanted)
        else:
            axis.set(xlabel=f"{name}s in order of their names", xticks=[])
        axis.set_xlim(-0.7 - 0.5 * (len(counts) < 4), len(counts) - 0.3 + 0.5 * (len(counts) < 4))
    return figure


def _plot_visibility(stats: DatasetStats):
    share = visible_share(stats)
    figure = _figure(9.6, 4.6)
    axis = figure.subplots()
    edges = stats.visibility_yaw_edges_deg
    mesh = axis.pcolormesh(np.arange(69) - 0.5, edges, np.ma.masked_invalid(share), cmap="YlGnBu", vmin=0, vmax=1)
    starts = {name: points[0] for name, points in _REGIONS.items()}
    for start in list(starts.values())[1:]:
        axis.axvline(start - 0.5, color="white", linewidth=1.2)
        axis.axvline(start - 0.5, color=_INK, linewidth=0.5)
    ends = [*list(starts.values())[1:], 68]
    middles = [(start + end - 1) / 2 for start, end in zip(starts.values(), ends, strict=True)]
    axis.secondary_xaxis("top").set_xticks(middles, list(starts), fontsize=8)
    filled = np.flatnonzero(stats.landmark_frame_count)
    axis.set(
        xlabel="landmark (iBUG-68, 0-based)",
        ylabel="yaw (°), + nose to image left",
        xticks=[0, 8, 16, 21, 26, 30, 36, 45, 48, 54, 60, 67],
        ylim=(edges[filled[0]], edges[filled[-1] + 1]),
    )
    figure.colorbar(mesh, ax=axis, label="share of frames visible", aspect=30)
    return figure


def visible_share(stats: DatasetStats) -> Float[np.ndarray, "num_bins 68"]:
    """Share of the frames of each yaw bin in which each landmark is visible; NaN where a bin holds no frame."""
    count = stats.landmark_frame_count[:, None]
    return np.where(count > 0, stats.visible_count / np.maximum(count, 1), np.nan)


def _plot_appearance(stats: DatasetStats):
    figure = _figure(9.6, 3.0)
    brightness, face, distance = figure.subplots(1, 3)
    edges = np.linspace(0, 255, 33)
    head = stats.head_brightness[np.isfinite(stats.head_brightness)]
    brightness.hist(stats.image_brightness, bins=edges, color=_BLUE, alpha=0.75, label="whole image")
    brightness.hist(head, bins=edges, color=_ORANGE, alpha=0.75, label="head")
    brightness.set(xlabel="mean luma (0 to 255)", ylabel="sampled frames", title="Brightness")
    brightness.legend(frameon=False, fontsize=8)
    face.set(xlabel="height of the face box (px)", ylabel="frames", title="Face size")
    if stats.face_height_px.size:
        face.hist(stats.face_height_px, bins=32, color=_BLUE)
    else:
        face.text(0.5, 0.5, "no landmarks", ha="center", transform=face.transAxes)
    distance.hist(stats.distance_m, bins=32, color=_BLUE)
    distance.set(xlabel="camera to head (m)", ylabel="frames", title="Distance")
    for axis in (brightness, face, distance):
        axis.grid(True, axis="y", linewidth=0.5)
    return figure
