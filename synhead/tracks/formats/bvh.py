"""BVH motion capture: the pose of one joint, the head, over time.

A joint's local motion is its OFFSET (plus position channels) and the product of its rotation channels in the order of
the CHANNELS line: R = R(first) R(second) R(third) about the joint's own axes. The world is y up; the rest pose faces
+z with the subject's left at +x, so that a head joint at rest has the axes of our head frame, and the reference frame
(x right, y down, z forward) is A = diag(1, -1, -1) times the world.

Length unit: a BVH file names none. In the CMU conversion by B. Hahne (cgspeed.com) one unit is one centimetre: the
offsets are multiples of 0.24384 = 243.84 cm / 1000, a thousandth of Poser's unit of eight feet, and the eyes of the
rest pose are 1.54 high if it is read as metres / 100: a stature of about 1.64 m (eye height is 0.936 of it).

That conversion also puts a T-pose before every motion ("Every BVH file has a T-pose added as its new first frame",
its README), and the next four frames come out of it at up to 1000 degrees a second. Where the first frame is such a
pose (the root's rotation exactly 0 there and nowhere else, every rotation of the joint's chain below 3 degrees), the
first five frames are marked as not valid.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from synhead.core.rotation import A_HEAD_TO_FRONTAL
from synhead.errors import ConfigError, InputError
from synhead.tracks.formats.text import numbered_lines, parse_number, parse_words, read_text
from synhead.tracks.track import MotionTrack
from synhead.tracks.validate import build_track

CENTIMETRE = 0.01
_REST_POSE_FRAMES = 5
_REST_POSE_LIMIT_DEG = 3.0
_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Joint:
    """A node of the hierarchy.

    Attributes:
        parent: index of the parent in the list of joints, -1 for a root.
        offset: [3] in the file's units, in the parent's axes.
        channels: names in the file's order; first_channel: column of the first one in the motion rows.
    """

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]
    first_channel: int


def read_bvh(
    path: str | Path,
    *,
    joint: str | None = None,
    unit_m: float = CENTIMETRE,
    track_id: str | None = None,
    max_gap_s: float | None = None,
) -> MotionTrack:
    """The motion of a joint; frame "world". The position is the joint's (the top of the neck), not the mid-tragus.

    Args:
        joint: its name; None finds the one named head, whatever its case.
        unit_m: metres per unit of the file.

    Raises:
        InputError: malformed hierarchy or motion (line, what was expected), another number of frames than announced,
            no such joint; see `synhead.tracks.validate`.
        ConfigError: unit_m is not positive.
    """
    if not unit_m > 0:
        raise ConfigError(f"unit_m is {unit_m}; it must be positive")
    rows = numbered_lines(read_text(path))
    split = next((k for k, (_, text) in enumerate(rows) if text.upper() == "MOTION"), None)
    if rows[0][1].upper() != "HIERARCHY" or split is None:
        raise InputError(path, "is no BVH file: expected HIERARCHY in the first line and MOTION further down.")
    joints = _parse_hierarchy(path, rows[1:split])
    head = _find_joint(path, joints, joint)
    motion, frame_time_s, lines = _parse_motion(path, rows[split + 1 :], sum(len(j.channels) for j in joints))
    rotation, position = joint_pose(joints, head, motion)
    starts_at_rest = _starts_at_rest(joints, head, motion)
    valid = np.ones(len(motion), dtype=bool)
    if starts_at_rest:
        valid[:_REST_POSE_FRAMES] = False
    return build_track(
        path,
        time_s=np.arange(len(motion)) * frame_time_s,
        R_ref_head=A_HEAD_TO_FRONTAL @ rotation,
        t_ref_head_m=position @ A_HEAD_TO_FRONTAL * unit_m,
        frame="world",
        source=f"BVH {Path(path).name}, joint {joints[head].name}",
        lines=lines,
        valid=valid,
        max_gap_s=max_gap_s,
        track_id=track_id,
        notes=(f"first {_REST_POSE_FRAMES} frames left out: a rest pose put before the motion",) * starts_at_rest,
    )


def joint_pose(joints: list[Joint], index: int, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World rotation [T, 3, 3] and position [T, 3] (file units) of a joint, for motion rows [T, num_channels]."""
    rotation = np.broadcast_to(np.eye(3), (len(motion), 3, 3))
    position = np.zeros((len(motion), 3))
    for node in _chain(joints, index):
        local_R, local_t = _local_pose(node, motion)
        position = position + np.einsum("tij,tj->ti", rotation, local_t)
        rotation = rotation @ local_R
    return rotation, position


def _chain(joints: list[Joint], index: int) -> list[Joint]:
    chain = []
    while index >= 0:
        chain.append(joints[index])
        index = joints[index].parent
    return chain[::-1]


