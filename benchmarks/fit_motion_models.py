"""Fit the motion models of `synhead.tracks.styles` to aggregate figures of recorded motion; prints them as Python.

    python benchmarks/fit_motion_models.py free_turning --generations 200

A separable CMA-ES (Ros and Hansen 2008) over the logarithms of the model's parameters minimises the distance of
`synhead.tracks.compare.distance_terms` between simulated and recorded figures. Recorded poses are not needed.
"""

import argparse
import time

import numpy as np

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.tracks import fitted_models
from synhead.tracks.compare import distance_terms, frontal_windows, reference_statistics
from synhead.tracks.statistics import ANGLES, PERCENTILES, MotionStatistics, motion_statistics
from synhead.tracks.submovements import AxisMotion, MotionModel, mapped, simulate

FPS = 30.0
# name: (start, lowest, highest)
AXIS_PARAMETERS = {
    "interval_s": (0.9, 0.15, 8.0),
    "interval_spread": (0.7, 0.1, 2.0),
    "target_deg": (15.0, 1.0, 60.0),
    "target_tail": (0.05, 0.001, 0.6),
    "move_share": (0.4, 0.03, 1.0),
    "persistence": (0.3, 0.01, 0.95),
    "correction_deg": (3.0, 0.1, 20.0),
    "duration_s": (0.4, 0.12, 2.5),
    "duration_per_root_deg_s": (0.08, 0.005, 0.5),
    "sway_deg": (0.8, 0.02, 6.0),
    "tremor_deg": (0.06, 0.002, 1.0),
}
SHARED_PARAMETERS = {
    "duration_spread": (0.3, 0.02, 0.9),
    "sway_s": (0.6, 0.25, 2.0),
    "tremor_s": (0.08, 0.03, 0.25),
    "roll_per_pitch": (0.15, 0.001, 0.9),
}


def names() -> list[tuple[str, tuple[float, float, float]]]:
    out = [(f"{angle}.{name}", bounds) for angle in ANGLES for name, bounds in AXIS_PARAMETERS.items()]
    return out + list(SHARED_PARAMETERS.items())


def model_of(values: np.ndarray, angle_map=((), (), ())) -> MotionModel:
    table = dict(zip([name for name, _ in names()], (float(v) for v in values), strict=True))
    axes = tuple(AxisMotion(**{n: table[f"{angle}.{n}"] for n in AXIS_PARAMETERS}) for angle in ANGLES)
    return MotionModel(axes=axes, roll_per_yaw=0.0, angle_map_deg=angle_map, **{n: table[n] for n in SHARED_PARAMETERS})


def angle_map(angles: list[np.ndarray], reference: MotionStatistics, strength: tuple[float, float, float]):
    """Pairs that take the percentiles of `angles` to those of the reference."""
    every = np.concatenate(angles)
    pairs = []
    for k, name in enumerate(ANGLES):
        if strength[k] == 0:
            pairs.append(())
            continue
        x = np.percentile(every[:, k], PERCENTILES)
        y = reference.angle_percentiles_deg[name]
        pairs.append(tuple((round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True)))
    return tuple(pairs)


def segments_of(kind: str, model: MotionModel, seed: int, reference: MotionStatistics, *, fixed_map: bool = False):
    """Simulated segments as the reference was made; the map is fitted on the way unless the model has its own."""
    num, frames = (24, 650) if kind == "free_turning" else (24, 600)
    time_s = np.arange(frames) / FPS
    angles = [simulate(model, time_s, np.random.default_rng([seed, k])) for k in range(num)]
    strength = (1.0, 1.0, 1.0) if kind == "free_turning" else (1.0, 0.0, 1.0)
    pairs = model.angle_map_deg
    if not fixed_map:
        pairs = angle_map(angles, reference, strength)
        angles = [mapped(a, pairs) for a in angles]
    # The angles stay where euler_pyr_deg is one to one.
    angles = [np.clip(a, [-85, -85, -85], [85, 85, 85]) for a in angles]
    rotations = [rotation_from_euler_pyr(a) for a in angles]
    return (rotations if kind == "free_turning" else frontal_windows(rotations)), pairs


