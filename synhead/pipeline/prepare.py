"""From a track file to clips: read, reject failures, smooth, resample, cut."""

from dataclasses import dataclass
from pathlib import Path

from synhead.core.seeding import generator
from synhead.errors import InputError
from synhead.pipeline.config import TrackSettings
from synhead.scenes.clips import TrackClip, cut_clips
from synhead.tracks.clean import CleaningConfig, Rejection, reject_failures
from synhead.tracks.read import read_track
from synhead.tracks.resample import resample_track
from synhead.tracks.smooth import SmoothingConfig, smooth_track
from synhead.tracks.track import MotionTrack


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PreparedTrack:
    """A track, ready to be rendered along.

    Attributes:
        clips: what becomes video, in order.
        rejections: stretches that were cut, and why.
    """

    track_id: str
    source: str
    clips: tuple[TrackClip, ...]
    rejections: tuple[Rejection, ...]


def prepare_track(path: Path, track_id: str, settings: TrackSettings, dataset_seed: int) -> PreparedTrack:
    """Read and prepare one track; a pure function of the file, the settings and the seed.

    Raises:
        InputError: the file is wrong, or nothing usable is left of it.
    """
    track = read_track(path)
    rejections: list[Rejection] = []
    if settings.reject_failures:
        track, rejections = reject_failures(track, CleaningConfig())
    raw = resample_track(track, settings.fps)
    smooth = raw
    if settings.smoothing != "none":
        smoothing = SmoothingConfig(sigma_s=settings.sigma_s, method=settings.smoothing)
        smooth = resample_track(smooth_track(track, smoothing), settings.fps)
    segments = [
        _segment(track_id, s, r)
        for s, r in zip(smooth, raw, strict=True)
        if s.num_samples >= 2 and s.duration_s >= settings.min_segment_s
    ]
    if not segments:
        cut = "; ".join(str(r) for r in rejections) or "none was rejected as failed"
        raise InputError(
            path,
            f"has no stretch of at least {settings.min_segment_s} s without a gap ({track.num_samples} samples over "
            f"{track.duration_s:.3g} s; cut: {cut}); lower tracks.min_segment_s or leave this track out",
        )
    clips = cut_clips(generator(dataset_seed, track_id, "window"), segments, num_frames=settings.frames_per_track)
    return PreparedTrack(track_id=track_id, source=track.source, clips=tuple(clips), rejections=tuple(rejections))


def _segment(track_id: str, smooth: MotionTrack, raw: MotionTrack) -> TrackClip:
    return TrackClip(
        track_id=track_id,
        variant="",
        time_s=smooth.time_s,
        R_ref_head=smooth.R_ref_head,
        raw_R_ref_head=raw.R_ref_head,
        t_ref_head_m=smooth.t_ref_head_m,
        is_world=smooth.frame == "world",
    )