def _local_pose(node: Joint, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rotation = np.broadcast_to(np.eye(3), (len(motion), 3, 3))
    position = np.tile(np.array(node.offset), (len(motion), 1))
    for k, channel in enumerate(node.channels):
        values = motion[:, node.first_channel + k]
        if channel.endswith("position"):
            position[:, "XYZ".index(channel[0])] += values
        else:
            axis = channel[0].lower()
            rotation = rotation @ Rotation.from_euler(axis, values[:, None], degrees=True).as_matrix()
    return rotation, position


def _starts_at_rest(joints: list[Joint], index: int, motion: np.ndarray) -> bool:
    columns = [
        [n.first_channel + k for k, channel in enumerate(n.channels) if channel.endswith("rotation")]
        for n in _chain(joints, index)
    ]
    at_zero = (motion[:, columns[0]] == 0).all(axis=1)
    small = np.abs(motion[0, np.concatenate(columns).astype(int)]).max(initial=0) < _REST_POSE_LIMIT_DEG
    return len(motion) > _REST_POSE_FRAMES and bool(at_zero[0] and not at_zero[1:].any() and small)


def _find_joint(path: str | Path, joints: list[Joint], name: str | None) -> int:
    names = [j.name for j in joints]
    wanted = name if name is not None else "head"
    matches = [k for k, n in enumerate(names) if n == wanted] or [
        k for k, n in enumerate(names) if n.lower() == wanted.lower()
    ]
    if len(matches) != 1:
        found = "no joint" if not matches else f"{len(matches)} joints"
        raise InputError(path, f'{found} named "{wanted}"; name one of {", ".join(names)}.')
    return matches[0]


def _parse_hierarchy(path: str | Path, rows: list[tuple[int, str]]) -> list[Joint]:
    joints: list[dict] = []
    stack: list[dict] = []
    pending: dict | None = None
    for line, text in rows:
        words = text.split()
        kind = words[0].upper()
        if kind in ("ROOT", "JOINT", "END"):
            if len(words) < 2 or (kind == "ROOT") != (not stack):
                raise InputError(path, f'"{text}" is out of place; a ROOT stands outside, a JOINT inside.', line=line)
            parent = stack[-1]["index"] if stack else -1
            pending = {"name": " ".join(words[1:]), "parent": parent, "index": -1, "offset": None, "channels": ()}
            if kind != "END":
                pending["index"] = len(joints)
                joints.append(pending)
        elif kind == "{" and pending is not None:
            stack.append(pending)
            pending = None
        elif kind == "}" and stack and stack[-1]["offset"] is not None:
            stack.pop()
        elif kind == "OFFSET" and stack and len(words) == 4:
            stack[-1]["offset"] = tuple(parse_number(path, word, line=line, field="OFFSET") for word in words[1:])
        elif kind == "CHANNELS" and stack:
            stack[-1]["channels"] = _parse_channels(path, words, line)
        else:
            problem = f'"{text}" is not understood here; expected ROOT, JOINT, End Site, {{, }}, OFFSET or CHANNELS.'
            raise InputError(path, problem, line=line)
    if stack or not joints:
        where = f'joint "{stack[-1]["name"]}" is not closed' if stack else "no ROOT"
        raise InputError(path, f"hierarchy is incomplete: {where}.")
    if not any(j["channels"] for j in joints):
        raise InputError(path, "no joint has CHANNELS: nothing moves.")
    first = np.cumsum([0] + [len(j["channels"]) for j in joints])
    return [
        Joint(name=j["name"], parent=j["parent"], offset=j["offset"], channels=j["channels"], first_channel=int(c))
        for j, c in zip(joints, first[:-1], strict=True)
    ]


def _parse_channels(path: str | Path, words: list[str], line: int) -> tuple[str, ...]:
    names = tuple(words[2:])
    if len(words) < 2 or not words[1].isdigit() or int(words[1]) != len(names):
        announced = words[1] if len(words) > 1 else "no number of"
        raise InputError(path, f"announces {announced} channels, names {len(names)}.", line=line, field="CHANNELS")
    for name in names:
        if name not in _CHANNELS:
            problem = f'"{name}" is no channel; there are {", ".join(_CHANNELS)}.'
            raise InputError(path, problem, line=line, field="CHANNELS")
    return names


def _parse_motion(
    path: str | Path, rows: list[tuple[int, str]], num_channels: int
) -> tuple[np.ndarray, float, list[int]]:
    """Motion rows [T, num_channels], seconds per frame, and each row's line.

    Numbers may be broken over several lines (some programs wrap long rows): they are read as one stream.
    """
    if len(rows) < 2 or not rows[0][1].startswith("Frames:") or not rows[1][1].startswith("Frame Time:"):
        line = rows[0][0] if rows else None
        raise InputError(path, 'expected "Frames: N" and "Frame Time: seconds" after MOTION.', line=line)
    (frames_line, frames_text), (time_line, time_text) = rows[:2]
    announced = parse_number(path, frames_text.partition(":")[2], line=frames_line, field="Frames")
    frame_time_s = parse_number(path, time_text.partition(":")[2], line=time_line, field="Frame Time")
    if frame_time_s <= 0:
        raise InputError(path, f"is {frame_time_s:g}; expected seconds, above 0.", line=time_line, field="Frame Time")
    words = [(line, text.split()) for line, text in rows[2:]]
    named = [(line, [f"number {k + 1}" for k in range(len(row))], row) for line, row in words]
    numbers = parse_words(path, named)
    lines = [line for line, row in words for _ in row]
    if len(numbers) != announced * num_channels:
        problem = (
            f"has {len(numbers)} numbers in {len(numbers) / num_channels:g} frames; "
            f"Frames announces {announced:g} of {num_channels} channels each."
        )
        raise InputError(path, problem, line=frames_line)
    return numbers.reshape(-1, num_channels), frame_time_s, lines[::num_channels]
