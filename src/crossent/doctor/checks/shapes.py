"""Checks of the form of labels: a dimension too many, one-hot or not."""

from __future__ import annotations

import math

from crossent.doctor.case import Case
from crossent.doctor.check import Check, shape_text
from crossent.doctor.findings import Finding, Stage

STRICT = ("torch", "optax", "jax")
"""Frameworks that take labels of the rows' shape only."""


class LabelExtraDim(Check):
    code = "CE107"
    slug = "label-extra-dim"
    title = "The labels have one dimension of 1 too many, or too few"
    pasted = "0D or 1D target tensor expected, multi-target not supported"
    stage = Stage.SHAPE
    why = (
        "PyTorch and optax take one class index per row, without a last dimension of 1. A "
        "binary loss takes one label per prediction, in the same shape."
    )
    fix = "Pass y_true.squeeze(-1)."
    rule = (
        "The labels have the shape of the rows and one more dimension of size 1, last or on the "
        "class axis, and the framework is PyTorch, JAX or optax; or the loss is binary, and labels "
        "or predictions alone have a last dimension of 1."
    )

    def find(self, case: Case) -> Finding | None:
        if case.y is None or case.framework not in STRICT:
            return None
        if case.loss.kind == "binary":
            return self._binary(case)
        if case.layout != "extra":
            return None
        y = case.y.shape
        axis = len(y) - 1 if y[-1] == 1 else case.axis
        return self.finding(
            f"`y_true` has shape {shape_text(y)}; {case.framework} needs "
            f"{shape_text(case.row_shape)}.",
            fix=f"Pass y_true.squeeze({-1 if axis == len(y) - 1 else axis}).",
        )

    def _binary(self, case: Case) -> Finding | None:
        """A binary loss compares element by element: PyTorch refuses, JAX broadcasts to (N, N)."""
        if case.layout != "elements" or case.y is None or case.p is None:
            return None
        y, p = case.y.shape, case.p.shape
        if y == p:
            return None
        more = len(y) > len(p)
        does = "refuses that" if case.framework == "torch" else "broadcasts them to a matrix"
        return self.finding(
            f"`y_true` has shape {shape_text(y)} and `y_pred` {shape_text(p)}; a binary loss takes "
            f"equal shapes, and {case.framework} {does}.",
            fix="Pass y_true.squeeze(-1)." if more else "Pass y_true[..., None].",
        )


class OneHotToSparseLoss(Check):
    code = "CE108"
    slug = "onehot-to-sparse-loss"
    title = "One-hot labels meet the loss for class indices"
    pasted = (
        "logits and labels must have the same first dimension, got logits shape [250,10] and "
        "labels shape [2500]"
    )
    stage = Stage.SHAPE
    why = (
        "The sparse loss takes one class index per row. The dense loss takes one number per class."
    )
    fix = "Take np.argmax(y_true, axis=-1), or use categorical_crossentropy."
    rule = (
        "The loss is the sparse one and the labels have the shape of the predictions, each row a "
        "distribution; or the labels are flat, hold 0 and 1 alone, and are C times as many as the "
        "rows with one 1 for each."
    )

    def find(self, case: Case) -> Finding | None:
        if case.kind != "sparse" or case.y is None:
            return None
        if case.p is None:
            return self._flat_alone(case)
        y, p = case.y.shape, case.p.shape
        targets = case.targets
        if case.layout == "dense" and targets is not None:
            if not (targets.is_one_hot or targets.is_distribution):
                return None
            kind = "one-hot rows" if targets.is_one_hot else "distributions"
            return self.finding(
                f"`y_true` has the shape of `y_pred`, {shape_text(y)}, and holds {kind}; the "
                f"loss needs one class index per row, shape {shape_text(case.row_shape)}.",
                fix=f"Take np.argmax(y_true, axis={case.axis}) or use categorical_crossentropy "
                "(loss='dense')." if targets.is_one_hot
                else "Use categorical_crossentropy (loss='dense').",
            )  # fmt: skip
        if case.layout == "mismatch" and len(y) == 1 and y[0] == math.prod(p) and self._ones(case):
            return self.finding(
                f"`y_true` has {y[0]} elements, as many as `y_pred` of shape {shape_text(p)}, and "
                f"holds a 1 for every {case.classes}: one-hot rows, flattened.",
                fix=f"Take y_true.reshape{shape_text(p)}.argmax(axis={case.axis}).",
            )
        return None

    def _flat_alone(self, case: Case) -> Finding | None:
        """Labels alone of the sparse loss, with a row of 0 and 1 for each."""
        if case.y is None or len(case.y.shape) != 2 or case.y.shape[-1] != case.classes:
            return None
        facts = case.labels
        if facts is None or (case.classes or 0) < 3 or case.loss.kind != "sparse":
            return None
        rows = case.y.shape[0]
        if facts.present != [0, 1] or facts.count_of(1) != rows or rows < 2:
            return None
        return self.finding(
            f"`y_true` has shape {shape_text(case.y.shape)} and holds one 1 a row: one-hot rows."
        )

    @staticmethod
    def _ones(case: Case) -> bool:
        facts, classes = case.labels, case.classes or 0
        if facts is None or classes < 2 or facts.fractional or facts.nan:
            return False
        return facts.present == [0, 1] and facts.count_of(1) * classes == facts.count


