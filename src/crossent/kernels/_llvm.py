"""What the operations of :mod:`crossent.kernels._vector` are in LLVM's language.

exp(x) = 2^n e^r, n the integer nearest to x / ln 2 and |r| <= ln(2) / 2. e^r is 1 + r + r^2 q(r)
with q the polynomial through the values at Chebyshev's nodes, whose error is close to the least
possible one: at most 2^-26.5 and 2^-55.8 of e^r. Adding n to 1.5 * 2^23 leaves it in the last bits
of the sum, which need no conversion to an integer.

log(1 + u) = 2 atanh(s), s = u / (2 + u), up to u = sqrt(2) - 1; from there on log(2^k f) with f
between sqrt(1/2) and sqrt(2). atanh is its own series: |s| < 0.172.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from llvmlite import ir

I32, I64 = ir.IntType(32), ir.IntType(64)
F32, F64 = ir.FloatType(), ir.DoubleType()


class ExpTable(NamedTuple):
    """The numbers of exp in one precision."""

    integer: Any  # of the same width
    digits: int  # stored ones, below the exponent
    bias: int
    ln2: tuple[float, float]  # its nearest number and the rest
    terms: tuple[float, ...]  # of q
    lowest: float  # below this e^x is no normal number
    vanishing: float  # below this e^x is nearer to 0 than to any other number


EXP: Final = {
    F32: ExpTable(
        I32, 23, 127, (0.6931471824645996, -1.9046542121259336e-09),
        (0.5, 0.16666576266288757, 0.041666556149721146, 0.008363178931176662,
         0.0013926184037700295),
        -87.33654, -103.97208,
    ),
    F64: ExpTable(
        I64, 52, 1023, (0.6931471805599453, 2.3190468138462996e-17),
        (0.5000000000000001, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062,
         0.0013888888917213717, 0.00019841269863053618, 2.4801521295954376e-05,
         2.7557268459997064e-06, 2.7620088445409746e-07, 2.510038549551032e-08),
        -708.3964185322641, -745.1332191019412,
    ),
}  # fmt: skip
ATANH_TERMS: Final = tuple(1 / (2 * j + 3) for j in range(11))


def constant(like: Any, value: float | int) -> Any:
    """Return a number in every lane of a type like that of another value."""
    kind = like if isinstance(like, ir.Type) else like.type
    if not isinstance(kind, ir.VectorType):
        return ir.Constant(kind, value)
    return ir.Constant(kind, [value] * kind.count)


def as_integers(kind: Any, integer: Any) -> Any:
    """Return the type of integers beside a type of floats."""
    return ir.VectorType(integer, kind.count)


def splat(builder: Any, value: Any, lanes: int) -> Any:
    """Return a number in every lane."""
    kind = ir.VectorType(value.type, lanes)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(I32, 0))
    order = ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), order)


def pointer(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _alignment(kind: Any) -> int:
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return {F32: 4, F64: 8}[element] if element in (F32, F64) else int(element.width) // 8


def load(builder: Any, address: Any, kind: Any) -> Any:
    # Without a type, llvmlite asks for that of the pointer, which LLVM no longer has.
    return builder.load(pointer(builder, address, kind), align=_alignment(kind))


def store(builder: Any, value: Any, address: Any) -> None:
    builder.store(value, pointer(builder, address, value.type), align=_alignment(value.type))


def element_address(builder: Any, address: Any, index: Any, bits: int) -> Any:
    return builder.add(address, builder.mul(index, ir.Constant(I64, bits // 8)))


def lanes_below(builder: Any, first: Any, stop: Any, lanes: int) -> Any:
    """Return which of the elements first, first + 1, ... come before `stop`."""
    left = builder.sub(stop, first)
    all_of_them = ir.Constant(I64, lanes)
    left = builder.select(builder.icmp_signed("<", left, all_of_them), left, all_of_them)
    nothing = ir.Constant(I64, 0)
    left = builder.select(builder.icmp_signed(">", left, nothing), left, nothing)
    return builder.icmp_signed("<", *_lane_numbers(builder, left, lanes))


def lanes_but(builder: Any, first: Any, skip: Any, lanes: int) -> Any:
    """Return which of the elements first, first + 1, ... are not `skip`."""
    at = builder.sub(skip, first)
    # Taken as unsigned, what comes before the first lane is beyond the last one too.
    here = builder.icmp_unsigned("<", at, ir.Constant(I64, lanes))
    at = builder.select(here, at, ir.Constant(I64, lanes))
    return builder.icmp_signed("!=", *_lane_numbers(builder, at, lanes))


def _lane_numbers(builder: Any, value: Any, lanes: int) -> tuple[Any, Any]:
    """Return the numbers of the lanes and a small number in all of them."""
    numbers = ir.Constant(ir.VectorType(I32, lanes), list(range(lanes)))
    return numbers, splat(builder, builder.trunc(value, I32), lanes)


def row_address(builder: Any, x: Any, step: Any, row: int, rows: Any) -> Any:
    """Return the address of a row; of the last one where there are fewer rows."""
    number = ir.Constant(I64, row)
    last = builder.sub(rows, ir.Constant(I64, 1))
    number = builder.select(builder.icmp_signed("<", number, rows), number, last)
    return builder.add(x, builder.mul(number, step))


def transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of a square of vectors: halves, quarters, ... change places."""
    size = len(rows)
    by = size // 2
    while by:
        for i in range(size):
            if i & by:
                continue
            upper, lower = rows[i], rows[i + by]
            first = [k - by + size if k & by else k for k in range(size)]
            second = [k + size if k & by else k + by for k in range(size)]
            rows[i], rows[i + by] = (
                builder.shuffle_vector(upper, lower, ir.Constant(ir.VectorType(I32, size), order))
                for order in (first, second)
            )
        by //= 2
    return rows


