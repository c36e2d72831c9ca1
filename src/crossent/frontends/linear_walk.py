"""The loss over a linear layer where rows can be chosen: NumPy, and tensors of PyTorch.

Rows that have no loss are left out before the product. The others are walked in tiles; the logits
of a tile become their gradient in the same memory, where the kernels serve, and are gone after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from crossent.core.plan import Plan
from crossent.losses import log_probs
from crossent.losses.linear import (
    Layer,
    kept_rows,
    plan_of_tile,
    rows_at_a_time,
    slope_of_cap,
    transformed,
)
from crossent.losses.ops import Array, Ops
from crossent.losses.targets import Inputs, prepare, row_weight

TILES = 8
"""A product that is added to a sum is made in such parts of the memory that is allowed."""


class Wanted(NamedTuple):
    """Which gradients are asked for."""

    hidden: bool
    weight: bool
    bias: bool


class Gradients(NamedTuple):
    """Gradients to what makes the logits; None where not wanted."""

    hidden: Array | None
    weight: Array | None
    bias: Array | None


class Backend(Protocol):
    """What a framework does with the rows of a tile, eagerly."""

    live: int  # arrays of the size of a tile's logits that are held at a time

    @property
    def ops(self) -> Ops:
        """Return its operations."""
        ...

    def logits(self, hidden: Array, layer: Layer, room: Array | None) -> Array:
        """Return what the layer gives for hidden rows, in `room` if there is one large enough."""
        ...

    def chosen(self, keep: Array) -> Array | None:
        """Return the numbers of the rows that are True; None where nobody waits for them."""
        ...

    def before_the_last(self, rows: int, places: int, like: Array) -> Array:
        """Return the numbers of all rows but the last of each sequence."""
        ...

    def of_rows(self, array: Array, rows: Any, shape: tuple[int, ...]) -> Array:
        """Return some rows of an array that is repeated to a shape, without repeating it."""
        ...

    def room(self, shape: tuple[int, ...], dtype: str, like: Array) -> Array:
        """Return zeros."""
        ...

    def add_product(self, total: Array, g: Array, x: Array, elements: int) -> None:
        """Add the product of the transposed gradient with hidden rows to a sum."""
        ...

    def product(self, g: Array, weight: Array, out: Array | None) -> Array:
        """Return the product of a gradient with the weight, in `out` if there is one."""
        ...

    def sum_of_rows(self, g: Array) -> Array:
        """Return the sum over the rows."""
        ...

    def terms(self, plan: Plan, x: Array, inputs: Inputs) -> Array:
        """Return the terms of the rows."""
        ...

    def terms_and_gradient(
        self, plan: Plan, x: Array, inputs: Inputs, divisor: Any
    ) -> tuple[Array, Array]:
        """Return the terms of the rows and the gradient of their sum over a divisor, in `x`."""
        ...

    def mantissa(self, number: Any) -> Any:
        """Return a number over a power of 2, from 1/2 to 1; 1 for 0."""
        ...

    def gradient(self, plan: Plan, x: Array, inputs: Inputs, bar: Array) -> Array:
        """Return the gradient of ``sum(bar * terms)``, in the memory of `x`."""
        ...

    def facts(
        self, plan: Plan, x: Array, inputs: Inputs, names: Sequence[str]
    ) -> Mapping[str, Array]:
        """Return facts of rows."""
        ...

    def facts_gradient(
        self, plan: Plan, x: Array, inputs: Inputs, bars: Mapping[str, Array]
    ) -> Array:
        """Return the gradient of facts of rows, in the memory of `x`."""
        ...


class Tile(NamedTuple):
    """Some rows: where they are, and what is computed of them."""

    rows: Any  # a slice, or numbers
    hidden: Array
    logits: Array
    inputs: Inputs


class Walk:
    """The rows of a call, walked in tiles."""

    def __init__(
        self, backend: Backend, plan: Plan, layer: Layer, hidden: Array, inputs: Inputs
    ) -> None:
        self.backend, self.plan, self.layer = backend, plan, layer
        self.tile_plan = plan_of_tile(plan)
        self.shape = tuple(hidden.shape)
        self.rows = math.prod(self.shape[:-1])
        self.hidden = hidden.reshape(self.rows, self.shape[-1])
        per_row = 1 if plan.kind in ("dense", "top_k") else 0
        self.inputs = inputs._replace(
            y_true=_flat(inputs.y_true, per_row),
            target_prob=_flat(inputs.target_prob, 1),
            sample_weight=_flat(inputs.sample_weight, 0),
        )
        self.chosen, self.labels = self._chosen()

    @property
    def count(self) -> int:
        """How many rows are computed."""
        return self.rows if self.chosen is None else int(self.chosen.shape[0])

    def _chosen(self) -> tuple[Array | None, Array | None]:
        """Return the numbers of the rows that have a loss, and of their labels; None for all."""
        backend, rows, labels = self.backend, None, None
        if self.plan.options.shift:
            rows = backend.before_the_last(self.rows, self.shape[-2], self.hidden)
            labels = rows + 1
        of_rows = self._weighed(rows, labels)
        keep = kept_rows(backend.ops, self.tile_plan, of_rows)
        if keep is not None and (some := backend.chosen(keep)) is not None:
            rows = some if rows is None else rows[some]
            labels = rows if labels is None else labels[some]
        return rows, labels

    def _weighed(self, rows: Any, labels: Any) -> Inputs:
        """Return what tells the weights of rows, and nothing that is as large as the logits."""
        given = self.inputs._replace(class_mask=None)
        if self.plan.kind == "dense":
            given = given._replace(y_true=None)
        return self._inputs_of(rows, labels, given)

    def _inputs_of(self, rows: Any, labels: Any, given: Inputs) -> Inputs:
        rows, labels = (slice(None) if one is None else one for one in (rows, labels))

        def part(array: Array | None, at: Any) -> Array | None:
            return None if array is None else array[at]

        mask = given.class_mask
        if mask is not None and mask.ndim > 1:
            shape = (*self.shape[:-1], self.plan.classes)
            mask = self.backend.of_rows(mask, rows, shape)
        return given._replace(
            y_true=part(given.y_true, labels),
            target_prob=part(given.target_prob, labels),
            sample_weight=part(given.sample_weight, rows),
            class_mask=mask,
        )

    def tiles(self) -> Iterator[Tile]:
        """Yield the rows, a tile at a time; the logits are the caller's own."""
        options, count = self.plan.options, self.count
        size = 8 if self.plan.compute_dtype == "float64" else 4
        live = self.backend.live + 2 * (options.softcap is not None)
        # What a product needs to be added is a part of the memory too.
        each = self.plan.classes * size * live * TILES // (TILES - 1)
        step, room = rows_at_a_time(options, count, each), None
        for first in range(0, count, step):
            part = slice(first, min(first + step, count))
            rows = part if self.chosen is None else self.chosen[part]
            labels = rows if self.labels is None else self.labels[part]
            hidden = self.hidden[rows]
            # New memory for every tile would cost as much as the product.
            room = self.backend.logits(hidden, self.layer, room)
            logits = transformed(options, room, self.backend.ops)
            yield Tile(rows, hidden, logits, self._inputs_of(rows, labels, self.inputs))

    def mantissa(self) -> Any:
        """Return what the kept rows weigh, over a power of 2.

        A gradient that was divided by it is divided by the rest without rounding.
        """
        ops, plan = self.backend.ops, self.tile_plan
        inputs = self._weighed(self.chosen, self.labels)
        if plan.kind == "dense":
            if inputs.class_weight is not None:
                return 1.0  # a weight of rows that is made of all targets is not worth a rounding
            weight = None if inputs.sample_weight is None else ops.wide(inputs.sample_weight)
        else:
            inputs = inputs._replace(checked=inputs.checked | {"class_mask", "y_pred"})
            weight = row_weight(ops, prepare(ops, plan, inputs, None))
        return self.backend.mantissa(self.count if weight is None else ops.total(weight))

    def terms(
        self, wanted: Wanted | None, divisor: Any = 1.0
    ) -> tuple[Array, Array, Gradients | None]:
        """Return the terms of all rows, what each adds to the divisor, and gradients.

        The gradients are those of the sum of the terms over `divisor`.
        """
        backend, ops = self.backend, self.backend.ops
        terms = backend.room((self.rows,), self.plan.compute_dtype, self.hidden)
        weights = ops.wide(backend.room((self.rows,), self.plan.compute_dtype, self.hidden))
        sums = None if wanted is None else Sums(self, wanted)
        for rows, hidden, x, inputs in self.tiles():
            weight = row_weight(ops, prepare(ops, self.tile_plan, inputs, x))
            weights[rows] = 1.0 if weight is None else weight
            if sums is None:
                terms[rows] = backend.terms(self.tile_plan, x, inputs)
                continue
            slope = slope_of_cap(self.plan.options, x)
            terms[rows], g = backend.terms_and_gradient(self.tile_plan, x, inputs, divisor)
            sums.add(rows, hidden, g, slope)
        return terms, weights, None if sums is None else sums.found()

    def gradients(self, bar: Array, wanted: Wanted) -> Gradients:
        """Return the gradients of ``sum(bar * terms)``; `bar` is of every row."""
        sums = Sums(self, wanted)
        for rows, hidden, x, inputs in self.tiles():
            slope = slope_of_cap(self.plan.options, x)
            sums.add(
                rows, hidden, self.backend.gradient(self.tile_plan, x, inputs, bar[rows]), slope
            )
        return sums.found()

    def facts(self) -> dict[str, Array]:
        """Return the facts that the outputs are made of, of all rows."""
        names = log_probs.facts_asked_for(self.plan.options.outputs)
        found = {}
        for name in names:
            dtype = "int64" if name == "rank" else self.plan.compute_dtype
            found[name] = self.backend.room((self.rows,), dtype, self.hidden)
            if name == "rank":
                found[name] -= 1  # of rows that are left out
        for rows, _, x, inputs in self.tiles():
            for name, one in self.backend.facts(self.tile_plan, x, inputs, names).items():
                found[name][rows] = one
        return found

    def facts_gradients(self, bars: Mapping[str, Array], wanted: Wanted) -> Gradients:
        """Return the gradients of ``sum(bar * fact)``; the bars are of every row."""
        sums = Sums(self, wanted)
        for rows, hidden, x, inputs in self.tiles():
            slope = slope_of_cap(self.plan.options, x)
            own = {name: bar[rows] for name, bar in bars.items()}
            g = self.backend.facts_gradient(self.tile_plan, x, inputs, own)
            sums.add(rows, hidden, g, slope)
        return sums.found()


