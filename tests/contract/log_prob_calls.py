"""How each front end is asked for log-probabilities of labels, and their gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import crossent as ce
from contract.runner import Runner

FLOATS = ("log_prob", "entropy", "lse")
Found = dict[str, np.ndarray]


def asked(
    runner: Runner,
    y: Any,
    x: np.ndarray,
    bars: Mapping[str, np.ndarray] | None = None,
    **given: Any,
) -> tuple[Found, np.ndarray | None]:
    """Return the outputs of a call, and the gradient of sum(bar * output) where there is one."""
    one = isinstance(given.get("outputs", ""), str)
    names = (given.get("outputs", "log_prob"),) if one else given["outputs"]
    ways = {"numpy": _numpy, "jax": _jax, "jit": _jax}
    way = ways.get(runner.name) or (_torch if runner.name.startswith("torch") else _tensorflow)
    values, gradient = way(runner, y, x, bars or {}, names, given)
    return dict(zip(names, values, strict=True)), gradient


def _all(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def _numpy(runner: Any, y: Any, x: Any, bars: Any, names: Any, given: Any) -> Any:
    return [np.asarray(one) for one in _all(ce.log_probs(y, x, **given))], None


def _torch(runner: Any, y: Any, x: Any, bars: Any, names: Any, given: Any) -> Any:
    import torch

    from contract.runner_torch import array_of, tensor_of

    arrays = {name: one for name, one in given.items() if isinstance(one, np.ndarray)}
    words = {name: one for name, one in given.items() if name not in arrays}

    def program(y: Any, x: Any, arrays: Any) -> Any:
        return _all(ce.log_probs(y, x, **words, **arrays))

    tensors = {name: tensor_of(one).to(runner.device) for name, one in arrays.items()}
    logits = tensor_of(x).to(runner.device).requires_grad_(bool(bars))
    labels = tensor_of(y).to(runner.device)
    values = runner.traceable(program)(labels, logits, tensors)
    gradient = None
    if bars:
        moving = [(v, bars[n]) for n, v in zip(names, values, strict=True) if n in bars]
        outputs = [value for value, _ in moving]
        upstream = [tensor_of(bar).to(value.dtype).to(value.device) for value, bar in moving]
        (found,) = torch.autograd.grad(outputs, logits, upstream)
        gradient = array_of(found)
    return [array_of(one) for one in values], gradient


def _jax(runner: Any, y: Any, x: Any, bars: Any, names: Any, given: Any) -> Any:
    import jax
    import jax.numpy as jnp

    arrays = {name: one for name, one in given.items() if isinstance(one, np.ndarray)}
    words = {name: one for name, one in given.items() if name not in arrays}
    x64 = x.dtype == np.float64

    def program(y: Any, x: Any, arrays: Any) -> Any:
        return _all(ce.log_probs(y, x, **words, **arrays))

    def number(x: Any, y: Any, arrays: Any) -> Any:
        values = dict(zip(names, program(y, x, arrays), strict=True))
        return sum(jnp.sum(values[name] * bars[name]) for name in bars)

    with jax.enable_x64(x64):
        traced = [jax.jit(program), jax.jit(jax.grad(number))]
        call, slope = traced if runner.traced else (program, jax.grad(number))
        held = {name: jnp.asarray(one) for name, one in arrays.items()}
        labels = jnp.asarray(y) if x64 or runner.traced else y
        values = [np.asarray(one) for one in call(labels, jnp.asarray(x), held)]
        gradient = np.asarray(slope(jnp.asarray(x), labels, held)) if bars else None
    return values, gradient


def _tensorflow(runner: Any, y: Any, x: Any, bars: Any, names: Any, given: Any) -> Any:
    import tensorflow as tf

    arrays = {name: one for name, one in given.items() if isinstance(one, np.ndarray)}
    words = {name: one for name, one in given.items() if name not in arrays}

    def program(y: Any, x: Any, arrays: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = dict(zip(names, _all(ce.log_probs(y, x, **words, **arrays)), strict=True))
            number = tf.add_n(
                [
                    tf.reduce_sum(values[name] * tf.cast(bar, values[name].dtype))
                    for name, bar in bars.items()
                ]
                or [tf.constant(0.0)]
            )
        gradient = tape.gradient(number, x) if bars else tf.constant(0.0)
        return tuple(values.values()), gradient

    if runner.name != "tensorflow":
        program = tf.function(program, jit_compile=runner.name == "jit_compile")
    held = {name: tf.constant(one) for name, one in arrays.items()}
    values, gradient = program(tf.constant(y), tf.constant(x), held)
    return [one.numpy() for one in values], gradient.numpy() if bars else None
