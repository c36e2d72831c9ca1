"""Checks of the mean: nothing kept, means of means."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent, shown
from crossent.doctor.findings import Finding, Stage

MEANS = ("mean", "auto", "sum_over_batch_size")


class AllRowsIgnored(Check):
    code = "CE202"
    slug = "all-rows-ignored-nan"
    title = "Nothing is left to average"
    pasted = "CrossEntropyLoss is nan when every target is -100"
    stage = Stage.REDUCTION
    why = (
        "The mean of nothing is 0/0: NaN in PyTorch and optax, 0 in Keras and crossent. One "
        "such NaN makes all parameters NaN."
    )
    fix = "Skip the batch, or divide the sum by max(count, 1). crossent returns 0 (empty='zero')."
    rule = "No label is kept, or there are no rows, or all weights of the kept rows are 0."

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        if case.layout in ("none", "mismatch") or (facts is None and case.targets is None):
            return None
        if facts is not None and facts.count == 0:
            return self.finding("There are no rows.")
        weight = case.sample_weight
        if weight is not None and weight.shape and weight.zeros == math.prod(weight.shape):
            return self.finding("Every sample weight is 0.")
        if facts is not None and case.layout != "dense" and facts.ignored:
            if facts.ignored == facts.count:
                all_ = "All" if facts.count > 1 else "The"
                return self.finding(
                    f"{all_} {counted(facts.count, 'label')} {agreed(facts.count, 'are')} ignored "
                    f"({shown(list(case.loss.ignore))})."
                )
            if facts.ignored > 0.95 * facts.count:
                return self.finding(
                    f"{percent(facts.ignored, facts.count)} of the labels are ignored, so some "
                    "batches may have none left.",
                    severity="note",
                )
        classes = case.class_weight
        if classes is not None and classes.label_total == 0 and not classes.bad:
            return self.finding("The class weights of all classes that occur are 0.")
        return None


class TokenMeanOfMeans(Check):
    code = "CE203"
    slug = "token-mean-of-means"
    title = "The loss is a mean of the means of micro-batches"
    pasted = "Gradient accumulation trains differently from one large batch"
    stage = Stage.REDUCTION
    severity = "warning"
    why = (
        "Each micro-batch (or rank) divides by its own number of kept tokens, then the means "
        "are averaged. So a token in a short micro-batch weighs more than one in a long "
        "micro-batch."
    )
    fix = (
        "Sum the loss over each micro-batch, and divide by the number of kept tokens of all "
        "micro-batches."
    )
    rule = (
        "The numbers of kept labels of the micro-batches differ by more than 5 %, and the "
        "reduction is a mean."
    )

    def find(self, case: Case) -> Finding | None:
        counts = list(case.micro_batches)
        if len(counts) < 2 or case.loss.reduction not in MEANS:
            return None
        low, high = min(counts), max(counts)
        if low == 0:
            return self.finding(
                f"The micro-batches keep {shown(counts, 6)} labels. The mean of a micro-batch "
                "with none is NaN or 0, and it counts as much as the others."
            )
        if high <= 1.05 * low:
            return None
        return self.finding(
            f"The micro-batches keep {shown(counts, 6)} labels: with a mean of means one label "
            f"weighs up to {high / low:.3g} times as much as another."
        )


CHECKS = (
    AllRowsIgnored,
    TokenMeanOfMeans,
)
