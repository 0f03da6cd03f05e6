"""What a generated head costs: CPU seconds by stage, heads a minute with several workers, and how alike two faces get.

python benchmarks/generate_heads.py [--count 10] [--seed 7] [--workers 2] [--texture-size 1024] [--quick] [--out FILE]

Stages are the functions that `build_head` calls, timed in this process after one head that is not counted: it loads the
compiled formulas. Then the same people are made once more with workers, as `synhead heads generate` does it.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from conditions import conditions, write_result

from synhead.heads.generate import build
from synhead.heads.generate.collection import MANIFEST_NAME, generate_heads, plan_heads

STAGES = {
    "skin's mesh": ("build_skin",),
    "skin's textures": ("build_skin_part",),
    "hair": ("build_hair",),
    "beard": ("build_beard",),
    "eyes": ("build_eyes",),
    "brows and lashes": ("build_brows", "build_lashes"),
    "mouth": ("build_mouth_interior",),
    "clothes": ("build_clothes",),
    "landmarks": ("landmarks_68", "lid_landmarks"),
    "blend shapes": ("build_shapes", "through_warp"),
    "writing": ("write_head",),
}


def main() -> None:
    """Measure both, print a table, write the result."""
    args = _arguments()
    if args.quick:
        args.count, args.texture_size, args.workers = 2, 64, 1
    before = conditions()
    stages = stage_costs(args.count, args.seed, args.texture_size)
    run = whole_run(args.count, args.seed, args.texture_size, args.workers)
    for name, seconds in stages["cpu_s_per_head"].items():
        print(f"{name:18} {seconds:7.3f} CPU s a head")
    print(f"{run['heads']} heads with {args.workers} worker(s): {run['heads_per_minute']:.1f} a minute, "
          f"{run['cpu_s_per_head']:.2f} CPU s a head; nearest faces {run['smallest_landmark_distance']}")  # fmt: skip
    result = {
        "what": "CPU seconds of one generated head by stage, and heads a minute of a whole run",
        "config": {"count": args.count, "seed": args.seed, "texture_size": args.texture_size, "workers": args.workers},
        "conditions_before": before,
        "conditions_after": conditions(),
        "stages": stages,
        "run": run,
    }
    if args.out is not None or not args.quick:
        print(write_result("generate_heads", result, args.out))


def stage_costs(count: int, seed: int, texture_size_px: int) -> dict[str, Any]:
    """CPU seconds of each stage in this process: means over the heads, the whole with median, least and most."""
    spent = dict.fromkeys(STAGES, 0.0)
    whole = []
    with tempfile.TemporaryDirectory() as temporary:
        heads, first_plan = _timed(plan_heads, count, seed)
        folder = Path(temporary)
        _, first = _timed(
            build.build_head, heads[0], folder / "first", source="benchmark", texture_size_px=texture_size_px
        )
        _, planning = _timed(plan_heads, count, seed)
        with mock.patch.multiple(build, **_clocked(spent)):
            for head in heads:
                _, seconds = _timed(
                    build.build_head, head, folder / head.head_id, source="benchmark", texture_size_px=texture_size_px
                )
                whole.append(seconds)
    per_head = {"planning": planning / count} | {name: seconds / count for name, seconds in spent.items()}
    per_head["the rest"] = (sum(whole) - sum(spent.values())) / count
    per_head["whole"] = planning / count + sum(whole) / count
    return {
        "cpu_s_per_head": {name: round(seconds, 4) for name, seconds in per_head.items()},
        "building": {
            "median": round(statistics.median(whole), 3),
            "least": round(min(whole), 3),
            "most": round(max(whole), 3),
        },
        "first_plan_s": round(first_plan, 3),
        "first_head_s": round(first, 3),
    }


def _clocked(spent: dict[str, float]) -> dict[str, Callable[..., Any]]:
    """The stages' functions, adding what they take to `spent`."""

    def clocked(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            result, seconds = _timed(function, *args, **kwargs)
            spent[stage] += seconds
            return result

        return run

    return {name: clocked(stage, getattr(build, name)) for stage, names in STAGES.items() for name in names}


def _timed(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, float]:
    started = time.process_time()
    return function(*args, **kwargs), time.process_time() - started


def whole_run(count: int, seed: int, texture_size_px: int, workers: int) -> dict[str, Any]:
    """`generate_heads` from start to manifest: wall time, CPU time of this process and its workers."""
    with tempfile.TemporaryDirectory() as temporary:
        cpu, started = _cpu_s(), time.perf_counter()
        generate_heads(count, seed, temporary, texture_size_px=texture_size_px, workers=workers)
        wall, cpu = time.perf_counter() - started, _cpu_s() - cpu
        manifest = json.loads((Path(temporary) / MANIFEST_NAME).read_text())
    return {
        "heads": count,
        "wall_s": round(wall, 2),
        "heads_per_minute": round(60 * count / wall, 2),
        "cpu_s_per_head": round(cpu / count, 3),
        "mb_per_head": round(sum(entry["bytes"] for entry in manifest["files"].values()) / count / 1e6, 2),
        "smallest_landmark_distance": manifest["smallest_landmark_distance"],
    }


def _cpu_s() -> float:
    """CPU seconds of this process and of its workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--count", type=int, default=10)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--texture-size", type=int, default=1024)
    p.add_argument("--quick", action="store_true", help="two heads with small textures, nothing written")
    p.add_argument("--out", type=Path, help="file of the result, instead of one in benchmarks/results")
    return p.parse_args()


if __name__ == "__main__":
    main()
