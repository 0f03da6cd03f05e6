"""How the loops of this engine are compiled (synhead/compiled.py): the same bytes on every machine."""

from collections.abc import Callable
from typing import Any

from numba.extending import intrinsic

from synhead.compiled import compiled


def kernel(function: Callable[..., Any]) -> Any:
    """A pass over the picture, called from Python."""
    return compiled(function)


def inlined(function: Callable[..., Any]) -> Any:
    """For what only kernels call: part of each of its callers."""
    return compiled(function, forceinline=True)


def instruction(function: Callable[..., Any]) -> Any:
    """A function that writes LLVM code itself (numba's `intrinsic`); its callers do not see the typing context."""
    return intrinsic(function)
