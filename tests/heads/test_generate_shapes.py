"""Blend shapes of generated heads, measured on the sculpt in mm: who moves, how far, and what shows from the front."""

import re

import numpy as np
import pytest

from synhead.core.expressions import ARKIT_52
from synhead.heads.generate import curves
from synhead.heads.generate.ears import build_ear
from synhead.heads.generate.eyes import build_eyes
from synhead.heads.generate.landmarks import landmarks_68
from synhead.heads.generate.lashes import build_lashes
from synhead.heads.generate.mouth_interior import build_mouth_interior
from synhead.heads.generate.parameters import sample_parameters
from synhead.heads.generate.part import GeneratedPart, Surface, join, mirrored
from synhead.heads.generate.sculpt import SkinField
from synhead.heads.generate.shapes import build_shapes, through_warp
from synhead.heads.generate.shapes_face import EYE_EDGE, LIP_LINE
from synhead.heads.generate.skin_mesh import build_skin

_PAIRS = ("eyeBlink", "eyeWide", "eyeSquint", "eyeLookUp", "eyeLookDown", "browDown", "browOuterUp", "noseSneer")
_PAIRS += ("mouthSmile", "mouthFrown", "mouthStretch", "mouthPress", "mouthUpperUp", "mouthLowerDown", "jaw")
_LONE = ("jawOpen", "mouthPucker", "mouthFunnel", "mouthRollUpper", "mouthRollLower", "mouthShrugUpper")
_LONE += ("mouthShrugLower", "browInnerUp", "cheekPuff")
REQUIRED = {name + side for name in _PAIRS for side in ("Left", "Right")} | set(_LONE)


class Person:
    """One head: sculpt, skin, and the shapes of skin (with ears), teeth and lashes, by name."""

    def __init__(self, sex: str) -> None:
        self.parameters = sample_parameters(11, f"{sex[0]}1", sex, variety=0.3)
        self.field = SkinField(self.parameters.shape)
        self.mesh = build_skin(self.field)
        self.teeth, self.of_jaw = build_mouth_interior(self.parameters)
        left = build_ear(self.parameters.shape)
        mesh = Surface(vertices=self.mesh.vertices, uv=self.mesh.uv, triangles=self.mesh.triangles)
        whole = join([mesh, mirrored(left), left])
        blank = np.zeros((2, 2, 3), dtype=np.uint8)
        skin = GeneratedPart(
            kind="skin", vertices=whole.vertices, uv=whole.uv, triangles=whole.triangles, texture=blank
        )
        self.lashes = build_lashes(self.parameters, self.field)
        self.parts = [skin, self.teeth, self.lashes]
        self.names, self.deltas = self.shapes()

    def shapes(self):
        names, deltas = build_shapes(self.field, self.mesh, self.parts, self.of_jaw)
        return names, [dict(zip(names, part, strict=True)) for part in deltas]

    def skin(self, **coefficients: float) -> np.ndarray:
        """Vertices of the skin without ears."""
        moved = sum((c * self.deltas[0][name] for name, c in coefficients.items()), np.zeros(3))
        return self.mesh.vertices + np.broadcast_to(moved, self.parts[0].vertices.shape)[: len(self.mesh.vertices)]

    def posed_teeth(self, **coefficients: float) -> np.ndarray:
        return self.teeth.vertices + sum(c * self.deltas[1][name] for name, c in coefficients.items())


@pytest.fixture(scope="module")
def people() -> list[Person]:
    with np.errstate(all="raise", under="ignore"):
        return [Person("female"), Person("male")]


def front_z(vertices: np.ndarray, triangles: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """z of the foremost triangle at each (x, y), seen along -z; -inf where there is none."""
    corners = vertices[triangles]
    low, high = xy.min(axis=0), xy.max(axis=0)
    near = ((corners[..., :2].max(axis=1) >= low) & (corners[..., :2].min(axis=1) <= high)).all(axis=1)
    best = np.full(len(xy), -np.inf)
    for a, b, c in corners[near]:
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        box = np.flatnonzero(
            (xy[:, 0] >= min(a[0], b[0], c[0]))
            & (xy[:, 0] <= max(a[0], b[0], c[0]))
            & (xy[:, 1] >= min(a[1], b[1], c[1]))
            & (xy[:, 1] <= max(a[1], b[1], c[1]))
        )
        p = xy[box]
        v = ((p[:, 0] - a[0]) * (c[1] - a[1]) - (p[:, 1] - a[1]) * (c[0] - a[0])) / area
        w = ((b[0] - a[0]) * (p[:, 1] - a[1]) - (b[1] - a[1]) * (p[:, 0] - a[0])) / area
        inside = (v >= 0) & (w >= 0) & (v + w <= 1)
        z = a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2])
        best[box[inside]] = np.maximum(best[box[inside]], z[inside])
    return best


