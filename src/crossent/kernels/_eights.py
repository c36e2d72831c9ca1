"""Eight numbers at a time, as float64, in whichever float type they are stored.

Probabilities, targets and weights of different types meet in such vectors, and the arithmetic on
them does not depend on the types.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from crossent.kernels import _llvm
from crossent.kernels._vector import Vector

EIGHT: Final = 8
WIDE: Final = Vector(types.float64, EIGHT)


def _stored(context: Any, like: Any) -> Any:
    return ir.VectorType(context.get_value_type(like), EIGHT)


def _widened(builder: Any, x: Any) -> Any:
    return x if x.type.element == _llvm.F64 else builder.fpext(x, ir.VectorType(_llvm.F64, EIGHT))


def _narrowed(builder: Any, x: Any, kind: Any) -> Any:
    return x if kind.element == _llvm.F64 else builder.fptrunc(x, kind)


@intrinsic
def load(typingctx: Any, address: Any, like: Any) -> Any:
    """Return the numbers at an address, which are of the type of `like`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _widened(builder, _llvm.load(builder, args[0], _stored(context, like)))

    return signature(WIDE, types.intp, like), codegen


@intrinsic
def load_some(typingctx: Any, address: Any, first: Any, stop: Any, like: Any) -> Any:
    """Return elements `first` and on of an array; at `stop` and beyond 0, which is not read."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, first, stop, _ = args
        at = _llvm.element_address(builder, address, first, like.bitwidth)
        nothing = _llvm.constant(_stored(context, like), 0.0)
        below = _llvm.lanes_below(builder, first, stop, EIGHT)
        return _widened(builder, _llvm.masked_load(builder, at, below, nothing))

    return signature(WIDE, types.intp, types.intp, types.intp, like), codegen


@intrinsic
def store(typingctx: Any, address: Any, x: Any, like: Any) -> Any:
    """Write numbers to an address, each rounded to the type of `like`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _llvm.store(builder, _narrowed(builder, args[1], _stored(context, like)), args[0])
        return context.get_dummy_value()

    return signature(types.none, types.intp, WIDE, like), codegen


@intrinsic
def store_some(typingctx: Any, address: Any, first: Any, stop: Any, x: Any, like: Any) -> Any:
    """Write numbers to elements `first` and on of an array, but not at `stop` and beyond."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, first, stop, x, _ = args
        at = _llvm.element_address(builder, address, first, like.bitwidth)
        below = _llvm.lanes_below(builder, first, stop, EIGHT)
        _llvm.masked_store(builder, _narrowed(builder, x, _stored(context, like)), at, below)
        return context.get_dummy_value()

    return signature(types.none, types.intp, types.intp, types.intp, WIDE, like), codegen


@intrinsic
def below(typingctx: Any, first: Any, stop: Any) -> Any:
    """Return which of the elements first, first + 1, ... come before `stop`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first, stop = args
        return _llvm.lanes_below(builder, first, stop, EIGHT)

    return signature(Vector(types.boolean, EIGHT), types.intp, types.intp), codegen


@intrinsic
def rows_to_lanes(
    typingctx: Any, x: Any, step: Any, rows: Any, first: Any, stop: Any, to: Any, like: Any
) -> Any:
    """Write eight classes, from `first` on, of some rows as vectors whose lanes are the rows.

    Classes at `stop` and beyond are 0, lanes beyond `rows` repeat the last row.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, step, rows, first, stop, to, _ = args
        nothing = _llvm.constant(_stored(context, like), 0.0)
        inside = _llvm.lanes_below(builder, first, stop, EIGHT)
        loaded = []
        for row in range(EIGHT):
            at = _llvm.row_address(builder, x, step, row, rows)
            at = _llvm.element_address(builder, at, first, like.bitwidth)
            loaded.append(_llvm.masked_load(builder, at, inside, nothing))
        for index, value in enumerate(_llvm.transposed(builder, loaded)):
            at = builder.add(to, ir.Constant(to.type, 64 * index))
            _llvm.store(builder, _widened(builder, value), at)
        return context.get_dummy_value()

    return signature(types.none, *[types.intp] * 6, like), codegen


@intrinsic
def lanes_to_rows(
    typingctx: Any, source: Any, g: Any, step: Any, rows: Any, first: Any, stop: Any, like: Any
) -> Any:
    """Write vectors of classes, whose lanes are rows, to the rows at `g`: the way back."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, g, step, rows, first, stop, _ = args
        kind = _stored(context, like)
        loaded = []
        for index in range(EIGHT):
            at = builder.add(source, ir.Constant(source.type, 64 * index))
            value = _llvm.load(builder, at, ir.VectorType(_llvm.F64, EIGHT))
            loaded.append(_narrowed(builder, value, kind))
        for row, value in enumerate(_llvm.transposed(builder, loaded)):
            exists = builder.icmp_signed("<", ir.Constant(rows.type, row), rows)
            end = builder.select(exists, stop, ir.Constant(stop.type, 0))
            inside = _llvm.lanes_below(builder, first, end, EIGHT)
            at = _llvm.row_address(builder, g, step, row, rows)
            at = _llvm.element_address(builder, at, first, like.bitwidth)
            _llvm.masked_store(builder, value, at, inside)
        return context.get_dummy_value()

    return signature(types.none, *[types.intp] * 6, like), codegen
