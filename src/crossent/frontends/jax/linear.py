"""The loss over a linear layer in JAX: a scan over tiles of rows, in one program.

Rows without a loss are sorted behind the others, and tiles of such rows alone are skipped. With
"forward" the gradients come with the loss; with "recompute", and for the losses of rows, the way
back makes the logits of a tile again. Both have derivatives of every mode and order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from crossent.core.plan import Plan
from crossent.frontends.jax.log_probs import facts_of
from crossent.frontends.jax.ops import OPS
from crossent.frontends.jax.terms import derivative, moving, rows_terms
from crossent.losses.linear import (
    Layer,
    kept_rows,
    logits_of,
    of_sequence,
    plan_of_tile,
    rows_at_a_time,
)
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs

LIVE = 4
"""Arrays of the size of a tile's logits that XLA holds at a time, about."""


class Shared(NamedTuple):
    """What all tiles share."""

    weight: Array
    bias: Array | None
    class_mask: Array | None  # (C,), or those that rows choose from
    class_weight: Array | None


class Row(NamedTuple):
    """What each row has of its own, in tiles."""

    hidden: Array
    y_true: Array
    target_prob: Array | None
    sample_weight: Array | None
    mask: Array | None  # which of the masks is its own
    live: Array | None  # whether it has a loss


class Tiles(NamedTuple):
    """The rows of a call in tiles, and the way back to their order."""

    rows: Row
    shared: Shared
    many: int
    place: Array | None  # where each row has come to


def sums_over_layer(
    plan: Plan, checked: frozenset[str], x: Array, layer: Layer, arrays: list[Array]
) -> tuple[Array, Array]:
    """Return the sum of the terms of all rows, and that of what they add to the divisor."""
    tiles = _tiles(plan, checked, x, layer, arrays)
    if plan.options.gradients == "forward":
        total, weight = _sums(plan, checked, tiles.rows, tiles.shared)
    else:
        total, weight = _sums_again(plan, checked, tiles.rows, tiles.shared)
    return total, weight


def terms_over_layer(
    plan: Plan, checked: frozenset[str], x: Array, layer: Layer, arrays: list[Array]
) -> Array:
    """Return the terms of all rows that meet a label."""
    tiles = _tiles(plan, checked, x, layer, arrays)
    terms, _ = _each(plan, checked, tiles.rows, tiles.shared, partial(_terms, plan, checked))
    return _in_order(terms, tiles, x, plan)


def facts_over_layer(
    plan: Plan, checked: frozenset[str], x: Array, layer: Layer, arrays: list[Array]
) -> dict[str, Array]:
    """Return the facts of all rows that meet a label."""
    tiles = _tiles(plan, checked, x, layer, arrays)
    found = _each(plan, checked, tiles.rows, tiles.shared, partial(_facts, plan, checked))
    return {name: _in_order(one, tiles, x, plan) for name, one in found.items()}


