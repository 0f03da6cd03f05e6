"""The parts of an ICT-FaceKit head: skin, eyeballs with a painted iris, teeth and gums, a cap of hair, a shirt."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from synhead.heads.generate.bake import smooth_step, texel_map, to_bytes
from synhead.heads.generate.noise import fractal_noise, value_noise
from synhead.heads.importers.cloth import ClothCut, build_cloth, cut_cloth
from synhead.heads.importers.ict_identity import IctPerson
from synhead.heads.importers.ict_model import (
    CENTIMETRE_M,
    GUMS_AND_TONGUE,
    SCLERA_LEFT,
    SCLERA_RIGHT,
    TEETH,
    IctModel,
)
from synhead.heads.importers.ict_paint import paint_skin
from synhead.heads.importers.ict_regions import SHIFT_DM, SkinLayout, neck_of
from synhead.heads.importers.makehuman_compose import vertex_normals
from synhead.heads.importers.part import ImportedPart, compact

IRIS_MM, _PUPIL_MM, _DISC_MM = 5.9, 1.9, 14.0
_SKIRT_ROWS, _SKIRT_DM = 4, 0.45


def skin_part(model: IctModel, person: IctPerson, layout: SkinLayout, vertices: np.ndarray) -> ImportedPart:
    """Face, head, neck, sockets of the eyes and the mouth's inside."""
    texture = paint_skin(person, layout, model.mesh.vertices[model.landmark_vertices] * 10)
    return _part(model, vertices, "skin", "skin", layout.triangles, layout.uv, layout.uv_triangles, texture, 0.6)


def mouth_parts(model: IctModel, vertices: np.ndarray) -> list[ImportedPart]:
    """Gums with the tongue, and teeth, each in one plain colour that darkens towards the throat."""
    parts = []
    for name, block, rgb in (("gums", GUMS_AND_TONGUE, (0.52, 0.22, 0.21)), ("teeth", TEETH, (0.74, 0.69, 0.60))):
        mesh = model.mesh
        chosen = ((mesh.triangles >= block.start) & (mesh.triangles < block.stop)).all(axis=1)
        depth = mesh.vertices[:, 2]
        low, high = depth[block].min(), depth[block].max()
        # The texture is a ramp along its rows: v is the depth, deep in the mouth it is dark.
        v = np.clip((depth - low) / (high - low), 0.02, 0.98)
        uv = np.stack([np.full(len(v), 0.5), v], axis=1)
        ramp = 0.25 + 0.6 * (1 - (np.arange(64) + 0.5) / 64)
        texture = to_bytes(np.broadcast_to((ramp[:, None] * np.array(rgb))[:, None], (64, 16, 3)))
        triangles = mesh.triangles[chosen]
        parts.append(_part(model, vertices, name, "teeth", triangles, uv, triangles, texture, 0.4))
    return parts


def eye_part(
    model: IctModel, person: IctPerson, vertices: np.ndarray
) -> tuple[ImportedPart, Float[np.ndarray, "2 3"], Float[np.ndarray, "2 3"]]:
    """Both eyeballs, and their centres and pupils in centimetres (subject's right, left).

    The outer shell, with the cornea's bulge, is painted from the front; the shells inside and in front are left out.
    """
    mesh = model.mesh
    uv = np.zeros((len(vertices), 2))
    chosen = np.zeros(len(mesh.triangles), dtype=bool)
    centers, pupils = [], []
    for side, block in enumerate((SCLERA_RIGHT, SCLERA_LEFT)):
        ball = vertices[block]
        center = _sphere_center(ball)
        front = ball[ball[:, 2].argmax()]
        centers.append(center)
        pupils.append(np.array([center[0], center[1], front[2]]))
        flat = np.clip((ball[:, :2] - center[:2]) * 10 / _DISC_MM, -1.0, 1.0)
        # The back of the ball takes the rim's colour.
        behind = ball[:, 2] < center[2]
        length = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        flat = np.where(behind[:, None], flat / length * 0.98, flat)
        uv[block] = 0.5 + 0.49 * flat
        uv[block, 0] = uv[block, 0] / 2 + 0.5 * side
        chosen |= ((mesh.triangles >= block.start) & (mesh.triangles < block.stop)).all(axis=1)
    triangles = mesh.triangles[chosen]
    texture = np.concatenate([_eye_texture(person, side) for side in range(2)], axis=1)
    part = _part(model, vertices, "eyes", "eyes", triangles, uv, triangles, texture, 0.2)
    return replace(part, shapes={}), np.array(centers), np.array(pupils)


