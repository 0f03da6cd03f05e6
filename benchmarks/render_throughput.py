"""Frames per second of `synhead render` against two plain pyrender loops side by side, in turn in one run, and where
the time goes.

    python benchmarks/render_throughput.py --heads HEADS [--baseline LOOP.py] [--cases gl:msaa4:paper,gl:none:paper]

A case is ENGINE:ANTIALIASING:LOOK, or ENGINE:ANTIALIASING:LOOK:FRAMES where it needs another number of frames. Every
head of HEADS is drawn equally often, with all labels, JPEG quality 95, masks and written shards. The loop
(benchmarks/plain_loops.py) draws the same heads, two at once. How to read the tables: docs/benchmarks.md.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.cases import Case, parse_cases
from benchmarks.conditions import conditions, write_result
from benchmarks.inputs import REPOSITORY, link_heads, write_recipe, write_sweep
from benchmarks.pipeline_run import (
    SET_UP,
    PipelineRun,
    RunFailedError,
    available_workers,
    run_pipeline,
)
from benchmarks.plain_loops import VARIANTS, LoopRound, run_loops
from benchmarks.stage_costs import COSTS, costs_in_a_process
from benchmarks.tables import table
from synhead.pipeline.stage_clock import STAGES

DEFAULT_CASES = "software:msaa4:paper,software:none:paper,software:msaa4:natural,gl:msaa4:paper,gl:none:paper"
DRAWING_AND_ENCODING = ("render", "encode_image", "encode_mask", "encode_depth")
LARGE_SHARE = 0.10
SHARDS_OF_A_HEAD = 3


def main() -> None:
    """Run the rounds, print the tables, write the result."""
    args = _arguments()
    cases, before = parse_cases(args.cases, args.frames), conditions()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        heads = link_heads(args.heads, folder / "heads", args.head)
        recipes = {case.name: _recipe(folder, case, heads, args) for case in cases}
        loops: list[list[LoopRound]] = []
        runs: dict[str, list[PipelineRun]] = {case.name: [] for case in cases}
        failed: dict[str, str] = {}
        for k in range(args.rounds):
            if args.baseline is not None:
                loops.append(_loops(folder, heads, args))
            for case in cases if k % 2 == 0 else cases[::-1]:
                if case.name not in failed:
                    _run(folder, case, recipes[case.name], k, args, runs, failed)
        costs = {}
        if not args.no_stages:
            alive = [case for case in cases if case.name not in failed]
            costs = {c.name: costs_in_a_process(recipes[c.name], c.engine, c.antialiasing, args.quick) for c in alive}
    result = {
        "what": "frames per second of synhead render (all labels, JPEG, masks, written shards) and of two plain loops",
        "config": {k: str(v) for k, v in vars(args).items()},
        "heads": heads,
        "conditions_before": before,
        "conditions_after": conditions(),
        "plain_loops": [[loop.summary() for loop in found] for found in loops],
        "cases": {name: _case_result(found, loops) for name, found in runs.items() if found},
        "not_run": failed,
        "isolated_stages": costs,
    }
    print(report(result))
    if not args.quick or args.out is not None:
        print(write_result("render_throughput", result, args.out))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--heads", type=Path, default=REPOSITORY / "assets" / "heads")
    p.add_argument("--head", action="append", help="only this one of them (may be repeated)")
    p.add_argument("--baseline", type=Path, help="script of the plain loop; without it there are no ratios")
    p.add_argument("--cases", default=DEFAULT_CASES)
    p.add_argument("--frames", type=int, default=1800, help="of a case, over all heads")
    p.add_argument("--loop-frames", type=int, default=12, help="of a loop, for each head")
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--workers", type=int, default=available_workers())
    p.add_argument("--backgrounds", type=Path, default=REPOSITORY / "assets" / "backgrounds")
    p.add_argument("--no-backgrounds", action="store_true", help="procedural ones")
    p.add_argument("--tracks", type=Path, default=REPOSITORY / "motion_tracks", help="for the natural look")
    p.add_argument("--no-stages", action="store_true", help="leave the stages out that are measured apart")
    p.add_argument("--out", type=Path, help="results file; default: benchmarks/results/...")
    p.add_argument("--quick", action="store_true", help="one short round of small pictures; nothing written")
    args = p.parse_args()
    if args.quick:
        args.frames, args.loop_frames, args.rounds, args.size, args.workers = 16, 2, 1, 64, min(args.workers, 2)
    return args


def _recipe(folder: Path, case: Case, heads: list[str], args: argparse.Namespace) -> Path:
    """Each track a shard of its own; three for each head and worker: the first reads the head, the others know it."""
    num_tracks = SHARDS_OF_A_HEAD * args.workers
    per_track = max(1, case.frames // (len(heads) * num_tracks))
    settings: dict[str, Any] = {
        "scene": {"look": case.look, "width_px": args.size, "height_px": args.size},
        "image": {"format": "jpeg", "quality": 95},
        "shard_frames": per_track,
    }
    tracks = args.tracks
    if case.look == "natural":
        # The loop's sweep of 120 degrees in a few seconds would be all motion blur.
        settings["tracks"] = {"frames_per_track": per_track, "max_tracks": num_tracks, "smoothing": "so3"}
    else:
        tracks = folder / f"sweep{per_track}"
        if not tracks.exists():
            write_sweep(tracks, per_track * num_tracks, num_tracks)
    path = folder / f"{case.name.replace(':', '_')}.yaml"
    backgrounds = None if args.no_backgrounds else args.backgrounds
    return write_recipe(path, heads=folder / "heads", tracks=tracks, backgrounds=backgrounds, settings=settings)


def _loops(folder: Path, heads: list[str], args: argparse.Namespace) -> list[LoopRound]:
    return [
        run_loops(args.baseline, args.heads, heads, folder, variant=variant, frames=args.loop_frames, size_px=args.size)
        for variant in VARIANTS
    ]


def _run(
    folder: Path,
    case: Case,
    recipe: Path,
    k: int,
    args: argparse.Namespace,
    runs: dict[str, list[PipelineRun]],
    failed: dict[str, str],
) -> None:
    try:
        out = folder / f"{recipe.stem}_{k}"
        runs[case.name].append(run_pipeline(out, case.options(recipe), cache=folder / "cache", workers=args.workers))
    except RunFailedError as error:
        failed[case.name] = str(error)
        print(f"{case.name}: not measured: {error}", file=sys.stderr, flush=True)


def _case_result(runs: list[PipelineRun], loops: list[list[LoopRound]]) -> dict[str, Any]:
    rates = [rate for run in runs if (rate := run.warm_frames_per_second) is not None]
    whole = [run.frames_per_second for run in runs]
    # A round's own loops, and the faster kind of them.
    fastest = [max(loop.frames_per_second for loop in found) for found in loops]
    return {
        "frames_per_second": spread_of(rates),
        "frames_per_second_with_set_up": spread_of(whole),
        "ratio": spread_of([a / b for a, b in zip(rates, fastest, strict=False)]),
        "ratio_with_set_up": spread_of([a / b for a, b in zip(whole, fastest, strict=False)]),
        "stages": stage_table(runs),
        "rounds": [run.summary() for run in runs],
    }


def spread_of(values: list[float]) -> dict[str, Any] | None:
    """Median, smallest and largest, and all of them."""
    if not values:
        return None
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "rounds": [round(v, 3) for v in values],
    }


def stage_table(runs: list[PipelineRun]) -> dict[str, Any]:
    """CPU ms per frame of each stage in warm shards (median of the rounds), its share, and what is large."""
    ms = {
        stage: statistics.median(run.warm_ms_per_frame().get(stage, 0.0) for run in runs)
        for stage in STAGES
        if any(stage in run.warm_ms_per_frame() for run in runs)
    }
    total = sum(ms.values())
    share = {stage: v / total for stage, v in ms.items()}
    # Engines, heads and their first frames, Python's start, the survey: what comes once, whatever the number of frames.
    once = [run.cpu_s - sum(run.warm_ms_per_frame().values()) * run.frames / 1e3 for run in runs]
    return {
        "cpu_ms_per_frame": {k: round(v, 4) for k, v in ms.items()},
        "share": {k: round(v, 4) for k, v in share.items()},
        "large_besides_drawing_and_encoding": [
            stage for stage, v in share.items() if v > LARGE_SHARE and stage not in DRAWING_AND_ENCODING
        ],
        "once_cpu_s": round(statistics.median(once), 2),
        "once_cpu_s_opening_engines": round(statistics.median(run.cpu_s_of("start") for run in runs), 2),
        "once_cpu_s_reading_heads": round(statistics.median(run.cpu_s_of("head") for run in runs), 2),
    }


def report(result: dict[str, Any]) -> str:
    """The tables."""
    cases = result["cases"]
    lines = []
    for k, found in enumerate(result["plain_loops"]):
        for loop in found:
            speed = f"{loop['frames_per_second']:.2f} frames/s, {loop['cpu_ms_per_frame']:.0f} CPU ms a frame"
            lines += [f"round {k + 1}: two plain loops, {loop['variant']}: {speed}"]
    rows = []
    for name, c in cases.items():
        rate, whole, ratio = c["frames_per_second"], c["frames_per_second_with_set_up"], c["ratio"]
        span = "-" if ratio is None else f"{ratio['median']:.1f} ({ratio['min']:.1f} to {ratio['max']:.1f})"
        with_set_up = None if ratio is None else c["ratio_with_set_up"]["median"]
        ms = statistics.median(r["cpu_ms_per_frame"] for r in c["rounds"])
        rows.append(
            [
                name,
                c["rounds"][0]["frames"],
                None if rate is None else rate["median"],
                span,
                whole["median"],
                with_set_up,
                ms,
            ]
        )
    header = ["case", "frames", "frames/s", "ratio (min to max)", "frames/s with set-up", "its ratio", "CPU ms, all"]
    lines += ["", table(header, rows)] if rows else []
    lines += ["", _stage_text(cases)] if rows else []
    for name, reason in result["not_run"].items():
        lines.append(f"{name}: not measured: {reason}")
    lines += ["", _cost_text(result["isolated_stages"])] if result["isolated_stages"] else []
    return "\n".join(lines)


def _stage_text(cases: dict[str, Any]) -> str:
    rows: list[list[object]] = []
    for stage in (s for s in STAGES if s not in SET_UP):
        row: list[object] = [stage]
        for c in cases.values():
            ms = c["stages"]["cpu_ms_per_frame"].get(stage)
            row.append("-" if ms is None else f"{ms:.2f} ({100 * c['stages']['share'][stage]:.0f} %)")
        rows.append(row)
    for name, key in (
        ("once, CPU s", "once_cpu_s"),
        ("of it opening engines", "once_cpu_s_opening_engines"),
        ("of it reading heads", "once_cpu_s_reading_heads"),
    ):
        rows.append([name, *[c["stages"][key] for c in cases.values()]])
    lines = [table(["CPU ms per frame (share)", *cases], rows)]
    for name, c in cases.items():
        large = c["stages"]["large_besides_drawing_and_encoding"]
        if large:
            lines.append(
                f"{name}: more than {100 * LARGE_SHARE:.0f} % besides drawing and encoding: {', '.join(large)}"
            )
    return "\n".join(lines)


def _cost_text(costs: dict[str, dict[str, Any]]) -> str:
    rows = [[f"{name} ({unit})", *[found.get(name) for found in costs.values()]] for name, unit in COSTS.items()]
    return table(["measured apart, CPU ms", *costs], [row for row in rows if any(v is not None for v in row[1:])])


if __name__ == "__main__":
    main()
