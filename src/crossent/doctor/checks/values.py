"""Checks of the order of the columns, and of an observed loss."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, counted, percent, shown
from crossent.doctor.column_order import Reordered, best_order
from crossent.doctor.findings import Finding, Stage

LISTED = 12
"""The order of so many columns is written out."""


class LabelOrder(Check):
    code = "CE318"
    slug = "sklearn-missing-class"
    title = "The columns are in another order than the labels"
    pasted = (
        "Labels passed were ['b', 'a']. But this function assumes labels are ordered "
        "lexicographically"
    )
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "Column c must be the probability of label c. Class names in another order, or a split "
        "without one class, move the columns. Then the loss is large although the model is good."
    )
    fix = (
        "Reorder the columns to the order of the labels: y_pred[:, order]. For scikit-learn "
        "pass labels=sorted(classes) with all classes."
    )
    rule = (
        "The assignment of columns to labels under which most rows are right is compared with "
        "the given order, up to 512 classes. Each cycle of moved labels must be right in half "
        "of its rows, at least 3 times as often as before, and by more than the choice among so "
        "many orders explains (1 in 1000); equal rows count once. In that order the predictions "
        "must be surer of the right class than those of an untrained model. Of up to 5 classes "
        "they must also make a fifth of the mistakes that their probabilities lead to expect: an "
        "untrained model makes fewer where the classes lie far apart. What is a little less sure "
        "is a note. Or class_names are not sorted, for scikit-learn."
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
        if case.by_name and len(names) > 1 and all(isinstance(name, str) for name in names):
            ordered = sorted(names)  # type: ignore[type-var]
            if list(names) != ordered and case.framework == "sklearn":
                return self.finding(
                    f"class_names are {shown(list(names), 4)}; scikit-learn takes the columns in "  # type: ignore[arg-type]
                    f"the order {shown(ordered, 4)}.",  # type: ignore[arg-type]
                )
        rows = case.rows
        if case.targets is not None and not case.targets.is_distribution:
            return None
        if rows is None or rows.tops is None:
            return None
        found = best_order(rows.tops)
        return None if found is None or not found.likely else self._moved(case, found)

    def _moved(self, case: Case, found: Reordered) -> Finding:
        order, moved = found.order, found.moved
        known = [label for label in moved if label not in found.unknown]
        steps = {(order[label] - label) % len(order) for label in moved}
        how = f"each by {min(steps)}" if len(steps) == 1 else f"{len(moved)} of {len(order)}"
        pairs = ", ".join(f"{case.name_of(c)} as {case.name_of(order[c])}" for c in known[:4])
        seen = (
            f"In the given order {percent(found.given, found.rows)} of "
            f"{counted(found.rows, 'row')} are right; in the best order "
            f"{percent(found.best, found.rows)} are. Columns are moved ({how}): "
            f"{pairs}{', ...' if len(known) > 4 else ''}."
        )
        if found.unknown:
            left = ", ".join(map(case.name_of, found.unknown[:4]))
            seen += f" No row shows which column belongs to {left}."
        fix = _order_of_columns(case, order)
        if found.trained:
            return self.finding(seen, fix=fix)
        return self.finding(
            seen, severity="note", fix=f"If the model is trained: {fix[0].lower() + fix[1:]}"
        )


def _order_of_columns(case: Case, order: tuple[int, ...]) -> str:
    """Say how the columns get into the order of the labels; `order[c]` is the column of label c."""
    if "found by" in case.columns:
        held = {case.name_of(at): case.name_of(c) for c, at in enumerate(order) if c != at}
        return (
            f"The headings are wrong: y_pred.rename(columns={held})."
            if len(held) <= LISTED
            else "The headings are wrong: rename the columns."
        )
    if len(order) == 2 and not case.class_names:
        return "Swap the two columns: y_pred[:, ::-1]."
    if len(order) > LISTED:
        return "Reorder the columns to the order of the labels."
    reorder = f"eorder the columns: y_pred[..., {list(order)}]."
    names = case.names_in_order(order) if case.by_name else []
    if names:
        return f"The columns are in this order: class_names={names}. Or r{reorder}"
    return f"R{reorder}"


class ValueGap(Check):
    code = "CE319"
    slug = "cross-framework-value-gap"
    title = "The observed loss follows another convention"
    pasted = "The same inputs give another loss in another framework"
    stage = Stage.TRAINING
    severity = "note"
    why = (
        "Libraries differ in the base of the logarithm, in the divisor of the mean, in the "
        "clip, and in whether they divide rows by their sum."
    )
    fix = "Compare with the loss in the named convention."
    rule = (
        "The observed loss is not the mean of these rows within 1e-4. The report names the "
        "first convention that gives it, or says that none does (a warning)."
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

        after = case.shift.next_mean if case.shift is not None else math.nan
        moves = bool(case.loss.shifts)
        if near(after if moves else mean) or (case.loss.shift_is_default and near(mean)):
            return None
        if not math.isfinite(observed):
            return self.finding(
                f"{observed:g} was observed; the mean of these rows is {mean:.6g} nats.",
                severity="warning",
                title="The observed loss is not that of these rows",
                why="These rows have a finite loss, so the observed loss comes from other rows.",
                fix="Diagnose the batch of that step: ce.diagnose(y_true, y_pred).",
            )
        total = mean * rows.judged
        for name, value in (
            ("the mean of the same labels where they stand", mean),
            ("the mean with each place scored by the next label, as transformers shifts", after),
            ("the same mean in bits (logarithm to the base 2)", mean / math.log(2)),
            ("the same mean with the logarithm to the base 10", mean / math.log(10)),
            ("the sum over the rows", total),
            (f"the sum divided by all {rows.rows} rows, ignored ones too", total / rows.rows),
            ("the sum divided by the first dimension", self._per_entry(case, total)),
            (
                f"the mean over the rows and the {case.classes} classes, the loss divided by "
                f"{case.classes}",
                mean / case.classes if case.classes else math.nan,
            ),
            ("a score, the negated mean (scikit-learn: neg_log_loss)", -mean),
            ("a score, the negated sum", -total),
            ("the perplexity", math.exp(min(mean, 700))),
            ("a softmax applied twice", rows.mean_logits),
        ):
            if near(value):
                return self.finding(
                    f"The observed loss is {observed:g}; the mean of these rows is {mean:.6g} "
                    f"nats. The observed loss is {name}."
                )
        return self.finding(
            f"The observed loss is {observed:g}; the mean of these rows is {mean:.6g} nats. "
            "Bits, sums and other divisors do not give it either, so it comes from other rows, "
            "other weights or another model.",
            severity="warning",
        )

    @staticmethod
    def _per_entry(case: Case, total: float) -> float:
        return total / case.p.shape[0] if case.p is not None and case.p.shape[0] else math.nan


CHECKS = (
    LabelOrder,
    ValueGap,
)
