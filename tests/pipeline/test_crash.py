"""Kill it anywhere: the same command again ends with the digest of an uninterrupted run."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from synhead.shards.manifest import read_manifest
from synhead.shards.verify import verify_dataset
from tests.pipeline.small_job import make_inputs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("inputs"), num_samples=400)


def _command(inputs, out, *more):
    where = ["--models", inputs / "heads", "--tracks", inputs / "tracks", "--backgrounds", inputs / "photos"]
    what = ["--out", out, "--size", "96", "--seed", "5", *more]
    return [sys.executable, "-m", "synhead", "render", *map(str, where), *map(str, what)]


def _run(inputs, out, *more):
    done = subprocess.run(_command(inputs, out, *more), capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    return re.search(r"digest ([0-9a-f]{64})", done.stdout)[1]


@pytest.fixture(scope="module")
def digest(inputs, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "set"
    digest = _run(inputs, out, "--workers", "1", "--executor", "local")
    assert read_manifest(out).digest == digest
    assert verify_dataset(out).ok
    return digest


@pytest.mark.parametrize("how", [("--workers", "2", "--executor", "local"), ("--workers", "2", "--executor", "ray")])
def test_workers_and_executor_change_nothing(inputs, digest, tmp_path, how):
    assert _run(inputs, tmp_path / "set", *how) == digest


def _start(inputs, out, *more):
    return subprocess.Popen(
        _command(inputs, out, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def _wait_for(condition, process, seconds=120):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and process.poll() is None:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen; exit code {process.poll()}")


def _writers(out, driver):
    """Worker processes with a shard of `out` open."""
    found = []
    for child in psutil.Process(driver.pid).children(recursive=True):
        try:
            if any(".h5.partial" in f.path for f in child.open_files()):
                found.append(child)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return found


@pytest.mark.parametrize("executor", ["local", "ray"])
def test_a_killed_worker(inputs, digest, tmp_path, executor):
    out = tmp_path / "set"
    process = _start(inputs, out, "--workers", "2", "--executor", executor)
    victim = _wait_for(lambda: _writers(out, process), process)[0]
    os.kill(victim.pid, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=280)
    assert process.returncode == 0, stderr
    assert digest in stdout
    assert verify_dataset(out).ok


@pytest.mark.parametrize("executor", ["local", "ray"])
def test_a_driver_killed_three_times(inputs, digest, tmp_path, executor):
    out = tmp_path / "set"
    rng = np.random.default_rng(11)
    num_killed = 0
    for _ in range(3):
        process = _start(inputs, out, "--workers", "2", "--executor", executor)
        try:
            _wait_for(lambda p=process: _writers(out, p), process)
            time.sleep(float(rng.uniform(0.0, 1.5)))
        except AssertionError:
            break  # it finished before it could be killed: the machine is fast, and two kills are enough
        num_killed += process.poll() is None
        process.kill()
        process.communicate()
        assert not (out / "manifest.json").exists() or process.returncode == 0
    assert num_killed >= 1
    assert _run(inputs, out, "--workers", "2", "--executor", executor) == digest
    assert not list((out / "shards").glob("*.partial"))
    assert verify_dataset(out).ok


def test_interrupting_says_how_to_go_on(inputs, digest, tmp_path):
    out = tmp_path / "set"
    process = _start(inputs, out, "--workers", "2", "--executor", "local")
    _wait_for(lambda: _writers(out, process), process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command again goes on" in stderr
    assert _run(inputs, out, "--workers", "2", "--executor", "local") == digest


def test_a_full_disk_is_said_and_survived(inputs, digest, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount a small file system here: {done.stderr.strip()}")
    try:
        full = subprocess.run(
            _command(inputs, mount / "set", "--workers", "2"), capture_output=True, text=True, check=False, timeout=280
        )
        assert full.returncode == 1
        assert "the disk is full" in full.stderr
        assert "Traceback" not in full.stderr
        assert not (mount / "set" / "manifest.json").exists()
        subprocess.run(["mount", "-o", "remount,size=200m", str(mount)], check=True)
        assert _run(inputs, mount / "set", "--workers", "2") == digest
    finally:
        subprocess.run(["umount", str(mount)], check=True)
