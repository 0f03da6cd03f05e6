"""One door to all mesh formats: OBJ by our own reader, GLB, glTF, PLY and STL by trimesh with nothing processed."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from synhead.errors import InputError
from synhead.heads.mtl import checked_relative
from synhead.heads.obj import read_obj
from synhead.heads.rawmesh import Ledger, RawMaterial, RawMesh, RawPart, require_finite

MESH_SUFFIXES = (".obj", ".glb", ".gltf", ".ply", ".stl")


def read_mesh(path: Path, ledger: Ledger) -> RawMesh:
    """Read a mesh file.

    Raises:
        InputError: unknown suffix, damaged file, no triangles, a vertex that is not finite, a bad index.
    """
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise InputError(path, f"is not a mesh that can be read; use one of {', '.join(MESH_SUFFIXES)}.")
    return read_obj(path, ledger) if suffix == ".obj" else _read_with_trimesh(path, ledger)


def _read_with_trimesh(path: Path, ledger: Ledger) -> RawMesh:
    import trimesh  # heavy, and OBJ heads do not need it
    from trimesh.resolvers import FilePathResolver

    content = ledger.read_bytes(path)
    suffix = path.suffix.lower()[1:]
    if suffix == "gltf":
        _check_gltf_files(path, content, ledger)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; their size is judged by textures.py before they are decoded.
            warnings.simplefilter("ignore")
            with np.errstate(all="ignore"):
                scene: Any = trimesh.load(
                    io.BytesIO(content),
                    file_type=suffix,
                    process=False,
                    force="scene",
                    resolver=FilePathResolver(str(path)),
                )
    except Exception as error:  # trimesh raises whatever its parsers meet
        raise InputError(path, f"is not a {suffix.upper()} mesh that can be read ({error}).") from error
    parts, vertices, triangles, offset = [], [], [], 0
    for node in scene.graph.nodes_geometry:
        transform, geometry_name = scene.graph[node]
        mesh = scene.geometry[geometry_name]
        if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
            continue
        part = _part_from_trimesh(path, str(geometry_name), mesh, np.asarray(transform, dtype=np.float64), offset)
        parts.append(part)
        vertices.append(part.vertices)
        triangles.append(part.triangles + offset)
        offset += len(part.vertices)
    if not parts:
        raise InputError(path, "has no triangles. A head needs a triangle mesh.")
    return RawMesh(
        path=path,
        parts=tuple(parts),
        file_vertices=np.concatenate(vertices),
        file_triangles=np.concatenate(triangles),
    )


def _part_from_trimesh(path: Path, name: str, mesh: Any, transform: np.ndarray, offset: int) -> RawPart:
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    require_finite(path, vertices, None)
    triangles = np.asarray(mesh.faces, dtype=np.int64).reshape(-1, 3)
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise InputError(
            path, f"triangle index {int(triangles.max())} of {name!r} is out of range ({len(vertices)} vertices)."
        )
    normals = None
    if "vertex_normals" in mesh._cache:  # trimesh computes normals on demand; only those of the file count
        normals = np.asarray(mesh.vertex_normals, dtype=np.float64) @ np.linalg.inv(transform[:3, :3])
    if np.linalg.det(transform[:3, :3]) < 0:
        triangles = triangles[:, ::-1].copy()
    uv = getattr(mesh.visual, "uv", None)
    if uv is not None:
        uv = np.asarray(uv, dtype=np.float64)[:, :2]
        uv = uv if uv.shape == (len(vertices), 2) else None
    return RawPart(
        name=name,
        material=_material_from_trimesh(path, name, mesh.visual),
        vertices=vertices @ transform[:3, :3].T + transform[:3, 3],
        file_index=np.arange(offset, offset + len(vertices)),
        uv=uv,
        normals=normals,
        triangles=triangles,
    )


def _material_from_trimesh(path: Path, part_name: str, visual: Any) -> RawMaterial:
    material = getattr(visual, "material", None)
    if material is None:
        return RawMaterial(name=part_name, defined_at=path.name)
    image = getattr(material, "baseColorTexture", None)
    if image is None:
        image = getattr(material, "image", None)
    factor = getattr(material, "baseColorFactor", None)
    color = (1.0, 1.0, 1.0, 1.0)
    if factor is not None:
        values = np.asarray(factor)
        scale = 255.0 if values.dtype == np.uint8 else 1.0
        padded = [*(values.reshape(-1)[:4].astype(np.float64) / scale), 1.0][:4]
        color = (float(padded[0]), float(padded[1]), float(padded[2]), float(padded[3]))
    roughness = getattr(material, "roughnessFactor", None)
    return RawMaterial(
        name=getattr(material, "name", None) or part_name,
        base_color_rgba=color,
        embedded=image,
        roughness=None if roughness is None else float(roughness),
        defined_at=path.name,
    )


def _check_gltf_files(path: Path, content: bytes, ledger: Ledger) -> None:
    """Look at the files that a .gltf names before trimesh follows them."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise InputError(path, f"is not JSON ({error}).", line=getattr(error, "lineno", None)) from error
    for kind in ("buffers", "images"):
        for index, entry in enumerate(document.get(kind, [])):
            uri = entry.get("uri", "data:")
            if uri.startswith("data:"):
                continue
            file = path.parent / checked_relative(path, uri, field=f"{kind}[{index}].uri")
            if not file.is_file():
                raise InputError(path, f"names {uri!r}, which is not in {path.parent}.", field=f"{kind}[{index}].uri")
            ledger.read_bytes(file)
