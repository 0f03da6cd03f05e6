"""The skin as a fixed topology: the grid of skin_grid.py with ring patches round each eye and the mouth.

Every head has the same vertices, triangles and texture coordinates; only positions differ.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.generate import curves
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt import EYEBALL_RADIUS, EYEBALL_Z, SkinField
from synhead.heads.generate.skin_grid import (
    NUM_COLUMNS,
    NUM_NECK_ROWS,
    NUM_ROWS,
    column_azimuth_deg,
    grid_points,
    hole,
    perimeter,
    row_rays,
    texture_coordinates,
)

EYE_RINGS = (0.0, 0.2, 0.36, 0.49, 0.59, 0.67, 0.75, 0.83, 0.9, 0.96, 1.0)
LIP_OUTER_RINGS = (0.0, 0.25, 0.47, 0.66, 0.81, 0.92, 1.0)
LIP_INNER_RINGS = (0.12, 0.28, 0.46, 0.64, 0.8, 0.92)
_EYE_X_MIN, _EYE_X_MAX, _EYE_Y_HALF = 12.5, 54.5, 13.5
_MOUTH_X, _MOUTH_TOP, _MOUTH_BOTTOM = 33.0, -53.5, -86.5


@dataclass(frozen=True, kw_only=True, slots=True)
class SkinMesh:
    """Vertices in mm. `inner` is 0 on the outside, rising to 1 behind the lids and between the lips.

    Attributes:
        lid_edge_index: vertices of the (right, left) eye opening, from its corner at smaller x over the upper lid.
        eye_rings: vertices of all rings of the (right, left) eye, outermost first, as lid_edge_index goes round.
        mouth_rings: vertices of all rings of the mouth, outermost first, from the right corner over the upper lip.
    """

    vertices: Float[np.ndarray, "n 3"]
    uv: Float[np.ndarray, "n 2"]
    triangles: Int[np.ndarray, "m 3"]
    inner: Float[np.ndarray, " n"]
    lid_edge_index: tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]
    eye_rings: tuple[Int[np.ndarray, "e k"], Int[np.ndarray, "e k"]]
    mouth_rings: Int[np.ndarray, "r l"]


class _Builder:
    """Collects vertices ring by ring; rings have equal length and wind clockwise seen from the front."""

    def __init__(self, positions: np.ndarray, uv: np.ndarray) -> None:
        self.positions, self.uv, self.inner = [positions], [uv], [np.zeros(len(positions))]
        self.count = len(positions)
        self.triangles: list[np.ndarray] = []

    def add_ring(self, outer: np.ndarray, positions: np.ndarray, uv: np.ndarray, inner: float) -> np.ndarray:
        """Append a ring inside the ring `outer` (indices) and the strip between the two; returns its indices."""
        index = self.count + np.arange(len(positions))
        self.positions.append(positions)
        self.uv.append(uv)
        self.inner.append(np.full(len(positions), inner))
        self.count += len(positions)
        o0, o1, i0, i1 = outer, np.roll(outer, -1), index, np.roll(index, -1)
        self.triangles += [np.stack([o0, i0, i1], axis=1), np.stack([o0, i1, o1], axis=1)]
        return index

    def close(self, ring: np.ndarray) -> None:
        """Fill the innermost ring, an almond, with a strip between its upper and lower half."""
        half = len(ring) // 2
        upper, lower = ring[: half + 1], np.roll(ring[::-1], 1)[: half + 1]
        for k in range(half):
            corners = [(upper[k], lower[k], lower[k + 1]), (upper[k], lower[k + 1], upper[k + 1])]
            self.triangles.append(np.array([c for c in corners if len(set(c)) == 3]))


def _almond_parameter(num: int) -> np.ndarray:
    """num points round an almond: t from -1 over the upper edge to 1 and back over the lower; denser at the corners."""
    half = num // 2
    phase = np.linspace(0, np.pi, half + 1)
    t = -(0.75 * np.cos(phase) + 0.25 * (1 - 2 * phase / np.pi))
    return np.concatenate([t, t[1:-1][::-1]])


def _eye_loop(shape: FaceShape, num: int, side: int, grow: float = 1.0) -> np.ndarray:
    """(x, y) round the opening of the left (side 1) or right (-1) eye; `grow` scales it about its middle."""
    t = _almond_parameter(num) * side
    upper = np.arange(num) <= num // 2
    y = np.where(upper, curves.upper_lid_y(shape, t), curves.lower_lid_y(shape, t))
    x = curves.lid_x(shape, t)
    middle = np.array([shape.eye_x, 0.0])
    loop = middle + grow * (np.stack([x, y], axis=1) - middle)
    return loop * [side, 1.0]


def _ring_uv(outer_uv: np.ndarray, share: float) -> np.ndarray:
    centre = (outer_uv.min(axis=0) + outer_uv.max(axis=0)) / 2
    return centre + (outer_uv - centre) * share


def _on_surface(field: SkinField, loops: list[np.ndarray]) -> list[np.ndarray]:
    """Equally long loops of (x, y) brought onto the skin, all in one march."""
    return list(field.surface_z(np.concatenate(loops)).reshape(len(loops), -1, 3))


def _add_eye(builder: _Builder, field: SkinField, rim: np.ndarray, side: int) -> list[np.ndarray]:
    """Rings from the grid's hole to the lid edge, then over the rim to a closed bed behind the eyeball."""
    shape = field.shape
    outer, outer_uv = builder.positions[0][rim], builder.uv[0][rim]
    loop = _eye_loop(shape, len(rim), side)
    ring, rings = rim, [rim]
    lid = _on_surface(field, [outer[:, :2] + (loop - outer[:, :2]) * weight for weight in EYE_RINGS[1:]])
    for weight, positions in zip(EYE_RINGS[1:], lid, strict=True):
        ring = builder.add_ring(ring, positions, _ring_uv(outer_uv, 1 - 0.55 * weight), 0.0)
        rings.append(ring)
    edge_z = builder.positions[-1][:, 2]
    for grow, share, inner in ((0.97, 0.38, 0.35), (0.86, 0.24, 0.8), (0.4, 0.1, 1.0)):
        xy = _eye_loop(shape, len(rim), side, grow)
        off = (np.abs(xy[:, 0]) - shape.eye_x) ** 2 + xy[:, 1] ** 2
        ball = EYEBALL_Z + np.sqrt(np.maximum(EYEBALL_RADIUS**2 - off, 0.0))
        behind = {
            0.35: np.maximum(ball + 0.1, edge_z - 1.3),
            0.8: np.maximum(ball - 0.9, edge_z - 3.2),
            1.0: ball - 5.0,
        }
        z = np.minimum(behind[inner], edge_z - 0.5 * inner)
        ring = builder.add_ring(ring, np.column_stack([xy, z]), _ring_uv(outer_uv, share), inner)
        rings.append(ring)
    builder.close(ring)
    return rings


