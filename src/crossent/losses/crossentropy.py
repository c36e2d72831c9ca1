"""Cross-entropy: t_i / s_i = sum_c w_c q'_c loss_c + z lse^2 sum_c w_c q_c (rule M07).

Every formula gives the losses of the classes; here they meet the target distribution q, smoothed to
q' = (1 - label_smoothing) q + label_smoothing / C over the classes that exist, and the class
weights w. The term is linear in the losses, so its derivative is the mass w q' itself.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from crossent.core.options import Options
from crossent.losses import plain_softmax, probabilities, sigmoid, softmax
from crossent.losses.ops import Array, Backward, Forward, Ops, Smooth
from crossent.losses.targets import Targets, of_labels
from crossent.losses.terms import Formula, one_class, times


class OfClasses:
    """Cross-entropy over classes that exclude each other, of logits or of probabilities."""

    def losses(self, ops: Ops, options: Options, targets: Targets) -> tuple[Forward, Smooth]:
        """Give the loss of the label or of every class; from logits also the logsumexp."""
        mask, labels = targets.mask, targets.labels
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

    def term(
        self, ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...]
    ) -> Array:
        """Give t / s of every row, wide."""
        if one_class(options, targets):
            main = values[0] if targets.mass is None else times(ops, targets.mass, values[0])
        else:
            losses = values[0]
            mass = ops.cast(_mass(ops, options, targets, losses), ops.dtype(losses))
            main = ops.rows(ops.wide(ops.sum(times(ops, mass, losses))))
        if options.z_loss:
            z = options.z_loss * values[1] * values[1]
            main = main + (z if targets.mass is None else times(ops, targets.mass, z))
        return main

    def slopes(
        self,
        ops: Ops,
        options: Options,
        targets: Targets,
        values: tuple[Array, ...],
        upstream: Array,
    ) -> tuple[Array, ...]:
        """Give the derivative of ``sum(upstream * term)`` to each of the values."""
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

    def plain(self, ops: Ops, options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
        """Give the same values in a form that autodiff differentiates rightly."""
        if options.from_logits:
            labels = targets.labels if one_class(options, targets) else None
            return plain_softmax.losses(ops, plain_softmax.facts(ops, x, targets.mask), labels)
        p = ops.wide(x)
        if options.normalize:
            p = probabilities.divided(ops, p, targets.mask)
            options = options._replace(normalize=False)
        forward, _ = self.losses(ops, options, targets)
        if options.epsilon > 0:
            return forward(p)[0]
        # Without a clip the slope at p = 0 is infinite, which autodiff would multiply by a mass of
        # 0.
        ones = ops.zeros(ops.column(p, 0), ops.dtype(p)) + 1
        (mass,) = self.slopes(ops, options, targets, (p,), ones)
        mass = ops.classes(mass) if one_class(options, targets) else mass
        return forward(ops.where((mass == 0) & (p == 0), 1.0, p))[0]


class OfElements:
    """Binary cross-entropy: every prediction is a yes or no of its own."""

    def losses(self, ops: Ops, options: Options, targets: Targets) -> tuple[Forward, Smooth]:
        """Give the losses of target 1 and of target 0."""
        if options.from_logits:
            return _self_smooth(partial(sigmoid.binary_forward, ops))
        return _self_smooth(partial(probabilities.binary_forward, ops, epsilon=options.epsilon))

    def term(
        self, ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...]
    ) -> Array:
        """Give t / s of every element, wide."""
        one, zero = _binary_mass(ops, options, targets)
        return times(ops, one, values[0]) + times(ops, zero, values[1])

    def slopes(
        self,
        ops: Ops,
        options: Options,
        targets: Targets,
        values: tuple[Array, ...],
        upstream: Array,
    ) -> tuple[Array, ...]:
        """Give the derivative of ``sum(upstream * term)`` to each of the values."""
        one, zero = _binary_mass(ops, options, targets)
        return upstream * one, upstream * zero

    def plain(self, ops: Ops, options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
        """Give the same values in a form that autodiff differentiates rightly."""
        forward, _ = self.losses(ops, options, targets)
        if options.from_logits:
            return forward(x)[0]
        p = ops.wide(x)
        if options.epsilon > 0:
            return forward(p)[0]
        # As for classes: no mass of 0 may meet an infinite slope.
        ones = ops.zeros(p, ops.dtype(p)) + 1
        one, zero = self.slopes(ops, options, targets, (p, p), ones)
        p_one = ops.where((one == 0) & (p == 0), 0.5, p)
        p_zero = ops.where((zero == 0) & (p == 1), 0.5, p)
        return forward(p_one)[0][0], forward(p_zero)[0][1]


OF_CLASSES: Final[Formula] = OfClasses()
OF_ELEMENTS: Final[Formula] = OfElements()


def _self_smooth(forward: Forward) -> tuple[Forward, Smooth]:
    def smooth(x: Array, *bars: Array) -> Array:
        backward: Backward
        _, backward = forward(x)
        return backward(*bars)

    return forward, smooth


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
