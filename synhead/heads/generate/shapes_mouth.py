"""Lips, corners of the mouth and what they pull along: smooth fields over the face, lengths in mm."""

import numpy as np

from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.shapes_face import Deltas, Face, Weights, split


def _vector(x: Weights, y: Weights, z: Weights) -> Deltas:
    return np.stack([x, y, z], axis=1)


def _corner(face: Face, out: float, up: float, back: float, inner: float = 1.0) -> Deltas:
    """The corner goes outwards and up over the teeth; the lips' middle stays."""
    s = face.shape
    w = face.spot((s.mouth_half_width, s.mouth_y), (inner * s.mouth_half_width, 30.0), (30.0, 34.0))
    dx = out * w * face.side
    # The line between the lips bends like a U, not a V.
    bent = w * np.clip(np.abs(face.points[:, 0]) / s.mouth_half_width, 1e-3, 1.0) ** 0.8
    return _vector(dx, up * bent, face.along_sheet(dx) * 0.85 - back * w)


def _fold(face: Face, depth: float, bulge: float) -> Deltas:
    """The nasolabial fold: a groove from the wing of the nose to beside the mouth, the cheek swelling over it."""
    s, points = face.shape, face.points
    start = np.array([s.nose_half_width + 0.5, s.nose_tip_y - 5.0])
    end = np.array([s.mouth_half_width + 11.0, s.mouth_y + 1.0])
    axis = (end - start) / np.linalg.norm(end - start)
    offset = np.stack([np.abs(points[:, 0]), points[:, 1]], axis=1) - start
    along = offset @ axis / np.linalg.norm(end - start)
    away = offset @ np.array([-axis[1], axis[0]])
    ends = smooth_step(-0.12, 0.2, along) * smooth_step(1.15, 0.7, along) * face.front
    groove = -depth * np.exp(-np.minimum((away / 3.2) ** 2, 50.0))
    swelling = bulge * np.maximum(1 - ((away - 9.0) / 9.5) ** 2, 0.0) ** 2
    return ((groove + swelling) * ends)[:, None] * face.normals


def _cheek(face: Face, up: float, forward: float) -> Deltas:
    """The apple of the cheek rises and swells."""
    s = face.shape
    w = face.spot((s.eye_x + 3.0, -34.0), (22.0, 26.0), (20.0, 26.0))
    return _vector(0.2 * forward * w * face.side, up * w, forward * w)


def _thinner(face: Face, share: float) -> Deltas:
    """Lips drawn thin: the border nears the line."""
    s = face.shape
    w = face.plateau(s.mouth_y, s.mouth_half_width + 10, (22.0, 20.0))
    fade = smooth_step(16.0, 4.0, np.abs(face.above))
    dy = -share * np.clip(face.above, -7.0, 7.0) * fade * w
    return _vector(0 * dy, dy, -0.8 * share * w * fade)


def _upper_lip_lift(face: Face, height: float) -> Deltas:
    s = face.shape
    w = face.spot((0.42 * s.mouth_half_width, s.mouth_y + 2), (1.2 * s.mouth_half_width, 19.0), (30.0, 26.0))
    # The lip is pressed together between its border, which rises less, and its free edge.
    dy = height * w * np.clip((face.upper - 0.35) / 0.65, 0.0, 1.0)
    return _vector(0 * dy, dy, 0.12 * dy)


def _pairs(face: Face) -> dict[str, tuple[Deltas, float]]:
    """Movements that exist on both sides: the delta of both together, and over how much they share the middle."""
    s, side = face.shape, face.side
    smile = _corner(face, 7.5, 7.0, 1.6) + _cheek(face, 3.2, 2.6) + _fold(face, 1.5, 1.1) + _thinner(face, 0.10)
    squeeze = face.spot((s.eye_x, -14.0), (20.0, 22.0), (14.0, 9.0))
    smile[:, 1] += 1.0 * squeeze
    frown = _corner(face, -1.2, -6.5, 0.3, inner=0.95)
    chin = face.spot((0.0, s.chin_y + 3), (20.0, 20.0), (18.0, 14.0))
    frown += _vector(0 * chin, 1.6 * chin, 0.9 * chin)
    stretch = _corner(face, 7.5, -1.4, 1.6, inner=1.25) + _thinner(face, 0.18)
    dimple = _corner(face, 3.0, 0.8, 2.6, inner=0.7) + _fold(face, 0.6, 0.6)
    press = _thinner(face, 0.34) + _corner(face, 0.6, 0.0, 1.0, inner=0.8)
    lifted = _upper_lip_lift(face, 6.0) + 0.7 * _fold(face, 1.4, 1.2)
    wing = face.spot((s.nose_half_width - 2, s.nose_tip_y - 7), (9.0, 9.0), (10.0, 12.0))
    lifted[:, 1] += 1.3 * wing
    lower = face.spot((0.45 * s.mouth_half_width, s.mouth_y - 3), (0.8 * s.mouth_half_width, 19.0), (26.0, 30.0))
    dy = -6.5 * lower * np.clip((0.65 - face.upper) / 0.65, 0.0, 1.0)
    lowered = _vector(0.10 * np.abs(dy) * side, dy, 0.10 * dy)
    return {
        "mouthSmile": (smile, 9.0),
        "mouthFrown": (frown, 9.0),
        "mouthStretch": (stretch, 9.0),
        "mouthDimple": (dimple, 9.0),
        "mouthPress": (press, 10.0),
        "mouthUpperUp": (lifted, 6.0),
        "mouthLowerDown": (lowered, 6.0),
    }


