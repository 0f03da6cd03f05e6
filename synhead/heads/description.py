"""head.json: what a head folder says of itself. Every field is checked here, with its name in the error."""

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from synhead.core.landmarks import NUM_LANDMARKS_104
from synhead.errors import InputError
from synhead.heads.mtl import checked_relative
from synhead.heads.rawmesh import Ledger, RawMesh

UNITS_M = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}
KINDS = ("skin", "eyes", "eyebrows", "eyelashes", "hair", "teeth", "clothes", "other")
_AXES = {sign + name: (1.0 if sign == "+" else -1.0, "xyz".index(name)) for sign in "+-" for name in "xyz"}
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_CONSUMED = (
    "id",
    "units",
    "up",
    "front",
    "subject_left",
    "mesh",
    "licence",
    "source",
    "registration",
    "note",
    "blend_shapes",
)
_LANDMARK_FIELDS = ("landmarks_ibug68", "landmark_vertex_index", "landmark_barycentric")


@dataclass(frozen=True, kw_only=True, slots=True)
class PartHint:
    """What head.json says of one part; None: nothing.

    Attributes:
        texture: file name relative to the folder; wins over the material's.
        alpha: False: the texture's opacity is to be ignored.
        normal_texture: file name of a normal map, relative to the folder.
    """

    kind: str | None = None
    texture: str | None = None
    normal_texture: str | None = None
    alpha: bool | None = None
    roughness: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeadDescription:
    """The checked content of a head.json.

    Attributes:
        axes: rows are the subject's left, up and front in file axes; determinant -1 for a left-handed file.
        unit_m: length of one file unit.
        landmark_field: which of the three landmark fields is given, or None; `landmark_value` is its value.
        pupils, tragi: (subject's right, left), file coordinates.
        registration: "landmarks", "as_authored", or (R, t_m) with x_head = R x_axes_m + t_m.
        blend_shapes: file of heads/blend_shapes.py, relative to the folder.
        eye_centers: (subject's right, left), file coordinates: where the eyeballs turn.
        landmarks_104: file coordinates, the first 68 being those of the landmark field where both are given.
    """

    path: Path
    head_id: str
    mesh: Path
    units: str
    unit_m: float
    axes: Float[np.ndarray, "3 3"]
    parts: dict[str, PartHint] = field(default_factory=dict)
    landmark_field: str | None = None
    landmark_value: list[Any] = field(default_factory=list)
    pupils: Float[np.ndarray, "2 3"] | None = None
    tragi: Float[np.ndarray, "2 3"] | None = None
    registration: str | tuple[np.ndarray, np.ndarray] = "landmarks"
    cap_neck: bool = True
    licence: str = "unknown"
    source: str = "unknown"
    attributes: dict[str, str] = field(default_factory=dict)
    blend_shapes: Path | None = None
    eye_centers: Float[np.ndarray, "2 3"] | None = None
    landmarks_104: Float[np.ndarray, "104 3"] | None = None


def check_head_id(path: Path, head_id: object, *, field: str | None = None) -> str:
    """The id, if it may be part of a sequence id.

    Raises:
        InputError: not letters, digits, ".", "_", "-", or it contains "__", which separates head from track.
    """
    if not isinstance(head_id, str) or not _ID.fullmatch(head_id) or "__" in head_id:
        raise InputError(
            path,
            f"the head id {head_id!r} is not usable: letters, digits, '.', '_' and '-' are, but no '__' and no '.' in "
            "front. Rename it.",
            field=field,
        )
    return head_id


