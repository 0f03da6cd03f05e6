"""Made-up motion tracks in named styles, so that the project runs without anybody's recordings.

The full set has the numbers of the CVPR 2017 paper: 24, 26, 5 and 15 tracks (there BIWI, ETH, Kinect and SoftKinetic),
51,096 poses in all at 30 Hz. The head turns about a point in the neck before the camera, so that turning also moves it.
"""

import numpy as np
from jaxtyping import Float

from synhead.core.rotation import A_HEAD_TO_FRONTAL, rotation_from_euler_pyr
from synhead.core.seeding import generator
from synhead.errors import ConfigError
from synhead.tracks.styles import STYLES, softly_limited
from synhead.tracks.submovements import filtered_noise
from synhead.tracks.track import MotionTrack

SET_COUNTS = {"free_turning": 24, "conversation": 26, "driving_glances": 5, "nods_and_shakes": 8, "reading": 7}
"""Tracks of each style in the full set of seventy: 24, 26, 5, and 15 of the last two together."""
SET_FRAMES = {
    "free_turning": 15_678,
    "conversation": 20_019,
    "driving_glances": 3_850,
    "nods_and_shakes": 6_160,
    "reading": 5_389,
}
"""Poses of each style in the full set: BIWI's 15,678, and 51,096 in all. The paper does not say how the other 35,418
are spread; here they are in proportion to the number of tracks."""

_NECK_HEAD_M = np.array([0.0, -0.12, -0.03])
_LENGTHS_SEED = 2017


def synthesise_track(
    *, track_id: str, style: str, seed: int, duration_s: float = 10.0, fps: float = 30.0
) -> MotionTrack:
    """A regular track of one style in a camera's frame, a pure function of its arguments.

    Raises:
        ConfigError: unknown style, or a duration or rate that gives fewer than two samples.
    """
    if style not in STYLES:
        raise ConfigError(f'no motion style "{style}"; there are {", ".join(STYLES)}')
    if not (fps > 0 and duration_s * fps >= 2):
        raise ConfigError(f"{duration_s} s at {fps} fps are fewer than two samples")
    num = round(duration_s * fps)
    time_s = np.arange(num) / fps
    rng = generator(seed, track_id, "motion")
    rotations = rotation_from_euler_pyr(softly_limited(STYLES[style](time_s, rng)))
    return MotionTrack(
        track_id=track_id,
        time_s=time_s,
        R_ref_head=rotations,
        t_ref_head_m=_positions(time_s, rotations, rng),
        frame="camera",
        valid=np.ones(num, dtype=bool),
        max_gap_s=1.5 / fps,
        source=f"synthesised by synhead, style {style}, seed {seed}; Apache-2.0",
    )


def synthesise_tracks(
    count: int, *, seed: int, duration_s: float | None = None, fps: float = 30.0, style: str | None = None
) -> list[MotionTrack]:
    """`count` tracks, styles mixed as in the full set; a track depends on its own name and the seed, not on `count`.

    Args:
        duration_s: of every track; None: lengths vary, and the full set of 70 has 51,096 poses at 30 Hz.
        style: this one alone.

    Raises:
        ConfigError: count is below 1; see `synthesise_track`.
    """
    if count < 1:
        raise ConfigError(f"count is {count}; it must be at least 1")
    if style is not None and style not in STYLES:
        raise ConfigError(f'no motion style "{style}"; there are {", ".join(STYLES)}')
    counts = SET_COUNTS if style is None else {style: SET_COUNTS[style]}
    tracks = []
    for name, number in _order(count, counts):
        length_s = track_frames(name, number) / 30.0 if duration_s is None else duration_s
        tracks.append(
            synthesise_track(track_id=f"{name}_{number:02d}", style=name, seed=seed, duration_s=length_s, fps=fps)
        )
    return tracks


def track_frames(style: str, number: int) -> int:
    """Poses at 30 Hz of the track with this number: varied, and the full set adds up to SET_FRAMES.

    Lengths repeat after the tracks of the full set.
    """
    count, total = SET_COUNTS[style], SET_FRAMES[style]
    shares = generator(_LENGTHS_SEED, style, "lengths").uniform(0.6, 1.4, count)
    ends = np.round(np.cumsum(shares) / shares.sum() * total).astype(int)
    return int(np.diff(ends, prepend=0)[number % count])


def _order(count: int, counts: dict[str, int]) -> list[tuple[str, int]]:
    """(style, number) of the first `count` tracks: each style spread evenly over the set, then once more."""
    once = sorted(
        ((k + 0.5) / num, list(counts).index(style), style, k) for style, num in counts.items() for k in range(num)
    )
    rounds = -(-count // len(once))
    every = [(style, k + r * counts[style]) for r in range(rounds) for _, _, style, k in once]
    return every[:count]


def _positions(
    time_s: Float[np.ndarray, " num_samples"],
    rotations: Float[np.ndarray, "num_samples 3 3"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "num_samples 3"]:
    """Head origin in the camera's frame: a trunk that leans and sways, and the head turning about the neck.

    Neither recorded source has usable positions; seated people keep within some centimetres of their place.
    """
    distance_m = rng.uniform(0.7, 1.1)
    home = np.array([0.0, 0.0, distance_m]) + A_HEAD_TO_FRONTAL @ _NECK_HEAD_M
    lean = filtered_noise(time_s, rng, scale_s=2.5) * np.array([0.014, 0.005, 0.016])
    sway = filtered_noise(time_s, rng, scale_s=0.6) * np.array([0.002, 0.0012, 0.0025])
    return home + lean + sway - rotations @ _NECK_HEAD_M
