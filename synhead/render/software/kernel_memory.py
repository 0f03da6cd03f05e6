"""How compiled loops touch memory: reads and writes of which the compiler knows that they do not meet.

numba cannot promise LLVM that an array which is only read lies apart from one that is written, so that a loop that
looks things up in tables (`table[index[i]]`) is never vectorised. These functions make that promise: memory reached by
`read` is not changed by any `write` while a kernel runs; what is changed is read by `load`. Values are the same either
way.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_untracked
from numba.np.arrayobj import make_array

from synhead.render.software.compiled import instruction

ROW = 16
"""Values of a row: 64 bytes, one cache line."""


def pointer_to(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Where an element of a C-ordered array lies, in the building of LLVM code."""
    data = make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def tag(instruction: Any, kind: str) -> Any:
    """Mark a load or store: "alias.scope" for what only `read` reaches, "noalias" for what is changed."""
    module = instruction.module
    # Scopes of a name are one scope, wherever they are met.
    domain = module.add_metadata(["synhead tables domain"])
    scope = module.add_metadata(["synhead tables", domain])
    instruction.set_metadata(kind, module.add_metadata([scope]))
    return instruction


@instruction
def read(typingctx: Any, array: Any, index: Any) -> Any:
    """`array.ravel()[index]` of a C-ordered array, without any test of the index."""
    signature = array.dtype(array, index)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = pointer_to(context, builder, signature.args[0], args[0], args[1])
        value = tag(builder.load(pointer), "alias.scope")
        return impl_ret_untracked(context, builder, signature.return_type, value)

    return signature, codegen


@instruction
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """As `read`, for memory that `write` changes."""
    signature = array.dtype(array, index)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = pointer_to(context, builder, signature.args[0], args[0], args[1])
        value = tag(builder.load(pointer), "noalias")
        return impl_ret_untracked(context, builder, signature.return_type, value)

    return signature, codegen


@instruction
def write(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """`array.ravel()[index] = value`, for a value of the array's own type."""
    signature = types.void(array, index, array.dtype)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = pointer_to(context, builder, signature.args[0], args[0], args[1])
        tag(builder.store(args[2], pointer), "noalias")
        return context.get_dummy_value()

    return signature, codegen


@instruction
def float_bits(typingctx: Any, value: Any) -> Any:
    """The bits of a float32 as an int32."""
    signature = types.int32(types.float32)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return signature, codegen


@instruction
def float_from_bits(typingctx: Any, value: Any) -> Any:
    """The float32 of an int32's bits."""
    signature = types.float32(types.int32)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return signature, codegen


@instruction
def keep_apart(typingctx: Any) -> Any:
    """Ask the compiler not to merge the calling function into others: merged loops are not made vectors any more."""
    signature = types.void()

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return signature, codegen


@instruction
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of an element of a C-ordered array that will be read soon."""
    signature = types.void(array, index)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        pointer = builder.bitcast(pointer_to(context, builder, signature.args[0], args[0], args[1]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # For reading, into all levels, data.
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return signature, codegen
