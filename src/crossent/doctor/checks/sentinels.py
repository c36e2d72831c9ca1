"""Checks of marks for rows without a label, and of labels that count from 1."""

from __future__ import annotations

from crossent.core import verdicts
from crossent.core.label_facts import LabelFacts
from crossent.core.messages.values import minus_one
from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, grouped, percent
from crossent.doctor.checks import class_labels
from crossent.doctor.findings import Finding, Stage


class VoidLabelUnmasked(Check):
    code = "CE103"
    slug = "void-label-unmasked"
    title = "A mark for rows without a label reaches the loss"
    pasted = "Target -1 is out of bounds"
    stage = Stage.RANGE
    why = (
        "-1, -100, 255 and similar values mark places without a label. A loss that does not "
        "know the mark reads it as a class: an error, NaN, or silently the last class."
    )
    fix = "Tell the loss which number marks them: ignore_class=... (PyTorch: ignore_index=...)."
    rule = (
        "Exactly one distinct value lies outside of 0..C-1, and it is -1, -2, -100, 255 or "
        "65535. If other labels are classes, it may also be any negative number, or 999, 9999 "
        "or 99999 far above them."
    )
    silent_after = (
        "CE110",
        "CE302",
        "CE311",
    )

    def find(self, case: Case) -> Finding | None:
        facts = class_labels.class_labels(case)
        some = case.labels is not None and 0 < case.labels.ignored < case.labels.count
        if case.labels is not None and some and case.loss.ignore_is_default:
            return self._default(case, case.labels)
        if facts is None or verdicts.of_labels(facts) != self.code:
            return None
        value, count = verdicts.mark(facts) or 0, facts.outside
        return self.finding(
            f"{counted(count, 'label')} of {grouped(facts.count)} ({percent(count, facts.count)}) "
            f"{agreed(count, 'are')} {value}, the only value outside of "
            f"0..{(case.classes or 0) - 1}. One such value usually marks rows without a label.",
            fix=f"Pass ignore_class={value} to leave them out (PyTorch: ignore_index={value})."
            + minus_one(facts),
        )

    def _default(self, case: Case, facts: LabelFacts) -> Finding | None:
        mark = case.loss.ignore[0]
        return self.finding(
            f"{counted(facts.ignored, 'label')} of {facts.count} "
            f"({percent(facts.ignored, facts.count)}) {agreed(facts.ignored, 'are')} {mark}, which "
            "PyTorch leaves out by default.",
            fix="Do nothing if that is meant.",
            severity="note",
        )


class OneBasedLabels(Check):
    code = "CE104"
    slug = "one-based-labels"
    title = "The labels count from 1"
    pasted = "IndexError: Target 10 is out of bounds (10 classes, labels 1 to 10)"
    stage = Stage.RANGE
    why = "Class indices start at 0: with C classes the last index is C - 1, so C is out of range."
    fix = "Pass y_true - 1."
    rule = (
        "Apart from marks, the largest label is C and 0 never occurs; 1 occurs too, unless "
        "there are fewer than 20 C labels. Or, with at least 20 C labels, every class except 0 "
        "occurs."
    )
    silent_after = (
        "CE110",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        facts = class_labels.class_labels(case)
        if facts is None or not facts.present or 0 in case.loss.ignore:
            return None
        classes = case.classes or 0
        if verdicts.counts_from_one(facts):
            count, low = facts.count_of(classes), min(v for v in facts.present if v > 0)
            return self.finding(
                f"The labels run from {low} to {classes}, and 0 never occurs, but {classes} "
                f"classes are 0..{classes - 1}: {counted(count, 'label')} of {facts.count} "
                f"{agreed(count, 'are')} out of range.",
                why=f"Class indices start at 0: with {classes} classes the last index is "
                f"{classes - 1}, so {classes} is out of range.",
            )
        present = verdicts.without_marks(facts)
        if not present or min(present) != 1:
            return None
        enough = facts.kept >= verdicts.FEW * classes
        if max(present) == classes - 1 and len(present) == classes - 1 and enough and classes > 2:
            return self.finding(
                f"All of {classes} classes except 0 occur in {facts.kept} labels, so output 0 is "
                "never right.",
                fix="If the labels count from 1, pass y_true - 1 and give the last layer "
                f"{counted(classes - 1, 'output')}.",
                severity="note",
            )
        return None


CHECKS = (
    VoidLabelUnmasked,
    OneBasedLabels,
)
