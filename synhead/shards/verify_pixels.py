"""The checks that decode frames: images, masks, boxes and depth."""

import numpy as np

from synhead.core.labels import VISIBLE
from synhead.errors import DatasetError
from synhead.shards.codec import decode_mask, decode_rgb
from synhead.shards.reader import StoredSequence
from synhead.shards.verify_labels import Values, around, depth_contradictions
from synhead.shards.verify_report import Findings

_DEPTH_MARGIN_M = 0.01
_MAX_STRAY = 6
"""Visible landmarks of a frame that may lie off the mask: at silhouettes that is a matter of a pixel."""


def check_blobs(values: Values, findings: Findings, *, num_bytes: dict[str, int]) -> bool:
    """Offsets of image and mask; False where frames cannot be cut out."""
    before = len(findings.items)
    for blob, length in num_bytes.items():
        offsets = values[f"{blob}/offsets"]
        if offsets[0] != 0 or offsets[-1] != length:
            findings.add("offsets", f"{blob}/offsets run from {offsets[0]} to {offsets[-1]}; 0 to {length} is right")
        findings.flag("offsets", np.diff(offsets) <= 0, f"{blob}/offsets do not rise")
    return len(findings.items) == before


def check_pixels(
    sequence: StoredSequence, values: Values, *, has_landmarks: bool, sample: int | None, findings: Findings
) -> int:
    """Decode all frames, or `sample` of them evenly spaced; returns how many."""
    num_frames = len(values["time_s"])
    chosen = range(num_frames)
    if sample is not None and sample < num_frames:
        chosen = np.unique(np.linspace(0, num_frames - 1, max(sample, 1)).astype(int)).tolist()
    size, has_depth = sequence.size_px, sequence.has_depth
    box_error, decoded = [], []
    stray, wrong_depth = np.zeros(num_frames, bool), np.zeros(num_frames, bool)
    for frame in chosen:
        _decoded(sequence, "image", frame, values, size, findings)
        mask = _decoded(sequence, "mask", frame, values, size, findings)
        if mask is None:
            continue
        decoded.append(frame)
        box_error.append(_head_box_error(mask, values["bbox_head_xyxy_px"][frame]))
        if has_landmarks:
            visible = values["landmarks_68_visibility"][frame] == VISIBLE
            off_mask = (around(values["landmarks_68_px"][frame, visible], mask) == 0).all(axis=1)
            stray[frame] = off_mask.sum() > _MAX_STRAY
        if has_landmarks and has_depth:
            wrong_depth[frame] = _num_depth_contradictions(sequence, values, frame, findings) > 0
    findings.measure("head_box", np.array(box_error), decoded)
    findings.flag("on_head", stray, "visible landmarks are off the mask: mask or pose belongs to another frame")
    findings.flag("depth", wrong_depth, "visibility contradicts the stored depth")
    return len(chosen)


def _decoded(
    sequence: StoredSequence, blob: str, frame: int, values: Values, size: tuple[int, int], findings: Findings
) -> np.ndarray | None:
    first, last = values[f"{blob}/offsets"][frame : frame + 2]
    try:
        data = sequence.read(f"{blob}/bytes", slice(int(first), int(last))).tobytes()
        pixels = decode_rgb(data) if blob == "image" else decode_mask(data)
    except DatasetError as error:
        findings.add(blob, f"frame {frame}: {error}")
        return None
    if pixels.shape[:2] != size:
        findings.add(blob, f"frame {frame}: is {pixels.shape[:2]} (height, width); {size} is right")
        return None
    return pixels


def _head_box_error(mask: np.ndarray, box: np.ndarray) -> float:
    rows = np.flatnonzero((mask >= 128).any(axis=1))
    columns = np.flatnonzero((mask >= 128).any(axis=0))
    if rows.size == 0:
        return 0.0 if np.isnan(box).all() else np.inf
    if np.isnan(box).any():
        return np.inf
    return float(np.abs(box - [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).max())


def _num_depth_contradictions(sequence: StoredSequence, values: Values, frame: int, findings: Findings) -> int:
    try:
        depth_m = sequence.depth_m(frame)
    except DatasetError as error:
        findings.add("depth", f"frame {frame}: {error}")
        return 0
    return depth_contradictions(
        values["landmarks_68_px"][frame],
        values["landmarks_68_cam_m"][frame, :, 2],
        values["landmarks_68_visibility"][frame],
        depth_m,
        margin_m=_DEPTH_MARGIN_M,
    )
