"""Frames per second of the engines on one head, in turn, with the conditions of the figures.

    python benchmarks/render_compare.py HEAD_FOLDER [--size 400] [--frames 30] [--rounds 3]

Prints one JSON object. Rounds alternate between the engines, so that load on the machine meets both alike; the best
round counts, and every round is listed. CPU time is that of all threads of the process.
"""

import argparse
import json
import os
import platform
import time

import numpy as np

from synhead.core.camera import camera_from_fov
from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import BackgroundSpec, DirectionalLight, Lighting, SequenceSpec
from synhead.heads.load import load_head
from synhead.render import ENGINE_NAMES, open_renderer


def sweep(num_frames: int, size_px: int) -> SequenceSpec:
    """Yaw -60 to 60 degrees, pitch +-30, at 0.9 m, three lights."""
    s = np.linspace(0, 1, num_frames)
    R = rotation_from_euler_pyr(np.stack([30 * np.sin(6 * np.pi * s), 120 * s - 60, 0 * s], axis=1))
    lights = (((-0.5, -0.6, -0.62), 0.7), ((0.88, -0.18, -0.44), 0.2), ((0.0, -0.45, 0.89), 0.2))
    return SequenceSpec(
        sequence_id="bench__sweep",
        head_id="bench",
        track_id="sweep",
        seed=0,
        fps=30.0,
        camera=camera_from_fov(width_px=size_px, height_px=size_px, vertical_fov_deg=24.0),
        lighting=Lighting(
            ambient_rgb=(0.25, 0.25, 0.25),
            directional=tuple(DirectionalLight(direction_cam=d, intensity_rgb=(e, e, e)) for d, e in lights),
        ),
        background=BackgroundSpec(kind="procedural", background_id="flat", path=None, parameters={}),
        time_s=np.arange(num_frames) / 30,
        R_cam_head=R,
        t_cam_head_m=np.tile([0.0, 0.0, 0.9], (num_frames, 1)),
        raw_R_cam_head=R,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    head, spec = load_head(args.head), sweep(args.frames, args.size)
    background = np.full((args.size, args.size, 3), 128, dtype=np.uint8)
    engines = {name: open_renderer(name) for name in ENGINE_NAMES}
    rounds = {name: [] for name in engines}
    for engine in engines.values():
        engine.render(head, background, spec, range(1))
    for _ in range(args.rounds):
        for name, engine in engines.items():
            wall, cpu = time.perf_counter(), time.process_time()
            engine.render(head, background, spec, range(args.frames))
            rounds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    figures = {
        name: {
            "device": engines[name].info.device,
            "frames_per_s": round(args.frames / min(wall for wall, _ in rounds[name]), 2),
            "cpu_ms_per_frame": round(min(cpu for _, cpu in rounds[name]) / args.frames * 1e3, 1),
            "rounds_wall_s": [round(wall, 3) for wall, _ in rounds[name]],
        }
        for name in engines
    }
    conditions = {
        "head": head.head_id,
        "num_triangles": head.num_triangles,
        "size_px": args.size,
        "frames": args.frames,
        "num_cpus": os.cpu_count(),
        "machine": platform.machine(),
        "lp_num_threads": os.environ.get("LP_NUM_THREADS"),
        "load_average": [round(x, 2) for x in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d"),
    }
    print(json.dumps({"conditions": conditions, "engines": figures}, indent=1))


if __name__ == "__main__":
    main()
