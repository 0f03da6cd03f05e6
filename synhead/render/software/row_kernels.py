"""Work on whole rows of values at once, spelled out as vector instructions: LLVM does not find it by itself.

All additions have a fixed order, and nothing is contracted: the values are the same on every processor.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types

from synhead.render.software import surface_tables
from synhead.render.software.compiled import instruction
from synhead.render.software.items import ORIGIN_X, ORIGIN_Y, PLANE_COLUMNS
from synhead.render.software.kernel_memory import ROW, pointer_to, tag

HALF_ROW = ROW // 2
NEAREST = 1e-6
"""1/w never falls below this: a pixel's centre may lie beside the triangle that covers its corner."""
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_UUVV = surface_tables.U
_SHARED, _CHANGED = "alias.scope", "noalias"
assert (PLANE_COLUMNS, ORIGIN_X, ORIGIN_Y) == (12, 9, 10), "mix_item takes the planes of a triangle as three times four"
assert (surface_tables.V, HALF_ROW) == (_UUVV + 2, _UUVV + 4), "(u, u, v, v) stands at the end of half a row"


def _vector(width: int) -> ir.VectorType:
    return ir.VectorType(_FLOAT, width)


def _pick(builder: Any, a: Any, b: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INT, len(order)), order))


def _spread(builder: Any, value: Any, width: int) -> Any:
    empty = ir.Constant(_vector(width), ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(_INT, 0))
    return _pick(builder, first, empty, [0] * width)


def _load(builder: Any, pointer: Any, width: int, kind: str) -> Any:
    return tag(builder.load(builder.bitcast(pointer, _vector(width).as_pointer()), align=4), kind)


def _store(builder: Any, vector: Any, pointer: Any) -> None:
    tag(builder.store(vector, builder.bitcast(pointer, vector.type.as_pointer()), align=4), _CHANGED)


def _offset(builder: Any, index: Any, factor: int, shift: int = 0) -> Any:
    return builder.add(builder.mul(index, ir.Constant(index.type, factor)), ir.Constant(index.type, shift))


@instruction
def mix_item(
    typingctx: Any,
    rows: Any,
    i0: Any,
    i1: Any,
    i2: Any,
    planes: Any,
    t: Any,
    x: Any,
    y: Any,
    mixed: Any,
    slopes: Any,
    at: Any,
) -> Any:
    """The perspective-correct row of a triangle's corners at a pixel, and how its (u, v) change from pixel to pixel.

    Args:
        rows: float32 [num_vertices, ROW]; i0, i1, i2: the corners, int64.
        planes: float32 [num_triangles, PLANE_COLUMNS]; t: the triangle, int64; x, y: the pixel, float32.
        mixed: float32 [n, ROW], row `at` written.
        slopes: float32 [n, 4], row `at` written: du/dx, du/dy, dv/dx, dv/dy.
    """
    signature = types.void(rows, i0, i1, i2, planes, t, types.float32, types.float32, mixed, slopes, at)
    return signature, _mixing(0, ROW)


@instruction
def mix_half_item(
    typingctx: Any,
    rows: Any,
    i0: Any,
    i1: Any,
    i2: Any,
    planes: Any,
    t: Any,
    x: Any,
    y: Any,
    mixed: Any,
    slopes: Any,
    at: Any,
) -> Any:
    """As `mix_item`, for the first half of a row."""
    signature = types.void(rows, i0, i1, i2, planes, t, types.float32, types.float32, mixed, slopes, at)
    return signature, _mixing(0, HALF_ROW)


