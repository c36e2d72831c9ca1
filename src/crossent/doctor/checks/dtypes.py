"""Checks of the labels' type: floats, lost ids, narrow integers, cast NaN, text."""

from __future__ import annotations

from collections.abc import Sequence

from crossent.core import verdicts
from crossent.core.messages.names import listed
from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent, shape_text, shown
from crossent.doctor.column_order import best_order
from crossent.doctor.constants import EXACT
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.known_losses import WORDS
from crossent.stream.class_names import class_names_option

INDEX_LAYOUTS = ("alone", "index", "extra")

ACCEPTED = {
    "torch": ("int64", "uint8"),
    "tensorflow": ("int32", "int64"),
}
"""Types of class indices that a framework's own losses take."""


class LabelDtype(Check):
    code = "CE111"
    slug = "label-dtype"
    title = "The type of the labels is not what the loss takes"
    pasted = "RuntimeError: expected scalar type Long but found Float"
    stage = Stage.DTYPE
    why = (
        "A class index is a whole number. PyTorch takes only int64, TensorFlow int32 and int64; "
        "Keras silently cuts 1.7 down to 1. PyTorch's binary losses take floats."
    )
    fix = "Pass y_true.astype(np.int64) (PyTorch: y_true.long())."
    rule = (
        "Some label is not whole; or the framework is PyTorch, TensorFlow or optax and does not "
        "take this type."
    )
    silent_after = ("CE304", "CE310", "CE112")

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        if facts is None or case.y is None or not facts.count or case.for_numbers:
            return None
        if case.loss.kind == "binary":
            return self._binary(case)
        if case.layout == "dense":
            return self._dense(case)
        if case.layout not in INDEX_LAYOUTS:
            return None
        found = verdicts.of_labels(facts)
        if found == self.code:
            return self._fractional(case)
        if found is not None:
            return None  # values that are no class come first
        if case.framework == "optax" and case.y.kind == "f":
            return self.finding(
                f"`y_true` is {case.y.dtype}; optax takes integers. All its values are whole.",
                fix="Pass y_true.astype(int).",
            )
        accepted = ACCEPTED.get(case.framework or "")
        if accepted is None or case.y.dtype in accepted or case.y.framework != case.framework:
            return None
        return self.finding(
            f"`y_true` is {case.y.dtype}; {case.framework} takes {' or '.join(accepted)}. All its "
            "values are whole.",
            fix="Pass y_true.long()." if case.framework == "torch"
            else "Pass tf.cast(y_true, tf.int64).",
        )  # fmt: skip

    def _dense(self, case: Case) -> Finding | None:
        """PyTorch's cross-entropy takes rows of targets in the float type of the logits."""
        y, named = case.y, case.loss.name not in WORDS
        if y is None or case.framework != "torch" or y.kind not in "iub":
            return None
        if not (named or y.framework == "torch") or case.loss.kind == "dense":
            return None
        if case.targets is None or not case.targets.is_one_hot or case.classes == 1:
            return None
        return self.finding(
            f"`y_true` is {y.dtype} of shape {shape_text(y.shape)}, rows of targets. PyTorch "
            "takes integers only as class indices; targets for every class need a floating "
            "point type.",
            fix=f"Pass y_true.argmax({case.axis % len(y.shape)}) (class indices), or "
            "y_true.float().",
        )

    def _binary(self, case: Case) -> Finding | None:
        """PyTorch's binary losses take a number for each element, in a float type."""
        y = case.y
        if y is None or case.framework != "torch" or y.framework != "torch" or y.kind not in "iub":
            return None
        return self.finding(
            f"`y_true` is {y.dtype}; PyTorch's binary losses take a floating point type.",
            fix="Pass y_true.float().",
        )

    def _fractional(self, case: Case) -> Finding | None:
        facts = case.labels
        if facts is None:
            return None
        where = facts.first_fractional[0]
        seen = (
            f"{counted(facts.fractional, 'label')} of {facts.count} "
            f"({percent(facts.fractional, facts.count)}) {agreed(facts.fractional, 'are')} not "
            f"whole: {shown(facts.fractions, 5)} (first at "
            f"{where[0] if len(where) == 1 else where}). "
        )
        distinct = len(facts.fractions) + len(facts.present)
        if case.classes is not None and distinct == case.classes and distinct > 2:
            return self.finding(
                seen + f"There are as many distinct values as classes, {distinct}: the numbers of "
                "the classes were scaled, like the other columns of a table.",
                fix="Number them again: np.unique(y_true, return_inverse=True)[1].",
            )
        return self.finding(
            seen + "They look like a quantity (regression) or the probability of one class, not "
            "like class indices.",
            fix="For a quantity use another loss; for the probability of one class use "
            "binary_crossentropy.",
        )


