"""What one worker does: render, label, encode and write one shard. It knows neither the executor nor its siblings."""

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from synhead.core.labels import FrameLabels
from synhead.core.scene import SequenceSpec
from synhead.errors import OutputError, RendererError, SynheadError
from synhead.heads.cache import load_kept_head
from synhead.heads.model import HeadModel
from synhead.pipeline.encoding import EncodedFrames, FrameEncoder, joined
from synhead.pipeline.memory import keep_freed_memory, peak_memory_bytes
from synhead.pipeline.plan import Plan, PlannedSequence
from synhead.pipeline.run_folder import RunFolder
from synhead.pipeline.stage_clock import StageClock
from synhead.render import open_renderer
from synhead.render.exposure import render_exposure
from synhead.render.labels import label_frames
from synhead.render.probe_scene import probe_scene
from synhead.render.renderer import Renderer, RendererInfo
from synhead.render.sensor import SensorModel
from synhead.scenes.backgrounds import BackgroundBank
from synhead.scenes.handheld import max_shift_px
from synhead.scenes.shifted_views import shifted_views
from synhead.shards.record_check import SequenceRecord
from synhead.shards.records import ShardRecord
from synhead.shards.writer import ShardWriter

BATCH_FRAMES = 16
"""Frames per call of the renderer. 16 frames of 400 x 400 with depth are 18 MB: memory stays flat."""

_RESIDENT_HEADS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceFailure:
    """A sequence that is not in the data set, and why."""

    sequence_id: str
    stage: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardOutcome:
    """What became of one shard.

    Attributes:
        record: None when none of its sequences could be made: then there is no file.
        seconds, cpu_seconds: wall-clock and CPU seconds of each stage.
    """

    shard_index: int
    record: ShardRecord | None
    failures: tuple[SequenceFailure, ...]
    renderer: dict[str, Any]
    seconds: dict[str, float]
    peak_memory_bytes: int = 0
    cpu_seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    labels: FrameLabels
    encoded: Callable[[], EncodedFrames]


