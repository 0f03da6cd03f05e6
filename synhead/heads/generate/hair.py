"""Hair: a thin cap whose opacity fades at the hairline, and cards with strands that follow the flow and fall.

A cap alone looks like a helmet and a radial grid tears on long hair; the cards give the outline and the depth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synhead.heads.generate.bake import bake_values, smooth_step, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.generate.parameters import HeadParameters
from synhead.heads.generate.part import GeneratedPart, Surface, grid_triangles, join
from synhead.heads.generate.scalp import across_flow, flow_direction, hairline_distance
from synhead.heads.generate.sculpt import SkinField, TrunkField
from synhead.heads.generate.sdf import cone, ellipsoid, first_hit, gradient, soft_union
from synhead.heads.generate.skin_mesh import NUM_NECK_ROWS, NUM_ROWS, grid_points

_CAP_COLUMNS, _CAP_ROWS = 61, 36
_CAP_U, _CARD_WIDTH = 0.70, 0.075
_NUM_CARD_KINDS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Style:
    """Lengths in mm.

    Attributes:
        thickness: of the cap, reached `rise` inside the hairline.
        length: of the hairs; 0: no cards. Falling hair is as long as it takes to reach the height `cut_y`.
        width, segments, spacing: of the cards, and between their roots.
        lift: how far cards stand off.
        weight: how soon they turn downwards.
    """

    thickness: float | int
    rise: float | int
    length: float | int
    width: float | int
    segments: int
    spacing: float | int
    lift: float | int
    weight: float | int
    cut_y: float | int | None = None


_STYLES = {
    "buzz": _Style(thickness=0.8, rise=16, length=0, width=0, segments=0, spacing=0, lift=0, weight=0),
    "receding": _Style(thickness=3.0, rise=26, length=17, width=8, segments=2, spacing=11.0, lift=0.10, weight=0.05),
    "crop": _Style(thickness=7.0, rise=28, length=36, width=12, segments=3, spacing=11.5, lift=0.20, weight=0.10),
    "bun": _Style(thickness=4.5, rise=22, length=30, width=6, segments=4, spacing=13.0, lift=0.0, weight=0.0),
    "long": _Style(
        thickness=7.0, rise=24, length=290, width=24, segments=9, spacing=22.0, lift=0.10, weight=0.30, cut_y=-188
    ),
    "bob": _Style(
        thickness=7.0, rise=24, length=230, width=23, segments=7, spacing=20.0, lift=0.10, weight=0.28, cut_y=-98
    ),
}


def build_hair(parameters: HeadParameters, skin: SkinField, size: int) -> GeneratedPart:
    """Cap and cards of the person's style as one part; the see-through texture is `size` texels wide, half as high."""
    style = _STYLES[parameters.hair_style]
    cap = _cap(parameters, skin, style)
    surfaces = [cap]
    if parameters.hair_style == "bun":
        surfaces.append(_bun(parameters))
    if style.length > 0:
        surfaces.append(_cards(parameters, skin, style))
    whole = join(surfaces)
    texture = _texture(parameters, cap, size)
    return GeneratedPart(
        kind="hair",
        vertices=whole.vertices,
        uv=whole.uv,
        triangles=whole.triangles,
        texture=texture,
        normals=whole.normals,
    )


def _thickness(parameters: HeadParameters, style: _Style, distance: np.ndarray) -> np.ndarray:
    """Zero at the hairline, or the cap ends in a dark rim."""
    return 0.4 + style.thickness * smooth_step(-2.0, style.rise, distance)


