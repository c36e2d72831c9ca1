"""M06 and M20: rows that are left out add 0 to every gradient, whatever they hold.

The truth are central differences, in 60 digits, of the oracle on the same data without these rows.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import oracle
from contract.case import Call
from contract.runner import SHARES, Runner, cotangent_for
from contract.table_left_out import CASES, LeftOut
from contract.test_derivatives import assert_vector_close, differences

COMPILED = (
    "index-everything", "index-mask-of-rows", "top-k-everything", "top-k-mask", "soft-everything",
    "soft-mask-of-rows", "binary-everything", "probabilities-divided-exact",
    "probabilities-mask-of-rows", "probabilities-top-k", "probabilities-soft-mask-of-rows",
    "binary-probabilities-exact", "weight-of-a-prefix", "one-class-ignored",
    "class-weight-zero-probabilities", "soft-everything-float32", "index-later-classes",
    "index-later-classes-smoothing",
)  # fmt: skip
REDUCTIONS = ("none", "mean", "sum", "parts")
FLOATS = ("y_pred", "y_true", "target_prob", "class_weight", "sample_weight", "pos_weight")
PER_CLASS = "class_weight"


def argument(call: Call, name: str) -> Any:
    """An argument of a call by its name."""
    return getattr(call, name) if name.startswith("y_") else call.options.get(name)


def differentiable(call: Call) -> tuple[str, ...]:
    """The arguments that are arrays of floats."""
    arrays = {name: argument(call, name) for name in FLOATS}
    return tuple(
        name
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.dtype.kind == "f"
    )


def reductions_for(runner: Runner, case: int) -> tuple[str, ...]:
    """All of them; where each is compiled by itself one, another one in the next case."""
    if runner.name == "numpy":
        return ("mean", "sum")
    return (REDUCTIONS[case % len(REDUCTIONS)],) if runner.compiles else REDUCTIONS


def number(call: Call, reductions: tuple[str, ...], cotangent: np.ndarray) -> mpf:
    """The oracle's mixture of the reductions."""
    truth = oracle.compute(call.function, call.y_true, call.y_pred, **call.oracle_options())
    found = {
        "mean": (truth.mean(call.options.get("normalizer")),),
        "sum": (truth.total(),),
        "parts": (truth.total(), truth.divisor()),
    }
    shares = [
        mpf(share) * value
        for name in reductions
        if name != "none"
        for share, value in zip(SHARES[name], found[name], strict=True)
    ]
    if "none" in reductions:
        factors = oracle.exact(cotangent).reshape(-1)
        shares += [k * row.term for k, row in zip(factors, truth.rows, strict=True)]
    return mpmath.fsum(shares)


def wanted(case: LeftOut, name: str, reductions: tuple[str, ...]) -> np.ndarray:
    """The gradient of the kept rows to one argument."""
    cotangent = cotangent_for(case.call)[case.rows]
    at = oracle.exact(argument(case.kept, name))
    return differences(
        lambda moved: number(case.kept.with_(**{name: moved}), reductions, cotangent), at
    )


@pytest.mark.parametrize("name", COMPILED)
def test_m06_m20_rows_left_out_add_nothing_to_any_gradient(runner: Runner, name: str) -> None:
    check(runner, CASES[name], COMPILED.index(name))


@pytest.mark.needs("quick calls")
@pytest.mark.parametrize("name", [name for name in CASES if name not in COMPILED])
def test_m06_m20_nor_with_any_option(runner: Runner, name: str) -> None:
    check(runner, CASES[name], list(CASES).index(name))


def check(runner: Runner, case: LeftOut, place: int) -> None:
    """Every gradient of a case: 0 in rows left out, elsewhere that of the rows kept."""
    reductions = reductions_for(runner, place)
    found = runner.gradients(case.call, differentiable(case.call), reductions)
    assert found
    dtype = np.float32 if case.call.y_pred.dtype == np.float32 else np.float64
    for argument_name, gradient in found.items():
        given = argument(case.call, argument_name)
        assert gradient.shape == np.shape(given), argument_name
        assert gradient.dtype == given.dtype, argument_name
        assert np.isfinite(gradient).all(), f"{argument_name}: {gradient.tolist()}"
        per_row = argument_name != PER_CLASS and gradient.ndim > 0
        kept = gradient
        if per_row:
            others = np.setdiff1d(np.arange(len(gradient)), case.rows)
            assert (gradient[others] == 0).all(), f"{argument_name}: {gradient.tolist()}"
            kept = gradient[case.rows]
        if not len(case.rows):
            assert (gradient == 0).all(), f"{argument_name}: {gradient.tolist()}"
            continue
        want = wanted(case, argument_name, reductions)
        want[has_no_class(case, argument_name)] = mpf(0)
        assert_vector_close(kept, want, dtype)


def has_no_class(case: LeftOut, name: str) -> np.ndarray:
    """Where an argument is of a class that does not exist or is ignored: its gradient is 0."""
    shape = np.shape(argument(case.kept, name))
    mask = case.kept.options.get("class_mask")
    if name in ("y_pred", "y_true") and mask is not None:
        return ~np.broadcast_to(mask, shape)
    if name == "target_prob" and case.ignored is not None:
        return case.ignored
    return np.zeros(shape, bool)
