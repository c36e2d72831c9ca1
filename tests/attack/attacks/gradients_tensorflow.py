"""Random calls on TensorFlow: value and every gradient with and without the rows left out."""

from __future__ import annotations

import numpy as np

from attack import campaign
from attack.attacks.gradients import Gradients, Values, compare_many
from contract.case import Call

LIMITS = campaign.Limits(count=100, seconds=300)


def attack(seed: int, count: int) -> dict[str, int]:
    """Compare `count` calls of TensorFlow with their twins."""
    return compare_many(differentiated, seed, count)


def differentiated(
    call: Call, names: tuple[str, ...], reduction: str, bars: np.ndarray
) -> tuple[Values, Gradients]:
    """The values of a call, and the gradients of their sum with the upstream gradients `bars`."""
    import tensorflow as tf

    from contract.runner import options_for
    from contract.runner_tensorflow import split, value

    tensors, _ = split(call)
    moving = {name: tensors[name] for name in names}
    with tf.GradientTape() as tape:
        tape.watch(moving)
        result = value(call.function, tensors, options_for(call, reduction, None))
        results = list(result) if reduction == "parts" else [result]
        upstream = bars[-2:] if reduction == "parts" else bars[-1:]
        if reduction == "none":
            upstream = [tf.constant(bars[:-2].reshape(result.shape), result.dtype)]
        total = tf.add_n(
            [
                tf.reduce_sum(one * tf.cast(bar, one.dtype))
                for one, bar in zip(results, upstream, strict=True)
            ]
        )
    zero = tf.UnconnectedGradients.ZERO
    found = tape.gradient(total, moving, unconnected_gradients=zero)
    arrays = {name: tf.convert_to_tensor(one).numpy() for name, one in found.items()}
    return [one.numpy() for one in results], arrays
