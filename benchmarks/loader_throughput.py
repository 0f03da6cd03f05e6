"""Frames per second and core of random 16-frame windows into torch batches: our shards, WebDataset, LitData, files.

    python benchmarks/loader_throughput.py DATASET [--frames 12288] [--rounds 3] [--seconds 5] [--work FOLDER]

DATASET is any finished data set; its sequences are multiplied to --frames and written in every form (about 5 times
their size; a work folder that is named is kept and used again). All forms hold the same bytes and labels and are
decoded by the same decoder; the page cache is warm; all loaders take turns in each round. "frames/s and core" are
frames for each second of CPU time of this process and its loader workers together. Rivals that are not installed are
named and left out: `pip install 'synhead[bench]'`. How to read the table: docs/scale.md.
"""

import argparse
import importlib.util
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if importlib.util.find_spec("torch") is None:
    sys.exit("loader_throughput: needs torch, which is not installed; pip install 'synhead[bench]'")

import psutil
import torch

from benchmarks.conditions import conditions, write_result
from benchmarks.loader_forms import Forms, multiply_dataset, write_files, write_litdata, write_tars
from benchmarks.loaders import LOADERS, endless
from benchmarks.tables import table
from synhead.errors import SynheadError
from synhead.shards.reader import open_dataset

WORKERS = (0, 2)
BARE, OURS = "bare decode", "synhead shards"
RIVALS = ("WebDataset, windows", "WebDataset, frames", "LitData, windows", "LitData, frames", "LitData, by index")
BAR_OF_BARE = 0.9


def main() -> None:
    """Write the forms, run the rounds, print the table, write the result."""
    args = _arguments()
    torch.set_num_threads(1)
    missing = sorted({p for _, p, _ in LOADERS.values() if p and importlib.util.find_spec(p) is None})
    for package in missing:
        print(f"left out: {package} is not installed (pip install 'synhead[bench]')")
    names = [name for name, (_, package, _) in LOADERS.items() if package not in missing]
    if args.only:
        names = [name for name in names if name in (BARE, OURS) or name in args.only.split(";")]
    before = conditions()
    with tempfile.TemporaryDirectory() as temporary:
        forms = write_forms(args.dataset, args.work or Path(temporary), args.frames, args.length, missing)
        rounds = []
        for k in range(args.rounds):
            order = names if k % 2 == 0 else names[::-1]
            measured = {
                workers: {name: measure(name, forms, args.batch, workers, args.seconds) for name in order}
                for workers in WORKERS
            }
            rounds.append(measured)
            print(f"round {k + 1} of {args.rounds}")
    result = summary(rounds, names)
    print(table(*rows_of(result)))
    for line in result["verdicts"]:
        print(line)
    if not args.quick or args.out is not None:
        everything = {
            "what": "frames per second and CPU core, windows of frames with labels into torch batches",
            "config": {k: str(v) for k, v in vars(args).items()},
            "frames": forms.num_frames,
            "size_px": forms.size_px,
            "jpeg_bytes_per_frame": round(_jpeg_bytes(args.dataset)),
            "left_out": missing,
            "packages": _versions(("torch", "webdataset", "litdata", "pillow")),
            "conditions_before": before,
            "conditions_after": conditions(),
            "rounds": rounds,
            **result,
        }
        print(write_result("loader_throughput", everything, args.out))


def _arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("dataset", type=Path)
    p.add_argument("--frames", type=int, default=12288, help="the data set is multiplied to at least so many")
    p.add_argument("--length", type=int, default=16, help="frames of a window")
    p.add_argument("--batch", type=int, default=4, help="windows of a batch")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=5, help="of each loader in each round")
    p.add_argument("--work", type=Path, help="keep the forms here, and use them again")
    p.add_argument("--only", help="rivals to measure, such as 'WebDataset, windows;LitData, windows'")
    p.add_argument("--out", type=Path, help="write the result here")
    p.add_argument("--quick", action="store_true", help="one short round; no result is written without --out")
    args = p.parse_args()
    if args.quick:
        args.frames, args.rounds, args.seconds = 1, 1, 0.05
    return args


def write_forms(source: Path, work: Path, min_frames: int, length: int, missing: Sequence[str]) -> Forms:
    """All forms below `work`, those that are there already left as they are."""
    with open_dataset(source) as dataset:
        copies = math.ceil(min_frames / dataset.num_frames)
    root = work / f"{copies}x{length}"
    jobs = {
        "shards": lambda out: multiply_dataset(source, out, copies),
        "files": lambda out: write_files(source, out, copies),
    }
    if "webdataset" not in missing:
        jobs["tar"] = lambda out: write_tars(root / "shards", out, length)
        jobs["tar-frames"] = lambda out: write_tars(root / "shards", out, 1)
    if "litdata" not in missing:
        jobs["litdata"] = lambda out: write_litdata(root / "shards", out, length)
        jobs["litdata-frames"] = lambda out: write_litdata(root / "shards", out, 1)
    for name, job in jobs.items():
        if not (root / name).exists():
            job(root / f"{name}.new")
            (root / f"{name}.new").rename(root / name)
    with open_dataset(root / "shards") as dataset:
        sequences = tuple((e.sequence_id, e.num_frames) for e in dataset.manifest.sequences)
        size_px = dataset.sequence(sequences[0][0]).size_px
    return Forms(root=root, length=length, size_px=size_px, sequences=sequences)


