"""The two engines on the same real heads: same silhouette, same labels, nearly the same colours."""

import numpy as np
import pytest

pytest.importorskip("pyrender", reason="the extra synhead[pyrender] is not installed")

from synhead.core.rotation import rotation_from_euler_pyr
from synhead.core.scene import Lighting
from synhead.heads.load import load_head
from synhead.render import open_renderer
from synhead.render.labels import label_frames
from synhead.scenes.lights import choose_lighting
from tests.render.simple_scenes import camera, light, sequence
from tests.shared_data import shared_data

SIZE = 400
POSES = [[0.0, 0.0, 0.0], [15.0, 35.0, 5.0], [-20.0, -60.0, -10.0]]


def scene(*, natural=False):
    lighting = (
        choose_lighting(np.random.default_rng(5))
        if natural
        else Lighting(
            ambient_rgb=(0.25, 0.25, 0.27),
            directional=(light((-0.5, -0.6, -1.0), (0.7, 0.65, 0.6)), light((1.0, -0.2, -0.5), (0.2, 0.22, 0.25))),
        )
    )
    cam = camera(SIZE, SIZE, focal_px=940.0)
    return sequence(cam, lighting, R=rotation_from_euler_pyr(np.array(POSES)), t=[(0.0, 0.0, 0.9)] * 3)


def gradient():
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    return (np.stack([0.3 + 0.5 * x, 0.5 + 0.3 * y, 0.8 - 0.4 * x], -1) * 255).astype(np.uint8)


@pytest.mark.parametrize("head_id", ["f1", *(pytest.param(name, marks=pytest.mark.slow) for name in ("m2", "f5"))])
@pytest.mark.parametrize("natural", [False, True])
def test_engines_agree_on_a_real_head(head_id, natural):
    head, spec, background = load_head(shared_data("heads", head_id)), scene(natural=natural), gradient()
    pictures = {}
    for name in ("gl", "pyrender"):
        engine = open_renderer(name)
        pictures[name] = engine.render(head, background, spec, range(3))
        engine.close()
    gl, reference = pictures["gl"], pictures["pyrender"]
    labels = {name: label_frames(spec, range(3), head, picture) for name, picture in pictures.items()}
    np.testing.assert_array_equal(labels["gl"].landmarks_68_px, labels["pyrender"].landmarks_68_px)
    same = labels["gl"].landmarks_68_visibility == labels["pyrender"].landmarks_68_visibility
    # pyrender's depth is that of one sample: landmarks beside a rim may fall on either side.
    assert same.mean() > 0.95
    for frame in range(3):
        a, b = gl.coverage[frame] >= 128, reference.coverage[frame] >= 128
        assert (a & b).sum() / (a | b).sum() >= 0.99
        difference = np.abs(gl.rgb[frame].astype(int) - reference.rgb[frame])[a & b]
        # What differs is soft opacity: brows, lashes and hair edges, which pyrender cuts off.
        assert np.median(difference) <= 1
        assert np.percentile(difference, 75) <= 3
        assert difference.mean() < 3
        known = a & b & np.isfinite(gl.depth_m[frame]) & np.isfinite(reference.depth_m[frame])
        assert np.median(np.abs(gl.depth_m[frame][known] - reference.depth_m[frame][known])) < 1e-3
