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

JUDGED = 10
"""Fewer losses, from the first one on at one level, may fall yet."""

STILL = 2e-4
"""Of fewer losses those that stay differ by less, relatively."""


def _may_fall_yet(history: np.ndarray, tail: np.ndarray) -> bool:
    """Whether the losses of a few steps still move, or each is below the one before by as much."""
    if abs(float(history[0]) / float(tail.mean()) - 1) > 0.01:
        return False  # it has come down to where it stays
    if float(tail.max() - tail.min()) > STILL * float(tail.mean()):
        return True
    steps = -np.diff(history)
    return bool((steps > 0).all() and steps[-1] > 0.5 * steps[0])


class AccuracyMetricMismatch(Check):
    code = "CE201"
    slug = "accuracy-metric-mismatch"
    title = "The reported accuracy is not that of these predictions"
    pasted = "Keras: the loss falls but accuracy stays at 0.0998"
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "Keras 2 picks the accuracy by the name of the loss. With a custom loss and class "
        "indices it takes the argmax over an axis of size 1, which is always 0. So it counts "
        "how often class 0 is predicted."
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
        seen = (
            f"The reported accuracy is {case.accuracy:.4g}; that of these rows is "
            f"{rows.accuracy:.4g}."
        )
        if abs(case.accuracy - zeros) <= 0.005:
            return self.finding(
                seen + f" The reported one is the share of rows predicted as class 0, {zeros:.4g}.",
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
        "A model that gives every class 1/C has the loss ln C. A model that knows only the "
        "class frequencies has their entropy as loss. To start there is right; to stay there "
        "means that the input has no effect."
    )
    fix = (
        "Check the gradients (dead ReLU, zero initialisation, a detached graph), the learning "
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
                    "Check that the optimizer's step is called, that the parameters require a "
                    "gradient, and that the learning rate is above 0."
                ),
            )
        tail = history[len(history) // 2 :]
        last = float(tail.mean())
        if last <= 0 or float(tail.max() - tail.min()) > 0.01 * last or not case.classes:
            return None
        if len(history) < JUDGED and _may_fall_yet(history, tail):
            return None
        uniform = math.log(case.classes)
        each = case.steps_each
        count = f"The last {len(tail) * each} of {len(history) * each} losses stay at {last:.4g}"
        if f"{last:.4g}" == f"{uniform:.4g}":
            return self.finding(f"{count} = ln {case.classes}: every class gets 1/C.")
        if abs(last - uniform) < 0.01 * uniform:
            return self.finding(
                f"{count}, within 1 % of ln {case.classes}, which is {uniform:.4g}: every class "
                "gets about 1/C."
            )
        facts = case.labels
        entropy = facts.entropy if facts is not None and case.targets is None else 0.0
        if entropy > 0.02 and abs(last - entropy) < 0.01:
            return self.finding(
                f"{count}, the entropy of the label frequencies ({entropy:.4g}): the model has "
                "learned how frequent the classes are, but nothing from the input."
            )
        floor = double_softmax_floor(case.classes)
        if 0 <= last - floor < 0.02:
            return self.finding(
                f"{count}. That is the floor of a softmax applied twice ({floor:.4f} for "
                f"{case.classes} classes), but a sound model may be there by chance.",
                fix=(
                    "To find out, pass the predictions too: ce.diagnose(y_true, y_pred, "
                    "from_logits=True)."
                ),
                severity="note",
            )
        return None


class ImbalanceCollapse(Check):
    code = "CE408"
    slug = "imbalance-collapse"
    title = "The model predicts only one class"
    pasted = "The model predicts only one class (imbalanced data)"
    stage = Stage.TRAINING
    severity = "warning"
    why = (
        "On imbalanced labels the most frequent class is the easy answer: the loss looks good, "
        "but the model never finds the other classes."
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


class WorseThanNoModel(Check):
    code = "CE219"
    slug = "worse-than-no-model"
    title = "The predictions are worse than no model"
    pasted = "The loss is above the entropy of the labels; the accuracy is below the majority's"
    stage = Stage.TRAINING
    severity = "note"
    why = (
        "Without a model, the class frequencies alone give a loss equal to the entropy of the "
        "labels, and an accuracy equal to the share of the most frequent class. An untrained "
        "model is worse, and so is one that is sure and wrong."
    )
    fix = (
        "If the model is trained, check whether rows of labels and predictions belong together, "
        "and whether it is sure where it is wrong (calibrate it, or train it for fewer steps)."
    )
    rule = (
        "Over 50 rows and 5 rows for each class that occurs, up to 512 classes: the mean loss is "
        "above the entropy of the label frequencies, or the accuracy below the share of the most "
        "frequent class, by more than 3 standard errors. It is a note, and silent where a cause "
        "is found."
    )
    silent_after = (
        "CE304", "CE305", "CE110", "CE101", "CE103", "CE104", "CE105", "CE106", "CE107", "CE108",
        "CE109", "CE112", "CE111", "CE201", "CE208", "CE212", "CE214", "CE215", "CE217", "CE301",
        "CE302", "CE306", "CE307", "CE308", "CE309", "CE311", "CE312", "CE313", "CE318", "CE402",
        "CE406", "CE408",
    )  # fmt: skip

    def find(self, case: Case) -> Finding | None:
        rows, loss = case.rows, case.mean_loss
        hard = case.layout in ("index", "extra") or (
            case.layout == "dense" and case.targets is not None and case.targets.is_one_hot
        )
        if rows is None or rows.tops is None or not hard or case.kind == "binary":
            return None
        counts = rows.tops.rows.sum(axis=1)
        n, present = int(counts.sum()), int(np.count_nonzero(counts))
        if n < max(ENOUGH, 5 * present) or present < 2 or case.reading is None:
            return None
        shares = counts[counts > 0] / n
        entropy = float(-(shares * np.log(shares)).sum())
        most, right = float(shares.max()), rows.correct / n
        # Frequencies of few rows have too small an entropy.
        known = entropy + (present - 1) / (2 * n)
        noise = math.sqrt((right * (1 - right) + most * (1 - most)) / n)
        if not (loss > known + 3 * case.loss_error or right < most - 3 * noise):
            return None
        top = case.name_of(int(counts.argmax()))
        return self.finding(
            f"The loss is {loss:.4g}; the class frequencies alone give {entropy:.4g}, the "
            f"entropy of the labels. {percent(rows.correct, n)} of {n} rows are right, and "
            f"{percent(int(counts.max()), n)} are of class {top}, the most frequent one."
        )


CHECKS = (
    AccuracyMetricMismatch,
    StuckAtLnC,
    ImbalanceCollapse,
    WorseThanNoModel,
)
