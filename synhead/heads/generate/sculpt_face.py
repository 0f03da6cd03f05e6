"""Nose, lips, lids and folds: what must agree to a fraction of a millimetre with the curves that cut and label it."""

import numpy as np
from jaxtyping import Float

from synhead.compiled import compiled, dense
from synhead.heads.generate import curves
from synhead.heads.generate.face_shape import FaceShape
from synhead.heads.generate.sdf import cone_at, ellipsoid_at, soft_difference, soft_union

EYEBALL_RADIUS, EYEBALL_Z = 12.6, -8.3
LID_THICKNESS = 1.3


@compiled
def _bell(x):
    """exp(-x), x >= 0, without underflow."""
    return np.exp(-min(x, 40.0))


@compiled
def _clip(x, low, high):
    return min(max(x, low), high)


@compiled
def _path(p, corners):
    """Distance in the frontal plane to a polyline, and how far along it (0 to 1) the nearest point lies."""
    best, along, begun = 1e18, 0.0, 0.0
    for k in range(len(corners) - 1):
        ax, ay = corners[k + 1][0] - corners[k][0], corners[k + 1][1] - corners[k][1]
        x, y = p[0] - corners[k][0], p[1] - corners[k][1]
        length = np.sqrt(ax * ax + ay * ay)
        t = _clip((x * ax + y * ay) / (length * length), 0.0, 1.0)
        x, y = x - t * ax, y - t * ay
        if x * x + y * y < best:
            best, along = x * x + y * y, begun + t * length
        begun += length
    return np.sqrt(best), along / begun


@compiled
def nostril_at(p, s):
    """Distance to the hollow of a nostril, x >= 0: it runs forwards and towards the middle."""
    w, y, z = s.nose_half_width, s.nose_tip_y, s.nose_tip_z
    wide = 0.2 * w - 0.9
    base = y - 10.9 + 0.25 * s.nose_tip_lift
    return cone_at(p, (0.5 * w - 2.0, base + 0.1, z - 9.5), (0.5 * w - 3.6, base + 1.2, z - 3.5), wide, 0.75 * wide)


def nostril(points: Float[np.ndarray, "n 3"], shape: FaceShape) -> Float[np.ndarray, " n"]:
    """`nostril_at` every point."""
    return _nostrils(dense(points), shape.record())


@compiled
def _nostrils(points, shape):
    out = np.empty(len(points))
    for k in range(len(points)):
        out[k] = nostril_at((points[k, 0], points[k, 1], points[k, 2]), shape[0])
    return out


@compiled
def _bridge(p, s):
    """The bridge of the nose: from the saddle over the hump to above the tip."""
    front, r = s.nose_tip_z + 0.9 * s.nose_tip_radius, s.nose_bridge_radius
    # Balls that touch the line from the saddle to the tip, or stand over it.
    slope = (front - s.nose_root_z) / (3.0 - s.nose_front_y)
    hump_y, above_y, above_r = 0.42 * s.nose_tip_y, s.nose_front_y + 7.5, 0.52 * s.nose_tip_radius
    hump = (0.0, hump_y, s.nose_root_z + slope * (3.0 - hump_y) + (s.nose_hump - 0.6) - r)
    above_tip = (0.0, above_y, s.nose_root_z + slope * (3.0 - above_y) - 0.9 - above_r)
    return soft_union(
        cone_at(p, (0.0, 8.0, s.nose_root_z - r), hump, r, r),
        cone_at(p, hump, above_tip, r, above_r),
        4.0,
    )


