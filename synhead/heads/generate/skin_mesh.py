"""The skin as a fixed topology: a grid of rays from inside the head, with ring patches round each eye and the mouth.

Every head has the same vertices, triangles and texture coordinates; only positions differ. The grid is denser in the
face. Columns run round the head from the back (u = 0, azimuth -180 degrees) over the subject's right, the face
(u = 0.5) and the left to the back again (u = 1); rows run from the cut of the neck (v smallest) to the crown.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.heads.generate import curves
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sculpt import EYEBALL_RADIUS, EYEBALL_Z, SkinField
from synhead.heads.generate.sdf import first_hit

NUM_COLUMNS, NUM_ROWS, NUM_NECK_ROWS = 109, 98, 14
V_BOTTOM = 0.115
CENTRE = np.array([0.0, -10.0, -75.0])
NECK_CUT_Y = -205.0
_REACH = 70.0
EYE_RINGS = (0.0, 0.2, 0.36, 0.49, 0.59, 0.67, 0.75, 0.83, 0.9, 0.96, 1.0)
LIP_OUTER_RINGS = (0.0, 0.25, 0.47, 0.66, 0.81, 0.92, 1.0)
LIP_INNER_RINGS = (0.12, 0.28, 0.46, 0.64, 0.8, 0.92)
_EYE_X_MIN, _EYE_X_MAX, _EYE_Y_HALF = 12.5, 54.5, 13.5
_MOUTH_X, _MOUTH_TOP, _MOUTH_BOTTOM = 33.0, -53.5, -86.5
# Where the features of the average face meet the grid: (height, distance from the axis) in mm of menton, mouth,
# subnasale and eyes, and the azimuth of the eyes in degrees. A person's own features are moved to the same rows.
_LEVELS = ((-114.0, 72.0), (-68.0, 90.0), (-49.0, 88.0), (0.0, 80.0))
_EYE_AZIMUTH_DEG, _EYE_X = 22.0, 31.4
# (share of the rows above the neck, tangent of elevation): chin, then the face evenly and densely, then the cranium.
_FACE_ROWS = ((0.0, -1.5), (0.145, -0.85), (0.735, 0.35))

# (share of the grid, share of the texture), from the middle of the face outwards and from the neck up.
_TEXTURE_U = (
    *((0.0, 0.0), (0.1111, 0.0656), (0.2222, 0.1384), (0.3333, 0.223), (0.4444, 0.3321), (0.5556, 0.4711)),
    *((0.6296, 0.5788), (0.7037, 0.6775), (0.7778, 0.7567), (0.8889, 0.8693), (1.0, 1.0)),
)
_TEXTURE_V = (
    *((0.0, 0.0), (0.0619, 0.0658), (0.1134, 0.1408), (0.1443, 0.2017), (0.2062, 0.2804), (0.268, 0.3401)),
    *((0.4124, 0.4328), (0.7629, 0.7028), (0.8041, 0.7511), (0.866, 0.845), (0.9278, 0.9253), (1.0, 1.0)),
)


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


def column_azimuth_deg(u: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Azimuth of a column, u in [-1, 1]; eight times denser at the front than at the back."""
    return 180.0 * (0.30 * u + 0.70 * u**3)


