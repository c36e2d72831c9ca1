"""Facts beside those of single rows: along sequences and other axes, in micro-batches, in text."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.messages import data as messages
from crossent.core.precision import BASE
from crossent.doctor.arguments import Given, is_file, opened
from crossent.doctor.case import ArrayInfo, Case, FlatFacts, GroupFacts
from crossent.doctor.layout import axes_that_fit, without_last_1
from crossent.doctor.sequence_facts import (
    AxisFit,
    Endings,
    ShiftFacts,
    SuffixFacts,
    TokenFacts,
    fit_axis,
)
from crossent.stream.head import KeptHead
from crossent.stream.host import to_host
from crossent.stream.inference import FEW, judge_rows, look_at_rows
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.walk import Feed, read_whole

HostArray = npt.NDArray[Any]

SAMPLE: Final = 2**22
"""Elements of predictions in a sample."""

ENOUGH: Final = 20
CLEARLY: Final = 0.2
"""From so many rows, and by so much accuracy, one order of flat predictions is the right one."""


def with_head(reader: Reader | None) -> Reader | None:
    """Let a file keep what samples are taken from, while it is read."""
    if reader is None or isinstance(reader, ArrayReader) or not reader.shape:
        return reader
    return KeptHead(reader, _rows_of(reader))


def _rows_of(reader: Reader) -> int:
    """How many entries of the first axis a sample has."""
    return max(1, SAMPLE // max(1, math.prod(reader.shape[1:])))


def _first_rows(reader: Reader, rows: int | None = None) -> HostArray:
    """Return the first entries along the first axis: `rows`, or as many as a sample has."""
    most = _rows_of(reader) if rows is None else max(1, rows)
    kept = reader.first(min(most, reader.shape[0])) if isinstance(reader, KeptHead) else None
    if kept is not None:
        return kept
    return next(reader.chunks(most), np.zeros((0, *reader.shape[1:])))


def as_text(y: object) -> ArrayInfo | None:
    """Return what labels are if they are no numbers; None if they are."""
    if hasattr(y, "dtype") and getattr(y.dtype, "kind", "") not in ("U", "S", "O"):
        if type(y).__module__.partition(".")[0] != "pandas":
            return None
    elif not hasattr(y, "dtype") and not isinstance(y, list | tuple):
        return None
    try:
        array = np.asarray(y)
    except (TypeError, ValueError):
        return None
    if array.dtype.kind in "US" and array.size:
        values = tuple(array.reshape(-1)[:5].tolist())
        return ArrayInfo(array.shape, array.dtype.name, kind=array.dtype.kind, sample=values)
    if array.dtype.kind == "O" and array.size:
        texts = tuple(islice((one for one in array.flat if isinstance(one, str | bytes)), 5))
        if texts:
            return ArrayInfo(array.shape, "object", kind="O", sample=texts)
    return None


def text_in_file(labels: Reader) -> ArrayInfo:
    """Return what labels in a file are that hold text, with the first of them."""
    first = next(labels.chunks(5), np.zeros(0, labels.dtype)).reshape(-1)[:5]
    return ArrayInfo(
        labels.shape, labels.dtype.name, kind=labels.dtype.kind, sample=tuple(first.tolist())
    )


Watch = Callable[[HostArray], None]


def watches(case: Case, labels: Reader, given: Given) -> list[Watch]:
    """Return what looks at each piece of the labels while they are gone through."""
    found: list[Watch] = []
    if len(labels.shape) == 2 and labels.shape[1] >= 4 and case.layout not in ("dense", "elements"):
        case.endings = Endings()
        found.append(case.endings.add)
    if given.input_ids is not None:
        found += _beside_ids(case, labels, given)
    if given.micro_batches is not None:
        found.append(_micro_batches(case, labels, given.micro_batches))
    return found


def suffix(case: Case) -> SuffixFacts | None:
    """Look for one label that fills the ends of the rows of a matrix of labels."""
    facts = case.labels
    if facts is None or case.endings is None or not facts.kept or not len(facts.histogram):
        return None
    value = int(np.argmax(facts.histogram))
    places = int(facts.histogram[value])
    return case.endings.of(value, places) if places * 2 > facts.count else None


def _beside_ids(case: Case, labels: Reader, given: Given) -> list[Watch]:
    """Compare labels with the ids that were fed to the model."""
    ids = given.input_ids
    reader = opened(given, ids) if is_file(ids) else ArrayReader(to_host("input_ids", ids), "ids")
    if labels.shape != reader.shape:
        raise messages.option(
            f"`input_ids` must have the shape of `y_true`, {labels.shape}; got {reader.shape}."
        )
    if len(labels.shape) != 2 or labels.shape[1] < 2:
        return []
    case.tokens = facts = TokenFacts()
    fed = Feed(reader.chunks(max(1, 2**18 // labels.shape[1])))
    return [lambda y: facts.add(y, fed.take(len(y)), case.loss.ignore, given.eos_id)]


def _micro_batches(case: Case, labels: Reader, sizes: Any) -> Watch:
    """Count the kept labels of each micro-batch along the first axis."""
    listed: list[Any] = list(sizes) if hasattr(sizes, "__iter__") else []
    whole = all(isinstance(size, int | np.integer) and size > 0 for size in listed)
    if not whole or sum(listed) != labels.shape[0]:
        raise messages.option(
            f"`micro_batches` must be the numbers of rows of the micro-batches and add up to "
            f"{labels.shape[0]}; got {sizes!r}."
        )
    of_row = np.repeat(np.arange(len(listed)), listed)
    kept, first = np.zeros(len(listed), np.int64), 0

    def count(piece: HostArray) -> None:
        nonlocal first
        alive = np.isin(piece, case.loss.ignore, invert=True).reshape(len(piece), -1).sum(axis=1)
        np.add.at(kept, of_row[first : first + len(piece)], alive)
        first += len(piece)
        case.micro_batches = tuple(kept.tolist())

    case.micro_batches = tuple(kept.tolist())
    return count


def fits(case: Case, labels: Reader, predictions: Reader) -> tuple[AxisFit, ...]:
    """Where several axes fit the labels' shape, see which one fits their values."""
    axes = axes_that_fit(labels.shape, predictions.shape)
    if len(axes) < 2 or len(predictions.shape) < 3 or case.layout != "index":
        return ()
    if not math.prod(predictions.shape):
        return ()
    axes = [axis for axis in axes if axis > 0]  # a sample of rows has not all of the first axis
    x = _first_rows(predictions)
    y = _first_rows(labels, len(x))
    if not np.isfinite(x.astype(np.float64)).all():
        return ()
    return tuple(fit_axis(x, y, axis, case.reading == "probabilities") for axis in axes)