def _mixing(first: int, width: int) -> Callable[..., Any]:
    """Code for `width` columns of the rows from `first` on, among which are (u, u, v, v)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, i0, i1, i2, planes, t, x, y, mixed, slopes, at = args

        def place(number: int, array: Any, index: Any) -> Any:
            return pointer_to(context, builder, signature.args[number], array, index)

        plane = [_load(builder, place(4, planes, _offset(builder, t, PLANE_COLUMNS, k)), 4, _SHARED) for k in (0, 4, 8)]
        a = _pick(builder, plane[0], plane[1], [0, 3, 6, 0])
        b = _pick(builder, plane[0], plane[1], [1, 4, 7, 1])
        c = _pick(builder, _pick(builder, plane[0], plane[1], [2, 5, 2, 2]), plane[2], [0, 1, 4, 0])
        lane = [ir.Constant(_INT, k) for k in range(4)]
        dx = _spread(builder, builder.fsub(x, builder.extract_element(plane[2], lane[1])), 4)
        dy = _spread(builder, builder.fsub(y, builder.extract_element(plane[2], lane[2])), 4)
        weights = builder.fadd(builder.fadd(builder.fmul(a, dx), builder.fmul(b, dy)), c)
        w0, w1, w2 = (builder.extract_element(weights, lane[k]) for k in range(3))
        total, least = builder.fadd(builder.fadd(w0, w1), w2), ir.Constant(_FLOAT, NEAREST)
        scale = builder.fdiv(
            ir.Constant(_FLOAT, 1.0), builder.select(builder.fcmp_ordered(">", total, least), total, least)
        )
        terms, corners = [], (i0, i1, i2)
        for index, weight in zip(corners, (w0, w1, w2), strict=True):
            row = _load(builder, place(0, rows, _offset(builder, index, ROW, first)), width, _SHARED)
            terms.append(builder.fmul(row, _spread(builder, builder.fmul(weight, scale), width)))
        mix = builder.fadd(builder.fadd(terms[0], terms[1]), terms[2])
        _store(builder, mix, place(8, mixed, _offset(builder, at, ROW, first)))
        # From the item's own (u, u, v, v), so that the change of 1/w drops out.
        own = _pick(builder, mix, mix, list(range(_UUVV - first, _UUVV - first + 4)))
        steps = []
        for k, index in enumerate(corners):
            uuvv = _load(builder, place(0, rows, _offset(builder, index, ROW, _UUVV)), 4, _SHARED)
            slope = _load(builder, place(4, planes, _offset(builder, t, PLANE_COLUMNS, 3 * k)), 2, _SHARED)
            steps.append(builder.fmul(builder.fsub(uuvv, own), _pick(builder, slope, slope, [0, 1, 0, 1])))
        slope = builder.fmul(builder.fadd(builder.fadd(steps[0], steps[1]), steps[2]), _spread(builder, scale, 4))
        _store(builder, slope, place(9, slopes, _offset(builder, at, 4)))
        return context.get_dummy_value()

    return codegen


@instruction
def columns_of_rows(typingctx: Any, mixed: Any, at: Any, work: Any, first_column: Any, stride: Any) -> Any:
    """Turn rows `at` to `at + ROW` of `mixed` [n, ROW] into ROW columns of `work`, from place `first_column + at`.

    Args:
        stride: distance of the columns, int64.
    """
    return types.void(mixed, at, work, first_column, stride), _turning(ROW)


@instruction
def columns_of_half_rows(typingctx: Any, mixed: Any, at: Any, work: Any, first_column: Any, stride: Any) -> Any:
    """As `columns_of_rows`, for the first HALF_ROW columns of as many rows."""
    return types.void(mixed, at, work, first_column, stride), _turning(HALF_ROW)


def _turning(size: int) -> Callable[..., Any]:
    """Code that turns `size` rows into as many columns."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mixed, at, work, first_column, stride = args
        values = []
        for k in range(size):
            pointer = pointer_to(context, builder, signature.args[0], mixed, _offset(builder, at, ROW, ROW * k))
            values.append(_load(builder, pointer, size, _CHANGED))
        step = size // 2
        while step:
            values = _exchange(builder, values, step)
            step //= 2
        place = builder.add(first_column, at)
        for k in range(size):
            _store(builder, values[k], pointer_to(context, builder, signature.args[2], work, place))
            place = builder.add(place, stride)
        return context.get_dummy_value()

    return codegen


def _exchange(builder: Any, values: list[Any], step: int) -> list[Any]:
    """One step of a transposition: swap the off-diagonal blocks of `step` by `step`."""
    size = len(values)
    low = [k if not k & step else size + (k - step) for k in range(size)]
    high = [k + step if not k & step else size + k for k in range(size)]
    result = list(values)
    for k in range(size):
        if not k & step:
            result[k] = _pick(builder, values[k], values[k + step], low)
            result[k + step] = _pick(builder, values[k], values[k + step], high)
    return result


