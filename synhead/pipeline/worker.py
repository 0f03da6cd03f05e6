"""What one worker does: render, label, encode and write one shard. It knows neither the executor nor its siblings."""

import os
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import synhead
from synhead.core.labels import FrameLabels
from synhead.core.scene import SequenceSpec
from synhead.errors import OutputError, RendererError, SynheadError
from synhead.heads.load import load_head
from synhead.heads.model import HeadModel
from synhead.pipeline.plan import Plan, PlannedSequence
from synhead.pipeline.run_folder import RunFolder
from synhead.render import open_renderer
from synhead.render.labels import label_frames
from synhead.render.renderer import Renderer
from synhead.scenes.backgrounds import BackgroundBank
from synhead.shards.codec import encode_mask, encode_rgb, quantise_depth
from synhead.shards.writer import SequenceRecord, ShardRecord, ShardWriter

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
        seconds: wall-clock seconds of each stage.
    """

    shard_index: int
    record: ShardRecord | None
    failures: tuple[SequenceFailure, ...]
    renderer: dict[str, Any]
    seconds: dict[str, float]
    peak_memory_bytes: int = 0


@dataclass(slots=True)
class _Stopwatch:
    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def start(self) -> None:
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


class ShardWorker:
    """Holds one renderer for its whole life, and the heads and backgrounds used last."""

    def __init__(self, plan: Plan, folder: Path, *, require_gpu: bool = False) -> None:
        self._plan = plan
        self._folder = RunFolder(folder)
        self._renderer: Renderer = open_renderer(plan.engine, require_gpu=require_gpu)
        self._backgrounds = BackgroundBank(plan.config.inputs.backgrounds)
        self._heads: OrderedDict[int, HeadModel] = OrderedDict()

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()

    def make_shard(self, shard_index: int) -> ShardOutcome:
        """Make one shard, complete or not at all; a sequence that fails is left out and reported.

        Raises:
            OutputError: the folder cannot be written (full, read-only): no other shard could be either.
            RendererError: the engine broke: the process must be replaced.
        """
        watch = _Stopwatch()
        failures: list[SequenceFailure] = []
        info = self._renderer.info
        done = 0
        writer = ShardWriter(
            self._folder.shard_path(shard_index),
            file_attributes={
                "synhead_version": synhead.__version__,
                "config_sha256": self._plan.sha256,
                "renderer": f"{info.engine}: {info.device}",
                "antialiasing": info.antialiasing,
            },
            partial_path=self._folder.partial_path(shard_index),
        )
        with writer:
            for index in self._plan.shards[shard_index]:
                sequence = self._plan.sequences[index]
                try:
                    record = self._make_sequence(sequence, watch, shard_index, done)
                except (OutputError, RendererError):
                    raise
                except Exception as error:
                    failures.append(_failure(sequence, error))
                    continue
                watch.start()
                writer.append(record)
                watch.lap("write")
                done += sequence.num_frames
            watch.start()
            record = writer.commit() if done else None
            watch.lap("write")
        self._folder.clear_progress(shard_index)
        return ShardOutcome(
            shard_index=shard_index,
            record=record,
            failures=tuple(failures),
            renderer=asdict(info),
            seconds=watch.seconds,
            peak_memory_bytes=_peak_memory_bytes(),
        )

    def _make_sequence(
        self, sequence: PlannedSequence, watch: _Stopwatch, shard_index: int, frames_before: int
    ) -> SequenceRecord:
        watch.start()
        spec = self._plan.sequence_spec(sequence)
        head = self._head(sequence.head_index)
        background = self._backgrounds.pixels(
            spec.background, width_px=spec.camera.width_px, height_px=spec.camera.height_px
        )
        watch.lap("inputs")
        image = self._plan.config.image
        labels: list[FrameLabels] = []
        images: list[bytes] = []
        masks: list[bytes] = []
        depths: list[np.ndarray] = []
        for start in range(0, spec.num_frames, BATCH_FRAMES):
            frames = range(start, min(start + BATCH_FRAMES, spec.num_frames))
            rendered = self._renderer.render(head, background, spec, frames)
            watch.lap("render")
            labels.append(label_frames(spec, frames, head, rendered))
            watch.lap("label")
            images.extend(
                encode_rgb(frame, image_format=image.format, quality=image.quality, subsampling=image.subsampling)
                for frame in rendered.rgb
            )
            masks.extend(encode_mask(coverage) for coverage in rendered.coverage)
            if "depth" in image.passes:
                depths.append(quantise_depth(rendered.depth_m))
            watch.lap("encode")
            self._folder.note_progress(shard_index, frames_before + frames.stop)
        return SequenceRecord(
            spec=_checked(spec),
            labels=FrameLabels.concatenate(labels),
            images=images,
            masks=masks,
            image_format=image.format,
            depth=np.concatenate(depths) if depths else None,
            variant_attributes={"head_sha256": head.sha256},
        )

    def _head(self, head_index: int) -> HeadModel:
        if head_index not in self._heads:
            asset = self._plan.heads[head_index]
            head = load_head(asset.path)
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


def _checked(spec: SequenceSpec) -> SequenceSpec:
    if not all(np.isfinite(a).all() for a in (spec.R_cam_head, spec.t_cam_head_m, spec.time_s)):
        raise SynheadError(f"{spec.sequence_id}: its poses have values that are not finite")
    return spec


def _failure(sequence: PlannedSequence, error: Exception) -> SequenceFailure:
    reason = str(error) if isinstance(error, SynheadError) else f"{type(error).__name__}: {error}"
    return SequenceFailure(sequence_id=sequence.sequence_id, stage="render", reason=reason)


def _peak_memory_bytes() -> int:
    """Peak resident size of this process; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{os.getpid()}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    return 0
