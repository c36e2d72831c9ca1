"""What must come of a case: values, errors, NaN rows and untouched inputs."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import crossent as ce
import oracle
from contract.case import MEAN_ONLY, Call, Case, bits_of
from contract.policy import close, compute_dtype, gradient_allowance, term_allowance
from contract.runner import Outcome, Runner
from oracle import Truth, ulp


@contextlib.contextmanager
def untouched(call: Call) -> Iterator[None]:
    """Inputs have the same bits afterwards (M15)."""
    arrays = {"y_true": call.y_true, "y_pred": call.y_pred, **call.options}
    arrays = {k: v for k, v in arrays.items() if isinstance(v, np.ndarray)}
    before = {k: bits_of(v) for k, v in arrays.items()}
    yield
    changed = [k for k, v in arrays.items() if bits_of(v) != before[k]]
    assert not changed, f"written to: {changed}"


def truth_of(call: Call) -> Truth:
    """The oracle's answer."""
    return oracle.compute(call.function, call.y_true, call.y_pred, **call.oracle_options())


def rows_first(array: np.ndarray, call: Call) -> np.ndarray:
    """An array in the shape of the predictions as (rows, classes)."""
    if call.axis is None:
        return np.asarray(array).reshape(-1, 1)
    n = np.shape(call.y_pred)[call.axis]
    return np.moveaxis(np.asarray(array), call.axis, -1).reshape(-1, n)


def check_values(runner: Runner, call: Call, outcome: Outcome, truth: Truth) -> None:
    """Every reduction and gradient of an outcome against the oracle."""
    given = np.asarray(call.y_pred).dtype.newbyteorder("=")
    dtype = compute_dtype(given)
    policy = runner.policy
    from_logits = call.options.get("from_logits", False)
    for name in ("none", "mean", "sum"):
        result = getattr(outcome, name)
        assert result is None or result.dtype == dtype, f"{name} is {result.dtype}"
        assert result is None or name == "none" or result.shape == ()
    assert outcome.none.size == len(truth.rows)
    if call.function != "binary":
        assert outcome.none.shape == truth.shape

    allowed = [term_allowance(policy, row, dtype, from_logits) for row in truth.rows]
    for i, (got, row) in enumerate(zip(outcome.none.reshape(-1), truth.rows, strict=True)):
        error = oracle.ulp_error(got, row.term, dtype)
        assert close(got, row.term, allowed[i], dtype), (
            f"row {i}: {got!r}, want {mpmath.nstr(row.term, 20)}, {error:.3g} ulp"
        )

    normalizer = call.options.get("normalizer")
    divisor = truth.divisor(normalizer)
    mean = truth.mean(
        normalizer, "nan" if call.options.get("empty") in ("nan", "raise") else "zero"
    )
    around = mpmath.fsum(allowed)
    if outcome.sum is not None:
        check_number("sum", outcome.sum, truth.total(), around, policy.total, dtype)
    if outcome.mean is not None:
        around_mean = around / divisor if divisor else mpf(0)
        check_number("mean", outcome.mean, mean, around_mean, policy.total, dtype)
    if outcome.mean_beside_gradient is not None:
        assert bits_of(outcome.mean_beside_gradient) == bits_of(outcome.mean)

    if outcome.gradient_of_sum is not None:
        check_gradient(runner, call, outcome.gradient_of_sum, truth, truth.factors("sum"), given)
    if outcome.gradient_of_mean is not None:
        factors = truth.factors("mean", normalizer)
        check_gradient(runner, call, outcome.gradient_of_mean, truth, factors, given)
    if outcome.cotangent is not None:
        factors = truth.factors("none", cotangent=outcome.cotangent)
        check_gradient(runner, call, outcome.gradient_of_none, truth, factors, given)


def check_number(name: str, got: Any, want: mpf, around: mpf, ulps: float, dtype: np.dtype) -> None:
    """A sum or mean: the allowance of its terms and some rounding of its own."""
    allowed = around + ulps * ulp(want, dtype) if mpmath.isfinite(want) else mpf(0)
    assert close(got, want, allowed, dtype), f"{name}: {got!r}, want {mpmath.nstr(want, 20)}"


def check_gradient(
    runner: Runner, call: Call, got: Any, truth: Truth, factors: list[Any], given: np.dtype
) -> None:
    """One gradient against the oracle's, times what each row is multiplied by."""
    assert got.shape == np.shape(call.y_pred)
    assert got.dtype.newbyteorder("=") == given, f"the gradient is {got.dtype}"
    for i, (found, row) in enumerate(zip(rows_first(got, call), truth.rows, strict=True)):
        for c, value in enumerate(found):
            if row.gradient[c] is None:
                continue
            want, scale = row.gradient[c] * factors[i], abs(row.scale[c] * factors[i])
            allowed = gradient_allowance(runner.policy, want, scale, row.depth[c], given)
            assert close(value, want, allowed, given), (
                f"gradient of row {i}, class {c}: {value!r}, want {mpmath.nstr(want, 20)}, "
                f"{float(abs(oracle.exact(value).item() - want) / ulp(max(abs(want), scale), given)):.3g} ulp"
            )


