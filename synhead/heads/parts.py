"""From raw parts to parts ready to draw: kind, material, texture, opacity, winding, normals, the neck's cap."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from synhead.errors import InputError
from synhead.heads import textures
from synhead.heads.blend_shapes import BlendShapes
from synhead.heads.description import PartHint
from synhead.heads.geometry import (
    degenerate_triangles,
    signed_volume,
    smooth_normals,
    unit,
    usable_normals,
)
from synhead.heads.model import HeadPart, Material
from synhead.heads.rawmesh import Ledger, RawMaterial, RawPart

_WORDS = (
    ("eyebrows", ("brow",)),
    ("eyelashes", ("lash",)),
    ("teeth", ("teeth", "tooth", "tongue", "gum", "mouthinner", "mouth_inner")),
    ("eyes", ("eye", "cornea", "iris", "sclera", "pupil")),
    ("hair", ("hair", "beard", "moustache", "mustache")),
    ("clothes", ("cloth", "shirt", "collar", "glasses", "hat", "cap", "scarf", "jacket", "suit")),
    ("skin", ("skin", "face", "head", "body", "neck", "scan")),
)
_ORDER = ("skin", "teeth", "eyes", "other", "clothes", "eyebrows", "eyelashes", "hair")
_ROUGHNESS = {"eyes": 0.3, "teeth": 0.4, "hair": 0.6}
_SOLID_KINDS = ("skin", "eyes", "teeth")


@dataclass(frozen=True, kw_only=True, slots=True)
class PartNotes:
    """What was changed on the way."""

    num_degenerate: int = 0
    num_see_through: int = 0
    flipped: bool = False


def classify_part(names: list[str]) -> str:
    """Kind of a part by the first of its names (object, material, texture) that says something; else "other"."""
    for name in names:
        lowered = name.lower()
        for kind, words in _WORDS:
            if any(word in lowered for word in words):
                return kind
    return "other"


def draw_order(part: HeadPart) -> tuple[bool, int]:
    """Sort key: opaque parts first, then brows, lashes, hair."""
    return part.material.has_alpha, _ORDER.index(part.kind)


def build_part(
    raw: RawPart,
    *,
    kind: str,
    hint: PartHint,
    folder: Path,
    mesh_path: Path,
    linear_m: Float[np.ndarray, "3 3"],
    ledger: Ledger,
    texture_size_px: int,
    shapes: BlendShapes | None = None,
) -> tuple[HeadPart, PartNotes]:
    """A part in metres and in head axes (not yet turned or moved), with its texture.

    Args:
        linear_m: file coordinates to metres along head axes.
        folder: where textures of head.json lie; those of materials lie beside `mesh_path`.
        shapes: along head axes.

    Raises:
        InputError: a texture is missing, too large or damaged, or there are no texture coordinates for it.
    """
    raw = _welded(raw)
    vertices = raw.vertices @ linear_m.T
    triangles = raw.triangles if np.linalg.det(linear_m) > 0 else raw.triangles[:, ::-1]
    bad = degenerate_triangles(vertices, triangles)
    triangles = triangles[~bad]
    if len(triangles) == 0:
        raise InputError(mesh_path, f"part {raw.name!r} has only triangles without area ({len(bad)}); remove it.")
    texture = _load_texture(raw.material, hint, folder, mesh_path, ledger, texture_size_px)
    normal_texture = _load_normal_texture(hint, folder, raw.name, ledger, texture_size_px)
    uv = np.zeros((len(vertices), 2)) if normal_texture is None else _checked_uv(raw, mesh_path)
    num_see_through = 0
    factor = raw.material.base_color_rgba
    has_alpha = False
    if texture is not None:
        uv = _checked_uv(raw, mesh_path)
        ignore = kind == "skin" or hint.alpha is False
        hidden = (
            np.zeros(len(triangles), dtype=bool) if ignore else textures.see_through_triangles(uv, triangles, texture)
        )
        num_see_through = int(hidden.sum())
        # A part that shows nothing at all keeps its triangles: an empty part would surprise every reader.
        triangles = triangles[~hidden] if not hidden.all() else triangles
        texture = textures.bleed_colour(texture)
        has_alpha = not ignore and _shows_opacity(uv, triangles, texture)
        if not has_alpha:
            texture = textures.with_opacity(texture, np.full(texture.shape[:2], 255, dtype=np.uint8))
    if kind == "skin":
        factor = (*factor[:3], 1.0)
    flipped = kind in _SOLID_KINDS and signed_volume(vertices, triangles) < 0
    if flipped:
        triangles = triangles[:, ::-1]
    part = HeadPart(
        kind=kind,
        material=Material(
            name=raw.material.name,
            base_color_rgba=factor,
            texture=texture,
            has_alpha=has_alpha or factor[3] < 1,
            roughness=_roughness(raw.material, hint, kind),
            normal_texture=normal_texture,
        ),
        vertices_m=vertices,
        normals=_normals(raw, vertices, triangles, linear_m),
        uv=uv,
        triangles=np.ascontiguousarray(triangles),
        shape_deltas_m=None if shapes is None else shapes.of_vertices(raw.file_index),
    )
    notes = PartNotes(num_degenerate=int(bad.sum()), num_see_through=num_see_through, flipped=bool(flipped))
    return _without_unused_vertices(part), notes


def _welded(raw: RawPart) -> RawPart:
    """One vertex for each distinct (position, uv, normal): some exporters write every corner anew."""
    columns = [raw.file_index[:, None].astype(np.float64)]
    columns += [values for values in (raw.uv, raw.normals) if values is not None]
    _, first, inverse = np.unique(np.hstack(columns), axis=0, return_index=True, return_inverse=True)
    if len(first) == len(raw.vertices):
        return raw
    return replace(
        raw,
        vertices=raw.vertices[first],
        file_index=raw.file_index[first],
        uv=None if raw.uv is None else raw.uv[first],
        normals=None if raw.normals is None else raw.normals[first],
        triangles=inverse.reshape(-1)[raw.triangles],
    )


def _roughness(material: RawMaterial, hint: PartHint, kind: str) -> float:
    for value in (hint.roughness, material.roughness):
        if value is not None:
            return float(value)
    return _ROUGHNESS.get(kind, 0.7)


def _normals(raw: RawPart, vertices: np.ndarray, triangles: np.ndarray, linear_m: np.ndarray) -> np.ndarray:
    if raw.normals is not None:
        given = raw.normals @ linear_m.T
        lengths = np.linalg.norm(given, axis=1)
        if np.isfinite(given).all() and lengths.min() > 0 and usable_normals(vertices, unit(given), triangles):
            return unit(given)
    return smooth_normals(vertices, triangles)


def _shows_opacity(uv: np.ndarray, triangles: np.ndarray, texture: UInt8[np.ndarray, "height width 4"]) -> bool:
    if texture[..., 3].min() >= textures.OPAQUE_FROM:
        return False
    used = textures.used_texels(uv, triangles, texture)
    return bool(used.any() and texture[used, 3].min() < textures.OPAQUE_FROM)


def _checked_uv(raw: RawPart, mesh_path: Path) -> Float[np.ndarray, "num_vertices 2"]:
    if raw.uv is None:
        raise InputError(
            mesh_path,
            f"part {raw.name!r} has a texture but no texture coordinates (vt) for all of its corners. Export it with "
            f"UVs, or remove the texture from the material {raw.material.name!r}.",
        )
    if not np.isfinite(raw.uv).all():
        raise InputError(mesh_path, f"part {raw.name!r} has texture coordinates that are not finite numbers.")
    return raw.uv


def _load_texture(
    material: RawMaterial, hint: PartHint, folder: Path, mesh_path: Path, ledger: Ledger, texture_size_px: int
) -> UInt8[np.ndarray, "height width 4"] | None:
    beside = mesh_path.parent
    if hint.texture is not None:
        path = _existing(folder / hint.texture, hint.texture, material, folder / "head.json", "head.json")
        texture = textures.read_texture(path, ledger, texture_size_px=texture_size_px)
    elif material.embedded is not None:
        texture = textures.decode_texture(mesh_path, material.embedded, texture_size_px=texture_size_px)
    elif material.color_texture is not None:
        path = _existing(
            beside / material.color_texture, material.color_texture, material, mesh_path, material.defined_at
        )
        texture = textures.read_texture(path, ledger, texture_size_px=texture_size_px)
    elif material.alpha_texture is None:
        return None
    else:
        texture = np.full((1, 1, 4), 255, dtype=np.uint8)
    if material.alpha_texture is not None and material.alpha_texture != material.color_texture:
        path = _existing(
            beside / material.alpha_texture, material.alpha_texture, material, mesh_path, material.defined_at
        )
        opacity = textures.opacity_of(textures.read_texture(path, ledger, texture_size_px=texture_size_px))
        if texture.shape == (1, 1, 4):
            texture = np.broadcast_to(texture, (*opacity.shape, 4)).copy()
        texture = textures.with_opacity(texture, opacity)
    return texture


def _load_normal_texture(
    hint: PartHint, folder: Path, part_name: str, ledger: Ledger, texture_size_px: int
) -> UInt8[np.ndarray, "height width 3"] | None:
    if hint.normal_texture is None:
        return None
    path = folder / hint.normal_texture
    if not path.is_file():
        raise InputError(
            folder / "head.json",
            f"names {hint.normal_texture!r}, which is not in {folder}. Put the file there, or remove the line.",
            field=f"parts.{part_name}.normal_texture",
        )
    return np.ascontiguousarray(textures.read_texture(path, ledger, texture_size_px=texture_size_px)[..., :3])


def _existing(path: Path, name: str, material: RawMaterial, named_in: Path, where: str) -> Path:
    if path.is_file():
        return path
    raise InputError(
        named_in,
        f"material {material.name!r} ({where}) names the texture {name!r}, which is not in {path.parent}. Put the file "
        "there, or remove the line to use the plain colour.",
    )


def _without_unused_vertices(part: HeadPart) -> HeadPart:
    used, inverse = np.unique(part.triangles, return_inverse=True)
    if len(used) == len(part.vertices_m):
        return part
    return replace(
        part,
        vertices_m=part.vertices_m[used],
        normals=part.normals[used],
        uv=part.uv[used],
        triangles=inverse.reshape(-1, 3).astype(np.int64),
        shape_deltas_m=None if part.shape_deltas_m is None else np.ascontiguousarray(part.shape_deltas_m[:, used]),
    )


def cap_neck(part: HeadPart, loop: Int[np.ndarray, "num_edges 2"]) -> HeadPart:
    """The skin with its neck closed by a fan that is slightly hollow, in the colour of the neck.

    Args:
        loop: boundary edges (triangle, corner) of the neck, as `geometry.boundary_loops` gives them.

    The fan has vertices of its own, so that its flat normal does not bend the neck's. Each of its triangles takes
    the colour half-way into the skin triangle it continues, because the texture may end right at the cut.
    """
    triangles = part.triangles[loop[:, 0]]
    rows = np.arange(len(loop))
    start, end, third = (triangles[rows, (loop[:, 1] + k) % 3] for k in range(3))
    ring = part.vertices_m[start]
    centre = ring.mean(axis=0)
    outward = unit(area_vectors_of_fan(ring, centre))
    radius = float(np.linalg.norm(ring - centre, axis=1).mean())
    centre = centre - 0.1 * radius * outward
    inner_uv = (part.uv[start] + part.uv[end]) / 4 + part.uv[third] / 2
    vertices = np.concatenate([part.vertices_m[end], part.vertices_m[start], np.tile(centre, (len(loop), 1))])
    uv = np.concatenate([inner_uv, inner_uv, inner_uv])
    first = len(part.vertices_m)
    fan = first + np.stack([rows, rows + len(loop), rows + 2 * len(loop)], axis=1)
    normals = np.tile(outward, (len(vertices), 1))
    deltas = part.shape_deltas_m
    if deltas is not None:
        hub = np.repeat(deltas[:, start].mean(axis=1, keepdims=True), len(loop), axis=1)
        deltas = np.concatenate([deltas, deltas[:, end], deltas[:, start], hub], axis=1)
    return replace(
        part,
        shape_deltas_m=deltas,
        vertices_m=np.concatenate([part.vertices_m, vertices]),
        normals=np.concatenate([part.normals, normals]),
        uv=np.concatenate([part.uv, uv]),
        triangles=np.concatenate([part.triangles, fan]),
    )


def area_vectors_of_fan(
    ring: Float[np.ndarray, "num_points 3"], centre: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3"]:
    """Sum of the area vectors of the fan that closes a boundary ring, wound against the surface it continues."""
    following = np.roll(ring, -1, axis=0)
    return np.cross(following - centre, ring - centre).sum(axis=0)