def hair_part(model: IctModel, person: IctPerson, layout: SkinLayout, vertices: np.ndarray) -> ImportedPart | None:
    """Cropped hair: the scalp, lifted along its normals, with strands and a ragged, see-through edge."""
    if person.hair != "cropped":
        return None
    inside = layout.hairline_mm
    chosen = (inside[layout.triangles] > -6).all(axis=1)
    triangles, uv_triangles = layout.triangles[chosen], layout.uv_triangles[chosen]
    normals = vertex_normals(vertices, layout.triangles)
    neutral_mm = model.mesh.vertices * 10
    seed = person.noise_seed % 2**20
    lumps = 1 + 0.22 * fractal_noise(neutral_mm / 22.0, seed + 41, 2)
    top = 0.45 + 0.55 * smooth_step(20, 110, neutral_mm[:, 1])
    lift_cm = 0.1 * (0.6 + person.hair_mm * top * lumps * smooth_step(-2, 45, inside))
    lifted = vertices + normals * lift_cm[:, None]
    texture = _hair_texture(model, person, layout, triangles, uv_triangles)
    return _part(model, lifted, "hair", "hair", triangles, layout.uv, uv_triangles, texture, 0.75)


def shirt_cut(model: IctModel) -> ClothCut:
    """The curves of the shirt on the neutral mesh."""
    return cut_cloth(model.mesh.vertices * 0.1 + SHIFT_DM, neck_of(model))


def shirt_part(model: IctModel, person: IctPerson, cut: ClothCut, vertices: np.ndarray) -> ImportedPart:
    """A plain shirt; below the end of the mesh it goes on downwards, so that the cut of the bust does not show."""
    part = build_cloth(cut, vertices * 0.1, {}, person.clothes_rgb, person.noise_seed)
    points, triangles = part.vertices_m * 10, part.triangles
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    present = {(a, b) for a, b in edges.tolist()}
    collar = set(range(len(cut.level), len(points)))
    border = [(a, b) for a, b in edges.tolist() if (b, a) not in present and a not in collar]
    ring = sorted({a for edge in border for a in edge})
    number = {vertex: k for k, vertex in enumerate(ring)}
    outward = points[ring] * [1.0, 0.0, 1.0]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    rows, faces = [], []
    for row in range(1, _SKIRT_ROWS + 1):
        below = points[ring] + outward * 0.10 * row * np.array([1.0, 0.0, 0.6]) - [0.0, _SKIRT_DM * row, 0.0]
        rows.append(below)
        upper = {v: v if row == 1 else len(points) + (row - 2) * len(ring) + number[v] for v in ring}
        lower = {v: len(points) + (row - 1) * len(ring) + number[v] for v in ring}
        for a, b in border:
            faces += [[upper[b], upper[a], lower[a]], [upper[b], lower[a], lower[b]]]
    uv = np.concatenate([part.uv, *[part.uv[ring]] * _SKIRT_ROWS])
    whole = np.concatenate([triangles, np.array(faces)])
    return replace(part, vertices_m=np.concatenate([points, *rows]) * 0.1, uv=uv, triangles=whole, uv_triangles=whole)


def _part(
    model: IctModel,
    vertices_cm: np.ndarray,
    name: str,
    kind: str,
    triangles: np.ndarray,
    uv: np.ndarray,
    uv_triangles: np.ndarray,
    texture: np.ndarray,
    roughness: float,
) -> ImportedPart:
    kept_vertices, kept_uv, new, new_uv, kept = compact(vertices_cm, uv, triangles, uv_triangles)
    shapes = {name: delta[kept] * CENTIMETRE_M for name, delta in model.expressions.items()}
    return ImportedPart(
        name=name,
        kind=kind,
        vertices_m=kept_vertices * CENTIMETRE_M,
        uv=kept_uv,
        triangles=new,
        uv_triangles=new_uv,
        texture=texture,
        roughness=roughness,
        shapes={name: delta for name, delta in shapes.items() if np.abs(delta).max() > 1e-5},
    )


