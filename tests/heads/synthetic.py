"""A small head made of formulas, written as a head folder: an egg with an open neck, two eyes, brows with opacity."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from synhead.core.landmarks import TEMPLATE_68_M

CENTRE = np.array([0.0, -0.015, -0.022])
AXES_M = np.array([0.076, 0.125, 0.098])


def on_egg(points: np.ndarray) -> np.ndarray:
    """Points moved radially onto the egg."""
    unit = (points - CENTRE) / AXES_M
    return CENTRE + AXES_M * unit / np.linalg.norm(unit, axis=-1, keepdims=True)


def egg_landmarks() -> np.ndarray:
    """The canonical face pushed onto the egg; symmetric, nose in front."""
    return on_egg(TEMPLATE_68_M)


def egg_mesh(rows: int = 24, columns: int = 48) -> tuple[np.ndarray, np.ndarray, list[list[tuple[int, int]]]]:
    """Positions, uv, faces of (position, uv) corners, from 0; one uv seam at the back; open at the neck and,
    narrowly, at the crown."""
    polar = np.linspace(0.02, 2.45, rows)
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    ring = np.stack([-np.sin(angle), np.zeros(columns), -np.cos(angle)], axis=1)
    unit = np.sin(polar)[:, None, None] * ring + np.cos(polar)[:, None, None] * np.array([0, 1, 0])
    positions = (CENTRE + AXES_M * unit).reshape(-1, 3)
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(1, 0, rows))
    uv = np.stack([u, v], axis=-1).reshape(-1, 2)
    faces = []
    for i in range(rows - 1):
        for j in range(columns):
            k = (j + 1) % columns
            corner = {
                "a": (i * columns + j, i * (columns + 1) + j),
                "b": ((i + 1) * columns + j, (i + 1) * (columns + 1) + j),
                "c": ((i + 1) * columns + k, (i + 1) * (columns + 1) + j + 1),
                "d": (i * columns + k, i * (columns + 1) + j + 1),
            }
            faces.append([corner["a"], corner["b"], corner["c"], corner["d"]])
    return positions, uv, faces


def _disc(centre: np.ndarray, radius: float) -> np.ndarray:
    """Four corners of a card in the plane z = const."""
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    return centre + radius * square


def obj_text(*, with_uv: bool = True, with_brows: bool = True, flip: bool = False) -> str:
    """The head as OBJ text, metres, +y up, +z front, quads, no normals."""
    positions, uv, faces = egg_mesh()
    lines = ["mtllib egg.mtl", "o skin", "usemtl egg_skin"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in positions]
    if with_uv:
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in uv]
    for face in faces:
        corners = face[::-1] if flip else face
        lines.append("f " + " ".join(f"{p + 1}/{t + 1}" if with_uv else f"{p + 1}" for p, t in corners))
    if with_brows:
        lines += ["o eyebrows", "usemtl egg_brows"]
        for x in (-0.03, 0.03):
            card = _disc(on_egg(np.array([x, 0.012, 0.06])) + np.array([0, 0, 0.004]), 0.012)
            lines += [f"v {p[0]:.6f} {p[1]:.6f} {p[2]:.6f}" for p in card]
            lines += [f"vt {u} {v}" for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
            lines += ["f -4/-4 -3/-3 -2/-2 -1/-1"]
    return "\n".join(lines) + "\n"


MTL = """newmtl egg_skin
Kd 1 1 1
map_Kd skin.png
newmtl egg_brows
Kd 1 1 1
map_Kd brows.png
map_d brows.png
"""


def description(**changes: Any) -> dict[str, Any]:
    """Content of head.json; a change to None removes the field."""
    landmarks = egg_landmarks()
    data: dict[str, Any] = {
        "id": "egg",
        "units": "m",
        "up": "+y",
        "front": "+z",
        "subject_left": "+x",
        "mesh": "egg.obj",
        "licence": "CC0-1.0",
        "source": "formulas",
        "landmarks_ibug68": landmarks.tolist(),
        "pupils": [landmarks[36:42].mean(axis=0).tolist(), landmarks[42:48].mean(axis=0).tolist()],
        "sex": "none",
    }
    data |= changes
    return {key: value for key, value in data.items() if value is not None}


def write_head(folder: Path, *, obj: str | None = None, mtl: str | None = MTL, **changes: Any) -> Path:
    """Write the head folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "egg.obj").write_text(obj if obj is not None else obj_text())
    if mtl is not None:
        (folder / "egg.mtl").write_text(mtl)
    (folder / "head.json").write_text(json.dumps(description(**changes), indent=1))
    v, u = np.mgrid[0:64, 0:128]
    skin = np.stack([150 + u // 2, 90 + v, np.full_like(u, 80)], axis=-1).astype(np.uint8)
    Image.fromarray(skin).save(folder / "skin.png")
    brows = np.zeros((32, 32, 4), dtype=np.uint8)
    brows[10:22] = (60, 40, 20, 255)
    brows[8:10] = (60, 40, 20, 128)
    Image.fromarray(brows).save(folder / "brows.png")
    return folder
