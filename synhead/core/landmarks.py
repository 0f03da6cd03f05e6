"""iBUG-68 landmarks: groups, names, mirror order and a canonical face, 0-based in the Multi-PIE order."""

import numpy as np
from jaxtyping import Float

NUM_LANDMARKS = 68

JAW = tuple(range(0, 17))
RIGHT_BROW = tuple(range(17, 22))
LEFT_BROW = tuple(range(22, 27))
NOSE_BRIDGE = tuple(range(27, 31))
NOSE_BASE = tuple(range(31, 36))
RIGHT_EYE = tuple(range(36, 42))
LEFT_EYE = tuple(range(42, 48))
OUTER_LIPS = tuple(range(48, 60))
INNER_LIPS = tuple(range(60, 68))
BROWS = RIGHT_BROW + LEFT_BROW
NOSE = NOSE_BRIDGE + NOSE_BASE
EYES = RIGHT_EYE + LEFT_EYE
MOUTH = OUTER_LIPS + INNER_LIPS

GROUPS: dict[str, tuple[int, ...]] = {"jaw": JAW, "brows": BROWS, "nose": NOSE, "eyes": EYES, "mouth": MOUTH}
"""The 68 points by region; every point is in one group. Right and left are the subject's."""

INNER_51 = tuple(range(17, 68))
"""All points but the jaw line, which slides along the contour and is not anatomical."""

RIGHT_JAW_CORNER, LEFT_JAW_CORNER, CHIN, NOSE_TIP, SUBNASALE = 0, 16, 8, 30, 33
OUTER_EYE_CORNERS = (36, 45)
INNER_EYE_CORNERS = (39, 42)
MOUTH_CORNERS = (48, 54)

CONTOURS: dict[str, tuple[tuple[int, ...], bool]] = {
    "jaw": (JAW, False),
    "right_brow": (RIGHT_BROW, False),
    "left_brow": (LEFT_BROW, False),
    "nose_bridge": (NOSE_BRIDGE, False),
    "nose_base": (NOSE_BASE, False),
    "right_eye": (RIGHT_EYE, True),
    "left_eye": (LEFT_EYE, True),
    "outer_lips": (OUTER_LIPS, True),
    "inner_lips": (INNER_LIPS, True),
}
"""Polylines to draw: point indices in order, and whether the line closes."""