class LabelIdsLostInFloatCast(Check):
    code = "CE310"
    slug = "label-ids-lost-in-float-cast"
    title = "A float type that cannot tell all class indices apart"
    pasted = "Wrong loss or NaN with mixed precision and thousands of classes"
    stage = Stage.DTYPE
    why = (
        "bfloat16 holds every whole number up to 256, float16 up to 2048, float32 up to 16 777 "
        "216. Above that, numbers are rounded: 3001 becomes 3000, another class."
    )
    fix = "Create the labels as integers; a cast now brings nothing back."
    rule = (
        "The labels are of a float type that does not hold every whole number up to C; or at "
        "least 50 large labels of a wider type, beyond such a limit, are all multiples of 2, 4 "
        "or 8, while smaller ones are not."
    )
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        if facts is None or case.y is None or case.layout not in INDEX_LAYOUTS:
            return None
        limit = EXACT.get(case.y.dtype)
        largest = case.classes or (facts.high or 0) + 1
        if limit is not None and largest > limit:
            return self.finding(
                f"`y_true` is {case.y.dtype}, which holds every whole number only up to {limit}, "
                f"but there are {largest} classes."
            )
        return self._rounded(case)

    def _rounded(self, case: Case) -> Finding | None:
        """Labels that went through a 16-bit type and came back."""
        facts = case.labels
        if facts is None or facts.high is None or facts.odd:
            return None
        counts = facts.histogram
        for dtype in ("bfloat16", "float16"):
            limit = EXACT[dtype]
            upper = counts[limit + 1 :]
            if int((upper > 0).sum()) < 50 or not counts[1:limit:2].any():
                continue
            kept = int(upper[::2].sum())  # odd numbers: limit + 1, limit + 3, ...
            if kept == 0:
                return self.finding(
                    f"All {int((upper > 0).sum())} distinct labels above {limit} are even, but "
                    f"those below are not: a cast to {dtype} rounded them.",
                    severity="warning",
                )
        return None


class NarrowIntWrap(Check):
    code = "CE311"
    slug = "narrow-int-wrap"
    title = "An integer type that is too narrow for the classes"
    pasted = "Class ids above 255 vanish, or come back negative"
    stage = Stage.DTYPE
    why = "uint8 holds 0..255 and int8 -128..127: larger ids silently wrap round to other classes."
    fix = "Read labels as int32 or int64 from the start; wrapped labels cannot be restored."
    rule = (
        "The labels are uint8, int8, uint16 or int16 and C is more than the type holds; or they "
        "are unsigned and contain what the ignored number becomes in that type (-1 is 255, -100 "
        "is 156)."
    )

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        if facts is None or case.y is None or case.layout not in INDEX_LAYOUTS:
            return None
        if verdicts.is_narrow(facts):
            return self.finding(
                f"`y_true` is {case.y.dtype}, which has {verdicts.NARROW[case.y.dtype]} numbers "
                f"from 0, and there are {case.classes} classes."
            )
        wrapped = verdicts.wrapped_mark(facts)
        if wrapped is not None:
            count = facts.count_of(wrapped)
            return self.finding(
                f"{counted(count, 'label')} {agreed(count, 'are')} {wrapped}, which is the ignored "
                f"number in {case.y.dtype}: it wrapped round.",
                fix=f"Pass ignore_class={wrapped}, or keep labels as int64 from the start.",
            )
        return None


