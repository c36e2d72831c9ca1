"""Checks of numbers at the end of their range: zeros, clipping, 16-bit losses."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent
from crossent.doctor.constants import CEILING, quantum
from crossent.doctor.findings import Finding, Severity, Stage
from crossent.doctor.prediction_facts import RowFacts

TOLD = ("torch", "jax", "optax", "tensorflow", "keras", "transformers")
"""Frameworks in whose losses these numbers do harm; crossent's rules M06 and M09 prevent it."""

CLIPPED_ROWS = 8
CLIPPED_SHARE = 0.5
"""From here the loss tells more about the clip than about the model."""


def _mass(rows: RowFacts) -> str:
    share = rows.clipped_share
    return f"{100 * share:.3g} % of the loss, {rows.mean_probabilities:.4g}, comes from the clip."


def _gravity(rows: RowFacts) -> Severity:
    clipped = rows.label_zero + rows.label_dead
    much = clipped >= CLIPPED_ROWS and rows.clipped_share > CLIPPED_SHARE
    return "warning" if much else "note"


class LogOfZero(Check):
    code = "CE214"
    slug = "log-of-zero"
    title = "Probabilities of exactly 0 at the label"
    pasted = "RuntimeWarning: divide by zero encountered in log"
    stage = Stage.NUMERICS
    why = (
        "-ln 0 is infinite, so libraries clip: Keras prints 16.12, scikit-learn 36.04 with "
        "float64 and 15.94 with float32."
    )
    fix = "Keep the logits, and compute the loss with from_logits=True."
    rule = (
        "A row of probabilities is all 0 (an error); or the label has probability 0: a warning "
        "if 8 or more rows are clipped and make more than half of the whole loss, otherwise a "
        "note."
    )
    silent_after = (
        "CE304",
        "CE305",
        "CE106",
        "CE309",
        "CE110",
        "CE406",
        "CE101",
        "CE103",
        "CE104",
        "CE301",
        "CE308",
        "CE318",
        "CE112",
        "CE108",
        "CE109",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or case.reading != "probabilities" or case.kind == "binary":
            return None
        if rows.zero_rows and case.takes_probabilities:
            return self.finding(
                f"{counted(rows.zero_rows, 'row')} of {rows.rows} "
                f"{agreed(rows.zero_rows, 'are')} all 0, which is not a row of probabilities.",
                severity="error",
            )
        if not rows.label_zero or rows.label_zero < rows.label_dead:
            return None
        return self.finding(
            f"The label has probability 0 in {counted(rows.label_zero, 'row')} of {rows.judged} "
            f"({percent(rows.label_zero, rows.judged)}): {_mass(rows)}",
            severity=_gravity(rows),
        )


class ClipSaturation(Check):
    code = "CE215"
    slug = "clip-saturation"
    title = "Wrong rows whose loss is clipped"
    pasted = "The loss is 16.118095"
    stage = Stage.NUMERICS
    why = (
        "A probability below 1e-7 counts as 1e-7: the loss is 16.118 however wrong the row is. "
        "Its gradient is 0, so it never improves."
    )
    fix = "Keep the logits, and compute the loss with from_logits=True."
    rule = (
        "Probabilities of the label lie between 0 and 1e-7: a warning if 8 or more rows are "
        "clipped and make more than half of the whole loss, otherwise a note. With a history: "
        "it stays at 16.118, 15.942 or 15.333."
    )
    silent_after = (
        "CE304",
        "CE305",
        "CE106",
        "CE309",
        "CE214",
        "CE318",
        "CE110",
        "CE101",
        "CE103",
        "CE104",
        "CE301",
        "CE308",
        "CE112",
        "CE108",
        "CE109",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        if case.history is not None and len(case.history) >= 5 and case.rows is None:
            tail = case.history[-5:]
            if abs(float(tail.mean()) - CEILING) < 0.01 and float(tail.max() - tail.min()) < 0.02:
                return self.finding(
                    f"The loss stays at {tail[-1]:.4g} = -ln 1e-7: every row is wrong and clipped, "
                    "and has no gradient.",
                    severity="warning",
                )
        rows = case.rows
        if rows is None or case.reading != "probabilities" or not rows.label_dead:
            return None
        return self.finding(
            f"The label has a probability below 1e-7 in {counted(rows.label_dead, 'row')} of "
            f"{rows.judged} ({percent(rows.label_dead, rows.judged)}): {_mass(rows)}",
            severity=_gravity(rows),
        )


class HalfPrecisionLoss(Check):
    code = "CE216"
    slug = "half-precision-loss"
    title = "The loss is computed in 16 bits"
    pasted = "The loss goes in steps: 4.75, 5.0, 4.59 (bfloat16)"
    stage = Stage.NUMERICS
    severity = "warning"
    why = (
        "bfloat16 has 8 binary digits: near 36 its numbers are 0.25 apart. float16 ends at 65 "
        "504, and a sum over many classes can be larger."
    )
    fix = "Convert the logits before the loss: logits.astype(jnp.float32), logits.float()."
    rule = (
        "The predictions are float16 or bfloat16, and the framework computes the loss in their "
        "type: the step between neighbouring numbers near the mean loss is above 0.01 nat (a "
        "warning for JAX and optax, a note for PyTorch, where autocast converts). float16: a "
        "logit above 60 000, or a smoothing sum above 65 504."
    )
    silent_after = ("CE304", "CE217", "CE318")

    def find(self, case: Case) -> Finding | None:
        rows = case.rows
        if rows is None or case.framework not in ("torch", "jax", "optax"):
            return None
        if rows.dtype not in ("float16", "bfloat16"):
            return None
        if rows.dtype == "float16" and rows.largest > 6e4:
            return self.finding(f"The largest logit is {rows.largest:.4g}; float16 ends at 65 504.")
        if rows.dtype == "float16" and case.loss.label_smoothing > 0 and rows.seen.rows:
            total = rows.classes * rows.class_logp / rows.seen.rows
            if total > 65504:
                return self.finding(
                    f"Smoothing sums -ln p over {rows.classes} classes, which gives about "
                    f"{total:.3g}; float16 ends at 65 504."
                )
        loss = case.mean_loss
        if math.isnan(loss):
            return None
        step = quantum(loss, rows.dtype)
        if step <= 0.01:
            return None
        return self.finding(
            f"Near the mean loss, {loss:.4g}, the numbers of {rows.dtype} are {step:g} apart.",
            severity="note" if case.framework == "torch" else "warning",
        )


CHECKS = (
    LogOfZero,
    ClipSaturation,
    HalfPrecisionLoss,
)
