"""Which executor does a job: no Ray start-up cost for small ones, Ray for many cores, GPUs or a cluster."""

from pathlib import Path

from synhead.pipeline.config import RunOptions
from synhead.pipeline.executors.base import Executor
from synhead.pipeline.executors.first_frame import first_frame_limit_s
from synhead.pipeline.executors.local import InProcessExecutor, ProcessExecutor
from synhead.pipeline.executors.ray_actors import RayExecutor
from synhead.render.cuda_devices import visible_gpus

RAY_MIN_WORKERS = 9
"""Up to 8 workers on one machine, plain processes do the same work without Ray's 5 to 6 seconds of start-up."""


def choose_executor(options: RunOptions, engine: str, *, num_pending: int) -> Executor:
    """The executor for this run.

    `--executor auto` takes Ray where an address is given, where there are several GPUs to spread over, or where
    RAY_MIN_WORKERS or more workers have something to do; processes otherwise. With the gl engine on GPUs there is one
    worker a GPU: several graphics processes on one data-centre GPU have been seen to hang.
    """
    num_gpus = count_gpus() if engine == "gl" else 0
    workers = max(1, min(options.workers, num_gpus or options.workers, num_pending or 1))
    if options.ray_address is not None:
        workers = max(1, min(options.workers, num_pending or 1))
    # Only graphics drivers hang, and only a process beside the worker can see it: one worker is not made in this one.
    first_frame_s = first_frame_limit_s() if num_gpus else None
    kind = options.executor
    if kind == "auto":
        wants_ray = options.ray_address is not None or num_gpus > 1 or workers >= RAY_MIN_WORKERS
        kind = "ray" if wants_ray else "local"
    if kind == "ray":
        per_worker = 1.0 if num_gpus else 0.0
        return RayExecutor(
            workers, address=options.ray_address, num_gpus_per_worker=per_worker, first_frame_s=first_frame_s
        )
    if workers == 1 and not num_gpus:
        return InProcessExecutor()
    return ProcessExecutor(workers, gpus=gpu_names(num_gpus), first_frame_s=first_frame_s)


def count_gpus() -> int:
    """NVIDIA GPUs that may be used, by their device files: asking a driver library could start or hang it."""
    there = len([p for p in Path("/dev").glob("nvidia[0-9]*") if p.name[6:].isdigit()])
    allowed = visible_gpus()
    return there if allowed is None else min(there, len(allowed))


def gpu_names(num_gpus: int) -> list[str]:
    """What CUDA_VISIBLE_DEVICES calls the GPUs of this run; none where there is only one: then nothing need be said."""
    if num_gpus < 2:
        return []
    allowed = visible_gpus()
    return [str(number) for number in (range(num_gpus) if allowed is None else allowed[:num_gpus])]