def _sphere_center(points: np.ndarray) -> np.ndarray:
    system = np.column_stack([2 * points, np.ones(len(points))])
    return np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0][:3]


def _eye_texture(person: IctPerson, side: int, size: int = 256) -> UInt8[np.ndarray, "size size 3"]:
    """Sclera, iris with fibres and a dark rim, pupil; seen from the front, `_DISC_MM` to each side."""
    axis = ((np.arange(size) + 0.5) / size - 0.5) / 0.49 * _DISC_MM
    x, y = np.meshgrid(axis, -axis)
    radius, angle = np.hypot(x, y).ravel(), np.arctan2(y, x).ravel()
    seed = person.noise_seed % 2**20 + 50 + side
    sclera = np.array([0.80, 0.77, 0.75]) * (
        1 - 0.04 * value_noise(np.stack([x.ravel(), y.ravel()], 1) / 2, seed)[:, None]
    )
    sclera = sclera * (1 - np.array([0.05, 0.2, 0.22]) * smooth_step(7.5, 13.0, radius)[:, None])
    spokes = np.stack([np.cos(angle) * 15 + 40, np.sin(angle) * 15 + 40, radius / 2.5], axis=1)
    iris = np.array(person.iris_rgb) * (1 + 0.3 * value_noise(spokes, seed + 2))[:, None]
    iris = (
        iris * (1 + 0.35 * smooth_step(3.6, 2.2, radius))[:, None] * (1 - 0.6 * smooth_step(4.6, 5.8, radius))[:, None]
    )
    colour = sclera + (iris - sclera) * smooth_step(IRIS_MM + 0.3, IRIS_MM - 0.3, radius)[:, None]
    colour = colour * (1 - 0.96 * smooth_step(_PUPIL_MM + 0.2, _PUPIL_MM - 0.2, radius))[:, None]
    # The upper lid and its lashes shade the ball.
    colour = colour * (1 - 0.42 * smooth_step(0.5, 6.5, y.ravel()))[:, None]
    return to_bytes(colour.reshape(size, size, 3))


def _hair_texture(
    model: IctModel, person: IctPerson, layout: SkinLayout, triangles: np.ndarray, uv_triangles: np.ndarray
) -> UInt8[np.ndarray, "height width 4"]:
    height, width = layout.height_px // 2, layout.width_px // 2
    corner = np.stack([triangles.ravel(), uv_triangles.ravel()], axis=1)
    unique, number = np.unique(corner, axis=0, return_inverse=True)
    texels = texel_map(layout.uv[unique[:, 1]], number.reshape(-1, 3), height, width)
    values = np.column_stack([model.mesh.vertices * 10, layout.hairline_mm])
    baked = texels.bake(values[unique[:, 0]]).astype(np.float64)
    points, inside = baked[:, :3], baked[:, 3]
    seed = person.noise_seed % 2**20
    whorl = points - [6.0, 120.0, -45.0]
    around = np.degrees(np.arctan2(whorl[:, 0], whorl[:, 2]))
    along = np.linalg.norm(whorl, axis=1)
    # Lengths across the strands in mm: an angle alone would make strips at the rim and hairs at the whorl.
    across = np.radians(around) * 60.0
    strand = value_noise(np.stack([across / 0.9, along / 14.0], axis=1), seed + 42)
    clump = fractal_noise(np.stack([across / 4.0, along / 16.0], axis=1), seed + 43, 2)
    shade = 1 + 0.24 * strand + 0.26 * clump
    colour = np.array(person.hair_rgb) * np.clip(shade, 0.35, 1.7)[:, None]
    edge = inside + 3.0 * strand + 2.0 * fractal_noise(points / 6.0, seed + 44, 2)
    alpha = smooth_step(-1.0, 12.0, edge)
    return to_bytes(np.concatenate([colour, alpha[:, None]], axis=1).reshape(height, width, 4))
