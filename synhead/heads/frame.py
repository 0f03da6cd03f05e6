"""From a file's own axes and units to the head frame. docs/design/0002-mesh-loading.md says why."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from synhead.core.landmarks import LEFT_JAW_CORNER, OUTER_EYE_CORNERS, RIGHT_JAW_CORNER, TEMPLATE_68_M
from synhead.core.rotation import nearest_rotation
from synhead.errors import InputError
from synhead.heads.description import UNITS_M

HEAD_EXTENT_M = (0.12, 0.60)
"""Largest side of the box around the skin: a small head without neck, a bust with shoulders' beginning."""
OUTER_EYE_DISTANCE_M = (0.060, 0.130)
"""Between the outer eye corners: adults have about 0.09; children and stylised heads stay inside."""


def rotation_to_template(landmarks_68_m: Float[np.ndarray, "68 3"]) -> Float[np.ndarray, "3 3"]:
    """Rotation that turns the 68 points closest to those of the canonical face (least squares, no scale).

    The jaw line takes part: without it, protruding lips and noses read as a raised face (docs/design/0002).
    The template is its own mirror image, therefore the rotation of a symmetric head maps its plane of symmetry to
    x = 0 exactly, and one-sided errors of the landmarks are halved.

    Source: Kabsch 1976.
    """
    source = landmarks_68_m - landmarks_68_m.mean(axis=0)
    target = TEMPLATE_68_M - TEMPLATE_68_M.mean(axis=0)
    return nearest_rotation(target.T @ source)


def origin_of(
    landmarks_68_m: Float[np.ndarray, "68 3"] | None, tragi_m: Float[np.ndarray, "2 3"] | None
) -> Float[np.ndarray, "3"] | None:
    """Midway between the tragi; without them midway between landmarks 0 and 16; without those None."""
    if tragi_m is not None:
        return tragi_m.mean(axis=0)
    if landmarks_68_m is not None:
        return landmarks_68_m[[RIGHT_JAW_CORNER, LEFT_JAW_CORNER]].mean(axis=0)
    return None


def check_size(
    path: Path,
    skin_m: Float[np.ndarray, "num_vertices 3"],
    landmarks_68_m: Float[np.ndarray, "68 3"] | None,
    units: str,
) -> None:
    """Refuse a head that no person could have, and say which unit would fit.

    Raises:
        InputError: the largest side or the distance of the outer eye corners is outside human bounds.
    """
    extent = float(np.ptp(skin_m, axis=0).max())
    low, high = HEAD_EXTENT_M
    if not low <= extent <= high:
        fits = [name for name, unit in UNITS_M.items() if low <= extent / UNITS_M[units] * unit <= high]
        hint = f"With units {' or '.join(map(repr, fits))} it would be" if fits else "No unit makes it"
        raise InputError(
            path,
            f"the head is {extent:.4g} m long at its longest side with units {units!r}; {low} to {high} m is a head. "
            f"{hint} of human size. Correct 'units', or cut away the body.",
            field="units",
        )
    if landmarks_68_m is None:
        return
    right, left = landmarks_68_m[list(OUTER_EYE_CORNERS)]
    distance = float(np.linalg.norm(right - left))
    low, high = OUTER_EYE_DISTANCE_M
    if not low <= distance <= high:
        raise InputError(
            path,
            f"the outer eye corners (landmarks 36 and 45) are {distance * 1000:.1f} mm apart; {low * 1000:.0f} to "
            f"{high * 1000:.0f} mm is a face. Correct 'units' or the order of the landmarks.",
            field="landmarks",
        )


def check_unregistered(path: Path, skin: Float[np.ndarray, "num_vertices 3"]) -> None:
    """Accept a mesh without head.json only if it seems to lie in the head frame already.

    It must have the size of a head in metres, stand upright, be centred left to right, with the origin inside it.

    Raises:
        InputError: it does not; the message leads to `synhead heads register`.
    """
    low, high = skin.min(axis=0), skin.max(axis=0)
    size = high - low
    way_out = f"Run 'synhead heads register {path} -o FOLDER' first; it writes a head.json."
    if not HEAD_EXTENT_M[0] <= size.max() <= HEAD_EXTENT_M[1]:
        raise InputError(
            path, f"has no head.json beside it and is {size.max():.4g} units long, not a head in metres. {way_out}"
        )
    if size[1] < size[0] or abs(low[0] + high[0]) > 0.2 * size[0]:
        raise InputError(
            path, f"has no head.json beside it and does not stand upright and centred (+y up, x = 0 mid). {way_out}"
        )
    if (low > 0).any() or (high < 0).any():
        raise InputError(
            path, f"has no head.json beside it and the origin, midway between the ears, is outside it. {way_out}"
        )
