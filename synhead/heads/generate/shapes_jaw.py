"""The lower jaw: it turns about the hinge before the ear while that slides forward, and takes skin and teeth along."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.bake import smooth_step
from synhead.heads.generate.ears import tragus
from synhead.heads.generate.parameters import FaceShape
from synhead.heads.generate.shapes_face import LIP_LINE, Deltas, Face, Weights

OPEN_OVER_EYE_DISTANCE = 0.27
"""Gap between the lips at jawOpen 1, as a share of the distance of the outer eye corners."""
_SLIDE = np.array([0.0, -2.0, 8.5])
_SIDEWAYS, _FORWARD = 6.0, 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Jaw:
    """How the jaw moves as a rigid body.

    Attributes:
        hinge: middle of the axis between the two joints, mm.
        angle: of opening, rad.
    """

    hinge: Float[np.ndarray, " 3"]
    angle: float

    def moves(self, points: Float[np.ndarray, "n 3"]) -> dict[str, Deltas]:
        """Displacement of points that belong to the jaw, mm, for each of its shapes at coefficient 1."""
        opened = self._turned(points)
        still = np.zeros_like(points)
        # A jaw shifts sideways in front and hardly at its joints.
        share = np.clip((points[:, 2] - self.hinge[2]) / 70.0, 0.0, 1.2)
        sideways = np.stack([share * _SIDEWAYS, -0.12 * share * _SIDEWAYS, 0 * share], axis=1)
        return {
            "jawOpen": opened - points,
            "jawLeft": sideways,
            "jawRight": sideways * [-1.0, 1.0, 1.0],
            "jawForward": still + [0.0, -0.6, _FORWARD],
        }

    def _turned(self, points: np.ndarray) -> np.ndarray:
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        away = points - self.hinge
        y, z = cos * away[:, 1] - sin * away[:, 2], sin * away[:, 1] + cos * away[:, 2]
        return np.stack([points[:, 0], y + self.hinge[1], z + self.hinge[2]], axis=1) + _SLIDE


def jaw_of(shape: FaceShape) -> Jaw:
    """The hinge of a person, and the angle that opens the lips by OPEN_OVER_EYE_DISTANCE."""
    hinge = tragus(shape) * [0.0, 1.0, 1.0] + [0.0, -5.0, 9.0]
    lip = np.array([[0.0, shape.mouth_y, float(curves.mouth_line_z(shape, np.zeros(1))[0])]])
    eyes = 2 * float(curves.lid_x(shape, np.ones(1))[0])
    low, high = 0.0, 0.6
    for _ in range(40):
        middle = (low + high) / 2
        gap = np.linalg.norm(Jaw(hinge=hinge, angle=middle).moves(lip)["jawOpen"])
        low, high = (middle, high) if gap < OPEN_OVER_EYE_DISTANCE * eyes else (low, middle)
    return Jaw(hinge=hinge, angle=low)


def jaw_weight(face: Face, jaw: Jaw) -> Weights:
    """How far each vertex of the skin goes with the jaw: 1 on the chin, half at the mouth's corners, 0 at the ears."""
    s, (x, y, z) = face.shape, face.points.T
    # Beside the mouth the border between moving and resting skin climbs from its corner to the hinge.
    climb = np.clip((2.0 - z) / (2.0 - jaw.hinge[2]), 0.0, 1.0) * (jaw.hinge[1] - s.mouth_y)
    beside = 0.5 - 0.5 * np.clip((y - s.mouth_y - climb) / 24.0, -1.0, 1.0)
    beside = beside * beside * (3 - 2 * beside)
    cheek = smooth_step(0.9 * s.mouth_half_width, s.mouth_half_width + 14, np.abs(x))
    weight = (1 - face.upper) + (beside - (1 - face.upper)) * cheek
    weight *= smooth_step(-86.0, -56.0, z)
    # Under the jaw the skin hangs between the chin, which goes down, and the throat, which stays.
    back = np.clip((s.chin_z + 4 - z) / (s.chin_z + 62), 0.0, 1.0)
    border = s.chin_y - 13.0 + (s.gonion_y - 8.0 - s.chin_y + 13.0) * back
    under = smooth_step(3.0, -15.0, y - border)
    hanging = smooth_step(-66.0, s.chin_z + 4, z) * smooth_step(-66.0, -8.0, y - border)
    weight *= 1 - under * (1 - hanging)
    rings = face.mesh.mouth_rings
    for ring in rings[LIP_LINE + 1 :]:
        weight[ring] = weight[rings[LIP_LINE]]
    return weight


def jaw_shapes(face: Face, jaw: Jaw) -> dict[str, Deltas]:
    """Deltas in mm of jawOpen, jawLeft, jawRight and jawForward; only the first parts the lips."""
    parting = jaw_weight(face, jaw)
    # Lips that stay shut share the way: half at their line, all of it on the chin.
    lips = face.plateau(face.shape.mouth_y, face.shape.mouth_half_width + 16, (24.0, 22.0))
    shared = 0.5 - 0.5 * np.clip(face.above / 18.0, -1.0, 1.0)
    shut = parting + (shared * shared * (3 - 2 * shared) - parting) * lips
    return {
        name: (parting if name == "jawOpen" else shut)[:, None] * move for name, move in jaw.moves(face.points).items()
    }