def call(builder: Any, name: str, kind: Any, *args: Any) -> Any:
    """Call an intrinsic function of LLVM on vectors of one type."""
    element = "f32" if kind.element == F32 else "f64"
    function = builder.module.globals.get(full := f"{name}.v{kind.count}{element}")
    if function is None:
        wanted = ir.FunctionType(kind, [kind] * len(args))
        function = ir.Function(builder.module, wanted, full)
    return builder.call(function, args)


def fma(builder: Any, x: Any, y: Any, z: Any) -> Any:
    return call(builder, "llvm.fma", x.type, x, y, z)


def _masked(builder: Any, name: str, result: Any, kind: Any, args: list[Any]) -> Any:
    element = "f32" if kind.element == F32 else "f64"
    full = f"{name}.v{kind.count}{element}.p0"
    function = builder.module.globals.get(full)
    if function is None:
        wanted = ir.FunctionType(result, [a.type for a in args])
        function = ir.Function(builder.module, wanted, full)
    return builder.call(function, args)


def masked_load(builder: Any, address: Any, mask: Any, fill: Any) -> Any:
    align = ir.Constant(I32, _alignment(fill.type))
    args = [pointer(builder, address, fill.type), align, mask, fill]
    return _masked(builder, "llvm.masked.load", fill.type, fill.type, args)


def masked_store(builder: Any, value: Any, address: Any, mask: Any) -> None:
    align = ir.Constant(I32, _alignment(value.type))
    args = [value, pointer(builder, address, value.type), align, mask]
    _masked(builder, "llvm.masked.store", ir.VoidType(), value.type, args)


def prefetch(builder: Any, address: Any) -> None:
    """Read a cache line ahead, to be kept in every cache."""
    byte = ir.IntType(8).as_pointer()
    function = builder.module.globals.get("llvm.prefetch.p0")
    if function is None:
        wanted = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
        function = ir.Function(builder.module, wanted, "llvm.prefetch.p0")
    how = [ir.Constant(I32, word) for word in (0, 3, 1)]
    builder.call(function, [builder.inttoptr(address, byte), *how])


def folded(builder: Any, x: Any, how: Callable[..., Any]) -> Any:
    """Return one number: fold the upper half of the lanes onto the lower half until one is left."""
    while x.type.count > 1:
        half = x.type.count // 2
        order = [
            ir.Constant(ir.VectorType(I32, half), list(range(start, start + half)))
            for start in (0, half)
        ]
        nothing = ir.Constant(x.type, ir.Undefined)
        low, high = (builder.shuffle_vector(x, nothing, one) for one in order)
        x = how(builder, low, high)
    return builder.extract_element(x, ir.Constant(I32, 0))


def polynomial(builder: Any, x: Any, terms: tuple[float, ...]) -> Any:
    """Return terms[0] + terms[1] x + ... by Horner's rule."""
    value = constant(x, terms[-1])
    for term in reversed(terms[:-1]):
        value = fma(builder, value, x, constant(x, term))
    return value


