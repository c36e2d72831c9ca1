"""Whether the predictions of a source are logits or probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.messages import data as messages
from crossent.evaluate.arguments import Loss
from crossent.stream.inference import (
    Kind,
    Seen,
    Verdict,
    judge_elements,
    judge_rows,
    look_at_elements,
    look_at_rows,
)
from crossent.stream.source import Source

HostArray = npt.NDArray[Any]

_TELLING: Final[dict[str, Kind]] = {
    "z_loss": "logits", "epsilon": "probabilities", "normalize": "probabilities",
}  # fmt: skip
"""Options that mean something for one kind only; the values are checked against them."""


class Reading:
    """What the predictions were found to be, and the rows seen since.

    Parameters
    ----------
    loss : {"sparse", "dense", "binary"}
    axis : int
        The class axis.
    ignore : tuple of int
        Labels whose rows are not looked at.
    """

    def __init__(self, loss: Loss, axis: int, ignore: tuple[int | float, ...]) -> None:
        self._loss, self._axis, self._ignore = loss, axis, ignore
        self._seen = Seen()
        self._by_values = False
        self.kind: Kind | None = None
        self.text = ""
        self.pieces: Iterator[tuple[int, dict[str, HostArray]]] | None = None
        """All pieces of the source, where the first was enough to tell."""

    def find(self, source: Source, options: Mapping[str, object]) -> bool:
        """Look at the first piece, and at more while it cannot be told.

        Returns
        -------
        bool
            Whether they are logits.

        Raises
        ------
        OptionError
            If it cannot be told from all rows.
        """
        for name, kind in _TELLING.items():
            if options.get(name) is not None:
                self.kind, self.text = kind, f"reading as {kind}: `{name}` is given"
                return kind == "logits"
        seen, verdict = Seen(), Verdict(None, "there are no rows")
        pieces = source.pieces(source.piece_rows())
        for first, piece in pieces:
            seen += self._look(piece, first)
            verdict = self._judge(seen)
            if verdict.kind is not None:
                if first == 0:
                    self.pieces = chain([(first, piece)], pieces)
                break
        if verdict.kind is None:
            raise messages.unsure(verdict.reason)
        self._by_values = True
        self.kind, self.text = verdict.kind, f"reading as {verdict.kind}: {verdict.reason}"
        return verdict.kind == "logits"

    def add(self, piece: dict[str, HostArray], first_row: int) -> None:
        """Note a piece that is evaluated.

        Of probabilities the loss function itself checks every row; nothing but the other rows
        tells that a row of logits is none.
        """
        if self._by_values and self.kind == "logits":
            self._seen += self._look(piece, first_row)

    def confirm(self) -> None:
        """Judge once more, by all rows.

        Raises
        ------
        OptionError
            If all rows together do not give what the first ones gave.
        """
        if self._seen.rows:
            verdict = self._judge(self._seen)
            if verdict.kind != "logits":
                raise messages.contradicted(self.text, verdict.reason)

    def _look(self, piece: dict[str, HostArray], first_row: int) -> Seen:
        scores, keep = piece["y_pred"], self._keep(piece)
        if self._loss == "binary":
            return look_at_elements(scores, keep, first_row)
        return look_at_rows(np.moveaxis(scores, self._axis, -1), keep, first_row)

    def _judge(self, seen: Seen) -> Verdict:
        return judge_elements(seen) if self._loss == "binary" else judge_rows(seen)

    def _keep(self, piece: dict[str, HostArray]) -> HostArray | None:
        """Which rows count, as far as their label and weight tell."""
        scores, labels = piece["y_pred"], piece["y_true"]
        rows = scores.shape
        if self._loss != "binary":
            axis = self._axis % scores.ndim
            rows = rows[:axis] + rows[axis + 1 :]
        keep: HostArray | None = None
        if self._ignore and labels.size == np.prod(rows, dtype=np.int64):
            keep = ~np.isin(labels, self._ignore).reshape(rows)
        weight = piece.get("sample_weight")
        if weight is not None:
            positive = (weight != 0).reshape(weight.shape + (1,) * (len(rows) - weight.ndim))
            keep = np.broadcast_to(positive, rows) if keep is None else keep & positive
        return keep