def _cap(parameters: HeadParameters, skin: SkinField, style: _Style) -> Surface:
    split = NUM_NECK_ROWS / (NUM_ROWS - 1)
    u, v = np.linspace(-1, 1, _CAP_COLUMNS), np.linspace(split * 0.98, 1, _CAP_ROWS)
    v_all, u_all = (a.ravel() for a in np.meshgrid(v, u, indexing="ij"))
    # The skin's columns crowd in the face; hair wants them even.
    base = grid_points(skin, np.sign(u_all) * (0.55 * np.abs(u_all) + 0.45 * np.abs(u_all) ** 0.6), v_all)
    distance = hairline_distance(parameters, base)
    points = base + gradient(skin, base, 2.0) * _thickness(parameters, style, distance)[:, None]
    lumps = fractal_noise(points / 16.0, parameters.noise_seed + 41, 2)
    points = points + gradient(skin, base, 2.0) * (lumps * 0.16 * _thickness(parameters, style, distance))[:, None]
    grid = points.reshape(_CAP_ROWS, _CAP_COLUMNS, 3)
    grid[:, -1] = grid[:, 0]
    grid[-1] = grid[-1, :-1].mean(axis=0)
    points = grid.reshape(-1, 3)
    uv = np.stack([_CAP_U * (0.005 + 0.985 * (u_all + 1) / 2), 0.005 + 0.99 * (v_all - v[0]) / (1 - v[0])], axis=1)
    triangles = grid_triangles(_CAP_ROWS, _CAP_COLUMNS)
    covered = (distance[triangles] > -5.0).any(axis=1)
    top = triangles >= (_CAP_ROWS - 1) * _CAP_COLUMNS
    covered &= top.sum(axis=1) < 2
    used, index = np.unique(triangles[covered], return_inverse=True)
    # The field's normals are whole across the seam.
    normals = gradient(skin, points, 3.0)
    return Surface(vertices=points[used], uv=uv[used], triangles=index.reshape(-1, 3), normals=normals[used])


def _bun(parameters: HeadParameters) -> Surface:
    """A knot behind the head; it borrows the texture of the cap's middle."""
    s = parameters.shape
    centre = np.array([0.0, 38.0, -85.0 - s.cranium_radius_z - 11.0])
    theta, phi = np.linspace(-np.pi, np.pi, 25), np.linspace(-1.45, 1.45, 13)
    p, t = (a.ravel() for a in np.meshgrid(phi, theta, indexing="ij"))
    direction = np.stack([np.cos(p) * np.sin(t), np.sin(p), np.cos(p) * np.cos(t)], axis=1)
    swirl = 1 + 0.05 * np.sin(5 * t + 6 * p)
    swirl = np.where(np.abs(np.abs(t) - np.pi) < 1e-9, 1.0, swirl)
    points = centre + direction * np.array([29.0, 27.0, 22.0]) * swirl[:, None]
    card = _CAP_U + 0.005 + _CARD_WIDTH * (0.15 + 0.7 * np.abs((t / np.pi * 4) % 2 - 1))
    uv = np.stack([card, 0.62 + 0.33 * (p - phi[0]) / (phi[-1] - phi[0])], axis=1)
    return Surface(vertices=points, uv=uv, triangles=grid_triangles(len(phi), len(theta)), normals=direction)


def _obstacle(parameters: HeadParameters, skin: SkinField) -> Callable[[np.ndarray], np.ndarray]:
    """What falling hair slides over: head, ears, shoulders, and a guard that keeps it off the face."""
    s = parameters.shape
    trunk = TrunkField(s)
    ear = (s.cranium_radius_x + 2.0, -8.0, -94.0)

    def distance(points: np.ndarray) -> np.ndarray:
        mirrored = np.concatenate([np.abs(points[:, :1]), points[:, 1:]], axis=1)
        d = np.minimum(skin(points), trunk(points) - 4.0)
        d = soft_union(d, ellipsoid(mirrored, ear, (12.0, 34.0, 20.0)), 14)
        guard = cone(mirrored, (0, 10, 12), (0, -130, 0), s.gonion_x + 23.0, s.gonion_x + 20.0)
        return soft_union(d, guard, 10)

    return distance


