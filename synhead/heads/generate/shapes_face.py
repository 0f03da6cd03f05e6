"""Where each vertex of the skin lies in the face, as soft weights: the vocabulary in which the shapes are written."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.parameters import FaceShape
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.sdf import first_hit, gradient
from synhead.heads.generate.skin_mesh import EYE_RINGS, LIP_INNER_RINGS, LIP_OUTER_RINGS, SkinMesh

EYE_EDGE = len(EYE_RINGS) - 1
LIP_BORDER = len(LIP_OUTER_RINGS) - 1
LIP_LINE = LIP_BORDER + len(LIP_INNER_RINGS) + 1
Weights = Float[np.ndarray, " n"]
Deltas = Float[np.ndarray, "n 3"]
Span = tuple[float | int, float | int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """The skin's vertices (mm) with what the shapes need to know of them.

    Attributes:
        normals: of the field, outwards; zero at the back of the head.
        above: height over the line between the lips, mm; the sign is that of the lip.
        upper: 1 on the upper lip's side, 0 on the lower lip's, 0.5 at the corners of the mouth; in the middle of the
            mouth it jumps from lip to lip, beyond the corners it passes smoothly.
    """

    shape: FaceShape
    field: SkinField
    mesh: SkinMesh
    normals: Deltas
    above: Weights
    upper: Weights

    @property
    def points(self) -> Deltas:
        """Vertices, mm."""
        return self.mesh.vertices

    @property
    def side(self) -> Weights:
        """-1 on the subject's right, 1 on the left, passing smoothly through 0 in the middle."""
        return np.clip(self.points[:, 0] / 6.0, -1.0, 1.0)

    def spot(self, centre: Span, width: Span, height: Span) -> Weights:
        """1 at (|x|, y) = centre, falling smoothly to 0 at `width` mm (inwards, outwards) and `height` (down, up)."""
        x, y = np.abs(self.points[:, 0]) - centre[0], self.points[:, 1] - centre[1]
        away = (x / np.where(x < 0, width[0], width[1])) ** 2 + (y / np.where(y < 0, height[0], height[1])) ** 2
        return np.maximum(1 - away, 0.0) ** 2 * self.front

    def plateau(self, centre_y: float | int, width: float | int, height: Span) -> Weights:
        """1 over the inner half of an ellipse about (0, centre_y), falling to 0 at its rim."""
        x, y = self.points[:, 0], self.points[:, 1] - centre_y
        away = np.sqrt((x / width) ** 2 + (y / np.where(y < 0, height[0], height[1])) ** 2)
        return smooth_step(1.0, 0.42, away) * self.front

    @property
    def front(self) -> Weights:
        """1 in the face, 0 from the ears backwards."""
        return smooth_step(-66.0, -36.0, self.points[:, 2])

    def vermilion(self, upper: bool) -> Weights:
        """Share of the lip's height at which a vertex lies: 0 at the line, 1 at the border and beyond; NaN-free."""
        x = self.points[:, 0]
        curve = curves.upper_lip_height if upper else curves.lower_lip_height
        height = np.maximum(curve(self.shape, x), 0.4)
        return np.clip(np.abs(self.above) / height, 0.0, 1.0)

    def along_sheet(self, dx: Weights) -> Weights:
        """How far back the teeth's arch lies after a step of dx to the side: lips slide over it."""
        x = self.points[:, 0]
        return _sheet(x + dx) - _sheet(x)

    def slide(self, moves: list[Deltas], *, steep: bool = False) -> list[Deltas]:
        """Steps in x and y with a z that keeps the vertices on the sculpt: skin slides over bone.

        Args:
            steep: the surface may turn away from the front; there it follows the tangent plane.
        """
        moved = [np.flatnonzero(np.abs(move[:, :2]).max(axis=1) > 1e-3) for move in moves]
        steps = [move[index, :2] for move, index in zip(moves, moved, strict=True)]
        # One search for all movements: its cost is in the number of calls.
        rises = np.split(
            self._rise(np.concatenate(moved), np.concatenate(steps)), np.cumsum([len(s) for s in steps])[:-1]
        )
        out = []
        for move, index, step, rise in zip(moves, moved, steps, rises, strict=True):
            if steep:
                turned = smooth_step(0.55, 0.35, self.normals[index, 2])
                tangent = -(self.normals[index, :2] * step).sum(axis=1) / np.maximum(self.normals[index, 2], 0.5)
                most = 1.2 * np.abs(step).max(axis=1)
                rise = np.clip(rise + (tangent - rise) * turned, -most, most)
            slid = move.copy()
            slid[index, 2] += rise
            out.append(slid)
        return out

    def _rise(self, moved: Int[np.ndarray, " m"], step: Float[np.ndarray, "m 2"]) -> Float[np.ndarray, " m"]:
        """How far in front of the vertices `moved` the sculpt lies after the step in (x, y)."""
        start = self.points[moved]
        above = 3.0 + 2.0 * np.abs(step).max(axis=1, keepdims=True)
        begin = start + np.concatenate([step, above], axis=1)
        return first_hit(self.field, begin, np.broadcast_to([0.0, 0.0, -1.0], begin.shape))[:, 2] - start[:, 2]

    def followed(self, deltas: Deltas, eyes: bool = True) -> Deltas:
        """Let what lies behind lids and lips follow the edge in front of it."""
        out = deltas.copy()
        rings = self.mesh.mouth_rings
        for ring, share in zip(rings[LIP_LINE + 1 :], (1.0, 0.8, 0.2, 0.0, 0.0), strict=False):
            out[ring] = share * deltas[rings[LIP_LINE]]
        if eyes:
            for rings in self.mesh.eye_rings:
                for ring, share in zip(rings[EYE_EDGE + 1 :], (1.0, 0.5, 0.0), strict=False):
                    out[ring] = share * deltas[rings[EYE_EDGE]]
        return out