def measure(name: str, forms: Forms, batch: int, workers: int, seconds: float) -> dict[str, float]:
    """Steady state of one loader: its queues are full at the start and at the end."""
    loader = LOADERS[name][2](forms, batch, workers)
    batches = endless(loader)
    for _ in range(3 + 3 * workers):
        first = next(batches)
    _check(name, first, forms, batch)
    frames, cpu, started = 0, _cpu_seconds(), time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds or frames == 0:
        frames += _num_frames(next(batches))
    cpu = _cpu_seconds() - cpu
    batches.close()
    return {
        "frames": frames,
        "frames_per_cpu_s": round(frames / cpu, 1),
        "frames_per_s": round(frames / elapsed, 1),
    }


def _check(name: str, batch: dict[str, Any], forms: Forms, num_windows: int) -> None:
    """Nobody is fast by leaving something out."""
    if name == BARE:
        return
    image_BTHWC = batch["image"]
    if image_BTHWC.shape[2:] != (*forms.size_px, 3) or _num_frames(batch) != num_windows * forms.length:
        raise RuntimeError(f"{name}: a batch has shape {tuple(image_BTHWC.shape)}")
    if batch["R_cam_head"].shape[:2] != image_BTHWC.shape[:2] or not image_BTHWC.flatten(2).float().std(-1).min() > 0:
        raise RuntimeError(f"{name}: labels or pixels are missing")


def _num_frames(batch: dict[str, Any]) -> int:
    if "image" not in batch:
        return int(batch["num_frames"].sum())
    return batch["image"].shape[0] * batch["image"].shape[1]


def _cpu_seconds() -> float:
    """Of this process and all its children, those that ended too."""
    me = psutil.Process()
    mine = me.cpu_times()
    total = mine.user + mine.system + mine.children_user + mine.children_system
    for process in me.children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def summary(rounds: list[dict[int, dict[str, dict[str, float]]]], names: Sequence[str]) -> dict[str, Any]:
    """Medians over the rounds; ratios are made inside a round and then their median is taken."""
    cases: dict[str, dict[str, dict[str, float]]] = {}
    for name in names:
        cases[name] = {}
        for workers in WORKERS:
            found = [r[workers][name] for r in rounds]
            ratios = {
                key: [r[workers][name]["frames_per_cpu_s"] / r[workers][other]["frames_per_cpu_s"] for r in rounds]
                for key, other in (("of_bare", BARE), ("of_ours", OURS))
            }
            cases[name][str(workers)] = {
                "frames_per_cpu_s": statistics.median(f["frames_per_cpu_s"] for f in found),
                "frames_per_s": statistics.median(f["frames_per_s"] for f in found),
                **{key: round(statistics.median(values), 3) for key, values in ratios.items()},
            }
    verdicts = []
    for workers in WORKERS:
        share = cases[OURS][str(workers)]["of_bare"]
        said = "holds" if share >= BAR_OF_BARE else "FAILS"
        verdicts.append(f"{workers} workers: {share:.1%} of bare decoding; the bar of {BAR_OF_BARE:.0%} {said}")
        for rival in (name for name in RIVALS if name in cases):
            theirs = cases[rival][str(workers)]["of_ours"]
            said = "holds" if theirs <= 1 else "FAILS"
            verdicts.append(f"{workers} workers: {1 / theirs:.2f} times the rate of {rival}; the bar of 1 {said}")
    return {"cases": cases, "verdicts": verdicts}


def rows_of(result: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the table."""
    header = ["loader", "access"]
    for workers in WORKERS:
        header += [f"{workers} workers: frames/s and core", "of bare", "frames/s"]
    rows = []
    for name, found in result["cases"].items():
        row: list[Any] = [name, LOADERS[name][0]]
        for workers in WORKERS:
            case = found[str(workers)]
            row += [float(case["frames_per_cpu_s"]), f"{case['of_bare']:.0%}", float(case["frames_per_s"])]
        rows.append(row)
    return header, rows


def _jpeg_bytes(path: Path) -> float:
    with open_dataset(path) as dataset:
        total = sum(int(sequence.offsets("image")[-1]) for sequence in dataset.sequences())
        return total / dataset.num_frames


def _versions(names: Sequence[str]) -> dict[str, str]:
    import importlib.metadata

    found = {name for name in names if importlib.util.find_spec("PIL" if name == "pillow" else name)}
    return {name: importlib.metadata.version(name) for name in sorted(found)}


if __name__ == "__main__":
    try:
        main()
    except SynheadError as error:
        sys.exit(f"loader_throughput: {error}")
