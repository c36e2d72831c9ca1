"""Vectors of a fixed number of lanes as values in compiled code, each operation one of LLVM.

The compiler picks the registers (one of 512 bits, two of 256, four of 128), never the order of
the arithmetic: every host gives the same bits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import signature
from numba.extending import intrinsic, models, register_model, type_callable

from crossent.kernels import _llvm


class Vector(types.Type):
    """The type of a vector: its element and its number of lanes."""

    def __init__(self, element: Any, lanes: int) -> None:
        self.element, self.lanes = element, lanes
        super().__init__(f"{element}x{lanes}")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector is an LLVM vector."""

    def __init__(self, dmm: Any, fe_type: Vector) -> None:
        element = fe_type.element
        item = ir.IntType(1) if element is types.boolean else dmm.lookup(element).get_value_type()
        super().__init__(dmm, fe_type, ir.VectorType(item, fe_type.lanes))


def native(element: Any) -> Vector:
    """Return the vector that rows of an element are read in: 64 bytes."""
    return Vector(element, 64 * 8 // element.bitwidth)


def _float_operators() -> None:
    emit = {
        operator.add: lambda b, x, y: b.fadd(x, y),
        operator.sub: lambda b, x, y: b.fsub(x, y),
        operator.mul: lambda b, x, y: b.fmul(x, y),
        operator.truediv: lambda b, x, y: b.fdiv(x, y),
    }
    compare = {operator.lt: "<", operator.gt: ">", operator.le: "<=", operator.ge: ">=",
               operator.eq: "=="}  # fmt: skip
    for op, how in emit.items():
        _operator(op, how, None)
    for op, word in compare.items():
        _operator(op, _comparison(word), types.boolean)


def _comparison(word: str) -> Callable[..., Any]:
    def how(builder: Any, x: Any, y: Any) -> Any:
        if isinstance(x.type.element, ir.IntType):
            return builder.icmp_signed(word, x, y)
        return builder.fcmp_ordered(word, x, y)

    return how


def _operator(op: Any, how: Callable[..., Any], element: types.Type | None) -> None:
    """Teach the compiler an operator on two vectors, or a vector and a number."""

    def typer(context: Any) -> Any:
        def typed(x: Any, y: Any) -> Any:
            vector = x if isinstance(x, Vector) else y
            if not isinstance(vector, Vector):
                return None
            other = y if vector is x else x
            if other != vector and not isinstance(other, types.Number):
                return None
            return vector if element is None else Vector(element, vector.lanes)

        return typed

    type_callable(op)(typer)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = next(t for t in sig.args if isinstance(t, Vector))
        x, y = (
            _widened(context, builder, vector, t, v) for t, v in zip(sig.args, args, strict=True)
        )
        return how(builder, x, y)

    lower_builtin(op, Vector, Vector)(lower)
    lower_builtin(op, Vector, types.Number)(lower)
    lower_builtin(op, types.Number, Vector)(lower)


def _widened(context: Any, builder: Any, vector: Vector, given: types.Type, value: Any) -> Any:
    """Return a number in every lane; a vector as it is."""
    if isinstance(given, Vector):
        return value
    value = context.cast(builder, value, given, vector.element)
    return _llvm.splat(builder, value, vector.lanes)


_float_operators()


@intrinsic
def splat(typingctx: Any, value: Any, like: Any) -> Any:
    """Return a number in every lane of a vector like another, or of rows like a number."""
    vector = like if isinstance(like, Vector) else native(like)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _widened(context, builder, vector, sig.args[0], args[0])

    return signature(vector, value, like), codegen


@intrinsic
def fma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x y + z, rounded once."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y, z = (
            _widened(context, builder, sig.return_type, t, v)
            for t, v in zip(sig.args, args, strict=True)
        )
        return _llvm.fma(builder, x, y, z)

    vector = next(t for t in (x, y, z) if isinstance(t, Vector))
    return signature(vector, x, y, z), codegen


@intrinsic
def larger(typingctx: Any, x: Any, y: Any) -> Any:
    """Return the larger one in every lane; `y` where either is NaN."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return signature(x, x, x), codegen


@intrinsic
def smaller(typingctx: Any, x: Any, y: Any) -> Any:
    """Return the smaller one in every lane; `y` where either is NaN."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", *args), *args)

    return signature(x, x, x), codegen