class Sums:
    """Gradients that grow with every tile."""

    def __init__(self, walk: Walk, wanted: Wanted) -> None:
        self.backend, self.layer = walk.backend, walk.layer
        self.scale, self.shape = walk.plan.options.logit_scale, walk.shape
        options = walk.plan.options
        self.elements = max(1, options.max_memory // TILES // 8)
        dtype = walk.plan.compute_dtype
        own = walk.backend.ops.dtype(walk.hidden)
        room, like = walk.backend.room, walk.hidden
        self.hidden = room(tuple(like.shape), own, like) if wanted.hidden else None
        shape = tuple(walk.layer.weight.shape)
        self.weight = room(shape, dtype, like) if wanted.weight else None
        self.bias = room(shape[:1], dtype, like) if wanted.bias else None

    def add(self, rows: Any, hidden: Array, g: Array, slope: Array | None) -> None:
        """Add what comes through the logits of some rows."""
        if slope is not None:
            g *= slope
        if self.hidden is not None:
            at = self.hidden[rows] if isinstance(rows, slice) else None
            found = self.backend.product(g, self.layer.weight, at)
            if found is not at:
                self.hidden[rows] = found
        if self.weight is not None:
            self.backend.add_product(self.weight, g, hidden, self.elements)
        if self.bias is not None:
            self.bias += self.backend.sum_of_rows(g)

    def found(self) -> Gradients:
        """Return the gradients, in the computing dtype but for that of the hidden rows."""
        hidden, weight, bias = self.hidden, self.weight, self.bias
        if self.scale != 1:
            for one in (hidden, weight, bias):
                if one is not None:
                    one *= self.scale
        return Gradients(None if hidden is None else hidden.reshape(self.shape), weight, bias)


def _flat(array: Array | None, per_row: int) -> Array | None:
    if array is None:
        return None
    return array.reshape(-1, *array.shape[array.ndim - per_row :]) if per_row else array.reshape(-1)
