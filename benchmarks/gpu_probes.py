"""What one graphics process does: frames a second by way of read-back and antialiasing, bytes a second, pictures.

    python benchmarks/gpu_probes.py --head HEAD_FOLDER --frames 512 [--size 400] [--pictures FOLDER] [--only CASE]

Prints one JSON object. benchmarks/gpu_suite.py starts it, once or several times at once, and kills it when it hangs.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.render_compare import sweep

WAYS: dict[str, dict[str, Any]] = {
    "direct": {"pipelined": False, "tiles": (1, 1)},
    "ring": {"pipelined": True, "tiles": (1, 1)},
    "atlas": {"pipelined": False, "tiles": (5, 5)},
    "ring and atlas": {"pipelined": True, "tiles": (5, 5)},
}
"""Ways of reading back, as GLRenderer takes them."""
_BATCH = 16


def main() -> None:
    """Measure and print."""
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--head", type=Path, required=True)
    p.add_argument("--frames", type=int, default=512)
    p.add_argument("--size", type=int, default=400)
    p.add_argument("--pictures", type=Path)
    p.add_argument("--only", help="ANTIALIASING:WAY alone")
    args = p.parse_args()
    cases = [(aa, way) for aa in ("msaa4", "none") for way in WAYS if args.only in (None, f"{aa}:{way}")]
    found = {f"{aa}:{way}": measured(args.head, aa, WAYS[way], args.frames, args.size) for aa, way in cases}
    if args.only is None:
        found["read-back"] = read_back(args.size, args.frames)
    if args.pictures is not None:
        found["pictures"] = pictures(args.head, args.pictures, args.size)
    print(json.dumps(found))


def measured(head_folder: Path, antialiasing: str, way: dict[str, Any], frames: int, size_px: int) -> dict[str, Any]:
    """Frames a second of drawing alone, in batches as the pipeline takes them."""
    from synhead.heads.load import load_head
    from synhead.render.cuda_devices import egl_device_of_process
    from synhead.render.gl.renderer import GLRenderer

    head, spec = load_head(head_folder), sweep(frames, size_px)
    began = time.perf_counter()
    engine = GLRenderer(device_index=egl_device_of_process(), antialiasing=antialiasing, **way)
    background = np.full((size_px, size_px, 3), 128, dtype=np.uint8)
    engine.render(head, background, spec, range(1))
    first_s = time.perf_counter() - began
    engine.render(head, background, spec, range(min(_BATCH, frames)))
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, frames, _BATCH):
        engine.render(head, background, spec, range(start, min(start + _BATCH, frames)))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    info = engine.info
    engine.close()
    return {
        "frames_per_second": round(frames / wall_s, 2),
        "cpu_ms_per_frame": round(cpu_s / frames * 1e3, 3),
        "first_frame_s": round(first_s, 3),
        "device": info.device,
        "version": info.version,
    }


def read_back(size_px: int, frames: int) -> dict[str, float]:
    """Gigabytes a second from a target of 5 x 5 pictures: into memory, and through a ring of buffers on the device."""
    from synhead.render.cuda_devices import egl_device_of_process
    from synhead.render.gl.context import context

    ctx = context(egl_device_of_process())
    repeats = max(3, frames // 25)
    with ctx:
        side = 5 * size_px
        target = ctx.framebuffer([ctx.texture((side, side), 4)])
        target.clear(0.5, 0.5, 0.5, 1.0)
        memory, num_bytes = np.empty(side * side * 4, dtype=np.uint8), side * side * 4
        buffers = [ctx.buffer(reserve=num_bytes) for _ in range(3)]
        target.read_into(memory, components=4)
        began = time.perf_counter()
        for _ in range(repeats):
            target.read_into(memory, components=4)
        plain_s = time.perf_counter() - began
        began = time.perf_counter()
        for k in range(repeats + 2):
            if k >= 2:
                buffers[(k - 2) % 3].read_into(memory)
            if k < repeats:
                target.read_into(buffers[k % 3], components=4)
        ring_s = time.perf_counter() - began
    scale = repeats * num_bytes / 1e9
    return {"memory_gb_per_s": round(scale / plain_s, 3), "ring_gb_per_s": round(scale / ring_s, 3)}


def pictures(head_folder: Path, folder: Path, size_px: int) -> list[str]:
    """Five poses of the head with either antialiasing, as PNG."""
    from PIL import Image

    from synhead.heads.load import load_head
    from synhead.render import open_renderer

    folder.mkdir(parents=True, exist_ok=True)
    head, spec, names = load_head(head_folder), sweep(5, size_px), []
    background = np.full((size_px, size_px, 3), 128, dtype=np.uint8)
    for antialiasing in ("msaa4", "none"):
        engine = open_renderer("gl", antialiasing=antialiasing)
        drawn = engine.render(head, background, spec, range(5))
        engine.close()
        names.append(f"{head.head_id}-{antialiasing}.png")
        Image.fromarray(np.concatenate(list(drawn.rgb), axis=1)).save(folder / names[-1])
    return names


if __name__ == "__main__":
    main()
