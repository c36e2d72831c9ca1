"""Vectors and numbers from and to memory.

Addresses are integers; a load or store needs no alignment beyond that of one element.

Vectors are 64 bytes of the type in which elements are stored. Those of the functions whose names
end in `eight` are eight float64, in whichever float type they are stored: predictions, targets and
weights of different types meet in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from crossent.kernels import _llvm
from crossent.kernels._vector import Vector, native

EIGHT: Final = 8


def _pair(make: Callable[[bool], Any]) -> tuple[Any, Any]:
    """Return a function for whole vectors, and the same for eight float64."""
    return make(False), make(True)


def _stored(like: Any, eight: bool) -> Vector:
    """Return the vector in memory."""
    return Vector(like, EIGHT) if eight else native(like)


def _computed(like: Any, eight: bool) -> Vector:
    """Return the vector as it is computed with."""
    return Vector(types.float64, EIGHT) if eight else native(like)


def _widened(context: Any, builder: Any, x: Any, vector: Vector) -> Any:
    kind = context.get_value_type(vector)
    return x if x.type == kind else builder.fpext(x, kind)


def _narrowed(context: Any, builder: Any, x: Any, vector: Vector) -> Any:
    kind = context.get_value_type(vector)
    return x if x.type == kind else builder.fptrunc(x, kind)


@_pair
def _loads(eight: bool) -> Any:
    def load(typingctx: Any, address: Any, like: Any) -> Any:
        """Return the vector at an address, of the element type of the number `like`."""
        found = _computed(like, eight)

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            kind = context.get_value_type(_stored(like, eight))
            return _widened(context, builder, _llvm.load(builder, args[0], kind), found)

        return signature(found, types.intp, like), codegen

    return intrinsic(load)


load, load_eight = _loads


@intrinsic
def load_wide(typingctx: Any, address: Any, like: Any) -> Any:
    """Return as many float64 at an address as a vector of rows of type `like` has lanes."""
    vector = Vector(types.float64, native(like).lanes)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.load(builder, args[0], context.get_value_type(vector))

    return signature(vector, types.intp, like), codegen


@intrinsic
def load_float64(typingctx: Any, address: Any, like: Any) -> Any:
    """Return eight float64 at an address, whatever the type of rows is."""
    vector = Vector(types.float64, EIGHT)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.load(builder, args[0], context.get_value_type(vector))

    return signature(vector, types.intp, like), codegen


@intrinsic
def load_integers(typingctx: Any, address: Any, like: Any) -> Any:
    """Return small integers of 64 bits, as many as a vector of rows of type `like` has lanes."""
    vector = native(like)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        stored = _llvm.load(builder, args[0], ir.VectorType(_llvm.I64, vector.lanes))
        small = builder.trunc(stored, ir.VectorType(_llvm.I32, vector.lanes))
        return builder.sitofp(small, context.get_value_type(vector))

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
def load_some_eight(typingctx: Any, address: Any, first: Any, stop: Any, like: Any) -> Any:
    """Return elements `first` and on of an array; at `stop` and beyond 0, which is not read."""
    found = _computed(like, True)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address, first, stop, _ = args
        at = _llvm.element_address(builder, address, first, like.bitwidth)
        nothing = _llvm.constant(context.get_value_type(_stored(like, True)), 0.0)
        below = _llvm.lanes_below(builder, first, stop, EIGHT)
        read = _llvm.masked_load(builder, at, below, nothing)
        return _widened(context, builder, read, found)

    return signature(found, types.intp, types.intp, types.intp, like), codegen


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
def below(typingctx: Any, first: Any, stop: Any) -> Any:
    """Return which of the elements first, first + 1, ... of eight come before `stop`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _llvm.lanes_below(builder, args[0], args[1], EIGHT)

    return signature(Vector(types.boolean, EIGHT), types.intp, types.intp), codegen


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


@_pair
def _to_lanes(eight: bool) -> Any:
    def rows_to_lanes(
        typingctx: Any, x: Any, step: Any, rows: Any, first: Any, stop: Any, to: Any, like: Any
    ) -> Any:
        """Write the classes from `first` on of some rows as vectors whose lanes are the rows.

        As many classes as a vector has lanes are written; those at `stop` and beyond hold -inf, 0
        where vectors are of eight. Lanes beyond `rows` repeat the last row.
        """
        vector = _stored(like, eight)

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            x, step, rows, first, stop, to, _ = args
            fill = 0.0 if eight else float("-inf")
            beyond = _llvm.constant(context.get_value_type(vector), fill)
            inside = _llvm.lanes_below(builder, first, stop, vector.lanes)
            loaded = []
            for row in range(vector.lanes):
                at = _llvm.row_address(builder, x, step, row, rows)
                at = _llvm.element_address(builder, at, first, like.bitwidth)
                loaded.append(_llvm.masked_load(builder, at, inside, beyond))
            for index, value in enumerate(_llvm.transposed(builder, loaded)):
                at = builder.add(to, ir.Constant(to.type, 64 * index))
                wide = _widened(context, builder, value, _computed(like, eight))
                _llvm.store(builder, wide, at)
            return context.get_dummy_value()

        return signature(types.none, *[types.intp] * 6, like), codegen

    return intrinsic(rows_to_lanes)


rows_to_lanes, rows_to_eight = _to_lanes


@_pair
def _to_rows(eight: bool) -> Any:
    def lanes_to_rows(
        typingctx: Any, source: Any, g: Any, step: Any, rows: Any, first: Any, stop: Any, like: Any
    ) -> Any:
        """Write vectors of classes, whose lanes are rows, to the rows at `g`: the way back."""
        vector = _stored(like, eight)

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            source, g, step, rows, first, stop, _ = args
            kind = context.get_value_type(_computed(like, eight))
            loaded = []
            for index in range(vector.lanes):
                at = builder.add(source, ir.Constant(source.type, 64 * index))
                value = _llvm.load(builder, at, kind)
                loaded.append(_narrowed(context, builder, value, vector))
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

    return intrinsic(lanes_to_rows)


lanes_to_rows, eight_to_rows = _to_rows