def read_description(path: Path, ledger: Ledger) -> HeadDescription:
    """Read and check a head.json. docs/design/0002-mesh-loading.md lists the fields.

    Raises:
        InputError: with the line for broken JSON, with the field for a wrong value.
    """
    text = ledger.read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(path, f"is not JSON: {error.msg} (column {error.colno}).", line=error.lineno) from error
    if not isinstance(data, dict):
        raise InputError(path, f"holds a {type(data).__name__}; it must be an object {{...}} with 'mesh' and 'units'.")
    reader = _Reader(path, data)
    units = reader.choice("units", tuple(UNITS_M), None)
    landmark_field = reader.landmark_field()
    return HeadDescription(
        path=path,
        head_id=check_head_id(path, data.get("id", path.parent.resolve().name), field="id"),
        mesh=checked_relative(path, reader.text("mesh", None), field="mesh"),
        units=units,
        unit_m=UNITS_M[units],
        axes=reader.axes(),
        parts=reader.parts(),
        landmark_field=landmark_field,
        landmark_value=data[landmark_field] if landmark_field else [],
        pupils=reader.points("pupils", 2),
        tragi=reader.points("tragi", 2),
        registration=reader.registration(landmark_field is not None or data.get("landmarks_104") is not None),
        cap_neck=reader.flag("cap_neck", True),
        licence=reader.text("licence", "unknown"),
        source=reader.text("source", "unknown"),
        attributes={k: v for k, v in data.items() if isinstance(v, str) and k not in _CONSUMED},
        blend_shapes=reader.file("blend_shapes"),
        eye_centers=reader.points("eye_centers", 2),
        landmarks_104=reader.points("landmarks_104", NUM_LANDMARKS_104),
    )


