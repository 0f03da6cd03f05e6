"""The pictures of docs/heads.md: heads from eight sides, their landmarks, their expressions.

python docs/figures/draw_heads.py assets/heads docs/figures/heads --also makehuman=out/makehuman --also ict=out/ict

One sheet a head (NAME.jpg) for the folder, and one sheet each for up to six of the imported heads (ALSO.jpg).
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from synhead.core.camera import camera_from_fov, project_points, transform_points
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import BackgroundSpec, FaceMotion, Lighting, SequenceSpec
from synhead.heads.load import find_heads, load_head
from synhead.heads.model import HeadModel
from synhead.render import open_renderer
from synhead.render.renderer import Renderer
from synhead.scenes.lights import direction_towards

SIDES_DEG = (0, 45, 90, 135, 180, -135, -90, -45)
EXPRESSIONS: dict[str, dict[str, float]] = {
    "rest": {},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "wink": {"eyeBlinkLeft": 1.0},
    "jaw open": {"jawOpen": 0.7},
    "smile": {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.3, "cheekSquintRight": 0.3},
    "pucker": {"mouthPucker": 0.9},
    "brows up": {"browInnerUp": 0.9, "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8},
    "frown": {"browDownLeft": 0.9, "browDownRight": 0.9, "mouthFrownLeft": 0.8, "mouthFrownRight": 0.8},
}
BACKGROUND_RGB = (96, 104, 110)
DISTANCE_M = 1.0


def draw_head(renderer: Renderer, head: HeadModel, size_px: int) -> Image.Image:
    """Three rows: eight sides; the same with landmarks and two oblique poses; expressions from two sides in turn."""
    sides = [(0.0, float(yaw), 0.0) for yaw in SIDES_DEG]
    rows = [_views(renderer, head, sides, size_px)]
    labelled = [(0.0, 0.0, 0.0), (0.0, 40.0, 0.0), (0.0, -40.0, 0.0), (0.0, 85.0, 0.0)]
    labelled += [(25.0, 0.0, 0.0), (-25.0, 0.0, 0.0), (0.0, 0.0, 20.0), (45.0, 20.0, 0.0)]
    rows.append(_views(renderer, head, labelled, size_px, landmarks=True))
    if head.shape_names:
        poses = [(0.0, 25.0 if k % 2 else 0.0, 0.0) for k in range(len(EXPRESSIONS))]
        rows.append(_views(renderer, head, poses, size_px, expressions=list(EXPRESSIONS.items())))
    return Image.fromarray(np.concatenate([np.concatenate([np.asarray(v) for v in row], axis=1) for row in rows]))


def _views(
    renderer: Renderer,
    head: HeadModel,
    poses: list[tuple[float, float, float]],
    size_px: int,
    *,
    landmarks: bool = False,
    expressions: list[tuple[str, dict[str, float]]] | None = None,
) -> list[Image.Image]:
    spec = _spec(head, poses, size_px, expressions)
    background = np.full((size_px, size_px, 3), BACKGROUND_RGB, dtype=np.uint8)
    frames = renderer.render(head, background, spec, range(len(poses)))
    views = []
    for index in range(len(poses)):
        view = Image.fromarray(np.ascontiguousarray(frames.rgb[index]))
        draw = ImageDraw.Draw(view)
        if landmarks:
            points = head.landmarks_104_m if head.landmarks_104_m is not None else head.landmarks_68_m
            if points is not None:
                cam = transform_points(spec.R_cam_head[index], spec.t_cam_head_m[index], points)
                for k, (x, y) in enumerate(project_points(spec.camera.K, cam)):
                    color = (0, 255, 60) if k < 68 else (255, 200, 0)
                    draw.ellipse([x - 1.2, y - 1.2, x + 1.2, y + 1.2], fill=color)
        if expressions is not None:
            draw.text((6, 4), expressions[index][0], fill=(255, 255, 255))
        views.append(view)
    return views


def _spec(
    head: HeadModel,
    poses: list[tuple[float, float, float]],
    size_px: int,
    expressions: list[tuple[str, dict[str, float]]] | None,
) -> SequenceSpec:
    R = rotation_from_euler_pyr(np.array(poses))
    face = None
    if expressions is not None:
        names = sorted({name for _, values in expressions for name in values} & set(head.shape_names))
        coefficients = np.array([[values.get(name, 0.0) for name in names] for _, values in expressions])
        face = FaceMotion(shape_names=tuple(names), coefficients=coefficients, gaze_pyr_deg=np.zeros((len(poses), 2)))
    return SequenceSpec(
        sequence_id=f"{head.head_id}__sheet",
        head_id=head.head_id,
        track_id="sheet",
        seed=0,
        fps=1.0,
        camera=camera_from_fov(width_px=size_px, height_px=size_px, vertical_fov_deg=21.0),
        lighting=window_light(),
        background=BackgroundSpec(kind="procedural", background_id="plain", path=None, parameters={}),
        time_s=np.arange(len(poses), dtype=np.float64),
        R_cam_head=R,
        t_cam_head_m=np.tile([0.0, 0.02, DISTANCE_M], (len(poses), 1)),
        raw_R_cam_head=R.copy(),
        face=face,
    )


def window_light() -> Lighting:
    """A large soft source from the front, above and to one side, a weaker one from the other, the rest grey."""
    from synhead.core.scene import DirectionalLight

    return Lighting(
        ambient_rgb=(0.34, 0.345, 0.36),
        directional=(
            DirectionalLight(direction_cam=direction_towards(-35.0, 35.0), intensity_rgb=(0.62, 0.6, 0.57)),
            DirectionalLight(direction_cam=direction_towards(60.0, 10.0), intensity_rgb=(0.16, 0.165, 0.18)),
        ),
        shadows=True,
        natural_surfaces=True,
        tone="filmic",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--also", action="append", default=[], metavar="NAME=FOLDER", help="imported heads beside them")
    parser.add_argument("--size", type=int, default=256)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    renderer = open_renderer("auto")
    for path in find_heads(arguments.heads):
        head = load_head(path)
        draw_head(renderer, head, arguments.size).save(arguments.out / f"{head.head_id}.jpg", quality=88)
    for item in arguments.also:
        name, _, folder = item.partition("=")
        sheets = [load_head(path) for path in find_heads(folder)[:6]]
        poses = [(0.0, float(yaw), 0.0) for yaw in SIDES_DEG]
        rows = [
            np.concatenate([np.asarray(v) for v in _views(renderer, head, poses, arguments.size)], axis=1)
            for head in sheets
        ]
        Image.fromarray(np.concatenate(rows)).save(arguments.out / f"{name}.jpg", quality=88)


if __name__ == "__main__":
    main()
