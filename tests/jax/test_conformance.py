"""The public conformance suite on JAX."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from crossent.testing import TERM_ULP, check_front_end


def run(loss: Any, y_true: Any, y_pred: Any, options: dict[str, Any]) -> Any:
    def total(x: Any) -> Any:
        value = loss(y_true, x, **options)
        return value.sum(), value

    with jax.enable_x64(y_pred.dtype == np.float64):
        gradient, value = jax.grad(total, has_aux=True)(jax.numpy.asarray(y_pred))
        return np.asarray(value), np.asarray(gradient)


def traced(loss: Any, y_true: Any, y_pred: Any, options: dict[str, Any]) -> Any:
    arrays = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}

    @jax.jit
    def program(y_true: Any, y_pred: Any, arrays: Any) -> Any:
        def total(x: Any) -> Any:
            value = loss(y_true, x, **{**options, **arrays})
            return value.sum(), value

        return jax.grad(total, has_aux=True)(y_pred)

    with jax.enable_x64(y_pred.dtype == np.float64):
        gradient, value = program(y_true, y_pred, arrays)
        return np.asarray(value), np.asarray(gradient)


def test_eager() -> None:
    assert check_front_end(run, ulps=TERM_ULP["jax"], dtypes=("float32", "float64"))


def test_jit() -> None:
    # float64 only: 32 bits, where the weights are cut, have the contract tests.
    assert check_front_end(traced, ulps=TERM_ULP["jax"], dtypes=("float64",), traced=True)
