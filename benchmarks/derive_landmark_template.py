"""Derive the table TEMPLATE_68_M of synhead/core/landmarks.py; run once, the result is pasted into the source.

    python benchmarks/derive_landmark_template.py --heads HEADS --canonical facemesh_canonical.csv

HEADS holds folders with a head.json (68 landmarks, metres, +x subject's left, +y up, +z front): the ten CC0 heads made
from the MakeHuman base mesh. The canonical file lists MediaPipe's canonical face model (id, x, y, z, basis; in
centimetres; Apache License 2.0): the direction in which it looks defines "straight ahead".

1. The heads are aligned to their mean by rotation and translation, without scale, until the mean stands still.
2. The mean is averaged with its mirror image.
3. The symmetric mean is turned about x, the only turn its symmetry leaves, until its inner 51 points fit the
   canonical face best (least squares over a similarity).
4. The origin moves midway between points 0 and 16.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from synhead.core.landmarks import INNER_51, MIRROR_68, mirror_landmarks
from synhead.core.rotation import geodesic_deg, nearest_rotation

# FaceMesh vertex of each iBUG point; the usual correspondence, jaw by contour.
FACEMESH_OF_IBUG = [
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
]


def rotation_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotation of the best similarity that takes the source points to the target points."""
    source, target = source - source.mean(axis=0), target - target.mean(axis=0)
    return nearest_rotation(target.T @ source)


def mean_shape(shapes: np.ndarray) -> np.ndarray:
    """Mean of the shapes [N, 68, 3] after rigid alignment of their inner points."""
    inner = list(INNER_51)
    mean = shapes[0] - shapes[0, inner].mean(axis=0)
    for _ in range(50):
        aligned = []
        for shape in shapes:
            R = rotation_between(shape[inner], mean[inner])
            aligned.append((shape - shape[inner].mean(axis=0)) @ R.T)
        new = np.mean(aligned, axis=0)
        new = (new + mirror_landmarks(new)) / 2
        done = np.abs(new - mean).max() < 1e-9
        mean = new
        if done:
            break
    return mean


def pitch_to(canonical: np.ndarray, mean: np.ndarray, use: list[int]) -> float:
    """Degrees about x that turn the mean to the canonical face, by the points `use`."""
    R = rotation_between(mean[use], canonical[use])
    return float(np.degrees(np.arctan2(R[2, 1], R[1, 1])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--heads", type=Path, required=True)
    parser.add_argument("--canonical", type=Path, required=True)
    args = parser.parse_args()
    files = sorted(args.heads.glob("*/head.json"))
    shapes = np.array([json.loads(f.read_text())["landmarks_ibug68"] for f in files])
    table = np.loadtxt(args.canonical, delimiter=",", comments="#", skiprows=4)
    canonical = table[FACEMESH_OF_IBUG, 1:4]
    canonical = (canonical + mirror_landmarks(canonical)) / 2
    mean = mean_shape(shapes)
    for name, use in {
        "inner 51 (used)": list(INNER_51),
        "all 68": list(range(68)),
        "nose, eyes, mouth": list(range(27, 68)),
        "eyes, mouth corners, nose tip, chin": [8, 30, 36, 39, 42, 45, 48, 54],
    }.items():
        print(f"# turn about x by {name}: {pitch_to(canonical, mean, use):+.2f} deg")
    angle = np.radians(pitch_to(canonical, mean, list(INNER_51)))
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    template = mean @ turn.T
    template -= (template[0] + template[16]) / 2
    template = np.round(template, 5)
    template = np.round((template + template[list(MIRROR_68)] * [-1, 1, 1]) / 2, 5)
    for file, shape in zip(files, shapes, strict=True):
        R = rotation_between(shape[list(INNER_51)], template[list(INNER_51)])
        print(f"# {file.parent.name}: turned by {geodesic_deg(R, np.eye(3)):.2f} deg")
    for row in template:
        print(f"    ({row[0]:.5f}, {row[1]:.5f}, {row[2]:.5f}),")


if __name__ == "__main__":
    main()
