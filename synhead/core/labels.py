"""What is known of every frame beside its pixels. Made by `render.labels`, stored by `shards`, read by everyone."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, UInt8

VISIBLE, OCCLUDED, OUTSIDE = 2, 1, 0
"""Landmark visibility: seen; inside the image but behind something; outside the image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameLabels:
    """Labels of T frames; the pose itself is in the SequenceSpec. docs/format.md gives each field's meaning.

    Attributes:
        landmarks_68_px: (x, y); x-ray points: occluded and outside ones have coordinates too. NaN without landmarks.
        landmarks_68_cam_m: camera frame. NaN for a head without landmarks.
        landmarks_68_visibility: VISIBLE, OCCLUDED or OUTSIDE (OUTSIDE throughout for a head without landmarks).
        bbox_face_xyxy_px: tight box of the 68 points, not clipped to the image. NaN without landmarks.
        bbox_head_xyxy_px: tight box of the pixels with coverage >= 128, as pixel edges (x1 = last column + 1),
            inside the image: all that was drawn, with hair, neck, and the clothes of a head that has some. NaN where
            no pixel is covered.
    """

    landmarks_68_px: Float[np.ndarray, "num_frames 68 2"]
    landmarks_68_cam_m: Float[np.ndarray, "num_frames 68 3"]
    landmarks_68_visibility: UInt8[np.ndarray, "num_frames 68"]
    bbox_face_xyxy_px: Float[np.ndarray, "num_frames 4"]
    bbox_head_xyxy_px: Float[np.ndarray, "num_frames 4"]

    @staticmethod
    def concatenate(batches: "list[FrameLabels]") -> "FrameLabels":
        """One FrameLabels of all batches, in order."""
        return FrameLabels(
            **{f.name: np.concatenate([getattr(batch, f.name) for batch in batches]) for f in fields(FrameLabels)}
        )
