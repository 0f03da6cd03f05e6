"""What every engine must draw of a moving face: what it draws of a head that was posed before."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.core.scene import FaceMotion, Lighting
from synhead.heads.deform import pose_head
from synhead.heads.model import HeadModel, HeadPart, Material
from tests.render.contract import draw
from tests.render.simple_scenes import camera, facing_square, head_of, light, sequence, sphere

LIT = Lighting(ambient_rgb=(0.2, 0.2, 0.2), directional=(light((0.4, -0.5, -1.0), 0.7),))


def moving_head() -> HeadModel:
    """A ball whose lower front drops (jawOpen), two small eyeballs in front of it, a see-through card that rises."""
    ball = sphere(0.1)
    deltas = np.zeros((2, len(ball.vertices_m), 3), np.float32)
    front = (ball.vertices_m[:, 1] < -0.02) & (ball.vertices_m[:, 2] > 0.02)
    deltas[0, front] = [0.0, -0.03, 0.01]
    card = facing_square(0.03, z_m=0.12, rgba=(0.2, 0.3, 0.9, 0.6), has_alpha=True)
    up = np.zeros((2, 4, 3), np.float32)
    up[1] = [0.0, 0.05, 0.0]
    centers = np.array([[-0.035, 0.03, 0.085], [0.035, 0.03, 0.085]])
    eyes = [_eyeball(centre) for centre in centers]
    head = head_of(replace(ball, shape_deltas_m=deltas), *eyes, replace(card, shape_deltas_m=up))
    return replace(head, shape_names=("jawOpen", "browInnerUp"), eye_centers_m=centers)


def _eyeball(centre: np.ndarray) -> HeadPart:
    """Half dark: that it turns can be seen."""
    ball = sphere(0.02, subdivisions=3)
    texture = np.full((16, 16, 4), 255, np.uint8)
    texture[:, 8:, :3] = 20
    uv = np.column_stack([np.where(ball.vertices_m[:, 0] > 0, 0.75, 0.25), np.full(len(ball.vertices_m), 0.5)])
    material = Material(name="eye", texture=texture, roughness=0.8)
    return replace(ball, kind="eyes", material=material, vertices_m=ball.vertices_m + centre, uv=uv)


def face_of(*rows: tuple[float, float, float, float]) -> FaceMotion:
    """(jawOpen, browInnerUp, pitch, yaw) of each frame, and a shape that the head has not."""
    values = np.array(rows, dtype=float)
    return FaceMotion(
        shape_names=("jawOpen", "cheekPuff", "browInnerUp"),
        coefficients=np.column_stack([values[:, 0], np.ones(len(values)), values[:, 1]]),
        gaze_pyr_deg=values[:, 2:],
    )


class FaceContract:
    """Every test takes the fixture `renderer`."""

    @pytest.mark.parametrize("row", [(1.0, 0.0, 0.0, 0.0), (0.35, 0.8, 10.0, -25.0), (0.0, 0.0, 0.0, 20.0)])
    def test_a_frame_of_a_moving_face_is_the_picture_of_the_posed_head(self, renderer, row):
        cam = camera(96, 96, focal_px=300.0)
        head = moving_head()
        moving = draw(renderer, head, replace(sequence(cam, LIT), face=face_of(row)))
        posed = pose_head(head, {"jawOpen": row[0], "browInnerUp": row[1]}, (row[2], row[3]))
        still = draw(renderer, posed, sequence(cam, LIT))
        np.testing.assert_array_equal(moving.coverage, still.coverage)
        assert np.abs(moving.rgb.astype(int) - still.rgb).max() <= 1
        both = np.isfinite(moving.depth_m) & np.isfinite(still.depth_m)
        np.testing.assert_allclose(moving.depth_m[both], still.depth_m[both], atol=2e-5)
        resting = draw(renderer, head, sequence(cam, LIT))
        assert np.abs(moving.rgb.astype(int) - resting.rgb).max() > 30

    def test_frames_do_not_disturb_each_other_and_rest_is_rest_again(self, renderer):
        cam = camera(96, 96, focal_px=300.0)
        head = moving_head()
        rows = [(1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (0.0, 1.0, 5.0, 20.0)]
        before = draw(renderer, head, sequence(cam, LIT))
        together = draw(renderer, head, replace(sequence(cam, LIT, t=[(0.0, 0.0, 1.0)] * 3), face=face_of(*rows)))
        for index, row in enumerate(rows):
            alone = draw(renderer, head, replace(sequence(cam, LIT), face=face_of(row)))
            np.testing.assert_array_equal(together.rgb[index], alone.rgb[0])
        np.testing.assert_array_equal(together.rgb[1], before.rgb[0])
        np.testing.assert_array_equal(draw(renderer, head, sequence(cam, LIT)).rgb, before.rgb)

    def test_what_moves_out_of_the_resting_outline_is_drawn_whole(self, renderer):
        """A square that shifts by three times its size: the window and the depth range follow it."""
        square = facing_square(0.03)
        deltas = np.zeros((1, 4, 3), np.float32)
        deltas[0] = [0.09, 0.0, -0.2]
        head = replace(head_of(replace(square, shape_deltas_m=deltas)), shape_names=("jawOpen",))
        face = FaceMotion(shape_names=("jawOpen",), coefficients=np.array([[1.0]]), gaze_pyr_deg=np.zeros((1, 2)))
        cam = camera(64, 64, focal_px=100.0)
        out = draw(renderer, head, replace(sequence(cam), face=face))
        # At 1.2 m the square is 5 px wide and its middle 7.5 px to the right of the image's middle.
        rows, columns = np.nonzero(out.coverage[0] > 128)
        assert (rows.min(), rows.max()) == (30, 33) or (rows.min(), rows.max()) == (29, 34)
        assert columns.mean() + 0.5 == pytest.approx(39.5, abs=0.6)
        np.testing.assert_allclose(out.depth_m[0][out.coverage[0] == 255], 1.2, atol=5e-5)