class NanLabelsCastToInt(Check):
    code = "CE312"
    slug = "nan-labels-cast-to-int"
    title = "Missing labels: NaN, or NaN cast to an integer"
    pasted = "Received a label value of -2147483648 which is outside the valid range"
    stage = Stage.DTYPE
    why = (
        "A missing label is not a class. Cast to an integer, NaN becomes the smallest number of "
        "the type; Keras on JAX and NumPy counts such a row as 0."
    )
    fix = (
        "Give missing labels a number and leave it out: y_true = np.nan_to_num(y_true, nan=-1), "
        "ignore_class=-1; or drop those rows."
    )
    rule = (
        "Float labels hold NaN or infinity, or integer labels hold -2**31, -2**63, 2**32 - 1, "
        "2**63 - 1, 2**63 or 2**64 - 1; or labels that are names or Python objects hold None, NaN, "
        "an empty name, or a word such as NA that no class is named."
    )
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
        error = next((error for error in case.raised if error.code == self.code), None)
        if error is not None:
            seen, _, fix = error.text.partition(". ")
            return self.finding(f"{seen}.", fix=fix)
        facts = case.labels
        if facts is None or case.layout not in (*INDEX_LAYOUTS, "elements", "mismatch"):
            return None
        if facts.nan:
            where = facts.first_nan[0]
            return self.finding(
                f"{counted(facts.nan, 'label')} of {facts.count} "
                f"{agreed(facts.nan, 'are')} NaN or infinite (first at "
                f"{where[0] if len(where) == 1 else where})."
            )
        elements = verdicts.of_elements(facts) if case.layout == "elements" else None
        if self.code not in (verdicts.of_labels(facts), elements and elements[0]):
            return None
        cast = verdicts.cast_nan(facts)
        return self.finding(
            f"{counted(facts.odd[cast[0]], 'label')} of {facts.count} "
            f"{agreed(facts.odd[cast[0]], 'are')} {cast[0]}: NaN, infinity or -1 after a "
            "cast.",
            fix="Look for missing labels before the cast: give them -1 and pass ignore_class=-1, "
            "or drop those rows.",
        )


class StringLabels(Check):
    code = "CE313"
    slug = "string-labels"
    title = "The labels are text"
    pasted = "Cast string to int64 is not supported"
    stage = Stage.DTYPE
    why = (
        "A loss needs class numbers: the number of a name is the position of its column. Sorted "
        "names, as from np.unique and LabelEncoder, or names by first occurrence, as from "
        "pandas.factorize, give wrong numbers if the columns are in another order."
    )
    fix = (
        "Name the classes in the order of the columns, class_names=[...]. For a loss: "
        "y_true = [class_names.index(name) for name in y_true]."
    )
    rule = (
        "The labels are of a string type, or objects that are strings, none is missing (CE312), "
        "and neither class_names nor the headings of the predictions say which column is which "
        "class; or a label names none of the columns."
    )

    def find(self, case: Case) -> Finding | None:
        error = next((error for error in case.raised if error.code == self.code), None)
        if error is not None:
            seen, _, fix = error.text.partition(". ")
            return self.finding(f"{seen}.", title="A label names no column", fix=fix)
        if case.y is None or case.y.kind not in "USO":
            return None
        if any(error.code == "CE312" for error in case.raised):
            return None  # first the rows without a label
        first = ", ".join(repr(_decoded(value)) for value in case.y.sample[:3])
        seen = f"`y_true` holds text: {first}."
        if case.guess is None:
            return self.finding(seen)
        names, rows = case.guess.names, case.guess.rows
        if all(name.isascii() and name.isdigit() for name in names):
            return self.finding(
                f"{seen} They are numbers, written as text.",
                fix="y_true = [int(name) for name in y_true].",
            )
        if case.p is None or rows is None or rows.tops is None or not rows.judged:
            return self.finding(seen, fix=_by_name(names))
        seen += f" The {len(names)} columns of `y_pred` do not say which class they are."
        found = best_order(rows.tops)
        if found is not None and found.likely and not found.unknown:
            names = tuple(names[found.order.index(column)] for column in range(len(names)))
            seen += f" {percent(found.best, found.rows)} of the rows are right in the order "
            seen += f"{listed(names)}, {percent(found.given, found.rows)} in that of the names."
        else:
            seen += f" In the order {listed(names)} {percent(rows.correct, rows.judged)} of the "
            seen += "rows are right."
        if sorted(names) != list(names):
            seen += " That is not the sorted order, which scikit-learn assumes."
        return self.finding(seen, fix=_by_name(names))


def _decoded(value: object) -> object:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _by_name(names: Sequence[str]) -> str:
    option = class_names_option(names)
    return (
        f"If that is the order of the columns, pass {option}; otherwise write the names in the "
        "order of the columns. For a loss: y_true = [class_names.index(name) for name in "
        "y_true]."
    )


CHECKS = (LabelDtype, LabelIdsLostInFloatCast, NarrowIntWrap, NanLabelsCastToInt, StringLabels)
