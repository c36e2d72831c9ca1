"""The sums of every rule in one pass, and the numbers that libraries make of them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from crossent.conventions import table
from crossent.conventions.result import Conventions, Value
from crossent.conventions.sums import Sums
from crossent.conventions.table import Convention, Losses
from crossent.core.options import make_options
from crossent.evaluate import Evaluation
from crossent.evaluate.arguments import Loss, check_number
from crossent.evaluate.run import Piece, walk
from crossent.stream.source import Source, parted

FARTHER = 1e-6
"""Numbers that differ by less, relatively, differ by rounding alone."""


def compute(
    labels: Any,
    predictions: Any,
    *,
    observed: float | None,
    loss: Literal["auto", "sparse", "dense", "binary"],
    from_logits: bool | None,
    axis: int,
    ignore_class: int | tuple[int, ...] | None,
    class_weight: Any,
    sample_weight: Any,
    header: bool | None,
    class_names: Any,
    label: str | None,
    positive: str | None,
) -> Conventions:
    """Compute the numbers; :func:`crossent.conventions` says what the arguments are."""
    seen = check_number("observed", observed)
    options: dict[str, Any] = {"axis": axis} if axis != -1 else {}
    given = {"ignore_class": ignore_class, "sample_weight": sample_weight}
    options |= {name: value for name, value in given.items() if value is not None}
    weights = {} if class_weight is None else {"class_weight": class_weight}
    ignore = make_options("sparse", {"ignore_class": ignore_class}).ignore_class
    beside = _Beside(ignore)
    predictions, wanted = parted(labels, predictions, label=label, positive=positive)
    # It checks everything that may be wrong, and tells what the data are.
    own, said = walk(
        labels, predictions, {**options, **weights}, loss=loss, from_logits=from_logits,
        header=header, class_names=class_names, wanted=wanted, beside=beside,
    )  # fmt: skip
    for warning in said:
        warnings.warn(warning, stacklevel=4)
    binary, sums, rank = own.function == "binary", beside.sums, beside.rank
    facts = _facts(sums, options, weights, rank, binary)
    values = tuple(
        Value(line.whose, line.call, _value(line, sums, own))
        for line in _lines(binary, own.from_logits)
        if line.needs <= facts and not line.lacks & facts
    )
    others = tuple(_others(sums, values, facts, binary, own.from_logits))
    return Conventions(values, others, sums.rows, _reading(own), seen)


class _Beside:
    """The sums of every rule, of the pieces that are evaluated."""

    def __init__(self, ignore: tuple[int | float, ...]) -> None:
        self._ignore = ignore
        self.sums, self.rank = Sums({}), 0

    def begin(self, function: Loss, from_logits: bool, axis: int, source: Source) -> None:
        """Take the rules for such predictions."""
        binary = function == "binary"
        rules = _rules(binary, from_logits)
        self.rank = len(source.predictions.shape)
        classes = 2 if binary else source.predictions.shape[axis]
        weights = _class_weights(source.fixed.get("class_weight"), classes)
        self.sums = Sums(rules, self._ignore, weights)
        self._function, self._axis = function, axis
        self._step = max(1, source.piece_rows() // len(rules))  # as each rule has its losses

    def add(self, piece: Piece) -> None:
        """Add a piece, cut into as many parts as there are rules."""
        for at in range(0, len(piece["y_pred"]), self._step):
            some = slice(at, at + self._step)
            scores, target = piece["y_pred"][some], piece["y_true"][some]
            weight = piece.get("sample_weight")
            if self._function == "binary":
                target = target.reshape(scores.shape)
            else:
                scores = np.moveaxis(scores, self._axis, -1)
                if self._function == "dense":
                    target = np.moveaxis(target, self._axis, -1)
            self.sums.add(target, scores, None if weight is None else weight[some])


def _value(line: Convention, sums: Sums, own: Evaluation) -> float:
    if line.whose != "crossent":
        return sums.value(line.rule, line.divisor)
    return own.exact_loss if line.rule == "exact" and own.exact_loss is not None else own.loss


def _rules(binary: bool, from_logits: bool) -> Mapping[str, Losses]:
    if binary:
        return table.BINARY_LOGITS if from_logits else table.BINARY_PROBABILITIES
    return table.LOGITS if from_logits else table.PROBABILITIES


def _lines(binary: bool, from_logits: bool) -> tuple[Convention, ...]:
    if binary:
        return table.BINARY_FROM_LOGITS if from_logits else table.BINARY_FROM_PROBABILITIES
    return table.FROM_LOGITS if from_logits else table.FROM_PROBABILITIES


def _variants(binary: bool, from_logits: bool) -> tuple[tuple[str, str], ...]:
    if binary:
        return () if from_logits else table.VARIANTS_OF_BINARY_PROBABILITIES
    return table.VARIANTS_OF_LOGITS if from_logits else table.VARIANTS_OF_PROBABILITIES


def _others(
    sums: Sums, values: tuple[Value, ...], facts: frozenset[str], binary: bool, from_logits: bool
) -> Iterator[Value]:
    """Yield the numbers in other units, with other divisors, and as mistakes give them."""
    main, rule = values[0], "softmax" if from_logits else "crossent"
    for value in values:
        if value is main or abs(value.value - main.value) > FARTHER * abs(main.value):
            for name, unit in table.UNITS:
                yield Value("", f"{value.name}, {name}", value.value / unit)
    yield Value("", "a score: the loss, negated (scikit-learn: neg_log_loss)", -main.value)
    yield Value("", f"{main.name}, as a perplexity", math.exp(min(main.value, 700.0)))
    for name, divisor, needs in table.DIVISORS:
        if needs <= facts:
            yield Value("", name, sums.value(rule, divisor))
    for name, variant in _variants(binary, from_logits):
        yield Value("", name, sums.value(variant, "sample"))
    if sums.shifted_rows:
        yield Value("", "each place scored by the next label", sums.shifted / sums.shifted_rows)


def _facts(sums: Sums, options: Any, weights: Any, rank: int, binary: bool) -> frozenset[str]:
    found = {*weights, *options} & {"class_weight", "sample_weight"}
    if found:
        found.add("weights")
    if sums.kept < sums.rows:
        found.add("ignored rows")
    found.add("" if binary else "classes")
    found.add("one probability a row" if rank == 1 else "")
    found.add("several dimensions" if sums.first < sums.rows else "")
    return frozenset(found)


def _class_weights(given: Any, classes: int) -> Any:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return np.array([float(given.get(label, 0.0)) for label in range(classes)])
    return np.asarray(given, np.float64)


def _reading(own: Evaluation) -> str:
    kind = "logits" if own.from_logits else "probabilities"
    reading = own.reading or f"read as {kind}"
    return f"{reading}; {own.columns}" if own.columns else reading
