"""Wavefront OBJ and MTL, read strictly: order kept, every fault with its line. docs/design/0002-mesh-loading.md."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synhead.errors import InputError
from synhead.heads.mtl import read_mtl
from synhead.heads.rawmesh import Ledger, RawMaterial, RawMesh, RawPart, require_finite

_ABSENT = 1 << 60
"""Stands for a texture coordinate or normal that a corner does not name."""


@dataclass(slots=True)
class _Lists:
    """What has been read so far. `corners` holds (position, uv, normal) as written, `counts` the lengths of the three
    lists at each face, to which negative indices refer."""

    positions: list[tuple[float, float, float]] = field(default_factory=list)
    position_lines: list[int] = field(default_factory=list)
    uvs: list[tuple[float, float]] = field(default_factory=list)
    normals: list[tuple[float, float, float]] = field(default_factory=list)
    corners: list[tuple[int, int, int]] = field(default_factory=list)
    face_sizes: list[int] = field(default_factory=list)
    face_lines: list[int] = field(default_factory=list)
    face_parts: list[int] = field(default_factory=list)
    counts: list[tuple[int, int, int]] = field(default_factory=list)
    part_names: dict[tuple[str, str], int] = field(default_factory=dict)
    libraries: list[tuple[str, int]] = field(default_factory=list)
    material_lines: dict[str, int] = field(default_factory=dict)


def read_obj(path: Path, ledger: Ledger) -> RawMesh:
    """Read an OBJ file and its material libraries.

    Parts are the distinct (object, material) pairs in the order of their first face; groups (`g`) name a part where
    the file has no objects and no materials. Polygons are cut into fans. Curves, points and lines are passed over.

    Raises:
        InputError: a malformed line, an index outside its list, a vertex that is not finite, no faces at all,
            or a material library or material that is missing.
    """
    text = ledger.read_text(path)
    lists = _read_lines(path, text)
    if not lists.face_sizes:
        raise InputError(path, f"has no faces ({len(lists.positions)} vertices). A head needs a triangle mesh.")
    positions = np.array(lists.positions, dtype=np.float64).reshape(-1, 3)
    require_finite(path, positions, lists.position_lines)
    materials: dict[str, RawMaterial] = {}
    for name, line in lists.libraries:
        materials |= read_mtl(path, name, line, ledger)
    uvs = np.array(lists.uvs, dtype=np.float64).reshape(-1, 2)
    normals = np.array(lists.normals, dtype=np.float64).reshape(-1, 3)
    corners, part_of = _triangles(path, text, lists)
    parts = []
    for (object_name, material_name), number in lists.part_names.items():
        material = _material(path, material_name, materials, lists)
        name = object_name or material_name or path.stem
        parts.append(_make_part(name, material, corners[part_of == number], positions, uvs, normals))
    return RawMesh(path=path, parts=tuple(parts), file_vertices=positions, file_triangles=corners[..., 0].copy())


def _material(path: Path, name: str, materials: dict[str, RawMaterial], lists: _Lists) -> RawMaterial:
    if name in materials:
        return materials[name]
    if not name or not lists.libraries:
        return RawMaterial(name=name or "default", defined_at=path.name)
    line = lists.material_lines[name]
    known = ", ".join(sorted(materials)) or "none"
    libraries = ", ".join(library for library, _ in lists.libraries)
    raise InputError(path, f"material {name!r} is not defined in {libraries} (it has: {known}).", line=line)


def _read_lines(path: Path, text: str) -> _Lists:
    lists = _Lists()
    object_name, group_name, material_name = "", "", ""
    for number, line in _logical_lines(text):
        words = line.split()
        if not words:
            continue
        key = words[0]
        try:
            if key == "v":
                lists.positions.append((float(words[1]), float(words[2]), float(words[3])))
                lists.position_lines.append(number)
            elif key == "vt":
                lists.uvs.append((float(words[1]), float(words[2]) if len(words) > 2 else 0.0))
            elif key == "vn":
                lists.normals.append((float(words[1]), float(words[2]), float(words[3])))
            elif key == "f":
                name = object_name or ("" if material_name else group_name)
                _add_face(lists, words, number, (name, material_name))
        except (ValueError, IndexError) as error:
            problem = "too few numbers" if isinstance(error, IndexError) else str(error)
            raise InputError(path, f"{_shown(line)} cannot be read: {problem}.", line=number) from error
        rest = line[len(key) :].strip()
        if key == "o":
            object_name = rest
        elif key == "g":
            group_name = rest
        elif key == "usemtl":
            material_name = rest
            lists.material_lines.setdefault(rest, number)
        elif key == "mtllib":
            lists.libraries.append((rest, number))
    return lists


def _add_face(lists: _Lists, words: list[str], number: int, part: tuple[str, str]) -> None:
    for word in words[1:]:
        fields = word.split("/")
        uv = int(fields[1]) if len(fields) > 1 and fields[1] else _ABSENT
        normal = int(fields[2]) if len(fields) > 2 and fields[2] else _ABSENT
        if not fields[0] or len(fields) > 3:
            raise ValueError(f"corner {word!r} is not position, position/uv or position/uv/normal")
        lists.corners.append((int(fields[0]), uv, normal))
    if len(words) < 4:
        raise ValueError(f"a face needs three corners, this one has {len(words) - 1}")
    lists.face_sizes.append(len(words) - 1)
    lists.face_lines.append(number)
    lists.face_parts.append(lists.part_names.setdefault(part, len(lists.part_names)))
    lists.counts.append((len(lists.positions), len(lists.uvs), len(lists.normals)))


def _shown(line: str) -> str:
    return repr(line if len(line) < 80 else line[:77] + "...")


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers, joined where a backslash continues them; no comments."""
    lines: list[tuple[int, str]] = []
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not held:
            start = number
        line = line.strip()
        if line.startswith("#"):
            continue
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        lines.append((start, held + line))
        held = ""
    if held:
        lines.append((start, held))
    return lines


