"""The command itself: errors are one paragraph and exit code 1, help is quick to load, doctor draws."""

import subprocess
import sys


def _synhead(*words):
    return subprocess.run(
        [sys.executable, "-m", "synhead", *map(str, words)], capture_output=True, text=True, check=False, timeout=200
    )


def test_an_error_is_one_paragraph_without_traceback(tmp_path):
    done = _synhead("render", "--models", tmp_path / "none", "--out", tmp_path / "set")
    assert done.returncode == 1
    assert done.stderr.startswith(f"synhead: {tmp_path / 'none'}: ")
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path):
    done = _synhead("--debug", "render", "--models", tmp_path / "none", "--out", tmp_path / "set")
    assert "Traceback" in done.stderr


def test_usage_errors_have_their_own_code():
    assert _synhead("render", "--no-such-flag").returncode == 2


def test_version_is_that_of_the_package():
    import synhead

    assert _synhead("--version").stdout.strip() == f"synhead {synhead.__version__}"


def test_doctor_draws_a_frame():
    done = _synhead("doctor")
    assert done.returncode == 0, done.stdout
    assert "gl frame" in done.stdout
    assert "hash" in done.stdout