def _tiles(
    plan: Plan, checked: frozenset[str], x: Array, layer: Layer, arrays: list[Array]
) -> Tiles:
    x, inputs = of_sequence(plan, x, Inputs(*arrays)._replace(checked=checked))
    rows = x.shape[:-1]
    n = math.prod(rows)
    mask, own_mask = inputs.class_mask, None
    if mask is not None and jnp.ndim(mask) > 1:
        # Rows are told which mask is theirs: a mask that is repeated is not repeated here.
        numbers = jnp.arange(math.prod(mask.shape[:-1])).reshape(mask.shape[:-1])
        own_mask = jnp.broadcast_to(numbers, rows).reshape(n)
        mask = mask.reshape(-1, plan.classes)

    def flat(array: Any) -> Any:
        return None if array is None else jnp.reshape(array, (n, *jnp.shape(array)[len(rows) :]))

    row = Row(
        flat(x), flat(inputs.y_true), flat(inputs.target_prob), flat(inputs.sample_weight),
        own_mask, None,
    )  # fmt: skip
    of_rows = inputs._replace(
        y_true=row.y_true, target_prob=row.target_prob, sample_weight=row.sample_weight
    )
    keep = kept_rows(OPS, plan_of_tile(plan), of_rows)
    place = None
    if keep is not None:
        order = jnp.argsort(~keep, stable=True)
        place = jnp.argsort(order)
        row = jax.tree.map(lambda one: one[order], row._replace(live=keep))
    size = 8 if plan.compute_dtype == "float64" else 4
    step = rows_at_a_time(plan.options, n, plan.classes * size * LIVE)
    count = -(-n // step) if n else 0
    if missing := count * step - n:
        live = jnp.ones(n, bool) if row.live is None else row.live
        row = jax.tree.map(
            lambda one: jnp.pad(one, [(0, missing), *[(0, 0)] * (one.ndim - 1)]),
            row._replace(live=live),
        )
    row = jax.tree.map(lambda one: one.reshape(count, step, *one.shape[1:]), row)
    return Tiles(row, Shared(*layer, mask, inputs.class_weight), n, place)


def _in_order(of_tiles: Array, tiles: Tiles, x: Array, plan: Plan) -> Array:
    found = of_tiles.reshape(-1)[: tiles.many]
    if tiles.place is not None:
        found = found[tiles.place]
    rows = x.shape[:-1]
    return found.reshape((*rows[:-1], rows[-1] - 1) if plan.options.shift else rows)


def _inputs(row: Row, shared: Shared, checked: frozenset[str]) -> Inputs:
    """Return the inputs of a tile; what fills it up weighs nothing."""
    sample = row.sample_weight
    if row.live is not None:
        if sample is None:
            checked |= {"sample_weight"}
        sample = jnp.where(row.live, 1.0 if sample is None else sample, 0.0)
    mask = shared.class_mask
    if mask is not None and row.mask is not None:
        mask = mask[row.mask]
    return Inputs(row.y_true, row.target_prob, mask, shared.class_weight, sample, None, checked)


def _terms(plan: Plan, checked: frozenset[str], row: Row, shared: Shared) -> tuple[Array, Array]:
    """Return the terms of a tile, and what each adds to the divisor."""
    logits = logits_of(OPS, plan.options, row.hidden, Layer(shared.weight, shared.bias))
    terms, weight = rows_terms(plan_of_tile(plan), _inputs(row, shared, checked), logits)
    return terms, OPS.wide(jnp.ones(terms.shape)) if weight is None else weight


def _facts(plan: Plan, checked: frozenset[str], row: Row, shared: Shared) -> dict[str, Array]:
    logits = logits_of(OPS, plan.options, row.hidden, Layer(shared.weight, shared.bias))
    return facts_of(plan_of_tile(plan), _inputs(row, shared, checked), logits)


def _each(
    plan: Plan, checked: frozenset[str], rows: Row, shared: Shared, of_tile: Callable[..., Any]
) -> Any:
    """Return what is computed of every tile, whose logits are made again for a derivative."""
    again = jax.checkpoint(of_tile, prevent_cse=False)

    def step(_: None, row: Row) -> tuple[None, Any]:
        return None, _if_any(row, lambda: again(row, shared))

    return jax.lax.scan(step, None, rows)[1]


def _if_any(row: Row, compute: Callable[[], Any]) -> Any:
    """Compute a tile, or what it is where no row has a loss."""
    if row.live is None:
        return compute()
    kinds = jax.eval_shape(compute)

    def nothing() -> Any:
        found = jax.tree.map(lambda kind: jnp.zeros(kind.shape, kind.dtype), kinds)
        if isinstance(found, dict) and "rank" in found:
            found["rank"] -= 1  # of rows that are left out
        return found

    return jax.lax.cond(jnp.any(row.live), compute, nothing)


def _sums_again(
    plan: Plan, checked: frozenset[str], rows: Row, shared: Shared
) -> tuple[Array, Array]:
    of_rows = _each(plan, checked, rows, shared, partial(_terms, plan, checked))
    return OPS.total(of_rows[0]), OPS.total(of_rows[1])


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _sums(plan: Plan, checked: frozenset[str], rows: Row, shared: Shared) -> tuple[Array, Array]:
    """The same, with the gradients beside it where they are asked for."""
    return _sums_again(plan, checked, rows, shared)


def _sums_jvp(plan: Plan, checked: frozenset[str], point: Any, tangents: Any) -> Any:
    rows, shared = point
    of_rows, of_all = moving(tangents)
    others = of_rows._replace(hidden=None), of_all._replace(weight=None, bias=None)
    if jax.tree.leaves(others):

        def again(point: Any) -> tuple[Array, Array]:
            return _sums_again(plan, checked, *point)

        return again(point), derivative(again, point, (of_rows, of_all))
    dots = (of_rows.hidden, of_all.weight, of_all.bias)
    of_hidden, *of_layer = (dot is not None for dot in dots)
    sums, gradients = _with_gradients(plan, checked, rows, shared, of_hidden, tuple(of_layer))
    tangent = jnp.zeros_like(sums[0])
    for gradient, dot in zip(gradients, dots, strict=True):
        if dot is not None:
            # Transposed, this is the gradient times what comes from above.
            tangent += jnp.sum(gradient * dot.astype(gradient.dtype)).astype(tangent.dtype)
    return sums, (tangent, jnp.zeros_like(sums[1]))


_sums.defjvp(_sums_jvp, symbolic_zeros=True)


def _with_gradients(
    plan: Plan, checked: frozenset[str], rows: Row, shared: Shared,
    of_hidden: bool, of_layer: tuple[bool, ...],
) -> Any:  # fmt: skip
    """Return the two sums, and the gradients of the first to hidden rows, weight and bias."""
    arrays = (shared.weight, shared.bias)
    dtype = plan.compute_dtype
    grown = tuple(
        jnp.zeros(one.shape, dtype) if moves else None
        for one, moves in zip(arrays, of_layer, strict=True)
    )

    def step(sums: Any, row: Row) -> Any:
        def compute() -> Any:
            held = (
                row.hidden if of_hidden else None,
                *(one if moves else None for one, moves in zip(arrays, of_layer, strict=True)),
            )

            def of_held(held: Any) -> Any:
                hidden, weight, bias = held
                own = row if hidden is None else row._replace(hidden=hidden)
                layer = shared if weight is None else shared._replace(weight=weight)
                layer = layer if bias is None else layer._replace(bias=bias)
                terms, weights = _terms(plan, checked, own, layer)
                return OPS.total(terms), OPS.total(weights)

            total, back, weight = jax.vjp(of_held, held, has_aux=True)
            ((hidden, *layer),) = back(jnp.ones_like(total))
            return total, weight, hidden, layer

        total, weight, hidden, layer = _if_any(row, compute)
        added = tuple(
            None if one is None else one + more.astype(one.dtype)
            for one, more in zip(sums[2], layer, strict=True)
        )
        return (sums[0] + total, sums[1] + weight, added), hidden

    zero = OPS.wide(jnp.zeros(()))
    (total, weight, layer), hidden = jax.lax.scan(step, (zero, zero, grown), rows)
    return (total, weight), (hidden, *layer)