def check_nan_rows(runner: Runner, case: Case, rows: tuple[int, ...]) -> None:
    """These rows are NaN in loss and gradient; all others keep their bits."""
    validate = None if marks_rows(runner) or case.error is None else "off"
    with untouched(case.call):
        bad = runner.outcome(case.call, validate, rows_only=rows_decide(case))
    good_call = case.call.with_(**case.good)
    good = runner.outcome(good_call, validate, rows_only=rows_decide(case))
    n = bad.none.size
    others = np.setdiff1d(np.arange(n), rows)
    assert np.isnan(bad.none.reshape(-1)[list(rows)]).all(), bad.none
    assert bad.mean is None or np.isnan(bad.mean), bad.mean
    assert bad.sum is None or np.isnan(bad.sum), bad.sum
    assert bits_of(bad.none.reshape(-1)[others]) == bits_of(good.none.reshape(-1)[others])

    compared = [n for n in ("gradient_of_sum", "gradient_of_none") if getattr(bad, n) is not None]
    if same_divisor(case) and bad.gradient_of_mean is not None:
        compared.append("gradient_of_mean")
    gradients = {name: rows_first(getattr(bad, name), case.call) for name in compared}
    for name, gradient in gradients.items():
        as_float = gradient.astype(np.float64)
        assert np.isnan(as_float[list(rows)]).all(), f"{name}: {gradient[list(rows)]}"
        want = rows_first(getattr(good, name), good_call)
        assert bits_of(gradient[others]) == bits_of(want[others]), (
            f"{name} of another row has changed"
        )
    if bad.gradient_of_mean is not None:
        mean_gradient = rows_first(bad.gradient_of_mean, case.call).astype(np.float64)
        assert np.isfinite(mean_gradient[others]).all(), "one bad row has spoiled D for the others"
    check_values(runner, good_call, good, truth_of(good_call))


def marks_rows(runner: Runner) -> bool:
    """Whether bad values of any call become NaN rows, since nothing there can raise."""
    return runner.traced and not runner.stops


def rows_decide(case: Case) -> bool:
    """Whether the mean of a case is that of its rows over their number, and no rule of its own.

    Of such cases a front end that compiles each reduction anew shows the rows and their gradient;
    its means are shown by the other cases, by drawn rows and by hypothesis.
    """
    weighs = {"sample_weight", "class_weight", "target_prob", "ignore_class"}
    return (
        case.rule not in ("M06", "M07", "M08")
        and not (weighs | set(MEAN_ONLY)) & case.call.options.keys()
    )


def same_divisor(case: Case) -> bool:
    """Whether the good twin of a bad row, which enters D with weight 1, has that weight too."""
    if case.name == "label-weighted":  # its sample weight is 1 on purpose
        return True
    weighs = {"sample_weight", "class_weight", "target_prob"}
    return bool(case.nan_rows) or not weighs & case.call.options.keys()


def check_raises(runner: Runner, case: Case) -> None:
    """The error has its class and code, and says the code first."""
    assert case.error is not None
    name, codes = case.error
    wanted = TypeError if name == "TypeError" else getattr(ce, name)
    with untouched(case.call), pytest.raises(wanted) as info:
        runner.attempt(case.call)
    if not issubclass(wanted, ce.CrossentError):
        return
    code = info.value.code
    assert str(info.value).startswith(f"[{code}] ")
    assert not codes or code in codes, str(info.value)


def check_stops(runner: Runner, case: Case) -> None:
    """The program stops while it runs: value and gradient, at the code that an eager call has."""
    assert case.error is not None
    name, codes = case.error
    with untouched(case.call):
        stopped = runner.stop(case.call)
    assert set(stopped) == {"value", "gradient"}
    for code, text in stopped.values():
        assert text.startswith(f"[{code}] ")
        assert not codes or code in codes, text
        assert issubclass(getattr(ce, name), ce.CrossentError)


@contextlib.contextmanager
def announced(case: Case, runner: Runner) -> Iterator[None]:
    """The case's warning, where its values can be seen; none otherwise (warnings are errors)."""
    if case.warns is None or runner.traced:
        yield
        return
    name, code = case.warns
    with pytest.warns(getattr(ce, name)) as found:
        yield
    assert {w.message.code for w in found} == {code}


def asks_to_raise(case: Case, runner: Runner) -> bool:
    """Whether an error is wanted by the caller and so no validation that can be turned off."""
    return case.call.options.get("empty") == "raise" and not runner.traced


def check_case(runner: Runner, case: Case) -> None:
    """All that is said about a case on one front end."""
    if case.error is not None and (case.static or not runner.traced):
        check_raises(runner, case)
    elif case.error is not None and runner.stops and not case.unchecked:
        check_stops(runner, case)
    bad = case.nan_rows or case.traced_nan_rows
    if bad:
        check_nan_rows(runner, case, bad)
    elif case.error is None or (case.unchecked and not asks_to_raise(case, runner)):
        validate = None if marks_rows(runner) or case.error is None else "off"
        with untouched(case.call), announced(case, runner), warnings.catch_warnings():
            outcome = runner.outcome(case.call, validate, rows_only=rows_decide(case))
            if case.warns is not None and "sees predictions beside gradients" in runner.lacks:
                runner.attempt(case.call)
        truth = truth_of(case.call)
        if case.want is not None:
            # the oracle against a closed form written with 20 digits or more, or 16 of the article
            for row, want in zip(truth.rows, case.want, strict=True):
                digits = len(want.partition("e")[0]) - 2
                assert abs(row.term / mpf(want) - 1) < mpf(10) ** -digits
        check_values(runner, case.call, outcome, truth)
