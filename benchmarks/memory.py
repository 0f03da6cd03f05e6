"""Resident memory of the driver and the workers over a run: how much, and whether it grows. By engine, with one head
and with all heads of a folder.

    python benchmarks/memory.py --heads HEADS [--cases gl:msaa4:paper,...] [--frames 2400]

Several heads are drawn twice, first all of them and then all again under other names: the second half of a run has the
heads of the first, and what is larger there is growth and not a larger head.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.cases import Case, parse_cases
from benchmarks.conditions import conditions, write_result
from benchmarks.inputs import REPOSITORY, write_recipe, write_sweep
from benchmarks.memory_growth import memory_growth
from benchmarks.pipeline_run import PipelineRun, RunFailedError, available_workers, run_pipeline
from benchmarks.tables import table
from synhead.heads.load import find_heads

DEFAULT_CASES = "software:msaa4:paper,software:msaa4:natural,gl:msaa4:paper"


def main() -> None:
    """Run every case with one head and with all, print the table, write the result."""
    args = _arguments()
    before = conditions()
    rows: list[list[object]] = []
    figures: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    heads = find_heads(args.heads)
    with tempfile.TemporaryDirectory() as temporary:
        for case in parse_cases(args.cases, args.frames):
            for count in sorted({1, len(heads)}):
                name = f"{case.name}, {count} heads"
                try:
                    run = _run(Path(temporary) / f"{len(figures)}{len(failed)}", case, heads[:count], args)
                except RunFailedError as error:
                    failed[name] = str(error)
                    continue
                found = memory_growth(run)
                said = {"case": case.name, "different_heads": count, **found, **run.summary()}
                figures.append({**said, "samples": _thinned(run)})
                rows.append(_row(case.name, count, run, found))
    header = ["case", "heads", "frames", "worker peak MiB", "worker growth %", "same heads %", "driver peak MiB"]
    print(table([*header, "driver growth %"], rows))
    for name, reason in failed.items():
        print(f"{name}: not measured: {reason}")
    result = {
        "what": "resident memory of driver and workers, MiB; growth: second half of the frames over second quarter",
        "config": {k: str(v) for k, v in vars(args).items()},
        "conditions_before": before,
        "conditions_after": conditions(),
        "runs": figures,
        "not_run": failed,
    }
    if not args.quick or args.out is not None:
        print(write_result("memory", result, args.out))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--heads", type=Path, default=REPOSITORY / "assets" / "heads")
    p.add_argument("--cases", default=DEFAULT_CASES)
    p.add_argument("--frames", type=int, default=2400)
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--workers", type=int, default=available_workers())
    p.add_argument("--backgrounds", type=Path, default=REPOSITORY / "assets" / "backgrounds")
    p.add_argument("--no-backgrounds", action="store_true", help="procedural ones")
    p.add_argument("--out", type=Path, help="results file; default: benchmarks/results/...")
    p.add_argument("--quick", action="store_true", help="a few small frames; nothing written")
    args = p.parse_args()
    if args.quick:
        args.frames, args.size, args.workers = 64, 48, min(args.workers, 2)
    return args


def _run(folder: Path, case: Case, heads: list[Path], args: argparse.Namespace) -> PipelineRun:
    folder.mkdir()
    passes = 1 if len(heads) == 1 else 2
    for k in range(passes):
        for head in heads:
            copy_renamed(head, folder / "heads" / f"pass{k}_{head.name}", f"pass{k}_{head.name}")
    per_head = max(4, case.frames // (passes * len(heads)))
    num_tracks = min(max(1, per_head // 30), 40)
    write_sweep(folder / "tracks", per_head, num_tracks)
    settings = {
        "scene": {"look": case.look, "width_px": args.size, "height_px": args.size},
        "shard_frames": per_head // num_tracks + 1,
    }
    backgrounds = None if args.no_backgrounds else args.backgrounds
    recipe = write_recipe(
        folder / "recipe.yaml", heads=folder / "heads", tracks=folder / "tracks", backgrounds=backgrounds,
        settings=settings,
    )  # fmt: skip
    return run_pipeline(folder / "set", case.options(recipe), cache=folder / "cache", workers=args.workers)


def copy_renamed(head: Path, folder: Path, head_id: str) -> None:
    """A head folder of links, with another id."""
    folder.mkdir(parents=True)
    for path in head.resolve().iterdir():
        if path.name != "head.json":
            (folder / path.name).symlink_to(path)
    description = json.loads((head / "head.json").read_text())
    (folder / "head.json").write_text(json.dumps({**description, "id": head_id}))


def _row(name: str, heads: int, run: PipelineRun, found: dict[str, dict[str, Any]]) -> list[object]:
    worker, driver = found["workers"], found["driver"]
    growth = [worker["growth_percent"], worker["last_over_second_quarter_percent"]]
    return [name, heads, run.frames, worker["peak_mib"], *growth, driver["peak_mib"], driver["growth_percent"]]


def _thinned(run: PipelineRun) -> list[list[float]]:
    """[seconds, driver MiB, workers' MiB together] at about a hundred moments."""
    step = max(1, len(run.memory) // 100)
    return [
        [round(s.time_s, 2), round(s.driver_mib, 1), round(sum(s.workers_mib.values()), 1)] for s in run.memory[::step]
    ]


if __name__ == "__main__":
    main()
