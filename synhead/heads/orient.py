"""Guess how a bare scan lies: which way is up, where it looks, how long a unit is, where the ears are.

Every guess is told to the user and shown in a picture; none is silently trusted. The rules are written for a bald or
short-haired head with or without neck and shoulders, and are tested on heads of two makers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from synhead.errors import SynheadError
from synhead.heads.description import UNITS_M
from synhead.heads.geometry import area_vectors

HEAD_BREADTH_M = (0.12, 0.19)
MEAN_HEAD_BREADTH_M = 0.150
"""Mean of men (153 mm) and women (147 mm), Zhuang and Bradtmiller 2005."""

Vertices = Float[np.ndarray, "num_vertices 3"]
Triangles = Int[np.ndarray, "num_triangles 3"]


class GuessError(SynheadError):
    """The scan's position cannot be guessed; the message says what to give."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """Directions in the file, such as "+y"."""

    up: str
    front: str

    @property
    def rows(self) -> Float[np.ndarray, "3 3"]:
        """The subject's left, up, front."""
        up, front = _vector(self.up), _vector(self.front)
        return np.stack([np.cross(up, front), up, front])


def guess_axes(vertices: Vertices, triangles: Triangles, up: str | None = None, front: str | None = None) -> Axes:
    """Up and front of a head; what is given is kept.

    Left and right are the axis along which the scan is most like its mirror image. Down is where the surface is open
    (the area vectors of a surface sum to minus that of its opening) or cut flat. Front is where a narrow ridge stands
    out of the midline: nose and chin.

    Raises:
        GuessError: up and front are given and not perpendicular, or neither end looks like a neck.
    """
    if up is not None and front is not None:
        if up[1] == front[1]:
            raise GuessError(f"--up {up} and --front {front} lie along one axis; they must be perpendicular.")
        return Axes(up=up, front=front)
    side = _side_axis(vertices, exclude=[name[1] for name in (up, front) if name is not None])
    if up is None:
        up = _guess_up(vertices, triangles, exclude=[side] + ([front[1]] if front else []))
    if front is None:
        axis = next(name for name in "xyz" if name not in (side, up[1]))
        front = _guess_front(_denser(vertices, triangles), up, axis)
    return Axes(up=up, front=front)


