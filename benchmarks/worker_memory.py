"""Resident memory of one worker over many frames: its peak, and how much it grows once it is warm.

python benchmarks/worker_memory.py --heads HEADS --tracks TRACKS [--frames 3000] [--max-heads 10]
"""

import argparse
import tempfile
from pathlib import Path

import psutil
from conditions import conditions, write_result

from synhead.pipeline.config import load_config
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.survey import survey
from synhead.pipeline.worker import ShardWorker


def main() -> None:
    """Make shards in this process and read its resident size after each."""
    args = _arguments()
    per_sequence = max(1, args.frames // (args.max_heads * args.max_tracks))
    config = load_config(
        None,
        {
            "inputs": {"models": args.heads.resolve(), "tracks": args.tracks.resolve()},
            "tracks": {"frames_per_track": per_sequence, "max_tracks": args.max_tracks},
            "scene": {"max_heads": args.max_heads},
            "shard_frames": per_sequence,
        },
    )
    plan = survey(config, engine="gl")
    process = psutil.Process()
    samples: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = RunFolder(Path(temporary) / "set")
        folder.create()
        worker = ShardWorker(plan, folder.root)
        done = 0
        for shard_index in range(len(plan.shards)):
            outcome = worker.make_shard(shard_index)
            folder.shard_path(shard_index).unlink()
            done += outcome.record.num_frames if outcome.record else 0
            samples.append((done, process.memory_info().rss / 2**20))
        peak = outcome.peak_memory_bytes / 2**20
        worker.close()
    # Warm: every head has been loaded once, or a tenth of the frames is done, whichever comes later.
    warm = [rss for frames, rss in samples if frames >= done / 2]
    early = [rss for frames, rss in samples if done * 0.25 <= frames < done / 2]
    growth = 100 * (max(warm) / max(early) - 1)
    print(
        f"{done} frames, {len(plan.heads)} heads: peak {peak:.0f} MiB, second half over second quarter {growth:+.2f} %"
    )
    result = {
        "what": "resident memory of one worker, MiB",
        "config": {k: str(v) for k, v in vars(args).items()},
        "conditions": conditions(),
        "frames": done,
        "peak_mib": round(peak, 1),
        "growth_percent": round(growth, 2),
        "rss_mib_by_frames": [(frames, round(rss, 1)) for frames, rss in samples],
    }
    if not args.quick:
        print(write_result("worker_memory", result))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--heads", type=Path, required=True)
    p.add_argument("--tracks", type=Path, required=True)
    p.add_argument("--frames", type=int, default=3000)
    p.add_argument("--max-heads", type=int, default=1)
    p.add_argument("--max-tracks", type=int, default=50)
    p.add_argument("--quick", action="store_true", help="nothing written")
    return p.parse_args()


if __name__ == "__main__":
    main()
