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
        expression_names, expression_coefficients: the blend shapes that move this head in this sequence; None where
            the face rests.
        gaze_pyr_deg: line of sight in the head frame (signs as FaceMotion); this and the next are None for a head whose
            eyes cannot turn.
        gaze_direction_cam: unit vectors of the subject's right and left line of sight.
        pupils_px, pupils_cam_m: subject's right, left; None where the head's pupils are not known.
        landmarks_104_px, landmarks_104_cam_m, landmarks_104_visibility: the 68 and what core/landmarks.py adds; None
            for a head that has only the 68.
    """

    landmarks_68_px: Float[np.ndarray, "num_frames 68 2"]
    landmarks_68_cam_m: Float[np.ndarray, "num_frames 68 3"]
    landmarks_68_visibility: UInt8[np.ndarray, "num_frames 68"]
    bbox_face_xyxy_px: Float[np.ndarray, "num_frames 4"]
    bbox_head_xyxy_px: Float[np.ndarray, "num_frames 4"]
    expression_names: tuple[str, ...] | None = None
    expression_coefficients: Float[np.ndarray, "num_frames num_shapes"] | None = None
    gaze_pyr_deg: Float[np.ndarray, "num_frames 2"] | None = None
    gaze_direction_cam: Float[np.ndarray, "num_frames 2 3"] | None = None
    pupils_px: Float[np.ndarray, "num_frames 2 2"] | None = None
    pupils_cam_m: Float[np.ndarray, "num_frames 2 3"] | None = None
    landmarks_104_px: Float[np.ndarray, "num_frames 104 2"] | None = None
    landmarks_104_cam_m: Float[np.ndarray, "num_frames 104 3"] | None = None
    landmarks_104_visibility: UInt8[np.ndarray, "num_frames 104"] | None = None

    @staticmethod
    def concatenate(batches: "list[FrameLabels]") -> "FrameLabels":
        """One FrameLabels of all batches, in order; all are of one sequence."""
        together = {}
        for field in fields(FrameLabels):
            values = [getattr(batch, field.name) for batch in batches]
            is_array = isinstance(values[0], np.ndarray)
            together[field.name] = np.concatenate(values) if is_array else values[0]
        return FrameLabels(**together)
