"""Messages about values: labels, targets, predictions and weights that cannot be right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core import verdicts
from crossent.core.errors import (
    DoubleSoftmaxWarning,
    LabelRangeError,
    LabelTypeError,
    PredictionError,
    ProbabilityWarning,
    TargetError,
    WeightError,
)
from crossent.core.label_facts import LabelFacts
from crossent.core.missed_sums import Missed
from crossent.core.target_facts import TargetFacts

if TYPE_CHECKING:
    from crossent.core.plan import Plan

HostArray = npt.NDArray[Any]
Position = tuple[int, ...]

_SHOWN = 10


def _positions(wrong: HostArray, most: int = 3) -> str:
    found = np.argwhere(wrong)[:most]
    return ", ".join(str(tuple(int(i) for i in position)) for position in found)


def _items(values: list[Any]) -> str:
    shown = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def label_range(
    plan: Plan, y: HostArray, wrong: HostArray, live: HostArray | None
) -> LabelRangeError:
    classes = plan.classes
    facts = LabelFacts(classes, plan.options.ignore_class, dtype=y.dtype.name)
    facts.add(y if live is None else y[live], 0)
    offending = y[wrong]
    values = [v.item() for v in np.unique(offending)]
    share = f"{offending.size} of {_count(y.size, 'label')}"
    text = (
        f"`y_true` must hold class indices 0..{classes - 1}, because `y_pred` has {classes} "
        f"classes; {share} {'lie' if offending.size != 1 else 'lies'} outside: "
        f"{_items(values)} (first at {_positions(wrong)}). "
    )
    code = verdicts.of_labels(facts) or "CE101"
    return LabelRangeError(code, text + _cause_of_range(code, facts, classes, values))


def _cause_of_range(code: str, facts: LabelFacts, classes: int, values: list[Any]) -> str:
    if code == "CE312":
        return (
            "Such a number is what NaN or -1 becomes when it is cast to an integer: look for "
            "missing labels before the cast."
        )
    if code == "CE311":
        wrapped = verdicts.wrapped_mark(facts)
        if wrapped is not None:
            return (
                f"{wrapped} is what the ignored number becomes in {facts.dtype}. Pass "
                f"ignore_class={wrapped}, or keep labels as int64 from the start."
            )
        return (
            f"{facts.dtype} holds only 0..{verdicts.NARROW[facts.dtype] - 1}, which is too few "
            f"for {classes} classes: larger labels have wrapped around. Read them as int64 from "
            "the start."
        )
    if code == "CE104":
        return (
            f"The labels count from 1, but class indices start at 0: with {classes} classes the "
            f"label {classes} is out of range. Pass y_true - 1."
        )
    mark = verdicts.mark(facts)
    if code == "CE103" and mark is not None:
        return (
            f"A single such value, {mark}, usually marks rows without a label. Pass "
            f"ignore_class={mark} to leave them out.{minus_one(facts)}"
        )
    if code == "CE210":
        return (
            "These are grey levels, as in a mask file. Map them to 0..K-1 once for all data: "
            "np.unique(y_true, return_inverse=True)[1]."
        )
    largest = max(values)
    marks, beyond = verdicts.sides(facts)
    if marks and beyond:
        return (
            f"If {_items(marks)} {'marks' if len(marks) == 1 else 'mark'} places without a "
            f"label, pass ignore_class={ignored(marks)}; for {_items(beyond)} the last layer "
            f"needs {max(beyond) + 1} outputs instead of {classes}. Or map the labels to 0..K-1, "
            "for example with np.unique(y_true, return_inverse=True)[1]."
        )
    if largest >= classes and min(values) >= 0:
        return (
            f"Either the last layer needs {int(largest) + 1} outputs instead of {classes}, or the "
            "labels must be mapped to 0..K-1, for example with np.unique(y_true, "
            'return_inverse=True)[1]. Pass values that mean "no label" as ignore_class.'
        )
    return (
        "A negative label is not a class: map the labels to 0..K-1, or name the values that "
        'mean "no label" with ignore_class=(...).'
    )


def ignored(marks: list[int]) -> str:
    """Write the argument of `ignore_class` that leaves out these labels."""
    shown = marks[:_SHOWN]
    return str(shown[0]) if len(shown) == 1 else "(" + ", ".join(map(str, shown)) + ")"


def minus_one(facts: LabelFacts) -> str:
    """Say what -1 is if it marks no missing label; nothing where it can hardly be a class."""
    reading, classes = verdicts.minus_one(facts), facts.classes or 0
    if reading is None:
        return ""
    if reading == "signs":
        return " If -1 and 1 are the two classes, pass (y_true + 1) // 2."
    if reading == "from minus one":
        return " If the labels count from -1, pass y_true + 1."
    return (
        f" If -1 is a class of its own, a column is missing: pass y_true + 1 and give the last "
        f"layer {classes + 1} outputs instead of {classes}."
    )


def labels_not_integral(plan: Plan, y: HostArray, wrong: HostArray) -> LabelTypeError:
    offending = y[wrong]
    where = _positions(wrong)
    if not np.isfinite(offending).all():
        count = _count(np.count_nonzero(~np.isfinite(offending)), "label")
        return LabelTypeError(
            "CE312",
            f"`y_true` holds NaN or infinity in {count} (first at {where}). Drop those rows, or "
            "give them an integer and pass it as ignore_class.",
        )
    values = [float(v) for v in np.unique(offending)]
    numbering = ""
    if len(np.unique(y)) == plan.classes:
        numbering = (
            f"There are as many distinct values as classes, {plan.classes}, so the class numbers "
            "were probably scaled like the other columns of a table. Number them again: "
            "np.unique(y_true, return_inverse=True)[1]. "
        )
    return LabelTypeError(
        "CE111",
        f"`y_true` holds floats that are not class indices: {_items(values)} (first at {where}). "
        f"{numbering}For regression use another loss. For probabilities of one class use "
        "binary_crossentropy, of every class categorical_crossentropy.",
    )


def several_ones(function: str, row: HostArray, position: Position) -> TargetError:
    return TargetError(
        "CE301",
        "`y_true` has the shape of `y_pred`, and several classes are 1 in one row (row "
        f"{position} is {_row(row)}). That is multi-label data, but {function} takes one class "
        "index per row. Use binary_crossentropy, which gives every class its own yes or no.",
    )


def string_labels(dtype: str) -> LabelTypeError:
    return LabelTypeError(
        "CE313",
        f"`y_true` holds text or objects ({dtype}). Number the names by the order of the columns, "
        "which is seldom the sorted one: class_names = [...], "
        "y_true = [class_names.index(name) for name in y_true].",
    )


def label_masked(y: HostArray, wrong: HostArray) -> LabelRangeError:
    values = [v.item() for v in np.unique(y[wrong])]
    return LabelRangeError(
        "CE101",
        f"`y_true` names classes that `class_mask` excludes: {_items(values)} (first at "
        f"{_positions(wrong)}). Set them to True in class_mask.",
    )


def target_prob_range(prob: HostArray, wrong: HostArray) -> TargetError:
    return TargetError(
        "CE308",
        f"`target_prob` must lie in [0, 1]; it does not in {_count(wrong.sum(), 'row')} (first "
        f"at {_positions(wrong)}: {_row(prob[wrong][0])}).",
    )


def target_prob_sum(sums: HostArray) -> TargetError:
    worst = int(np.argmax(sums))
    return TargetError(
        "CE308",
        "`target_prob` must sum to at most 1 in every row (the rest is dropped); row "
        f"{np.unravel_index(worst, sums.shape)[0] if sums.ndim else 0} sums to "
        f"{sums.reshape(-1)[worst]:.6g}. Divide every row by its sum.",
    )


def _count(number: int | np.integer[Any], what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _row(values: HostArray) -> str:
    shown = ", ".join(f"{float(v):.4g}" for v in values[:5])
    return f"[{shown}{', ...' if len(values) > 5 else ''}]"


_OF_TARGETS: Final[dict[verdicts.TargetFault, str]] = {
    "several ones": "Several classes are 1 in one row: multi-label data. Use "
    "binary_crossentropy, which gives every class its own yes or no; or, if only one "
    "can be right, divide every row by its sum.",
    "not finite": "It holds NaN or infinity: look for missing labels.",
    "negative": "Negative numbers look like logits given as targets: apply a softmax to them "
    "first.",
    "percent": "These are percent: divide them by 100.",
    "counts": "Whole numbers look like counts or votes: divide every row by its sum.",
    "sums": "If the numbers are shares, divide every row by its sum.",
    "zeros": "A row of zeros has no label: drop it, or give it sample_weight 0. For rows with "
    "any number of right classes use binary_crossentropy.",
}


def bad_targets(facts: TargetFacts, row: HostArray, position: Position) -> TargetError:
    """Say what is wrong with targets that have a row which is no distribution."""
    code, fault = verdicts.of_targets(facts) or ("CE308", "sums")
    with np.errstate(invalid="ignore"):
        total = row.sum()
    return TargetError(
        code,
        "Every row of `y_true` must be a probability distribution over the classes; "
        f"row {position} is {_row(row)}, sum {total:.6g}. {_OF_TARGETS[fault]}",
    )


def target_on_masked(position: Position) -> TargetError:
    return TargetError(
        "CE308",
        f"`y_true` gives probability to a class that `class_mask` excludes (row {position}). Set "
        "the class to True in class_mask, or its target to 0.",
    )


_OF_ELEMENTS: Final[dict[verdicts.ElementFault, str]] = {
    "not finite": "Look for missing labels: leave those out by sample_weight 0, or give them a "
    "number and pass it as ignore_class.",
    "cast": "Such a number is what NaN or -1 becomes when it is cast to an integer: look for "
    "missing labels before the cast.",
    "signs": "To turn labels -1 and 1 into 0 and 1, pass (y_true + 1) / 2.",
    "from one": "To turn labels 1 and 2 into 0 and 1, pass y_true - 1.",
    "two levels": "To turn labels 0 and {high:g} into 0 and 1, pass y_true / {high:g}.",
    "bytes": "These are grey levels from 0 to 255: pass y_true / 255.",
    "indices": "For class indices use sparse_categorical_crossentropy.",
    "outside": 'Pass values such as -1 that mean "no label" as ignore_class.',
}


def binary_targets(
    plan: Plan, t: HostArray, wrong: HostArray, live: HostArray | None
) -> TargetError:
    facts = LabelFacts(None, plan.options.ignore_class, dtype=t.dtype.name)
    facts.add(t if live is None else t[live], 0)
    code, fault = verdicts.of_elements(facts) or ("CE308", "outside")
    values = [float(v) for v in np.unique(t[wrong].astype(np.float64))]
    return TargetError(
        code,
        f"`y_true` of binary_crossentropy must lie in [0, 1]; {int(wrong.sum())} of {t.size} "
        f"values do not: {_items(values)} (first at {_positions(wrong)}). "
        f"{_OF_ELEMENTS[fault].format(high=values[-1])}",
    )


def not_probabilities(plan: Plan, rows: HostArray, position: Position) -> PredictionError:
    low, high = float(np.nanmin(rows)), float(np.nanmax(rows))
    return PredictionError(
        "CE106",
        "`y_pred` must hold probabilities in [0, 1], because from_logits=False; "
        f"{_count(len(rows), 'row')} {'does' if len(rows) == 1 else 'do'} not (first at "
        f"{position}; values from {low:.6g} to {high:.6g}). They look like logits: pass "
        "from_logits=True.",
    )


def probability_on_masked(position: Position) -> PredictionError:
    return PredictionError(
        "CE106",
        f"`y_pred` gives probability to a class that `class_mask` excludes (row {position}). "
        "Mask the logits before the softmax, or pass logits with from_logits=True.",
    )


def rows_do_not_sum(code: str, rows: Missed) -> PredictionError:
    causes = (
        "For independent (sigmoid) probabilities use binary_crossentropy. For logits that "
        "happen to lie in [0, 1] pass from_logits=True. Otherwise pass normalize=True to divide "
        "every row by its sum, or normalize=False to use the rows as they are."
    )
    if code == "CE214":
        causes = (
            "A row of zeros is not a distribution: its loss is that of a class with probability "
            "0. If such rows are padding, give them sample_weight 0; otherwise pass logits with "
            "from_logits=True."
        )
    return PredictionError(
        code,
        f"The rows of `y_pred` must sum to 1; they do not in {_count(rows.count, 'row')} (row "
        f"{rows.first} is {_row(rows.row)}, the worst sum is {rows.worst_sum:.6g}). {causes}",
    )


def rows_nearly_sum(rows: Missed) -> ProbabilityWarning:
    return ProbabilityWarning(
        "CE406",
        f"{_count(rows.count, 'row')} of `y_pred` {'does' if rows.count == 1 else 'do'} not sum "
        f"to 1 (worst: row {rows.worst}, sum {rows.worst_sum:.6g}; tolerance {rows.tolerance:.2g} "
        "for the precision of these values). The loss uses the rows as they are. Pass "
        "normalize=True to divide every row by its sum, or normalize=False if these sums are "
        "intended.",
    )


def double_softmax(plan: Plan, rows: int) -> DoubleSoftmaxWarning:
    if plan.options.function == "log_probs":
        return softmax_twice(
            plan, rows, "`logits`", "log_probs applies",
            "or pass the logarithms of the probabilities, which are logits too",
        )  # fmt: skip
    return softmax_twice(
        plan, rows, "`y_pred`", "from_logits=True applies", "or pass from_logits=False"
    )


def softmax_twice(
    plan: Plan, rows: int, predictions: str, applies: str, instead: str
) -> DoubleSoftmaxWarning:
    """A softmax before a loss that has one, in the words of whoever's loss it is."""
    classes = plan.classes
    floor = math.log(math.e + classes - 1) - 1
    return DoubleSoftmaxWarning(
        "CE105",
        f"All {rows} rows of {predictions} are probabilities already, but {applies} a "
        f"softmax again: the loss cannot fall below {floor:.4f} for {classes} classes. Remove the "
        f"softmax from the model, {instead}.",
    )


def bad_weight(name: str, weight: HostArray, wrong: HostArray) -> WeightError:
    values = [float(v) for v in np.unique(weight[wrong])]
    where = f" (first at {_positions(wrong)})" if weight.ndim else ""
    return _bad_weight(name, f"{_items(values)}{where}")


def bad_weight_number(name: str, weight: float) -> WeightError:
    return _bad_weight(name, str(weight))


def _bad_weight(name: str, got: str) -> WeightError:
    return WeightError("CE314", f"`{name}` must be finite and not negative; got {got}.")


def class_weight_missing(classes: HostArray, plan: Plan) -> WeightError:
    smoothed = " (with label_smoothing every class does)" if plan.options.label_smoothing else ""
    return WeightError(
        "CE314",
        f"`class_weight` has no weight for classes that occur{smoothed}: "
        f"{_items([int(c) for c in classes])}. Give each a weight; 0 leaves it out.",
    )
