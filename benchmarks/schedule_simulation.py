"""What a million frames cost on 1, 8 and 100 GPUs and on CPU clusters, and where more machines stop helping.

    python benchmarks/schedule_simulation.py [--throughput RESULTS.json] [--cpu-ms CASE=TOTAL,DRAWING,THREADED]
        [--validate] [--write]

The costs of a frame come from results/render_throughput-*.json (or from --cpu-ms), those of the schedule are measured
here, and benchmarks/schedule.py plays the run with stragglers and deaths. Every figure for a GPU rests on an assumed
rate of drawing and says so. --write puts the tables into docs/scale.md, between its marks.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.conditions import conditions, write_result
from benchmarks.schedule import Cluster
from benchmarks.schedule_check import validate
from benchmarks.schedule_costs import FrameCost, frame_costs, measure_all
from benchmarks.schedule_tables import (
    ASSUMED_DRAWING_FPS,
    STORAGE_BYTES_PER_S,
    THREADS_BESIDE_A_GPU,
    cost_table,
    failure_table,
    linear_table,
    million_table,
    policy_table,
)

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
MARKS = ("<!-- tables: begin -->", "<!-- tables: end -->")


def main() -> None:
    """Measure, simulate, print, write."""
    args = _arguments()
    costs = frame_costs(args.throughput)
    for text in args.cpu_ms:
        case = stated_cost(text)
        costs[case.case] = case
    if not costs:
        sys.exit(
            "schedule_simulation: there is no benchmarks/results/render_throughput-*.json; run "
            "benchmarks/render_throughput.py, or state --cpu-ms software:msaa4:natural=30,18,9"
        )
    schedule = measure_all(quick=args.quick)
    result: dict[str, Any] = {
        "what": "simulated runs of the pipeline's schedule on clusters",
        "config": {k: str(v) for k, v in vars(args).items()},
        "conditions": conditions(),
        "frame_costs": {name: asdict(cost) for name, cost in costs.items()},
        "schedule_costs": schedule,
        "assumed": {
            "drawing_frames_per_s_of_a_gpu": ASSUMED_DRAWING_FPS,
            "threads_beside_a_gpu": THREADS_BESIDE_A_GPU,
            "storage_bytes_per_s": STORAGE_BYTES_PER_S,
            "cluster": asdict(Cluster(workers=1, frames_per_s=1.0)),
        },
    }
    if args.validate:
        result["validation"] = validate(schedule["ledger_s"])
        print(result["validation"]["verdict"])
    tables = {
        "costs": cost_table(costs, schedule),
        "million": million_table(costs, schedule, args, result),
        "linear": linear_table(costs, schedule, args, result),
        "policies": policy_table(costs, schedule, args, result),
        "failures": failure_table(costs, schedule, args, result),
    }
    text = "\n\n".join(f"**{TITLES[name]}**\n\n{value}" for name, value in tables.items())
    print(text)
    if not args.quick or args.out is not None:
        path = write_result("schedule_simulation", result, args.out)
        print(path)
        if args.write:
            said = result.get("validation", {}).get("verdict")
            write_tables(text + (f"\n\n{said}" if said else ""), path.name, sorted({c.source for c in costs.values()}))


TITLES = {
    "costs": "Measured here: what a frame costs one CPU core, and what the schedule costs",
    "million": "A million frames, simulated. GPU rows: projections, drawing assumed and not measured",
    "linear": "Share of the linear rate by number of workers and size of the job, simulated",
    "policies": "Handing out shards: by head, against in order, simulated",
    "failures": "Deaths of workers and of the driver, simulated",
}


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--throughput", type=Path, help="results of render_throughput.py; default: the newest")
    p.add_argument(
        "--cpu-ms", action="append", default=[], metavar="CASE=TOTAL,DRAWING,THREADED", help="may be repeated"
    )
    p.add_argument("--seeds", type=int, default=9)
    p.add_argument("--survey-s", type=float, default=5.0, help="reading and checking the inputs, before any worker")
    p.add_argument("--out", type=Path)
    p.add_argument("--validate", action="store_true", help="render two small jobs here and simulate them (minutes)")
    p.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    p.add_argument("--quick", action="store_true", help="one seed; no result is written without --out")
    args = p.parse_args()
    if args.quick:
        args.seeds = 1
    return args


def stated_cost(text: str) -> FrameCost:
    """CASE=TOTAL,DRAWING,THREADED of the command line.

    Raises:
        SystemExit: it is not of that form.
    """
    try:
        case, figures = text.split("=")
        total, drawing, threaded = (float(v) for v in figures.split(","))
    except ValueError:
        sys.exit(f"--cpu-ms {text}: write CASE=TOTAL,DRAWING,THREADED, such as software:msaa4:natural=30,18,9")
    return FrameCost(
        case=case, total_ms=total, drawing_ms=drawing, threaded_ms=threaded, head_load_s=1.0, engine_start_s=0.5,
        bytes_per_frame=48_000, source="the command line",
    )  # fmt: skip


def write_tables(text: str, results: str, sources: list[str]) -> None:
    """Between the marks of docs/scale.md."""
    before, rest = DOCUMENT.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    note = (
        f"Made by `python benchmarks/schedule_simulation.py --write` from {', '.join(f'`{s}`' for s in sources)}; all "
        f"figures are in `benchmarks/results/{results}`."
    )
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n{note}\n\n{text}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
