"""How labels and predictions fit together, before a row is computed: which loss, which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.errors import ShapeError
from crossent.core.messages import data as messages
from crossent.core.options import make_options
from crossent.core.plan import FLOATS, INTEGERS, Spec, make_plan
from crossent.evaluate.arguments import Loss
from crossent.evaluate.whole import error_of_all_rows
from crossent.frontends.call import check_shapes
from crossent.stream.inference import looks_like_labels, looks_one_hot
from crossent.stream.readers import Reader
from crossent.stream.source import Source

HostArray = npt.NDArray[Any]

_LOOKED_AT = 4096
"""Rows that tell swapped arguments."""


def choose_loss(source: Source, options: Mapping[str, object], axis: int) -> Loss:
    """Tell the loss from the shapes: sparse, dense or binary.

    Equal shapes of several columns are dense, not binary: targets of several labels a row are
    then an error that names the binary loss, where the reverse mistake would give a number.
    """
    labels, predictions = source.labels.shape, source.predictions.shape
    if options.get("target_prob") is not None:
        return "sparse"
    if len(predictions) == 1 or (
        predictions[-1] == 1 and labels in (predictions, predictions[:-1])
    ):
        return "binary"
    if options.get("pos_weight") is not None:
        return "binary"
    axis %= len(predictions)
    if labels == predictions and labels[axis] > 1:
        return "dense"
    return "sparse"


def check_fit(source: Source, loss: Loss, options: Mapping[str, object], axis: int) -> None:
    """Check order, shapes and row counts of everything.

    Raises
    ------
    OptionError
        If an option means nothing for this loss.
    WeightError
        If a weight does not fit the rows, the classes or the predictions.
    ShapeError
        If the arguments are swapped, do not fit, or have different numbers of rows.
    EmptyError
        If there are no rows.
    """
    labels, predictions = source.labels, source.predictions
    if _swapped(source):
        raise messages.swapped(labels.shape, predictions.shape)
    for reader in (labels, predictions):
        if 0 in reader.shape:
            raise messages.no_rows(reader.name, reader.shape)
    if loss != "binary" and len(predictions.shape) == 1:
        raise messages.one_row(predictions.name, predictions.shape)
    words: dict[str, object] = {} if loss == "binary" else {"axis": axis}
    specs = source.specs()
    try:
        plan = make_plan(
            make_options(loss, {**words, **specs, "reduction": "none"}),
            _spec(labels),
            _spec(predictions),
            target_prob=specs.get("target_prob"),
        )
    except ShapeError as error:
        # CE112 says that the shapes do not fit; the reason is then the number of rows.
        if error.code == "CE112" and labels.shape[0] != predictions.shape[0]:
            raise _row_counts(labels, predictions) from None
        # The values may tell more: one-hot rows from rows with several labels.
        words = {**words, **source.fixed, "from_logits": True}
        raise error_of_all_rows(error, source, loss, words) or error from None
    for reader in (labels, *source.by_row.values(), *source.beside.values()):
        if reader.shape[0] != source.rows:
            raise _row_counts(reader, predictions)
    if "class_mask" in specs and specs["class_mask"].dtype in INTEGERS + FLOATS:
        specs["class_mask"] = specs["class_mask"]._replace(dtype="bool")  # 0 and 1, in files
    # Judged by all rows: one piece may happen to have as many rows as a wrong weight.
    check_shapes(plan, _spec(predictions), specs)


def _row_counts(reader: Reader, predictions: Reader) -> ShapeError:
    text_files = any(".csv" in r.name.lower() for r in (reader, predictions))
    return messages.row_counts(
        (reader.name, reader.shape[0]),
        (predictions.name, predictions.shape[0]),
        maybe_header=text_files,
    )


def _spec(reader: Reader) -> Spec:
    return Spec(reader.shape, reader.dtype.name)


def _swapped(source: Source) -> bool:
    """Whether the first argument holds real numbers where the second holds labels."""
    y, p = source.labels.shape, source.predictions.shape
    if y[0] != p[0] or 0 in (*y, *p) or _text(source):
        return False
    fewer = len(p) < len(y) or (len(p) == len(y) and p[-1] == 1 and y[-1] > 1)
    if not fewer and y != p:
        return False
    labels, predictions = _first_rows(source.labels), _first_rows(source.predictions)
    if fewer:
        return looks_like_labels(predictions) and not looks_like_labels(labels)
    only = bool(((predictions == 0) | (predictions == 1)).all())
    hard = looks_one_hot(predictions) or ((y[-1] == 1 or len(y) == 1) and only)
    return hard and not looks_like_labels(labels)


def _text(source: Source) -> bool:
    return any(reader.dtype.kind in "US" for reader in (source.labels, source.predictions))


def _first_rows(reader: Reader) -> HostArray:
    row = max(1, int(np.prod(reader.shape[1:], dtype=np.float64)))
    rows = min(_LOOKED_AT, max(1, 2**20 // row))
    return np.array(next(iter(reader.chunks(rows))), dtype=np.float64)
