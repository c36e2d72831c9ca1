"""Checks of labels that are no class."""

from __future__ import annotations

from crossent.core import verdicts
from crossent.core.label_facts import LabelFacts
from crossent.core.messages.values import ignored
from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, shown
from crossent.doctor.checks import class_labels
from crossent.doctor.findings import Finding, Stage


class LabelOutOfRange(Check):
    code = "CE101"
    slug = "label-out-of-range"
    title = "Labels that are not classes"
    pasted = "Received a label value of 12 which is outside the valid range of [0, 12)"
    stage = Stage.RANGE
    why = (
        "A label is the index of an output. If the last layer has no such output, some devices "
        "raise an error, some return NaN, and some silently use another class or a loss of 0."
    )
    fix = (
        "Give the last layer one output per class, or map the labels to 0..K-1: "
        "np.unique(y_true, return_inverse=True)[1]."
    )
    rule = (
        "Some label that is not ignored is below 0 or at least C, and no single mark (CE103), no "
        "counting from 1 (CE104), no grey levels (CE210) and no cast NaN (CE312) explains it."
    )
    silent_after = (
        "CE103",
        "CE104",
        "CE210",
        "CE312",
        "CE313",
        "CE310",
        "CE311",
        "CE110",
        "CE301",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        facts = class_labels.class_labels(case)
        if facts is None or verdicts.of_labels(facts) != self.code:
            return None
        if case.layout == "mismatch" and case.p is not None and len(case.p.shape) > 2:
            return None  # which axis has the classes is not known
        classes, wrong = case.classes or 0, facts.outside_values
        positions = ", ".join(str(p[0] if len(p) == 1 else p) for p in facts.first_outside)
        seen = (
            f"{class_labels.share(facts)} outside of 0..{classes - 1}: {_listed(facts, 10)} "
            f"(first at "
            f"{positions}). "
        )
        marks = set(wrong) <= set(verdicts.SENTINELS)
        high = facts.high or 0
        below, beyond = verdicts.sides(facts)
        if below and beyond:
            return self.finding(
                seen + f"The largest needs {beyond[-1] + 1} classes; {shown(below, 5)} "
                f"{agreed(len(below), 'are')} not a class.",
                fix=f"If {shown(below, 5)} {agreed(len(below), 'mark')} places without a label, "
                f"pass ignore_class={ignored(below)}, and give the last layer {beyond[-1] + 1} "
                f"outputs instead of {classes} for {shown(beyond, 5)}; or map the labels to "
                "0..K-1: np.unique(y_true, return_inverse=True)[1].",
            )
        if high >= classes and not marks:
            return self.finding(
                seen + f"The largest needs {high + 1} classes.",
                fix=f"Give the last layer {high + 1} outputs instead of {classes}, or map "
                "the labels to 0..K-1: np.unique(y_true, return_inverse=True)[1].",
            )
        return self.finding(
            seen
            + (
                "Such numbers usually mark places without a label."
                if marks
                else "A negative number is not a class."
            ),
            fix=f"If they mark places without a label, pass ignore_class=({_listed(facts, 5)}). "
            "Otherwise map the labels to 0..K-1: np.unique(y_true, return_inverse=True)[1].",
        )


def _listed(facts: LabelFacts, most: int) -> str:
    """Write the first values that are no class; of very many not all are kept."""
    text = shown(facts.outside_values, most)
    return text if facts.lost is None else text.replace(" and ", " and at least ")


class RangeErrorHiddenByDevice(Check):
    code = "CE102"
    slug = "range-error-hidden-by-device"
    companion = True
    title = "A range error that the device hides"
    pasted = "CUDA error: device-side assert triggered"
    stage = Stage.RANGE
    why = (
        "Label ranges are checked only on the CPU. On a GPU the error names a later line. XLA, "
        "JAX and TensorFlow on a GPU return NaN; Apple's GPU and Keras on JAX return 0."
    )
    fix = (
        "Run ce.diagnose(y_true, num_classes=C) on the labels. After a CUDA assert restart the "
        "process, because its context is lost."
    )
    rule = (
        "Labels are out of range, as in CE101, and the framework or device does not say so: "
        "optax, JAX, Keras on JAX, CUDA, MPS. Reported beside the code of the cause."
    )
    silent_after = (
        "CE110",
        "CE301",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        facts = class_labels.class_labels(case)
        if facts is None or not facts.outside:
            return None
        device = case.p.device if case.p is not None else "cpu"
        silent = self._what_happens(case, facts, device)
        if silent is None:
            return None
        return self.finding(
            f"{class_labels.share(facts)} outside of 0..{(case.classes or 1) - 1}. {silent}"
        )

    def _what_happens(self, case: Case, facts: LabelFacts, device: str) -> str | None:
        classes = case.classes or 0
        if device.startswith(("cuda", "gpu")) or "cuda" in device.lower():
            return "On a GPU this is an assert at another line, or NaN."
        if device.startswith("mps"):
            return "On Apple's GPU such a row silently counts as 0."
        if case.framework in ("jax", "optax"):
            wrapped = [v for v in facts.outside_values if -classes <= v < 0]
            if wrapped:
                return (
                    f"optax counts from the end: it silently reads {wrapped[0]} as class "
                    f"{classes + wrapped[0]}."
                )
            return "optax returns NaN for such a row, without an error."
        return None


CHECKS = (
    LabelOutOfRange,
    RangeErrorHiddenByDevice,
)
