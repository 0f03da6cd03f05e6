"""Blend shapes of a head folder: the .npz beside the mesh, checked, and carried over to the vertices of a part.

The file holds flat arrays: `names` [S], `offsets` [S + 1], `vertex_index` [N], `delta_mm` [N, 3], `num_vertices`.
Shape k moves the vertices vertex_index[offsets[k]:offsets[k + 1]], numbered as the mesh file lists them, by delta_mm:
millimetres along the FILE's axes, whatever its unit.
"""

import io
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float, Float32, Int

from synhead.errors import InputError
from synhead.heads.rawmesh import Ledger

FIELDS = ("names", "offsets", "vertex_index", "delta_mm", "num_vertices")
LARGEST_DELTA_MM = 100.0
"""A jaw drops by 45 mm, a tongue comes out by 60; more is a wrong unit."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BlendShapes:
    """Sparse displacements of the vertices of a mesh file.

    Attributes:
        names: [S], each once.
        vertex_index: for each shape the vertices that it moves, numbered as in the mesh file, each once.
        delta_m: for each shape their displacement at coefficient 1.
    """

    names: tuple[str, ...]
    vertex_index: tuple[np.ndarray, ...]
    delta_m: tuple[np.ndarray, ...]
    num_vertices: int

    def along(self, axes: Float[np.ndarray, "3 3"]) -> "BlendShapes":
        """The same displacements along other axes; the rows of `axes` are the new axes in the old ones."""
        return BlendShapes(
            names=self.names,
            vertex_index=self.vertex_index,
            delta_m=tuple(delta @ axes.T for delta in self.delta_m),
            num_vertices=self.num_vertices,
        )

    def of_vertices(
        self, file_index: Int[np.ndarray, " num_vertices"]
    ) -> Float32[np.ndarray, "num_shapes num_vertices 3"] | None:
        """Displacements of vertices given by their number in the file; None where no shape moves any of them."""
        out = np.zeros((len(self.names), len(file_index), 3), dtype=np.float32)
        whole = np.zeros((self.num_vertices, 3), dtype=np.float32)
        for row, index, delta in zip(out, self.vertex_index, self.delta_m, strict=True):
            whole[index] = delta
            row[:] = whole[file_index]
            whole[index] = 0
        return out if out.any() else None


def read_blend_shapes(path: Path, ledger: Ledger, *, num_vertices: int) -> BlendShapes:
    """Read and check a blend shape file.

    Args:
        num_vertices: of the mesh file the shapes belong to.

    Raises:
        InputError: not such a file, a field missing, of another type or shape, made for another mesh, an index out of
            range, a displacement that is not finite or too large; names the file and the field.
    """
    arrays = _arrays(path, ledger.read_bytes(path))
    names, offsets, index, delta = (arrays[name] for name in FIELDS[:4])
    _check_types(path, arrays)
    made_for = int(arrays["num_vertices"])
    if made_for != num_vertices:
        _fail(
            path,
            "num_vertices",
            f"is {made_for}; the mesh has {num_vertices} vertices. The two do not belong together.",
        )
    text = tuple(str(name) for name in names)
    twice = sorted({name for name in text if text.count(name) > 1})
    if twice or not all(text):
        _fail(path, "names", f"has {twice[0] if twice else ''!r} twice or empty; each shape needs a name of its own.")
    if len(offsets) != len(names) + 1 or offsets[0] != 0 or offsets[-1] != len(index) or (np.diff(offsets) < 0).any():
        _fail(
            path,
            "offsets",
            f"has {len(offsets)} values; {len(names)} shapes need {len(names) + 1} that rise from 0 to {len(index)} "
            "(the length of vertex_index).",
        )
    if len(delta) != len(index):
        _fail(path, "delta_mm", f"has {len(delta)} rows for {len(index)} entries of vertex_index.")
    spans = [slice(int(a), int(b)) for a, b in pairwise(offsets)]
    for name, span in zip(text, spans, strict=True):
        _check_shape(path, name, index[span].astype(np.int64), delta[span].astype(np.float64), num_vertices)
    return BlendShapes(
        names=text,
        vertex_index=tuple(index[span].astype(np.int64) for span in spans),
        delta_m=tuple(delta[span].astype(np.float64) * 1e-3 for span in spans),
        num_vertices=num_vertices,
    )


def _arrays(path: Path, content: bytes) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            missing = [name for name in FIELDS if name not in file.files]
            if missing:
                _fail(path, missing[0], f"is missing; a blend shape file holds {', '.join(FIELDS)}.")
            return {name: file[name] for name in FIELDS}
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(path, f"is not a NumPy .npz file that can be read ({error}).") from error


def _check_types(path: Path, arrays: dict[str, np.ndarray]) -> None:
    right = {
        "names": ("U", 1, "text [S]"),
        "offsets": ("iu", 1, "integers [S + 1]"),
        "vertex_index": ("iu", 1, "integers [N]"),
        "delta_mm": ("f", 2, "floating-point numbers [N, 3]"),
        "num_vertices": ("iu", 0, "one integer"),
    }
    for name, (kinds, ndim, wanted) in right.items():
        array = arrays[name]
        if array.dtype.kind not in kinds or array.ndim != ndim or (name == "delta_mm" and array.shape[1] != 3):
            _fail(path, name, f"is {array.dtype} of shape {array.shape}; {wanted} are right.")


def _check_shape(path: Path, name: str, index: np.ndarray, delta: np.ndarray, num_vertices: int) -> None:
    bad = index >= num_vertices
    bad |= index < 0
    if bad.any():
        _fail(
            path, "vertex_index", f"shape {name!r} moves vertex {index[bad][0]}; the mesh has 0 to {num_vertices - 1}."
        )
    if len(np.unique(index)) != len(index):
        _fail(path, "vertex_index", f"shape {name!r} names a vertex twice; each vertex moves once.")
    if not np.isfinite(delta).all():
        vertex = index[~np.isfinite(delta).all(axis=1)][0]
        _fail(path, "delta_mm", f"shape {name!r} moves vertex {vertex} by a number that is not finite.")
    largest = float(np.abs(delta).max(initial=0.0))
    if largest > LARGEST_DELTA_MM:
        _fail(
            path,
            "delta_mm",
            f"shape {name!r} moves a vertex by {largest:.4g} mm; {LARGEST_DELTA_MM:.0f} is the most a face can do. "
            "Displacements are millimetres, whatever the unit of the mesh.",
        )


def _fail(path: Path, field: str, problem: str) -> NoReturn:
    raise InputError(path, problem, field=field)