@compiled
def nose(d, p, s):
    """Bridge, tip, wings and nostrils joined to the face."""
    w, y, z = s.nose_half_width, s.nose_tip_y, s.nose_tip_z
    r, lift = s.nose_tip_radius, s.nose_tip_lift
    d = soft_union(d, _bridge(p, s), 10.0)
    d = soft_union(d, ellipsoid_at(p, (0.0, y + 4.5, z - 12.5), (0.66 * w, 15.5, 11.5)), 9.0)
    tip = ellipsoid_at(p, (0.12 * w, s.nose_front_y, z + 0.2 * r), (0.62 * r, 0.68 * r, 0.68 * r))
    d = soft_union(d, tip, 8.0)
    # Wings of broad noses are thick and set out from the tip, not from beside it.
    thick = 2.3 + 0.1 * w
    wing = cone_at(p, (w - thick - 0.2, y - 5.8, z - 12.5), (0.32 * w + 1.8, y - 4.8 + 0.3 * lift, z - 2.0), thick, 3.6)
    d = soft_union(d, wing, 0.3 * w)
    base = y - 10.9 + 0.25 * lift
    columella = cone_at(p, (0.0, base - 0.2, z - 11.0), (0.0, base + 1.6 + 0.1 * lift, z - 1.0), 2.7, 2.9)
    d = soft_union(d, columella, 3.5)
    d = soft_difference(d, nostril_at(p, s), 2.0)
    if p[2] <= z - 27:
        return d
    groove = ((w + 0.4, y - 9.5), (w + 0.2, y - 4.5), (w - 2.4, y - 1.2), (w - 7.0, y - 0.6 + 0.2 * lift))
    away, along = _path(p, groove)
    return d + 0.7 * _bell((away / 1.9) ** 2) * _clip(1.25 - 1.15 * along, 0.0, 1.0)


@compiled
def _lip_rise(x, above, s, up, low):
    """Height of the two lips' red over the face, before the person's fullness."""
    # Rises steeply from the line, is fullest at 0.45, leaves the border with a slight roll.
    t_up, t_low = max(above, 0.0) / up, max(-above, 0.0) / low
    if above > 0:
        if t_up > 1:
            rise = 2.0 * _bell((above - up) / 3.4)
        elif t_up < 0.5:
            rise = 2.9 * np.sin(np.pi * t_up) ** 0.7
        else:
            rise = 2.9 - 0.9 * (t_up - 0.5) * 2
    elif t_low > 1:
        rise = 1.2 * _bell((-above - low) / 2.2)
    elif t_low < 0.5:
        rise = 3.7 * np.sin(np.pi * t_low) ** 0.62
    else:
        rise = 3.7 - 2.5 * ((t_low - 0.5) * 2) ** 1.6
    tubercle = 0.55 * _bell((x / 4.0) ** 2) * _bell(((t_up - 0.35) / 0.4) ** 2)
    return rise + (tubercle - 0.5 * _bell((x / 3.0) ** 2) * _bell(((t_low - 0.45) / 0.35) ** 2))


@compiled
def lips(d, p, s):
    """Vermilion, philtrum, sunk corners and the fold under the lip, as heights over the face."""
    x, y = p[0], p[1]
    arch = curves.mouth_arch(s, x)
    above = y - curves.mouth_line_y(s, x)
    up, low = max(curves.upper_lip_height(s, x), 0.3), max(curves.lower_lip_height(s, x), 0.3)
    rise = s.lip_fullness * arch**0.55 * _lip_rise(x, above, s, up, low)
    roll = 0.35 * _bell(((above - up) / 0.9) ** 2) * np.sqrt(arch)
    line = 1.1 * _bell((above / 0.8) ** 2) * np.sqrt(arch)
    corner = 1.7 * _bell(((x - s.mouth_half_width - 0.6) / 4.2) ** 2 + (above / 3.6) ** 2)
    pillow = 0.6 * _bell(((x - s.mouth_half_width - 7.0) / 5.0) ** 2 + ((above + 1.0) / 9.0) ** 2)
    fold = 2.0 * _bell((x / 15.0) ** 4 + ((above + s.lower_lip + 5.5) / 3.8) ** 2)
    between = (y - s.mouth_y - s.upper_lip) / (s.subnasale_y - s.mouth_y - s.upper_lip)
    ridge = _bell(((x - 3.6 - 1.2 * (1 - _clip(between, 0.0, 1.0))) / 2.0) ** 2)
    groove = _bell((x / 2.6) ** 2)
    inside = _bell((min(between - 0.1, 0.0) / 0.15) ** 2 + (max(between - 0.75, 0.0) / 0.2) ** 2)
    philtrum = s.philtrum * (0.3 * ridge - 0.55 * groove) * inside
    return d - (rise + roll - line - corner + pillow - fold + philtrum)


