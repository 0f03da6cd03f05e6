"""The plain way, twice at once: two processes of a pyrender loop side by side on the heads of a folder.

The loop is a script with the options --heads --head --frames --size --out --jpeg that prints a JSON line with "fps",
"cpu_ms_per_frame" and "gl_renderer": what a competent user writes in an afternoon. Its rate leaves out its own set-up
(imports, reading the head, the first frame). Each of the two processes draws one head; pairs of heads follow one
another. Where one of a pair ends before the other, the other has the machine to itself: that is in the loop's favour.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIANTS = {"default threads": None, "LP_NUM_THREADS=0": "0"}
"""Mesa's rasteriser with threads of its own, and with none: then a process keeps to one core."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopRound:
    """Two loops over all pairs of heads.

    Attributes:
        frames_per_second: of both together. Every pair draws equally many frames, so that this is the harmonic mean
            of the pairs' sums.
    """

    variant: str
    frames_per_second: float
    cpu_ms_per_frame: float
    loops: list[dict[str, Any]]

    def summary(self) -> dict[str, Any]:
        """For a results file."""
        kept = ("head", "frames", "fps", "cpu_ms_per_frame", "ms_per_frame", "num_triangles", "gl_renderer")
        return {
            "variant": self.variant,
            "frames_per_second": round(self.frames_per_second, 3),
            "cpu_ms_per_frame": round(self.cpu_ms_per_frame, 2),
            "loops": [{k: loop.get(k) for k in kept} for loop in self.loops],
        }


def run_loops(
    script: Path, heads: Path, names: list[str], folder: Path, *, variant: str, frames: int, size_px: int
) -> LoopRound:
    """Two loops at once over pairs of heads; with an odd number the last head is drawn by both.

    Raises:
        SystemExit: a loop failed; says what it wrote.
    """
    pairs = [names[k : k + 2] if k + 1 < len(names) else [names[k]] * 2 for k in range(0, len(names), 2)]
    sums, loops = [], []
    for pair in pairs:
        found = _side_by_side(script, heads, pair, folder, variant=variant, frames=frames, size_px=size_px)
        sums.append(sum(loop["fps"] for loop in found))
        loops += found
    return LoopRound(
        variant=variant,
        frames_per_second=len(sums) / sum(1 / total for total in sums),
        cpu_ms_per_frame=sum(loop["cpu_ms_per_frame"] for loop in loops) / len(loops),
        loops=loops,
    )


def _side_by_side(
    script: Path, heads: Path, pair: list[str], folder: Path, *, variant: str, frames: int, size_px: int
) -> list[dict[str, Any]]:
    environment = {k: v for k, v in os.environ.items() if k != "LP_NUM_THREADS"}
    if VARIANTS[variant] is not None:
        environment["LP_NUM_THREADS"] = str(VARIANTS[variant])
    started = []
    for k, name in enumerate(pair):
        out = folder / f"loop{k}.h5"
        command = [sys.executable, str(script), "--heads", str(heads), "--head", name, "--jpeg", "--out", str(out)]
        command += ["--frames", str(frames), "--size", str(size_px)]
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        )
    ended = [(process, *process.communicate()) for process in started]
    for process, _, errors in ended:
        if process.returncode != 0:
            raise SystemExit(f"{script} ended with exit code {process.returncode}: {errors.strip()[-600:]}")
    return [json.loads(text.strip().splitlines()[-1]) for _, text, _ in ended]