def _pucker(face: Face) -> Deltas:
    s = face.shape
    w = face.plateau(s.mouth_y, s.mouth_half_width + 20, (27.0, 22.0))
    x = face.points[:, 0]
    dx = -0.46 * x * w
    lips = smooth_step(15.0, 5.0, np.abs(face.above))
    round_ = np.exp(-((x / 17.0) ** 2))
    dz = 0.55 * face.along_sheet(dx) + (2.2 + 4.6 * round_ * lips) * w
    return _vector(dx, 0.16 * np.clip(face.above, -8, 8) * lips * w, dz)


def _funnel(face: Face) -> Deltas:
    s = face.shape
    w = face.plateau(s.mouth_y, s.mouth_half_width + 20, (30.0, 24.0))
    x = face.points[:, 0]
    dx = -0.34 * x * w
    fade = smooth_step(24.0, 4.0, np.abs(face.above))
    # Signed by lip, none at the corners: the opening is round.
    dy = np.where(face.above > 0, 4.2, 5.4) * (2 * face.upper - 1) * fade * w
    lips = smooth_step(16.0, 4.0, np.abs(face.above))
    dz = 0.55 * face.along_sheet(dx) + (1.8 + 4.0 * lips * np.exp(-((x / 19.0) ** 2))) * w
    return _vector(dx, dy, dz)


def _roll(face: Face, upper: bool) -> Deltas:
    """The lip turns in over the teeth: its border nears the line, its red goes back."""
    s = face.shape
    sign = 1.0 if upper else -1.0
    mine = np.clip(sign * (2 * face.upper - 1), 0.0, 1.0)
    share = face.vermilion(upper)
    height = s.upper_lip if upper else s.lower_lip
    beyond = smooth_step(height + 11.0, height, np.abs(face.above))
    dy = -sign * 0.50 * height * share * beyond * mine
    dz = -(3.4 * (1 - share) + 1.0) * beyond * mine
    w = face.plateau(s.mouth_y, s.mouth_half_width + 12, (26.0, 24.0))
    return _vector(0 * dy, dy * w, dz * w)


def _shrug(face: Face, upper: bool) -> Deltas:
    s = face.shape
    w = face.plateau(s.mouth_y, s.mouth_half_width + 6, (22.0, 20.0))
    # The lips stay together: what one does at the line, the other does too.
    at_line = smooth_step(14.0, 0.0, np.abs(face.above)) * w
    if upper:
        out = face.upper * smooth_step(14.0, 4.0, face.above) * smooth_step(0.0, 3.5, face.above) * w
        return _vector(0 * w, 1.1 * at_line + 1.6 * out, 0.4 * at_line + 1.8 * out)
    chin = face.spot((0.0, s.chin_y + 1.0), (24.0, 24.0), (20.0, 26.0))
    out = (1 - face.upper) * smooth_step(12.0, 3.0, np.abs(face.above)) * w
    return _vector(0 * w, 2.4 * at_line + 3.0 * chin, 0.5 * at_line + 1.9 * out + 0.8 * chin)


def _aside(face: Face, step: float) -> Deltas:
    s = face.shape
    w = face.plateau(s.mouth_y, s.mouth_half_width + 26, (34.0, 26.0))
    dx = step * w
    return _vector(dx, 0 * dx, 0.85 * face.along_sheet(dx))


def _puff(face: Face) -> Deltas:
    s, side = face.shape, face.side
    w = face.spot((s.mouth_half_width + 10, s.mouth_y + 1), (24.0, 30.0), (30.0, 32.0))
    lips = face.plateau(s.mouth_y, s.mouth_half_width + 8, (16.0, 14.0))
    return _vector(6.5 * w * side, 0 * w, 6.5 * w + 1.5 * lips)


def mouth_shapes(face: Face) -> dict[str, Deltas]:
    """Deltas in mm of the shapes of mouth and cheeks."""
    out = {}
    for name, (both, width) in _pairs(face).items():
        out[name + "Left"], out[name + "Right"] = split(both, face.points[:, 0], width)
    out |= {
        "mouthPucker": _pucker(face),
        "mouthFunnel": _funnel(face),
        "mouthRollUpper": _roll(face, True),
        "mouthRollLower": _roll(face, False),
        "mouthShrugUpper": _shrug(face, True),
        "mouthShrugLower": _shrug(face, False),
        "mouthLeft": _aside(face, 6.5),
        "mouthRight": _aside(face, -6.5),
        "cheekPuff": _puff(face),
    }
    return {name: face.followed(deltas) for name, deltas in out.items()}
