"""The plan: every sequence, its clip, its place in a shard. Pure: the same inputs and config give the same plan.

Nothing here knows how many workers there are or which executor runs them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synhead.core.scene import SequenceSpec
from synhead.pipeline.config import RenderConfig
from synhead.scenes.backgrounds import BackgroundSource
from synhead.scenes.clips import TrackClip
from synhead.scenes.sensor import SensorEffects
from synhead.scenes.sequence import SceneConfig, decide_sequence, sequence_id_of
from synhead.shards.manifest import content_sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One input, by content.

    Attributes:
        asset_id: head id, track id or background id.
        path: where it was read; not part of any digest.
        details: counts worth showing (triangles, samples, rejected stretches).
    """

    asset_id: str
    path: Path
    sha256: str
    licence: str
    source: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """An input that cannot be used, and what is lost with it."""

    kind: str
    asset_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedSequence:
    """A sequence before its details are decided."""

    sequence_id: str
    head_index: int
    clip_index: int
    num_frames: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """Everything a worker needs; small enough to send (clips, not frames).

    Attributes:
        engine: the renderer that "auto" became.
        sequences: in the order of their shards.
        shards: for each shard, indices into `sequences`; a shard holds whole sequences.
    """

    config: RenderConfig
    engine: str
    heads: tuple[Asset, ...]
    tracks: tuple[Asset, ...]
    backgrounds: tuple[Asset, ...]
    clips: tuple[TrackClip, ...]
    scene: SceneConfig
    sequences: tuple[PlannedSequence, ...]
    shards: tuple[tuple[int, ...], ...]
    quarantined: tuple[Quarantined, ...]

    @property
    def num_frames(self) -> int:
        """Frames of all sequences."""
        return sum(s.num_frames for s in self.sequences)

    def shard_frames(self, shard_index: int) -> int:
        """Frames of one shard."""
        return sum(self.sequences[i].num_frames for i in self.shards[shard_index])

    def content(self) -> dict[str, Any]:
        """What decides the data set, as plain JSON values: settings and inputs by content."""
        return {
            "config": {**self.config.content(), "renderer": self.engine},
            "inputs": {
                "heads": {a.asset_id: a.sha256 for a in self.heads},
                "tracks": {a.asset_id: a.sha256 for a in self.tracks},
                "backgrounds": {a.asset_id: a.sha256 for a in self.backgrounds},
            },
        }

    @property
    def config_sha256(self) -> str:
        """Of the settings in `content()`; recorded in every shard and in the manifest."""
        return content_sha256(self.content()["config"])

    def sequence_spec(self, sequence: PlannedSequence) -> SequenceSpec:
        """The complete description of one sequence."""
        return decide_sequence(
            self.scene,
            self.config.seed,
            self.heads[sequence.head_index].asset_id,
            self.clips[sequence.clip_index],
        )


def make_plan(
    config: RenderConfig,
    *,
    engine: str,
    heads: list[Asset],
    tracks: list[Asset],
    clips: list[TrackClip],
    backgrounds: list[BackgroundSource],
    background_licence: str,
    quarantined: list[Quarantined],
) -> Plan:
    """All heads along all clips, packed into shards."""
    sequences = tuple(
        PlannedSequence(
            sequence_id=sequence_id_of(head.asset_id, clip),
            head_index=head_index,
            clip_index=clip_index,
            num_frames=clip.num_frames,
        )
        for head_index, head in enumerate(heads)
        for clip_index, clip in enumerate(clips)
    )
    frames = [s.num_frames for s in sequences]
    return Plan(
        config=config,
        engine=engine,
        heads=tuple(heads),
        tracks=tuple(tracks),
        backgrounds=tuple(_background_asset(config, b, background_licence) for b in backgrounds),
        clips=tuple(clips),
        scene=SceneConfig(
            width_px=config.scene.width_px,
            height_px=config.scene.height_px,
            fps=config.tracks.fps,
            head_share=config.scene.head_share,
            background_per=config.scene.background_per,
            look=config.scene.look,
            expressions=config.scene.expressions or ("natural" if config.scene.look == "natural" else "none"),
            backgrounds=backgrounds,
            sensor=SensorEffects(**config.scene.sensor.model_dump()),
            background_motion=config.scene.background_motion,
        ),
        sequences=sequences,
        shards=pack_shards(frames, config.shard_frames or min(max(sum(frames) // 32, 64), 1024)),
        quarantined=tuple(quarantined),
    )


def pack_shards(frames: list[int], target: int) -> tuple[tuple[int, ...], ...]:
    """Consecutive sequences together until the next one would pass the target; a longer one stands alone."""
    shards: list[list[int]] = []
    filled = 0
    for index, count in enumerate(frames):
        if not shards or filled + count > target:
            shards.append([])
            filled = 0
        shards[-1].append(index)
        filled += count
    return tuple(tuple(s) for s in shards)


def _background_asset(config: RenderConfig, source: BackgroundSource, licence: str) -> Asset:
    root = config.inputs.backgrounds or Path()
    return Asset(
        asset_id=source.background_id,
        path=root / source.background_id,
        sha256=source.sha256,
        licence=licence,
        source=source.kind,
    )
