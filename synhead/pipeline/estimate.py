"""What a job would make, how large and how long: counted from the plan, and measured on its first frames."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from synhead.pipeline.config import RenderConfig, RunOptions
from synhead.pipeline.executors.choose import choose_executor
from synhead.pipeline.plan import Plan
from synhead.pipeline.progress import duration_text
from synhead.pipeline.run import resolve_engine, resolved_paths
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.survey import survey
from synhead.pipeline.worker import ShardWorker

_PROBE_FRAMES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class JobEstimate:
    """A job before it is done.

    Attributes:
        bytes_per_frame, seconds_per_frame: of one worker, measured on a few frames.
    """

    plan: Plan
    out: Path
    executor: str
    num_workers: int
    renderer: str
    bytes_per_frame: float
    seconds_per_frame: float
    free_bytes: int

    def lines(self) -> list[str]:
        """For people."""
        plan, size = self.plan, self.bytes_per_frame * self.plan.num_frames
        seconds = self.seconds_per_frame * plan.num_frames / self.num_workers
        lines = [
            f"dry run: nothing is written to {self.out}",
            f"heads        {len(plan.heads)}",
            f"tracks       {len(plan.tracks)} ({len(plan.clips)} clips)",
            f"backgrounds  {len(plan.backgrounds) or 'procedural'}",
            f"sequences    {len(plan.sequences)}",
            f"frames       {plan.num_frames} of {plan.scene.width_px} x {plan.scene.height_px} px",
            f"shards       {len(plan.shards)}",
            f"renderer     {self.renderer}",
            f"executor     {self.executor}",
            f"size         about {size / 1e6:.1f} MB ({self.bytes_per_frame / 1e3:.1f} kB a frame; "
            f"{self.free_bytes / 1e9:.1f} GB are free)",
            f"time         about {duration_text(seconds)} (measured on {_PROBE_FRAMES} frames, one worker)",
        ]
        if size > self.free_bytes:
            lines.append("             THIS DOES NOT FIT ON THE DISK")
        lines += [f"unusable     {q.kind} {q.asset_id}: {q.reason}" for q in plan.quarantined]
        for track in plan.tracks:
            lines += [f"cut          {track.asset_id}: {text}" for text in track.details["rejected"]]
        return lines


def estimate_job(config: RenderConfig, options: RunOptions, out: Path) -> JobEstimate:
    """Plan the job and render a few frames of its first sequence without storing them.

    Raises:
        InputError, OutputError, RendererError: as the job itself would.
    """
    config = resolved_paths(config)
    folder = RunFolder(out.resolve())
    folder.refuse_foreign()
    plan = survey(config, engine=resolve_engine(config.renderer, require_gpu=options.require_gpu))
    executor = choose_executor(options, plan.engine, num_pending=len(plan.shards))
    worker = ShardWorker(plan, folder.root, require_gpu=options.require_gpu)
    try:
        worker.probe(_PROBE_FRAMES)  # compiles shaders, reads the head
        started = time.perf_counter()
        num_bytes = worker.probe(_PROBE_FRAMES)
        seconds = time.perf_counter() - started
        renderer = f"{worker.renderer_info.engine} on {worker.renderer_info.device}"
    finally:
        worker.close()
    existing = next(p for p in [folder.root, *folder.root.parents] if p.exists())
    return JobEstimate(
        plan=plan,
        out=out,
        executor=executor.description,
        num_workers=executor.num_workers,
        renderer=renderer,
        bytes_per_frame=num_bytes / _PROBE_FRAMES,
        seconds_per_frame=seconds / _PROBE_FRAMES,
        free_bytes=shutil.disk_usage(existing).free,
    )
