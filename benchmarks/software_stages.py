"""Milliseconds of CPU a frame for each stage of the software engine: least of several runs over a sweep of poses.

python benchmarks/software_stages.py HEAD_FOLDER... [--antialiasing msaa4 none] [--look paper natural] [--quick]
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conditions import conditions, write_result

from synhead.core.camera import Camera
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import BackgroundSpec, DirectionalLight, Lighting, SequenceSpec
from synhead.heads.load import load_head
from synhead.render.software import engine

STAGES = {
    "view": ("view_of",),
    "transform": ("project_vertices",),
    "setup": ("select_triangles", "write_near_planes"),
    "opaque": ("draw_triangles",),
    "see_through": ("list_fragments", "alpha_of_items", "place_fragments"),
    "resolve": ("resolve_samples",),
    "light": ("frame_light", "shade_vertices"),
    "shade": ("shade_items",),
    "composite": ("lay_over",),
}
"""Functions of the engine's module that make up each stage; what is in none of them is "rest"."""


def main() -> None:
    """Measure, print a table, write the result."""
    args = _arguments()
    before = conditions()
    seconds = _clock()
    rows = []
    for folder in args.heads:
        head = load_head(folder)
        for look in args.look:
            spec = _sweep(LIGHTS[look], 4 if args.quick else 16, args.size)
            for antialiasing in args.antialiasing:
                row = _measure(engine.SoftwareRenderer(antialiasing=antialiasing), head, spec, seconds, args.rounds)
                rows.append({"head": folder.name, "look": look, "antialiasing": antialiasing, **row})
                print(f"{folder.name:8} {look:8} {antialiasing:6} " + "  ".join(f"{k} {v:.2f}" for k, v in row.items()))
    if not args.quick:
        result = {"what": "ms of CPU a frame by stage", "config": {k: str(v) for k, v in vars(args).items()}}
        result |= {"conditions_before": before, "conditions_after": conditions(), "rows": rows}
        print(write_result("software_stages", result))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("heads", type=Path, nargs="+")
    p.add_argument("--antialiasing", nargs="+", default=["msaa4", "none"])
    p.add_argument("--look", nargs="+", default=["paper", "natural"])
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--quick", action="store_true", help="few frames, nothing written")
    args = p.parse_args()
    if args.quick:
        args.rounds = 1
    return args


def _light(direction: tuple[float, float, float], intensity: float) -> DirectionalLight:
    unit = np.array(direction) / np.linalg.norm(direction)
    return DirectionalLight(direction_cam=tuple(map(float, unit)), intensity_rgb=(intensity,) * 3)


_SKY = np.zeros((9, 3))
_SKY[[0, 1, 3]] = [[0.5], [0.1], [0.1]]
LIGHTS = {
    "paper": Lighting(
        ambient_rgb=(0.3, 0.3, 0.3),
        directional=(_light((-1, -1, -1), 0.7), _light((1, 0, -1), 0.3), _light((0, -1, 0.5), 0.2)),
    ),
    "natural": Lighting(
        ambient_rgb=(0.0, 0.0, 0.0),
        directional=(_light((-1, -1, -1), 1.0),),
        irradiance_sh_rgb=tuple(tuple(map(float, row)) for row in _SKY),
        shadows=True,
        natural_surfaces=True,
        tone="filmic",
    ),
}


def _sweep(lighting: Lighting, count: int, size: int) -> SequenceSpec:
    """Poses within 60 degrees of yaw and 30 of pitch, at 0.9 m."""
    rng = np.random.default_rng(0)
    R = rotation_from_euler_pyr(np.column_stack([rng.uniform((-30, -60), (30, 60), (count, 2)), np.zeros(count)]))
    focal = size / 2 / np.tan(np.radians(12))
    return SequenceSpec(
        sequence_id="head__sweep",
        head_id="head",
        track_id="sweep",
        seed=0,
        fps=30.0,
        camera=Camera(width_px=size, height_px=size, focal_px=focal, center_px=(size / 2, size / 2)),
        lighting=lighting,
        background=BackgroundSpec(kind="procedural", background_id="noise", path=None, parameters={}),
        time_s=np.arange(count) / 30,
        R_cam_head=R,
        t_cam_head_m=np.tile([0.0, 0.0, 0.9], (count, 1)),
        raw_R_cam_head=R,
    )


def _clock() -> defaultdict[str, float]:
    """Seconds of each function from now on; the engine's own names are replaced by clocked ones."""
    seconds: defaultdict[str, float] = defaultdict(float)

    def clocked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.thread_time()
            result = function(*args, **kwargs)
            seconds[name] += time.thread_time() - start
            return result

        return run

    for names in STAGES.values():
        for name in names:
            setattr(engine, name, clocked(name, getattr(engine, name)))
    return seconds


def _measure(
    renderer: engine.SoftwareRenderer, head: Any, spec: SequenceSpec, seconds: defaultdict[str, float], rounds: int
) -> dict[str, float]:
    camera = spec.camera
    size = (camera.height_px, camera.width_px, 3)
    background = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
    renderer.render(head, background, spec, range(min(2, spec.num_frames)))
    found = []
    for _ in range(rounds):
        seconds.clear()
        start = time.thread_time()
        renderer.render(head, background, spec, range(spec.num_frames))
        total = time.thread_time() - start
        row = {stage: sum(seconds[name] for name in names) for stage, names in STAGES.items()}
        row["rest"] = total - sum(row.values())
        row["total"] = total
        found.append({stage: 1000 * value / spec.num_frames for stage, value in row.items()})
    return {stage: round(min(row[stage] for row in found), 3) for stage in found[0]}


if __name__ == "__main__":
    main()
