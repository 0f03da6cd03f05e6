"""Does a face detector believe in the heads? One table over data sets, by an independent judge.

    python benchmarks/believability.py --judge-python JUDGE_ENV/bin/python --judge TOOLS/face_judge.py \
        --data ours=DATASET1 --data makehuman=DATASET2 ... [--frames 600] [--out benchmarks/results/NAME.json]

The judge (MediaPipe's face detectors and 468-point mesh, and its pose against the labels) lives outside the project, in
an environment of its own, and knows nothing of it. Frames are drawn evenly over heads and over |yaw| in steps of 15
degrees, and of pitch in steps of 10 degrees, |yaw| <= 60 and |pitch| <= 20.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.conditions import conditions
from synhead.core.landmarks import TEMPLATE_68_M

AXES = ("pitch", "yaw", "roll")
MAX_YAW_DEG, MAX_PITCH_DEG, YAW_STEP_DEG, PITCH_STEP_DEG = 60.0, 20.0, 15.0, 10.0


def sample(dataset: Path, out: Path, num_frames: int, seed: int) -> int:
    """Write the frames that the judge is shown; returns their number."""
    rng = np.random.default_rng(seed)
    buckets: dict[tuple[str, int, int], list[tuple[Path, str, int]]] = {}
    for shard in sorted((dataset / "shards").glob("*.h5")):
        with h5py.File(shard) as file:
            for name, sequence in file["sequences"].items():
                pitch, yaw, _ = sequence["euler_pyr_deg"][:].T
                for i in np.flatnonzero((np.abs(yaw) <= MAX_YAW_DEG) & (np.abs(pitch) <= MAX_PITCH_DEG)):
                    head = str(sequence.attrs["head_id"])
                    key = (head, int(abs(yaw[i]) // YAW_STEP_DEG), int(pitch[i] // PITCH_STEP_DEG))
                    buckets.setdefault(key, []).append((shard, name, int(i)))
    if not buckets:
        raise SystemExit(f"{dataset}: no frame with |yaw| <= {MAX_YAW_DEG} and |pitch| <= {MAX_PITCH_DEG}")
    for items in buckets.values():
        rng.shuffle(items)
    chosen: list[tuple[str, Path, str, int]] = []
    while len(chosen) < num_frames and any(buckets.values()):
        for key in sorted(buckets):
            if buckets[key] and len(chosen) < num_frames:
                chosen.append((key[0], *buckets[key].pop()))
    columns: dict[str, list] = {
        k: [] for k in ("images", "landmarks_px", "visible", "euler_pyr_deg", "head_ids", "camera_matrix")
    }
    for head, shard, name, i in sorted(chosen, key=lambda c: (str(c[1]), c[2], c[3])):
        with h5py.File(shard) as file:
            sequence = file["sequences"][name]
            begin, end = sequence["image/offsets"][i : i + 2]
            picture = Image.open(io.BytesIO(sequence["image/bytes"][begin:end].tobytes()))
            columns["images"].append(np.asarray(picture.convert("RGB")))
            columns["landmarks_px"].append(_landmarks_px(sequence, i))
            columns["visible"].append(sequence["landmarks_68_visibility"][i] == 2)
            columns["euler_pyr_deg"].append(sequence["euler_pyr_deg"][i])
            columns["camera_matrix"].append(sequence.attrs["K"])
            columns["head_ids"].append(head)
    np.savez_compressed(out, **{k: np.asarray(v) for k, v in columns.items()})
    return len(chosen)


def _landmarks_px(sequence: h5py.Group, i: int) -> np.ndarray:
    """The labels; for a head without landmarks those of an average face, good for finding it and for nothing else."""
    if int(sequence.attrs["num_landmarks"]):
        return sequence["landmarks_68_px"][i]
    cam = TEMPLATE_68_M @ sequence["R_cam_head"][i].T + sequence["t_cam_head_m"][i]
    px = cam @ np.asarray(sequence.attrs["K"]).T
    return px[:, :2] / px[:, 2:]


def _has_landmarks(dataset: Path) -> bool:
    with h5py.File(sorted((dataset / "shards").glob("*.h5"))[0]) as file:
        return all(int(sequence.attrs["num_landmarks"]) for sequence in file["sequences"].values())


def judged(name: str, dataset: Path, arguments: argparse.Namespace) -> dict:
    """The judge's figures of one data set, reduced to those of the table."""
    with tempfile.TemporaryDirectory() as folder:
        npz, report, openness = (Path(folder) / n for n in ("sample.npz", "judge.json", "openness.json"))
        num = sample(dataset, npz, arguments.frames, arguments.seed)
        sheet = [] if arguments.sheets is None else ["--sheet", str(arguments.sheets / f"{name}.jpg")]
        command = [arguments.judge_python, arguments.judge, str(npz), "--json", str(report), *sheet]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        reader = Path(__file__).with_name("face_openness.py")
        subprocess.run(
            [arguments.judge_python, str(reader), str(npz), "--json", str(openness)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        with np.load(npz) as data:
            counts = np.histogram(np.abs(data["euler_pyr_deg"][:, 1]), bins=(0, 15, 30, 45, 60.001))[0]
        out = reduced(num, counts, json.loads(report.read_text()), json.loads(openness.read_text()))
    if not _has_landmarks(dataset):
        out |= {"nme51_below_30": None, "nme51_30_to_45": None, "nme51_45_to_60": None, "openness": None}
    return out


def reduced(num_frames: int, counts: np.ndarray, report: dict, openness: dict) -> dict:
    """What the table shows, from the judge's report and the openness reader's."""

    def below_45(kind: str) -> float:
        rates = report["detection"][kind]["by_abs_yaw"]
        known = [(rates[k]["rate"], n) for k, n in zip(("0-15", "15-30", "30-45"), counts, strict=False) if n]
        return float(np.average([rate for rate, _ in known], weights=[n for _, n in known]))

    def bucket(values: dict, keys: tuple[str, ...]) -> float | None:
        # The judge leaves out what it was not shown.
        buckets = enumerate(("0-15", "15-30", "30-45", "45-60"))
        found = [(values[k]["mean_found"], counts[i]) for i, k in buckets if k in keys and k in values]
        known = [(v, n) for v, n in found if v is not None and n]
        return round(float(np.average([v for v, _ in known], weights=[n for _, n in known])), 4) if known else None

    nme = report["landmarks"]["by_abs_yaw"]
    pose = report["pose"]["pnp"]
    offsets = [v for v in pose["offset_by_head_deg"]["pitch"].values() if v is not None]
    return {
        "num_frames": num_frames,
        "detection_below_45": {kind: round(below_45(kind), 4) for kind in ("mesh", "short", "full")},
        "nme51_below_30": bucket(nme, ("0-15", "15-30")),
        "nme51_30_to_45": bucket(nme, ("30-45",)),
        "nme51_45_to_60": bucket(nme, ("45-60",)),
        "correlation_pyr": {axis: pose["axes"][axis]["correlation"] for axis in AXES},
        "slope_pyr": {axis: pose["axes"][axis]["slope"] for axis in AXES},
        "correlation_without_head_offsets_pyr": {
            axis: pose["axes"][axis]["correlation_without_head_offsets"] for axis in AXES
        },
        "pitch_offset_by_head_deg": pose["offset_by_head_deg"]["pitch"],
        "pitch_offset_spread_deg": round(max(offsets) - min(offsets), 2) if offsets else None,
        "openness": openness,
    }


def table(results: dict[str, dict]) -> str:
    """Markdown."""
    head = (
        "| heads | frames | mesh / short / full, yaw < 45 | NME < 30 | 30-45 | 45-60 | correlation p, y, r "
        "| slope p, y, r | pitch offsets spread | eyes off | mouth off |"
    )
    lines = [head, "|" + "---|" * 11]
    for name, r in results.items():
        rates = " / ".join(f"{r['detection_below_45'][k]:.3f}" for k in ("mesh", "short", "full"))
        nme = [
            ("-" if r[k] is None else f"{100 * r[k]:.1f} %")
            for k in ("nme51_below_30", "nme51_30_to_45", "nme51_45_to_60")
        ]
        triples = [
            ", ".join(f"{r[k][a]:.2f}" for a in ("pitch", "yaw", "roll")) for k in ("correlation_pyr", "slope_pyr")
        ]
        read = r["openness"]
        off = ["-" if read is None else f"{read[k]['mean_abs_difference']:.3f}" for k in ("eyes", "mouth")]
        lines.append(
            f"| {name} | {r['num_frames']} | {rates} | {' | '.join(nme)} | {' | '.join(triples)} "
            f"| {r['pitch_offset_spread_deg']} | {' | '.join(off)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--judge-python", required=True, help="interpreter with mediapipe")
    parser.add_argument("--judge", required=True, help="face_judge.py")
    parser.add_argument("--data", action="append", required=True, metavar="NAME=DATASET")
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheets", type=Path, help="folder for a contact sheet of each data set")
    parser.add_argument("--out", type=Path, help="results file (JSON); the table goes beside it (.md)")
    arguments = parser.parse_args()
    if arguments.sheets is not None:
        arguments.sheets.mkdir(parents=True, exist_ok=True)
    results = {}
    for item in arguments.data:
        name, _, folder = item.partition("=")
        results[name] = judged(name, Path(folder), arguments)
        print(table(results), flush=True)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps({"conditions": conditions(), "results": results}, indent=1) + "\n")
        arguments.out.with_suffix(".md").write_text(table(results) + "\n")


if __name__ == "__main__":
    main()
