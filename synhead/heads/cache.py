"""Heads from the disk cache: reading a head from its files takes a second, from the cache a twentieth of that.

The key covers every byte below the head's folder, the code of this room and the library that decodes pictures. A head
that takes files from elsewhere, and a head that is refused, is never kept.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from synhead.disk_cache import cache_folder, kept, sum_of, sum_of_code
from synhead.heads.load import load_head_with_report
from synhead.heads.model import HeadModel, HeadPart, Material
from synhead.heads.rawmesh import Ledger

_MOST_BYTES = 400_000_000
_REMEMBERED = 4
_POINTS = ("landmarks_68_m", "pupils_m", "eye_centers_m", "landmarks_104_m")
_PART_ARRAYS = ("vertices_m", "normals", "uv", "triangles", "shape_deltas_m")
_TEXTURES = ("texture", "normal_texture")
_CODE = ("heads/*.py", "core/*.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadFacts:
    """What a plan needs to know of a head; fields as in HeadModel."""

    head_id: str
    sha256: str
    licence: str
    source: str
    attributes: dict[str, str]
    num_triangles: int


def load_kept_head(path: Path) -> HeadModel:
    """As `load_head`, by way of the cache: the same arrays to the bit.

    Raises:
        InputError: as `load_head`.
    """
    return _kept(path, None, _model_of)


def facts_of_head(path: Path) -> HeadFacts:
    """Facts of a head that has been read whole at least once, now or by an earlier run.

    Raises:
        InputError: as `load_head`.
    """
    return _kept(path, ("meta",), _facts_of)


class _FilesFromElsewhereError(Exception):
    pass


def _kept(path: Path, wanted: tuple[str, ...] | None, form: Callable[[dict[str, Any]], Any]) -> Any:
    key = _key_of(path) if cache_folder() is not None else None

    def make() -> dict[str, Any]:
        ledger = Ledger()
        arrays = _arrays_of(load_head_with_report(path, ledger=ledger)[0])
        if not all(Path(os.path.abspath(file)).is_relative_to(os.path.abspath(path)) for file in ledger.paths):
            raise _FilesFromElsewhereError
        return arrays

    if key is not None:
        try:
            return form(kept("head", key, make, wanted=wanted))
        except _FilesFromElsewhereError:
            pass
    return form(_arrays_of(load_head_with_report(path)[0]))


def _key_of(path: Path) -> str | None:
    """None for what is no folder, or too large to read twice."""
    if not path.is_dir():
        return None
    try:
        files = sorted(file for file in path.rglob("*") if file.is_file())
        if sum(file.stat().st_size for file in files) > _MOST_BYTES:
            return None
        content = [part for file in files for part in (file.relative_to(path).as_posix(), file.read_bytes())]
    except OSError:
        return None
    return sum_of(path.resolve().name, sum_of_code(*_CODE), PIL.__version__, np.__version__, *content)


def _arrays_of(head: HeadModel) -> dict[str, Any]:
    arrays = {name: getattr(head, name) for name in _POINTS}
    meta: dict[str, Any] = {
        name: getattr(head, name) for name in ("head_id", "licence", "source", "sha256", "attributes", "shape_names")
    }
    meta["num_triangles"] = head.num_triangles
    meta["parts"] = []
    for row, part in enumerate(head.parts):
        material = part.material
        arrays |= {f"{row}.{name}": getattr(part, name) for name in _PART_ARRAYS}
        arrays |= {f"{row}.{name}": getattr(material, name) for name in _TEXTURES}
        plain = {f.name: getattr(material, f.name) for f in fields(Material) if f.name not in _TEXTURES}
        meta["parts"].append({"kind": part.kind, "material": plain})
    there = {name: np.ascontiguousarray(value) for name, value in arrays.items() if value is not None}
    return {**there, "meta": np.array(json.dumps(meta))}


def _model_of(arrays: dict[str, Any]) -> HeadModel:
    meta = json.loads(str(arrays["meta"]))
    parts = []
    for row, part in enumerate(meta["parts"]):
        plain = {**part["material"], "base_color_rgba": tuple(part["material"]["base_color_rgba"])}
        textures: dict[str, Any] = {name: arrays.get(f"{row}.{name}") for name in _TEXTURES}
        values: dict[str, Any] = {name: arrays.get(f"{row}.{name}") for name in _PART_ARRAYS}
        parts.append(HeadPart(kind=part["kind"], material=Material(**plain, **textures), **values))
    return HeadModel(
        head_id=meta["head_id"],
        parts=tuple(parts),
        licence=meta["licence"],
        source=meta["source"],
        sha256=meta["sha256"],
        attributes=meta["attributes"],
        shape_names=tuple(meta["shape_names"]),
        **{name: arrays.get(name) for name in _POINTS},
    )


def _facts_of(arrays: dict[str, Any]) -> HeadFacts:
    meta = json.loads(str(arrays["meta"]))
    return HeadFacts(**{f.name: meta[f.name] for f in fields(HeadFacts)})


def kept_of_model(head: HeadModel, kind: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """`disk_cache.kept` for what is a function of a head in memory, whatever made it."""
    if cache_folder() is None:
        return make()
    return kept(kind, sum_of(_sum_of_model(head), sum_of_code(*_CODE), np.__version__), make)


_sums: list[tuple[HeadModel, str]] = []


def _sum_of_model(head: HeadModel) -> str:
    """SHA-256 of every value of a head; those of the last few are remembered."""
    for known, total in _sums:
        if known is head:
            return total
    arrays = _arrays_of(head)
    total = sum_of(*(p for name in sorted(arrays) for p in (name, str(arrays[name].shape), arrays[name].tobytes())))
    _sums.append((head, total))
    del _sums[:-_REMEMBERED]
    return total
