"""Checks of grey levels as labels, and of outputs that no label uses."""

from __future__ import annotations

import math

from crossent.core import verdicts
from crossent.doctor.case import Case
from crossent.doctor.check import Check, shown
from crossent.doctor.checks import class_labels
from crossent.doctor.findings import Finding, Stage


class RawMaskValues(Check):
    code = "CE210"
    slug = "raw-mask-values"
    title = "Grey levels or colours of a mask as labels"
    pasted = "Target 192 is out of bounds"
    stage = Stage.RANGE
    why = (
        "A mask file holds grey levels or colours. They are not class indices until a table "
        "maps them. A smooth resize even adds levels between two classes."
    )
    fix = "Map the levels with a table: np.unique(mask, return_inverse=True)[1], once for all data."
    rule = (
        "All labels lie in 0..255, some are at least C, and the distinct ones are no more than C "
        "and share a divisor above 1 or are black and white; or most are a few frequent levels and "
        "rare ones (under 2 % each, 10 % in all) lie between them; or the labels have a last "
        "dimension of 3 or 4 (RGB, RGBA) where none should be."
    )
    silent_after = (
        "CE103",
        "CE104",
        "CE110",
    )

    def find(self, case: Case) -> Finding | None:
        if case.y is not None and case.p is not None and case.layout == "mismatch":
            return self._colours(case)
        facts = class_labels.class_labels(case)
        if facts is None or verdicts.of_labels(facts) != self.code:
            return None
        if verdicts.is_grey(facts):
            return self.finding(
                f"The only labels are {shown(facts.present)}: {len(facts.present)} grey levels, "
                f"but the {case.classes} classes are 0..{(case.classes or 0) - 1}."
            )
        frequent, inner = verdicts.between_greys(facts)
        return self.finding(
            f"{len(frequent)} levels are frequent ({shown(frequent)}), and {len(inner)} rare ones "
            f"lie between them ({shown(inner, 5)}), as after a smooth resize.",
            fix="Resize masks with nearest neighbour, then map the levels with a table: "
            "np.unique(mask, return_inverse=True)[1].",
        )

    def _colours(self, case: Case) -> Finding | None:
        if case.y is None or case.p is None or not case.y.shape:
            return None
        last, rows = case.y.shape[-1], case.row_shape
        if last not in (3, 4) or case.y.shape[:-1] != rows or last == case.classes:
            return None
        if case.y.kind not in "iu" or len(rows) < 2:
            return None
        kind = "RGB" if last == 3 else "RGBA"
        return self.finding(
            f"The labels have shape {case.y.shape}. The last dimension of {last} is that of a "
            f"colour image ({kind}), but the loss needs one class index for each of {rows}.",
            fix="Map each colour to a class index with a table before training.",
        )


class ClassCountMismatch(Check):
    code = "CE211"
    slug = "class-count-mismatch"
    title = "More outputs than classes"
    pasted = "The model has more outputs than the data has classes"
    stage = Stage.RANGE
    severity = "warning"
    why = (
        "Some outputs are never right. That does not harm the loss, but many of them show that "
        "the last layer belongs to another dataset."
    )
    fix = "Compare the class list of the model with that of the data."
    rule = (
        "The largest label is less than half of what the outputs allow, and there are at least "
        "50 C labels (an image or a text counts as one); or num_classes is given and differs "
        "from the number of outputs."
    )
    silent_after = (
        "CE111",
        "CE110",
        "CE305",
        "CE310",
    )

    def find(self, case: Case) -> Finding | None:
        if case.told_classes is not None and case.layout in ("index", "extra", "dense"):
            return self._told(case.classes or 0, case.told_classes)
        facts = class_labels.class_labels(case)
        if facts is None or facts.outside or facts.high is None or case.layout == "mismatch":
            return None
        classes, largest = case.classes or 0, facts.high
        if case.y is None or classes <= 2 * (largest + 1):
            return None
        # The places of an image or a text are no rows of a data set.
        places = len(case.y.shape) > 1 and case.layout != "extra" and case.y.shape[-1] != 1
        if min(facts.kept, case.y.shape[0] if places else facts.kept) < 50 * classes:
            return None
        if classes > 1000 and classes - largest <= 512:
            return None
        return self.finding(
            f"There are {classes} outputs, but {facts.kept} labels use only 0..{largest}: an "
            f"untrained model starts at ln {classes} = {math.log(classes):.4f} instead of ln "
            f"{largest + 1} = {math.log(largest + 1):.4f}.",
            severity="note" if len(facts.present) == 1 else "warning",
        )

    def _told(self, outputs: int, told: int) -> Finding | None:
        """Compare the number of classes that was named with that of the outputs."""
        if outputs == told or (told > 1000 and 0 < outputs - told <= 512):
            return None
        return self.finding(
            f"`num_classes` is {told}, but the predictions have {outputs} outputs.",
            severity="error" if told > outputs else "warning",
        )


CHECKS = (
    RawMaskValues,
    ClassCountMismatch,
)