def exp(builder: Any, x: Any, subnormal: bool) -> Any:
    """Return e^x for x <= 0 or NaN."""
    kind = x.type
    table = EXP[kind.element]
    integers = as_integers(kind, table.integer)
    magic = constant(x, 1.5 * 2.0**table.digits)
    sum_with_n = fma(builder, x, constant(x, 1 / math.log(2)), magic)
    n = builder.fsub(sum_with_n, magic)
    r = fma(builder, n, constant(x, -table.ln2[0]), x)
    r = fma(builder, n, constant(x, -table.ln2[1]), r)
    q = polynomial(builder, r, table.terms)
    one = constant(x, 1.0)
    value = fma(builder, fma(builder, q, r, one), r, one)
    bits = builder.bitcast(sum_with_n, integers)

    def power(exponent: Any) -> Any:
        biased = builder.add(exponent, constant(integers, table.bias))
        shifted = builder.shl(biased, constant(integers, table.digits))
        return builder.bitcast(shifted, kind)

    limit = table.vanishing if subnormal else table.lowest
    below = builder.fcmp_ordered("<", x, constant(x, limit))
    if subnormal:
        # 2^n in two factors, of which the second product alone rounds.
        zero_bits = builder.bitcast(magic, integers)
        n_whole = builder.sub(bits, zero_bits)
        # Halved with the magic number in it, which is positive: AVX2 has no other shift.
        by_one = constant(integers, 1)
        half = builder.sub(builder.lshr(bits, by_one), builder.lshr(zero_bits, by_one))
        value = builder.fmul(value, power(half))
        value = builder.fmul(value, power(builder.sub(n_whole, half)))
    else:
        value = builder.fmul(value, power(bits))
    return builder.select(below, constant(x, 0.0), value)


def without_subnormal(builder: Any, x: Any, exps: Any) -> Any:
    below = builder.fcmp_ordered("<", x, constant(x, EXP[x.type.element].lowest))
    return builder.select(below, constant(x, 0.0), exps)


def _bits64(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def _power_and_fraction(builder: Any, w: Any) -> tuple[Any, Any]:
    """Return k and f with w = 2^k f and f between sqrt(1/2) and sqrt(2), for normal w > 0."""
    integers = as_integers(w.type, I64)
    root = _bits64(math.sqrt(0.5))
    moved = builder.add(builder.bitcast(w, integers), constant(integers, _bits64(1.0) - root))
    k_biased = builder.lshr(moved, constant(integers, 52))
    magic = 1.5 * 2.0**52
    k_bits = builder.add(k_biased, constant(integers, _bits64(magic) - 1023))
    k = builder.fsub(builder.bitcast(k_bits, w.type), constant(w, magic))
    fraction_bits = builder.and_(moved, constant(integers, 2**52 - 1))
    return k, builder.bitcast(builder.add(fraction_bits, constant(integers, root)), w.type)


def _log_of_ratio(builder: Any, k: Any, above: Any, below: Any) -> Any:
    """Return k log 2 + log((below + above) / (below - above))."""
    s = builder.fdiv(above, below)
    z = builder.fmul(s, s)
    twice = builder.fadd(s, s)
    series = builder.fmul(z, polynomial(builder, z, ATANH_TERMS))
    hi, lo = EXP[F64].ln2
    value = fma(builder, twice, series, twice)
    value = fma(builder, k, constant(s, lo), value)
    return fma(builder, k, constant(s, hi), value)


def log(builder: Any, w: Any) -> Any:
    """Return log(w) for normal float64 w > 0, or NaN."""
    one = constant(w, 1.0)
    k, f = _power_and_fraction(builder, w)
    value = _log_of_ratio(builder, k, builder.fsub(f, one), builder.fadd(f, one))
    return builder.fadd(value, builder.fsub(w, w))  # NaN stays NaN


def log1p(builder: Any, u: Any) -> Any:
    """Return log(1 + u) for float64 u >= 0, finite or NaN."""
    one = constant(u, 1.0)
    w = builder.fadd(u, one)
    k, f = _power_and_fraction(builder, w)
    small = builder.fcmp_ordered("<", u, constant(u, math.sqrt(2) - 1))
    k = builder.select(small, constant(u, 0.0), k)
    above = builder.select(small, u, builder.fsub(f, one))
    below = builder.fadd(builder.select(small, w, f), one)
    value = _log_of_ratio(builder, k, above, below)
    return builder.fadd(value, builder.fsub(u, u))  # NaN stays NaN
