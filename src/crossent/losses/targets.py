"""Labels and weights: from what the user gave to what the terms of the rows need.

Written against a front end's operations, so that it also runs on traced values, where a bad label
cannot raise: its row is marked `bad` and becomes NaN. Arguments that
:mod:`crossent.core.checks` has already seen are not checked again here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from crossent.core.blocks import Block, flat_rows
from crossent.core.options import Options
from crossent.core.plan import EXACT_INTEGERS, FLOATS, Plan, sentinels_in
from crossent.core.precision import (
    BASE,
    HALF_SPACING,
    MAX_DECIMALS,
    WARN_LIMIT,
    decimal_unit,
    tolerance_of_decimals,
    tolerance_of_dtype,
)
from crossent.losses.ops import Array, Ops


class Inputs(NamedTuple):
    """Arrays of the front end, with the classes last and weights on the rows."""

    y_true: Array
    target_prob: Array | None = None
    class_mask: Array | None = None  # (C,), or the shape of the predictions
    class_weight: Array | None = None  # (C,)
    sample_weight: Array | None = None  # broadcast to the rows
    pos_weight: Array | None = None  # broadcasts to the predictions
    checked: frozenset[str] = frozenset()  # the names of arguments whose values were seen

    def of_block(self, plan: Plan, block: Block) -> Inputs:
        """Return the same of the rows of a block, the rows as one dimension."""

        def part(array: Array | None, per_row: int = 0) -> Array | None:
            return None if array is None else flat_rows(array, block, per_row)

        mask = self.class_mask
        return self._replace(
            y_true=part(self.y_true, int(plan.kind in ("dense", "top_k"))),
            target_prob=part(self.target_prob, 1),
            class_mask=mask if mask is None or mask.ndim == 1 else part(mask, 1),
            sample_weight=part(self.sample_weight),
            pos_weight=part(self.pos_weight),
        )


ARRAYS: Final = Inputs._fields[1:-1]
"""The arrays of a call beside labels and predictions."""


class Targets(NamedTuple):
    """What the terms need; rows that are not kept hold harmless values."""

    classes: int
    labels: Array | None  # one class a row, int64 and in range
    several: tuple[tuple[Array, Array], ...]  # (class, probability) of every row, K times
    dense: Array | None  # a distribution a row, or the target of a binary element
    mask: Array | None  # True where a class exists
    weight: Array | None  # of the classes, wide
    pos_weight: Array | None
    sample: Array | None  # sample weight of the rows, wide
    keep: Array | None  # False where a row leaves loss, gradient and divisor
    bad: Array | None  # True where a row becomes NaN
    mass: Array | None  # sum_c w_c q_c of the rows, wide; None where it is 1


def shifted(ops: Ops, plan: Plan, inputs: Inputs) -> tuple[Plan, Inputs]:
    """Lay each label of a sequence on the row before it, as ``shift`` asks for.

    The last row of a sequence meets no label: it weighs 0, and :func:`met` leaves it out. So the
    predictions stay where they are, and so does their gradient.
    """
    if not plan.options.shift:
        return plan, inputs
    y, places = inputs.y_true, ops.numbers(inputs.y_true)
    weight = ops.broadcast(ops.wide(ops.after(places) > places), y, False)
    checked = inputs.checked
    if inputs.sample_weight is None:
        checked |= {"sample_weight"}
    else:
        weight = weight * inputs.sample_weight
    plan = plan._replace(options=plan.options._replace(shift=False))
    return plan, inputs._replace(y_true=ops.after(y), sample_weight=weight, checked=checked)


def met(options: Options, of_rows: Array) -> Array:
    """Return what belongs to the rows that meet a label."""
    return of_rows[..., :-1] if options.shift else of_rows


def prepare(ops: Ops, plan: Plan, inputs: Inputs, x: Array) -> Targets:
    """Turn labels and weights into :class:`Targets` for predictions `x`, classes last."""
    mask = inputs.class_mask
    weight, no_weight = None, None
    if inputs.class_weight is not None:
        weight = ops.wide(inputs.class_weight)
        if "class_weight" not in inputs.checked:
            no_weight = _invalid(ops, weight)
            weight = ops.where(no_weight, 0.0, weight)
    sample = None if inputs.sample_weight is None else ops.wide(inputs.sample_weight)
    positive = None if inputs.pos_weight is None else ops.wide(inputs.pos_weight)
    bad = None
    for name, one in (("sample_weight", sample), ("pos_weight", positive)):
        if one is not None and name not in inputs.checked:
            bad = _either(bad, _invalid(ops, one))
    if "y_pred" not in inputs.checked and not plan.options.from_logits:
        bad = _either(bad, _outside(ops, plan, x, mask))

    labels, dense, wrong, ignored = None, None, None, None
    several: tuple[tuple[Array, Array], ...] = ()
    if plan.kind == "index":
        labels, wrong, ignored = _indices(ops, plan, inputs, inputs.y_true)
    elif plan.kind == "top_k":
        several, wrong, ignored = _several(ops, plan, inputs)
    elif plan.kind == "dense":
        dense = ops.cast(inputs.y_true, plan.compute_dtype)
        if "y_true" not in inputs.checked:
            wrong = bad_targets(ops, plan.classes, inputs.y_true, mask)
    else:
        dense = ops.wide(inputs.y_true)
        for value in plan.options.ignore_class:
            ignored = _either(ignored, dense == value)
        if "y_true" not in inputs.checked:
            wrong = ~((dense >= 0) & (dense <= 1))
    keep = None if sample is None else sample != 0
    keep = _both(keep, None if ignored is None else ~ignored)
    targets = _harmless(
        ops,
        Targets(
            plan.classes, labels, several, dense, mask, weight, positive, sample, keep, None, None
        ),
    )
    bad = _either(bad, wrong)
    if no_weight is not None:
        bad = _either(bad, _meets(ops, plan, no_weight, targets))
    if bad is not None and keep is not None:
        bad = bad & keep
    return targets._replace(bad=bad, mass=_mass(ops, plan, targets))


def harmless(plan: Plan) -> float:
    """Return the number that stands for predictions in rows left out: every loss is smooth there.

    A derivative is multiplied by 0 in these rows, which is 0 only of what is finite.
    """
    return 0.0 if plan.options.from_logits else 1 / (plan.classes or 2)


def _harmless(ops: Ops, targets: Targets) -> Targets:
    """Return targets with finite constants in rows left out and classes that do not exist."""
    keep, mask, dense = targets.keep, targets.mask, targets.dense
    if dense is not None and mask is not None:
        dense = ops.where(mask, dense, 0.0)
    if keep is None:
        return targets._replace(dense=dense)
    if dense is not None:
        dense = ops.where(ops.classes(keep) if targets.classes else keep, dense, 0.0)
    if mask is not None:
        # A row needs a class: of one mask for all rows none is left out, unless there is none.
        mask = mask | ~(ops.any(mask) if ops.ndim(mask) == 1 else ops.classes(keep))
    return targets._replace(
        several=tuple((labels, ops.where(keep, prob, 0.0)) for labels, prob in targets.several),
        dense=dense,
        mask=mask,
        sample=None if targets.sample is None else ops.where(keep, targets.sample, 0.0),
        pos_weight=(
            None if targets.pos_weight is None else ops.where(keep, targets.pos_weight, 1.0)
        ),
    )


def _mass(ops: Ops, plan: Plan, targets: Targets) -> Array | None:
    """Return sum_c w_c q_c of every row, wide; None where it is 1."""
    weight = targets.weight
    if targets.labels is not None:
        return (
            None
            if weight is None
            else of_labels(ops, targets, ops.take_classes(weight, targets.labels))
        )
    if plan.kind == "binary":
        return None
    if targets.dense is not None:
        weighted = targets.dense
        if weight is not None:
            weighted = weighted * ops.cast(weight, plan.compute_dtype)
        return ops.rows(ops.wide(ops.sum(weighted)))
    mass: Array = None
    for labels, prob in targets.several:
        wide = ops.wide(prob)
        part = wide if weight is None else wide * ops.take_classes(weight, labels)
        mass = part if mass is None else mass + part
    return mass


def of_labels(ops: Ops, targets: Targets, mass: Array) -> Array:
    """Return the mass of every row's label; 0 in rows left out, whose label may be no class.

    The loss of such a class is infinite, so that no factor but 0 may meet it.
    """
    if targets.keep is None or targets.mask is None:
        return mass
    return ops.where(targets.keep, mass, 0.0)


def row_weight(ops: Ops, targets: Targets) -> Array | None:
    """Return what every row adds to the divisor, wide; None where each adds 1."""
    weight = targets.mass
    if targets.sample is not None:
        weight = targets.sample if weight is None else targets.sample * weight
    if weight is None:
        return None if targets.keep is None else ops.wide(targets.keep)
    if targets.bad is not None:
        # So that a NaN row leaves the gradients of the other rows finite.
        weight = ops.where(targets.bad, 1.0, weight)
    return weight if targets.keep is None else ops.where(targets.keep, weight, 0.0)


def _both(a: Array | None, b: Array | None) -> Array | None:
    return b if a is None else a if b is None else a & b


def _either(a: Array | None, b: Array | None) -> Array | None:
    return b if a is None else a if b is None else a | b


def _invalid(ops: Ops, weight: Array) -> Array:
    return ~((weight >= 0) & ops.isfinite(weight))


def _meets(ops: Ops, plan: Plan, no_weight: Array, targets: Targets) -> Array:
    """Return which rows give mass to a class that has no valid weight."""
    if targets.dense is not None:
        touched = (targets.dense != 0) & no_weight
        return ops.rows(ops.any(touched | no_weight if plan.options.label_smoothing else touched))
    found = None
    one_class = targets.labels is not None
    for label, prob in ((targets.labels, None),) if one_class else targets.several:
        here = ops.take_classes(no_weight, label)
        found = _either(found, here if prob is None else here & (prob != 0))
        if plan.options.label_smoothing:
            found = found | ops.rows(ops.any(no_weight))
    return found


def labels_in_range(ops: Ops, plan: Plan, y: Array) -> Array:
    """Return labels as int64; what is no class is some class."""
    if ops.dtype(y) in EXACT_INTEGERS:
        good = (y >= 0) & (y <= plan.classes - 1) & (ops.floor(y) == y)
        return ops.cast(ops.where(good, y, 0.0), "int64")
    return ops.clip(ops.cast(y, "int64"), 0, plan.classes - 1)


def _indices(
    ops: Ops, plan: Plan, inputs: Inputs, y: Array
) -> tuple[Array, Array | None, Array | None]:
    """Return labels that are in range, where the given ones are not, and where ignored."""
    dtype = ops.dtype(y)
    ignore = sentinels_in(plan.options, dtype)
    checked = "y_true" in inputs.checked and "class_mask" in inputs.checked
    if checked and not ignore and inputs.sample_weight is None:
        return ops.cast(y, "int64"), None, None  # no row was left out of the check
    given = y if dtype in EXACT_INTEGERS else ops.cast(y, "int64")
    labels = labels_in_range(ops, plan, y)
    ignored = None
    for value in ignore:
        ignored = _either(ignored, given == value)
    if checked:
        return labels, None, ignored
    good = ops.cast(labels, ops.dtype(given)) == given
    mask = inputs.class_mask
    if mask is not None:
        one_mask = ops.ndim(mask) == 1
        good = good & (ops.take_classes(mask, labels) if one_mask else ops.take(mask, labels))
    return labels, ~good, ignored


def _several(
    ops: Ops, plan: Plan, inputs: Inputs
) -> tuple[tuple[tuple[Array, Array], ...], Array | None, Array | None]:
    """Return (class, probability) K times, bad rows and ignored rows.

    A row is ignored when every one of its classes is; the probability of one that is alone is 0.
    """
    pairs = []
    total: Array = 0.0
    bad: Array | None = None
    ignored: Array | None = None
    for k in range(ops.length(inputs.y_true)):
        labels, wrong, left_out = _indices(ops, plan, inputs, ops.column(inputs.y_true, k))
        prob = ops.column(inputs.target_prob, k)
        if wrong is not None and left_out is not None:
            wrong = wrong & ~left_out
        bad = _either(bad, wrong)
        if "target_prob" not in inputs.checked:
            bad = _either(bad, ~((prob >= 0) & (prob <= 1)))
            total = total + ops.wide(prob)
        if left_out is not None:
            ignored = _both(ignored, left_out)
            prob = ops.where(left_out, 0.0, prob)
        pairs.append((labels, prob))
    if "target_prob" not in inputs.checked:
        over = ~(total <= 1 + BASE)
        bad = _either(
            bad,
            ops.if_any(
                over,
                lambda: ~(total <= 1 + _sum_tolerance(ops, len(pairs), inputs.target_prob)),
                over,
            ),
        )
    return tuple(pairs), bad, ignored


def bad_targets(ops: Ops, classes: int, q: Array, mask: Array | None = None) -> Array:
    """Return which rows of dense targets are no distributions over the classes that exist."""
    tolerance = tolerance_of_dtype(ops.dtype(q), classes)
    wide = ops.wide(q)
    outside = ~((wide >= -tolerance) & (wide <= 1 + tolerance))
    if mask is not None:
        outside = outside | (~mask & (wide != 0))
    total = ops.rows(ops.sum(wide))
    off = ~((total >= 1 - BASE) & (total <= 1 + BASE))

    def off_by_more() -> Array:
        near = _sum_tolerance(ops, classes, q)
        return ~((total >= 1 - near) & (total <= 1 + near))

    return ops.rows(ops.any(outside)) | ops.if_any(off, off_by_more, off)


def _sum_tolerance(ops: Ops, classes: int, given: Array) -> Array:
    """Return ``precision.sum_tolerance`` of every row by itself, where none can be seen."""
    dtype = ops.dtype(given)
    rows = ops.wide(given)
    digits = 53 if ops.dtype(rows) == "float64" else 24
    tolerance = ops.rows(ops.sum(rows)) * 0 + tolerance_of_dtype(dtype, classes)
    if dtype not in FLOATS:
        return tolerance

    def widened(same: Array, found: float) -> Array:
        fits = ~ops.rows(ops.any(~same))
        return ops.where(fits & (tolerance < found), found, tolerance)

    for decimals in range(MAX_DECIMALS, 0, -1):
        found = tolerance_of_decimals(decimals, classes)
        if found > BASE:
            scaled = rows * 10.0**decimals
            off = scaled - ops.floor(scaled + 0.5)
            slack = decimal_unit(dtype) * scaled
            tolerance = widened((off <= slack) & (-off <= slack), found)
        if found == WARN_LIMIT:
            break  # what has fewer decimals has these too
    halves = rows / HALF_SPACING
    in_half = _has_bits(rows, 11, digits) & (ops.floor(halves) == halves)
    tolerance = widened(in_half, tolerance_of_dtype("float16", classes))
    return widened(_has_bits(rows, 8, digits), tolerance_of_dtype("bfloat16"))


def _has_bits(x: Array, bits: int, digits: int) -> Array:
    """Whether numbers of so many binary digits need only the first ones (Veltkamp's split)."""
    scaled = x * (2.0 ** (digits - bits) + 1)
    return scaled - (scaled - x) == x


def _outside(ops: Ops, plan: Plan, p: Array, mask: Array | None) -> Array:
    tolerance = tolerance_of_dtype(ops.dtype(p))
    wrong = ~((p >= -tolerance) & (p <= 1 + tolerance))
    if plan.kind == "binary":
        return wrong
    if mask is not None:
        wrong = wrong | (~mask & (p != 0))
    return ops.rows(ops.any(wrong))
