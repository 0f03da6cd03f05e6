"""Nose, lips, lids and folds: what must agree to a fraction of a millimetre with the curves that cut and label it."""

import numpy as np
from jaxtyping import Float

from synhead.heads.generate import curves
from synhead.heads.generate.compiled import compiled, dense
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sdf import cone, ellipsoid, soft_difference, soft_union

EYEBALL_RADIUS, EYEBALL_Z = 12.6, -8.3
LID_THICKNESS = 1.3
Points = Float[np.ndarray, "n 3"]
Distances = Float[np.ndarray, " n"]


def bell(x: np.ndarray) -> np.ndarray:
    """exp(-x), x >= 0, without underflow."""
    return np.exp(-np.minimum(x, 40.0))


def _path(p: Points, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance in the frontal plane to a polyline, and how far along it (0 to 1) the nearest point lies."""
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    begun = np.concatenate([[0.0], np.cumsum(lengths)])
    return _nearest_on_path(dense(p), dense(corners), lengths, begun)


@compiled
def _nearest_on_path(points, corners, lengths, begun):
    distance, along = np.empty(len(points)), np.empty(len(points))
    for k in range(len(points)):
        best, at = 1e9, 0.0
        for i in range(len(lengths)):
            ax, ay = corners[i + 1, 0] - corners[i, 0], corners[i + 1, 1] - corners[i, 1]
            x, y = points[k, 0] - corners[i, 0], points[k, 1] - corners[i, 1]
            t = min(max((x * ax + y * ay) / (lengths[i] * lengths[i]), 0.0), 1.0)
            x, y = x - t * ax, y - t * ay
            squared = x * x + y * y
            if squared < best:
                best, at = squared, (begun[i] + t * lengths[i]) / begun[-1]
        distance[k], along[k] = np.sqrt(best), at
    return distance, along


def nostril(p: Points, s: FaceShape) -> Distances:
    """Distance to the hollow of a nostril, x >= 0: it runs forwards and towards the middle."""
    w, y, z = s.nose_half_width, s.nose_tip_y, s.nose_tip_z
    wide = 0.2 * w - 0.9
    base = y - 10.9 + 0.25 * s.nose_tip_lift
    return cone(p, (0.5 * w - 2.0, base + 0.1, z - 9.5), (0.5 * w - 3.6, base + 1.2, z - 3.5), wide, 0.75 * wide)


def nose(d: Distances, p: Points, s: FaceShape) -> Distances:
    """Bridge, tip, wings and nostrils joined to the face."""
    w, y, z = s.nose_half_width, s.nose_tip_y, s.nose_tip_z
    r, lift = s.nose_tip_radius, s.nose_tip_lift
    tip_y = s.nose_front_y
    front = z + 0.9 * r

    def ridge(level: float, over: float, radius: float) -> tuple[float, float, float]:
        """Middle of a ball that touches the line from the saddle to the tip, or stands `over` it."""
        line = s.nose_root_z + (front - s.nose_root_z) * (3.0 - level) / (3.0 - tip_y)
        return 0.0, level, line + over - radius

    hump, above_tip = ridge(0.42 * y, s.nose_hump - 0.6, s.nose_bridge_radius), ridge(tip_y + 7.5, -0.9, 0.52 * r)
    bridge = soft_union(
        cone(p, (0, 8, s.nose_root_z - s.nose_bridge_radius), hump, s.nose_bridge_radius, s.nose_bridge_radius),
        cone(p, hump, above_tip, s.nose_bridge_radius, 0.52 * r),
        4,
    )
    d = soft_union(d, bridge, 10)
    d = soft_union(d, ellipsoid(p, (0, y + 4.5, z - 12.5), (0.66 * w, 15.5, 11.5)), 9)
    d = soft_union(d, ellipsoid(p, (0.12 * w, tip_y, z + 0.2 * r), (0.62 * r, 0.68 * r, 0.68 * r)), 8)
    # Wings of broad noses are thick and set out from the tip, not from beside it.
    thick = 2.3 + 0.1 * w
    wing = cone(p, (w - thick - 0.2, y - 5.8, z - 12.5), (0.32 * w + 1.8, y - 4.8 + 0.3 * lift, z - 2.0), thick, 3.6)
    d = soft_union(d, wing, 0.3 * w)
    base = y - 10.9 + 0.25 * lift
    columella = cone(p, (0, base - 0.2, z - 11.0), (0, base + 1.6 + 0.1 * lift, z - 1.0), 2.7, 2.9)
    d = soft_union(d, columella, 3.5)
    d = soft_difference(d, nostril(p, s), 2.0)
    groove = np.array([[w + 0.4, y - 9.5], [w + 0.2, y - 4.5], [w - 2.4, y - 1.2], [w - 7.0, y - 0.6 + 0.2 * lift]])
    away, along = _path(p, groove)
    return d + 0.7 * bell((away / 1.9) ** 2) * np.clip(1.25 - 1.15 * along, 0.0, 1.0) * (p[:, 2] > z - 27)


def lips(d: Distances, p: Points, s: FaceShape) -> Distances:
    """Vermilion, philtrum, sunk corners and the fold under the lip, as heights over the face."""
    x, y = p[:, 0], p[:, 1]
    arch = curves.mouth_arch(s, x)
    above = y - curves.mouth_line_y(s, x)
    up, low = np.maximum(curves.upper_lip_height(s, x), 0.3), np.maximum(curves.lower_lip_height(s, x), 0.3)
    t_up, t_low = np.maximum(above, 0.0) / up, np.maximum(-above, 0.0) / low
    full = s.lip_fullness * arch**0.55
    # Rises steeply from the line, is fullest at 0.45, leaves the border with a slight roll.
    upper = np.where(
        t_up < 0.5, 2.9 * np.sin(np.pi * np.minimum(t_up, 0.5)) ** 0.7, 2.9 - 0.9 * np.minimum(t_up - 0.5, 0.5) * 2
    )
    upper = np.where(t_up > 1, 2.0 * bell((above - up) / 3.4), upper)
    lower = np.where(
        t_low < 0.5,
        3.7 * np.sin(np.pi * np.minimum(t_low, 0.5)) ** 0.62,
        3.7 - 2.5 * (np.clip(t_low - 0.5, 0.0, 0.5) * 2) ** 1.6,
    )
    lower = np.where(t_low > 1, 1.2 * bell((-above - low) / 2.2), lower)
    middle = 0.55 * bell((x / 4.0) ** 2) * bell(((t_up - 0.35) / 0.4) ** 2) - 0.5 * bell((x / 3.0) ** 2) * bell(
        ((t_low - 0.45) / 0.35) ** 2
    )
    rise = full * np.where(above > 0, upper + middle, lower + middle)
    roll = 0.35 * bell(((above - up) / 0.9) ** 2) * np.sqrt(arch)
    line = 1.1 * bell((above / 0.8) ** 2) * np.sqrt(arch)
    corner = 1.7 * bell(((x - s.mouth_half_width - 0.6) / 4.2) ** 2 + (above / 3.6) ** 2)
    pillow = 0.6 * bell(((x - s.mouth_half_width - 7.0) / 5.0) ** 2 + ((above + 1.0) / 9.0) ** 2)
    fold = 2.0 * bell((x / 15.0) ** 4 + ((above + s.lower_lip + 5.5) / 3.8) ** 2)
    between = (y - s.mouth_y - s.upper_lip) / (s.subnasale_y - s.mouth_y - s.upper_lip)
    ridge = bell(((x - 3.6 - 1.2 * (1 - np.clip(between, 0, 1))) / 2.0) ** 2)
    groove = bell((x / 2.6) ** 2)
    inside = bell((np.clip(between - 0.1, None, 0) / 0.15) ** 2 + (np.clip(between - 0.75, 0, None) / 0.2) ** 2)
    philtrum = s.philtrum * (0.3 * ridge - 0.55 * groove) * inside
    return d - (rise + roll - line - corner + pillow - fold + philtrum)


def lids(d: Distances, p: Points, s: FaceShape) -> Distances:
    """The shut lids over the eyeball, their folds and what lies under the eye."""
    r = EYEBALL_RADIUS + LID_THICKNESS
    x, y = p[:, 0], p[:, 1]
    d = soft_union(d, ellipsoid(p, (s.eye_x, 0, EYEBALL_Z), (r + 0.4, r, r)), 4.5)
    d = soft_union(d, ellipsoid(p, (s.eye_x - s.eye_half_width + 1.0, -2, -3.5), (6, 4.5, 4.5)), 5)
    d = soft_union(d, ellipsoid(p, (s.eye_x + s.eye_half_width - 1.8, 0.5, -9.5), (5.5, 6, 5.5)), 6)
    t = curves.lid_t(s, x)
    reach = np.clip(t, -1.0, 1.0)
    ends = bell((np.maximum(np.abs(t) - 0.72, 0.0) / 0.22) ** 2)
    above = y - curves.upper_lid_y(s, reach)
    crease = s.crease_depth * bell(((above - curves.crease_height(s, reach)) / 0.95) ** 2) * ends
    outward = np.clip((reach + 1) / 2, 0, 1)
    hood = s.hood * (0.75 + 0.5 * outward) * bell(((above - curves.crease_height(s, reach) - 2.9) / 2.3) ** 2)
    hood = hood * bell((np.maximum(np.abs(t) - 0.9, 0.0) / 0.3) ** 2)
    below = curves.lower_lid_y(s, reach) - y
    lower_crease = 0.2 * bell(((below - 5.0) / 1.6) ** 2) * ends
    muscle = 0.35 * bell(((below - 2.2) / 1.8) ** 2) * ends
    bag = s.eye_bag * bell(((below - 6.0) / 3.6) ** 2) * bell(((t - 0.0) / 0.75) ** 2)
    inner = np.array([[s.eye_x - s.eye_half_width, -4.5], [s.eye_x - 7.0, -12.5], [s.eye_x + 4.0, -16.5]])
    away, along = _path(p, inner)
    trough = (0.5 + 0.6 * s.eye_bag) * bell((away / 2.4) ** 2) * (1 - 0.75 * along)
    cx = s.eye_x - s.eye_half_width
    fold_away, _ = _path(p, np.array([[cx + 6.0, 3.6], [cx + 1.0, 1.6], [cx - 1.6, -2.4], [cx - 0.2, -5.0]]))
    epicanthus = 1.7 * s.epicanthus * bell((fold_away / 1.9) ** 2)
    return d + crease - hood + lower_crease - muscle - bag + trough - epicanthus


def folds(d: Distances, p: Points, s: FaceShape) -> Distances:
    """Nasolabial and marionette folds: a groove, and a swelling on its outer side."""
    w, half = s.nose_half_width, s.mouth_half_width
    start = np.array([w + 1.5, s.nose_tip_y - 2.0])
    end = np.array([half + 8.0, s.mouth_y - 2.0])
    bend = 0.5 * (start + end) + [3.6, 3.0]
    away, along = _path(p, np.stack([start, bend, end]))
    strength = s.nasolabial * np.clip(along * 8, 0.25, 1) * np.clip((1 - along) * 3, 0, 1)
    outer = (p[:, 0] - np.interp(p[:, 1], [end[1], bend[1], start[1]], [end[0], bend[0], start[0]])) > 0
    cheek = np.where(outer, bell(((away - 5.0) / 4.5) ** 2), 0.0)
    d = d + strength * (bell((away / 2.8) ** 2) - 0.6 * cheek)
    corner = np.array([[half + 2.0, s.mouth_y - 2.0], [half + 4.5, s.mouth_y - 16.0]])
    away, along = _path(p, corner)
    return d + s.marionette * bell((away / 2.4) ** 2) * (1 - 0.6 * along)
