"""The term of a row, t_i / s_i = sum_c w_c q'_c loss_c + z lse^2 sum_c w_c q_c (rule M07).

Every loss gives the losses of the classes; here they meet the target distribution q, smoothed to
q' = (1 - label_smoothing) q + label_smoothing / C over the classes that exist, and the class
weights w. The term is linear in the losses, so its derivative is the mass w q' itself.
"""

from __future__ import annotations

from functools import partial

from crossent.losses import probabilities, sigmoid, softmax
from crossent.ops import Array, Backward, Forward, Ops, Smooth
from crossent.options import Options
from crossent.plan import Plan
from crossent.targets import Targets, of_labels


def losses_of(ops: Ops, options: Options, targets: Targets) -> tuple[Forward, Smooth]:
    """Return the losses to compute for these targets, as functions of the predictions.

    Predictions are in the computing dtype with the classes last. The values are the loss of the
    label, of every class, or of target 1 and target 0; from logits also the logsumexp.
    """
    mask, labels = targets.mask, targets.labels
    if options.function == "binary":
        if options.from_logits:
            return _self_smooth(partial(sigmoid.binary_forward, ops))
        return _self_smooth(partial(probabilities.binary_forward, ops, epsilon=options.epsilon))
    of_one_class = one_class(options, targets)
    if options.from_logits:
        if of_one_class:
            return (
                lambda x: softmax.label_forward(ops, x, labels, mask),
                lambda x, *bars: softmax.label_smooth(ops, x, labels, mask, *bars),
            )
        return (
            lambda x: softmax.class_forward(ops, x, mask),
            lambda x, *bars: softmax.class_smooth(ops, x, mask, *bars),
        )
    epsilon, normalize = options.epsilon, bool(options.normalize)
    if of_one_class:
        return _self_smooth(
            lambda p: probabilities.label_forward(ops, p, labels, mask, epsilon, normalize)
        )
    return _self_smooth(lambda p: probabilities.class_forward(ops, p, mask, epsilon, normalize))


def one_class(options: Options, targets: Targets) -> bool:
    """Whether all mass of a row lies on its label, so that no other class is looked at."""
    return targets.labels is not None and options.label_smoothing == 0


def per_class(ops: Ops, plan: Plan, of_row: Array) -> Array:
    """Lay numbers of rows beside predictions, which have a class axis unless they are binary."""
    return ops.classes(of_row) if plan.classes else of_row


def _self_smooth(forward: Forward) -> tuple[Forward, Smooth]:
    def smooth(x: Array, *bars: Array) -> Array:
        backward: Backward
        _, backward = forward(x)
        return backward(*bars)

    return forward, smooth


def term(ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...]) -> Array:
    """Return t / s of every row, wide; NaN in bad rows, 0 in rows that are not kept."""
    if options.function == "binary":
        one, zero = _binary_mass(ops, options, targets)
        main = _times(ops, one, values[0]) + _times(ops, zero, values[1])
    elif one_class(options, targets):
        main = values[0] if targets.mass is None else _times(ops, targets.mass, values[0])
    else:
        losses = values[0]
        mass = ops.cast(_mass(ops, options, targets, losses), ops.dtype(losses))
        main = ops.rows(ops.wide(ops.sum(_times(ops, mass, losses))))
    if options.z_loss:
        z = options.z_loss * values[1] * values[1]
        main = main + (z if targets.mass is None else _times(ops, targets.mass, z))
    return _of_good_rows(ops, targets, main)


def term_of_losses(ops: Ops, targets: Targets, losses: Array) -> Array:
    """Return t / s of every row from its loss, in which all but the weights is done, wide."""
    main = losses if targets.mass is None else _times(ops, targets.mass, losses)
    return _of_good_rows(ops, targets, main)


def _of_good_rows(ops: Ops, targets: Targets, main: Array) -> Array:
    if targets.bad is not None:
        # A product, unlike a choice, carries the NaN on to the gradient of the row.
        main = main * ops.wide(ops.where(targets.bad, softmax.NAN, 1.0))
    return main if targets.keep is None else ops.where(targets.keep, main, 0.0)


def term_slopes(
    ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...], upstream: Array
) -> tuple[Array, ...]:
    """Return the derivative of ``sum(upstream * term)`` to each of the values.

    For front ends without autodiff. `upstream` has the rows' shape, is wide, and 0 in rows that
    are not kept.
    """
    if targets.bad is not None:
        upstream = ops.where(targets.bad, softmax.NAN, upstream)
    if options.function == "binary":
        one, zero = _binary_mass(ops, options, targets)
        return upstream * one, upstream * zero
    if one_class(options, targets):
        main = upstream if targets.mass is None else upstream * targets.mass
    else:
        dtype = ops.dtype(values[0])
        mass = _mass(ops, options, targets, values[0])
        main = ops.cast(ops.classes(upstream) * mass, dtype)
    if not options.from_logits:
        return (main,)
    lse_bar = upstream * 0
    if options.z_loss:
        lse_bar = upstream * (2 * options.z_loss) * values[1]
        lse_bar = lse_bar if targets.mass is None else lse_bar * targets.mass
    return main, lse_bar


def _times(ops: Ops, factor: Array, loss: Array) -> Array:
    """Product in which a zero factor gives 0 whatever the loss is, and keeps its own slope."""
    return factor * ops.where((factor == 0) & (loss == softmax.INF), 0.0, loss)


def _mass(ops: Ops, options: Options, targets: Targets, losses: Array) -> Array:
    """w q' for every class, wide or in the dtype of the losses."""
    dtype = ops.dtype(losses)
    weight, mask, smoothing = targets.weight, targets.mask, options.label_smoothing
    if targets.dense is not None:
        mass = ops.cast(targets.dense, dtype)
    elif targets.labels is not None:
        zeros = ops.zeros(losses, dtype)
        ones = of_labels(ops, targets, ops.take(zeros, targets.labels) + 1)
        mass = ops.put(zeros, targets.labels, ones)
    else:
        mass = ops.zeros(losses, dtype)
        for labels, prob in targets.several:
            mass = ops.put(mass, labels, ops.take(mass, labels) + ops.cast(prob, dtype))
    if smoothing:
        if mask is None:
            uniform = smoothing / targets.classes
        else:
            uniform = ops.where(mask, smoothing / ops.count(mask, losses), 0.0)
        mass = mass * (1 - smoothing) + uniform
    return mass if weight is None else mass * ops.cast(weight, dtype)


def _binary_mass(ops: Ops, options: Options, targets: Targets) -> tuple[Array, Array]:
    """(pos_weight t', 1 - t') of every element."""
    target, smoothing = ops.wide(targets.dense), options.label_smoothing
    if smoothing:
        one = target * (1 - smoothing) + smoothing / 2
        zero = (1 - target) * (1 - smoothing) + smoothing / 2
    else:
        one, zero = target, 1 - target
    return (one if targets.pos_weight is None else one * ops.wide(targets.pos_weight)), zero