def _mouth_loops(shape: FaceShape, num: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) round the vermilion border, and round the line between the lips (its two halves 0.2 mm apart)."""
    t = _almond_parameter(num)
    x = shape.mouth_half_width * t
    upper = np.arange(num) <= num // 2
    line = curves.mouth_line_y(shape, x)
    border = line + np.where(upper, curves.upper_lip_height(shape, x), -curves.lower_lip_height(shape, x))
    gap = 0.1 * np.sqrt(curves.mouth_arch(shape, x))
    return np.column_stack([x, border]), np.column_stack([x * 0.985, line + np.where(upper, gap, -gap)])


def _add_mouth(builder: _Builder, field: SkinField, rim: np.ndarray) -> list[np.ndarray]:
    """Rings from the grid's hole to the lip border, over the lips to the line between them, and round the mouth."""
    outer, outer_uv = builder.positions[0][rim], builder.uv[0][rim]
    border, line = _mouth_loops(field.shape, len(rim))
    ring, rings = rim, [rim]
    around = [outer[:, :2] + (border - outer[:, :2]) * weight for weight in LIP_OUTER_RINGS[1:]]
    lips = [border + (line - border) * weight for weight in LIP_INNER_RINGS]
    shares = [1 - 0.4 * weight for weight in LIP_OUTER_RINGS[1:]] + [0.6 - 0.4 * weight for weight in LIP_INNER_RINGS]
    for share, positions in zip(shares, _on_surface(field, around + lips), strict=True):
        ring = builder.add_ring(ring, positions, _ring_uv(outer_uv, share), 0.0)
        rings.append(ring)
    # Not deeper than the lips' roundness asks for: closed lips meet in a thin line, not in a dark slot.
    lip_z = builder.positions[-1][:, 2]
    lip_z = np.minimum(lip_z, np.roll(lip_z[::-1], 1))
    z = np.clip(curves.mouth_line_z(field.shape, line[:, 0]), lip_z - 0.9, lip_z - 0.4)
    ring = builder.add_ring(ring, np.column_stack([line, z]), _ring_uv(outer_uv, 0.20), 0.3)
    rings.append(ring)
    for share, inner, positions in _mouth_bag(field, line, z):
        ring = builder.add_ring(ring, positions, _ring_uv(outer_uv, share), inner)
        rings.append(ring)
    builder.close(ring)
    return rings


