"""Checks of rows: the axis of the classes, different numbers of rows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from crossent.doctor.case import Case, Shape
from crossent.doctor.check import Check, Message, Says, agreed, counted, shape_text
from crossent.doctor.checks import index_messages, shape_messages
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.known_losses import WORDS
from crossent.doctor.layout import axes_that_fit

STRICT = ("torch", "optax", "jax")
"""Frameworks that take labels of the rows' shape only."""


SIZE_MISMATCH: Final = (
    r"size mismatch \(got input: \[(?P<p>[\d, ]+)\] ?, target: \[(?P<y>[\d, ]+)\]"
)


class ClassAxisMisplaced(Check):
    code = "CE110"
    slug = "class-axis-misplaced"
    title = "The classes lie on another axis"
    pasted = "Expected target size [32, 12778], got [32, 100]"
    stage = Stage.SHAPE
    why = (
        "PyTorch has the classes on axis 1, Keras, TensorFlow and optax on the last one. Where "
        "both have the same size, the wrong one is computed without an error."
    )
    fix = "Pass axis=1, or move the classes: np.moveaxis(y_pred, 1, -1)."
    rule = (
        "The labels do not have the shape of the predictions without the named axis, but that "
        "without another one. Where several axes fit: the loss is smaller by 0.2 nat and the "
        "accuracy higher by 0.2 along another one, over at least 50 labels."
    )
    messages = (
        Message(
            "PyTorch",
            r"Expected target size \[(?P<n>\d+), (?P<a>\d+)\], got \[(?P<m>\d+), (?P<b>\d+)\]",
            lambda m: Says(
                0.95,
                f"PyTorch takes axis 1 of the logits for the classes, and it has {m['b']} places "
                "(the length).",
                "Pass logits.transpose(1, 2), or flatten: logits.flatten(0, 1), y_true.flatten().",
            ),
        ),
        Message(
            "PyTorch",
            SIZE_MISMATCH,
            lambda m: (
                Says(
                    0.85,
                    f"Logits ({m['p']}) have the classes last; PyTorch wants them on axis 1 for "
                    f"labels ({m['y']}).",
                    "Pass logits.movedim(-1, 1).",
                )
                if m["p"].split(",")[:-1] == m["y"].split(",")
                else None
            ),
        ),
        Message(
            "Keras on TensorFlow",
            r"Only `?axis=-1`? is (?:currently )?supported",
            "Keras on TensorFlow wants the classes last.",
            0.95,
            "Transpose the predictions: keras.ops.moveaxis(y_pred, 1, -1).",
        ),
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


def _ratio_says(rows: int, labels: int, classes: int | None = None) -> str:
    """Say how many predictions meet how many labels."""
    met = f"{counted(rows, 'row')} of predictions {agreed(rows, 'meet')} {counted(labels, 'label')}"
    if not rows or not labels:
        return f"{met}."
    ratio = Fraction(rows, labels)
    if ratio == 1:
        return f"There are {rows} of both, in another order."
    if ratio.denominator == 1:
        return (
            f"There are {ratio} predictions for every label: the model gives {ratio} steps where "
            "one is labelled (return_sequences, a patch axis), or the reshape used another number "
            "of classes."
        )
    if ratio.numerator == 1:
        return (
            f"There are {ratio.denominator} labels for every prediction: labels for every step "
            "meet a model that gives one, or the labels are flattened one-hot rows."
        )
    used, true = ratio.denominator, ratio.numerator
    if classes is not None:  # of which a reshape has made the last axis
        used, true = classes, classes * true // used if classes % used == 0 else 0
    if 0 < max(used, true) < 100 and 0 < abs(used - true) < 8 and min(used, true) > 0:
        return (
            f"{met}, {ratio.numerator} for "
            f"{ratio.denominator}: a reshape with {used} where there are {true} classes would give "
            "just that; if so, use .view(-1, num_classes) with the true number."
        )
    return (
        f"{met}, {abs(rows - labels)} apart: a dropped step, a truncation, or a last batch that "
        "is shorter."
    )


class FirstDimMismatch(Check):
    code = "CE112"
    slug = "first-dim-mismatch"
    title = "Labels and predictions have different numbers of rows"
    pasted = "Expected input batch_size (1280) to match target batch_size (1024)."
    stage = Stage.SHAPE
    why = "Row i of the labels belongs to row i of the predictions, so both need the same number."
    fix = "Write labels and predictions from the same run, and look at the reshape before the loss."
    rule = "The shapes fit in none of the ways of CE107 to CE110, CE210, CE301 to CE304."
    messages = (
        *shape_messages.messages(code),
        Message(
            "PyTorch",
            SIZE_MISMATCH,
            lambda m: Says(
                0.8,
                f"Logits ({m['p']}), with the classes on axis 1, want labels of the same shape "
                f"without that axis; these are ({m['y']}).",
                "Resize the labels (nearest neighbour), or the logits.",
            ),
        ),
        Message(
            "Keras",
            r"Data cardinality is ambiguous.*?'?x'? sizes: (?P<a>\d+).*?'?y'? sizes: (?P<b>\d+)",
            lambda m: Says(
                0.95,
                f"x has {m['a']} rows and y has {m['b']}.",
                "Load both from the same run, and see which step dropped or repeated rows.",
            ),
        ),
        Message(
            "PyTorch",
            r"Expected input batch_size \((?P<a>\d+)\) to match target batch_size \((?P<b>\d+)\)",
            lambda m: Says(0.9, _ratio_says(int(m["a"]), int(m["b"]))),
        ),
        Message(
            "TensorFlow, Keras",
            r"logits and labels must have the same first dimension, got logits shape "
            r"\[(?P<a>\d+),\s*(?P<c>\d+)\] and labels shape \[(?P<b>\d+)\]",
            lambda m: Says(0.8, _ratio_says(int(m["a"]), int(m["b"]))),
        ),
        *index_messages.messages(code),
        Message(
            "PyTorch",
            r"Expected target size \[(?P<e>[\d, ]+)\], got \[(?P<y>\d+)\]",
            lambda m: Says(
                0.85,
                f"The labels have shape ({m['y']},). PyTorch takes axis 1 of the logits for the "
                f"classes, and wants a label for each of the other places: ({m['e']}).",
                "For one label a row give the model one output a row, such as the last step: "
                "logits[:, -1]. For a label at each place pass them in that shape.",
            ),
        ),
        Message(
            "optax",
            r"axis (?P<a>[2-9]) is out of bounds for array of dimension (?P<d>\d)",
            lambda m: Says(
                0.55,
                f"If optax' loss said it: the labels have {int(m['d']) - 1} dimensions, and the "
                f"logits {int(m['a']) + 1}.",
                "Pass labels in the shape of the logits without the last axis.",
            ),
        ),
        Message(
            "TensorFlow",
            r"Input to reshape is a tensor with (?P<a>\d+) values, but the requested shape has "
            r"(?P<b>\d+)",
            lambda m: Says(
                0.55,
                f"{m['a']} values do not fill a shape of {m['b']}. In a loss: labels and "
                "predictions have other shapes than it takes.",
                "Print both shapes before the loss, and look at the reshape (a batch size that is "
                "written into it, a last batch that is smaller).",
            ),
        ),
        Message(
            "Keras",
            r"`target` and `output` must be at least rank 1",
            "The labels are one number, not one for each row.",
            0.85,
            "Pass an array with a label for each row of the predictions.",
        ),
        Message(
            "scikit-learn",
            r"Found array with dim (?P<d>[3-9])(?:\.|, while dim <= 2)",
            lambda m: Says(
                0.6,
                f"The predictions have {m['d']} dimensions; scikit-learn's losses take (N, C).",
                "Pass y_prob.reshape(-1, C) and y_true.ravel(), with the classes on the last axis.",
            ),
        ),
        Message(
            "Keras",
            r"A target array with shape \((?P<y>[\d, ]+)\) was passed for an output of shape "
            r"\((?P<p>[\w, ]+)\)",
            lambda m: Says(
                0.85,
                f"Labels ({m['y']}) meet an output ({m['p']}).",
                "With a time axis in the output set return_sequences=False in the last recurrent "
                "layer, or give a label for each step.",
            ),
        ),
        Message(
            "scikit-learn",
            r"Found input variables with inconsistent numbers of samples: \[(?P<a>\d+), "
            r"(?P<b>\d+)\]",
            lambda m: Says(
                0.9,
                f"{m['a']} and {m['b']} samples: labels and predictions of different runs, or rows "
                "that were dropped from one of them alone.",
            ),
        ),
    )
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
                f"{got}The labels have the classes last, the predictions on axis {axis}: one-hot "
                "rows whose axis was not moved.",
                fix=f"Pass y_true.argmax(-1), or move the axis: np.moveaxis(y_true, -1, {axis}) "
                f"(PyTorch: y_true.movedim(-1, {axis}).float()).",
            )
        if _without_ones(y) == _without_ones(case.row_shape):
            return self.finding(
                f"{got}They differ in dimensions of size 1 alone.",
                fix=f"Pass y_true.reshape({', '.join(map(str, case.row_shape))}), or predictions "
                "without that dimension.",
            )
        rows, labels = math.prod(case.row_shape), math.prod(y)
        if case.loss.kind == "dense":
            return self.finding(got + "The dense loss takes a number for every class of every row.")
        return self.finding(got + _ratio_says(rows, labels, case.classes))

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
        return self.finding(
            got + same,
            fix="For classes of which one is right use sparse_categorical_crossentropy.",
        )


RESIZE = (
    "Resize the predictions to the labels, or the labels (nearest neighbour) to the predictions; "
    "cut or pad texts alike."
)


def _other_sizes(places: Shape, rows: Shape) -> str | None:
    """Say that labels and predictions of as many images or texts have other sizes."""
    if not len(places) == len(rows) > 1 or places[0] != rows[0] or places == rows:
        return None
    return (
        f"Of each image or text the labels have size {shape_text(places[1:])}, the predictions "
        f"{shape_text(rows[1:])}"
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
