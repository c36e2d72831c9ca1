"""What a report can show beside its findings: the facts in words, and the figures."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from crossent.doctor.arguments import Given, is_file
from crossent.doctor.case import Case
from crossent.doctor.check import counted, percent, shape_text, shown
from crossent.doctor.collect_facts import (
    PAIRED,
    label_blocks,
    open_labels,
    open_predictions,
    predicted_rows,
    weight_of_rows,
)
from crossent.doctor.report import figures
from crossent.doctor.report.figure_facts import View, views_of
from crossent.doctor.report.figures import Figure
from crossent.doctor.report.html import Page
from crossent.doctor.report.wording import plain
from crossent.doctor.weight_facts import open_weight

if TYPE_CHECKING:
    from crossent.doctor.report import Report

HostArray = npt.NDArray[Any]
Facts = tuple[tuple[str, str], ...]

MOST_CLASSES: Final = 2**22
"""Labels are counted up to here."""


@dataclass(frozen=True)
class Pictured:
    """The arrays that a report is about, to be read once more when pictures are wanted."""

    case: Case
    given: Given

    def page(self, report: Report, *, drawn: bool) -> Page:
        """Return what stands on the page of a report, with figures or without.

        Raises
        ------
        OptionError
            If there are figures to draw and matplotlib is not installed.
        """
        page = Page(
            self._names() or report.looked_at, report.verdict, report.findings, self.facts()
        )
        return replace(page, **self._figures()) if drawn else page

    def _names(self) -> str:
        """Return the names of the files; nothing where arrays were given."""
        paths = (self.given.y_true, self.given.y_pred)
        return " and ".join(os.fspath(path) for path in paths if is_file(path))  # type: ignore[call-overload]

    def facts(self) -> Facts:
        """Say what the labels and predictions are."""
        case = self.case
        lines = []
        if case.y is not None:
            lines.append(("Labels", _labels_in_words(case)))
        if case.p is not None:
            lines.append(("Predictions", _predictions_in_words(case)))
        if case.classes is not None and case.layout != "elements":
            lines.append(("Classes", f"{case.classes}; uniform guessing costs ln {case.classes} = "
                          f"{math.log(max(1, case.classes)):.4g} nats"))  # fmt: skip
        if case.labels is not None and case.labels.entropy and case.layout != "dense":
            lines.append(("Entropy of the labels", f"{case.labels.entropy:.4g} nats: the best loss "
                          "without looking at the input"))  # fmt: skip
        rows = case.rows
        if rows is not None and rows.judged:
            lines.append(("Accuracy", f"{percent(rows.correct, rows.judged)} of "
                          f"{counted(rows.judged, 'row')}"))  # fmt: skip
            loss = case.mean_loss
            if case.reading == "probabilities" and rows.seen.outside:
                loss = math.nan
            if case.reading is not None and math.isfinite(loss):
                lines.append(("Loss", f"{loss:.4g} nats, {loss / math.log(2):.4g} bits"))
        return tuple(lines)

    def class_name(self, label: int) -> str:
        """Return the name of a class, or its number."""
        names = self.case.class_names
        return plain(names[label], 40) if 0 <= label < len(names) else str(label)

    def _figures(self) -> dict[str, Any]:
        """Draw what there is to draw, and list the hardest rows."""
        drawn: list[Figure] = []
        counts = self._label_counts()
        if counts is not None and counts.sum() > 0:
            drawn.append(figures.class_balance(counts, self._predicted(counts), self.class_name))
        view = self.view()
        if view is None:
            return {"figures": drawn, "unseen": self._unseen()}
        if view.losses.total:
            drawn += [figures.loss_histogram(view), figures.penalty_curve(view)]
        if view.reliability.total:
            drawn.append(figures.reliability_diagram(view))
            if counts is not None and len(counts) == view.classes:
                wrong = figures.confusions(view, counts, self.class_name)
                drawn += [] if wrong is None else [wrong]
        if view.row_sums.total:
            drawn.append(figures.row_sums(view))
        none = not view.losses.total and view.losses.nan + view.losses.infinite
        return {
            "figures": drawn,
            "hardest": self._hardest(view),
            "unseen": "No row has a finite loss, so none is drawn." if none else self._unseen(),
        }

    def _unseen(self) -> str:
        """Say why the losses are not drawn, where they are not."""
        case = self.case
        if case.y is None or case.p is None:
            return ""
        if case.layout == "mismatch":
            return "The shapes of labels and predictions do not fit, so no loss is drawn."
        if case.reading is None and case.rows is not None and case.rows.rows:
            return (
                "The predictions may be logits or probabilities, so no loss is drawn. "
                "Say which: `from_logits`, or `--logits` or `--probabilities`."
            )
        return ""

    def _label_counts(self) -> HostArray | None:
        case = self.case
        if case.layout == "dense":
            return case.targets.counts if case.targets is not None and case.targets.rows else None
        if case.labels is None or case.labels.high is None:
            return None
        classes = 2 if case.layout == "elements" else case.classes or case.labels.high + 1
        if not 1 <= classes <= MOST_CLASSES:
            return None
        return case.labels.counts(classes)

    def _predicted(self, labels: HostArray) -> HostArray | None:
        rows = self.case.rows
        if rows is None or not rows.predicted.sum() or len(rows.predicted) != len(labels):
            return None
        return rows.predicted

    def _hardest(self, view: View) -> list[tuple[str, ...]] | None:
        if not view.hardest.rows:
            return None
        table: list[tuple[str, ...]] = [("row", "label", "predicted", "loss", "p of label")]
        table += [
            (
                self.case.where(row.row).removeprefix("row "), self.class_name(row.label),
                self.class_name(row.predicted), f"{row.loss:.5g}", f"{row.at_label:.3g}",
            )
            for row in view.hardest.rows
        ]  # fmt: skip
        return table

    @np.errstate(all="ignore")  # bad numbers are counted; NumPy need not warn of them
    def view(self) -> View | None:
        """Return the numbers that the pictures show, collected before or now."""
        case = self.case
        if case.p is None or case.rows is None or not case.rows.rows:
            return None
        binary, unknown = case.layout == "elements", case.reading is None
        # Numbers near [0, 1] have sums of rows, even if it cannot be told what they are.
        seen = case.rows.seen
        if unknown and (binary or not seen.near_unit):
            return None
        # None was collected, or later rows have shown that it is of the other reading.
        view = _as_read(case, case.views) or self._walked_again()
        if view is not None and unknown:
            return View(view.classes, view.from_logits, rows=view.rows, row_sums=view.row_sums)
        return view

    def _walked_again(self) -> View | None:
        """Go through the arrays once more, now that it is known what they are."""
        case = replace(self.case)  # what is noted of the labels is noted already
        view = _as_read(case, views_of(case))
        predictions = None if view is None else open_predictions(case, self.given)
        if view is None or predictions is None:
            return None
        labels = None
        if case.reading is not None and case.layout in PAIRED:
            labels = open_labels(case, self.given)
        weight = weight_of_rows(case, labels, open_weight(case, self.given))
        given = replace(self.given, input_ids=None, micro_batches=None)
        blocks = None if labels is None else label_blocks(case, labels, weight, given)
        for rows in predicted_rows(case, blocks, predictions, weight):
            view.add_rows(rows)
        return view


def _as_read(case: Case, views: Sequence[View]) -> View | None:
    """Return the view of predictions as they are read; that of probabilities if it is unknown."""
    return next((view for view in views if view.from_logits == case.reads_logits), None)


def _labels_in_words(case: Case) -> str:
    info = case.y
    if info is None:
        return ""
    text = f"{shape_text(info.shape)} {info.dtype}"
    if info.sample and info.kind in "USO":
        return f"{text}, text such as {', '.join(map(repr, info.sample[:3]))}"
    if case.layout == "dense":
        return f"{text}, a value for every class"
    if case.labels is None:
        return text
    if case.labels.ignored:
        text += f", {counted(case.labels.ignored, 'label')} ignored"
    present = len(case.labels.inside_values)
    text += f", {present} different " + ("value" if present == 1 else "values")
    outside = case.labels.outside_values
    if outside:
        text += f", and no classes: {shown(outside)}"
    return text


def _predictions_in_words(case: Case) -> str:
    if case.p is None:
        return ""
    text = f"{shape_text(case.p.shape)} {case.p.dtype}"
    if case.reading is None:
        return text
    how = "as given" if case.declared else case.reading_text
    return f"{text}, read as {case.reading}: {how}"
