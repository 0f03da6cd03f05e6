"""Everything that is shown of one frame, as arrays, so that drawing needs no file."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from synhead.shards.reader import StoredSequence


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FrameView:
    """One frame with its labels.

    Attributes:
        euler_pyr_deg: (pitch, yaw, roll), for captions; the axes are drawn from R_cam_head.
        landmarks_68_px, bbox_face_xyxy_px: NaN for a head without landmarks.
        bbox_head_xyxy_px: NaN where no head is in the image.
    """

    sequence_id: str
    frame: int
    time_s: float
    image: UInt8[np.ndarray, "height width 3"]
    mask: UInt8[np.ndarray, "height width"]
    K: Float[np.ndarray, "3 3"]
    R_cam_head: Float[np.ndarray, "3 3"]
    t_cam_head_m: Float[np.ndarray, "3"]
    euler_pyr_deg: Float[np.ndarray, "3"]
    landmarks_68_px: Float[np.ndarray, "68 2"]
    landmarks_68_visibility: UInt8[np.ndarray, "68"]
    bbox_face_xyxy_px: Float[np.ndarray, "4"]
    bbox_head_xyxy_px: Float[np.ndarray, "4"]


def read_frames(sequence: StoredSequence, frames: range) -> list[FrameView]:
    """Views of some frames of a sequence, read in one piece.

    Raises:
        DatasetError: the shard is damaged.
    """
    if len(frames) == 0:
        return []
    if frames.start < 0 or frames.step < 1:
        raise ValueError(f"{frames}: frames must count upwards from 0")
    chosen = slice(frames.start, frames.stop, frames.step)
    images, masks = sequence.images(chosen), sequence.masks(chosen)
    labels, K = sequence.labels_of(chosen), sequence.K
    R, t = sequence.read("R_cam_head", chosen), sequence.read("t_cam_head_m", chosen)
    euler, time_s = sequence.read("euler_pyr_deg", chosen), sequence.read("time_s", chosen)
    return [
        FrameView(
            sequence_id=sequence.sequence_id,
            frame=frame,
            time_s=float(time_s[i]),
            image=images[i],
            mask=masks[i],
            K=K,
            R_cam_head=R[i],
            t_cam_head_m=t[i],
            euler_pyr_deg=euler[i],
            landmarks_68_px=labels.landmarks_68_px[i],
            landmarks_68_visibility=labels.landmarks_68_visibility[i],
            bbox_face_xyxy_px=labels.bbox_face_xyxy_px[i],
            bbox_head_xyxy_px=labels.bbox_head_xyxy_px[i],
        )
        for i, frame in enumerate(frames)
    ]
