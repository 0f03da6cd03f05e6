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
from jaxtyping import Bool, Float, Float32, Int
from scipy.sparse import csc_array

from synhead.core.gaze import eye_rotation
from synhead.core.landmarks import LEFT_PUPIL, RIGHT_PUPIL
from synhead.core.scene import FaceMotion
from synhead.heads.attach import landmark_deltas
from synhead.heads.cache import kept_of_model
from synhead.heads.geometry import area_vectors, merge_index, unit
from synhead.heads.model import HeadModel, HeadPart

_LEAST_M = 1e-5
"""Vertices that a shape moves by less stay: a hundredth of a millimetre is nothing, and captured shapes are full of
it."""
_KEPT_RIGS = 4


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
        displacement: what each shape adds to them at coefficient 1, [6 num_vertices, num_shapes].
        moved: vertices that each shape moves or turns.
        eyes: vertices and centre of the right and the left eye; none for eyes that cannot turn.
    """

    rest: Float32[np.ndarray, "num_vertices 6"]
    displacement: csc_array
    moved: Bool[np.ndarray, "num_shapes num_vertices"]
    eyes: list[tuple[np.ndarray, np.ndarray]]

    def __init__(self, head: HeadModel) -> None:
        self.head = head
        positions = np.concatenate([part.vertices_m for part in head.parts])
        normals = np.concatenate([part.normals for part in head.parts])
        self.rest = np.hstack([positions, normals]).astype(np.float32)
        self._first = np.cumsum([0, *(len(part.vertices_m) for part in head.parts)])
        self._rows = {name: row for row, name in enumerate(head.shape_names)}
        stored = kept_of_model(head, "rig", self._make)
        self._landmark_deltas = stored["landmark_deltas"]
        self.moved = stored["moved"]
        content = (stored["values"], stored["rows"], stored["starts"])
        self.displacement = csc_array(content, shape=(6 * len(self.rest), len(head.shape_names)))
        self.eyes = self._eye_vertices()

    def moving(self, face: FaceMotion | None) -> "MovingFace":
        """The surface of a sequence; None: at rest."""
        return MovingFace(self, face)

    def row_of(self, name: str) -> int:
        """The shape's place in HeadModel.shape_names."""
        return self._rows[name]

    def active_shapes(self, face: FaceMotion) -> list[int]:
        """Columns of `face.coefficients` that this head has a shape for."""
        return [column for column, name in enumerate(face.shape_names) if name in self._rows]

    def points(self, face: FaceMotion | None, frames: Int[np.ndarray, " num_frames"]) -> FacePoints:
        """Landmarks and pupils of some frames of a sequence."""
        head, count = self.head, len(frames)
        rest = head.landmarks_104_m if head.landmarks_104_m is not None else head.landmarks_68_m
        points = None if rest is None else np.repeat(rest[None], count, axis=0)
        pupils = None if head.pupils_m is None else np.repeat(head.pupils_m[None], count, axis=0)
        if face is not None:
            columns = self.active_shapes(face)
            if points is not None and columns:
                deltas = self._landmark_deltas[[self._rows[face.shape_names[column]] for column in columns]]
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

    def _make(self) -> dict[str, np.ndarray]:
        displacement, moved = self._displacements()
        return {
            "landmark_deltas": landmark_deltas(self.head),
            "moved": moved,
            "values": displacement.data,
            "rows": displacement.indices,
            "starts": displacement.indptr,
        }

    def _displacements(self) -> tuple[csc_array, np.ndarray]:
        """Position and normal of each vertex, by shape: [6 V, S] for coefficient 1; and which vertices move [S, V]."""
        num_vertices, num_shapes = len(self.rest), len(self.head.shape_names)
        values: list[np.ndarray] = []
        rows: list[np.ndarray] = []
        moved = np.zeros((num_shapes, num_vertices), dtype=bool)
        # Eyeballs turn by the gaze alone; shapes that turn them too would do it twice.
        parts = [
            (first, part, _Normals(part))
            for part, first in zip(self.head.parts, self._first, strict=False)
            if part.shape_deltas_m is not None and part.kind != "eyes"
        ]
        lengths = np.zeros(num_shapes, dtype=np.int64)
        for shape in range(num_shapes):
            for first, part, normals in parts:
                assert part.shape_deltas_m is not None
                delta = part.shape_deltas_m[shape]
                found, block = normals.change(delta)
                moved[shape, first + found] = True
                values.append(block.reshape(-1))
                rows.append((6 * (first + found)[:, None] + np.arange(6)).reshape(-1))
                lengths[shape] += block.size
        if not values:
            return csc_array((6 * num_vertices, num_shapes), dtype=np.float32), moved
        starts = np.concatenate([[0], lengths]).cumsum()
        content = (np.concatenate(values), np.concatenate(rows).astype(np.int32), starts)
        return csc_array(content, shape=(6 * num_vertices, num_shapes)), moved

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
        self._face = face
        active = [] if face is None else [k for k in rig.active_shapes(face) if face.coefficients[:, k].any()]
        rows = [rig.row_of(face.shape_names[k]) for k in active] if face is not None else []
        turning = [] if face is None or not face.gaze_pyr_deg.any() else rig.eyes
        moved = np.asarray(rig.moved[rows].any(axis=0))
        for index, _ in turning:
            moved[index] = True
        place = np.cumsum(moved) - 1
        self.index = np.flatnonzero(moved)
        self._rest = rig.rest[self.index]
        self._active = active
        self._displacement = rig.displacement[:, rows] if rows else None
        self._eyes = [(place[index], centre.astype(np.float32)) for index, centre in turning]

    def surface(self, frame: int) -> Float32[np.ndarray, "num_moved 6"]:
        """Positions (metres) and unit normals of the vertices `index` in one frame, head frame."""
        if self._face is None:
            return self._rest.copy()
        out = self._rest
        if self._displacement is not None:
            coefficients = self._face.coefficients[frame, self._active].astype(np.float32)
            out = out + (self._displacement @ coefficients).reshape(-1, 6)[self.index]
        else:
            out = out.copy()
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


