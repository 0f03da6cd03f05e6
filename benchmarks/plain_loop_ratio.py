"""Frames per second of `synhead render` against a plain pyrender loop, in turn in one run.

The plain loop is a script with the options --heads --head --frames --size --out --jpeg that prints a JSON line with
"fps", "cpu_ms_per_frame" and "gl_renderer" (what a competent user writes in an afternoon). Same head, size, number of
frames and sweep of poses; JPEG quality 95 on both sides. Its rate leaves its set-up out; ours counts everything from
the start of the workers to the last shard on disk: labels, masks, checksums, and the worker processes' own start.

    python benchmarks/plain_loop_ratio.py --baseline LOOP.py --heads HEADS --head f1 [--frames 240] [--rounds 3]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from conditions import conditions, write_result

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.tracks.track import MotionTrack
from synhead.tracks.write import write_tracks


def main() -> None:
    """Run the rounds, print a table, write the result."""
    args = _arguments()
    before = conditions()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        inputs = _inputs(folder, args)
        rounds = [_round(k, folder, inputs, args) for k in range(args.rounds)]
    ratios = [r["synhead"]["frames_per_second"] / r["plain_loop"]["fps"] for r in rounds]
    result = {
        "what": "frames per second, synhead render (gl, all labels, written shards) over a plain pyrender loop",
        "config": {k: str(v) for k, v in vars(args).items()},
        "conditions_before": before,
        "conditions_after": conditions(),
        "rounds": rounds,
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
    }
    for k, r in enumerate(rounds):
        print(
            f"round {k + 1}: plain loop {r['plain_loop']['fps']:.2f} fps, synhead "
            f"{r['synhead']['frames_per_second']:.2f} fps, ratio {ratios[k]:.2f}"
        )
    print(f"ratio: median {result['ratio_median']}, {result['ratio_min']} to {result['ratio_max']}")
    if not args.quick:
        print(write_result("plain_loop_ratio", result))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--baseline", type=Path, required=True)
    p.add_argument("--heads", type=Path, required=True)
    p.add_argument("--head", default="f1")
    p.add_argument("--frames", type=int, default=240)
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--quick", action="store_true", help="one short round, nothing written")
    args = p.parse_args()
    if args.quick:
        args.frames, args.rounds = 16, 1
    return args


def _inputs(folder: Path, args: argparse.Namespace) -> list[str]:
    """One head, the loop's sweep of poses as a track, procedural background."""
    (folder / "heads").mkdir()
    (folder / "heads" / args.head).symlink_to((args.heads / args.head).resolve())
    s = np.linspace(0, 1, args.frames)
    angles = np.stack([30 * np.sin(2 * np.pi * 3 * s), 120 * s - 60, np.zeros(args.frames)], axis=1)
    # Split over several tracks of equal length, as many for each worker: no one waits for the last shard.
    parts = np.array_split(np.arange(args.frames), 4 * args.workers)
    tracks = [
        MotionTrack(
            track_id=f"sweep{k:02d}",
            time_s=np.arange(len(part)) / 30.0,
            R_ref_head=rotation_from_euler_pyr(angles[part]),
            t_ref_head_m=np.tile([0.0, 0.0, 0.9], (len(part), 1)),
            frame="camera",
            valid=np.ones(len(part), dtype=bool),
            max_gap_s=0.1,
        )
        for k, part in enumerate(parts)
    ]
    write_tracks(tracks, folder / "tracks")
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        "inputs: {models: heads, tracks: tracks}\ntracks: {smoothing: none, reject_failures: false, min_segment_s: 0}\n"
        # The loop's framing: 24 degrees at 0.9 m show 0.3826 m, of which a head is 0.235 m.
        "scene: {head_share: 0.614}\n"
        f"shard_frames: {len(parts[0])}\n"
    )
    return ["--config", str(recipe)]


def _round(k: int, folder: Path, inputs: list[str], args: argparse.Namespace) -> dict[str, Any]:
    common = ["--frames", str(args.frames), "--size", str(args.size)]
    loop = subprocess.run(
        [sys.executable, str(args.baseline), "--heads", str(args.heads), "--head", args.head, *common, "--jpeg",
         "--out", str(folder / f"loop{k}.h5")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    out = folder / f"set{k}"
    subprocess.run(
        [sys.executable, "-m", "synhead", "render", *inputs, "--out", str(out), "--size", str(args.size), "--workers",
         str(args.workers), "--executor", "local", "--renderer", "gl", "--quiet"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    manifest = json.loads((out / "manifest.json").read_text())
    return {
        "plain_loop": json.loads(loop.stdout.strip().splitlines()[-1]),
        "synhead": {**manifest["throughput"], "renderer": manifest["renderer"]},
    }


if __name__ == "__main__":
    main()