def _triangles(path: Path, text: str, lists: _Lists) -> tuple[np.ndarray, np.ndarray]:
    """Triangles [N, 3, 3] of (position, uv, normal) indices from 0 (-1: absent), and the part of each [N].

    Raises:
        InputError: an index is 0 or outside its list.
    """
    written = np.array(lists.corners, dtype=np.int64)
    sizes = np.array(lists.face_sizes)
    face = np.repeat(np.arange(len(sizes)), sizes)
    totals = np.array([len(lists.positions), len(lists.uvs), len(lists.normals)])
    index = np.where(written > 0, written - 1, np.array(lists.counts)[face] + written)
    absent = written == _ABSENT
    bad = ~absent & ((written == 0) | (index < 0) | (index >= totals))
    if bad.any():
        corner, column = (int(i) for i in np.argwhere(bad)[0])
        number = lists.face_lines[face[corner]]
        what = ("vertex", "texture coordinate", "normal")[column]
        value, line = written[corner, column], dict(_logical_lines(text))[number]
        raise InputError(
            path,
            f"{_shown(line)} cannot be read: {what} index {value} is out of range; the file has {totals[column]}.",
            line=number,
        )
    index[absent] = -1
    # A polygon of n corners becomes the fan (first, i, i + 1), i = 1 .. n - 2.
    num_fans = sizes - 2
    first = np.repeat(np.cumsum(sizes) - sizes, num_fans)
    step = np.arange(len(first)) - np.repeat(np.cumsum(num_fans) - num_fans, num_fans) + 1
    return index[np.stack([first, first + step, first + step + 1], axis=1)], np.repeat(lists.face_parts, num_fans)


def _make_part(
    name: str,
    material: RawMaterial,
    corners: np.ndarray,
    positions: np.ndarray,
    uvs: np.ndarray,
    normals: np.ndarray,
) -> RawPart:
    """One vertex for each distinct corner, numbered by position first, so that the file's order is kept."""
    unique, inverse = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    has_uv, has_normals = bool((unique[:, 1] >= 0).all()), bool((unique[:, 2] >= 0).all())
    return RawPart(
        name=name,
        material=material,
        vertices=positions[unique[:, 0]],
        file_index=unique[:, 0],
        uv=uvs[unique[:, 1]] if has_uv else None,
        normals=normals[unique[:, 2]] if has_normals else None,
        triangles=inverse.reshape(-1, 3).astype(np.int64),
    )
