"""Checks of rows: the axis of the classes, different numbers of rows."""

from __future__ import annotations

import math
from fractions import Fraction

from crossent.doctor.case import Case, FlatFacts, Shape
from crossent.doctor.check import Check, agreed, counted, shape_text
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.known_losses import WORDS
from crossent.doctor.layout import axes_that_fit

STRICT = ("torch", "optax", "jax")
"""Frameworks that take labels of the rows' shape only."""


class ClassAxisMisplaced(Check):
    code = "CE110"
    slug = "class-axis-misplaced"
    title = "The classes lie on another axis"
    pasted = "Expected target size [32, 12778], got [32, 100]"
    stage = Stage.SHAPE
    why = (
        "PyTorch has the classes on axis 1; Keras, TensorFlow and optax have them on the last "
        "axis. If both axes have the same size, the wrong one raises no error."
    )
    fix = "Pass axis=1, or move the classes: np.moveaxis(y_pred, 1, -1)."
    rule = (
        "The labels do not fit the predictions with the classes on the named axis, but fit with "
        "the classes on another axis. Where several axes fit: along another one the loss is "
        "smaller by 0.2 nat and the accuracy higher by 0.2, over at least 50 labels."
    )
    silent_after = ("CE304",)

    def find(self, case: Case) -> Finding | None:
        if case.y is None or case.p is None:
            return None
        y, p = case.y.shape, case.p.shape
        if case.fits:
            return self._by_values(case)
        if case.layout != "mismatch" or case.loss.kind == "binary":
            return None
        axes = axes_that_fit(y, p) or axes_that_fit(y[:-1] if y[-1:] == (1,) else y, p)
        axes = [one for one in axes if p[one] > 1]  # an axis of 1 is another that is too many
        if axes:
            name = "axis " + " or ".join(map(str, axes))
            return self.finding(
                f"`y_true` has shape {shape_text(y)} and `y_pred` {shape_text(p)}: with the "
                f"classes on axis {case.axis} the labels should have shape "
                f"{shape_text(case.row_shape)}, but they fit with the classes on {name}.",
                fix=_moved(case, axes[0]),
            )
        if len(y) == len(p) > 1 and sorted(y) == sorted(p) and case.kind != "sparse":
            return self._permuted(y, p)
        return None

    def _permuted(self, y: tuple[int, ...], p: tuple[int, ...]) -> Finding:
        return self.finding(
            f"`y_true` has shape {shape_text(y)} and `y_pred` {shape_text(p)}: the same sizes in "
            "another order.",
            fix="Move the classes of one of them: np.moveaxis(y_true, 1, -1).",
        )

    def _by_values(self, case: Case) -> Finding | None:
        if case.p is None:
            return None
        own = case.axis % len(case.p.shape)
        here = [fit for fit in case.fits if fit.axis == own]
        others = [fit for fit in case.fits if fit.axis != own]
        if not here or not others or case.labels is None or case.labels.kept < 50:
            return None
        best = min(others, key=lambda fit: fit.loss)
        if not (best.loss < here[0].loss - 0.2 and best.accuracy > here[0].accuracy + 0.2):
            return None
        return self.finding(
            f"The labels fit axis {own} and axis {best.axis} by shape. Along axis {own} the mean "
            f"loss is {here[0].loss:.4g} (accuracy {here[0].accuracy:.3g}), along axis {best.axis} "
            f"it is {best.loss:.4g} ({best.accuracy:.3g}).",
            fix=_moved(case, best.axis),
        )


def _moved(case: Case, axis: int) -> str:
    """Say how the classes come to the axis on which the loss looks for them."""
    if case.framework == "torch" and case.loss.name not in WORDS:
        return f"Move the classes to axis 1: y_pred.movedim({axis}, 1)."  # it has no other axis
    return f"Pass axis={axis}, or move the classes: np.moveaxis(y_pred, {axis}, -1)."


