"""An evaluation of log-probabilities of the labels alone, as servers of language models write them.

A list is a sequence: its entries belong together. An entry that is missing, as that of the first
token of a text, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import Partial
from crossent.core.messages import columns as column_messages
from crossent.core.messages import data as messages
from crossent.evaluate.byte_counts import bytes_of, per_byte
from crossent.evaluate.evaluation import Evaluation, make_evaluation
from crossent.evaluate.moments import Moments
from crossent.evaluate.quality import by_unit
from crossent.evaluate.run import named_rows
from crossent.evaluate.sums import State, Sums, WorstRow
from crossent.stream.columns import Wanted
from crossent.stream.readers import Table, open_table
from crossent.stream.readers._columns import place_of
from crossent.stream.tables import FrameTable, is_frame

HostArray = npt.NDArray[Any]
Sequences = tuple[HostArray, HostArray]
"""Values one after the other, and how many belong to each row."""

_ROWS: Final = 2**12
_SLACK: Final = 1e-6
"""What rounding may leave above 0."""


def evaluate_log_probs(
    table: Any, column: str, wanted: Wanted, *, header: bool | None, confidence: float, worst: int,
    rows_apart: bool, bytes: Any = None,
) -> Evaluation:  # fmt: skip
    """Evaluate a column of log-probabilities of labels.

    Parameters
    ----------
    table : path or table
    column : str
        Of numbers, one a row, or of lists.
    wanted : Wanted
        Columns that name rows.
    header : bool or None
        Whether text files begin with a heading.
    confidence : float
        Of the intervals.
    worst : int
        How many of the entries with the largest loss to keep.
    rows_apart : bool
        Whether entries of a list are taken as independent.
    bytes : int or None
        That the entries stand for.
    """
    source = open_source_of(table, header)
    at = place_of(source, "`label_logprob`", column)
    lists = not source.columns[at].numbers
    state, first = State(), 0
    for values, lengths in sequences_of(source, at):
        losses, unit = losses_of(values, lengths, first)
        part = _state(losses, None if rows_apart or not lists else unit, values, lengths, first)
        worst_rows = _worst(values, lengths, first, worst, lists) if worst else ()
        state = state.merged(replace(part, worst=worst_rows), worst)
        first += len(lengths)
    if not state.sums.rows:
        raise messages.nothing_kept(state.rows)
    result = make_evaluation(
        state, loss="log_probs", from_logits=False, epsilon=0.0, top_k=None, per_class=False,
        warnings=(), classes=0, confidence=confidence, plain=False,
    )  # fmt: skip
    kind = "lists of log-probabilities" if lists else "log-probabilities"
    names = [f"log-probabilities of labels: {column}"]
    left = [one.name for one in source.columns if one.name not in (column, wanted.id)]
    names += [f"left out: {', '.join(left)}"] if left else []
    result = replace(result, bits_per_byte=per_byte(result, bytes_of(bytes, {}, None)))
    if wanted.id is not None:
        ids = source.read([place_of(source, "`id`", wanted.id)], source.name)
        result = replace(result, worst=named_rows(result.worst, ids))
    return replace(
        result, epsilon=None, clipped=None, exact_loss=None, columns="; ".join(names),
        reading=f"{kind} of the labels",
    )  # fmt: skip


def open_source_of(table: Any, header: bool | None) -> Table:
    """Open a table in a file or in memory."""
    if is_frame(table):
        return FrameTable(table)
    return open_table(table, header=header)


def sequences_of(table: Table, at: int) -> Iterator[Sequences]:
    """Go through a column as values with the number of values of each row."""
    column = table.columns[at]
    if column.numbers:
        for piece in table.read([at], table.name).chunks(2**16):
            yield piece.astype(np.float64), np.ones(len(piece), np.int64)
        return
    lists: Any = getattr(table, "lists", None)
    if not column.lists or lists is None:
        raise column_messages.not_log_probs(
            column.name, table.name, column.fault or "it holds something else"
        )
    yield from lists(at, _ROWS)


def losses_of(values: HostArray, lengths: HostArray, first: int) -> tuple[HostArray, HostArray]:
    """Return the losses of entries that are there, and the row of each; raise where one is above 0.

    `first` is the number of the first row.
    """
    rows = np.repeat(np.arange(len(lengths)), lengths)
    kept = ~np.isnan(values)
    above = np.flatnonzero(values > _SLACK)
    if len(above):
        row = first + int(rows[above[0]])
        raise messages.above_zero(len(above), row, float(values[above[0]]))
    return -values[kept], rows[kept]


def _state(
    losses: HostArray, unit: HostArray | None, values: HostArray, lengths: HostArray, first: int
) -> State:
    terms, weights = by_unit(losses, None, unit)
    return State(
        rows=len(values),
        weighing=len(losses),
        sums=Sums(Partial.of(losses), len(losses)),
        moments=Moments.of(terms, weights),
        units=len(terms),
        sequences=unit is not None,
    )


def _worst(
    values: HostArray, lengths: HostArray, first: int, most: int, lists: bool
) -> tuple[WorstRow, ...]:
    """Return the entries with the largest loss, by row and place in its list."""
    losses = np.where(np.isnan(values), -np.inf, -values)
    order = np.lexsort((np.arange(len(losses)), -losses))[:most]
    starts = np.cumsum(lengths) - lengths
    rows = np.repeat(np.arange(len(lengths)), lengths)
    found = []
    for at in order[np.isfinite(losses[order]) | (losses[order] == np.inf)]:
        row = int(rows[at])
        place = (first + row, int(at - starts[row])) if lists else (first + row,)
        found.append(WorstRow(place, -1, -1, float(losses[at])))
    return tuple(found)
