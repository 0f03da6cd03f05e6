"""Check the labels of a data set with nothing but h5py and numpy, from what docs/format.md says and no code of ours.

    python examples/check_labels.py DATASET

Projects landmarks_68_cam_m with K onto landmarks_68_px, and rebuilds euler_pyr_deg from R_cam_head. Exit code 1 when a
point is off by more than 0.01 px or an angle by more than 1e-4 degrees.
"""

import sys
from pathlib import Path

import h5py
import numpy as np


def angles_deg(R):
    """(pitch, yaw, roll) of R_cam_head: R diag(1, -1, -1) = Rx(-pitch) Ry(yaw) Rz(roll)."""
    M = R * np.array([1.0, -1.0, -1.0])
    pitch = np.arctan2(M[:, 1, 2], M[:, 2, 2])
    yaw = np.arctan2(M[:, 0, 2], np.hypot(M[:, 1, 2], M[:, 2, 2]))
    roll = np.arctan2(-M[:, 0, 1], M[:, 0, 0])
    return np.degrees(np.stack([pitch, yaw, roll], axis=1))


def main():
    """Go through all sequences and print the largest differences."""
    worst_px = worst_deg = 0.0
    frames = 0
    for path in sorted(Path(sys.argv[1]).glob("shards/*.h5")):
        with h5py.File(path) as f:
            for sequence in f["sequences"].values():
                K = sequence.attrs["K"]
                points = sequence["landmarks_68_cam_m"][:].astype(float)
                image = points @ K.T
                px = image[..., :2] / image[..., 2:]
                off_px = np.abs(px - sequence["landmarks_68_px"][:])
                off_deg = angles_deg(sequence["R_cam_head"][:]) - sequence["euler_pyr_deg"][:]
                worst_px = max(worst_px, float(np.nanmax(off_px, initial=0.0)))
                worst_deg = max(worst_deg, float(np.abs((off_deg + 180) % 360 - 180).max()))
                frames += len(points)
    print(f"{frames} frames: landmarks within {worst_px:.2e} px of 0.01, angles within {worst_deg:.2e} degrees of 1e-4")
    sys.exit(frames == 0 or worst_px > 0.01 or worst_deg > 1e-4)


if __name__ == "__main__":
    main()
