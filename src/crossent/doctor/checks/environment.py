"""Checks of what surrounds a loss: distribution, kernels, devices, versions."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, shape_text
from crossent.doctor.findings import Finding, Stage


class TfDistributeReduction(Check):
    code = "CE401"
    slug = "tf-distribute-reduction"
    title = "A Keras loss with its own mean under tf.distribute"
    pasted = (
        "Please use `tf.keras.losses.Reduction.SUM` or `tf.keras.losses.Reduction.NONE` for loss "
        "reduction when losses are used with `tf.distribute.Strategy`"
    )
    stage = Stage.REDUCTION
    why = "In a custom training loop each replica would divide by its own rows."
    fix = "Pass reduction='none', sum the rows, and divide by the global batch size."
    rule = (
        "Only the message shows it. Data and environment do not: under a strategy the mean is "
        "wrong in a custom loop and right in model.fit, and the doctor cannot see which of them "
        "runs."
    )


class VocabParallelLoss(Check):
    code = "CE402"
    slug = "vocab-parallel-loss"
    title = "A loss for a split vocabulary gets gathered logits"
    pasted = "With tensor parallelism the loss is too high by ln(TP)"
    stage = Stage.REDUCTION
    severity = "warning"
    why = (
        "A loss for split vocabularies adds up the exponentials of all ranks. Given the gathered "
        "logits, each rank contributes the whole sum, and the loss is ln(ranks) too high."
    )
    fix = "Pass each rank its own columns, or use the ordinary loss on the gathered logits."
    rule = "The observed loss is the mean of these rows plus ln 2, 4, 8, 16, 32 or 64, within 1e-3."
    silent_after = ("CE304", "CE110", "CE217")

    def find(self, case: Case) -> Finding | None:
        mean = case.mean_loss
        if case.observed is None or math.isnan(mean) or case.kind == "binary":
            return None
        for ranks in (2, 4, 8, 16, 32, 64):
            if abs(case.observed - mean - math.log(ranks)) < 1e-3:
                return self.finding(
                    f"The observed loss is {case.observed:.6g}; the mean of these rows is "
                    f"{mean:.6g}, which is ln {ranks} less."
                )
        return None


class FusedKernelSideEffects(Check):
    code = "CE403"
    slug = "fused-kernel-side-effects"
    title = "A fused kernel writes over the logits"
    pasted = "Liger, unsloth: a second loss on the same logits is wrong"
    stage = Stage.REDUCTION
    why = (
        "Some fused losses store the gradient in place of the logits. A second loss or a metric "
        "then reads gradients."
    )
    fix = "Pass a copy, logits.clone(), or read the logits before the loss."
    rule = (
        "Only the message shows it. To test it, compare the logits before and after the call: "
        "their version counter misses what a kernel writes by a pointer."
    )


class NondeterministicSpatial(Check):
    code = "CE405"
    slug = "nondeterministic-spatial-ce"
    title = "A loss on images that is not deterministic on CUDA"
    pasted = "nll_loss2d_forward_out_cuda_template does not have a deterministic implementation"
    stage = Stage.REDUCTION
    why = (
        "Its CUDA kernel adds the rows in the order in which threads arrive, so the sum differs "
        "from run to run."
    )
    fix = (
        "Flatten to two dimensions: F.cross_entropy(x.movedim(1, -1).flatten(0, -2), y.flatten())."
    )
    severity = "warning"
    rule = (
        "torch.use_deterministic_algorithms is on, and a mean or sum of PyTorch's loss takes class "
        "indices and predictions of three dimensions or more, with the classes on axis 1, on CUDA."
    )

    def find(self, case: Case) -> Finding | None:
        p = case.p
        if not case.deterministic or p is None or "cuda" not in p.device.lower():
            return None
        if case.framework != "torch" or case.kind != "sparse" or case.loss.reduction == "none":
            return None
        if len(p.shape) < 3 or case.axis % len(p.shape) != 1:
            return None
        return self.finding(
            f"Predictions {shape_text(p.shape)} are on {p.device}, the reduction is "
            f"{case.loss.reduction}, and torch.use_deterministic_algorithms is on."
        )


class KerasMetricAsLoss(Check):
    code = "CE407"
    slug = "keras-metric-as-loss"
    title = "A Keras metric as loss, or ignore_class=-1 in Keras 2"
    pasted = "No gradients provided for any variable (a keras.metrics object as loss)"
    stage = Stage.REDUCTION
    why = (
        "A metric adds up numbers and has no gradient. In Keras 2 ignore_class=-1 gives NaN, "
        "because the loss looks up -1 before it masks the row."
    )
    fix = "Use keras.losses, not keras.metrics; in Keras 2 ignore another number than -1."
    rule = "The loss is a metric of Keras or an accuracy; or Keras is before 3 and -1 is ignored."

    def find(self, case: Case) -> Finding | None:
        if case.loss.is_metric:
            return self.finding(f"The loss is {case.loss.name}.")
        old = case.framework == "keras" and case.loss.version and case.loss.version[0] < 3
        if old and -1 in case.loss.ignore:
            return self.finding("The loss of Keras 2 ignores -1.")
        return None


class DeviceMismatch(Check):
    code = "CE409"
    slug = "device-mismatch"
    title = "Labels and predictions are on different devices"
    pasted = "Expected all tensors to be on the same device, but found at least two devices"
    stage = Stage.SHAPE
    why = "A framework does not copy between devices by itself."
    fix = "Pass y_true.to(y_pred.device)."
    rule = "Both arrays belong to one framework and name different devices."

    def find(self, case: Case) -> Finding | None:
        y, p = case.y, case.p
        if y is None or p is None or y.framework == "numpy" or y.framework != p.framework:
            return None
        if y.device == p.device:
            return None
        return self.finding(f"`y_true` is on {y.device}, `y_pred` is on {p.device}.")


class SoftLabelVersionGap(Check):
    code = "CE410"
    slug = "soft-label-version-gap"
    title = "Soft targets with a PyTorch before 1.10"
    pasted = "1D target tensor expected, multi-target not supported (with soft labels)"
    stage = Stage.TARGETS
    why = "CrossEntropyLoss takes probabilities as targets only from PyTorch 1.10 on."
    fix = "Upgrade PyTorch, or write -(y_true * log_softmax(logits, 1)).sum(1).mean()."
    rule = "PyTorch before 1.10 and targets with a number for every class."

    def find(self, case: Case) -> Finding | None:
        version = case.loss.version
        if case.framework != "torch" or not version or version[:2] >= (1, 10):
            return None
        if case.layout != "dense" or case.targets is None:
            return None
        return self.finding(
            f"This is PyTorch {'.'.join(map(str, version))}, and the targets "
            "have a number for every class."
        )


CHECKS = (
    TfDistributeReduction, VocabParallelLoss, FusedKernelSideEffects, NondeterministicSpatial,
    KerasMetricAsLoss, DeviceMismatch, SoftLabelVersionGap,
)  # fmt: skip
