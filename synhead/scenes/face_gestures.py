"""Blinks, speech, smiles and drifting brows: how strong each is over time. Sources stand with the figures."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Times = Float[np.ndarray, " num_frames"]

_BLINK_APART_S = 0.45
"""From the start of one blink to the start of the next."""
_BLINK_SPREAD = 0.75
"""Standard deviation of the logarithm of the time between blinks: long pauses and flurries."""


def ease(share: Times) -> Times:
    """0 to 1 with no jump of speed at either end (minimum jerk, Flash and Hogan 1985)."""
    share = np.clip(share, 0.0, 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


def blink_times(
    rng: np.random.Generator,
    duration_s: float,
    per_min: float,
    saccade_s: Float[np.ndarray, " num_saccades"],
    saccade_deg: Float[np.ndarray, " num_saccades"],
) -> list[float]:
    """Starts of blinks in seconds, from a little before 0: spontaneous ones, and those that go with gaze shifts.

    Spontaneous ones come at log-normal intervals: about 17 a minute at rest, 26 in conversation (Bentivoglio et al.
    1997). Large gaze shifts often come with one, small ones hardly ever (Evinger et al. 1994); here less often than
    there, because the tracks of this field turn more than people do.
    """
    median_s = 60.0 / per_min * np.exp(-(_BLINK_SPREAD**2) / 2)
    chance = np.clip((saccade_deg - 20.0) / 40.0, 0.0, 0.6)
    with_gaze = saccade_s[rng.random(len(saccade_s)) < chance].tolist()
    # The process has run for a minute when the sequence begins: otherwise all would begin with open eyes.
    starts = [-60.0]
    while starts[-1] < duration_s:
        last = starts[-1]
        following = last + max(float(median_s * np.exp(rng.normal(0.0, _BLINK_SPREAD))), _BLINK_APART_S)
        # A blink with a gaze shift serves for the next spontaneous one.
        early = [t for t in with_gaze if last + _BLINK_APART_S <= t < following]
        starts.append(early[0] if early else following)
    return [start for start in starts if -0.5 < start < duration_s]


def blink_closure(rng: np.random.Generator, time_s: Times, starts: list[float]) -> Times:
    """How far the lids are closed by blinks, 0 to 1.

    Closing takes 55 to 100 ms, opening two to three times as long with a slow end (VanderWerf et al. 2003); a tenth of
    all blinks are not complete.
    """
    closure = np.zeros_like(time_s)
    for start in starts:
        closing_s, opening_s = rng.uniform(0.055, 0.100), rng.uniform(0.13, 0.25)
        held_s = rng.uniform(0.005, 0.045)
        depth = rng.uniform(0.5, 0.85) if rng.random() < 0.1 else 1.0
        since = time_s - start
        opened = np.clip((since - closing_s - held_s) / opening_s, 0.0, 1.0)
        lids = ease(since / closing_s) * (1 - ease(opened**0.75))
        closure = np.maximum(closure, depth * lids)
    return closure


def slow_noise(rng: np.random.Generator, time_s: Times, period_s: float) -> Times:
    """Smooth noise of mean 0 and about unit spread that changes over `period_s`."""
    frequency = rng.uniform(0.4, 1.6, 4) / period_s
    phase = rng.uniform(0, 2 * np.pi, 4)
    return np.sin(2 * np.pi * frequency * time_s[:, None] + phase).sum(axis=1) / np.sqrt(2.0)


def swell(time_s: Times, start_s: float, rise_s: float, hold_s: float, fall_s: float) -> Times:
    """Up, there, and down again: 0 to 1 to 0."""
    since = time_s - start_s
    return ease(since / rise_s) * (1 - ease((since - rise_s - hold_s) / fall_s))


def swells(
    rng: np.random.Generator,
    time_s: Times,
    every_s: float,
    one: Callable[[np.random.Generator], tuple[float, float, float, float]],
) -> Times:
    """Swells at random times, `every_s` apart in the mean; `one` gives strength, rise, hold and fall of each."""
    out, start = np.zeros_like(time_s), -every_s * rng.uniform(0.5, 1.5)
    while start < time_s[-1]:
        strength, *lengths = one(rng)
        out = np.maximum(out, strength * swell(time_s, start, *lengths))
        start += sum(lengths) + rng.exponential(every_s)
    return out


def smile(rng: np.random.Generator, time_s: Times, strength: float) -> Times:
    """A smile that comes and goes: rises in 0.4 to 0.8 s, falls more slowly (Schmidt et al. 2003)."""
    return swells(
        rng,
        time_s,
        2.0,
        lambda r: (strength * r.uniform(0.6, 1.2), r.uniform(0.4, 0.8), r.uniform(1.0, 4.0), r.uniform(0.7, 1.4)),
    )


def speech(rng: np.random.Generator, time_s: Times) -> dict[str, Times]:
    """Mouth shapes of somebody who talks: phrases of syllables, with pauses.

    3 to 5 syllables a second (Greenberg 1999: 200 ms the syllable), the mouth opening and closing with each
    (Chandrasekaran et al. 2009: 2 to 7 Hz); phrases of 0.8 to 3 s, pauses of 0.25 to 1.2 s (Goldman-Eisler 1968).
    """
    names = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthStretch", "mouthLowerDown", "mouthUpperUp")
    out = {name: np.zeros_like(time_s) for name in names}
    rate_hz, loudness = rng.uniform(3.2, 4.8), rng.uniform(0.6, 1.0)
    time = -rng.uniform(0, 3)
    while time < time_s[-1]:
        phrase_end = time + rng.uniform(0.8, 3.0)
        while time < phrase_end:
            length = float(np.clip(rng.normal(1.0, 0.2), 0.6, 1.6)) / rate_hz
            _add_syllable(rng, out, time_s, time, length, loudness)
            time += length
        time += rng.uniform(0.25, 1.2)
    return out


def _add_syllable(
    rng: np.random.Generator, out: dict[str, Times], time_s: Times, start_s: float, length_s: float, loudness: float
) -> None:
    jaw = loudness * rng.uniform(0.08, 0.35)
    lips = rng.choice(["mouthFunnel", "mouthPucker", "mouthStretch", ""], p=[0.2, 0.2, 0.25, 0.35])
    lip_strength = rng.uniform(0.1, 0.4)
    # Neighbours overlap: mouths do not close between all syllables.
    bump = _bump(time_s, start_s, 1.25 * length_s)
    out["jawOpen"] = np.maximum(out["jawOpen"], jaw * bump)
    out["mouthLowerDown"] = np.maximum(out["mouthLowerDown"], 0.6 * jaw * bump)
    out["mouthUpperUp"] = np.maximum(out["mouthUpperUp"], 0.3 * jaw * bump)
    if lips:
        # Lips prepare for a vowel before the jaw does (coarticulation, Perkell and Matthies 1992).
        shape = _bump(time_s, start_s - 0.3 * length_s, 1.8 * length_s)
        out[str(lips)] = np.maximum(out[str(lips)], lip_strength * shape)


def _bump(time_s: Times, start_s: float, length_s: float) -> Times:
    share = np.clip((time_s - start_s) / length_s, 0.0, 1.0)
    return 0.5 - 0.5 * np.cos(2 * np.pi * share)
