"""Checks of what was given for what: one output, a lost batch axis, wrong order, chosen classes."""

from __future__ import annotations

from crossent.doctor.case import Case
from crossent.doctor.check import Check, agreed, percent, shape_text
from crossent.doctor.findings import Finding, Stage

SOFTMAX = ("softmax", "log_softmax")


class SingleUnitSoftmax(Check):
    code = "CE302"
    slug = "single-unit-softmax"
    title = "A softmax over one output"
    pasted = "The loss is exactly 0.0 and the accuracy does not move"
    stage = Stage.SHAPE
    why = "A softmax over one output is always 1: the loss is 0 and nothing is learned."
    fix = (
        "Use binary_crossentropy with this output and no softmax (a sigmoid, or from_logits=True), "
        "or give the last layer one output per class."
    )
    silent_after = ("CE110",)
    rule = (
        "The class axis has size 1 or 0 and the loss is not the binary one; or a model ends in one "
        "output with a softmax."
    )

    def find(self, case: Case) -> Finding | None:
        if case.history is not None and len(case.history) and not case.history.any():
            return self.finding("Every loss of the history is exactly 0.")
        model = case.model
        if model is not None and model.units == 1 and model.activation in SOFTMAX:
            return self.finding(f"The model ends in one output with a {model.activation}.")
        if case.loss.kind == "binary" or case.layout == "elements":
            return None
        if case.classes is None or case.classes > 1:
            return None
        if case.p is None:
            return self.finding(f"`num_classes` is {case.classes}.")
        count = "one class" if case.classes else "no class"
        return self.finding(
            f"`y_pred` has shape {shape_text(case.p.shape)}: {count} on axis {case.axis}.",
            fix=self._of_two(case),
        )

    def _of_two(self, case: Case) -> str | None:
        """What to do where two columns of labels meet one output."""
        if (
            case.y is None
            or case.p is None
            or not case.p.shape
            or case.y.shape != (case.p.shape[0], 2)
        ):
            return None
        return (
            "Use binary_crossentropy with one label column, y_true[:, 1:], and a sigmoid (or "
            "from_logits=True); or give the last layer 2 outputs with a softmax."
        )


class SqueezedLogitsUnbatched(Check):
    code = "CE303"
    slug = "squeezed-logits-unbatched"
    title = "The batch axis is taken for the classes"
    pasted = "For 1D input, 1D target must have size 1, but got target size: [32]"
    stage = Stage.SHAPE
    why = (
        "PyTorch reads one-dimensional logits as one row. With float labels of the same length "
        "it reads the whole batch as the classes of one row and returns a plausible number."
    )
    fix = (
        "For two classes with one output use BCEWithLogitsLoss (loss='binary'). Otherwise keep "
        "the batch axis: no squeeze()."
    )
    rule = (
        "Labels and predictions are one-dimensional and of one length, the loss is a softmax "
        "cross-entropy, and the labels do not sum to 1."
    )

    def find(self, case: Case) -> Finding | None:
        if case.y is None or case.p is None or len(case.p.shape) != 1 or len(case.y.shape) != 1:
            return None
        softmax = case.loss.kind in ("sparse", "dense") or case.loss.name != "auto"
        if case.loss.kind == "binary" or not softmax or case.y.shape != case.p.shape:
            return None
        if case.layout == "elements":
            return None  # scikit-learn's loss reads one number a row
        if case.p.shape[0] < 2:
            return None
        if case.targets is not None and abs(case.targets.sum_high - 1) < 1e-3:
            return None
        return self.finding(
            f"`y_pred` and `y_true` both have shape {shape_text(case.p.shape)}: the loss reads "
            f"one row of {case.p.shape[0]} classes, not {case.p.shape[0]} rows."
        )


class SwappedArguments(Check):
    code = "CE304"
    slug = "swapped-arguments"
    title = "Labels and predictions are swapped"
    pasted = "No gradients provided for any variable (labels and predictions swapped)"
    stage = Stage.SHAPE
    why = (
        "PyTorch and optax take predictions first; Keras, TensorFlow, scikit-learn and crossent "
        "take labels first. The dense losses accept the wrong order and return another number."
    )
    fix = "Swap them: labels come first, ce.diagnose(y_true, y_pred)."
    rule = (
        "The second argument holds whole numbers in the shape of rows of the first, which holds "
        "floats; or both have one shape, the second is one-hot and the first is a distribution "
        "that is not."
    )

    def find(self, case: Case) -> Finding | None:
        if case.y is None or case.p is None:
            return None
        y, p = case.y, case.p
        integers = p.kind in "iub" or (case.rows is not None and case.rows.whole and p.kind == "f")
        rows = y.shape[:-1] if y.shape else ()
        whole = case.labels is not None and not case.labels.fractional
        scores = len(y.shape) > 1 and y.kind == "f" and not (whole and y.shape[-1] == 1)
        if scores and integers and p.shape in (rows, (*rows, 1)):
            return self.finding(
                f"The first argument has shape {shape_text(y.shape)} and holds {y.dtype}. The "
                f"second has shape {shape_text(p.shape)} and holds whole numbers, as labels do."
            )
        if case.layout == "dense" and case.rows is not None and case.targets is not None:
            rows_facts, targets = case.rows, case.targets
            one_hot = rows_facts.rows > 1 and rows_facts.one_hot == rows_facts.rows
            soft = targets.negative > 0 or targets.is_distribution
            if one_hot and soft and not targets.is_one_hot:
                return self.finding(
                    "The second argument is one-hot in every row. The first is one-hot in "
                    f"{percent(targets.one_hot, targets.rows)} of its rows."
                )
        return None


class ArgmaxedPredictions(Check):
    code = "CE305"
    slug = "argmaxed-predictions"
    title = "The predictions are chosen classes, not scores"
    pasted = "element 0 of tensors does not require grad and does not have a grad_fn"
    stage = Stage.DTYPE
    why = (
        "An argmax has no gradient, and a chosen class has no probability: the loss of a wrong "
        "row is the limit set by the clip."
    )
    fix = "Pass the output of the model before the argmax (predict_proba, the logits)."
    rule = (
        "The predictions are of an integer type; or they are whole floats in the shape of the "
        "labels; or every one of 8 rows or more is exactly one-hot and at least one is wrong."
    )
    silent_after = ("CE304", "CE104", "CE101", "CE103", "CE301", "CE318")

    def find(self, case: Case) -> Finding | None:
        if case.p is None or case.y is None or case.p.framework == "none":
            return None
        if case.p.kind in "iub":
            return self.finding(
                f"`y_pred` is {case.p.dtype} of shape {shape_text(case.p.shape)}: class numbers, "
                "not scores."
            )
        rows = case.rows
        if rows is None:
            return None
        same = case.p.shape == case.y.shape and case.layout == "elements"
        if same and rows.whole and rows.rows >= 8 and rows.largest >= 1:
            return self.finding(
                "`y_pred` holds whole numbers in the shape of the labels: chosen classes.",
                severity="error" if rows.largest > 1 else "warning",
            )
        if rows.rows < 8 or rows.one_hot != rows.rows or not rows.judged:
            return None
        wrong = rows.judged - rows.correct
        seen = (
            f"All {rows.rows} rows of `y_pred` hold one 1 and exact zeros; {wrong} "
            f"{agreed(wrong, 'are')} wrong."
        )
        if wrong == 0:
            return self.finding(seen, severity="note")
        return self.finding(seen)


CHECKS = (SingleUnitSoftmax, SqueezedLogitsUnbatched, SwappedArguments, ArgmaxedPredictions)
