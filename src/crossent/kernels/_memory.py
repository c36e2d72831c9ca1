"""Vectors and numbers from and to memory.

Addresses are integers; a load or store needs no alignment beyond that of one element.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from crossent.kernels import _llvm
from crossent.kernels._vector import Vector, native


@intrinsic
def load(typingctx: Any, address: Any, like: Any) -> Any:
    """Return the vector at an address, of the element type of the number `like`."""
    vector = native(like)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.load(builder, args[0], context.get_value_type(vector))

    return signature(vector, types.intp, like), codegen


@intrinsic
def load_wide(typingctx: Any, address: Any, like: Any) -> Any:
    """Return as many float64 at an address as a vector of rows of type `like` has lanes."""
    vector = Vector(types.float64, native(like).lanes)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.load(builder, args[0], context.get_value_type(vector))

    return signature(vector, types.intp, like), codegen


@intrinsic
def store(typingctx: Any, address: Any, vector: Any) -> Any:
    """Write a vector to an address."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _llvm.store(builder, args[1], args[0])
        return context.get_dummy_value()

    return signature(types.none, types.intp, vector), codegen


@intrinsic
def load_some(typingctx: Any, address: Any, first: Any, stop: Any, skip: Any, fill: Any) -> Any:
    """Return elements `first` and on of the array at an address.

    Lanes of elements at `stop` and beyond, and of the element `skip`, hold `fill` and are not read.
    """
    vector = native(fill)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, first, stop, skip, fill = args
        inside = _llvm.lanes_below(builder, first, stop, vector.lanes)
        other = _llvm.lanes_but(builder, first, skip, vector.lanes)
        at = _llvm.element_address(builder, address, first, vector.element.bitwidth)
        return _llvm.masked_load(
            builder,
            at,
            builder.and_(inside, other),
            _llvm.splat(builder, fill, vector.lanes),
        )

    return signature(vector, types.intp, types.intp, types.intp, types.intp, fill), codegen


@intrinsic
def store_some(typingctx: Any, address: Any, first: Any, stop: Any, vector: Any) -> Any:
    """Write a vector to elements `first` and on of an array, but not at `stop` and beyond."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, first, stop, value = args
        inside = _llvm.lanes_below(builder, first, stop, vector.lanes)
        at = _llvm.element_address(builder, address, first, vector.element.bitwidth)
        _llvm.masked_store(builder, value, at, inside)
        return context.get_dummy_value()

    return signature(types.none, types.intp, types.intp, types.intp, vector), codegen


@intrinsic
def read(typingctx: Any, address: Any, like: Any) -> Any:
    """Return the number at an address, of the type of `like`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.load(builder, args[0], context.get_value_type(like))

    return signature(like, types.intp, like), codegen


@intrinsic
def write(typingctx: Any, address: Any, value: Any) -> Any:
    """Write a number to an address."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _llvm.store(builder, args[1], args[0])
        return context.get_dummy_value()

    return signature(types.none, types.intp, value), codegen


@intrinsic
def fetch(typingctx: Any, address: Any) -> Any:
    """Ask for a cache line that will be read soon; any address will do."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _llvm.prefetch(builder, args[0])
        return context.get_dummy_value()

    return signature(types.none, types.intp), codegen


@intrinsic(prefer_literal=True)
def room(typingctx: Any, size: Any) -> Any:
    """Return the address of so many bytes on the stack (a literal), which may hold anything."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # numba's own alloca_once fills with zeros, which costs LLVM seconds and every call a pass.
        with builder.goto_entry_block():
            space = builder.alloca(ir.ArrayType(ir.IntType(64), size.literal_value // 8))
        space.align = 64
        return builder.ptrtoint(space, ir.IntType(64))

    return signature(types.intp, size), codegen


@intrinsic
def rows_to_lanes(
    typingctx: Any, x: Any, step: Any, rows: Any, first: Any, stop: Any, to: Any, like: Any
) -> Any:
    """Write the classes from `first` on of some rows as vectors whose lanes are the rows.

    As many classes as a vector has lanes are written; those at `stop` and beyond hold -inf, lanes
    beyond `rows` repeat the last row.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, step, rows, first, stop, to, _ = args
        vector = native(like)
        kind = context.get_value_type(vector)
        low = ir.Constant(kind, [float("-inf")] * vector.lanes)
        inside = _llvm.lanes_below(builder, first, stop, vector.lanes)
        loaded = []
        for row in range(vector.lanes):
            at = _llvm.row_address(builder, x, step, row, rows)
            at = _llvm.element_address(builder, at, first, like.bitwidth)
            loaded.append(_llvm.masked_load(builder, at, inside, low))
        for index, value in enumerate(_llvm.transposed(builder, loaded)):
            _llvm.store(builder, value, builder.add(to, ir.Constant(to.type, 64 * index)))
        return context.get_dummy_value()

    return signature(types.none, *[types.intp] * 6, like), codegen


@intrinsic
def lanes_to_rows(
    typingctx: Any, source: Any, g: Any, step: Any, rows: Any, first: Any, stop: Any, like: Any
) -> Any:
    """Write vectors of classes, whose lanes are rows, to the rows at `g`: the way back."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, g, step, rows, first, stop, _ = args
        vector = native(like)
        kind = context.get_value_type(vector)
        loaded = [
            _llvm.load(builder, builder.add(source, ir.Constant(source.type, 64 * index)), kind)
            for index in range(vector.lanes)
        ]
        nothing = ir.Constant(stop.type, 0)
        for row, value in enumerate(_llvm.transposed(builder, loaded)):
            exists = builder.icmp_signed("<", ir.Constant(rows.type, row), rows)
            end = builder.select(exists, stop, nothing)
            inside = _llvm.lanes_below(builder, first, end, vector.lanes)
            at = _llvm.row_address(builder, g, step, row, rows)
            at = _llvm.element_address(builder, at, first, like.bitwidth)
            _llvm.masked_store(builder, value, at, inside)
        return context.get_dummy_value()

    return signature(types.none, *[types.intp] * 6, like), codegen