def _vector(name: str) -> np.ndarray:
    vector = np.zeros(3)
    vector["xyz".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return vector


def _side_axis(vertices: Vertices, exclude: list[str]) -> str:
    from scipy.spatial import KDTree

    sample = vertices[:: max(1, len(vertices) // 1500)]
    tree = KDTree(vertices)
    size = float(np.ptp(vertices, axis=0).max())
    cost = {}
    for index, name in enumerate("xyz"):
        if name in exclude:
            continue
        middles = np.median(vertices[:, index]) + size * np.linspace(-0.05, 0.05, 11)
        mirrored = np.repeat(sample[None], len(middles), axis=0)
        mirrored[..., index] = 2 * middles[:, None] - mirrored[..., index]
        distances, _ = tree.query(mirrored.reshape(-1, 3))
        cost[name] = float(distances.reshape(len(middles), -1).mean(axis=1).min())
    return min(cost, key=lambda name: cost[name])


def _guess_up(vertices: Vertices, triangles: Triangles, exclude: list[str]) -> str:
    area = area_vectors(vertices, triangles) / 2
    sizes = np.linalg.norm(area, axis=1)
    opening = -area.sum(axis=0)
    score = {}
    for index, name in enumerate("xyz"):
        if name in exclude:
            continue
        for sign, mark in ((1.0, "+"), (-1.0, "-")):
            along = sign * area[:, index]
            flat = sizes[along > 0.966 * sizes].sum()  # within 15 degrees
            score[mark + name] = float(flat + max(0.0, sign * opening[index]))
    ranked = sorted(score, key=lambda name: -score[name])
    if len(ranked) > 1 and score[ranked[0]] < 1.3 * score[ranked[1]]:
        raise GuessError(
            f"cannot tell which end is the neck ({ranked[0]} or {ranked[1]}); give --up and --front, such as "
            "--up +y --front +z."
        )
    return ("-" if ranked[0][0] == "+" else "+") + ranked[0][1]


def _guess_front(vertices: Vertices, up: str, axis: str) -> str:
    """The side whose midline stands out most over the surface a fifth of the breadth beside it: nose and chin."""
    points = np.stack(
        [vertices @ np.cross(_vector(up), _vector("+" + axis)), vertices @ _vector(up), vertices @ _vector("+" + axis)],
        axis=1,
    )
    breadth = head_breadth(points)
    down = (points[:, 1].max() - points[:, 1]) / breadth
    skull = points[down < 0.55, 0]
    off = np.abs(points[:, 0] - (skull.max() + skull.min()) / 2) / breadth
    bins = np.floor((down - 0.5) / 0.05).astype(int)
    front, back = [], []
    for index in range(22):
        middle = points[(bins == index) & (off < 0.06), 2]
        beside = points[(bins == index) & (off > 0.15) & (off < 0.25), 2]
        if len(middle) and len(beside):
            front.append(middle.max() - beside.max())
            back.append(beside.min() - middle.min())
    if not front:
        raise GuessError("cannot tell the face from the back of the head; give --front, such as --front +z.")
    # The upper quartile: a nose and a chin are several slices high, a stray slice is one.
    return ("+" if np.quantile(front, 0.75) > np.quantile(back, 0.75) else "-") + axis


def _denser(vertices: Vertices, triangles: Triangles) -> Float[np.ndarray, "num_points 3"]:
    """Vertices, edge midpoints and centres of the triangles: coarse meshes leave slices empty."""
    corners = vertices[triangles]
    middles = (corners + np.roll(corners, 1, axis=1)) / 2
    return np.concatenate([vertices, middles.reshape(-1, 3), corners.mean(axis=1)])


def head_breadth(points: Vertices) -> float:
    """Breadth of the skull above the ears, in the units of the points (x across, y up).

    The largest width at a depth below the crown of at most 0.65 of that width: the skull is broadest there, the ears
    begin lower.
    """
    depth = points[:, 1].max() - points[:, 1]
    order = np.argsort(depth)
    x, depth = points[order, 0], depth[order]
    width = np.maximum.accumulate(x) - np.minimum.accumulate(x)
    above = depth <= 0.65 * width
    above[: max(1, len(above) // 1000)] = True
    last = int(np.flatnonzero(np.cumprod(above)).max())
    return float(width[last])


def guess_unit_m(points: Vertices) -> tuple[float, str]:
    """Length of one unit in metres, and how it was found. Points along head axes, in file units."""
    breadth = head_breadth(points)
    low, high = HEAD_BREADTH_M
    for name, unit in UNITS_M.items():
        if low <= breadth * unit <= high:
            return unit, f"{name}: the skull is then {breadth * unit * 1000:.0f} mm broad"
    unit = MEAN_HEAD_BREADTH_M / breadth
    return unit, f"one unit is {unit:.6g} m: no metric unit fits, so the skull was made 150 mm broad"


def guess_tragi(points_m: Vertices, triangles: Triangles) -> Float[np.ndarray, "2 3"]:
    """(Right, left) tragus of a head whose ears are free; metres, head axes. Good to about a centimetre.

    Going down from the skull, the width has its first peak at the ears and falls fastest at the lobes. The tragus lies
    25 mm above that fall, 18 mm in front of the rim of the ear, and 12 mm inside its
    outermost point.
    """
    points = _denser(points_m, triangles)
    points = points[points[:, 1].max() - points[:, 1] < 0.230]
    depth = points[:, 1].max() - points[:, 1]
    crown = points[depth < 0.085]
    middle = float(crown[:, 0].max() + crown[:, 0].min()) / 2
    sides = [(sign, sign * (points[:, 0] - middle)) for sign in (-1.0, 1.0)]
    bins = np.floor(depth / _SLICE_M).astype(int)
    first, last = round(0.085 / _SLICE_M), int(bins.max())
    width = np.array(
        [np.mean([lateral[bins == k].max(initial=0.0) for _, lateral in sides]) for k in range(first, last + 1)]
    )
    peak = _first_peak(width)
    lobe = _lobe(width, peak)
    height = points[:, 1].max() - (first + lobe) * _SLICE_M + 0.025
    spots = []
    for sign, lateral in sides:
        level = np.abs(points[:, 1] - height) < 0.010
        outermost = float(lateral[level].max())
        ear = level & (lateral > outermost - 0.006)
        spots.append([middle + sign * (outermost - 0.012), height, float(np.median(points[ear, 2])) + 0.018])
    found = np.array(spots)
    found[:, 2] = found[:, 2].mean()
    return found


_SLICE_M = 0.005


def _first_peak(width: np.ndarray) -> int:
    """Slice of the ears: shoulders are wider, so the search ends where the width has fallen by 8 mm."""
    best = 0
    for index in range(1, len(width)):
        if width[index] > width[best]:
            best = index
        elif width[index] < width[best] - 0.008:
            break
    return best


def _lobe(width: np.ndarray, peak: int) -> int:
    """Slice at which the width falls fastest within 70 mm below the peak, over two slices."""
    window = width[peak : peak + round(0.070 / _SLICE_M) + 1]
    if len(window) < 3:
        return peak
    return peak + int(np.argmax(window[:-2] - window[2:])) + 1
