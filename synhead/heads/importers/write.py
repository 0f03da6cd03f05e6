"""An imported head as a folder: OBJ, MTL, PNG textures, blend shapes, head.json. Same head, same bytes."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from synhead.heads.importers.part import ImportedHead, ImportedPart

_MOVES_MM = 0.005
"""Displacements below this are left out of a blend shape: they are far below what float16 and a pixel resolve."""


def write_head_folder(folder: Path, head: ImportedHead) -> None:
    """Write the files into `folder`, which is made. Coordinates are moved so that the origin lies midway between the
    tragi.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    origin = head.tragi_m.mean(axis=0)
    (folder / f"{head.head_id}.obj").write_bytes(_obj(head, origin).encode())
    (folder / f"{head.head_id}.mtl").write_bytes(_mtl(head).encode())
    for part in head.parts:
        Image.fromarray(part.texture).save(folder / _texture_name(head, part), compress_level=4)
    description = {
        "id": head.head_id,
        "source": head.source,
        "licence": head.licence,
        "units": "m",
        "up": "+y",
        "front": "+z",
        "subject_left": "+x",
        "mesh": f"{head.head_id}.obj",
        "parts": {part.name: _part_entry(head, part) for part in head.parts},
        **head.notes,
        "landmarks_ibug68": _rounded(head.landmarks_68_m - origin),
        "pupils": _rounded(head.pupils_m - origin),
        "eye_centers": _rounded(head.eye_centers_m - origin),
        "tragi": _rounded(head.tragi_m - origin),
    }
    if head.landmarks_104_m is not None:
        description["landmarks_104"] = _rounded(head.landmarks_104_m - origin)
    if head.shape_names:
        description["blend_shapes"] = f"{head.head_id}_shapes.npz"
        (folder / description["blend_shapes"]).write_bytes(shapes_npz(head))
    (folder / "head.json").write_bytes((json.dumps(description, indent=1) + "\n").encode())


def shapes_npz(head: ImportedHead) -> bytes:
    """The blend shapes as flat arrays (docs/format of head.json), with a fixed time stamp: the same bytes each time."""
    starts = np.cumsum([0] + [len(part.vertices_m) for part in head.parts])
    offsets, index, delta = [0], [], []
    for name in head.shape_names:
        for part, start in zip(head.parts, starts, strict=False):
            moved_mm = part.shapes.get(name)
            if moved_mm is None:
                continue
            moved_mm = moved_mm * 1000
            at = np.flatnonzero(np.abs(moved_mm).max(axis=1) > _MOVES_MM)
            index.append((at + start).astype(np.uint32))
            delta.append(moved_mm[at].astype(np.float16))
        offsets.append(sum(len(part_index) for part_index in index))
    arrays = {
        "names": np.array(head.shape_names),
        "offsets": np.array(offsets, dtype=np.int64),
        "vertex_index": np.concatenate([np.zeros(0, dtype=np.uint32), *index]),
        "delta_mm": np.concatenate([np.zeros((0, 3), dtype=np.float16), *delta]),
        "num_vertices": np.array(starts[-1], dtype=np.int64),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data.getvalue())
    return buffer.getvalue()


def _rounded(points: np.ndarray) -> list[list[float]]:
    return [[round(float(c), 6) + 0.0 for c in point] for point in points]


def _texture_name(head: ImportedHead, part: ImportedPart) -> str:
    return f"{head.head_id}_{part.name}.png"


def _part_entry(head: ImportedHead, part: ImportedPart) -> dict:
    return {
        "roughness": part.roughness,
        "vertices": len(part.vertices_m),
        "triangles": len(part.triangles),
        "kind": part.kind,
        "material": f"{head.head_id}_{part.name}",
        "texture": _texture_name(head, part),
        "alpha": part.has_alpha,
    }


def _obj(head: ImportedHead, origin: np.ndarray) -> str:
    lines = [f"# {head.source}; units m, +y up, +z front, +x the subject's left", f"mtllib {head.head_id}.mtl"]
    first = first_uv = 1
    for part in head.parts:
        lines += [f"o {part.name}", f"usemtl {head.head_id}_{part.name}"]
        # Adding 0 turns -0.00000 into 0.00000.
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in (np.round(part.vertices_m - origin, 6) + 0.0).tolist()]
        lines += [f"vt {u:.5f} {v:.5f}" for u, v in part.uv.tolist()]
        corners = np.concatenate([part.triangles + first, part.uv_triangles + first_uv], axis=1)
        lines += [f"f {a}/{i} {b}/{j} {c}/{k}" for a, b, c, i, j, k in corners.tolist()]
        first += len(part.vertices_m)
        first_uv += len(part.uv)
    return "\n".join(lines) + "\n"


def _mtl(head: ImportedHead) -> str:
    lines = [f"# {head.source}"]
    for part in head.parts:
        lines += ["", f"newmtl {head.head_id}_{part.name}", "Ka 1 1 1", "Kd 1 1 1", "Ks 0 0 0", "d 1", "illum 1"]
        lines.append(f"map_Kd {_texture_name(head, part)}")
        if part.has_alpha:
            lines.append(f"map_d {_texture_name(head, part)}")
    return "\n".join(lines) + "\n"
