"""Checks of NaN and infinity: masked classes, ignored rows, everything else."""

from __future__ import annotations

import math

import numpy as np

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.prediction_facts import SOUND, RowFacts

TOLD = ("torch", "jax", "optax", "tensorflow", "keras", "transformers")
"""Frameworks in whose losses these numbers do harm; crossent's rules M06 and M09 prevent it."""

GROWN = 30
"""A loss in nats that no sound run ends with."""

SMALLER = (
    "Lower the learning rate (a tenth of it first), clip the gradients, and scale the inputs to "
    "numbers near 1."
)


class NegInfLogits(Check):
    code = "CE212"
    slug = "neg-inf-logits"
    title = "A masked class has a target above 0"
    pasted = "The loss is inf or nan as soon as label_smoothing meets masked logits"
    stage = Stage.NUMERICS
    why = (
        "-inf (or -1e9) marks a class as impossible. Label smoothing still gives it a target "
        "above 0, so the loss is infinite. One-hot and soft targets multiply 0 by -inf, which "
        "is NaN."
    )
    fix = (
        "Pass class_mask, so that smoothing covers only the classes that exist, or leave "
        "smoothing out."
    )
    rule = (
        "The logit of the label is -10 000 or less, and the logits look masked (see CE217); or "
        "such logits meet label_smoothing > 0; or -inf meets dense targets in a framework that "
        "multiplies."
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
        if rows.diverged and not rows.label_neginf:
            return None
        if rows.masked_label:
            infinite = "infinite" if rows.label_neginf else "at least 10 000"
            return self.finding(
                f"{counted(rows.masked_label, 'row')} {agreed(rows.masked_label, 'have')} a masked "
                "logit (-inf or below -10 000) at their label (first: "
                f"{case.where(rows.first_masked_label)}): their loss is {infinite}.",
                fix="A class that is a label must not be masked: check the mask of those rows.",
            )
        if case.loss.label_smoothing > 0 and rows.masked_other:
            return self.finding(
                f"label_smoothing={case.loss.label_smoothing:g} gives every class a target above "
                f"0, but {counted(rows.masked_other, 'row')} {agreed(rows.masked_other, 'have')} "
                "masked classes."
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
        "where(mask, loss, 0) after the loss is too late."
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
    why = "A row that holds NaN or +inf, or only -inf, has no loss, so the mean is NaN."
    fix = (
        "Look before the loss: the learning rate may be too high, float16 may overflow, there "
        "may be a division by 0 or a mask that hides every class."
    )
    rule = (
        "A kept row holds NaN or +inf, or all of it is -inf; or the history becomes NaN, or "
        "ends above 30 and above 10 times its start and ln C. Or the mean loss of logits is "
        "above 1000, and under 80 % of the rows are right (above is a note). Logits are taken "
        "as masked (CE212) if none is above 10 000 and those below -10 000 have only a few "
        "levels."
    )
    silent_after = ("CE110",)

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        parts = []
        if rows is not None:
            for count, what, first in (
                (rows.nan, "NaN", rows.first_nan),
                (rows.posinf, "+inf", rows.first_posinf),
                (rows.all_neginf, "only -inf", rows.first_nan),
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
        if rows is not None and rows.diverged and case.reads_logits:
            return self._diverged(case, rows)
        if case.history is not None and len(case.history):
            bad = [i for i, value in enumerate(case.history) if not math.isfinite(value)]
            if bad:
                return self.finding(
                    f"The loss is {case.history[bad[0]]} from entry {bad[0]} of the history on.",
                    fix="Diagnose the batch of that step: ce.diagnose(y_true, y_pred).",
                )
            return self._growing(case, case.history)
        return None

    def _diverged(self, case: Case, rows: RowFacts) -> Finding:
        """Logits that are finite, and so large that the loss says nothing."""
        right = (
            f", and {percent(rows.correct, rows.finite_logits)} of {rows.finite_logits} are right"
        )
        return self.finding(
            f"The mean loss is {rows.mean_logits:.4g}; the largest logit has a magnitude of "
            f"{rows.largest:.4g}{right}.",
            title="The logits are so large that the run has diverged",
            why="An untrained model has a loss near ln C, at most 13. Logits of thousands come "
            "from weights that have grown without end, or from inputs that were not scaled.",
            fix=SMALLER,
            severity="note" if rows.correct >= SOUND * rows.finite_logits else "error",
        )

    def _growing(self, case: Case, history: np.ndarray) -> Finding | None:
        """A history whose end is far above its start."""
        if len(history) < 3:
            return None
        start = max(float(history[0]), math.log(max(case.classes or 2, 2)))
        if not float(history[-2:].min()) > max(10 * start, GROWN):
            return None
        return self.finding(
            f"The loss grows from {history[0]:.4g} to {history[-1]:.4g} in {len(history)} entries "
            "of the history.",
            title="The run diverges",
            why="A loss that grows without end ends in infinity and NaN.",
            fix=SMALLER,
        )


CHECKS = (
    NegInfLogits,
    IgnoredRowsPoisonGradients,
    NonfiniteLogits,
)
