"""The result of an evaluation: numbers to use, to store as JSON, and to read."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from crossent.core.exact_totals import to_float
from crossent.evaluate.sums import State, WorstRow
from crossent.evaluate.text import show_evaluation

_BIT = math.log(2.0)


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
    columns : str or None
        Which column is what, and how that was found, where there are columns with names.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1, 0], np.array([[9.0, 0], [0, 9], [8, 0], [1, 0]]),
    ...     from_logits=True)
    >>> print(result)
    loss            2.07846 nats ± 2, 2.99859 bits ± 2.8
    perplexity      7.99216
    accuracy        0.75  (3 of 4 rows)
    rows            4
    labels          one class index per row (sparse)
    predictions     logits, as given
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
        """
        found: dict[str, Any] = _plain(self)
        return found

    def __str__(self) -> str:
        return show_evaluation(self)


def make_evaluation(
    state: State,
    *,
    loss: str,
    from_logits: bool,
    epsilon: float,
    top_k: int | None,
    per_class: bool,
    warnings: tuple[str, ...],
    reading: str | None = None,
) -> Evaluation:
    """Round the sums of a state, each once."""
    sums = state.sums
    mean = sums.loss.mean()
    error = math.nan
    if math.isfinite(mean):
        error = state.moments.standard_error(sums.loss.total, sums.loss.weight, state.weighing)
    classes = None
    if per_class:
        classes = tuple(
            ClassResult(label, group.rows, group.loss.mean(), group.accuracy())
            for label, group in sorted(state.classes.items())
        )
    return Evaluation(
        function=loss,
        from_logits=from_logits,
        reading=reading,
        rows=state.rows,
        ignored=state.rows - sums.rows,
        nan_rows=sums.loss.nan,
        weight=to_float(sums.loss.weight),
        loss=mean,
        standard_error=error,
        bits=mean / _BIT,
        bits_standard_error=error / _BIT,
        perplexity=_exp(mean),
        accuracy=sums.accuracy(),
        correct=sums.hits,
        top_k=top_k,
        top_k_accuracy=None if top_k is None else sums.top_accuracy(),
        epsilon=None if from_logits else epsilon,
        clipped=None if from_logits else state.clipped,
        exact_loss=None if from_logits else state.exact.mean(),
        per_class=classes,
        worst=state.worst,
        warnings=warnings,
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
