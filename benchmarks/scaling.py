"""How frames per second depend on triangles, picture size, number of workers and number of frames.

    python benchmarks/scaling.py --head HEADS/ID [--what triangles,sizes,workers,frames] [--engine gl] [--full]

The first three draw the plain look at 400 x 400 (sizes: as said). "frames" asks whether a long run is as fast as a
short one and keeps its memory: small pictures of a sparse head, 100 to 10,000 frames (--full: 100,000), runs of 1,000
before and after the longest. How to read the tables: docs/benchmarks.md.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.conditions import conditions, write_result
from benchmarks.denser import with_triangles, write_head_folder
from benchmarks.inputs import REPOSITORY, write_recipe, write_sweep
from benchmarks.memory_growth import memory_growth
from benchmarks.pipeline_run import (
    PipelineRun,
    RunFailedError,
    available_workers,
    rate_windows,
    run_pipeline,
)
from benchmarks.tables import table
from synhead.heads.load import load_head

TRIANGLES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
SIZES = (128, 256, 400, 512, 1024)
FRAMES_OF_A_SEQUENCE = 50
"""Of the runs that differ in their number of frames: a shard each, whatever the length of the run."""
SHORT_RUN = 1000
SHORT_RUN_REPEATS = 3
WINDOWS = 5


def main() -> None:
    """Measure, print the tables, write the result."""
    args = _arguments()
    before = conditions()
    result: dict[str, Any] = {
        "what": "frames per second of synhead render by triangles, picture size, workers and number of frames",
        "config": {k: str(v) for k, v in vars(args).items()},
        "conditions_before": before,
    }
    with tempfile.TemporaryDirectory() as temporary:
        job = Jobs(Path(temporary), args)
        for name in args.what.split(","):
            result[name] = MEASUREMENTS[name](job, args)
    result["conditions_after"] = conditions()
    if not args.quick or args.out is not None:
        print(write_result("scaling", result, args.out))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--head", type=Path, default=REPOSITORY / "assets" / "heads" / "f01", help="folder of one head")
    p.add_argument("--what", default="triangles,sizes,workers,frames")
    p.add_argument("--engine", default="auto")
    p.add_argument("--antialiasing", default="msaa4")
    p.add_argument("--triangles", type=_counts, default=TRIANGLES)
    p.add_argument("--sizes", type=_counts, default=SIZES)
    p.add_argument("--worker-counts", type=_counts, default=(1, 2, 4))
    p.add_argument("--frame-counts", type=_counts, default=(100, 1000, 10_000))
    p.add_argument("--full", action="store_true", help="up to 100,000 frames")
    p.add_argument("--frames", type=int, default=192, help="of each run but those of 'frames'")
    p.add_argument("--small-size", type=int, default=64, help="pixels of the runs of 'frames'")
    p.add_argument("--workers", type=int, default=available_workers())
    p.add_argument("--out", type=Path, help="results file; default: benchmarks/results/...")
    p.add_argument("--quick", action="store_true", help="one tiny run of each kind; nothing written")
    args = p.parse_args()
    unknown = set(args.what.split(",")) - MEASUREMENTS.keys()
    if unknown:
        p.error(f"--what {unknown.pop()}: unknown; known are {', '.join(MEASUREMENTS)}")
    if args.full:
        args.frame_counts = (*args.frame_counts, 100_000)
    if args.quick:
        args.triangles, args.sizes, args.worker_counts, args.frame_counts = (6000,), (48,), (1,), (150,)
        args.frames, args.small_size, args.workers = 24, 32, 1
    return args


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(float(word)) for word in text.split(","))


class Jobs:
    """Makes inputs and runs the pipeline on them."""

    def __init__(self, folder: Path, args: argparse.Namespace) -> None:
        self._folder, self._args, self._count = folder, args, 0
        self.head = load_head(args.head)

    def run(self, heads: Path, *, frames: int, sequences: int, size_px: int, workers: int) -> PipelineRun | str:
        """One run, a shard for each sequence, each worker on one core; the reason where that cannot be done."""
        self._count += 1
        folder = self._folder / f"job{self._count}"
        folder.mkdir()
        write_sweep(folder / "tracks", frames, sequences)
        settings = {
            "scene": {"look": "paper", "width_px": size_px, "height_px": size_px},
            "renderer": self._args.engine,
            "antialiasing": self._args.antialiasing,
            "shard_frames": max(1, frames // sequences),
        }
        recipe = write_recipe(
            folder / "recipe.yaml", heads=heads, tracks=folder / "tracks", backgrounds=None, settings=settings
        )
        try:
            cache, options = self._folder / "cache", ["--config", str(recipe)]
            return run_pipeline(folder / "set", options, cache=cache, workers=workers, single_threaded=True)
        except RunFailedError as error:
            return str(error)

    def head_of(self, triangles: int) -> tuple[Path, int]:
        """A folder with the head at so many triangles, and how many it has."""
        root = self._folder / f"heads{triangles}"
        head = with_triangles(self.head, triangles)
        if not root.exists():
            write_head_folder(head, root / "head", "head")
        return root, head.num_triangles


def by_triangles(job: Jobs, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Frames per second of heads of 5,000 to 500,000 triangles."""
    found = []
    for wanted in args.triangles:
        heads, count = job.head_of(wanted)
        run = job.run(heads, frames=args.frames, sequences=4 * args.workers, size_px=400, workers=args.workers)
        found.append({"triangles": count, **_figures(run)})
    return _shown("triangles", found)


