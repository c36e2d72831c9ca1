"""The terms of the rows in JAX, and their derivatives of any order.

The term of a row is a ``custom_jvp`` function whose derivative is the analytic gradient, and that
gradient is a ``custom_jvp`` function again, differentiated by JAX in a plain form. Both rules are
linear in what moves, so that JAX transposes them for reverse mode: a row's gradient is multiplied
by what comes from above and rounded to the dtype of the predictions after that.

A point is (predictions, the arrays of Targets after `classes`, which the plan knows); a tangent
that is zero for certain is None.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from crossent.core.plan import Plan
from crossent.frontends.jax.ops import OPS
from crossent.losses.ops import Array
from crossent.losses.plain import plain_losses
from crossent.losses.rows import rows_of, weighted
from crossent.losses.targets import Inputs, Targets
from crossent.losses.terms import losses_of, term, term_slopes

Arrays = tuple[Any, ...]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def terms(plan: Plan, x: Array, arrays: Arrays) -> Array:
    """Return t / s of every row."""
    targets = Targets(plan.classes, *arrays)
    forward, _ = losses_of(OPS, plan.options, targets)
    return term(OPS, plan.options, targets, forward(x)[0])


def _terms_jvp(plan: Plan, point: Any, tangents: Any) -> tuple[Array, Array]:
    x, arrays = point
    x_dot, arrays_dot = moving(tangents)
    value = terms(plan, x, arrays)
    tangent = jnp.zeros_like(value)
    if x_dot is not None:
        # Transposed, this is the gradient of the row times what comes from above.
        product = _gradient(plan, x, arrays) * x_dot
        tangent = OPS.wide(jnp.sum(product, axis=-1) if plan.classes else product)
    if jax.tree.leaves(arrays_dot):
        values = _values(plan, x, arrays)

        def of_arrays(arrays: Arrays) -> Array:
            return term(OPS, plan.options, Targets(plan.classes, *arrays), values)

        tangent = tangent + derivative(of_arrays, arrays, arrays_dot)
    return value, tangent


terms.defjvp(_terms_jvp, symbolic_zeros=True)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _gradient(plan: Plan, x: Array, arrays: Arrays) -> Array:
    """Return the derivative of the term of every row to its predictions."""
    targets = Targets(plan.classes, *arrays)
    forward, _ = losses_of(OPS, plan.options, targets)
    values, backward = forward(x)
    return backward(*term_slopes(OPS, plan.options, targets, values, _ones(plan, x, targets)))


def _gradient_jvp(plan: Plan, point: Any, tangents: Any) -> tuple[Array, Array]:
    def plain(point: Any) -> Array:
        x, arrays = point
        targets = Targets(plan.classes, *arrays)
        if plan.options.from_logits:
            _, smooth = losses_of(OPS, plan.options, targets)
            values = _values(plan, x, arrays)
            upstream = _ones(plan, x, targets)
            return smooth(x, *term_slopes(OPS, plan.options, targets, values, upstream))

        def of_x(x: Array) -> Array:
            return term(OPS, plan.options, targets, plain_losses(OPS, plan.options, targets, x))

        return jax.vjp(of_x, x)[1](_ones(plan, x, targets))[0]

    return _gradient(plan, *point), derivative(plain, point, moving(tangents))


_gradient.defjvp(_gradient_jvp, symbolic_zeros=True)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _values(plan: Plan, x: Array, arrays: Arrays) -> tuple[Array, ...]:
    """Return the losses that the terms are made of."""
    forward, _ = losses_of(OPS, plan.options, Targets(plan.classes, *arrays))
    return forward(x)[0]


def _values_jvp(plan: Plan, point: Any, tangents: Any) -> Any:
    def plain(point: Any) -> tuple[Array, ...]:
        x, arrays = point
        return plain_losses(OPS, plan.options, Targets(plan.classes, *arrays), x)

    return _values(plan, *point), derivative(plain, point, moving(tangents))


_values.defjvp(_values_jvp, symbolic_zeros=True)


def _ones(plan: Plan, x: Array, targets: Targets) -> Array:
    ones = OPS.wide(jnp.ones(x.shape[:-1] if plan.classes else x.shape))
    return ones if targets.keep is None else jnp.where(targets.keep, ones, 0)


def moving(tangents: Any) -> Any:
    """Return tangents with None in place of those that are zero for certain."""

    def moves(tangent: Any) -> Any:
        fixed = isinstance(tangent, SymbolicZero) or tangent.dtype == jax.dtypes.float0
        return None if fixed else tangent

    return jax.tree.map(moves, tangents)


def derivative(function: Callable[[Any], Any], point: Any, tangents: Any) -> Any:
    """Return the derivative of ``function(point)`` along tangents."""
    leaves, tree = jax.tree.flatten(point)
    dots = tree.flatten_up_to(tangents)
    moving = [i for i, dot in enumerate(dots) if dot is not None]

    def of_moving(*moved: Array) -> Any:
        values = list(leaves)
        for i, value in zip(moving, moved, strict=True):
            values[i] = value
        return function(jax.tree.unflatten(tree, values))

    return jax.jvp(of_moving, [leaves[i] for i in moving], [dots[i] for i in moving])[1]


def rows_terms(plan: Plan, inputs: Inputs, x: Array) -> tuple[Array, Array | None]:
    """Return the terms of the rows, and what each adds to the divisor (None: 1)."""
    rows, targets = rows_of(OPS, plan, inputs, x)
    return weighted(OPS, plan, targets, terms(plan, rows, targets[1:]))
