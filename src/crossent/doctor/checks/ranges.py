"""Checks of labels that are no class."""

from __future__ import annotations

from crossent.core import verdicts
from crossent.core.label_facts import LabelFacts
from crossent.doctor.case import Case
from crossent.doctor.check import Check, Message, Says, shown
from crossent.doctor.checks import label_values as values
from crossent.doctor.checks import shape_messages
from crossent.doctor.findings import Finding, Stage


class LabelOutOfRange(Check):
    code = "CE101"
    slug = "label-out-of-range"
    title = "Labels that are no class"
    pasted = "Received a label value of 12 which is outside the valid range of [0, 12)"
    stage = Stage.RANGE
    why = (
        "A label is the index of an output. An index that the last layer does not have is an error "
        "on some devices, NaN on others, and silently another class or a loss of 0 on others still."
    )
    fix = (
        "Give the last layer one output per class, or map the labels to 0..K-1: "
        "np.unique(y_true, return_inverse=True)[1]."
    )
    rule = (
        "Some label that is not ignored is below 0 or at least C, and no single mark (CE103), no "
        "counting from 1 (CE104), no grey levels (CE210) and no cast NaN (CE312) explains it."
    )
    messages = (
        *values.messages(values.too_large),
        Message("LightGBM", values.LIGHTGBM, values.too_large),
        Message("XGBoost", values.XGBOOST, "Some label is no class: see y.max() and y.min().", 0.6),
        *shape_messages.messages(code),
        Message(
            "PyTorch",
            r"index out of range in self",
            "An id is not below the size of an embedding.",
            0.8,
            "Compare the largest id with num_embeddings (the vocabulary), and call "
            "resize_token_embeddings after adding tokens.",
        ),
        Message(
            "TensorFlow",
            r"indices\[[\d, ]+\] = (?P<value>-?\d+) is not in \[0, (?P<classes>\d+)\)",
            values.looked_up,
        ),
        Message(
            "PyTorch",
            r"Class values must be smaller than num_classes|(?<!\w)target out of range",
            "Some label is at least the number of classes.",
            0.85,
            "Give the last layer (num_classes=) int(y_true.max()) + 1 classes, or map the labels "
            "to 0..K-1: y_true.unique(return_inverse=True)[1].",
        ),
        Message(
            "scikit-learn",
            r"y_true contains values (?P<v>\S.*?) not belonging to the passed labels (?P<l>.*)",
            values.not_listed,
        ),
        Message(
            "scikit-learn",
            r"y_true and y_(?:prob|pred) contain different number of classes:? (?P<a>\d+),? "
            r"(?:vs )?(?P<b>\d+)",
            lambda m: Says(
                0.5,
                f"The labels name {m['a']} classes and the predictions have {m['b']} columns.",
                "Pass a column for every class, in sorted order, and labels= all classes.",
            ),
        ),
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
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        facts = values.class_labels(case)
        if facts is None or verdicts.of_labels(facts) != self.code:
            return None
        if case.layout == "mismatch" and case.p is not None and len(case.p.shape) > 2:
            return None  # which axis has the classes is not known
        classes, wrong = case.classes or 0, facts.outside_values
        positions = ", ".join(str(p[0] if len(p) == 1 else p) for p in facts.first_outside)
        seen = (
            f"{values.share(facts)} outside of 0..{classes - 1}: {_listed(facts, 10)} (first at "
            f"{positions}). "
        )
        marks = set(wrong) <= set(verdicts.SENTINELS)
        high = facts.high or 0
        if high >= classes and not marks:
            return self.finding(
                seen + f"The largest needs {high + 1} classes.",
                fix=f"Give the last layer {high + 1} outputs instead of {classes}, or map "
                "the labels to 0..K-1: np.unique(y_true, return_inverse=True)[1].",
            )
        return self.finding(
            seen
            + (
                "Such numbers mostly mark places without a label."
                if marks
                else "A negative number is no class."
            ),
            fix=f"If they mark places without a label: ignore_class=({_listed(facts, 5)}). Else "
            "map the labels to 0..K-1: np.unique(y_true, return_inverse=True)[1].",
        )


def _listed(facts: LabelFacts, most: int) -> str:
    """Write the first values that are no class; of very many not all are kept."""
    text = shown(facts.outside_values, most)
    return text if facts.lost is None else text.replace(" and ", " and at least ")


class RangeErrorHiddenByDevice(Check):
    code = "CE102"
    slug = "range-error-hidden-by-device"
    title = "A range error that the device hides"
    pasted = "CUDA error: device-side assert triggered"
    stage = Stage.RANGE
    why = (
        "Label ranges are checked on the CPU only. On a GPU the error names a later line; in XLA, "
        "JAX and TensorFlow on a GPU it is NaN; on Apple's GPU and in Keras on JAX it is 0."
    )
    fix = (
        "Run ce.diagnose(y_true, num_classes=C) on the labels; after a CUDA assert start the "
        "process again, its context is lost."
    )
    rule = (
        "Labels out of range, as CE101, meet a framework or device that does not say so: optax, "
        "JAX, Keras on JAX, CUDA, MPS. Reported beside the code of the cause."
    )
    messages = (
        Message(
            "PyTorch on CUDA",
            r"Assertion `t >= 0 && t < n_classes` failed",
            "A label is below 0 or at least the number of outputs. The line that Python names is "
            "not the one that failed. Check the labels on the CPU, then start the process again.",
            0.97,
        ),
        Message(
            "PyTorch on CUDA",
            r"device-side assert triggered",
            "In a model with a cross-entropy this is nearly always a label outside of 0..C-1 (or "
            "an id outside of an embedding). The named line is not the one that failed.",
            0.85,
        ),
        Message(
            "PyTorch on CUDA",
            r"CUBLAS_STATUS_(?:ALLOC_FAILED|NOT_INITIALIZED|EXECUTION_FAILED)",
            "The memory may be full; but where some memory is free, an index out of range in an "
            "embedding or a loss broke the context, and the next call of cuBLAS says this.",
            0.6,
            "Run the batch on the CPU, which names the index, or "
            "ce.diagnose(y_true, num_classes=C); then start the process again.",
        ),
        Message(
            "PyTorch on CUDA",
            r"Assertion `cur_target >= 0 && cur_target < n_classes` failed",
            "A label of an image mask is outside of 0..C-1; 255 and -1 are the usual ones.",
            0.97,
        ),
        Message(
            "PyTorch on CUDA",
            r"Assertion `srcIndex < srcSelectDimSize` failed",
            "An index is outside of an embedding table or the classes: the vocabulary is larger "
            "than the layer.",
            0.6,
        ),
    )
    silent_after = (
        "CE110",
        "CE302",
    )

    def find(self, case: Case) -> Finding | None:
        facts = values.class_labels(case)
        if facts is None or not facts.outside:
            return None
        device = case.p.device if case.p is not None else "cpu"
        silent = self._what_happens(case, facts, device)
        if silent is None:
            return None
        return self.finding(
            f"{values.share(facts)} outside of 0..{(case.classes or 1) - 1}. {silent}"
        )

    def _what_happens(self, case: Case, facts: LabelFacts, device: str) -> str | None:
        classes = case.classes or 0
        if device.startswith(("cuda", "gpu")) or "cuda" in device.lower():
            return "On a GPU this is an assert at another line, or NaN."
        if device.startswith("mps"):
            return "On Apple's GPU such a row counts 0, silently."
        if case.framework in ("jax", "optax"):
            wrapped = [v for v in facts.outside_values if -classes <= v < 0]
            if wrapped:
                return (
                    f"optax counts from the end: {wrapped[0]} is taken for class "
                    f"{classes + wrapped[0]}, silently."
                )
            return "optax gives NaN for such a row, without an error."
        return None


CHECKS = (
    LabelOutOfRange,
    RangeErrorHiddenByDevice,
)
