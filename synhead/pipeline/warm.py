"""Every compiled loop of a run, made once and kept on disk: the first real run then starts without compiling."""

import os
import time
from collections.abc import Callable

import numpy as np


def warm() -> list[tuple[str, float]]:
    """Compile what is not on disk yet, and say what took how many seconds; everything again costs about a second.

    The software engine draws one egg: loops that only textures or opacity call are compiled when a head has them.
    """
    steps: list[tuple[str, Callable[[], None]]] = [
        ("baked visibility", _bake),
        ("motion blur", _average),
        ("sensor", _expose),
        ("swaying background", _shift),
        ("software engine", _draw),
    ]
    times = []
    for name, step in steps:
        started = time.perf_counter()
        step()
        times.append((name, time.perf_counter() - started))
    return times


def kernel_folder() -> str:
    """Where compiled loops are kept, for people."""
    return os.environ.get("NUMBA_CACHE_DIR") or "__pycache__ beside the code, or the user's cache folder"


def _bake() -> None:
    from synhead.heads.occlusion import bake_occlusion
    from synhead.render.probe_scene import probe_scene

    saved = os.environ.get("SYNHEAD_CACHE_DIR")
    # A kept result would leave nothing to do.
    os.environ["SYNHEAD_CACHE_DIR"] = "off"
    try:
        bake_occlusion(probe_scene().head)
    finally:
        if saved is None:
            del os.environ["SYNHEAD_CACHE_DIR"]
        else:
            os.environ["SYNHEAD_CACHE_DIR"] = saved


def _average() -> None:
    from synhead.render.exposure import average_frames
    from synhead.render.renderer import RenderedFrames

    picture = np.full((3, 8, 40, 3), 90, np.uint8)
    for rgb in _both_kinds(picture):
        drawn = RenderedFrames(rgb=rgb, coverage=rgb[..., 0].copy(), depth_m=np.ones((3, 8, 40), np.float32))
        average_frames(picture[:1].copy(), drawn, np.array([3], np.int64))


def _expose() -> None:
    from synhead.core.scene import SensorSpec
    from synhead.render.sensor import SensorModel

    model = SensorModel(SensorSpec(shot_noise=1e-4, defocus_sigma_px=0.5), seed=0, height_px=8, width_px=40)
    for rgb in _both_kinds(np.full((1, 8, 40, 3), 90, np.uint8)):
        model.apply(rgb, range(1))


def _shift() -> None:
    from synhead.scenes.shifted_views import shifted_views

    for picture in _both_kinds(np.full((20, 40, 3), 90, np.uint8)):
        shifted_views(picture, np.zeros((1, 2)), margin_px=2)


def _draw() -> None:
    from synhead.render import open_renderer
    from synhead.render.probe_scene import probe_scene

    scene = probe_scene()
    engine = open_renderer("software")
    engine.render(scene.head, scene.background, scene.spec, range(1))
    engine.close()


def _both_kinds(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Writable and read-only arrays are compiled apart; what an engine returns may be either."""
    fixed = array.copy()
    fixed.setflags(write=False)
    return array, fixed