def ratio_says(rows: int, labels: int, classes: int | None = None) -> str:
    """Say how many predictions meet how many labels."""
    met = f"{counted(rows, 'row')} of predictions {agreed(rows, 'meet')} {counted(labels, 'label')}"
    if not rows or not labels:
        return f"{met}."
    ratio = Fraction(rows, labels)
    if ratio == 1:
        return f"There are {rows} of both, in another order."
    if ratio.denominator == 1:
        return (
            f"There are {ratio} predictions for every label: the model gives {ratio} steps for "
            "each label (return_sequences, a patch axis), or a reshape used the wrong number of "
            "classes."
        )
    if ratio.numerator == 1:
        return (
            f"There are {ratio.denominator} labels for every prediction: the labels have every "
            "step and the model gives only one, or the labels are flattened one-hot rows."
        )
    used, true = ratio.denominator, ratio.numerator
    if classes is not None:  # of which a reshape has made the last axis
        used, true = classes, classes * true // used if classes % used == 0 else 0
    if 0 < max(used, true) < 100 and 0 < abs(used - true) < 8 and min(used, true) > 0:
        return (
            f"{met}, {ratio.numerator} for {ratio.denominator}: a reshape with {used} in place "
            f"of {true} classes gives exactly that. If so, use .view(-1, num_classes) with the "
            "true number."
        )
    return (
        f"{met}, a difference of {abs(rows - labels)}: look for a dropped step, a truncation, or "
        "a shorter last batch."
    )


class FirstDimMismatch(Check):
    code = "CE112"
    slug = "first-dim-mismatch"
    title = "Labels and predictions have different numbers of rows"
    pasted = "Expected input batch_size (1280) to match target batch_size (1024)."
    stage = Stage.SHAPE
    why = "Row i of the labels belongs to row i of the predictions, so both need the same number."
    fix = "Write labels and predictions in the same run, and check the reshape before the loss."
    rule = "The shapes fit in none of the ways of CE107 to CE110, CE210, CE301 to CE304."
    silent_after = (
        "CE002", "CE107", "CE108", "CE109", "CE110", "CE210", "CE301", "CE302", "CE303", "CE304",
        "CE305", "CE313",
    )  # fmt: skip

    def find(self, case: Case) -> Finding | None:
        if case.layout != "mismatch" or case.y is None or case.p is None:
            return None
        y, p = case.y.shape, case.p.shape
        got = f"`y_true` has shape {shape_text(y)} and `y_pred` {shape_text(p)}. "
        if not p or not -len(p) <= case.axis < len(p):
            return self.finding(got + f"There is no axis {case.axis} with the classes.")
        if case.loss.kind == "binary":
            return self._binary(case, got)
        axis = case.axis % len(p)
        places = _without(y, axis, p[axis]) if len(y) == len(p) else y
        sizes = _other_sizes(places, case.row_shape)
        if sizes is not None:
            where = "" if axis == len(p) - 1 else f", with the classes on axis {axis}"
            return self.finding(f"{got}{sizes}{where}.", fix=RESIZE)
        if len(y) == len(p) > 2 and y == (*case.row_shape, p[axis]):
            return self.finding(
                f"{got}The classes are last in the labels and on axis {axis} in the predictions: "
                "the axis of the one-hot rows was not moved.",
                fix=f"Pass y_true.argmax(-1), or move the axis: np.moveaxis(y_true, -1, {axis}) "
                f"(PyTorch: y_true.movedim(-1, {axis}).float()).",
            )
        if _without_ones(y) == _without_ones(case.row_shape):
            return self.finding(
                f"{got}They differ in dimensions of size 1 alone.",
                fix=f"Pass y_true.reshape({', '.join(map(str, case.row_shape))}), or predictions "
                "without that dimension.",
            )
        if case.flat is not None:
            return self._flat(case.flat, got)
        pooled = _axes_to_pool(y, p, axis)
        if pooled:
            size = shape_text(tuple(p[a] for a in pooled))
            return self.finding(
                f"{got}There are {math.prod(p[a] for a in pooled)} predictions for every label, "
                f"along axes {shape_text(pooled)} of size {size}: the places of an image were not "
                "pooled.",
                fix=f"Pass y_pred.mean(axis={shape_text(pooled)}), as global average pooling does "
                "before the last layer; or give each place a label.",
            )
        if _without_ones(y) == _without_ones(p) and len(y) > 1 and case.loss.kind != "sparse":
            return self.finding(
                f"{got}They differ in dimensions of size 1 alone.",
                fix=f"Pass y_true.reshape{shape_text(p)}.",
            )
        rows, labels = math.prod(case.row_shape), math.prod(y)
        if y == () and rows > 1:
            return self.finding(
                f"{got}There is one label for {counted(rows, 'row')} of predictions.",
                fix="Pass an array with the labels of all rows.",
            )
        if case.loss.kind == "dense":
            return self.finding(got + "The dense loss takes a number for every class of every row.")
        return self.finding(got + ratio_says(rows, labels, case.classes))

    def _flat(self, flat: FlatFacts, got: str) -> Finding:
        """Several numbers for each label, in one dimension."""
        by_class = f"y_pred.reshape({flat.classes}, {flat.rows}).T"
        by_row = f"y_pred.reshape({flat.rows}, {flat.classes})"
        seen = f"{got}There are {flat.classes} predictions for every label, in one dimension"
        why = (
            "Boosting libraries pass all scores to a custom loss in one array: older LightGBM "
            "and XGBoost class by class, others row by row."
        )
        if flat.order is None:
            return self.finding(
                f"{seen}.", why=why, fix=f"If they are ordered class by class, pass {by_class}; "
                f"if row by row, {by_row}.",
            )  # fmt: skip
        return self.finding(
            f"{seen}, {flat.order} by {flat.order}.",
            why=why,
            fix=f"Pass {by_class if flat.order == 'class' else by_row}.",
        )

    def _binary(self, case: Case, got: str) -> Finding:
        """A binary loss takes equal shapes."""
        y, p = (() if info is None else info.shape for info in (case.y, case.p))
        same = "The binary loss takes one target per prediction, of the same shape."
        places, elements = _without_ones(y), _without_ones(p)
        if places == elements:
            return self.finding(
                f"{got}{same} They differ in dimensions of size 1 alone.",
                fix=f"Pass y_true.reshape{shape_text(p)}.",
            )
        sizes = _other_sizes(places, elements)
        if sizes is not None:
            return self.finding(f"{got}{same} {sizes}.", fix=RESIZE)
        if len(y) == 2 and p in ((y[0], 1), (y[0],)) and y[1] > 1:
            return self._one_output(case, got, y[1])
        return self.finding(
            got + same,
            fix="If one of several classes is right, use sparse_categorical_crossentropy.",
        )

    def _one_output(self, case: Case, got: str, columns: int) -> Finding:
        """One output a row, and a column of labels for each class."""
        facts = case.labels
        ones = facts is not None and facts.present == [0, 1] and case.y is not None
        if not ones or facts is None or facts.count_of(1) != case.y.shape[0]:  # type: ignore[union-attr]
            return self.finding(
                f"{got}The model has one output, but the labels have {columns} columns.",
                fix=f"Give the last layer {columns} outputs with a sigmoid.",
            )
        two = f"give the last layer {columns} outputs with a softmax, and use "
        two += "categorical_crossentropy."
        if columns != 2:
            return self.finding(
                f"{got}The labels are one-hot rows of {columns} classes, but the model has one "
                "output.",
                fix=two[0].upper() + two[1:],
            )
        shape = "y_true[:, 1:]" if case.p is not None and len(case.p.shape) == 2 else "y_true[:, 1]"
        return self.finding(
            f"{got}The labels are one-hot rows of two classes, but the model has one output, "
            "which needs one label column.",
            fix=f"Pass one label column, {shape}; or {two}",
        )


