"""crossent.core.exact_totals: exact sums as integers, against fractions.Fraction."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossent.core.exact_totals import SCALE_BITS, Partial, exact_sum, to_float

UNIT = Fraction(1, 2**1074)  # of a total: the smallest subnormal number


def in_units(values: Any) -> int:
    """The sum of floats in units of 2**-1074, by rational arithmetic."""
    numerators: dict[int, int] = defaultdict(int)
    for value in np.asarray(values, np.float64).reshape(-1).tolist():
        numerator, denominator = value.as_integer_ratio()
        numerators[denominator] += numerator
    units = sum((Fraction(n, d) for d, n in numerators.items()), Fraction(0)) / UNIT
    assert units.denominator == 1
    return units.numerator


def spread(n: int, low: float, high: float, seed: int, *, signed: bool = True) -> np.ndarray:
    """Numbers whose exponents are uniform between 10**low and 10**high."""
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1.0, 1.0], n) if signed else 1.0
    return sign * rng.uniform(1, 10, n) * 10.0 ** rng.uniform(low, high, n)


VALUES = {
    "empty": np.zeros(0),
    "zero": np.zeros(3),
    "negative-zero": np.array([-0.0, -0.0]),
    "one": np.array([0.1]),
    "same-exponent": np.random.default_rng(1).uniform(1, 2, 10_001),
    "one-range": np.random.default_rng(2).exponential(size=10_001),
    "wide": spread(10_001, -30, 30, 3),
    "wide-positive": spread(10_001, -30, 30, 4, signed=False),
    "all-exponents": spread(3_001, -307, 290, 5),
    "subnormal": np.random.default_rng(6).integers(-(2**52), 2**52, 1_001) * 5e-324,
    "subnormal-and-normal": np.concatenate([spread(500, -323, -300, 7), spread(500, -320, 30, 8)]),
    "smallest": np.full(1_001, 5e-324),
    "largest": np.full(101, np.finfo(float).max),
    "largest-cancels": np.array([np.finfo(float).max, 1.0, -np.finfo(float).max]),
    "cancels": np.array([1e30, 1.0, -1e30, 1e-30]),
    "cancels-to-zero": np.concatenate([spread(1_000, -30, 30, 9), -spread(1_000, -30, 30, 9)]),
    "carries": np.full(70_000, 2.0**53 - 1),
    "one-outlier": np.concatenate([np.full(5_000, 0.3), [1e-30], np.full(5_000, 0.3)]),
    "float32": spread(10_001, -30, 30, 10).astype(np.float32),
    "float32-one-range": np.random.default_rng(11).exponential(size=10_001).astype(np.float32),
    "float32-subnormal": np.float32(1e-45 * np.random.default_rng(12).integers(-900, 900, 999)),
    "strided": spread(2_001, -30, 30, 13)[::2],
    "backwards": spread(2_001, -30, 30, 14)[::-1],
    "byte-swapped": spread(2_001, -30, 30, 15).astype(">f8"),
    # as many as a block holds, so that nothing but the size of the anchor keeps a sum exact
    "block-of-equals": np.full(2**20, 1 - 2.0**-53),
    "block-near-one": np.random.default_rng(17).uniform(0.9, 1, 2**20),
    "block-and-more": -np.random.default_rng(18).uniform(0.9, 1, 2**20 + 3),
    "two-dimensional": spread(2_000, -30, 30, 16).reshape(40, 50).T,
}  # fmt: skip


def test_scale_is_the_smallest_float() -> None:
    assert SCALE_BITS == 1074
    assert math.ulp(0.0) == 2.0**-SCALE_BITS


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_exact_sum(values: np.ndarray) -> None:
    before = values.tobytes()
    total = exact_sum(values)
    assert type(total) is int
    assert total == in_units(values)
    assert values.tobytes() == before


FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINITE, max_size=60))
def test_exact_sum_of_any_floats(values: list[float]) -> None:
    assert exact_sum(np.array(values)) == in_units(values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=60))
def test_exact_sum_of_any_float32(values: list[float]) -> None:
    assert exact_sum(np.array(values, np.float32)) == in_units(values)


EDGES = {
    "zero": 0,
    "smallest": 1,
    "minus-smallest": -1,
    "below-a-tie": 2**53 - 1,
    "tie-to-even-down": 2**54 + 2,
    "tie-to-even-up": 2**54 + 6,
    "just-above-a-tie": (2**54 + 2) * 2**100 + 1,
    "negative-tie": -(2**54 + 2),
    "largest-subnormal": 2**52 - 1,
    "smallest-normal": 2**52,
    "one": 2**1074,
    "one-third": 2**1074 // 3,
}


@pytest.mark.parametrize("units", EDGES.values(), ids=EDGES)
def test_to_float_rounds_correctly(units: int) -> None:
    assert to_float(units) == float(units * UNIT)  # Fraction's division rounds correctly


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**2000), 2**2000))
def test_to_float_rounds_any_integer_correctly(units: int) -> None:
    assert to_float(units) == float(units * UNIT)


def test_to_float_beyond_the_largest_is_infinite() -> None:
    largest = in_units([np.finfo(float).max])
    assert to_float(largest) == np.finfo(float).max
    assert to_float(2 * largest) == math.inf
    assert to_float(-2 * largest) == -math.inf


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_partial_of(values: np.ndarray) -> None:
    weights = np.abs(values[::-1])
    state = Partial.of(values, weights)
    assert (state.total, state.weight) == (in_units(values), in_units(weights))
    assert (state.nan, state.posinf, state.neginf) == (0, 0, 0)
    assert state.round_total() == to_float(state.total)
    assert state.round_weight() == to_float(state.weight)


@pytest.mark.parametrize(
    "name", ["wide", "all-exponents", "subnormal-and-normal", "carries", "float32"]
)
@pytest.mark.parametrize("seed", range(3))
def test_merge_in_any_order(name: str, seed: int) -> None:
    values = VALUES[name]
    weights = spread(len(values), -30, 30, 99, signed=False)
    whole = Partial.of(values, weights)
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, len(values), 17))
    parts = [
        Partial.of(v, w)
        for v, w in zip(np.split(values, cuts), np.split(weights, cuts), strict=True)
    ]
    while len(parts) > 1:  # a random tree, not only left to right
        rng.shuffle(parts)
        parts.append(parts.pop() + parts.pop())
    assert parts == [whole]


def test_mean_is_a_quotient_of_two_rounded_sums() -> None:
    for seed in range(20):
        values, weights = spread(50, -30, 30, seed), spread(50, -3, 3, seed + 50, signed=False)
        state = Partial.of(values, weights)
        total, weight = float(in_units(values) * UNIT), float(in_units(weights) * UNIT)
        assert state.mean() == total / weight


NOT_FINITE = {
    "nan": ([1.0, math.nan], math.nan),
    "plus": ([1.0, math.inf, math.inf], math.inf),
    "minus": ([1.0, -math.inf], -math.inf),
    "both": ([math.inf, -math.inf], math.nan),
    "nan-and-inf": ([math.inf, math.nan], math.nan),
}


@pytest.mark.parametrize(("values", "want"), NOT_FINITE.values(), ids=NOT_FINITE)
def test_numbers_that_are_not_finite_are_counted(values: list[float], want: float) -> None:
    terms = np.array([*values, 0.3])
    state = Partial.of(terms, np.ones(len(terms)))
    counts = (np.isnan(terms).sum(), (terms == math.inf).sum(), (terms == -math.inf).sum())
    assert (state.nan, state.posinf, state.neginf) == counts
    assert state.total == in_units(terms[np.isfinite(terms)])
    assert state.weight == in_units(np.ones(len(terms)))
    np.testing.assert_equal(state.round_total(), want)
    np.testing.assert_equal(state.mean(), want)
    split = Partial.of(terms[:1], np.ones(1)) + Partial.of(terms[1:], np.ones(len(terms) - 1))
    assert split == state


def test_a_partial_is_a_value() -> None:
    state = Partial.of(np.array([0.1]), np.array([1.0]))
    assert state == Partial.of(np.array([0.1]), np.array([1.0]))
    assert hash(state) == hash(state + Partial(0, 0))
    with pytest.raises((AttributeError, TypeError)):
        state.total = 3  # type: ignore[misc]


def ten_million() -> np.ndarray:
    """Losses as they come: most small, some large, a few tiny."""
    rng = np.random.default_rng(2024)
    losses = rng.exponential(size=10_000_000).astype(np.float32)
    losses[::97] *= np.float32(1e-9)
    losses[::100_003] *= np.float32(1e-30)
    return losses


def test_ten_million_losses_in_chunks_of_1_000_and_of_999_983() -> None:
    losses = ten_million()
    ones = np.ones(1_000_000)
    states = []
    for size in (1_000, 999_983):
        starts = np.arange(0, len(losses), size)
        np.random.default_rng(size).shuffle(starts)
        state = Partial(0, 0)
        for start in starts.tolist():
            chunk = losses[start : start + size]
            state = state + Partial.of(chunk, ones[: len(chunk)])
        states.append(state)
    assert states[0] == states[1]
    # An independent exact total: float32 mantissas as integers, one bin for each exponent.
    mantissa, exponent = np.frexp(losses)
    whole = (mantissa.astype(np.float64) * 2**24).astype(np.int64)
    total = 0
    for e in np.unique(exponent).tolist():
        total += int(whole[exponent == e].sum()) << (e - 24 + SCALE_BITS)
    assert states[0].total == total
    assert states[0].weight == len(losses) << SCALE_BITS
    assert states[0].mean() == float(Fraction(total) * UNIT) / len(losses)
