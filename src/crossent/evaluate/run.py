"""`evaluate`: whole arrays or files, with what was not said told from the data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy.typing as npt

from crossent.core.errors import CrossentError, CrossentWarning, DoubleSoftmaxWarning
from crossent.core.messages import data as messages
from crossent.core.options import UNSET, make_options
from crossent.evaluate.arguments import LOSSES, Loss, check_count, check_foreign, check_loss
from crossent.evaluate.evaluation import Evaluation
from crossent.evaluate.evaluator import Evaluator
from crossent.evaluate.fit import check_fit, choose_loss
from crossent.evaluate.reading import Reading
from crossent.evaluate.whole import error_of_rows
from crossent.stream.source import BY_ROW, Source, open_source

HostArray = npt.NDArray[Any]
Progress = Callable[[int, int], None]
Piece = dict[str, HostArray]
Beside = Callable[[Loss, bool, int, Source], Callable[[Piece], None]]
"""Given the loss, `from_logits`, the class axis and the source: what is called with each piece."""


def evaluate(
    labels: Any,
    predictions: Any,
    *,
    loss: Literal["auto", "sparse", "dense", "binary"] = "auto",
    from_logits: bool | None = None,
    top_k: int = 5,
    per_class: bool = False,
    worst: int = 0,
    chunk_rows: int | None = None,
    header: bool | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Evaluation:
    """Evaluate predictions, in memory or in files larger than memory.

    Rows lie along the first axis. They are read in pieces, and the result does not depend on the
    size of the pieces: the sums are exact.

    Parameters
    ----------
    labels, predictions : array or path
        Arrays of any framework, or paths of .npy, .npz (``"file.npz:key"``), .csv or .csv.gz
        files.
    loss : {"auto", "sparse", "dense", "binary"}
        "auto" tells it from the shapes: one label per row is sparse, labels of the shape of the
        predictions are dense (binary needs to be said, unless there is one prediction per row).
    from_logits : bool, optional
        By default told from the values, and said in `Evaluation.reading`: a value outside [0, 1]
        makes them logits; rows in [0, 1] that sum to 1 make them probabilities. Where some rows
        speak for one and some for the other, or too little speaks at all, it is an error.
    top_k : int
        For the share of rows whose label is among the k highest predictions.
    per_class : bool
        Whether to report every class; see :class:`Evaluator`.
    worst : int
        How many of the rows with the largest loss to report.
    chunk_rows : int, optional
        Rows in a piece; by default about 16 MiB of predictions as float64.
    header : bool, optional
        Whether the first line of .csv files is a heading. By default it is one if every cell of it
        is a name; where it may be a heading or a row, it is an error.
    progress : callable, optional
        Called as ``progress(rows_done, rows)`` after every piece.
    **options
        Options of the loss function. `sample_weight`, `target_prob`, `class_mask`, `class_weight`
        and `pos_weight` may be paths as well.

    Returns
    -------
    Evaluation

    Raises
    ------
    ReaderError
        If a file cannot be read, or was changed while it was read.
    OptionError
        If it cannot be told whether these are logits or probabilities, or an option is wrong.
    CrossentError
        What the loss function raises, with row numbers of the whole data.

    Notes
    -----
    Files are read, not mapped into memory: if another program cuts one meanwhile, that is a
    ReaderError. An array that you mapped yourself (``np.load(path, mmap_mode="r")``) ends the
    process then, as it does in NumPy; pass the path.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1], np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4]]))
    >>> result.reading
    'reading as probabilities: all values in [0, 1], rows sum to 1'
    >>> round(result.loss, 6), result.correct
    (0.498703, 2)
    """
    result, said = walk(
        labels, predictions, loss=loss, from_logits=from_logits, top_k=top_k, per_class=per_class,
        worst=worst, chunk_rows=chunk_rows, header=header, progress=progress, **options,
    )  # fmt: skip
    for warning in said:
        warnings.warn(warning, stacklevel=2)
    return result


def walk(
    labels: Any,
    predictions: Any,
    *,
    loss: Literal["auto", "sparse", "dense", "binary"] = "auto",
    from_logits: bool | None = None,
    top_k: int = 5,
    per_class: bool = False,
    worst: int = 0,
    chunk_rows: int | None = None,
    header: bool | None = None,
    progress: Progress | None = None,
    beside: Beside | None = None,
    **options: Any,
) -> tuple[Evaluation, list[CrossentWarning]]:
    """Evaluate, and return the warnings too; `beside` says what else looks at the pieces."""
    check_loss(loss, ("auto", *LOSSES))
    check_foreign(options)
    if chunk_rows is not None:
        check_count("chunk_rows", chunk_rows, 1)
    axis = make_options("dense", {"axis": options.get("axis", UNSET)}).axis
    source = open_source(labels, predictions, axis, options, header)
    if len(source.predictions.shape) > 1 and axis in (0, -len(source.predictions.shape)):
        axis = options["axis"] = -1  # the classes were moved to the end
    found = choose_loss(source, options, axis) if loss == "auto" else check_loss(loss, LOSSES)
    check_fit(source, found, options, axis)
    words = {name: value for name, value in options.items() if name not in source.by_row}
    words |= source.fixed
    # One number for all rows, of what belongs to the rows.
    fixed = {name: words.pop(name) for name in BY_ROW if name in words}
    reading = Reading(found, axis, _ignored(words))
    inferred = from_logits is None
    if from_logits is None:
        from_logits = reading.find(source, options)
    evaluator = Evaluator(
        found, from_logits=from_logits, top_k=top_k, per_class=per_class, worst=worst, **words
    )
    also = None if beside is None else beside(found, from_logits, axis, source)
    most = min(chunk_rows or source.piece_rows(), source.rows)
    # What told the reading need not be read again.
    begun = None if chunk_rows is not None else reading.pieces
    for first, piece in source.pieces(most) if begun is None else begun:
        _update(evaluator, source, first, piece, fixed)
        _refuse_double_softmax(evaluator, first, piece)
        reading.add(piece, first)
        if also is not None:
            also(piece)
        if progress is not None:
            progress(first + len(piece["y_pred"]), source.rows)
    reading.confirm()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CrossentWarning)
        result = evaluator.compute()
    return replace(result, reading=reading.text) if inferred else result, evaluator.warnings()


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
