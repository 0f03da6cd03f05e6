"""The shape of one generated face in numbers."""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np

EAR_Y, EAR_Z = -12.0, -92.0
"""Where the middle of the ear meets the head."""
TRAGUS_Y, TRAGUS_Z = -11.0, -80.0
"""Where the origin of the head frame is taken, between left and right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceShape:
    """Lengths and positions in mm, origin midway between the eye centres, +x left, +y up, +z forward; x is mirrored.

    A single number is the coordinate that its name ends in. Scales are relative to the average head, heights of the
    relief (`sculpt_base.RELIEF_NAMES`) are added to its own.

    Attributes:
        cranium_radius_x: half the breadth of the head, without relief; y, z: its height over y = 27, half its length.
        forehead_scale, cheek_scale, jaw_scale, chin_scale: widths at these levels.
        chin_y: middle of the chin's front; chin_z: how far forward it lies.
        eye_half_width: of the lids' opening.
        upper_lid, lower_lid: how far the opening's edges rise over and fall under the line between its corners.
        lid_crease: height of the crease over the upper edge; crease_depth; hood: the fold that hangs over it.
        epicanthus: 0 none, 1 a fold that covers the inner corner.
        eye_bag: swelling under the eye.
        nose_root_z: of the saddle between the eyes; nose_hump: of the bridge; nose_tip_lift: upward turn of the tip.
        mouth_z, mouth_bend: the line between the lips runs at mouth_z - mouth_bend (x / 24)^2.
        mouth_curl: how much higher than the middle the mouth's corners lie.
        nasolabial, marionette: depth of the folds beside the mouth and below its corners.
        larynx: how far it stands out; neck_hollow: how deep the throat falls in beside the windpipe.
        ear_x: of the skin under the ear's middle; tragus_x: of the skin before it.
        relief: in the order of RELIEF_NAMES.
    """

    cranium_radius_x: float
    cranium_radius_y: float
    cranium_radius_z: float
    forehead_scale: float
    cheek_scale: float
    jaw_scale: float
    chin_scale: float
    chin_y: float
    chin_z: float
    eye_x: float
    eye_half_width: float
    upper_lid: float
    lower_lid: float
    outer_corner_y: float
    lid_crease: float
    crease_depth: float
    hood: float
    epicanthus: float
    eye_bag: float
    brow_y: float
    brow_arch: float
    brow_tilt: float
    nose_root_z: float
    nose_hump: float
    nose_bridge_radius: float
    nose_tip_y: float
    nose_tip_z: float
    nose_tip_radius: float
    nose_tip_lift: float
    nose_half_width: float
    philtrum: float
    mouth_y: float
    mouth_z: float
    mouth_bend: float
    mouth_half_width: float
    mouth_curl: float
    upper_lip: float
    lower_lip: float
    lip_fullness: float
    cupid_bow: float
    nasolabial: float
    marionette: float
    neck_radius: float
    neck_hollow: float
    larynx: float
    hairline_y: float
    ear_length: float
    ear_x: float
    tragus_x: float
    relief: tuple[float, ...]

    def record(self) -> np.ndarray:
        """The same numbers and levels, but for the relief, as one record in an array: what compiled formulas read."""
        names = _record_type().names or ()
        return np.array([tuple(getattr(self, name) for name in names)], dtype=_record_type())

    @property
    def menton_y(self) -> float:
        """Lowest point of the chin."""
        return self.chin_y - 16.5

    @property
    def subnasale_y(self) -> float:
        """Where the nose's base meets the lip."""
        return self.nose_tip_y - 14.5

    @property
    def nose_front_y(self) -> float:
        """Where the nose's tip is foremost."""
        return self.nose_tip_y - 3.0 + 0.3 * self.nose_tip_lift

    @property
    def gonion_x(self) -> float:
        """Middle of the jaw's corner, inside the flesh."""
        return 42.0 * self.jaw_scale

    @property
    def gonion_y(self) -> float:
        """Height of the jaw's corner."""
        return -69.0 + 0.7 * (self.menton_y + 113.0)


@cache
def _record_type() -> np.dtype:
    names = [field.name for field in fields(FaceShape) if field.name != "relief"]
    return np.dtype([(name, np.float64) for name in [*names, "menton_y", "subnasale_y", "nose_front_y"]])
