"""A head with an expression: vertices, normals and landmarks for coefficients of blend shapes and a gaze.

Positions are exact: rest + sum of coefficient x displacement. Normals are blended the same way from those of each
shape at coefficient 1 and made unit length again: the same for one shape at 0 and 1, and within a few degrees between;
recomputing them from the triangles would cost more than everything else. Only vertices that some shape of the sequence
moves are touched.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int

from synhead.core.gaze import eye_rotation
from synhead.core.landmarks import LEFT_PUPIL, RIGHT_PUPIL
from synhead.core.scene import FaceMotion
from synhead.heads.attach import landmark_deltas
from synhead.heads.geometry import area_vectors, merge_index, unit
from synhead.heads.model import HeadModel, HeadPart

_LEAST_M = 1e-7
"""Vertices that a shape moves by less are left out: that is the rounding of a turned float16."""
_KEPT_RIGS = 4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Shape:
    """What one shape does to the vertices of all parts after each other.

    Attributes:
        delta: displacement in metres, and change of the normal.
    """

    index: Int[np.ndarray, " num_moved"]
    delta: Float32[np.ndarray, "num_moved 6"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FacePoints:
    """Landmarks of T frames, head frame, metres; None where the head has none."""

    landmarks_68_m: Float[np.ndarray, "num_frames 68 3"] | None
    landmarks_104_m: Float[np.ndarray, "num_frames 104 3"] | None
    pupils_m: Float[np.ndarray, "num_frames 2 3"] | None


class FaceRig:
    """What moves in a head, prepared once: sparse shapes, eyeballs, tied landmarks. Get one from `rig_of`.

    Attributes:
        rest: position and normal of the vertices of all parts after each other.
    """

    rest: Float32[np.ndarray, "num_vertices 6"]

    def __init__(self, head: HeadModel) -> None:
        self.head = head
        positions = np.concatenate([part.vertices_m for part in head.parts])
        normals = np.concatenate([part.normals for part in head.parts])
        self.rest = np.hstack([positions, normals]).astype(np.float32)
        self._first = np.cumsum([0, *(len(part.vertices_m) for part in head.parts)])
        self._shapes = {name: self._shape(row) for row, name in enumerate(head.shape_names)}
        self._landmark_deltas = dict(zip(head.shape_names, landmark_deltas(head), strict=True))
        self._eyes = self._eye_vertices()

    def moving(self, face: FaceMotion | None) -> "MovingFace":
        """The surface of a sequence; None: at rest."""
        return MovingFace(self, face)

    def active_shapes(self, face: FaceMotion) -> list[int]:
        """Columns of `face.coefficients` that this head has a shape for."""
        return [column for column, name in enumerate(face.shape_names) if name in self._shapes]

    def points(self, face: FaceMotion | None, frames: Int[np.ndarray, " num_frames"]) -> FacePoints:
        """Landmarks and pupils of some frames of a sequence."""
        head, count = self.head, len(frames)
        rest = head.landmarks_104_m if head.landmarks_104_m is not None else head.landmarks_68_m
        points = None if rest is None else np.repeat(rest[None], count, axis=0)
        pupils = None if head.pupils_m is None else np.repeat(head.pupils_m[None], count, axis=0)
        if face is not None:
            columns = self.active_shapes(face)
            if points is not None and columns:
                deltas = np.stack([self._landmark_deltas[face.shape_names[column]] for column in columns])
                points = points + np.tensordot(face.coefficients[frames][:, columns], deltas, axes=1)
            if head.eye_centers_m is not None:
                turn = np.swapaxes(eye_rotation(face.gaze_pyr_deg[frames]), -1, -2)
                for eye, rows in enumerate((list(RIGHT_PUPIL), list(LEFT_PUPIL))):
                    centre = head.eye_centers_m[eye]
                    if points is not None and points.shape[1] > 68:
                        points[:, rows] = (points[:, rows] - centre) @ turn + centre
                    if pupils is not None:
                        pupils[:, eye] = ((pupils[:, eye] - centre)[:, None] @ turn)[:, 0] + centre
        return FacePoints(
            landmarks_68_m=None if points is None else points[:, :68],
            landmarks_104_m=points if head.landmarks_104_m is not None else None,
            pupils_m=pupils,
        )

    def _shape(self, row: int) -> _Shape:
        index, delta = [], []
        for part, first in zip(self.head.parts, self._first, strict=False):
            # Eyeballs turn by the gaze alone; shapes that turn them too would do it twice.
            if part.shape_deltas_m is None or part.kind == "eyes":
                continue
            moved = np.flatnonzero(np.abs(part.shape_deltas_m[row]).max(axis=1) > _LEAST_M)
            if len(moved):
                rows, change = _normal_change(part, part.shape_deltas_m[row])
                found = np.union1d(moved, rows)
                block = np.zeros((len(found), 6), dtype=np.float32)
                block[:, :3] = part.shape_deltas_m[row][found]
                block[np.searchsorted(found, rows), 3:] = change
                index.append(found + first)
                delta.append(block)
        if not index:
            return _Shape(index=np.zeros(0, np.int64), delta=np.zeros((0, 6), np.float32))
        return _Shape(index=np.concatenate(index), delta=np.concatenate(delta))

    def _eye_vertices(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(vertices, centre) of the right and the left eye; none for eyes that cannot turn."""
        centers = self.head.eye_centers_m
        if centers is None:
            return []
        pieces = [
            np.arange(first, first + len(part.vertices_m))
            for part, first in zip(self.head.parts, self._first, strict=False)
            if part.kind == "eyes"
        ]
        index = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        is_left = self.rest[index, 0] > centers[:, 0].mean()
        return [(index[~is_left], centers[0]), (index[is_left], centers[1])]


