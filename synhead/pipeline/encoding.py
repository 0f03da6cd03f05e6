"""From drawn frames to stored bytes: the camera's imperfections, then the files; here or in threads of this process.

All of it is compiled code that lets other threads run, so that with processors to spare the next batch is drawn
meanwhile. The bytes are the same: each frame is a function of itself and its place in the sequence.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from synhead.pipeline.config import ImageSettings
from synhead.pipeline.stage_clock import StageClock
from synhead.render.renderer import RenderedFrames
from synhead.render.sensor import SensorModel
from synhead.shards.codec import encode_mask, encode_rgb, quantise_depth

_FRAMES_OF_A_TASK = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedFrames:
    """Files of some frames, in order."""

    images: list[bytes]
    masks: list[bytes]
    depth: np.ndarray | None


@dataclass(slots=True)
class _ThreadClock:
    """As StageClock, of one thread."""

    cpu_s: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.thread_time)

    def lap(self, stage: str) -> None:
        now = time.thread_time()
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + now - self._last
        self._last = now


class FrameEncoder:
    """Encodes batches of frames.

    Args:
        num_threads: 0: everything is done when `begin` is called.
    """

    def __init__(self, image: ImageSettings, *, num_threads: int = 0) -> None:
        self._image = image
        self._pool = ThreadPoolExecutor(num_threads, "encode") if num_threads else None

    def begin(
        self, rendered: RenderedFrames, sensor: SensorModel | None, frames: range, watch: StageClock
    ) -> Callable[[], EncodedFrames]:
        """Start on a batch; what it returns waits for the end and gives the files.

        Args:
            rendered: not to be changed until then.
            sensor: None: an ideal camera.
            frames: their indices in the sequence.
            watch: told what was done; the CPU seconds of threads are taken off "render", which went on meanwhile.
        """
        if self._pool is None:
            done = self._encode(rendered, sensor, frames, watch)
            return lambda: done
        tasks: list[Future[tuple[EncodedFrames, _ThreadClock]]] = []
        for start in range(0, len(frames), _FRAMES_OF_A_TASK):
            rows = slice(start, start + _FRAMES_OF_A_TASK)
            part = RenderedFrames(
                rgb=rendered.rgb[rows], coverage=rendered.coverage[rows], depth_m=rendered.depth_m[rows]
            )
            tasks.append(self._pool.submit(self._encode_apart, part, sensor, frames[rows]))
        return lambda: _collect(tasks, watch)

    def close(self) -> None:
        """End the threads; work that has not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _encode_apart(
        self, rendered: RenderedFrames, sensor: SensorModel | None, frames: range
    ) -> tuple[EncodedFrames, _ThreadClock]:
        clock = _ThreadClock()
        return self._encode(rendered, sensor, frames, clock), clock

    def _encode(
        self, rendered: RenderedFrames, sensor: SensorModel | None, frames: range, watch: StageClock | _ThreadClock
    ) -> EncodedFrames:
        image = self._image
        rgb = rendered.rgb if sensor is None else sensor.apply(rendered.rgb, frames)
        watch.lap("sensor")
        images = [
            encode_rgb(frame, image_format=image.format, quality=image.quality, subsampling=image.subsampling)
            for frame in rgb
        ]
        watch.lap("encode_image")
        masks = [encode_mask(coverage) for coverage in rendered.coverage]
        watch.lap("encode_mask")
        depth = quantise_depth(rendered.depth_m) if "depth" in image.passes else None
        watch.lap("encode_depth")
        return EncodedFrames(images=images, masks=masks, depth=depth)


def _collect(tasks: list[Future[tuple[EncodedFrames, _ThreadClock]]], watch: StageClock) -> EncodedFrames:
    watch.start()
    parts = []
    for task in tasks:
        part, clock = task.result()
        parts.append(part)
        for stage, seconds in clock.cpu_s.items():
            watch.credit(stage, seconds, during="render")
    watch.lap("encode_image")
    return joined(parts)


def joined(parts: list[EncodedFrames]) -> EncodedFrames:
    """Batches of one sequence as one."""
    depths = [part.depth for part in parts if part.depth is not None]
    return EncodedFrames(
        images=[data for part in parts for data in part.images],
        masks=[data for part in parts for data in part.masks],
        depth=np.concatenate(depths) if depths else None,
    )


def spare_threads(*, engine: str, num_gpus: int, num_cpus: int, num_workers: int) -> int:
    """How many threads beside each worker: none where workers fill the processors, as without a GPU."""
    if engine != "gl" or num_gpus == 0:
        return 0
    return max(0, min(8, num_cpus // num_workers - 1))
