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


def test_doctor_names_pictures_that_cannot_be_read(tmp_path):
    from PIL import Image

    Image.new("RGB", (80, 80), (9, 99, 199)).save(tmp_path / "good.png")
    (tmp_path / "broken[1].jpg").write_text("no picture")
    done = _synhead("doctor", "--backgrounds", tmp_path)
    said = " ".join(done.stdout.split())
    assert "1 cannot be read" in said
    assert "broken[1].jpg" in said.replace(" ", "")
    assert done.returncode == 0, "one bad picture stops no run"
    (tmp_path / "good.png").unlink()
    assert _synhead("doctor", "--backgrounds", tmp_path).returncode == 1
