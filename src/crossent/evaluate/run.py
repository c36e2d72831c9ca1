"""An evaluation of whole arrays or files, with what was not said told from the data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from crossent.core.errors import CrossentError, CrossentWarning, DoubleSoftmaxWarning
from crossent.core.messages import data as messages
from crossent.core.options import UNSET, make_options
from crossent.evaluate.arguments import LOSSES, Loss, check_count, check_foreign, check_loss
from crossent.evaluate.byte_counts import bytes_of, per_byte
from crossent.evaluate.evaluation import Evaluation
from crossent.evaluate.evaluator import Evaluator
from crossent.evaluate.fit import check_fit, choose_loss
from crossent.evaluate.reading import Reading
from crossent.evaluate.rows import Rows
from crossent.evaluate.sums import WorstRow
from crossent.evaluate.whole import error_of_rows
from crossent.stream.columns import Wanted
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.source import BY_ROW, NOTHING_WANTED, Source, open_source

HostArray = npt.NDArray[Any]

FEW_CLASSES: Final = 30
"""Up to so many are reported each, if nothing is said."""

Progress = Callable[[int, int], None]
Piece = dict[str, HostArray]


class Beside(Protocol):
    """What looks at the pieces of an evaluation too."""

    def begin(self, function: Loss, from_logits: bool, axis: int, source: Source) -> None:
        """Note what was told of the data."""

    def add(self, piece: Piece) -> None:
        """Look at a piece that has been evaluated."""


def walk(
    labels: Any,
    predictions: Any,
    options: dict[str, Any],
    *,
    loss: str,
    from_logits: bool | None,
    header: bool | None,
    class_names: Any = None,
    wanted: Wanted = NOTHING_WANTED,
    top_k: int = 5,
    per_class: bool | None = False,
    confidence: float = 0.95,
    cluster: Any = None,
    bytes: Any = None,
    worst: int = 0,
    chunk_rows: int | None = None,
    progress: Progress | None = None,
    beside: Beside | None = None,
    watch: Callable[[Rows, int], None] | None = None,
) -> tuple[Evaluation, list[CrossentWarning]]:
    """Evaluate, with `options` of the loss function, and return the warnings too."""
    _check_words(loss, options, chunk_rows)
    axis = make_options("dense", {"axis": options.get("axis", UNSET)}).axis
    source = open_source(labels, predictions, axis, options, header, class_names, wanted)
    axis = _settle(source, options, axis)
    _put_clusters(source, cluster)
    found = choose_loss(source, options, axis) if loss == "auto" else check_loss(loss, LOSSES)
    check_fit(source, found, options, axis)
    words = {name: value for name, value in options.items() if name not in source.by_row}
    words |= source.fixed
    # One number for all rows, of options that belong to the rows.
    fixed = {name: words.pop(name) for name in BY_ROW if name in words}
    reading = Reading(found, axis, _ignored(words))
    inferred = from_logits is None
    if from_logits is None:
        from_logits = reading.find(source, options)
    evaluator = Evaluator(
        found, from_logits=from_logits, top_k=top_k, worst=worst,
        per_class=_is_few(source, found, axis) if per_class is None else per_class,
        sequences=not _is_word(cluster, "rows"), confidence=confidence, **words,
    )  # fmt: skip
    evaluator.watch = watch
    if beside is not None:
        beside.begin(found, from_logits, axis, source)
    most = min(chunk_rows or source.piece_rows(), source.rows)
    # The piece that decided the reading need not be read again.
    begun = None if chunk_rows is not None else reading.pieces
    for first, piece in source.pieces(most) if begun is None else begun:
        _update(evaluator, source, first, piece, fixed)
        _refuse_double_softmax(evaluator, first, piece)
        reading.add(piece, first)
        if beside is not None:
            beside.add(piece)
        if progress is not None:
            progress(first + len(piece["y_pred"]), source.rows)
    reading.confirm()
    result = _computed(evaluator, bytes_of(bytes, source.beside, source.beside.get("cluster")))
    text = reading.text if inferred else result.reading
    return _with_what_was_told(result, source, text), evaluator.warnings()


def _computed(evaluator: Evaluator, counted: int | None) -> Evaluation:
    """Return the result; what there is to warn of is told by the evaluator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CrossentWarning)
        result = evaluator.compute()
    return replace(result, bits_per_byte=per_byte(result, counted))


def _check_words(loss: str, options: dict[str, Any], chunk_rows: int | None) -> None:
    check_loss(loss, ("auto", *LOSSES))
    check_foreign(options)
    if chunk_rows is not None:
        check_count("chunk_rows", chunk_rows, 1)


def _put_clusters(source: Source, cluster: Any) -> None:
    """Put clusters that are an array beside those that are a column."""
    if cluster is not None and not isinstance(cluster, str):
        source.beside["cluster"] = ArrayReader(np.asarray(cluster), "`cluster`")


def named_rows(rows: tuple[WorstRow, ...], ids: Reader) -> tuple[WorstRow, ...]:
    """Give rows their names, in one more pass over the column of names."""
    wanted = {row.row[0] for row in rows}
    found: dict[int, str] = {}
    first = 0
    for piece in ids.chunks(2**16):
        for at in wanted:
            if first <= at < first + len(piece):
                found[at] = str(piece[at - first])
        first += len(piece)
    return tuple(replace(row, id=found.get(row.row[0])) for row in rows)


def _with_what_was_told(result: Evaluation, source: Source, reading: str | None) -> Evaluation:
    if "id" in source.beside:
        result = replace(result, worst=named_rows(result.worst, source.beside["id"]))
    names, columns = source.names or None, source.columns or None
    return replace(result, reading=reading, class_names=names, columns=columns)


def _settle(source: Source, options: dict[str, Any], axis: int) -> int:
    """Put into the options what the data decide, and return the class axis as it is now."""
    if source.marked is not None and options.get("ignore_class") is None:
        options["ignore_class"] = source.marked
        source.columns += f"; labels of {source.marked} are ignored"
    if len(source.predictions.shape) > 1 and axis in (0, -len(source.predictions.shape)):
        axis = options["axis"] = -1  # the classes were moved to the end
    return axis


def _is_word(given: Any, word: str) -> bool:
    return isinstance(given, str) and given == word


def _is_few(source: Source, loss: Loss, axis: int) -> bool:
    """Whether there are so few classes that each is worth a line."""
    shape = source.predictions.shape
    return loss != "binary" and 2 < shape[axis] <= FEW_CLASSES


def _ignored(words: dict[str, Any]) -> tuple[int | float, ...]:
    value = words.get("ignore_class")
    return make_options("sparse", {"ignore_class": value}).ignore_class


def _update(
    evaluator: Evaluator,
    source: Source,
    first: int,
    piece: dict[str, HostArray],
    fixed: dict[str, Any],
) -> None:
    try:
        evaluator.update(first_row=first, **piece, **fixed)
    except CrossentError as error:
        rows = first, first + len(piece["y_pred"]) - 1
        options = {**evaluator.options, **fixed}
        raise error_of_rows(error, source, evaluator.loss, options, rows) from None


def _refuse_double_softmax(evaluator: Evaluator, first: int, piece: dict[str, HostArray]) -> None:
    """A training step may go on after this warning; a number to report may not."""
    if first == 0 and any(isinstance(w, DoubleSoftmaxWarning) for w in evaluator.warnings()):
        raise messages.double_softmax(len(piece["y_pred"]))
