"""Brows, nose and the cheek under the eye: skin that slides over bone."""

import numpy as np

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.shapes_face import Deltas, Face, split


def _step(x: np.ndarray, y: np.ndarray) -> Deltas:
    return np.stack([x, y, np.zeros_like(x)], axis=1)


def brow_shapes(face: Face) -> dict[str, Deltas]:
    """Deltas in mm of browInnerUp, browDown, browOuterUp, noseSneer and cheekSquint."""
    s, side = face.shape, face.side
    inner = face.spot((7.0, 17.0), (40.0, 30.0), (11.0, 40.0))
    down = face.spot((s.eye_x - 12.0, 16.0), (30.0, 36.0), (11.0, 30.0))
    outer = face.spot((s.eye_x + 12.0, 17.0), (30.0, 30.0), (10.0, 38.0))
    moves = [
        _step(0.5 * inner * side, 6.5 * inner),
        _step(-2.2 * down * side, -5.0 * down),
        _step(0 * outer, 6.0 * outer),
    ]
    # Over the lid's crease skin moves as a fold, not into the crease.
    on_bone = smooth_step(8.0, 14.0, face.points[:, 1])
    share = np.stack([np.ones_like(on_bone), np.ones_like(on_bone), on_bone], axis=1)
    raised, knit, arched = (share * slid for slid in face.slide(moves, steep=True))
    knit[:, 2] += 0.8 * face.spot((9.0, 13.0), (20.0, 10.0), (12.0, 12.0))
    out = {"browInnerUp": raised}
    pairs = {"browDown": (knit, 6.0), "browOuterUp": (arched, 6.0)}
    pairs["noseSneer"] = (_sneer(face), 5.0)
    pairs["cheekSquint"] = (_cheek_squint(face), 5.0)
    for name, (both, width) in pairs.items():
        out[name + "Left"], out[name + "Right"] = split(both, face.points[:, 0], width)
    return {name: face.followed(deltas) for name, deltas in out.items()}


def _sneer(face: Face) -> Deltas:
    s = face.shape
    wing = face.spot((s.nose_half_width - 1.5, s.nose_tip_y - 5), (11.0, 12.0), (13.0, 20.0))
    bridge = face.spot((8.0, -8.0), (12.0, 12.0), (14.0, 14.0))
    lip = face.spot((0.5 * s.mouth_half_width, s.mouth_y + 9), (16.0, 20.0), (18.0, 20.0)) * face.upper
    brow = face.spot((9.0, 13.0), (16.0, 16.0), (12.0, 18.0))
    out = np.zeros_like(face.points)
    out[:, 0] = 0.9 * wing * face.side
    out[:, 1] = 3.2 * wing + 1.3 * bridge + 2.0 * lip - 1.6 * brow
    out[:, 2] = -0.5 * wing + 0.5 * bridge + 0.3 * lip
    return out


def _cheek_squint(face: Face) -> Deltas:
    s = face.shape
    apple = face.spot((s.eye_x + 4.0, -27.0), (22.0, 26.0), (18.0, 20.0))
    out = np.zeros_like(face.points)
    out[:, 1], out[:, 2] = 3.6 * apple, 1.8 * apple
    return out
