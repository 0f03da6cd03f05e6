"""Labels drawn over a frame: pose axes, landmarks by visibility, boxes, the outline of the mask.

Shapes are drawn four times finer and averaged down, so positions hold to a fraction of a pixel. Coordinates are those
of docs/conventions.md: (0.5, 0.5) is the centre of the first pixel.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from scipy.ndimage import binary_erosion

from synhead.core.camera import project_points
from synhead.core.labels import OCCLUDED, VISIBLE
from synhead.inspect.frame_view import FrameView

AXIS_LENGTH_M = 0.08
AXIS_COLORS = ((230, 57, 53), (67, 190, 70), (50, 120, 255))
"""x: red, to the subject's left. y: green, up. z: blue, out of the face."""
LANDMARK_COLORS = {VISIBLE: (80, 250, 90), OCCLUDED: (255, 150, 30)}
FACE_BOX_COLOR, HEAD_BOX_COLOR, MASK_COLOR = (255, 221, 60), (90, 200, 250), (255, 70, 220)
_FINER = 4
_NEAREST_M = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class OverlayOptions:
    """What to draw."""

    axes: bool = True
    landmarks: bool = True
    boxes: bool = True
    mask: bool = True


def axis_segments_px(
    K: Float[np.ndarray, "3 3"], R_cam_head: Float[np.ndarray, "3 3"], t_cam_head_m: Float[np.ndarray, "3"]
) -> list[tuple[int, Float[np.ndarray, "2 2"]]]:
    """(axis, [[x0, y0], [x1, y1]]) of the three arms, the farthest first: the order in which they must be painted.

    An arm that reaches behind the camera is cut 1 mm in front of it; without an origin in front there are none.
    """
    if t_cam_head_m[2] <= _NEAREST_M:
        return []
    segments = []
    for axis in np.argsort(-R_cam_head[2], kind="stable"):
        step = AXIS_LENGTH_M * R_cam_head[:, axis]
        if t_cam_head_m[2] + step[2] < _NEAREST_M:
            step = step * ((_NEAREST_M - t_cam_head_m[2]) / step[2])
        ends = np.stack([t_cam_head_m, t_cam_head_m + step]).astype(np.float64)
        segments.append((int(axis), project_points(K, ends)))
    return segments


def draw_overlay(view: FrameView, options: OverlayOptions | None = None) -> UInt8[np.ndarray, "height width 3"]:
    """The frame with its labels drawn on it."""
    options = options or OverlayOptions()
    height, width = view.mask.shape
    canvas = _FineCanvas(width, height)
    if options.boxes:
        canvas.box(view.bbox_head_xyxy_px, HEAD_BOX_COLOR)
        canvas.box(view.bbox_face_xyxy_px, FACE_BOX_COLOR)
    if options.landmarks:
        # Occluded points first, so that they never cover a visible one.
        for visibility in (OCCLUDED, VISIBLE):
            for point in view.landmarks_68_px[view.landmarks_68_visibility == visibility]:
                canvas.dot(point, LANDMARK_COLORS[visibility])
    if options.axes:
        for axis, ends in axis_segments_px(view.K, view.R_cam_head, view.t_cam_head_m):
            canvas.arm(ends, AXIS_COLORS[axis])
    picture = view.image
    if options.mask:
        picture = _with_outline(picture, view.mask)
    return canvas.over(picture)


def mask_outline(mask: UInt8[np.ndarray, "height width"]) -> np.ndarray:
    """True on the pixels of the head (coverage >= 128) that touch the outside; the image's border is no outline."""
    inside = mask >= 128
    return inside & ~binary_erosion(inside, border_value=1)


def _with_outline(
    image: UInt8[np.ndarray, "height width 3"], mask: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    painted = image.copy()
    edge = mask_outline(mask)
    painted[edge] = (0.25 * image[edge] + 0.75 * np.array(MASK_COLOR)).astype(np.uint8)
    return painted


class _FineCanvas:
    """A see-through layer, four times finer than the image; widths follow the image's size."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._layer = Image.new("RGBA", (width_px * _FINER, height_px * _FINER), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._layer)
        self._unit = max(min(width_px, height_px) / 340, 0.5)

    def _fine(self, points: np.ndarray) -> list[tuple[float, float]]:
        # Pillow counts pixels by their centres, half a fine pixel away from their edges.
        return [(float(x), float(y)) for x, y in np.asarray(points, dtype=np.float64) * _FINER - 0.5]

    def _disc(self, center: tuple[float, float], radius: float, color: tuple[int, ...]) -> None:
        x, y = center
        # Pillow cuts fractions off an ellipse's corners, which would shift it up and to the left.
        corners = [round(v) for v in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(corners, fill=color)

    def dot(self, point: np.ndarray, color: tuple[int, int, int]) -> None:
        """A landmark."""
        if not np.isfinite(point).all():
            return
        center, radius = self._fine(point[None])[0], 1.7 * self._unit * _FINER
        self._disc(center, radius + 0.7 * self._unit * _FINER, (0, 0, 0, 150))
        self._disc(center, radius, (*color, 255))

    def arm(self, ends: np.ndarray, color: tuple[int, int, int]) -> None:
        """One axis: a line with round ends on a darker edge."""
        if not np.isfinite(ends).all():
            return
        line = self._fine(ends)
        for width, rgba in ((5.0, (15, 15, 15, 255)), (3.4, (*color, 255))):
            fine = max(round(width * self._unit * _FINER), 1)
            self._draw.line(line, fill=rgba, width=fine)
            for end in line:
                self._disc(end, fine / 2, rgba)

    def box(self, bbox_xyxy_px: np.ndarray, color: tuple[int, int, int]) -> None:
        """A rectangle; NaN draws nothing."""
        if not np.isfinite(bbox_xyxy_px).all():
            return
        x0, y0, x1, y1 = (float(v) for v in bbox_xyxy_px)
        corners = self._fine(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]))
        self._draw.line(corners, fill=(*color, 235), width=max(round(1.4 * self._unit * _FINER), 1), joint="curve")

    def over(self, image: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """The image with this layer on top."""
        height, width, _ = image.shape
        layer = self._layer.resize((width, height), Image.Resampling.BOX)
        return np.asarray(Image.alpha_composite(Image.fromarray(image).convert("RGBA"), layer).convert("RGB"))
