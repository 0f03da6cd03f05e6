"""BIWI Kinect Head Pose: a folder with frame_XXXXX_pose.txt, one file per frame.

Each file holds three rows of R (head -> depth camera; x right, y down, z forward; the identity for a frontal face), a
blank line that some copies lack, and the head's centre x y z in millimetres. Frame numbers have gaps; they are kept,
as times at 30 Hz, because the recordings have no time stamps.
"""

import re
from pathlib import Path

import numpy as np

from synhead.core.rotation import A_HEAD_TO_FRONTAL
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.text import numbered_lines, parse_number, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track, checked_rotations

_POSE_NAME = re.compile(r"frame_(\d+)_pose\.txt")


def is_biwi_folder(path: str | Path) -> bool:
    """Whether the folder holds at least one frame_XXXXX_pose.txt."""
    folder = Path(path)
    return folder.is_dir() and any(_POSE_NAME.fullmatch(child.name) for child in folder.iterdir())


def read_biwi(
    path: str | Path, *, fps: float = 30.0, track_id: str | None = None, max_gap_s: float | None = None
) -> MotionTrack:
    """One BIWI sequence; frame "camera" (the depth camera). The position is BIWI's head centre, not the mid-tragus.

    Args:
        path: folder of one sequence, such as hpdb/01.
        max_gap_s: None makes every missing frame number a gap.

    Raises:
        InputError: no pose file, or one that is malformed (file, line, what was expected).
        ConfigError: fps is not positive.
    """
    if not fps > 0:
        raise ConfigError(f"fps is {fps}; it must be positive")
    folder = Path(path)
    files = {}
    for child in folder.iterdir() if folder.is_dir() else ():
        if match := _POSE_NAME.fullmatch(child.name):
            number = int(match[1])
            if number in files:
                raise InputError(child, f"frame {number} is there twice (also {files[number].name}).")
            files[number] = child
    if not files:
        raise InputError(path, "holds no frame_XXXXX_pose.txt; a BIWI sequence is a folder of such files.")
    numbers = sorted(files)
    poses = [_read_pose(files[number]) for number in numbers]
    return build_track(
        path,
        time_s=np.array(numbers) / fps,
        R_ref_head=np.stack([rotation for rotation, _ in poses]) @ A_HEAD_TO_FRONTAL,
        t_ref_head_m=np.stack([position for _, position in poses]) / 1000.0,
        frame="camera",
        source=f"BIWI Kinect Head Pose, sequence {folder.name} (non-commercial research and education only)",
        max_gap_s=1.5 / fps if max_gap_s is None else max_gap_s,
        track_id=track_id if track_id is not None else folder.name,
    )


def _read_pose(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """R_cv [3, 3] and the head's centre [3] in millimetres."""
    rows = numbered_lines(read_text(path))
    if len(rows) != 4:
        problem = f"has {len(rows)} rows of numbers; expected 4: three rows of the rotation matrix, then x y z in mm."
        raise InputError(path, problem)
    values = np.empty((4, 3))
    for k, (line, text) in enumerate(rows):
        fields = text.split()
        if len(fields) != 3:
            raise InputError(path, f"has {len(fields)} numbers; expected 3.", line=line)
        values[k] = [parse_number(path, field, line=line, field=f"number {j + 1}") for j, field in enumerate(fields)]
    return checked_rotations(path, values[None, :3], [rows[0][0]])[0], values[3]
