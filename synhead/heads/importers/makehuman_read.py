"""The three text formats of MakeHuman: targets, fitted proxies (mhclo) and bone weights."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from synhead.errors import InputError
from synhead.heads.importers.polymesh import read_text

DECIMETRE_M = 0.1
_SCALE_KEYS = ("x_scale", "y_scale", "z_scale")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Target:
    """A sparse, linear change of the base mesh, decimetres at weight 1."""

    vertex_index: Int[np.ndarray, " n"]
    delta: Float[np.ndarray, "n 3"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Binding:
    """How a proxy follows the base mesh: position = sum of weights times vertices, plus offset times scale.

    Attributes:
        scale_vertices, scale_reference: per axis, the distance along it of two base vertices divided by the reference
            is the scale.
        obj: mesh of the proxy, in the order of the rows.
    """

    vertex_index: Int[np.ndarray, "n 3"]
    weights: Float[np.ndarray, "n 3"]
    offset: Float[np.ndarray, "n 3"]
    scale_vertices: Int[np.ndarray, "3 2"]
    scale_reference: Float[np.ndarray, "3"]
    obj: Path

    def fit(self, base: Float[np.ndarray, "num_base 3"]) -> Float[np.ndarray, "n 3"]:
        """Positions on a composed body, in its units."""
        first, second = self.scale_vertices.T
        axis = np.arange(3)
        scale = np.abs(base[first, axis] - base[second, axis]) / self.scale_reference
        return (self.weights[:, :, None] * base[self.vertex_index]).sum(axis=1) + self.offset * scale

    def follow(self, delta: Float[np.ndarray, "num_base 3"]) -> Float[np.ndarray, "n 3"]:
        """How far the proxy moves when the body does, the scale being kept."""
        return (self.weights[:, :, None] * delta[self.vertex_index]).sum(axis=1)


def read_target(path: Path, num_vertices: int) -> Target:
    """Rows `index dx dy dz`; a file without rows changes nothing.

    Raises:
        InputError: missing, a row that is not four numbers, or an index outside the base mesh.
    """
    rows = [line for line in read_text(path).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        table = np.array(" ".join(rows).split(), dtype=np.float64).reshape(len(rows), 4)
    except ValueError as error:
        raise InputError(path, f"has a row that is not 'index dx dy dz' ({error}).") from error
    index = table[:, 0].astype(np.int64)
    if len(index) and not 0 <= index.min() <= index.max() < num_vertices:
        raise InputError(path, f"names vertex {index.max()}; the base mesh has {num_vertices}.")
    return Target(vertex_index=index, delta=table[:, 1:])


def read_binding(path: Path) -> Binding:
    """Read a .mhclo. A row with one number binds to that vertex.

    Raises:
        InputError: missing, without scales, or with a row that cannot be read.
    """
    rows: list[list[float]] = []
    scales: dict[str, list[str]] = {}
    obj_name = path.with_suffix(".obj").name
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            if words[0].isdigit():
                if len(words) not in (1, 9):
                    raise ValueError(f"{len(words)} numbers; 1 or 9 are right")
                numbers = [float(word) for word in words]
                rows.append(numbers if len(numbers) == 9 else [numbers[0]] * 3 + [1.0] + [0.0] * 5)
            elif words[0] in _SCALE_KEYS:
                scales[words[0]] = [str(int(words[1])), str(int(words[2])), str(float(words[3]))]
            elif words[0] == "obj_file":
                obj_name = words[1]
            elif words[0] == "delete_verts":
                break
        except (ValueError, IndexError) as error:
            raise InputError(path, f"{line.strip()[:80]!r} cannot be read: {error}.", line=number) from error
    if not rows or len(scales) != 3:
        raise InputError(path, f"has {len(rows)} fitted vertices and {len(scales)} of three scales.")
    table = np.array(rows)
    return Binding(
        vertex_index=table[:, :3].astype(np.int64),
        weights=table[:, 3:6],
        offset=table[:, 6:9],
        scale_vertices=np.array([[int(word) for word in scales[key][:2]] for key in _SCALE_KEYS]),
        scale_reference=np.array([float(scales[key][2]) for key in _SCALE_KEYS]),
        obj=path.parent / Path(obj_name).name,
    )


def read_weights(path: Path, num_vertices: int) -> dict[str, Float[np.ndarray, " n"]]:
    """Weight of every base vertex, by bone.

    Raises:
        InputError: missing, not JSON, or an index outside the base mesh.
    """
    try:
        bones = json.loads(read_text(path))["weights"]
        dense = {}
        for bone, rows in bones.items():
            values = np.zeros(num_vertices)
            if rows:
                table = np.array(rows, dtype=np.float64)
                values[table[:, 0].astype(np.int64)] = table[:, 1]
            dense[bone] = values
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(path, f"is not a list of bone weights ({error}).") from error
    return dense