def _roots(parameters: HeadParameters, skin: SkinField, style: _Style) -> tuple[np.ndarray, np.ndarray]:
    """Evenly scattered roots inside the hairline, and their normals."""
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 42))
    golden = np.pi * (3 - np.sqrt(5))
    count = int(4 * np.pi * 95.0**2 / style.spacing**2)
    k = np.arange(count) + 0.5
    height = 1 - 2 * k / count
    ring = np.sqrt(1 - height**2)
    direction = np.stack([ring * np.sin(golden * k), height, ring * np.cos(golden * k)], axis=1)
    direction += rng.normal(0, 0.25 * style.spacing / 95.0, direction.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction = direction[direction[:, 1] > -0.75]
    centre = np.array([0.0, 15.0, -85.0])
    roots = first_hit(skin, centre + 300.0 * direction, -direction, num_steps=90)
    distance = hairline_distance(parameters, roots)
    roots = roots[distance > (3.0 if style.cut_y is None else 6.0)]
    return roots, gradient(skin, roots, 2.0)


def _lengths(style: _Style, roots: np.ndarray, grown: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Falling hair ends at one height; short hair is shorter at the hairline, the sides and the nape."""
    if style.cut_y is not None:
        length = np.clip(1.12 * (roots[:, 1] - style.cut_y) + 14, 45, style.length)
        return length * rng.uniform(0.93, 1.03, len(roots))
    length = style.length * rng.uniform(0.78, 1.05, len(roots)) * (0.45 + 0.55 * grown)
    return np.where(roots[:, 1] < 20, length * 0.6, length)


def _cards(parameters: HeadParameters, skin: SkinField, style: _Style) -> Surface:
    """Ribbons along guides that start on the scalp, follow its flow, sink by their weight and never enter the head."""
    roots, normals = _roots(parameters, skin, style)
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 43))
    num = len(roots)
    obstacle = _obstacle(parameters, skin) if style.cut_y is not None else skin
    distance_in = hairline_distance(parameters, roots)
    grown = smooth_step(-4.0, style.rise, distance_in)
    length = _lengths(style, roots, grown, rng)
    layer = rng.uniform(0.35, 1.0, num)
    base = _thickness(parameters, style, distance_in)
    points, normal = roots + normals * (base * layer * 0.6)[:, None], normals
    heading = flow_direction(parameters, roots, normals)
    heading = heading + normals * style.lift + rng.normal(0, 0.13 if style.cut_y is None else 0.05, heading.shape)
    rows = []
    step = (length / max(style.segments, 1))[:, None]
    for segment in range(style.segments + 1):
        side = np.cross(heading, normal)
        side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
        share = segment / style.segments
        half = 0.5 * style.width * (1 - 0.35 * share**2) * (0.55 + 0.45 * grown)
        rows.append((points - side * half[:, None], points + side * half[:, None], normal))
        if segment == style.segments:
            break
        wish = 0.55 * heading + 0.45 * flow_direction(parameters, points, normal) * max(0.0, 1 - 2.0 * share)
        if style.cut_y is not None:
            wish = wish + np.array([0.0, -1.0, 0.0]) * style.weight * (1 + 2.5 * share)
        heading = wish / np.maximum(np.linalg.norm(wish, axis=1, keepdims=True), 1e-6)
        points = points + heading * step
        gap = (base * (0.35 + 0.75 * layer)) + style.lift * 10 * share
        distance = obstacle(points)
        normal = gradient(obstacle, points, 2.0)
        points = points + normal * np.maximum(gap - distance, 0.0)[:, None]
    return _ribbons(rows, rng, num, style)


def _ribbons(rows: list, rng: np.random.Generator, num: int, style: _Style) -> Surface:
    half = _NUM_CARD_KINDS // 2
    kind = rng.integers(0, half, num) + (half if style.cut_y is None else 0)
    flip = rng.integers(0, 2, num)
    count = len(rows)
    points = np.stack([np.stack(row[:2], axis=1) for row in rows], axis=1)
    normals = np.stack([np.stack([row[2], row[2]], axis=1) for row in rows], axis=1).reshape(-1, 3)
    left = _CAP_U + 0.003 + _CARD_WIDTH * kind
    u0 = np.where(flip == 0, left, left + _CARD_WIDTH - 0.006)
    u1 = np.where(flip == 0, left + _CARD_WIDTH - 0.006, left)
    v = 0.99 - 0.98 * np.linspace(0, 1, count)
    uv = np.zeros((num, count, 2, 2))
    uv[:, :, 0, 0], uv[:, :, 1, 0] = u0[:, None], u1[:, None]
    uv[..., 1] = v[None, :, None]
    points = points.reshape(-1, 3)
    triangles = (grid_triangles(count, 2) + count * 2 * np.arange(num)[:, None, None]).reshape(-1, 3)
    # A card may twist as it falls: each triangle faces away from what it lies on.
    corners = points[triangles]
    faced = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (faced * normals[triangles].sum(axis=1)).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return Surface(vertices=points, uv=uv.reshape(-1, 2), triangles=triangles, normals=normals)


def _texture(parameters: HeadParameters, cap: Surface, width: int) -> np.ndarray:
    """Cap on the left, strips of strands on the right; colour everywhere, so that edges do not darken."""
    height = width // 2
    baked, _ = bake_values(cap.uv, cap.triangles, cap.vertices, height, width)
    points = baked.reshape(-1, 3)
    seed = parameters.noise_seed
    across = across_flow(parameters, points)
    strand = value_noise(np.stack([across / 0.8, points[:, 1] / 60, points[:, 2] / 60], axis=1), seed + 51)
    lock = value_noise(np.stack([across / 5.0, points[:, 1] / 40, points[:, 2] / 40], axis=1), seed + 52)
    distance = hairline_distance(parameters, points)
    colour = np.array(parameters.hair_rgb) * (1 + 0.20 * strand + 0.09 * lock)[:, None]
    thin = parameters.hair_style in ("buzz", "receding")
    fade = smooth_step(-4.0, 10.0 if not thin else 20.0, distance + 5.0 * strand + 3.0 * lock)
    alpha = fade * (np.clip(0.72 + 0.25 * strand, 0, 1) if parameters.hair_style == "receding" else 1.0)
    picture = np.concatenate([colour, alpha[:, None]], axis=1).reshape(height, width, 4)
    start = round(_CAP_U * width)
    picture[:, start:] = _strand_strips(parameters, height, width - start)
    return to_bytes(picture)


def _strand_strips(parameters: HeadParameters, height: int, width: int) -> np.ndarray:
    """Locks of hair, root at the top: flowing ones, then short ones that come to a point."""
    rng = np.random.Generator(np.random.PCG64(parameters.noise_seed + 53))
    along = (np.arange(height)[:, None] + 0.5) / height
    out = np.zeros((height, width, 4))
    out[..., :3] = np.array(parameters.hair_rgb)
    strip = round(_CARD_WIDTH / (1 - _CAP_U) * width)
    texels = height / 512
    for kind in range(_NUM_CARD_KINDS):
        first = kind * strip
        column = np.arange(min(strip, width - first))[None, :] + 0.5
        density = np.zeros((height, column.shape[1]))
        tone = np.zeros_like(density)
        flowing = kind < _NUM_CARD_KINDS // 2
        for _ in range(70):
            across = float(np.clip(rng.normal(0, 0.4), -1, 1))
            length = rng.uniform(0.72 if flowing else 0.42, 1.0) * (1 - 0.25 * abs(across))
            gather = 1 - (0.25 if flowing else 0.5) * along**1.5
            wave = texels * rng.normal(0, 0.5) * np.sin(along * rng.uniform(3, 9))
            centre = strip * (0.5 + 0.42 * across * gather) + wave
            radius = texels * rng.uniform(0.8, 1.7) * np.clip((length - along) / (0.5 * length), 0, 1) ** 0.8
            stroke = np.clip(radius + 0.5 - np.abs(column - centre), 0, 1) * (along < length)
            shade = rng.normal(0, 0.17)
            tone = np.where(stroke > 0.4, shade, tone)
            density = np.maximum(density, stroke)
        density *= smooth_step(0.0, 0.03, along)
        root_shade = 0.72 + 0.28 * smooth_step(0.0, 0.25, along)
        out[:, first : first + column.shape[1], :3] *= ((1 + tone) * root_shade)[..., None]
        out[:, first : first + column.shape[1], 3] = density
    return out
