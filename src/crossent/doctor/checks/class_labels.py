"""The facts of class indices whose number of classes is known."""

from __future__ import annotations

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
    return facts if facts.kept else None


def share(facts: LabelFacts) -> str:
    """Count the labels that are no class."""
    lie = agreed(facts.outside, "lie")
    return f"{counted(facts.outside, 'label')} of {grouped(facts.count)} {lie}"