@compiled
def lids(d, p, s):
    """The shut lids over the eyeball, their folds and what lies under the eye."""
    r = EYEBALL_RADIUS + LID_THICKNESS
    x, y = p[0], p[1]
    d = soft_union(d, ellipsoid_at(p, (s.eye_x, 0.0, EYEBALL_Z), (r + 0.4, r, r)), 4.5)
    d = soft_union(d, ellipsoid_at(p, (s.eye_x - s.eye_half_width + 1.0, -2.0, -3.5), (6.0, 4.5, 4.5)), 5.0)
    d = soft_union(d, ellipsoid_at(p, (s.eye_x + s.eye_half_width - 1.8, 0.5, -9.5), (5.5, 6.0, 5.5)), 6.0)
    t = curves.lid_t(s, x)
    reach = _clip(t, -1.0, 1.0)
    ends = _bell((max(abs(t) - 0.72, 0.0) / 0.22) ** 2)
    above = y - curves.upper_lid_y(s, reach)
    over_crease = above - curves.crease_height(s, reach)
    crease = s.crease_depth * _bell((over_crease / 0.95) ** 2) * ends
    outward = _clip((reach + 1) / 2, 0.0, 1.0)
    hood = s.hood * (0.75 + 0.5 * outward) * _bell(((over_crease - 2.9) / 2.3) ** 2)
    hood = hood * _bell((max(abs(t) - 0.9, 0.0) / 0.3) ** 2)
    below = curves.lower_lid_y(s, reach) - y
    lower_crease = 0.2 * _bell(((below - 5.0) / 1.6) ** 2) * ends
    muscle = 0.35 * _bell(((below - 2.2) / 1.8) ** 2) * ends
    bag = s.eye_bag * _bell(((below - 6.0) / 3.6) ** 2) * _bell((t / 0.75) ** 2)
    cx = s.eye_x - s.eye_half_width
    away, along = _path(p, ((cx, -4.5), (s.eye_x - 7.0, -12.5), (s.eye_x + 4.0, -16.5)))
    trough = (0.5 + 0.6 * s.eye_bag) * _bell((away / 2.4) ** 2) * (1 - 0.75 * along)
    fold_away, _ = _path(p, ((cx + 6.0, 3.6), (cx + 1.0, 1.6), (cx - 1.6, -2.4), (cx - 0.2, -5.0)))
    epicanthus = 1.7 * s.epicanthus * _bell((fold_away / 1.9) ** 2)
    return d + crease - hood + lower_crease - muscle - bag + trough - epicanthus


@compiled
def _fold_x(y, start, bend, end):
    """x of the nasolabial line at a height; its ends go straight up and down."""
    if y <= bend[1]:
        low, high = end, bend
    else:
        low, high = bend, start
    return low[0] + (high[0] - low[0]) / (high[1] - low[1]) * (_clip(y, low[1], high[1]) - low[1])


@compiled
def folds(d, p, s):
    """Nasolabial and marionette folds: a groove, and a swelling on its outer side."""
    w, half = s.nose_half_width, s.mouth_half_width
    start, end = (w + 1.5, s.nose_tip_y - 2.0), (half + 8.0, s.mouth_y - 2.0)
    bend = (0.5 * (start[0] + end[0]) + 3.6, 0.5 * (start[1] + end[1]) + 3.0)
    away, along = _path(p, (start, bend, end))
    strength = s.nasolabial * _clip(along * 8, 0.25, 1.0) * _clip((1 - along) * 3, 0.0, 1.0)
    cheek = _bell(((away - 5.0) / 4.5) ** 2) if p[0] > _fold_x(p[1], start, bend, end) else 0.0
    d = d + strength * (_bell((away / 2.8) ** 2) - 0.6 * cheek)
    away, along = _path(p, ((half + 2.0, s.mouth_y - 2.0), (half + 4.5, s.mouth_y - 16.0)))
    return d + s.marionette * _bell((away / 2.4) ** 2) * (1 - 0.6 * along)
