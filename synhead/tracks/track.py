"""A head's motion over time: what every reader returns and every later stage takes."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

Frame = Literal["camera", "world"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MotionTrack:
    """Poses of one head at increasing times.

    Attributes:
        track_id: name without folder or suffix; part of every sequence id.
        time_s: seconds, strictly increasing, not necessarily regular.
        R_ref_head: rotation head -> reference frame. The reference frame has the camera's axes (+x right, +y down,
            +z forward); a head that looks straight at the viewer has R = diag(1, -1, -1).
        t_ref_head_m: metres, same frame; None for rotation-only tracks.
        frame: "camera": the reference frame is a real camera (BIWI, the original SynHead). "world": only its vertical
            is meaningful (headsets, motion capture), so that a scene may turn the track about the vertical.
        valid: False marks samples that are missing or were rejected. They are kept in place; nothing interpolates
            across a run of them.
        max_gap_s: two neighbouring valid samples further apart than this belong to different segments.
        source: where it came from, licence included, for the manifest.
    """

    track_id: str
    time_s: Float[np.ndarray, " num_samples"]
    R_ref_head: Float[np.ndarray, "num_samples 3 3"]
    t_ref_head_m: Float[np.ndarray, "num_samples 3"] | None
    frame: Frame
    valid: Bool[np.ndarray, " num_samples"]
    max_gap_s: float
    source: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def num_samples(self) -> int:
        """Number of samples, rejected ones included."""
        return len(self.time_s)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last sample."""
        return float(self.time_s[-1] - self.time_s[0]) if self.num_samples else 0.0

    def segments(self) -> list[slice]:
        """Runs of valid samples without a gap, in order. Every later stage works inside one segment at a time."""
        index = np.flatnonzero(self.valid)
        if index.size == 0:
            return []
        breaks = (np.diff(index) > 1) | (np.diff(self.time_s[index]) > self.max_gap_s)
        starts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
        stops = np.concatenate([np.flatnonzero(breaks) + 1, [index.size]])
        return [slice(int(index[a]), int(index[b - 1]) + 1) for a, b in zip(starts, stops, strict=True)]

    def with_poses(
        self,
        R_ref_head: Float[np.ndarray, "num_samples 3 3"],
        t_ref_head_m: Float[np.ndarray, "num_samples 3"] | None,
    ) -> "MotionTrack":
        """The same track with other poses."""
        return replace(self, R_ref_head=R_ref_head, t_ref_head_m=t_ref_head_m)
