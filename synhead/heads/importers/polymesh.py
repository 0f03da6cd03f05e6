"""A polygon mesh as its file has it: positions, texture coordinates and faces keep their order and their groups.

The loader of head folders (`heads/obj.py`) splits vertices by texture coordinate; index lists of MakeHuman and
ICT-FaceKit count the `v` lines, so that the importers need the file's own numbering.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from synhead.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PolyMesh:
    """Polygons cut into fans.

    Attributes:
        vertices: file units, in the order of the `v` lines; `uv` in that of the `vt` lines.
        triangles, uv_triangles: corners as indices into `vertices` and `uv`.
        group_of_triangle: index into `groups`, the distinct (group, material) names in order of appearance.
    """

    vertices: Float[np.ndarray, "n 3"]
    uv: Float[np.ndarray, "m 2"]
    triangles: Int[np.ndarray, "t 3"]
    uv_triangles: Int[np.ndarray, "t 3"]
    group_of_triangle: Int[np.ndarray, " t"]
    groups: tuple[tuple[str, str], ...]

    def in_group(self, *, group: str | None = None, material: str | None = None) -> np.ndarray:
        """Mask of the triangles whose group or material has this name."""
        chosen = [g == group if group is not None else m == material for g, m in self.groups]
        return np.array(chosen, dtype=bool)[self.group_of_triangle]


def read_polymesh(path: Path) -> PolyMesh:
    """Read the `v`, `vt`, `f`, `g` and `usemtl` lines of an OBJ.

    Raises:
        InputError: the file is missing, not text, has no faces, or a line cannot be read (with its number).
    """
    text = read_text(path)
    positions: list[list[float]] = []
    uv: list[list[float]] = []
    faces: list[list[list[int]]] = []
    labels: list[int] = []
    groups: dict[tuple[str, str], int] = {}
    group = material = ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        key = words[0]
        try:
            if key == "v":
                positions.append([float(words[1]), float(words[2]), float(words[3])])
            elif key == "vt":
                uv.append([float(words[1]), float(words[2])])
            elif key == "f":
                corners = [[int(field) for field in word.split("/")[:2]] for word in words[1:]]
                if min(len(corner) for corner in corners) < 2:
                    raise ValueError("a corner has no texture coordinate")
                faces.append(corners)
                labels.append(groups.setdefault((group, material), len(groups)))
            elif key in ("g", "o"):
                group = words[1] if len(words) > 1 else ""
            elif key == "usemtl":
                material = words[1] if len(words) > 1 else ""
        except (ValueError, IndexError) as error:
            raise InputError(path, f"{line.strip()[:80]!r} cannot be read: {error}.", line=number) from error
    if not faces:
        raise InputError(path, f"has no faces ({len(positions)} vertices); a polygon mesh is needed.")
    corners, owner = _fans(faces)
    mesh = PolyMesh(
        vertices=np.array(positions, dtype=np.float64).reshape(-1, 3),
        uv=np.array(uv, dtype=np.float64).reshape(-1, 2),
        triangles=corners[..., 0],
        uv_triangles=corners[..., 1],
        group_of_triangle=np.array(labels)[owner],
        groups=tuple(groups),
    )
    for what, index, count in (("vertex", mesh.triangles, len(positions)), ("vt", mesh.uv_triangles, len(uv))):
        if index.min() < 0 or index.max() >= count:
            raise InputError(path, f"names {what} {int(index.max()) + 1}, but has only {count}.")
    return mesh


def read_positions(path: Path) -> Float[np.ndarray, "n 3"]:
    """Only the `v` lines: for the many objects that share one topology.

    Raises:
        InputError: missing, or a `v` line cannot be read.
    """
    lines = [line[2:] for line in read_text(path).splitlines() if line.startswith("v ")]
    try:
        return np.array([line.split()[:3] for line in lines], dtype=np.float64).reshape(-1, 3)
    except ValueError as error:
        raise InputError(path, f"has a vertex line that cannot be read: {error}.") from error


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        InputError: missing, a pointer of Git LFS, or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error}).") from error
    if is_lfs_pointer(data):
        raise InputError(path, "is a pointer of Git LFS, not the file itself; run 'git lfs pull' in that checkout.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(path, f"is not text ({error.reason} at byte {error.start}).") from error


def is_lfs_pointer(data: bytes) -> bool:
    """Whether these bytes stand for a file that Git LFS keeps elsewhere."""
    return data.startswith(b"version https://git-lfs.github.com/spec/")


def _fans(faces: list[list[list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Triangles [T, 3, 2] counted from 0, and the face of each."""
    sizes = np.array([len(face) for face in faces])
    flat = np.array([corner for face in faces for corner in face], dtype=np.int64) - 1
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(sizes)), sizes - 2)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(sizes - 2) - (sizes - 2), sizes - 2) + 1
    first = starts[owner]
    return np.stack([flat[first], flat[first + step], flat[first + step + 1]], axis=1), owner
