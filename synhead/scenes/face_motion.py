"""What a face does during one sequence: blinks, gaze, lids, a style of expression. Decided once, from one generator."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.core.scene import FaceMotion
from synhead.scenes.face_gestures import Times, blink_closure, blink_times, slow_noise, smile, speech, swells
from synhead.scenes.gaze_motion import GazeHabits, GazePath, decide_gaze

_LIDS_UP_DEG, _LIDS_DOWN_DEG = 28.0, 20.0
"""Eyes turned up or down so far move the lids as eyeLookUp and eyeLookDown do at 1: the upper lid keeps its place on
the eyeball, 12 mm x sin 20 degrees = 4 mm down."""
_EYES_ASIDE_FULL_DEG = 35.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceStyle:
    """How somebody behaves.

    Attributes:
        share: of the sequences.
        blinks_per_min: mean over people, without the blinks that go with large gaze shifts.
        smile: strength of smiles; 0: none.
        liveliness: of brows and small movements.
    """

    share: float
    blinks_per_min: float
    gaze: GazeHabits
    smile: float
    liveliness: float
    talks: bool = False


STYLES = {
    "still": FaceStyle(
        share=0.15,
        blinks_per_min=14.0,
        gaze=GazeHabits(camera_share=0.3, scatter_deg=4.0, fixation_s=0.9),
        smile=0.0,
        liveliness=0.3,
    ),
    "attentive": FaceStyle(
        share=0.35,
        blinks_per_min=15.0,
        gaze=GazeHabits(camera_share=0.5, scatter_deg=6.0, fixation_s=0.6),
        smile=0.2,
        liveliness=0.7,
    ),
    "talking": FaceStyle(
        share=0.35,
        blinks_per_min=21.0,
        gaze=GazeHabits(camera_share=0.45, scatter_deg=8.0, fixation_s=0.5),
        smile=0.25,
        liveliness=1.0,
        talks=True,
    ),
    "smiling": FaceStyle(
        share=0.15,
        blinks_per_min=16.0,
        gaze=GazeHabits(camera_share=0.6, scatter_deg=5.0, fixation_s=0.6),
        smile=0.7,
        liveliness=0.8,
    ),
}
"""Blink rates about those of Bentivoglio et al. (1997): 17 a minute at rest, more in conversation."""


def decide_face_motion(
    rng: np.random.Generator,
    R_cam_head: Float[np.ndarray, "num_frames 3 3"],
    t_cam_head_m: Float[np.ndarray, "num_frames 3"],
    fps: float,
    *,
    style: str | None = None,
) -> FaceMotion:
    """Expression and gaze along one head motion: a pure function of the generator's state and the motion.

    Args:
        style: one of STYLES; None draws one.

    Returns:
        the shapes that move at all, by their ARKit names; a head that lacks one leaves it out.
    """
    drawn = str(rng.choice(list(STYLES), p=[s.share for s in STYLES.values()]))
    habits = STYLES[style or drawn]
    time_s = np.arange(len(R_cam_head)) / fps
    gaze = decide_gaze(rng, R_cam_head, t_cam_head_m, fps, habits.gaze)
    per_min = habits.blinks_per_min * float(np.exp(rng.normal(0.0, 0.3)))
    starts = blink_times(rng, float(time_s[-1]) + 0.1, per_min, gaze.saccade_s, gaze.saccade_deg)
    closure = blink_closure(rng, time_s, starts)
    tracks = _expression(rng, time_s, habits) | _lids(rng, gaze, closure)
    open_share = 1 - closure
    for side in ("Left", "Right"):
        # A closed lid has no more way to go.
        tracks[f"eyeSquint{side}"] = tracks[f"eyeSquint{side}"] * open_share
    moving = {name: np.clip(values, 0.0, 1.0) for name, values in sorted(tracks.items()) if values.max() > 1e-3}
    return FaceMotion(
        shape_names=tuple(moving),
        coefficients=np.stack(list(moving.values()), axis=1) if moving else np.zeros((len(time_s), 0)),
        gaze_pyr_deg=gaze.gaze_pyr_deg,
    )


def _lids(rng: np.random.Generator, gaze: GazePath, closure: Times) -> dict[str, Times]:
    """Lids ride on the eyeballs (Becker and Fuchs 1988: they follow vertical gaze) until a blink closes them."""
    pitch, yaw = gaze.gaze_pyr_deg.T
    aside = yaw / _EYES_ASIDE_FULL_DEG
    weaker = rng.uniform(0.94, 1.0)
    left_is_weaker = rng.random() < 0.5
    tracks = {}
    for side, outward in (("Left", -aside), ("Right", aside)):
        strength = weaker if (side == "Left") == left_is_weaker else 1.0
        tracks[f"eyeBlink{side}"] = strength * closure
        rest = 1 - tracks[f"eyeBlink{side}"]
        tracks[f"eyeLookUp{side}"] = np.clip(pitch / _LIDS_UP_DEG, 0, 1) * rest
        tracks[f"eyeLookDown{side}"] = np.clip(-pitch / _LIDS_DOWN_DEG, 0, 1) * rest
        tracks[f"eyeLookOut{side}"] = np.clip(outward, 0, 1) * rest
        tracks[f"eyeLookIn{side}"] = np.clip(-outward, 0, 1) * rest
    return tracks


def _expression(rng: np.random.Generator, time_s: Times, habits: FaceStyle) -> dict[str, Times]:
    live = habits.liveliness
    tracks: dict[str, Times] = {}
    smiles = smile(rng, time_s, habits.smile) + np.maximum(0.04 * live * slow_noise(rng, time_s, 4.0), 0.0)
    lopsided = rng.uniform(-0.12, 0.12)
    raised = swells(
        rng,
        time_s,
        3.0 if habits.talks else 7.0,
        lambda r: (live * r.uniform(0.1, 0.45), r.uniform(0.12, 0.3), r.uniform(0.05, 0.7), r.uniform(0.25, 0.6)),
    )
    drift = slow_noise(rng, time_s, 3.0)
    outer_share = rng.uniform(0.4, 0.9)
    for side, sign in (("Left", 1), ("Right", -1)):
        own = smiles * (1 + sign * lopsided)
        tracks[f"mouthSmile{side}"] = own
        tracks[f"cheekSquint{side}"] = 0.6 * np.maximum(own - 0.1, 0.0)
        # Smiles that are meant narrow the eyes (Ekman, Davidson and Friesen 1990).
        tracks[f"eyeSquint{side}"] = 0.45 * np.maximum(own - 0.15, 0.0)
        tracks[f"browOuterUp{side}"] = outer_share * raised
        tracks[f"browDown{side}"] = np.maximum(-0.08 * live * drift, 0.0)
        tracks[f"mouthDimple{side}"] = 0.25 * own
    tracks["browInnerUp"] = np.maximum(0.8 * raised + np.maximum(0.06 * live * drift, 0.0), 0.0)
    if habits.talks:
        said = speech(rng, time_s)
        tracks["jawOpen"], tracks["mouthFunnel"], tracks["mouthPucker"] = (
            said[name] for name in ("jawOpen", "mouthFunnel", "mouthPucker")
        )
        # A smile and rounded lips pull the corners both ways; speech wins.
        rounded = 1 - 0.7 * np.clip(2 * (said["mouthFunnel"] + said["mouthPucker"]), 0, 1)
        for side in ("Left", "Right"):
            tracks[f"mouthSmile{side}"] = tracks[f"mouthSmile{side}"] * rounded
            tracks[f"mouthStretch{side}"] = said["mouthStretch"]
            tracks[f"mouthLowerDown{side}"] = said["mouthLowerDown"]
            tracks[f"mouthUpperUp{side}"] = said["mouthUpperUp"]
    return tracks
