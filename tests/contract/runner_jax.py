"""JAX: eager, where values can be seen, and under jit, where everything is traced.

Both run with JAX's default of 32 bits, unless float64 predictions are given, or weights or
targets that 32 bits would change.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import crossent as ce
from contract.case import FUNCTION_NAMES, Call
from contract.policy import JAX
from contract.runner import QUICK, Outcome, Reductions, cotangent_for, mixture, options_for

Arrays = dict[str, Any]
REDUCTIONS = ("none", "mean")  # each compiled; the sum has its own test


def split(call: Call) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a call in native byte order, and its options that are words and numbers."""
    arrays = {"y_true": call.y_true, "y_pred": call.y_pred}
    arrays |= {k: v for k, v in call.options.items() if isinstance(v, np.ndarray | np.generic)}
    words = {k: v for k, v in call.options.items() if k not in arrays}
    native = {k: np.asarray(v) for k, v in arrays.items()}
    return {k: v.astype(v.dtype.newbyteorder("=")) for k, v in native.items()}, words


def needs_64_bits(arrays: Arrays) -> bool:
    """Whether the predictions have 64 bits, or floats would change if they were cut to 32."""
    if arrays["y_pred"].dtype in (np.float64, np.int64):
        return True
    wide = [v for v in arrays.values() if v.dtype == np.float64]
    with np.errstate(over="ignore"):
        return not all(np.array_equal(v.astype(np.float32), v, equal_nan=True) for v in wide)


def traceable_labels(y: np.ndarray) -> np.ndarray:
    """Labels as they can be traced in 32 bits: what lies outside stays outside every range."""
    if y.dtype == np.int64 or y.dtype == np.uint64:
        return np.clip(y, -(2**31), 2**31 - 1).astype(np.int32)
    return y


def value(function: str, arrays: Arrays, options: dict[str, Any]) -> Any:
    """The library's answer, which must be JAX's."""
    arguments = {**options, **{k: v for k, v in arrays.items() if k in options}}
    result = getattr(ce, FUNCTION_NAMES[function])(arrays["y_true"], arrays["y_pred"], **arguments)
    assert all(isinstance(one, jax.Array) for one in jax.tree.leaves(result))
    return result


class JaxRunner:
    """JAX eager (``jax``) or compiled (``jit``)."""

    policy = JAX
    compiles = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.traced = name == "jit"
        self.stops = False
        self.lacks = {
            "autodiff": "tests/jax differentiates JAX functions",
            "tensors": "tests/jax gives arrays of other kinds to JAX",
            "fixed bits": "XLA decides the order of a row's sum",
            "quick calls": QUICK,
        }
        if self.traced:
            self.lacks["sees values"] = "the values of traced arguments cannot be seen"
        else:
            self.lacks["sees predictions beside gradients"] = "jax.vjp traces them"
        self._programs: dict[str, Any] = {}

    def arrays(self, call: Call) -> tuple[Arrays, dict[str, Any], bool]:
        """Arrays as this runner gives them, words, and whether x64 is on."""
        arrays, words = split(call)
        x64 = needs_64_bits(arrays)
        if not x64 and self.traced:
            arrays["y_true"] = traceable_labels(arrays["y_true"])
        # Labels of 64 bits stay NumPy's where JAX would cut them.
        of_words = arrays["y_true"].dtype.kind in "US"  # no array of JAX
        kept = {"y_true"} if of_words or not (x64 or self.traced) else set()
        with jax.enable_x64(x64):
            given = {k: v if k in kept else jnp.asarray(v) for k, v in arrays.items()}
        return given, words, x64

    def outcome(
        self, call: Call, validate: str | None = None, *, rows_only: bool = False
    ) -> Outcome:
        """Every reduction and gradient of a call."""
        reductions = ("none",) if rows_only else REDUCTIONS
        arrays, words, x64 = self.arrays(call)
        cotangent = cotangent_for(call)
        with jax.enable_x64(x64):
            program = self._program(call, arrays, words, validate, x64, reductions)
            values, gradients = jax.tree.map(np.asarray, program(arrays, jnp.asarray(cotangent)))
        return Outcome(
            **values,
            **{f"gradient_of_{name}": gradient for name, gradient in gradients.items()},
            cotangent=cotangent,
        )

    def _program(
        self,
        call: Call,
        arrays: Arrays,
        words: dict[str, Any],
        validate: str | None,
        x64: bool,
        reductions: tuple[str, ...],
    ) -> Callable[..., Any]:
        """The program of a call; a repaired twin of a call runs the very same one."""
        known = {k: (str(v.dtype), v.shape) for k, v in arrays.items()}
        key = json.dumps([call.function, words, validate, reductions, known, x64], default=repr)
        if key not in self._programs:

            def program(given: Arrays, cotangent: Any) -> Any:
                def loss(name: str, x: Any) -> Any:
                    here = {**given, "y_pred": x}
                    return value(call.function, here, options_for(call, name, validate))

                values, gradients = {}, {}
                for name in reductions:
                    # Each by itself: 0 times the infinite slope of another one would be NaN.
                    result, back = jax.vjp(partial(loss, name), given["y_pred"])
                    none = name == "none"
                    bar = cotangent.reshape(result.shape) if none else jnp.ones_like(result)
                    values[name], (gradients[name],) = result, back(bar)
                return values, gradients

            self._programs[key] = jax.jit(program) if self.traced else program
        return self._programs[key]

    def gradients(
        self, call: Call, names: tuple[str, ...], reductions: Reductions
    ) -> dict[str, np.ndarray]:
        """Gradients to some arguments, which are traced; the others are where they can be."""
        arrays, _, x64 = self.arrays(call)
        cotangent = cotangent_for(call)

        def program(moving: Arrays, fixed: Arrays) -> Any:
            given = {**fixed, **moving}
            results = {
                name: value(call.function, given, options_for(call, name, None))
                for name in reductions
            }
            return mixture(results, lambda terms: jnp.sum(terms * cotangent))

        differentiated = jax.grad(program)
        if self.traced:
            differentiated = jax.jit(differentiated)
        with jax.enable_x64(x64):
            moving = {k: v for k, v in arrays.items() if k in names}
            fixed = {k: v for k, v in arrays.items() if k not in names}
            return {k: np.asarray(v) for k, v in differentiated(moving, fixed).items()}

    def attempt(self, call: Call, reduction: str = "mean") -> np.ndarray:
        """One value alone."""
        return np.asarray(self.loss(call, reduction))

    def loss(self, call: Call, reduction: str) -> Any:
        """One value alone; a pair for "parts"."""
        arrays, _, x64 = self.arrays(call)
        # By default values on a GPU are looked at in the first call of its shape alone.
        checked = {} if jax.default_backend() == "cpu" else {"validate": "always"}
        options = {"reduction": reduction, **checked, **call.options}

        words_of_labels = {k: v for k, v in arrays.items() if v.dtype.kind in "US"}

        def program(given: Arrays) -> Any:
            return value(call.function, given | words_of_labels, options)

        given = {k: v for k, v in arrays.items() if k not in words_of_labels}
        with jax.enable_x64(x64):
            return (jax.jit(program) if self.traced else program)(given)
