"""Which parts may lose their back faces: closed ones that face outwards, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from synhead.heads.load import load_head
from synhead.heads.model import HeadPart
from synhead.render import open_renderer
from synhead.render.gl.closed import is_closed
from synhead.render.gl.targets import Targets
from synhead.render.probe_scene import probe_scene
from tests.shared_data import shared_data

EGG = probe_scene().head.parts[0]


def _joined(first: HeadPart, second: HeadPart) -> HeadPart:
    return replace(
        first,
        vertices_m=np.concatenate([first.vertices_m, second.vertices_m]),
        normals=np.concatenate([first.normals, second.normals]),
        uv=np.concatenate([first.uv, second.uv]),
        triangles=np.concatenate([first.triangles, second.triangles + len(first.vertices_m)]),
    )


def _moved(part: HeadPart, x_m: float) -> HeadPart:
    return replace(part, vertices_m=part.vertices_m + np.array([x_m, 0.0, 0.0]))


def _inside_out(part: HeadPart) -> HeadPart:
    return replace(part, triangles=part.triangles[:, ::-1].copy())


def test_an_egg_is_closed_though_its_texture_has_a_seam_and_its_poles_are_fans():
    assert is_closed(EGG)
    assert is_closed(_joined(EGG, _moved(EGG, 0.3)))


def test_what_one_can_look_into_is_not():
    assert not is_closed(replace(EGG, triangles=np.delete(EGG.triangles, 400, axis=0)))
    assert not is_closed(_inside_out(EGG))
    assert not is_closed(_joined(EGG, _moved(_inside_out(EGG), 0.3)))
    one_turned = EGG.triangles.copy()
    one_turned[400] = one_turned[400, ::-1]
    assert not is_closed(replace(EGG, triangles=one_turned))


def test_skins_of_real_heads_are_closed_once_their_necks_are_capped():
    skin = next(part for part in load_head(shared_data("heads", "m2")).parts if part.kind == "skin")
    assert is_closed(skin)


@pytest.mark.parametrize("source", ["egg", "real"])
def test_leaving_back_faces_out_changes_the_rim_at_most(source, monkeypatch):
    scene = probe_scene()
    head = scene.head if source == "egg" else load_head(shared_data("heads", "m2"))
    renderer = open_renderer("gl")
    without = renderer.render(head, scene.background, scene.spec, range(1))
    monkeypatch.setattr(Targets, "hide_back_faces", lambda self, hide: self._ctx.disable(self._ctx.CULL_FACE))
    with_back = renderer.render(head, scene.background, scene.spec, range(1))
    np.testing.assert_array_equal(without.coverage, with_back.coverage)
    differs = (without.rgb != with_back.rgb).any(axis=-1)
    assert differs.sum() <= 0.005 * (without.coverage > 0).sum()
    renderer.close()
