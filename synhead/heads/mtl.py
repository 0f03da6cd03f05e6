"""Wavefront material libraries (.mtl), and the rule for file names found in files: only inside the folder."""

from pathlib import Path

import numpy as np

from synhead.errors import InputError
from synhead.heads.rawmesh import Ledger, RawMaterial


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
    for number, text in enumerate(ledger.read_text(path).splitlines(), start=1):
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
