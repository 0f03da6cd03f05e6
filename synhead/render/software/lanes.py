"""Sixteen samples at once: the inside test, the depth test, and what they write.

The samples of a frame are stored in blocks of sixteen, one cache line: 2 x 2 pixels of four samples, or 4 x 4 pixels
of one. Each loop below runs over one block; all numbers of lanes are known when it is compiled, so that it becomes a
dozen vector instructions. Everything is int32: whole numbers give the same answer for both triangles at an edge, which
is what lets no sample of a closed surface be missed or hit twice.

Four samples lie on a rotated grid, at sixteenths (6, 2), (14, 6), (2, 10), (10, 14) of a pixel: the standard places of
Direct3D and most drivers. One sample lies in the middle.
"""

from typing import Any

import numpy as np
from numba.core import types
from numba.np.arrayobj import make_array

from synhead.render.software.compiled import inlined, instruction

LANES = 16
EMPTY = np.int32(2**31 - 1)
"""Key of a sample that nothing covers."""

_I = np.int32


@instruction
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """`array[index]` of a one-dimensional C-ordered array. numba's own indexing allows for negative numbers, and what
    that costs keeps a loop from becoming vector instructions: ten times slower here."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.gep(make_array(signature.args[0])(context, builder, args[0]).data, [args[1]]))

    return array.dtype(array, index), codegen


@instruction
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """`array[index] = value`, as `load`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], builder.gep(make_array(signature.args[0])(context, builder, args[0]).data, [args[1]]))
        return context.get_dummy_value()

    return types.void(array, index, array.dtype), codegen


@inlined
def keep_nearest_4(keys, base, e0, e1, e2, z, a0, b0, a1, b1, a2, b2, za, zb, keep, row):
    """Give samples of the block at `base` that lie inside three edges to a triangle, where it is nearer.

    Args:
        keys: int32, depth in the high bits, number of the triangle in the low ones.
        e0, e1, e2, z: edge functions and depth at the block's corner.
        a0 .. b2, za, zb: how they change for each 1/256 pixel in x and y.
        keep: mask of the depth bits.
        row: number of the triangle.
    """
    for lane in range(LANES):
        s = lane & 3
        x = _I(((lane >> 2) & 1) * 256 + 96 + 128 * (s & 1) - 64 * (s >> 1))
        y = _I((lane >> 3) * 256 + 32 + 64 * s)
        f0 = _I(e0 + _I(_I(a0 * x) + _I(b0 * y)))
        f1 = _I(e1 + _I(_I(a1 * x) + _I(b1 * y)))
        f2 = _I(e2 + _I(_I(a2 * x) + _I(b2 * y)))
        key = _I((_I(z + _I(_I(za * x) + _I(zb * y))) & keep) | row)
        old = load(keys, base + lane)
        store(keys, base + lane, key if (_I(f0 | f1 | f2) >= 0) & (key < old) else old)


@inlined
def keep_nearest_1(keys, base, e0, e1, e2, z, a0, b0, a1, b1, a2, b2, za, zb, keep, row):
    """`keep_nearest_4` for one sample a pixel."""
    for lane in range(LANES):
        x = _I((lane & 3) * 256 + 128)
        y = _I((lane >> 2) * 256 + 128)
        f0 = _I(e0 + _I(_I(a0 * x) + _I(b0 * y)))
        f1 = _I(e1 + _I(_I(a1 * x) + _I(b1 * y)))
        f2 = _I(e2 + _I(_I(a2 * x) + _I(b2 * y)))
        key = _I((_I(z + _I(_I(za * x) + _I(zb * y))) & keep) | row)
        old = load(keys, base + lane)
        store(keys, base + lane, key if (_I(f0 | f1 | f2) >= 0) & (key < old) else old)


@inlined
def visible_4(keys, base, e0, e1, e2, z, a0, b0, a1, b1, a2, b2, za, zb, keep, row):
    """Bits of the samples that `keep_nearest_4` would write."""
    found = _I(0)
    for lane in range(LANES):
        s = lane & 3
        x = _I(((lane >> 2) & 1) * 256 + 96 + 128 * (s & 1) - 64 * (s >> 1))
        y = _I((lane >> 3) * 256 + 32 + 64 * s)
        f0 = _I(e0 + _I(_I(a0 * x) + _I(b0 * y)))
        f1 = _I(e1 + _I(_I(a1 * x) + _I(b1 * y)))
        f2 = _I(e2 + _I(_I(a2 * x) + _I(b2 * y)))
        key = _I((_I(z + _I(_I(za * x) + _I(zb * y))) & keep) | row)
        seen = (_I(f0 | f1 | f2) >= 0) & (key < load(keys, base + lane))
        found = _I(found | (_I(1 << lane) if seen else _I(0)))
    return found


@inlined
def visible_1(keys, base, e0, e1, e2, z, a0, b0, a1, b1, a2, b2, za, zb, keep, row):
    """Bits of the samples that `keep_nearest_1` would write."""
    found = _I(0)
    for lane in range(LANES):
        x = _I((lane & 3) * 256 + 128)
        y = _I((lane >> 2) * 256 + 128)
        f0 = _I(e0 + _I(_I(a0 * x) + _I(b0 * y)))
        f1 = _I(e1 + _I(_I(a1 * x) + _I(b1 * y)))
        f2 = _I(e2 + _I(_I(a2 * x) + _I(b2 * y)))
        key = _I((_I(z + _I(_I(za * x) + _I(zb * y))) & keep) | row)
        seen = (_I(f0 | f1 | f2) >= 0) & (key < load(keys, base + lane))
        found = _I(found | (_I(1 << lane) if seen else _I(0)))
    return found


@inlined
def sample_x(lane, samples):
    """Where a sample lies in its block, in 1/256 pixel."""
    if samples == 4:
        return ((lane >> 2) & 1) * 256 + 96 + 128 * (lane & 1) - 64 * ((lane & 3) >> 1)
    return (lane & 3) * 256 + 128


@inlined
def sample_y(lane, samples):
    """As `sample_x`, downwards."""
    if samples == 4:
        return (lane >> 3) * 256 + 32 + 64 * (lane & 3)
    return (lane >> 2) * 256 + 128


@inlined
def visible_wide(keys, base, e0, e1, e2, z, a0, b0, a1, b1, a2, b2, za, zb, keep, row, samples, change):
    """`visible_4` or `visible_1` where edge functions need 64 bits; writes the keys as well if `change`."""
    found = _I(0)
    for lane in range(LANES):
        x, y = sample_x(lane, samples), sample_y(lane, samples)
        if ((e0 + a0 * x + b0 * y) | (e1 + a1 * x + b1 * y) | (e2 + a2 * x + b2 * y)) < 0:
            continue
        key = _I(_I(_I(z + za * x + zb * y) & keep) | row)
        if key < keys[base + lane]:
            found = _I(found | _I(1 << lane))
            if change:
                keys[base + lane] = key
    return found
