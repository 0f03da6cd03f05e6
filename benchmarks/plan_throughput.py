"""How long it takes to plan very many sequences, and how much memory the plan takes here and on the way to a worker.

python benchmarks/plan_throughput.py [--sequences 100000] [--heads 10] [--frames 64] [--quick]

The clips are made up (windows of random rotations): reading tracks is another matter, about 20 ms a track.
"""

import argparse
import pickle
import resource
import time
from pathlib import Path

import numpy as np
from conditions import conditions, write_result
from scipy.spatial.transform import Rotation

from synhead.pipeline.config import load_config
from synhead.pipeline.plan import Asset, Plan, make_plan
from synhead.scenes.clips import TrackClip


def main() -> None:
    """Plan, send, and decide a few sequences; times are CPU seconds of one process."""
    args = _arguments()
    count = args.sequences // (50 if args.quick else 1)
    empty = _peak_mib()
    clips = _clips(count // args.heads, args.frames)
    with_clips = _peak_mib()
    started = time.process_time()
    plan = _plan(args.heads, clips)
    planned = time.process_time() - started
    with_plan = _peak_mib()
    started = time.process_time()
    sent = pickle.dumps(plan)
    pickled = time.process_time() - started
    chosen = plan.sequences[:: max(1, len(plan.sequences) // 50)]
    started = time.process_time()
    for sequence in chosen:
        plan.sequence_spec(sequence)
    decided = (time.process_time() - started) / len(chosen)
    result = {
        "what": "CPU seconds and peak resident memory (MiB) of a plan",
        "conditions": conditions(),
        "sequences": len(plan.sequences),
        "shards": len(plan.shards),
        "frames": plan.num_frames,
        "plan_s": round(planned, 3),
        "pickle_s": round(pickled, 3),
        "pickle_mb": round(len(sent) / 1e6, 1),
        "one_spec_ms": round(decided * 1e3, 2),
        "mib_of_clips": round(with_clips - empty, 1),
        "mib_of_plan": round(with_plan - with_clips, 1),
    }
    for name in list(result)[2:]:
        print(f"{name:14} {result[name]}")
    if not args.quick:
        print(write_result("plan_throughput", result))


def _plan(num_heads: int, clips: list[TrackClip]) -> Plan:
    heads = [
        Asset(asset_id=f"head{k:04d}", path=Path("nowhere"), sha256=f"{k:064x}", licence="", source="")
        for k in range(num_heads)
    ]
    config = load_config(None, {"inputs": {"models": Path("nowhere"), "tracks": Path("nowhere")}})
    return make_plan(
        config,
        engine="gl",
        heads=heads,
        tracks=[],
        clips=clips,
        backgrounds=[],
        background_licence="",
        quarantined=[],
    )


def _clips(count: int, num_frames: int) -> list[TrackClip]:
    rng = np.random.default_rng(0)
    time_s = np.arange(num_frames) / 30
    clips = []
    for k in range(count):
        R = Rotation.from_rotvec(np.cumsum(rng.normal(0, 0.01, (num_frames, 3)), axis=0)).as_matrix()
        t = np.cumsum(rng.normal(0, 0.0005, (num_frames, 3)), axis=0)
        clips.append(
            TrackClip(
                track_id=f"track{k:05d}",
                variant="",
                time_s=time_s.copy(),
                R_ref_head=R,
                raw_R_ref_head=R.copy(),
                t_ref_head_m=t,
                is_world=True,
            )
        )
    return clips


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--sequences", type=int, default=100_000)
    p.add_argument("--heads", type=int, default=10)
    p.add_argument("--frames", type=int, default=64)
    p.add_argument("--quick", action="store_true", help="a fiftieth of the sequences, nothing written")
    return p.parse_args()


if __name__ == "__main__":
    main()