class MovingFace:
    """The moving part of a head's surface in one sequence.

    Attributes:
        index: vertices (of all parts after each other) that may differ from rest, the same in all frames, rising.
    """

    index: Int[np.ndarray, " num_moved"]

    def __init__(self, rig: FaceRig, face: FaceMotion | None) -> None:
        self._rig, self._face = rig, face
        columns = [] if face is None else rig.active_shapes(face)
        if face is not None:
            columns = [column for column in columns if face.coefficients[:, column].any()]
        shapes = [rig._shapes[face.shape_names[column]] for column in columns] if face is not None else []
        turning = [] if face is None or not face.gaze_pyr_deg.any() else rig._eyes
        everything = [shape.index for shape in shapes] + [index for index, _ in turning]
        self.index = np.unique(np.concatenate(everything)) if everything else np.zeros(0, np.int64)
        self._rest = rig.rest[self.index]
        self._columns = columns
        self._local = [(np.searchsorted(self.index, shape.index), shape.delta) for shape in shapes]
        self._eyes = [(np.searchsorted(self.index, index), centre.astype(np.float32)) for index, centre in turning]

    def surface(self, frame: int) -> Float32[np.ndarray, "num_moved 6"]:
        """Positions (metres) and unit normals of the vertices `index` in one frame, head frame."""
        out = self._rest.copy()
        if self._face is None:
            return out
        coefficients = self._face.coefficients[frame].astype(np.float32)
        for column, (rows, delta) in zip(self._columns, self._local, strict=True):
            if coefficients[column] != 0:
                out[rows] += coefficients[column] * delta
        if self._eyes:
            turn = eye_rotation(self._face.gaze_pyr_deg[frame]).T.astype(np.float32)
            for rows, centre in self._eyes:
                out[rows, :3] = (out[rows, :3] - centre) @ turn + centre
                out[rows, 3:] = out[rows, 3:] @ turn
        normals = out[:, 3:]
        length_sq = np.einsum("ij,ij->i", normals, normals)
        normals /= np.sqrt(np.maximum(length_sq, np.float32(1e-12)))[:, None]
        return out


_rigs: list[FaceRig] = []


def rig_of(head: HeadModel) -> FaceRig:
    """The rig of a head; the last few are kept."""
    for rig in _rigs:
        if rig.head is head:
            return rig
    rig = FaceRig(head)
    _rigs.append(rig)
    del _rigs[:-_KEPT_RIGS]
    return rig


def pose_head(
    head: HeadModel,
    coefficients: Mapping[str, float],
    gaze_pyr_deg: tuple[float, float] = (0.0, 0.0),
) -> HeadModel:
    """The head with an expression, as a head of its own that does not move: what one frame shows.

    Args:
        coefficients: by name; shapes that the head lacks are left out.
        gaze_pyr_deg: (pitch, yaw) of both eyes, head frame.
    """
    face = FaceMotion(
        shape_names=tuple(coefficients),
        coefficients=np.array([list(coefficients.values())], dtype=np.float64).reshape(1, -1),
        gaze_pyr_deg=np.array([gaze_pyr_deg], dtype=np.float64),
    )
    rig = rig_of(head)
    moving = rig.moving(face)
    whole = rig.rest.astype(np.float64)
    whole[moving.index] = moving.surface(0)
    parts, first = [], 0
    for part in head.parts:
        rows = slice(first, first + len(part.vertices_m))
        parts.append(replace(part, vertices_m=whole[rows, :3], normals=unit(whole[rows, 3:]), shape_deltas_m=None))
        first = rows.stop
    points = rig.points(face, np.zeros(1, np.int64))
    name = repr((head.sha256, sorted(coefficients.items()), gaze_pyr_deg))
    return replace(
        head,
        parts=tuple(parts),
        landmarks_68_m=None if points.landmarks_68_m is None else points.landmarks_68_m[0],
        landmarks_104_m=None if points.landmarks_104_m is None else points.landmarks_104_m[0],
        pupils_m=None if points.pupils_m is None else points.pupils_m[0],
        shape_names=(),
        eye_centers_m=None,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
    )


def _normal_change(part: HeadPart, delta_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices whose normal a displacement of the part changes, and the change of the area-weighted normals.

    Sides of a texture seam share one normal; cards (hair, lashes) lie back to back and keep their own.
    """
    count = len(part.vertices_m)
    group = np.arange(count) if part.material.has_alpha else merge_index(part.vertices_m)
    moved = np.abs(delta_m).max(axis=1) > _LEAST_M
    corners = group[part.triangles]
    near = np.zeros(int(group.max()) + 1, dtype=bool)
    near[corners[moved[part.triangles].any(axis=1)]] = True
    triangles = part.triangles[near[corners].any(axis=1)]
    posed = part.vertices_m + delta_m
    normals = []
    for vertices in (part.vertices_m, posed):
        area = area_vectors(vertices, triangles)
        total = np.zeros((len(near), 3))
        for axis in range(3):
            total[:, axis] = np.bincount(
                group[triangles].T.reshape(-1), weights=np.tile(area[:, axis], 3), minlength=len(near)
            )
        normals.append(unit(total))
    rows = np.flatnonzero(near[group])
    return rows, (normals[1] - normals[0])[group[rows]].astype(np.float32)