class _Reader:
    """Typed access to the fields of one head.json."""

    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        self.path, self.data = path, data

    def fail(self, name: str, problem: str) -> NoReturn:
        raise InputError(self.path, problem, field=name)

    def text(self, name: str, default: str | None) -> str:
        value = self.data.get(name, default)
        if value is None:
            self.fail(name, "is missing; it is needed.")
        if not isinstance(value, str) or not value.strip():
            self.fail(name, f"is {value!r}; it must be text.")
        return value

    def file(self, name: str) -> Path | None:
        if self.data.get(name) is None:
            return None
        return checked_relative(self.path, self.text(name, None), field=name)

    def flag(self, name: str, default: bool) -> bool:
        value = self.data.get(name, default)
        if not isinstance(value, bool):
            self.fail(name, f"is {value!r}; it must be true or false.")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None) -> str:
        value = self.data.get(name, default)
        if value not in allowed:
            received = "is missing" if value is None else f"is {value!r}"
            self.fail(name, f"{received}; it must be one of {', '.join(allowed)}.")
        return value

    def points(self, name: str, count: int) -> np.ndarray | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != count:
            got = f"{len(value)} points" if isinstance(value, list) else repr(value)
            self.fail(name, f"has {got}; it must be a list of {count} points [x, y, z].")
        for index, point in enumerate(value):
            if not _is_point(point):
                self.fail(f"{name}[{index}]", f"is {point!r}; it must be three finite numbers [x, y, z].")
        return np.array(value, dtype=np.float64)

    def landmark_field(self) -> str | None:
        given = [name for name in _LANDMARK_FIELDS if self.data.get(name) is not None]
        if not given:
            return None
        if len(given) > 1:
            self.fail(given[1], f"is given beside {given[0]}; keep one of them.")
        name = given[0]
        value = self.data[name]
        if not isinstance(value, list) or len(value) != 68:
            got = f"{len(value)} entries" if isinstance(value, list) else repr(value)
            self.fail(name, f"has {got}; it must have 68, in the iBUG order. Remove the field if there are none.")
        if name == "landmarks_ibug68":
            self.points(name, 68)
        return name

    def axes(self) -> np.ndarray:
        names = {"up": "+y", "front": "+z"}
        rows = {name: _axis(self.choice(name, tuple(_AXES), default)) for name, default in names.items()}
        if rows["up"] @ rows["front"] != 0:
            self.fail("front", f"is {self.data.get('front', '+z')!r}, along 'up'; the two must be perpendicular.")
        left = np.cross(rows["up"], rows["front"])
        if "subject_left" in self.data:
            left = _axis(self.choice("subject_left", tuple(_AXES), None))
            if left @ rows["up"] != 0 or left @ rows["front"] != 0:
                self.fail(
                    "subject_left",
                    f"is {self.data['subject_left']!r}, along 'up' or 'front'; the three must be perpendicular.",
                )
        return np.stack([left, rows["up"], rows["front"]])

    def parts(self) -> dict[str, PartHint]:
        value = self.data.get("parts", {})
        if not isinstance(value, dict):
            self.fail("parts", f"is {value!r}; it must be an object of part names.")
        hints = {}
        for name, entry in value.items():
            if not isinstance(entry, dict):
                self.fail(f"parts.{name}", f'is {entry!r}; it must be an object such as {{"texture": "a.png"}}.')
            kind, alpha = entry.get("kind"), entry.get("alpha")
            if kind is not None and kind not in KINDS:
                self.fail(f"parts.{name}.kind", f"is {kind!r}; it must be one of {', '.join(KINDS)}.")
            texture, normal_texture = (self._file_name(name, entry, key) for key in ("texture", "normal_texture"))
            if alpha is not None and not isinstance(alpha, bool):
                self.fail(f"parts.{name}.alpha", f"is {alpha!r}; it must be true or false.")
            roughness = entry.get("roughness")
            if roughness is not None and not (_is_number(roughness) and 0 <= roughness <= 1):
                self.fail(f"parts.{name}.roughness", f"is {roughness!r}; it must be a number from 0 to 1.")
            hints[name] = PartHint(
                kind=kind, texture=texture, normal_texture=normal_texture, alpha=alpha, roughness=roughness
            )
        return hints

    def _file_name(self, part: str, entry: dict[str, Any], key: str) -> str | None:
        name = entry.get(key)
        if name is None:
            return None
        if not isinstance(name, str):
            self.fail(f"parts.{part}.{key}", f"is {name!r}; it must be a file name.")
        return checked_relative(self.path, name, field=f"parts.{part}.{key}").as_posix()

    def registration(self, has_landmarks: bool) -> str | tuple[np.ndarray, np.ndarray]:
        value = self.data.get("registration", "landmarks" if has_landmarks else "as_authored")
        if isinstance(value, dict):
            return self._rigid(value)
        if value not in ("landmarks", "as_authored"):
            self.fail("registration", f"is {value!r}; it must be 'landmarks', 'as_authored' or {{\"R\", \"t_m\"}}.")
        if value == "landmarks" and not has_landmarks:
            self.fail("registration", "is 'landmarks', but there are none; add 68 landmarks or use 'as_authored'.")
        return value

    def _rigid(self, value: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        rows, offset = value.get("R"), value.get("t_m", [0.0, 0.0, 0.0])
        if not isinstance(rows, list) or len(rows) != 3 or not all(_is_point(row) for row in rows):
            self.fail("registration.R", f"is {rows!r}; it must be three rows of three finite numbers.")
        if not _is_point(offset):
            self.fail("registration.t_m", f"is {offset!r}; it must be three finite numbers in metres.")
        R = np.array(rows, dtype=np.float64)
        if np.abs(R @ R.T - np.eye(3)).max() > 1e-3 or np.linalg.det(R) < 0:
            self.fail("registration.R", "is not a rotation; its rows must be perpendicular, of length 1, right-handed.")
        return R, np.array(offset, dtype=np.float64)


def landmark_points(description: HeadDescription, raw: RawMesh) -> Float[np.ndarray, "68 3"] | None:
    """The 68 landmarks in file coordinates, from whichever field gives them.

    Raises:
        InputError: an index outside the mesh, or weights that are not barycentric.
    """
    name, value = description.landmark_field, description.landmark_value
    if name is None:
        return None
    if name == "landmarks_ibug68":
        return np.array(value, dtype=np.float64)
    points = np.empty((68, 3))
    for i, entry in enumerate(value):
        where = f"{name}[{i}]"
        if name == "landmark_vertex_index":
            index = _checked_index(description.path, entry, len(raw.file_vertices), "vertex", where)
            points[i] = raw.file_vertices[index]
            continue
        if not isinstance(entry, dict) or not _is_point(entry.get("weights")):
            raise InputError(
                description.path, f'is {entry!r}; it must be {{"triangle": 5, "weights": [..]}}.', field=where
            )
        weights = np.array(entry["weights"], dtype=np.float64)
        if weights.min() < -1e-6 or abs(weights.sum() - 1) > 1e-3:
            raise InputError(description.path, f"weights {entry['weights']} must be positive with sum 1.", field=where)
        index = _checked_index(description.path, entry.get("triangle"), len(raw.file_triangles), "triangle", where)
        points[i] = weights @ raw.file_vertices[raw.file_triangles[index]]
    return points


def _checked_index(path: Path, value: object, count: int, what: str, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise InputError(path, f"{what} {value!r} is out of range; the mesh has {what}s 0 to {count - 1}.", field=where)
    return value


def _axis(name: str) -> np.ndarray:
    sign, index = _AXES[name]
    vector = np.zeros(3)
    vector[index] = sign
    return vector


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(_is_number(x) for x in value)
