import os
import resource
import signal
import subprocess
import sys

import pytest

from synhead.atomic import write_atomic
from synhead.errors import OutputError


def test_replaces_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, "alpha é")
    write_atomic(path, b"beta")
    assert path.read_bytes() == b"beta"
    assert os.listdir(tmp_path) == ["a.json"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere does not exist"):
        write_atomic(tmp_path / "nowhere" / "a.json", "x")


def test_a_failed_write_keeps_the_old_content(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match="ulimit -f"):
            write_atomic(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_killed_between_any_two_writes_the_file_is_whole(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, "0" * 100_000)
    code = (
        "import sys, pathlib\n"
        "from synhead.atomic import write_atomic\n"
        "i = 0\n"
        "while True:\n"
        "    i += 1\n"
        "    write_atomic(pathlib.Path(sys.argv[1]), str(i % 10) * 100_000)\n"
        "    print(i, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
        for _ in range(5):
            process.stdout.readline()
        process.kill()
    content = path.read_text()
    assert len(content) == 100_000
    assert len(set(content)) == 1


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
