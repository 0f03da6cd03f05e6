"""One sequence, decided: camera, placement, lights and background of one head on one clip, as a SequenceSpec."""

from dataclasses import dataclass, field
from typing import Literal

from synhead.core.scene import SequenceSpec
from synhead.core.seeding import derive_seed, generator
from synhead.scenes.backgrounds import BackgroundSource, choose_background
from synhead.scenes.camera_rig import place_camera
from synhead.scenes.clips import TrackClip
from synhead.scenes.face_motion import decide_face_motion
from synhead.scenes.handheld import handheld_shift
from synhead.scenes.lighting_of_background import lighting_before
from synhead.scenes.lights import choose_plain_lighting
from synhead.scenes.sensor import SensorEffects, choose_sensor


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneConfig:
    """What may vary between sequences.

    Attributes:
        width_px, height_px: size of the frames.
        head_share: the head's height over the picture's height at its median distance.
        background_per: "track" (one background a track, as in the paper) or "sequence".
        backgrounds: usable files; empty: procedural backgrounds.
        look: "natural", or "paper": the plain look of SynHead (a resting face, plain light, an ideal camera).
        expressions: "natural", or "none": the face rests and the eyes look straight ahead.
        sensor: imperfections of the camera; the paper look has none of them.
        background_motion: "none", or "handheld": the background sways a few pixels.
    """

    width_px: int
    height_px: int
    fps: float
    head_share: float
    background_per: str
    backgrounds: list[BackgroundSource] = field(default_factory=list)
    look: Literal["natural", "paper"] = "natural"
    expressions: Literal["natural", "none"] = "natural"
    sensor: SensorEffects = field(default_factory=SensorEffects)
    background_motion: Literal["none", "handheld"] = "none"


def sequence_id_of(head_id: str, clip: TrackClip) -> str:
    """``<head_id>__<track_id>``, and ``__<variant>`` where a track has several clips."""
    return "__".join([head_id, clip.track_id, clip.variant] if clip.variant else [head_id, clip.track_id])


def decide_sequence(config: SceneConfig, dataset_seed: int, head_id: str, clip: TrackClip) -> SequenceSpec:
    """The complete description of one sequence: a pure function of the seed, the names and the clip.

    Background and camera belong to the track (ten heads on one track share them, as in SynHead); lights belong to the
    sequence.

    Raises:
        InputError: the track's translation is not plausible.
    """
    sequence_id = sequence_id_of(head_id, clip)
    placement = place_camera(
        generator(dataset_seed, clip.track_id, clip.variant, "camera"),
        clip.R_ref_head,
        clip.t_ref_head_m,
        track_id=clip.track_id,
        is_world=clip.is_world,
        fps=config.fps,
        width_px=config.width_px,
        height_px=config.height_px,
        head_share=config.head_share,
    )
    background_owner = clip.track_id if config.background_per == "track" else sequence_id
    effects = config.sensor if config.look == "natural" else SensorEffects.none()
    background = choose_background(generator(dataset_seed, background_owner, "background"), config.backgrounds)
    source = next((b for b in config.backgrounds if b.background_id == background.path), None)
    light_rng = generator(dataset_seed, sequence_id, "lights")
    shift = None
    if config.background_motion == "handheld":
        rng = generator(dataset_seed, background_owner, "background-motion")
        shift = handheld_shift(rng, clip.time_s, height_px=config.height_px)
    return SequenceSpec(
        sequence_id=sequence_id,
        head_id=head_id,
        track_id=clip.track_id,
        seed=derive_seed(dataset_seed, sequence_id),
        fps=config.fps,
        camera=placement.camera,
        lighting=(
            lighting_before(light_rng, background, source)
            if config.look == "natural"
            else choose_plain_lighting(light_rng)
        ),
        background=background,
        time_s=clip.time_s,
        R_cam_head=clip.R_ref_head,
        t_cam_head_m=placement.t_cam_head_m,
        raw_R_cam_head=clip.raw_R_ref_head,
        sensor=choose_sensor(
            generator(dataset_seed, sequence_id, "sensor"), effects, fps=config.fps, height_px=config.height_px
        ),
        background_shift_px=shift,
        face=(
            decide_face_motion(
                generator(dataset_seed, sequence_id, "face"), clip.R_ref_head, placement.t_cam_head_m, config.fps
            )
            if config.expressions == "natural"
            else None
        ),
    )
