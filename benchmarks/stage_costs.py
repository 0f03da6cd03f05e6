"""What each stage of one frame costs apart from the others, in CPU ms, in one process on one head.

    python benchmarks/stage_costs.py --config RECIPE.yaml --engine gl --antialiasing msaa4

Prints one JSON object (COSTS says what is in it). For `gl` the drawing itself is split by waiting for the driver
between its parts: what a CPU driver does when (llvmpipe: vertices as a call is made, pixels when it must), not what a
GPU would do. Passes over the whole picture are told by their few vertices; the last before a picture is read back
shades what is visible and composites it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.gl_clock import GLClock

COSTS = {
    "plan": "a frame",
    "read a head, first time": "a head",
    "read a head, from the cache": "a head",
    "decode and crop a background": "a sequence",
    "upload and bake, first time": "a head",
    "upload, baked before": "a head",
    "draw": "a frame",
    "draw, clear": "a frame, gl",
    "draw, vertices": "a frame, gl",
    "draw, raster, hair shaded": "a frame, gl",
    "draw, passes before the last": "a frame, gl",
    "draw, shade and composite": "a frame, gl",
    "draw, read-back": "a frame, gl",
    "draw, the rest in Python": "a frame, gl",
    "poses drawn": "number a frame",
    "draw with motion blur": "a frame",
    "label": "a frame",
    "sensor": "a frame",
    "encode image": "a frame",
    "encode mask": "a frame",
    "write and commit": "a frame",
}
"""Name and unit of each figure."""


def costs_in_a_process(recipe: Path, engine: str, antialiasing: str, quick: bool) -> dict[str, Any]:
    """The figures, measured in a process with the environment that workers get."""
    from synhead.pipeline.executors.local import SINGLE_THREADED

    command = [sys.executable, str(Path(__file__).resolve()), "--config", str(recipe), "--engine", engine]
    command += ["--antialiasing", antialiasing, *(["--repeats", "1"] if quick else [])]
    found = subprocess.run(command, capture_output=True, text=True, env={**SINGLE_THREADED, **os.environ})
    if found.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with exit code {found.returncode}: {found.stderr[-800:]}")
    return json.loads(found.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure and print."""
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--config", type=Path, required=True)
    p.add_argument("--engine", required=True)
    p.add_argument("--antialiasing", default="msaa4")
    p.add_argument("--repeats", type=int, default=3, help="the best of so many counts")
    args = p.parse_args()
    from synhead.pipeline.config import load_config

    config = load_config(args.config, {"renderer": args.engine, "antialiasing": args.antialiasing})
    with tempfile.TemporaryDirectory() as cache:
        # An empty cache of its own: what earlier runs left on this machine does not count.
        os.environ["SYNHEAD_CACHE_DIR"] = cache
        found = measured(config, args.engine, args.repeats)
    print(json.dumps({k: round(v, 4) for k, v in found.items()}))


def measured(config: Any, engine: str, repeats: int) -> dict[str, float]:
    """All figures that this engine and look have; the keys are those of COSTS."""
    from synhead.heads.cache import load_kept_head
    from synhead.heads.load import find_heads
    from synhead.pipeline.survey import survey
    from synhead.render import open_renderer
    from synhead.scenes.backgrounds import BackgroundBank

    # The stages are those of one head; the others would only be read.
    config = config.model_copy(update={"scene": config.scene.model_copy(update={"max_heads": 1})})
    found: dict[str, float] = {}
    path = find_heads(config.inputs.models)[0]
    found["read a head, first time"] = _best(1, lambda: load_kept_head(path))
    found["read a head, from the cache"] = _best(repeats, lambda: load_kept_head(path))
    head = load_kept_head(path)
    plan = survey(config, engine=engine)
    spec = plan.sequence_spec(plan.sequences[0])
    found["plan"] = _best(repeats, lambda: plan.sequence_spec(plan.sequences[0])) / spec.num_frames
    size = {"width_px": spec.camera.width_px, "height_px": spec.camera.height_px}
    root = config.inputs.backgrounds
    found["decode and crop a background"] = _best(repeats, lambda: BackgroundBank(root).pixels(spec.background, **size))
    background = BackgroundBank(root).pixels(spec.background, **size)
    for name in ("upload and bake, first time", "upload, baked before"):
        renderer = open_renderer(engine, antialiasing=config.antialiasing)
        found[name] = _first_draw(renderer, head, background, spec, repeats)
        renderer.close()
    renderer = open_renderer(engine, antialiasing=config.antialiasing)
    try:
        found |= _drawing(renderer, head, background, spec, engine, repeats)
        found |= _after_drawing(renderer, config, head, background, spec, repeats)
    finally:
        renderer.close()
    return found


