"""A worker whose driver hangs is killed and named, and several GPUs are spread over."""

import os
import time

import pytest

from synhead.errors import ConfigError, RendererError
from synhead.pipeline.executors import choose
from synhead.pipeline.executors.first_frame import DEFAULT_FIRST_FRAME_S, first_frame_limit_s
from synhead.pipeline.executors.local import ProcessExecutor
from synhead.pipeline.executors.ray_actors import RayExecutor
from tests.pipeline.fake_worker import DrawingFactory, tries


def drawing(folder):
    """GPU of each worker that began to draw, by process."""
    return {int(path.name.split("-")[1]): path.read_text() for path in folder.glob("drawing-*")}


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_worker_that_never_draws_is_killed_and_the_way_out_named(tmp_path):
    executor = ProcessExecutor(1, first_frame_s=6.0)
    started = time.monotonic()
    with pytest.raises(RendererError, match=r"drew no first frame within 6 s.*driver hangs.*issue 3444.*--workers 1"):
        list(executor.run([0, 1], DrawingFactory(tmp_path / "log", sleep_s=300.0)))
    assert 5.9 < time.monotonic() - started < 30.0
    assert not any(is_alive(pid) for pid in drawing(tmp_path))
    assert tries(tmp_path / "log") == []


def test_workers_that_draw_in_time_make_all_shards_on_all_gpus(tmp_path):
    executor = ProcessExecutor(4, gpus=("2", "5"), first_frame_s=60.0)
    results = list(executor.run(range(8), DrawingFactory(tmp_path / "log", sleep_s=0.2)))
    assert sorted(result.shard_index for result in results) == list(range(8))
    assert all(result.error is None for result in results)
    gpus = list(drawing(tmp_path).values())
    assert len(gpus) == 4
    assert sorted(gpus) == ["2", "2", "5", "5"]
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_nobody_watches_where_no_driver_can_hang(tmp_path):
    results = list(ProcessExecutor(1).run([0], DrawingFactory(tmp_path / "log", sleep_s=300.0)))
    assert results[0].error is None
    assert drawing(tmp_path) == {}


@pytest.mark.slow
def test_a_ray_actor_that_never_draws_is_killed_too(tmp_path):
    executor = RayExecutor(1, first_frame_s=3.0)
    with pytest.raises(RendererError, match=r"Ray actor \(process \d+\) drew no first frame within 3 s"):
        list(executor.run([0], DrawingFactory(tmp_path / "log", sleep_s=300.0)))
    executor = RayExecutor(1, first_frame_s=30.0)
    assert [r.error for r in executor.run([0, 1], DrawingFactory(tmp_path / "log"))] == [None, None]


@pytest.mark.parametrize(("text", "limit"), [(None, DEFAULT_FIRST_FRAME_S), ("30", 30.0), ("0.5", 0.5)])
def test_the_limit_can_be_set(text, limit):
    assert first_frame_limit_s({} if text is None else {"SYNHEAD_FIRST_FRAME_S": text}) == limit


@pytest.mark.parametrize("text", ["", "soon", "0", "-3", "nan"])
def test_a_limit_that_is_no_time_is_refused(text):
    with pytest.raises(ConfigError, match=r"SYNHEAD_FIRST_FRAME_S=.*positive"):
        first_frame_limit_s({"SYNHEAD_FIRST_FRAME_S": text})


@pytest.mark.parametrize(
    ("visible", "num_gpus", "names"), [(None, 1, []), (None, 3, ["0", "1", "2"]), ("7,4", 2, ["7", "4"])]
)
def test_names_of_gpus(monkeypatch, visible, num_gpus, names):
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert choose.gpu_names(num_gpus) == names
