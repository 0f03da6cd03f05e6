"""A head folder that can move, made of formulas: the egg with a slit for a mouth's line, lids, and two eyeballs.

The shapes are smooth bumps on the egg; what each does at a point is known without a mesh.
"""

from pathlib import Path
from typing import Any

import numpy as np
from trimesh.creation import icosphere

from tests.heads.synthetic import MTL, egg_landmarks, egg_mesh, write_head

EYE_RADIUS_M = 0.012
SHAPES = ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight")


def eye_centers() -> np.ndarray:
    """Right, left: a centimetre behind the middle of the lids."""
    points = egg_landmarks()
    return np.stack([points[36:42].mean(axis=0), points[42:48].mean(axis=0)]) + [0, 0, -0.010]


def displacement(name: str, points: np.ndarray) -> np.ndarray:
    """What a shape does at points of the egg, metres, head axes."""
    landmarks = egg_landmarks()
    if name == "jawOpen":
        amount = 1 / (1 + np.exp((points[:, 1] - landmarks[62, 1]) / 0.002)) * np.clip(points[:, 2] / 0.05, 0, 1)
        return amount[:, None] * np.array([0.0, -0.02, -0.006])
    eye = landmarks[42:48].mean(axis=0) if name == "eyeBlinkLeft" else landmarks[36:42].mean(axis=0)
    distance = np.linalg.norm((points - eye) / [0.016, 0.008, 0.03], axis=1)
    upper = 1 / (1 + np.exp(-(points[:, 1] - eye[1]) / 0.001))
    return (np.exp(-(distance**2)) * upper)[:, None] * np.array([0.0, -0.009, 0.002])


def write_moving_head(folder: Path, *, rows: int = 24, columns: int = 48, **changes: Any) -> Path:
    """The head folder; 104 points, eye centres and three shapes."""
    vertices, uv, faces = egg_mesh(rows, columns)
    lines = ["mtllib egg.mtl", "o skin", "usemtl egg_skin"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in uv]
    lines += ["f " + " ".join(f"{p + 1}/{t + 1}" for p, t in face) for face in faces]
    lines += ["o eyes", "usemtl egg_eyes"]
    ball = icosphere(subdivisions=2, radius=EYE_RADIUS_M)
    count = len(vertices)
    for centre in eye_centers():
        lines += [f"v {x:.7f} {y:.7f} {z:.7f}" for x, y, z in np.array(ball.vertices) + centre]
        lines += [f"f {a + count + 1} {b + count + 1} {c + count + 1}" for a, b, c in ball.faces]
        count += len(ball.vertices)
    data = {
        "blend_shapes": "egg_shapes.npz",
        "eye_centers": eye_centers().tolist(),
        "landmarks_104": landmarks_104().tolist(),
        "pupils": (eye_centers() + [0, 0, EYE_RADIUS_M]).tolist(),
        **changes,
    }
    write_head(folder, obj="\n".join(lines) + "\n", mtl=MTL + "newmtl egg_eyes\nKd 0.8 0.8 0.9\n", **data)
    write_shapes(folder / "egg_shapes.npz", vertices, count)
    return folder


def write_shapes(path: Path, vertices: np.ndarray, num_vertices: int, **changes: Any) -> None:
    """The .npz; a change replaces a field, None removes it."""
    index, delta, offsets = [], [], [0]
    for name in SHAPES:
        moved = displacement(name, vertices)
        rows = np.flatnonzero(np.abs(moved).max(axis=1) > 1e-6)
        index.append(rows)
        delta.append(1000 * moved[rows])
        offsets.append(offsets[-1] + len(rows))
    arrays = {
        "names": np.array(SHAPES),
        "offsets": np.array(offsets, np.int64),
        "vertex_index": np.concatenate(index).astype(np.uint32),
        "delta_mm": np.concatenate(delta).astype(np.float16),
        "num_vertices": np.int64(num_vertices),
        **changes,
    }
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


def landmarks_104() -> np.ndarray:
    """The 68, irises on the balls, ears, and rings round the eyes on the egg."""
    points = egg_landmarks()
    out = np.zeros((104, 3))
    out[:68] = points
    side = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]]) * 0.005
    for eye, centre in enumerate(eye_centers()):
        depth = np.sqrt(EYE_RADIUS_M**2 - 0.005**2)
        out[68 + 4 * eye : 72 + 4 * eye] = centre + np.column_stack([side, np.full(4, depth)])
    out[76:80] = points[[0, 2, 16, 14]]
    for first, corners in ((80, range(36, 42)), (92, range(42, 48))):
        ring = points[list(corners)]
        out[first : first + 12] = np.repeat(ring, 2, axis=0)
    return out
