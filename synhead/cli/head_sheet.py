"""A contact sheet of one head: several views with its landmarks, drawn by the engine that would draw the data set."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from synhead.heads.model import HeadModel
    from synhead.render import Renderer

VIEWS_PYR_DEG = ((0, 0, 0), (0, 40, 0), (0, -40, 0), (0, 89.9, 0), (25, 0, 0), (-25, 0, 0), (0, 0, 20), (60, 0, 0))
"""Frontal, turned to both sides, profile, up, down, tilted, and from below."""

_DISTANCE_M = 1.0
_FOV_DEG = 22.0


def draw_sheet(head: "HeadModel", renderer: "Renderer", *, num_views: int = 8, size_px: int = 320) -> Image.Image:
    """Draw up to eight views; landmarks are green, pupils red, the origin a yellow cross, poses written above."""
    from synhead.core.camera import project_points, transform_points

    spec = _spec(head.head_id, VIEWS_PYR_DEG[:num_views], size_px)
    background = np.full((size_px, size_px, 3), (88, 104, 96), dtype=np.uint8)
    frames = renderer.render(head, background, spec, range(spec.num_frames))
    columns = min(4, num_views)
    rows = -(-num_views // columns)
    sheet = Image.new("RGB", (columns * size_px, rows * size_px), (32, 32, 32))
    for index, pose in enumerate(VIEWS_PYR_DEG[:num_views]):
        view = Image.fromarray(np.ascontiguousarray(frames.rgb[index]))
        draw = ImageDraw.Draw(view)

        def at(points: np.ndarray, index: int = index) -> list[tuple[float, float]]:
            cam = transform_points(spec.R_cam_head[index], spec.t_cam_head_m[index], points)
            return [(float(x), float(y)) for x, y in project_points(spec.camera.K, cam)]

        if head.landmarks_68_m is not None:
            _dots(draw, at(head.landmarks_68_m), (0, 255, 60), size_px / 250)
        if head.pupils_m is not None:
            _dots(draw, at(head.pupils_m), (255, 40, 40), size_px / 250)
        ((x, y),) = at(np.zeros((1, 3)))
        draw.line([(x - 5, y), (x + 5, y)], fill=(255, 230, 0))
        draw.line([(x, y - 5), (x, y + 5)], fill=(255, 230, 0))
        text = "pitch {:+.0f}  yaw {:+.0f}  roll {:+.0f}".format(*pose)
        draw.text((6, 4), f"{head.head_id}  {text}" if index == 0 else text, fill=(255, 255, 255))
        sheet.paste(view, (index % columns * size_px, index // columns * size_px))
    return sheet


def stack_sheets(sheets: list[Image.Image]) -> Image.Image:
    """Sheets of equal width below each other."""
    whole = Image.new("RGB", (sheets[0].width, sum(sheet.height for sheet in sheets)))
    top = 0
    for sheet in sheets:
        whole.paste(sheet, (0, top))
        top += sheet.height
    return whole


def write_sheet(sheet: Image.Image, path: Path) -> None:
    """Save the picture.

    Raises:
        OutputError: the file cannot be written, or its suffix names no picture format.
    """
    from synhead.errors import OutputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({error}). Use a name such as sheet.png.") from error


def _dots(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], color: tuple, radius: float) -> None:
    for x, y in points:
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=color)


def _spec(head_id: str, poses: tuple, size_px: int):
    from synhead.core.camera import camera_from_fov
    from synhead.core.rotation import rotation_from_euler_pyr
    from synhead.core.scene import BackgroundSpec, DirectionalLight, Lighting, SequenceSpec

    R = rotation_from_euler_pyr(np.array(poses, dtype=np.float64))
    return SequenceSpec(
        sequence_id=f"{head_id}__sheet",
        head_id=head_id,
        track_id="sheet",
        seed=0,
        fps=1.0,
        camera=camera_from_fov(width_px=size_px, height_px=size_px, vertical_fov_deg=_FOV_DEG),
        lighting=Lighting(
            ambient_rgb=(0.45, 0.45, 0.45),
            directional=(DirectionalLight(direction_cam=(0.35, -0.5, -0.79), intensity_rgb=(0.6, 0.6, 0.6)),),
        ),
        background=BackgroundSpec(kind="procedural", background_id="plain", path=None, parameters={}),
        time_s=np.arange(len(poses), dtype=np.float64),
        R_cam_head=R,
        t_cam_head_m=np.tile([0.0, 0.0, _DISTANCE_M], (len(poses), 1)),
        raw_R_cam_head=R.copy(),
    )
