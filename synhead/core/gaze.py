"""The line of sight in the head frame: (pitch, yaw) in degrees, signs and order of the head's own angles.

With A = diag(1, -1, -1) and a head turned by (pitch, yaw, 0), R_cam_head = R A; an eye turned by the same angles in a
head at rest looks along A R A e_z = (-sin yaw, sin pitch cos yaw, cos pitch cos yaw): +pitch up, +yaw to the subject's
right.
"""

import numpy as np
from jaxtyping import Float


def direction_from_gaze_pyr(gaze_pyr_deg: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 3"]:
    """Unit vector of the line of sight, head frame; (0, 0) is +z."""
    pitch, yaw = np.moveaxis(np.radians(np.asarray(gaze_pyr_deg, dtype=np.float64)), -1, 0)
    return np.stack([-np.sin(yaw), np.sin(pitch) * np.cos(yaw), np.cos(pitch) * np.cos(yaw)], axis=-1)


def gaze_pyr_from_direction(direction: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 2"]:
    """(pitch, yaw) in degrees of a direction of any length, head frame: the inverse of `direction_from_gaze_pyr`."""
    x, y, z = np.moveaxis(np.asarray(direction, dtype=np.float64), -1, 0)
    return np.degrees(np.stack([np.arctan2(y, z), np.arctan2(-x, np.hypot(y, z))], axis=-1))


def eye_rotation(gaze_pyr_deg: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 3 3"]:
    """How an eyeball turns from looking straight ahead: about an axis in the plane across that direction.

    Source: Listing's law, which eyes follow while the head is still (Helmholtz 1867); a ball that turned by yaw and
    then by pitch would roll by up to 5 degrees in the corners.
    """
    direction = direction_from_gaze_pyr(gaze_pyr_deg)
    x, y, z = np.moveaxis(direction, -1, 0)
    # Shortest turn of +z onto (x, y, z); z stays far above -1 for any eye.
    share = 1 / (1 + z)
    rows = [[1 - share * x * x, -share * x * y, x], [-share * x * y, 1 - share * y * y, y], [-x, -y, z]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