def turned(points: np.ndarray, yaw_deg: float) -> np.ndarray:
    cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    x, y, z = points.T
    return np.stack([cos * x + sin * z, y, cos * z - sin * x], axis=1)


def test_names_are_those_of_arkit_in_its_order(people):
    for person in people:
        assert set(person.names) >= REQUIRED
        assert list(person.names) == [name for name in ARKIT_52 if name in person.names]


def test_every_shape_moves_its_own_part_of_the_face_and_no_other(people):
    for person in people:
        s, points = person.parameters.shape, person.mesh.vertices
        x, y, z = points.T
        for name in person.names:
            delta = person.deltas[0][name]
            assert np.isfinite(delta).all()
            length = np.linalg.norm(delta[: len(points)], axis=1)
            assert 1.0 < length.max() < 35.0, name
            # Ears, crown and nape never move.
            assert not delta[len(points) :].any(), name
            assert not length[(z < -90) | (y > 75)].any(), name
            side = re.search("(Left|Right)$", name)
            if side and not name.startswith(("jaw", "mouthLeft", "mouthRight")):
                other = x < -13 if side[1] == "Left" else x > 13
                assert length[other].max() < 0.05, name
            if name.startswith("eye"):
                eye = np.array([s.eye_x if side[1] == "Left" else -s.eye_x, 0.0])
                assert length[np.linalg.norm(points[:, :2] - eye, axis=1) > 30].max() == 0, name
            elif name.startswith("brow"):
                assert length[y < -5].max() == 0, name
            elif name.startswith(("jaw", "mouth")):
                assert length[y > 8].max() < 0.3, name


def test_pairs_mirror_each_other_and_lone_shapes_themselves(people):
    for person in people:
        index = nearest_mirror(person.mesh.vertices)
        for name in person.names:
            if name.endswith("Right"):
                continue
            other = name.replace("Left", "Right")
            ours = person.deltas[0][name][: len(index)]
            theirs = person.deltas[0][other][: len(index)][index] * [-1, 1, 1]
            # Rays march to the sculpt until they are near; where it is steep, "near" leaves them some room.
            assert np.abs(ours - theirs).max() < 0.25, name
            assert np.abs(ours - theirs).mean() < 0.001, name


def nearest_mirror(points: np.ndarray) -> np.ndarray:
    from scipy.spatial import KDTree

    distance, index = KDTree(points).query(points * [-1, 1, 1])
    assert distance.max() < 0.01
    return index


def test_a_blink_closes_the_eye_and_never_cuts_into_the_ball(people):
    for person in people:
        s = person.parameters.shape
        eyes = build_eyes(person.parameters, 16)
        t = np.linspace(-0.85, 0.85, 25)
        upper, lower = curves.upper_lid_y(s, t), curves.lower_lid_y(s, t)
        share = np.linspace(0.04, 0.96, 15)[:, None]
        y = (lower + (upper - lower) * share).ravel()
        xy = np.stack([np.tile(curves.lid_x(s, t), len(share)), y], axis=1)
        ball = front_z(eyes.vertices, eyes.triangles, xy)
        opened = front_z(person.skin(), person.mesh.triangles, xy) > ball
        assert opened.mean() < 0.4
        closed = front_z(person.skin(eyeBlinkLeft=1.0), person.mesh.triangles, xy) > ball
        assert closed.all()
        covered = opened
        for stage in (0.25, 0.5, 0.75):
            now = front_z(person.skin(eyeBlinkLeft=stage), person.mesh.triangles, xy) > ball
            # What the lid has reached it keeps: no ball shows through.
            assert (now | ~covered).all(), stage
            covered = now
        # A squint with eyes shut, as in laughter, and eyes shut tight.
        both = front_z(person.skin(eyeBlinkLeft=1.0, eyeSquintLeft=0.5), person.mesh.triangles, xy) > ball
        assert both.all()