def _axes_to_pool(y: Shape, p: Shape, axis: int) -> Shape:
    """Return the axes of an image that labels of one a row do not have."""
    rest = tuple(a for a in range(1, len(p)) if a != axis)
    if len(rest) < 2 or axis == 0 or not y or y[0] != p[0]:
        return ()
    return rest if y[1:] in ((), (1,), (p[axis],)) else ()


RESIZE = (
    "For images resize the predictions to the labels, or the labels (nearest neighbour) to the "
    "predictions. For texts cut or pad both alike."
)


def _other_sizes(places: Shape, rows: Shape) -> str | None:
    """Say that labels and predictions of as many images or texts have other sizes."""
    if not len(places) == len(rows) > 1 or places[0] != rows[0] or places == rows:
        return None
    return (
        f"For each image or text the labels have size {shape_text(places[1:])} and the "
        f"predictions {shape_text(rows[1:])}"
    )


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _without(shape: Shape, axis: int, classes: int) -> Shape:
    """Drop the class axis of labels that have one: of size 1 or C, there or last."""
    for place in (axis, len(shape) - 1):
        if shape[place] in (1, classes):
            return shape[:place] + shape[place + 1 :]
    return shape


CHECKS = (
    ClassAxisMisplaced,
    FirstDimMismatch,
)
