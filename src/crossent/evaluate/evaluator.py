"""The evaluator: update with pieces of data, merge with others, compute the numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from crossent.core.checks import DOUBLE_SOFTMAX_ROWS
from crossent.core.errors import CrossentWarning, DoubleSoftmaxWarning
from crossent.core.messages import data as messages
from crossent.core.misuse import by_our_names
from crossent.core.options import make_options
from crossent.evaluate.arguments import (
    LOSSES,
    Loss,
    check_confidence,
    check_count,
    check_foreign,
    check_loss,
    comparable,
    option_value,
)
from crossent.evaluate.evaluation import Evaluation, make_evaluation
from crossent.evaluate.rows import Rows, evaluate_rows
from crossent.evaluate.slices import Slices
from crossent.evaluate.sums import State
from crossent.stream.host import to_host
from crossent.stream.source import BY_ROW, MAYBE_BY_ROW

_NOT_PLAIN: Final = {"class_weight", "label_smoothing", "z_loss", "pos_weight", "focal_gamma"}
"""Options with which loss − entropy says nothing of the temperature."""


class Evaluator:
    """Loss and accuracy of data that comes in pieces.

    The sums are exact: the result is the same to the last bit for all sizes of the pieces and
    every order of merging.

    Parameters
    ----------
    loss : {"sparse", "dense", "binary"}
        Which loss: class indices, one-hot or soft targets, or a probability per element.
    from_logits : bool
        True: predictions are any reals (logits). False: probabilities.
    top_k : int
        For the share of rows whose label is among the k highest predictions.
    per_class : bool
        Whether to report every class. The class of a row is its label; for dense targets it is the
        class with the largest target, and for binary targets with several columns the column.
    worst : int
        How many of the rows with the largest loss to keep.
    sequences : bool
        Whether the errors take rows along one entry of the first axis, such as the tokens of a
        text, as belonging together.
    confidence : float
        Of the intervals.
    **options
        Options of the loss function: `axis`, `ignore_class`, `class_mask`, `class_weight`,
        `pos_weight`, `label_smoothing`, `z_loss`, `epsilon`, `normalize`. A `class_mask` or
        `pos_weight` with an entry for each row must be passed to `update`, with the rows.

    Raises
    ------
    OptionError
        If an option has a bad value or means nothing for this loss.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> evaluator = ce.Evaluator("sparse")
    >>> evaluator.update([0, 1], np.array([[0.5, 0.5], [0.25, 0.75]]))
    >>> evaluator.update([1], np.array([[0.75, 0.25]]))
    >>> evaluation = evaluator.compute()
    >>> evaluation.rows, round(evaluation.loss, 6), round(evaluation.accuracy, 6)
    (3, 0.789041, 0.666667)
    """

    @by_our_names("Evaluator", arrays={})
    def __init__(
        self,
        loss: Loss,
        *,
        from_logits: bool = False,
        top_k: int = 5,
        per_class: bool = False,
        worst: int = 0,
        sequences: bool = True,
        confidence: float = 0.95,
        **options: Any,
    ) -> None:
        self.sequences = bool(sequences)
        self.confidence = check_confidence(confidence)
        self.loss = check_loss(loss, LOSSES)
        self.top_k = check_count("top_k", top_k, 1)
        self.worst = check_count("worst", worst, 0)
        self.per_class = per_class
        check_foreign(options)
        for name in BY_ROW:
            if name in options:
                raise messages.not_an_option(name, "it has one entry per row, so pass it to update")
        self.options: dict[str, object] = {"from_logits": from_logits}
        self.options |= {name: option_value(name, value) for name, value in options.items()}
        checked = make_options(loss, {**self.options, "reduction": "none"})
        self._axis, self._epsilon = checked.axis, 0.0 if from_logits else checked.epsilon
        self.state = State()
        self.slices = Slices()
        self.watch: Callable[[Rows, int], None] | None = None  # is shown the rows of each piece
        self._next_row = 0
        self._warnings: list[tuple[int, int, CrossentWarning]] = []
        self._pieces = 0
        self._telling_pieces = 0  # with rows enough for a double softmax to be seen
        self._classes: int | None = None

    def update(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        *,
        target_prob: Any = None,
        class_mask: Any = None,
        pos_weight: Any = None,
        cluster: Any = None,
        by: Any = None,
        first_row: int | None = None,
    ) -> None:
        """Add rows.

        Parameters
        ----------
        y_true, y_pred : arrays
            As the loss function takes them, rows along the first axis.
        sample_weight, target_prob, class_mask, pos_weight : arrays, optional
            As the loss function takes them, for these rows. They replace an option of the same
            name.
        cluster : array, optional
            One name or number for each entry of the first axis: rows that have the same belong
            together, which the errors take into account.
        by : array, optional
            The group of each entry of the first axis, for the slices of the result.
        first_row : int, optional
            The number of the first of these rows in the whole data, used in the numbers of the
            worst rows. By default these rows follow those of the last update.

        Raises
        ------
        CrossentError
            The errors of the loss function. The evaluator is then unchanged.
        """
        predictions = to_host("y_pred", y_pred)
        if predictions.ndim == 0:
            raise messages.scalar("`y_pred`")
        if self.loss != "binary":
            if predictions.ndim == 1:
                raise messages.one_row("`y_pred`", predictions.shape)
            if self._axis in (0, -predictions.ndim):
                raise messages.class_axis_first("`y_pred`")
        row_data = {
            "sample_weight": sample_weight, "target_prob": target_prob, "class_mask": class_mask,
            "pos_weight": pos_weight,
        }  # fmt: skip
        given = {name: to_host(name, x) for name, x in row_data.items() if x is not None}
        self._refuse_options_by_row(predictions.ndim, given)
        if first_row is None:
            first_row = self._next_row
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows = evaluate_rows(
                self.loss, to_host("y_true", y_true), predictions, {**self.options, **given},
                self.top_k,
            )  # fmt: skip
        if self._classes not in (None, rows.classes):
            raise messages.other_classes(self._classes or 0, rows.classes)
        self._classes = rows.classes
        names = self._clusters(cluster, len(predictions))
        state = State.of(
            rows, first_row, per_class=self.per_class, worst=self.worst, cluster=names,
            sequences=self.sequences,
        )  # fmt: skip
        if by is not None:
            self.slices.add(rows, checked_names(by, "by", len(predictions)))
        self.state = self.state.merged(state, self.worst)
        if self.watch is not None:
            self.watch(rows, first_row)
        self._next_row = first_row + len(predictions)
        self._pieces += 1
        self._telling_pieces += rows.rows >= DOUBLE_SOFTMAX_ROWS
        for item in caught:
            if isinstance(item.message, CrossentWarning):
                self._warnings.append((first_row, self._next_row - 1, item.message))

    def merge(self, other: Evaluator) -> None:
        """Add what another evaluator has seen.

        Parameters
        ----------
        other : Evaluator
            Made with the same options, for other rows.

        Raises
        ------
        OptionError
            If the options differ.
        """
        if self._identity() != other._identity():
            raise messages.different_options()
        if None not in (self._classes, other._classes) and self._classes != other._classes:
            raise messages.other_classes(self._classes or 0, other._classes or 0)
        self._classes = self._classes or other._classes
        self.slices.merge(other.slices)
        self.state = self.state.merged(other.state, self.worst)
        self._next_row = max(self._next_row, other._next_row)
        self._pieces += other._pieces
        self._telling_pieces += other._telling_pieces
        self._warnings = sorted(self._warnings + other._warnings, key=lambda item: item[:2])

    def compute(self) -> Evaluation:
        """Return the numbers of all rows so far.

        Returns
        -------
        Evaluation

        Raises
        ------
        EmptyError
            If there are no rows, or none has a weight.

        Warns
        -----
        CrossentWarning
            Each warning of the loss function once for all pieces, and one if the loss of some rows
            is NaN.
        """
        if self.state.sums.loss.weight == 0:
            raise messages.nothing_kept(self.state.rows)
        found = self.warnings()
        for warning in found:
            warnings.warn(warning, stacklevel=2)
        return make_evaluation(
            self.state,
            loss=self.loss,
            from_logits=bool(self.options["from_logits"]),
            epsilon=self._epsilon,
            top_k=self.top_k if self.top_k < (self._classes or 0) else None,
            per_class=self.per_class,
            warnings=tuple(warning.text for warning in found),
            classes=self._classes or 0,
            confidence=self.confidence,
            slices=tuple(self.slices.results()),
            plain=not {*self.options} & _NOT_PLAIN,
        )

    def warnings(self) -> list[CrossentWarning]:
        """Return one warning for each code that the loss function has warned of.

        There is also one for rows whose loss is NaN, which the loss function does not warn of.

        Returns
        -------
        list of CrossentWarning
        """
        by_code: dict[str, list[tuple[int, int, CrossentWarning]]] = {}
        for item in self._warnings:
            by_code.setdefault(item[2].code, []).append(item)
        merged = []
        for code, items in by_code.items():
            warning = items[0][2]
            # "Every row is a probability vector" must hold for each piece to hold for the whole.
            if isinstance(warning, DoubleSoftmaxWarning) and len(items) < self._telling_pieces:
                continue
            text = messages.in_pieces(warning.text, [item[:2] for item in items], self._pieces == 1)
            merged.append(type(warning)(code, text))
        if self.state.first_nan is not None:
            sums = self.state.sums
            merged.append(messages.nan_rows(sums.loss.nan, sums.rows, self.state.first_nan))
        return merged

    def _clusters(self, given: Any, rows: int) -> Any:
        """Return the names of clusters, which all rows have or none."""
        if self._pieces and (given is None) != (self.state.clusters is None):
            raise messages.clusters_needed()
        if given is None:
            return None
        return checked_names(given, "cluster", rows)

    def _refuse_options_by_row(self, rank: int, given: dict[str, Any]) -> None:
        """Refuse options whose entries of some rows would be taken for those of all pieces."""
        for name in MAYBE_BY_ROW:
            shape: tuple[int, ...] = getattr(self.options.get(name), "shape", ())
            if name not in given and len(shape) == rank and shape[0] != 1:
                raise messages.not_an_option(
                    name, f"with shape {shape} it has one entry per row, so pass it to update"
                )

    def _identity(self) -> tuple[Any, ...]:
        named = tuple((name, comparable(value)) for name, value in sorted(self.options.items()))
        return self.loss, self.top_k, self.per_class, self.worst, self.sequences, named


def checked_names(given: Any, name: str, rows: int) -> Any:
    """Return names of clusters or groups, or raise if there is not one for each row."""
    names = np.asarray(given)
    if names.shape != (rows,):
        raise messages.cluster_shape(name, names.shape, rows)
    return names
