"""A data set in miniature: two egg heads, three tracks, two pictures, 48 x 48 pixels."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.pipeline.config import RenderConfig, load_config
from synhead.tracks.track import MotionTrack
from synhead.tracks.write import write_tracks
from tests.heads.synthetic import write_head

HEAD_IDS = ("egg1", "egg2")
TRACK_IDS = ("nod", "shake", "turn")


def make_inputs(root: Path, *, num_samples: int = 24) -> Path:
    """Folders `heads`, `tracks`, `photos` below `root`; returns `root`."""
    for head_id in HEAD_IDS:
        write_head(root / "heads" / head_id, id=head_id)
    write_tracks([_track(name, k, num_samples) for k, name in enumerate(TRACK_IDS)], root / "tracks")
    (root / "photos").mkdir(parents=True)
    for k in range(2):
        ramp = np.linspace(0, 255, 96 * 80 * 3).reshape(80, 96, 3).astype(np.uint8)
        Image.fromarray(np.roll(ramp, 20 * k, axis=2)).save(root / "photos" / f"p{k}.png")
    return root


def _track(name: str, k: int, num_samples: int) -> MotionTrack:
    time_s = np.arange(num_samples) / 30.0
    angles = np.zeros((num_samples, 3))
    angles[:, k % 3] = 20 * np.sin(2 * np.pi * 0.8 * time_s + k)
    wander = 0.01 * np.sin(time_s[:, None] * np.array([3.0, 2.0, 1.0]) + k)
    return MotionTrack(
        track_id=name,
        time_s=time_s,
        R_ref_head=rotation_from_euler_pyr(angles),
        t_ref_head_m=np.array([0.02, -0.01, 0.8]) + wander,
        frame="camera",
        valid=np.ones(num_samples, dtype=bool),
        max_gap_s=0.1,
        source="a test",
    )


def small_config(root: Path, **changes: Any) -> RenderConfig:
    """The settings of the miniature; `changes` are merged on top, section by section."""
    base: dict[str, Any] = {
        "inputs": {"models": root / "heads", "tracks": root / "tracks", "backgrounds": root / "photos"},
        "scene": {"width_px": 48, "height_px": 48},
        "seed": 3,
        "shard_frames": 48,
    }
    for key, value in changes.items():
        base[key] = {**base.get(key, {}), **value} if isinstance(value, dict) else value
    return load_config(None, base)