def texture_coordinates(u: Float[np.ndarray, " n"], v: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Where a grid point lies in the texture, so that the face has even texels and more of them than neck and scalp.

    The knots are lengths of the average head's rows and columns added up, those of neck and scalp at 0.35 to 0.45.
    """
    across = np.sign(u) * np.interp(np.abs(u), *np.array(_TEXTURE_U).T)
    up = np.interp(v, *np.array(_TEXTURE_V).T)
    return np.column_stack([(across + 1) / 2, V_BOTTOM + (0.998 - V_BOTTOM) * up])


def row_rays(v: Float[np.ndarray, "*n"]) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """(height of the origin in mm, tangent of the elevation) of rows of rays; v is 0 at the neck's cut, 1 at the crown.

    Above the chin all rays start at CENTRE; below it the origin sinks and the rays level out, so that the mesh ends in
    a plane. The level at _REACH from the axis falls evenly, which keeps the rows from crossing.
    """
    split = NUM_NECK_ROWS / (NUM_ROWS - 1)
    (_, tangent_at_chin), (_, _), (face_top, tangent_at_top) = _FACE_ROWS
    neck = np.clip(v / split, 0.0, 1.0)
    level = NECK_CUT_Y + (CENTRE[1] + tangent_at_chin * _REACH - NECK_CUT_Y) * neck
    tangent_neck = tangent_at_chin * neck**1.5
    rise = np.clip((v - split) / (1 - split), 0.0, 1.0)
    tangent = np.interp(rise, *np.array(_FACE_ROWS).T)
    low, high = np.degrees(np.arctan(tangent_at_top)), 89.0
    over = np.clip((rise - face_top) / (1 - face_top), 0.0, 1.0)
    # Even in height over the face, then sparser and sparser over the crown.
    elevation = low + (high - low) * (0.72 * over + 0.28 * over**2)
    tangent = np.where(rise > face_top, np.tan(np.radians(elevation)), tangent)
    tangent = np.where(v < split, tangent_neck, tangent)
    origin_y = np.where(v < split, level - tangent * _REACH, CENTRE[1])
    return origin_y, tangent


def _own_directions(shape: FaceShape, azimuth_deg: np.ndarray, tangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move rows and columns so that a person's eyes, nose and mouth lie where the average person's lie on the grid."""
    average = np.array([(y - CENTRE[1]) / far for y, far in _LEVELS])
    heights = np.array([shape.menton_y, shape.mouth_y, shape.subnasale_y, 0.0])
    own = (heights - CENTRE[1]) / np.array([far for _, far in _LEVELS])
    lowest = _FACE_ROWS[0][1]
    knots = np.concatenate([[lowest], average, [0.4, 60.0]])
    moved = np.concatenate([[lowest * own[0] / average[0]], own, [0.4, 60.0]])
    grown = _EYE_AZIMUTH_DEG * shape.eye_x / _EYE_X
    away = np.interp(np.abs(azimuth_deg), [0, 3, 12, _EYE_AZIMUTH_DEG, 75, 180], [0, 4, 11, grown, 75, 180])
    return np.sign(azimuth_deg) * away, np.interp(tangent, knots, moved)


def grid_points(
    field: SkinField, u: Float[np.ndarray, " n"], v: Float[np.ndarray, " n"], far: float = 330.0
) -> np.ndarray:
    """Outermost surface of `field` at grid coordinates u in [-1, 1], v in [0, 1]; shape [n, 3]."""
    origin_y, tangent = row_rays(v)
    azimuth_deg, own_tangent = _own_directions(field.shape, column_azimuth_deg(u), tangent)
    azimuth = np.radians(azimuth_deg)
    # Under the chin the rows keep their shares of what is left of the neck.
    chin = _FACE_ROWS[0][1]
    own_chin = float(_own_directions(field.shape, np.zeros(1), np.full(1, chin))[1][0])
    share = (CENTRE[1] + own_chin * _REACH - NECK_CUT_Y) / (CENTRE[1] + chin * _REACH - NECK_CUT_Y)
    level = NECK_CUT_Y + (origin_y + tangent * _REACH - NECK_CUT_Y) * share
    under = v < NUM_NECK_ROWS / (NUM_ROWS - 1)
    tangent = np.where(under, tangent * own_chin / chin, own_tangent)
    origin_y = np.where(under, level - tangent * _REACH, CENTRE[1])
    direction = np.stack([np.sin(azimuth), tangent, np.cos(azimuth)], axis=1)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    sunk = np.clip((CENTRE[1] - origin_y) / (CENTRE[1] - NECK_CUT_Y), 0.0, 1.0)
    origin = np.stack([np.zeros(len(u)), origin_y, CENTRE[2] - 25.0 * sunk], axis=1)
    return first_hit(field, origin + far * direction, -direction, num_steps=90)


def _hole(azimuths: np.ndarray, elevations: np.ndarray, x_range: tuple, y_range: tuple, depth: tuple) -> tuple:
    """Grid rectangle (column, row, columns, rows) that covers a box of the face; an even number of rows."""
    columns = [
        int(np.argmin(np.abs(azimuths - np.degrees(np.arctan2(x, z))))) for x, z in zip(x_range, depth, strict=True)
    ]
    z_mean = float(np.mean(depth))
    rows = [int(np.argmin(np.abs(elevations - (y - CENTRE[1]) / z_mean))) for y in y_range]
    if (rows[1] - rows[0]) % 2:
        rows[1] += 1
    return columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0]


def _perimeter(column: int, row: int, width: int, height: int) -> np.ndarray:
    """Grid indices round a rectangle: from the middle of its left side over the top, down, along the bottom, back."""
    half = height // 2
    left_up = [(column, row + half + k) for k in range(half)]
    top = [(column + k, row + height) for k in range(width)]
    right = [(column + width, row + height - k) for k in range(height)]
    bottom = [(column + width - k, row) for k in range(width)]
    left_end = [(column, row + k) for k in range(half)]
    cells = np.array(left_up + top + right + bottom + left_end)
    return cells[:, 1] * NUM_COLUMNS + cells[:, 0]


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
    left = _hole(azimuths, tangents, (_EYE_X_MIN, _EYE_X_MAX), (-_EYE_Y_HALF, _EYE_Y_HALF), (84.0, 69.0))
    right = (NUM_COLUMNS - 1 - left[0] - left[2], *left[1:])
    mouth = _hole(azimuths, tangents, (-_MOUTH_X, _MOUTH_X), (_MOUTH_BOTTOM, _MOUTH_TOP), (86.0, 86.0))
    keep = np.ones((NUM_ROWS - 1, NUM_COLUMNS - 1), dtype=bool)
    for column, row, width, height in (left, right, mouth):
        keep[row : row + height, column : column + width] = False
    row, column = np.nonzero(keep)
    a = row * NUM_COLUMNS + column
    b, c, d = a + 1, a + NUM_COLUMNS + 1, a + NUM_COLUMNS
    builder.triangles += [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    eyes = [_add_eye(builder, field, _perimeter(*hole), side) for hole, side in ((right, -1), (left, 1))]
    mouth_rings = _add_mouth(builder, field, _perimeter(*mouth))
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
