"""Loops as machine code (numba), for what numpy can only do by walking through memory once for each operation.

A compiled function calls compiled functions of its own folder only. No fast-math: sums are taken as they are written,
so that every machine finds the same bits.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numba import njit
from numba.extending import overload


@cache
def _sources(folder: Path) -> str:
    """Digest of every module of a folder that is compiled or says how."""
    texts = [path.read_bytes() for path in (Path(__file__), *sorted(folder.glob("*.py")))]
    return hashlib.sha256(b"".join(text for text in texts if b"compiled" in text)).hexdigest()[:12]


def compiled(function: Callable[..., Any], *, forceinline: bool = False) -> Any:
    """The function as machine code, made at its first call with each combination of types; it lets other threads run.

    It is kept on disk, or in this process where no folder for it can be written (NUMBA_CACHE_DIR names another one). It
    must stand at the top of its module: numba does not find closures over other compiled functions again.

    Args:
        forceinline: for what only compiled functions call: part of each of its callers.
    """
    # Under the shape checks of the tests functions come wrapped; numba needs the bare one.
    bare = unwrap(function)
    # On disk numba notices changes of a function's own file only, not of what it calls: the name says the rest.
    bare.__qualname__ = f"{bare.__qualname__}_{_sources(Path(bare.__code__.co_filename).parent)}"
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": forceinline}
    try:
        return njit(bare, cache=True, **settings)
    except RuntimeError:
        return njit(bare, **settings)


def also_compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is, for arrays; compiled functions may call it with scalars."""
    overload(function, strict=False, jit_options={"error_model": "numpy"})(lambda *_: unwrap(function))
    return function


def dense(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The same numbers as one writable block of doubles: each other layout would be compiled anew."""
    block = np.ascontiguousarray(values, dtype=np.float64)
    return block if block.flags.writeable else block.copy()
