"""How each front end is asked for a value and for gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import crossent as ce
from contract.case import FUNCTION_NAMES
from contract.runner import cotangent_for
from differing.calls import Drawn

Results = dict[str, Any]
Way = Callable[[Drawn], Results]
SHARES = (0.53, 0.17)  # of the two parts, where a gradient needs one number


def _arrays(drawn: Drawn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a call, and its options that are words and numbers."""
    call = drawn.call
    named = {"y_true": call.y_true, "y_pred": call.y_pred, **call.options}
    arrays = {k: v for k, v in named.items() if isinstance(v, np.ndarray | np.generic)}
    words = {k: v for k, v in call.options.items() if k not in arrays}
    return arrays, {**words, "reduction": drawn.reduction}


def _value(drawn: Drawn, arrays: dict[str, Any], words: dict[str, Any]) -> Any:
    given = {**words, **{k: v for k, v in arrays.items() if k in drawn.call.options}}
    loss = getattr(ce, FUNCTION_NAMES[drawn.call.function])
    return loss(arrays["y_true"], arrays["y_pred"], **given)


def _moving(drawn: Drawn, arrays: dict[str, Any]) -> list[str]:
    """The inputs to differentiate by: what is there, and is of floats."""
    floats = ("float16", "bfloat16", "float32", "float64")
    return [name for name in drawn.moving if name in arrays and arrays[name].dtype.name in floats]


def of_numpy(drawn: Drawn) -> Results:
    """The value, and what ``value_and_grad`` writes to an array of its own, `out` or its input."""
    arrays, words = _arrays(drawn)
    found: Results = {"value": _value(drawn, arrays, words), "path": ce.last_path()}
    if "y_pred" not in drawn.moving or drawn.reduction not in ("mean", "sum", "auto"):
        return found
    x = np.array(arrays["y_pred"])
    where: dict[str, Any] = {}
    if drawn.way % 3:
        where = {"out": np.empty_like(x)} if drawn.way % 3 == 1 else {"inplace": True}
    given = {**words, **{k: v for k, v in arrays.items() if k in drawn.call.options}, **where}
    both = ce.value_and_grad(getattr(ce, FUNCTION_NAMES[drawn.call.function]))
    value, gradient = both(arrays["y_true"], x, **given)
    return {**found, "value beside gradient": value, "to y_pred": gradient}


def of_torch(drawn: Drawn) -> Results:
    """The value and gradients by autograd."""
    import torch

    from contract.runner_torch import array_of, tensor_of

    arrays, words = _arrays(drawn)
    names = _moving(drawn, arrays)
    tensors = {k: tensor_of(v) for k, v in arrays.items()}
    for name in names:
        tensors[name].requires_grad_()
    result = _value(drawn, tensors, words)
    parts = result if isinstance(result, tuple) else (result,)
    found: Results = {"value": tuple(map(array_of, parts)), "path": ce.last_path()}
    if drawn.way % 2 and len(parts) == 1:  # an upstream gradient that is not 1
        parts = (parts[0] * 0.37,)
    number = (
        (parts[0] * tensor_of(cotangent_for(drawn.call)).reshape(parts[0].shape)).sum()
        if drawn.reduction == "none"
        else sum(share * part for share, part in zip(SHARES, parts, strict=False))
        if len(parts) == 2
        else parts[0]
    )
    wanted = [tensors[name] for name in names]
    if wanted and number.requires_grad:
        gradients = torch.autograd.grad(number, wanted, allow_unused=True)
        found |= {
            f"to {name}": "none" if one is None else array_of(one)
            for name, one in zip(names, gradients, strict=True)
        }
    return found


def of_jax(drawn: Drawn, traced: bool = False) -> Results:
    """The value and gradients, operation by operation or in one program."""
    import jax
    import jax.numpy as jnp

    from contract.runner_jax import needs_64_bits

    arrays, words = _arrays(drawn)
    arrays = {k: v.astype(v.dtype.newbyteorder("=")) for k, v in arrays.items()}
    x64 = needs_64_bits(arrays)
    kept = () if x64 or traced else ("y_true",)
    names = [name for name in _moving(drawn, arrays) if name not in kept]
    with jax.enable_x64(x64):
        given = {k: v if k in kept else jnp.asarray(v) for k, v in arrays.items()}
        still = {k: v for k, v in given.items() if k not in names}

        def value(moving: dict[str, Any]) -> Any:
            return _value(drawn, {**still, **moving}, words)

        def number(moving: dict[str, Any]) -> Any:
            result = value(moving)
            if drawn.reduction == "none":
                return jnp.sum(result * cotangent_for(drawn.call).reshape(result.shape))
            pairs = zip(SHARES, result, strict=False) if isinstance(result, tuple) else ()
            return sum(share * part for share, part in pairs) if pairs else result

        def program(moving: dict[str, Any]) -> Any:
            return value(moving), jax.grad(number)(moving) if names else {}

        of_names = {name: given[name] for name in names}
        result, gradients = (jax.jit(program) if traced else program)(of_names)
        found = {"value": jax.tree.map(np.asarray, result)}
        return {**found, **{f"to {name}": np.asarray(one) for name, one in gradients.items()}}


def of_tensorflow(drawn: Drawn, traced: bool = False) -> Results:
    """The value and gradients by a tape, operation by operation or in a graph."""
    import tensorflow as tf

    arrays, words = _arrays(drawn)
    names = _moving(drawn, arrays)
    tensors = {
        k: tf.constant(np.ascontiguousarray(v, v.dtype.newbyteorder("=")).reshape(v.shape))
        for k, v in arrays.items()
    }

    def program(given: dict[str, Any]) -> Any:
        moving = {name: given[name] for name in names}
        with tf.GradientTape() as tape:
            tape.watch(moving)
            result = _value(drawn, given, words)
            parts = result if isinstance(result, tuple) else (result,)
            if drawn.reduction == "none":
                cotangent = tf.reshape(tf.constant(cotangent_for(drawn.call)), tf.shape(parts[0]))
                number = tf.reduce_sum(parts[0] * cotangent)
            elif len(parts) == 2:
                number = SHARES[0] * parts[0] + SHARES[1] * parts[1]
            else:
                number = parts[0]
        return result, tape.gradient(number, moving) if names else {}

    result, gradients = (tf.function(program) if traced else program)(tensors)
    parts = result if isinstance(result, tuple) else (result,)
    found: Results = {"value": tuple(one.numpy() for one in parts)}
    if not traced:
        found["path"] = ce.last_path()
    return {
        **found,
        **{
            f"to {name}": "none" if one is None else tf.convert_to_tensor(one).numpy()
            for name, one in gradients.items()
        },
    }


WAYS: dict[str, Way] = {
    "numpy": of_numpy,
    "numpy-operations": of_numpy,
    "torch": of_torch,
    "torch-operations": of_torch,
    "jax": of_jax,
    "jit": lambda drawn: of_jax(drawn, traced=True),
    "tensorflow": of_tensorflow,
    "tensorflow-operations": of_tensorflow,
    "tf.function": lambda drawn: of_tensorflow(drawn, traced=True),
}
