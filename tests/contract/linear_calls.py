"""How each front end is asked for functions over a linear layer, and for their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import crossent as ce
from contract.runner import Runner

Named = dict[str, np.ndarray]
NAMES = ("hidden", "weight", "bias")
DIFFERENTIABLE = ("log_prob", "entropy", "lse")


class Asked(NamedTuple):
    """A call: its arrays, its other options, and what its results are multiplied with."""

    function: Callable[..., Any]
    y: np.ndarray
    layer: tuple[np.ndarray, ...]  # hidden, weight and perhaps bias
    arrays: Named
    words: dict[str, Any]
    bars: Named

    def run(self, y: Any, layer: Any, arrays: Any) -> dict[str, Any]:
        """Call the function; its one result is called "loss"."""
        more = {} if len(layer) == 2 else {"linear_bias": layer[2]}
        found = self.function(y, *layer[:2], **self.words, **arrays, **more)
        return found._asdict() if isinstance(found, tuple) else {"loss": found}


def asked(
    runner: Runner, function: Callable[..., Any], y: Any, hidden: Any, weight: Any, bars: Named,
    **given: Any,
) -> tuple[Named, Named]:  # fmt: skip
    """Return the results of a call, and the gradients of sum(bar * result) to the layer.

    NumPy has gradients of a mean and a sum alone.
    """
    arrays = {name: one for name, one in given.items() if isinstance(one, np.ndarray)}
    words = {name: one for name, one in given.items() if name not in arrays}
    bias = arrays.pop("linear_bias", None)
    layer = tuple(one for one in (hidden, weight, bias) if one is not None)
    call = Asked(function, y, layer, arrays, words, bars)
    ways = {"numpy": _numpy, "numpy-operations": _numpy, "jax": _jax, "jit": _jax}
    way = ways.get(runner.name) or (_torch if runner.name.startswith("torch") else _tensorflow)
    results, gradients = way(runner, call)
    return results, dict(zip(NAMES, gradients, strict=False))


def _numpy(runner: Any, call: Asked) -> tuple[Named, list[np.ndarray]]:
    plain = call.run(call.y, call.layer, call.arrays)
    if call.words.get("reduction", "mean") == "none" or call.function is ce.linear_log_probs:
        return plain, []
    more = {} if len(call.layer) == 2 else {"linear_bias": call.layer[2]}
    value, found = ce.value_and_grad(call.function)(
        call.y, *call.layer[:2], **call.words, **call.arrays, **more
    )
    assert value == plain["loss"]
    return plain, [one * call.bars["loss"] for one in found if one is not None]


def _torch(runner: Any, call: Asked) -> tuple[Named, list[np.ndarray]]:
    import torch

    from contract.runner_torch import array_of, tensor_of

    def here(array: Any) -> Any:
        return tensor_of(array).to(runner.device)

    layer = [here(one).requires_grad_() for one in call.layer]
    held = {name: here(one) for name, one in call.arrays.items()}
    results = runner.traceable(call.run)(here(call.y), layer, held)
    bars = {name: here(bar) for name, bar in call.bars.items()}
    number = sum((results[name] * bar.to(results[name].dtype)).sum() for name, bar in bars.items())
    found = torch.autograd.grad(number, layer)
    return {name: array_of(one) for name, one in results.items()}, list(map(array_of, found))


def _jax(runner: Any, call: Asked) -> tuple[Named, list[np.ndarray]]:
    import jax
    import jax.numpy as jnp

    def number(layer: Any, y: Any, arrays: Any) -> Any:
        results = call.run(y, layer, arrays)
        return sum(jnp.sum(results[name] * bar) for name, bar in call.bars.items()), results

    with jax.enable_x64(call.layer[0].dtype == np.float64):
        slope = jax.value_and_grad(number, has_aux=True)
        slope = jax.jit(slope) if runner.traced else slope
        held = {name: jnp.asarray(one) for name, one in call.arrays.items()}
        labels = jnp.asarray(call.y) if runner.traced else call.y
        (_, results), found = slope(list(map(jnp.asarray, call.layer)), labels, held)
        return {k: np.asarray(one) for k, one in results.items()}, list(map(np.asarray, found))


def _tensorflow(runner: Any, call: Asked) -> tuple[Named, list[np.ndarray]]:
    import tensorflow as tf

    def program(y: Any, layer: Any, arrays: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(layer)
            results = call.run(y, layer, arrays)
            number = sum(
                tf.reduce_sum(results[name] * tf.constant(bar, results[name].dtype))
                for name, bar in call.bars.items()
            )
        return results, tape.gradient(number, layer)

    if runner.name != "tensorflow":
        program = tf.function(program, jit_compile=runner.name == "jit_compile")
    held = {name: tf.constant(one) for name, one in call.arrays.items()}
    results, found = program(tf.constant(call.y), list(map(tf.constant, call.layer)), held)
    return {k: one.numpy() for k, one in results.items()}, [one.numpy() for one in found]
