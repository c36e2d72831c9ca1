"""The term of a row: what a loss makes of it, before its sample weight (rules M01, M06, M07).

A formula gives values of rows, a term that is made of them and the way back; here bad rows become
NaN, and rows that are left out 0.
"""

from __future__ import annotations

import importlib
from typing import Final, Protocol

from crossent.core.options import Options
from crossent.core.plan import Plan
from crossent.core.registry import LOSSES
from crossent.losses.ops import Array, Forward, Ops, Smooth
from crossent.losses.targets import Targets

INF = float("inf")
NAN = float("nan")


class Formula(Protocol):
    """What a loss computes for rows of predictions in the computing dtype, classes last."""

    def losses(self, ops: Ops, options: Options, targets: Targets) -> tuple[Forward, Smooth]:
        """Return the values of rows as functions of the predictions, with the way back."""
        ...

    def term(
        self, ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...]
    ) -> Array:
        """Return t / s of every row, wide."""
        ...

    def slopes(
        self,
        ops: Ops,
        options: Options,
        targets: Targets,
        values: tuple[Array, ...],
        upstream: Array,
    ) -> tuple[Array, ...]:
        """Return the derivative of ``sum(upstream * term)`` to each of the values."""
        ...

    def plain(self, ops: Ops, options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
        """Return the values in a form that autodiff differentiates rightly, to every order."""
        ...


def formula_of(function: str) -> Formula:
    """Return the formula of a loss, or raise LookupError."""
    return _FORMULAE[LOSSES[function].formula]


def losses_of(ops: Ops, options: Options, targets: Targets) -> tuple[Forward, Smooth]:
    """Return the values to compute for these targets, as functions of the predictions."""
    return formula_of(options.function).losses(ops, options, targets)


def term(ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...]) -> Array:
    """Return t / s of every row, wide; NaN in bad rows, 0 in rows that are not kept."""
    main = formula_of(options.function).term(ops, options, targets, values)
    return _of_good_rows(ops, targets, main)


def term_of_losses(ops: Ops, targets: Targets, losses: Array) -> Array:
    """Return t / s of every row from its loss, in which all but the weights is done, wide."""
    main = losses if targets.mass is None else times(ops, targets.mass, losses)
    return _of_good_rows(ops, targets, main)


def term_slopes(
    ops: Ops, options: Options, targets: Targets, values: tuple[Array, ...], upstream: Array
) -> tuple[Array, ...]:
    """Return the derivative of ``sum(upstream * term)`` to each of the values.

    For front ends without autodiff. `upstream` has the rows' shape, is wide, and 0 in rows that
    are not kept.
    """
    if targets.bad is not None:
        upstream = ops.where(targets.bad, NAN, upstream)
    return formula_of(options.function).slopes(ops, options, targets, values, upstream)


def one_class(options: Options, targets: Targets) -> bool:
    """Whether all mass of a row lies on its label, so that no other class is looked at."""
    return targets.labels is not None and options.label_smoothing == 0


def per_class(ops: Ops, plan: Plan, of_row: Array) -> Array:
    """Lay numbers of rows beside predictions, which have a class axis unless they are binary."""
    return ops.classes(of_row) if plan.classes else of_row


def times(ops: Ops, factor: Array, loss: Array) -> Array:
    """Product in which a zero factor gives 0 whatever the loss is, and keeps its own slope."""
    return factor * ops.where((factor == 0) & (loss == INF), 0.0, loss)


def _of_good_rows(ops: Ops, targets: Targets, main: Array) -> Array:
    if targets.bad is not None:
        # A product, unlike a choice, carries the NaN on to the gradient of the row.
        main = main * ops.wide(ops.where(targets.bad, NAN, 1.0))
    return main if targets.keep is None else ops.where(targets.keep, main, 0.0)


def _formula(path: str) -> Formula:
    module, _, name = path.partition(":")
    found: Formula = getattr(importlib.import_module(f"crossent.losses.{module}"), name)
    return found


# Loaded with this module: torch.compile traces no import.
_FORMULAE: Final = {entry.formula: _formula(entry.formula) for entry in LOSSES.values()}
