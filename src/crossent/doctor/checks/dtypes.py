"""Checks of the labels' type: floats, lost ids, narrow integers, cast NaN, text."""

from __future__ import annotations

from crossent.core import verdicts
from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, percent, shown
from crossent.doctor.constants import EXACT
from crossent.doctor.findings import Finding, Stage

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
        "A class index is a whole number. PyTorch takes int64 alone, TensorFlow int32 and int64; "
        "Keras cuts 1.7 down to 1 without a word. A binary loss of PyTorch takes floats."
    )
    fix = "Pass y_true.astype(np.int64) (PyTorch: y_true.long())."
    rule = (
        "Some label is not whole; or the framework is PyTorch, TensorFlow or optax and the type is "
        "none of those that it takes."
    )
    silent_after = ("CE304", "CE310", "CE112")

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        if facts is None or case.y is None or not facts.count or case.for_numbers:
            return None
        if case.loss.kind == "binary":
            return self._binary(case)
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
            seen + "These are no class indices: a quantity (regression) or the probability of one "
            "class.",
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
        "bfloat16 counts in ones up to 256, float16 up to 2048, float32 up to 16 777 216. Above "
        "that 3001 becomes 3000, another class."
    )
    fix = "Keep labels as integers from where they are made; a cast now brings nothing back."
    rule = (
        "The labels are of a float type and C is larger than the type counts in ones; or large "
        "labels of a wider type are all multiples of 2, 4 or 8 beyond such a limit, 50 of them at "
        "least, while smaller ones are not."
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
                f"`y_true` is {case.y.dtype}, which counts in ones up to {limit}, and there are "
                f"{largest} classes."
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
                    f"All {int((upper > 0).sum())} distinct labels above {limit} are even, those "
                    f"below are not: they went through {dtype} and were rounded.",
                    severity="warning",
                )
        return None


class NarrowIntWrap(Check):
    code = "CE311"
    slug = "narrow-int-wrap"
    title = "An integer type that is too narrow for the classes"
    pasted = "Class ids above 255 vanish, or come back negative"
    stage = Stage.DTYPE
    why = "uint8 holds 0..255 and int8 -128..127: larger ids wrap round to other classes, silently."
    fix = "Read labels as int32 or int64 from the start; what has wrapped cannot be told any more."
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
    title = "Labels that are missing: NaN, or NaN cast to an integer"
    pasted = "Received a label value of -2147483648 which is outside the valid range"
    stage = Stage.DTYPE
    why = (
        "A missing label is no class. Cast to an integer NaN becomes the smallest number of the "
        "type; Keras on JAX and NumPy counts such a row as 0."
    )
    fix = (
        "Give missing labels a number and leave it out: y_true = np.nan_to_num(y_true, nan=-1), "
        "ignore_class=-1; or drop those rows."
    )
    rule = (
        "Float labels hold NaN or infinity, or integer labels hold -2**31, -2**63, 2**32 - 1, "
        "2**63 - 1, 2**63 or 2**64 - 1."
    )
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
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
    why = "A loss counts classes; a name has no number until a table gives it one."
    fix = "classes, y_true = np.unique(y_true, return_inverse=True), and keep `classes`."
    rule = "The labels are of a string type, or objects that are strings."

    def find(self, case: Case) -> Finding | None:
        if case.y is None or case.y.kind not in "USO":
            return None
        first = ", ".join(repr(value) for value in case.y.sample[:3])
        return self.finding(f"`y_true` holds text: {first}.")


CHECKS = (LabelDtype, LabelIdsLostInFloatCast, NarrowIntWrap, NanLabelsCastToInt, StringLabels)