class IntLabelsToDenseLoss(Check):
    code = "CE109"
    slug = "int-labels-to-dense-loss"
    title = "Class indices meet the loss for one-hot rows"
    pasted = (
        "You are passing a target array of shape (32, 1) while using as loss "
        "`categorical_crossentropy`"
    )
    stage = Stage.SHAPE
    why = (
        "The dense loss needs a number for every class of every row. If the sizes allow, optax "
        "and tf.nn broadcast the indices over all rows and return a number without an error."
    )
    fix = "Use sparse_categorical_crossentropy (loss='sparse'): it takes class indices as they are."
    rule = (
        "The loss is the dense one, and the labels are whole numbers in the shape of the rows; or "
        "a model of several outputs has a loss for numbers, such as the mean squared error, and "
        "the labels are such."
    )
    silent_after = ("CE302",)

    def find(self, case: Case) -> Finding | None:
        facts = case.labels
        dense = case.loss.kind == "dense" or case.for_numbers
        if not dense or case.y is None or facts is None or not facts.count:
            return None
        if facts.fractional or facts.nan or case.layout not in ("index", "extra", "alone"):
            return None
        if case.layout == "alone" and len(case.y.shape) > 1 and case.y.shape[-1] > 1:
            return None
        if case.for_numbers:
            return self._numbers(case)
        silent = ""
        if case.framework in ("optax", "tensorflow") and case.y.shape == (case.classes,):
            silent = " There are as many rows as classes, so they are broadcast without an error."
        return self.finding(
            f"`y_true` has shape {shape_text(case.y.shape)} and holds whole numbers from "
            f"{facts.low} to {facts.high}; the dense loss takes a number for every class.{silent}"
        )

    def _numbers(self, case: Case) -> Finding | None:
        """One number a row and several outputs a row: the numbers are classes."""
        facts, model, y = case.labels, case.model, case.y
        if facts is None or model is None or y is None or (case.classes or 0) < 2:
            return None
        return self.finding(
            f"The loss, {model.other_loss}, compares each of {case.classes} outputs with a number; "
            f"`y_true` has shape {shape_text(y.shape)} and holds whole numbers from {facts.low} to "
            f"{facts.high}, one a row.",
            title="Class indices meet a loss for numbers",
            why="Such a loss measures the distance between class numbers, which means nothing: "
            "class 3 is no more like 4 than like 9.",
            fix="Use sparse_categorical_crossentropy (PyTorch: CrossEntropyLoss).",
        )


CHECKS = (
    LabelExtraDim,
    OneHotToSparseLoss,
    IntLabelsToDenseLoss,
)
