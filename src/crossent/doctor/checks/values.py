"""Checks of the order of the columns, and of an observed loss."""

from __future__ import annotations

import math

import numpy as np

from crossent.doctor.case import Case
from crossent.doctor.check import Check, percent, shown
from crossent.doctor.findings import Finding, Stage

ENOUGH = 50


class LabelOrder(Check):
    code = "CE318"
    slug = "sklearn-missing-class"
    title = "The columns stand in another order than the labels"
    pasted = (
        "Labels passed were ['b', 'a']. But this function assumes labels are ordered "
        "lexicographically"
    )
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "Column c must be the probability of label c. Class names sorted another way, or a split "
        "without one class, move the columns, and the loss is large although the model is good."
    )
    fix = (
        "Reorder the columns to the order of the labels, y_pred[:, order]; scikit-learn is told of "
        "all classes by labels=sorted(classes)."
    )
    rule = (
        "Each class is nearly always predicted as one other class: the best matching of labels and "
        "columns has an accuracy higher by 0.4 than the given order, reaches 0.6, and moves "
        "at least 2 classes; over 50 rows, up to 512 classes. Or class_names are not sorted."
    )
    silent_after = (
        "CE304",
        "CE110",
        "CE101",
        "CE104",
        "CE309",
        "CE103",
    )

    def find(self, case: Case) -> Finding | None:
        names = case.class_names
        if len(names) > 1 and all(isinstance(name, str) for name in names):
            ordered = sorted(names)  # type: ignore[type-var]
            if list(names) != ordered and case.framework == "sklearn":
                return self.finding(
                    f"class_names are {shown(list(names), 4)}; scikit-learn takes the columns in "  # type: ignore[arg-type]
                    f"the order {shown(ordered, 4)}.",  # type: ignore[arg-type]
                )
        rows = case.rows
        if case.targets is not None and not case.targets.is_distribution:
            return None
        if rows is None or rows.confusion is None or rows.judged < ENOUGH or rows.classes < 3:
            return self._two(case)
        return self._matched(case, rows.confusion)

    def _two(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or rows.confusion is None or rows.judged < ENOUGH or rows.classes != 2:
            return None
        shares = rows.confusion.sum(axis=1)
        if shares.min() < 10:
            return None
        right = rows.confusion.diagonal() / shares
        if right.max() > 0.2:
            return None
        return self.finding(
            f"Of two classes the predictions name the other one in "
            f"{percent(rows.judged - rows.correct, rows.judged)} of {rows.judged} rows.",
            fix="Swap the two columns: y_pred[:, ::-1].",
        )

    def _matched(self, case: Case, confusion: np.ndarray) -> Finding | None:
        counts = confusion.sum(axis=1)
        present = np.flatnonzero(counts)
        if len(present) < 3:
            return None
        # A matching exists where every class has a column of its own that is its favourite.
        column = confusion.argmax(axis=1)[present]
        if len(set(column.tolist())) < len(present):
            return None
        total = int(counts.sum())
        matched = int(confusion[present, column].sum()) / total
        given = int(confusion.diagonal().sum()) / total
        moved = [(int(c), int(p)) for c, p in zip(present, column, strict=True) if c != p]
        if matched < 0.6 or matched - given < 0.4 or len(moved) < 2:
            return None
        steps = {(p - c) % len(confusion) for c, p in moved}
        how = f"each by {min(steps)}" if len(steps) == 1 else f"{len(moved)} of {len(present)}"
        pairs = ", ".join(f"{c} as {p}" for c, p in moved[:4])
        order = column.tolist() if len(present) == len(confusion) else None
        return self.finding(
            f"Columns are moved ({how}): {pairs}{', ...' if len(moved) > 4 else ''}. In the given "
            f"order {100 * given:.3g} % are right, reordered {100 * matched:.3g} %.",
            fix=f"Reorder the columns: y_pred[..., {order}]." if order and len(order) <= 12
            else "Reorder the columns to the order of the labels.",
        )  # fmt: skip


class ValueGap(Check):
    code = "CE319"
    slug = "cross-framework-value-gap"
    title = "The observed loss follows another convention"
    pasted = "The same inputs give another loss in another framework"
    stage = Stage.TRAINING
    severity = "note"
    why = (
        "Libraries differ in the base of the logarithm, in what they divide by, in where they "
        "clip, and in whether they divide rows by their sum."
    )
    fix = "Compare with the convention that is named."
    rule = (
        "An observed loss is given that is not the mean of these rows within 1e-4: the first "
        "convention that gives it is named, else that none does (a warning)."
    )
    silent_after = (
        "CE304", "CE110", "CE112", "CE101", "CE103", "CE104", "CE105", "CE106", "CE217", "CE402",
        "CE406", "CE109", "CE108", "CE301",
    )  # fmt: skip

    def find(self, case: Case) -> Finding | None:
        rows, observed, mean = case.rows, case.observed, case.mean_loss
        if rows is None or observed is None or math.isnan(mean) or case.kind == "binary":
            return None
        if case.loss.label_smoothing or case.class_weight is not None:
            return None
        if case.sample_weight is not None or (case.targets and not case.targets.is_one_hot):
            return None

        def near(value: float) -> bool:
            return abs(value - observed) <= 1e-4 * max(1.0, abs(value))

        if near(mean):
            return None
        if not math.isfinite(observed):
            return self.finding(
                f"{observed:g} was observed; the mean of these rows is {mean:.6g} nats.",
                severity="warning",
                title="The observed loss is not that of these rows",
                why="These rows have a finite loss, so they are not those that gave it.",
                fix="Diagnose the batch of that step: ce.diagnose(y_true, y_pred).",
            )
        total = mean * rows.judged
        for name, value in (
            ("the same mean in bits (logarithm to the base 2)", mean / math.log(2)),
            ("the same mean with the logarithm to the base 10", mean / math.log(10)),
            ("the sum over the rows", total),
            (f"the sum divided by all {rows.rows} rows, ignored ones too", total / rows.rows),
            ("the sum divided by the first dimension", self._per_entry(case, total)),
            ("the perplexity", math.exp(min(mean, 700))),
            ("a softmax applied twice", rows.mean_logits),
        ):
            if near(value):
                return self.finding(
                    f"{observed:g} was observed; the mean of these rows is {mean:.6g} nats. It is "
                    f"{name}."
                )
        return self.finding(
            f"{observed:g} was observed; the mean of these rows is {mean:.6g} nats, and none of "
            "bits, sums and other divisors gives it: other rows, other weights or another model.",
            severity="warning",
        )

    @staticmethod
    def _per_entry(case: Case, total: float) -> float:
        return total / case.p.shape[0] if case.p is not None and case.p.shape[0] else math.nan


CHECKS = (
    LabelOrder,
    ValueGap,
)
