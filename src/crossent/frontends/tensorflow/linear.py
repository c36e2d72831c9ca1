"""The loss over a linear layer in TensorFlow: a loop over tiles of rows, eager and in graphs.

With "forward" the loop makes the gradients of the sum of the losses with it; else the way back
makes the logits again. Rows without a loss are sorted behind the others, and the loop ends before
the tiles of such rows alone. A derivative of a gradient makes the logits again, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import tensorflow as tf

from crossent.core.options import Function
from crossent.core.plan import Plan
from crossent.frontends.tensorflow.stops import after_check, stops
from crossent.losses.linear import Layer, of_sequence, plan_of_tile
from crossent.losses.ops import Array, Ops
from crossent.losses.targets import Inputs, prepare, row_weight

LIVE: Final = 6
"""Arrays of the size of a tile's logits that are held at a time, about."""

OF_ROWS: Final = ("hidden", "y_true", "target_prob", "sample_weight")
"""What belongs to rows and may have a gradient."""

OF_ALL: Final = ("weight", "bias", "class_weight")
"""What all rows share and may have a gradient."""

OfTile = Callable[[Array, Layer, Inputs], Sequence[Array]]
"""What is computed of hidden rows: some numbers for each, wide."""


class Tiles(NamedTuple):
    """The rows of a call in tiles of one size; those without a loss come last."""

    of_rows: dict[str, Array]  # (tiles, rows of a tile, ...)
    of_all: dict[str, Array]
    masks: Array | None  # (C,), or those that rows choose from
    checked: frozenset[str]
    filled: Array | None  # rows, where more fill the last tile up; None where none do
    count: Array  # tiles that are computed
    shape: Array  # of the rows
    place: Array | None  # where each row has come to
    kept: Array  # what the kept rows add to the divisor
    known_rows: int  # how many rows there are, or 0 where the graph does not know it

    def tile(self, i: Array, given: dict[str, Array]) -> tuple[Array, Layer, Inputs]:
        """Return hidden rows, layer and inputs of a tile, of arrays that stand for its own."""
        mask, sample, checked = self.masks, given.get("sample_weight"), self.checked
        if "mask" in self.of_rows:
            mask = tf.gather(mask, self.of_rows["mask"][i])
        if self.filled is not None:
            step = tf.shape(given["hidden"])[0]
            live = i * step + tf.range(step) < self.filled
            if sample is None:
                sample, checked = tf.cast(live, tf.float32), checked | {"sample_weight"}
            else:
                sample = tf.where(live, sample, 0)
        labels = given.get("y_true")
        inputs = Inputs(
            self.of_rows["y_true"][i] if labels is None else labels, given.get("target_prob"), mask,
            given.get("class_weight"), sample, None, checked,
        )  # fmt: skip
        return given["hidden"], Layer(given["weight"], given.get("bias")), inputs


