"""Everything that is to be measured on a machine with a GPU, by one command.

    python benchmarks/gpu_suite.py [--full] [--heads assets/heads] [--workers N] [--pictures FOLDER]

In turn: `synhead doctor`; the contract of the gl engine on the GPU (`pytest -m gpu`); drawing alone by every way of
read-back, and bytes a second; 1, 2 and 4 graphics processes on one GPU, killed where they hang; the whole pipeline at
400 x 400 with all labels and its stages; sample pictures; with --full the job of 10 heads on all tracks (510,960
frames) into shards that are verified. What fails is written down with its words, and the rest goes on. --quick does all
of it small, on any machine; without a GPU the figures are those of the driver that the result names.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.conditions import conditions, write_result
from benchmarks.inputs import REPOSITORY, link_heads, write_recipe, write_sweep
from benchmarks.pipeline_run import available_workers, run_pipeline

FULL_FRAMES = 510_960


def main() -> None:
    """Run all parts, print a line for each, write the result."""
    args = _arguments()
    parts: dict[str, Callable[[Path], Any]] = {
        "doctor": lambda folder: _said([sys.executable, "-m", "synhead", "doctor"], 300),
        "contract": lambda folder: contract(args),
        "drawing": lambda folder: probes(args, 1, []),
        "processes": lambda folder: processes(args),
        "pipeline": lambda folder: pipeline(folder, args),
        "pictures": lambda folder: probes(args, 1, ["--pictures", str(args.pictures), "--only", "none"])[0],
    }
    if args.full:
        parts["full job"] = lambda folder: full_job(folder, args)
    result: dict[str, Any] = {"config": {k: str(v) for k, v in vars(args).items()}, "conditions_before": conditions()}
    with tempfile.TemporaryDirectory(dir=args.scratch) as temporary:
        for name in parts:
            began = time.monotonic()
            try:
                result[name] = parts[name](Path(temporary))
            except Exception as error:
                # One part that fails on the day must not cost the others.
                result[name] = {"failed": f"{type(error).__name__}: {error}"[-2000:]}
            print(f"{name}: {json.dumps(result[name])[:400]} ({time.monotonic() - began:.0f} s)", flush=True)
    result["conditions_after"] = conditions()
    if not args.quick or args.out is not None:
        print(write_result("gpu_suite", result, args.out))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--heads", type=Path, default=REPOSITORY / "assets" / "heads")
    p.add_argument("--tracks", type=Path, default=REPOSITORY / "motion_tracks")
    p.add_argument("--frames", type=int, default=4096, help="of each measurement of drawing")
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--workers", type=int, default=available_workers())
    p.add_argument("--hang-s", type=float, default=300.0, help="a graphics process that takes longer is said to hang")
    p.add_argument("--pictures", type=Path, default=Path("gpu_suite_pictures"))
    p.add_argument("--scratch", type=Path, help="folder for data sets; the full job takes some 40 GB")
    p.add_argument("--full", action="store_true", help=f"the whole job of {FULL_FRAMES:,} frames too")
    p.add_argument("--out", type=Path, help="results file; default: benchmarks/results/...")
    p.add_argument("--quick", action="store_true", help="small and short; writes no result without --out")
    args = p.parse_args()
    if args.quick:
        args.frames, args.size, args.workers = 4, 48, min(args.workers, 2)
    return args


def contract(args: argparse.Namespace) -> dict[str, Any]:
    """The contract tests that ask for a GPU."""
    tests = ["tests/render/gl/test_gpu.py"]
    quick = ["--collect-only"] if args.quick else []
    return _said([sys.executable, "-m", "pytest", *tests, "-m", "gpu", "-q", "--no-header", "--tb=line", *quick], 1800)


def probes(args: argparse.Namespace, count: int, options: list[str]) -> list[dict[str, Any]]:
    """What `count` graphics processes at once say; a process that hangs is killed and counted as hanging."""
    head = sorted(path for path in args.heads.iterdir() if path.is_dir())[0]
    command = [sys.executable, str(Path(__file__).with_name("gpu_probes.py")), "--head", str(head)]
    command += ["--frames", str(args.frames), "--size", str(args.size), *options]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    deadline, found = time.monotonic() + args.hang_s, []
    for process in started:
        try:
            out, err = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            found.append({"hangs": f"no answer within {args.hang_s:g} s"})
            continue
        lines = out.strip().splitlines()
        found.append(json.loads(lines[-1]) if process.returncode == 0 and lines else {"failed": err[-800:]})
    return found


def processes(args: argparse.Namespace) -> dict[str, Any]:
    """1, 2 and 4 graphics processes at once: whether they hang, and frames a second of all together."""
    found = {}
    for count in (1, 2) if args.quick else (1, 2, 4):
        each = probes(args, count, ["--only", "msaa4:ring and atlas"])
        rates = [r["msaa4:ring and atlas"]["frames_per_second"] for r in each if "msaa4:ring and atlas" in r]
        hanging = sum("hangs" in r for r in each)
        found[str(count)] = {"frames_per_second": round(sum(rates), 1), "hanging": hanging, "each": each}
    return found


def pipeline(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """`synhead render` by gl with all labels and written shards, either antialiasing, and the workers' clocks."""
    found = {}
    names = link_heads(args.heads, folder / "heads")
    per_track = max(4, args.frames // (4 * len(names)))
    write_sweep(folder / "sweep", 4 * per_track, 4)
    settings = {
        "scene": {"look": "paper", "width_px": args.size, "height_px": args.size},
        "image": {"format": "jpeg", "quality": 95},
        "shard_frames": per_track,
    }
    recipe = write_recipe(
        folder / "recipe.yaml", heads=folder / "heads", tracks=folder / "sweep", backgrounds=None, settings=settings
    )
    for antialiasing in ("msaa4", "none"):
        options = ["--config", str(recipe), "--renderer", "gl", "--antialiasing", antialiasing]
        run = run_pipeline(folder / antialiasing, options, cache=folder / "cache", workers=args.workers)
        found[antialiasing] = run.summary()
    return found


def full_job(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Ten heads on all tracks, drawn, written and verified."""
    recipe = write_recipe(
        folder / "full.yaml",
        heads=args.heads,
        tracks=args.tracks,
        backgrounds=REPOSITORY / "assets" / "backgrounds",
        settings={"scene": {"look": "paper", "width_px": args.size, "height_px": args.size}},
    )
    options = [
        "--config",
        str(recipe),
        "--renderer",
        "gl",
        *(["--max-heads", "1", "--max-tracks", "1"] if args.quick else []),
    ]
    run = run_pipeline(folder / "full", options, cache=folder / "cache", workers=args.workers)
    verified = _said([sys.executable, "-m", "synhead", "verify", str(folder / "full")], 7200)
    return {**run.summary(), "expected_frames": FULL_FRAMES, "verified": verified}


def _said(command: list[str], limit_s: float) -> dict[str, Any]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=limit_s, cwd=REPOSITORY, env={**os.environ, "COLUMNS": "200"}
    )
    return {"exit_code": done.returncode, "said": (done.stdout + done.stderr)[-4000:]}


if __name__ == "__main__":
    main()
