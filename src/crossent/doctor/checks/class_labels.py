"""The facts of class indices whose number of classes is known."""

from __future__ import annotations

import math

from crossent.core.label_facts import LabelFacts
from crossent.doctor.case import Case
from crossent.doctor.check import agreed, counted, grouped


def class_labels(case: Case) -> LabelFacts | None:
    """Return the facts of class indices whose number of classes is known."""
    facts = case.labels
    if facts is None or case.classes is None or case.layout in ("dense", "elements", "none"):
        return None
    if case.layout == "mismatch" and case.found & {"CE108", "CE109", "CE110", "CE301", "CE304"}:
        return None
    return facts if facts.kept and not _is_misread(case) else None


def _is_misread(case: Case) -> bool:
    """Whether shapes do not fit because the classes are not where they are looked for."""
    if case.layout != "mismatch" or case.y is None or case.p is None:
        return False
    labels, rows = case.y.size, math.prod(case.row_shape)
    same_rank = len(case.y.shape) == len(case.row_shape)
    if not labels or not rows or not same_rank:
        return True
    # Whole numbers of predictions for a label come from a reshape, others from rows that are lost.
    return case.p.size % labels == 0 or labels % rows == 0


def share(facts: LabelFacts) -> str:
    """Count the labels that are no class."""
    lie = agreed(facts.outside, "lie")
    return f"{counted(facts.outside, 'label')} of {grouped(facts.count)} {lie}"