def tiles_of(
    ops: Ops, function: Function, plan: Plan, x: Array, layer: Layer, inputs: Inputs
) -> Tiles:
    """Lay the rows of a call out for the loop, in a graph behind a check of their labels."""
    given = inputs
    x, inputs = of_sequence(plan, x, inputs)
    lead, shape = x.shape.rank - 1, tf.shape(x)[:-1]
    rows = tf.reduce_prod(shape)

    def flat(array: Array | None) -> Any:
        if array is None:
            return None
        found = tf.reshape(array, tf.concat([[rows], tf.shape(array)[lead:]], 0))
        found.set_shape([None, *array.shape[lead:]])
        return found

    masks, own_mask = _masks_of(inputs.class_mask, shape)
    flat_inputs = inputs._replace(
        y_true=flat(inputs.y_true),
        target_prob=flat(inputs.target_prob),
        sample_weight=flat(inputs.sample_weight),
        class_mask=masks,
    )
    looked_at = stops(plan)
    if own_mask is not None:  # which is as large as the logits, where each row has one
        of_rows_masks = tf.gather(masks, own_mask) if looked_at else None
        flat_inputs = flat_inputs._replace(class_mask=of_rows_masks)
    targets = prepare(ops, plan_of_tile(plan), flat_inputs, None)
    if targets.bad is not None and looked_at:
        x = after_check(plan, given, None, targets.bad, x, function)
    weight = row_weight(ops, targets)
    kept = ops.wide(rows) if weight is None else ops.total(weight)

    of_rows = {
        "hidden": flat(x),
        "y_true": flat_inputs.y_true,
        "target_prob": flat_inputs.target_prob,
        "sample_weight": flat_inputs.sample_weight,
        "mask": own_mask,
    }
    of_rows = {name: one for name, one in of_rows.items() if one is not None}
    place, computed = None, rows
    if targets.keep is not None:
        order = tf.argsort(tf.cast(~targets.keep, tf.int32), stable=True)
        place = tf.argsort(order)
        computed = tf.reduce_sum(tf.cast(targets.keep, tf.int32))
        if tf.executing_eagerly():
            order = order[:computed]
        of_rows = {name: tf.gather(one, order) for name, one in of_rows.items()}
    filled, of_rows = _in_tiles(plan, of_rows)
    step = tf.shape(of_rows["hidden"])[1]
    of_all = {"weight": layer.weight, "bias": layer.bias, "class_weight": inputs.class_weight}
    return Tiles(
        of_rows, {name: one for name, one in of_all.items() if one is not None}, masks,
        inputs.checked, filled, tf.maximum(1, (computed + step - 1) // step), shape, place, kept,
        x.shape[:-1].num_elements() or 0,
    )  # fmt: skip


def _masks_of(masks: Array | None, shape: Array) -> tuple[Array | None, Array | None]:
    """Return the masks that there are, and which of them is that of each row; None for all."""
    if masks is None or masks.shape.rank == 1:
        return masks, None
    # A mask that is repeated is not repeated here.
    lead = tf.shape(masks)[:-1]
    numbers = tf.reshape(tf.range(tf.reduce_prod(lead)), lead)
    own = tf.reshape(tf.broadcast_to(numbers, shape), [-1])
    return tf.reshape(masks, [-1, masks.shape[-1]]), own


def _in_tiles(plan: Plan, of_rows: dict[str, Array]) -> tuple[Array | None, dict[str, Array]]:
    """Return the rows in tiles of one size, and how many they are if more fill the last one up."""
    size = 8 if plan.compute_dtype == "float64" else 4
    most = max(1, plan.options.max_memory // (plan.classes * size * LIVE))
    like = of_rows["hidden"]
    # A program of XLA needs the number of tiles when it is made.
    rows = tf.shape(like)[0] if like.shape[0] is None else like.shape[0]
    biggest = max if like.shape[0] is not None else tf.maximum
    parts = biggest(1, (rows + most - 1) // most)
    step = biggest(1, (rows + parts - 1) // parts)
    missing = parts * step - rows

    def laid_out(one: Array) -> Array:
        rest = [[0, 0]] * (one.shape.rank - 1)
        found = tf.pad(one, [[0, missing], *rest])
        found = tf.reshape(found, tf.concat([[parts, step], tf.shape(one)[1:]], 0))
        found.set_shape([None, None, *one.shape[1:]])
        return found

    filled = None if isinstance(missing, int) and missing == 0 else rows
    return filled, {name: laid_out(one) for name, one in of_rows.items()}


def total_over_layer(tiles: Tiles, of_tile: OfTile, *, at_once: bool) -> Array:
    """Return the sum of the number of every row; `at_once` makes its gradients with it."""
    names, tensors = _moving(tiles)

    def gradients(bars: Sequence[Array], tensors: Sequence[Array]) -> list[Array]:
        given = dict(zip(names, tensors, strict=True))
        return _times(_loop(tiles, given, of_tile, gradients=True).gradients, bars[0], tensors)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def total(*tensors: Array) -> Any:
        stopped = dict(zip(names, map(tf.stop_gradient, tensors), strict=True))
        found = _loop(tiles, stopped, of_tile, gradients=at_once)

        def back(bar: Array) -> Any:
            made = _times(found.gradients, bar, tensors) if at_once else None
            return _differentiable(gradients, [bar], tensors, made)

        return tf.reduce_sum(found.values[0]), back

    return total(*tensors)


def rows_over_layer(tiles: Tiles, of_tile: OfTile, numbers: int = 1) -> list[Array]:
    """Return so many numbers of every row, wide, in their order; 0 where nothing is computed."""
    names, tensors = _moving(tiles)

    def gradients(bars: Sequence[Array], tensors: Sequence[Array]) -> list[Array]:
        given = dict(zip(names, tensors, strict=True))
        found = _loop(tiles, given, of_tile, gradients=True, bars=bars, numbers=numbers)
        return [
            tf.cast(one, like.dtype) for one, like in zip(found.gradients, tensors, strict=True)
        ]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def values(*tensors: Array) -> Any:
        stopped = dict(zip(names, map(tf.stop_gradient, tensors), strict=True))
        found = _loop(tiles, stopped, of_tile, gradients=False, numbers=numbers)
        return found.values, lambda *bars: _differentiable(gradients, bars, tensors, None)

    return [_in_order(one, tiles) for one in values(*tensors)]


def _moving(tiles: Tiles) -> tuple[list[str], list[Array]]:
    """Return what a gradient may be asked for, and its names; what belongs to rows comes first."""
    named = [(name, tiles.of_rows.get(name)) for name in OF_ROWS]
    named += [(name, tiles.of_all.get(name)) for name in OF_ALL]
    floats = [(name, one) for name, one in named if one is not None and one.dtype.is_floating]
    return [name for name, _ in floats], [one for _, one in floats]


def _times(made: Sequence[Array], bar: Array, like: Sequence[Array]) -> list[Array]:
    return [
        tf.cast(one * tf.cast(bar, one.dtype), own.dtype)
        for one, own in zip(made, like, strict=True)
    ]


def _differentiable(
    gradients: Callable[[Sequence[Array], Sequence[Array]], list[Array]],
    bars: Sequence[Array],
    tensors: Sequence[Array],
    made: list[Array] | None,
) -> list[Array]:
    """Return gradients, made already or not, whose own derivatives make the logits again."""
    count = len(bars)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def found(*arrays: Array) -> Any:
        def back(*seconds: Array) -> Any:
            here = [tf.identity(one) for one in arrays]  # in the graph of this derivative
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(here)
                again = gradients(here[:count], here[count:])
            zero = tf.UnconnectedGradients.ZERO
            return tape.gradient(again, here, seconds, unconnected_gradients=zero)

        stopped = [tf.stop_gradient(one) for one in arrays]
        return (gradients(stopped[:count], stopped[count:]) if made is None else made), back

    return list(found(*bars, *tensors))


class Walked(NamedTuple):
    """What the loop found: numbers of rows in tiles, and gradients of their sum."""

    values: list[Array]
    gradients: list[Array]


def _loop(
    tiles: Tiles,
    given: dict[str, Array],
    of_tile: OfTile,
    *,
    gradients: bool,
    bars: Sequence[Array] | None = None,
    numbers: int = 1,
) -> Walked:
    """Walk the tiles; the gradients are those of ``sum(bars * numbers)``, or of the sum alone."""
    per_row = [name in OF_ROWS for name in given]
    parts = tf.shape(tiles.of_rows["hidden"])[0]

    def body(i: Array, values: Any, own: Any, sums: Any) -> Any:
        held = {
            name: one[i] if mine else one
            for (name, one), mine in zip(given.items(), per_row, strict=True)
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            if gradients:
                tape.watch(list(held.values()))
            found = of_tile(*tiles.tile(i, held))
            number = found if bars is None else [a * b[i] for a, b in zip(found, bars, strict=True)]
        values = [room.write(i, one) for room, one in zip(values, found, strict=True)]
        if gradients:
            zero = tf.UnconnectedGradients.ZERO
            made = tape.gradient(number, list(held.values()), unconnected_gradients=zero)
            of_own = [one for one, mine in zip(made, per_row, strict=True) if mine]
            of_all = [one for one, mine in zip(made, per_row, strict=True) if not mine]
            own = [room.write(i, one) for room, one in zip(own, of_own, strict=True)]
            sums = [a + tf.cast(b, a.dtype) for a, b in zip(sums, of_all, strict=True)]
        return i + 1, values, own, sums

    def room(dtype: Any, shape: Sequence[int | None]) -> Any:
        return tf.TensorArray(dtype, parts, element_shape=[None, *shape], infer_shape=False)

    moving = zip(given.values(), per_row, strict=True)
    split = [(one, mine) for one, mine in moving if gradients]
    start = (
        0,
        [room(tf.float64, []) for _ in range(numbers)],
        [room(one.dtype, one.shape[2:]) for one, mine in split if mine],
        [tf.zeros_like(one, _wider(one.dtype)) for one, mine in split if not mine],
    )
    _, values, own, sums = tf.while_loop(
        lambda i, *_: i < tiles.count, body, start, parallel_iterations=1, maximum_iterations=parts
    )
    of_own, of_all = iter([room.stack() for room in own]), iter(sums)
    found = [next(of_own) if mine else next(of_all) for mine in per_row] if gradients else []
    return Walked([room.stack() for room in values], found)


def _wider(dtype: Any) -> Any:
    return dtype if dtype.size >= 4 else tf.float32


def _in_order(of_tiles: Array, tiles: Tiles) -> Array:
    found, rows = tf.reshape(of_tiles, [-1]), tf.reduce_prod(tiles.shape)
    found = tf.pad(found, [[0, tf.maximum(0, rows - tf.shape(found)[0])]])[:rows]
    if tiles.place is not None:
        found = tf.gather(found, tiles.place)
    return tf.reshape(found, tiles.shape)