def by_size(job: Jobs, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Frames per second of square pictures."""
    found = []
    for size_px in args.sizes:
        run = job.run(args.head, frames=args.frames, sequences=4 * args.workers, size_px=size_px, workers=args.workers)
        found.append({"size_px": size_px, **_figures(run)})
    return _shown("size_px", found)


def by_workers(job: Jobs, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Frames per second of several processes."""
    found = []
    for workers in args.worker_counts:
        run = job.run(args.head, frames=args.frames, sequences=4 * workers, size_px=400, workers=workers)
        found.append({"workers": workers, **_figures(run)})
    return _shown("workers", found)


def _figures(run: PipelineRun | str) -> dict[str, Any]:
    if isinstance(run, str):
        return {"not_run": run}
    ms, rate = run.warm_ms_per_frame(), run.warm_frames_per_second
    return {
        "frames_per_second": None if rate is None else round(rate, 2),
        "frames_per_second_with_set_up": round(run.frames_per_second, 2),
        "render_cpu_ms": round(ms.get("render", 0.0), 3),
        "all_stages_cpu_ms": round(sum(ms.values()), 3),
        "read_a_head_cpu_s": round(run.cpu_s_of("head") / run.workers, 2),
        "worker_peak_mib": memory_growth(run)["workers"]["peak_mib"],
        "run": run.summary(),
    }


def _shown(first: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = ("frames_per_second", "frames_per_second_with_set_up", "render_cpu_ms", "all_stages_cpu_ms")
    columns = (first, *columns, "read_a_head_cpu_s", "worker_peak_mib")
    print(table([c.replace("_", " ") for c in columns], [[row.get(c) for c in columns] for row in found]))
    for row in found:
        if "not_run" in row:
            print(f"{first} {row[first]}: not measured: {row['not_run']}")
    print(flush=True)
    return found


def by_frames(job: Jobs, args: argparse.Namespace) -> dict[str, Any]:
    """Short and long runs in turn: short ones again after the longest, so that a slower machine shows as such."""
    heads, _ = job.head_of(5000)
    counts = list(args.frame_counts)
    short = [SHORT_RUN] * (SHORT_RUN_REPEATS if SHORT_RUN in counts else 0)
    found = []
    for count in [*sorted(set(counts) - {SHORT_RUN, max(counts)}), *short, max(counts), *short]:
        sequences = max(1, count // FRAMES_OF_A_SEQUENCE)
        run = job.run(heads, frames=count, sequences=sequences, size_px=args.small_size, workers=args.workers)
        found.append({"frames": count, **_of_long_run(run)})
        print(f"{count} frames: {found[-1].get('steady_frames_per_second')} frames/s", file=sys.stderr, flush=True)
    columns = ("frames", "frames_per_second_with_start", "steady_frames_per_second", "cpu_ms", "slowest_window_percent")
    more = ("worker_peak_mib", "worker_growth_percent", "driver_peak_mib", "driver_growth_percent")
    print(
        table([c.replace("_", " ") for c in (*columns, *more)], [[r.get(c) for c in (*columns, *more)] for r in found])
    )
    for row in found:
        if "not_run" in row:
            print(f"{row['frames']} frames: not measured: {row['not_run']}")
    claim = long_against_short(found, max(counts))
    if claim is not None:
        print(
            f"{max(counts)} frames against {SHORT_RUN}: frames/s {claim['frames_per_second_percent']:+.1f} %, "
            f"CPU ms a frame {claim['cpu_ms_percent']:+.1f} %"
        )
    return {"runs": found, "long_against_short": claim}


def _of_long_run(run: PipelineRun | str) -> dict[str, Any]:
    if isinstance(run, str):
        return {"not_run": run}
    memory = memory_growth(run)
    windows, steady = rate_windows(run.finished, run.workers, WINDOWS), run.steady_frames_per_second
    slowest = 100 * (min(windows) / statistics.median(windows) - 1) if len(windows) == WINDOWS else None
    return {
        "frames_per_second_with_start": round(run.frames / run.wall_s, 2),
        "steady_frames_per_second": None if steady is None else round(steady, 2),
        "cpu_ms": round(sum(run.warm_ms_per_frame().values()), 4),
        "windows_frames_per_second": [round(w, 2) for w in windows],
        "slowest_window_percent": None if slowest is None else round(slowest, 2),
        "worker_peak_mib": memory["workers"]["peak_mib"],
        "worker_growth_percent": memory["workers"]["growth_percent"],
        "driver_peak_mib": memory["driver"]["peak_mib"],
        "driver_growth_percent": memory["driver"]["growth_percent"],
        "memory": memory,
        "run": run.summary(),
    }


def long_against_short(found: list[dict[str, Any]], longest: int) -> dict[str, float] | None:
    """The longest run over the median of those of SHORT_RUN frames, percent; None where one is missing."""

    def median(count: int, key: str) -> float | None:
        values = [row[key] for row in found if row["frames"] == count and row.get(key) is not None]
        return statistics.median(values) if values else None

    out = {}
    for key, name in (
        ("steady_frames_per_second", "frames_per_second_percent"), ("cpu_ms", "cpu_ms_percent"),
    ):  # fmt: skip
        short, long = median(SHORT_RUN, key), median(longest, key)
        if longest == SHORT_RUN or short is None or long is None:
            return None
        out[name] = round(100 * (long / short - 1), 2)
    return out


MEASUREMENTS: dict[str, Callable[[Jobs, argparse.Namespace], Any]] = {
    "triangles": by_triangles,
    "sizes": by_size,
    "workers": by_workers,
    "frames": by_frames,
}


if __name__ == "__main__":
    main()
