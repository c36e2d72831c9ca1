"""The result of an evaluation: numbers to use, to store as JSON, and to read."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, NamedTuple

from crossent.core.exact_totals import SCALE_BITS, to_float
from crossent.core.messages import data as messages
from crossent.evaluate.intervals import Interval, around_mean, wilson
from crossent.evaluate.schema import SCHEMA
from crossent.evaluate.slices import Slice
from crossent.evaluate.sums import State, WorstRow
from crossent.evaluate.text import as_html, show_evaluation

_BIT = math.log(2.0)

_CONFUSIONS: Final = 5
_FEW: Final = 50
"""Clusters below which intervals are too narrow."""


@dataclass(frozen=True)
class ClassResult:
    """The rows of one class.

    Parameters
    ----------
    label : int
        The class; for binary targets with several columns, the column.
    rows : int
        Kept rows.
    loss : float
        Mean in nats, over the weight of these rows; NaN if they have none.
    accuracy : float
        Share of the sample weight of these rows that lies on right predictions.
    precision, recall, f1 : float or None
        From the counts of rows; NaN where there is nothing to divide by, None for binary targets
        with several columns.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1], np.array([[9.0, 0], [0, 9], [8, 0]]),
    ...     from_logits=True, per_class=True)
    >>> [(c.label, c.rows, c.accuracy) for c in result.per_class]
    [(0, 1, 1.0), (1, 2, 0.5)]
    """

    label: int
    rows: int
    loss: float
    accuracy: float
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


@dataclass(frozen=True)
class Confusion:
    """Rows of one class that were taken for another.

    Parameters
    ----------
    label, predicted : int
        The classes.
    rows : int
        How many.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1], np.array([[9.0, 0], [0, 9], [8, 0]]), from_logits=True)
    >>> result.confusions
    (Confusion(label=1, predicted=0, rows=1),)
    """

    label: int
    predicted: int
    rows: int


@dataclass(frozen=True)
class Evaluation:
    """Loss and accuracy of a model on data.

    Parameters
    ----------
    function : str
        The loss: "sparse", "dense" or "binary".
    from_logits : bool
        Whether the predictions were read as logits.
    reading : str or None
        How that was decided, if it was inferred.
    rows, ignored : int
        The number of all rows, and of those that have no weight or an ignored label.
    nan_rows : int
        Kept rows whose loss is NaN, because a prediction is NaN; the mean is then NaN too.
    weight : float
        What the mean divides by: the sum of all weights.
    loss, standard_error : float
        The mean in nats, and its standard error sqrt(n / (n - 1) Σ(t - loss w)²) / Σw over the n
        rows with a weight w > 0 and the term t: s / sqrt(n) where all weights are equal. NaN with
        fewer than two rows, or if a term is not finite.
    bits, bits_standard_error : float
        The same in bits: divided by log(2).
    perplexity : float
        exp(loss).
    accuracy : float
        Share of the sample weight on rows whose label has the highest prediction. If predictions
        are equal, the lowest class counts as the highest. Class weights are not used.
    correct : int
        Number of those rows.
    top_k : int or None
        k; None for binary targets, and if k is at least the number of classes.
    top_k_accuracy : float or None
        Share of the sample weight on rows whose label is among the k highest predictions.
    epsilon : float or None
        Where probabilities were clipped; None for logits.
    clipped : int or None
        Rows whose loss the clip changed; None for logits.
    exact_loss : float or None
        The mean without the clip (epsilon=0); None for logits.
    per_class : tuple of ClassResult or None
        By class, in order; classes without a row are left out.
    worst : tuple of WorstRow
        The rows with the largest terms, the largest first.
    warnings : tuple of str
        The warnings of the loss function, and one if the loss of some rows is NaN.
    class_names : tuple of str or None
        The names of the classes, where they have any: class c is ``class_names[c]``.
    confidence : float
        Of the intervals.
    units : int
        What the errors take as independent: rows, sequences of rows, or clusters.
    unit : str
        Which of them: "rows", "sequences" or "clusters".
    loss_interval, perplexity_interval : (float, float)
        Mean ± t·standard error, t of units − 1 degrees of freedom; of the perplexity by exp of its
        ends. NaN where there is no error.
    accuracy_interval : (float, float)
        Wilson's, over as many independent rows as the error of the accuracy stands for.
    baseline_loss, baseline_accuracy : float or None
        What guessing by the shares of the classes gives: their entropy, and the largest. None for
        weighted rows, soft targets and losses with other terms.
    skill : float or None
        1 − loss / baseline_loss: 0 for guessing, 1 for a perfect model.
    entropy : float
        Mean entropy of the predicted distributions, in nats.
    overconfidence, overconfidence_error : float or None
        loss − entropy, and its standard error. Of logits it is the derivative of the loss along the
        inverse temperature: above 0 the model is overconfident, and a higher temperature lowers the
        loss. None for losses with other terms.
    brier : float
        Mean of Σ (p − q)² over the classes; for binary targets of (p − q)².
    calibration_error : float
        Σ n_b / n |accuracy_b − mean confidence_b| over 15 bins of the largest probability.
    label_rank : float or None
        Mean place of the label among the classes, from 1; None for binary targets.
    macro_precision, macro_recall, macro_f1 : float or None
        Means over the classes that are labels or predicted; None for binary targets with several
        columns.
    auc, auc_error : float or None
        Area under the ROC curve of one score a row, and how far the exact one may lie from it: 0
        up to 131 072 different scores.
    average_precision, average_precision_error : float or None
        Σ (R_n − R_(n−1)) P_n over the thresholds, and the same of it.
    confusions : tuple of Confusion
        The five that have the most rows; none for more than 1024 classes.
    slices : tuple of Slice
        The 20 largest groups of rows, and the rest as one, where they were asked for.
    bits_per_byte : float or None
        Bits of all kept rows, divided by the bytes that they stand for.
    notes : tuple of str
        What to know of the intervals: few clusters, or a large one.
    columns : str or None
        Which column is what, and how that was found, where there are columns with names.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1, 0], np.array([[9.0, 0], [0, 9], [8, 0], [1, 0]]),
    ...     from_logits=True)
    >>> print(str(result).splitlines()[0])
    loss 2.1 nats (95 % -4.2 to 8.4), accuracy 75 % (30 to 95); guessing by class
    """

    function: str
    from_logits: bool
    reading: str | None
    rows: int
    ignored: int
    nan_rows: int
    weight: float
    loss: float
    standard_error: float
    bits: float
    bits_standard_error: float
    perplexity: float
    accuracy: float
    correct: int
    top_k: int | None
    top_k_accuracy: float | None
    epsilon: float | None
    clipped: int | None
    exact_loss: float | None
    per_class: tuple[ClassResult, ...] | None
    worst: tuple[WorstRow, ...]
    warnings: tuple[str, ...]
    confidence: float
    units: int
    unit: str
    loss_interval: Interval
    perplexity_interval: Interval
    accuracy_interval: Interval
    baseline_loss: float | None
    baseline_accuracy: float | None
    skill: float | None
    entropy: float
    overconfidence: float | None
    overconfidence_error: float | None
    brier: float
    calibration_error: float
    label_rank: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    auc: float | None
    auc_error: float | None
    average_precision: float | None
    average_precision_error: float | None
    confusions: tuple[Confusion, ...]
    notes: tuple[str, ...]
    slices: tuple[Slice, ...] = ()
    bits_per_byte: float | None = None
    class_names: tuple[str, ...] | None = None
    columns: str | None = None

    def name_of(self, label: int) -> str:
        """Return the name of a class, or its number."""
        names = self.class_names or ()
        return names[label] if 0 <= label < len(names) else str(label)

    def to_dict(self) -> dict[str, Any]:
        """Return a dict that ``json.dumps`` takes, with the names of the attributes.

        Numbers that JSON cannot hold become the strings "nan", "inf" and "-inf", which `float`
        reads back. `row` of a worst row is a number, or a list where the rows have several axes.

        Returns
        -------
        dict
            With ``"schema": 1``: keys keep their names and meaning as long as that number stays.
        """
        found: dict[str, Any] = _plain(self)
        return {"schema": SCHEMA, **found}

    def metrics(self, prefix: str = "") -> dict[str, float]:
        """Return the numbers as a flat dict, as loggers take them.

        Parameters
        ----------
        prefix : str
            Put in front of each name, such as "eval/".

        Returns
        -------
        dict of str to float
            Those that this evaluation has; of an interval both ends.

        Examples
        --------
        >>> import numpy as np
        >>> import crossent as ce
        >>> result = ce.evaluate([0, 1], np.array([[9.0, 0], [0, 9]]), from_logits=True)
        >>> result.metrics("eval/")["eval/accuracy"]
        1.0
        """
        found: dict[str, float] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or item.name in ("top_k", "epsilon", "confidence"):
                continue
            if isinstance(value, int | float):
                found[prefix + item.name] = float(value)
            elif item.name.endswith("_interval"):
                found[f"{prefix}{item.name}_low"], found[f"{prefix}{item.name}_high"] = value
        return found

    def to_frame(self) -> Any:
        """Return the numbers of each class as a table of pandas, one row a class.

        Returns
        -------
        pandas.DataFrame
            Indexed by the names of the classes, or their numbers.

        Raises
        ------
        OptionError
            If the classes were not asked for.
        """
        if self.per_class is None:
            raise messages.option("There are no classes in this result: pass per_class=True.")
        pandas: Any = importlib.import_module("pandas")
        rows = [
            {item.name: getattr(one, item.name) for item in fields(one)} for one in self.per_class
        ]
        names = [self.name_of(one.label) for one in self.per_class]
        return pandas.DataFrame(rows, index=pandas.Index(names, name="class"))

    def __str__(self) -> str:
        return show_evaluation(self)

    def _repr_html_(self) -> str:
        return as_html(str(self))


def make_evaluation(
    state: State,
    *,
    loss: str,
    from_logits: bool,
    epsilon: float,
    top_k: int | None,
    per_class: bool,
    warnings: tuple[str, ...],
    classes: int,
    confidence: float,
    plain: bool,
    slices: tuple[Slice, ...] = (),
    reading: str | None = None,
) -> Evaluation:
    """Round the sums of a state, each once."""
    sums, quality = state.sums, state.quality
    mean, accuracy = sums.loss.mean(), sums.accuracy()
    errors = _errors(state, mean, accuracy)
    of_columns = loss == "log_probs" or (loss == "binary" and quality.ranking is None)
    baseline = _baseline(state) if plain else (None, None)
    interval = around_mean(mean, errors.loss, errors.units, confidence)
    macro = (None, None, None) if of_columns else quality.macro()
    gap = quality.gap_total.mean()
    curves = _curves(state)
    return Evaluation(
        function=loss,
        from_logits=from_logits,
        reading=reading,
        rows=state.rows,
        ignored=state.rows - sums.rows,
        nan_rows=sums.loss.nan,
        weight=to_float(sums.loss.weight),
        loss=mean,
        standard_error=errors.loss,
        bits=mean / _BIT,
        bits_standard_error=errors.loss / _BIT,
        perplexity=_exp(mean),
        accuracy=accuracy,
        correct=sums.hits,
        top_k=top_k,
        top_k_accuracy=None if top_k is None else sums.top_accuracy(),
        epsilon=None if from_logits else epsilon,
        clipped=None if from_logits else state.clipped,
        exact_loss=None if from_logits else state.exact.mean(),
        per_class=_classes(state, of_columns) if per_class else None,
        worst=state.worst,
        warnings=warnings,
        confidence=confidence,
        units=errors.units,
        unit=errors.unit,
        loss_interval=interval,
        perplexity_interval=(_exp(interval[0]), _exp(interval[1])),
        accuracy_interval=wilson(accuracy, errors.rows, confidence),
        baseline_loss=baseline[0],
        baseline_accuracy=baseline[1],
        skill=1 - mean / baseline[0] if baseline[0] else None,
        entropy=quality.entropy.mean(),
        overconfidence=gap if plain else None,
        overconfidence_error=errors.gap if plain else None,
        brier=quality.brier.mean(),
        calibration_error=quality.calibration_error(),
        label_rank=quality.label_rank(),
        macro_precision=macro[0],
        macro_recall=macro[1],
        macro_f1=macro[2],
        auc=curves[0],
        auc_error=curves[1],
        average_precision=curves[2],
        average_precision_error=curves[3],
        confusions=tuple(
            Confusion(*one) for one in quality.confusions(max(2, classes), _CONFUSIONS)
        ),
        notes=errors.notes,
        slices=slices,
    )


class _Errors(NamedTuple):
    """What the errors are, and of how many units."""

    loss: float
    gap: float
    rows: float  # independent ones that tell as much of the accuracy
    units: int
    unit: str
    notes: tuple[str, ...] = ()


def _errors(state: State, mean: float, accuracy: float) -> _Errors:
    """Return the standard errors, by rows, sequences or clusters."""
    sums, quality = state.sums, state.quality
    clusters = state.clusters
    if clusters is not None:
        loss, own, gap = clusters.errors()
        notes = []
        if clusters.count() < _FEW:
            notes.append(
                f"there are {clusters.count()} clusters: below {_FEW} intervals come out too narrow"
            )
        large = clusters.largest()
        if large is not None:
            notes.append(f"cluster {large[0]!r} holds {large[1]:.0%} of the weight")
        return _Errors(
            loss if math.isfinite(mean) else math.nan, gap, _as_rows(accuracy, own, sums.rows),
            clusters.count(), "clusters", tuple(notes),
        )  # fmt: skip
    loss = gap = math.nan
    units = state.units
    if math.isfinite(mean):
        loss = state.moments.standard_error(sums.loss.total, sums.loss.weight, units)
    total = quality.gap_total
    if math.isfinite(total.mean()):
        gap = quality.gap.standard_error(total.total, total.weight, units)
    sequences = state.sequences
    if not sequences and state.sums.sample == state.sums.rows << SCALE_BITS:
        return _Errors(loss, gap, float(sums.rows), units, "rows")
    own = state.accuracy.standard_error(sums.sample_hits, sums.sample, units)
    unit = "sequences" if sequences else "rows"
    return _Errors(loss, gap, _as_rows(accuracy, own, sums.rows), units, unit)


def _as_rows(accuracy: float, error: float, rows: int) -> float:
    """Return how many independent rows have this error of their accuracy."""
    if not error > 0:
        return float(rows) if error == 0 else math.nan
    return accuracy * (1 - accuracy) / error**2


def _baseline(state: State) -> tuple[float | None, float | None]:
    """Return what guessing by the shares of the classes gives."""
    sums, quality = state.sums, state.quality
    if sums.loss.weight != sums.rows << SCALE_BITS or not quality.hard:
        return None, None
    shares = quality.shares()
    if not shares:
        return None, None
    return -math.fsum(one * math.log(one) for one in shares), max(shares)


def _curves(state: State) -> tuple[float | None, float | None, float | None, float | None]:
    ranking = state.quality.ranking
    if ranking is None:
        return None, None, None, None
    return (*ranking.auc(), *ranking.average_precision())


def _classes(state: State, of_columns: bool) -> tuple[ClassResult, ...]:
    return tuple(
        ClassResult(
            label,
            group.rows,
            group.loss.mean(),
            group.accuracy(),
            *((None, None, None) if of_columns else state.quality.precision_recall(label)),
        )
        for label, group in sorted(state.classes.items())
    )


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _plain(value: Any) -> Any:
    if isinstance(value, WorstRow):
        row = value.row[0] if len(value.row) == 1 else list(value.row)
        named = {} if value.id is None else {"id": value.id}
        return {
            "row": row, **named, "label": value.label, "predicted": value.predicted,
            "loss": _plain(value.loss),
        }  # fmt: skip
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
