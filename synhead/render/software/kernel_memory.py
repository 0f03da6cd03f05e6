"""How compiled loops touch memory: reads and writes that the compiler may reorder, and rows of sixteen values at once.

numba cannot promise LLVM that an array which is only read lies apart from one that is written, so that a loop that
looks things up in tables (`table[index[i]]`) is never vectorised. These functions make that promise: memory reached by
`read` is not changed by any `write` while a kernel runs; what is changed is read by `load`. Values are the same either
way.
"""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.imputils import impl_ret_untracked
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

ROW = 16
"""Values of a row: 64 bytes, one cache line."""


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _tag(instruction: Any, kind: str) -> Any:
    module = instruction.module if hasattr(instruction, "module") else instruction.parent.parent.module
    # Scopes of a name are one scope, wherever they are met.
    domain = module.add_metadata(["synhead tables domain"])
    scope = module.add_metadata(["synhead tables", domain])
    instruction.set_metadata(kind, module.add_metadata([scope]))
    return instruction


@intrinsic
def read(typingctx: Any, array: Any, index: Any) -> Any:
    """`array.ravel()[index]` of a C-ordered array, without any test of the index."""
    signature = array.dtype(array, index)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        value = _tag(builder.load(pointer), "alias.scope")
        return impl_ret_untracked(context, builder, signature.return_type, value)

    return signature, codegen


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """As `read`, for memory that `write` changes."""
    signature = array.dtype(array, index)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        value = _tag(builder.load(pointer), "noalias")
        return impl_ret_untracked(context, builder, signature.return_type, value)

    return signature, codegen


@intrinsic
def write(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """`array.ravel()[index] = value`, for a value of the array's own type."""
    signature = types.void(array, index, array.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        _tag(builder.store(args[2], pointer), "noalias")
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def float_bits(typingctx: Any, value: Any) -> Any:
    """The bits of a float32 as an int32."""
    signature = types.int32(types.float32)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return signature, codegen


@intrinsic
def float_from_bits(typingctx: Any, value: Any) -> Any:
    """The float32 of an int32's bits."""
    signature = types.float32(types.int32)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return signature, codegen


@intrinsic
def write_mixed_row(
    typingctx: Any, rows: Any, i0: Any, i1: Any, i2: Any, w0: Any, w1: Any, w2: Any, out: Any, at: Any
) -> Any:
    """`out[at] = w0 rows[i0] + w1 rows[i1] + w2 rows[i2]` for rows of `ROW` float32, in this order of additions."""
    signature = types.void(rows, i0, i1, i2, types.float32, types.float32, types.float32, out, at)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, i0, i1, i2, w0, w1, w2, out, at = args
        vector = ir.VectorType(ir.FloatType(), ROW)

        def pointer(array_type: Any, array: Any, index: Any) -> Any:
            first = builder.mul(index, ir.Constant(index.type, ROW))
            return builder.bitcast(_pointer(context, builder, array_type, array, first), vector.as_pointer())

        def spread(value: Any) -> Any:
            one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
            order = ir.Constant(ir.VectorType(ir.IntType(32), ROW), [0] * ROW)
            return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), order)

        terms = []
        for index, weight in ((i0, w0), (i1, w1), (i2, w2)):
            row = _tag(builder.load(pointer(signature.args[0], rows, index), align=4), "alias.scope")
            terms.append(builder.fmul(row, spread(weight)))
        mixed = builder.fadd(builder.fadd(terms[0], terms[1]), terms[2])
        _tag(builder.store(mixed, pointer(signature.args[7], out, at), align=4), "noalias")
        return context.get_dummy_value()

    return signature, codegen
