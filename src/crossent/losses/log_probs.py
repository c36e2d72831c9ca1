"""Log-probability of the label of every row of logits, and what belongs to it (rule M12).

With m, L, R and p_c as in :mod:`crossent.losses.softmax`, log p_y = -(L + (m - x_y)), a sum of
terms of one sign, logsumexp(x) = m + L and

    entropy = -sum_c p_c log p_c = L + E,  E = sum_c p_c (m - x_c),

again of terms >= 0, so that a confident row keeps its digits. The derivative of the entropy to x_c
is p_c ((m - x_c) - E). The rank of the label is the number of classes that stand before it: those
whose logit is larger or NaN, and equal ones of lower number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from crossent.core.plan import Plan
from crossent.losses import plain_softmax, softmax
from crossent.losses.ops import Array, Forward, Forwarded, Ops, Smooth
from crossent.losses.rows import rows_of
from crossent.losses.targets import Inputs, Targets

INF = softmax.INF
NAN = softmax.NAN
DIFFERENTIABLE: Final = ("log_prob", "entropy", "lse")
"""Outputs that have a gradient."""


def differentiable(outputs: Sequence[str]) -> tuple[str, ...]:
    """Return the outputs that have a gradient."""
    return tuple([name for name in outputs if name in DIFFERENTIABLE])


def facts_asked_for(outputs: Sequence[str]) -> tuple[str, ...]:
    """Return the facts of rows that outputs are made of: a label of rank 0 is correct."""
    return tuple(dict.fromkeys(["rank" if name == "correct" else name for name in outputs]))


def answers(outputs: Sequence[str], facts: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs in their order."""
    return {name: facts["rank"] == 0 if name == "correct" else facts[name] for name in outputs}


def of_rows(ops: Ops, plan: Plan, inputs: Inputs, x: Array) -> dict[str, Array]:
    """Return the facts of rows that the plan asks for, without a way back."""
    facts = facts_asked_for(plan.options.outputs)
    rows, targets = rows_with_labels(ops, plan, inputs, x)
    names = differentiable(facts)
    values, _ = functions_of(ops, targets, names)[0](rows)
    found = {
        name: finished(ops, plan, targets, value) for name, value in zip(names, values, strict=True)
    }
    if "rank" in facts:
        found["rank"] = rank_of(ops, rows, targets)
    return found


def rows_with_labels(ops: Ops, plan: Plan, inputs: Inputs, x: Array) -> tuple[Array, Targets]:
    """Return logits as they are computed with, divided by the temperature, and their labels."""
    rows, targets = rows_of(ops, plan, inputs, x)
    temperature = plan.options.temperature
    return (rows if temperature == 1 else rows / temperature), targets


def functions_of(ops: Ops, targets: Targets, names: Sequence[str]) -> tuple[Forward, Smooth]:
    """Return outputs as functions of the rows of logits, with the way back (see :class:`Ops`)."""
    return (
        lambda x: _forward(ops, x, targets, names),
        lambda x, *bars: _smooth(ops, x, targets, dict(zip(names, bars, strict=True))),
    )


def _forward(ops: Ops, x: Array, targets: Targets, names: Sequence[str]) -> Forwarded:
    return (_forward_with_entropy if "entropy" in names else _forward_of_label)(
        ops, x, targets, names
    )


def _forward_of_label(ops: Ops, x: Array, targets: Targets, names: Sequence[str]) -> Forwarded:
    (loss, lse), back = softmax.label_forward(ops, x, targets.labels, targets.mask)
    found = {"log_prob": 0.0 - loss, "lse": lse}

    def backward(*bars: Array) -> Array:
        return back(*_label_bars(dict(zip(names, bars, strict=True))))

    return tuple([found[name] for name in names]), backward