def shift(case: Case, labels: Reader, predictions: Reader) -> ShiftFacts | None:
    """See whether the labels fit better if they are moved along the sequence."""
    last = len(predictions.shape) - 1
    if len(predictions.shape) != 3 or len(labels.shape) != 2 or case.layout != "index":
        return None
    if not math.prod(predictions.shape):
        return None
    if case.axis % 3 != last or labels.dtype.kind not in "iu":
        return None
    x = _first_rows(predictions)
    y = _first_rows(labels, len(x))
    found = ShiftFacts(is_whole=len(x) == predictions.shape[0])
    found.add(x, y, case.loss.ignore, case.reading == "probabilities")
    return found


def flat(case: Case, labels: Reader | None, predictions: Reader | None) -> FlatFacts | None:
    """See whether predictions in one dimension are several for each label, and in which order."""
    if labels is None or predictions is None or case.layout != "mismatch":
        return None
    if len(predictions.shape) != 1 or without_last_1(labels.shape) != labels.shape[:1]:
        return None
    rows, numbers = labels.shape[0], predictions.shape[0]
    if (
        rows < 2
        or numbers in (0, rows)
        or numbers % rows
        or numbers > SAMPLE
        or case.kind == "dense"
    ):
        return None
    classes = numbers // rows
    x = read_whole(predictions).astype(np.float64)
    if not np.isfinite(x).all():
        return FlatFacts(classes, rows)
    seen = {"class": x.reshape(classes, rows).T, "row": x.reshape(rows, classes)}
    sums = [word for word, z in seen.items() if _are_shares(z)]
    if len(sums) == 1:
        return FlatFacts(classes, rows, sums[0])  # type: ignore[arg-type]
    y = read_whole(labels).reshape(-1)
    right = {word: float((z.argmax(axis=1) == y).mean()) for word, z in seen.items()}
    best = max(right, key=lambda word: right[word])
    clear = rows >= ENOUGH and right[best] - min(right.values()) >= CLEARLY
    return FlatFacts(classes, rows, best if clear else None)  # type: ignore[arg-type]


def _are_shares(z: HostArray) -> bool:
    seen = look_at_rows(z, None, 0)
    return seen.vectors == seen.rows


def groups(case: Case, labels: Reader, predictions: Reader) -> GroupFacts | None:
    """Find the axis along which predictions of a binary loss sum to 1."""
    rank = len(predictions.shape)
    if case.layout != "elements" or rank < 2 or labels.shape != predictions.shape:
        return None
    if case.rows is None or case.rows.seen.outside or not math.prod(predictions.shape):
        return None
    x = _first_rows(predictions)
    y = _first_rows(labels, len(x))
    for axis in (rank - 1, *range(1, rank - 1)):
        if x.shape[axis] < 2:
            continue
        seen = look_at_rows(np.moveaxis(x, axis, -1), None, 0)
        if seen.rows >= FEW and seen.vectors == seen.rows:
            ones = (y == 1).sum(axis=axis)
            single = (ones == 1) & ((y == 0).sum(axis=axis) == x.shape[axis] - 1)
            return GroupFacts(
                axis, x.shape[axis], seen.rows, int(np.count_nonzero(single)),
                int(np.count_nonzero(ones > 1)),
            )  # fmt: skip
    return None


def normalised_axis(case: Case, predictions: Reader) -> int | None:
    """Find the axis along which the predictions are probabilities, if it is not the class axis."""
    rows = case.rows
    rank = len(predictions.shape)
    if rows is None or rank < 2 or rows.columns is None or rows.seen.outside:
        return None
    if rows.seen.vectors == rows.seen.rows:
        return None
    own = case.axis % rank
    if rank == 2 and own == 1 and rows.rows >= 2:
        miss = np.abs(rows.columns - 1).max()
        return 0 if miss <= max(BASE, 1e-6 * rows.rows) else None
    x = _first_rows(predictions)
    # A sample of the first axis says nothing about sums along it.
    for axis in range(0 if len(x) == predictions.shape[0] else 1, rank):
        if axis != own and x.shape[axis] > 1:
            seen = look_at_rows(np.moveaxis(x, axis, -1), None, 0)
            if judge_rows(seen).kind == "probabilities" and seen.vectors == seen.rows:
                return axis
    return None
