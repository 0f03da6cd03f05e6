"""Importing the package and asking for help stay light."""

import subprocess
import sys

import pytest

HEAVY = ["torch", "ray", "moderngl", "pyrender", "OpenGL", "h5py", "trimesh", "matplotlib", "scipy"]


def _loaded(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import synhead", "import synhead.cli.app"])
def test_nothing_heavy_is_imported(statement):
    assert _loaded(statement) == set()


def test_the_check_can_fail():
    assert _loaded("import h5py") == {"h5py"}
