"""Checks of what training shows: accuracy, a loss that stays, one class alone."""

from __future__ import annotations

import math

import numpy as np

from crossent.doctor.case import Case
from crossent.doctor.check import Check, percent
from crossent.doctor.constants import double_softmax_floor
from crossent.doctor.findings import Finding, Stage

ENOUGH = 50
SAME = 50
"""So many equal losses are no chance."""


class AccuracyMetricMismatch(Check):
    code = "CE201"
    slug = "accuracy-metric-mismatch"
    title = "The reported accuracy is not that of these predictions"
    pasted = "Keras: the loss falls but accuracy stays at 0.0998"
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "Keras 2 picks the accuracy by the name of the loss. With a loss of your own and class "
        "indices it takes the argmax over an axis of size 1, which is always 0, and so counts how "
        "often class 0 is predicted."
    )
    fix = "Name the metric: metrics=['sparse_categorical_accuracy']."
    rule = (
        "The accuracy that you give differs by more than 0.02 from that of the predictions, over "
        "50 rows; an error where it equals the share of rows predicted as class 0."
    )
    silent_after = ("CE304", "CE110", "CE101", "CE104", "CE309")

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if case.accuracy is None or rows is None or rows.judged < ENOUGH:
            return None
        if abs(case.accuracy - rows.accuracy) <= 0.02:
            return None
        zeros = float(rows.predicted[0]) / max(1, rows.seen.rows)
        seen = f"{case.accuracy:.4g} was reported; {rows.accuracy:.4g} of these rows are right."
        if abs(case.accuracy - zeros) <= 0.005:
            return self.finding(
                seen + f" It is the share of rows predicted as class 0, {zeros:.4g}.",
                severity="error",
            )
        return self.finding(seen)


class StuckAtLnC(Check):
    code = "CE218"
    slug = "stuck-at-lnC"
    title = "The loss stays where it was before training"
    pasted = "The loss stays at 2.3026 (10 classes), 0.6931 (2 classes)"
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "ln C is the loss of a model that says 1/C to everything, the entropy of the label "
        "frequencies that of one that knows nothing but how frequent each class is. To start there "
        "is right; to stay there means that the input has no effect."
    )
    fix = (
        "Look at the gradients (dead ReLU, zero initialisation, a detached graph), the learning "
        "rate, and whether labels and inputs belong together."
    )
    rule = (
        "The later half of a history of 5 losses or more moves by less than 1 %, and lies within "
        "1 % of ln C, or within 0.01 of the label entropy. Or 50 losses or more are all the same "
        "number. A history at the floor of a double softmax is a note."
    )
    silent_after = ("CE217", "CE215", "CE302")

    def find(self, case: Case) -> Finding | None:
        history = case.history
        if history is None or len(history) < 5 or not np.isfinite(history).all():
            return None
        if len(history) >= SAME and history[0] != 0 and (history == history[0]).all():
            return self.finding(
                f"All {len(history)} losses are {history[0]:.6g}, to the last digit: the "
                "parameters do not change.",
                fix=(
                    "Look whether the optimizer's step is called, whether the parameters require "
                    "a gradient, and whether the learning rate is above 0."
                ),
            )
        tail = history[len(history) // 2 :]
        last = float(tail.mean())
        if last <= 0 or float(tail.max() - tail.min()) > 0.01 * last or not case.classes:
            return None
        uniform = math.log(case.classes)
        count = f"The last {len(tail)} of {len(history)} losses stay at {last:.4g}"
        if abs(last - uniform) < 0.01 * uniform:
            return self.finding(f"{count} = ln {case.classes}: every class gets 1/C.")
        facts = case.labels
        entropy = facts.entropy if facts is not None and case.targets is None else 0.0
        if entropy > 0.02 and abs(last - entropy) < 0.01:
            return self.finding(
                f"{count}, the entropy of the label frequencies ({entropy:.4g}): the model knows "
                "how frequent the classes are, and nothing of the input."
            )
        floor = double_softmax_floor(case.classes)
        if 0 <= last - floor < 0.02:
            return self.finding(
                f"{count}, the floor of a softmax applied twice ({floor:.4f} for {case.classes} "
                "classes), or a sound model by chance.",
                fix=(
                    "Pass the predictions too: ce.diagnose(y_true, y_pred, from_logits=True) tells."
                ),
                severity="note",
            )
        return None


class ImbalanceCollapse(Check):
    code = "CE408"
    slug = "imbalance-collapse"
    title = "The model predicts one class alone"
    pasted = "The model predicts only one class (imbalanced data)"
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "On imbalanced labels the most frequent class is the easy answer: the loss looks good, and "
        "the other classes are never found."
    )
    fix = (
        "Weigh the classes (class_weight of 1/frequency, scaled to a mean of 1 over the labels), "
        "or adjust the logits by the log frequencies."
    )
    rule = (
        "One class is predicted in 99 % of 50 rows or more; it is the most frequent label, with "
        "less than 95 % and at least 1.5 times its fair share; and the loss is below ln C and "
        "within 5 to 10 % of the entropy of the labels (below it is a note: something was learned)."
    )
    silent_after = ("CE304", "CE110", "CE318", "CE305", "CE105")

    def find(self, case: Case) -> Finding | None:
        rows, facts = case.rows, case.labels
        if rows is None or rows.judged < ENOUGH or case.layout not in ("index", "extra"):
            return None
        if facts is None or case.kind == "binary":
            return None
        top = int(rows.predicted.argmax())
        counts = facts.counts(rows.classes)
        total = int(counts.sum())
        if rows.predicted[top] < 0.99 * rows.seen.rows or int(counts.argmax()) != top or not total:
            return None
        share = counts[top] / total
        if not min(1.5 / rows.classes, 0.6) <= share < 0.95:
            return None
        ceiling = min(math.log(rows.classes) - 0.01, 1.1 * facts.entropy)
        if not case.mean_loss < ceiling:
            return None
        return self.finding(
            f"{percent(int(rows.predicted[top]), rows.seen.rows)} of the rows are predicted as "
            f"class {top}, which is {percent(int(counts[top]), total)} of the labels. The loss is "
            f"{case.mean_loss:.4g}, the entropy of the labels {facts.entropy:.4g}.",
            severity="warning" if case.mean_loss > 0.95 * facts.entropy else "note",
        )


CHECKS = (
    AccuracyMetricMismatch,
    StuckAtLnC,
    ImbalanceCollapse,
)
