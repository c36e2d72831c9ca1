"""Checks of targets: several labels a row, rows that are no distribution, ignored classes."""

from __future__ import annotations

from typing import Final

from crossent.core import verdicts
from crossent.doctor.case import Case, GroupFacts
from crossent.doctor.check import Check, agreed, counted, shape_text, shown
from crossent.doctor.findings import Finding, Stage

MISSING: Final = "Look for missing labels; drop those rows or give them sample_weight 0."
OUTSIDE: Final = (
    'Targets of the binary loss must lie in [0, 1]. Pass marks for "no label" as ignore_class.'
)
OF_ELEMENTS: Final = {
    "signs": "Pass (y_true + 1) / 2.",
    "from one": "Pass y_true - 1.",
    "two levels": "Pass y_true / {high:g}.",
    "bytes": "These are grey levels: pass y_true / 255.",
    "indices": "For class indices use sparse_categorical_crossentropy.",
}


def _row(values: list[float]) -> str:
    text = ", ".join(f"{value:.4g}" for value in values[:5])
    return f"[{text}{', ...' if len(values) > 5 else ''}]"


class MultilabelToSoftmax(Check):
    code = "CE301"
    slug = "multilabel-to-softmax-ce"
    title = "Several labels in one row, and a softmax loss"
    pasted = "Multi-label targets with categorical cross-entropy: the loss does not go to 0"
    stage = Stage.TARGETS
    why = (
        "A softmax makes the classes compete for one unit of probability. Rows with several right "
        "classes need a yes or no for each class."
    )
    fix = "Use binary_crossentropy (loss='binary'), with a sigmoid or from_logits=True."
    rule = (
        "The labels have the shape of the predictions, hold 0 and 1 alone, and some row has two "
        "ones or more; or each row holds K class numbers where one is meant. Or the loss is the "
        "binary one, and 8 rows of predictions or more all sum to 1 along an axis: with several "
        "ones in a row of the labels, or with one 1 in each (a warning; of two outputs a note)."
    )
    silent_after = (
        "CE210",
        "CE303",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        targets = case.targets
        if case.for_numbers:
            return None
        if case.groups is not None:
            return self._grouped(case, case.groups)
        if case.flat is not None:
            return None
        found = None if targets is None else verdicts.of_targets(targets)
        if case.layout == "dense" and targets is not None and found and found[0] == self.code:
            return self.finding(
                f"{counted(targets.several, 'row')} of {targets.rows} "
                f"{agreed(targets.several, 'hold')} several ones (up to {targets.sum_high:g}), "
                "and all values are 0 or 1."
            )
        if case.layout != "mismatch" or case.y is None or case.p is None or case.kind != "sparse":
            return None
        if not case.has_class_axis:
            return None
        y, axis = case.y.shape, case.axis % max(1, len(case.p.shape))
        if len(y) != len(case.p.shape) or y[:axis] + y[axis + 1 :] != case.row_shape:
            return None
        facts = case.labels
        width = y[axis]
        if facts is None or facts.fractional or case.y.kind not in "iub" or width >= 16:
            return None
        if len(y) > 2 and width in (3, 4) and (facts.high or 0) > (case.classes or 0):
            return None
        return self.finding(
            f"`y_true` has shape {shape_text(y)}: {width} class numbers for each row.",
            fix="If only one of them is right, pass that one. If all are right, make a 0/1 "
            "column per class and use binary_crossentropy. If they share one unit of "
            "probability, pass target_prob.",
        )

    def _grouped(self, case: Case, groups: GroupFacts) -> Finding | None:
        """A binary loss meets the outputs of a softmax."""
        if case.takes_logits:
            return None
        seen = (
            f"All {groups.groups} rows of `y_pred` sum to 1 along axis {groups.axis}, as the "
            f"{groups.size} outputs of a softmax do, and the loss is the binary one."
        )
        if groups.several:
            return self.finding(
                f"{seen} {counted(groups.several, 'row')} of `y_true` "
                f"{agreed(groups.several, 'hold')} several ones.",
                title="Several labels in one row, and outputs of a softmax",
                fix="Replace the softmax by a sigmoid, and keep the binary loss.",
            )
        if groups.one < groups.groups:
            return None
        return self.finding(
            f"{seen} Every row of `y_true` holds one 1.",
            title="A binary loss where one class of several is right",
            why="A binary loss judges each output alone. For rows of a softmax it is not the "
            "cross-entropy, and its accuracy looks too high. Only with two outputs is it the "
            "same number.",
            fix=f"Use categorical_crossentropy (loss='dense'), or y_true.argmax({groups.axis}) and "
            "a loss for class indices.",
            severity="note" if groups.size == 2 else "warning",
        )


class InvalidSoftTargets(Check):
    code = "CE308"
    slug = "invalid-soft-targets"
    title = "Target rows that are not distributions"
    pasted = "The loss is negative, or falls without end, with soft labels"
    stage = Stage.TARGETS
    why = (
        "A target row holds the probability of each class: numbers in [0, 1] that sum to 1. "
        "PyTorch, TensorFlow and optax take anything, and the loss then has no lower limit."
    )
    fix = "Divide every row by its sum: y_true / y_true.sum(-1, keepdims=True)."
    rule = (
        "Rows hold negative numbers or NaN, or sum to something other than 1 within the precision "
        "found in the values; or a target of the binary loss lies outside of [0, 1]."
    )
    silent_after = (
        "CE301",
        "CE304",
        "CE108",
        "CE305",
        "CE302",
        "CE303",
    )

    def find(self, case: Case) -> Finding | None:
        if case.for_numbers:
            return None
        if case.layout == "elements" and case.kind == "binary":
            return self._binary(case)
        targets = case.targets
        if case.layout != "dense" or targets is None or not targets.rows:
            return None
        found = verdicts.of_targets(targets)
        if found is None or found[0] != self.code:
            return None
        fault, rows = found[1], targets.rows
        where = case.where(targets.first_bad)
        first = f" ({where} is {_row(targets.bad_row)})" if targets.first_bad is not None else ""
        if fault == "not finite":
            text = f"{agreed(targets.nan, 'hold')} NaN or infinity{first}"
            return self.finding(f"{counted(targets.nan, 'row')} of {rows} {text}.", fix=MISSING)
        if fault == "negative":
            return self.finding(
                f"{counted(targets.negative, 'row')} of {rows} "
                f"{agreed(targets.negative, 'hold')} negative numbers"
                f"{first}: they look like logits of a teacher.",
                fix="Apply a softmax to the teacher's logits first.",
            )
        if fault == "zeros":
            return self.finding(
                f"{counted(targets.zeros, 'row')} of {rows} {agreed(targets.zeros, 'are')} all "
                "zeros, which is no label.",
                fix="Drop those rows, or give them sample_weight 0.",
            )
        sums = f"sums from {targets.sum_low:.4g} to {targets.sum_high:.4g}"
        what = {"percent": ", percent", "counts": ", counts or votes"}.get(fault, "")
        return self.finding(
            f"{counted(targets.off, 'row')} of {rows} {agreed(targets.off, 'do')} not sum to 1 "
            f"({sums}){first}{what}."
        )

    def _binary(self, case: Case) -> Finding | None:
        facts = case.labels
        found = None if facts is None else verdicts.of_elements(facts)
        if facts is None or found is None or found[0] != self.code:
            return None
        odd = [v for v in facts.present if v not in (0, 1)]
        ends = {facts.fraction_low, facts.fraction_high} if facts.fractional else set()
        odd_fractions = sorted({v for v in (*facts.fractions, *ends) if not 0 <= v <= 1})
        return self.finding(
            f"The targets of the binary loss hold {shown([*odd, *odd_fractions], 5)}.",
            fix=OF_ELEMENTS.get(found[1], OUTSIDE).format(high=facts.high or 0),
        )


class IgnoreIndexIsAClass(Check):
    code = "CE316"
    slug = "ignore-index-is-a-class"
    title = "The ignored number is a class, or cannot be ignored"
    pasted = "ignore_index is not supported for floating point target"
    stage = Stage.TARGETS
    severity = "note"
    why = (
        "Ignoring a class leaves out its rows, but the class stays in the softmax and is still "
        "pushed down. Soft rows have no label to compare, so nothing is ignored."
    )
    fix = (
        "To remove a class, mask its logit (class_mask). To leave out soft rows, give them "
        "sample_weight 0."
    )
    rule = (
        "An ignored number lies in 0..C-1 (a note); or the targets are dense and a number is "
        "ignored by name (an error)."
    )

    def find(self, case: Case) -> Finding | None:
        if not case.loss.ignore or case.loss.ignore_is_default:
            return None
        marks = shown([int(v) for v in case.loss.ignore])
        if case.layout == "dense" and case.kind == "dense":
            return self.finding(
                f"ignore_class={marks}, but the targets are rows of {case.classes} numbers.",
                fix="Leave ignore_class out, and give rows without a label sample_weight 0.",
                severity="error",
            )
        inside = [v for v in case.loss.ignore if case.classes and 0 <= v < case.classes]
        if not inside or case.kind != "sparse" or case.labels is None:
            return None
        return self.finding(
            f"ignore_class={marks} is one of the classes 0..{(case.classes or 1) - 1}; "
            f"{counted(case.labels.ignored, 'row')} {agreed(case.labels.ignored, 'are')} left out, "
            f"and class {inside[0]:g} stays in the softmax.",
            fix="Do nothing if that is meant. To remove the class itself give the loss a "
            "class_mask.",
        )


CHECKS = (MultilabelToSoftmax, InvalidSoftTargets, IgnoreIndexIsAClass)