def _mouth_bag(field: SkinField, line: np.ndarray, line_z: np.ndarray) -> list[tuple[float, float, np.ndarray]]:
    """(share of the texture, inner, positions) of the rings from the line between the lips to the back of the mouth.

    The lips touch behind their line, part, and run up and down before the teeth; then come the cheeks and the throat.
    """
    num, half = len(line), field.shape.mouth_half_width
    t = _almond_parameter(num)
    upward = np.where(np.arange(num) <= num // 2, 1.0, -1.0) * np.maximum(1 - np.abs(t) ** 3.0, 0.0) ** (1 / 3)
    middle = curves.mouth_line_y(field.shape, line[:, 0])
    rings = []
    for share, inner, gap, back in ((0.165, 0.45, -0.12, 1.3), (0.135, 0.6, 0.3, 4.5)):
        y = middle + gap * np.sqrt(np.maximum(1 - t * t, 0.0)) * np.sign(upward)
        rings.append((share, inner, np.column_stack([line[:, 0] * (1 - 0.008 * back), y, line_z - back])))
    wall = np.column_stack([t * (half + 1.5), field.shape.mouth_y + 9.0 * upward])
    # Lips and cheeks are 6 mm thick at least.
    wall_z = np.minimum(curves.mouth_line_z(field.shape, wall[:, 0]) - 6.5, field.surface_z(wall)[:, 2] - 6.0)
    rings.append((0.105, 0.75, np.column_stack([wall, wall_z])))
    wider = np.column_stack([t * (half + 4.0), field.shape.mouth_y + 12.0 * upward, wall_z - 14.0])
    rings.append((0.075, 0.9, wider))
    throat = np.column_stack([t * 0.6 * half, field.shape.mouth_y + 7.0 * upward])
    rings.append(
        (0.045, 1.0, np.column_stack([throat, np.full(num, curves.mouth_line_z(field.shape, np.zeros(1))[0] - 36)]))
    )
    return rings


def build_skin(field: SkinField) -> SkinMesh:
    """Wrap the topology round the field; about 26 thousand triangles."""
    u, v = np.linspace(-1, 1, NUM_COLUMNS), np.linspace(0, 1, NUM_ROWS)
    grid_v, grid_u = (a.ravel() for a in np.meshgrid(v, u, indexing="ij"))
    positions = grid_points(field, grid_u, grid_v)
    seam = positions.reshape(NUM_ROWS, NUM_COLUMNS, 3)
    seam[:, -1] = seam[:, 0]
    crown = seam[-1, :-1].mean(axis=0)
    uv = texture_coordinates(grid_u, grid_v)
    builder = _Builder(positions, uv)
    azimuths, tangents = column_azimuth_deg(u), row_rays(v)[1]
    tangents = np.where(np.arange(NUM_ROWS) < NUM_NECK_ROWS, -99.0, tangents)
    left = hole(azimuths, tangents, (_EYE_X_MIN, _EYE_X_MAX), (-_EYE_Y_HALF, _EYE_Y_HALF), (84.0, 69.0))
    right = (NUM_COLUMNS - 1 - left[0] - left[2], *left[1:])
    mouth = hole(azimuths, tangents, (-_MOUTH_X, _MOUTH_X), (_MOUTH_BOTTOM, _MOUTH_TOP), (86.0, 86.0))
    keep = np.ones((NUM_ROWS - 1, NUM_COLUMNS - 1), dtype=bool)
    for column, row, width, height in (left, right, mouth):
        keep[row : row + height, column : column + width] = False
    row, column = np.nonzero(keep)
    a = row * NUM_COLUMNS + column
    b, c, d = a + 1, a + NUM_COLUMNS + 1, a + NUM_COLUMNS
    builder.triangles += [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    eyes = [_add_eye(builder, field, perimeter(*cut), side) for cut, side in ((right, -1), (left, 1))]
    mouth_rings = _add_mouth(builder, field, perimeter(*mouth))
    _add_crown(builder, crown + [0.0, 0.02, 0.0])
    return _compact(builder, eyes, mouth_rings)


def _add_crown(builder: _Builder, crown: np.ndarray) -> None:
    """A fan over the small ring of the last row, one vertex per column so that each has its own texture column."""
    last = (NUM_ROWS - 1) * NUM_COLUMNS + np.arange(NUM_COLUMNS)
    index = builder.count + np.arange(NUM_COLUMNS - 1)
    builder.positions.append(np.tile(crown, (NUM_COLUMNS - 1, 1)))
    u = (builder.uv[0][last[:-1], 0] + builder.uv[0][last[1:], 0]) / 2
    builder.uv.append(np.column_stack([u, np.ones(NUM_COLUMNS - 1)]))
    builder.inner.append(np.zeros(NUM_COLUMNS - 1))
    builder.count += NUM_COLUMNS - 1
    builder.triangles.append(np.stack([last[:-1], last[1:], index], axis=1))


def _compact(builder: _Builder, eyes: list[list[np.ndarray]], mouth: list[np.ndarray]) -> SkinMesh:
    """Drop the grid vertices inside the holes."""
    triangles = np.concatenate(builder.triangles)
    used = np.unique(triangles)
    new_index = np.full(builder.count, -1)
    new_index[used] = np.arange(len(used))
    edge = len(EYE_RINGS) - 1
    return SkinMesh(
        vertices=np.concatenate(builder.positions)[used],
        uv=np.concatenate(builder.uv)[used],
        triangles=new_index[triangles],
        inner=np.concatenate(builder.inner)[used],
        lid_edge_index=(new_index[eyes[0][edge]], new_index[eyes[1][edge]]),
        eye_rings=(new_index[np.stack(eyes[0])], new_index[np.stack(eyes[1])]),
        mouth_rings=new_index[np.stack(mouth)],
    )
