"""Checks of NaN and infinity: masked classes, ignored rows, everything else."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted
from crossent.doctor.findings import Finding, Stage

TOLD = ("torch", "jax", "optax", "tensorflow", "keras", "transformers")
"""Frameworks in whose losses these numbers do harm; crossent's rules M06 and M09 prevent it."""

CLIPPED_ROWS = 8
CLIPPED_SHARE = 0.5
"""From here the loss tells more about the clip than about the model."""


class NegInfLogits(Check):
    code = "CE212"
    slug = "neg-inf-logits"
    title = "Masked logits meet a target with mass"
    pasted = "The loss is inf or nan as soon as label_smoothing meets masked logits"
    stage = Stage.NUMERICS
    why = (
        "-inf (or -1e9) says that a class cannot be. Label smoothing gives it mass all the same, "
        "and the loss is infinite; one-hot and soft targets multiply 0 by -inf, which is NaN."
    )
    fix = (
        "Pass class_mask, so that smoothing covers the classes that exist, or leave smoothing out."
    )
    rule = (
        "A logit of -10 000 or less stands at the label; or such logits meet label_smoothing > 0; "
        "or -inf meets dense targets in a framework that multiplies."
    )
    silent_after = (
        "CE304",
        "CE110",
        "CE318",
        "CE104",
        "CE103",
        "CE101",
    )

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or case.kind == "binary" or case.reading == "probabilities":
            return None
        if rows.masked_label:
            infinite = "infinite" if rows.label_neginf else "at least 10 000"
            return self.finding(
                f"{counted(rows.masked_label, 'row')} {agreed(rows.masked_label, 'have')} a masked "
                "logit (-inf or below -10 000) at their label (first: "
                f"{case.where(rows.first_masked_label)}): their loss is {infinite}.",
                fix="A class that is a label must not be masked: look at the mask of those rows.",
            )
        if case.loss.label_smoothing > 0 and rows.masked_other:
            return self.finding(
                f"label_smoothing={case.loss.label_smoothing:g} gives mass to every class, and "
                f"{counted(rows.masked_other, 'row')} "
                f"{agreed(rows.masked_other, 'have')} masked ones."
            )
        if rows.neginf and case.layout == "dense" and case.framework in TOLD:
            return self.finding(
                f"{counted(rows.neginf, 'row')} {agreed(rows.neginf, 'hold')} -inf, and "
                f"{case.framework} multiplies it by the targets' 0: NaN.",
                fix="Pass class indices, or mask with a large finite number such as -1e4.",
            )
        return None


class IgnoredRowsPoisonGradients(Check):
    code = "CE213"
    slug = "ignored-rows-poison-gradients"
    title = "Ignored rows hold NaN or infinity"
    pasted = "The loss is finite, but the gradients are NaN"
    stage = Stage.NUMERICS
    why = (
        "In PyTorch and JAX the gradient of an ignored row is 0 times NaN, which is NaN: "
        "where(mask, loss, 0) after the loss comes too late."
    )
    fix = "Clean the input before the loss: y_pred = where(mask, y_pred, 0)."
    rule = "A row that is ignored, or has weight 0, holds NaN or infinity."

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or not rows.bad_ignored:
            return None
        return self.finding(
            f"{counted(rows.bad_ignored, 'row')} that are left out "
            f"{agreed(rows.bad_ignored, 'hold')} NaN or infinity (first: "
            f"{case.where(rows.first_ignored)}).",
            severity="warning" if case.framework in TOLD else "note",
        )


class NonfiniteLogits(Check):
    code = "CE217"
    slug = "nonfinite-logits"
    title = "Predictions that are NaN or infinite"
    pasted = "loss: nan"
    stage = Stage.NUMERICS
    why = "A row with NaN, +inf or nothing but -inf has no loss, and the mean is NaN."
    fix = (
        "Look upstream of the loss: a learning rate that is too high, float16 that overflows, a "
        "division by 0, a mask that hides every class."
    )
    rule = "A kept row holds NaN or +inf, or all of it is -inf; or the history becomes NaN."
    silent_after = ("CE110",)

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        parts = []
        if rows is not None:
            for count, what, first in (
                (rows.nan, "NaN", rows.first_nan),
                (rows.posinf, "+inf", rows.first_posinf),
                (rows.all_neginf, "nothing but -inf", rows.first_nan),
            ):
                if count:
                    parts.append(
                        f"{counted(count, 'row')} "
                        f"{agreed(count, 'hold')} {what} (first: {case.where(first)})"
                    )
        if parts:
            return self.finding(
                f"{'; '.join(parts)}; of {counted(rows.rows if rows else 0, 'row')}."
            )
        if case.history is not None and len(case.history):
            bad = [i for i, value in enumerate(case.history) if not math.isfinite(value)]
            if bad:
                return self.finding(
                    f"The loss is {case.history[bad[0]]} from entry {bad[0]} of the history on.",
                    fix="Diagnose the batch of that step: ce.diagnose(y_true, y_pred).",
                )
        return None


CHECKS = (
    NegInfLogits,
    IgnoredRowsPoisonGradients,
    NonfiniteLogits,
)