def _sheet(x: np.ndarray) -> np.ndarray:
    inside = np.minimum(np.abs(x), 26.0)
    return -12.0 * (inside / 24.0) ** 2 - 0.75 * (np.abs(x) - inside)


def lip_sign(mesh: SkinMesh, above: Weights) -> Weights:
    """1 for the upper lip, -1 for the lower one, 0 at the corners; rings know their lip better than heights do."""
    sign = np.sign(above)
    num = mesh.mouth_rings.shape[1]
    k = np.arange(num)
    of_ring = np.where((k == 0) | (k == num // 2), 0.0, np.where(k < num // 2, 1.0, -1.0))
    for ring in mesh.mouth_rings[LIP_BORDER:]:
        sign[ring] = of_ring
    return sign


def face_of(field: SkinField, mesh: SkinMesh) -> Face:
    """Work out every vertex's place in the face."""
    shape, points = field.shape, mesh.vertices
    x = points[:, 0]
    above = points[:, 1] - curves.mouth_line_y(shape, x)
    sign = lip_sign(mesh, above)
    above = np.abs(above) * sign
    # An ellipse, not a slit: near the corners both lips take part.
    opening = np.sqrt(np.maximum(1 - (x / shape.mouth_half_width) ** 2, 0.0))
    # The nose stays: the upper lip takes part over a shorter way than the chin.
    rise = smooth_step(0.0, 1.0, np.abs(above) / np.where(above > 0, 17.0, 26.0))
    upper = 0.5 + 0.5 * sign * np.maximum(opening, rise)
    normals = np.zeros_like(points)
    front = np.flatnonzero(points[:, 2] > -70.0)
    normals[front] = gradient(field, points[front])
    return Face(shape=shape, field=field, mesh=mesh, normals=normals, above=above, upper=upper)


def split(deltas: Deltas, x: Weights, width: float | int) -> tuple[Deltas, Deltas]:
    """(left, right) parts of a movement of both sides, shared over `width` mm on each side of the middle."""
    left = smooth_step(-width, width, x)[:, None]
    return deltas * left, deltas * (1 - left)


def edge_ring(mesh: SkinMesh, side: int) -> Int[np.ndarray, " k"]:
    """Vertices of the lid edge of the left (1) or right (-1) eye."""
    return mesh.eye_rings[1 if side > 0 else 0][EYE_EDGE]
