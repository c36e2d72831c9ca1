"""Errors that speak of all rows, where a piece alone gave the first sign of one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from crossent.core.errors import CrossentError, CrossentWarning, LabelRangeError, LabelTypeError
from crossent.core.messages import data as messages
from crossent.core.options import Function
from crossent.frontends.call import prepare_call
from crossent.stream.source import Source

_FOR_PROBABILITIES = ("epsilon", "normalize")


def error_of_all_rows(
    error: CrossentError, source: Source, loss: Function, options: Mapping[str, object]
) -> CrossentError | None:
    """Check all rows at once, so that counts and positions are those of the whole data.

    Parameters
    ----------
    error : CrossentError
        What a piece, or the shapes, gave.
    source : Source
    loss : {"sparse", "dense", "binary"}
    options : dict
        As the loss function takes them, without what has an entry for each row.

    Returns
    -------
    CrossentError or None
        None if there is too much data for that.
    """
    given = dict(options)
    arrays = source.whole(*source.readers())
    if arrays is None and isinstance(error, LabelRangeError | LabelTypeError):
        arrays = source.whole("y_true", "sample_weight")
        if arrays is not None:
            # Labels are checked before predictions, whose shape alone matters here.
            arrays["y_pred"] = np.broadcast_to(np.float32(0), source.predictions.shape)
            given = {k: v for k, v in given.items() if k not in _FOR_PROBABILITIES}
            given["from_logits"] = True
    if arrays is None:
        return None
    labels, predictions = arrays.pop("y_true"), arrays.pop("y_pred")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CrossentWarning)
        try:
            prepare_call(loss, labels, predictions, {**given, **arrays, "reduction": "none"})
        except CrossentError as whole:
            return whole
    return None


def error_of_rows(
    error: CrossentError,
    source: Source,
    loss: Function,
    options: Mapping[str, object],
    rows: tuple[int, int],
) -> CrossentError:
    """Return the error of a piece as one of all rows, or else with the place of the piece.

    Parameters
    ----------
    rows : (int, int)
        The first and the last row of the piece.
    """
    first, last = rows
    if last - first + 1 == source.rows:
        return error
    return error_of_all_rows(error, source, loss, options) or messages.in_rows(error, first, last)