class ShardWorker:
    """Holds one renderer for its whole life, and the heads and backgrounds used last."""

    def __init__(self, plan: Plan, folder: Path, *, require_gpu: bool = False, encode_threads: int = 0) -> None:
        self._plan = plan
        self._folder = RunFolder(folder)
        self._start_up = StageClock()
        keep_freed_memory()
        self._renderer: Renderer = open_renderer(
            plan.engine, antialiasing=plan.config.antialiasing, require_gpu=require_gpu
        )
        self._start_up.lap("start")
        self._encoder = FrameEncoder(plan.config.image, num_threads=encode_threads)
        self._backgrounds = BackgroundBank(plan.config.inputs.backgrounds)
        self._heads: OrderedDict[int, HeadModel] = OrderedDict()
        self._background_key: object = None
        self._sensor_model: tuple[str, SensorModel] | None = None
        self._background_pixels = np.zeros((1, 1, 3), np.uint8)

    def draw_first_frame(self) -> None:
        """Draw an egg: a driver that hangs does so here, where somebody watches."""
        scene = probe_scene()
        self._renderer.render(scene.head, scene.background, scene.spec, range(1))

    def close(self) -> None:
        """Free the renderer, end the threads."""
        self._encoder.close()
        self._renderer.close()

    def make_shard(self, shard_index: int) -> ShardOutcome:
        """Make one shard, complete or not at all; a sequence that fails is left out and reported.

        Raises:
            OutputError: the folder cannot be written (full, read-only): no other shard could be either.
            RendererError: the engine broke: the process must be replaced.
        """
        watch, self._start_up = self._start_up, StageClock()
        failures: list[SequenceFailure] = []
        info = self._renderer.info
        done = 0
        writer = ShardWriter(
            self._folder.shard_path(shard_index),
            file_attributes={
                "config_sha256": self._plan.config_sha256,
                "renderer": f"{info.engine}, {info.device}, {info.version}, {info.antialiasing}",
            },
            replace=True,
        )
        with writer:
            for index in self._plan.shards[shard_index]:
                sequence = self._plan.sequences[index]
                try:
                    record = self._make_sequence(sequence, watch, shard_index, done)
                    watch.start()
                    writer.append(record)
                    watch.lap("write")
                except (OutputError, RendererError):
                    raise
                except Exception as error:
                    failures.append(_failure(sequence, error))
                    continue
                done += sequence.num_frames
            watch.start()
            record = writer.commit() if done else None
            watch.lap("commit")
        self._folder.clear_progress(shard_index)
        return ShardOutcome(
            shard_index=shard_index,
            record=record,
            failures=tuple(failures),
            renderer=asdict(info),
            seconds=watch.wall_s,
            peak_memory_bytes=peak_memory_bytes(),
            cpu_seconds=watch.cpu_s,
        )

    @property
    def renderer_info(self) -> RendererInfo:
        """Who draws."""
        return self._renderer.info

    def probe(self, num_frames: int) -> int:
        """Make and drop up to `num_frames` frames of the first sequence; returns the bytes of their pictures."""
        watch = StageClock()
        spec = self._plan.sequence_spec(self._plan.sequences[0])
        frames = range(min(num_frames, spec.num_frames))
        encoded = self._make_batch(spec, self._plan.sequences[0], frames, watch).encoded()
        return sum(len(data) for data in encoded.images + encoded.masks) + (
            0 if encoded.depth is None else encoded.depth.nbytes
        )

    def _make_sequence(
        self, sequence: PlannedSequence, watch: StageClock, shard_index: int, frames_before: int
    ) -> SequenceRecord:
        watch.start()
        spec = self._plan.sequence_spec(sequence)
        watch.lap("plan")
        labels: list[FrameLabels] = []
        encoded: list[EncodedFrames] = []
        # With threads one batch is encoded while the next is drawn, and no more than that is kept in memory.
        begun: deque[Callable[[], EncodedFrames]] = deque()
        for start in range(0, spec.num_frames, BATCH_FRAMES):
            frames = range(start, min(start + BATCH_FRAMES, spec.num_frames))
            batch = self._make_batch(spec, sequence, frames, watch)
            labels.append(batch.labels)
            begun.append(batch.encoded)
            if len(begun) > 1:
                encoded.append(begun.popleft()())
            self._folder.note_progress(shard_index, frames_before + frames.stop)
        encoded += [finish() for finish in begun]
        files = joined(encoded)
        return SequenceRecord(
            spec=spec,
            labels=FrameLabels.concatenate(labels),
            images=files.images,
            masks=files.masks,
            image_format=self._plan.config.image.format,
            depth=files.depth,
            eye_centers_m=self._head(sequence.head_index).eye_centers_m,
        )

    def _make_batch(self, spec: SequenceSpec, sequence: PlannedSequence, frames: range, watch: StageClock) -> _Batch:
        watch.start()
        is_known = sequence.head_index in self._heads
        head = self._head(sequence.head_index)
        if not is_known:
            watch.lap("head")
        background = self._background(spec, frames)
        watch.lap("background")
        rendered = render_exposure(self._renderer, head, background, spec, frames)
        watch.lap("render")
        labels = label_frames(spec, frames, head, rendered)
        watch.lap("label")
        sensor = None if spec.sensor is None else self._sensor(spec)
        return _Batch(labels=labels, encoded=self._encoder.begin(rendered, sensor, frames, watch))

    def _background(self, spec: SequenceSpec, frames: range) -> np.ndarray:
        """One picture for all frames, or one for each where the background moves."""
        height, width, shift = spec.camera.height_px, spec.camera.width_px, spec.background_shift_px
        # A moving background is cut from a larger picture, so that no border comes into view.
        margin = 0 if shift is None else math.ceil(max_shift_px(height)) + 1
        key = (spec.background.background_id, tuple(sorted(spec.background.parameters.items())), width, height, margin)
        if self._background_key != key:
            self._background_pixels = self._backgrounds.pixels(
                spec.background, width_px=width + 2 * margin, height_px=height + 2 * margin
            )
            self._background_key = key
        if shift is None:
            return self._background_pixels
        return shifted_views(self._background_pixels, shift[frames.start : frames.stop], margin_px=margin)

    def _sensor(self, spec: SequenceSpec) -> SensorModel:
        if spec.sensor is None:
            raise ValueError(f"sequence {spec.sequence_id} has an ideal camera")
        if self._sensor_model is None or self._sensor_model[0] != spec.sequence_id:
            camera = spec.camera
            model = SensorModel(spec.sensor, seed=spec.seed, height_px=camera.height_px, width_px=camera.width_px)
            self._sensor_model = (spec.sequence_id, model)
        return self._sensor_model[1]

    def _head(self, head_index: int) -> HeadModel:
        if head_index not in self._heads:
            asset = self._plan.heads[head_index]
            head = load_kept_head(asset.path)
            if head.sha256 != asset.sha256:
                raise SynheadError(
                    f"{asset.path}: changed since the run was planned (sha256 {head.sha256[:12]}, planned "
                    f"{asset.sha256[:12]}); restore it, or start a new data set"
                )
            self._heads[head_index] = head
            while len(self._heads) > _RESIDENT_HEADS:
                self._heads.popitem(last=False)
        self._heads.move_to_end(head_index)
        return self._heads[head_index]


def _failure(sequence: PlannedSequence, error: Exception) -> SequenceFailure:
    reason = str(error) if isinstance(error, SynheadError) else f"{type(error).__name__}: {error}"
    return SequenceFailure(sequence_id=sequence.sequence_id, stage="render", reason=reason)
