"""A head with as many triangles as wanted, as a head folder: denser by splitting edges, sparser by heads/levels."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from synhead.heads.levels import NUM_LEVELS, level_of
from synhead.heads.model import HeadModel, HeadPart


def with_triangles(head: HeadModel, wanted: int) -> HeadModel:
    """A head of `wanted` triangles, at most 5 % fewer, at rest: the picture hardly changes.

    The level of detail that is nearest from below, with its longest edges split in their middles until there are
    enough. No head becomes sparser than its lowest level.
    """
    levels = [level_of(head, level) for level in range(NUM_LEVELS)]
    below = [level for level in levels if level.num_triangles <= wanted]
    head = max(below, key=lambda h: h.num_triangles) if below else levels[-1]
    while head.num_triangles < 0.95 * wanted:
        head = _split_longest(head, (wanted - head.num_triangles) // 2)
    return head


def _split_longest(head: HeadModel, count: int) -> HeadModel:
    """Split about `count` edges, the longest of the whole head; an edge between two triangles makes two more."""
    edges = [_edges(part.triangles) for part in head.parts]
    lengths = [
        np.linalg.norm(part.vertices_m[e[:, 0]] - part.vertices_m[e[:, 1]], axis=1)
        for part, (e, _) in zip(head.parts, edges, strict=True)
    ]
    every = np.sort(np.concatenate(lengths))
    # Edges of one length on both sides of a texture seam are split together, or a crack would open.
    limit = every[max(0, len(every) - max(count, 1))] * (1 - 1e-9)
    parts = [_split(part, *found, long >= limit) for part, found, long in zip(head.parts, edges, lengths, strict=True)]
    return replace(head, parts=tuple(parts))


def _edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges [E,2], and for each triangle the three that start at its corners 0, 1, 2 [F,3]."""
    pairs = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, inverse = np.unique(pairs, axis=0, return_inverse=True)
    return edges, inverse.reshape(-1, 3)


def _split(part: HeadPart, edges: np.ndarray, of_triangle: np.ndarray, chosen: np.ndarray) -> HeadPart:
    middle = np.full(len(edges), -1)
    middle[chosen] = len(part.vertices_m) + np.arange(int(chosen.sum()))
    a, b = edges[chosen].T

    def both(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, (values[a] + values[b]) / 2])

    normals = both(part.normals)
    return replace(
        part,
        vertices_m=both(part.vertices_m),
        normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12),
        uv=both(part.uv),
        triangles=_retriangulated(part.triangles, middle[of_triangle]).astype(part.triangles.dtype),
        shape_deltas_m=None,
    )


def _retriangulated(triangles: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Triangles whose edges have a middle vertex (-1: none) become two, three or four, without a hole between them."""
    out = [triangles[(middles < 0).all(axis=1)]]
    for first in range(3):
        # Turned so that the case starts at corner `first`.
        t, m = np.roll(triangles, -first, axis=1), np.roll(middles, -first, axis=1)
        split = m >= 0
        one = split[:, 0] & ~split[:, 1] & ~split[:, 2]
        (p, q, r), x = t[one].T, m[one, 0]
        out += [np.stack([p, x, r], axis=1), np.stack([x, q, r], axis=1)]
        two = split[:, 0] & split[:, 1] & ~split[:, 2]
        (p, q, r), (x, y) = t[two].T, m[two, :2].T
        out += [np.stack([x, q, y], axis=1), np.stack([p, x, y], axis=1), np.stack([p, y, r], axis=1)]
    three = (middles >= 0).all(axis=1)
    (p, q, r), (x, y, z) = triangles[three].T, middles[three].T
    out += [np.stack(c, axis=1) for c in ((p, x, z), (x, q, y), (z, y, r), (x, y, z))]
    return np.concatenate(out)


def write_head_folder(head: HeadModel, folder: Path, head_id: str) -> None:
    """The head at rest (no blend shapes) as OBJ, MTL, PNG and head.json, in the head frame."""
    folder.mkdir(parents=True)
    obj, mtl, parts, first = [f"mtllib {head_id}.mtl"], [], {}, 1
    for index, part in enumerate(head.parts):
        name = f"{part.kind}{index}"
        obj += [f"o {name}", f"usemtl {name}"]
        obj += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in part.vertices_m.tolist()]
        obj += [f"vt {u:.6f} {v:.6f}" for u, v in part.uv.tolist()]
        obj += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in (part.triangles + first).tolist()]
        first += len(part.vertices_m)
        red, green, blue, _ = part.material.base_color_rgba
        mtl += [f"newmtl {name}", f"Kd {red:.6f} {green:.6f} {blue:.6f}"]
        parts[name] = {"kind": part.kind, "material": name, "alpha": part.material.has_alpha}
        if part.material.texture is not None:
            Image.fromarray(part.material.texture).save(folder / f"{name}.png", compress_level=1)
            mtl += [f"map_Kd {name}.png", *([f"map_d {name}.png"] if part.material.has_alpha else [])]
            parts[name]["texture"] = f"{name}.png"
    (folder / f"{head_id}.obj").write_text("\n".join(obj) + "\n")
    (folder / f"{head_id}.mtl").write_text("\n".join(mtl) + "\n")
    description = {
        "id": head_id,
        "source": f"{head.source}; made denser or sparser for a measurement",
        "licence": head.licence,
        "units": "m",
        "up": "+y",
        "front": "+z",
        "subject_left": "+x",
        "mesh": f"{head_id}.obj",
        "parts": parts,
    }
    if head.landmarks_68_m is not None:
        description["landmarks_ibug68"] = head.landmarks_68_m.tolist()
    (folder / "head.json").write_text(json.dumps(description) + "\n")
