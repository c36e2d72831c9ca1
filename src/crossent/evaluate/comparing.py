"""Models on the same rows, in files, tables or arrays, as what a comparison is made of.

Of each model the loss and the rightness of each row are kept, whatever the number of classes: 17
bytes a row.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.messages import compare as messages
from crossent.evaluate.arguments import check_confidence
from crossent.evaluate.comparison import Comparison, RowsOfModel, compare_rows
from crossent.evaluate.label_log_probs import losses_of, open_source_of, sequences_of
from crossent.evaluate.rows import Rows
from crossent.evaluate.run import walk
from crossent.stream.columns import Wanted
from crossent.stream.readers._columns import place_of
from crossent.stream.tables import is_frame

_STEP = 2**16


class _Collected:
    """The rows of an evaluation, as they come."""

    def __init__(self) -> None:
        self.parts: list[tuple[Any, ...]] = []
        self.width = 1

    def __call__(self, rows: Rows, first_row: int) -> None:
        self.width = max(1, int(np.prod(rows.shape[1:], dtype=np.int64)))
        weight = np.ones(len(rows.terms)) if rows.sample is None else rows.sample
        # What a class weight or a smoothed target adds is part of the loss; weights are not.
        loss = rows.terms.astype(np.float64)
        if rows.sample is not None:
            loss = np.divide(loss, weight, out=np.zeros_like(loss), where=weight > 0)
        self.parts.append((
            rows.index + first_row * self.width, loss, rows.correct, weight, rows.labels,
        ))  # fmt: skip

    def columns(self) -> list[npt.NDArray[Any]]:
        return [np.concatenate(part) for part in zip(*self.parts, strict=True)]


def compare_models(
    labels: Any, models: tuple[Any, Any], *, columns: dict[str, Any], label_logprob: str | None,
    cluster: Any, confidence: float, options: dict[str, Any],
) -> Comparison:  # fmt: skip
    """Compare two models; :func:`crossent.evaluate.compare` says what the arguments are."""
    confidence = check_confidence(confidence)
    names = _names(models)
    wanted = Wanted(**columns)
    if wanted.id is not None and (labels is not None or not all(map(_is_table, models))):
        raise messages.ids_of_both()
    found, truths, ids, clusters = [], [], [], None
    for name, model in zip(names, models, strict=True):
        if label_logprob is not None:
            rows, truth = _of_log_probs(name, model, label_logprob, options.get("header")), None
        else:
            rows, truth = _of_model(name, labels, model, wanted, options)
        found.append(rows)
        truths.append(truth)
        if wanted.id is not None:
            ids.append(_column(model, "id", wanted.id, options.get("header")))
    first, second = found
    notes: tuple[str, ...] = ()
    if ids and not np.array_equal(ids[0], ids[1]):
        second, order = _aligned(first, second, ids)
        notes = ("the rows were in different orders, and were aligned by an index in memory",)
        if truths[1] is not None:
            truths[1] = truths[1][order]
    one, two = truths
    if one is not None and two is not None and labels is None and len(one) == len(two):
        wrong = np.flatnonzero(one != two)
        if len(wrong):
            raise messages.other_labels(int(first.row[wrong[0]]) // first.width)
    if isinstance(cluster, str) and cluster != "rows":
        source = models[0] if labels is None else labels
        clusters = _column(source, "cluster", cluster, options.get("header"))
    elif cluster is not None and not isinstance(cluster, str):
        clusters = np.asarray(cluster)
    return compare_rows(
        first, second, clusters, confidence=confidence, apart=isinstance(cluster, str), notes=notes
    )  # fmt: skip


def _names(models: tuple[Any, Any]) -> tuple[str, str]:
    paths = [
        os.path.basename(os.fspath(one)) for one in models if isinstance(one, str | os.PathLike)
    ]
    if len(paths) == 2 and paths[0] != paths[1]:
        return paths[0], paths[1]
    return "the first model", "the second"


def _is_table(given: Any) -> bool:
    return isinstance(given, str | os.PathLike) or is_frame(given)


def _column(table: Any, option: str, name: str, header: bool | None) -> npt.NDArray[Any]:
    source = open_source_of(table, header)
    reader = source.read([place_of(source, f"`{option}`", name)], source.name)
    return np.concatenate([piece.astype(str) for piece in reader.chunks(_STEP)])


def _of_model(
    name: str, labels: Any, model: Any, wanted: Wanted, options: dict[str, Any]
) -> tuple[RowsOfModel, npt.NDArray[Any]]:
    """Evaluate a model, and keep what it gives for each row."""
    collected = _Collected()
    given = {key: one for key, one in options.items() if key not in _WORDS}
    words: dict[str, Any] = {
        "loss": "auto",
        "from_logits": None,
        "header": None,
        "class_names": None,
    }
    words |= {key: options[key] for key in _WORDS if key in options}
    pair = (labels, model) if labels is not None else (model, None)
    result, _ = walk(pair[0], pair[1], given, wanted=wanted, watch=collected, **words)
    row, loss, correct, weight, truth = collected.columns()
    if result.class_names is not None:  # each table has an order of columns of its own
        truth = np.array(result.class_names)[truth]
    return RowsOfModel(name, row, loss, correct, weight, collected.width), truth


_WORDS = ("loss", "from_logits", "header", "class_names")


def _of_log_probs(name: str, model: Any, column: str, header: bool | None) -> RowsOfModel:
    """Read log-probabilities of labels; a list is a sequence, whose longest tells the width."""
    source = open_source_of(model, header)
    parts, first = [], 0
    for values, lengths in sequences_of(source, place_of(source, "`label_logprob`", column)):
        losses, rows = losses_of(values, lengths, first)
        starts = np.cumsum(lengths) - lengths
        kept = np.flatnonzero(~np.isnan(values))
        parts.append((rows + first, kept - starts[rows], losses))
        first += len(lengths)
    row, place, loss = (np.concatenate(part) for part in zip(*parts, strict=True))
    width = _WIDE if place.max(initial=0) else 1
    return RowsOfModel(name, row * width + place, loss, None, np.ones(len(loss)), width)


_WIDE = 2**24
"""More than any list is long: places in lists have numbers of their own."""


def _aligned(
    first: RowsOfModel, second: RowsOfModel, ids: list[npt.NDArray[Any]]
) -> tuple[RowsOfModel, npt.NDArray[np.int64]]:
    """Put the rows of the second model into the order of the first, by their names."""
    for model, own in zip((first, second), ids, strict=True):
        names, counts = np.unique(own, return_counts=True)
        if (counts > 1).any():
            raise messages.ids_twice(model.name, names[counts > 1].tolist())
    own, other = ids
    for one, two, a, b in ((first, second, own, other), (second, first, other, own)):
        missing = np.setdiff1d(a, b)
        if len(missing):
            raise messages.ids_missing(one.name, two.name, missing.tolist())
    place = np.empty(len(other), np.int64)  # of each row of the second among those of the first
    place[np.argsort(other, kind="stable")] = np.argsort(own, kind="stable")
    width = second.width
    row = place[second.row // width] * width + second.row % width
    order = np.argsort(row, kind="stable")
    correct = None if second.correct is None else second.correct[order]
    return RowsOfModel(
        second.name, row[order], second.loss[order], correct, second.weight[order], width
    ), order  # fmt: skip