def loss(kind: str, values: np.ndarray, seed: int, reference: MotionStatistics) -> float:
    segments, _ = segments_of(kind, model_of(values), seed, reference)
    return float(sum(distance_terms(motion_statistics(segments), reference).values()))


def values_of(model: MotionModel) -> np.ndarray:
    """The inverse of `model_of`: to go on from a fitted model."""
    rows = [getattr(axis, n) for axis in model.axes for n in AXIS_PARAMETERS]
    return np.array(rows + [getattr(model, n) for n in SHARED_PARAMETERS])


def fit(kind: str, generations: int, seed: int, begin: np.ndarray | None) -> np.ndarray:
    reference = reference_statistics("biwi_lowpass_5hz" if kind == "free_turning" else "head360_frontal")
    start, low, high = (np.array(column) for column in zip(*(bounds for _, bounds in names()), strict=True))
    lo, hi = np.log(low), np.log(high)
    mean, sigma = (np.log(start), 0.35) if begin is None else (np.clip(np.log(begin), lo, hi), 0.12)
    n = len(mean)
    rng = np.random.default_rng(seed)
    population, parents = 24, 12
    weights = np.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    mu = 1 / (weights**2).sum()
    cs, cc = (mu + 2) / (n + mu + 5), (4 + mu / n) / (n + 4 + 2 * mu / n)
    c1 = 2 / ((n + 1.3) ** 2 + mu) * (n + 2) / 3
    cm = min(1 - c1, 2 * (mu - 2 + 1 / mu) / ((n + 2) ** 2 + mu) * (n + 2) / 3)
    ds, chi = 1 + cs, np.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    c, ps, pc = np.ones(n), np.zeros(n), np.zeros(n)
    for generation in range(generations):
        z = rng.standard_normal((population, n))
        x = np.clip(mean + sigma * np.sqrt(c) * z, lo, hi)
        losses = np.array([loss(kind, np.exp(row), 1000 + generation, reference) for row in x])
        order = np.argsort(losses)[:parents]
        step = (x[order] - mean) / (sigma * np.sqrt(c))
        zw = weights @ step
        mean = mean + sigma * np.sqrt(c) * zw
        ps = (1 - cs) * ps + np.sqrt(cs * (2 - cs) * mu) * zw
        pc = (1 - cc) * pc + np.sqrt(cc * (2 - cc) * mu) * np.sqrt(c) * zw
        c = (1 - c1 - cm) * c + c1 * pc**2 + cm * (weights @ (c * step**2))
        sigma *= np.exp(cs / ds * (np.linalg.norm(ps) / chi - 1))
        if generation % 10 == 0:
            print(
                f"{generation:4d} best {losses.min():.3f} median {np.median(losses):.3f} sigma {sigma:.3f}", flush=True
            )
    return np.exp(mean)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("free_turning", "conversation"))
    parser.add_argument("--generations", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--refine", action="store_true", help="go on from the model in synhead.tracks.fitted_models")
    arguments = parser.parse_args()
    began = time.time()
    fitted = fitted_models.FREE_TURNING if arguments.kind == "free_turning" else fitted_models.CONVERSATION
    begin = values_of(fitted) if arguments.refine else None
    values = fit(arguments.kind, arguments.generations, arguments.seed, begin)
    reference = reference_statistics("biwi_lowpass_5hz" if arguments.kind == "free_turning" else "head360_frontal")
    # The map is made once, from much more motion than one set has.
    model = model_of(np.array([float(f"{v:.4g}") for v in values]))
    maps = [segments_of(arguments.kind, model, seed, reference)[1] for seed in range(20)]
    mean_map = tuple(
        tuple((float(a), float(b)) for a, b in np.round(np.mean([m[k] for m in maps], axis=0), 2)) if maps[0][k] else ()
        for k in range(3)
    )
    model = model_of(np.array([float(f"{v:.4g}") for v in values]), mean_map)
    terms = [
        distance_terms(
            motion_statistics(segments_of(arguments.kind, model, seed, reference, fixed_map=True)[0]), reference
        )
        for seed in range(5)
    ]
    print(f"# {time.time() - began:.0f} s; mean distance terms on five fresh sets:")
    for name in terms[0]:
        print(f"#   {name} {np.mean([t[name] for t in terms]):.4f}")
    print(model)


if __name__ == "__main__":
    main()
