"""Wavefront OBJ and MTL, read strictly: order kept, every fault with its line. docs/design/0002-mesh-loading.md."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synhead.errors import InputError
from synhead.heads.rawmesh import Ledger, RawMaterial, RawMesh, RawPart, require_finite

Corner = tuple[int, int, int]
"""Indices of position, uv and normal, from 0; -1 where the file gives none."""


@dataclass(slots=True)
class _Lists:
    """What has been read so far."""

    positions: list[tuple[float, float, float]] = field(default_factory=list)
    position_lines: list[int] = field(default_factory=list)
    uvs: list[tuple[float, float]] = field(default_factory=list)
    normals: list[tuple[float, float, float]] = field(default_factory=list)
    faces: dict[tuple[str, str], list[tuple[Corner, Corner, Corner]]] = field(default_factory=dict)
    order: list[tuple[int, int, int]] = field(default_factory=list)
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
    lists = _read_lines(path, ledger.read_text(path))
    if not lists.faces:
        raise InputError(path, f"has no faces ({len(lists.positions)} vertices). A head needs a triangle mesh.")
    positions = np.array(lists.positions, dtype=np.float64).reshape(-1, 3)
    require_finite(path, positions, lists.position_lines)
    materials: dict[str, RawMaterial] = {}
    for name, line in lists.libraries:
        materials |= read_mtl(path, name, line, ledger)
    uvs = np.array(lists.uvs, dtype=np.float64).reshape(-1, 2)
    normals = np.array(lists.normals, dtype=np.float64).reshape(-1, 3)
    parts = []
    for (object_name, material_name), faces in lists.faces.items():
        material = _material(path, material_name, materials, lists)
        name = object_name or material_name or path.stem
        parts.append(_make_part(name, material, faces, positions, uvs, normals))
    return RawMesh(
        path=path, parts=tuple(parts), file_vertices=positions, file_triangles=np.array(lists.order, dtype=np.int64)
    )


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
        if not words or words[0].startswith("#"):
            continue
        key, values = words[0], words[1:]
        try:
            if key == "v":
                lists.positions.append((float(values[0]), float(values[1]), float(values[2])))
                lists.position_lines.append(number)
            elif key == "vt":
                lists.uvs.append((float(values[0]), float(values[1]) if len(values) > 1 else 0.0))
            elif key == "vn":
                lists.normals.append((float(values[0]), float(values[1]), float(values[2])))
            elif key == "f":
                corners = [_corner(word, lists) for word in values]
                if len(corners) < 3:
                    raise ValueError(f"a face needs three corners, this one has {len(corners)}")
                fans = [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]
                name = object_name or ("" if material_name else group_name)
                lists.faces.setdefault((name, material_name), []).extend(fans)
                lists.order.extend((a[0], b[0], c[0]) for a, b, c in fans)
        except (ValueError, IndexError) as error:
            shown = line if len(line) < 80 else line[:77] + "..."
            raise InputError(path, f"{shown!r} cannot be read: {error}.", line=number) from error
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


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers, joined where a backslash continues them."""
    lines: list[tuple[int, str]] = []
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not held:
            start = number
        line = line.strip()
        if line.endswith("\\") and not line.startswith("#"):
            held += line[:-1] + " "
            continue
        lines.append((start, held + line))
        held = ""
    if held:
        lines.append((start, held))
    return lines


def _corner(word: str, lists: _Lists) -> Corner:
    fields = word.split("/")
    if len(fields) > 3:
        raise ValueError(f"corner {word!r} has more than position/uv/normal")
    fields += [""] * (3 - len(fields))
    if not fields[0]:
        raise ValueError(f"corner {word!r} has no position")
    return (
        _index(fields[0], len(lists.positions), "vertex"),
        _index(fields[1], len(lists.uvs), "texture coordinate") if fields[1] else -1,
        _index(fields[2], len(lists.normals), "normal") if fields[2] else -1,
    )


def _index(word: str, count: int, what: str) -> int:
    """From the file's 1-based or negative (counted from the end) index to a 0-based one."""
    value = int(word)
    index = value - 1 if value > 0 else count + value
    if value == 0 or not 0 <= index < count:
        raise ValueError(f"{what} index {value} is out of range: {count} are defined before this line")
    return index


