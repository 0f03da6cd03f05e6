"""Do eyes and mouths open as labelled? Reads MediaPipe's face mesh on sampled frames and compares with the labels.

    python benchmarks/face_openness.py SAMPLE.npz --json OUT.json

Runs in an environment of its own with mediapipe (0.10.14 was used), numpy; it imports nothing of synhead. Eye opening:
mean height of the lid points over the eye's width; mouth opening: gap of the inner lips over the distance of the
outer eye corners. Frames with |yaw| < 30 degrees.
"""

import argparse
import json
from pathlib import Path

import numpy as np

# Face mesh indices of iBUG points 36-47, 62 and 66.
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
LIPS = (13, 14)
MAX_YAW_DEG = 30.0


def eye_opening(points: np.ndarray) -> np.ndarray:
    """[N, 2] of points [N, 12, 2]: the twelve eye points in the iBUG order."""
    eyes = points.reshape(len(points), 2, 6, 2)
    height = np.linalg.norm(eyes[:, :, 1] - eyes[:, :, 5], axis=-1) + np.linalg.norm(
        eyes[:, :, 2] - eyes[:, :, 4], axis=-1
    )
    return height / (2 * np.linalg.norm(eyes[:, :, 0] - eyes[:, :, 3], axis=-1))


def mouth_opening(eyes: np.ndarray, lips: np.ndarray) -> np.ndarray:
    """[N]: gap of the lips [N, 2, 2] over the distance of the outer eye corners of the twelve eye points."""
    return np.linalg.norm(lips[:, 0] - lips[:, 1], axis=-1) / np.linalg.norm(eyes[:, 0] - eyes[:, 9], axis=-1)


def read_meshes(images: np.ndarray) -> np.ndarray:
    import mediapipe

    out = np.full((len(images), 478, 2), np.nan)
    size = np.array(images.shape[2:0:-1])
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as model:
        for row, image in enumerate(images):
            faces = model.process(np.ascontiguousarray(image)).multi_face_landmarks
            if faces:
                out[row] = np.array([(p.x, p.y) for p in faces[0].landmark]) * size
    return out


def summary(label: np.ndarray, read: np.ndarray) -> dict:
    known = np.isfinite(read)
    a, b = label[known], read[known]
    spread = float(a.std())
    return {
        "num": int(known.sum()),
        "mean_abs_difference": round(float(np.abs(a - b).mean()), 4),
        "label_mean": round(float(a.mean()), 4),
        "read_mean": round(float(b.mean()), 4),
        "correlation": round(float(np.corrcoef(a, b)[0, 1]), 3) if spread > 1e-3 else None,
        "slope": round(float(np.polyfit(a, b, 1)[0]), 3) if spread > 1e-3 else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sample", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data = np.load(arguments.sample)
    near = np.abs(data["euler_pyr_deg"][:, 1]) < MAX_YAW_DEG
    truth = data["landmarks_px"][near].astype(float)
    mesh = read_meshes(data["images"][near])
    eyes, lips = mesh[:, EYES], mesh[:, LIPS]
    report = {
        "eyes": summary(eye_opening(truth[:, 36:48]).mean(axis=1), eye_opening(eyes).mean(axis=1)),
        "mouth": summary(mouth_opening(truth[:, 36:48], truth[:, [62, 66]]), mouth_opening(eyes, lips)),
    }
    print(json.dumps(report, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
