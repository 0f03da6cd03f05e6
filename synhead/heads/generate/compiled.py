"""Formulas that run as machine code, one point after the other: numpy walks through memory once for every operation.

What is compiled stays beside the formula that it belongs to and calls nothing of another module: numba's cache on disk
notices changes of a function's own file only. Sums are taken in the order in which they are written, so that the same
head has the same bytes.
"""

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import numba
import numpy as np
from jaxtyping import Float


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code, made at its first call and kept on disk, or in this process where no folder for
    it can be written."""
    # Under the shape checks of the tests functions come wrapped; numba needs the bare one.
    bare = unwrap(function)
    try:
        return numba.njit(bare, cache=True)
    except RuntimeError:
        return numba.njit(bare)


def dense(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The same numbers as one writable block of doubles: each other layout would be compiled anew."""
    block = np.ascontiguousarray(values, dtype=np.float64)
    return block if block.flags.writeable else block.copy()
