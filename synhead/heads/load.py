"""`load_head`: a folder or mesh file becomes a HeadModel in the head frame. docs/design/0002-mesh-loading.md."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synhead.core.landmarks import NUM_LANDMARKS
from synhead.core.rotation import nearest_rotation
from synhead.errors import InputError
from synhead.heads.attach import attach_104
from synhead.heads.blend_shapes import BlendShapes, read_blend_shapes
from synhead.heads.description import HeadDescription, PartHint, check_head_id, landmark_points, read_description
from synhead.heads.frame import check_size, check_unregistered, origin_of, rotation_to_template
from synhead.heads.geometry import boundary_loops, nearest_on_surface
from synhead.heads.meshfile import MESH_SUFFIXES, read_mesh
from synhead.heads.model import HeadModel, HeadPart
from synhead.heads.parts import PartNotes, build_part, cap_neck, classify_part, draw_order
from synhead.heads.rawmesh import Ledger, RawMesh

DEFAULT_TEXTURE_SIZE_PX = 2048
MIN_NECK_PERIMETER_M = 0.20
"""A neck is 0.3 to 0.45 m around; eye sockets and mouths are below 0.16 m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LoadReport:
    """What happened while loading, for `check` and for the curious.

    Attributes:
        R_head_axes: the rotation of the registration: x_head = R_head_axes x_axes_m + t_head_axes_m, where x_axes_m
            are the file's coordinates in metres along head axes.
        snap_distance_m: how far each landmark was from the skin.
        num_neck_cap_triangles: the last ones of the first skin part; 0 without a cap.
        notes: sentences on what was changed or could not be done.
    """

    path: Path
    R_head_axes: Float[np.ndarray, "3 3"]
    t_head_axes_m: Float[np.ndarray, "3"]
    snap_distance_m: Float[np.ndarray, "68"] | None
    num_degenerate_triangles: int
    num_see_through_triangles: int
    num_neck_cap_triangles: int
    has_description: bool
    notes: tuple[str, ...]


def load_head(path: str | Path, *, texture_size_px: int | None = None) -> HeadModel:
    """Load a head.

    Args:
        path: a folder with a head.json (or one mesh), a head.json, or a mesh file.
        texture_size_px: longer side of textures after scaling; default 2048.

    Raises:
        InputError: anything is wrong with any of the files; the message names file, line or field, and the way out.
    """
    return load_head_with_report(path, texture_size_px=texture_size_px)[0]


def load_head_with_report(
    path: str | Path, *, texture_size_px: int | None = None, ledger: Ledger | None = None
) -> tuple[HeadModel, LoadReport]:
    """As `load_head`, with what happened on the way; `ledger` is told which files were read."""
    ledger = ledger or Ledger()
    mesh_path, description = _locate(Path(path), ledger)
    raw = read_mesh(mesh_path, ledger)
    linear_m = np.eye(3) if description is None else description.unit_m * description.axes
    shapes = _blend_shapes(raw, description, ledger)
    size_px = texture_size_px or DEFAULT_TEXTURE_SIZE_PX
    parts, notes = _build_parts(raw, description, linear_m, ledger, size_px, shapes)
    skin_vertices, skin_triangles = skin_surface(parts)
    named = description.path if description is not None else mesh_path
    given = None if description is None else landmark_points(description, raw)
    if given is None and description is not None and description.landmarks_104 is not None:
        given = description.landmarks_104[:NUM_LANDMARKS]
    landmarks, snap_distance = None, None
    if given is not None:
        landmarks = given @ linear_m.T
    if description is None:
        check_unregistered(mesh_path, skin_vertices)
    else:
        check_size(named, skin_vertices, landmarks, description.units)
    if landmarks is not None:
        landmarks, snap_distance, _ = nearest_on_surface(landmarks, skin_vertices, skin_triangles)
    R, t = _registration(description, landmarks, linear_m)
    parts = [_moved(part, R, t) for part in parts]
    sentences = _sentences(raw, notes)
    num_cap = 0
    if description is None or description.cap_neck:
        parts, num_cap, problem = _cap(parts)
        sentences += [problem] if problem else []
    pupils = None if description is None else description.pupils
    centers = None if description is None else description.eye_centers
    more = None if description is None else description.landmarks_104
    if more is not None and landmarks is not None and description is not None:
        more = attach_104(description.path, more @ linear_m.T @ R.T + t, landmarks @ R.T + t, parts)
    model = HeadModel(
        head_id=description.head_id if description else _id_of_mesh(Path(path), mesh_path),
        parts=tuple(sorted(parts, key=draw_order)),
        landmarks_68_m=None if landmarks is None else landmarks @ R.T + t,
        pupils_m=None if pupils is None else pupils @ linear_m.T @ R.T + t,
        licence=description.licence if description else "unknown",
        source=description.source if description else "unknown",
        sha256=ledger.sha256,
        attributes=dict(description.attributes) if description else {},
        shape_names=() if shapes is None else shapes.names,
        eye_centers_m=None if centers is None else centers @ linear_m.T @ R.T + t,
        landmarks_104_m=more,
    )
    report = LoadReport(
        path=Path(path),
        R_head_axes=R,
        t_head_axes_m=t,
        snap_distance_m=snap_distance,
        num_degenerate_triangles=sum(n.num_degenerate for n in notes),
        num_see_through_triangles=sum(n.num_see_through for n in notes),
        num_neck_cap_triangles=num_cap,
        has_description=description is not None,
        notes=tuple(sentences),
    )
    return model, report


