"""Loops as machine code (numba), for what numpy can only do by walking through memory once for each operation.

A compiled function calls nothing of another module: numba's cache on disk notices changes of a function's own file
only. No fast-math: sums are taken as they are written, so that every machine finds the same bits.
"""

from collections.abc import Callable
from inspect import unwrap
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code, made at its first call and kept on disk; it lets other threads run meanwhile.

    Where no folder can be written for it (NUMBA_CACHE_DIR names another one), it is made anew in each process.
    """
    # Under the shape checks of the tests functions come wrapped; numba needs the bare one.
    bare = unwrap(function)
    try:
        return njit(bare, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:
        return njit(bare, nogil=True, error_model="numpy")