def _best(repeats: int, work: Callable[[], Any]) -> float:
    """CPU ms of the fastest of `repeats` calls: others on the machine only ever add."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken) * 1e3


def _first_draw(renderer: Any, head: Any, background: Any, spec: Any, repeats: int) -> float:
    """CPU ms that the first frame of a head takes more than the next."""
    # A twin first: programs and kernels are compiled once, whatever the head.
    renderer.render(replace(head, sha256=head.sha256[::-1]), background, spec, range(1))
    first = _best(1, lambda: renderer.render(head, background, spec, range(1)))
    return max(0.0, first - _best(repeats, lambda: renderer.render(head, background, spec, range(1))))


def _drawing(renderer: Any, head: Any, background: Any, spec: Any, engine: str, repeats: int) -> dict[str, float]:
    from synhead.render.exposure import num_poses, render_exposure

    frames = range(min(16, spec.num_frames))

    def draw() -> None:
        renderer.render(head, background, spec, frames)

    draw()
    found = {"draw": _best(repeats, draw) / len(frames)}
    if engine == "gl":
        found |= {k: v / len(frames) for k, v in _gl_parts(draw, repeats).items()}
    shutter_s = 0.0 if spec.sensor is None else spec.sensor.shutter_s
    if shutter_s > 0:
        found["poses drawn"] = float(num_poses(head, spec, frames, shutter_s).mean())
        blurred = _best(repeats, lambda: render_exposure(renderer, head, background, spec, frames))
        found["draw with motion blur"] = blurred / len(frames)
    return found


def _gl_parts(draw: Callable[[], None], repeats: int) -> dict[str, float]:
    """CPU ms of a batch by part, by clocks around moderngl's own calls: independent of how the engine is written."""
    import moderngl

    best: dict[str, float] = {}
    for _ in range(repeats):
        clock = GLClock()
        with clock.around(moderngl):
            began = time.process_time()
            draw()
            total = (time.process_time() - began) * 1e3
        parts = {f"draw, {k}": v for k, v in clock.ms.items()}
        parts["draw, the rest in Python"] = total - sum(clock.ms.values())
        if not best or sum(parts.values()) < sum(best.values()):
            best = parts
    return best


def _after_drawing(renderer: Any, config: Any, head: Any, background: Any, spec: Any, repeats: int) -> dict[str, float]:
    from synhead.render.labels import label_frames
    from synhead.render.sensor import SensorModel
    from synhead.shards.codec import encode_mask, encode_rgb
    from synhead.shards.record_check import SequenceRecord
    from synhead.shards.writer import ShardWriter

    frames = range(min(16, spec.num_frames))
    rendered = renderer.render(head, background, spec, frames)
    found = {"label": _best(repeats, lambda: label_frames(spec, frames, head, rendered))}
    rgb = rendered.rgb
    if spec.sensor is not None:
        camera = spec.camera
        model = SensorModel(spec.sensor, seed=spec.seed, height_px=camera.height_px, width_px=camera.width_px)
        found["sensor"] = _best(repeats, lambda: model.apply(rendered.rgb, frames))
        rgb = model.apply(rendered.rgb, frames)
    image = config.image
    settings = {"image_format": image.format, "quality": image.quality, "subsampling": image.subsampling}
    images = [encode_rgb(frame, **settings) for frame in rgb]
    masks = [encode_mask(coverage) for coverage in rendered.coverage]
    found["encode image"] = _best(repeats, lambda: [encode_rgb(frame, **settings) for frame in rgb])
    found["encode mask"] = _best(repeats, lambda: [encode_mask(coverage) for coverage in rendered.coverage])
    # Written as one sequence of these frames, made as long as the batch.
    short = _first_frames(spec, len(frames))
    record = SequenceRecord(
        spec=short,
        labels=label_frames(short, frames, head, rendered),
        images=images,
        masks=masks,
        image_format=image.format,
        depth=None,
        eye_centers_m=head.eye_centers_m,
    )

    attributes: dict[str, str | int] = {"config_sha256": "0" * 64, "renderer": "a benchmark"}

    def write() -> None:
        with tempfile.TemporaryDirectory() as folder:
            with ShardWriter(Path(folder) / "0.h5", file_attributes=attributes, replace=True) as writer:
                writer.append(record)
                writer.commit()

    found["write and commit"] = _best(repeats, write)
    return {k: v / len(frames) for k, v in found.items()}


def _first_frames(spec: Any, count: int) -> Any:
    face = spec.face
    if face is not None:
        face = replace(face, coefficients=face.coefficients[:count], gaze_pyr_deg=face.gaze_pyr_deg[:count])
    shift = spec.background_shift_px
    return replace(
        spec,
        time_s=spec.time_s[:count],
        R_cam_head=spec.R_cam_head[:count],
        t_cam_head_m=spec.t_cam_head_m[:count],
        raw_R_cam_head=spec.raw_R_cam_head[:count],
        face=face,
        background_shift_px=None if shift is None else shift[:count],
    )


if __name__ == "__main__":
    main()
