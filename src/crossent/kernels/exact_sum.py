"""Exact sums: the integer of :mod:`crossent.core.exact_totals`, gathered while terms are cached.

A total is an array of 32-bit digits, each in a signed word of 64 bits that has room for carries,
and one word more for the float64 that is nearest to it.
Up to 256 terms are first added up by error-free extraction (Rump, Ogita, Oishi, "Accurate
floating-point summation", 2008): with a = 1.5 * 2^K, (a + t) - a is t rounded to a multiple of
2^(K-52), so that the sum of these parts is exact, and what is left of every term is exact too.
Three times over that is all of a term unless terms differ by more than about 100 binary orders of
magnitude; such terms are added to the digits one by one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part

DIGITS: Final = 71  # words of a total
SIGN: Final = DIGITS - 2  # the last digit, 0 or -1 in a total that has been carried
TERMS: Final = 256
NAN, POSINF, NEGINF = 0, 8, 16  # where an array of counts holds them, in bytes


@part
def add_number(digits: int, x: float) -> None:
    """Add one finite number to a total."""
    bits = v.as_bits(x)
    exponent = (bits >> 52) & 0x7FF
    mantissa = bits & 0xFFFFFFFFFFFFF
    if exponent > 0:
        mantissa |= 1 << 52
        exponent -= 1
    sign = -1 if bits < 0 else 1
    at, by = digits + (exponent >> 5) * 8, exponent & 31
    low, high = (mantissa & 0xFFFFFFFF) << by, (mantissa >> 32) << by
    zero = np.int64(0)
    mem.write(at, mem.read(at, zero) + sign * (low & 0xFFFFFFFF))
    middle = ((low >> 32) & 0xFFFFFFFF) + (high & 0xFFFFFFFF)
    mem.write(at + 8, mem.read(at + 8, zero) + sign * middle)
    mem.write(at + 16, mem.read(at + 16, zero) + sign * (high >> 32))


@part
def _one_by_one(digits: int, counts: int, terms: int, n: int, like: Any) -> None:
    size = 64 // v.lanes(like)
    one = np.int64(1)
    for i in range(n):
        x = np.float64(mem.read(terms + i * size, like))
        if x - x == 0:
            add_number(digits, x)
        elif x != x:
            mem.write(counts + NAN, mem.read(counts + NAN, one) + one)
        elif x > 0:
            mem.write(counts + POSINF, mem.read(counts + POSINF, one) + one)
        else:
            mem.write(counts + NEGINF, mem.read(counts + NEGINF, one) + one)


@inner
def _split(x: Any, anchor: Any) -> Any:
    return (anchor + x) - anchor


@inner
def _anchor(exponent: int) -> float:
    return v.from_bits((max(exponent, 1) << 52) | (1 << 51))


@part
def add_terms(digits: int, counts: int, terms: int, n: int, like: Any) -> None:
    """Add up to 256 terms at an address to a total; count those that are not finite."""
    lanes = v.lanes(like)
    zero = v.number(0.0, like)
    peak = v.wide(v.splat(0.0, like))
    odd = peak
    for i in range(0, n, lanes):
        x = v.wide(mem.load_some(terms, i, n, -1, zero))
        peak = v.larger(v.magnitude(x), peak)
        odd = odd + (x - x)
    top = v.largest_lane(peak)
    exponent = (v.as_bits(top) >> 52) + 10
    if not (v.add_lanes(odd) == 0 and exponent < 2046):
        _one_by_one(digits, counts, terms, n, like)
        return
    if top == 0:
        return
    first, second, third = _anchor(exponent), _anchor(exponent - 43), _anchor(exponent - 86)
    a = v.wide(v.splat(0.0, like))
    one, two, three, left = a, a, a, a
    for i in range(0, n, lanes):
        x = v.wide(mem.load_some(terms, i, n, -1, zero))
        part = _split(x, v.splat(first, x))
        one, x = one + part, x - part
        part = _split(x, v.splat(second, x))
        two, x = two + part, x - part
        part = _split(x, v.splat(third, x))
        three, x = three + part, x - part
        left = left + v.magnitude(x)
    if v.add_lanes(left) > 0:
        _one_by_one(digits, counts, terms, n, like)
        return
    add_number(digits, v.add_lanes(one))
    add_number(digits, v.add_lanes(two))
    add_number(digits, v.add_lanes(three))


@part
def carry(digits: int) -> None:
    """Bring every digit but the last into 0 .. 2^32 - 1, and write the float64 beside them."""
    zero = np.int64(0)
    over = zero
    for i in range(SIGN):
        digit = mem.read(digits + 8 * i, zero) + over
        over = digit >> 32
        mem.write(digits + 8 * i, digit & 0xFFFFFFFF)
    last = digits + 8 * SIGN
    mem.write(last, mem.read(last, zero) + over)
    mem.write(last + 8, _nearest(digits))


@inner
def _digit(digits: int, i: int, lowest: int, negative: bool) -> Any:
    """Return a digit of the total without its sign; `lowest` is the first that is not 0."""
    if i < lowest:
        return np.int64(0)
    digit = mem.read(digits + 8 * i, np.int64(0))
    if not negative:
        return digit
    return (-digit if i == lowest else ~digit) & 0xFFFFFFFF


@part
def _nearest(digits: int) -> float:
    """Return the float64 nearest to a total; ties go to even, totals out of range to infinity."""
    zero = np.int64(0)
    negative = mem.read(digits + 8 * SIGN, zero) < 0
    lowest = 0
    while lowest < SIGN and mem.read(digits + 8 * lowest, zero) == 0:
        lowest += 1
    top = SIGN - 1
    while top > 0 and _digit(digits, top, lowest, negative) == 0:
        top -= 1
    a = _digit(digits, top, lowest, negative)
    b = _digit(digits, top - 1, lowest, negative)
    c = _digit(digits, top - 2, lowest, negative)
    if top == 0 or (top == 1 and a < 1 << 21):
        magnitude = a if top == 0 else (a << 32) | b  # a multiple of the smallest float64
    else:
        # Of the three digits 55 bits are taken; whether anything follows decides between two.
        shift = np.int64(9)
        while a >> (shift - 9) > 0:
            shift += 1
        if shift <= 32:
            taken = (a << (64 - shift)) | (b << (32 - shift)) | (c >> shift)
            rest = c & ((1 << shift) - 1)
        else:
            taken = (a << (64 - shift)) | (b >> (shift - 32))
            rest = c | (b & ((1 << (shift - 32)) - 1))
        kept, half = taken >> 2, taken & 3
        if half == 3 or (half == 2 and (rest != 0 or lowest < top - 2 or kept & 1 == 1)):
            kept += 1
        place, infinity = 32 * (top - 2) + shift + 2, np.int64(0x7FF) << 52
        magnitude = infinity if place > 2045 else min((place << 52) + kept, infinity)
    value = v.from_bits(magnitude)
    return -value if negative else value


@kernel
def add_array(digits: int, counts: int, terms: int, n: int, like: Any) -> None:
    """Add an array of any length to a total."""
    size = 64 // v.lanes(like)
    for first in range(0, n, TERMS):
        add_terms(digits, counts, terms + first * size, min(TERMS, n - first), like)
    carry(digits)
