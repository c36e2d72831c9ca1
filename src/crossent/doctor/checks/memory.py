"""Checks of size, from shapes alone: logits of a vocabulary, one-hot labels, index overflow."""

from __future__ import annotations

import math

from crossent.doctor.case import ArrayInfo, Case
from crossent.doctor.check import Check, counted, shape_text
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.footprint import CHUNK_BYTES, FLOATS, GIB, SIZES, footprint, in_units

VOCABULARY = 1000


def loss_bytes(p: ArrayInfo, classes: int, dense: bool) -> int:
    """Bytes of a training step on whole logits.

    >>> loss_bytes(ArrayInfo((8, 1024, 50257), "bfloat16"), 50257, dense=False) // 2**20
    4711
    """
    dtype = p.dtype if p.dtype in FLOATS else "float32"
    step = footprint(max(1, p.size // classes), classes, dtype)
    return step.dense if dense else step.whole


class VocabLogitsOom(Check):
    code = "CE206"
    slug = "vocab-logits-oom"
    title = "The logits of a vocabulary fill the memory"
    pasted = "CUDA out of memory. Tried to allocate 12.27 GiB (in the loss, not in the model)"
    stage = Stage.REDUCTION
    severity = "warning"
    why = (
        "The logits of all tokens, a float32 copy for the softmax and the gradient often need "
        "more memory than the whole model."
    )
    fix = (
        "Compute the loss from the hidden states: ce.linear_crossentropy(tokens, hidden, weight), "
        "or crossent.compat.transformers.linear_loss(model) for a causal model of Hugging Face. Or "
        "compute it in chunks of tokens, of the rows that have a label."
    )
    rule = (
        "At least 1000 classes, and logits, softmax and gradients (and one-hot labels of a "
        "dense loss) need more than 2 GiB, or more than a quarter of the memory that is given."
    )

    def find(self, case: Case) -> Finding | None:
        if case.p is None or not case.has_class_axis:
            return None
        classes = case.p.shape[case.axis]
        if classes < VOCABULARY:
            return None
        need = loss_bytes(case.p, classes, case.layout == "dense")
        limit = case.memory / 4 if case.memory else 2 * GIB
        if need <= limit:
            return None
        rows = max(1, CHUNK_BYTES // (classes * 4))
        ignored = ""
        if case.labels is not None and case.labels.ignored:
            share = case.labels.ignored / max(1, case.labels.count)
            ignored = f" {100 * share:.3g} % of the rows are ignored and need no logits."
        return self.finding(
            f"Logits {shape_text(case.p.shape)} in {case.p.dtype}, their softmax and the gradients "
            f"take {in_units(need)}; a chunk of {counted(rows, 'token')} takes "
            f"{in_units(rows * classes * 4)}.{ignored}",
            severity="note" if case.rows is not None and not case.memory else "warning",
        )


class OnehotLabelOom(Check):
    code = "CE207"
    slug = "onehot-label-oom"
    title = "One-hot labels where integers would do"
    pasted = "MemoryError in to_categorical"
    stage = Stage.REDUCTION
    severity = "warning"
    why = "A one-hot row holds C numbers where one class index says the same."
    fix = "Pass np.argmax(y_true, axis=-1) to the sparse loss."
    rule = "The labels are one-hot and larger than 256 MiB (a note above 1 MiB with 100 classes)."
    silent_after = ("CE108",)

    def find(self, case: Case) -> Finding | None:
        targets = case.targets
        if case.layout != "dense" or targets is None or not targets.is_one_hot or case.y is None:
            return None
        size = case.y.size * SIZES.get(case.y.dtype, 8)
        if size <= 2**20 or (targets.classes < 100 and size <= 2**28):
            return None
        return self.finding(
            f"{targets.rows} one-hot rows of {targets.classes} classes take {in_units(size)}; "
            f"integers take {in_units(8 * targets.rows)}.",
            severity="warning" if size > 2**28 else "note",
        )


class HugeTensorIndexOverflow(Check):
    code = "CE404"
    slug = "huge-tensor-index-overflow"
    title = "More elements than a 32-bit index counts"
    pasted = "CUDA error: an illegal memory access was encountered (in cross_entropy)"
    stage = Stage.REDUCTION
    severity = "warning"
    why = (
        "Some CUDA kernels count elements in 32 bits: beyond 2**31 they fail or return wrong rows."
    )
    fix = "Compute the loss in chunks of rows of less than 2**31 elements."
    rule = "The predictions are on a CUDA device and have 2**31 elements or more."

    def find(self, case: Case) -> Finding | None:
        if case.p is None or "cuda" not in case.p.device.lower():
            return None
        if math.prod(case.p.shape) < 2**31:
            return None
        return self.finding(
            f"`y_pred` of shape {shape_text(case.p.shape)} has {case.p.size:.4g} elements; 2**31 "
            f"is {2**31:.4g}."
        )


CHECKS = (VocabLogitsOom, OnehotLabelOom, HugeTensorIndexOverflow)
