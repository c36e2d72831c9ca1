"""M18: every loss × option against differences of its own values, to the second order."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from jax_calls import curve

import crossent as ce
from contract.case import FUNCTION_NAMES, Call
from contract.every_option import calls, classes_to_step_in

# One value of each option, and every reduction: a case takes seconds.
CALLS = {k: v for k, v in calls().items() if k.endswith("-0") or "-reduction-" in k}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_m18_every_option(call: Call) -> None:
    """Both modes, and each over each.

    Without jit, whose programs take longer to compile: the Hessians of test_derivatives.py are
    compiled.
    """
    loss = getattr(ce, FUNCTION_NAMES[call.function])
    options = {"reduction": "none", **call.options}
    if {"normalizer", "empty"} & options.keys():
        options["reduction"] = "mean"
    x, fixed = np.split(np.asarray(call.y_pred), [classes_to_step_in(call)], axis=-1)

    def f(x: Any) -> Any:
        result = loss(call.y_true, jnp.concatenate([x, fixed], axis=-1), **options)
        return curve(jnp.stack(result) if isinstance(result, tuple) else result, jnp.sin)

    with jax.enable_x64(True), jax.disable_jit():
        # Steps of 1e-6 in float64: third derivatives add 1e-12 of themselves, rounding 1e-10.
        check_grads(f, (jnp.asarray(x),), order=2, rtol=1e-6, atol=1e-6, eps=1e-6)