def _label_bars(bar: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return what comes down to the loss of the label and to the logsumexp."""
    nothing = next(iter(bar.values())) * 0
    return 0.0 - bar.get("log_prob", nothing), bar.get("lse", nothing)


def _forward_with_entropy(ops: Ops, x: Array, targets: Targets, names: Sequence[str]) -> Forwarded:
    # The largest class stays out of the sum, so that the entropy of a confident row keeps its
    # digits whatever the label is.
    labels = targets.labels
    x, top, rows = softmax.top_rows(ops, x, targets.mask)
    dtype, loss_top, x_top = ops.dtype(x), rows.loss(ops), rows.x_label
    share, p_top = rows.shares()
    exps = ops.exp(ops.without(x, top, dtype) - rows.shift)
    gaps = ops.where(exps == 0, 0.0, ops.cast(ops.classes(x_top), dtype) - x)
    spread = share * ops.rows(ops.wide(ops.sum(exps * gaps)))
    found = {"entropy": loss_top + spread, "lse": rows.lse(ops)}
    if "log_prob" in names:
        found["log_prob"] = 0.0 - (loss_top + (x_top - ops.wide(ops.take(x, labels))))

    def backward(*bars: Array) -> Array:
        bar = dict(zip(names, bars, strict=True))
        loss_bar, lse_bar = _label_bars(bar)
        of_row = bar["entropy"]
        slope = loss_bar + lse_bar - of_row * spread
        factor = ops.cast(ops.classes(share * slope), dtype)
        out = exps * (factor + ops.cast(ops.classes(share * of_row), dtype) * gaps)
        at_label = ops.wide(ops.take(out, labels)) - loss_bar
        out = ops.put(out, labels, ops.cast(at_label, dtype))
        # Of the largest class 1 - p has the digits, where it is the label too.
        of_others = lse_bar * p_top - of_row * spread * p_top
        at_top = ops.where(
            labels == top, of_others - loss_bar * (rows.ratio * p_top), of_others + loss_bar * p_top
        )
        return ops.put(out, top, ops.cast(at_top, dtype))

    return tuple([found[name] for name in names]), backward


def _smooth(ops: Ops, x: Array, targets: Targets, bar: dict[str, Array]) -> Array:
    """Return the gradient in a form that autodiff differentiates rightly."""
    labels, mask = targets.labels, targets.mask
    parts = []
    if "log_prob" in bar or "lse" in bar:
        parts.append(softmax.label_smooth(ops, x, labels, mask, *_label_bars(bar)))
    if "entropy" in bar:
        given = x if mask is None else ops.where(mask, x, -INF)
        p = ops.softmax(given)
        gaps = ops.where(p == 0, 0.0, ops.stop_gradient(ops.max(given)) - given)
        of_row = ops.cast(ops.classes(bar["entropy"]), ops.dtype(p))
        parts.append(of_row * p * (gaps - ops.sum(p * gaps)))
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def plain(ops: Ops, x: Array, targets: Targets, names: Sequence[str]) -> tuple[Array, ...]:
    """Return outputs in a form that autodiff differentiates rightly, to every order."""
    f = plain_softmax.facts(ops, x, targets.mask)
    found: dict[str, Array] = {}
    if "log_prob" in names or "lse" in names:
        losses, found["lse"] = plain_softmax.losses(ops, f, targets.labels)
        found["log_prob"] = 0.0 - losses
    if "entropy" in names:
        found["entropy"] = plain_softmax.entropy(ops, f)
    return tuple([found[name] for name in names])


def rank_of(ops: Ops, x: Array, targets: Targets) -> Array:
    """Return the rank of the label, an integer; -1 in rows that are left out or bad."""
    x = x if targets.mask is None else ops.where(targets.mask, x, -INF)
    own, label = ops.classes(ops.take(x, targets.labels)), ops.classes(targets.labels)
    before = (x > own) | (x != x) | ((x == own) & (ops.numbers(x) < label))
    rank = ops.where(own != own, 1.0 * ops.length(x), ops.count(before, x))
    rank = ops.rows(rank)
    if targets.bad is not None:
        rank = ops.where(targets.bad, -1.0, rank)
    if targets.keep is not None:
        rank = ops.where(targets.keep, rank, -1.0)
    return ops.cast(rank, "int64")


def finished(ops: Ops, plan: Plan, targets: Targets, value: Array) -> Array:
    """Return an output of rows: NaN in bad ones, 0 in those that are left out."""
    if targets.bad is not None:
        # A product, unlike a choice, carries the NaN on to the gradient of the row.
        value = value * ops.wide(ops.where(targets.bad, NAN, 1.0))
    if targets.keep is not None:
        value = ops.where(targets.keep, value, 0.0)
    return ops.cast(value, plan.compute_dtype)


def bar_of(ops: Ops, plan: Plan, targets: Targets, bar: Array) -> Array:
    """Return what comes down to an output of rows: NaN in bad ones, 0 in those left out."""
    bar = ops.wide(bar)
    if plan.options.temperature != 1:
        bar = bar / plan.options.temperature
    if targets.bad is not None:
        bar = ops.where(targets.bad, NAN, bar)
    return bar if targets.keep is None else ops.where(targets.keep, bar, 0.0)
