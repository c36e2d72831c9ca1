"""Any call with good values agrees with the oracle; any bad row stays alone."""

from __future__ import annotations

import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings

import crossent as ce
import strategies
from contract.case import Call, bits_of
from contract.checking import check_values, rows_first, truth_of, untouched
from contract.runner import Runner

# Few examples a run, of which each makes every reduction and gradient; derandomize is off, so
# that runs add up. A program is compiled for each example where calls are traced.
EXAMPLES = {
    **{"numpy": 150, "tensorflow": 60, "tf.function": 10, "jit_compile": 5},
    **{
        "torch": 100,
        "torch.cuda": 30,
        "torch.elsewhere": 30,
        "torch.triton": 30,
        "torch.compile": 5,
        "jax": 5,
        "jit": 5,
    },
}
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


def agrees(runner: Runner, call: Call) -> None:
    """Every number of the call."""
    with untouched(call), warnings.catch_warnings():
        # a drawn row of probabilities may be a row of 8 vectors, or rounded to 16 bits
        warnings.simplefilter("ignore", ce.CrossentWarning)
        outcome = runner.outcome(call)
    check_values(runner, call, outcome, truth_of(call))


def test_softmax_calls(runner: Runner) -> None:
    @settings(max_examples=EXAMPLES[runner.name], deadline=None, suppress_health_check=QUIET)
    @given(call=strategies.softmax_calls())
    def check(call: Call) -> None:
        agrees(runner, call)

    check()


def test_binary_calls(runner: Runner) -> None:
    @settings(max_examples=EXAMPLES[runner.name], deadline=None, suppress_health_check=QUIET)
    @given(call=strategies.binary_calls())
    def check(call: Call) -> None:
        agrees(runner, call)

    check()


def test_m10_a_bad_row_stays_alone(runner: Runner) -> None:
    @settings(max_examples=EXAMPLES[runner.name], deadline=None, suppress_health_check=QUIET)
    @given(calls=strategies.spoiled_calls())
    def check(calls: tuple[Call, Call, int]) -> None:
        bad_call, good_call, row = calls
        bad, good = runner.outcome(bad_call), runner.outcome(good_call)
        others = np.arange(bad.none.size) != row
        truth = truth_of(bad_call)
        if truth.rows[row].weight == 0:
            return  # nothing of this row's target is left: no coefficient to be NaN
        assert np.isnan(bad.none[row])
        assert bits_of(bad.none[others]) == bits_of(good.none[others])
        for found, want in (
            (bad.gradient_of_mean, good.gradient_of_mean),
            (bad.gradient_of_none, good.gradient_of_none),
            (bad.gradient_of_sum, good.gradient_of_sum),
        ):
            if found is None:
                continue
            found, want = rows_first(found, bad_call), rows_first(want, good_call)
            assert np.isnan(found[row].astype(float)).all()
            assert bits_of(found[others]) == bits_of(want[others])

    check()
