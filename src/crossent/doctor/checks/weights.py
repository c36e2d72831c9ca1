"""Checks of weights: their divisor, their form."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, counted, shown
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.layout import without_last_1

MEANS = ("mean", "auto", "sum_over_batch_size")


class ClassWeightMeanDivisor(Check):
    code = "CE204"
    slug = "class-weight-mean-divisor"
    title = "A weighted mean whose divisor differs between libraries"
    pasted = "reduction='none' and .mean() differs from reduction='mean' with weight="
    stage = Stage.REDUCTION
    severity = "note"
    why = (
        "PyTorch and crossent divide by the sum of the labels' weights. Keras divides by the "
        "number of rows, and so does PyTorch with soft targets."
    )
    fix = (
        "Decide which divisor is meant. For the number of Keras take the sum and divide by the "
        "rows."
    )
    rule = (
        "Class weights are given, the reduction is a mean, and the rows' weights sum to something "
        "other than the number of rows, by more than 1 %."
    )
    silent_after = ("CE314", "CE202", "CE101", "CE104", "CE112")

    def find(self, case: Case) -> Finding | None:
        weight = case.class_weight
        if weight is None or case.loss.reduction not in MEANS or not weight.label_total > 0:
            return None
        rows = case.targets.rows if case.targets is not None else 0
        if case.labels is not None and case.targets is None:
            rows = case.labels.kept
            if len(case.labels.inside_values) == 1 and rows > 1:
                return self.finding(
                    f"All {rows} labels are {case.labels.inside_values[0]}: if the mean is "
                    "divided by the weights, the class weight cancels."
                )
        ratio = rows / weight.label_total
        if abs(ratio - 1) <= 0.01:
            return None
        if case.framework == "torch" and case.layout == "dense":
            return self.finding(
                f"Targets are soft, so PyTorch divides by the {counted(rows, 'row')}; with class "
                f"indices it would divide by {weight.label_total:.4g} and give {ratio:.3g} times "
                "this loss.",
                severity="warning",
            )
        return self.finding(
            f"The weights of the {counted(rows, 'label')} sum to {weight.label_total:.4g}: "
            f"dividing by the rows instead gives {1 / ratio:.3g} times the weighted mean."
        )


class SampleWeightDivisor(Check):
    code = "CE205"
    slug = "sample-weight-or-mask-divisor"
    title = "A mask as sample weight, and a mean over all rows"
    pasted = "Keras: the loss is smaller the more rows are masked by sample_weight"
    stage = Stage.REDUCTION
    severity = "warning"
    why = (
        "sum_over_batch_size of Keras divides by all rows, masked ones included: weights [0, 1] "
        "halve the loss and the gradient."
    )
    fix = (
        "Pass reduction='mean_with_sample_weight' to the Keras loss, or crossent.compat.keras.Loss."
    )
    rule = (
        "The framework is Keras or TensorFlow, the sample weights are 0 and 1 with some 0, the "
        "reduction is a mean, and the rows exceed the weights' sum by more than 1 %."
    )
    silent_after = ("CE314", "CE202")

    def find(self, case: Case) -> Finding | None:
        weight = case.sample_weight
        if weight is None or case.framework not in ("keras", "tensorflow"):
            return None
        if case.loss.reduction not in MEANS or not weight.only01 or not weight.zeros:
            return None
        rows = math.prod(weight.shape)
        ratio = rows / weight.total if weight.total else math.inf
        if ratio <= 1.01 or not math.isfinite(ratio):
            return None
        return self.finding(
            f"{counted(weight.zeros, 'weight')} of {rows} {agreed(weight.zeros, 'are')} 0: the "
            f"mean over all rows is {ratio:.3g} times too small."
        )


class ClassWeightFormat(Check):
    code = "CE314"
    slug = "class-weight-format"
    title = "Weights of the wrong length, key or value"
    pasted = "weight tensor should be defined either for all 3 classes or no classes"
    stage = Stage.REDUCTION
    why = "Class weights are one number >= 0 for each class; sample weights are one for each row."
    fix = (
        "Pass a float array of length C. For per-pixel weights pass sample_weight = weight[y_true]."
    )
    rule = (
        "Class weights are not C in number, or a dict misses a class that occurs or names one that "
        "does not exist; some weight is negative, NaN or infinite; sample weights have neither the "
        "shape of the rows nor a leading part of it."
    )
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
        return self._classes(case) or self._samples(case)

    def _classes(self, case: Case) -> Finding | None:
        if isinstance(case.loss.class_weight, str):
            return self.finding(
                f"class_weight is the word {case.loss.class_weight!r}, not numbers.",
                fix="Compute the weights once, from all labels: "
                "sklearn.utils.class_weight.compute_class_weight('balanced', classes=np.arange(C), "
                "y=y_true).",
            )
        weight = case.class_weight
        if weight is None or not case.classes:
            return None
        if weight.unknown:
            return self.finding(
                f"class_weight names the class {weight.unknown[0]!r}, but the classes are "
                f"0..{case.classes - 1}."
            )
        if weight.missing:
            return self.finding(
                "class_weight has no weight for classes that occur: "
                f"{shown(list(weight.missing))}. Keras silently gives them 1."
            )
        if weight.shape != (case.classes,):
            return self.finding(
                f"class_weight has shape {weight.shape}, but there are {case.classes} classes."
            )
        if weight.bad:
            return self.finding(
                f"{counted(weight.bad, 'class weight')} "
                f"{agreed(weight.bad, 'are')} negative or not finite."
            )
        return None

    def _samples(self, case: Case) -> Finding | None:
        weight = case.sample_weight
        if weight is None:
            return None
        if weight.bad:
            return self.finding(
                f"{counted(weight.bad, 'sample weight')} "
                f"{agreed(weight.bad, 'are')} negative or not finite.",
                fix="Give each row a weight of 0 or more; 0 leaves a row out.",
            )
        rows = case.row_shape if case.p is not None else (case.y.shape if case.y else ())
        given = weight.shape
        if case.framework in ("keras", "tensorflow") and len(given) == len(rows) + 1:
            given = without_last_1(given)  # Keras takes a column
        if case.layout in ("index", "alone") and given != rows[: len(given)]:
            return self.finding(
                f"sample_weight has shape {weight.shape}, but the rows have shape {rows}.",
                fix="Pass one weight for each row, in the order of the rows.",
            )
        return None


class SmoothingIgnoreWeight(Check):
    code = "CE315"
    slug = "smoothing-ignore-weight"
    title = "label_smoothing, ignore_index and weight together in PyTorch 1.10"
    pasted = "index -100 is out of bounds for dimension 0 with size 2"
    stage = Stage.REDUCTION
    why = "PyTorch 1.10 looks up the weight of ignored labels, and smooths ignored rows too."
    fix = "Upgrade PyTorch to 1.11 or newer."
    rule = "PyTorch 1.10, with label_smoothing, an ignored number and class weights."

    def find(self, case: Case) -> Finding | None:
        loss = case.loss
        if loss.framework != "torch" or loss.version[:2] != (1, 10):
            return None
        if not (loss.label_smoothing and loss.class_weight is not None and loss.ignore):
            return None
        version = ".".join(map(str, loss.version))
        return self.finding(f"PyTorch {version} gets all three options.")


CHECKS = (
    ClassWeightMeanDivisor,
    SampleWeightDivisor,
    ClassWeightFormat,
    SmoothingIgnoreWeight,
)