@instruction
def mix_texels(
    typingctx: Any, texels: Any, shift: Any, places: Any, weights: Any, j: Any, stride: Any, out: Any
) -> Any:
    """`out[j]` [n, 4] = four pairs of packed texels (two rows of two levels) by weight, in bytes.

    Args:
        texels: int32, packed; shift: int32, added to all places; places: int32, four columns of pairs' first texels.
        weights: float32, for each level three columns: share of the right texel, of the upper row, of the lower row.
        j, stride: row, and distance of the columns, int64.
    """
    return types.void(texels, types.int32, places, weights, j, stride, out), _mixing_texels(2)


@instruction
def mix_finer_texels(
    typingctx: Any, texels: Any, shift: Any, places: Any, weights: Any, j: Any, stride: Any, out: Any
) -> Any:
    """As `mix_texels`, of the first level alone: the same where the second has no weight."""
    return types.void(texels, types.int32, places, weights, j, stride, out), _mixing_texels(1)


def _mixing_texels(levels: int) -> Callable[..., Any]:
    """Code for the texels of so many levels."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        texels, shift, places, weights, j, stride, out = args

        def column(number: int, array: Any, k: int) -> Any:
            index = builder.add(j, builder.mul(stride, ir.Constant(stride.type, k)))
            return tag(builder.load(pointer_to(context, builder, signature.args[number], array, index)), _CHANGED)

        def pair(k: int, weight: Any) -> Any:
            pointer = pointer_to(context, builder, signature.args[0], texels, builder.add(column(2, places, k), shift))
            bytes_ = builder.load(builder.bitcast(pointer, ir.VectorType(ir.IntType(8), 8).as_pointer()), align=4)
            values = builder.sitofp(builder.zext(tag(bytes_, _SHARED), ir.VectorType(_INT, 8)), _vector(8))
            return builder.fmul(values, _spread(builder, weight, 8))

        total = None
        for level in range(levels):
            right, upper, lower = (column(3, weights, 3 * level + k) for k in range(3))
            rows = builder.fadd(pair(2 * level, upper), pair(2 * level + 1, lower))
            left = builder.fsub(ir.Constant(_FLOAT, 1.0), right)
            sides = _pick(builder, _spread(builder, left, 4), _spread(builder, right, 4), [0, 1, 2, 3, 4, 5, 6, 7])
            term = builder.fmul(rows, sides)
            total = term if total is None else builder.fadd(total, term)
        halves = [_pick(builder, total, total, order) for order in ([0, 1, 2, 3], [4, 5, 6, 7])]
        place = pointer_to(context, builder, signature.args[6], out, _offset(builder, j, 4))
        _store(builder, builder.fadd(*halves), place)
        return context.get_dummy_value()

    return codegen


@instruction
def copy_four(typingctx: Any, source: Any, i: Any, out: Any, j: Any) -> Any:
    """`out[j] = source[i]` for rows of four int32."""
    signature = types.void(source, i, out, j)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, i, out, j = args
        vector = ir.VectorType(_INT, 4).as_pointer()
        place = pointer_to(context, builder, signature.args[0], source, _offset(builder, i, 4))
        values = tag(builder.load(builder.bitcast(place, vector), align=4), _SHARED)
        _store(builder, values, pointer_to(context, builder, signature.args[2], out, _offset(builder, j, 4)))
        return context.get_dummy_value()

    return signature, codegen


@instruction
def dot_rows(typingctx: Any, a: Any, i: Any, b: Any, j: Any) -> Any:
    """The sum of products of row `i` of `a` and row `j` of `b`, [n, ROW] float32 each, added up half by half."""
    signature = types.float32(a, i, b, j)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = []
        for number in (0, 2):
            place = pointer_to(
                context, builder, signature.args[number], args[number], _offset(builder, args[number + 1], ROW)
            )
            rows.append(_load(builder, place, ROW, _SHARED))
        total, width = builder.fmul(*rows), ROW
        while width > 1:
            width //= 2
            low = _pick(builder, total, total, list(range(width)))
            total = builder.fadd(low, _pick(builder, total, total, list(range(width, 2 * width))))
        return builder.extract_element(total, ir.Constant(_INT, 0))

    return signature, codegen