@intrinsic
def choose(typingctx: Any, mask: Any, x: Any, y: Any) -> Any:
    """Return `x` in the lanes of a mask that are true and `y` in the others."""
    vector = x if isinstance(x, Vector) else y
    if not isinstance(vector, Vector):
        vector = Vector(types.float64, mask.lanes)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        one, other = (
            _widened(context, builder, vector, t, v)
            for t, v in zip(sig.args[1:], args[1:], strict=True)
        )
        return builder.select(args[0], one, other)

    return signature(vector, mask, x, y), codegen


@intrinsic
def magnitude(typingctx: Any, x: Any) -> Any:
    """Return x without its sign."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.call(builder, "llvm.fabs", args[0].type, *args)

    return signature(x, x), codegen


@intrinsic
def exp(typingctx: Any, x: Any) -> Any:
    """Return e to the power of x <= 0, within 1 ulp; 0 where it is no normal number."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.exp(builder, args[0], subnormal=False)

    return signature(x, x), codegen


@intrinsic
def exp_to_subnormal(typingctx: Any, x: Any) -> Any:
    """Return e to the power of x <= 0, also where that is subnormal."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.exp(builder, args[0], subnormal=True)

    return signature(x, x), codegen


@intrinsic
def normal(typingctx: Any, x: Any, exps: Any) -> Any:
    """Return what :func:`exp` gives for x, from what :func:`exp_to_subnormal` gave."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.without_subnormal(builder, *args)

    return signature(x, x, exps), codegen


@intrinsic
def log(typingctx: Any, x: Any) -> Any:
    """Return log(x) of a normal float64 x > 0, within 2 ulp."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.log(builder, args[0])

    return signature(x, x), codegen


@intrinsic
def log1p(typingctx: Any, x: Any) -> Any:
    """Return log(1 + x) of a float64 x >= 0, within 2.5 ulp."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.log1p(builder, args[0])

    return signature(x, x), codegen


@intrinsic
def wide(typingctx: Any, x: Any) -> Any:
    """Return a vector as float64."""
    vector = Vector(types.float64, x.lanes)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if x.element == types.float64:
            return args[0]
        return builder.fpext(args[0], context.get_value_type(vector))

    return signature(vector, x), codegen


@intrinsic
def narrow(typingctx: Any, x: Any, like: Any) -> Any:
    """Return a float64 vector in the element type of a number."""
    vector = Vector(like, x.lanes)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if like == types.float64:
            return args[0]
        return builder.fptrunc(args[0], context.get_value_type(vector))

    return signature(vector, x, like), codegen


def _fold(how: Callable[..., Any]) -> Any:
    """Make a function that folds the halves of a vector until one lane is left."""

    def typed(typingctx: Any, x: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _llvm.folded(builder, args[0], how)

        return signature(x.element, x), codegen

    return typed


add_lanes = intrinsic(_fold(lambda b, x, y: b.fadd(x, y)))
smallest_lane = intrinsic(_fold(lambda b, x, y: b.select(b.fcmp_ordered("<", x, y), x, y)))
largest_lane = intrinsic(_fold(lambda b, x, y: b.select(b.fcmp_ordered(">", x, y), x, y)))


@intrinsic
def any_lane(typingctx: Any, mask: Any) -> Any:
    """Return whether a lane of a mask is true."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(mask.lanes))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return signature(types.boolean, mask), codegen


@intrinsic
def count(typingctx: Any, mask: Any) -> Any:
    """Return how many lanes of a mask are true."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(mask.lanes))
        return builder.zext(builder.ctpop(bits), ir.IntType(64))

    return signature(types.int64, mask), codegen


@intrinsic
def lane(typingctx: Any, x: Any, index: Any) -> Any:
    """Return one lane of a vector."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_element(args[0], builder.trunc(args[1], ir.IntType(32)))

    return signature(x.element, x, types.intp), codegen


@intrinsic
def number(typingctx: Any, value: Any, like: Any) -> Any:
    """Return a number in the type of another."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.cast(builder, args[0], sig.args[0], like)

    return signature(like, value, like), codegen


@intrinsic
def lanes(typingctx: Any, like: Any) -> Any:
    """Return how many lanes a vector of rows of this type has."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(ir.IntType(64), native(like).lanes)

    return signature(types.intp, like), codegen


@intrinsic
def as_bits(typingctx: Any, x: Any) -> Any:
    """Return the bits of a float64 as an integer."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return signature(types.int64, types.float64), codegen


@intrinsic
def from_bits(typingctx: Any, bits: Any) -> Any:
    """Return the float64 of these bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return signature(types.float64, types.int64), codegen