def _make_part(
    name: str,
    material: RawMaterial,
    faces: list[tuple[Corner, Corner, Corner]],
    positions: np.ndarray,
    uvs: np.ndarray,
    normals: np.ndarray,
) -> RawPart:
    """One vertex for each distinct corner, numbered by position first, so that the file's order is kept."""
    corners = np.array(faces, dtype=np.int64).reshape(-1, 3)
    unique, inverse = np.unique(corners, axis=0, return_inverse=True)
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


def read_mtl(obj_path: Path, name: str, line: int, ledger: Ledger) -> dict[str, RawMaterial]:
    """Materials of a library: Kd, d or Tr, map_Kd and map_d. Options before a texture's name are passed over.

    Raises:
        InputError: the library is missing (with the OBJ line that names it) or a value is not a number.
    """
    relative = checked_relative(obj_path, name, line=line, field="mtllib")
    path = obj_path.parent / relative
    if not path.is_file():
        raise InputError(
            obj_path,
            f"names the material library {name!r}, which is not in {obj_path.parent}. Put the .mtl file (and its "
            "textures) beside the mesh, or remove the line to use a plain grey material.",
            line=line,
        )
    found: dict[str, dict] = {}
    current: dict | None = None
    for number, text in _logical_lines(ledger.read_text(path)):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        key, rest = words[0], text[len(words[0]) :].strip()
        try:
            if key == "newmtl":
                current = {"name": rest, "defined_at": f"{path.name}, line {number}"}
                found[rest] = current
            elif current is not None:
                _mtl_value(current, key, words[1:], rest, f"{path.name}, line {number}")
                if key in ("map_Kd", "map_d"):
                    texture = checked_relative(path, current[key], line=number, field=key)
                    current[key] = (relative.parent / texture).as_posix()
        except (ValueError, IndexError) as error:
            raise InputError(path, f"{text!r} cannot be read: {error}.", line=number) from error
    return {key: _mtl_material(values) for key, values in found.items()}


def _mtl_value(current: dict, key: str, words: list[str], rest: str, where: str) -> None:
    if key == "Kd":
        numbers = [float(word) for word in words[:3]]
        current["color"] = numbers * 3 if len(numbers) == 1 else numbers
        if not np.isfinite(numbers).all() or len(current["color"]) != 3:
            raise ValueError("Kd needs three finite numbers")
    elif key == "d":
        current["alpha"] = float(words[-1])
    elif key == "Tr":
        current["alpha"] = 1.0 - float(words[-1])
    elif key in ("map_Kd", "map_d"):
        # Options such as "-s 1 1 1" or "-clamp on" precede the name, which may itself contain blanks.
        current[key] = words[-1] if rest.startswith("-") else rest
        current["defined_at"] = where


def _mtl_material(values: dict) -> RawMaterial:
    color = [min(max(x, 0.0), 1.0) for x in values.get("color", (1.0, 1.0, 1.0))]
    if "map_Kd" in values and max(color) == 0:
        # Some exporters write a black Kd beside a texture that is meant to be seen.
        color = [1.0, 1.0, 1.0]
    return RawMaterial(
        name=values["name"],
        base_color_rgba=(color[0], color[1], color[2], min(max(values.get("alpha", 1.0), 0.0), 1.0)),
        color_texture=values.get("map_Kd"),
        alpha_texture=values.get("map_d"),
        defined_at=values["defined_at"],
    )


def checked_relative(path: Path, name: str, *, line: int | None = None, field: str | None = None) -> Path:
    """A file name found in `path`, allowed only below its folder.

    Raises:
        InputError: the name is empty, absolute or climbs out with "..".
    """
    cleaned = name.strip().strip('"').replace("\\", "/")
    parts = cleaned.split("/")
    absolute = cleaned.startswith("/") or (len(cleaned) > 1 and cleaned[1] == ":")
    if not cleaned or absolute or ".." in parts:
        raise InputError(
            path,
            f"names the file {name!r}; only relative names inside {path.parent} are read. Copy the file there and "
            "change the name.",
            line=line,
            field=field,
        )
    return Path(*parts)
