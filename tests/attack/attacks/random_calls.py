"""Random calls on NumPy: kernels and operations against 60 digits, value and gradient."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np

import crossent as ce
import oracle
from attack import campaign
from attack.draws import Drawn, draw
from contract.case import FUNCTION_NAMES
from contract.checking import check_number, check_values
from contract.policy import NUMPY, compute_dtype
from contract.runner import Outcome, options_for

LIMITS = campaign.Limits(count=250, seconds=300)
DTYPES = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16)


def attack(seed: int, count: int) -> dict[str, int]:
    """Compare `count` calls on both paths with the oracle."""
    rng = np.random.default_rng([seed, 1])
    warnings.simplefilter("error")
    tally = {"kernel": 0, "operations": 0}
    for number in range(count):
        drawn = draw(rng, DTYPES)
        call = drawn.kept
        truth = oracle.compute(call.function, call.y_true, call.y_pred, **call.oracle_options())
        for kernels in (True, False):
            ce.use_kernels(kernels)
            try:
                outcome, parts, path = outcome_of(drawn)
                check_values(SimpleNamespace(policy=NUMPY), call, outcome, truth)
                check_parts(drawn, parts, truth)
            except Exception as error:
                raise campaign.Fault(
                    f"seed {seed}, call {number}, kernels {kernels}: {drawn.call}\n{error!r}"
                ) from error
            tally[path] += 1
    return tally


def outcome_of(drawn: Drawn) -> tuple[Outcome, Any, str]:
    """What comes of a call, less the rows that are left out, and the way that it took."""
    call = drawn.call
    loss = getattr(ce, FUNCTION_NAMES[call.function])

    def run(function: Any, reduction: str) -> Any:
        return function(call.y_true, call.y_pred, **options_for(call, reduction, None))

    none = np.asarray(run(loss, "none"))
    path = ce.last_path()
    mean, total, parts = (run(loss, reduction) for reduction in ("mean", "sum", "parts"))
    beside, of_mean = run(ce.value_and_grad(loss), "mean")
    _, of_sum = run(ce.value_and_grad(loss), "sum")
    gradients = [drawn.flat("y_pred", gradient) for gradient in (of_mean, of_sum)]
    terms, left = none.reshape(-1), np.setdiff1d(np.arange(none.size), drawn.rows)
    for one in (terms, *gradients):
        if (one[left] != 0).any():
            raise AssertionError(f"rows that are left out have {one[left]}")
    outcome = Outcome(
        terms[drawn.rows], np.asarray(mean), gradients[0][drawn.rows], np.asarray(total),
        gradients[1][drawn.rows], np.asarray(beside),
    )  # fmt: skip
    return outcome, parts, str(path)


def check_parts(drawn: Drawn, parts: Any, truth: Any) -> None:
    """The weight of what was kept, to the rounding of products and sums of a row."""
    dtype = compute_dtype(np.asarray(drawn.call.y_pred).dtype)
    check_number("weight", parts[1], truth.divisor(), oracle.ZERO, 8, dtype)
