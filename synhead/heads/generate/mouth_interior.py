"""Teeth with gums and the tongue: what shows when the lips part. All but the upper teeth belongs to the jaw.

Widths and heights of the crowns in mm: Ash and Nelson, "Wheeler's Dental Anatomy" (8th edition), rounded.
"""

import numpy as np
from jaxtyping import Bool

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise
from synhead.heads.generate.parameters import FaceShape, HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join

_UPPER_WIDTHS, _UPPER_HEIGHTS = (8.5, 6.6, 7.6, 7.1, 6.8, 10.0, 9.4), (10.2, 8.8, 9.8, 8.4, 8.2, 7.4, 7.0)
_LOWER_WIDTHS, _LOWER_HEIGHTS = (5.3, 5.8, 6.9, 7.0, 7.2, 11.0, 10.4), (8.8, 9.2, 10.2, 8.6, 8.0, 7.4, 7.0)
_THICKNESS = (1.3, 1.3, 1.9, 4.6, 5.2, 8.0, 8.0)
"""Of the biting edge; that of molars is their grinding surface."""
_STEPS = np.array([-1.0, -0.78, -0.35, 0.35, 0.78])
_ARCHES_U, _GUM_V = 0.74, 0.36
_TEXTURE_PX = 256


def teeth_front_z(shape: FaceShape) -> float:
    """z of the upper incisors' front: lips are some 6 mm thick at their line."""
    return float(curves.mouth_line_z(shape, np.zeros(1))[0]) - 6.0


