"""What every engine must do with backgrounds: one picture for the batch, or one for each frame."""

import numpy as np
import pytest

from tests.render.contract import draw
from tests.render.simple_scenes import camera, flat_background, head_of, noise_background, sequence, sphere

T = [(-0.05, 0.0, 1.0), (0.0, 0.0, 1.0), (0.05, 0.02, 1.0), (3.0, 0.0, 1.0)]


class BackgroundContract:
    """As `contract.GeometryContract`; the last of the four frames has no head in it."""

    def test_each_frame_gets_its_own_background(self, renderer):
        cam = camera(48, 40)
        spec, head = sequence(cam, t=T), head_of(sphere(0.06, 3))
        rows = np.stack([flat_background(cam, 30 * k) for k in range(3)] + [noise_background(cam)])
        together = draw(renderer, head, spec, rows)
        for k in range(4):
            alone = renderer.render(head, rows[k], spec, range(k, k + 1))
            np.testing.assert_array_equal(together.rgb[k], alone.rgb[0])
            np.testing.assert_array_equal(
                together.rgb[k][together.coverage[k] == 0], rows[k][together.coverage[k] == 0]
            )
        np.testing.assert_array_equal(together.rgb[3], rows[3])

    def test_a_batch_from_the_middle_takes_rows_from_the_start(self, renderer):
        cam = camera(48, 40)
        spec, head = sequence(cam, t=T), head_of(sphere(0.06, 3))
        rows = np.stack([flat_background(cam, 80), flat_background(cam, 160)])
        out = renderer.render(head, rows, spec, range(1, 3))
        assert [int(out.rgb[k, 0, 0, 0]) for k in range(2)] == [80, 160]

    @pytest.mark.parametrize("shape", [(40, 47, 3), (3, 40, 48, 3), (41, 48, 3)])
    def test_a_background_of_another_size_is_refused(self, renderer, shape):
        spec = sequence(camera(48, 40), t=T)
        with pytest.raises(ValueError, match=r"4 frames ask for \(40, 48, 3\) or \(4, 40, 48, 3\)"):
            renderer.render(head_of(sphere(0.06, 2)), np.zeros(shape, np.uint8), spec, range(4))
