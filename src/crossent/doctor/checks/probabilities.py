"""Checks of probabilities: their logarithm, their axis, their sum."""

from __future__ import annotations

from crossent.core import verdicts
from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted
from crossent.doctor.findings import Finding, Stage
from crossent.stream.inference import FEW

MANY_ELEMENTS = 64
"""So many logits of two classes do not all lie in [0, 1] by chance."""


class NllWithoutLog(Check):
    code = "CE306"
    slug = "nll-without-log"
    title = "nll_loss without log_softmax"
    pasted = "PyTorch: nll_loss is negative, between -1 and 0"
    stage = Stage.PREDICTIONS
    why = (
        "nll_loss only picks the number at the label and changes its sign; it takes no "
        "logarithm. On probabilities it returns -p, whose gradient is not that of cross-entropy."
    )
    fix = "Use F.cross_entropy on the logits, or F.nll_loss on F.log_softmax(logits, dim=1)."
    rule = "The loss is nll_loss, and some prediction is above 0, or every row sums to 1."
    silent_after = ("CE304", "CE305", "CE217")

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if case.loss.reading != "log-probabilities":
            return None
        if case.model is not None and case.model.activation not in (None, "log_softmax"):
            return self.finding(
                f"The last layer of the model is {case.model.activation}, but nll_loss takes "
                "log-probabilities."
            )
        if rows is None or not rows.seen.rows:
            return None
        if rows.seen.high > 1e-3:
            kind = "probabilities" if not rows.seen.outside else "logits"
            return self.finding(
                f"The largest prediction is {rows.seen.high:.4g}, but log-probabilities are at "
                f"most 0. These are {kind}."
            )
        if rows.log_rows < rows.seen.rows and rows.seen.rows >= FEW:
            off = rows.seen.rows - rows.log_rows
            return self.finding(
                f"{counted(off, 'row')} of {rows.seen.rows} "
                f"{agreed(off, 'have')} a logsumexp other than 0: no "
                "log-softmax was applied.",
            )
        return None


class LogprobsIntoLogitsLoss(Check):
    code = "CE307"
    slug = "logprobs-into-logits-loss"
    title = "The predictions are log-probabilities"
    pasted = "log_softmax before CrossEntropyLoss"
    stage = Stage.PREDICTIONS
    severity = "note"
    why = (
        "A softmax of log-probabilities gives the same probabilities, so a loss on logits is "
        "right and only does extra work. A loss on probabilities is wrong."
    )
    fix = (
        "For a loss on logits leave log_softmax out; for a loss on probabilities pass "
        "np.exp(y_pred)."
    )
    rule = "No number is above 0 and the logsumexp of every row is 0, within rounding."
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or rows.seen.rows < 2 or rows.log_rows < rows.seen.rows:
            return None
        seen = f"In all {rows.seen.rows} rows every number is at most 0 and the logsumexp is 0."
        if case.takes_probabilities:
            return self.finding(
                seen, fix="Pass from_logits=True, or np.exp(y_pred).", severity="error"
            )
        return self.finding(seen) if case.takes_logits and not rows.diverged else None


class WrongSoftmaxAxis(Check):
    code = "CE309"
    slug = "wrong-softmax-axis"
    title = "The softmax ran along another axis"
    pasted = "Implicit dimension choice for softmax has been deprecated"
    stage = Stage.PREDICTIONS
    why = "A softmax along the batch makes the rows compete with each other instead of the classes."
    fix = "Take the softmax along the class axis: softmax(logits, dim=-1)."
    rule = (
        "The rows do not sum to 1 along the class axis, but all values lie in [0, 1] and sum to 1 "
        "along another axis, of size 2 or more."
    )
    silent_after = ("CE304", "CE110")

    def find(self, case: Case) -> Finding | None:
        if case.other_axis is None or case.p is None:
            return None
        own = case.axis % len(case.p.shape)
        return self.finding(
            f"Along axis {case.other_axis} all {case.p.shape[case.other_axis]} values sum to 1; "
            f"along the class axis, {own}, they do not."
        )


class SilentRenormalisation(Check):
    code = "CE406"
    slug = "silent-renormalisation"
    title = "Rows of probabilities that do not sum to 1"
    pasted = "The y_prob values do not sum to one. Make sure to pass probabilities."
    stage = Stage.PREDICTIONS
    why = (
        "Keras silently divides such rows by their sum; scikit-learn and NumPy use them as they "
        "are. So one file has two losses. Often the rows are sigmoid outputs."
    )
    fix = (
        "For independent (sigmoid) outputs use binary_crossentropy; for logits pass "
        "from_logits=True; otherwise pass normalize=True."
    )
    rule = (
        "The loss takes probabilities, or the kind of the predictions is not known; all values "
        "lie in [0, 1], and sums of rows differ from 1 by more than the precision found in the "
        "values: an error above 0.05, a warning below."
    )
    silent_after = ("CE304", "CE305", "CE309", "CE106", "CE110", "CE306", "CE302", "CE307")

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or case.kind == "binary" or rows.seen.outside or not rows.seen.rows:
            return None
        if case.for_numbers:
            return None
        if case.reading != "probabilities" and (case.declared or rows.seen.rows < FEW):
            return None
        if case.layout == "mismatch" and not case.declared:
            return None
        seen = rows.seen
        off = seen.rows - seen.vectors - rows.zero_rows
        if off <= 0 or (not case.declared and seen.near == seen.rows):
            return None
        sums = f"sums from {seen.sum_low:.4g} to {seen.sum_high:.4g}"
        text = f"{counted(off, 'row')} of {seen.rows} {agreed(off, 'do')} not sum to 1 ({sums})."
        if not case.declared:
            if rows.whole or rows.zero_rows:
                return None
            return self.finding(
                text + " All values lie in [0, 1], but they may also be logits.", severity="warning"
            )
        far = seen.near + rows.zero_rows < seen.rows
        found = verdicts.of_probabilities(
            outside=False, far=far, zeros=rows.zero_rows > 0, off=True
        )
        if found is None or found[0] != self.code:
            return None
        return self.finding(text, severity=found[1], fix=self._cure(case, far))

    def _cure(self, case: Case, far: bool) -> str | None:
        """What to do where one class of each row is right, and rows look like sigmoids."""
        one = case.layout in ("index", "extra") or (
            case.targets is not None and case.targets.is_one_hot
        )
        if not far or not one:
            return None
        return (
            "One class of each row is right, so end the model with a softmax instead of a "
            "sigmoid. For logits pass from_logits=True; for probabilities that are only not "
            "scaled pass normalize=True."
        )


CHECKS = (
    NllWithoutLog,
    LogprobsIntoLogitsLoss,
    WrongSoftmaxAxis,
    SilentRenormalisation,
)
