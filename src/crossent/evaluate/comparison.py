"""Two models on the same rows: the paired difference, what it may be by chance, and a tie."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.messages import compare as messages
from crossent.evaluate.intervals import (
    Interval,
    around_mean,
    jackknife,
    share_of_halves,
)
from crossent.evaluate.schema import SCHEMA
from crossent.evaluate.text import as_html, rounded

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RowsOfModel:
    """What a model gives for each kept row, in order."""

    name: str
    row: npt.NDArray[np.int64]
    """Where each stands among all rows, flattened."""
    loss: Floats
    correct: npt.NDArray[np.bool_] | None  # None: log-probabilities of labels alone
    weight: Floats
    width: int = 1
    """Places of each entry of the first axis."""
    ids: npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class Comparison:
    """A second model beside a first, on the same rows.

    Parameters
    ----------
    first, second : str
        What the models are called.
    rows : int
        Kept rows that both have.
    loss_first, loss_second : float
        Means in nats.
    difference, standard_error : float
        Mean of the second's loss minus the first's, row by row: below 0 the second is better.
    interval : (float, float)
        Of the difference: ± t·standard error.
    accuracy_first, accuracy_second, accuracy_difference : float or None
        Shares of the weight; None for log-probabilities alone.
    accuracy_interval : (float, float) or None
        Of their difference.
    only_first, only_second : int or None
        Rows that one model alone has right.
    mcnemar : float or None
        p of the exact test of McNemar (1947) that these two are equally likely.
    confidence : float
        Of the intervals.
    units : int
        How many rows, sequences or clusters the errors take as independent.
    unit : str
        Which of them.
    notes : tuple of str
        How rows were aligned, and what to know of the intervals.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> labels = np.arange(40) % 3
    >>> scores = np.random.default_rng(0).normal(size=(40, 3))
    >>> better = scores + 2 * np.eye(3)[labels]
    >>> found = ce.compare(labels, scores, better)
    >>> found.difference < 0, found.tie
    (True, False)
    """

    first: str
    second: str
    rows: int
    loss_first: float
    loss_second: float
    difference: float
    standard_error: float
    interval: Interval
    accuracy_first: float | None
    accuracy_second: float | None
    accuracy_difference: float | None
    accuracy_interval: Interval | None
    only_first: int | None
    only_second: int | None
    mcnemar: float | None
    confidence: float
    units: int
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def tie(self) -> bool:
        """Whether the interval of the difference holds 0, or there is none."""
        return not (self.interval[0] > 0 or self.interval[1] < 0)

    def to_dict(self) -> dict[str, Any]:
        """Return a dict that ``json.dumps`` takes; numbers that JSON lacks are words.

        Returns
        -------
        dict
            With ``"schema": 1``.
        """
        found: dict[str, Any] = {"schema": SCHEMA, "tie": self.tie}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, tuple):
                found[item.name] = [_plain(one) for one in value]
            else:
                found[item.name] = _plain(value)
        return found

    def __str__(self) -> str:
        return show_comparison(self)

    def _repr_html_(self) -> str:
        return as_html(str(self))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def compare_rows(
    first: RowsOfModel, second: RowsOfModel, clusters: npt.NDArray[Any] | None, *,
    confidence: float, apart: bool, notes: tuple[str, ...] = (),
) -> Comparison:  # fmt: skip
    """Compare two models whose rows are in the same order.

    Parameters
    ----------
    clusters : ndarray or None
        A name for each entry of the first axis.
    apart : bool
        Whether places of one entry of the first axis are taken as independent.

    Raises
    ------
    ShapeError
        If one model has rows that the other has not.
    """
    if not np.array_equal(first.row, second.row):
        raise messages.other_rows(first.name, len(first.row), second.name, len(second.row))
    weight, width = first.weight, first.width
    delta = second.loss - first.loss
    unit, kind = None, "rows"
    if clusters is not None:
        unit, kind = np.unique(clusters[first.row // width], return_inverse=True)[1], "clusters"
    elif width > 1 and not apart:
        unit, kind = np.unique(first.row // width, return_inverse=True)[1], "sequences"
    error, units = _error(delta, weight, unit)
    mean = float(delta @ weight) / float(weight.sum())
    found: dict[str, Any] = dict.fromkeys(
        ("accuracy_first", "accuracy_second", "accuracy_difference", "accuracy_interval",
         "only_first", "only_second", "mcnemar")
    )  # fmt: skip
    if first.correct is not None and second.correct is not None:
        found = _accuracies(first.correct, second.correct, weight, unit, confidence)
    if kind == "clusters" and units < _FEW:
        notes += (f"there are {units} clusters: below {_FEW} intervals come out too narrow",)
    return Comparison(
        first=first.name,
        second=second.name,
        rows=len(first.row),
        loss_first=_mean(first.loss, weight),
        loss_second=_mean(second.loss, weight),
        difference=mean,
        standard_error=error,
        interval=around_mean(mean, error, units, confidence),
        confidence=confidence,
        units=units,
        unit=kind,
        notes=notes,
        **found,
    )


_FEW = 50


def _mean(values: Floats, weight: Floats) -> float:
    return float(values @ weight) / float(weight.sum())


def _error(delta: Floats, weight: Floats, unit: npt.NDArray[np.int64] | None) -> tuple[float, int]:
    """Return the standard error of a weighted mean, and of how many units."""
    totals, weights = delta * weight, weight
    if unit is not None:
        totals = np.bincount(unit, totals).astype(np.float64)
        weights = np.bincount(unit, weights).astype(np.float64)
    kept = weights > 0
    return jackknife(totals[kept], weights[kept]), int(np.count_nonzero(kept))


def _accuracies(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], weight: Floats,
    unit: npt.NDArray[np.int64] | None, confidence: float,
) -> dict[str, Any]:  # fmt: skip
    delta = second.astype(np.float64) - first
    error, units = _error(delta, weight, unit)
    difference = _mean(delta, weight)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    return {
        "accuracy_first": _mean(first.astype(np.float64), weight),
        "accuracy_second": _mean(second.astype(np.float64), weight),
        "accuracy_difference": difference,
        "accuracy_interval": around_mean(difference, error, units, confidence),
        "only_first": only_first,
        "only_second": only_second,
        "mcnemar": mcnemar(only_first, only_second),
    }


def mcnemar(only_first: int, only_second: int) -> float:
    """Return p of McNemar's exact test, with both sides.

    >>> round(mcnemar(5, 15), 6), mcnemar(0, 0)
    (0.041389, 1.0)
    """
    total, least = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * share_of_halves(least, total)) if total else 1.0


def show_comparison(found: Comparison) -> str:
    """Write one sentence, then the numbers of both models."""
    share = f"{100 * found.confidence:g} %"
    low, high = (rounded(end, found.standard_error) for end in found.interval)
    gap = rounded(abs(found.difference), found.standard_error)
    word = "lower" if found.difference < 0 else "higher"
    text = f"the loss of {found.second} is {gap} nats {word} than that of {found.first}"
    text += f" ({share} of the difference: {low} to {high})" if low != "nan" else ""
    text += ": a tie, it may be chance" if found.tie else ""
    lines = [text, ""]
    lines.append(_line("loss", f"{found.loss_first:.4g} and {found.loss_second:.4g} nats"))
    if found.accuracy_difference is not None and found.accuracy_interval is not None:
        low, high = (f"{100 * end:+.2g}" for end in found.accuracy_interval)
        lines += [
            _line(
                "accuracy",
                f"{100 * (found.accuracy_first or 0):.3g} and "
                f"{100 * (found.accuracy_second or 0):.3g} %, difference "
                f"{100 * found.accuracy_difference:+.2g} ({low} to {high})",
            ),
            _line(
                "one alone right",
                f"{found.only_first} and {found.only_second} rows; exact McNemar p = "
                f"{found.mcnemar:.2g}",
            ),
        ]
    unit = "" if found.unit == "rows" else f"; errors of {found.units} {found.unit}"
    lines.append(_line("rows", f"{found.rows}{unit}"))
    lines += [_line("note", note) for note in found.notes]
    return "\n".join(lines)


def _line(name: str, value: str) -> str:
    return f"{name:<16}{value}"
