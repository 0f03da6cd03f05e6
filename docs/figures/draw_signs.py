"""Draws signs.png, the canonical face in four poses with its axes: python docs/figures/draw_signs.py"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from synhead.core.camera import camera_from_fov, project_points, transform_points
from synhead.core.landmarks import CONTOURS, TEMPLATE_68_M
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.inspect.draw import AXIS_COLORS, axis_segments_px

SIZE_PX, DISTANCE_M = 400, 0.5
POSES = (
    ("straight ahead", (0.0, 0.0, 0.0)),
    ("pitch +20: nose up", (20.0, 0.0, 0.0)),
    ("yaw +30: nose to image left", (0.0, 30.0, 0.0)),
    ("roll +30: clockwise in the image", (0.0, 0.0, 30.0)),
)


def main() -> None:
    """Write the picture beside this file."""
    camera = camera_from_fov(width_px=SIZE_PX, height_px=SIZE_PX, vertical_fov_deg=36)
    t_cam_head_m = np.array([0.0, -0.035, DISTANCE_M])
    figure = Figure(figsize=(12, 3.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (title, euler_pyr_deg) in zip(figure.subplots(1, 4), POSES, strict=True):
        R_cam_head = rotation_from_euler_pyr(np.array(euler_pyr_deg))
        points = project_points(camera.K, transform_points(R_cam_head, t_cam_head_m, TEMPLATE_68_M))
        for indices, closed in CONTOURS.values():
            line = points[[*indices, indices[0]] if closed else list(indices)]
            axis.plot(line[:, 0], line[:, 1], color="#59616b", linewidth=1.4)
        for number in (0, 16):
            axis.annotate(str(number), points[number], color="#59616b", ha="center", va="center", fontsize=9,
                          xytext=(-10 if number == 0 else 12, -14), textcoords="offset points")  # fmt: skip
        for arm, ends in axis_segments_px(camera.K, R_cam_head, t_cam_head_m):
            axis.plot(ends[:, 0], ends[:, 1], color=np.array(AXIS_COLORS[arm]) / 255, linewidth=4,
                      solid_capstyle="round")  # fmt: skip
            direction = ends[1] - ends[0]
            shift = direction / max(float(np.linalg.norm(direction)), 1.0) * 16 if np.any(direction) else (9, 13)
            axis.annotate("xyz"[arm], ends[1] + shift, color=np.array(AXIS_COLORS[arm]) / 255, ha="center",
                          va="center", fontsize=12, fontweight="bold")  # fmt: skip
        axis.set(xlim=(0, SIZE_PX), ylim=(SIZE_PX, 0), aspect="equal", xticks=[0, 200, 400], yticks=[0, 200, 400])
        axis.set_title(title, fontsize=11)
        axis.tick_params(labelsize=8)
        axis.set_xlabel("image x (px)", fontsize=8)
    figure.axes[0].set_ylabel("image y (px), down", fontsize=8)
    figure.savefig(Path(__file__).with_name("signs.png"), metadata={"Software": None})


if __name__ == "__main__":
    main()
