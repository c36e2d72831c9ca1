"""Log-probabilities of labels in JAX, what belongs to them, and derivatives of any order.

As for the terms of losses (:mod:`crossent.frontends.jax.terms`), an output is a ``custom_jvp``
function whose derivative is the analytic gradient, and that gradient is one again, differentiated
by JAX in a plain form.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from crossent.core.plan import Plan
from crossent.frontends.jax.ops import OPS
from crossent.frontends.jax.terms import Arrays, derivative, moving
from crossent.losses import log_probs
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs, Targets, shifted


@partial(jax.jit, static_argnums=(0, 1))
def outputs_of(
    plan: Plan, checked: frozenset[str], x: Array, arrays: list[Array]
) -> dict[str, Array]:
    """Return the outputs of the plan."""
    # Without checkpoint a derivative would keep arrays of its own between forward and backward;
    # so it keeps the inputs alone. Inside one program XLA still computes nothing twice.
    found: dict[str, Array] = jax.checkpoint(partial(_facts, plan, checked), prevent_cse=False)(
        x, arrays
    )
    return log_probs.answers(plan.options.outputs, found)


def _facts(plan: Plan, checked: frozenset[str], x: Array, arrays: list[Array]) -> dict[str, Array]:
    plan, inputs = shifted(OPS, plan, Inputs(*arrays)._replace(checked=checked))
    return facts_of(plan, inputs, x)


def facts_of(plan: Plan, inputs: Inputs, x: Array) -> dict[str, Array]:
    """Return the facts of rows that the outputs of the plan are made of; each has its label."""
    facts = log_probs.facts_asked_for(plan.options.outputs)
    rows, targets = log_probs.rows_with_labels(OPS, plan, inputs, x)
    names = log_probs.differentiable(facts)
    found = {
        name: log_probs.finished(OPS, plan, targets, value)
        for name, value in zip(names, _values(plan, names, rows, targets[1:]), strict=True)
    }
    if "rank" in facts:
        still = jax.lax.stop_gradient(rows)
        found["rank"] = log_probs.rank_of(OPS, still, targets)
    return found


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _values(plan: Plan, names: tuple[str, ...], x: Array, arrays: Arrays) -> tuple[Array, ...]:
    forward, _ = log_probs.functions_of(OPS, Targets(plan.classes, *arrays), names)
    return forward(x)[0]


def _values_jvp(plan: Plan, names: tuple[str, ...], point: Any, tangents: Any) -> Any:
    x, arrays = point
    x_dot, _ = moving(tangents)
    values = _values(plan, names, x, arrays)
    if x_dot is None:
        return values, tuple(jnp.zeros_like(value) for value in values)
    # Transposed, these are the gradients of the row times what comes from above.
    slopes = [_slope(plan, name, x, arrays) for name in names]
    return values, tuple(OPS.wide(jnp.sum(slope * x_dot, axis=-1)) for slope in slopes)


_values.defjvp(_values_jvp, symbolic_zeros=True)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _slope(plan: Plan, name: str, x: Array, arrays: Arrays) -> Array:
    """Return the derivative of an output of every row to its logits."""
    forward, _ = log_probs.functions_of(OPS, Targets(plan.classes, *arrays), (name,))
    values, backward = forward(x)
    return backward(jnp.ones_like(values[0]))


def _slope_jvp(plan: Plan, name: str, point: Any, tangents: Any) -> tuple[Array, Array]:
    def plain(point: Any) -> Array:
        x, arrays = point
        _, smooth = log_probs.functions_of(OPS, Targets(plan.classes, *arrays), (name,))
        return smooth(x, OPS.wide(jnp.ones(x.shape[:-1])))

    return _slope(plan, name, *point), derivative(plain, point, moving(tangents))


_slope.defjvp(_slope_jvp, symbolic_zeros=True)
