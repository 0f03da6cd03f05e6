"""Compiling loops: with and without a folder for the cache, under the shape checks, after a callee changed."""

import functools
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from synhead import compiled as module
from synhead.compiled import compiled, dense


def test_a_wrapped_function_is_compiled_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    def double(x):
        return 2 * x

    @functools.wraps(double)
    def checked(x):
        raise AssertionError("the wrapper was compiled")

    assert compiled(checked)(4.0) == 8.0
    # Where numba finds no folder to write to, nothing is kept and the answer is the same.
    njit = numba.njit

    def nowhere(function, *, cache: bool = False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(function, **options)

    monkeypatch.setattr(module, "njit", nowhere)
    assert compiled(checked)(5.0) == 10.0


def test_one_layout_reaches_compiled_code() -> None:
    turned = np.broadcast_to(np.arange(3.0), (4, 3)).T
    block = dense(turned)
    assert block.flags.writeable
    assert block.flags.c_contiguous
    np.testing.assert_array_equal(block, turned)


def test_a_change_in_another_module_of_the_folder_compiles_its_callers_anew(tmp_path: Path) -> None:
    (tmp_path / "callee.py").write_text(_MODULE.format(imports="", name="factor", value="2.0"))
    (tmp_path / "caller.py").write_text(
        _MODULE.format(imports="from callee import factor", name="twice", value="factor()")
    )
    assert _run(tmp_path) == "2.0"
    (tmp_path / "callee.py").write_text(_MODULE.format(imports="", name="factor", value="3.0"))
    assert _run(tmp_path) == "3.0"


_MODULE = """from synhead.compiled import compiled
{imports}


@compiled
def {name}():
    return {value}
"""


def _run(folder: Path) -> str:
    program = "from caller import twice; print(twice())"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