class _Normals:
    """The area-weighted normals of a part, and how a displacement changes them.

    Sides of a texture seam share one normal; cards (hair, lashes) lie back to back and keep their own.
    """

    def __init__(self, part: HeadPart) -> None:
        count = len(part.vertices_m)
        self._part = part
        self._group = np.arange(count) if part.material.has_alpha else merge_index(part.vertices_m)
        self._corners = self._group[part.triangles]
        self._num_groups = int(self._group.max()) + 1

    def change(self, delta_m: Float32[np.ndarray, "num_vertices 3"]) -> tuple[np.ndarray, np.ndarray]:
        """Vertices that a displacement moves or whose normal it turns, and for each displacement and change."""
        part = self._part
        moved = np.abs(delta_m).max(axis=1) > _LEAST_M
        near = np.zeros(self._num_groups, dtype=bool)
        near[self._corners[moved[part.triangles].any(axis=1)]] = True
        around = near[self._corners].any(axis=1)
        triangles, corners = part.triangles[around], self._corners[around]
        change = self._sums(part.vertices_m + delta_m, triangles, corners) - self._sums(
            part.vertices_m, triangles, corners
        )
        index = np.flatnonzero(near[self._group] | moved)
        block = np.zeros((len(index), 6), dtype=np.float32)
        block[:, :3] = np.where(moved[index, None], delta_m[index], 0)
        block[:, 3:] = np.where(near[self._group[index], None], change[self._group[index]], 0)
        return index, block

    def _sums(self, vertices: np.ndarray, triangles: np.ndarray, corners: np.ndarray) -> np.ndarray:
        area = area_vectors(vertices, triangles)
        flat = corners.T.reshape(-1)
        total = [np.bincount(flat, np.tile(area[:, axis], 3), self._num_groups) for axis in range(3)]
        return unit(np.stack(total, axis=1).astype(np.float64))