def test_lids_of_a_half_closed_eye_lie_over_the_ball(people):
    for person in people:
        eyes = build_eyes(person.parameters, 16)
        rings = person.mesh.eye_rings[1]
        lids = rings[len(rings) // 2 : EYE_EDGE + 1].ravel()
        for name in ("eyeBlinkLeft", "eyeLookDownLeft", "eyeSquintLeft", "eyeWideLeft", "eyeLookUpLeft"):
            for stage in (0.25, 0.5, 0.75, 1.0):
                points = person.skin(**{name: stage})[lids]
                ball = front_z(eyes.vertices, eyes.triangles, points[:, :2])
                assert (points[:, 2] > ball + 0.1).all(), (name, stage)


def test_lids_go_where_they_are_sent(people):
    for person in people:
        s = person.parameters.shape
        edge = person.mesh.eye_rings[1][EYE_EDGE]
        num = len(edge)
        top, bottom = edge[num // 4], edge[3 * num // 4]
        rest = person.skin()
        height = rest[top, 1] - rest[bottom, 1]
        expected = float(curves.upper_lid_y(s, np.zeros(1))[0] - curves.lower_lid_y(s, np.zeros(1))[0])
        assert height == pytest.approx(expected, abs=1.5)
        for name, low, high in (
            ("eyeBlinkLeft", -0.05, 0.06),
            ("eyeWideLeft", 1.15, 1.5),
            ("eyeSquintLeft", 0.4, 0.8),
            ("eyeLookDownLeft", 0.5, 0.9),
            ("eyeLookUpLeft", 0.95, 1.3),
        ):
            now = person.skin(**{name: 1.0})
            assert low < (now[top, 1] - now[bottom, 1]) / height < high, name


def test_lashes_keep_to_the_lid(people):
    for person in people:
        roots = person.lashes.vertices
        for name in ("eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft"):
            rest, now = person.skin(), person.skin(**{name: 1.0})
            moved = roots + person.deltas[2][name]
            edges = np.concatenate([rings[EYE_EDGE] for rings in person.mesh.eye_rings])
            before = np.linalg.norm(roots[:, None] - rest[edges], axis=-1).min(axis=1)
            after = np.linalg.norm(moved[:, None] - now[edges], axis=-1).min(axis=1)
            at_root = before < 1.0
            assert at_root.sum() > 40
            assert np.abs(after - before)[at_root].max() < 0.6, name
            assert (after < before + 1.2).all(), name


def test_an_open_jaw_is_a_hinge_that_takes_lip_chin_and_teeth_along(people):
    for person in people:
        rest, now = person.skin(), person.skin(jawOpen=1.0)
        line = person.mesh.mouth_rings[LIP_LINE]
        upper, lower, corner = line[len(line) // 4], line[3 * len(line) // 4], line[0]
        eyes = landmarks_68(person.field)
        distance = float(np.linalg.norm(eyes[36] - eyes[45]))
        assert np.linalg.norm(now[upper] - now[lower]) / distance == pytest.approx(0.27, abs=0.015)
        assert np.linalg.norm(rest[upper] - rest[lower]) / distance < 0.01
        half = (now - rest)[corner, 1] / (now - rest)[lower, 1]
        assert half == pytest.approx(0.5, abs=0.12)
        chin = landmarks_68(person.field)[8]
        near = np.linalg.norm(rest - chin, axis=1).argmin()
        assert (now - rest)[near, 1] < -14
        teeth, opened = person.teeth.vertices, person.posed_teeth(jawOpen=1.0)
        assert (opened[~person.of_jaw] == teeth[~person.of_jaw]).all()
        lower_teeth = person.of_jaw
        some = np.flatnonzero(lower_teeth)[::17]
        before = np.linalg.norm(teeth[some][:, None] - teeth[some], axis=-1)
        after = np.linalg.norm(opened[some][:, None] - opened[some], axis=-1)
        np.testing.assert_allclose(after, before, atol=0.01)
        # The lower lip and the teeth behind it keep their distance.
        front = some[teeth[some, 2].argmax()]
        moved = (opened - teeth)[front]
        assert np.linalg.norm(moved - (now - rest)[lower]) < 3.0


def test_teeth_lie_inside_and_do_not_show_while_the_mouth_is_shut(people):
    for person in people:
        assert person.field(person.teeth.vertices).max() < -1.0
        middle = np.array([0.0, person.parameters.shape.mouth_y, 10.0])
        for yaw in (0.0, 40.0, -40.0):
            skin, teeth = (turned(p - middle, yaw) for p in (person.skin(), person.teeth.vertices))
            grid = np.stack(np.meshgrid(np.linspace(-30, 30, 31), np.linspace(-14, 14, 71)), axis=-1).reshape(-1, 2)
            assert not (front_z(teeth, person.teeth.triangles, grid) > front_z(skin, person.mesh.triangles, grid)).any()
        opened, teeth = person.skin(jawOpen=1.0) - middle, person.posed_teeth(jawOpen=1.0) - middle
        grid = np.stack(np.meshgrid(np.linspace(-15, 15, 31), np.linspace(-25, 5, 61)), axis=-1).reshape(-1, 2)
        shown = front_z(teeth, person.teeth.triangles, grid) > front_z(opened, person.mesh.triangles, grid)
        assert shown.mean() > 0.03


def test_corners_go_out_and_up_in_a_smile_and_down_in_a_frown(people):
    for person in people:
        line = person.mesh.mouth_rings[LIP_LINE]
        right, left = line[0], line[len(line) // 2]
        smile = person.skin(mouthSmileLeft=1.0, mouthSmileRight=1.0) - person.skin()
        frown = person.skin(mouthFrownLeft=1.0, mouthFrownRight=1.0) - person.skin()
        for corner, side in ((right, -1), (left, 1)):
            assert side * smile[corner, 0] > 4
            assert smile[corner, 1] > 4
            assert frown[corner, 1] < -4
        # Lips that were shut stay shut in all that does not part them.
        for name in ("mouthSmileLeft", "mouthFrownLeft", "mouthStretchLeft", "mouthPucker", "jawLeft", "mouthLeft"):
            now = person.skin(**{name: 1.0})
            gap = now[line[1 : len(line) // 2]] - now[line[: len(line) // 2 : -1]]
            assert np.linalg.norm(gap, axis=1).max() < 1.2, name


COMBINATIONS = (
    {"jawOpen": 0.5, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
    {"jawOpen": 0.3, "eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    {"jawOpen": 0.3, "mouthPucker": 0.6},
)


def test_triangles_do_not_turn_over_nor_tear(people):
    for person in people:
        triangles = person.mesh.triangles[(person.mesh.inner == 0)[person.mesh.triangles].all(axis=1)]
        rest = person.skin()
        edges = np.unique(np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]]), axis=1), axis=0)
        length = np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1)

        def faced(points: np.ndarray, triangles: np.ndarray = triangles) -> np.ndarray:
            a, b, c = (points[triangles[:, k]] for k in range(3))
            return np.cross(b - a, c - a)

        single = [{name: c} for name in person.names for c in (0.5, 1.0)]
        for pose in [*single, *COMBINATIONS]:
            now = person.skin(**pose)
            turned_over = ((faced(now) * faced(rest)).sum(axis=1) < 0).sum()
            assert turned_over < 0.004 * len(triangles), (pose, turned_over)
            stretched = np.linalg.norm(now[edges[:, 0]] - now[edges[:, 1]], axis=1)
            # Long edges by their share, short ones (near the corners of eye and mouth) by their length.
            assert (stretched < np.maximum(3.6 * length, 3.5)).all(), (pose, (stretched / length).max())


def test_shapes_are_the_same_each_time(people):
    again = people[0].shapes()[1]
    for ours, theirs in zip(people[0].deltas, again, strict=True):
        for name in people[0].names:
            np.testing.assert_array_equal(ours[name], theirs[name])


def test_shapes_go_through_the_asymmetry_like_the_points(people):
    person = people[0]
    points = person.mesh.vertices

    def warp(p: np.ndarray) -> np.ndarray:
        return p + 0.9 * np.sin(p[:, [1, 2, 0]] / 45.0 + [0.3, 1.0, 2.0])

    for name in ("eyeBlinkLeft", "mouthSmileLeft", "jawOpen"):
        delta = person.deltas[0][name][: len(points)]
        through = through_warp(warp, points, delta[None])[0]
        exact = warp(points + delta) - warp(points)
        assert np.abs(through - exact).max() < 0.25
        assert np.abs(through - exact).mean() < 0.4 * np.abs(delta - exact).mean()