def find_heads(root: str | Path) -> list[Path]:
    """Heads below a folder: sub-folders with a head.json or a mesh, and mesh files, sorted by name.

    A folder that holds a head.json is itself the one head.

    Raises:
        InputError: the folder is missing or has no heads.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(root, "does not exist. Give a folder of heads; 'synhead heads generate -o FOLDER' makes some.")
    if root.is_file() or (root / "head.json").is_file():
        return [root]
    found = [
        entry
        for entry in root.iterdir()
        if not entry.name.startswith(".") and (_is_mesh(entry) or (entry.is_dir() and _has_head(entry)))
    ]
    if not found:
        raise InputError(
            root,
            f"has no heads: no sub-folder with a head.json or a mesh ({', '.join(MESH_SUFFIXES)}), no mesh file. "
            "'synhead heads generate -o FOLDER' makes some; 'synhead heads register SCAN -o FOLDER' takes a scan.",
        )
    return sorted(found, key=lambda entry: entry.name)


def skin_surface(
    parts: list[HeadPart] | tuple[HeadPart, ...],
) -> tuple[Float[np.ndarray, "num_vertices 3"], "np.ndarray"]:
    """Vertices and triangles of all skin parts as one mesh; of all parts where none is skin."""
    chosen = [part for part in parts if part.kind == "skin"] or list(parts)
    offsets = np.cumsum([0, *(len(part.vertices_m) for part in chosen)])
    triangles = [part.triangles + offset for part, offset in zip(chosen, offsets, strict=False)]
    return np.concatenate([part.vertices_m for part in chosen]), np.concatenate(triangles)


def _is_mesh(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in MESH_SUFFIXES


def _has_head(folder: Path) -> bool:
    return (folder / "head.json").is_file() or any(_is_mesh(entry) for entry in folder.iterdir())


def _locate(path: Path, ledger: Ledger) -> tuple[Path, HeadDescription | None]:
    """The mesh file, and the description where there is one."""
    if not path.exists():
        raise InputError(path, "does not exist. Give a folder with a head.json, or a mesh file.")
    if path.is_file() and path.name != "head.json":
        return path, None
    folder = path if path.is_dir() else path.parent
    if (folder / "head.json").is_file():
        description = read_description(folder / "head.json", ledger)
        mesh = folder / description.mesh
        if not mesh.is_file():
            raise InputError(
                description.path, f"names {str(description.mesh)!r}, which is not in {folder}.", field="mesh"
            )
        return mesh, description
    meshes = sorted(entry for entry in folder.iterdir() if _is_mesh(entry))
    if len(meshes) != 1:
        got = ", ".join(mesh.name for mesh in meshes) or "none"
        raise InputError(
            folder,
            f"has no head.json, and not exactly one mesh ({got}). Add a head.json that names the mesh, or run "
            "'synhead heads register MESH -o FOLDER'.",
        )
    return meshes[0], None


def _id_of_mesh(path: Path, mesh_path: Path) -> str:
    name = path.resolve().name if path.is_dir() else mesh_path.stem
    return check_head_id(path, name)


def _build_parts(
    raw: RawMesh,
    description: HeadDescription | None,
    linear_m: np.ndarray,
    ledger: Ledger,
    texture_size_px: int,
    shapes: BlendShapes | None,
) -> tuple[list[HeadPart], list[PartNotes]]:
    hints = description.parts if description else {}
    known = {part.name for part in raw.parts} | {part.material.name for part in raw.parts}
    for name in hints:
        if name not in known and description is not None:
            raise InputError(
                description.path,
                f"{name!r} is not a part of {raw.path.name}; it has {', '.join(sorted(known))}.",
                field="parts",
            )
    parts, notes = [], []
    for raw_part in raw.parts:
        hint = hints.get(raw_part.name) or hints.get(raw_part.material.name) or PartHint()
        kind = hint.kind or classify_part(
            [raw_part.name, raw_part.material.name, raw_part.material.color_texture or ""]
        )
        if len(raw.parts) == 1 and hint.kind is None:
            kind = "skin"
        part, note = build_part(
            raw_part,
            kind=kind,
            hint=hint,
            folder=raw.path.parent if description is None else description.path.parent,
            mesh_path=raw.path,
            linear_m=linear_m,
            ledger=ledger,
            texture_size_px=texture_size_px,
            shapes=shapes,
        )
        parts.append(part)
        notes.append(note)
    return parts, notes


def _blend_shapes(raw: RawMesh, description: HeadDescription | None, ledger: Ledger) -> BlendShapes | None:
    """The shapes along head axes."""
    if description is None or description.blend_shapes is None:
        return None
    path = description.path.parent / description.blend_shapes
    if not path.is_file():
        raise InputError(
            description.path,
            f"names {str(description.blend_shapes)!r}, which is not in {path.parent}. Put the file there, or remove "
            "the field: the face then rests.",
            field="blend_shapes",
        )
    shapes = read_blend_shapes(path, ledger, num_vertices=len(raw.file_vertices))
    return shapes.along(description.axes)


def _registration(
    description: HeadDescription | None, landmarks: np.ndarray | None, linear_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if description is None:
        return np.eye(3), np.zeros(3)
    if not isinstance(description.registration, str):
        R, t = description.registration
        return nearest_rotation(R), t
    if description.registration == "as_authored" or landmarks is None:
        R = np.eye(3)
    else:
        R = rotation_to_template(landmarks)
    tragi = None if description.tragi is None else description.tragi @ linear_m.T
    origin = origin_of(landmarks, tragi)
    return R, np.zeros(3) if origin is None else -(R @ origin)


def _moved(part: HeadPart, R: np.ndarray, t: np.ndarray) -> HeadPart:
    deltas = part.shape_deltas_m
    return replace(
        part,
        vertices_m=part.vertices_m @ R.T + t,
        normals=part.normals @ R.T,
        shape_deltas_m=None if deltas is None else deltas @ R.T.astype(np.float32),
    )


def _cap(parts: list[HeadPart]) -> tuple[list[HeadPart], int, str | None]:
    """Close the lowest large opening of the skin; eyes and mouth stay open."""
    skins = [index for index, part in enumerate(parts) if part.kind == "skin"]
    for index in sorted(skins, key=lambda i: -len(parts[i].triangles)):
        part = parts[index]
        low, high = part.vertices_m[:, 1].min(), part.vertices_m[:, 1].max()
        best, best_height = None, low + 0.35 * (high - low)
        for loop in boundary_loops(part.vertices_m, part.triangles):
            starts = part.vertices_m[part.triangles[loop[:, 0], loop[:, 1]]]
            perimeter = np.linalg.norm(np.roll(starts, -1, axis=0) - starts, axis=1).sum()
            height = starts[:, 1].mean()
            if perimeter >= MIN_NECK_PERIMETER_M and height < best_height:
                best, best_height = loop, height
        if best is not None:
            capped = cap_neck(part, best)
            return [*parts[:index], capped, *parts[index + 1 :]], len(best), None
    return parts, 0, "no neck opening that is a single loop was found; nothing was capped"


def _sentences(raw: RawMesh, notes: list[PartNotes]) -> list[str]:
    sentences = []
    for part, note in zip(raw.parts, notes, strict=True):
        if note.num_degenerate:
            sentences.append(f"{part.name}: {note.num_degenerate} triangles without area dropped")
        if note.num_see_through:
            sentences.append(f"{part.name}: {note.num_see_through} triangles that show nothing dropped")
        if note.flipped:
            sentences.append(f"{part.name}: triangles faced inwards and were turned")
    return sentences
