"""The mean of terms on a GPU: sums, and what divides them, in one launch (rules M07 and M08).

``losses/reduce.py`` decides what a mean is; the tests hold this to it. Numbers are float64 and are
added up in an order that the rows alone decide.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def mean_of_terms(
    term_ptr, weight_ptr, value_ptr, divisor_ptr, rows, EMPTY_NAN: tl.constexpr, BLOCK: tl.constexpr
):
    """Write the mean of all terms, and the weight that it is divided by."""
    total = tl.zeros((BLOCK,), tl.float64)
    weight = tl.zeros((BLOCK,), tl.float64)
    for first in range(0, rows, BLOCK):
        row = first + tl.arange(0, BLOCK)
        total += tl.load(term_ptr + row, mask=row < rows, other=0.0).to(tl.float64)
        weight += tl.load(weight_ptr + row, mask=row < rows, other=0.0)
    divisor = tl.sum(weight, axis=0)
    value = tl.sum(total, axis=0) / tl.where(divisor == 0.0, 1.0, divisor)
    empty = 0.0
    if EMPTY_NAN:
        empty = float("nan")
    value = tl.where(divisor == 0.0, empty, value)
    tl.store(value_ptr, value.to(value_ptr.dtype.element_ty))
    tl.store(divisor_ptr, divisor)
