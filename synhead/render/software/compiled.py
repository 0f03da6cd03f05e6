"""How the loops of this engine are compiled: without the interpreter's lock, kept on disk from the first call on.

Nothing here may reorder a sum (no fast-math): the pictures are the same bytes on every machine.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

from numba import njit
from numba.extending import intrinsic


@cache
def _sources() -> str:
    """Digest of this package's modules."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def kernel(function: Callable[..., Any]) -> Any:
    """The function as machine code, made at its first call with each combination of types.

    It is kept on disk, or in this process where no folder for it can be written. It must stand at the top of its
    module: numba does not find closures over other compiled functions again.
    """
    return _compiled(function, forceinline=False)


def inlined(function: Callable[..., Any]) -> Any:
    """As `kernel`, for what is only called by kernels: part of each of its callers."""
    return _compiled(function, forceinline=True)


def instruction(function: Callable[..., Any]) -> Any:
    """A function that writes LLVM code itself (numba's `intrinsic`); its callers do not see the typing context."""
    return intrinsic(function)


def _compiled(function: Callable[..., Any], *, forceinline: bool) -> Any:
    # Under the shape checks of the tests functions come wrapped; numba needs the bare one.
    bare = unwrap(function)
    # On disk numba notices changes of a function's own file only, not of what it calls: the name says the rest.
    bare.__qualname__ = f"{bare.__qualname__}_{_sources()}"
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": forceinline}
    try:
        return njit(bare, cache=True, **settings)
    except RuntimeError:
        return njit(bare, **settings)