def _mirror_order() -> tuple[int, ...]:
    order = list(range(16, -1, -1)) + list(range(26, 16, -1)) + [27, 28, 29, 30] + list(range(35, 30, -1))
    order += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    order += [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    order += [64, 63, 62, 61, 60, 67, 66, 65]
    return tuple(order)


MIRROR_68 = _mirror_order()
"""`points[MIRROR_68]` swaps right and left names: what a mirrored image needs after its x is negated."""


def _names() -> tuple[str, ...]:
    names = [f"jaw_{i}" for i in range(17)]
    names += [f"right_brow_{i}" for i in range(5)] + [f"left_brow_{i}" for i in range(5)]
    names += [f"nose_bridge_{i}" for i in range(3)] + ["nose_tip"] + [f"nose_base_{i}" for i in range(5)]
    names += ["right_eye_outer", "right_eye_top_outer", "right_eye_top_inner"]
    names += ["right_eye_inner", "right_eye_bottom_inner", "right_eye_bottom_outer"]
    names += ["left_eye_inner", "left_eye_top_inner", "left_eye_top_outer"]
    names += ["left_eye_outer", "left_eye_bottom_outer", "left_eye_bottom_inner"]
    names += [f"outer_lip_{i}" for i in range(12)] + [f"inner_lip_{i}" for i in range(8)]
    return tuple(names)


LANDMARK_NAMES = _names()
"""A name for each point; right and left are the subject's, numbers run in the order of the standard."""


def mirror_landmarks(points: Float[np.ndarray, "*batch 68 3"]) -> Float[np.ndarray, "*batch 68 3"]:
    """The landmarks of the mirror image of a head (x negated in the head frame), in the standard's order again."""
    return points[..., list(MIRROR_68), :] * np.array([-1.0, 1.0, 1.0])


TEMPLATE_68_M: Float[np.ndarray, "68 3"] = np.array(
    [
        (-0.06655, 0.00000, 0.00000),
        (-0.06700, -0.02030, 0.00096),
        (-0.06495, -0.03875, 0.00518),
        (-0.06031, -0.05772, 0.01058),
        (-0.05309, -0.08034, 0.01753),
        (-0.03980, -0.09863, 0.02724),
        (-0.02718, -0.10417, 0.04094),
        (-0.01304, -0.10674, 0.05450),
        (0.00000, -0.10905, 0.05497),
        (0.01304, -0.10674, 0.05450),
        (0.02718, -0.10417, 0.04094),
        (0.03980, -0.09863, 0.02724),
        (0.05309, -0.08034, 0.01753),
        (0.06031, -0.05772, 0.01058),
        (0.06495, -0.03875, 0.00518),
        (0.06700, -0.02030, 0.00096),
        (0.06655, 0.00000, 0.00000),
        (-0.05277, 0.00793, 0.03990),
        (-0.04383, 0.01173, 0.05207),
        (-0.03410, 0.01217, 0.05806),
        (-0.02221, 0.01010, 0.06064),
        (-0.01098, 0.00735, 0.06116),
        (0.01098, 0.00735, 0.06116),
        (0.02221, 0.01010, 0.06064),
        (0.03410, 0.01217, 0.05806),
        (0.04383, 0.01173, 0.05207),
        (0.05277, 0.00793, 0.03990),
        (0.00000, -0.00391, 0.06193),
        (0.00000, -0.01564, 0.06738),
        (0.00000, -0.02517, 0.07410),
        (0.00000, -0.03827, 0.08184),
        (-0.01287, -0.04781, 0.06355),
        (-0.00658, -0.04900, 0.06766),
        (0.00000, -0.04966, 0.06976),
        (0.00658, -0.04900, 0.06766),
        (0.01287, -0.04781, 0.06355),
        (-0.04085, -0.00364, 0.04557),
        (-0.03548, -0.00036, 0.05310),
        (-0.02585, -0.00003, 0.05320),
        (-0.01583, -0.00595, 0.05082),
        (-0.02535, -0.00714, 0.05177),
        (-0.03494, -0.00700, 0.05026),
        (0.01583, -0.00595, 0.05082),
        (0.02585, -0.00003, 0.05320),
        (0.03548, -0.00036, 0.05310),
        (0.04085, -0.00364, 0.04557),
        (0.03494, -0.00700, 0.05026),
        (0.02535, -0.00714, 0.05177),
        (-0.02274, -0.07024, 0.05866),
        (-0.01629, -0.06348, 0.06667),
        (-0.00700, -0.05949, 0.07114),
        (0.00000, -0.05962, 0.07228),
        (0.00700, -0.05949, 0.07114),
        (0.01629, -0.06348, 0.06667),
        (0.02274, -0.07024, 0.05866),
        (0.01583, -0.07630, 0.06394),
        (0.00869, -0.07921, 0.06672),
        (0.00000, -0.07993, 0.06828),
        (-0.00869, -0.07921, 0.06672),
        (-0.01583, -0.07630, 0.06394),
        (-0.02142, -0.06983, 0.05736),
        (-0.00914, -0.06828, 0.06535),
        (0.00000, -0.06870, 0.06658),
        (0.00914, -0.06828, 0.06535),
        (0.02142, -0.06983, 0.05736),
        (0.00944, -0.06889, 0.06417),
        (0.00000, -0.06954, 0.06649),
        (-0.00944, -0.06889, 0.06417),
    ]
)
TEMPLATE_68_M.setflags(write=False)
"""A canonical face: 68 points in the head frame, metres, symmetric about x = 0, looking along +z.

Size and shape: the symmetrised mean of ten heads composed from the MakeHuman base mesh (CC0 1.0). Orientation: that of
the canonical face model of MediaPipe (Copyright 2020 The MediaPipe Authors, Apache License 2.0), so that "straight
ahead" is the same here and there; which points are used for it moves the result by less than half a degree.
Origin: midway between points 0 and 16. Made by benchmarks/derive_landmark_template.py.
"""

NUM_LANDMARKS_104 = 104
RIGHT_PUPIL, LEFT_PUPIL = tuple(range(68, 72)), tuple(range(72, 76))
EARS = (76, 77, 78, 79)
RIGHT_EYE_RING, LEFT_EYE_RING = tuple(range(80, 92)), tuple(range(92, 104))
"""Points 68 to 103 of the 80- and 104-point sets of NVIDIA's FPENet, whose model card names the groups (69-76 pupils,
77-80 ears, 81-104 additional eye landmarks, counted from 1) but not the points. Ours, by definition, 0-based:

* 68-71 and 72-75, subject's right and left iris: its edge towards the subject's right, top, towards the left, bottom,
  as seen with the eyes straight ahead, on the eyeball.
* 76, 77 the right ear's top (highest point of the helix) and lobe (lowest point), 78, 79 the left ear's.
* 80-91 and 92-103, right and left eye: twelve points round the lid edge, evenly spaced in x between the corners,
  from the outer corner (80, 92) over the upper lid to the inner corner (86, 98) and back along the lower lid.
"""