def _arch(shape: FaceShape, along: np.ndarray, inset: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (x, z) of the arch at arc lengths `along` from the middle (left positive), and outward unit normals."""
    half_width, depth = 27.5 * shape.mouth_half_width / 24.4 - inset, 42.0
    x = half_width * np.sin(np.linspace(0, np.pi / 2, 400))
    z = -depth * (1 - np.maximum(1 - (x / half_width) ** 2.6, 0.0) ** (1 / 2.6))
    # The rearmost teeth of a narrow arch stand straight behind its end.
    x, z = np.append(x, half_width), np.append(z, -depth - 60.0)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    distance = np.abs(along)
    at_x, at_z = np.interp(distance, length, x), np.interp(distance, length, z)
    step = 0.4
    dx = np.interp(distance + step, length, x) - np.interp(distance - step, length, x)
    dz = np.interp(distance + step, length, z) - np.interp(distance - step, length, z)
    dx, dz = np.where(distance < step, 1.0, dx), np.where(distance < step, 0.0, dz)
    normal = np.stack([-dz, dx], axis=1) / np.hypot(dx, dz)[:, None]
    sign = np.where(along < 0, -1.0, 1.0)
    return np.stack([at_x * sign, at_z + teeth_front_z(shape)], axis=1), normal * np.stack([sign, 0 * sign + 1], axis=1)


def _columns(widths: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arc length, place across the tooth in [-1, 1] and index of the tooth of each column, from right to left."""
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    along, across, tooth = [], [], []
    for number in [*range(len(widths) - 1, -1, -1), *range(len(widths))]:
        left = len(along) >= len(widths) * len(_STEPS)
        middle, half = (edges[number] + edges[number + 1]) / 2, widths[number] / 2
        steps = _STEPS
        along += list((middle if left else -middle) + half * steps)
        across += list(steps)
        tooth += [number] * len(steps)
    return np.array([*along, edges[-1]]), np.array([*across, 1.0]), np.array([*tooth, len(widths) - 1])


def _teeth(shape: FaceShape, upper: bool) -> Surface:
    """One strip along the arch: gum, front of the crowns, biting edge, back; v = 0 at the outer gum."""
    widths, heights = (_UPPER_WIDTHS, _UPPER_HEIGHTS) if upper else (_LOWER_WIDTHS, _LOWER_HEIGHTS)
    along, across, tooth = _columns(widths)
    points, normals = _arch(shape, along, 0.0 if upper else 3.6)
    back = 0.0 if upper else -2.4
    height = np.array(heights)[tooth]
    thick = np.array(_THICKNESS)[tooth]
    groove = np.abs(across) ** 5
    notch = 0.75 * np.abs(across) ** 4 + 0.25 * np.where(tooth == 1, 1.0, 0.0)
    # (out of the arch, away from the biting edge) of the rows.
    out = [-1.6 + 0 * height, 0.15 - 0.3 * groove, 0.75 - 1.2 * groove, 0.25 - 0.9 * groove, -0.45 - 0.4 * groove]
    out += [-0.45 - thick, -1.9 - thick, -3.2 - thick]
    up = [height + 5.0, height - 0.9 - 1.3 * groove, 0.58 * height, 0.22 * height + 0.3 * notch, 0.10 + notch]
    up += [0.25 + notch, 0.5 * height, height + 4.0]
    edge_y = shape.mouth_y - 1.7 if upper else shape.mouth_y - 0.6
    # Crowns lie on a curve that rises towards the back.
    edge = edge_y + 0.0035 * (points[:, 1] - points[:, 1].max()) ** 2 * (0.3 if upper else -0.8)
    sign = 1.0 if upper else -1.0
    rows = []
    for n, h in zip(out, up, strict=True):
        flat = points + n[:, None] * normals
        rows.append(np.stack([flat[:, 0], edge + sign * h, flat[:, 1] + back], axis=1))
    u = (along - along.min()) / np.ptp(along) * _ARCHES_U
    v = np.array([0.01, _GUM_V, 0.52, 0.66, 0.72, 0.78, 0.88, 0.99]) / 2
    uv = np.stack(np.broadcast_arrays(u[None, :], (v + (0.5 if upper else 0.0))[:, None]), axis=-1)
    triangles = grid_triangles(len(rows), len(along))
    # Columns run to the subject's left; seen from the front rows of the upper arch run downwards.
    if upper:
        triangles = triangles[:, ::-1].copy()
    return Surface(vertices=np.concatenate(rows), uv=uv.reshape(-1, 2), triangles=triangles)


def _tongue(shape: FaceShape) -> Surface:
    """A flat dome behind the lower teeth, a groove along its middle; u in [0.78, 0.99]."""
    rows, columns = 11, 13
    back, side = np.linspace(0, 1, rows), np.linspace(-1, 1, columns)
    front = teeth_front_z(shape) - 8.5
    width = 17.5 * np.sqrt(np.clip(1 - (1 - np.minimum(back / 0.55, 1.0)) ** 2.2, 0.0, 1.0))
    width = np.maximum(width, 0.6)
    dome = 1 - np.abs(side) ** 2.6
    tip = smooth_step(0.0, 0.35, back)
    x = width[:, None] * side
    y = shape.mouth_y - 11.0 + (4.5 + 5.0 * tip[:, None]) * dome - 1.2 * tip[:, None] * np.exp(-((side / 0.16) ** 2))
    z = np.broadcast_to((front - 42.0 * back)[:, None], x.shape)
    u = np.broadcast_to(0.78 + 0.105 * (side + 1), x.shape)
    v = np.broadcast_to(0.02 + 0.96 * back[:, None], x.shape)
    return Surface(
        vertices=np.stack([x, y, z], axis=-1).reshape(-1, 3),
        uv=np.stack([u, v], axis=-1).reshape(-1, 2),
        triangles=grid_triangles(rows, columns),
    )


def _texture(parameters: HeadParameters) -> np.ndarray:
    size = _TEXTURE_PX
    axis = (np.arange(size) + 0.5) / size
    u, v = np.broadcast_to(axis[None, :], (size, size)), np.broadcast_to(1 - axis[:, None], (size, size))
    flat = np.stack([u.ravel() * 40, v.ravel() * 40], axis=1)
    noise = fractal_noise(flat, parameters.noise_seed + 31, 2).reshape(size, size)
    gum = np.array([0.66, 0.36, 0.35]) * (1 - 0.25 * parameters.skin_darkness) * (1 + 0.05 * noise[..., None])
    colour = np.zeros((size, size, 3))
    older = 0.06 if parameters.age_group != "young" else 0.0
    for low, widths in ((0.5, _UPPER_WIDTHS), (0.0, _LOWER_WIDTHS)):
        along = _columns(widths)[0]
        arc = np.interp(u / _ARCHES_U, (along - along.min()) / np.ptp(along), along)
        edges = np.concatenate([[0.0], np.cumsum(widths)])
        number = np.clip(np.searchsorted(edges, np.abs(arc), side="right") - 1, 0, len(widths) - 1)
        middle, half = (edges[number] + edges[number + 1]) / 2, np.array(widths)[number] / 2
        place = np.abs(np.abs(arc) - middle) / half
        share = np.clip((v - low) * 2, 0.0, 1.0)
        enamel = np.array([0.87, 0.835, 0.765]) - older * np.array([0.4, 0.8, 1.5])
        warmth = np.where(number == 2, 1.0, np.where(number > 2, 0.7, 0.25)) + 1.6 * smooth_step(0.6, _GUM_V, share)
        enamel = enamel * (1 - np.array([0.02, 0.05, 0.11]) * warmth[..., None])
        enamel = enamel * (1 - 0.45 * smooth_step(0.82, 1.0, place)[..., None])
        margin = _GUM_V + 0.05 * place**3
        colour_here = gum + (enamel - gum) * smooth_step(-0.012, 0.012, share - margin)[..., None]
        # The arch runs back into the dark.
        depth = smooth_step(9.0, 36.0, np.abs(arc))
        colour_here = colour_here * (1 - np.array([0.62, 0.68, 0.68]) * depth[..., None])
        here = (v >= low) & (v < low + 0.5)
        colour[here] = colour_here[here]
    tongue = (
        np.array([0.64, 0.33, 0.33]) * (1 + 0.10 * noise[..., None]) * (1 - 0.75 * smooth_step(0.2, 0.75, v))[..., None]
    )
    return to_bytes(np.where((u > 0.76)[..., None], tongue, colour))


def build_mouth_interior(parameters: HeadParameters) -> tuple[GeneratedPart, Bool[np.ndarray, " n"]]:
    """Both arches and the tongue as one part of kind "teeth", and which of its vertices belong to the lower jaw."""
    pieces = [_teeth(parameters.shape, True), _teeth(parameters.shape, False), _tongue(parameters.shape)]
    whole = join(pieces)
    of_jaw = np.repeat([False, True, True], [len(piece.vertices) for piece in pieces])
    part = GeneratedPart(
        kind="teeth",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=_texture(parameters),
    )
    return part, of_jaw
