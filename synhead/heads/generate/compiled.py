"""Formulas that run as machine code, one point after the other: numpy walks through memory once for every operation.

Sums are taken in the order in which they are written, so that the same head has the same bytes.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

import numba
import numpy as np
from jaxtyping import Float
from numba.extending import overload


@cache
def _sources() -> str:
    """Digest of every module here that is compiled or says how."""
    texts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(text for text in texts if b"compiled" in text)).hexdigest()[:12]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code for scalars, tuples and arrays, made at its first call and kept on disk, or in this
    process where no folder for it can be written."""
    # Under the shape checks of the tests functions come wrapped; numba needs the bare one.
    bare = unwrap(function)
    # On disk numba notices changes of a function's own file only, not of what it calls: the name says the rest.
    bare.__qualname__ = f"{bare.__qualname__}_{_sources()}"
    try:
        return numba.njit(bare, cache=True, error_model="numpy")
    except RuntimeError:
        return numba.njit(bare, error_model="numpy")


def also_compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is, for arrays; compiled functions may call it with scalars."""
    overload(function, strict=False, jit_options={"error_model": "numpy"})(lambda *_: unwrap(function))
    return function


def dense(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The same numbers as one writable block of doubles: each other layout would be compiled anew."""
    block = np.ascontiguousarray(values, dtype=np.float64)
    return block if block.flags.writeable else block.copy()
