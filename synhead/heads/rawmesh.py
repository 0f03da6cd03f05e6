"""A mesh file as it was written: nothing merged, reordered, scaled or turned. What every mesh reader returns."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from synhead.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawMaterial:
    """A material by name, with its pictures still undecoded.

    Attributes:
        base_color_rgba: factor as in the file.
        color_texture, alpha_texture: file names relative to the mesh's folder, or None.
        embedded: a picture that lies inside the mesh file (GLB); wins over `color_texture`.
        roughness: None where the file says nothing.
        defined_at: "head.mtl, line 7" for messages.
    """

    name: str
    base_color_rgba: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    color_texture: str | None = None
    alpha_texture: str | None = None
    embedded: Image.Image | None = None
    roughness: float | None = None
    defined_at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawPart:
    """The triangles of one object with one material.

    Attributes:
        vertices: file coordinates, one for each distinct corner (position, uv, normal).
        file_index: for each vertex, the index of its position in the file's own list (RawMesh.file_vertices).
        uv, normals: None where the file has none for this part.
    """

    name: str
    material: RawMaterial
    vertices: Float[np.ndarray, "num_vertices 3"]
    file_index: Int[np.ndarray, " num_vertices"]
    uv: Float[np.ndarray, "num_vertices 2"] | None
    normals: Float[np.ndarray, "num_vertices 3"] | None
    triangles: Int[np.ndarray, "num_triangles 3"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawMesh:
    """A mesh file.

    Attributes:
        file_vertices: positions in the order of the file: what a landmark index refers to.
        file_triangles: triangles of all parts as indices into `file_vertices`, in the order of the file
            (polygons cut into fans): what a barycentric landmark refers to.
    """

    path: Path
    parts: tuple[RawPart, ...]
    file_vertices: Float[np.ndarray, "num_file_vertices 3"]
    file_triangles: Int[np.ndarray, "num_file_triangles 3"]


class Ledger:
    """Reads files and remembers the SHA-256 of each, so that one sum covers everything that made a head.

    Attributes:
        paths: the files that were read.
    """

    def __init__(self) -> None:
        self._sums: dict[str, str] = {}
        self.paths: list[Path] = []

    def read_bytes(self, path: Path) -> bytes:
        """Content of the file.

        Raises:
            InputError: it is absent or cannot be read.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(path, f"cannot be read ({error.strerror or error}).") from error
        self.paths.append(path)
        self._sums[path.name] = hashlib.sha256(content).hexdigest()
        return content

    def read_text(self, path: Path) -> str:
        """Content as UTF-8 text; a mesh file may hold a comment in another encoding, which does not matter."""
        return self.read_bytes(path).decode("utf-8-sig", errors="replace")

    @property
    def sha256(self) -> str:
        """Over the sorted list of (file name, SHA-256)."""
        lines = [f"{total}  {name}\n" for name, total in sorted(self._sums.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def require_finite(path: Path, vertices: Float[np.ndarray, "num_vertices 3"], lines: Iterable[int] | None) -> None:
    """Refuse a vertex that is not a number.

    Raises:
        InputError: names the line where there is one, else the vertex index.
    """
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if len(bad) == 0:
        return
    first = int(bad[0])
    line = list(lines)[first] if lines is not None else None
    raise InputError(
        path,
        f"vertex {first} is {tuple(float(x) for x in vertices[first])}; every coordinate must be a finite number "
        f"({len(bad)} of {len(vertices)} vertices are not). Export the mesh again or remove these vertices.",
        line=line,
    )
