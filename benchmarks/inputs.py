"""Inputs of the measurements: heads linked into a folder, the plain loop's sweep of poses as tracks, a recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.heads.load import find_heads
from synhead.tracks.track import MotionTrack
from synhead.tracks.write import write_tracks

REPOSITORY = Path(__file__).resolve().parents[1]
LOOP_HEAD_SHARE = 0.614
"""The loop's framing: 24 degrees at 0.9 m show 0.3826 m, of which a head is 0.235 m."""


def link_heads(heads: Path, folder: Path, names: list[str] | None = None) -> list[str]:
    """Links to the heads of a folder, or to those named; returns the names.

    Raises:
        SystemExit: a name is none of them.
    """
    found = {path.name: path for path in find_heads(heads)}
    unknown = sorted(set(names or ()) - found.keys())
    if unknown:
        raise SystemExit(f"{heads}: no head {unknown[0]}; there are {', '.join(found)}")
    folder.mkdir(parents=True)
    chosen = names or list(found)
    for name in chosen:
        (folder / name).symlink_to(found[name].resolve())
    return chosen


def write_sweep(folder: Path, num_frames: int, num_tracks: int) -> None:
    """The loop's poses, yaw from -60 to 60 and pitch of 30 degrees to and fro three times, cut into equal tracks."""
    s = np.linspace(0, 1, num_frames)
    angles = np.stack([30 * np.sin(2 * np.pi * 3 * s), 120 * s - 60, np.zeros(num_frames)], axis=1)
    parts = np.array_split(np.arange(num_frames), num_tracks)
    write_tracks([_track(f"sweep{k:05d}", angles[part]) for k, part in enumerate(parts)], folder)


def _track(track_id: str, euler_pyr_deg: np.ndarray) -> MotionTrack:
    count = len(euler_pyr_deg)
    return MotionTrack(
        track_id=track_id,
        time_s=np.arange(count) / 30.0,
        R_ref_head=rotation_from_euler_pyr(euler_pyr_deg),
        t_ref_head_m=np.tile([0.0, 0.0, 0.9], (count, 1)),
        frame="camera",
        valid=np.ones(count, dtype=bool),
        max_gap_s=0.1,
    )


def write_recipe(path: Path, *, heads: Path, tracks: Path, backgrounds: Path | None, settings: dict[str, Any]) -> Path:
    """A recipe with these inputs; tracks are taken as they are, and not smoothed or cut, unless `settings` say so."""
    inputs = {"models": str(heads.resolve()), "tracks": str(tracks.resolve())}
    if backgrounds is not None:
        inputs["backgrounds"] = str(backgrounds.resolve())
    recipe: dict[str, Any] = {
        "inputs": inputs,
        "tracks": {"smoothing": "none", "reject_failures": False, "min_segment_s": 0},
        "scene": {"head_share": LOOP_HEAD_SHARE},
    }
    for name, values in settings.items():
        recipe[name] = {**recipe.get(name, {}), **values} if isinstance(values, dict) else values
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path
